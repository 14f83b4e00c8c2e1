"""From a film to events: each frame's, as worked out by hand; votes, refusals, the clock, and what lies on disk."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import trivium.vision as vision
from trivium.cli import main
from trivium.errors import BadConfig, BadFile, NameTaken
from trivium.vision.events.event import Event, deeplens_payload, deeplens_topic
from trivium.vision.events.rules import Firing, Rule
from trivium.vision.stream import model
from trivium.vision.stream.address import parse
from trivium.vision.stream.clock import RealClock, SimulatedClock, Ticks
from trivium.vision.stream.config import WatchConfig
from trivium.vision.stream.diary import Diary
from trivium.vision.stream.model import open_model
from trivium.vision.stream.source import Shot, State
from trivium.vision.stream.verdicts import Consensus
from trivium.vision.stream.watch import Watch
from trivium.vision.stream.watching import KEPT_CHANGES, Report, watched

from .colours import CLASSES, PAINT, bundle, by_hand, film
from .test_films import cut

PLAY = ["red"] * 10 + ["green"] * 10 + ["grey"] * 10 + ["blue"] * 10


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a bundle and a film."""
    folder = tmp_path_factory.mktemp("watch")
    bundle(folder / "colours.zip")
    film(folder / "film.mp4", PLAY, fps=10)
    return folder


def test_each_frame_of_a_film_has_its_event(place: Path, tmp_path: Path) -> None:
    seen = vision.watch(place / "colours.zip", place / "film.mp4", out=tmp_path / "out", threshold=0.6)
    events = [Event.model_validate_json(line) for line in (tmp_path / "out" / "events.jsonl").read_text().splitlines()]
    assert seen["n"] == len(events) == 40 and [event.frame for event in events] == list(range(40))
    for event, name in zip(events, PLAY, strict=True):
        wanted = by_hand(np.uint8(PAINT[name]))
        assert event.label == (None if name == "grey" else name)
        assert event.top[0].probability == pytest.approx(max(wanted), abs=0.06)
        assert sum(guess.probability for guess in event.top) == pytest.approx(1.0, abs=1e-4)
        assert (event.width, event.height, event.task, event.project) == (64, 48, "classification", "colours")
    assert seen["labels"] == {"red": 10, "green": 10, "blue": 10, "I don't know": 10}
    assert {event.model for event in events} == {seen["model"]} and seen["model_sha256"].startswith(seen["model"])
    assert [row["frame"] for row in seen["results"]] == list(range(40))


def test_frames_that_were_looked_at_ahead_are_judged_by_the_model_of_their_turn(place: Path) -> None:
    model = open_model(place / "colours.zip", 2, apart=True)
    with Watch(model, parse(str(place / "film.mp4"))) as watching:
        assert watching.looks_ahead
        events = []
        for event in watching.events():
            events.append(event)
            if event.frame == 9:
                watching.use(replace(model, version="another", at_once=1))
    assert [event.frame for event in events] == list(range(40))
    assert [event.model for event in events] == [model.version] * 10 + ["another"] * 30
    with Watch(model, parse(str(place / "film.mp4")), WatchConfig(realtime=True)) as watching:
        assert not watching.looks_ahead


def test_what_is_settled_follows_by_vote(place: Path) -> None:
    """Of five frames three must agree: two frames after each change of colour."""
    seen = vision.watch(place / "colours.zip", place / "film.mp4", threshold=0.6)
    assert [(row["frame"], row["label"]) for row in seen["changes"]] == [(2, "red"), (12, "green"), (22, None),
                                                                        (32, "blue")]


@pytest.mark.parametrize(("votes", "settled"), [
    ("aa", [None, None]),
    ("aaa", [None, None, "a"]),
    ("abab", [None, None, None, None]),  # two of three are 67 %, but not three frames
    ("abcab", [None] * 5),  # nobody has three
    ("aaabb", [None, None, "a", "a", "a"]),  # what was settled stays until the vote is for something else
    ("aaabbb", [None, None, "a", "a", "a", "b"]),
])
def test_votes(votes: str, settled: list[str | None]) -> None:
    count = Consensus(WatchConfig())
    found = [count.add(vote, float(k)) for k, vote in enumerate(votes)]
    assert [each.label if each else None for each in found] == settled


def test_a_bundles_own_threshold_counts_until_another_is_set(tmp_path: Path) -> None:
    path = bundle(tmp_path / "strict.zip", rejection={"threshold": 0.999})
    shown = film(tmp_path / "film.mp4", ["red"] * 4)
    assert vision.watch(path, shown)["labels"] == {"I don't know": 4}
    assert vision.watch(path, shown, threshold=0.5)["labels"] == {"red": 4}


def test_a_film_is_sampled_by_its_own_time(place: Path) -> None:
    seen = vision.watch(place / "colours.zip", place / "film.mp4", rate_fps=2)
    assert [row["time_s"] for row in seen["results"]] == pytest.approx([0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5])


def test_ticks_do_not_drift_and_count_what_they_miss() -> None:
    """Work that takes 0.3 s of a tick's 0.5, once 1.7 s: every tick is where the first one says."""
    clock = SimulatedClock(100.0)
    ticks = Ticks(2.0, clock)
    moments = []
    for k in range(1000):
        number = ticks.wait()
        moments.append((number, clock.now))
        clock.sleep(1.7 if k == 400 else 0.3)
    assert all(now == pytest.approx(100.0 + number / 2, abs=1e-6) or number == moments[401][0]
               for number, now in moments)
    assert ticks.missed == 2 and moments[-1][1] == pytest.approx(100.0 + (999 + 2) / 2)


def test_nobody_sleeps_backwards() -> None:
    RealClock().sleep(-1.0)


class Scripted:
    """A source that a test writes."""

    def __init__(self, answers: list[Shot | State]) -> None:
        self.answers: Iterator[Shot | State] = iter(answers)

    def ask(self, request: bytes) -> Shot | State:
        return next(self.answers, State("ended"))

    def close(self) -> None:
        pass


def shot(number: int, taken_at: float, name: str = "red") -> Shot:
    return Shot(number, taken_at, None, 2, 2, None, np.broadcast_to(np.uint8(PAINT[name]), (224, 224, 3)).copy(), None)


def test_a_camera_that_stops_and_comes_back_is_told_once_each(place: Path) -> None:
    clock, said = SimulatedClock(50.0), []
    script: list[Shot | State] = [shot(0, 49.9), State("stalled", "The camera sends no new pictures."),
                                  State("stalled", "The camera sends no new pictures."),
                                  State("reconnecting", "The camera is not there."), shot(7, 49.95)]
    with Watch(open_model(place / "colours.zip"), parse("demo"), on_state=said.append, clock=clock,
               source=Scripted(script), device="box-1") as watching:
        events = list(watching.events())
    assert [state.state for state in said] == ["live", "stalled", "reconnecting", "live", "ended"]
    assert [event.frame for event in events] == [0, 7] and {event.device for event in events} == {"box-1"}
    assert [event.latency_ms for event in events] == pytest.approx([100.0, 50.0])
    assert [event.time for event in events] == pytest.approx([49.9, 49.95])


def test_a_frame_of_a_film_in_real_time_was_taken_when_its_moment_came(place: Path) -> None:
    """Frames are decoded ahead; while one waits for its moment it does not grow old."""
    clock = SimulatedClock(50.0)
    script: list[Shot | State] = [replace(shot(k, 49.0 + k / 100), time_s=k / 10) for k in range(4)]

    class Slow(Scripted):
        """What decodes takes a while to start."""

        def ask(self, request: bytes) -> Shot | State:
            clock.now = max(clock.now, 51.0)
            return super().ask(request)

    with Watch(open_model(place / "colours.zip"), parse(str(place / "film.mp4")), WatchConfig(realtime=True),
               clock=clock, source=Slow(script)) as watching:
        events = list(watching.events())
    assert [event.time for event in events] == pytest.approx([51.0, 51.1, 51.2, 51.3])
    assert [event.latency_ms for event in events] == pytest.approx([0.0] * 4, abs=1e-6)
    assert [event.time_s for event in events] == pytest.approx([0.0, 0.1, 0.2, 0.3])


class Silent:
    """A camera that is there and sends nothing; each look takes a second."""

    def __init__(self, clock: SimulatedClock) -> None:
        self.clock = clock

    def ask(self, request: bytes) -> State:
        assert self.clock.now < 1000.0, "it is never stopped"
        self.clock.sleep(1.0)
        return State("stalled", "The camera sends no new pictures.")

    def close(self) -> None:
        pass


@pytest.mark.parametrize("rate_fps", [None, 0.001])
def test_time_is_up_where_no_frame_comes_and_between_two_looks(place: Path, rate_fps: float | None) -> None:
    clock = SimulatedClock(50.0)
    with Watch(open_model(place / "colours.zip"), parse("demo"), WatchConfig(rate_fps=rate_fps), clock=clock,
               source=Silent(clock)) as watching:
        seen = watched(watching, seconds=20.0)
    assert seen["n"] == 0 and 20.0 <= clock.now - 50.0 <= 21.0


def test_what_was_seen_of_a_film_before_it_breaks_off_is_kept(place: Path, tmp_path: Path) -> None:
    seen = vision.watch(place / "colours.zip", cut(tmp_path / "cut.mp4"))
    assert 5 < seen["n"] == len(seen["results"]) < 60 and "cut off" in seen["error"]["message"]
    done = CliRunner().invoke(main, ["vision", "run", str(place / "colours.zip"), "--source", str(tmp_path / "cut.mp4"),
                                     "--json"])
    assert done.exit_code == 1 and json.loads(done.stdout)["n"] == seen["n"] and "cut off" in done.stderr


def test_a_camera_that_is_watched_for_months_fills_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    report = Report()
    seen = Event(time=1.0, frame=0, source="demo", width=1, height=1, device="d", project="p", model="m",
                 task="classification", latency_ms=1.0, settled={"label": "a", "share": 1, "frames": 3, "since": 1.0,
                                                                 "new": True})
    for _ in range(KEPT_CHANGES + 5):
        report.add(seen, live=True)
        report.fire(Firing("1", Rule(name="r", label="a"), seen, 0.0))
    assert len(report.changes) == len(report.fired) == KEPT_CHANGES
    assert report.n == report.changed == report.came_true == KEPT_CHANGES + 5


def test_a_bundle_that_unpacks_to_more_than_it_may_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All parts together: each alone would do."""
    import zipfile

    path = bundle(tmp_path / "b.zip")
    with zipfile.ZipFile(path) as archive:
        sizes = sorted(entry.file_size for entry in archive.infolist())
    monkeypatch.setattr(model, "PART_CAP_BYTES", sizes[-1] + 1)
    with pytest.raises(BadFile, match="too large"):
        open_model(path)


def test_the_deeplens_payload_is_flat_and_plain() -> None:
    event = Event(time=1.0, frame=0, source="demo", width=1, height=1, device="d", project="p", model="m",
                  task="classification", top=[{"label": "Compost", "probability": 0.75},
                                              {"label": "Landfill", "probability": 0.25}], latency_ms=1.0)
    assert json.loads(json.dumps(deeplens_payload(event))) == {"Compost": 0.75, "Landfill": 0.25}
    assert deeplens_topic("deeplens_1") == "$aws/things/deeplens_1/infer"


def test_events_on_disk_come_in_parts_and_close_a_torn_line(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_text('{"torn')
    event = Event(time=1.0, frame=0, source="demo", width=1, height=1, device="d", project="p", model="m",
                  task="classification", latency_ms=1.0)
    size = len(event.line()) + 1
    diary = Diary(tmp_path, part_bytes=5 * size)
    for k in range(60):
        diary.write(event.model_copy(update={"frame": k % 10}))
    diary.close()
    parts = sorted(path.name for path in tmp_path.iterdir())
    assert parts == ["events.1.jsonl", "events.2.jsonl", "events.3.jsonl", "events.jsonl"]
    newest = [Event.model_validate_json(line).frame for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    before = [Event.model_validate_json(line).frame for line in (tmp_path / "events.1.jsonl").read_text().splitlines()]
    assert (before + newest)[-6:] == [4, 5, 6, 7, 8, 9] and len(before) == 5


@pytest.mark.parametrize("spoil", ["cut", "other", "outside", "text"])
def test_a_bundle_that_was_changed_is_refused(tmp_path: Path, spoil: str) -> None:
    import zipfile

    path = bundle(tmp_path / "b.zip")
    if spoil == "cut":
        path.write_bytes(path.read_bytes()[:-200])
    elif spoil == "text":
        path.write_text("No zip at all.")
    else:
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        card = json.loads(parts["model.json"])
        if spoil == "other":
            parts["model.onnx"] += b"x"
        else:
            card["files"]["../escape"] = card["files"].pop("weights.safetensors")
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in {**parts, "model.json": json.dumps(card).encode()}.items():
                archive.writestr(name, content)
    with pytest.raises(BadFile) as caught:
        open_model(path)
    assert caught.value.hint and "\n" not in str(caught.value)


def test_a_model_that_answers_otherwise_than_it_did_is_not_put_to_work(tmp_path: Path) -> None:
    path = bundle(tmp_path / "b.zip", wrong=0.01)
    assert open_model(path).classes == CLASSES
    with pytest.raises(BadFile, match="other answers"):
        open_model(path, checked=True)


def test_on_the_command_line(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = ["vision", "run", str(place / "colours.zip"), "--source", str(place / "film.mp4")]
    rules = tmp_path / "rules.json"
    rules.write_text(json.dumps([{"name": "green light", "label": "green", "for_s": 0.5}]))
    done = CliRunner().invoke(main, [*arguments, "--rules", str(rules), "--out", "seen", "--json"])
    found = json.loads(done.stdout)
    assert done.exit_code == 0 and found["n"] == 40 and "rule 'green light'" in done.stderr.lower()
    assert [(row["rule"], row["frame"]) for row in found["rules"]] == [("green light", 17)]
    said = CliRunner().invoke(main, arguments).stdout
    assert "40 frames" in said and "green: 1" in said
    for extra, words in ((["--set", "rate=2"], "Did you mean rate_fps"), (["--out", "seen"], "is there already"),
                         (["--set", "threshold=2"], "threshold")):
        refused = CliRunner().invoke(main, [*arguments, *extra])
        assert refused.exit_code == 1 and words in refused.stderr and len(refused.stderr.strip().splitlines()) == 1


def test_refusals(place: Path, tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="does not exist"):
        vision.watch(place / "colours.zip", "nothing.mp4")
    with pytest.raises(BadConfig, match="knows no class 'yellow'"):
        vision.watch(place / "colours.zip", place / "film.mp4", rules=[{"name": "x", "label": "yellow"}])
    vision.watch(place / "colours.zip", place / "film.mp4", out=tmp_path)
    with pytest.raises(NameTaken):
        vision.watch(place / "colours.zip", place / "film.mp4", out=tmp_path)
