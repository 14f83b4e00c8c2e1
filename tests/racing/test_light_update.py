"""The compiled gradient step against PyTorch's own differentiation and optimiser."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import torch

from trivium.racing.config import TrainConfig
from trivium.racing.light_update import ORDER, Lessons
from trivium.racing.ppo import PPO

N = 150


def learner(space: str = "discrete", threads: int = 1, **more: Any) -> PPO:
    torch.manual_seed(0)
    car = {"action_space_type": space, "steering_count": 3, "speed_count": 2}
    ppo = PPO(TrainConfig.model_validate({"car": car, "beta_entropy": 0.03, "clip_coef": 0.2, **more}), threads=threads)
    with torch.no_grad():
        ppo.network.policy_head.weight.mul_(40.0)  # a policy with an opinion
    return ppo


def lessons(ppo: PPO, seed: int = 1) -> Lessons:
    """Random pictures; ratios on either side of the clip; errors of the value on either side of the Huber loss's 1."""
    rng, generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    pictures = rng.integers(0, 256, (N, 4800)).astype(np.uint8)
    with torch.no_grad():
        outputs, values = ppo.network(torch.from_numpy(pictures))
        policy = ppo.network.distribution(outputs)
        actions = policy.sample(generator)
        logprobs = policy.log_prob(actions).numpy() + rng.normal(0.0, 0.4, N).astype(np.float32)
    return Lessons(pictures, actions.numpy(), logprobs, rng.normal(size=N).astype(np.float32),
                   values.numpy() + rng.normal(0.0, 2.0, N).astype(np.float32))


def torchs(ppo: PPO, given: Lessons, steps: np.ndarray) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """Gradients by name and the five numbers, by automatic differentiation."""
    ppo.network.zero_grad()
    loss, stats = ppo.loss(*(torch.from_numpy(array[steps]) for array in given))
    loss.backward()
    return {name: p.grad.clone() for name, p in ppo.network.named_parameters()}, stats


def compiled(ppo: PPO, given: Lessons, steps: np.ndarray) -> tuple[dict[str, torch.Tensor], np.ndarray]:
    """The same by the compiled functions."""
    stats, found, at = ppo.light.find_gradient(given, steps), {}, 0
    flat = torch.from_numpy(ppo.light.parts[0].gradient + ppo.light.parts[1].gradient)
    parameters = dict(ppo.network.named_parameters())
    for name in (name for name in ORDER if name in parameters):
        p = parameters[name]
        found[name] = flat.as_strided(p.shape, p.stride(), at)
        at += p.numel()
    return found, stats


@pytest.mark.parametrize("size", [1, 7, 33, 128])
@pytest.mark.parametrize("loss_type", ["huber", "mean squared error"])
@pytest.mark.parametrize("space", ["discrete", "continuous"])
def test_every_slope_is_the_one_that_pytorch_finds(space, loss_type, size):
    ppo = learner(space, loss_type=loss_type)
    given = lessons(ppo)
    for draw in (1, 2):  # nothing of the first one may be left over
        steps = np.random.default_rng(draw).permutation(N)[:size]
        expected, stats = torchs(ppo, given, steps)
        found, numbers = compiled(ppo, given, steps)
        assert numbers == pytest.approx(stats.tolist(), rel=1e-4, abs=1e-6)
        assert set(found) == set(expected)
        for name, slopes in expected.items():
            largest = float(slopes.abs().max())
            assert largest > 0.0 or size < 7, name
            torch.testing.assert_close(found[name], slopes, rtol=1e-3, atol=2e-4 * largest + 1e-9, msg=name)


def test_a_spread_held_at_its_bound_is_left_there():
    ppo = learner("continuous")
    given = lessons(ppo)
    with torch.no_grad():
        ppo.network.log_std.copy_(torch.tensor([3.5, -0.5]))
    steps = np.arange(40)
    expected, _ = torchs(ppo, given, steps)
    found, _ = compiled(ppo, given, steps)
    assert found["log_std"][0] == expected["log_std"][0] == 0.0
    assert float(found["log_std"][1]) == pytest.approx(float(expected["log_std"][1]), rel=1e-3)


@pytest.mark.parametrize("space", ["discrete", "continuous"])
def test_its_steps_are_those_of_pytorchs_adam(space):
    ours, theirs = learner(space, lr=1e-3), learner(space, lr=1e-3)
    given = lessons(ours)
    reference = torch.optim.Adam(theirs.network.parameters(), lr=1e-3, eps=1e-5)
    for steps in np.random.default_rng(3).permutation(N)[:144].reshape(6, 24):
        stats = ours.light.learn(given, steps)
        gradients, expected = torchs(theirs, given, steps)
        for name, p in theirs.network.named_parameters():
            p.grad = gradients[name]
        reference.step()
        assert stats.tolist() == pytest.approx(expected.tolist(), rel=1e-2, abs=1e-4)
    for a, b in zip(ours.network.parameters(), theirs.network.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-2, atol=1e-4)


def test_any_number_of_threads_learns_the_same_bits():
    alone, helped = learner(), learner(threads=2)
    assert alone.light.helper is None and isinstance(helped.light.helper, ThreadPoolExecutor)
    given = lessons(alone)
    for steps in np.random.default_rng(2).permutation(N)[:135].reshape(3, 45):
        assert torch.equal(alone.light.learn(given, steps), helped.light.learn(given, steps))
    for a, b in zip(alone.network.parameters(), helped.network.parameters(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("layer", [0, 2, 5])
def test_numbers_out_of_bounds_are_not_hidden_by_a_relu(layer):
    ppo = learner()
    given = lessons(ppo)
    with torch.no_grad():
        ppo.network.policy_trunk[layer].bias[3] = math.nan
    assert not torch.isfinite(ppo.light.learn(given, np.arange(8))[:3]).any()
