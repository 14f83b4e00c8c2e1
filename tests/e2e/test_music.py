"""The music studio as a person meets it: a melody is opened, heard, edited with mouse and keys, kept and taken away."""

from __future__ import annotations

import itertools
import re
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.e2e import pages
from tests.e2e.conftest import picture

SIZES = {"phone": (360, 740), "laptop": (1280, 800), "wide": (1920, 1080)}
LOAD_LIMIT_MS = 90_000
ROLL = "[role=application]"


def open_twinkle(visit: Callable[..., Any], **how: Any) -> Any:
    """The page with Twinkle on it, its instruments loaded."""
    page = visit("/music/compose", **how)
    page.get_by_role("button", name="Twinkle").click()
    ready(page)
    return page


def ready(page: Any) -> None:
    page.locator("button.play:enabled").wait_for(timeout=LOAD_LIMIT_MS)


def kept_notes(page: Any) -> list[dict[str, Any]]:
    """What the server holds of the open piece, once it is saved."""
    page.get_by_role("status").get_by_text("Saved", exact=True).wait_for()
    piece = pages.ask(page, f"/music/compositions/{page.url.rsplit('/', 1)[-1]}")
    return [note for part in piece["composition"]["parts"] for note in part["notes"]]


def spot(page: Any, share_x: float, share_y: float) -> tuple[float, float]:
    box = page.locator(ROLL).bounding_box()
    return box["x"] + box["width"] * share_x, box["y"] + box["height"] * share_y


def test_twinkle_is_heard_when_play_is_pressed(visit: Callable[..., Any]) -> None:
    page = open_twinkle(visit)
    page.get_by_role("button", name="Play", exact=True).click()
    meter = page.get_by_role("meter", name="Level")
    page.locator("[role=meter]:not([data-first-sound-ms='0'])").wait_for()
    levels = []
    for _ in range(20):
        page.wait_for_timeout(100)
        levels.append(int(meter.get_attribute("aria-valuenow")))
    print(f"first sound {meter.get_attribute('data-first-sound-ms')} ms after Play; levels in per cent: {levels}")
    here = page.locator(ROLL).screenshot()
    page.wait_for_timeout(700)
    assert page.locator(ROLL).screenshot() != here, "the playhead stands still while the music plays"
    page.get_by_role("button", name="Stop", exact=True).click()
    assert sum(level >= 2 for level in levels) >= 14, "it is silent most of the time"
    assert max(levels) < 100, "it clips"
    page.wait_for_timeout(600)
    assert page.get_by_role("button", name="Play", exact=True).is_enabled()


def test_the_wav_file_holds_the_right_pitches_and_does_not_clip(visit: Callable[..., Any], tmp_path: Path) -> None:
    page = open_twinkle(visit)
    page.get_by_role("tab", name="Next step").click()
    with page.expect_download(timeout=LOAD_LIMIT_MS) as download:
        page.get_by_role("button", name="WAV").click()
    assert download.value.suggested_filename == "Twinkle-Twinkle-Little-Star.wav"
    download.value.save_as(tmp_path / "twinkle.wav")
    rate, sound = read_wav(tmp_path / "twinkle.wav")
    beat = 0.6  # seconds a quarter at 100 a minute
    assert len(sound) / rate > 48 * beat
    assert 0.05 < np.abs(sound).max() < 0.999
    # C C G G A A G, by the strongest of the pitches from C4 to C5
    melody = [60, 60, 67, 67, 69, 69, 67]
    assert [strongest_pitch(sound, rate, k * beat + 0.1, 0.4) for k in range(7)] == melody
    for bar in range(12):
        first_beat = sound[int(bar * 4 * beat * rate):int((bar * 4 + 1) * beat * rate)]
        assert rms(first_beat) > 0.005, f"bar {bar + 1} is silent"


def read_wav(path: Path) -> tuple[int, np.ndarray[Any, Any]]:
    with wave.open(str(path)) as file:
        frames = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
        return file.getframerate(), frames.mean(axis=1) / 32768


def rms(sound: np.ndarray[Any, Any]) -> float:
    return float(np.sqrt((sound**2).mean()))


def strongest_pitch(sound: np.ndarray[Any, Any], rate: int, at_s: float, length_s: float) -> int:
    """Of the pitches C4 to C5, that whose fundamental is strongest: one Fourier sum a pitch."""
    piece = sound[int(at_s * rate):int((at_s + length_s) * rate)]
    piece = piece * np.hanning(len(piece))
    times = np.arange(len(piece)) / rate
    pitches = range(60, 73)
    power = [abs(np.exp(-2j * np.pi * 440 * 2 ** ((pitch - 69) / 12) * times) @ piece) for pitch in pitches]
    return pitches[int(np.argmax(power))]


def test_notes_are_drawn_undone_and_still_there_after_a_reload(visit: Callable[..., Any]) -> None:
    page = open_twinkle(visit)
    before = kept_notes(page)
    page.mouse.click(*spot(page, 0.3, 0.15))
    assert len(kept_notes(page)) == len(before) + 1
    page.keyboard.press("Control+z")
    assert kept_notes(page) == before
    page.keyboard.press("Control+Shift+z")
    page.get_by_role("status").get_by_text("Saved", exact=True).wait_for()
    page.reload()
    ready(page)
    assert len(kept_notes(page)) == len(before) + 1


def test_everything_on_the_roll_goes_by_keyboard(visit: Callable[..., Any]) -> None:
    page = open_twinkle(visit)
    roll = page.locator(ROLL)
    said = page.locator("#roll-said")
    roll.focus()
    page.keyboard.press("Home")
    page.keyboard.press("Tab")
    assert said.text_content() == "C4, bar 1, beat 1, quarter note, velocity 80"
    page.keyboard.press("Tab")
    assert "bar 1, beat 2" in said.text_content()
    for key in ("ArrowUp", "ArrowUp", "ArrowRight", "Shift+ArrowRight", "]"):
        page.keyboard.press(key)
    first, second = kept_notes(page)[:2]
    assert (first["onset"], first["pitch"], first["length"]) == (0, 60, 480)
    assert (second["onset"], second["pitch"], second["length"], second["velocity"]) == (600, 62, 600, 88)
    page.keyboard.press("Control+c")
    page.keyboard.press("Escape")
    page.keyboard.press("End")
    page.keyboard.press("Control+v")
    assert kept_notes(page)[-1]["onset"] >= 48 * 480
    page.keyboard.press("Delete")
    page.keyboard.press("Control+a")
    page.keyboard.press("p")
    page.keyboard.press("Delete")
    notes = kept_notes(page)
    assert len(notes) == 42 and all(note["pinned"] for note in notes)
    page.keyboard.press("Escape")
    page.keyboard.press("End")
    page.keyboard.press("Tab")
    assert not page.evaluate("document.activeElement.matches('[role=application]')"), "Tab is caught in the roll"


# A keyboard as the browser hands one out: it joins later, and its keys are pressed by window.midi.
MIDI_KEYBOARD = """() => {
  const input = { name: "Little Keys", state: "connected", onmidimessage: null };
  const access = { inputs: new Map(), onstatechange: null };
  navigator.requestMIDIAccess = async () => access;
  window.plugIn = () => { access.inputs.set("1", input); access.onstatechange(); };
  window.midi = (...data) => input.onmidimessage({ data: new Uint8Array(data), timeStamp: performance.now() });
}"""


def test_a_midi_keyboard_joins_plays_and_is_recorded(visit: Callable[..., Any]) -> None:
    page = visit("/music/compose")
    page.get_by_role("button", name="Open an empty piece").click()
    ready(page)
    page.evaluate(MIDI_KEYBOARD)
    page.get_by_role("button", name="Connect").click()
    page.get_by_text("No keyboard is plugged in yet").wait_for()
    page.evaluate("window.plugIn()")
    page.get_by_text("Connected: Little Keys.").wait_for()
    page.get_by_label("Count-in").select_option("none")
    page.get_by_role("button", name="Record onto this part").click()
    page.get_by_role("button", name="Stop recording").wait_for()
    page.wait_for_timeout(300)
    for pitch, velocity, release in ((64, 101, (0x80, 64, 40)), (67, 33, (0x90, 67, 0))):  # both ways to let a key go
        page.evaluate(f"window.midi(0x90, {pitch}, {velocity})")
        page.evaluate("window.midi(0xfe)")  # active sensing, as many keyboards send it all the time
        page.wait_for_timeout(200)
        page.evaluate(f"window.midi{release}")
    page.get_by_role("button", name="Stop recording").click()
    first, second = kept_notes(page)
    assert [(note["pitch"], note["velocity"]) for note in (first, second)] == [(64, 101), (67, 33)]
    # It was let go; the clock of the sound goes in steps, so that two moments may change places by a few ticks.
    assert first["onset"] + first["length"] <= second["onset"] + 10


def test_the_letters_play_and_are_recorded(visit: Callable[..., Any]) -> None:
    page = visit("/music/compose")
    page.get_by_role("button", name="Open an empty piece").click()
    ready(page)
    page.get_by_label("Count-in").select_option("none")
    page.get_by_text("Play with the letters of this keyboard").click()
    page.get_by_role("button", name="Record onto this part").click()
    page.get_by_role("button", name="Stop recording").wait_for()
    page.wait_for_timeout(300)
    for key in ("z", "x", "c"):
        page.keyboard.down(key)
        page.wait_for_timeout(150)
        page.keyboard.up(key)
    page.get_by_role("button", name="Stop recording").click()
    notes = kept_notes(page)
    assert [note["pitch"] for note in notes] == [60, 62, 64]
    assert all(0 < a["onset"] < b["onset"] for a, b in itertools.pairwise(notes))
    page.get_by_role("button", name="Put the rhythm right").click()
    assert all(note["onset"] % 120 == 0 for note in kept_notes(page))


def test_a_wrong_sound_font_is_refused_in_one_sentence(visit: Callable[..., Any]) -> None:
    page = open_twinkle(visit)
    wrong = {"name": "song.sf2", "mimeType": "application/octet-stream", "buffer": b"RIFF\x70\0\0\0WAVE" + b"\0" * 100}
    page.get_by_label("Sound font file").set_input_files(wrong)
    page.get_by_text('a RIFF file but not a sound font: it says "WAVE" where "sfbk" belongs').wait_for()
    broken = {**wrong, "name": "broken.sf2", "buffer": b"RIFF\x70\0\0\0sfbk" + b"\7" * 108}
    page.get_by_label("Sound font file").set_input_files(broken)
    page.get_by_text("broken.sf2 is broken inside").wait_for()
    assert page.get_by_role("button", name="Play", exact=True).is_enabled()


def test_a_step_is_kept_compared_and_shared(visit: Callable[..., Any]) -> None:
    page = open_twinkle(visit)
    page.get_by_role("tab", name="Next step").click()
    first = page.url
    page.get_by_role("button", name="Keep, and go on").click()
    page.wait_for_url(lambda url: url != first)
    ready(page)
    page.get_by_role("tab", name="Next step").click()
    page.get_by_label("B is").select_option(index=1)
    page.get_by_role("radio", name="B", exact=True).check(force=True)
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_label("Link to the piece").input_value()
    assert re.search(r"/music/shared/\w", link)
    page.goto(link)
    page.get_by_role("heading", name="Twinkle").wait_for()
    ready(page)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_pages_fit_their_window(visit: Callable[..., Any], size: str, dark: bool) -> None:
    width, height = SIZES[size]
    name = f"{size}-{'dark' if dark else 'light'}"
    page = visit("/music", width=width, height=height, dark=dark)
    page.get_by_role("heading", name="Music", exact=True).wait_for()
    assert not pages.sideways(page)
    picture(page, f"music-home-{name}")
    page.goto(f"{pages.origin(page)}/music/compose")
    page.get_by_role("button", name="Twinkle").wait_for()
    assert not pages.sideways(page)
    picture(page, f"music-begin-{name}")
    page.get_by_role("button", name="Twinkle").click()
    ready(page)
    page.locator(ROLL).scroll_into_view_if_needed()
    assert not pages.sideways(page)
    picture(page, f"music-compose-{name}")
    page.get_by_role("group", name="Piano keys").scroll_into_view_if_needed()
    picture(page, f"music-keys-{name}")


def test_ten_thousand_notes(visit: Callable[..., Any]) -> None:
    """Prints how long a frame takes while it is scrolled and while it plays; asserts only that it opens whole."""
    page = visit("/music")
    notes = [{"onset": 240 * (k // 4), "length": 230, "pitch": 40 + (k * 7) % 48, "velocity": 30 + k % 90}
             for k in range(10_000)]
    parts = [{"id": f"part-{i}", "name": f"Part {i}", "notes": notes[i::4]} for i in range(4)]
    piece = pages.order(page, "/music/compositions", {"title": "Ten thousand", "composition": {"parts": parts}})
    page.goto(f"{pages.origin(page)}/music/compose/{piece['id']}")
    ready(page)
    print("scrolled frame by frame, ms:", frame_times(page, scroll=True))
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_timeout(300)
    print("playing, ms:", frame_times(page, scroll=False))
    assert pages.ask(page, f"/music/compositions/{piece['id']}")["notes"] == 10_000


def frame_times(page: Any, scroll: bool) -> dict[str, float]:
    """Median and 95th percentile of the time between frames."""
    return page.evaluate(
        """async (scroll) => {
            const roll = document.querySelector('[role=application]');
            const between = [];
            let last = await new Promise(requestAnimationFrame);
            for (let i = 0; i < 90; i++) {
                if (scroll) roll.dispatchEvent(new WheelEvent('wheel', {deltaX: 12, cancelable: true, bubbles: true}));
                const now = await new Promise(requestAnimationFrame);
                between.push(now - last);
                last = now;
            }
            between.sort((a, b) => a - b);
            const at = (share) => Math.round(between[Math.floor(share * between.length)] * 10) / 10;
            return {median: at(0.5), p95: at(0.95)};
        }""",
        scroll,
    )


def test_a_midi_file_goes_out_and_comes_back_with_the_chosen_bars(visit: Callable[..., Any], tmp_path: Path) -> None:
    page = open_twinkle(visit)
    page.get_by_role("tab", name="Next step").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="MIDI", exact=True).click()
    download.value.save_as(tmp_path / "twinkle.mid")
    page.goto(f"{pages.origin(page)}/music/compose")
    page.get_by_label("File of notes").set_input_files(tmp_path / "twinkle.mid")
    page.get_by_text("12 bars of 4/4").wait_for()
    page.get_by_label("to bar").fill("2")
    page.get_by_role("button", name="Open this piece").click()
    ready(page)
    assert [note["pitch"] for note in kept_notes(page)] == [60, 60, 67, 67, 69, 69, 67]


def test_a_file_that_is_no_music_is_refused_in_a_sentence(visit: Callable[..., Any]) -> None:
    page = visit("/music/compose", expect=r"status of 4\d\d")
    wrong = {"name": "letter.mid", "mimeType": "audio/midi", "buffer": b"Dear sir or madam, " * 40}
    page.get_by_label("File of notes").set_input_files(wrong)
    page.get_by_role("alert").wait_for()
    assert page.get_by_role("button", name="Open this piece").count() == 0
