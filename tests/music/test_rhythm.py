"""Rhythm assist, worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.music.pieces import compositions
from trivium.music.notes import Composition, Metre, Note, Part
from trivium.music.rhythm import GRID_TICKS, GridName, quantise


def played(*notes: tuple[int, int], metres: list[Metre] | None = None) -> Composition:
    return Composition(metres=metres or [Metre()], parts=[Part(notes=[
        Note(onset=onset, length=length, pitch=60 + number % 12, velocity=80)
        for number, (onset, length) in enumerate(notes)])])


def heard(piece: Composition) -> list[tuple[int, int]]:
    return [(note.onset, note.length) for note in piece.parts[0].notes]


@pytest.mark.parametrize(("strength", "wanted"), [
    (0.0, [(13, 450), (470, 500), (1000, 200)]),
    # onsets: 13 goes 6 towards 0 (a half tick is rounded to even), 470 goes 5 towards 480, 1000 goes 20 towards 960;
    # ends: 463 goes 8 towards 480, 970 goes 5 towards 960, 1200 is on the grid
    (0.5, [(7, 464), (475, 490), (980, 220)]),
    (1.0, [(0, 480), (480, 480), (960, 240)]),
])
def test_notes_go_that_share_of_the_way_to_the_grid(strength: float, wanted: list[tuple[int, int]]) -> None:
    assert heard(quantise(played((13, 450), (470, 500), (1000, 200)), "1/8", strength)) == wanted


def test_lengths_can_be_left_alone() -> None:
    assert heard(quantise(played((13, 450), (470, 11)), "1/8", lengths=False)) == [(0, 450), (480, 11)]


def test_a_note_shorter_than_the_grid_keeps_its_length() -> None:
    assert heard(quantise(played((50, 20)), "1/4")) == [(0, 20)]


def test_the_grid_begins_anew_in_each_bar() -> None:
    metres = [Metre(beats=7, beat_unit=16), Metre(tick=840, beats=4, beat_unit=4)]
    assert heard(quantise(played((830, 100), (1100, 200), metres=metres), "1/8")) == [(840, 100), (1080, 240)]


def test_triplets() -> None:
    assert heard(quantise(played((5, 150), (170, 140), (318, 170)), "1/8T")) == [(0, 160), (160, 160), (320, 160)]


def test_swing_is_left_alone() -> None:
    swung = [(480 * beat + shift, 100) for beat in range(6) for shift in (3, 318)]  # off-beats at 318 of 480, not 240
    onsets = [onset for onset, _ in heard(quantise(played(*swung), "1/8"))]
    assert onsets == [480 * beat + shift for beat in range(6) for shift in (0, 318)]
    straight = [onset for onset, _ in heard(quantise(played(*swung), "1/8", swing=0.5))]
    assert straight == [480 * beat + shift for beat in range(6) for shift in (0, 240)]
    triplet = [onset for onset, _ in heard(quantise(played(*swung), "1/8", swing=2 / 3))]
    assert triplet == [480 * beat + shift for beat in range(6) for shift in (0, 320)]


def test_a_few_late_notes_are_no_swing() -> None:
    late = [(0, 100), (310, 100), (480, 100), (715, 100), (960, 100), (1205, 100), (1440, 100), (1678, 100)]
    assert [onset for onset, _ in heard(quantise(played(*late), "1/8"))] == [0, 240, 480, 720, 960, 1200, 1440, 1680]


@settings(max_examples=40, deadline=None)
@given(compositions(most_parts=2), st.sampled_from(list(GRID_TICKS)), st.floats(0, 1))
def test_nothing_is_lost_and_nothing_moves_further_than_the_grid(piece: Composition, grid: GridName,
                                                                 strength: float) -> None:
    made = quantise(piece, grid, strength)
    for before, after in zip(piece.parts, made.parts, strict=True):
        assert sorted(n.pitch for n in before.notes) == sorted(n.pitch for n in after.notes)
    if strength == 0:
        assert made == piece
    moves = [abs(a - b) for before, after in zip(piece.parts, made.parts, strict=True)
             for a, b in zip(sorted(n.onset for n in before.notes), sorted(n.onset for n in after.notes), strict=True)]
    assert max(moves) <= GRID_TICKS[grid]


def test_quantising_twice_changes_nothing_more() -> None:
    once = quantise(played((13, 450), (470, 500), (1000, 200)), "1/16")
    assert quantise(once, "1/16") == once
