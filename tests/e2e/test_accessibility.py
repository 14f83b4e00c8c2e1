"""Every page, light and dark, on a telephone and on a laptop, as axe-core judges it: nothing grave is left."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.e2e import axe, pages
from tests.e2e.studio_process import StudioProcess

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
TINY = {"max_iterations": 1, "num_episodes_between_training": 2, "max_steps_per_iteration": 200, "eval_trials": 1,
        "num_epochs": 1}
SOUND = "def reward_function(params):\n    print('here')\n    return 1.0\n"
# good enough for the check before a training, then not
LATE = """calls = 0


def reward_function(params):
    global calls
    calls += 1
    return 1.0 / (calls < 3000)
"""
SIGHTS = {"telephone": (360, 740), "laptop": (1280, 800)}


@dataclass(frozen=True)
class Runs:
    trained: str
    evaluated: str
    failed: str


@pytest.fixture(scope="module")
def runs(browser: Any, studio: StudioProcess) -> Iterator[Runs]:
    """A run of each kind that has its own page: a training, its evaluation, and one whose reward has a mistake."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(studio.address)

    def ended(path: str, body: dict[str, Any], state: str) -> str:
        run = str(pages.order(page, path, body)["id"])
        pages.wait_for_run(page, run, {state})
        return run

    training = {"track": "oval", "seed": 1, "config": TINY}
    trained = ended("/racing/trainings", {**training, "name": "seen", "reward_code": SOUND}, "succeeded")
    evaluated = ended("/racing/evaluations", {"run": trained, "track": "oval", "seed": 1,
                                              "config": {"trials": 1, "time_limit_s": 10}}, "succeeded")
    failed = ended("/racing/trainings", {**training, "name": "mistaken", "reward_code": LATE,
                                         "config": {"max_minutes": 2, "eval_trials": 1}}, "failed")
    pages.order(page, "/vision/projects", {"name": "seen", "task": "detection"})
    pages.order(page, "/vision/projects/seen/classes", {"name": "apple"})
    yield Runs(trained, evaluated, failed)
    context.close()


PATHS = {"home": "/", "racing": "/racing", "tracks": "/racing/tracks", "track": "/racing/tracks/paperclip",
         "train": "/racing/train", "evaluate": "/racing/evaluate", "deploy": "/racing/deploy", "runs": "/runs",
         "compare": "/runs/compare?ids={trained},{failed}", "settings": "/settings", "nowhere": "/no/such/page",
         "training": "/racing/runs/{trained}", "evaluation": "/racing/runs/{evaluated}",
         "failure": "/racing/runs/{failed}", "training sets": "/music/data", "train on music": "/music/train",
         "vision": "/vision", "collect": "/vision/projects/seen", "draw boxes": "/vision/projects/seen/label",
         "train a detector": "/vision/projects/seen/train", "watch": "/vision/watch", "devices": "/vision/devices"}


@pytest.mark.parametrize("name", PATHS)
def test_a_page_keeps_nobody_out(visit: Callable[..., Any], runs: Runs, name: str) -> None:
    page = visit(PATHS[name].format(**vars(runs)))
    page.get_by_role("heading", level=1).or_(page.get_by_role("heading", level=3)).first.wait_for()
    page.locator("main [role=status][aria-label^=Loading]").first.wait_for(state="detached")
    assert everywhere(page) == {}


def everywhere(page: Any, sights: tuple[str, ...] = tuple(SIGHTS)) -> dict[str, list[str]]:
    """What axe has against the page, by where it was looked at; a change of theme changes colours and nothing else."""
    against: dict[str, list[str]] = {}
    for sight in sights:
        width, height = SIGHTS[sight]
        page.set_viewport_size({"width": width, "height": height})
        paint(page, "light")
        against[f"{sight}, light"] = axe.violations(page)
        paint(page, "dark")
        against[f"{sight}, dark"] = axe.violations(page, "color-contrast")
    return {where: left for where, left in against.items() if left}


def paint(page: Any, theme: str) -> None:
    """Another theme, and all of the page in it: axe reads colours while the browser may still be at it."""
    page.emulate_media(color_scheme=theme)
    page.wait_for_function("(theme) => matchMedia(`(prefers-color-scheme: ${theme})`).matches", arg=theme)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def test_nor_does_the_import_of_a_track(visit: Callable[..., Any]) -> None:
    page = visit("/racing/tracks", expect="422")
    page.get_by_role("button", name="Import a track").click()
    page.get_by_label("Track file").set_input_files(
        {"name": "broken.npy", "mimeType": "application/octet-stream", "buffer": b"not a track"})
    page.get_by_role("dialog").get_by_role("alert").wait_for()
    assert everywhere(page) == {}


def test_nor_does_the_form_with_everything_open_and_wrong(visit: Callable[..., Any]) -> None:
    page = visit("/racing/train")
    page.get_by_role("button", name="Validate").wait_for()
    for fold in page.locator("summary").all():
        fold.click()
    page.get_by_role("textbox", name=re.compile("reward", re.IGNORECASE)).first.click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text("def reward_function(params):\n    return params['sped']\n")
    page.get_by_role("button", name="Validate").click()
    page.get_by_text("Line 2:").first.wait_for()
    page.get_by_label("Time limit", exact=True).fill("-3")
    page.get_by_role("alert").first.wait_for()
    assert everywhere(page) == {}


def test_nor_does_what_lies_behind_the_tabs_of_a_run(visit: Callable[..., Any], runs: Runs) -> None:
    page = visit(f"/racing/runs/{runs.trained}")
    page.get_by_role("tab").first.wait_for()
    against = {}
    for tab in page.get_by_role("tab").all():
        tab.click()
        page.wait_for_load_state("networkidle")
        against[tab.inner_text()] = everywhere(page, ("telephone",))
    page.get_by_role("button", name="Delete this run").click()
    page.get_by_role("dialog").wait_for()
    against["the question before it is deleted"] = everywhere(page, ("telephone",))
    assert {what: left for what, left in against.items() if left} == {}
