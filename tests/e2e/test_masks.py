"""Masks in the browser: painted by brush, polygon and colour, undone and redone, kept; two people at once."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.e2e import axe, pages
from tests.e2e.studio_process import StudioProcess
from trivium.vision.backbone import efficientnet
from trivium.vision.collect import importing
from trivium.vision.project import SEGMENTATION

pytestmark = pytest.mark.skipif(not efficientnet.WEIGHTS.is_file(),
                                reason="the pretrained backbone is not here: python tools/weights.py")
PROJECT = "/vision/projects/yard"
SIDE = 200


@pytest.fixture
def yard(studio: StudioProcess, tmp_path: Path) -> None:
    """Two photos: paper with a dark square of 80 pixels a side in the middle."""
    place = tmp_path / "yard"
    place.mkdir()
    for k in range(2):
        pixels = np.full((SIDE, SIDE, 3), (230 - k, 225, 215), np.uint8)
        pixels[60:140, 60:140] = (40, 60, 90)
        Image.fromarray(pixels).save(place / f"{k}.png")
    importing.import_photos(studio.data, place, "yard", SEGMENTATION)


def shares(page: Any, sha256: str) -> dict[str, float]:
    """What the studio has of a photo: each class's share of its mask."""
    mask = pages.ask(page, f"{PROJECT}/photos/{sha256}")["mask"]
    return {} if mask is None else {area["label"]: area["share"] for area in mask["areas"]}


def png(value: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.full((SIDE, SIDE), value, np.uint8)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.timeout(240)
def test_masks_are_painted_and_no_ones_are_lost(visit: Callable[..., Any], yard: None) -> None:
    page = visit(f"{PROJECT}/label", expect="409")
    stage = page.get_by_role("application")
    stage.wait_for()
    first, second = (row["sha256"] for row in pages.ask(page, f"{PROJECT}/photos")["items"])
    page.get_by_label("A new class").fill("slab")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("button", name="slab").wait_for()
    room = stage.bounding_box()
    assert room is not None
    scale = min(room["width"], room["height"]) / SIDE  # screen pixels for one of the photo

    def at(x: float, y: float) -> tuple[float, float]:
        return (room["x"] + room["width"] / 2 + (x - SIDE / 2) * scale,
                room["y"] + room["height"] / 2 + (y - SIDE / 2) * scale)

    def saved(wanted: float, label: str = "slab", off: float = 0.002) -> None:
        """Until the studio has about that share."""
        for _ in range(100):
            if abs(shares(page, first).get(label, 0.0) - wanted) <= off:
                return
            page.wait_for_timeout(100)
        raise AssertionError(f"{shares(page, first)}, not {wanted}")

    status = page.get_by_role("status").filter(has_text="of 2")
    page.mouse.move(*at(80, 100))
    page.mouse.down()
    page.mouse.move(*at(120, 100), steps=4)
    page.mouse.up()
    saved((40 * 24 + np.pi * 12**2) / SIDE**2)  # a capsule: a brush of 24 pixels over 40
    status.filter(has_text="slab 4").wait_for()
    page.keyboard.press("u")
    status.filter(has_text="nobody has looked").wait_for()
    pages.ask_until(page, f"{PROJECT}/photos/{first}", lambda photo: photo["mask"] is None)
    page.keyboard.press("r")
    saved((40 * 24 + np.pi * 12**2) / SIDE**2)

    page.keyboard.press("p")
    for corner in ((20, 20), (60, 20), (60, 50), (30, 55)):
        page.mouse.click(*at(*corner))
    page.mouse.move(*at(30, 55))
    page.mouse.down()
    page.mouse.move(*at(20, 50), steps=3)  # a corner is moved
    page.mouse.up()
    page.keyboard.press("Enter")
    saved((40 * 24 + np.pi * 12**2 + 40 * 30) / SIDE**2, off=0.004)
    page.keyboard.press("u")
    saved((40 * 24 + np.pi * 12**2) / SIDE**2)
    page.keyboard.press("w")
    page.mouse.click(*at(65, 65))  # the dark square; the capsule lies in it
    saved(80 * 80 / SIDE**2)
    page.keyboard.press("e")
    page.keyboard.press("g")
    page.mouse.click(*at(100, 100))  # the background again
    saved(0.0)
    page.keyboard.press("u")
    saved(80 * 80 / SIDE**2)
    assert axe.violations(page) == []

    origin = pages.origin(page)
    theirs = page.request.put(f"{origin}/api/v1{PROJECT}/photos/{first}/mask", data=png(1),
                              headers={"Origin": origin, "Content-Type": "image/png"})
    assert theirs.ok
    page.keyboard.press("b")
    page.keyboard.press("1")
    page.mouse.click(*at(10, 10))
    page.get_by_text("Somebody else has painted this photo meanwhile: slab").wait_for()
    page.get_by_role("button", name="Keep theirs").click()
    status.filter(has_text="slab 100").wait_for()
    page.keyboard.press("Enter")
    status.filter(has_text="2 of 2").wait_for()
    page.keyboard.press("n")
    page.get_by_text("2 of 2 have been looked at").wait_for()
    pages.ask_until(page, f"{PROJECT}/photos/{second}", lambda photo: photo["mask"] is not None)
    assert shares(page, first) == {"slab": 1.0}
