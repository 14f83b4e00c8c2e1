"""Pictures a second of the live view in a real browser: Chromium as it starts by itself, nothing switched on for it.

A process of its own (`python -m trivium.bench.browser URL CHROMIUM`): it says when it is there, shows the page that a
line names, and ends with the next line.
"""

from __future__ import annotations

import importlib.util
import itertools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = ("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
       "/Applications/Chromium.app/Contents/MacOS/Chromium")
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
INTERVAL_S = 2.0
MOVING = 1.0  # pictures a second; fewer, and nothing drove in that interval


def missing() -> str | None:
    """What is not here that a browser needs; None where all is."""
    if chromium() is None:
        return "no Chromium here"
    return None if importlib.util.find_spec("playwright") else "Playwright is not installed"


def chromium() -> str | None:
    """The system's Chromium or Chrome."""
    return next((found for name in NAMES if (found := shutil.which(name))), None) or next(
        (path for path in MAC if Path(path).exists()), None)


def switches() -> list[str]:
    """What Chromium is started with: it asks nobody for anything; as root it can't confine itself."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return ["--disable-background-networking", "--no-first-run", *(["--no-sandbox"] if root else [])]


class Browser:
    """A browser that is there before it is shown a page, so that its start is not counted with the page."""

    def __init__(self, url: str) -> None:
        self.process = subprocess.Popen([sys.executable, "-m", "trivium.bench.browser", url, chromium() or ""],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdin is not None and self.process.stdout is not None
        self.said, self.told = self.process.stdout, self.process.stdin
        self.said.readline()

    def watch(self, run: str) -> None:
        """Show a run's page."""
        self.told.write(f"/racing/runs/{run}\n")
        self.told.flush()

    def pictures_per_s(self) -> float:
        """The mean while the cars drove; intervals in which nothing moved are left out."""
        out, _ = self.process.communicate("\n", timeout=60)
        return float(json.loads(out))


def main(url: str, executable: str) -> None:
    import select

    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=switches())
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.add_init_script(COUNT)
        page.goto(url)
        print("here", flush=True)
        page.goto(url.split("?")[0].rstrip("/") + sys.stdin.readline().strip())
        counts = []
        while not select.select([sys.stdin], [], [], 0)[0]:
            page.wait_for_timeout(1000 * INTERVAL_S)
            counts.append(page.evaluate("window.pictures"))
        browser.close()
    rates = [(after - before) / INTERVAL_S for before, after in itertools.pairwise(counts)]
    moving = [rate for rate in rates if rate > MOVING]
    print(json.dumps(sum(moving) / len(moving) if moving else 0.0), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
