"""What is kept stays, what is free is drawn as the network says, and the same seed writes the same piece."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from tests.music.conftest import chorale, tiny
from trivium.music.score.likelihood import likelihood, log_probabilities
from trivium.music.transformer.compose import Draft, Versions, Writing, compose
from trivium.music.transformer.sampling import Controls
from trivium.music.transformer.tokens import SILENCE, Piece, onsets_of

FREELY = Controls(sampling="top-k", top_k=0)


def test_a_continuation_begins_with_its_input_and_has_the_wished_length() -> None:
    piece, seen = Piece.of(chorale(1, 4)), []
    made = compose(tiny(), Draft.continuation(piece, 20), 1, FREELY,
                   on_step=lambda step, sounding, onset: seen.append((step, sounding.tolist())))
    assert len(made) == 36
    np.testing.assert_array_equal(made.sounding[:16], piece.sounding)
    assert [step for step, _ in seen] == list(range(16, 36))  # heard while it is made
    np.testing.assert_array_equal([cells for _, cells in seen], made.sounding[16:])


@pytest.mark.parametrize("with_hold", [False, True])
def test_the_same_seed_writes_the_same_piece(with_hold: bool) -> None:
    network, draft = tiny(with_hold), Draft.continuation(Piece.of(chorale(1, 2)), 24)
    one, two, three = (compose(network, draft, seed, FREELY) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.sounding, two.sounding)
    np.testing.assert_array_equal(one.onset, two.onset)
    assert (one.sounding != three.sounding).any()


def test_only_free_cells_change() -> None:
    piece = Piece.of(chorale(2, 8))
    free = np.zeros((32, 4), dtype=bool)
    free[8:20, 2] = free[10:14, 1] = True
    draft = Draft(piece.sounding.copy(), piece.onset.copy(), free)
    made = compose(tiny(), draft, 3, FREELY)
    np.testing.assert_array_equal(made.sounding[~free], piece.sounding[~free])
    assert (made.sounding[free] != piece.sounding[free]).any()
    np.testing.assert_array_equal(draft.sounding, piece.sounding)  # the draft itself is left alone


def test_a_harmony_keeps_the_soprano() -> None:
    piece = Piece.of(chorale(3, 6))
    made = compose(tiny(), Draft.harmony(piece), 1, FREELY, particles=4)
    np.testing.assert_array_equal(made.sounding[:, 0], piece.sounding[:, 0])


def test_a_draft_without_holes_comes_back() -> None:
    piece = Piece.of(chorale(3, 6))
    made = compose(tiny(), Draft(piece.sounding, piece.onset, np.zeros((24, 4), bool)), 1, FREELY)
    np.testing.assert_array_equal(made.sounding, piece.sounding)


def test_stopped_half_way_there_is_a_piece_so_far() -> None:
    steps: list[int] = []
    made = compose(tiny(), Draft.continuation(Piece.of(chorale(1, 2)), 24), 1, FREELY,
                   on_step=lambda step, *_: steps.append(step), stopped=lambda: len(steps) >= 5)
    assert len(made) == 13


@pytest.mark.parametrize("with_hold", [False, True])
def test_no_note_and_no_rest_is_longer_than_wished(with_hold: bool) -> None:
    network = tiny(with_hold)
    draft = Draft.continuation(Piece.of(chorale(1, 2)), 60)
    made = compose(network, draft, 1, Controls("top-k", 2, max_note=3, max_rest=2))
    for voice in range(4):
        starts = [8, *(t for t in range(9, 68) if made.onset[t, voice]), 68]
        for a, b in pairwise(starts):
            limit = 2 if made.sounding[a, voice] == SILENCE else 3
            assert a == 8 or b - a <= limit, (voice, a, b)


def test_what_is_read_anew_begins_like_a_piece_of_its_own() -> None:
    """A note that is held where reading begins is struck there; what came before has no say any more."""
    network = tiny(with_hold=True, look_back=True)
    sounding = chorale(1, 12)  # (48, 4), quarters
    onset = np.tile(np.arange(48)[:, None] % 4 == 0, 4)
    onset[32] = False  # what sounds in step 31 goes on
    sounding[28:36] = sounding[31]
    struck = onset.copy()
    struck[32] = True
    expected: list[Any] = []
    for piece, window in ((Piece.of(sounding[32:], struck[32:]), None), (Piece.of(sounding, onset), 32)):
        draft = Draft.continuation(piece, 14)
        decoder = Writing(network, draft, 3, FREELY, None, lambda *_: None, None, window).decoder
        decoder.begin()
        expected.append(decoder.logits(0, draft.sounding[None, len(piece)], draft.onset[None, len(piece)]))
    assert np.array_equal(*expected)


def test_all_voices_never_rest_longer_than_they_may() -> None:
    draft, wish = Draft.continuation(Piece.of(chorale(1, 2)), 60), np.zeros(tiny().classes)
    wish[SILENCE] = 50.0  # a network that takes the piece for over
    rests = [(compose(tiny(), draft, 1, Controls(favour=wish, max_pause=most)).sounding[8:] == SILENCE).all(axis=1)
             for most in (None, 4)]
    assert rests[0].all()
    silent_for = [len(run) for run in "".join("x" if step else " " for step in rests[1]).split()]
    assert max(silent_for) == 4 and len(silent_for) > 8


def test_particles_draw_what_the_kept_end_makes_likely() -> None:
    """Against the exact answer: one free cell, each of its three likeliest classes tried, weighted by all cells."""
    network, sounding = tiny(), chorale(4, 1)
    free = np.zeros((4, 4), dtype=bool)
    free[1, 2] = True
    prior, exact = np.zeros(47), np.zeros(47)
    own = log_probabilities(network, Piece.of(sounding))[1, 2].exp().numpy()
    for name in np.argsort(-own)[:3]:
        tried = sounding.copy()
        tried[1, 2] = name
        nats = likelihood(network, [Piece.of(tried)])
        assert nats is not None
        prior[name], exact[name] = own[name], np.exp(-nats * 16 + 60)
    prior, exact = prior / prior.sum(), exact / exact.sum()
    found = np.bincount([drawn(network, sounding, free, seed, 32) for seed in range(120)], minlength=47) / 120
    assert np.abs(prior - exact).sum() > 0.4  # the end of the piece makes a difference
    assert np.abs(found - exact).sum() < 0.2


def drawn(network: Any, sounding: np.ndarray, free: np.ndarray, seed: int, particles: int) -> int:
    draft = Draft(sounding.copy(), onsets_of(sounding), free)
    return int(compose(network, draft, seed, Controls("top-k", 3), particles).sounding[1, 2])


def test_versions_are_drawn_anew_in_proportion_to_their_weights() -> None:
    counts = np.zeros(4)
    for seed in range(400):
        versions = Versions(np.arange(4)[:, None, None].repeat(4, 2), np.zeros((4, 1, 4), bool))
        versions.log_weight = np.log([0.4, 0.3, 0.2, 0.1])
        counts += np.bincount(versions.chosen(np.random.default_rng(seed)), minlength=4)
        assert (versions.log_weight == 0).all()
    np.testing.assert_allclose(counts / counts.sum(), [0.4, 0.3, 0.2, 0.1], atol=0.02)
