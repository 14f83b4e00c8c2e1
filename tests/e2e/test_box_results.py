"""A detector's result in the browser, and its proposals: the threshold moves, photos open, a wrong box is mended."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import axe, pages
from tests.e2e.studio_process import StudioProcess
from tests.vision.boxed import project_of_drawings
from trivium.core import files
from trivium.core.runfolder import create_run
from trivium.core.status import Status, write_status
from trivium.vision.backbone import efficientnet
from trivium.vision.detection.config import DetectConfig
from trivium.vision.detection.scoring import scores_of
from trivium.vision.labels.boxing import BoxChange, rebox
from trivium.vision.tasks import KIND, studio_for
from trivium.vision.understand.boxes import said_of

pytestmark = pytest.mark.skipif(not efficientnet.WEIGHTS.is_file(),
                                reason="the pretrained backbone is not here: python tools/weights.py")
CLASSES = ["box", "disc"]


@pytest.fixture
def result(studio: StudioProcess, tmp_path: Path) -> str:
    """A training on six drawings that has found what is drawn, but for one thing missed and one that is not there."""
    made = project_of_drawings(studio.data, tmp_path / "drawn", "things", 6)
    photos = sorted(made.items.values(), key=lambda item: item.name)
    rows = []
    for item in photos[:5]:
        boxes = [{"label": box.label, "xyxy": list(box.xyxy)} for box in item.boxes or ()]
        found = [{**box, "confidence": 0.9 - k / 10} for k, box in enumerate(boxes)]
        rows.append({"sha256": item.sha256, "name": item.name, "boxes": boxes, "found": found})
    rows[0]["found"] = [*rows[0]["found"][1:], {"label": "disc", "xyxy": [0, 0, 0.1, 0.1], "confidence": 0.65}]
    rebox(made, [BoxChange(photos[5].sha256, None)])  # nobody has looked at the last one
    folder = create_run(studio_for("detection"), KIND, "finds", DetectConfig(), data=studio.data, seed=1,
                        inputs={"project.json": json.dumps({"project": "things"})})
    (folder / files.OUT).mkdir(exist_ok=True)
    files.write_json(folder / files.OUT / "found.json", rows)
    files.write_json(folder / files.OUT / "evaluation.json", {
        **scores_of([said_of(row, CLASSES) for row in rows], CLASSES, draws=20), "task": "detection",
        "project": "things", "how": "Held out.", "classes": CLASSES, "seed": 1,
        "thresholds": dict.fromkeys(CLASSES, 0.5)})
    write_status(folder, Status(state="succeeded"))
    return folder.name


@pytest.mark.timeout(240)
def test_the_result_leads_to_the_photos_and_to_their_boxes(visit: Callable[..., Any], result: str) -> None:
    page = visit("/vision", expect="404")
    known = f"{pages.origin(page)}/api/v1/runs/{result}"
    for _ in range(100):  # the studio looks for runs that others have made
        if page.request.get(known).ok:
            break
        page.wait_for_timeout(200)
    page.goto(f"{pages.origin(page)}/vision/projects/things/understand")
    page.get_by_text("Precision and recall").first.wait_for()
    page.get_by_text(re.compile("It found .* and 1 box was wrong")).wait_for()

    figures = page.locator("dd").filter(has_text="7 of 8,").first
    figures.wait_for()
    slider = page.get_by_role("slider")
    slider.focus()
    page.keyboard.press("End")
    page.get_by_text("A box counts from 1.00 on").wait_for()
    page.locator("dd").filter(has_text="0 of 8,").first.wait_for()
    page.get_by_role("button", name="The model's own").click()
    figures.wait_for()

    page.get_by_role("button", name=re.compile("1 box: nothing, said to be disc")).click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("1 missed, 1 wrong box")).wait_for()
    page.keyboard.press("Escape")
    page.get_by_text("False alarms", exact=True).click()
    page.get_by_role("button", name=re.compile("1 missed, 1 wrong box")).click()
    page.get_by_text("disc 65").first.wait_for()
    page.get_by_role("dialog").get_by_text(": missed").first.wait_for()
    assert axe.violations(page) == []
    page.get_by_role("link", name="Mend its boxes").click()
    page.get_by_role("application").wait_for()
    page.get_by_role("status").filter(has_text="of 6").wait_for()

    page.get_by_text("The model doubts", exact=True).click()
    page.get_by_text("1 photo that it doubts").wait_for()
    page.get_by_role("button", name="Not a disc").wait_for()
    page.get_by_text("It does not find the").wait_for()
    page.keyboard.press("Delete")
    page.get_by_text("Nothing more.").or_(page.get_by_text("It does not find the")).first.wait_for()
    page.get_by_role("button", name="Not a disc").wait_for(state="hidden")

    page.route("**/proposals?**", lambda route: route.fulfill(json=[
        {"sha256": re.search(r"photo=(\w+)", route.request.url)[1], "boxes": [  # type: ignore[index]
            {"label": "disc", "xyxy": [0.1, 0.1, 0.4, 0.4], "confidence": 0.9},
            {"label": "box", "xyxy": [0.5, 0.5, 0.9, 0.9], "confidence": 0.8},
            {"label": "box", "xyxy": [0.0, 0.6, 0.2, 0.9], "confidence": 0.7}]}]))
    page.get_by_text("Not looked at", exact=True).click()
    page.get_by_role("button", name="Take disc").wait_for()
    page.keyboard.press("a")
    page.get_by_role("status").filter(has_text="1 box").wait_for()
    page.keyboard.press("Delete")  # the next surest is none
    page.get_by_role("button", name="Take box").nth(1).wait_for(state="hidden")
    page.keyboard.press("u")  # the disc is to be decided on again
    page.get_by_role("button", name="Take disc").wait_for()
    page.keyboard.press("Enter")
    page.get_by_text("That was the last one").wait_for()
    page.get_by_text("6 of 6 have been looked at").wait_for()
    rows = pages.ask_until(page, "/vision/projects/things/photos", lambda view: fifth(view) is not None)
    assert sorted(box["label"] for box in fifth(rows)) == ["box", "disc"]


def fifth(view: dict[str, Any]) -> Any:
    return next(row["boxes"] for row in view["items"] if row["name"].endswith("5.png"))
