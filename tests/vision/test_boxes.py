"""Boxes of a detection project: what is a box, how they overlap, and that no one's work on them is lost."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from trivium.errors import BadConfig
from trivium.vision import project
from trivium.vision.labels import labelling
from trivium.vision.labels.boxes import LabelledBox, fitted, iou
from trivium.vision.labels.boxing import BoxChange, BoxedPhoto, detection_photos, rebox

APPLE, PEAR = LabelledBox("apple", (0.1, 0.2, 0.5, 0.6)), LabelledBox("pear", (0.5, 0.5, 1.0, 1.0))


def item(number: int) -> project.Item:
    return project.Item(f"{number:064x}", f"{number}.png", None, 640, 480, "0" * 64, 50.0)


SHA = [item(number).sha256 for number in range(4)]


@pytest.fixture
def fruits(tmp_path: Path) -> project.Project:
    made = project.create(tmp_path, "fruits", "detection")
    project.add(made, [item(3), item(1), item(2)])
    return made


@pytest.mark.parametrize(("given", "kept"), [
    ((0.1, 0.2, 0.3, 0.4), ((0.1, 0.2, 0.3, 0.4), False)),
    ((0.0, 0.0, 1.0, 1.0), ((0.0, 0.0, 1.0, 1.0), False)),
    ((-0.5, 0.2, 0.3, 1.5), ((0.0, 0.2, 0.3, 1.0), True)),
    ((-1e-9, 0.0, 1.0 + 1e-9, 1.0), ((0.0, 0.0, 1.0, 1.0), False)),  # rounding is no reaching over the edge
    ((1.1, 0.2, 1.3, 0.4), None),  # wholly outside
    ((0.3, 0.2, 0.3, 0.4), None),  # no width
    ((0.4, 0.2, 0.3, 0.4), None),  # corners the wrong way round
    ((0.1, 0.2, math.nan, 0.4), None),
    ((0.1, 0.2, math.inf, 0.4), None),
    ((0.1, 0.2, 0.3), None),
    (("left", 0.2, 0.3, 0.4), None),
])
def test_what_is_a_box(given: tuple[float, ...], kept: object) -> None:
    assert fitted(given) == kept


def test_iou_of_boxes_worked_by_hand() -> None:
    a = np.array([[0, 0, 2, 2], [0, 0, 1, 1], [5, 5, 5, 5]], dtype=float)
    b = np.array([[1, 1, 3, 3], [0, 0, 2, 2]], dtype=float)
    assert iou(a, b) == pytest.approx(np.array([[1 / 7, 1.0], [0.0, 1 / 4], [0.0, 0.0]]))
    assert iou(np.zeros((0, 4)), b).shape == (0, 2) and iou(a, np.zeros((0, 4))).shape == (3, 0)


def test_iou_counts_the_cells_of_a_grid() -> None:
    """Independently: boxes on whole coordinates cover cells that can be counted."""
    rng = np.random.default_rng(3)
    corners = np.sort(rng.integers(0, 20, (12, 2, 2)), axis=1)
    boxes = corners.reshape(12, 4)  # x1 y1 x2 y2
    cells = np.zeros((12, 20, 20), dtype=bool)
    for k, (x1, y1, x2, y2) in enumerate(boxes):
        cells[k, y1:y2, x1:x2] = True
    either = (cells[:, None] | cells[None]).sum((2, 3))
    counted = (cells[:, None] & cells[None]).sum((2, 3)) / np.maximum(either, 1)
    assert iou(boxes, boxes) == pytest.approx(counted)


def test_nobody_has_looked_is_not_nothing_there(fruits: project.Project, tmp_path: Path) -> None:
    assert fruits.labelled() == [] and detection_photos(fruits) == []
    done, refused = rebox(fruits, [BoxChange(SHA[1], [PEAR, APPLE, APPLE]), BoxChange(SHA[2], [])])
    assert (done, refused) == ([SHA[1], SHA[2]], [])
    again = project.load(tmp_path, "fruits")
    assert [item.sha256 for item in again.labelled()] == [SHA[1], SHA[2]]
    assert again.classes == ["apple", "pear"]  # made by using them
    assert again.counts() == {"apple": 1, "pear": 1} and again.box_counts() == {"apple": 2, "pear": 1}
    assert detection_photos(again) == [BoxedPhoto(SHA[1], 640, 480, (PEAR, APPLE, APPLE)),
                                       BoxedPhoto(SHA[2], 640, 480, ())]
    rebox(again, [BoxChange(SHA[1], None)])
    assert [photo.sha256 for photo in detection_photos(project.load(tmp_path, "fruits"))] == [SHA[2]]


def test_the_slower_of_two_is_told_and_the_boxes_of_the_other_stay(fruits: project.Project, tmp_path: Path) -> None:
    other = project.load(tmp_path, "fruits")
    seen = fruits.versions[SHA[1]]
    assert rebox(fruits, [BoxChange(SHA[1], [APPLE], seen)]) == ([SHA[1]], [])
    assert rebox(other, [BoxChange(SHA[1], [PEAR], seen), BoxChange(SHA[2], [PEAR], seen)]) == ([SHA[2]], [SHA[1]])
    assert other.items[SHA[1]].boxes == [APPLE]
    assert rebox(other, [BoxChange(SHA[1], [APPLE], seen)]) == ([SHA[1]], [])  # the same is no quarrel
    assert rebox(other, [BoxChange(SHA[0], [APPLE])]) == ([], [SHA[0]])  # is not there
    assert rebox(other, [BoxChange(SHA[1], [PEAR], other.versions[SHA[1]])]) == ([SHA[1]], [])


def test_a_class_that_is_renamed_or_deleted_takes_its_boxes_along(fruits: project.Project, tmp_path: Path) -> None:
    rebox(fruits, [BoxChange(SHA[1], [APPLE, PEAR]), BoxChange(SHA[2], [PEAR]), BoxChange(SHA[3], [APPLE])])
    labelling.remove(fruits, [SHA[3]])
    before = dict(fruits.versions)
    labelling.rename_class(fruits, "apple", "quince")
    assert labelling.delete_class(fruits, "pear") == 2
    labelling.restore(fruits, [SHA[3]])
    again = project.load(tmp_path, "fruits")
    quince = LabelledBox("quince", APPLE.xyxy)
    assert again.classes == ["quince"]
    assert {sha: again.items[sha].boxes for sha in SHA[1:]} == {SHA[1]: [quince], SHA[2]: [], SHA[3]: [quince]}
    assert all(again.versions[sha] > before[sha] for sha in SHA[1:])
    labelling.add_class(again, "apple")
    labelling.rename_class(again, "quince", "apple")
    assert again.items[SHA[1]].boxes == [APPLE] and again.classes == ["apple"]


def test_boxes_are_kept_clipped_and_refused_whole(fruits: project.Project) -> None:
    wide = LabelledBox("  apple ", (-0.25, 0.5, 0.5, 1.25))
    rebox(fruits, [BoxChange(SHA[1], [wide])])
    assert fruits.items[SHA[1]].boxes == [LabelledBox("apple", (0.0, 0.5, 0.5, 1.0))]
    size = (fruits.folder / project.LOG).stat().st_size
    with pytest.raises(BadConfig, match="no area"):
        rebox(fruits, [BoxChange(SHA[2], [APPLE]), BoxChange(SHA[1], [LabelledBox("apple", (0.4, 0.4, 0.4, 0.9))])])
    with pytest.raises(BadConfig, match="name of a class"):
        rebox(fruits, [BoxChange(SHA[1], [LabelledBox(" ", APPLE.xyxy)])])
    with pytest.raises(BadConfig, match="at most"):
        rebox(fruits, [BoxChange(SHA[1], [APPLE] * 1001)])
    assert (fruits.folder / project.LOG).stat().st_size == size  # nothing of a refused change is kept


def test_what_another_version_wrote_is_read_as_far_as_it_is_boxes(fruits: project.Project, tmp_path: Path) -> None:
    rows = [{"label": "apple", "xyxy": [0.1, 0.1, 0.2, 0.2]}, {"label": "apple", "xyxy": [0.1, None, 0.2, 0.2]},
            {"label": 7, "xyxy": [0, 0, 1, 1]}, "box", {"xyxy": [0, 0, 1, 1]}]
    with (fruits.folder / project.LOG).open("a") as log:
        log.write(json.dumps({"op": "boxes", "sha256": SHA[1], "boxes": rows}) + "\n")
    assert project.load(tmp_path, "fruits").items[SHA[1]].boxes == [LabelledBox("apple", (0.1, 0.1, 0.2, 0.2))]


def test_each_task_has_its_own_labels(fruits: project.Project, tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="is for detection"):
        labelling.relabel(fruits, [labelling.Change(SHA[1], "apple")])
    trash = project.create(tmp_path, "trash", "classification")
    project.add(trash, [item(1)])
    with pytest.raises(BadConfig, match="has no boxes"):
        rebox(trash, [BoxChange(SHA[1], [APPLE])])
    with pytest.raises(BadConfig, match="is for classification, not for detection"):
        project.create(tmp_path, "trash", "detection")
    with pytest.raises(BadConfig, match="There is no task 'singing'"):
        project.create(tmp_path, "songs", "singing")


def test_a_picture_may_come_with_its_boxes(tmp_path: Path) -> None:
    made = project.create(tmp_path, "fruits", "detection")
    boxed = item(1)
    boxed.boxes = [APPLE]
    project.add(made, [boxed, item(2)])
    again = project.load(tmp_path, "fruits")
    assert again.items[SHA[1]].boxes == [APPLE] and again.items[SHA[2]].boxes is None and again.classes == ["apple"]
