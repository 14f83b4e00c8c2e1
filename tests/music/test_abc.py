"""ABC notation: what folk tunes use of it, worked out by hand from the standard."""

from __future__ import annotations

import pytest

from trivium.errors import BadFile
from trivium.music.bars import bars_of
from trivium.music.files.abc_read import read_abc
from trivium.music.files.draft import piece_of
from trivium.music.melodies import find_tune, tune_piece
from trivium.music.notes import Composition


def read(music: str, head: str = "X:1\nL:1/4\nM:4/4\nK:C\n") -> Composition:
    return piece_of(read_abc((head + music).encode()))


def heard(piece: Composition, part: int = 0) -> list[tuple[int, int, int]]:
    return [(note.onset, note.length, note.pitch) for note in piece.parts[part].notes]


def pitches(music: str, key: str) -> list[int]:
    return [note[2] for note in heard(read(music, f"X:1\nL:1/4\nK:{key}\n"))]


def test_the_same_tune_as_we_typed_it() -> None:
    abc = ("X:1\nT:Amazing Grace\nM:3/4\nL:1/4\nQ:1/4=80\nK:G\n"
           "D | G2 B/G/ | B2 A | G2 E | D2 D | G2 B/G/ | B2 A | d3- | d2 B |\n"
           "d> B d/B/ | G2 D | E> G G/E/ | D2 D | G2 B/G/ | B2 A | G3- | G2 |]\n")
    ours = tune_piece(find_tune("amazing-grace"))
    theirs = piece_of(read_abc(abc.encode()))
    assert [n[2] for n in heard(theirs)] == [n[2] for n in heard(ours)]
    assert [n[0] for n in heard(theirs)] == [n[0] for n in heard(ours)]
    assert (theirs.tempos, theirs.keys, theirs.metres) == (ours.tempos, ours.keys, ours.metres)
    assert [bar.tick for bar in bars_of(theirs)] == [bar.tick for bar in bars_of(ours)]


def test_lengths_rests_and_broken_rhythm() -> None:
    assert heard(read("A2 A/ A// A3/2 z | A>B A<B A>>B |")) == [
        (0, 960, 69), (960, 240, 69), (1200, 120, 69), (1320, 720, 69),
        (2520, 720, 69), (3240, 240, 71), (3480, 240, 69), (3720, 720, 71), (4440, 840, 69), (5280, 120, 71)]


def test_tuplets_chords_and_ties() -> None:
    assert heard(read("(3ABc d2- | d [CEG]2 z |")) == [
        (0, 320, 69), (320, 320, 71), (640, 320, 72), (960, 1440, 74), (2400, 960, 60), (2400, 960, 64),
        (2400, 960, 67)]


@pytest.mark.parametrize(("key", "wanted"), [
    ("C", [60, 65, 71]), ("G", [60, 66, 71]), ("F", [60, 65, 70]), ("Am", [60, 65, 71]), ("Edor", [61, 66, 71]),
    ("D mix", [60, 66, 71]), ("Bb", [60, 65, 70]), ("F#m", [61, 66, 71]), ("none", [60, 65, 71])])
def test_keys_and_modes(key: str, wanted: list[int]) -> None:
    assert pitches("C F B|", key) == wanted


def test_accidentals_hold_until_the_bar_line_and_octaves_count() -> None:
    assert pitches("^C C =C _B | C B c c' C, ^^F |", "C") == [61, 61, 60, 70, 60, 71, 72, 84, 48, 67]


def test_letters_that_a_book_gives_a_meaning_of_its_own_are_passed_over() -> None:
    assert heard(read("kC VD | hE iwF |")) == heard(read("C D | E F |"))  # H-W and h-w, standard 2.1, 4.16


def test_voices_decorations_and_words_are_sorted_out() -> None:
    piece = read('V:1\n"Am"!p!~A {gf}B (cd) | % a remark\nw: these are words\nV:2\nA, B, C D |\n')
    assert [[note[2] for note in heard(piece, part)] for part in (0, 1)] == [[69, 71, 72, 74], [57, 59, 60, 62]]


def test_fields_in_the_middle_change_metre_key_and_unit() -> None:
    piece = read("A A A A | [M:3/4][K:G] F F F | [L:1/8] F F z4 |")
    assert [note[2] for note in heard(piece)] == [69] * 4 + [66] * 5
    assert [(m.tick, m.beats) for m in piece.metres] == [(0, 4), (1920, 3)]
    assert heard(piece)[-1][1] == 240


def test_repeats_are_said_to_be_played_once_and_the_first_tune_is_read() -> None:
    draft = read_abc(b"X:1\nT:One\nK:C\n|: CD :|\n\nX:2\nT:Two\nK:C\nEEE|\n")
    assert draft.title == "One" and len(draft.parts[0].notes) == 2 and len(draft.warnings) == 2


@pytest.mark.parametrize(("text", "words"), [
    ("CDE|", "no key"), ("K:C\nA;;B|", "Line 2"), ("K:C\nC/0|", "divided by zero"), ("K:C\nC99999|", "no note has"),
    ("K:C\nC,,,,,,,,|", "range"), ("K:G#phr\nC|", None), ("K:B#\nC|", "more accidentals"), ("K:C\nz|", "no notes")])
def test_what_cannot_be_read_is_a_sentence(text: str, words: str | None) -> None:
    if words is None:
        assert piece_of(read_abc(text.encode()))
        return
    with pytest.raises(BadFile, match=words) as refused:
        piece_of(read_abc(text.encode()))
    assert refused.value.hint


def test_of_a_book_the_first_tune_is_read_however_long_the_book_is() -> None:
    draft = read_abc(("X:1\nK:C\nCD|\n" + "X:2\nK:C\n" + "E" * 400_000).encode())
    assert heard(piece_of(draft)) == [(0, 240, 60), (240, 240, 62)]
    assert draft.warnings == ["There are several tunes in this file; the first was read."]


def test_a_tune_without_end_is_given_up_early() -> None:
    with pytest.raises(BadFile, match="more than 300,000 lines, notes and other symbols"):
        read(")" * 300_000)


@pytest.mark.parametrize("music", [
    "[Q:" + "1/441" * 60 + "x]C|", ":" * 200_000 + "C|", "(3:" + "9" * 5000 + "C|", "Z" + "9" * 5000])
def test_what_would_take_a_pattern_for_ever_is_read_or_refused_at_once(music: str) -> None:
    """The first two took time that grows with every letter, the others were numbers too long for Python."""
    try:
        assert heard(read(music)) == [(0, 480, 60)]
    except BadFile as refused:
        assert "can't be read at" in refused.message
