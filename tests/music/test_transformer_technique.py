"""The Transformer as a technique: it extends, regenerates and harmonises any piece, and leaves alone what is kept."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

from tests.music.conftest import tiny
from tests.music.transformer_toy import (
    BAND,
    CHORDS,
    JIG,
    PIECES,
    SCALE,
    SLOWING,
    UPBEAT,
    WALTZ,
    composed,
    four_parts,
    melody,
    tiny_model,
)
from trivium.errors import BadConfig
from trivium.music.bars import bars_of, seconds_at, tick_at
from trivium.music.files.midi_read import read_midi
from trivium.music.files.midi_write import write_midi
from trivium.music.notes import Composition, Metre, Note, Part, Tempo
from trivium.music.transformer.batch import batch_of
from trivium.music.transformer.controls import TransformerControls
from trivium.music.transformer.sheet import sheet_of
from trivium.music.transformer.tokens import HOLD, LOWEST, SILENCE, Past, Piece
from trivium.music.written import retell

FULL = {"max_rest_s": 0, "max_note_s": 1.0}  # always a note, and not always the same


def notes_after(piece: Composition, tick: int, part: str) -> list[Note]:
    return [note for each in piece.parts if each.id == part for note in each.notes if note.onset >= tick]


@pytest.mark.parametrize("name", PIECES)
def test_an_extension_leaves_everything_as_it_is_and_goes_on_after_it(name: str) -> None:
    piece = PIECES[name]
    made, story = composed(piece, extension_s=3, **FULL)
    assert made.added > 0 and made.removed == 0 and made.is_whole
    assert [part.id for part in made.piece.parts] == [part.id for part in piece.parts]
    for before, after in zip(piece.parts, made.piece.parts, strict=True):
        assert [note for note in after.notes if note.onset < piece.end] == list(before.notes)
        assert after.model_copy(update={"notes": []}) == before.model_copy(update={"notes": []})
    assert (made.piece.tempos, made.piece.metres, made.piece.title) == (piece.tempos, piece.metres, piece.title)
    assert retell(piece, story, []) == made.piece
    assert retell(piece, story, range(len(story))) == piece
    for part in made.piece.parts:
        new = [note for note in part.notes if note.onset >= piece.end]
        assert len({(note.onset, note.pitch) for note in new}) == len(new)
        assert not (part.is_drum and new)


@pytest.mark.parametrize("name", PIECES)
def test_regenerated_bars_are_new_and_all_else_is_kept(name: str) -> None:
    piece = PIECES[name]
    bars = bars_of(piece)
    begin, end = bars[1].tick, bars[1].end
    made, story = composed(piece, mode="regenerate", first_bar=2, last_bar=2, **FULL)
    assert made.added > 0
    for before, after in zip(piece.parts, made.piece.parts, strict=True):
        kept = [note for note in before.notes if not begin <= note.onset < end]
        assert [note for note in kept if note not in after.notes] == []
        reach = max([end, *(note.end for note in before.notes if begin <= note.onset < end)])
        for note in after.notes:
            assert note in before.notes or begin <= note.onset < note.end <= reach
    assert retell(piece, story, []) == made.piece
    assert retell(piece, story, range(len(story))) == piece


@pytest.mark.parametrize("name", ["waltz", "jig", "upbeat", "triplets", "high", "tune"])
def test_a_melody_gets_the_voices_that_are_missing(name: str) -> None:
    piece = PIECES[name]
    made, _ = composed(piece, mode="harmonise", **FULL)
    assert made.piece.parts[0] == piece.parts[0]
    assert [part.id for part in made.piece.parts[1:]] == ["alto", "tenor", "bass"]
    first, last = piece.parts[0].notes[0].onset, piece.end
    for part in made.piece.parts[1:]:
        assert part.notes[0].onset == first and last <= part.notes[-1].end < last + 480
        assert all(a.end == b.onset for a, b in pairwise(part.notes))  # never a rest, never two at once


def test_a_note_that_sounds_where_listening_begins_is_struck_there_for_the_network() -> None:
    def draft(*lengths: int) -> Any:
        onsets = np.cumsum([0, *lengths])
        notes = [Note(onset=int(onset), length=length, pitch=67 if onset < 2880 else 69)
                 for onset, length in zip(onsets, lengths, strict=False)]
        return sheet_of(Composition(parts=[Part(id="melody", notes=notes)]), TransformerControls(input_s=2.0)).draft

    held, struck = draft(2880, 960), draft(1920, 960, 960)  # the last bar of two, at 120 quarters a minute
    assert held.onset[0].any() and np.array_equal(held.onset, struck.onset)
    assert np.array_equal(held.sounding, struck.sounding)


def test_only_the_chosen_parts_are_written_anew() -> None:
    piece = four_parts()
    made, _ = composed(piece, mode="regenerate", parts=["part-2", "part-4"], **FULL)
    changed = [after.notes != before.notes for before, after in zip(piece.parts, made.piece.parts, strict=True)]
    assert changed == [False, True, False, True]


def test_pinned_notes_stay_and_are_not_lengthened() -> None:
    piece = four_parts()
    pinned = [note.model_copy(update={"pinned": True}) if number % 3 == 0 else note
              for number, note in enumerate(piece.parts[0].notes)]
    piece = piece.model_copy(update={"parts": [piece.parts[0].model_copy(update={"notes": pinned}), *piece.parts[1:]]})
    for seed in range(3):
        made, _ = composed(piece, seed, mode="regenerate", **FULL)
        line = made.piece.parts[0].notes
        assert [note for note in line if note.pinned] == [note for note in pinned if note.pinned]
        assert all(a.end <= b.onset for a, b in pairwise(line))


def test_a_note_that_sounds_into_the_region_stays_and_one_that_sounds_out_of_it_leaves_no_hole() -> None:
    into, out = Note(onset=1440, length=960, pitch=70), Note(onset=3360, length=960, pitch=72)
    piece = Composition(parts=[Part(id="melody", notes=[
        Note(onset=0, length=1440, pitch=69), into, Note(onset=2400, length=960, pitch=71), out,
        Note(onset=4320, length=960, pitch=69)])])
    made, _ = composed(piece, mode="regenerate", first_bar=2, last_bar=2, **FULL)
    line = made.piece.parts[0].notes
    assert into in line and out not in line
    assert all(a.end == b.onset for a, b in pairwise(line))


def test_an_extension_has_the_wished_length_under_a_tempo_map() -> None:
    """The piece ends after 3840 ticks. Then 960 ticks at 120, 1920 at 60, and the rest at 30 quarters a minute."""
    made, _ = composed(SLOWING, extension_s=1.0 + 4.0 + 6.0, **FULL)
    assert made.piece.end == 4800 + 1920 + 3 * 480
    assert made.facts["written_s"] == 11.0
    assert seconds_at(SLOWING.tempos, made.piece.end) - seconds_at(SLOWING.tempos, SLOWING.end) == pytest.approx(11)


@pytest.mark.parametrize("seconds", [0.0, 0.3, 2.0, 2.5, 5.9, 6.0, 7.0, 100.0])
def test_the_tick_at_a_time_is_the_way_back(seconds: float) -> None:
    tick = tick_at(SLOWING.tempos, seconds)
    whole = int(tick)
    assert seconds_at(SLOWING.tempos, whole) <= seconds + 1e-9 < seconds_at(SLOWING.tempos, whole + 1)


@pytest.mark.parametrize("limit", [0.25, 0.5, 1.1])
def test_no_note_and_no_rest_is_longer_than_wished_in_seconds(limit: float) -> None:
    made, _ = composed(SLOWING, extension_s=30, sampling="top-k", top_k=3, max_note_s=limit, max_rest_s=limit)
    new = notes_after(made.piece, SLOWING.end, "melody")
    assert new[-1].onset > 6720
    for note in new:
        lasts = seconds_at(SLOWING.tempos, note.end) - seconds_at(SLOWING.tempos, note.onset)
        assert lasts <= limit + 1e-6 or note.length == 120
    for a, b in pairwise(new):
        assert seconds_at(SLOWING.tempos, b.onset) - seconds_at(SLOWING.tempos, a.end) <= limit + 1e-6


@pytest.mark.parametrize(("seconds", "least"), [(0.25, 1), (1.1, 1), (0.0, 0), (0.05, 0)])
def test_limits_in_steps_are_the_longest_that_keep_to_the_seconds(seconds: float, least: int) -> None:
    sheet = sheet_of(SLOWING, TransformerControls(extension_s=12))
    found = sheet.limit(seconds, least)
    assert found is not None and len(found) == len(sheet.draft.free)
    for step in range(0, len(found), 7):
        end = seconds_at(SLOWING.tempos, sheet.tick(step + 1))
        fits = [count for count in range(1, step + 2)
                if end - seconds_at(SLOWING.tempos, sheet.tick(step + 1 - count)) <= seconds + 1e-6]
        assert found[step] == max([least, *fits])


def test_without_risk_it_is_what_the_whole_network_holds_likeliest() -> None:
    """Against the network itself, which reads the piece anew for every cell."""
    piece = four_parts(2)
    made, _ = composed(piece, extension_s=2.0, creative_risk=0, keep_key=0)
    assert composed(piece, seed=9, extension_s=2.0, creative_risk=0, keep_key=0)[0].piece == made.piece
    network, sheet = tiny(with_hold=True), sheet_of(piece, TransformerControls(extension_s=2.0))
    sounding, onset = sheet.draft.sounding.copy(), sheet.draft.onset.copy()
    for step in range(32, 48):
        for voice in range(4):
            so_far = Piece.of(sounding[:step + 1], onset[:step + 1])
            with torch.inference_mode():
                logits = network(batch_of([so_far], True))[0, -1, voice].numpy().copy()
            before = sounding[step - 1, voice]
            if before == SILENCE or step == 32:
                logits[HOLD] = -np.inf  # nothing to hold; and what is kept is not lengthened
            best = int(logits.argmax())
            sounding[step, voice] = before if best == HOLD else best
            onset[step, voice] = best < SILENCE or sounding[step, voice] != before
    for voice, part in enumerate(made.piece.parts):
        grid = np.full(16, SILENCE)
        for note in notes_after(made.piece, piece.end, part.id):
            first = (note.onset - piece.end) // 120
            grid[first:first + note.length // 120] = note.pitch - LOWEST
            assert onset[32 + first, voice]
        np.testing.assert_array_equal(grid, sounding[32:, voice])


@pytest.mark.parametrize("controls", [
    {}, {"mode": "harmonise"}, {"mode": "regenerate", "first_bar": 2, "last_bar": 3}, {"accompaniment": True}])
def test_the_same_seed_writes_the_same_and_another_seed_something_else(controls: dict[str, Any]) -> None:
    one, two, three = (composed(WALTZ, seed, extension_s=3, **controls)[0].piece for seed in (1, 1, 2))
    assert one == two != three


@pytest.mark.parametrize(("one", "other"), [
    ({"creative_risk": 0.2}, {"creative_risk": 2.0}), ({"sampling": "top-k", "top_k": 2}, {"sampling": "nucleus"}),
    ({"keep_key": 0}, {"keep_key": 1}),
    ({"top_p": 0.1}, {"top_p": 1.0}), ({"input_s": 1.0}, {"input_s": 8.0}), ({"max_note_s": 0.2}, {}),
    ({"max_rest_s": 0}, {"sampling": "top-k", "top_k": 0, "creative_risk": 3.0}),
])
def test_each_control_changes_what_is_written(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert composed(four_parts(), extension_s=3, **one)[0].piece != composed(four_parts(), extension_s=3,
                                                                             **other)[0].piece


@pytest.mark.parametrize(("mode", "key"), [("extend", 0), ("extend", 7), ("harmonise", 3), ("regenerate", 10)])
def test_where_the_key_is_kept_notes_lie_in_the_scale_of_the_input(mode: str, key: int) -> None:
    piece = Composition(parts=[melody([pitch + key for pitch in SCALE * 2])])
    controls: dict[str, Any] = {"mode": mode, "extension_s": 6} | ({"first_bar": 3} if mode == "regenerate" else {})
    outside = {}
    for keep_key in (0.0, 1.0):
        made, _ = composed(piece, keep_key=keep_key, **controls, **FULL)
        new = [note for part in made.piece.parts for note in part.notes if note not in piece.parts[0].notes]
        outside[keep_key] = np.mean([(note.pitch - key) % 12 not in {0, 2, 4, 5, 7, 9, 11} for note in new])
    assert outside[0.0] > 0.2 and outside[1.0] < 0.1  # five of twelve are outside


def test_what_is_heard_more_than_in_passing_is_at_home_though_it_lies_outside_the_scale() -> None:
    minor = Composition(parts=[melody([57, 59, 60, 62, 64, 65, 68, 69] * 2)])
    sheet = sheet_of(minor, TransformerControls())
    home = {int(pitch - sheet.seats.moved[0]) % 12 for pitch in np.flatnonzero(sheet.at_home())}
    assert home == {9, 11, 0, 2, 4, 5, 7, 8}  # A minor, with its leading note


def test_the_input_is_listened_to_from_its_end() -> None:
    piece = four_parts(8)  # 16 s
    other = piece.model_copy(update={"parts": [part.model_copy(update={"notes": [
        note.model_copy(update={"pitch": note.pitch - 5}) if note.onset < 8 * 960 else note for note in part.notes]})
        for part in piece.parts]})
    for input_s, same in ((8.0, True), (16.0, False)):
        ends = [[notes_after(composed(each, extension_s=2, input_s=input_s, **FULL)[0].piece, piece.end, part.id)
                 for part in piece.parts] for each in (piece, other)]
        assert (ends[0] == ends[1]) is same
    assert composed(piece, extension_s=2, input_s=8.0)[0].facts["input_s"] == 8.0


def test_with_accompaniment_the_missing_voices_are_written_from_the_beginning_on() -> None:
    made, _ = composed(UPBEAT, extension_s=3, accompaniment=True, **FULL)
    assert [part.id for part in made.piece.parts] == ["melody", "alto", "tenor", "bass"]
    assert all(part.notes[0].onset == 0 for part in made.piece.parts)
    assert len({part.notes[-1].end for part in made.piece.parts}) == 1
    alone, _ = composed(UPBEAT, extension_s=3, accompaniment=False, **FULL)
    assert [part.id for part in alone.piece.parts] == ["melody"]


def test_what_is_left_alone_is_said() -> None:
    made, _ = composed(BAND, extension_s=2, **FULL)
    assert made.facts["left_alone"] == ["Third", "Drums"] or "Drums" in made.facts["left_alone"]
    assert len(made.facts["left_alone"]) == 2 and len(made.facts["voices"]) == 4


def test_cancelled_it_keeps_what_there_is_and_what_was_not_reached() -> None:
    piece = four_parts(4)
    whole, story = composed(piece, mode="regenerate", first_bar=2, **FULL)
    half, told = composed(piece, mode="regenerate", first_bar=2, stop_after=4, **FULL)
    assert not half.is_whole and whole.is_whole and 4 <= len(told) < len(story)
    assert half.added > 0
    reached = max(each["news"]["end"] for each in told)
    begin = bars_of(piece)[1].tick
    stop = tick_at(piece.tempos, seconds_at(piece.tempos, begin) + half.facts["written_s"])
    assert max(note["onset"] + note["length"] for each in told for note in each["news"]["added"]) == round(stop)
    for before, after in zip(piece.parts, half.piece.parts, strict=True):
        assert [note for note in after.notes if note.onset >= reached] == [
            note for note in before.notes if note.onset >= reached]
        assert all(a.end <= b.onset for a, b in pairwise(after.notes))


def test_passages_of_a_part_never_overlap_and_come_in_order() -> None:
    for piece, controls in ((CHORDS, {"extension_s": 4}), (JIG, {"mode": "harmonise"}), (BAND, {"extension_s": 4})):
        _, story = composed(piece, **controls)
        news = [each["news"] for each in story]
        assert [each["index"] for each in news] == list(range(len(news)))
        for part in {each["part"]["id"] for each in news}:
            mine = [each for each in news if each["part"]["id"] == part]
            assert all(a["end"] <= b["first"] for a, b in pairwise(mine))
            assert all(each["first"] <= note["onset"] < each["end"] for each in mine
                       for note in each["added"] + each["removed"])


def test_what_is_written_goes_through_a_midi_file_and_back() -> None:
    made, _ = composed(CHORDS, extension_s=4, **FULL)
    back = read_midi(write_midi(made.piece))
    found = sorted((note[0], note[1], note[2]) for part in back.parts for note in part.notes)
    assert found == sorted((n.onset, n.length, n.pitch) for part in made.piece.parts for n in part.notes)


def test_a_long_extension_looks_back_on_a_window_only(monkeypatch: pytest.MonkeyPatch) -> None:
    from trivium.music.transformer import technique as transformer_technique

    whole, _ = composed(WALTZ, extension_s=6, **FULL)
    monkeypatch.setattr(transformer_technique, "WINDOW", 96)
    parted, _ = composed(WALTZ, extension_s=6, **FULL)
    assert parted.piece.end == whole.piece.end and parted.is_whole
    assert notes_after(parted.piece, WALTZ.end, "melody")[0] == notes_after(whole.piece, WALTZ.end, "melody")[0]
    assert parted.piece != whole.piece


def test_a_step_knows_its_place_in_the_bar() -> None:
    """An upbeat of one quarter: the extension begins on the fourth quarter of a bar, or after its last beat."""
    sheet = sheet_of(UPBEAT, TransformerControls())
    assert UPBEAT.end == 480 + 4 * 1920 and sheet.first % 16 == 0
    assert (sheet.zero, int(sheet.draft.onset[:, 0].argmax())) == (480 - 1920, 12)
    shorter = UPBEAT.model_copy(update={"parts": [melody([67, *SCALE])]})
    assert sheet_of(shorter, TransformerControls()).first % 16 == 0
    moved = shorter.model_copy(update={"parts": [melody([67, *SCALE, 60])]})
    assert sheet_of(moved, TransformerControls()).first % 16 == 4


EMPTY, DRUMS = Composition(), Composition(parts=[melody([36], is_drum=True)])
PINNED = Composition(parts=[Part(notes=[Note(onset=0, length=1920, pitch=60, pinned=True)])])
FULL_HOUSE = Composition(parts=[melody([60], id=f"part-{k}") for k in range(40)])
CROWD = Composition(parts=[melody([60], id=f"part-{k}") for k in range(62)])


@pytest.mark.parametrize(("piece", "controls", "words"), [
    (EMPTY, {}, "no note"), (DRUMS, {}, "no note"), (DRUMS, {"mode": "harmonise"}, "no note"),
    (WALTZ, {"parts": ["bass"]}, "no part 'bass'"), (BAND, {"parts": ["drums"]}, "drums"),
    (WALTZ, {"extension_s": 0}, "shorter than a sixteenth"),
    (WALTZ, {"mode": "regenerate", "first_bar": 99}, "no bar 99"),
    (PINNED, {"mode": "regenerate"}, "nothing to write"),
    (four_parts(), {"mode": "harmonise"}, "four voices already"),
    (FULL_HOUSE, {"mode": "harmonise"}, "four voices already"),
    (CROWD, {"mode": "harmonise", "parts": ["part-3"]}, "64 parts"),
    (Composition(parts=[melody([60], start=1920 * 9_999)]), {}, "ten thousand bars"),
])
def test_what_cannot_be_done_is_one_sentence(piece: Composition, controls: dict[str, Any], words: str) -> None:
    with pytest.raises(BadConfig, match=words) as refusal:
        composed(piece, **controls)
    assert refusal.value.hint


def test_a_model_of_tunes_goes_on_alone_and_writes_no_companions() -> None:
    model = replace(tiny_model(), card={**tiny_model().card, "data": {"voices": 1}})
    assert composed(PIECES["tune"], model=model, extension_s=2)[0].added > 0
    for wanted in ({"mode": "harmonise"}, {"accompaniment": True}):
        with pytest.raises(BadConfig, match="tunes alone"):
            composed(PIECES["tune"], model=model, **wanted)


def test_forty_parts_can_go_on_in_four_voices() -> None:
    made, _ = composed(FULL_HOUSE, extension_s=1, **FULL)
    assert len(made.facts["left_alone"]) == 36 and made.added > 0


@pytest.mark.parametrize("with_hold", [False, True])
def test_a_model_without_onsets_writes_too_and_lengthens_nothing(with_hold: bool) -> None:
    model = tiny_model(with_hold)
    made, _ = composed(four_parts(2), model=model, extension_s=2, **FULL)
    for part, before in zip(made.piece.parts, four_parts(2).parts, strict=True):
        assert list(part.notes[:len(before.notes)]) == list(before.notes)


def test_a_melody_in_odd_metres_and_tempos_is_written_on() -> None:
    odd = Composition(metres=[Metre(beats=5), Metre(tick=2400, beats=7, beat_unit=16)],
                      tempos=[Tempo(bpm=37.5), Tempo(tick=1000, bpm=211)], parts=[melody(SCALE, 361, start=77)])
    for controls in ({"extension_s": 2}, {"mode": "harmonise"}, {"mode": "regenerate", "last_bar": 1}):
        made, story = composed(odd, **controls, **FULL)
        assert made.added > 0 and retell(odd, story, range(len(story))) == odd


def test_nothing_is_known_of_the_past_in_the_first_step() -> None:
    """Input duration 0: what comes before makes no difference but for the lines and their ranges."""
    made = [composed(four_parts(), extension_s=2, input_s=0, **FULL)[0].piece]
    made.append(composed(four_parts(2), extension_s=2, input_s=0, **FULL)[0].piece)
    new = [[(n.onset - each.end, n.pitch) for part in each.parts for n in part.notes if n.onset >= end]
           for each, end in zip(made, (four_parts().end, four_parts(2).end), strict=True)]
    assert new[0] == new[1] and isinstance(Past.nothing(1), Past)
