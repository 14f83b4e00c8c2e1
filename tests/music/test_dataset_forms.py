"""What each technique is given: shapes, values, and that no repeated note fuses; and the report on distances."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from trivium.errors import BadConfig
from trivium.music.dataset.chorales import chorale, chorales
from trivium.music.dataset.distances import distances, wasserstein
from trivium.music.dataset.forms import clips, signed, voice_grids, windows
from trivium.music.dataset.melodies import melody
from trivium.music.dataset.piece import GridPiece, notes_of_grid, sounding_roll, transposed, voice_grid
from trivium.music.dataset.voices import with_voices


def piece_of(*rows: tuple[int, int, int, int], four: bool = False) -> GridPiece:
    """A piece of (onset, length, pitch, voice)."""
    return GridPiece(notes=np.array([(*row, 80) for row in rows], dtype=np.int32), is_four_part=four)


def test_a_repeated_note_begins_twice_in_every_form() -> None:
    piece = piece_of((0, 4, 72, 0), (4, 4, 72, 0), (0, 8, 65, 1), (0, 8, 60, 2), (0, 8, 48, 3), (8, 24, 71, 0),
                     four=True)
    pitch, onset = voice_grids([piece])[0]
    assert pitch[:8, 0].tolist() == [72] * 8 and np.flatnonzero(onset[:, 0]).tolist() == [0, 4, 8]
    assert pitch[8:, 1].tolist() == [-1] * 24
    (roll,) = windows(sounding_roll(piece), 32, 32)
    assert roll[:9, 72].tolist() == [2, 1, 1, 1, 2, 1, 1, 1, 0]
    (clip,) = clips([piece])
    assert clip.shape == (32, 128, 4)
    assert clip[:9, 72, 0].tolist() == [2, 1, 1, 1, 2, 1, 1, 1, 0] and clip[0, 48, 3] == 2
    assert set(np.unique(signed(clip))) == {-1.0, 1.0} and signed(clip).sum() == 2 * (8 + 24 + 24) - clip.size


@pytest.mark.parametrize("seed", range(5))
def test_a_grid_and_its_notes_are_the_same_thing(seed: int) -> None:
    piece = chorale(seed)
    assert np.array_equal(notes_of_grid(*voice_grid(piece)), piece.notes)


def test_notes_come_out_of_a_grid_as_its_onsets_say() -> None:
    pitch = np.array([[60], [60], [60], [-1], [62], [62]], dtype=np.int32)
    onset = np.array([[1], [0], [1], [0], [1], [0]], dtype=bool)
    assert notes_of_grid(pitch, onset)[:, :3].tolist() == [[0, 2, 60], [2, 1, 60], [4, 2, 62]]
    assert notes_of_grid(pitch)[:, :3].tolist() == [[0, 3, 60], [4, 2, 62]]


def test_grids_are_moved_into_range_and_what_is_no_four_part_piece_is_left_out() -> None:
    low = transposed(chorale(1), -12)
    duet = piece_of((0, 32, 60, 0), (0, 32, 55, 1))
    chords = piece_of((0, 32, 60, 0), (4, 28, 55, 0))  # one voice, two notes at once
    grids = voice_grids([chorale(1), low, duet, chords])
    assert len(grids) == 2
    assert np.array_equal(grids[0][0], grids[1][0])  # by an octave
    for pitch, onset in grids:
        assert pitch.shape == onset.shape == (chorale(1).steps, 4)
        assert pitch.min() >= 36 and pitch.max() <= 81
    (tune,) = voice_grids([melody(1)])
    assert (tune[0][:, 0] >= 0).any() and (tune[0][:, 1:] == -1).all() and not tune[1][:, 1:].any()
    wide = piece_of((0, 32, 100, 0), (0, 32, 60, 1), (0, 32, 55, 2), (0, 32, 40, 3), four=True)
    assert voice_grids([wide]) == []


def test_windows_cover_the_piece_and_begin_every_stride() -> None:
    piece = chorale(2)
    whole = sounding_roll(piece, 36, 46)
    found = windows(whole, 64, 32)
    starts = sorted({*range(0, piece.steps - 63, 32), piece.steps - 64})
    assert np.stack(found).shape == (len(starts), 64, 46)
    for window, start in zip(found, starts, strict=True):
        assert np.array_equal(window > 0, whole[start:start + 64] > 0)
        assert np.array_equal(window[1:], whole[start + 1:start + 64])
    assert [window.shape for window in windows(sounding_roll(piece_of((0, 4, 60, 0))), 16, 64)] == [(16, 128)]
    assert windows(np.zeros((16, 128), np.uint8), 16, 64) == []


def test_a_clip_without_accompaniment_is_left_out() -> None:
    assert clips([melody(3)]).shape == (0, 32, 128, 4)
    chords = piece_of(*((beat * 8, 8, pitch, 0) for beat in range(4) for pitch in (60, 64, 67)))
    (clip,) = clips([chords])
    assert [np.flatnonzero(clip[..., track].any(axis=0)).tolist() for track in range(4)] == [[67], [64], [60], []]


# voices


def separated(piece: GridPiece, part: list[int] | None = None) -> tuple[np.ndarray, bool]:
    parts = np.array(part if part is not None else piece.notes[:, 3], dtype=np.int32)
    return with_voices(piece.notes, parts, np.zeros_like(parts))


def test_parts_are_voices_from_high_to_low_whatever_their_order_in_the_file() -> None:
    piece = chorale(3)
    shuffled = piece.notes.copy()
    shuffled[:, 3] = np.array([2, 0, 3, 1])[shuffled[:, 3]]
    notes, is_four = separated(GridPiece(notes=shuffled))
    assert is_four and np.array_equal(notes, piece.notes)


def test_chords_of_one_track_become_four_voices() -> None:
    piece = chorale(5)
    merged = piece.notes[np.lexsort((piece.notes[:, 2], piece.notes[:, 0]))]
    notes, is_four = separated(GridPiece(notes=merged), [0] * len(merged))
    assert is_four
    right = voice_grid(GridPiece(notes=notes))[0] == voice_grid(piece)[0]
    assert right.mean() > 0.98  # a unison may go to either voice


def test_a_voice_that_comes_in_alone_goes_where_it_moves_least() -> None:
    """Alto and tenor end together; the alto goes on at once, the tenor two steps later."""
    piece = piece_of((0, 40, 72, 0), (0, 20, 64, 0), (0, 20, 57, 0), (0, 40, 48, 0), (20, 20, 65, 0), (22, 18, 55, 0))
    notes, is_four = separated(piece)
    assert is_four
    assert {pitch: voice for _, _, pitch, voice, _ in notes.tolist()} == {72: 0, 64: 1, 65: 1, 57: 2, 55: 2, 48: 3}


def test_three_parts_or_chords_in_parts_are_no_four_voices() -> None:
    three = chorale(5).notes
    three = three[three[:, 3] < 3]
    assert not separated(GridPiece(notes=three))[1]
    thick = np.concatenate([chorale(5).notes, chorale(5).notes + np.array([0, 0, 12, 0, 0], dtype=np.int32)])
    assert not separated(GridPiece(notes=thick))[1]


# distances


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-50, 50), min_size=1, max_size=30), st.lists(st.integers(-50, 50), min_size=1, max_size=30))
def test_the_distance_is_that_of_scipy(a: list[int], b: list[int]) -> None:
    ours = wasserstein(np.array(a, dtype=float), np.array(b, dtype=float))
    assert ours == pytest.approx(scipy.stats.wasserstein_distance(a, b), abs=1e-9)


def mean_pitch(piece: GridPiece) -> float:
    return float(piece.notes[:, 2].mean())


def test_generated_pieces_like_the_training_ones_are_at_the_floor_and_others_above_it() -> None:
    own = chorales(90)
    metrics = {"mean pitch": mean_pitch, "never defined": lambda piece: None}
    like, nothing = distances(own[:30], own[30:50], own[50:], metrics, resamples=200)
    assert like["interval"][0] <= like["floor_interval"][1]
    assert nothing["distance"] is None and nothing["generated_n"] == 0
    far, _ = distances([transposed(piece, 7) for piece in own[:30]], own[30:50], own[50:], metrics, resamples=200)
    assert far["interval"][0] > far["floor_interval"][1]
    assert far["distance"] == pytest.approx(7.0, abs=1.5)
    assert far == distances([transposed(p, 7) for p in own[:30]], own[30:50], own[50:], metrics, resamples=200)[0]
    with pytest.raises(BadConfig, match="at least 2"):
        distances(own[:1], own[1:5], own[5:], metrics)


def test_the_report_has_every_measure_beside_its_floor_and_the_copies() -> None:
    from trivium.music.dataset.report import held_out_report
    from trivium.music.dataset.sources import prepare_chorales

    made = prepare_chorales(40, seed=2)
    honest = held_out_report(chorales(8, seed=77), made, resamples=50)
    copying = held_out_report([transposed(piece, 1) for piece in made.split("train")[:8]], made, resamples=50)
    rows = {row["metric"]: row for row in honest["metrics"]}
    assert {"pitch_entropy", "polyphony", "groove_consistency", "parallel_fifths_per_100_steps"} <= set(rows)
    assert rows["parallel_fifths_per_100_steps"]["distance"] == 0.0
    assert rows["pitch_entropy"]["distance"] <= rows["pitch_entropy"]["floor_interval"][1] * 2
    at_two_bars = [next(row for row in report["copied"] if row["steps"] == 32) for report in (honest, copying)]
    assert at_two_bars[0]["generated"] == at_two_bars[0]["floor"] == 0.0
    assert at_two_bars[1]["generated"] == 1.0


def test_bachs_faults_are_those_of_the_reference() -> None:
    """Parallels per 100 steps of the benchmark's test pieces, as published beside it: fifths 0.095, octaves 0.032."""
    import hashlib
    import io
    from pathlib import Path

    from trivium.music.voice_leading import parallels

    path = Path(__file__).parents[3] / "shared" / "data" / "music" / "Jsb16thSeparated.npz"
    if not path.is_file():
        pytest.skip("the benchmark file Jsb16thSeparated.npz is not at hand")
    data = path.read_bytes()
    assert hashlib.sha256(data).hexdigest() == "2adcdf0d57880c3763f104555072285fe7f9e3d6049fcc4b9830557b8d4a7820"
    with np.load(io.BytesIO(data), allow_pickle=True, encoding="latin1") as file:
        grids = [np.where(np.isnan(piece), -1, piece).astype(int) for piece in file["test"]]
    steps = sum(len(grid) for grid in grids)
    assert 100 * sum(parallels(grid, 7) for grid in grids) / steps == pytest.approx(0.095, abs=0.0006)
    assert 100 * sum(parallels(grid, 0) for grid in grids) / steps == pytest.approx(0.032, abs=0.0006)
