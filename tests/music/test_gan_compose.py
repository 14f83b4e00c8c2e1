"""The GAN as a technique: what it writes, what it leaves alone, and how its passages tell the whole story."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from tests.music.gan_toy import model_folder, toy_piece
from trivium import music
from trivium.errors import BadConfig, BadFile
from trivium.music.commands.compose import compose as command
from trivium.music.files.midi_write import write_midi
from trivium.music.gan.compose import compose, opened
from trivium.music.gan.config import GanControls
from trivium.music.gan.stand import PREFIX, melody_of, moved_by
from trivium.music.models import from_bundle
from trivium.music.notes import Composition, Metre, Note, Part, with_parts
from trivium.music.techniques import Composed, Model
from trivium.music.written import Written, replay
from trivium.settings import Settings


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return from_bundle(model_folder(tmp_path_factory.mktemp("models") / "tiny"), "tiny")


def told(piece: Composition, model: Model, seed: int = 1, stop_after: int | None = None,
         **controls: Any) -> tuple[Composed, list[Written]]:
    events: list[Written] = []
    composed = compose(piece, GanControls(**controls), model, seed,
                       lambda _name, news, _done: events.append(Written.model_validate(news)),
                       lambda: stop_after is not None and len(events) >= stop_after)
    return composed, events


def part(piece: Composition, track: int) -> Part:
    return next(part for part in piece.parts if part.id == f"{PREFIX}{track}")


def test_the_melody_stays_and_three_tracks_come(model: Model) -> None:
    piece = toy_piece()
    composed, events = told(piece, model)
    assert composed.piece.parts[0] == piece.parts[0] and composed.is_whole
    assert [each.id for each in composed.piece.parts[1:]] == [f"{PREFIX}{track}" for track in (1, 2, 3)]
    assert [(each.name, each.program) for each in composed.piece.parts[1:]] == [
        ("High", 48), ("Middle", 24), ("Low", 32)]
    assert composed.added == composed.piece.note_count - piece.note_count > 20 and composed.removed == 0
    assert replay(piece, events) == composed.piece
    assert composed.piece.end <= 4 * 1920


def test_the_same_seed_gives_the_same_and_another_gives_another(model: Model) -> None:
    one, two, other = (told(toy_piece(), model, seed)[0].piece for seed in (1, 1, 2))
    assert one == two != other


def test_one_passage_for_each_part_and_bar_and_none_overlap(model: Model) -> None:
    _, events = told(toy_piece(), model)
    places = [(event.part.id, event.first, event.end) for event in events]
    assert len(set(places)) == len(places) and [event.index for event in events] == list(range(len(events)))
    for event in events:
        assert event.end - event.first == 1920
        assert all(event.first <= note.onset < event.end for note in event.added)


def test_a_passage_taken_back_leaves_the_others(model: Model) -> None:
    piece = toy_piece()
    composed, events = told(piece, model)
    without = replay(piece, events, {2})
    gone = part(composed.piece, int(events[2].part.id[-1])).notes
    left = part(without, int(events[2].part.id[-1])).notes
    assert [note for note in gone if note not in left] == events[2].added


def test_only_the_region_is_written_and_everything_else_stays_bit_for_bit(model: Model) -> None:
    first, _ = told(toy_piece(), model)
    drums = Part(id="drums", is_drum=True, notes=[Note(onset=7, length=3, pitch=36)])
    piece = with_parts(first.piece, [*first.piece.parts, drums])
    composed, _ = told(piece, model, seed=9, first_bar=2, last_bar=3, tracks=[2, 3])
    assert [each for each in composed.piece.parts if each.id not in (f"{PREFIX}2", f"{PREFIX}3")] == [
        each for each in piece.parts if each.id not in (f"{PREFIX}2", f"{PREFIX}3")]
    for track in (2, 3):
        before, after = part(piece, track), part(composed.piece, track)
        assert [note for note in after.notes if not 1920 <= note.onset < 5760] == [
            note for note in before.notes if not 1920 <= note.onset < 5760]
        assert after.notes != before.notes and after.model_copy(update={"notes": []}) == before.model_copy(
            update={"notes": []})
        assert all(note.end <= 5760 for note in after.notes if 1920 <= note.onset < 5760)


def test_pinned_notes_of_the_accompaniment_stay_and_nothing_of_their_pitch_sounds_with_them(model: Model) -> None:
    first, _ = told(toy_piece(), model)
    own = part(first.piece, 1)
    pinned = [note.model_copy(update={"pinned": True}) for note in own.notes[::3]]
    piece = with_parts(first.piece, [each if each.id != own.id else each.model_copy(update={"notes": pinned + [
        note for note in own.notes if note not in own.notes[::3]]}) for each in first.piece.parts])
    composed, _ = told(piece, model, seed=3)
    notes = part(composed.piece, 1).notes
    assert all(note in notes for note in pinned)
    for note in pinned:
        assert not [other for other in notes if other is not note and other != note and other.pitch == note.pitch
                    and other.onset < note.end and note.onset < other.end]


def test_tracks_and_instruments_are_chosen(model: Model) -> None:
    composed, _ = told(toy_piece(), model, tracks=[3, 1], programs=[73, None, 43])
    assert {each.id[-1]: each.program for each in composed.piece.parts[1:]} == {"1": 73, "3": 43}
    usual, _ = told(toy_piece(), model)
    some, _ = told(toy_piece(), model, programs=[73])
    assert [each.program for each in some.piece.parts[1:]] == [73, *(each.program for each in usual.piece.parts[2:])]


def test_sparser_and_fuller(model: Model) -> None:
    counts = [told(toy_piece(), model, density=density)[0].added for density in (0.0, 0.4, 1.0)]
    assert counts[0] == 0 < counts[1] < counts[2]


def test_cancelling_keeps_what_there_is(model: Model) -> None:
    whole, _ = told(toy_piece(bars=12), model)
    composed, events = told(toy_piece(bars=12), model, stop_after=3)
    assert not composed.is_whole and 0 < composed.added < whole.added
    assert replay(toy_piece(bars=12), events) == composed.piece


def test_any_length_metre_and_grid_is_accompanied(model: Model) -> None:
    notes = [Note(onset=50 + 320 * i, length=300, pitch=64 + i % 7) for i in range(40)]  # triplets, and an odd upbeat
    metres = [Metre(beats=1, beat_unit=16), Metre(tick=120, beats=3), Metre(tick=4440, beats=7, beat_unit=8)]
    piece = Composition(metres=metres, parts=[Part(id="tune", notes=notes)])
    composed, events = told(piece, model)
    assert composed.is_whole and composed.added and composed.piece.parts[0] == piece.parts[0]
    assert replay(piece, events) == composed.piece
    short = Composition(parts=[Part(notes=[Note(onset=0, length=1, pitch=60)])])
    assert told(short, model)[0].is_whole


def test_the_melody_is_the_highest_part_or_the_one_that_is_named(model: Model) -> None:
    low, high, drums = (Part(id=name, is_drum=name == "kit", notes=[Note(onset=0, length=480, pitch=pitch)])
                        for name, pitch in (("low", 50), ("high", 70), ("kit", 99)))
    piece = Composition(parts=[low, high, drums])
    assert melody_of(piece, None) == high and melody_of(piece, "low") == low
    for wanted, words in (("kit", "has no melody"), ("nobody", "no part 'nobody'")):
        with pytest.raises(BadConfig, match=words):
            melody_of(piece, wanted)
    with pytest.raises(BadConfig, match="no melody to accompany"):
        told(Composition(parts=[drums]), model)


def test_a_melody_outside_the_trained_range_is_moved_and_its_accompaniment_moved_back(model: Model) -> None:
    def shifted(semitones: int) -> Composition:
        piece = toy_piece()
        notes = [note.model_copy(update={"pitch": note.pitch + semitones}) for note in piece.parts[0].notes]
        return with_parts(piece, [piece.parts[0].model_copy(update={"notes": notes})])

    usual, low = told(shifted(0), model)[0], told(shifted(-27), model)[0]
    assert low.facts["transposed_semitones"] - usual.facts["transposed_semitones"] == 27
    for track in (1, 2, 3):
        pairs = zip(part(usual.piece, track).notes, part(low.piece, track).notes, strict=True)
        assert all((a.onset, a.length) == (b.onset, b.length) and (a.pitch - b.pitch) % 12 == 27 % 12 for a, b in pairs)
    assert moved_by(toy_piece().parts[0], 60, 83) % 12 == usual.facts["transposed_semitones"] % 12


def test_damaged_models_are_told(model: Model) -> None:
    for card, weights in ((model.card, b"nothing"), ({**model.card, "facts": {}}, model.weights),
                          ({**model.card, "config": {"gan": {"width": 20}}}, model.weights)):
        with pytest.raises(BadFile, match="damaged"):
            opened(Model("it", weights, card))


def test_the_command_and_python_do_the_same(tmp_path: Path) -> None:
    folder, source, out = model_folder(tmp_path / "tiny"), tmp_path / "in.mid", tmp_path / "out.mid"
    source.write_bytes(write_midi(toy_piece()))
    arguments = ["--technique", "gan", "--input", source, "--out", out, "--model", folder, "--json", "--seed", "7",
                 "--set", "creative_risk=0.5", "--set", "tracks=[1,3]"]
    done = CliRunner().invoke(command, [str(each) for each in arguments], obj=Settings(tmp_path), standalone_mode=False)
    assert done.exception is None, done.output
    said = json.loads(done.stdout)
    assert {"out", "seed", "model", "wall_s", "added", "removed", "passages", "melody"} <= set(said)
    piece, made = music.compose(music.load(source), "gan", {"creative_risk": 0.5, "tracks": [1, 3]}, model=str(folder),
                                seed=7, data=tmp_path)
    assert made["added"] == said["added"] > 0
    assert [len(each.notes) for each in music.load(out).parts] == [len(each.notes) for each in piece.parts]
    assert np.array_equal([note.pitch for note in music.load(out).parts[0].notes],
                          [note.pitch for note in piece.parts[0].notes])
