"""Photos in a bucket: there before anything says so, fetched when they are asked for, gone with their project."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.small_bucket import SmallBucket, small_bucket
from tests.vision.drawings import write_photos
from trivium import vision
from trivium.core.bucket import Bucket, BucketAway, opened
from trivium.errors import BadConfig, BadFile
from trivium.vision.collect.store import PictureStore
from trivium.vision.project import load

pytest.importorskip("obstore", reason='needs pip install "trivium[s3]"')


@pytest.fixture
def remote(monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallBucket]:
    opened.cache_clear()
    with small_bucket() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


def contents(folder: Path) -> list[bytes]:
    return sorted(path.read_bytes() for path in folder.rglob("*.png"))


def test_photos_lie_there_and_come_when_they_are_asked_for(remote: SmallBucket, tmp_path: Path) -> None:
    photos, data = write_photos(tmp_path / "photos", 3), tmp_path / "data"
    vision.import_photos(photos, name="shapes", data=data)
    assert sorted(remote.objects.values()) == contents(photos)
    assert all(key.startswith("studio/vision/pictures/") for key in remote.objects)
    found = vision.bucket(free=True, data=data)
    assert (found["there"], found["here"], found["pushed"]) == (6, 0, 0)
    assert found["freed_bytes"] == sum(len(content) for content in contents(photos))
    vision.export_photos("shapes", tmp_path / "out", data=data)
    assert contents(tmp_path / "out") == contents(photos)
    vision.delete_project("shapes", data=data)
    assert remote.objects == {}


def test_what_was_only_here_goes_there(remote: SmallBucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photos, data = write_photos(tmp_path / "photos", 2), tmp_path / "data"
    with monkeypatch.context() as before:
        before.delenv("TRIVIUM_BUCKET")
        vision.import_photos(photos, name="shapes", data=data)
        with pytest.raises(BadConfig, match="No bucket is set"):
            vision.bucket(data=data)
    assert vision.bucket(free=True, data=data)["here"] == 4  # nothing goes that is only here
    assert vision.bucket(push=True, data=data)["pushed"] == 4
    assert sorted(remote.objects.values()) == contents(photos)


def test_a_bucket_that_refuses_changes_nothing(remote: SmallBucket, tmp_path: Path) -> None:
    photos, data = write_photos(tmp_path / "photos", 2), tmp_path / "data"
    vision.import_photos(photos, name="shapes", data=data)
    remote.is_closed = True
    with pytest.raises(BucketAway, match="s3://mine/studio"):
        vision.import_photos(write_photos(tmp_path / "more", 2, first=50), name="shapes", data=data)
    with pytest.raises(BucketAway):
        vision.delete_project("shapes", data=data)
    assert len(load(data, "shapes").items) == 4
    remote.is_closed = False
    vision.import_photos(tmp_path / "more", name="shapes", data=data)
    assert len(load(data, "shapes").items) == len(remote.objects) == 8


def test_a_changed_object_is_noticed_and_one_that_is_gone_is_told(remote: SmallBucket, tmp_path: Path) -> None:
    photos, data = write_photos(tmp_path / "photos", 1), tmp_path / "data"
    vision.import_photos(photos, name="shapes", data=data)
    vision.bucket(free=True, data=data)
    key, sha256 = next((key, key.rpartition("/")[2]) for key in remote.objects)
    remote.objects[key] += b"more"
    with pytest.raises(BadFile, match="not what was put there"):
        PictureStore(data).original(sha256)
    del remote.objects[key]
    assert not PictureStore(data).original(sha256).exists()


def test_a_bucket_that_is_not_there_is_named(remote: SmallBucket, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BucketAway, match=r"s3://other/x can't be used: The specified bucket does not exist"):
        Bucket("s3://other/x").put({"a": b"1"})
    with pytest.raises(BucketAway, match="ftp://x"):
        Bucket("ftp://x")
