"""A challenge as a person meets it: opened, a piece refused and one entered, voted on blind, the results with names."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e import pages
from tests.e2e.conftest import picture
from tests.e2e.test_accessibility import everywhere

LOAD_LIMIT_MS = 90_000


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_from_a_theme_to_the_results(visit: Callable[..., Any]) -> None:
    page = visit("/music/challenges", expect=r"status of (4\d\d)")
    against = {}
    page.get_by_role("button", name="Open An Answer to Bach").wait_for()
    against["the list"] = everywhere(page)
    for tune in ("twinkle", "ode-to-joy"):
        pages.order(page, "/music/compositions", {"tune": tune})
    lone = {"parts": [{"id": "a", "notes": [{"onset": 0, "length": 480, "pitch": 60}]}]}
    pages.order(page, "/music/compositions", {"title": "Too short", "composition": lone})
    page.get_by_role("button", name="Open An Answer to Bach").click()
    page.get_by_role("heading", name="An Answer to Bach", level=1).wait_for()
    page.get_by_text("There is nothing to compare yet").wait_for()
    picture(page, "challenge-empty")

    page.get_by_role("button", name="Enter a piece").click()
    page.get_by_role("radio", name=re.compile("Too short")).check()
    page.get_by_role("button", name="Enter it").click()
    page.get_by_role("alert").get_by_text("It has 1 bar; this challenge asks for 8").wait_for()
    against["the refusal"] = everywhere(page, ("telephone",))
    picture(page, "challenge-refused")
    page.get_by_role("radio", name=re.compile("Twinkle")).check()
    page.get_by_role("button", name="Enter it").click()
    page.get_by_text("Pair 1 of 3").wait_for()
    page.get_by_text("How it was made, and what the judge says").click()
    page.get_by_text("What sounds together").wait_for()

    listen = page.get_by_role("button", name="Play piece A")
    page.locator("button[aria-label='Play piece A']:enabled").wait_for(timeout=LOAD_LIMIT_MS)
    against["voting"] = everywhere(page)
    listen.click()
    page.get_by_role("button", name="Stop piece A").wait_for()
    page.get_by_role("button", name="Play piece B").click()
    page.get_by_role("button", name="Stop piece B").wait_for()
    listen.wait_for()  # one at a time
    vote = page.get_by_role("region", name="Vote")
    assert not re.search("Twinkle|Sample|dice|rule", vote.inner_text()), "a ballot names nobody"
    picture(page, "challenge-vote")
    for answered in ("Pair 2 of 3", "Pair 3 of 3", "All 3 pairs answered"):
        page.get_by_role("button", name="I like A better").focus()
        page.keyboard.press("Enter")
        page.get_by_text(answered).wait_for()
    page.get_by_role("button", name="Show the results").click()
    page.get_by_text("After 3 votes").wait_for()
    assert page.get_by_role("heading", name=re.compile("Sample$")).count() == 3
    page.get_by_text("what is entered from now on", exact=False).first.wait_for()
    against["the results"] = everywhere(page)
    picture(page, "challenge-results")
    assert not pages.sideways(page)

    challenge = page.url
    piece = next(one for one in pages.ask(page, "/music/compositions")["items"] if one["title"] == "Ode to Joy")
    page.goto(f"{pages.origin(page)}/music/compose/{piece['id']}")
    page.get_by_role("tab", name="Next step").click()
    page.get_by_role("button", name="Ask the judge").click()
    page.get_by_text("Notes of the key").wait_for()
    page.get_by_label("Enter it in").select_option(label="An Answer to Bach")
    page.get_by_role("button", name="Enter this piece").click()
    page.wait_for_url(challenge)
    page.get_by_text("Pair 1 of 4").wait_for()  # with each sample, and with the one that has a name already
    page.get_by_text("One newer piece is still without a name").wait_for()
    page.get_by_role("button", name="Close it").click()
    page.get_by_role("dialog").get_by_role("button", name="Close it").click()
    page.get_by_text("Closed", exact=True).first.wait_for()
    assert page.get_by_role("region", name="Vote").count() == 0
    assert {where: left for where, left in against.items() if left} == {}
