"""Bad reward functions in a real, confined run: it ends with a reason, the line and the parameters, and nothing else
is harmed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest
from tests.racing import reward_toy

from trivium.core import files, jobs
from trivium.core.confine import probe
from trivium.core.spec import Limits
from trivium.core.status import Status

ROOT = Path(__file__).parents[2]
RunReward = Callable[..., Status]

confined = pytest.mark.skipif(probe().level != "full", reason="this system cannot confine a process")


@pytest.fixture
def run_reward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunReward]:
    """run_reward(source) -> the status at the end; its folder is tmp_path / "run"."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # the runner has to find the toy
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))

    def run(source: str) -> Status:
        folder = jobs.create_run(reward_toy.STUDIO, "train", "bad reward", {}, inputs={"reward.py": source},
                                 out=tmp_path / "run", threads=1, limits=Limits(mem_mb=1024))
        jobs.start(folder)
        return jobs.wait(folder, 90.0)

    yield run
    if (tmp_path / "run").exists():
        jobs.kill(tmp_path / "run")


def body(text: str) -> str:
    """A reward function of which only the body is written; its first line is line 2."""
    return f"def reward_function(params):\n{indent(text, '    ')}\n    return 1.0\n"


def events(folder: Path, kind: str) -> list[dict[str, Any]]:
    rows = [json.loads(row) for row in (folder / files.EVENTS).read_text().splitlines()]
    return [row for row in rows if row["kind"] == kind]


def test_a_good_reward_function_runs_to_the_end_and_its_prints_are_kept(run_reward, tmp_path):
    status = run_reward(body("if params['steps'] == 2.0:\n    print('start', params['is_reversed'])"))
    assert (status.state, status.reason) == ("succeeded", None)
    prints = [row for row in events(tmp_path / "run", "log") if row["level"] == "print"]
    assert prints[0]["message"] == "start False"
    assert len(events(tmp_path / "run", "metric")) == reward_toy.CALLS


@pytest.mark.parametrize(("source", "line", "reason", "says"), [
    ("x = (\n", 1, "user_code_error", "never closed"),
    ("def rewards(params):\n    return 1\n", None, "user_code_error", "reward_function"),
    (body("return 1 / 0"), 2, "user_code_error", "division by zero"),
    (body("return float('nan')"), 2, "user_code_error", "nan"),
    (body("return None"), 2, "user_code_error", "returned nothing"),
    (body("import sys\nsys.exit(0)"), 3, "user_code_error", "ended the program"),
    (body("while True:\n    pass"), 2, "user_code_timeout", "did not come back"),
    (body("return sum(range(10 ** 15))"), 2, "user_code_timeout", "did not come back"),
    ("import os\nos._exit(0)\n", 2, "user_code_error", "ended the program"),
    (body("return reward_function(params)"), 2, "user_code_error", "too many times"),
    pytest.param(body("return len(bytearray(10 ** 10))"), 2, "out_of_memory", "memory", marks=confined),
    pytest.param(body("import os\nos.fork()"), 3, "user_code_error", "PermissionError", marks=confined),
    pytest.param(body("import socket\nsocket.socket()"), 3, "user_code_error", "PermissionError", marks=confined),
    pytest.param(body("import os\nos.kill(os.getppid(), 15)"), 3, "user_code_error", "PermissionError", marks=confined),
])
def test_a_bad_reward_function_ends_the_run_with_reason_and_line(run_reward, source, line, reason, says):
    status = run_reward(source)
    assert (status.state, status.reason) == ("failed", reason), status
    assert says in str(status.message)
    assert status.hint
    if line is not None:
        assert status.detail is not None
        assert abs(status.detail["line"] - line) <= (1 if reason == "user_code_timeout" else 0)
        assert status.detail["file"] == "reward.py"


def test_the_status_tells_step_type_and_parameters(run_reward):
    status = run_reward(body("if params['is_offtrack']:\n    return params['sped']"))
    assert status.detail is not None
    assert (status.detail["line"], status.detail["step"], status.detail["type"]) == (3, 150, "KeyError")
    assert status.detail["params"]["is_offtrack"] is True
    assert status.detail["params"]["speed"] == 2.0
    assert status.hint == "Did you mean params['speed']?"


@confined
def test_another_run_cannot_be_read(run_reward, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "spec.json").write_text("{}")
    status = run_reward(body(f"open({str(other / 'spec.json')!r}).read()"))
    assert (status.state, status.reason) == ("failed", "user_code_error")
    assert "PermissionError" in str(status.message)


def test_a_gigabyte_of_prints_does_not_fill_the_disk(run_reward, tmp_path):
    status = run_reward(body("for _ in range(400):\n    print('x' * 10_000)"))  # 300 calls: 1.2 GB
    assert status.state == "succeeded"
    assert sum(path.stat().st_size for path in (tmp_path / "run").rglob("*") if path.is_file()) < 8_000_000
