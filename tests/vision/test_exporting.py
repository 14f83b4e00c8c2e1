"""Projects leave in the formats of other programs: as those read them, and as they came when they come back."""

from __future__ import annotations

import contextlib
import csv
import io
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from trivium.errors import BadConfig, NameTaken
from trivium.vision import project
from trivium.vision.collect import importing
from trivium.vision.collect.store import PictureStore
from trivium.vision.export import exporting
from trivium.vision.labels import labelling
from trivium.vision.labels.boxes import LabelledBox
from trivium.vision.labels.boxing import BoxChange, rebox

from .drawings import drawing

BOXES = {  # by the photo's name; on whole pixels of 100 x 50, as Pascal VOC wants them
    "a.png": [LabelledBox("pear", (0.1, 0.2, 0.35, 0.9)), LabelledBox("fig & plum", (0.0, 0.0, 1.0, 1.0)),
              LabelledBox("pear", (0.99, 0.5, 1.0, 0.52))],
    "b.png": [],
    "c.png": None,
}


@pytest.fixture
def fruits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> project.Project:
    """Three photos of 100 x 50: with boxes, with nothing on it, and one that nobody has looked at."""
    monkeypatch.setattr(importing, "network_if_there", lambda _looking: None)
    (tmp_path / "photos").mkdir()
    for number, name in enumerate(BOXES):
        drawing("box", number).resize((100, 50)).save(tmp_path / "photos" / name)
    made, _ = importing.import_photos(tmp_path / "data", tmp_path / "photos", "fruits", "detection")
    rebox(made, [BoxChange(item.sha256, BOXES[item.name]) for item in made.items.values()])
    return made


def exported(made: project.Project, target: Path, format: str) -> Path:
    done = exporting.export(made, PictureStore(made.folder.parents[2]), target, format)
    assert done["out"] == str(target) and [path.name for path in target.parent.glob(".*")] == []
    return target


@pytest.mark.parametrize("format", ["coco", "voc", "yolo", "lst", "csv"])
def test_what_leaves_comes_back_the_same(fruits: project.Project, tmp_path: Path, format: str) -> None:
    out = exported(fruits, tmp_path / "out", format)
    again, found = importing.import_photos(tmp_path / "other", out, "again", "detection")
    was = {item.sha256: item.boxes for item in fruits.items.values() if item.boxes is not None}
    assert {item.sha256: item.boxes for item in again.items.values()} == was and len(was) == 2
    assert sorted(again.classes) == ["fig & plum", "pear"] and not found.passed_over and not found.remarks


def test_boxes_between_pixels_come_back_but_for_voc(fruits: project.Project, tmp_path: Path) -> None:
    sha = next(iter(fruits.items))
    fine = [LabelledBox("pear", (0.12341, 0.23452, 0.34563, 0.45674))]
    rebox(fruits, [BoxChange(sha, fine)])
    for format, tolerance in (("coco", 1e-5), ("yolo", 1e-7), ("lst", 1e-8), ("csv", 1e-5), ("voc", 0.011)):
        again, _ = importing.import_photos(tmp_path / format, exported(fruits, tmp_path / f"{format}-out", format),
                                           "again", "detection")
        assert (again.items[sha].boxes or [])[0].xyxy == pytest.approx(fine[0].xyxy, abs=tolerance)


def test_coco_as_its_own_library_reads_it(fruits: project.Project, tmp_path: Path) -> None:
    from pycocotools.coco import COCO

    out = exported(fruits, tmp_path / "out", "coco")
    with contextlib.redirect_stdout(io.StringIO()):
        found = COCO(str(out / "annotations.json"))
    names = {row["id"]: row["name"] for row in found.loadCats(found.getCatIds())}
    images = {row["file_name"]: row for row in found.loadImgs(found.getImgIds())}
    assert sorted(names.values()) == ["fig & plum", "pear"] and len(images) == 2
    first, second = sorted(images)
    rows = found.loadAnns(found.getAnnIds(imgIds=images[first]["id"]))
    assert [(names[row["category_id"]], row["bbox"]) for row in rows] == [
        ("pear", [10, 10, 25, 35]), ("fig & plum", [0, 0, 100, 50]), ("pear", [99, 25, 1, 1])]
    assert (images[first]["width"], images[first]["height"], rows[0]["area"]) == (100, 50, 875)
    assert found.getAnnIds(imgIds=images[second]["id"]) == [] and all((out / name).is_file() for name in images)


def test_voc_by_hand(fruits: project.Project, tmp_path: Path) -> None:
    """Corners count from 1 and belong to the box."""
    out = exported(fruits, tmp_path / "out", "voc")
    first = sorted((out / "Annotations").iterdir())[0]
    root = ElementTree.parse(first).getroot()
    boxes = [(thing.findtext("name"), *(int(thing.findtext(f"bndbox/{corner}") or "") for corner in
                                        ("xmin", "ymin", "xmax", "ymax"))) for thing in root.iter("object")]
    assert boxes == [("pear", 11, 11, 35, 45), ("fig & plum", 1, 1, 100, 50), ("pear", 100, 26, 100, 26)]
    assert (root.findtext("size/width"), root.findtext("size/height")) == ("100", "50")
    named = str(root.findtext("filename"))
    assert (out / "JPEGImages" / named).is_file() and first.stem in named


def test_yolo_by_hand(fruits: project.Project, tmp_path: Path) -> None:
    out = exported(fruits, tmp_path / "out", "yolo")
    labels = sorted((out / "labels" / "train").iterdir())
    card = yaml.safe_load((out / "data.yaml").read_text())
    rows = [[float(word) for word in line.split()] for line in labels[0].read_text().splitlines()]
    assert [card["names"][row[0]] for row in rows] == ["pear", "fig & plum", "pear"]
    assert rows[0][1:] == pytest.approx([0.225, 0.55, 0.25, 0.7]) and labels[1].read_text() == ""
    pictures = sorted(path.stem for path in (out / card["path"] / card["train"]).iterdir())
    assert pictures == [path.stem for path in labels]


def test_lst_by_hand(fruits: project.Project, tmp_path: Path) -> None:
    out = exported(fruits, tmp_path / "out", "lst")
    first, second = (line.split("\t") for line in (out / "train.lst").read_text().splitlines())
    names = (out / "classes.txt").read_text().splitlines()
    assert first[:5] == ["0", "4", "5", "100", "50"] and second[:5] == ["1", "4", "5", "100", "50"]
    assert names[int(first[5])] == "pear" and [float(v) for v in first[6:10]] == [0.1, 0.2, 0.35, 0.9]
    assert len(first) == 5 + 3 * 5 + 1 and len(second) == 6 and (out / first[-1]).is_file()


@pytest.mark.parametrize("format", ["imagefolder", "csv", "lst"])
def test_classes_leave_and_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: str) -> None:
    monkeypatch.setattr(importing, "network_if_there", lambda _looking: None)
    for number, name in enumerate(("cat/1.png", "cat/2.png", "dog/1.png", "dog/2.png")):
        (tmp_path / "photos" / name).parent.mkdir(parents=True, exist_ok=True)
        drawing("disc", number).save(tmp_path / "photos" / name)
    made, _ = importing.import_photos(tmp_path / "data", tmp_path / "photos", "pets")
    labelling.rename_class(made, "dog", "dog, or cat")
    out = exported(made, tmp_path / "out", format)
    again, found = importing.import_photos(tmp_path / "other", out, "again")
    assert {item.sha256: item.label for item in again.items.values()} == {
        item.sha256: item.label for item in made.items.values()} and not found.passed_over
    if format == "csv":
        rows = list(csv.DictReader(io.StringIO((out / "labels.csv").read_text())))
        assert len(rows) == 4 and all((out / row["file"]).is_file() for row in rows)


def test_refusals_leave_nothing_behind(fruits: project.Project, tmp_path: Path) -> None:
    store = PictureStore(tmp_path / "data")
    with pytest.raises(BadConfig, match="can't be written as 'imagefolder'"):
        exporting.export(fruits, store, tmp_path / "out", "imagefolder")
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine.txt").write_text("mine")
    with pytest.raises(NameTaken):
        exporting.export(fruits, store, full, "coco")
    store.blobs.path(next(iter(fruits.items))).unlink()
    with pytest.raises(exporting.BadFile, match="gone"):
        exporting.export(fruits, store, tmp_path / "out", "coco")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "full", "photos"]
