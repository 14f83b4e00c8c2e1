"""Own music in, a model of it out, used to compose: a learner's way through the training pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import pages
from tests.e2e.conftest import picture
from tests.e2e.test_accessibility import everywhere
from tests.music.arcnn_toy import chord_piece
from trivium.music.files.midi_write import write_midi

SETTINGS = {"Filters": "4", "Updates": "3", "Levels": "1", "Windows a batch": "2", "Evaluate every": "1"}


@pytest.fixture
def songs(tmp_path: Path) -> Path:
    """A folder as people have it: pieces, a text file, a broken one."""
    folder = tmp_path / "My songs"
    folder.mkdir()
    for seed in range(20):
        (folder / f"{seed}.mid").write_bytes(write_midi(chord_piece(seed)))
    (folder / "read me.txt").write_text("hello")
    (folder / "broken.mid").write_bytes(b"MThd no")
    return folder


@pytest.mark.timeout(300)
def test_a_folder_of_songs_becomes_a_model_that_composes(visit: Callable[..., Any], songs: Path) -> None:
    page = visit("/music/data")
    page.get_by_label("Folder of notes").set_input_files(str(songs))
    page.get_by_text("21 files of notes").wait_for()
    page.get_by_role("button", name="Make the set").click()
    page.get_by_role("link", name="My-songs", exact=True).click(timeout=120_000)
    page.get_by_role("heading", name="Its pieces").wait_for()
    page.get_by_text("21 files read, 1 of them not readable.").wait_for()
    page.get_by_role("button", name=re.compile("^Play Toy")).first.wait_for()
    assert everywhere(page, ("telephone",)) == {}

    page.set_viewport_size({"width": 1280, "height": 800})
    page.get_by_role("link", name="Train on it").click()
    page.get_by_role("radio", name="AR-CNN").check()
    for fold in page.locator("summary").all():
        fold.click()
    for label, value in SETTINGS.items():
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_text("--data My-songs --seed 1 --set arcnn.filters=4").wait_for()
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_url("**/music/runs/*")
    run = page.url.rsplit("/", 1)[-1]
    page.get_by_role("slider", name="Checkpoint").wait_for(timeout=120_000)
    pages.wait_for_run(page, run, {"succeeded"})

    page.get_by_role("button", name="Use it to compose").wait_for()
    roll = page.get_by_role("img", name=re.compile(r"notes, \d+ of them written by the model"))
    last = roll.get_attribute("aria-label")
    page.get_by_role("slider", name="Checkpoint").press("Home")
    page.get_by_text("Update 1", exact=True).wait_for()
    assert last and roll.get_attribute("aria-label")
    page.get_by_text(re.compile("It went from .* to .* XOR cross-entropy")).wait_for()
    page.get_by_role("tab", name="Model card").click()
    page.get_by_text("Adds and removes notes").wait_for()
    page.locator("summary").get_by_text("Musical measures").click()
    page.get_by_role("cell", name=re.compile("like real music|not told apart|off")).first.wait_for()
    picture(page, "music-training")
    assert everywhere(page, ("telephone",)) == {}

    page.get_by_role("button", name="Use it to compose").click()
    page.wait_for_url("**/music/compose")
    tune = pages.order(page, "/music/compositions", {"tune": "twinkle"})
    step = pages.order(page, "/music/composings", {"composition": tune["id"], "technique": "arcnn", "model": run,
                                                   "controls": {"sampling_iterations": 2}})
    pages.wait_for_run(page, step["id"], {"succeeded"})
    kept = pages.order(page, f"/music/composings/{step['id']}/keep")
    assert kept["model"] != "arcnn-default" and kept["parent"] == tune["id"]


def test_what_is_no_music_is_told_before_it_is_sent(visit: Callable[..., Any], tmp_path: Path) -> None:
    page = visit("/music/train")
    page.get_by_role("link", name=re.compile("^Make (a|another) training set")).first.click()
    page.get_by_label("Files of notes").set_input_files(
        {"name": "poem.txt", "mimeType": "text/plain", "buffer": b"no notes"})
    page.get_by_role("alert").get_by_text("is a file of notes").wait_for()
    page.get_by_label("Files of notes").set_input_files(
        {"name": "empty.zip", "mimeType": "application/zip", "buffer": b"PK\x05\x06" + b"\0" * 18})
    page.get_by_role("button", name="Make the set").click()
    page.get_by_role("alert").get_by_text("it is empty").wait_for(timeout=60_000)
    page.get_by_role("button", name="Close: Training set").click()
    page.get_by_role("alert").wait_for(state="detached")
