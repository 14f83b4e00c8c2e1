"""Child processes: they end with their code, when their processor time is up, or when they do nothing at all."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from trivium.core import child
from trivium.core.child import run_child


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`a_child.py`, which a child process finds."""
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")
    monkeypatch.setattr(child, "LOOK_S", 0.02)
    return tmp_path / "a_child.py"


def test_its_exit_code_comes_back(module: Path, tmp_path: Path) -> None:
    module.write_text("raise SystemExit(7)")
    assert run_child("a_child", tmp_path, 20.0) == 7


def test_it_is_ended_when_its_processor_time_is_up(module: Path, tmp_path: Path) -> None:
    module.write_text("while True: pass")
    assert run_child("a_child", tmp_path, 0.3) is None


def test_one_that_waits_is_ended_by_the_clock(module: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "PATIENCE", 0.05)
    module.write_text("import time; time.sleep(600)")
    assert run_child("a_child", tmp_path, 10.0) is None


def test_waiting_costs_it_nothing(module: Path, tmp_path: Path) -> None:
    """As long on the clock as it may compute, and it still ends by itself: a loaded machine is no reason to end it."""
    module.write_text(f"import time; time.sleep(1.2); raise SystemExit({sys.version_info.major})")
    assert run_child("a_child", tmp_path, 1.0) == 3
