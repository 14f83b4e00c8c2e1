"""Runs of the toy studio, in a data folder of their own, and none left behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.core import toy
from trivium.core import jobs
from trivium.core.spec import Limits

ROOT = Path(__file__).parents[2]
MakeRun = Callable[..., Path]


@pytest.fixture
def make_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeRun]:
    """make_run(config, kind=..., name=...) -> folder of a queued toy run."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # the runner has to find the toy
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    made: list[Path] = []

    def make(config: dict[str, Any] | None = None, kind: str = "train", name: str = "walk", **more: Any) -> Path:
        more.setdefault("threads", 1)
        more.setdefault("limits", Limits(mem_mb=1024))
        if "out" not in more:
            more.setdefault("data", tmp_path / "data")
        made.append(jobs.create_run(toy.STUDIO, kind, name, config or {}, **more))
        return made[-1]

    yield make
    for folder in made:
        if folder.exists():
            jobs.kill(folder)


@pytest.fixture
def run_code(make_run: MakeRun) -> Callable[..., Path]:
    """run_code(source) -> folder of a toy run that has run that code, confined, to its end."""

    def run(source: str, timeout_s: float = 60.0, **more: Any) -> Path:
        folder = make_run({}, kind="code", name="code", inputs={"code.py": source}, **more)
        jobs.start(folder)
        jobs.wait(folder, timeout_s)
        return folder

    return run
