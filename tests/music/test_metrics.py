"""The measures, worked out by hand; and MusPy as an oracle where it is right and installed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from trivium.music import metrics as m
from trivium.music.grid import HOLD, roll_of
from trivium.music.melodies import TUNES, Tune, tune_piece
from trivium.music.notes import Composition, Metre, Note, Part


def roll(steps: int, *notes: tuple[int, int, int]) -> np.ndarray:
    """(T, 128) with notes (begin, end, pitch) in steps."""
    sounds = np.zeros((steps, 128), dtype=bool)
    for begin, end, pitch in notes:
        sounds[begin:end, pitch] = True
    return sounds


def test_empty_bars_and_beats() -> None:
    bar_rest_bar = roll(48, (0, 16, 60), (32, 34, 60))  # the first note ends on the bar line of an empty bar
    assert m.empty_rate(bar_rest_bar, 16) == pytest.approx(1 / 3)
    assert m.empty_rate(bar_rest_bar, 4) == pytest.approx(7 / 12)
    assert m.empty_rate(roll(16), 16) == 1 and m.empty_rate(roll(20, (16, 17, 60)), 16) == 0.5


def test_pitch_classes_in_a_bar() -> None:
    octaves_and_a_triad = roll(32, (0, 4, 48), (4, 8, 60), (8, 12, 72), (16, 20, 60), (16, 20, 64), (16, 32, 67))
    assert m.pitch_classes_used(octaves_and_a_triad, 16) == 2  # 1 and 3


def test_qualified_notes_and_drum_patterns() -> None:
    assert m.qualified_note_rate([59, 60, 61, 480]) == 0.75
    assert m.drum_pattern_rate([0, 120, 240, 130], beats=16) == 0.75
    assert m.drum_pattern_rate([0, 120, 240, 130], beats=8) == 0.5


def test_tonal_distance() -> None:
    c, g, fsharp = roll(4, (0, 4, 60)), roll(4, (0, 4, 67)), roll(4, (0, 4, 66))
    assert m.tonal_distance(c, roll(4, (0, 4, 72)), 4) == pytest.approx(0)
    # C lies at angle 0 of each circle; G is 7 steps on: 49 pi / 6 = pi / 6, 21 pi / 2 = pi / 2, 14 pi / 3 = 2 pi / 3
    by_hand = math.sqrt(2 - 2 * math.cos(math.pi / 6) + 2 - 2 * math.cos(math.pi / 2)
                        + 0.25 * (2 - 2 * math.cos(2 * math.pi / 3)))
    assert m.tonal_distance(c, g, 4) == pytest.approx(by_hand)
    assert m.tonal_distance(c, fsharp, 4) > m.tonal_distance(c, g, 4)
    half = np.concatenate([c, roll(4)])  # beats in which one is silent do not count
    assert m.tonal_distance(half, np.concatenate([g, g]), 4) == pytest.approx(by_hand)
    assert math.isnan(m.tonal_distance(roll(4), c, 4))


def test_polyphony() -> None:
    sounds = roll(8, (0, 4, 60), (2, 4, 64), (3, 4, 67))
    assert m.polyphony(sounds) == (1 + 1 + 2 + 3) / 4
    assert m.polyphony_rate(sounds) == 1 / 8
    assert math.isnan(m.polyphony(roll(4)))


def test_pitches_and_entropy() -> None:
    pitches = [60, 60, 72, 67]
    assert (m.pitch_range(pitches), m.pitches_used(pitches)) == (12, 3)
    assert m.pitch_entropy(pitches) == 1.5  # 1/2, 1/4, 1/4
    assert m.pitch_class_entropy(pitches) == pytest.approx(-(0.75 * math.log2(0.75) + 0.25 * math.log2(0.25)))
    assert math.isnan(m.pitch_entropy([])) and math.isnan(m.pitch_range([]))


def test_scales() -> None:
    assert m.pitch_in_scale_rate([60, 62, 64, 66], 0) == 0.75
    assert m.pitch_in_scale_rate([57, 60, 64, 68], 9, m.MINOR) == 0.75
    assert m.scale_consistency([62, 64, 66, 67, 69, 71, 73, 74]) == 1  # D major
    assert m.scale_consistency(range(60, 72)) == pytest.approx(7 / 12)


def test_groove() -> None:
    onsets = np.zeros(12, dtype=bool)
    onsets[[0, 2, 4, 6, 8]] = True  # bars of four: x.x. x.x. x...
    assert m.groove_consistency(onsets, 4) == 1 - (0 + 1 / 4) / 2
    assert math.isnan(m.groove_consistency(onsets[:4], 4))


def test_a_whole_piece() -> None:
    triad = [Note(onset=0, length=960, pitch=pitch, velocity=80) for pitch in (60, 64, 67)]
    drums = [Note(onset=onset, length=30, pitch=36, velocity=80) for onset in (0, 240, 250)]
    piece = Composition(metres=[Metre(beats=2, beat_unit=4)], parts=[
        Part(id="a", notes=[*triad, Note(onset=2880, length=10, pitch=72, velocity=80)]),
        Part(id="b", is_drum=True, notes=drums)])
    found = m.describe(piece)
    assert found["empty_bar_rate"] == 0.5  # bars 2 and 3 of 4
    assert found["qualified_note_rate"] == 0.75 and found["drum_pattern_rate"] == pytest.approx(2 / 3)
    assert found["polyphony_rate"] == 8 / 32 and found["pitches_used"] == 4 and found["scale_consistency"] == 1


def test_muspy_agrees_where_it_is_right() -> None:
    muspy = pytest.importorskip("muspy", reason="MusPy (over 500 MB) is not installed; hand-worked values stand above")
    for tune in TUNES:
        agrees(muspy, tune)


def agrees(muspy: Any, tune: Tune) -> None:
    piece = tune_piece(tune)
    notes = [(note.onset // 120, note.length // 120, note.pitch) for note in piece.parts[0].notes]
    music = muspy.Music(resolution=4, tracks=[muspy.Track(notes=[
        muspy.Note(time=time, duration=length, pitch=pitch) for time, length, pitch in notes])])
    pitches = [pitch for _, _, pitch in notes]
    sounds = roll_of(piece.parts, max(time + length for time, length, _ in notes))[:, :, HOLD]
    assert m.pitch_range(pitches) == muspy.pitch_range(music)
    assert m.pitches_used(pitches) == muspy.n_pitches_used(music)
    assert m.pitch_entropy(pitches) == pytest.approx(muspy.pitch_entropy(music))
    assert m.pitch_class_entropy(pitches) == pytest.approx(muspy.pitch_class_entropy(music))
    assert m.pitch_in_scale_rate(pitches, 0) == pytest.approx(muspy.pitch_in_scale_rate(music, 0, "major"))
    assert m.scale_consistency(pitches) == pytest.approx(muspy.scale_consistency(music))
    assert m.polyphony(sounds) == pytest.approx(muspy.polyphony(music))
    assert m.polyphony_rate(sounds) == pytest.approx(muspy.polyphony_rate(music))
