"""The watchdog: who keeps the interpreter for himself is ended, whom the disk keeps waiting is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

RUN = """
import re, sys, threading, time
from pathlib import Path
from types import SimpleNamespace
from trivium.core import heartbeat

heartbeat.STALL_S, heartbeat.ARM_EVERY_S, heartbeat.LOOKS_A_BEAT = 1.0, 0.2, 1
here = threading.current_thread()

class Board:
    def update(self, **_values):
        if threading.current_thread() is not here:
            time.sleep(3)  # a write that the disk keeps waiting

run = SimpleNamespace(folder=Path(sys.argv[1]), spec=SimpleNamespace(limits=SimpleNamespace(wall_s=None, disk_mb=9)),
                      elapsed_s=0.0, stopped=False)
with open(Path(sys.argv[1]) / "crash.txt", "w") as crash, heartbeat.Heartbeat(run, Board(), crash, print, guarded=True):
    {work}
print("came back")
"""


@pytest.mark.parametrize(("work", "said", "hung"), [
    ("time.sleep(2.5)", "came back", False), ("re.match('(a+)+$', 'a' * 60 + 'b')", "", True)])
def test_only_who_hangs_is_ended(tmp_path: Path, work: str, said: str, hung: bool) -> None:
    code = RUN.replace("{work}", work)
    ended = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=60)
    assert ended.stdout.strip() == said, ended.stderr
    assert ("Timeout" in (tmp_path / "crash.txt").read_text()) is hung
