"""Blobs: equal content once, nothing left behind by what was too large or broke off."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from trivium.core.blobs import BlobStore, TooLarge


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "blobs")


def stored(store: BlobStore) -> list[Path]:
    return [path for path in store.folder.rglob("*") if path.is_file()]


def test_content_is_found_by_its_hash_and_kept_once(store: BlobStore) -> None:
    blob = store.put([b"ab", b"c"], 10)
    again = store.put([b"abc"], 10)
    assert blob == again and (blob.sha256, blob.size) == (hashlib.sha256(b"abc").hexdigest(), 3)
    assert stored(store) == [blob.path] and blob.path.read_bytes() == b"abc" and blob.sha256 in store
    store.delete(blob.sha256)
    assert blob.sha256 not in store


async def test_streams_are_hashed_as_they_arrive(store: BlobStore) -> None:
    async def chunks():  # type: ignore[no-untyped-def]
        yield b"a" * 7
        yield b"b" * 3

    assert (await store.put_stream(chunks(), 10)).size == 10
    with pytest.raises(TooLarge):
        await store.put_stream(chunks(), 9)
    assert len(stored(store)) == 1


def test_an_upload_that_breaks_off_leaves_nothing(store: BlobStore) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        store.put(broken(), 100)
    assert stored(store) == []


def test_what_a_crash_left_is_cleared(store: BlobStore) -> None:
    store.staging.mkdir(parents=True)
    (store.staging / "leftover").write_bytes(b"x")
    store.clear_staging()
    assert stored(store) == []


@pytest.mark.parametrize("name", ["", "..", "../" * 21 + "x", "A" * 64, "0" * 63, "0" * 65, "0" * 63 + "\n"])
def test_a_name_that_is_no_hash_never_becomes_a_path(store: BlobStore, name: str) -> None:
    assert name not in store
    with pytest.raises(ValueError):
        store.path(name)
