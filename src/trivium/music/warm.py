"""Compile the Transformer's arithmetic once, so that the first note need not wait: python -m trivium.music.warm

Kernels are kept in Numba's cache, in the same folder as a run's; with a warm cache this takes a second or two.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

COMPILED = "transformer"  # the technique that has compiled kernels
DONE = "music-warm"  # in the folder of the kernels


def load() -> Iterator[None]:
    """What a run of composing needs, in memory: each technique stops after the first notes of a tune."""
    from trivium import music
    from trivium.music.techniques import TECHNIQUES

    compiled = Path(os.environ["NUMBA_CACHE_DIR"])  # a spare's home is the folder of the runs
    told: list[str] = []
    for technique in sorted(TECHNIQUES, key=lambda one: one.id == COMPILED):
        if technique.id == COMPILED and not (compiled / DONE).exists():
            return  # compiling takes long, and main() does it just now; no other technique should wait for it
        told.clear()
        music.compose(music.load("twinkle"), technique.id, data=Path(), tell=lambda name, *_: told.append(name),
                      cancelled=lambda: bool(told))
        yield


def main() -> None:
    """Go on from a tune for a second. Runs in the background while a studio starts, so it gives way to everything."""
    from trivium.settings import kernel_cache

    cache = kernel_cache()
    os.environ.setdefault("NUMBA_CACHE_DIR", str(cache))  # read when Numba is imported
    if hasattr(os, "nice"):
        os.nice(5)
    from trivium import music

    music.compose(music.load("twinkle"), "transformer", {"extension_s": 1.0})
    cache.mkdir(parents=True, exist_ok=True)
    (cache / DONE).touch()  # tells `trivium up` that this is done


if __name__ == "__main__":
    main()
