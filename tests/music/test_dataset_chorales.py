"""Our own chorales and tunes keep the rules, counted here by plain loops over the notes."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest

from trivium.music.dataset.chorales import RANGES, chorale, chorales
from trivium.music.dataset.key import estimated_key, fifths_of, key_name
from trivium.music.dataset.melodies import HIGHEST, LOWEST, melodies
from trivium.music.dataset.piece import LENGTH, PITCH, GridPiece, composition_of, voice_grid
from trivium.music.voice_leading import parallels

SEEDS = range(40)


def sung(piece: GridPiece) -> list[list[int]]:
    """For each step, the four pitches, read from the notes."""
    steps = [[-1] * 4 for _ in range(piece.steps)]
    for onset, length, pitch, voice, _ in piece.notes.tolist():
        for step in range(onset, onset + length):
            assert steps[step][voice] == -1, "two notes of one voice at once"
            steps[step][voice] = pitch
    return steps


def count_parallels(steps: list[list[int]], interval: int) -> int:
    found = 0
    for before, after in pairwise(steps):
        for a, b in combinations(range(4), 2):
            up, down = after[a] > before[a] and after[b] > before[b], after[a] < before[a] and after[b] < before[b]
            if (up or down) and (before[a] - before[b]) % 12 == (after[a] - after[b]) % 12 == interval:
                found += 1
    return found


def tonic_of(piece: GridPiece) -> int:
    fifths, mode = fifths_of(piece.key)
    return (fifths * 7 + (9 if mode == "minor" else 0)) % 12


@pytest.mark.parametrize("seed", SEEDS)
def test_a_chorale_keeps_the_rules(seed: int) -> None:
    piece = chorale(seed)
    steps = sung(piece)
    assert count_parallels(steps, 7) == count_parallels(steps, 0) == 0
    for step in steps:
        assert -1 not in step
        assert step == sorted(step, reverse=True), "voices cross"
        for pitch, (low, high) in zip(step, RANGES, strict=True):
            assert low <= pitch <= high
    tonic = tonic_of(piece)
    assert steps[-1][0] % 12 == steps[-1][3] % 12 == tonic  # soprano and bass close on the tonic
    dominant = [pitch % 12 for pitch in steps[-12]]  # a beat before the last chord, of two beats
    if piece.metre == "4/4":
        assert (tonic + 7) % 12 == dominant[3] and (tonic + 11) % 12 in dominant


def test_the_counting_of_parallels_agrees_with_plain_loops() -> None:
    rng = np.random.default_rng(3)
    grid = np.sort(rng.integers(48, 72, size=(400, 4)), axis=1)[:, ::-1]
    for interval in (7, 0):
        assert parallels(grid, interval) == count_parallels(grid.tolist(), interval) > 0


def test_the_same_seed_makes_the_same_piece_and_another_seed_another() -> None:
    assert np.array_equal(chorale(5).notes, chorale(5).notes)
    assert not np.array_equal(chorale(5).notes, chorale(6).notes)
    assert len({piece.notes.tobytes() for piece in chorales(30)}) == 30


def test_repeated_notes_are_struck_again() -> None:
    pitch, onset = voice_grid(chorale(1))
    again = onset[1:] & (pitch[1:] == pitch[:-1])
    assert again.sum() > 10  # notes that a roll of sounding pitches would fuse
    assert composition_of(chorale(1)).note_count == len(chorale(1).notes)


def test_the_estimated_key_is_the_key_of_most_chorales() -> None:
    pieces = [chorale(seed) for seed in SEEDS]
    right = sum(estimated_key(piece.notes[:, PITCH], piece.notes[:, LENGTH]) == piece.key for piece in pieces)
    assert right >= 0.8 * len(pieces)


def test_keys_are_named_as_musicians_do() -> None:
    assert [key_name(2, "major"), key_name(0, "minor"), key_name(-3, "minor"), key_name(-6, "major")] == [
        "D major", "A minor", "C minor", "G flat major"]
    assert all(fifths_of(key_name(f, mode)) == (f, mode) for f in range(-7, 8) for mode in ("major", "minor"))


@pytest.mark.parametrize("piece", melodies(30), ids=lambda piece: piece.title)
def test_a_tune_is_one_line_in_whole_bars_that_comes_home(piece: GridPiece) -> None:
    rows = piece.notes.tolist()
    assert all(a[0] + a[1] == b[0] for a, b in pairwise(rows))  # one note after the other
    assert piece.steps % piece.bar_steps == 0 and piece.steps == 16 * piece.bar_steps
    assert rows[-1][2] % 12 == tonic_of(piece)
    assert all(LOWEST <= row[2] <= HIGHEST for row in rows)
    leaps = [abs(a[2] - b[2]) for a, b in pairwise(rows)]
    assert max(leaps) <= 16 and np.mean([leap <= 4 for leap in leaps]) > 0.6
