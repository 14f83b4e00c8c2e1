"""The judge: Bach before shuffled Bach before dice, whatever key, tempo or instrument; and nothing for nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from trivium.music.challenges.judge_style import apart, dice, style
from trivium.music.challenges.judge_traits import chords_of, parallel_rate, traits
from trivium.music.challenges.judging import judge
from trivium.music.dataset.chorales import chorale
from trivium.music.dataset.piece import GridPiece, composition_of, notes_of_grid
from trivium.music.melodies import find_tune, tune_piece
from trivium.music.notes import Composition, Note, Part, Tempo
from trivium.music.score.benchmark import read_benchmark
from trivium.music.transformer.tokens import grid_of


def with_notes(piece: Composition, change: Callable[[Note], Note]) -> Composition:
    return piece.model_copy(update={"parts": [
        part.model_copy(update={"notes": [change(note) for note in part.notes]}) for part in piece.parts]})


def shuffled(piece: Composition, seed: int = 1) -> Composition:
    """The same pitches, rhythm and parts, the pitches dealt out anew."""
    pitches = np.random.default_rng(seed).permutation([n.pitch for part in piece.parts for n in part.notes]).tolist()
    return with_notes(piece, lambda note: note.model_copy(update={"pitch": pitches.pop()}))


def sung(bars: int = 8) -> Composition:
    return composition_of(chorale(3, phrases=bars // 2))


def test_bach_comes_before_shuffled_bach_and_that_before_dice(benchmark_data: Callable[[str], Path]) -> None:
    pieces = read_benchmark(benchmark_data("music/Jsb16thSeparated.npz"))["valid"][:20]
    bach = [composition_of(GridPiece(notes=notes_of_grid(grid_of(piece)), is_four_part=True)) for piece in pieces]
    own = [judge(piece).score for piece in bach]
    mixed = [judge(shuffled(piece)).score for piece in bach]
    thrown = [judge(dice(seed)).score for seed in range(500, 520)]
    assert all(a > b for a, b in zip(own, mixed, strict=True))
    assert min(own) > max(thrown) and min(mixed) > max(thrown)
    assert np.median(own) > 85 and np.median(thrown) < 10


def test_our_own_chorales_come_before_a_lone_melody() -> None:
    assert judge(sung()).score > judge(shuffled(sung())).score > judge(dice(99)).score
    assert judge(sung()).score > judge(tune_piece(find_tune("twinkle"))).score


def test_key_tempo_instrument_loudness_and_the_order_of_parts_do_not_matter() -> None:
    piece = sung()
    plain = judge(piece)
    for semitones in (-5, 4, 12):
        moved = judge(with_notes(piece, lambda n, by=semitones: n.model_copy(update={"pitch": n.pitch + by})))
        assert moved.score == plain.score
        assert [part.score for part in moved.parts] == [part.score for part in plain.parts]
    other = with_notes(piece, lambda n: n.model_copy(update={"velocity": 30})).model_copy(update={
        "tempos": [Tempo(bpm=200)], "title": "x",
        "parts": [part.model_copy(update={"program": 40, "name": "y"}) for part in piece.parts[::-1]]})
    assert judge(other) == plain
    drums = Part(id="drums", is_drum=True, notes=[Note(onset=0, length=30, pitch=36)])
    assert judge(piece.model_copy(update={"parts": [*piece.parts, drums]})) == plain


def test_the_key_is_named() -> None:
    piece = sung()
    key = piece.keys[0]
    tonic = ("C", "C sharp", "D", "E flat", "E", "F", "F sharp", "G", "A flat", "A", "B flat", "B")[
        (key.fifths * 7 + (9 if key.mode == "minor" else 0)) % 12]
    assert f"Fits best as {tonic} {key.mode}." in judge(piece).parts[0].says


@pytest.mark.parametrize("piece", [
    Composition(), Composition(parts=[Part(is_drum=True, notes=[Note(onset=0, length=10, pitch=40)])])])
def test_nothing_gets_nothing(piece: Composition) -> None:
    found = judge(piece)
    assert found.score == 0 and all(part.distance is None for part in found.parts)
    assert found.parts[0].says == "There are no notes." and found.remarks == []


def test_a_lone_note_is_judged_without_a_fault() -> None:
    found = judge(Composition(parts=[Part(notes=[Note(onset=0, length=480, pitch=60)])]))
    assert 0 < found.score < 50 and {part.id: part.distance for part in found.parts}["steps"] is None


def test_the_counts_by_hand() -> None:
    # C E G for a quarter, then a lone B for a half
    notes = [Note(onset=0, length=480, pitch=pitch) for pitch in (60, 64, 67)]
    found = traits(Composition(parts=[Part(notes=[*notes, Note(onset=480, length=960, pitch=71)])]))
    assert found.pitch_classes[[0, 4, 7, 11]] == pytest.approx(np.array([1, 1, 1, 2]) / 5)
    assert found.steps[4] == 1  # from the upper G to B
    assert found.lengths[3] == 0.75 and found.lengths[5] == 0.25
    assert found.chords[[4, 7]].tolist() == [0.5, 0.5]
    assert found.voices[[0, 2]] == pytest.approx([2 / 3, 1 / 3])
    assert apart(np.array([1.0, 0]), np.array([0.25, 0.75])) == 0.75
    assert chords_of(np.zeros((4, 128), dtype=bool)).sum() == 0


def test_parallels_are_counted_for_a_hundred_moments() -> None:
    fifths = np.array([[67, 60], [69, 62], [71, 64], [71, 60], [72, 60]])
    assert parallel_rate(fifths) == 100.0  # two moments at which both move, two faults; one voice alone is no moment
    assert parallel_rate(fifths[:, :1]) is None and parallel_rate(fifths[3:]) is None


def test_the_style_is_a_few_kilobytes_of_shares_and_says_where_it_comes_from() -> None:
    bach = style()
    for shares in (*bach.keys.values(), *bach.histograms.values()):
        assert shares.sum() == pytest.approx(1, abs=1e-3) and (shares >= 0).all()
    assert bach.keys["major"].argmax() in (0, 7) and bach.keys["minor"].argmax() in (0, 7)
    assert all(bach.near[part] < bach.far[part] for part in bach.near)


def test_a_very_large_piece_is_judged() -> None:
    notes = [Note(onset=60 * k, length=120, pitch=40 + k % 40) for k in range(40_000)]
    assert 0 <= judge(Composition(parts=[Part(notes=notes)])).score <= 100
