"""A SoundFont file (.sf2, .sf3) as zones: which sample sounds for a key and a velocity, and how.

A font has presets (the instruments that a program number names), a preset has instruments, an instrument has zones, and
a zone is a sample with generators: numbers that say how it is played. Here both levels are multiplied out. Modulators
beside the default ones are not read. Source: SoundFont Technical Specification 2.04; a .sf3 has each sample as an Ogg
Vorbis file instead of plain integers.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from trivium.errors import BadFile

Floats = npt.NDArray[np.float32]

HEADERS = {
    "phdr": np.dtype([("name", "S20"), ("program", "<u2"), ("bank", "<u2"), ("bag", "<u2"), ("rest", "<u4", 3)]),
    "pbag": np.dtype([("generator", "<u2"), ("modulator", "<u2")]),
    "pgen": np.dtype([("kind", "<u2"), ("amount", "<i2")]),
    "inst": np.dtype([("name", "S20"), ("bag", "<u2")]),
    "ibag": np.dtype([("generator", "<u2"), ("modulator", "<u2")]),
    "igen": np.dtype([("kind", "<u2"), ("amount", "<i2")]),
    "shdr": np.dtype([("name", "S20"), ("start", "<u4"), ("end", "<u4"), ("loop_start", "<u4"), ("loop_end", "<u4"),
                      ("rate", "<u4"), ("pitch", "u1"), ("correction", "i1"), ("link", "<u2"), ("type", "<u2")]),
}
# Generators by the numbers of the specification.
START, END, LOOP_START, LOOP_END = 0, 1, 2, 3
START_COARSE, END_COARSE, LOOP_START_COARSE, LOOP_END_COARSE = 4, 12, 45, 50
CUTOFF, RESONANCE, PAN = 8, 9, 17
DELAY, ATTACK, HOLD, DECAY, SUSTAIN, RELEASE, KEY_TO_HOLD, KEY_TO_DECAY = 33, 34, 35, 36, 37, 38, 39, 40
INSTRUMENT, KEYS, VELOCITIES, KEY, VELOCITY, ATTENUATION = 41, 43, 44, 46, 47, 48
COARSE_TUNE, FINE_TUNE, SAMPLE, MODES, SCALE_TUNING, CLASS, ROOT = 51, 52, 53, 54, 56, 57, 58
DEFAULTS = {CUTOFF: 13500, DELAY: -12000, ATTACK: -12000, HOLD: -12000, DECAY: -12000, RELEASE: -12000,
            SCALE_TUNING: 100, KEY: -1, VELOCITY: -1, ROOT: -1}
# These stand in instruments alone; all others of a preset are added to those of its instruments.
OWN = {START, END, LOOP_START, LOOP_END, START_COARSE, END_COARSE, LOOP_START_COARSE, LOOP_END_COARSE, KEYS, VELOCITIES,
       KEY, VELOCITY, INSTRUMENT, SAMPLE, MODES, CLASS, ROOT}
COMPRESSED = 0x10  # bit of a sample's type
DRUM_BANK = 128
WRONG = ("This is no sound font that can be used.", "Choose a .sf2 or .sf3 file.")


@dataclass(frozen=True)
class Sample:
    """A recording."""

    wave: Floats  # (n,) in -1..1, and one more 0
    rate: int
    loop: tuple[int, int]  # first sample, and the one after the last
    pitch: float  # MIDI pitch that it has, fractions included


@dataclass(frozen=True)
class Zone:
    """A sample and how it is played, for some keys and velocities."""

    keys: tuple[int, int]
    velocities: tuple[int, int]
    sample: int
    generators: dict[int, int]

    def value(self, kind: int) -> int:
        """A generator's amount, or what the specification says where it is left out."""
        return self.generators.get(kind, DEFAULTS.get(kind, 0))

    def sounds_for(self, key: int, velocity: int) -> bool:
        """Whether this zone answers that key, struck so hard."""
        return self.keys[0] <= key <= self.keys[1] and self.velocities[0] <= velocity <= self.velocities[1]


class SoundFont:
    """The instruments of a file. BadFile if it is none, or a damaged one."""

    def __init__(self, content: bytes) -> None:
        try:
            self.samples_raw, self.tables = _chunks(content)
            self.names = [(int(row["bank"]), int(row["program"])) for row in self.tables["phdr"][:-1]]
        except (struct.error, ValueError, KeyError, IndexError):
            raise BadFile(*WRONG) from None
        if not self.names or len(self.tables["shdr"]) < 2:
            raise BadFile("This sound font has no instruments.", "Choose another one.")
        self._zones: dict[tuple[int, int], list[Zone]] = {}
        self._samples: dict[int, Sample] = {}

    def zones(self, program: int, is_drum: bool) -> list[Zone]:
        """The zones of an instrument of General MIDI; of the first one that there is, where the font lacks it."""
        bank = DRUM_BANK if is_drum else 0
        wanted = next((name for name in ((bank, program), (bank, 0)) if name in self.names), self.names[0])
        if wanted not in self._zones:
            try:
                self._zones[wanted] = list(self._preset_zones(self.names.index(wanted)))
            except (IndexError, ValueError):
                raise BadFile("This sound font is damaged.", "Choose another one.") from None
        return self._zones[wanted]

    def sample(self, zone: Zone) -> Sample:
        """The recording that a zone plays. Decoded once."""
        if zone.sample not in self._samples:
            self._samples[zone.sample] = self._decoded(zone)
        return self._samples[zone.sample]

    def _preset_zones(self, number: int) -> Iterator[Zone]:
        common: dict[int, int] = {}
        for given in self._generators("p", self.tables["phdr"], number):
            if INSTRUMENT not in given:
                common = given
                continue
            above = {**common, **given}
            for zone in self._instrument_zones(given[INSTRUMENT]):
                keys, velocities = _both(zone.keys, above.get(KEYS)), _both(zone.velocities, above.get(VELOCITIES))
                if keys[0] <= keys[1] and velocities[0] <= velocities[1]:
                    added = {kind: zone.value(kind) + amount for kind, amount in above.items() if kind not in OWN}
                    yield Zone(keys, velocities, zone.sample, {**zone.generators, **added})

    @cached_property
    def _sample_count(self) -> int:
        return len(self.tables["shdr"]) - 1

    def _instrument_zones(self, number: int) -> Iterator[Zone]:
        common: dict[int, int] = {}
        for given in self._generators("i", self.tables["inst"], number):
            if SAMPLE not in given:
                common = given
                continue
            all_of_it = {**common, **given}
            if 0 <= given[SAMPLE] < self._sample_count:
                yield Zone(_both((0, 127), all_of_it.get(KEYS)), _both((0, 127), all_of_it.get(VELOCITIES)),
                           given[SAMPLE], all_of_it)

    def _generators(self, level: str, owners: Any, number: int) -> Iterator[dict[int, int]]:
        """The generators of each zone of a preset ("p") or an instrument ("i")."""
        bags, generators = self.tables[f"{level}bag"], self.tables[f"{level}gen"]
        for bag in range(int(owners[number]["bag"]), int(owners[number + 1]["bag"])):
            rows = generators[int(bags[bag]["generator"]):int(bags[bag + 1]["generator"])]
            yield {int(row["kind"]): int(row["amount"]) for row in rows}

    def _decoded(self, zone: Zone) -> Sample:
        row = self.tables["shdr"][zone.sample]
        start, end = int(row["start"]), int(row["end"])
        loop = (int(row["loop_start"]), int(row["loop_end"]))
        if int(row["type"]) & COMPRESSED:
            wave = _vorbis(self.samples_raw[start:end])
        else:
            there = np.frombuffer(self.samples_raw, "<i2", len(self.samples_raw) // 2)[start:end]
            wave = there.astype(np.float32) / np.float32(32768)
            loop = (loop[0] - start, loop[1] - start)
        fine, coarse = ((LOOP_START, LOOP_END), (LOOP_START_COARSE, LOOP_END_COARSE))
        first, last = (loop[side] + zone.value(fine[side]) + 32768 * zone.value(coarse[side]) for side in (0, 1))
        last = min(last, len(wave))
        is_usable = 0 <= first < last
        pitch = 60 if int(row["pitch"]) > 127 else int(row["pitch"])
        return Sample(wave=np.append(wave, np.float32(0)), rate=max(int(row["rate"]), 400),
                      loop=(first, last) if is_usable else (0, 0), pitch=pitch - int(row["correction"]) / 100)


def _chunks(content: bytes) -> tuple[bytes, dict[str, Any]]:
    """The samples, and the tables of HEADERS."""
    if content[:4] != b"RIFF" or content[8:12] != b"sfbk":
        raise ValueError("no SoundFont")
    samples, tables = b"", {}
    at = 12
    while at + 8 <= len(content):
        name, size = content[at:at + 4], struct.unpack_from("<I", content, at + 4)[0]
        if name == b"LIST":
            at += 12  # its kind is told by what is in it
            continue
        body = content[at + 8:at + 8 + size]
        if name == b"smpl":
            samples = body
        elif name.decode("latin-1") in HEADERS:
            kind = HEADERS[name.decode("latin-1")]
            tables[name.decode("latin-1")] = np.frombuffer(body, kind, len(body) // kind.itemsize)
        at += 8 + size + size % 2
    if set(tables) != set(HEADERS):
        raise ValueError("tables are missing")
    return samples, tables


def _both(range_: tuple[int, int], amount: int | None) -> tuple[int, int]:
    """A range cut down to another one, which is written as low byte and high byte of one number."""
    if amount is None:
        return range_
    return max(range_[0], amount & 0xFF), min(range_[1], amount >> 8 & 0xFF)


def _vorbis(content: bytes) -> Floats:
    """A mono recording in Ogg Vorbis."""
    import av

    try:
        with av.open(io.BytesIO(content), "r", format="ogg") as container:
            frames = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
    except (av.FFmpegError, IndexError):
        raise BadFile("A recording in this sound font is damaged.", "Choose another one.") from None
    return np.concatenate(frames).astype(np.float32) if frames else np.zeros(0, np.float32)
