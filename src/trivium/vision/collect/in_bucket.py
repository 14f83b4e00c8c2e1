"""Photos in a bucket: how many are there, take there what is only here, and make room here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from trivium.core.blobs import SHA256
from trivium.core.bucket import VARIABLE
from trivium.errors import BadConfig
from trivium.settings import data_folder
from trivium.vision.collect.store import IN_BUCKET, PictureStore

BATCH = 200  # photos taken there at once


def bucket(push: bool = False, free: bool = False, data: Path | str | None = None,
           say: Callable[[str], None] = lambda _text: None) -> dict[str, Any]:
    """{"bucket", "there", "here", "pushed", "freed_bytes"}: photos there and here after what was asked for.

    ``push`` takes to the bucket what is only here; ``free`` then deletes the copies here, of which the bucket has as
    many bytes. They come back when they are needed. Raises BadConfig without a bucket, BucketAway where it is away.
    """
    store = PictureStore(data_folder(data))
    if store.bucket is None:
        raise BadConfig("No bucket is set, so all photos lie in the data folder.",
                        f"Set {VARIABLE}, such as {VARIABLE}=s3://photos/studio-1.")
    with store.changing():
        there, here = sizes_there(store), copies_here(store)
        missing = [sha256 for sha256, path in here.items() if there.get(sha256) != path.stat().st_size]
        if push:
            for at in range(0, len(missing), BATCH):
                batch = missing[at:at + BATCH]
                store.bucket.put({store.key(sha256): here[sha256].read_bytes() for sha256 in batch})
                say(f"{at + len(batch):,} of {len(missing):,} photos taken to the bucket ...")
            there = sizes_there(store)
        freed = freed_bytes(here, there) if free else 0
        return {"bucket": store.bucket.url, "there": len(there), "here": len(copies_here(store)),
                "pushed": len(missing) if push else 0, "freed_bytes": freed}


def sizes_there(store: PictureStore) -> dict[str, int]:
    """Bytes of the pictures in the bucket."""
    assert store.bucket is not None
    return {key.rpartition("/")[2]: size for key, size in store.bucket.sizes(IN_BUCKET).items()}


def copies_here(store: PictureStore) -> dict[str, Path]:
    """The pictures in the data folder."""
    return {path.name: path for path in store.blobs.folder.glob("??/*") if SHA256.fullmatch(path.name)}


def freed_bytes(here: dict[str, Path], there: dict[str, int]) -> int:
    """Delete the copies that the bucket has as well; how many bytes that freed."""
    freed = 0
    for sha256, path in here.items():
        size = path.stat().st_size
        if there.get(sha256) == size:
            path.unlink()
            freed += size
    return freed
