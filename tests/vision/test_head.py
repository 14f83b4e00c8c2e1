"""The light head, the split and the duplicate finder, against independent answers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from trivium.vision.classification.head import balanced, best_temperature, fit_head, log_softmax, loss_and_gradient
from trivium.vision.classification.scores import report_of
from trivium.vision.classification.split import stratified_folds
from trivium.vision.collect import duplicates


def blobs(count: int, classes: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, count)
    centres = rng.normal(0, 1, (classes, 10))
    return (centres[labels] + rng.normal(0, 1.5, (count, 10))).astype(np.float32), labels


def test_the_gradient_is_the_slope_of_the_loss() -> None:
    x, labels = blobs(40, 3, 1)
    rng = np.random.default_rng(2)
    at, weights = rng.normal(0, 1, 33), rng.uniform(0.5, 2, 40)
    _, slope = loss_and_gradient(at, x.astype(np.float64), labels, weights, 0.7)  # type: ignore[arg-type]
    for k in rng.choice(33, 8, replace=False):
        step = np.zeros(33)
        step[k] = 1e-5
        high, low = (loss_and_gradient(at + sign * step, x.astype(np.float64), labels, weights, 0.7)[0]  # type: ignore[arg-type]
                     for sign in (1, -1))
        assert (high - low) / 2e-5 == pytest.approx(slope[k], rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("class_weights", [True, False])
def test_the_head_is_the_optimum_by_torchs_own_loss(class_weights: bool) -> None:
    x, labels = blobs(300, 4, 3)
    labels[:150] = 0
    head = fit_head(x, labels, 4, 5.0, class_weights)
    spread = x.std(0) + 1e-6
    w = torch.tensor(head.weight * spread[:, None], requires_grad=True)  # of the standardised features
    b = torch.tensor(head.bias + x.mean(0) @ head.weight, requires_grad=True)
    counts = np.bincount(labels, minlength=4)
    each = torch.tensor(300 / (4 * counts) if class_weights else np.ones(4), dtype=torch.float32)
    scaled = torch.from_numpy(((x - x.mean(0)) / spread).astype(np.float32))
    loss = F.cross_entropy(scaled @ w + b, torch.from_numpy(labels), weight=each, reduction="none").sum()
    (loss + 2.5 * (w * w).sum()).backward()
    assert w.grad is not None and b.grad is not None
    assert float(w.grad.abs().max()) < 0.05 and float(b.grad.abs().max()) < 0.05  # beside a loss of some 200


def test_balanced_classes_weigh_the_same() -> None:
    labels = np.array([0] * 90 + [1] * 10)
    weights = balanced(labels, 2)
    assert weights[:90].sum() == pytest.approx(weights[90:].sum()) and weights.sum() == pytest.approx(100)


def test_a_temperature_makes_overconfident_logits_honest() -> None:
    rng = np.random.default_rng(5)
    honest = rng.normal(0, 2, (4000, 3))
    labels = np.array([rng.choice(3, p=p) for p in np.exp(log_softmax(honest))])
    assert best_temperature((honest * 3).astype(np.float32), labels) == pytest.approx(3.0, rel=0.1)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30)), min_size=12, max_size=150), st.integers(2, 6),
       st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_folds_keep_groups_whole_and_classes_even(photos: list[tuple[int, int]], count: int, seed: int) -> None:
    labels, groups = [label for label, _ in photos], [4 * group + label for label, group in photos]
    folds = stratified_folds(labels, groups, count, seed)
    assert len(folds) == len(photos) and set(folds.tolist()) <= set(range(count))
    for group in set(groups):
        assert len({int(fold) for fold, g in zip(folds, groups, strict=True) if g == group}) == 1
    largest = max(groups.count(group) for group in set(groups))
    for label in set(labels):
        sizes = [sum(1 for fold, each in zip(folds, labels, strict=True) if fold == f and each == label)
                 for f in range(count)]
        assert max(sizes) - min(sizes) <= largest
    assert np.array_equal(folds, stratified_folds(labels, groups, count, seed))


def test_another_seed_is_another_split() -> None:
    labels, groups = [0, 1] * 30, list(range(60))
    assert not np.array_equal(stratified_folds(labels, groups, 5, 1), stratified_folds(labels, groups, 5, 2))


def test_near_copies_are_told_by_features_and_hash() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(0, 1, (6, 50)).astype(np.float32)
    features[1] = features[0] + 0.05
    features[3] = features[2] + 0.05
    hashes = [rng.bytes(32).hex() for _ in range(6)]
    bits = int(hashes[0], 16) ^ int.from_bytes(rng.bytes(4), "big") << 100  # some 16 of the 256 bits differ
    hashes[1] = f"{bits:064x}"  # 3 looks like 2 and has another hash; 5 has the hash of 4
    hashes[5] = hashes[4]
    assert list(duplicates.near_copies(hashes, features)) == [(0, 1), (4, 5)]
    assert list(duplicates.near_copies(hashes)) == [(4, 5)]
    assert list(duplicates.near_copies(["0" * 64] * 3)) == []  # plain pictures have no edges to tell by
    assert duplicates.groups(6, iter([(0, 1), (1, 4), (2, 3)])) == [0, 0, 2, 2, 0, 5]


def test_the_report_counts_by_hand() -> None:
    labels = np.array([0, 0, 0, 1, 1, 2])
    predicted = [0, 0, 1, 1, 1, 0]
    probabilities = np.full((6, 3), 0.1, np.float32)
    probabilities[np.arange(6), predicted] = 0.8
    report = report_of(["a", "b", "c"], labels, probabilities, np.array([0, 0, 0, 1, 1, 1]))
    assert report["accuracy"] == pytest.approx(4 / 6, abs=1e-6) and report["n"] == 6
    assert report["confusion"] == [[2, 1, 0], [0, 2, 0], [1, 0, 0]]
    assert report["per_class"]["a"] == {"n": 3, "recall": 0.666667, "precision": 0.666667, "f1": 0.666667,
                                        "interval": report["per_class"]["a"]["interval"]}
    assert report["per_class"]["c"]["recall"] == 0.0 and report["per_class"]["c"]["precision"] == 0.0
    assert report["baseline"]["accuracy"] == 0.5 and report["macro_recall"] == pytest.approx(5 / 9, abs=1e-6)
    assert report["folds"] == [{"fold": 1, "n": 3, "accuracy": 0.666667}, {"fold": 2, "n": 3, "accuracy": 0.666667}]
    assert report["calibration_error"] == pytest.approx(0.8 - 4 / 6, abs=1e-6)
    low, high = report["interval"]
    assert low < report["accuracy"] < high
