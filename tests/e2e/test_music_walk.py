"""A way through the music studio in one visit: techniques in a chain, their tree, files for other programs, a link."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mido
import numpy as np
import pytest

from tests.e2e import pages
from tests.e2e.conftest import picture
from tests.e2e.test_composing import status
from tests.e2e.test_music import LOAD_LIMIT_MS, open_twinkle, read_wav, ready, rms
from tests.music.sound_font_toy import sound_font

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CELLO = 42


def compose(page: Any, technique: str, **fields: str) -> dict[str, Any]:
    """One step by a technique, kept; what the server holds of it."""
    before = page.url
    page.get_by_role("tab", name="Technique").click()
    page.get_by_role("radio", name=technique).check()
    for label, value in fields.items():
        page.get_by_label(label.replace("_", " "), exact=True).fill(value)
    page.get_by_role("button", name="Compose", exact=True).click()
    status(page, "Done: ")
    page.get_by_role("button", name="Keep", exact=True).click()
    page.wait_for_url(lambda url: url.split("?")[0] != before.split("?")[0] and "run=" not in url)
    ready(page)
    kept: dict[str, Any] = pages.ask(page, f"/music/compositions/{page.url.rsplit('/', 1)[-1]}")
    return kept


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_twinkle_is_accompanied_extended_and_taken_away(visit: Callable[..., Any], browser: Browser,
                                                        tmp_path: Path) -> None:
    page = open_twinkle(visit)
    page.get_by_role("tab", name="Technique").click()
    page.get_by_role("radio", name="GAN").check()
    page.get_by_role("combobox", name="Track 3").select_option(label="Cello")
    accompanied = compose(page, "GAN", Seed="4")
    programs = [part["program"] for part in accompanied["composition"]["parts"]]
    assert len(programs) == 4 and programs[-1] == CELLO
    page.get_by_role("tab", name="Technique").click()
    page.get_by_role("radio", name="Transformer").check()
    page.get_by_text("Gentle", exact=True).click()
    extended = compose(page, "Transformer", Track_extension_duration="4")
    assert extended["settings"]["transformer"]["keep_key"] == 0.8  # of the preset
    assert extended["duration_s"] == pytest.approx(accompanied["duration_s"] + 4, abs=0.7)

    page.get_by_role("tab", name="Next step").click()
    tree = page.get_by_role("list", name="Steps of this piece").get_by_role("listitem")
    tree.nth(2).get_by_text("model in the package").click()
    tree.nth(2).get_by_text("extension s").wait_for()
    assert tree.count() == 3
    picture(page, "music-tree")
    taken = {ending: download(page, name, tmp_path / f"piece.{ending}")
             for ending, name in (("mid", "MIDI"), ("musicxml", "MusicXML"), ("zip", "Project"), ("wav", "WAV"))}
    notes = extended["notes"]
    struck = [event for event in mido.MidiFile(taken["mid"]) if event.type == "note_on" and event.velocity]
    assert len(struck) == notes
    assert {event.program for event in mido.MidiFile(taken["mid"]) if event.type == "program_change"} == set(programs)
    score = ElementTree.parse(taken["musicxml"])
    heads = [note for note in score.iter("note") if note.find("rest") is None]
    assert sum(note.find("tie[@type='stop']") is None for note in heads) == notes
    assert "composition.json" in zipfile.ZipFile(taken["zip"]).namelist()
    rate, sound = read_wav(taken["wav"])
    assert 0.05 < np.abs(sound).max() < 0.999
    whole_s = int(extended["duration_s"])
    assert len(sound) / rate > whole_s
    assert all(rms(sound[second * rate:(second + 1) * rate]) > 0.003 for second in range(whole_s)), "a second is silent"

    font = sound_font()
    page.get_by_label("Sound font file").set_input_files(
        {"name": "mine.sf2", "mimeType": "application/octet-stream", "buffer": font})
    page.get_by_text("mine.sf2 plays now").wait_for()
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_label("Link to the piece").input_value()
    stranger = browser.new_context()
    try:
        shared = stranger.new_page()
        shared.goto(link)
        shared.locator("button.play:enabled").wait_for(timeout=LOAD_LIMIT_MS)
        shared.get_by_role("heading", name="Twinkle").wait_for()
        shared.wait_for_timeout(2500)  # a banner that the studio does not answer came after 1.5 s
        assert shared.get_by_text("not answering").count() == 0
        assert shared.get_by_role("button", name="Make a copy of my own").count() == 0
        assert shared.request.get(f"{pages.origin(page)}/api/v1/music/compositions").status == 401
    finally:
        stranger.close()


def download(page: Any, name: str, path: Path) -> Path:
    with page.expect_download(timeout=LOAD_LIMIT_MS) as found:
        page.get_by_role("button", name=name, exact=True).click()
    found.value.save_as(path)
    return path
