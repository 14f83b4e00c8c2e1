"""A segmentation model in the browser: what it sees in Try it, a cut-out, and the legend of its masks in Watch."""

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
from tests.vision import segmenter
from trivium.core.status import Status, write_status
from trivium.vision import project
from trivium.vision.labels import labelling

NAME = "street"


@pytest.fixture
def model(studio: StudioProcess) -> str:
    """A training that ended with the model that knows red and blue, and its project."""
    labelling.add_classes(project.create(studio.data, NAME, project.SEGMENTATION), segmenter.CLASSES)
    run = segmenter.finished(studio.data, NAME)
    write_status(run, Status(state="succeeded"))
    return run.name


def picture() -> bytes:
    """A red half, a blue quarter, green."""
    pixels = np.full((240, 320, 3), (60, 160, 60), np.uint8)
    pixels[:, :160], pixels[:, 160:240] = (220, 30, 30), (30, 30, 220)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def colours_at(page: Any, places: list[float]) -> list[list[int]]:
    """RGBA of the drawn mask at these shares of its width, half way down."""
    found: list[list[int]] = page.evaluate("""(places) => {
        const canvas = document.querySelectorAll(".view canvas")[1];
        const context = canvas.getContext("2d");
        return places.map((x) =>
            [...context.getImageData(Math.round(x * canvas.width), canvas.height / 2, 1, 1).data]);
    }""", places)
    return found


@pytest.mark.timeout(240)
def test_masks_are_drawn_and_cut_out(visit: Callable[..., Any], model: str, tmp_path: Path) -> None:
    page = visit("/vision", expect="404")
    for _ in range(100):  # the studio looks for runs that others have made
        if page.request.get(f"{pages.origin(page)}/api/v1/runs/{model}").ok:
            break
        page.wait_for_timeout(200)
    page.goto(f"{pages.origin(page)}/vision/projects/{NAME}/try")
    chosen = page.get_by_label("A photo to try")
    chosen.set_input_files({"name": "flag.png", "mimeType": "image/png", "buffer": picture()})
    page.get_by_label("What is seen").get_by_text("50.0").wait_for()
    page.wait_for_timeout(300)  # the mask is unpacked after its event
    red, blue, none = colours_at(page, [0.25, 0.62, 0.9])
    assert red[3] and blue[3] and none[3] == 0 and red[:3] != blue[:3]
    slider = page.get_by_label("How much of the colours shows")
    slider.focus()
    page.keyboard.press("Home")
    page.wait_for_timeout(200)
    assert colours_at(page, [0.25])[0][3] == 0
    page.keyboard.press("End")
    assert axe.violations(page) == []

    page.get_by_label("Keep").select_option("blue")
    with page.expect_response("**/cutout**"):
        page.get_by_role("button", name="Cut it out").click()
    page.get_by_text("of the picture is kept").wait_for()
    with page.expect_download() as taken:
        page.get_by_role("link", name="Download").click()
    assert taken.value.suggested_filename == "flag-cutout.png"
    taken.value.save_as(tmp_path / "out.png")
    alpha = np.asarray(Image.open(io.BytesIO((tmp_path / "out.png").read_bytes())))[120, :, 3]
    assert alpha[200] == 255 and alpha[80] == 0 and alpha[300] == 0
    page.screenshot(path="test-results/segmenter-try.png", full_page=True)
    page.set_viewport_size({"width": 360, "height": 800})
    page.screenshot(path="test-results/segmenter-try-360.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 900})

    page.goto(f"{pages.origin(page)}/vision/watch?run={model}")
    page.get_by_role("button", name="Watch", exact=True).click()
    page.get_by_role("list", name="What is seen").wait_for(timeout=60_000)
    page.get_by_text("Project stream").scroll_into_view_if_needed()
    page.screenshot(path="test-results/segmenter-watch.png", full_page=True)
    page.get_by_role("button", name="Stop", exact=True).click()
