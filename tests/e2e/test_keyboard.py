"""Without a mouse: from the first page to a started training, with the focus in sight at every step."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e import pages
from tests.e2e.conftest import picture

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

# the element that has the focus, inside the editor's shadow too; what shows its focus may be the label around it
FOCUS = """() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  if (!at || at === document.body) return { name: "", seen: true };
  const label = at.labels?.[0];
  const name = at.getAttribute("aria-label") || label?.innerText || at.innerText || at.id || at.className;
  const shows = (one) => one && getComputedStyle(one).outlineStyle !== "none"
    && parseFloat(getComputedStyle(one).outlineWidth) >= 2;
  const box = at.getBoundingClientRect();
  const middle = [box.left + box.width / 2, (Math.max(box.top, 0) + Math.min(box.bottom, innerHeight)) / 2];
  const top = document.elementFromPoint(...middle);
  // nothing may lie over it, such as the bar at the foot of a form
  const inSight = at.getRootNode() !== document || (top !== null && (at.contains(top) || top.contains(at)
    || [...(at.labels ?? [])].some((one) => one.contains(top))));
  const seen = shows(at) || shows(at.closest("label")) || shows(at.closest(".cm-editor"));
  return { name: name.trim().replace(/\\s+/g, " "), role: at.tagName.toLowerCase(), seen, inSight };
}"""


def walk(page: Any, name: str, most: int = 90) -> None:
    """Tab until what is called `name` has the focus; at every stop the focus can be seen."""
    met = []
    for _ in range(most):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUS)
        if not at["seen"]:
            page.wait_for_timeout(200)  # the code editor notes its focus a moment later
            at = page.evaluate(FOCUS)
        if at["name"].startswith("Reward function, Python code"):
            page.keyboard.press("Escape")  # here Tab indents; Escape, as the page says, lets it leave
        met.append(at["name"])
        assert at["seen"], f"the focus on {at} cannot be seen"
        assert at.get("inSight", True), f"the focus is on {at}, which is out of sight"
        if re.match(name, at["name"]):
            return
    raise AssertionError(f"Tab does not reach {name!r}; it met {met}")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_from_the_first_page_to_a_started_training(visit: Callable[..., Any], dark: bool) -> None:
    page = visit("/", dark=dark)
    page.get_by_role("heading", level=1).wait_for()
    walk(page, "Racing$")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/racing$"))
    page.get_by_role("heading", level=1, name="Racing").wait_for()
    # the page took the focus, so one goes on from its start and reaches the studio's stages backwards
    page.keyboard.press("Shift+Tab")
    while page.evaluate(FOCUS)["name"] != "Train":
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Validate").wait_for()

    walk(page, "First Oval")
    page.keyboard.press("ArrowRight")
    walk(page, "Name$")
    page.keyboard.press("ControlOrMeta+a")
    name = f"by keyboard, {'dark' if dark else 'light'}"
    page.keyboard.type(name)
    walk(page, "Start$")
    picture(page, f"keyboard-{'dark' if dark else 'light'}")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/racing/runs/"))
    page.get_by_role("heading", name=name).wait_for()
    run = pages.run_in_address(page)
    assert pages.ask(page, f"/runs/{run}")["track"] == "kidney"

    walk(page, "Stop$")
    page.keyboard.press("Enter")
    pages.wait_for_run(page, run, {"stopped", "succeeded"})


def test_a_dialog_keeps_the_focus_and_gives_it_back(visit: Callable[..., Any]) -> None:
    page = visit("/racing/tracks")
    walk(page, "Import a track$")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.wait_for()
    for _ in range(12):
        page.keyboard.press("Tab")
        assert dialog.evaluate("(box) => box.contains(document.activeElement)")
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    assert page.evaluate(FOCUS)["name"] == "Import a track"


def test_less_motion_is_kept_to(visit: Callable[..., Any]) -> None:
    page = visit("/racing")  # the browser asks for less motion
    page.get_by_role("heading", level=1).wait_for()
    assert moving(page) == []
    page.emulate_media(reduced_motion="no-preference")
    page.reload()
    page.get_by_role("link", name="First Oval").wait_for()
    assert moving(page) != []  # else the test would find nothing ever
    page.goto(f"{pages.origin(page)}/settings")
    page.get_by_role("radiogroup", name="Motion").get_by_text("Off").click()
    page.goto(f"{pages.origin(page)}/racing")
    page.get_by_role("link", name="First Oval").wait_for()
    assert moving(page) == []


def moving(page: Any) -> list[str]:
    """What would move or fade when it changes."""
    found: list[str] = page.evaluate("""() => [...document.querySelectorAll("*")].filter((one) => {
      const { transitionDuration, transitionProperty } = getComputedStyle(one);
      return transitionProperty !== "none" && transitionDuration.split(",").some((each) => parseFloat(each) > 0.01);
    }).map((one) => one.className)""")
    return found
