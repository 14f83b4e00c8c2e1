"""Content-addressed files: a blob lies in the folder of its sha256, so equal content is kept once.

An upload is written to a staging file, hashed and counted while it streams in, and moved to its place by
rename; what exceeds the cap is thrown away before it fills the disk. Names given by a client never become a
path.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import AsyncIterable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from trivium.errors import StudioError

SHA256 = re.compile(r"[0-9a-f]{64}")


class TooLarge(StudioError):
    """The content is larger than the studio takes at this place."""

    def __init__(self, cap_bytes: int) -> None:
        super().__init__(
            f"This file is larger than {_megabytes(cap_bytes)}.",
            hint="Choose a smaller file.",
            status=413,
            code="too_large",
        )


@dataclass(frozen=True)
class Blob:
    sha256: str
    size: int
    path: Path


class BlobStore:
    """A folder of blobs: ``ab/abcdef...`` by hash, ``staging/`` for what is still arriving."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.staging = folder / "staging"

    def put(self, chunks: Iterable[bytes], cap_bytes: int) -> Blob:
        with _Upload(self, cap_bytes) as upload:
            for chunk in chunks:
                upload.write(chunk)
            return upload.finish()

    async def put_stream(self, chunks: AsyncIterable[bytes], cap_bytes: int) -> Blob:
        with _Upload(self, cap_bytes) as upload:
            async for chunk in chunks:
                upload.write(chunk)
            return upload.finish()

    def path(self, sha256: str) -> Path:
        """Where a blob lies, whether it's there or not; raises ValueError for what is no sha256."""
        if not SHA256.fullmatch(sha256):
            raise ValueError("not a sha256")
        return self.folder / sha256[:2] / sha256

    def __contains__(self, sha256: str) -> bool:
        return bool(SHA256.fullmatch(sha256)) and self.path(sha256).is_file()

    def delete(self, sha256: str) -> None:
        self.path(sha256).unlink(missing_ok=True)

    def clear_staging(self) -> None:
        """Throw away uploads that a crash left half-way; called at start, when none can be arriving."""
        for leftover in self.staging.glob("*"):
            leftover.unlink(missing_ok=True)


class _Upload:
    """One arriving blob; leaves nothing behind unless it is finished."""

    def __init__(self, store: BlobStore, cap_bytes: int) -> None:
        self.store, self.cap_bytes = store, cap_bytes
        self.size, self.digest = 0, hashlib.sha256()
        store.staging.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=store.staging)
        self.file: IO[bytes] = os.fdopen(handle, "wb")
        self.staged = Path(name)

    def __enter__(self) -> _Upload:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.file.close()
        self.staged.unlink(missing_ok=True)

    def write(self, chunk: bytes) -> None:
        self.size += len(chunk)
        if self.size > self.cap_bytes:
            raise TooLarge(self.cap_bytes)
        self.digest.update(chunk)
        self.file.write(chunk)

    def finish(self) -> Blob:
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        sha256 = self.digest.hexdigest()
        target = self.store.path(sha256)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(self.staged, target)
        return Blob(sha256, self.size, target)


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:g} MB" if size >= 100_000 else f"{size} bytes"
