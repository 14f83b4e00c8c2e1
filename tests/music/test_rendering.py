"""Sound from notes, against closed forms: a font whose one sample is a sine, whose pitch and level are known."""

from __future__ import annotations

import io
import json
import math
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.music.sound_font_toy import HERTZ, RATE_HZ, sound_font
from trivium import music
from trivium.errors import BadConfig, BadFile, NotFound
from trivium.music.commands.render import render as command
from trivium.music.notes import Composition, Note, Part, Tempo
from trivium.music.sound import rendering
from trivium.music.sound.font import SoundFont
from trivium.music.sound.rendering import Audio, bundled_font, encoded, render, sound_file, wav
from trivium.music.sound.voice import envelope
from trivium.settings import Settings

AMPLITUDE = 20_000 / 32768
VELOCITY_80, VOLUME_100, MIDDLE = (80 / 127) ** 2, (100 / 127) ** 2, math.sqrt(0.5)


def font_file(folder: Path, *zone: tuple[int, int], **more: Any) -> Path:
    path = folder / "toy.sf2"
    path.write_bytes(sound_font(((54, 1), *zone), **more))
    return path


def one_note(pitch: int = 69, quarters: int = 2, **part: Any) -> Composition:
    """At 60 quarters a minute, so a quarter is a second."""
    note = Note(onset=480, length=480 * quarters, pitch=pitch, velocity=80)
    return Composition(tempos=[Tempo(bpm=60)], parts=[Part(notes=[note], **part)])


def heard_hertz(wave_: Any) -> float:
    """Pitch of a steady sine, by counting upward zero crossings between the first and the last."""
    ups = np.flatnonzero((wave_[:-1] < 0) & (wave_[1:] >= 0))
    exact = ups + wave_[ups] / (wave_[ups] - wave_[ups + 1])
    return float(RATE_HZ * (len(exact) - 1) / (exact[-1] - exact[0]))


def steady(audio: Audio) -> Any:
    """A second in the middle of the note, left channel."""
    return audio.wave[0, int(1.5 * RATE_HZ):int(2.5 * RATE_HZ)]


@pytest.mark.parametrize(("pitch", "zone", "semitones"), [
    (69, (), 0), (81, (), 12), (57, (), -12), (70, (), 1), (69, ((51, 3),), 3), (69, ((52, 50),), 0.5),
    (81, ((56, 50),), 6), (69, ((58, 57),), 12), (60, ((46, 69),), 0),
])
def test_a_note_has_its_pitch(tmp_path: Path, pitch: int, zone: tuple[tuple[int, int], ...], semitones: float) -> None:
    audio = render(one_note(pitch), font_file(tmp_path, *zone), room=False)
    assert heard_hertz(steady(audio)) == pytest.approx(HERTZ * 2 ** (semitones / 12), rel=2e-4)


@pytest.mark.parametrize(("part", "zone", "gain"), [
    ({}, (), VOLUME_100), ({"volume": 127}, (), 1.0), ({"volume": 0}, (), 0.0),
    ({}, ((48, 250),), VOLUME_100 * 10 ** -0.5),  # 25 dB, of which synthesizers make 10
    ({}, ((37, 200),), VOLUME_100 * 0.1),  # sustained 20 dB down
])
def test_a_note_has_its_level(tmp_path: Path, part: dict[str, int], zone: tuple[tuple[int, int], ...],
                              gain: float) -> None:
    audio = render(one_note(**part), font_file(tmp_path, *zone), room=False)
    expected = rendering.MASTER * AMPLITUDE * VELOCITY_80 * MIDDLE * gain
    assert float(np.abs(steady(audio)).max()) == pytest.approx(expected, rel=2e-3, abs=1e-9)


def test_it_begins_and_ends_when_it_should(tmp_path: Path) -> None:
    audio = render(one_note(quarters=2), font_file(tmp_path, (38, -3986)), room=False)  # released in 0.1 s
    sounding = np.flatnonzero(np.abs(audio.wave[0]) > 1e-4)
    assert sounding[0] / RATE_HZ == pytest.approx(1.0, abs=0.002)
    assert 3.0 < sounding[-1] / RATE_HZ < 3.1
    assert np.abs(audio.wave[0, int(3.11 * RATE_HZ):]).max() == 0


@pytest.mark.parametrize(("pan", "left", "right"), [(0, 1.0, 0.0), (64, MIDDLE, MIDDLE), (127, 0.0, 1.0)])
def test_it_stands_where_it_should(tmp_path: Path, pan: int, left: float, right: float) -> None:
    audio = render(one_note(pan=pan), font_file(tmp_path), room=False)
    loud = np.abs(audio.wave).max(axis=1) / (rendering.MASTER * AMPLITUDE * VELOCITY_80 * VOLUME_100)
    assert loud == pytest.approx([left, right], abs=2e-3)


def test_what_is_muted_is_not_heard(tmp_path: Path) -> None:
    loud = Part(id="a", notes=[Note(onset=0, length=480, pitch=69)])
    quiet = loud.model_copy(update={"id": "b"})
    font = font_file(tmp_path)
    alone = render(Composition(parts=[loud]), font, room=False).wave
    for others in ([loud, quiet.model_copy(update={"mute": True})], [loud.model_copy(update={"solo": True}), quiet]):
        assert np.array_equal(render(Composition(parts=others), font, room=False).wave, alone)
    assert render(Composition(parts=[loud.model_copy(update={"mute": True})]), font).peak == 0


def test_two_notes_are_their_sum_and_a_repeated_one_is_struck_again(tmp_path: Path) -> None:
    font = font_file(tmp_path)
    notes = [Note(onset=0, length=480, pitch=69), Note(onset=480, length=480, pitch=69),
             Note(onset=0, length=960, pitch=76)]
    waves = [render(Composition(parts=[Part(notes=some)]), font, room=False).wave for some in ([notes[0]], [notes[1]],
                                                                                         [notes[2]], notes)]
    summed = np.zeros_like(waves[3])
    for each in waves[:3]:
        summed[:, :each.shape[1]] += each
    assert np.allclose(summed, waves[3], atol=1e-6)


def test_a_loud_piece_does_not_clip(tmp_path: Path) -> None:
    notes = [Note(onset=0, length=480, pitch=pitch, velocity=127) for pitch in range(40, 100)]
    audio = render(Composition(parts=[Part(notes=notes, volume=127)]), font_file(tmp_path))
    assert audio.peak == pytest.approx(rendering.PEAK, abs=1e-6)


def test_a_room_adds_an_echo_and_leaves_the_rest(tmp_path: Path) -> None:
    dry, wet = (render(one_note(), font_file(tmp_path), room=room).wave for room in (False, True))
    assert np.allclose(wet[:, :RATE_HZ], dry[:, :RATE_HZ], atol=1e-6)  # before the note
    echo = wet[:, int(3.2 * RATE_HZ):]
    assert 0 < np.abs(echo[:, :RATE_HZ // 2]).max() < 0.3 * np.abs(dry).max()
    assert np.abs(wet[:, -100:]).max() < 1e-3 * np.abs(dry).max()


def test_the_envelope_is_the_specifications() -> None:
    zone = SoundFont(sound_font(((34, 0), (35, 0), (36, 0), (37, 400), (38, 0)))).zones(0, is_drum=False)[0]
    gain = envelope(zone, 60, 5 * RATE_HZ, 6 * RATE_HZ, RATE_HZ)  # attack, hold, decay and release of one second each
    at = {second: float(gain[int(second * RATE_HZ)]) for second in (0.5, 1.5, 2.2, 2.4, 3.0, 5.5)}
    expected = {0.5: 0.5, 1.5: 1.0, 2.2: 0.1, 2.4: 0.01, 3.0: 0.01, 5.5: 0.01 * 10 ** -2.5}
    assert at == pytest.approx(expected, rel=0.01)


def test_a_hi_hat_is_closed_by_the_next(tmp_path: Path) -> None:
    font = font_file(tmp_path, (57, 1), (38, 1200))
    notes = [Note(onset=0, length=60, pitch=46), Note(onset=480, length=60, pitch=42)]
    both, first = (render(Composition(tempos=[Tempo(bpm=60)], parts=[Part(is_drum=True, notes=some)]), font, room=False)
                   for some in (notes, notes[:1]))
    second = render(Composition(tempos=[Tempo(bpm=60)], parts=[Part(is_drum=True, notes=notes[1:])]), font, room=False)
    later = slice(int(1.05 * RATE_HZ), int(1.5 * RATE_HZ))
    assert np.abs(first.wave[0, later]).max() > 0
    assert np.allclose(both.wave[0, later], second.wave[0, later], atol=1e-7)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(sound_font(samples=b"\1\2" * 40)) - 1), st.binary(max_size=12))
def test_a_damaged_font_is_refused_in_words(at: int, bytes_: bytes) -> None:
    content = sound_font(samples=b"\1\2" * 40)
    damaged = content[:at] + bytes_ + content[at + len(bytes_):]
    try:
        font = SoundFont(damaged)
        for zone in font.zones(0, is_drum=False):
            font.sample(zone)
    except BadFile as error:
        assert error.hint


@pytest.mark.parametrize("content", [b"", b"RIFF", b"not a font at all", sound_font()[:200]])
def test_what_is_no_font_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.sf2").write_bytes(content)
    with pytest.raises(BadFile, match="no sound font"):
        render(one_note(), tmp_path / "bad.sf2")


def test_a_piece_of_hours_is_refused(tmp_path: Path) -> None:
    piece = Composition(tempos=[Tempo(bpm=4)], parts=[Part(notes=[Note(onset=480 * 200, length=480, pitch=60)])])
    with pytest.raises(BadConfig, match="longer than 30 minutes"):
        render(piece, font_file(tmp_path))


def test_files_hold_what_was_rendered(tmp_path: Path) -> None:
    import av

    audio = render(one_note(), font_file(tmp_path))
    with wave.open(io.BytesIO(wav(audio))) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (2, RATE_HZ, audio.wave.shape[1])
        read = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    assert np.abs(read / 32767 - audio.wave.T).max() < 1e-4
    with av.open(io.BytesIO(encoded(audio, "flac", 0))) as container:
        frames = [frame.to_ndarray().reshape(-1, 2) for frame in container.decode(audio=0)]
    assert np.array_equal(np.concatenate(frames), read)


def test_the_command_writes_a_file(tmp_path: Path) -> None:
    out, font = tmp_path / "song.ogg", font_file(tmp_path)
    done = CliRunner().invoke(command, ["twinkle", "--out", str(out), "--font", str(font), "--json"],
                              obj=Settings(tmp_path), standalone_mode=False)
    assert done.exception is None, done.output
    said = json.loads(done.stdout)
    assert said["duration_s"] > 20 and 0 < said["peak"] <= 1
    assert out.read_bytes()[:4] == b"OggS"


def test_fewer_bits_make_a_smaller_file() -> None:
    noise = Audio(np.random.default_rng(1).uniform(-0.3, 0.3, (2, 48_000)), 48_000)
    small, large = (len(noise.packed("ogg", kbps)) for kbps in (24, 96))
    assert 2 * small < large
    assert len(noise.packed("flac", 24)) == len(noise.packed("flac"))


def test_an_ending_that_says_nothing_is_refused() -> None:
    with pytest.raises(BadConfig, match=r"\.mp3"):
        sound_file("song.mp3")


def test_without_pages_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(rendering, "__file__", str(tmp_path / "a" / "b" / "rendering.py"))
    with pytest.raises(NotFound, match="instruments"):
        bundled_font()


@pytest.mark.parametrize("program", [0, 24, 33, 40, 48, 56, 73, 80])
def test_the_bundled_instruments_are_in_tune(program: int) -> None:
    """A4 at 440 Hz: its spectrum has a peak within a quarter of a semitone of it or of an octave of it."""
    try:
        bundled_font()
    except NotFound as missing:
        pytest.skip(missing.message)
    audio = music.render(one_note(program=program), room=False)
    part = audio.wave[0, int(1.1 * RATE_HZ):int(1.1 * RATE_HZ) + 2 ** 15]
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)), 2 ** 18))
    loudest = np.argmax(spectrum) * RATE_HZ / 2 ** 18
    octaves = math.log2(loudest / 440)
    assert abs(octaves - round(octaves)) < 0.25 / 12
    assert 0.005 < audio.peak < 1
