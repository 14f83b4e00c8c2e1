"""What a process that ended without a word is said to have died of."""

from __future__ import annotations

from pathlib import Path

import pytest

from trivium.core.crash import ending
from trivium.core.status import Status

STACK = ('Thread 0x01 (most recent call first):\n  File "/usr/lib/python3.11/re/__init__.py", line 166 in match\n'
         '  File "reward.py", line 7 in reward_function\n  File "/x/train.py", line 9 in train\n')


@pytest.mark.parametrize(("text", "code", "state", "reason", "line"), [
    ("", None, "interrupted", "node_lost", None),
    ("", -9, "interrupted", "node_lost", None),
    ("", 0, "failed", "user_code_error", None),
    ("", -11, "failed", "internal", None),
    ("Timeout (0:00:10)!\n" + STACK, 1, "failed", "user_code_timeout", 7),
    (STACK.replace('File "reward.py"', 'File "/x/learn.py"'), 1, "interrupted", "node_lost", None),
    (STACK, -27, "failed", "user_code_timeout", 7),  # a studio's own watchdog
    ("Fatal Python error: Segmentation fault\n\n" + STACK, -11, "failed", "user_code_error", 7),
    ("Fatal Python error: Aborted\n\nThread 0x01 (most recent call first):\n  File \"/x/train.py\", line 9 in train\n",
     -6, "failed", "internal", None),
])
def test_ending(tmp_path: Path, text: str, code: int | None, state: str, reason: str, line: int | None) -> None:
    (tmp_path / "crash.txt").write_text(text)
    ended = ending(tmp_path, Status(state="running", step=5), code)
    assert (ended.state, ended.reason) == (state, reason)
    assert ended.message and ended.hint and ended.finished_at
    assert (ended.detail or {}).get("line") == line


def test_with_a_stop_file_it_was_stopped(tmp_path: Path) -> None:
    (tmp_path / "stop").touch()
    assert ending(tmp_path, Status(state="stopping"), -9).state == "stopped"


def test_dying_before_it_began_is_no_fault_of_the_learner(tmp_path: Path) -> None:
    assert ending(tmp_path, Status(state="starting"), 1).reason == "internal"
