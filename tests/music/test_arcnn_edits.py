"""The AR-CNN's edits: budgets in real notes, pins, regions, seeds, and that any edit can be taken back."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.music.arcnn_toy import chord_piece
from trivium.errors import BadConfig
from trivium.music.arcnn.board import Board
from trivium.music.arcnn.config import ArcnnConfig, ArcnnControls
from trivium.music.arcnn.edits import EditEvent, replay
from trivium.music.arcnn.grid import KINDS, LENGTHS, PITCHES, WINDOW
from trivium.music.arcnn.network import EditNet
from trivium.music.arcnn.sampling import draw, edits
from trivium.music.notes import Composition, Metre, Note, Part, Tempo

torch.manual_seed(11)
NETWORK = EditNet(ArcnnConfig(filters=4, levels=2)).eval().melted()  # knows nothing, so it tries everything

notes = st.builds(Note, onset=st.integers(0, 4000), length=st.integers(1, 2500), pitch=st.integers(20, 100),
                  velocity=st.integers(1, 127), pinned=st.sampled_from([None, None, True]))
pieces = st.builds(
    lambda one, two, drums, metre, bpm: Composition(
        tempos=[Tempo(bpm=bpm), Tempo(tick=700, bpm=bpm / 2)], metres=[metre],
        parts=[Part(id="one", notes=one), Part(id="two", notes=two), Part(id="drums", is_drum=True, notes=drums)]),
    st.lists(notes, max_size=14), st.lists(notes, max_size=6), st.lists(notes, max_size=3),
    st.sampled_from([Metre(beats=4), Metre(beats=3), Metre(beats=7, beat_unit=8)]), st.floats(30, 300))
controls = st.builds(
    ArcnnControls, creative_risk=st.floats(0.5, 6.0), sampling_iterations=st.integers(0, 30),
    max_removed_percent=st.sampled_from([0.0, 30.0, 50.0, 100.0]), max_added_notes=st.integers(0, 12),
    first_bar=st.sampled_from([None, 1, 2]), last_bar=st.sampled_from([None, 2, 3]),
    lowest_pitch=st.sampled_from([0, 50]), highest_pitch=st.sampled_from([127, 80]),
    parts=st.sampled_from([None, ["one"]]), clear_first=st.booleans())


def bag(piece: Composition, drums: bool = False) -> Counter[tuple[str, Note]]:
    return Counter((part.id, note) for part in piece.parts if drums or not part.is_drum for note in part.notes)


def make(piece: Composition, wanted: ArcnnControls, seed: int = 1) -> tuple[Board, list[EditEvent]]:
    board = Board(piece, wanted)
    return board, list(edits(board, NETWORK, seed))


def first_bar_is_there(piece: Composition, wanted: ArcnnControls) -> bool:
    try:
        Board(piece, wanted)
    except BadConfig:
        return False
    return True


@settings(max_examples=25, deadline=None)
@given(pieces, controls, st.integers(0, 1000))
def test_budgets_count_real_notes_and_hold_after_every_edit(piece: Composition, wanted: ArcnnControls,
                                                            seed: int) -> None:
    if not first_bar_is_there(piece, wanted):
        return
    board, events = make(piece, wanted, seed)
    before = bag(piece)
    able = sum(count for (part, note), count in before.items() if may_go(board, wanted, part, note))
    for upto in range(len(events) + 1):
        after = bag(replay(piece, events[:upto]))
        assert (before - after).total() <= int(wanted.max_removed_percent * able / 100)
        assert (after - before).total() <= wanted.max_added_notes
    assert ((after - before).total(), (before - after).total()) == (board.added, board.removed)
    assert len([event for event in events if event.iteration]) <= wanted.sampling_iterations


def may_go(board: Board, wanted: ArcnnControls, part: str, note: Note) -> bool:
    """By the words of the settings, without the board's own planes."""
    first, last = board.region
    return (not note.pinned and first <= note.onset < last and (wanted.parts is None or part in wanted.parts)
            and wanted.lowest_pitch <= note.pitch <= wanted.highest_pitch
            and board.lowest <= note.pitch < board.lowest + PITCHES)


@settings(max_examples=25, deadline=None)
@given(pieces, controls, st.integers(0, 1000))
def test_pins_drums_other_parts_and_what_lies_outside_the_region_stay(piece: Composition, wanted: ArcnnControls,
                                                                      seed: int) -> None:
    if not first_bar_is_there(piece, wanted):
        return
    board, events = make(piece, wanted, seed)
    after = replay(piece, events)
    stays = Counter({each: count for each, count in bag(piece, drums=True).items() if each[0] == "drums"
                     or not may_go(board, wanted, *each)})
    assert stays <= bag(after, drums=True)
    for (part, note), _ in (bag(after) - bag(piece)).items():
        assert board.region[0] <= note.onset and note.end <= board.region[1]
        assert wanted.lowest_pitch <= note.pitch <= wanted.highest_pitch
        assert part in {"added", "one", "two"}
    assert (after.tempos, after.metres) == (piece.tempos, piece.metres)


@settings(max_examples=20, deadline=None)
@given(pieces, controls, st.integers(0, 1000), st.data())
def test_any_edit_can_be_taken_back(piece: Composition, wanted: ArcnnControls, seed: int, data: st.DataObject) -> None:
    if not first_bar_is_there(piece, wanted):
        return
    _, events = make(piece, wanted, seed)
    assert replay(piece, []) == piece
    assert replay(piece, events, {event.index for event in events}) == piece
    if not events:
        return
    taken = data.draw(st.sampled_from(events))
    without = bag(replay(piece, events, {taken.index}))
    touched = {note_id(note) for event in events if event.index != taken.index
               for note in (event.removed, event.added) if note is not None}
    if taken.removed is not None and note_id(taken.removed) not in touched:
        assert without[taken.part, taken.removed] == bag(piece)[taken.part, taken.removed]
    if taken.added is not None and note_id(taken.added) not in touched:
        assert without[taken.added_part or "", taken.added] == 0
    for (_, note), count in without.items():
        assert count <= bag(piece)[_, note] or note_id(note) in touched


def note_id(note: Note) -> tuple[int, int, int]:
    return note.onset, note.pitch, note.length


@settings(max_examples=20, deadline=None)
@given(pieces, controls, st.integers(0, 1000))
def test_no_edit_makes_a_pitch_sound_twice_at_once(piece: Composition, wanted: ArcnnControls, seed: int) -> None:
    if not first_bar_is_there(piece, wanted):
        return
    _, events = make(piece, wanted, seed)
    after = replay(piece, events)
    sounding = [note for part in after.parts if not part.is_drum for note in part.notes]
    for _, new in bag(after) - bag(piece):
        at_once = [note for note in sounding if note.onset < new.end and new.onset < note.end]
        assert [note for note in at_once if note.pitch == new.pitch] == [new]


def test_same_seed_same_edits_and_another_seed_others() -> None:
    piece, wanted = chord_piece(1), ArcnnControls(sampling_iterations=20)
    one, two, other = (make(piece, wanted, seed)[1] for seed in (3, 3, 4))
    assert one == two != other
    assert len(one) == 20


def test_nothing_changes_when_nothing_may() -> None:
    piece = chord_piece(1)
    for wanted in (ArcnnControls(sampling_iterations=0), ArcnnControls(max_added_notes=0, max_removed_percent=0)):
        _, events = make(piece, wanted)
        assert events == []
        assert replay(piece, events) == piece


def test_a_spent_budget_locks_its_side_and_taking_an_added_note_away_gives_it_back() -> None:
    piece = Composition(parts=[Part(id="one", notes=[Note(onset=0, length=480, pitch=60)])])  # one bar, 16 steps
    board = Board(piece, ArcnnControls(max_added_notes=1, max_removed_percent=0))
    open_now = (16 - 3) * PITCHES - 4  # places for a quarter; the note itself takes four of its pitch
    assert board.allowed(0)[4].sum() == open_now
    board.edit(4, (8, 0), 1, 1.0)
    allowed = board.allowed(0)
    places = set(zip(*np.nonzero(allowed)[1:], strict=True))
    assert places == {(8, 0)}  # only the added note itself may still change
    assert {int(LENGTHS[kind]) for kind in np.flatnonzero(allowed[:, 8, 0])} == {0, 1, 2, 3, 6, 8}
    board.edit(0, (8, 0), 2, 1.0)
    assert board.added == 0 and board.allowed(0)[4].sum() == open_now


def test_a_note_of_the_input_comes_back_as_it_was() -> None:
    own = Note(onset=490, length=230, pitch=64, velocity=33, voice=2)
    piece = Composition(parts=[Part(id="one", notes=[own])])
    board = Board(piece, ArcnnControls(max_added_notes=0))
    cell = board.cell(own)
    board.edit(0, cell, 1, 1.0)
    assert (board.removed, board.allowed(0)[1:].sum()) == (1, 1)  # nothing new may come, but this may come back
    kind = int(np.flatnonzero(board.allowed(0)[:, cell[0], cell[1]])[0])
    event = board.edit(kind, cell, 2, 1.0)
    assert event.added == own and (board.removed, board.added) == (0, 0)
    assert replay(piece, board.events) == piece


def test_an_input_off_the_grid_keeps_its_ticks_and_a_repeated_note_stays_two() -> None:
    played = [Note(onset=7, length=471, pitch=60), Note(onset=483, length=455, pitch=60, velocity=101),
              Note(onset=1930, length=47, pitch=20)]
    piece = Composition(parts=[Part(id="one", notes=played)])
    _, events = make(piece, ArcnnControls(max_removed_percent=0, sampling_iterations=30))
    after = replay(piece, events)
    assert len(events) == 30
    assert after.parts[0] == piece.parts[0]
    assert len(after.parts) == 2 and all(note.onset % 120 == note.length % 120 == 0 for note in after.parts[1].notes)


def test_a_long_piece_is_edited_from_end_to_end() -> None:
    piece = chord_piece(2, bars=40)
    _, events = make(piece, ArcnnControls(sampling_iterations=20))
    onsets = [event.added.onset for event in events if event.added]
    assert len(events) == 100
    assert min(onsets) < 8 * 1920 and max(onsets) > 32 * 1920


def test_clearing_takes_away_what_the_region_holds_and_no_more() -> None:
    piece = chord_piece(3)
    _, events = make(piece, ArcnnControls(clear_first=True, sampling_iterations=0, first_bar=3, last_bar=4))
    after = bag(replay(piece, events))
    assert {note.onset // 1920 for _, note in bag(piece) - after} == {2, 3}
    assert not any(2 * 1920 <= note.onset < 4 * 1920 for _, note in after)


def test_notes_far_below_are_seen_an_octave_or_two_off() -> None:
    low = Composition(parts=[Part(id="one", notes=[Note(onset=0, length=480, pitch=pitch) for pitch in (10, 14, 17)])])
    assert Board(low, ArcnnControls()).lowest == 6
    assert Board(chord_piece(1), ArcnnControls()).lowest == 30


def test_a_region_that_is_not_there_is_refused_in_words() -> None:
    with pytest.raises(BadConfig, match=r"no bar 9: it has 8 bars") as caught:
        Board(chord_piece(1), ArcnnControls(first_bar=9))
    assert "earlier" in caught.value.hint


def test_draws_follow_the_softmax_of_the_allowed_edits_at_that_temperature() -> None:
    logits = np.full((KINDS, WINDOW, PITCHES), 1000.0, dtype=np.float32)  # exp() overflows without care
    allowed = np.zeros(logits.shape, dtype=bool)
    logits[1, 2, 3], logits[2, 5, 7], logits[0, 9, 1] = 900.0, 898.0, 899.0
    for place in ((1, 2, 3), (2, 5, 7), (0, 9, 1)):
        allowed[place] = True
    rng = np.random.default_rng(0)
    drawn = [draw(logits, allowed, 2.0, rng) for _ in range(3000)]
    weights = np.exp(np.array([0.0, -1.0, -0.5]))
    expected = dict(zip(((1, 2, 3), (2, 5, 7), (0, 9, 1)), weights / weights.sum(), strict=True))
    found = Counter(each[:3] for each in drawn)
    assert set(found) == set(expected)
    for place, share in expected.items():
        assert found[place] / 3000 == pytest.approx(share, abs=0.03)
    assert {round(each[3], 6) for each in drawn} == {round(share, 6) for share in expected.values()}
    assert len(LENGTHS) == KINDS
