"""One note of one zone as a wave: the sample at the note's pitch, under its envelope, through its filter.

Source of all formulas: SoundFont Technical Specification 2.04, chapters 8 and 9. Left out: the second envelope, the
low-frequency oscillators (vibrato, tremolo), and a filter that moves.
"""

from __future__ import annotations

import numpy as np

from trivium.music.sound.font import (
    ATTACK,
    ATTENUATION,
    COARSE_TUNE,
    CUTOFF,
    DECAY,
    DELAY,
    FINE_TUNE,
    HOLD,
    KEY,
    KEY_TO_DECAY,
    KEY_TO_HOLD,
    MODES,
    RELEASE,
    RESONANCE,
    ROOT,
    SCALE_TUNING,
    SUSTAIN,
    VELOCITY,
    Floats,
    Sample,
    Zone,
)

ALL_DB = 100.0  # from full level to silence, as the specification counts
HARDWARE = 0.4  # the synthesizers for which fonts are made turn down by 0.4 of what the fonts say
MAX_RELEASE_S = 6.0
BLOCK = 32  # samples between two points of an envelope, 0.7 ms
OPEN_CENTS = 13_000  # a filter that lets everything pass


def ratio(zone: Zone, sample: Sample, pitch: int, rate: int) -> float:
    """Samples of the recording that go by in one sample of the result."""
    key = zone.value(KEY) if zone.value(KEY) >= 0 else pitch
    root = zone.value(ROOT) + sample.pitch - round(sample.pitch) if zone.value(ROOT) >= 0 else sample.pitch
    semitones = (key - root) * zone.value(SCALE_TUNING) / 100 + zone.value(COARSE_TUNE) + zone.value(FINE_TUNE) / 100
    return float(2.0 ** (semitones / 12) * sample.rate / rate)


def stretched(sample: Sample, is_looped: bool, step: float, length: int) -> Floats:
    """(length,) or less: the recording, read `step` samples at a time, between two samples by a straight line."""
    first, last = sample.loop
    is_looped = is_looped and last > first
    if not is_looped:
        length = min(length, int((len(sample.wave) - 2) / step) + 1)
    at = np.arange(max(length, 0)) * step
    if is_looped:
        turning = at >= last
        at[turning] = first + (at[turning] - first) % (last - first)
    left = at.astype(np.int64)
    right = left + 1
    if is_looped:
        right[right >= last] = first
    between = (at - left).astype(np.float32)
    found: Floats = sample.wave[left] * (1 - between) + sample.wave[right] * between
    return found


def seconds(timecents: int) -> float:
    """Times of a font are logarithms."""
    return float(2.0 ** (timecents / 1200)) if timecents > -12_000 else 0.0


def release_s(zone: Zone) -> float:
    """From the key's release to silence."""
    return min(seconds(zone.value(RELEASE)), MAX_RELEASE_S)


def envelope(zone: Zone, pitch: int, held: int, length: int, rate: int) -> Floats:
    """(length,) gain of a note that is let go after `held` samples: delay, attack, hold, decay, sustain, release.

    Worked out every BLOCK samples, with straight lines between.
    """
    at = np.arange(0, length + 2 * BLOCK, BLOCK) / rate  # (blocks + 1,) seconds
    delay, attack = seconds(zone.value(DELAY)), max(seconds(zone.value(ATTACK)), 1e-3)
    hold = seconds(zone.value(HOLD) + (60 - pitch) * zone.value(KEY_TO_HOLD))
    decay = max(seconds(zone.value(DECAY) + (60 - pitch) * zone.value(KEY_TO_DECAY)), 1e-3)
    sustain_db = min(max(zone.value(SUSTAIN) / 10, 0.0), ALL_DB)
    down_db = np.clip((at - (delay + attack + hold)) * (ALL_DB / decay), 0, sustain_db)
    down_db += np.maximum(at - held / rate, 0) * (ALL_DB / max(release_s(zone), 5e-3))
    gain = (10.0 ** (-down_db / 20) * np.clip((at - delay) / attack, 0, 1)).astype(np.float32)
    between = np.arange(BLOCK, dtype=np.float32) / np.float32(BLOCK)
    found: Floats = gain[:-1, None] + np.diff(gain)[:, None] * between  # (blocks, BLOCK)
    return found.reshape(-1)[:length]


def filtered(wave: Floats, zone: Zone, rate: int) -> Floats:
    """Through the zone's low-pass filter, where it has one: two poles, resonance in decibels (R. Bristow-Johnson)."""
    hertz = 8.176 * 2.0 ** (zone.value(CUTOFF) / 1200)
    if zone.value(CUTOFF) >= OPEN_CENTS or hertz >= 0.45 * rate:
        return wave
    from scipy.signal import lfilter

    omega = 2 * np.pi * hertz / rate
    alpha = np.sin(omega) / (2 * 10.0 ** (max(zone.value(RESONANCE), 0) / 200) / np.sqrt(2))
    cosine = np.cos(omega)
    numerator = np.array([(1 - cosine) / 2, 1 - cosine, (1 - cosine) / 2])
    found: Floats = lfilter(numerator, [1 + alpha, -2 * cosine, 1 - alpha], wave).astype(np.float32)
    return found


def level(zone: Zone, velocity: int) -> float:
    """Gain of a note struck so hard: the default curve of velocity is a square."""
    velocity = zone.value(VELOCITY) if zone.value(VELOCITY) >= 0 else velocity
    return float((velocity / 127) ** 2 * 10.0 ** (-HARDWARE * zone.value(ATTENUATION) / 200))


def is_looped(zone: Zone) -> bool:
    """Whether the recording goes round for as long as the key is held (and here, until it has died away)."""
    return zone.value(MODES) & 3 in (1, 3)
