"""The sliders do what they say, checked against the plainest way of saying it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from trivium.music.transformer.sampling import (
    Controls,
    draw,
    forbidden,
    input_part,
    keep_nucleus,
    keep_top_k,
    softmax,
    steps_of,
)
from trivium.music.transformer.tokens import HOLD, SILENCE, Past

LOGITS = arrays(np.float64, (3, 9), elements=st.floats(-30, 30, width=32), unique=True)
NOTHING = np.zeros((3, 9), dtype=bool)
PATIENT = settings(deadline=None)  # the first example may wait for a compiler


@PATIENT
@given(LOGITS, st.integers(1, 12))
def test_top_k_keeps_the_k_likeliest(logits: np.ndarray, k: int) -> None:
    p = softmax(logits)
    kept = keep_top_k(p, k)
    for row, left in zip(p, kept, strict=True):
        best = sorted(range(9), key=lambda i: -row[i])[:k]
        expected = [row[i] / sum(row[j] for j in best) if i in best else 0.0 for i in range(9)]
        np.testing.assert_allclose(left, expected, atol=1e-12)


@PATIENT
@given(LOGITS, st.floats(0.0, 1.0))
def test_the_nucleus_is_the_smallest_set_that_holds_the_share(logits: np.ndarray, share: float) -> None:
    p = softmax(logits)
    for row, left in zip(p, keep_nucleus(p, share), strict=True):
        held, best = 0.0, []
        for i in sorted(range(9), key=lambda i: -row[i]):
            if best and held >= share:
                break
            best.append(i)
            held += row[i]
        if abs(held - share) > 1e-9:  # at the very edge rounding decides
            assert set(np.flatnonzero(left)) == {i for i in best if row[i] > 0}
        assert abs(left.sum() - 1.0) < 1e-9


@PATIENT
@given(LOGITS)
def test_temperature_zero_is_the_likeliest_class(logits: np.ndarray) -> None:
    p = Controls(temperature=0.0).probabilities(logits, NOTHING)
    assert (p.argmax(axis=1) == logits.argmax(axis=1)).all() and (p.max(axis=1) == 1.0).all()


def test_more_risk_makes_rare_classes_likelier() -> None:
    logits = np.array([[3.0, 1.0, 0.0]])
    calm, bold = (Controls("top-k", 0, 1.0, t).probabilities(logits, np.zeros((1, 3), bool)) for t in (0.5, 2.0))
    np.testing.assert_allclose(bold, softmax(logits / 2.0))
    assert bold[0, 2] > calm[0, 2]


def test_what_is_forbidden_never_comes_unless_nothing_else_is_left() -> None:
    logits, barred = np.array([[5.0, 1.0, 0.0], [5.0, 1.0, 0.0]]), np.array([[True, False, False], [True, True, True]])
    for controls in (Controls(), Controls(temperature=0.0), Controls("top-k", 1)):
        p = controls.probabilities(logits, barred)
        assert p[0, 0] == 0.0 and p[1, 0] > 0.0


def test_classes_are_drawn_as_often_as_they_are_likely() -> None:
    p = np.array([0.5, 0.0, 0.3, 0.2])
    drawn = draw(np.repeat(p[None], 20_000, 0), np.random.default_rng(1))
    np.testing.assert_allclose(np.bincount(drawn, minlength=4) / 20_000, p, atol=0.012)
    assert (drawn != 1).all()


def past(sounding: int, age: int) -> Past:
    cells = np.full((2, 4), sounding)
    return Past(cells, np.full((2, 4), age), np.zeros_like(cells), cells)


@pytest.mark.parametrize("age", [3, 4, 50])
@pytest.mark.parametrize("classes", [47, 48])
def test_no_note_and_no_rest_outlasts_its_limit(age: int, classes: int) -> None:
    on = forbidden(past(20, age), 1, classes, max_rest=2, max_note=4)
    goes_on = HOLD if classes == 48 else 20
    assert set(np.flatnonzero(on[0])) == ({goes_on} if age >= 4 else set())
    rest = forbidden(past(SILENCE, age), 1, classes, max_rest=4, max_note=1)
    assert set(np.flatnonzero(rest[0])) == ({SILENCE} if age >= 4 else set()) | ({HOLD} if classes == 48 else set())
    assert not forbidden(past(20, age), 1, classes, None, None).any()


def test_durations_in_steps() -> None:
    assert steps_of(seconds=30, bpm=100) == 200  # 50 quarters
    assert steps_of(bars=2) == 32 and steps_of(bars=2, bar_quarters=3) == 24
    assert steps_of(seconds=0.01, bpm=60) == 1


def test_the_end_of_the_input_is_what_is_listened_to() -> None:
    assert list(range(10))[input_part(10, 3)] == [7, 8, 9]
    assert input_part(10, None) == slice(0, 10) == input_part(10, 99)


@pytest.mark.parametrize(("classes", "barred"), [(48, {HOLD}), (47, {24})])
def test_what_is_fresh_does_not_lengthen_the_note_before(classes: int, barred: set[int]) -> None:
    past = Past.nothing(1).after(np.array([[24, 20, 16, 8]]), np.ones((1, 4), dtype=bool))
    assert set(np.flatnonzero(forbidden(past, 0, classes, None, None, is_fresh=True)[0])) == barred
    assert not forbidden(past, 0, classes, None, None).any()


def test_a_rest_of_no_steps_never_begins() -> None:
    past = Past.nothing(1).after(np.array([[24, 20, 16, 8]]), np.ones((1, 4), dtype=bool))
    assert forbidden(past, 0, 48, 0, None)[0, SILENCE] and not forbidden(past, 0, 48, 1, None)[0, SILENCE]
