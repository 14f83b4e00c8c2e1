"""The Transformer predicts from the past alone, and says the same however it is asked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from tests.music.conftest import chorale, chorale_with_rests, tiny
from trivium.music.score.likelihood import averaged, log_probabilities
from trivium.music.transformer.batch import batch_of
from trivium.music.transformer.cache import Decoder
from trivium.music.transformer.muon import orthogonal
from trivium.music.transformer.network import Dropout, Facts
from trivium.music.transformer.tokens import (
    CELL_ROWS,
    HOLD,
    MEMORY_ROWS,
    SILENCE,
    STEP_ROWS,
    Piece,
    onsets_of,
    targets_of,
    transposition_range,
    voice_ranges,
)

KINDS = [{}, {"look_back": True}, {"with_hold": True}]


def ids(kind: dict[str, bool]) -> str:
    return next(iter(kind), "plain")


@pytest.mark.parametrize("kind", KINDS, ids=ids)
@pytest.mark.parametrize(("step", "voice"), [(0, 0), (0, 3), (7, 0), (7, 2), (20, 1), (23, 3)])
def test_no_cell_sees_itself_or_what_comes_later(kind: dict[str, Any], step: int, voice: int) -> None:
    network, rng = tiny(**kind), np.random.default_rng(0)
    sounding = chorale_with_rests(1, 6)
    onset = onsets_of(sounding) | (rng.random(sounding.shape) < 0.2)
    place = step * 4 + voice  # from this cell on, everything is different
    other, other_onset = sounding.copy(), onset.copy()
    other.reshape(-1)[place:] = rng.integers(0, 47, other.size - place)
    other_onset.reshape(-1)[place:] = True
    one = log_probabilities(network, Piece.of(sounding, onset)).flatten(0, 1)
    two = log_probabilities(network, Piece.of(other, other_onset)).flatten(0, 1)
    torch.testing.assert_close(one[:place + 1], two[:place + 1], rtol=0, atol=1e-6)
    assert place == 95 or (one[place + 1:] - two[place + 1:]).abs().max() > 1e-3  # later ones do look


@pytest.mark.parametrize("kind", KINDS, ids=ids)
def test_every_earlier_cell_of_the_step_and_the_step_before_is_seen(kind: dict[str, Any]) -> None:
    network, sounding = tiny(**kind), chorale(2, 4)
    one = log_probabilities(network, Piece.of(sounding))[9, 3]
    for step, voice in [(9, 0), (9, 1), (9, 2), (8, 0), (8, 3), (2, 1)]:
        other = sounding.copy()
        other[step, voice] += 1
        assert (log_probabilities(network, Piece.of(other))[9, 3] - one).abs().max() > 1e-5, (step, voice)


@pytest.mark.parametrize("kind", KINDS, ids=ids)
def test_probabilities_of_each_cell_sum_to_one(kind: dict[str, Any]) -> None:
    network, piece = tiny(**kind), Piece.of(chorale_with_rests(3, 6))
    total = log_probabilities(network, piece).exp().sum(dim=-1)
    assert total.shape == (len(piece), 4)
    torch.testing.assert_close(total, torch.ones_like(total))


def test_averaged_over_keys_they_still_sum_to_one_and_see_no_future() -> None:
    network, sounding = tiny(), chorale_with_rests(4, 6)
    ranges = voice_ranges([sounding])
    one = averaged(network, Piece.of(sounding), *ranges)
    torch.testing.assert_close(one.exp().sum(dim=-1), torch.ones(len(sounding), 4, dtype=torch.float64))
    other = sounding.copy()
    other[12:] = np.random.default_rng(0).integers(0, 47, other[12:].shape)  # leaves every range, too
    two = averaged(network, Piece.of(other), *ranges)
    torch.testing.assert_close(one[:12], two[:12], rtol=0, atol=1e-6)
    torch.testing.assert_close(one[12, 0], two[12, 0], rtol=0, atol=1e-6)


def test_the_average_over_keys_is_the_mean_of_what_is_said_in_each() -> None:
    network, sounding = tiny(), chorale(5, 6)
    lowest, highest = np.zeros(4, dtype=np.int64), np.full(4, 45)  # every key in which nothing falls off counts
    down, up = transposition_range(sounding, lowest, highest)
    assert down <= -6 and up >= 6
    expected = torch.zeros(len(sounding), 4, 47, dtype=torch.float64)
    for semitones in range(-6, 7):
        p = log_probabilities(network, Piece.of(sounding + semitones)).exp()
        own = torch.zeros_like(p)
        for name in range(46):
            if 0 <= name + semitones < 46:
                own[..., name] = p[..., name + semitones]
        own[..., 46] = p[..., 46]
        expected += own / own.sum(dim=-1, keepdim=True) / 13
    found = averaged(network, Piece.of(sounding), lowest, highest)
    torch.testing.assert_close(found.exp(), expected)


@pytest.mark.parametrize("kind", KINDS, ids=ids)
@pytest.mark.parametrize("first", [0, 9])
def test_step_by_step_it_says_what_it_says_at_once(kind: dict[str, Any], first: int) -> None:
    network, sounding = tiny(**kind), chorale_with_rests(6, 6)
    onset = onsets_of(sounding)
    if kind.get("with_hold"):
        onset[5, 2] = True  # the same pitch, struck anew
    piece = Piece.of(sounding, onset)
    with torch.no_grad():
        whole = network(batch_of([piece], network.with_hold))[0].double().numpy()
    decoder = Decoder(network, 3, len(piece))
    if first:
        decoder.read(Piece.of(sounding[:first], onset[:first]))
    for step in range(first, len(piece)):
        decoder.begin()
        cells, begins = np.repeat(sounding[None, step], 3, 0), np.repeat(onset[None, step], 3, 0)
        for voice in range(4):
            said = decoder.logits(voice, cells, begins)
            np.testing.assert_allclose(said, np.repeat(whole[None, step, voice], 3, 0), rtol=0, atol=2e-5)
        decoder.end(cells, begins)


@pytest.mark.parametrize("kind", KINDS, ids=ids)
def test_a_chosen_particle_goes_on_as_if_it_had_been_alone(kind: dict[str, Any]) -> None:
    network, one, two = tiny(**kind), chorale(7, 6), chorale(8, 6)
    decoder, both = Decoder(network, 2, 24), np.stack([one, two])
    for step in range(10):
        decoder.begin()
        decoder.end(both[:, step], np.stack([onsets_of(p)[step] for p in both]))
    decoder.choose(np.array([1, 1]))
    decoder.begin()
    said = decoder.logits(0, both[[1, 1], 10], np.ones((2, 4), dtype=bool))
    with torch.no_grad():
        whole = network(batch_of([Piece.of(two)], network.with_hold))[0, 10, 0].double().numpy()
    np.testing.assert_allclose(said, np.stack([whole, whole]), rtol=0, atol=2e-5)


def test_pieces_side_by_side_are_read_as_each_alone(pieces: list[Piece]) -> None:
    network = tiny(look_back=True)
    with torch.no_grad():
        together = network(batch_of(pieces, False))
        for i, piece in enumerate(pieces):
            torch.testing.assert_close(together[i, :len(piece)], network(batch_of([piece], False))[0],
                                       rtol=0, atol=2e-5)
    assert (batch_of(pieces, False).target[0, len(pieces[0]):] == -100).all()


def test_a_moved_piece_is_the_piece_of_moved_notes(pieces: list[Piece]) -> None:
    for piece in pieces:
        moved = piece.transposed(-3)
        again = Piece.of(np.where(piece.sounding == SILENCE, SILENCE, piece.sounding - 3))
        np.testing.assert_array_equal(moved.sounding, again.sounding)
        for name in ("sounding", "age", "leap", "last"):
            np.testing.assert_array_equal(getattr(moved.past, name), getattr(again.past, name), err_msg=name)


def test_every_fact_has_a_row_of_its_own(pieces: list[Piece]) -> None:
    step = np.arange(len(pieces[5]))
    past, sounding, onset = pieces[5].past, pieces[5].sounding, pieces[5].onset
    rows = STEP_ROWS(past, step)
    assert rows.shape == (len(step), STEP_ROWS.facts) and rows.min() >= 0 and rows.max() < STEP_ROWS.rows
    for voice in range(4):
        rows = CELL_ROWS(voice, past, step, sounding, onset)
        assert rows.shape == (len(step), CELL_ROWS.facts) and rows.min() >= 0 and rows.max() < CELL_ROWS.rows
    rows = MEMORY_ROWS(sounding, onset)
    assert rows.min() >= 0 and rows.max() < MEMORY_ROWS.rows
    columns = [set(STEP_ROWS(piece.past, np.arange(len(piece)))[:, c]) for c in range(STEP_ROWS.facts)
               for piece in pieces[:1]]
    assert not any(a & b for i, a in enumerate(columns) for b in columns[:i])


def test_hold_tells_a_repeated_note_from_a_long_one() -> None:
    sounding = np.array([[20, 10, 5, 46], [20, 10, 5, 46]])
    onset = np.array([[True, True, True, True], [True, False, False, False]])
    assert targets_of(sounding, onset, True).tolist() == [[20, 10, 5, 46], [20, HOLD, HOLD, 46]]
    assert targets_of(sounding, onset, False).tolist() == sounding.tolist()


def test_muon_steps_are_orthogonal_as_the_singular_value_decomposition_says() -> None:
    torch.manual_seed(0)
    for shape in ((40, 16), (16, 40), (24, 24)):
        matrix = torch.randn(shape) + 2.0 * torch.eye(*shape)
        u, _, v = torch.linalg.svd(matrix, full_matrices=False)
        found = orthogonal(matrix)
        spread = torch.linalg.svdvals(found)
        assert spread.min() > 0.6 and spread.max() < 1.3
        assert torch.cosine_similarity(found.flatten(), (u @ v).flatten(), dim=0) > 0.98


def test_dropout_hides_its_share_and_keeps_the_mean() -> None:
    torch.manual_seed(0)
    drop, x = Dropout(0.25), torch.ones(400, 1001)
    seen = drop.train()(x)
    assert abs((seen == 0).double().mean().item() - 0.25) < 0.005
    assert abs(seen.mean().item() - 1.0) < 0.01
    assert drop.eval()(x) is x


def test_input_dropout_hides_facts_while_learning_only_and_keeps_their_mean() -> None:
    torch.manual_seed(1)
    facts = Facts(9, 8, dropout=0.5)
    rows = torch.arange(6).expand(4000, 6)
    whole = facts.table.weight[:6].sum(dim=0)
    drawn = facts(rows)
    assert (drawn - whole).abs().max() > 0.3
    torch.testing.assert_close(drawn.mean(dim=0), whole, atol=0.06, rtol=0.0)
    torch.testing.assert_close(facts.eval()(rows[:3]), whole.expand(3, -1))
