"""The ready-made detector in the browser: one press makes the template's project and its model; the first boxes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.e2e import pages
from tests.e2e.conftest import picture
from trivium.vision.backbone import efficientnet
from trivium.vision.ready_made import nanodet
from trivium.vision.templates.people import people

pytestmark = pytest.mark.skipif(not (nanodet.is_here() and efficientnet.WEIGHTS.is_file()),
                                reason="the ready-made detector is not here: python tools/detector.py")


@pytest.mark.timeout(240)
def test_one_press_finds_people(visit: Callable[..., Any]) -> None:
    page = visit("/vision/templates")
    card = page.get_by_role("article", name="Person detector")
    card.get_by_text("Apache-2.0 licence").wait_for()
    card.get_by_role("button", name="Make Person detector").click()
    page.get_by_role("heading", name="A ready-made detector").wait_for(timeout=120_000)
    page.get_by_text("by its authors, not by Trivium").wait_for()
    page.get_by_text("of which it has learned none").first.wait_for()
    picture(page, "ready-made-run")
    page.get_by_role("link", name="Try it").first.click()
    page.get_by_label("Model").get_by_role("option", name="NanoDet-g for person, mAP50").wait_for(state="attached")


@pytest.mark.timeout(240)
def test_it_draws_the_first_boxes_of_a_project(visit: Callable[..., Any], tmp_path: Path) -> None:
    Image.fromarray(next(people(11)).picture).save(tmp_path / "somebody.png")
    page = visit("/vision")
    page.get_by_text("Where things are on it").click()
    page.get_by_label("Name").fill("crowd")
    page.get_by_role("button", name="Create it").click()
    page.get_by_label("Folder of photos").set_input_files(str(tmp_path))
    pages.ask_until(page, "/vision/projects/crowd", lambda view: view["photos"] == 1, 120.0)
    page.get_by_role("link", name="Label", exact=True).click()
    page.get_by_role("application").wait_for()
    page.get_by_label("A new class").fill("person")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("A ready-made detector knows person").wait_for()
    picture(page, "ready-made-offer")
    page.get_by_role("button", name="Let it draw").click()
    page.get_by_role("button", name="Take person").first.wait_for(timeout=60_000)
    page.keyboard.press("a")
    page.get_by_role("status").filter(has_text="1 box").wait_for()
