"""What the browser tests do again and again: wait for a run, ask the server, look whether a picture shows anything."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING, Any

from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

ACTIVE = {"queued", "starting", "running", "stopping"}


def ask(page: Page, path: str) -> Any:
    """The JSON at a path of the API, with the browser's own sign-in."""
    answer = page.request.get(f"{origin(page)}/api/v1{path}")
    assert answer.ok, f"{path}: {answer.status} {answer.text()}"
    return answer.json()


def ask_until(page: Page, path: str, known: Callable[[Any], bool], limit_s: float = 30.0) -> Any:
    """The JSON at a path once it says what is waited for: pages show a change before the studio has it."""
    deadline = time.monotonic() + limit_s
    while not known(answer := ask(page, path)):
        assert time.monotonic() < deadline, f"{path} still says {str(answer)[:500]} after {limit_s} s"
        page.wait_for_timeout(100)
    return answer


def order(page: Page, path: str, body: dict[str, Any] | None = None) -> Any:
    """POST to a path of the API, with the browser's own sign-in."""
    answer = page.request.post(f"{origin(page)}/api/v1{path}", data=body or {}, headers={"Origin": origin(page)})
    assert answer.ok, f"{path}: {answer.status} {answer.text()}"
    return answer.json()


def origin(page: Page) -> str:
    return "/".join(page.url.split("/")[:3])


def wait_for_run(page: Page, run: str, states: set[str], limit_s: float = 120.0) -> dict[str, Any]:
    """The run once it is in one of the states; fails with its message when it ends in another."""
    deadline = time.monotonic() + limit_s
    while True:
        view: dict[str, Any] = ask(page, f"/runs/{run}")
        if view["state"] in states:
            return view
        assert view["state"] in ACTIVE, f"{run} is {view['state']}: {view['message']} {view['detail']}"
        assert time.monotonic() < deadline, f"{run} is still {view['state']} after {limit_s} s"
        page.wait_for_timeout(300)


def wait_for_metric(page: Page, run: str, key: str, count: int = 1, limit_s: float = 120.0) -> list[Any]:
    """The rows of a metric, once there are `count` of them."""
    deadline = time.monotonic() + limit_s
    while True:
        rows: list[Any] = ask(page, f"/runs/{run}/metrics")["rows"].get(key, [])
        if len(rows) >= count:
            return rows
        view = ask(page, f"/runs/{run}")
        assert view["state"] in ACTIVE, f"{run} is {view['state']}: {view['message']} {view['detail']}"
        assert time.monotonic() < deadline, f"{run} has {len(rows)} rows of {key} after {limit_s} s"
        page.wait_for_timeout(300)


def colours(element: Locator) -> int:
    """How many different colours an element shows; a blank canvas has one or two."""
    shown = Image.open(io.BytesIO(element.screenshot())).convert("RGB")
    return len(shown.resize((160, 120), Image.Resampling.NEAREST).getcolors(160 * 120) or ())


def sideways(page: Page) -> bool:
    """Whether the page is wider than its window."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def run_in_address(page: Page) -> str:
    """The run whose page is shown."""
    return str(page.url.split("/racing/runs/")[1].split("?")[0].rstrip("/"))
