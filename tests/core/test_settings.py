"""Settings: where compiled kernels lie, whatever they were compiled from."""

from __future__ import annotations

from pathlib import Path

import pytest

from trivium import settings


def test_kernels_of_other_sources_lie_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "__file__", str(tmp_path / "settings.py"))
    room = tmp_path / "racing"
    room.mkdir()

    def folder() -> Path:
        settings.kernel_cache.cache_clear()
        return settings.kernel_cache()

    (room / "camera.py").write_text("from numba import njit  # as it was")
    (room / "texts.py").write_text("GREETING = 'hello'")
    before = folder()
    (room / "texts.py").write_text("GREETING = 'good evening'")
    assert folder() == before
    (room / "camera.py").write_text("from numba import njit  # as it is")
    assert folder() != before
    settings.kernel_cache.cache_clear()
