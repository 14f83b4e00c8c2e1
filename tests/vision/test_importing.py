"""Photos come in, whatever else lies among them; each that does not is told in one line, and nothing is lost."""

from __future__ import annotations

import io
import json
import os
import stat
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from trivium.core import files
from trivium.core.process import FolderLock
from trivium.errors import BadConfig, BadFile, NotFound, StudioError
from trivium.vision import deleting, project
from trivium.vision.classification.data import report
from trivium.vision.collect import importing, looking, reading, sources
from trivium.vision.collect.store import THUMBNAIL, PictureStore

from .drawings import drawing, write_photos


def png(kind: str, number: int) -> bytes:
    out = io.BytesIO()
    drawing(kind, number).save(out, "PNG")
    return out.getvalue()


def names(rows: list[dict[str, str]]) -> dict[str, str]:
    return {row["file"]: row["message"] for row in rows}


@pytest.fixture
def without_backbone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Quicker, and it must work so too."""
    monkeypatch.setattr(importing, "network_if_there", lambda _looking: None)


def test_a_folder_full_of_trouble(tmp_path: Path, without_backbone: None) -> None:
    photos = write_photos(tmp_path / "photos", 3)
    (photos / "disc" / "cut.jpg").write_bytes(png("disc", 1)[:2000])
    (photos / "disc" / "poem.txt").write_text("No picture.")
    (photos / "disc" / "drawing.svg").write_text("<svg><script>alert(1)</script></svg>")
    (photos / "disc" / "dot.png").write_bytes(b"")
    (photos / "disc" / ".DS_Store").write_bytes(b"x")
    os.symlink("/etc/passwd", photos / "disc" / "link.png")
    os.symlink("/etc", photos / "etc")
    (photos / "loose.png").write_bytes(png("box", 90))
    (photos / "box" / "again.png").write_bytes(png("box", 1))
    (photos / "disc" / "also.png").write_bytes(png("box", 2))
    made, found = importing.import_photos(tmp_path / "data", photos, "mixed")
    assert found.added == 7 and len(made.items) == 7
    told = names(found.passed_over)
    assert set(told) == {"disc/cut.jpg", "disc/poem.txt", "disc/drawing.svg", "disc/dot.png", "disc/link.png", "etc"}
    assert "SVG" in told["disc/drawing.svg"] and "link" in told["disc/link.png"] and "link" in told["etc"]
    assert all("\n" not in text and str(tmp_path) not in text for text in told.values())
    assert [row["file"] for row in found.known] == ["box/box1.png"]  # `again` comes before it
    assert [(row["file"], row["repeats"]) for row in found.conflicts] == [("disc/also.png", "box/box2.png")]
    again = project.load(tmp_path / "data", "mixed")
    assert {item.label for item in again.items.values()} == {"box", "disc", None} and again.classes == ["box", "disc"]
    facts = report(again, PictureStore(tmp_path / "data"))
    assert facts["labelled"] == 6 and [row["file"] for row in facts["doubtful"]] == ["box/box2.png"]


def test_what_came_in_lies_under_its_hash_untouched(tmp_path: Path, without_backbone: None) -> None:
    photos = write_photos(tmp_path / "photos", 1)
    made, _ = importing.import_photos(tmp_path / "data", photos, "two")
    store = PictureStore(tmp_path / "data")
    for item in made.items.values():
        original = (photos / item.name).read_bytes()
        assert store.blobs.path(item.sha256).read_bytes() == original
        assert files.sha256_bytes(original) == item.sha256
        with Image.open(store.derived(THUMBNAIL, item.sha256)) as thumbnail:
            assert thumbnail.size == (96, 96)


def test_importing_again_reads_nothing_again_and_adds_what_is_new(tmp_path: Path, without_backbone: None,
                                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    photos = write_photos(tmp_path / "photos", 2)
    importing.import_photos(tmp_path / "data", photos, "p")
    batches: list[int] = []
    usual = reading.read_batch
    monkeypatch.setattr(looking, "read_batch", lambda batch, *rest: batches.append(len(batch)) or usual(batch, *rest))
    write_photos(photos, 1, first=7)
    made, found = importing.import_photos(tmp_path / "data", photos, "p")
    assert found.added == 2 and len(found.known) == 4 and sum(batches) == 2 and len(made.items) == 6


def test_a_picture_that_ends_its_reader_costs_nobody_else(tmp_path: Path) -> None:
    told: dict[int, str] = {}
    batch = [("a.png", png("box", 1)), ("b.png", b"CRASH"), ("c.png", png("box", 2))]
    at = 0
    while at < 3:
        base = at

        def tell(k: int, facts: dict[str, object], _path: Path, base: int = base) -> None:
            told[base + k] = str(facts.get("error", "read"))

        at += reading.read_batch(batch[at:], None, tell) if base != 1 else crashed(batch[at:], tell)
    assert (told[0] == "read" and told[2] == "read" and "could not be read" in told[1]) or "no picture" in told[1]


def crashed(batch: list[tuple[str, bytes]], tell: Callable[..., None]) -> int:
    """As if the process had died at the first file."""
    import trivium.core.child as child

    usual = child.run_child

    def dying(_module: str, folder: Path, _wall_s: float) -> int:
        (folder / reading.RESULTS).write_text("")
        return -11

    child.run_child = dying
    try:
        return reading.read_batch(batch, None, tell)
    finally:
        child.run_child = usual


def test_a_reader_that_cannot_start_is_nobodys_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trivium.core.child.run_child", lambda *_: 1)
    with pytest.raises(StudioError, match="could not start"):
        reading.read_batch([("a.png", b"x")], None, lambda *_: None)


def all_there(data: Path, name: str) -> bool:
    store = PictureStore(data)
    return all(sha256 in store.blobs and store.derived(THUMBNAIL, sha256).is_file()
               for sha256 in project.load(data, name).items)


def test_deleting_a_project_between_reading_and_keeping_takes_no_picture_away(
        tmp_path: Path, without_backbone: None, monkeypatch: pytest.MonkeyPatch) -> None:
    photos = write_photos(tmp_path / "photos", 1)
    importing.import_photos(tmp_path, photos, "first")
    usual = importing.Importer.read

    def read_then_delete(self: importing.Importer, batch: list[importing.Pending]) -> object:
        found = usual(self, batch)
        assert deleting.delete_project(tmp_path, "first") == 2  # the second project's log does not name them yet
        return found

    monkeypatch.setattr(importing.Importer, "read", read_then_delete)
    made, _ = importing.import_photos(tmp_path, photos, "second")
    assert len(made.items) == 2 and all_there(tmp_path, "second")


def test_deleting_waits_until_pictures_on_their_way_are_in_their_project(
        tmp_path: Path, without_backbone: None, monkeypatch: pytest.MonkeyPatch) -> None:
    photos = write_photos(tmp_path / "photos", 1)
    importing.import_photos(tmp_path, photos, "first")
    deletes = threading.Thread(target=deleting.delete_project, args=(tmp_path, "first"))
    usual = project.add

    def delete_then_add(*args: Any) -> list[project.Item]:
        deletes.start()
        deletes.join(0.3)  # unless it waits it is through by then
        return usual(*args)

    monkeypatch.setattr(project, "add", delete_then_add)
    made, _ = importing.import_photos(tmp_path, photos, "second")
    deletes.join()
    assert project.names(tmp_path) == ["second"] and len(made.items) == 2 and all_there(tmp_path, "second")


def test_no_picture_comes_in_while_a_project_is_being_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("first", "second"):
        project.create(tmp_path, name, "classification")
    free: list[bool] = []
    usual = project.load

    def load(data: Path, name: str) -> project.Project:
        free.append(FolderLock(tmp_path / "vision" / "pictures.lock").acquire())
        return usual(data, name)

    monkeypatch.setattr(deleting, "load", load)
    deleting.delete_project(tmp_path, "first")
    assert free == [False, False]  # while it looks what to delete, and what the other project shows


def make_zip(path: Path, members: dict[str, bytes], links: tuple[str, ...] = ()) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
        for name in links:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(entry, "/etc/passwd")
    return path


def test_a_zip_cannot_lead_out_of_itself(tmp_path: Path, without_backbone: None) -> None:
    path = make_zip(tmp_path / "photos.zip", {
        "photos/cat/1.png": png("box", 1), "photos/dog/1.png": png("disc", 1), "photos/../../evil.png": png("box", 3),
        "/etc/evil.png": png("box", 4), "C:/evil.png": png("box", 5), "__MACOSX/photos/cat/._1.png": b"x"},
        links=("photos/cat/link.png",))
    made, found = importing.import_photos(tmp_path / "data", path, "zipped")
    assert sorted((item.name, item.label) for item in made.items.values()) == [("photos/cat/1.png", "cat"),
                                                                               ("photos/dog/1.png", "dog")]
    told = names(found.passed_over)
    assert len(told) == 4 and "leads out" in told["C:/evil.png"] and "link" in told["photos/cat/link.png"]
    assert not list(tmp_path.rglob("evil*"))


def test_a_zip_bomb_is_unpacked_no_further_than_a_picture_may_be(tmp_path: Path, without_backbone: None,
                                                                 monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "PICTURE_CAP_BYTES", 1_000_000)
    path = make_zip(tmp_path / "bomb.zip", {"cat/zeros.png": bytes(5_000_000), "cat/1.png": png("box", 1)})
    made, found = importing.import_photos(tmp_path / "data", path, "bombed")
    assert len(made.items) == 1 and "larger than" in names(found.passed_over)["cat/zeros.png"]


@pytest.mark.parametrize(("paths", "labels", "split"), [
    (["cat/1", "dog/1"], ["cat", "dog"], False),
    (["photos/cat/1", "photos/dog/1"], ["cat", "dog"], False),
    (["d/train/cat/1", "d/val/cat/2", "d/test/dog/1"], ["cat", "cat", "dog"], True),
    (["cat/1", "cat/2"], ["cat", "cat"], False),
    (["x/cat/1"], ["cat"], False),
    (["1", "2"], [None, None], False),
    (["train/1", "test/1"], ["train", "test"], False),  # no class below: then they are the classes
    (["cat/day one/1", "cat/day two/2", "dog/1"], ["cat", "cat", "dog"], False),
])
def test_folders_name_classes(tmp_path: Path, paths: list[str], labels: list[str | None], split: bool) -> None:
    for name in paths:
        (tmp_path / f"{name}.png").parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"{name}.png").write_bytes(b"x")
    source = sources.in_folder(tmp_path)
    found = {each.name: each.label for each in source.found}
    assert [found[f"{name}.png"] for name in paths] == labels and source.split_folders is split


def test_the_same_photo_in_two_classes_of_a_real_set_is_found(tmp_path: Path, without_backbone: None,
                                                              benchmark_data: Callable[[str], Path]) -> None:
    real = benchmark_data("vision/trashnet-150")
    pairs = [("glass/glass389.jpg", "plastic/plastic332.jpg"), ("glass/glass115.jpg", "metal/metal91.jpg"),
             ("glass/glass176.jpg", "plastic/plastic152.jpg")]
    path = make_zip(tmp_path / "t.zip", {name: (real / name).read_bytes() for pair in pairs for name in pair})
    made, found = importing.import_photos(tmp_path / "data", path, "trash")
    assert {(row["repeats"], row["file"]) for row in found.conflicts} == set(pairs)
    assert len(made.items) == 3 and all(item.doubts for item in made.items.values())


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="does not exist"):
        importing.import_photos(tmp_path, tmp_path / "nothing", "p")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadFile, match="no files"):
        importing.import_photos(tmp_path, tmp_path / "empty", "p")
    (tmp_path / "one.png").write_bytes(png("box", 1))
    with pytest.raises(BadConfig, match="can't be the name"):
        importing.import_photos(tmp_path, tmp_path / "one.png", "../p")
    with pytest.raises(NotFound, match=r"no project called p\."):
        project.load(tmp_path, "p")


def item(number: int, label: str | None = "cat") -> project.Item:
    return project.Item(f"{number:064x}", f"{number}.png", label, 10, 10, "0" * 64, 50.0)


def test_the_log_survives_a_line_that_was_cut_off(tmp_path: Path) -> None:
    made = project.create(tmp_path, "p", "classification")
    project.add(made, [item(1), item(2)])
    log = made.folder / project.LOG
    with log.open("a") as file:
        file.write('{"op": "add", "sha256": "3')  # a power cut
    project.add(made, [item(4, "dog")])
    again = project.load(tmp_path, "p")
    assert [int(sha256, 16) for sha256 in again.items] == [1, 2, 4] and again.classes == ["cat", "dog"]
    assert all(line.startswith("{") for line in log.read_text().splitlines())


def test_two_people_label_at_once(tmp_path: Path) -> None:
    one = project.create(tmp_path, "p", "classification")
    project.add(one, [item(1, None), item(2, None)])
    other = project.load(tmp_path, "p")
    project.label(one, item(1).sha256, "cat")
    project.label(other, item(2).sha256, "dog")
    now = project.load(tmp_path, "p")
    assert {number: now.items[item(number).sha256].label for number in (1, 2)} == {1: "cat", 2: "dog"}
    assert now.classes == ["cat", "dog"]
    history = [json.loads(line)["label"] for line in (now.folder / project.LOG).read_text().splitlines()]
    assert history == [None, None, "cat", "dog"]  # what was before is still there
