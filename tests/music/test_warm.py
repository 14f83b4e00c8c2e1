"""What a process that is kept ready loads ahead: a technique that must yet be compiled keeps nobody waiting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from trivium import music
from trivium.music import warm


def test_the_transformer_is_loaded_once_its_kernels_are_compiled(tmp_path: Path,
                                                                 monkeypatch: pytest.MonkeyPatch) -> None:
    composed: list[str] = []

    def compose(_piece: Any, technique: str, **_more: Any) -> None:
        composed.append(technique)

    monkeypatch.setattr(music, "compose", compose, raising=False)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kernels"))
    monkeypatch.setenv("HOME", str(tmp_path / "runs"))  # as a spare has it
    (tmp_path / "kernels").mkdir()
    for _ in warm.load():
        pass
    assert composed == ["arcnn", "gan"]
    (tmp_path / "kernels" / warm.DONE).touch()
    composed.clear()
    for _ in warm.load():
        pass
    assert composed == ["arcnn", "gan", "transformer"]
