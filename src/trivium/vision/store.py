"""Where pictures lie: under their sha256, once, whichever projects show them.

DATA/vision/pictures/ holds files as they came. Everything in DATA/vision/derived/ can be made again from them: views
(what is trained on, where the file itself is not fit for it), thumbnails, and features.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trivium.core import files
from trivium.core.blobs import BlobStore
from trivium.core.process import FolderLock
from trivium.errors import Busy

LOCK, LOCK_PATIENCE_S = "pictures.lock", 60.0  # keeping 400 pictures, or deleting 10,000, takes seconds
PICTURE_CAP_BYTES = 100_000_000
VIEW, THUMBNAIL = "views", "thumbnails"


class PictureStore:
    """The pictures of a data folder."""

    def __init__(self, data: Path) -> None:
        self.folder = data / "vision"
        self.blobs = BlobStore(self.folder / "pictures")

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Nobody else adds pictures to a project, or deletes those that no project has, for the length of the block."""
        with files.disk_full_guard():
            self.folder.mkdir(parents=True, exist_ok=True)
        lock = FolderLock(self.folder / LOCK)
        if not lock.acquire(LOCK_PATIENCE_S):
            raise Busy("Other photos are being stored or deleted just now.", "Try again in a moment.")
        try:
            yield
        finally:
            lock.release()

    def put(self, content: bytes) -> str:
        """Keep a file; its sha256."""
        return self.blobs.put([content], PICTURE_CAP_BYTES).sha256

    def derived(self, kind: str, sha256: str) -> Path:
        """Where a view, a thumbnail or features of a picture lie, if they do."""
        return self.folder / "derived" / kind / self.blobs.path(sha256).relative_to(self.blobs.folder)

    def derive(self, kind: str, sha256: str, content: bytes) -> None:
        """Keep something made from a picture. Not synced: it can be made again."""
        path = self.derived(kind, sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        files.atomic_write(path, content, durable=False)

    def view(self, sha256: str) -> Path:
        """The picture as it is trained on: upright, RGB, no larger than needed."""
        made = self.derived(VIEW, sha256)
        return made if made.is_file() else self.blobs.path(sha256)

    def features(self, key: str, sha256: str) -> bytes | None:
        """Cached features, None where there are none."""
        try:
            return self.derived(key, sha256).read_bytes()
        except FileNotFoundError:
            return None

    def discard(self, sha256: str) -> None:
        """Delete a picture and everything that was made from it."""
        self.blobs.delete(sha256)
        place = self.blobs.path(sha256).relative_to(self.blobs.folder)
        for made in (self.folder / "derived").glob("*"):
            (made / place).unlink(missing_ok=True)
