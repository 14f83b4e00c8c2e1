"""A function of one's own in the browser: begun from an example, mended by its line, tried, saved, restored."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

from PIL import Image

from tests.e2e import pages
from tests.e2e.conftest import picture
from tests.e2e.test_accessibility import everywhere

BROKEN = ("import studio\n\ndef on_frame(frame, seen):\n    studio.publish('room/light', frame.mean())\n"
          "    frame.nothing()\n")
MENDED = BROKEN.replace("    frame.nothing()\n", "    return 'looked'\n").replace("frame.mean()", "round(frame.mean())")


def write(page: Any, code: str) -> None:
    """Type over what is in the editor; pasted, so that it indents nothing by itself."""
    page.get_by_label("Function, Python code").click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(code)


def test_a_function_is_begun_mended_tried_saved_and_restored(visit: Callable[..., Any]) -> None:
    page = visit("/vision", expect="409")
    page.get_by_role("link", name="Functions").click()
    page.get_by_text("No function of your own yet").wait_for()
    page.get_by_role("button", name="Begin with Bright or dark").click()
    page.get_by_role("button", name="Make it").click()
    page.get_by_role("heading", level=1, name="my-bright-or-dark").wait_for()
    first = pages.ask(page, "/vision/functions/my-bright-or-dark")["code"]

    # an error is shown with its line, in words and in the editor
    write(page, BROKEN)
    black, white = (io.BytesIO(), io.BytesIO())
    for out, shade in ((black, 0), (white, 255)):
        Image.new("RGB", (64, 48), (shade,) * 3).save(out, "PNG")
    page.get_by_text("Files", exact=True).click()
    shades = enumerate((black, white))
    page.get_by_label("Photos or a film").set_input_files([
        {"name": f"{k}.png", "mimeType": "image/png", "buffer": out.getvalue()} for k, out in shades])
    page.keyboard.press("Control+Enter")
    page.get_by_text("Line 5: AttributeError").wait_for()
    assert "frame.nothing()" in page.locator(".cm-failing-line").inner_text()

    # mended: what it published and returned at each frame
    write(page, MENDED)
    page.get_by_text("The code has changed since").wait_for()
    page.keyboard.press("Control+Enter")
    tried = page.get_by_role("region", name="What came of it")
    tried.get_by_text("'looked'").nth(1).wait_for()
    said = [one.inner_text() for one in tried.locator(".message").all()]
    assert [re.sub(r"\s+", " ", one) for one in said] == ["published room/light 0", "published room/light 255"]
    assert page.locator(".cm-failing-line").count() == 0
    assert tried.get_by_role("img").nth(1).evaluate("(one) => one.naturalWidth") == 64
    picture(page, "vision-function")

    # what is not saved outlives the page
    page.reload()
    page.get_by_text("Here is what you had not saved").wait_for()
    page.get_by_label("What has changed").fill("it tells how bright")
    page.get_by_label("What has changed").press("Control+s")
    page.get_by_text("Saved as version 2.").wait_for()
    assert pages.ask(page, "/vision/functions/my-bright-or-dark")["code"] == MENDED

    # somebody else saves meanwhile: it is told, and both are there afterwards
    address = f"{pages.origin(page)}/api/v1/vision/functions/my-bright-or-dark"
    assert page.request.put(address, data={"code": "print(1)\n"}, headers={"Origin": pages.origin(page)}).ok
    write(page, MENDED + "# mine\n")
    page.keyboard.press("Control+s")
    page.get_by_text("Somebody else has saved version 3 meanwhile").wait_for()
    page.get_by_role("button", name="Save mine as version 4").click()
    page.get_by_text("Saved as version 4.").wait_for()
    kept = pages.ask(page, "/vision/functions/my-bright-or-dark")
    assert kept["code"] == MENDED + "# mine\n" and [row["number"] for row in kept["versions"]] == [4, 3, 2, 1]

    page.get_by_role("button", name="Compare version 2").click()
    page.get_by_role("region", name="Differences").get_by_text("# mine").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Restore version 1").click()
    page.get_by_text("Version 1 is the newest again.").wait_for()
    assert pages.ask(page, "/vision/functions/my-bright-or-dark")["code"] == first
    assert everywhere(page, ("telephone",)) == {}
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete it").click()
    page.get_by_text("No function of your own yet").wait_for()
