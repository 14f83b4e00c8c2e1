"""A real browser (the system's Chromium) and a real studio, one pair for all browser tests.

Where there is no browser, these tests are skipped with a plain reason; where CI=true, they fail instead.
Pictures of what was seen lie in test-results/ afterwards.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.studio_process import StudioProcess
from trivium.bench.browser import chromium
from trivium.core import jobs
from trivium.core.runfolder import list_runs

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "test-results"
# A container's small /dev/shm. Graphics are left as they are: to ask for SwiftShader by name would make it draw every
# page, too, at a core's expense.
SWITCHES = ["--disable-dev-shm-usage", "--disable-background-networking", "--no-first-run"]



def missing(what: str, how: str) -> None:
    """Skip with a plain reason, but never silently in CI."""
    sentence = f"{what}, so the browser tests cannot run. {how}"
    if os.environ.get("CI") == "true":
        pytest.fail(sentence)
    pytest.skip(sentence)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    # Imported here: whoever runs the other tests needs no Playwright.
    sync_api = pytest.importorskip("playwright.sync_api") if os.environ.get("CI") != "true" else None
    if sync_api is None:
        from playwright import sync_api
    executable = chromium()
    if executable is None:
        missing("There is no Chromium here", "Install it, on Debian with: apt install chromium")
    if not (ROOT / "src" / "trivium" / "static" / "index.html").is_file():
        missing("The web pages are not built", "Build them with: make web")
    switches = SWITCHES + (["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else [])
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=executable, args=switches)
        yield started
        started.close()


@pytest.fixture(scope="package")
def studio(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioProcess]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = StudioProcess(tmp_path_factory.mktemp("studio"), port).start()
    yield started
    started.stop()
    for run in list_runs(started.data):  # runs outlive their server
        jobs.stop(run.folder)


@pytest.fixture
def visit(browser: Browser, studio: StudioProcess,
          request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """`visit("/", width=1280)` signs in and opens a page; no error and no request elsewhere may be left.

    `dark=True` asks for dark colours, `expect=r"..."` names console errors that the test itself provokes.
    """
    contexts: list[BrowserContext] = []
    problems: list[str] = []
    expected: list[str] = []

    def open_page(path: str = "/", width: int = 1280, height: int = 800, dark: bool = False,
                  expect: str | None = None) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce",
                                      color_scheme="dark" if dark else "light")
        contexts.append(context)
        context.set_default_timeout(20_000)
        if expect:
            expected.append(expect)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(f"error: {error}"))
        page.on("console", lambda said: problems.append(f"console: {said.text} {said.location}")
                if said.type == "error" else None)
        own = f"127.0.0.1:{studio.port}"
        page.on("request", lambda sent: problems.append(f"request elsewhere: {sent.url}")
                if sent.url.startswith(("http", "ws")) and own not in sent.url else None)
        page.goto(studio.address)
        if path != "/":
            page.goto(f"http://{own}{path}")
        return page

    yield open_page
    failed = getattr(request.node, "failed", False)
    for number, context in enumerate(contexts):
        if failed:
            for page in context.pages:
                picture(page, f"failed-{request.node.name}-{number}")
        context.close()
    left = [problem for problem in problems if not any(re.search(pattern, problem) for pattern in expected)]
    assert left == []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.when == "call" and report.failed:  # type: ignore[attr-defined]
        item.failed = True  # type: ignore[attr-defined]
    return report


def picture(page: Page, name: str) -> Path:
    """A picture of what the browser shows now, in test-results/."""
    PICTURES.mkdir(exist_ok=True)
    path = PICTURES / (re.sub(r"[^\w.-]+", "-", name) + ".png")
    page.screenshot(path=path)
    return path
