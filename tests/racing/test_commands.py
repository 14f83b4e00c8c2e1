"""The racing commands as the manual writes them: exit codes, and one JSON object on standard output."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest
from click.testing import CliRunner, Result
from tests.racing.conftest import CENTRE

from trivium.cli import main
from trivium.core.assignment import assigned, assignment, merge

QUICK = ["--set", "num_episodes_between_training=4", "--set", "max_steps_per_iteration=100", "--set", "eval_trials=2",
         "--set", "batch_size=32", "--set", "num_epochs=1", "--max-iterations", "1"]
Trivium = Callable[..., Result]


@pytest.fixture
def trivium(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trivium:
    """trivium("racing", ...) in a folder with a reward.py, in this process."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "reward.py").write_text(CENTRE)
    return lambda *arguments: CliRunner().invoke(main, ["--data", str(tmp_path / "data"), *arguments])


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The real program."""
    return subprocess.run([sys.executable, "-m", "trivium", *arguments], cwd=folder, capture_output=True, text=True,
                          timeout=240, env={**os.environ, "TRIVIUM_DATA": str(folder / "data")})


def only_json(text: str) -> dict[str, Any]:
    value = json.loads(text)  # nothing else stands there
    assert isinstance(value, dict)
    return value


def test_train_and_evaluate_as_written(tmp_path: Path):
    (tmp_path / "reward.py").write_text(CENTRE)
    done = command(tmp_path, "racing", "train", "--track", "oval", "--reward", "reward.py", "--algorithm", "ppo",
                   "--max-minutes", "2", "--seed", "1", "--out", "run-a", *QUICK, "--json")
    assert done.returncode == 0, done.stderr
    result = only_json(done.stdout)
    assert {"run", "status", "wall_s", "steps", "best"} <= set(result)
    assert (result["status"], Path(result["run"]).name) == ("succeeded", "run-a")
    assert set(result["best"]) == {"metric", "value", "step"} and result["steps"] == result["best"]["step"] > 0
    assert "step" in done.stderr  # progress for people

    done = command(tmp_path, "racing", "evaluate", "run-a", "--track", "oval", "--trials", "2", "--out", "judged",
                   "--json")
    assert done.returncode == 0, done.stderr
    report = only_json(done.stdout)
    assert {"trials", "completion_rate", "interval", "best_lap_s", "median_lap_s"} <= set(report)
    assert len(report["trials"]) == report["n"] == 2
    assert all({"completion_percentage", "lap_times_s", "off_track_count", "crash_count"} <= set(row)
               for row in report["trials"])
    written = json.loads((tmp_path / "judged" / "out" / "evaluation.json").read_text())
    assert written.items() <= report.items()
    replay = json.loads((tmp_path / "judged" / "out" / "replay.json").read_text())
    frames = len(replay["trials"][0]["x"])
    assert frames == pytest.approx(report["trials"][0]["time_s"] * 15, abs=0.1)
    with av.open(str(tmp_path / "judged" / "out" / "drive.mp4")) as film:
        assert sum(1 for _ in film.decode(video=0)) == frames
        assert (film.streams.video[0].width, film.streams.video[0].height) == (960, 540)


def test_a_training_that_fails_says_why_in_one_line_and_leaves_with_1(tmp_path: Path):
    (tmp_path / "reward.py").write_text("def reward_function(params):\n    return 1 / 0\n")
    done = command(tmp_path, "racing", "train", "--reward", "reward.py", "--out", "run-b", *QUICK, "--json")
    assert done.returncode == 1
    result = only_json(done.stdout)
    assert (result["status"], result["reason"]) == ("failed", "user_code_error")
    assert "line 2" in done.stderr and "Traceback" not in done.stderr


def test_validate_as_written(trivium: Trivium):
    done = trivium("racing", "validate", "reward.py", "--json")
    assert done.exit_code == 0
    assert (only_json(done.stdout)["ok"], only_json(done.stdout)["errors"]) == (True, [])
    Path("reward.py").write_text("def reward_function(params):\n    return params['sped']\n")
    done = trivium("racing", "validate", "reward.py", "--json")
    assert done.exit_code == 1
    result = only_json(done.stdout)
    assert result["ok"] is False and result["errors"][0]["line"] == 2
    assert "speed" in result["errors"][0]["message"]
    assert {"ok", "errors", "warnings"} <= set(result)


@pytest.mark.parametrize(("arguments", "says"), [
    (["--set", "num_epoch=5"], "num_epochs"),
    (["--set", "car.netwrk=light"], "car.network"),
    (["--set", "lr=7"], "lr"),
    (["--set", "lr"], "KEY=VALUE"),
    (["--max-minutes", "0"], "max_minutes"),
    (["--track", "ovall"], "oval"),
    (["--reward", "nothing.py"], "nothing.py"),
    (["--metadata", "reward.py"], "not JSON"),
    (["--config", "reward.py"], "not TOML"),
    (["--algorithm", "dqn"], "algorithm"),
])
def test_mistakes_are_refused_with_what_was_meant(trivium: Trivium, arguments: list[str], says: str):
    done = trivium("racing", "train", "--reward", "reward.py", "--out", "never", *arguments)
    assert done.exit_code == 1
    assert says in done.stderr and len(done.stderr.splitlines()) == 1 and done.stdout == ""
    assert not Path("never").exists()


@pytest.mark.parametrize("arguments", [["--seed", "-1"], ["--seed", "x"], ["--nonsense"], ["--max-iterations", "many"]])
def test_wrong_usage_leaves_with_2(trivium: Trivium, arguments: list[str]):
    assert trivium("racing", "train", *arguments).exit_code == 2


def test_a_reward_file_that_is_no_text_is_refused_by_line(trivium: Trivium):
    Path("reward.py").write_bytes(b"# one\n\ndef reward_function(params):\n    return 1.0  # caf\xe9\n")
    done = trivium("racing", "train", "--reward", "reward.py", "--out", "never")
    assert done.exit_code == 1 and "line 4" in done.stderr and "UTF-8" in done.stderr


def test_an_evaluation_of_nothing_is_refused(trivium: Trivium, tmp_path: Path):
    done = trivium("racing", "evaluate", "no-run", "--json")
    assert done.exit_code == 1 and "no-run" in done.stderr and done.stdout == ""


def test_tracks_are_listed_and_shown(trivium: Trivium):
    done = trivium("racing", "tracks", "--json")
    ids = [row["id"] for row in only_json(done.stdout)["tracks"]]
    assert done.exit_code == 0 and "oval" in ids and len(ids) >= 8
    assert only_json(trivium("racing", "tracks", "oval", "--json").stdout)["id"] == "oval"
    assert trivium("racing", "tracks", "nowhere").exit_code == 1


@pytest.mark.parametrize(("text", "value"), [
    ("lr=0.1", {"lr": 0.1}), ("car.network=light", {"car": {"network": "light"}}), ("track=a=b", {"track": "a=b"}),
    ("a.b.c=null", {"a": {"b": {"c": None}}}), ("x=[1, 2]", {"x": [1, 2]}), ("name=", {"name": ""})])
def test_set_takes_json_or_text(text, value):
    assert assignment(text) == value


def test_later_settings_win_field_by_field():
    values: dict[str, Any] = {"car": {"network": "shallow", "speed_count": 1}, "lr": 1}
    later = {"car": {"network": "light"}, "lr": 2}
    assert merge(values, later) == {"car": {"network": "light", "speed_count": 1}, "lr": 2}
    assert assigned(["lr=1", "lr.b=2", "a.b=1", "a=2"]) == {"lr": {"b": 2}, "a": 2}
