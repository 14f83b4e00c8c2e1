"""A small sound font written out byte by byte: one instrument, one looped sine of 440 Hz, and a drum."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np

RATE_HZ = 44_100
PERIOD = 100  # samples: 441 Hz
HERTZ = RATE_HZ / PERIOD
LENGTH = 4000
Generators = Sequence[tuple[int, int]]


def sine() -> bytes:
    return (20_000 * np.sin(2 * np.pi * np.arange(LENGTH) / PERIOD)).astype("<i2").tobytes()


def chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def sound_font(zone: Generators = ((54, 1),), preset: Generators = (), samples: bytes | None = None) -> bytes:
    """Preset 0 of bank 0 and preset 0 of the drums, both with one zone: `zone`, then sample 0."""
    wave = sine() if samples is None else samples
    instrument = [*zone, (53, 0)]
    above = [*preset, (41, 0)]
    generators = b"".join(struct.pack("<Hh", *pair) for pair in instrument)
    preset_generators = b"".join(struct.pack("<Hh", *pair) for pair in above)

    def header(name: bytes, program: int, bank: int, bag: int) -> bytes:
        return struct.pack("<20sHHHIII", name, program, bank, bag, 0, 0, 0)

    tables = [
        chunk(b"phdr", header(b"Sine", 0, 0, 0) + header(b"Drum", 0, 128, 1) + header(b"EOP", 0, 0, 2)),
        chunk(b"pbag", struct.pack("<HH", 0, 0) + struct.pack("<HH", len(above), 0)
              + struct.pack("<HH", 2 * len(above), 0)),
        chunk(b"pmod", b"\0" * 10), chunk(b"pgen", preset_generators * 2 + b"\0" * 4),
        chunk(b"inst", struct.pack("<20sH", b"Sine", 0) + struct.pack("<20sH", b"EOI", 1)),
        chunk(b"ibag", struct.pack("<HH", 0, 0) + struct.pack("<HH", len(instrument), 0)),
        chunk(b"imod", b"\0" * 10), chunk(b"igen", generators + b"\0" * 4),
        chunk(b"shdr", struct.pack("<20sIIIIIBbHH", b"sine", 0, len(wave) // 2, 0, LENGTH, RATE_HZ, 69,
                                   0, 0, 1) + struct.pack("<20sIIIIIBbHH", b"EOS", 0, 0, 0, 0, 0, 0, 0, 0, 0)),
    ]
    body = (b"sfbk" + chunk(b"LIST", b"INFO" + chunk(b"ifil", struct.pack("<HH", 2, 4)))
            + chunk(b"LIST", b"sdta" + chunk(b"smpl", wave)) + chunk(b"LIST", b"pdta" + b"".join(tables)))
    return chunk(b"RIFF", body)
