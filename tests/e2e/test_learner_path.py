"""A learner's whole path: from the first page to a car that laps, its evaluation, its replay, and its end."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e import pages
from tests.e2e.conftest import picture

pytestmark = pytest.mark.slow


@pytest.mark.timeout(420)
def test_from_the_first_page_to_a_car_that_laps(visit: Callable[..., Any]) -> None:
    page = visit("/")
    page.get_by_role("button", name="Teach a car to drive now").click()
    page.wait_for_url(re.compile("/racing/runs/"))
    run = pages.run_in_address(page)

    # the graph and the cars appear while it learns
    pages.wait_for_metric(page, run, "completion/evaluation", count=1)
    page.get_by_role("button", name="Table").first.click()
    page.get_by_role("region", name="Reward graph, as a table").get_by_role("rowheader").first.wait_for()
    page.get_by_role("button", name="Chart").first.click()
    scene = page.get_by_role("application").first
    scene.wait_for()
    page.get_by_role("img", name=re.compile("Camera picture of car")).wait_for()
    assert pages.colours(scene) > 20
    assert pages.colours(page.get_by_role("img", name=re.compile("Camera picture of car"))) > 8
    picture(page, "live")

    # the browser is closed and opened again; the run went on meanwhile
    before = len(pages.wait_for_metric(page, run, "iteration"))
    context, address = page.context, page.url
    page.close()
    page = context.new_page()
    page.goto(address)
    page.get_by_role("heading", level=1).wait_for()
    assert len(pages.wait_for_metric(page, run, "iteration")) >= before
    page.goto("about:blank")  # leave the cores to the training
    page.goto(address.replace(f"/racing/runs/{run}", "/settings"))
    done = pages.wait_for_run(page, run, {"succeeded"}, limit_s=240)
    assert done["best"]["metric"] == "completion/evaluation"
    assert done["best"]["value"] == pytest.approx(100.0)

    # the finished run, its evaluation and its replay
    page.goto(address)
    page.get_by_text("Finished").first.wait_for()
    picture(page, "finished")
    evaluation = evaluate(page)
    report = pages.ask(page, f"/runs/{evaluation}/files/out/evaluation.json")
    assert report["completion_rate"] == pytest.approx(1.0)
    replay = page.get_by_role("region", name="Replay").last
    replay.wait_for()
    scene = replay.get_by_role("application").first
    scene.wait_for()
    page.wait_for_timeout(500)
    assert pages.colours(scene) > 20
    progress = replay.get_by_role("slider", name="Time in the trial")
    for _ in range(3):
        replay.get_by_role("button", name="One step on").click()
    assert float(progress.input_value()) > 0.1
    assert page.request.get(f"{pages.origin(page)}/api/v1/runs/{evaluation}/files/out/drive.mp4").ok
    picture(page, "evaluation")

    # and it can be deleted, after a question
    page.goto(address)
    page.get_by_role("button", name="Delete this run").click()
    page.get_by_role("button", name="Delete it").click()
    page.wait_for_url(re.compile("/racing$"))
    assert run not in [view["id"] for view in pages.ask(page, "/runs")["items"]]


def evaluate(page: Any) -> str:
    """Press Evaluate, keep what is proposed, wait for the results; the evaluation's id."""
    page.get_by_role("link", name="Evaluate").last.click()
    page.wait_for_url(re.compile(r"/racing/evaluate\?"))
    page.get_by_role("button", name=re.compile("Start|Evaluate")).last.click()
    page.wait_for_url(re.compile("/racing/runs/"))
    evaluation = pages.run_in_address(page)
    pages.wait_for_run(page, evaluation, {"succeeded"})
    return evaluation
