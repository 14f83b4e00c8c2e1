"""Every page at every size: nothing sticks out, nothing breaks; and the track gallery, with files good and bad."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.e2e import pages
from tests.e2e.conftest import picture

PATHS = ["/racing", "/racing/tracks", "/racing/tracks/paperclip", "/racing/train", "/racing/evaluate",
         "/racing/deploy", "/runs", "/settings", "/no/such/page"]


@pytest.mark.parametrize("path", PATHS)
def test_a_page_fits_a_telephone(visit: Callable[..., Any], path: str) -> None:
    page = visit(path, width=360, height=740)
    page.get_by_role("heading").first.wait_for()
    page.wait_for_load_state("networkidle")
    assert not pages.sideways(page)
    picture(page, f"phone{path.replace('/', '-')}")


@pytest.mark.parametrize("path", ["/racing", "/racing/tracks", "/racing/train"])
def test_a_page_in_dark_colours_on_a_wide_screen(visit: Callable[..., Any], path: str) -> None:
    page = visit(path, width=1920, height=1080, dark=True)
    page.get_by_role("heading").first.wait_for()
    page.wait_for_load_state("networkidle")
    assert not pages.sideways(page)
    picture(page, f"wide-dark{path.replace('/', '-')}")


def ring(width_m: float = 1.0) -> np.ndarray:
    """A round track, counter-clockwise, rows of a community file, (61, 6)."""
    angle = np.linspace(0.0, 2 * np.pi, 61)
    unit = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    unit[-1] = unit[0]
    return np.hstack([3.0 * unit, (3.0 - width_m / 2) * unit, (3.0 + width_m / 2) * unit])


def upload(page: Any, name: str, rows: np.ndarray) -> None:
    file = io.BytesIO()
    np.save(file, rows)
    page.get_by_role("button", name="Import a track").click()
    page.get_by_label("Track file").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": file.getvalue()})


def test_a_track_file_is_seen_before_it_is_kept(visit: Callable[..., Any]) -> None:
    page = visit("/racing/tracks")
    upload(page, "my_ring.npy", ring())
    page.get_by_role("button", name="Add to my tracks").click()
    page.wait_for_url(re.compile("/racing/tracks/my"))
    page.get_by_role("link", name="Train here").wait_for()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete it").click()
    page.wait_for_url(re.compile("/racing/tracks$"))


def test_a_bad_track_file_is_refused_with_a_sentence(visit: Callable[..., Any]) -> None:
    page = visit("/racing/tracks", expect="422")
    rows = ring()
    rows[7, 2] = np.nan
    upload(page, "broken.npy", rows)
    refusal = page.get_by_role("dialog").get_by_role("alert")
    refusal.wait_for()
    assert len(refusal.inner_text()) > 30
    assert page.get_by_role("button", name="Add to my tracks").is_disabled()


def test_the_main_way_works_by_keyboard(visit: Callable[..., Any]) -> None:
    page = visit("/")
    page.get_by_role("heading").first.wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # "Skip to the page"
    for _ in range(4):
        page.keyboard.press("Tab")
        focused = page.evaluate("document.activeElement?.textContent?.trim()")
        if focused == "Teach a car to drive now":
            return
    raise AssertionError(f"the first button is out of reach of the Tab key; focus is on {focused!r}")
