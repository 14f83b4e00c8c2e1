"""What a person meets first: a page that opens, fits the window, and asks nobody else for anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e import pages
from tests.e2e.conftest import picture
from tests.e2e.studio_process import StudioProcess

SIZES = {"phone": (360, 740), "laptop": (1280, 800), "wide": (1920, 1080)}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_first_page_fits_its_window(visit: Callable[..., Any], size: str, dark: bool) -> None:
    width, height = SIZES[size]
    page = visit("/", width=width, height=height, dark=dark)
    page.get_by_role("heading").first.wait_for()
    assert not pages.sideways(page)
    picture(page, f"home-{size}-{'dark' if dark else 'light'}")


def test_the_token_leaves_the_address_bar(visit: Callable[..., Any]) -> None:
    page = visit("/")
    page.get_by_role("heading").first.wait_for()
    assert "token" not in page.url


def test_without_the_token_the_page_says_how_to_get_in(browser: Any, studio: StudioProcess) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{studio.port}/")
    page.get_by_text("trivium up").first.wait_for()
    context.close()
