"""A step of composing as a person makes it: watched, cancelled, played as a film, thinned out, and kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.e2e import pages
from tests.e2e.conftest import picture
from tests.e2e.test_music import LOAD_LIMIT_MS, ROLL, open_twinkle, ready
from trivium.music.arcnn.edits import EditEvent, replay
from trivium.music.notes import Composition

SLIDER = "Edits that are shown"
CSS = f'[aria-label="{SLIDER}"]'


def set_up(page: Any, iterations: int, seed: int) -> None:
    page.get_by_role("tab", name="Technique").click()
    page.get_by_role("radio", name="AR-CNN").check()
    page.get_by_label("Sampling iterations", exact=True).fill(str(iterations))
    page.get_by_role("spinbutton", name="Seed").fill(str(seed))


def status(page: Any, words: str) -> Any:
    found = page.get_by_role("status").filter(has_text=re.compile(words))
    found.wait_for(timeout=LOAD_LIMIT_MS)
    return found


def shown(page: Any) -> int:
    return int(page.get_by_label(SLIDER).input_value())


def counts(page: Any) -> tuple[int, int]:
    """How many notes the page says were added and removed."""
    said = status(page, "Done: ").text_content()
    added, removed = re.search(r"(\d+) notes? added", said), re.search(r"(\d+)(?: notes?)? removed", said)
    return int(added.group(1)) if added else 0, int(removed.group(1)) if removed else 0


def taken_back(page: Any, edits: int) -> None:
    """Wait until the list of edits says that this many are taken back."""
    from playwright.sync_api import expect  # here: who runs the other tests needs no Playwright

    expect(page.get_by_role("button", name=re.compile("^Put again: "))).to_have_count(edits)


def test_a_step_is_watched_cancelled_replayed_thinned_out_and_kept(visit: Callable[..., Any]) -> None:
    page = open_twinkle(visit)
    source = page.url.rsplit("/", 1)[-1]
    page.locator(ROLL).focus()
    for key in ("Home", "Tab", "p"):  # the first note is pinned
        page.keyboard.press(key)
    page.get_by_role("status").get_by_text("Saved", exact=True).wait_for()

    # cancelled: what there is so far can be looked at, and thrown away
    set_up(page, iterations=1000, seed=3)
    page.get_by_text("1 pinned note will be left alone").wait_for()
    page.get_by_role("button", name="Compose", exact=True).click()
    page.get_by_label(SLIDER).wait_for(timeout=LOAD_LIMIT_MS)
    page.get_by_role("button", name="Play", exact=True).click()  # music runs while it is made
    first = int(page.get_by_label(SLIDER).get_attribute("max"))
    page.wait_for_function(f"(first) => Number(document.querySelector('{CSS}').max) > first", arg=first)
    page.get_by_role("button", name="Cancel").click()
    status(page, "Cancelled; this is what there is")
    page.get_by_role("button", name="Stop", exact=True).first.click()
    told = pages.ask(page, f"/music/composings/{run_of(page)}")["story"]
    assert 0 < len(told) < 1500
    picture(page, "composing-cancelled")
    page.get_by_role("button", name="Throw away").click()
    page.get_by_role("button", name="Compose", exact=True).wait_for()
    before = page.locator(ROLL).screenshot()

    # done, found again after a reload, played as a film
    set_up(page, iterations=30, seed=5)
    page.get_by_role("button", name="Compose", exact=True).click()
    status(page, "Done: ")
    page.reload()
    ready(page)
    added, _ = counts(page)
    story = pages.ask(page, f"/music/composings/{run_of(page)}")["story"]
    assert shown(page) == len(story) == 45  # 30 for every 8 of 12 bars
    after = page.locator(ROLL).screenshot()
    page.get_by_role("button", name="Play the edits one by one").click()
    page.wait_for_function(f"() => {{ const at = document.querySelector('{CSS}').value; return at > 2 && at < 40; }}")
    page.get_by_role("button", name="Stop the film").click()
    assert 2 < shown(page) < 45
    assert page.locator(ROLL).screenshot() not in (before, after)
    page.get_by_label(SLIDER).focus()
    page.keyboard.press("Home")
    assert shown(page) == 0
    page.keyboard.press("End")
    assert shown(page) == 45

    # two edits taken back in the list, a third on the roll by keyboard, and that put again
    page.get_by_role("button", name=re.compile("^Take back: .* added")).first.click()
    page.get_by_role("button", name=re.compile("^Take back: .* added")).nth(2).click()
    fewer = counts(page)
    assert fewer[0] < added
    page.locator(ROLL).focus()
    page.keyboard.press("Tab")
    assert "Delete takes it back" in page.locator("#roll-said").text_content()
    page.mouse.move(1, 1)  # leaves the list: what the keyboard stands on stays
    page.keyboard.press("Delete")
    taken_back(page, 3)  # the counts may stay: without this edit, another one may find room
    page.keyboard.press("Control+z")
    taken_back(page, 2)
    assert counts(page) == fewer
    picture(page, "composing-taken-back")

    # kept: the server's notes are those that the page counted, and those of the story by hand
    begun = pages.ask(page, f"/music/composings/{run_of(page)}")
    page.get_by_role("button", name="Keep", exact=True).click()
    page.wait_for_url(lambda url: source not in url)
    ready(page)
    kept = pages.ask(page, f"/music/compositions/{page.url.rsplit('/', 1)[-1]}")
    assert (kept["parent"], kept["technique"], kept["seed"]) == (source, "arcnn", 5)
    assert len(kept["settings"]["taken_back"]) == 2
    assert kept["notes"] == 42 + fewer[0] - fewer[1]
    events = [EditEvent.model_validate(each["news"]) for each in begun["story"]]
    by_hand = replay(Composition.model_validate(begun["begin"]), events, set(kept["settings"]["taken_back"]))
    assert kept["composition"]["parts"] == by_hand.model_dump(mode="json")["parts"]
    assert kept["composition"]["parts"][0]["notes"][0].get("pinned") is True
    page.get_by_role("tab", name="Next step").click()
    page.get_by_role("list", name="Steps of this piece").get_by_role("listitem").nth(1).wait_for()
    assert not page.get_by_role("button", name="Undo", exact=False).first.is_enabled()


def run_of(page: Any) -> str:
    return re.search(r"[?&]run=([^&]+)", page.url).group(1)
