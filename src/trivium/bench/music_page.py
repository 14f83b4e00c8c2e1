"""The music page in a real browser: frames a second of the piano roll with 10,000 notes, from Play to the first sound,
from Compose to the first notes on the roll. Chromium as it starts by itself; mouse, wheel and keys as a person's.

A frame is an interval between two of the browser's own calls for animation, which come 60 times a second where nothing
keeps it: beside each rate stands that of the page at rest.
"""

from __future__ import annotations

import itertools
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from trivium.bench import browser
from trivium.bench.result import Result
from trivium.bench.studio import Studio
from trivium.bench.waiting import MUSIC, waiting

NOTES = 10_000
CHORD = (0, 4, 7, 12)  # semitones; one is struck each sixteenth
PAUSE_S = 0.004  # between two movements of the hand: more than one of them falls into a frame
BEGIN = """() => {
  const seen = (window.seen = []);
  const frame = (now) => { if (window.seen === seen) { seen.push(now); requestAnimationFrame(frame); } };
  requestAnimationFrame(frame);
}"""
END = "() => { const seen = window.seen; window.seen = null; return seen; }"
COMPOSE = """() => new Promise((done) => {
  const button = [...document.querySelectorAll("button")].find((one) => one.textContent.trim() === "Compose");
  const begin = performance.now();
  const look = () => {
    const edits = document.querySelector('[aria-label="Edits that are shown"]');
    if (edits && Number(edits.max) > 0) done((performance.now() - begin) / 1000);
    else requestAnimationFrame(look);
  };
  button.click();
  look();
})"""
FIRST_SOUND = "() => Number(document.querySelector('[data-first-sound-ms]')?.dataset.firstSoundMs ?? 0)"
TECHNIQUES = ("AR-CNN", "Transformer", "GAN")


@dataclass(frozen=True)
class Frames:
    """Intervals between frames, in milliseconds and in order of length."""

    intervals_ms: list[float]

    @property
    def per_s(self) -> float:
        return 1000 / statistics.mean(self.intervals_ms)

    @property
    def note(self) -> str:
        return f"median {statistics.median(self.intervals_ms):.1f} ms, 95 % within {self.within(0.95):.1f} ms"

    def within(self, share: float) -> float:
        return self.intervals_ms[min(int(share * len(self.intervals_ms)), len(self.intervals_ms) - 1)]


def bench(quick: bool) -> Iterator[Result]:
    """A row for each thing that a person does; nothing, with a line that says why, where there is no browser."""
    why_not = browser.missing()
    if why_not:
        click.echo(f"the page is left out: {why_not}", err=True)
        return
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as scratch, Studio(Path(scratch)) as studio, sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=browser.chromium(), args=browser.switches())
        page = started.new_page(viewport={"width": 1280, "height": 1000})  # all of the roll
        page.goto(f"{studio.url}/?token={studio.token}")
        yield from frames(studio, page, 1.0 if quick else 5.0)
        yield from sounds(studio, page, 1 if quick else 5)
        yield from first_notes(studio, page, 1 if quick else 5)
        started.close()


def many_notes() -> dict[str, Any]:
    """One part of chords in sixteenths, 156 bars: the part that is edited costs the roll the most."""
    notes = [{"onset": 120 * step, "length": 110, "pitch": 48 + 7 * step % 24 + up, "velocity": 40 + step % 80}
             for step in range(NOTES // len(CHORD)) for up in CHORD]
    return {"title": f"{NOTES} notes", "parts": [{"id": "part-1", "name": "Piano", "notes": notes}]}


def opened(studio: Studio, page: Any, body: dict[str, Any]) -> None:
    """Show a new piece, once its instruments can be heard."""
    piece = studio.post(f"{MUSIC}/compositions", body)["id"]
    page.goto(f"{studio.url}/music/compose/{piece}")
    page.get_by_role("button", name="Play", exact=True).and_(page.locator(":enabled")).wait_for(timeout=120_000)


def frames(studio: Studio, page: Any, seconds: float) -> Iterator[Result]:
    """Of the roll with all its notes in sight or many of them, whatever is done there."""
    opened(studio, page, {"composition": many_notes()})
    hand = Hand(page)
    rest = hand.watched(lambda _turn: None, seconds)

    def row(what: str, found: Frames) -> Result:
        return Result(f"Piano roll, {NOTES:,} notes, {what}", found.per_s, "frames/s", "the page at rest", rest.per_s,
                      found.note)

    yield row("scrolling", hand.watched(lambda turn: page.mouse.wheel(60 * there_and_back(turn), 0), seconds))
    with hand.held("Control"):
        yield row("zooming", hand.watched(lambda turn: page.mouse.wheel(0, 30 * there_and_back(turn)), seconds))
        for _ in range(60):
            page.mouse.wheel(0, 60)  # until everything is in sight
    with hand.playing():
        yield row("playing, all in sight", hand.watched(lambda _turn: None, seconds))
    hand.roll.focus()
    page.keyboard.press("Home")
    hand.choose("Select notes (2)")
    hand.drag_box()
    yield row("dragging a selection", hand.dragged(seconds))
    hand.roll.focus()
    page.keyboard.press("Control+a")
    yield row("dragging all of them", hand.dragged(seconds))


def there_and_back(turn: int) -> int:
    """60 times 1, 60 times -1, and again."""
    return 1 if turn // 60 % 2 == 0 else -1


class Hand:
    """A person's hand on the roll, and an eye on the frames."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.roll = page.get_by_role("application", name="Piano roll")
        self.roll.focus()
        self.look()

    def look(self) -> None:
        """Where the roll lies now, for a press of a button may have scrolled the page; the hand goes there."""
        self.roll.scroll_into_view_if_needed()
        self.box = self.roll.bounding_box()
        self.to(0.5, 0.4)

    def to(self, x: float, y: float) -> None:
        """To a place on the roll, in shares of its width and height."""
        self.page.mouse.move(self.box["x"] + x * self.box["width"], self.box["y"] + y * self.box["height"])

    def watched(self, move: Callable[[int], object], seconds: float) -> Frames:
        """The frames while this is done again and again."""
        self.page.evaluate(BEGIN)
        until = time.monotonic() + seconds
        for turn in itertools.count():
            move(turn)
            time.sleep(PAUSE_S)
            if time.monotonic() > until:
                break
        times = self.page.evaluate(END)
        return Frames(sorted(after - before for before, after in itertools.pairwise(times)))

    @contextmanager
    def held(self, key: str) -> Iterator[None]:
        """With a key held down."""
        self.page.keyboard.down(key)
        yield
        self.page.keyboard.up(key)

    @contextmanager
    def playing(self) -> Iterator[None]:
        """While the piece plays."""
        self.page.get_by_role("button", name="Play", exact=True).click()
        yield
        self.page.get_by_role("button", name="Stop", exact=True).first.click()
        self.look()

    def choose(self, tool: str) -> None:
        self.page.get_by_role("button", name=tool, exact=True).click()
        self.look()

    def drag_box(self) -> None:
        """Select what lies in some tenth of the roll."""
        self.to(0.3, 0.1)
        self.page.mouse.down()
        self.to(0.5, 0.8)
        self.page.mouse.up()

    def dragged(self, seconds: float) -> Frames:
        """The frames while the selected notes are dragged to and fro; then they are let go where they were."""
        x, y = self.on_a_note()
        self.page.mouse.down()
        found = self.watched(lambda turn: self.to(x + 0.03 * (turn % 40) / 40, y + 0.05 * (turn % 25) / 25), seconds)
        self.page.keyboard.press("Escape")
        self.page.mouse.up()
        return found

    def on_a_note(self) -> tuple[float, float]:
        """A place where a note can be grabbed; the pointer tells."""
        for x, y in itertools.product((0.4, 0.405, 0.41, 0.42), [0.2 + k / 200 for k in range(100)]):
            self.to(x, y)
            if self.roll.evaluate("(roll) => roll.style.cursor") in ("grab", "col-resize"):
                return x, y
        raise RuntimeError("no note lies there")


def sounds(studio: Studio, page: Any, repetitions: int) -> Iterator[Result]:
    """From the press of Play to the first sample that is not silent, as the page itself measures it."""
    opened(studio, page, {"tune": "twinkle"})
    waits = []
    for _ in range(repetitions):
        page.get_by_role("button", name="Play", exact=True).click()
        waits.append(first_sound_ms(page))
        page.get_by_role("button", name="Stop", exact=True).first.click()
        page.get_by_role("button", name="To the beginning").click()
    yield Result("Play to the first sound", statistics.median(waits), "ms", note=f"the first time {waits[0]:.0f} ms")


def first_sound_ms(page: Any) -> float:
    """What the page has measured, once it has; asked for again and again, for its policy forbids it code of ours."""
    while not (found := float(page.evaluate(FIRST_SOUND))):
        time.sleep(0.05)
    return found


def first_notes(studio: Studio, page: Any, repetitions: int) -> Iterator[Result]:
    """From the press of Compose to the first edit or passage that the page shows, by each technique."""
    opened(studio, page, {"tune": "twinkle"})
    page.get_by_role("tab", name="Technique").click()
    for technique in TECHNIQUES:
        page.get_by_role("radio", name=technique).check()
        waits = []
        for _ in range(repetitions):
            waiting(studio)
            waits.append(page.evaluate(COMPOSE))
            page.get_by_role("button", name="Keep", exact=True).wait_for()
            page.get_by_role("button", name="Throw away").click()
            page.get_by_role("button", name="Compose", exact=True).wait_for()
        yield Result(f"{technique}, first notes on the page", statistics.median(waits), "s")
