"""Pictures a second of the live view in a real browser: Chromium as it starts by itself, nothing switched on for it.

Run as a program beside a training (`python -m trivium.bench.browser URL PATH CHROMIUM`) until a line comes in.
"""

from __future__ import annotations

import importlib.util
import itertools
import json
import os
import shutil
import subprocess
import sys

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# One call of either is one picture of the scene, seen as it opens: the whole track from a place that stands still.
COUNT = """
window.pictures = 0;
const count = (kind, name) => {
  const call = kind.prototype[name];
  kind.prototype[name] = function (...given) {
    if (this.canvas.getAttribute?.("role") === "application") window.pictures++;
    return call.apply(this, given);
  };
};
count(CanvasRenderingContext2D, "drawImage");
count(WebGL2RenderingContext, "clear");
"""
FRAME_S = 2.0


def missing() -> str | None:
    """What is not here that a browser needs; None where all is."""
    if chromium() is None:
        return "no Chromium here"
    return None if importlib.util.find_spec("playwright") else "Playwright is not installed"


def chromium() -> str | None:
    return next((found for name in CHROMIUM if (found := shutil.which(name))), None)


class Watcher:
    """A browser that shows a page until it is asked how many pictures a second it drew."""

    def __init__(self, url: str, path: str) -> None:
        self.process = subprocess.Popen([sys.executable, "-m", "trivium.bench.browser", url, path, chromium() or ""],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def pictures_per_s(self) -> float:
        """The mean while the cars drove; pauses in which a network learns and nothing moves are left out."""
        out, _ = self.process.communicate("\n", timeout=60)
        return float(json.loads(out))


def main(url: str, path: str, executable: str) -> None:
    import select

    from playwright.sync_api import sync_playwright

    root = hasattr(os, "geteuid") and os.geteuid() == 0
    switches = ["--disable-background-networking", "--no-first-run", *(["--no-sandbox"] if root else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=switches)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.add_init_script(COUNT)
        page.goto(url)
        page.goto(url.split("?")[0].rstrip("/") + path)
        counts = []
        while not select.select([sys.stdin], [], [], 0)[0]:
            page.wait_for_timeout(1000 * FRAME_S)
            counts.append(page.evaluate("window.pictures"))
        browser.close()
    rates = [(after - before) / FRAME_S for before, after in itertools.pairwise(counts)]
    moving = [rate for rate in rates if rate > 1.0]
    print(json.dumps(sum(moving) / len(moving) if moving else 0.0), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
