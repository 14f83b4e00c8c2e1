"""Trainings of one's own: through the form, stopped and resumed, with a reward function that has mistakes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.e2e import pages
from tests.e2e.conftest import picture

TINY = {"max_iterations": 2, "num_episodes_between_training": 2, "max_steps_per_iteration": 200, "eval_trials": 1,
        "num_epochs": 1}
SOUND = "def reward_function(params):\n    return 1.0\n"
# sound for as long as anybody tries it out, then not
LATE = """calls = 0


def reward_function(params):
    global calls
    calls += 1
    if calls > 3000:
        return params["speed"] / 0
    return 1.0
"""


def write_reward(page: Any, code: str) -> None:
    editor = page.get_by_role("textbox", name=re.compile("reward", re.IGNORECASE)).first
    editor.click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(code)


def test_a_training_through_the_form(visit: Callable[..., Any]) -> None:
    page = visit("/racing/train")
    page.get_by_role("radio", name=re.compile("Hourglass")).check(force=True)
    page.get_by_label("Iteration limit", exact=True).fill("2")
    page.get_by_label("Name", exact=True).fill("through the form")
    picture(page, "train")
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_url(re.compile("/racing/runs/"))
    page.get_by_role("heading", name="through the form").wait_for()
    run = pages.run_in_address(page)
    view = pages.ask(page, f"/runs/{run}")
    assert (view["track"], view["config"]["max_iterations"]) == ("hourglass", 2)
    pages.wait_for_run(page, run, {"running"})
    page.get_by_role("button", name="Stop", exact=True).click()
    pages.wait_for_run(page, run, {"stopped", "succeeded"})


def test_two_trainings_named_alike_get_two_names_or_a_word(visit: Callable[..., Any]) -> None:
    page = visit("/racing", expect="409")
    body = {"name": "twin", "track": "oval", "reward_code": SOUND, "config": TINY, "seed": 1}
    first = pages.order(page, "/racing/trainings", body)
    answer = page.request.post(f"{pages.origin(page)}/api/v1/racing/trainings", data=body,
                               headers={"Origin": pages.origin(page)})
    assert answer.status == 409
    assert answer.json()["hint"]
    pages.wait_for_run(page, first["id"], {"succeeded"})


def test_a_mistake_in_the_reward_is_shown_with_its_line(visit: Callable[..., Any]) -> None:
    page = visit("/racing/train")
    page.get_by_role("button", name="Validate").wait_for()
    write_reward(page, "def reward_function(params):\n    speed = params['sped']\n    return speed\n")
    page.get_by_role("button", name="Validate").click()
    page.get_by_text("Line 2:").first.wait_for()
    page.get_by_text("to mend before the car can learn").first.wait_for()
    picture(page, "validate")
    page.get_by_role("button", name="Start", exact=True).click()
    page.get_by_text("The reward function does not work yet.").wait_for()
    write_reward(page, SOUND)
    page.get_by_role("button", name="Validate").click()
    page.get_by_text("It works.").wait_for()


def test_a_mistake_that_shows_itself_late_ends_the_run_with_line_and_parameters(visit: Callable[..., Any]) -> None:
    page = visit("/racing")
    run = pages.order(page, "/racing/trainings", {"name": "late", "track": "oval", "reward_code": LATE,
                                                  "config": {"max_minutes": 2, "eval_trials": 1}, "seed": 1})["id"]
    view = pages.wait_for_run(page, run, {"failed"})
    assert (view["reason"], view["detail"]["line"]) == ("user_code_error", 8)
    page.goto(f"{pages.origin(page)}/racing/runs/{run}")
    error = page.get_by_role("region", name="Error in the reward function")
    error.get_by_text(re.compile("line 8", re.IGNORECASE)).first.wait_for()
    error.get_by_text("steering_angle").first.wait_for()
    assert "Traceback" not in page.inner_text("body")
    picture(page, "reward-error")


def test_a_killed_server_finds_its_runs_again(visit: Callable[..., Any], studio: Any) -> None:
    page = visit("/racing", expect="ERR_|Failed to (load|fetch)|WebSocket|401|403")
    config = {"max_minutes": 5, "stop_at_completion": None}
    run = pages.order(page, "/racing/trainings", {"name": "survivor", "track": "oval", "reward_code": SOUND,
                                                  "config": config, "seed": 1})["id"]
    pages.wait_for_metric(page, run, "iteration")
    studio.kill()
    studio.start()
    page.goto(studio.address)
    page.goto(f"{pages.origin(page)}/racing/runs/{run}")
    page.get_by_role("heading", name="survivor").wait_for()
    assert pages.ask(page, f"/runs/{run}")["state"] == "running"
    more = len(pages.wait_for_metric(page, run, "iteration")) + 1
    pages.wait_for_metric(page, run, "iteration", count=more)
    page.get_by_role("button", name="Stop", exact=True).click()
    pages.wait_for_run(page, run, {"stopped"})
