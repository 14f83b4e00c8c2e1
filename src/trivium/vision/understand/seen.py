"""The photos that a training learned from."""

from __future__ import annotations

from pathlib import Path

from trivium.core import files
from trivium.errors import NotFound
from trivium.vision.classification.data import ARRAYS, PHOTOS, Photos, open_photos


def photos_of_run_folder(folder: Path) -> Photos:
    """The photos that a training learned from, with their features."""
    return open_photos(folder / files.INPUTS / ARRAYS, folder / files.INPUTS / PHOTOS)


def index_of(photos: Photos, photo: str) -> int:
    """The number of a photo, named as it came (cat/1.jpg) or by the beginning of its sha256."""
    named = [k for k, name in enumerate(photos.names) if name == photo]
    hashed = [k for k, sha256 in enumerate(photos.sha256) if len(photo) >= 8 and sha256.startswith(photo.lower())]
    found = named or hashed
    if not found:
        raise NotFound(f"The training has no photo called {photo[:80]}.",
                       "Name one as `trivium vision understand mistakes` lists them.")
    return found[0]
