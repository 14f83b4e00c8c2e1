"""Parts of any piece as at most four lines: who sings which voice, moved how far, and what is left alone."""

from __future__ import annotations

import numpy as np
import pytest

from tests.music.transformer_toy import BAND, CHORDS, HIGH, PIECES, SCALE, four_parts, melody
from trivium.music.notes import Composition, Note, Part
from trivium.music.transformer.controls import TransformerControls
from trivium.music.transformer.sheet import ring, sheet_of
from trivium.music.transformer.tokens import LOWEST, SILENCE
from trivium.music.transformer.voices import COMFORT, lines_of, seats_of


@pytest.mark.parametrize("piece", PIECES.values(), ids=PIECES.keys())
def test_each_line_is_part_of_a_part_and_sings_one_note_at_a_time(piece: Composition) -> None:
    for part in piece.parts:
        lines = lines_of(part)
        assert sorted(note.onset for line in lines for note in line.notes) == sorted(n.onset for n in part.notes)
        for line in lines:
            assert all(a.end <= b.onset + 60 for a, b in zip(line.notes, line.notes[1:], strict=False))
        assert [line.height for line in lines] == sorted((line.height for line in lines), reverse=True)


def test_chords_are_lines_and_a_held_note_keeps_its_own() -> None:
    held = Note(onset=0, length=1920, pitch=60)
    above = [Note(onset=480 * beat, length=480, pitch=72 + beat) for beat in range(4)]
    late = Note(onset=960, length=480, pitch=48)
    lines = lines_of(Part(notes=[held, *above, late]))
    assert [list(line.notes) for line in lines] == [above, [held], [late]]


def test_marked_voices_are_lines_even_where_they_cross() -> None:
    one = [Note(onset=480 * beat, length=480, pitch=60 + 7 * beat, voice=1) for beat in range(4)]
    two = [Note(onset=480 * beat, length=480, pitch=70, voice=2) for beat in range(4)]
    lines = lines_of(Part(notes=[*one, *two]))
    assert {(line.voice, line.notes) for line in lines} == {(1, tuple(one)), (2, tuple(two))}


def test_of_five_parts_the_highest_the_lowest_and_the_busiest_are_taken_and_the_rest_is_named() -> None:
    busy = BAND.parts[2].model_copy(update={"notes": [Note(onset=240 * k, length=240, pitch=50) for k in range(48)]})
    seats = seats_of(BAND.model_copy(update={"parts": [*BAND.parts[:2], busy, *BAND.parts[3:]]}))
    assert [line.part.id for line in seats.lines if line] == ["lead", "second", "third", "low"]
    assert seats.left_alone == ("Fourth", "Drums")
    wanted = seats_of(BAND, first={"fourth"})
    assert "fourth" in [line.part.id for line in wanted.lines if line]


def test_a_line_that_is_silent_most_of_the_time_cannot_go_on_unless_it_is_wished() -> None:
    few = Part(id="added", notes=[Note(onset=960, length=240, pitch=79), Note(onset=2880, length=240, pitch=50)])
    piece = Composition(parts=[melody(SCALE), few])
    assert {line.part.id for line in seats_of(piece).lines if line} == {"added", "melody"}
    going_on = seats_of(piece, with_scraps=False)
    assert [line.part.id for line in going_on.lines if line] == ["melody"] and going_on.left_alone == ("added",)
    wished = seats_of(piece, first={"added"}, with_scraps=False)
    assert "added" in [line.part.id for line in wished.lines if line]


def test_a_plucked_bass_is_heard_as_if_it_rang_and_goes_on() -> None:
    tune = Part(id="melody", notes=[Note(onset=480 * beat, length=480, pitch=72 + beat % 5) for beat in range(16)])
    plucked = Part(id="bass", notes=[Note(onset=960 * k, length=240, pitch=48 + 7 * (k % 2)) for k in range(8)])
    sheet = sheet_of(Composition(parts=[tune, plucked]), TransformerControls(extension_s=2.0))
    assert sheet.seats.left_alone == () and sheet.heard == {0, 3}
    heard = sheet.draft.sounding[:64, 3] + LOWEST - sheet.seats.moved[3]
    assert heard.tolist() == [48 + 7 * (step // 8 % 2) for step in range(64)]
    assert sheet.draft.onset[:64, 3].tolist() == [step % 8 == 0 for step in range(64)]
    assert [note.length for note in sheet.kept[3]] == [240] * 8  # what is kept in the piece is not what rings


def test_a_note_rings_for_a_half_note_at_most() -> None:
    sounding = np.array([7, SILENCE, SILENCE, 9] + [SILENCE] * 12)
    ring(sounding)
    assert sounding.tolist() == [7, 7, 7, *[9] * 9, *[SILENCE] * 4]


@pytest.mark.parametrize(("pitches", "voices"), [
    ([SCALE], [0]), ([[p - 24 for p in SCALE]], [3]), ([SCALE, [p - 4 for p in SCALE]], [0, 1]),
    ([SCALE, [p - 24 for p in SCALE]], [0, 3]),
    ([SCALE, [p - 3 for p in SCALE], [p - 24 for p in SCALE]], [0, 1, 3]),
])
def test_fewer_lines_have_the_voices_that_suit_them(pitches: list[list[int]], voices: list[int]) -> None:
    piece = Composition(parts=[melody(line, id=f"line-{k}") for k, line in enumerate(pitches)])
    assert [voice for voice, line in enumerate(seats_of(piece).lines) if line] == voices


def test_a_bass_that_is_the_melody_is_the_soprano() -> None:
    cello = Composition(parts=[melody([p - 24 for p in SCALE])])
    assert seats_of(cello, has_melody=True).lines[0] is not None


def test_a_melody_far_outside_is_seen_where_voices_sing_and_comes_back_to_its_own_pitch() -> None:
    seats = seats_of(HIGH)
    pitches = [note.pitch for note in HIGH.parts[0].notes]
    classes = seats.classes(0, pitches)
    lowest, highest = COMFORT[0]
    assert ((classes + 36 >= lowest - 2) & (classes + 36 <= highest)).all()
    assert [seats.pitch(0, int(name)) for name in classes] == pitches
    assert len(set(seats.moved)) == 1  # its companions move along


def test_a_piece_in_the_usual_ranges_stays_where_it_is() -> None:
    assert seats_of(four_parts()).moved == (0, 0, 0, 0)


def test_chords_of_four_notes_fill_four_seats() -> None:
    assert all(line is not None and line.part.id == "piano" for line in seats_of(CHORDS).lines)
