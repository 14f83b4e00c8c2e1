"""The sample melodies: known by heart, and bars that add up."""

from __future__ import annotations

import pytest

from trivium.music.notes import Metre
from trivium.music.tune_text import has_overlap, read_tune
from trivium.music.tunes import TUNES, find_tune, tune_piece

FOUR = Metre(beats=4, beat_unit=4)


@pytest.mark.parametrize("tune", TUNES, ids=lambda tune: tune.id)
def test_each_bar_is_full_and_the_tune_is_one_voice(tune) -> None:
    piece = tune_piece(tune)  # reading it checks the bars
    notes = piece.parts[0].notes
    assert len(notes) >= 12 and not has_overlap(notes)
    assert all(55 <= note.pitch <= 84 for note in notes)


def test_twinkle_is_the_one_that_every_child_knows() -> None:
    pitches = [note.pitch for note in tune_piece(find_tune("twinkle")).parts[0].notes]
    assert pitches[:14] == [60, 60, 67, 67, 69, 69, 67, 65, 65, 64, 64, 62, 62, 60]
    assert len(pitches) == 42


def test_a_length_holds_until_the_next_and_a_tie_makes_one_note() -> None:
    notes = read_tune("q c4 e r f#4 q. bb4 e g4 | h c5~ q c5 s r g4 e g4 |", FOUR)
    assert [(note.onset, note.length, note.pitch) for note in notes] == [
        (0, 480, 60), (720, 240, 66), (960, 720, 70), (1680, 240, 67), (1920, 1440, 72), (3480, 120, 67),
        (3600, 240, 67)]


@pytest.mark.parametrize(("text", "why"), [
    ("q c4 c4 c4 | c4 c4 c4 c4 | c4 |", None),
    ("q c4 c4 c4 c4 | c4 c4 c4 | c4 c4 c4 c4 |", "bar 2 has 1440"),
    ("q c4 | c4 c4 c4 c4 | c4 |", "480 and 480"),
    ("q c4 h4 |", "'h4' is neither"),
])
def test_a_bar_that_does_not_add_up_is_named(text: str, why: str | None) -> None:
    if why is None:
        assert read_tune(text, FOUR)
        return
    with pytest.raises(ValueError, match=why):
        read_tune(text, FOUR)
