"""A model put to work in the browser: watched on the demo camera and corrected; sent to a machine that has joined."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import pages
from tests.e2e.conftest import picture
from tests.e2e.studio_process import StudioProcess
from tests.e2e.test_accessibility import everywhere
from trivium.vision.backbone import efficientnet
from trivium.vision.stream import demo

pytestmark = [pytest.mark.timeout(300),
              pytest.mark.skipif(not efficientnet.WEIGHTS.is_file(),
                                 reason="the pretrained backbone is not here: python tools/weights.py")]
PROJECT, EACH = "belt", 6


def zip_of_the_belt() -> bytes:
    """A class folder for each kind of thing on the demo camera's belt."""
    out, left = io.BytesIO(), {kind: EACH for kind in demo.KINDS}
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(0, 6000, 17):
            kind = demo.kind_at(2, number)
            if left[kind]:
                left[kind] -= 1
                view = io.BytesIO()
                demo.scene(2, number).save(view, "JPEG")
                archive.writestr(f"{kind}/{number}.jpg", view.getvalue())
    assert not any(left.values())
    return out.getvalue()


@pytest.fixture(scope="module")
def trained(browser: Any, studio: StudioProcess) -> Iterator[list[str]]:
    """Two models of the things on the belt, the newer one last."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(studio.address)
    pages.order(page, "/vision/projects", {"name": PROJECT, "task": "classification"})
    address = f"{pages.origin(page)}/api/v1/vision/projects/{PROJECT}/imports?file=belt.zip"
    sent = page.request.post(address, data=zip_of_the_belt(), headers={
        "Origin": pages.origin(page), "content-type": "application/octet-stream"})
    assert sent.status == 202, sent.text()
    while (found := pages.ask(page, f"/vision/imports/{sent.json()['id']}"))["state"] not in ("done", "failed"):
        page.wait_for_timeout(200)
    assert found["report"]["added"] == EACH * len(demo.KINDS)
    runs = []
    for l2 in (10.0, 30.0):
        body = {"project": PROJECT, "seed": 1, "name": f"belt {l2:g}", "config": {"folds": 2, "head": {"l2": l2}}}
        runs.append(str(pages.order(page, "/vision/trainings", body)["id"]))
        pages.wait_for_run(page, runs[-1], {"succeeded"})
    yield runs
    context.close()


def test_a_model_watches_and_what_it_gets_wrong_goes_back(visit: Callable[..., Any], trained: list[str]) -> None:
    page = visit(f"/vision/watch?run={trained[0]}")
    page.get_by_label("Source").select_option("demo")
    page.get_by_text("How it watches").click()
    page.get_by_label("Frames a second", exact=True).fill("4")  # there are slow machines
    page.get_by_role("button", name="Watch", exact=True).click()
    page.get_by_text("Project stream").wait_for()
    page.get_by_text(re.compile(r"\d ms")).first.wait_for()
    happened = page.get_by_role("list", name="What happened")
    wrong = happened.get_by_role("group").first
    wrong.wait_for(timeout=60_000)
    happened.evaluate("(list) => list.dispatchEvent(new PointerEvent('pointerenter'))")  # it stands still under a hand
    drawn = page.locator("canvas").nth(1).evaluate(
        "(canvas) => new Set(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data).size")
    assert drawn > 10  # a picture, not a black box
    wrong.get_by_role("button").first.click()
    page.get_by_text("1 photo came in.").wait_for(timeout=60_000)
    label = page.get_by_role("article").last.inner_text().removeprefix("A frame as ").partition(":")[0]
    assert pages.ask(page, f"/vision/projects/{PROJECT}/photos?class={label}")["total"] == EACH + 1
    picture(page, "vision-watch")
    for watch in pages.ask(page, "/vision/watches"):
        page.request.delete(f"{pages.origin(page)}/api/v1/vision/watches/{watch['id']}",
                            headers={"Origin": pages.origin(page)})


def belt_film(path: Path) -> Path:
    """Three seconds of the demo camera's belt, which browsers need not be able to play."""
    import av

    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("mpeg4", rate=20)
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuv420p"
        for number in range(60):
            for packet in stream.encode(av.VideoFrame.from_image(demo.scene(2, 17 * 20 + number))):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path


def test_a_film_is_looked_at_frame_by_frame(visit: Callable[..., Any], trained: list[str], tmp_path: Path) -> None:
    page = visit(f"/vision/watch?run={trained[0]}")
    page.get_by_label("Source").select_option("film")
    page.get_by_label("Film", exact=True).set_input_files(str(belt_film(tmp_path / "belt.avi")))
    page.get_by_text("How it watches").click()
    assert page.get_by_role("switch", name="Real time").is_checked()
    page.get_by_role("button", name="Watch", exact=True).click()
    page.get_by_text("60 frames looked at.").wait_for(timeout=60_000)
    page.get_by_role("list", name="What happened").get_by_text(re.compile(r"^at 00:0\d\.")).first.wait_for()
    picture(page, "vision-watch-film")
    assert everywhere(page, ("telephone",)) == {}
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("button", name="Watch", exact=True).wait_for()


def test_a_machine_joins_runs_a_model_goes_back_to_the_one_before_and_leaves(
        visit: Callable[..., Any], trained: list[str], tmp_path: Path) -> None:
    page = visit("/vision/devices")
    page.get_by_text("No device yet").wait_for()
    page.get_by_role("button", name="Let a machine join").first.click()
    command = page.get_by_role("region", name="On the command line").inner_text()
    assert re.fullmatch(r"trivium vision agent join http://127\.0\.0\.1:\d+ --code [0-9A-Z]{8}", command)
    agent = subprocess.Popen([sys.executable, "-m", *command.split(), "--name", "kitchen"],
                             env={**os.environ, "TRIVIUM_DATA": str(tmp_path)},
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        page.get_by_text("“kitchen” has joined").wait_for(timeout=60_000)
        page.get_by_role("button", name="Good").click()
        for run in trained:
            page.get_by_role("button", name="Deploy to kitchen").click()
            page.get_by_role("dialog").get_by_role("combobox").first.select_option(run)
            page.get_by_role("dialog").get_by_role("button", name="Deploy", exact=True).click()
            page.get_by_text("It is to run version").wait_for(timeout=60_000)
            page.get_by_role("button", name="Close", exact=True).last.click()
            page.get_by_role("heading", name=f"{PROJECT} watching").wait_for(timeout=60_000)
        page.get_by_text(re.compile("^Version .* runs now$")).first.wait_for(timeout=60_000)
        picture(page, "vision-devices")
        assert everywhere(page, ("telephone",)) == {}
        page.get_by_role("button", name=re.compile(f"^Roll back {PROJECT} on kitchen")).click()
        page.get_by_text(re.compile("is to run version .* again")).wait_for()
        page.get_by_role("button", name=f"Set up {PROJECT} on kitchen").click()
        page.get_by_role("switch", name="It watches").click()
        page.get_by_role("button", name="Save").click()
        page.get_by_role("heading", name=f"{PROJECT} switched off").wait_for()
        page.get_by_role("button", name="Remove kitchen").click()
        page.get_by_role("button", name="Remove it").click()
        page.get_by_text("No device yet").wait_for()
    finally:
        agent.send_signal(signal.SIGINT)
        try:
            agent.wait(30)
        except subprocess.TimeoutExpired:
            agent.kill()
            agent.wait()


def test_this_machine_is_a_device_by_one_press(visit: Callable[..., Any], trained: list[str]) -> None:
    page = visit("/vision/devices", dark=True)
    page.get_by_text("No device yet").wait_for()
    page.get_by_role("button", name="Use this machine").click()
    page.get_by_text(re.compile("^This machine is the device “.+” now")).wait_for()
    page.get_by_text("this machine", exact=True).wait_for()
    assert not page.get_by_role("button", name="Use this machine").count()
    page.get_by_role("button", name=re.compile("^Deploy to")).click()
    page.get_by_role("dialog").get_by_role("combobox").first.select_option(trained[-1])
    page.get_by_role("dialog").get_by_role("button", name="Deploy", exact=True).click()
    page.get_by_text("It is to run version").wait_for(timeout=60_000)
    page.get_by_role("button", name="Close", exact=True).last.click()
    page.get_by_role("heading", name=f"{PROJECT} watching").wait_for(timeout=60_000)
    page.get_by_role("definition").filter(has_text="demo").first.wait_for()
    picture(page, "vision-this-machine-dark")
    small = visit("/vision/devices", width=360)
    small.get_by_role("heading", name=f"{PROJECT} watching").wait_for()
    picture(small, "vision-this-machine-360")
    assert not pages.sideways(small)
    page.get_by_role("button", name=re.compile(r"^Remove (?!.*account)")).first.click()
    page.get_by_role("button", name="Remove it").click()
    page.get_by_text("No device yet").wait_for()
