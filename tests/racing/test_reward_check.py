"""The Validate step: trial calls on real states in a confined process, and remarks that teach."""

from __future__ import annotations

import ast
import math
import time
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest

from trivium.core.confine import probe
from trivium.racing import geometry
from trivium.racing.params import ParamsBuilder, Row
from trivium.racing.reward import RewardFunction
from trivium.racing.reward_check import validate
from trivium.racing.reward_remarks import remarks
from trivium.racing.reward_samples import samples, state
from trivium.racing.reward_source import MAX_CHARACTERS, parse, preload
from trivium.racing.rewards import DEFAULT, example, examples
from trivium.racing.tracks.loading import gallery, load_track

confined = pytest.mark.skipif(probe().level != "full", reason="this system cannot confine a process")


def body(text: str) -> str:
    """A reward function of which only the body is written; its first line is line 2."""
    return "def reward_function(params):\n" + "\n".join(f"    {line}" for line in dedent(text).split("\n")) + "\n"


def only_error(source: str | bytes) -> tuple[int | None, str]:
    result = validate(source)
    assert result["ok"] is False
    assert len(result["errors"]) == 1, result["errors"]
    return result["errors"][0]["line"], result["errors"][0]["message"]


def test_a_good_function_is_ok_on_every_state_both_ways():
    result = validate(body("print('at', params['steps'])\nreturn 1.0 if params['all_wheels_on_track'] else 1e-3"))
    assert result["ok"] is True
    assert (result["errors"], result["warnings"]) == ([], [])
    assert len(result["samples"]) == 14
    assert {row["reward"] for row in result["samples"]} == {1.0, 1e-3}
    assert result["prints"][:2] == ["at 2.0", "at 30.0"]


def test_the_track_that_is_chosen_is_the_one_that_is_tried():
    track = load_track("oval")
    source = body("print(params['track_length'], len(params['waypoints']))\nreturn params['x']")
    said = validate(source, track)["prints"][0]
    assert said == f"{track.length_m} {len(track.rows)}"
    assert validate(source, "oval")["prints"][0] == said


def test_a_mistake_that_shows_in_one_place_only_is_found_there():
    source = body("if params['is_offtrack']:\n    return 1 / 0\nreturn params['x']")
    line, message = only_error(source)
    assert line == 3
    assert "division by zero (tried with the car off the track)" in message


def test_two_mistakes_are_both_named():
    source = body("if params['is_offtrack']:\n    return nothing\nif params['is_reversed']:\n    return None\n"
                  "return params['x']")
    assert [row["line"] for row in validate(source)["errors"]] == [3, 5]


@pytest.mark.parametrize(("source", "line", "says"), [
    ("x = (\n", 1, "never closed"),
    (b"def reward_function(params):\n    return 1\x00\n", 2, "NUL"),
    (b"\xff\xfe\x00", 1, "UTF-8"),
    ("#" * (MAX_CHARACTERS + 1), None, "characters"),
    ("def rewards(params):\n    return 1\n", None, "Rename `rewards` to `reward_function`"),
    ("def reward_function():\n    return 1\n", 1, "exactly one argument"),
    ("import no_such_module\n", 1, "no_such_module"),
    (body("return float('nan')"), 2, "nan"),
    (body("return params['distance_from_centre']"), 2, "Did you mean params['distance_from_center']?"),
    (body("import sys\nsys.exit(0)"), 3, "exit"),
    (body("return reward_function(params)"), 2, "too many times"),
    (body("while True: pass"), 2, "did not come back"),
])
def test_a_bad_file_is_refused_with_its_line(source, line, says):
    found_line, message = only_error(source)
    assert found_line == line
    assert says in message
    assert "reward.py" not in message


def test_an_early_exit_is_refused_with_its_line():
    assert only_error("import os\nos._exit(0)\n") == (
        2, "The code ended the program. Remove the call of exit(): return a number instead.")


def test_code_that_kills_the_process_is_refused():
    result = validate("import os\nos.kill(os.getpid(), 9)\n")
    assert "ended the program" in result["errors"][0]["message"]
    assert "`os`" in result["warnings"][0]["message"]


def test_code_that_crashes_python_is_refused_with_its_line():
    assert only_error(body("import ctypes\nctypes.string_at(0)\nreturn 1")) == (
        3, "Python itself crashed here. Look for functions that call themselves without end.")


def test_a_loop_that_holds_the_interpreter_is_refused_with_its_line():
    assert only_error(body("return sum(range(10 ** 15))"))[0] == 2


@confined
@pytest.mark.parametrize(("text", "line"), [
    ("open('/etc/passwd').read()\nreturn 1", 2),
    ("open('{outside}', 'w').write('x')\nreturn 1", 2),
    ("import socket\nsocket.socket()\nreturn 1", 3),
    ("import os\nos.fork()\nreturn 1", 3),
    ("import subprocess\nsubprocess.run(['true'])\nreturn 1", 3),
    ("import os\nos.kill(os.getppid(), 0)\nreturn 1", 3),
])
def test_what_reaches_out_of_the_process_is_refused_with_its_line(tmp_path, text, line):
    outside = tmp_path / "outside.txt"
    found_line, message = only_error(body(text.replace("{outside}", str(outside))))
    assert (found_line, "PermissionError" in message) == (line, True)
    assert not outside.exists()


@confined
def test_ten_gigabytes_are_refused_with_their_line():
    line, message = only_error(body("\nreturn float(len(bytearray(10 ** 10)))"))
    assert (line, "memory" in message) == (3, True)


def test_a_gigabyte_of_prints_costs_neither_memory_nor_disk():
    source = body("import sys\nfor _ in range(20000):\n    print('x' * 10000)\nreturn params['x']")
    result = validate(source)
    assert result["ok"] is True
    assert sum(map(len, result["prints"])) < 50_000


def test_no_folder_is_left_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    validate(body("open('mine.txt', 'w').write('x')\nreturn 1.0"))
    assert list(tmp_path.iterdir()) == []


def test_a_reward_that_is_the_same_everywhere_is_remarked_on():
    result = validate(body("return 1.0"))
    assert result["ok"] is True
    assert "in every place" in result["warnings"][0]["message"]


def test_what_a_resume_would_lose_is_remarked_on():
    result = validate("lines = (c for c in 'abc')\ndef reward_function(params):\n    return params['x']\n")
    assert "`lines` starts anew" in result["warnings"][0]["message"]


@pytest.mark.parametrize(("source", "line", "says"), [
    (body("params['distance_from_centre'] = 1\nreturn 1.0"), 2, "Did you mean params['distance_from_center']?"),
    (body("params['speed'] = 1\nreturn 1.0"), 2, "has no effect"),
    (body("return params.get('sped', 0)"), 2, "Did you mean params['speed']?"),
    (body("return params['zzzz']"), 2, "There is no params['zzzz']"),
    ("def near(params):\n    return params['widht']\n" + body("return near(params)"), 2, "params['widht']"),
    (body("x = 1.0\nif params['x'] > 1:\n    return x"), 3, "Not every way"),
    (body("pass"), 1, "never returns"),
    (body("if params['x'] > 1:\n    return\nreturn 1.0"), 3, "gives no number"),
    (body("return 1.0\nx = 2"), 3, "never reached"),
    (body("width = params['track_width']\nreturn 1.0"), 2, "`width` gets a value that is never used"),
    (body("reward = 1\nreward += 1\nreturn 1.0"), 2, "`reward` gets a value"),
    ("import requests\n" + body("return 1.0"), 1, "`requests` reaches"),
    ("import pandas as pd\n" + body("return 1.0"), 1, "`pandas` may be missing"),
    (body("return 1.0") + body("return 2.0"), 3, "several functions"),
    (body("if params['x'] is 1:\n    return 1.0\nreturn 2.0"), 2, "is"),
])
def test_the_code_is_remarked_on(source, line, says):
    found = remarks(parse(source))
    assert [(at, text) for at, text in found if at == line and says in text], found


@pytest.mark.parametrize("text", [
    "if params['x'] > 1:\n    return 1.0\nelse:\n    return 2.0",
    "for width in (1, 2):\n    if params['x'] > width:\n        return 1.0\nreturn 0.5",
    "while True:\n    return 1.0",
    "try:\n    return 1.0 / params['x']\nexcept ZeroDivisionError:\n    return 0.0",
    "with open('x') as _:\n    return 1.0",
    "match params['x']:\n    case 1.0:\n        return 1.0\n    case _:\n        return 2.0",
    "if params['x'] > 1:\n    return 1.0\nraise ValueError",
    "import math\nimport numpy as np\nfrom scipy import interpolate\nfrom shapely.geometry import Point\nreturn 1.0",
    "_unused = 1\nbehind, ahead = params['closest_waypoints']\nreturn float(ahead)",
    "def inner(v):\n    print(v)\ninner(params['speed'])\nreturn 1.0",
    "global total\ntotal = 1\nreturn 1.0",
])
def test_good_code_is_not_remarked_on(text):
    assert remarks(parse(body(text))) == []


def test_preload_imports_what_is_well_known_and_nothing_else(tmp_path, monkeypatch):
    (tmp_path / "mine_alone.py").write_text("raise SystemExit")
    monkeypatch.syspath_prepend(str(tmp_path))
    source = "import mine_alone, json\nimport numpy.linalg as la\nfrom scipy import interpolate\nimport nosuch.numpy\n"
    assert preload(source) == ["json", "numpy.linalg", "scipy", "scipy.interpolate"]
    assert preload("x = (") == []


# the states of the trial, against the simulator's own geometry


@pytest.mark.parametrize("name", ["oval"])
@pytest.mark.parametrize("against", [False, True])
def test_the_states_are_those_that_the_simulator_would_give(name, against):
    track = load_track(name)
    driven = track.reversed() if against else track
    packed = geometry.pack(driven)
    tried = [sample for sample in samples(track) if sample.is_reversed is against]
    assert len(tried) == 7
    for sample in tried:
        row = Row(*sample.row)
        yaw = math.radians(row.heading_deg)
        x, y = row.x - 0.14 * math.cos(yaw), row.y - 0.14 * math.sin(yaw)
        place = geometry.locate(x, y, yaw, geometry.NO_HINT, packed)
        assert row.ndist == pytest.approx(place.ndist, abs=1e-9), sample.name
        assert (int(row.closest_prev), int(row.closest_next)) == (place.behind, place.ahead), sample.name
        assert row.all_wheels_on_track == (place.wheels == geometry.ALL_WHEELS), sample.name
        assert row.is_offtrack == (place.wheels == 0), sample.name


def test_wheels_leave_the_road_where_the_simulators_do():
    track = load_track("oval")
    packed = geometry.pack(track)
    for left_m in np.linspace(-0.7, 0.7, 57):
        row = Row(*state(track, 0.3, float(left_m), 40.0, 30.0, 1.0, 0.0))
        yaw = math.radians(row.heading_deg)
        x, y = row.x - 0.14 * math.cos(yaw), row.y - 0.14 * math.sin(yaw)
        wheels = geometry.locate(x, y, yaw, geometry.NO_HINT, packed).wheels
        assert (row.all_wheels_on_track, row.is_offtrack) == (wheels == geometry.ALL_WHEELS, wheels == 0), left_m


def test_the_states_show_what_their_names_say():
    by_name = {sample.name: Row(*sample.row) for sample in samples(load_track("oval")) if not sample.is_reversed}
    assert by_name["the car at the start"].steps == 2.0
    assert by_name["the car on the centre line"].distance_from_center == pytest.approx(0.0, abs=1e-9)
    assert by_name["the car left of the centre line"].is_left_of_center == 1.0
    assert by_name["the car right of the centre line"].is_left_of_center == 0.0
    assert by_name["the car off the track"].is_offtrack == 1.0
    assert by_name["the car at the finish"].progress > 99.0


def test_left_stays_left_when_the_track_is_driven_the_other_way():
    for track in (load_track("oval"), load_track("oval").reversed()):
        assert Row(*state(track, 0.3, 0.1, 0.0, 30.0, 1.0, 0.0)).is_left_of_center == 1.0
        assert Row(*state(track, 0.3, -0.1, 0.0, 30.0, 1.0, 0.0)).is_left_of_center == 0.0


# the examples


def test_the_examples_have_a_title_a_summary_and_the_default_comes_first():
    shown = examples()
    assert len(shown) >= 4
    assert shown[0].id == DEFAULT
    assert len({one.title for one in shown}) == len(shown)
    for one in shown:
        assert one.title and one.summary.endswith(".") and "\n" not in one.summary
        assert len(one.code.splitlines()) <= 40
        assert "def reward_function(params):" in one.code
    files = {path.stem for path in Path(ast.__file__ and examples.__code__.co_filename).parent.glob("*.py")}
    assert files - {"__init__"} == {one.id for one in shown}


@pytest.mark.parametrize("one", examples(), ids=lambda one: one.id)
def test_an_example_passes_its_own_check_without_a_remark(one):
    result = validate(one.code)
    assert (result["ok"], result["errors"], result["warnings"]) == (True, [], [])
    rewards = {row["name"]: row["reward"] for row in result["samples"]}
    assert rewards["the car on the centre line"] > rewards["the car off the track"]
    assert all(value >= 0.0 for value in rewards.values())


@pytest.mark.parametrize("track", [card.id for card in gallery()])
@pytest.mark.parametrize("one", examples(), ids=lambda one: one.id)
def test_an_example_is_sound_on_every_track_of_the_gallery(one, track):
    road = load_track(track)
    builders = ParamsBuilder(road), ParamsBuilder(road.reversed(), is_reversed=True)
    function = RewardFunction(one.code)
    rewards = {sample.name: function(builders[sample.is_reversed].build(sample.row)) for sample in samples(road)}
    assert rewards["the car on the centre line"] > rewards["the car off the track"]


def given(**changes: object) -> dict:
    track = load_track("oval")
    row = state(track, 0.3, 0.0, 0.0, 30.0, 1.0, 0.0)
    return {**ParamsBuilder(track).build(row), "track_width": 1.0, "all_wheels_on_track": True, **changes}


@pytest.mark.parametrize(("distance_m", "expected"), [
    (0.0, 1.0), (0.1, 1.0), (0.101, 0.5), (0.25, 0.5), (0.26, 0.1), (0.5, 0.1), (0.51, 1e-3)])
def test_the_classic_bands_are_where_the_old_service_had_them(distance_m, expected):
    assert RewardFunction(example("follow_centre_line").code)(given(distance_from_center=distance_m)) == expected
    steady = RewardFunction(example("steady_hands").code)
    for angle, share in ((15.0, 1.0), (-15.0, 1.0), (15.1, 0.8), (-30.0, 0.8)):
        reward = steady(given(distance_from_center=distance_m, steering_angle=angle))
        assert reward == pytest.approx(share * expected, rel=1e-12)


def test_the_border_lesson_asks_for_five_centimetres():
    function = RewardFunction(example("stay_inside_borders").code)
    assert function(given(distance_from_center=0.44)) == 1.0
    assert function(given(distance_from_center=0.46)) == 1e-3
    assert function(given(distance_from_center=0.0, all_wheels_on_track=False)) == 1e-3


def test_the_default_pays_for_the_middle_and_for_getting_on():
    function = RewardFunction(example().code)
    middle, side = (function(given(distance_from_center=d, progress=10.0)) for d in (0.0, 0.4))
    slow, quick = (function(given(distance_from_center=0.1, progress=p)) for p in (5.0, 10.0))
    assert middle > side > function(given(is_offtrack=True, progress=10.0))
    assert quick > slow


def test_fast_laps_pays_for_speed_along_the_road_only():
    function = RewardFunction(example("fast_laps").code)
    heading = float(given()["heading"])
    assert function(given(speed=2.0)) > 2.0 * function(given(speed=1.0, distance_from_center=0.5))
    across = function(given(speed=4.0, heading=(heading + 90.0 + 180.0) % 360.0 - 180.0))
    assert across < function(given(speed=1.0))


def test_look_ahead_pays_for_pointing_into_the_bend():
    function = RewardFunction(example("look_ahead").code)
    straight = given()
    rewards = [function({**straight, "heading": float(straight["heading"]) + turned}) for turned in range(-90, 91, 5)]
    best = int(np.argmax(rewards))
    assert 0 < best < len(rewards) - 1
    assert rewards[0] == pytest.approx(1e-3) or rewards[-1] == pytest.approx(1e-3)


def test_the_check_does_not_wait_for_a_thread_that_lives_on():
    source = body("import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()\nreturn params['x']")
    began = time.monotonic()
    assert validate(source)["ok"] is True
    assert time.monotonic() - began < 50.0  # the thread would sleep for a minute
