"""The GAN's rolls, networks and measures, compared with what can be worked out otherwise."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import wasserstein_distance
from torch import Tensor, nn

from tests.music.gan_toy import TINY, followed, random_generator, toy_set
from trivium.errors import BadFile
from trivium.music.dataset.forms import clips
from trivium.music.dataset.piece import GridPiece, transposed
from trivium.music.gan.config import GanConfig
from trivium.music.gan.data import Clips, about_clips, inputs_of
from trivium.music.gan.measures import MEASURES, compared, empty_bars, notes_per_bar, polyphony, style_distance
from trivium.music.gan.network import Critic, folded, gradient_penalty, unfolded, written
from trivium.music.gan.roll import LOWEST, PITCHES, STEPS, planes, rows_of, sheet, to_one_key, track_roll, widened
from trivium.music.gan.writing import AHEAD, GIVEN, Hand, Song, decoded, fill, write


def separate(rows: list[tuple[int, int, int]]) -> np.ndarray:
    """Notes of which no two of one pitch overlap; those that would are left out."""
    kept: list[tuple[int, int, int]] = []
    for onset, length, pitch in sorted(rows):
        if all(p != pitch or o + n <= onset for o, n, p in kept):
            kept.append((onset, length, pitch))
    return np.array(kept, dtype=np.int32).reshape(-1, 3)


NOTES = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9), st.integers(LOWEST, LOWEST + 63)), max_size=20)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(NOTES)
def test_notes_come_back_from_a_roll_as_they_went_in(rows: list[tuple[int, int, int]]) -> None:
    notes = separate(rows)
    found = rows_of(track_roll(notes, 40))
    assert found.tolist() == [[onset, length, pitch - LOWEST] for onset, length, pitch in notes.tolist()]


def test_a_repeated_note_is_not_a_held_one_and_both_planes_say_so() -> None:
    twice, once = (track_roll(np.array(rows), 8) for rows in ([[0, 4, 60], [4, 4, 60]], [[0, 8, 60]]))
    assert rows_of(twice)[:, :2].tolist() == [[0, 4], [4, 4]] and rows_of(once)[:, :2].tolist() == [[0, 8]]
    sounds, begins = planes(twice[..., None])[:, :, 60 - LOWEST]
    assert sounds.tolist() == [1.0] * 8 and begins.tolist() == [1, -1, -1, -1, 1, -1, -1, -1]
    assert (planes(twice[..., None]) == -1).sum() == 2 * 8 * PITCHES - 8 - 2


def test_pitches_outside_move_by_octaves() -> None:
    roll = track_roll(np.array([[0, 1, 5], [1, 1, 127]]), 4)
    found = rows_of(roll)[:, 2] + LOWEST
    assert found.tolist() == [41 - 12 + 12, 91] and all((a - b) % 12 == 0 for a, b in zip(found, (5, 127), strict=True))


def test_a_piece_as_rolls_is_what_the_shared_clips_say() -> None:
    piece = followed(3)
    move = to_one_key(piece.notes[piece.notes[:, 3] == 0])
    expected = np.concatenate(list(clips([transposed(piece, move)])))  # (T, 128, 4)
    assert np.array_equal(widened(sheet(piece).roll), expected)
    assert np.flatnonzero(sheet(replace(piece, upbeat_steps=4)).bars).tolist() == [4, 20, 36, 52]


def test_folding_beats_into_channels_comes_undone() -> None:
    x = torch.randn(2, 6, STEPS, PITCHES)
    assert folded(x).shape == (2, 6 * 4 * PITCHES, STEPS // 4)
    assert torch.equal(folded(x)[0, 4 * PITCHES + 2 * PITCHES + 7], x[0, 1, 2::4, 7])
    assert torch.equal(unfolded(folded(x)), x)


def test_every_piece_is_moved_to_the_key_without_sharps() -> None:
    scale = np.array([0, 2, 4, 5, 7, 9, 11, 12, 7, 4, 0])
    for tonic in range(60, 72):
        melody = np.array([(4 * i, 4, tonic + step) for i, step in enumerate(scale)], dtype=np.int32)
        assert (tonic + to_one_key(melody)) % 12 == 0 and -6 <= to_one_key(melody) < 6
    assert to_one_key(np.zeros((0, 3), dtype=np.int32)) == 0
    low, high = followed(3), followed(3)
    high.notes[:, 2] += 3
    assert np.array_equal(sheet(low).roll, sheet(high).roll)


class Slope(nn.Module):
    """A critic whose gradient is known: w x, or a x^2."""

    def __init__(self, w: Tensor, squared: bool = False) -> None:
        super().__init__()
        self.w, self.squared = nn.Parameter(w), squared

    def forward(self, x: Tensor, *_condition: Tensor) -> Tensor:
        return ((x.square() if self.squared else x) * self.w).flatten(1).sum(dim=1)


def test_the_gradient_penalty_of_a_linear_critic_is_known() -> None:
    w = torch.tensor([3.0, 0.0, 4.0])
    critic = Slope(w)
    real, fake = torch.randn(5, 3), torch.randn(5, 3)
    penalty = gradient_penalty(critic, real, fake, torch.rand(5))
    assert float(penalty.detach()) == pytest.approx((5.0 - 1.0) ** 2, rel=1e-6)
    penalty.backward()
    assert critic.w.grad.tolist() == pytest.approx([2 * 4 * 3 / 5, 0.0, 2 * 4 * 4 / 5])  # d (|w| - 1)^2 / d w


def test_the_gradient_penalty_is_taken_between_real_and_fake() -> None:
    real, fake, share = torch.tensor([[2.0, 0.0]]), torch.tensor([[0.0, 4.0]]), torch.tensor([0.25])
    point = np.array([0.5, 3.0])  # a quarter of the real one, three of the fake
    expected = (np.linalg.norm(2 * point * np.array([1.0, 0.5])) - 1) ** 2
    found = gradient_penalty(Slope(torch.tensor([1.0, 0.5]), squared=True), real, fake, share)
    assert float(found.detach()) == pytest.approx(expected, rel=1e-5)


def test_the_critic_has_a_finite_penalty_where_it_is_flat() -> None:
    critic = Slope(torch.zeros(3))
    penalty = gradient_penalty(critic, torch.ones(2, 3), torch.ones(2, 3), torch.rand(2))
    penalty.backward()
    assert float(penalty.detach()) == pytest.approx(1.0, abs=1e-3) and bool(torch.isfinite(critic.w.grad).all())


def test_clips_judge_one_another_not_at_all() -> None:
    torch.manual_seed(0)
    critic = Critic(GanConfig.model_validate(TINY))
    music, melody, bars = torch.randn(3, 6, STEPS, PITCHES), torch.randn(3, 2, STEPS, PITCHES), torch.zeros(3, STEPS)
    together = critic(music, melody, bars)
    alone = torch.cat([critic(music[i:i + 1], melody[i:i + 1], bars[i:i + 1]) for i in range(3)])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)


def test_what_is_given_is_copied_whatever_the_network_says() -> None:
    given, is_given = torch.ones(1, 6, STEPS, PITCHES), torch.zeros(1, STEPS)
    is_given[:, :16] = 1
    found = written(torch.full((1, 6, STEPS, PITCHES), -9.0), given, is_given)
    assert bool((found[:, :, :16] == 1).all()) and bool((found[:, :, 16:] < -0.99).all())


def test_batches_follow_from_the_seed_and_hold_what_was_cut() -> None:
    config = GanConfig.model_validate({**TINY, "given_percent": 95})
    pool = Clips([sheet(followed(seed)) for seed in range(3)])
    one, two, other = (pool.batch(config, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one.accompaniment, two.accompaniment) and not np.array_equal(one.melody, other.melody)
    assert {tuple(each) for each in np.diff(one.is_given, axis=1)} != {(0.0,) * 31}
    melody = one.melody[0, 0] > 0
    assert np.array_equal(one.accompaniment[0, 1] > 0, np.roll(melody, -12, axis=1))  # an octave below
    assert not one.given[:, :, one.is_given[0] == 0][0].any()


def test_a_set_without_accompaniment_is_refused_and_a_small_one_is_warned_of() -> None:
    alone = toy_set(6)
    pieces = [GridPiece(piece.notes[piece.notes[:, 3] == 0]) for piece in alone.pieces]
    with pytest.raises(BadFile, match="melody and an accompaniment"):
        inputs_of(replace(alone, pieces=pieces))
    assert about_clips(alone)[0].startswith("10 clips of two bars")


# measures


def hand_made() -> np.ndarray:
    """Two bars: tracks 1 and 2 sound in the first, track 3 never."""
    roll = np.zeros((32, PITCHES, 4), dtype=np.uint8)
    for track, pitch in ((0, 40), (1, 30), (2, 26)):
        roll[:16, pitch, track] = 1
        roll[0:16:8, pitch, track] = 2
    return roll


def test_measures_by_hand() -> None:
    assert empty_bars(hand_made()) == pytest.approx((0.5 + 0.5 + 1.0) / 3)
    assert polyphony(hand_made()) == 2.0
    assert notes_per_bar(hand_made()) == 2.0
    assert MEASURES["pitch_classes_per_bar"](hand_made()) == 1.0  # two in one bar, none in the other
    assert MEASURES["qualified_notes"](hand_made()) == 1.0
    assert MEASURES["scale_consistency"](hand_made()) == 1.0


def test_distances_are_those_of_scipy() -> None:
    rng = np.random.default_rng(2)
    made, held_out, train = ([(rng.random((32, PITCHES, 4)) < share).astype(np.uint8) * 2 for _ in range(9)]
                             for share in (0.02, 0.05, 0.06))
    rows = compared(made, held_out, train, resamples=20)
    for row in rows:
        one, two, three = ([MEASURES[row["metric"]](roll) for roll in rolls] for rolls in (made, held_out, train))
        assert row["distance"] == pytest.approx(wasserstein_distance(one, two), abs=1e-9)
        assert row["floor"] == pytest.approx(wasserstein_distance(three, two), abs=1e-9)
        assert row["spread"] == pytest.approx(np.std(two))
        assert row["interval"][0] <= row["interval"][1]
    known = [row for row in rows if row["spread"] > 1e-3]
    assert style_distance(rows) == pytest.approx(np.mean([row["distance"] / row["spread"] for row in known]))
    assert style_distance(rows, "floor") < style_distance(rows)


# writing


def song(steps: int, seed: int = 1) -> Song:
    rng = np.random.default_rng(seed)
    melody = np.zeros((1, steps, PITCHES), dtype=np.uint8)
    melody[0, np.arange(steps), rng.integers(30, 50, steps)] = 2
    bars = np.zeros((1, steps), dtype=bool)
    bars[:, ::16] = True
    return Song.empty(melody, bars)


@pytest.mark.parametrize("steps", [1, 7, 24, 32, 33, 48, 129])
def test_every_step_is_written_once_from_left_to_right(steps: int) -> None:
    network, stand = random_generator(), song(steps)
    reached = [0, *write(network, stand, Hand(), 1)]
    assert reached[-1] == steps and stand.is_given.all() and reached == sorted(set(reached))
    assert all(b - a <= STEPS for a, b in pairwise(reached))


def test_what_is_written_stays_and_the_end_of_a_window_is_written_again(monkeypatch: pytest.MonkeyPatch) -> None:
    windows = []

    def watched(network, stand, start, at, until, hand, rng) -> None:  # type: ignore[no-untyped-def]
        before = stand.tracks.copy()
        fill(network, stand, start, at, until, hand, rng)
        changed = np.flatnonzero((stand.tracks != before).any(axis=(0, 2, 3)))
        assert not len(changed) or (changed[0] >= at and changed[-1] < until)
        windows.append((start, at, until))

    monkeypatch.setattr("trivium.music.gan.writing.fill", watched)
    for _ in write(random_generator(), song(80), Hand(), 1):
        pass
    assert windows[0] == (0, 0, STEPS - AHEAD)
    assert all(start == max(at - GIVEN, 0) and (until == 80 or until == start + STEPS - AHEAD)
               for start, at, until in windows)


def test_below_a_silent_melody_there_is_silence_and_seeds_differ_unless_there_is_no_risk() -> None:
    network = random_generator()

    def tracks(risk: float, seed: int, melody: bool = True) -> np.ndarray:
        stand = song(40)
        stand.melody *= melody
        for _ in write(network, stand, Hand(risk), seed):
            pass
        return stand.tracks

    assert not tracks(1.0, 1, melody=False).any()
    assert tracks(1.0, 1).any() and np.array_equal(tracks(1.0, 1), tracks(1.0, 1))
    assert not np.array_equal(tracks(1.0, 1), tracks(1.0, 2)) and np.array_equal(tracks(0.0, 1), tracks(0.0, 2))


def test_as_many_notes_sound_as_the_chances_add_up_to_times_the_density() -> None:
    rng = np.random.default_rng(5)
    logits = rng.normal(-5.0, 2.0, (2, 6, 16, PITCHES)).astype(np.float32)
    silent = np.zeros((2, PITCHES, 3), dtype=bool)

    def sounding(density: float, at_once: tuple[int, int, int] = (64, 64, 64)) -> np.ndarray:
        return decoded(logits, silent, Hand(0.0, density, at_once), np.random.default_rng(1)) > 0

    usual = sounding(1.0)
    chances = np.moveaxis(1 / (1 + np.exp(-logits[:, :3])), 1, -1)  # (B, t, P, 3)
    assert np.array_equal(usual.sum(axis=2), np.round(chances.sum(axis=2)))
    most_likely = np.take_along_axis(usual, chances.argmax(axis=2)[:, :, None], axis=2)[:, :, 0]
    assert np.array_equal(most_likely, usual.any(axis=2))
    assert sounding(2.0).sum() == pytest.approx(2 * usual.sum(), rel=0.1)
    assert 0.2 < sounding(0.3).sum() / usual.sum() < 0.45 and not sounding(0.0).any()
    assert sounding(1.0, (0, 1, 64)).sum(axis=2).max(axis=(0, 1)).tolist()[:2] == [0, 1]


def test_whatever_sounds_has_begun() -> None:
    logits = np.full((1, 6, 3, PITCHES), -1.0, dtype=np.float32)
    logits[0, :3, :, 5] = 1.0  # sounds, and never begins by itself
    before = np.zeros((1, PITCHES, 3), dtype=bool)
    before[0, 5, 0] = True
    found = decoded(logits, before, Hand(), np.random.default_rng(0))[0, :, 5]
    assert found.T.tolist() == [[1, 1, 1], [2, 1, 1], [2, 1, 1]]


def test_off_the_grid_nothing_begins_or_ends() -> None:
    logits = np.random.default_rng(3).normal(-3.0, 2.0, (1, 6, 16, PITCHES)).astype(np.float32)
    silent = np.zeros((1, PITCHES, 3), dtype=bool)
    found = decoded(logits, silent, Hand(grid=4), np.random.default_rng(0), first=3)[0]
    moves = np.diff(found > 0, axis=0, prepend=False) | (found == 2)
    changes = np.flatnonzero(moves.any(axis=(1, 2)))
    assert changes.tolist() == [1, 5, 9, 13]


def test_more_risk_makes_two_seeds_more_different() -> None:
    logits = np.random.default_rng(3).normal(-3.0, 2.0, (1, 6, 16, PITCHES)).astype(np.float32)
    silent = np.zeros((1, PITCHES, 3), dtype=bool)

    def shared(risk: float) -> int:
        one, two = (decoded(logits, silent, Hand(risk), np.random.default_rng(seed)) > 0 for seed in (1, 2))
        return int((one & two).sum())

    assert shared(0.0) > shared(1.0) > shared(3.0)
