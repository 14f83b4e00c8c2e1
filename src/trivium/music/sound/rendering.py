"""A composition as sound, by the instruments of a sound font, without a loudspeaker: a few hundred times real time.

    audio = trivium.music.render(piece)
    trivium music render twinkle --out twinkle.wav

Each note is a few NumPy operations (voice.py), laid into a stereo mix; a little room is laid on the whole. The
mix is turned down where it would clip, and never up.
"""

from __future__ import annotations

import io
import wave
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from trivium.errors import BadConfig, BadFile, NotFound
from trivium.music.bars import seconds_at
from trivium.music.notes import Composition, Note, Part
from trivium.music.sound.font import CLASS, PAN, Floats, SoundFont, Zone
from trivium.music.sound.voice import (
    envelope,
    filtered,
    is_looped,
    level,
    ratio,
    release_s,
    stretched,
)

RATE_HZ = 44_100
OPUS_RATE_HZ = 48_000  # Opus knows no 44,100
MAX_MINUTES = 30
MASTER = 2.0  # one melody is about as loud as a song on the radio; four parts stay below full scale
PEAK = 0.98
ROOM_S, ROOM_SHARE = 1.4, 0.1  # reverberation until -60 dB; its share of the loudness
CUT_S = 0.03  # a closing hi-hat stops an open one in this time


SoundFormat = Literal["wav", "flac", "ogg"]
CODECS: dict[SoundFormat, str] = {"flac": "flac", "ogg": "libopus"}
OPUS_KBPS = 96


@dataclass(frozen=True)
class Audio:
    """Sound."""

    wave: Floats  # (2, n) left and right, in -1..1
    rate_hz: int

    @property
    def duration_s(self) -> float:
        """Its length in seconds."""
        return float(self.wave.shape[1] / self.rate_hz)

    @property
    def peak(self) -> float:
        """Its largest deviation; 1 is full scale."""
        return float(np.abs(self.wave).max(initial=0.0))

    def packed(self, format: SoundFormat, kbps: int = OPUS_KBPS) -> bytes:
        """The content of a sound file. `kbps`: thousand bits a second, of Opus alone."""
        return wav(self) if format == "wav" else encoded(self, CODECS[format], kbps if format == "ogg" else 0)


def bundled_font() -> Path:
    """The General MIDI instruments that are built into the pages."""
    assets = Path(__file__).parents[2] / "static" / "assets"
    found = sorted(assets.glob("FluidR3Mono_GM-*.sf3"))
    if not found:
        raise NotFound("The instruments are not here yet; they come with the pages.",
                       "Build the pages with: make web. Or name a sound font with --font.")
    return found[0]


def render(piece: Composition, font: Path | str | None = None, rate_hz: int = RATE_HZ, room: bool = True) -> Audio:
    """The parts that are to be heard, mixed.

    Args:
        piece: what to play; muted parts are left out, and all but the solo parts where there are any.
        font: a .sf2 or .sf3 file; the one in the package if left out.
        rate_hz: samples a second.
        room: a little reverberation.

    Raises:
        BadConfig: the piece is longer than MAX_MINUTES.
        BadFile: the font is none.
    """
    instruments = opened(Path(font) if font is not None else bundled_font())
    ends = [seconds_at(piece.tempos, note.end) for part in audible(piece) for note in part.notes]
    if max(ends, default=0.0) > MAX_MINUTES * 60:
        raise BadConfig(f"The piece is longer than {MAX_MINUTES} minutes.", "Render a few bars of it at a time.")
    mix = Mix(max(ends, default=0.0), rate_hz)
    for part in audible(piece):
        Player(instruments, part, rate_hz).play(piece, mix)
    return Audio(limited(reverberated(mix.trimmed(), rate_hz) if room else mix.trimmed()), rate_hz)


def opened(path: Path) -> SoundFont:
    """The font in a file; the last one is remembered, for decoding its samples takes as long as playing a song."""
    try:
        return _opened(path, path.stat().st_mtime_ns)
    except OSError as error:
        raise BadFile(f"{path} can't be read: {error.strerror}.", "Check the path.") from None


@lru_cache(maxsize=1)
def _opened(path: Path, _changed_ns: int) -> SoundFont:
    return SoundFont(path.read_bytes())


def audible(piece: Composition) -> list[Part]:
    """The parts that are heard."""
    solo = [part for part in piece.parts if part.solo and not part.mute]
    return solo or [part for part in piece.parts if not part.mute]


class Mix:
    """Two channels that notes are laid into; they grow with the last note's echo."""

    def __init__(self, seconds: float, rate_hz: int) -> None:
        self.wave = np.zeros((2, int((seconds + 8.0) * rate_hz) + 1), dtype=np.float32)
        self.least = int((seconds + 0.25) * rate_hz)
        self.used = 0

    def add(self, at: int, wave: Floats, gains: tuple[float, float]) -> None:
        """Lay (n,) in, from sample `at` on."""
        room = self.wave.shape[1] - at
        wave = wave[:room]
        for channel, gain in enumerate(gains):
            self.wave[channel, at:at + len(wave)] += wave * np.float32(gain)
        self.used = max(self.used, at + len(wave))

    def trimmed(self) -> Floats:
        """What was used of it."""
        return self.wave[:, :max(self.used, self.least)]


class Player:
    """Plays one part."""

    def __init__(self, font: SoundFont, part: Part, rate_hz: int) -> None:
        self.font, self.part, self.rate_hz = font, part, rate_hz
        self.zones = font.zones(part.program, part.is_drum)
        self.waves: dict[tuple[int, int], Floats] = {}  # zone and pitch -> the longest wave so far

    def play(self, piece: Composition, mix: Mix) -> None:
        """Lay all notes into the mix."""
        stops = self._stops(piece)
        for index, note in enumerate(self.part.notes):
            begin, end = seconds_at(piece.tempos, note.onset), seconds_at(piece.tempos, note.end)
            for zone in self.zones:
                if zone.sounds_for(note.pitch, note.velocity):
                    self._voice(mix, zone, note, begin, end - begin, stops.get(index))

    def _voice(self, mix: Mix, zone: Zone, note: Note, begin_s: float, held_s: float, stop_s: float | None) -> None:
        held = int(held_s * self.rate_hz)
        wave = self._wave(zone, note.pitch, held + int(release_s(zone) * self.rate_hz))
        wave = wave * envelope(zone, note.pitch, held, len(wave), self.rate_hz)
        if stop_s is not None:
            wave = cut(wave, int((stop_s - begin_s) * self.rate_hz), int(CUT_S * self.rate_hz))
        loudness = MASTER * level(zone, note.velocity) * (self.part.volume / 127) ** 2
        left, right = sides(zone.value(PAN) / 500 + (self.part.pan - 64) / 63)
        mix.add(int(begin_s * self.rate_hz), wave, (loudness * left, loudness * right))

    def _wave(self, zone: Zone, pitch: int, length: int) -> Floats:
        """The sample at that pitch, at most so long. A repeated note is worked out once."""
        key = (id(zone), pitch)
        known = self.waves.get(key)
        if known is None or (len(known) < length and is_looped(zone)):
            sample = self.font.sample(zone)
            step = ratio(zone, sample, pitch, self.rate_hz)
            longest = length if is_looped(zone) else int(len(sample.wave) / step) + 1
            known = filtered(stretched(sample, is_looped(zone), step, longest), zone, self.rate_hz)
            self.waves[key] = known
        return known[:length]

    def _stops(self, piece: Composition) -> dict[int, float]:
        """When drums of an exclusive class (hi-hats) are stopped by the next of their class: note -> second."""
        if not self.part.is_drum:
            return {}
        last: dict[int, int] = {}
        stops: dict[int, float] = {}
        for index, note in enumerate(self.part.notes):
            classes = {zone.value(CLASS) for zone in self.zones if zone.sounds_for(note.pitch, note.velocity)} - {0}
            for each in classes:
                if each in last and self.part.notes[last[each]].onset < note.onset:
                    stops[last[each]] = seconds_at(piece.tempos, note.onset)
                last[each] = index
        return stops


def sides(balance: float) -> tuple[float, float]:
    """Gains of left and right, of equal power: -1 is left, 0 the middle, 1 right."""
    angle = (min(max(balance, -1.0), 1.0) + 1) * np.pi / 4
    return float(np.cos(angle)), float(np.sin(angle))


def cut(wave: Floats, at: int, fade: int) -> Floats:
    """The wave, faded out from sample `at` on."""
    gain = np.ones(len(wave), dtype=np.float32)
    gain[at:] = np.clip(1 - np.arange(len(gain[at:])) / fade, 0, 1)
    return wave * gain


def reverberated(mix: Floats, rate_hz: int) -> Floats:
    """(2, n) -> (2, n + tail): the mix and its echo in a room, noise that dies away (the same noise each time)."""
    from scipy.signal import oaconvolve

    echo = oaconvolve(mix.sum(axis=0, keepdims=True), impulse_response(rate_hz), axes=1)
    echo[:, :mix.shape[1]] += mix
    found: Floats = echo
    return found


@lru_cache(maxsize=2)
def impulse_response(rate_hz: int) -> Floats:
    """(2, n) what a clap sounds like in the room."""
    length = int(ROOM_S * rate_hz)
    noise = np.random.default_rng(1).standard_normal((2, length)) * np.exp(-np.log(1000) * np.arange(length) / length)
    noise[:, :int(0.012 * rate_hz)] = 0  # the walls are two metres away
    smooth = np.stack([np.convolve(side, np.full(8, 1 / 8), "same") for side in noise])  # air swallows what is high
    noise = 0.3 * noise + smooth
    noise *= ROOM_SHARE / np.sqrt((noise ** 2).sum(axis=1, keepdims=True) * 2)
    found: Floats = noise.astype(np.float32)
    return found


def limited(mix: Floats) -> Floats:
    """Turned down where it would clip."""
    peak = float(np.abs(mix).max(initial=0.0))
    return mix * np.float32(PEAK / peak) if peak > PEAK else mix


def sound_file(name: str) -> tuple[SoundFormat, int]:
    """The format that a file name's ending asks for, and the rate that it wants."""
    formats: dict[str, SoundFormat] = {".wav": "wav", ".flac": "flac", ".ogg": "ogg", ".opus": "ogg"}
    found = formats.get(Path(name).suffix.lower())
    if found is None:
        raise BadConfig(f"The name {name!r} does not say which kind of sound file to write.",
                        f"Let it end in one of: {', '.join(formats)}.")
    return found, OPUS_RATE_HZ if found == "ogg" else RATE_HZ


def wav(audio: Audio) -> bytes:
    """A WAV file, 16 bits."""
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(audio.rate_hz)
        file.writeframes(integers(audio).tobytes())
    return written.getvalue()


def encoded(audio: Audio, codec: str, kbps: int) -> bytes:
    """A file that PyAV packs: FLAC without loss (0 kbps: as it comes), Opus for the web."""
    import av

    written = io.BytesIO()
    with av.open(written, "w", format="flac" if codec == "flac" else "ogg") as file:
        stream: Any = file.add_stream(codec, rate=audio.rate_hz, layout="stereo")
        if kbps:
            stream.bit_rate = 1000 * kbps
        frame = av.AudioFrame.from_ndarray(integers(audio).reshape(1, -1), format="s16", layout="stereo")
        frame.sample_rate = audio.rate_hz
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            file.mux(packet)
    return written.getvalue()


def integers(audio: Audio) -> npt.NDArray[np.int16]:
    """(n, 2) samples of 16 bits."""
    return np.ascontiguousarray(np.round(audio.wave.T * 32767).astype("<i2"))
