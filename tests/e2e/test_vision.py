"""From an empty studio to a trained trash sorter that is corrected, on drawn pictures: a learner's way in Vision."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import pages
from tests.e2e.conftest import picture
from tests.e2e.test_accessibility import everywhere
from tests.vision.drawings import drawing
from trivium.vision.backbone import efficientnet

pytestmark = pytest.mark.skipif(not efficientnet.WEIGHTS.is_file(),
                                reason="the pretrained backbone is not here: python tools/weights.py")
KINDS = {"compost": "disc", "landfill": "box", "recycling": "triangle"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as people have it: class folders, one photo in the wrong one, one broken, some without a class."""
    place = tmp_path / "My rubbish"
    for label, kind in KINDS.items():
        (place / label).mkdir(parents=True)
        for k in range(10):
            drawing(kind, k).save(place / label / f"{kind}{k}.png")
    drawing("box", 900).save(place / "compost" / "wrong.png")
    (place / "landfill" / "broken.jpg").write_bytes(b"no picture")
    for k, kind in enumerate(KINDS.values()):
        drawing(kind, 500 + k).save(place / f"loose{k}.png")
    return place


def file(kind: str, number: int) -> dict[str, Any]:
    out = io.BytesIO()
    drawing(kind, number).save(out, "PNG")
    return {"name": "new.png", "mimeType": "image/png", "buffer": out.getvalue()}


@pytest.mark.timeout(300)
def test_a_learner_teaches_a_trash_sorter_and_corrects_it(visit: Callable[..., Any], folder: Path) -> None:
    page = visit("/vision")
    page.get_by_label("Name").fill("rubbish")
    page.get_by_role("button", name="Create it").click()
    page.get_by_text("No photos yet").wait_for()
    page.get_by_label("Folder of photos").set_input_files(str(folder))
    page.get_by_text("34 photos came in; 1 could not be used.").wait_for(timeout=120_000)
    page.get_by_text("1 file left out").click()
    page.get_by_text("It is no picture that can be read.").wait_for()
    page.get_by_role("heading", name="Photos", exact=True).scroll_into_view_if_needed()
    page.get_by_role("button", name=re.compile("loose2.png, no class")).wait_for()

    page.get_by_role("link", name="Label them").click()  # three photos, by number keys; the last label is taken back
    page.get_by_text("1 of 3").wait_for()
    names = [page.get_by_role("img", name=re.compile("^Photo 1:")).get_attribute("alt")]
    page.keyboard.press("1")
    page.get_by_text("2 of 3").wait_for()
    page.keyboard.press("3")
    page.get_by_text("3 of 3").wait_for()
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("2 of 3").wait_for()
    assert names[0] and names[0].endswith("loose0.png")
    unlabelled = "/vision/projects/rubbish/photos?show=unlabelled"
    pages.ask_until(page, unlabelled, lambda view: view["total"] == 2)
    rows = pages.ask(page, "/vision/projects/rubbish/photos?show=labelled&class=compost")["items"]
    assert "loose0.png" in [row["name"] for row in rows]

    page.get_by_role("link", name="Train", exact=True).first.click()
    page.get_by_text("trivium vision train rubbish").wait_for(state="attached")
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_url("**/vision/runs/*")
    first = page.url.rsplit("/", 1)[-1]
    page.get_by_text("Right on held-out photos").wait_for(timeout=120_000)
    page.get_by_text(re.compile("wrong.png")).first.wait_for()  # the worst mistake is the wrong label
    page.get_by_role("button", name=re.compile("of compost, taken for landfill")).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="It is landfill").first.click()
    dialog.get_by_text("Labelled “landfill”").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("button", name=re.compile("^Why[?] ")).first.click()
    dialog.get_by_role("img", name=re.compile("^Where the photo speaks for")).wait_for(timeout=60_000)
    assert dialog.get_by_role("list", name="The photos that look most like it").get_by_role("listitem").count() == 8
    page.keyboard.press("Escape")
    for answer in ("Too few photos to tell", "of the unknown things pass for something known"):
        page.get_by_role("button", name="Find out").first.click()
        page.get_by_text(re.compile(answer)).wait_for(timeout=60_000)
    picture(page, "vision-understand")
    assert everywhere(page, ("telephone",)) == {}
    page.set_viewport_size({"width": 1280, "height": 800})

    page.get_by_role("link", name="Try it").first.click()
    page.get_by_label("A photo to try").set_input_files(file("triangle", 700))
    page.get_by_label("The likeliest classes").wait_for(timeout=60_000)
    page.get_by_role("button", name="recycling", exact=True).click()
    page.get_by_text("1 photo came in.").wait_for(timeout=60_000)
    page.get_by_role("link", name="Train again").click()
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_url(lambda url: "/vision/runs/" in url and first not in url)
    pages.wait_for_run(page, page.url.rsplit("/", 1)[-1], {"succeeded"})
    scores = [row["n"] for row in pages.ask(page, "/vision/projects/rubbish/trainings")]
    assert scores == [33, 32]  # the correction is learned from
