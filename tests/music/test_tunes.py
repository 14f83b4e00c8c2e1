"""The sample melodies: known by heart, and bars that add up."""

from __future__ import annotations

from itertools import pairwise

import pytest

from trivium.music.bars import bars_of
from trivium.music.files.tune_text import read_tune
from trivium.music.melodies import TUNES, find_tune, tune_piece
from trivium.music.notes import Metre

FOUR = Metre(beats=4, beat_unit=4)


@pytest.mark.parametrize("tune", TUNES, ids=lambda tune: tune.id)
def test_each_bar_is_full_and_the_tune_is_one_voice(tune) -> None:
    piece = tune_piece(tune)  # reading it checks the bars
    notes = piece.parts[0].notes
    assert len(notes) >= 12 and all(a.end <= b.onset for a, b in pairwise(notes))
    assert all(55 <= note.pitch <= 84 for note in notes)


def test_there_are_tunes_for_everybody() -> None:
    ids = {tune.id for tune in TUNES}
    assert len(ids) == len(TUNES) >= 10 and {"twinkle", "ode-to-joy"} <= ids


# how each tune begins, as scale steps of its key or from its first note, set down independently of the typed text
BEGINNINGS = {
    "ode-to-joy": "0 0 1 3 3 1 0 -2 -4 -4 -2 0 0 -2 -2", "frere-jacques": "0 2 4 0 0 2 4 0 4 5 7",
    "au-clair-de-la-lune": "0 0 0 2 4 2 0 4 2 2 0", "mary-had-a-little-lamb": "0 -2 -4 -2 0 0 0 -2 -2 -2 0 3 3",
    "row-your-boat": "0 0 0 2 4 4 2 4 5 7", "greensleeves": "0 3 5 7 8 7 5 2 -2 0 2 3 0 0 -1 0 2 -5",
    "scarborough-fair": "0 0 7 7 2 3 2 0 7 10 12 10 7 9 5 7", "amazing-grace": "0 5 9 5 9 7 5 2 0 0 5 9 5 9 7 12",
    "auld-lang-syne": "0 5 5 5 9 7 5 7 9 5 5 9 12 14", "minuet-in-g": "0 -7 -5 -3 -2 0 -7 -7 2 -2 0 2 4 5 -7 -7",
    "brahms-lullaby": "0 0 3 0 0 3 0 3 8 7 5 5 3", "new-world-largo": "0 3 3 0 -2 -4 -2 0 3 0 -2",
    "when-the-saints": "0 4 5 7 0 4 5 7 0 4 5 7 4 0 4 2",
    "deck-the-halls": "0 -2 -3 -5 -7 -5 -3 -7 -5 -3 -2 -5 -3 -5 -7 -8 -7",
    "merry-christmas": "0 5 5 7 5 4 2 2 2 7 7 9 7 5 4 0 0", "jingle-bells": "0 0 0 0 0 0 0 3 -4 -2 0",
}


@pytest.mark.parametrize("tune_id", BEGINNINGS)
def test_it_begins_as_people_sing_it(tune_id: str) -> None:
    pitches = [note.pitch for note in tune_piece(find_tune(tune_id)).parts[0].notes]
    wanted = [int(step) for step in BEGINNINGS[tune_id].split()]
    assert [pitch - pitches[0] for pitch in pitches[:len(wanted)]] == wanted


def test_most_tunes_end_on_the_tonic() -> None:
    for tune in TUNES:
        fifths, mode = tune.key
        tonic = (7 * fifths + (9 if mode == "minor" else 0)) % 12
        last = tune_piece(tune).parts[0].notes[-1].pitch % 12
        assert last == tonic or tune.id == "scarborough-fair", tune.id  # which is Dorian


def test_an_upbeat_is_a_short_first_bar() -> None:
    bars = bars_of(tune_piece(find_tune("amazing-grace")))
    assert [bar.length for bar in bars[:3]] == [480, 1440, 1440] and len(bars) == 17


def test_twinkle_is_the_one_that_every_child_knows() -> None:
    pitches = [note.pitch for note in tune_piece(find_tune("twinkle")).parts[0].notes]
    assert pitches[:14] == [60, 60, 67, 67, 69, 69, 67, 65, 65, 64, 64, 62, 62, 60]
    assert len(pitches) == 42


def test_a_length_holds_until_the_next_and_a_tie_makes_one_note() -> None:
    notes, _ = read_tune("q c4 e r f#4 q. bb4 e g4 | h c5~ q c5 s r g4 e g4 |", FOUR)
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
