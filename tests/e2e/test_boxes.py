"""Boxes in the browser: a project for detection, annotation files, drawing by mouse and keys, two people at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import pages
from tests.vision.drawings import drawing
from trivium.vision.backbone import efficientnet

pytestmark = pytest.mark.skipif(not efficientnet.WEIGHTS.is_file(),
                                reason="the pretrained backbone is not here: python tools/weights.py")
PHOTOS = "/vision/projects/orchard/photos"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three photos, one of them annotated by YOLO."""
    place = tmp_path / "set"
    for name in ("images", "labels"):
        (place / name).mkdir(parents=True)
    for k in range(3):
        drawing("disc", k, 200).save(place / "images" / f"{k}.png")
    (place / "labels" / "0.txt").write_text("1 0.5 0.5 0.5 0.5\n")
    (place / "data.yaml").write_text("names: [pear, apple]\n")
    return place


def new(answer: Any) -> list[dict[str, Any]]:
    """The photos that came without boxes."""
    return [row for row in answer["items"] if not row["name"].endswith("0.png")]


def as_drawn(answer: Any) -> bool:
    """Whether one of them holds the apple that was drawn: a square, and one pixel wider by the key."""
    boxes = [box for row in new(answer) for box in row["boxes"] or ()]
    if [box["label"] for box in boxes] != ["apple"]:
        return False
    left, top, right, bottom = boxes[0]["xyxy"]
    return bool(right - left == pytest.approx(bottom - top + 1 / 200, abs=1e-6))


@pytest.mark.timeout(240)
def test_boxes_come_in_are_drawn_and_no_ones_are_lost(visit: Callable[..., Any], folder: Path) -> None:
    page = visit("/vision")
    page.get_by_text("Where things are on it").click()
    page.get_by_label("Name").fill("orchard")
    page.get_by_role("button", name="Create it").click()
    page.get_by_label("Folder of photos").set_input_files(str(folder))
    page.get_by_text("YOLO: 1 boxes on 1 photos.").wait_for(timeout=120_000)
    page.get_by_role("heading", name="Photos", exact=True).scroll_into_view_if_needed()
    page.get_by_role("button", name="0.png, 1 box").wait_for()
    page.get_by_role("link", name="Label", exact=True).click()

    status = page.get_by_role("status").filter(has_text="of 2")
    stage = page.get_by_role("application")
    stage.wait_for()
    page.get_by_label("A new class").fill("pear")
    page.get_by_role("button", name="Add", exact=True).click()
    middle = stage.bounding_box()
    assert middle is not None
    x, y = middle["x"] + middle["width"] / 2, middle["y"] + middle["height"] / 2
    page.mouse.move(x - 60, y - 60)
    page.mouse.down()
    page.mouse.move(x, y)
    page.mouse.move(x + 60, y + 60)
    page.mouse.up()
    status.filter(has_text="1 box").wait_for()
    page.keyboard.press("1")  # it is an apple
    page.keyboard.press("Control+ArrowRight")
    page.keyboard.press("b")
    status.filter(has_text="2 boxes").wait_for()
    page.keyboard.press("Delete")
    page.keyboard.press("u")
    status.filter(has_text="2 boxes").wait_for()
    page.keyboard.press("r")
    status.filter(has_text="1 box").wait_for()
    page.keyboard.press("Enter")
    status.filter(has_text="2 of 2").wait_for()

    seen = pages.ask_until(page, PHOTOS, as_drawn)  # each step is kept, in its turn
    page.get_by_role("button", name="apple").filter(has_text="2").wait_for()  # the studio counts them
    _, other = sorted(new(seen), key=lambda row: row["boxes"] is None)  # in whatever order the folder has them
    theirs = {"changes": [{"sha256": other["sha256"], "boxes": [{"label": "pear", "xyxy": [0, 0, 0.5, 0.5]}]}]}
    assert pages.order(page, "/vision/projects/orchard/boxes", theirs)["done"]
    page.keyboard.press("b")  # somebody else was quicker
    page.get_by_text("Somebody else has said meanwhile").wait_for()
    page.get_by_role("button", name="Take mine").click()
    page.get_by_text("Somebody else has said meanwhile").wait_for(state="hidden")
    page.keyboard.press("n")
    page.get_by_text("That was the last one").wait_for()
    page.get_by_text("3 of 3 have been looked at").wait_for()
