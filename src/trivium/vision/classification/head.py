"""The light head: multinomial logistic regression on standardised features, fitted by L-BFGS to its one optimum.

Minimises sum_i w_i (-log p(y_i | x_i)) + l2 / 2 |W|^2; the bias is not drawn towards zero. Convex, so no seed matters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from trivium.vision.backbone.efficientnet import Floats
from trivium.vision.classification.split import Ints

Doubles = np.ndarray[Any, np.dtype[np.float64]]
MAX_ROUNDS = 300


@dataclass(frozen=True)
class Head:
    """logits = features @ weight + bias; the standardisation is folded in."""

    weight: Floats  # (F, K)
    bias: Floats  # (K,)

    def logits(self, features: Floats) -> Floats:
        return features @ self.weight + self.bias  # (N, K)

    def cooled(self, temperature: float) -> Head:
        """The same choices, with logits divided by a temperature."""
        return Head((self.weight / temperature).astype(np.float32), (self.bias / temperature).astype(np.float32))


def fit_head(features: Floats, labels: Ints, classes: int, l2: float, class_weights: bool) -> Head:
    """The head that these photos ask for."""
    from scipy.optimize import minimize

    mean, spread = features.mean(0), features.std(0) + 1e-6
    x = ((features - mean) / spread).astype(np.float32)  # (N, F)
    weights = balanced(labels, classes) if class_weights else np.ones(len(labels))

    def objective(flat: Doubles) -> tuple[float, Doubles]:
        return loss_and_gradient(flat, x, labels, weights, l2)

    size = x.shape[1] * classes
    found = minimize(objective, np.zeros(size + classes), jac=True, method="L-BFGS-B",
                     options={"maxiter": MAX_ROUNDS, "ftol": 1e-7, "gtol": 1e-3})
    w, b = found.x[:size].reshape(-1, classes), found.x[size:]
    scaled = w / spread[:, None]
    return Head(scaled.astype(np.float32), (b - mean @ scaled).astype(np.float32))


def loss_and_gradient(flat: Doubles, x: Floats, labels: Ints, weights: Doubles,
                      l2: float) -> tuple[float, Doubles]:
    """The objective and its gradient at W and b, flattened one after the other."""
    count, classes = len(labels), (len(flat)) // (x.shape[1] + 1)
    w, b = flat[:-classes].reshape(-1, classes), flat[-classes:]
    logs = log_softmax((x @ w.astype(x.dtype)).astype(np.float64) + b)  # (N, K)
    loss = -(weights * logs[np.arange(count), labels]).sum() + 0.5 * l2 * (w * w).sum()
    residual = np.exp(logs)
    residual[np.arange(count), labels] -= 1.0
    residual *= weights[:, None]
    slope = (x.T @ residual.astype(x.dtype)).astype(np.float64) + l2 * w
    return float(loss), np.concatenate([slope.ravel(), residual.sum(0)])


def balanced(labels: Ints, classes: int) -> Doubles:
    """A weight for each photo, so that each class weighs the same and all together weigh as many as they are."""
    counts = np.bincount(labels, minlength=classes)
    weights: Doubles = len(labels) / (np.count_nonzero(counts) * np.maximum(counts, 1))
    return weights[labels]


def log_softmax(logits: Doubles | Floats) -> Doubles:
    """log p of each class, (N, K)."""
    shifted = np.asarray(logits, np.float64) - logits.max(1, keepdims=True)
    logs: Doubles = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    return logs


def best_temperature(logits: Floats, labels: Ints) -> float:
    """What to divide logits by so that held-out photos are the least surprising (Guo et al., 2017)."""
    from scipy.optimize import minimize_scalar

    def nll(log_t: float) -> float:
        return -float(log_softmax(logits / np.exp(log_t))[np.arange(len(labels)), labels].mean())

    return float(np.exp(minimize_scalar(nll, bounds=(np.log(0.2), np.log(10.0)), method="bounded").x))
