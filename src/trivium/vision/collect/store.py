"""Where pictures lie: under their sha256, once, whichever projects show them.

DATA/vision/pictures/ holds files as they came. Everything in DATA/vision/derived/ can be made again from them: views
(what is trained on, where the file itself is not fit for it), thumbnails, and features. Where a bucket is set, every
file goes into it before anything says that it is there, and what lies here are copies, fetched when they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from trivium.core import files
from trivium.core.blobs import BlobStore
from trivium.core.bucket import Bucket, usual_bucket
from trivium.core.process import FolderLock
from trivium.errors import BadFile, Busy

LOCK, LOCK_PATIENCE_S = "pictures.lock", 60.0  # keeping 400 pictures, or deleting 10,000, takes seconds
PICTURE_CAP_BYTES = 100_000_000
VIEW, THUMBNAIL = "views", "thumbnails"
IN_BUCKET = "vision/pictures/"


class PictureStore:
    """The pictures of a data folder."""

    def __init__(self, data: Path, bucket: Bucket | None = None) -> None:
        self.folder = data / "vision"
        self.blobs = BlobStore(self.folder / "pictures")
        self.bucket = bucket or usual_bucket()

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

    def put(self, contents: Iterable[bytes]) -> None:
        """Keep files; all of them or, where the bucket is away, none."""
        contents = list(contents)
        if self.bucket is not None:
            self.bucket.put({self.key(files.sha256_bytes(content)): content for content in contents})
        for content in contents:
            self.blobs.put([content], PICTURE_CAP_BYTES)

    def key(self, sha256: str) -> str:
        """A picture's name in the bucket."""
        return f"{IN_BUCKET}{self.blobs.path(sha256).relative_to(self.blobs.folder).as_posix()}"

    def original(self, sha256: str) -> Path:
        """A picture as it came; where it would lie, if it is gone."""
        path = self.blobs.path(sha256)
        if self.bucket is None or path.is_file():
            return path
        content = self.bucket.get(self.key(sha256))
        if content is not None:
            if files.sha256_bytes(content) != sha256:
                raise BadFile("A photo in the bucket is not what was put there.", "Put the right file back.")
            self.blobs.put([content], PICTURE_CAP_BYTES)
        return path

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
        return made if made.is_file() else self.original(sha256)

    def features(self, key: str, sha256: str) -> bytes | None:
        """Cached features, None where there are none."""
        try:
            return self.derived(key, sha256).read_bytes()
        except FileNotFoundError:
            return None

    def discard(self, pictures: Iterable[str]) -> None:
        """Delete pictures and everything that was made from them."""
        pictures = list(pictures)
        if self.bucket is not None:
            self.bucket.delete(self.key(sha256) for sha256 in pictures)
        kinds = list((self.folder / "derived").glob("*"))
        for sha256 in pictures:
            self.blobs.delete(sha256)
            for made in kinds:
                (made / self.blobs.path(sha256).relative_to(self.blobs.folder)).unlink(missing_ok=True)
