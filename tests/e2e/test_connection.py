"""The server goes away while somebody looks: a quiet banner, plain words, and everything by itself once it is back."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e import pages
from tests.e2e.conftest import picture
from tests.e2e.studio_process import StudioProcess

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
EXPECTED = "ERR_|Failed to (load|fetch)|WebSocket|EventSource"
BANNER = re.compile("Trivium is not answering. Trainings go on")


def test_a_page_says_that_the_server_is_away_and_goes_on_when_it_is_back(
        visit: Callable[..., Any], studio: StudioProcess) -> None:
    page = visit("/racing/tracks", expect=EXPECTED)
    first = page.get_by_role("link", name=re.compile("First Oval"))
    first.wait_for()
    studio.kill()
    try:
        banner = page.get_by_role("status").filter(has_text=BANNER)
        banner.wait_for()
        first.wait_for()  # what was there stays
        assert not pages.sideways(page)
        picture(page, "away")
        first.click()  # a page that has to ask, or even to be fetched
        page.get_by_role("alert").filter(has_text=re.compile("not answering|could not be loaded")).wait_for()
        assert "Traceback" not in page.inner_text("body") and "TypeError" not in page.inner_text("body")
        picture(page, "away-asking")
    finally:
        studio.start()
    page.get_by_role("heading", level=1, name="First Oval").wait_for()
    banner.wait_for(state="detached")
    page.get_by_role("link", name="Train here").wait_for()


def test_what_a_button_wanted_is_refused_in_plain_words_while_the_server_is_away(
        visit: Callable[..., Any], studio: StudioProcess) -> None:
    page = visit("/", expect=EXPECTED)
    button = page.get_by_role("button", name="Teach a car to drive now")
    button.wait_for()
    studio.kill()
    try:
        button.click()
        page.get_by_text("Is `trivium up` still running?").wait_for()
    finally:
        studio.start()
    page.get_by_text("Is `trivium up` still running?").wait_for(state="detached")
    assert button.is_enabled()
