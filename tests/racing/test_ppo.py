"""PPO against hand-worked numbers, its definition written out the slow way, and a task small enough to know the end."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from trivium.errors import StudioError
from trivium.racing.adam import Adam
from trivium.racing.config import CarConfig, TrainConfig
from trivium.racing.light_update import Part
from trivium.racing.ppo import PPO, ReturnScale, Rollout, fitting_batch, gae


def rollout(rewards: list[float], values: list[float], ends: list[int], bootstraps: dict[int, float] | None = None,
            **more: Any) -> Rollout:
    n = len(rewards)
    after = np.zeros(n, np.float32)
    for at, value in (bootstraps or {}).items():
        after[at] = value
    fields: dict[str, Any] = {"pictures": np.zeros((n, 4800), np.uint8), "actions": np.zeros(n, np.int64),
                              "logprobs": np.zeros(n, np.float32), **more}
    return Rollout(rewards=np.array(rewards, np.float32), values=np.array(values, np.float32),
                   ends=np.isin(np.arange(n), ends), bootstraps=after, **fields)


def random_rollout(seed: int, lengths: tuple[int, ...] = (5, 1, 12, 3)) -> Rollout:
    rng = np.random.default_rng(seed)
    ends = (np.cumsum(lengths) - 1).tolist()
    n = sum(lengths)
    return rollout(rng.normal(size=n).tolist(), rng.normal(size=n).tolist(), ends, {ends[2]: 0.7})


def test_gae_of_two_drives_worked_by_hand():
    """gamma 0.5, lambda 0.5; the second drive was cut short where the value was 4."""
    advantages, targets = gae(rollout([1, 2, 3], [0.5, 1, 2], [1, 2], {2: 4.0}), 0.5, 0.5)
    # last of drive one: 2 - 1 = 1; first: 1 + 0.5 * 1 - 0.5 + 0.25 * 1 = 1.25; drive two: 3 + 0.5 * 4 - 2 = 3
    assert advantages.tolist() == [1.25, 1.0, 3.0]
    assert targets.tolist() == [1.75, 2.0, 5.0]


@pytest.mark.parametrize(("gamma", "lam"), [(0.97, 0.95), (1.0, 1.0), (0.0, 0.5), (0.9, 0.0)])
def test_gae_equals_its_definition(gamma, lam):
    """Equation 16: the sum over k of (gamma lambda)^k delta_(t+k), within the drive."""
    given = random_rollout(1)
    end_of = [int(np.flatnonzero(given.ends[t:])[0]) + t for t in range(len(given))]
    r, v = given.rewards.astype(float), given.values.astype(float)
    delta = [r[t] + gamma * (given.bootstraps[t] if t == end_of[t] else v[t + 1]) - v[t] for t in range(len(given))]
    expected = [sum((gamma * lam) ** (k - t) * delta[k] for k in range(t, end_of[t] + 1)) for t in range(len(given))]
    advantages, targets = gae(given, gamma, lam)
    assert advantages == pytest.approx(expected, abs=1e-5)
    assert targets == pytest.approx(np.array(expected) + v, abs=1e-5)


def running_returns(given: Rollout, gamma: float) -> list[float]:
    """Discounted sums of a drive's rewards so far."""
    sums, first = [], 0
    for t in range(len(given)):
        sums.append(sum(gamma ** (t - k) * float(given.rewards[k]) for k in range(first, t + 1)))
        if given.ends[t]:
            first = t + 1
    return sums


def test_return_scale_is_the_spread_of_all_returns_so_far():
    scale, seen = ReturnScale(0.9), []
    for seed in range(4):
        given = random_rollout(seed)
        seen += running_returns(given, 0.9)
        assert scale.update(given) == pytest.approx(np.std(seen), rel=1e-9)
    assert scale.mean == pytest.approx(np.mean(seen))
    again = ReturnScale(0.9)
    again.restore(scale.state())
    assert again.update(random_rollout(9)) == scale.update(random_rollout(9))


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e4])
def test_a_constant_reward_is_scaled_to_a_modest_number(size):
    """Its returns have no spread where the future does not count; dividing by that would be a division by zero."""
    divisor = ReturnScale(0.0).update(rollout([size] * 6, [0.0] * 6, [2, 5]))
    assert 0.1 <= size / divisor <= 100.0
    assert ReturnScale(0.9).update(rollout([0.0] * 3, [0.0] * 3, [2])) > 0.0


@pytest.mark.parametrize(("batch", "steps", "fits"), [(64, 64, 64), (64, 1000, 64), (64, 63, 32), (512, 130, 128),
                                                      (64, 1, 1), (32, 2, 2), (32, 3, 2)])
def test_with_too_few_steps_the_batch_is_the_largest_power_of_two_that_fits(batch, steps, fits):
    assert fitting_batch(batch, steps) == fits


def config(**more: Any) -> TrainConfig:
    return TrainConfig.model_validate({"batch_size": 32, "num_epochs": 3, **more})


def learner(**more: Any) -> PPO:
    torch.manual_seed(0)
    return PPO(config(**more))


@pytest.mark.parametrize("loss_type", ["huber", "mean squared error"])
def test_the_loss_is_the_papers(loss_type):
    """Numbers in plain Python: clipped surrogate, value loss, entropy, from the network's own outputs."""
    ppo = learner(loss_type=loss_type, clip_coef=0.2, beta_entropy=0.03)
    rng = np.random.default_rng(2)
    pictures = torch.from_numpy(rng.integers(0, 256, (4, 4800)).astype(np.uint8))
    actions, advantages, targets = torch.tensor([0, 3, 9, 3]), [1.0, -2.0, 0.5, -0.5], [0.0, 5.0, -1.0, 0.3]
    outputs, values = ppo.network(pictures)
    chances = outputs.softmax(dim=1).tolist()
    chosen = [chances[i][a] for i, a in enumerate(actions.tolist())]
    ratios = [1.5, 1.5, 0.6, 0.6]  # two beyond the clip on either side
    old = [math.log(p / r) for p, r in zip(chosen, ratios, strict=True)]
    surrogate = [min(a * r, a * min(max(r, 0.8), 1.2)) for a, r in zip(advantages, ratios, strict=True)]
    errors = [abs(v - t) for v, t in zip(values.tolist(), targets, strict=True)]
    costs = [0.5 * e * e if e < 1 else e - 0.5 for e in errors] if loss_type == "huber" else [e * e for e in errors]
    entropy = sum(-p * math.log(p) for row in chances for p in row) / 4
    expected = -sum(surrogate) / 4 + sum(costs) / 4 - 0.03 * entropy
    loss, stats = ppo.loss(pictures, actions, torch.tensor(old), torch.tensor(advantages), torch.tensor(targets))
    assert float(loss.detach()) == pytest.approx(expected, rel=1e-4)
    assert stats.tolist() == pytest.approx([-sum(surrogate) / 4, sum(costs) / 4, entropy,
                                            sum((r - 1) - math.log(r) for r in ratios) / 4, 1.0], rel=1e-4, abs=1e-6)


def bandit(ppo: PPO, n: int, rng: np.random.Generator) -> Rollout:
    """One-step drives: bright pictures want action 1 (or a positive first number), dark ones 0 (a negative one)."""
    bright = rng.integers(0, 2, n)
    pictures = np.repeat((40 + 170 * bright).astype(np.uint8)[:, None], 4800, axis=1)
    with torch.no_grad():
        outputs, values = ppo.network(torch.from_numpy(pictures))
        policy = ppo.network.distribution(outputs)
        actions = policy.sample()
        logprobs = policy.log_prob(actions)
    side = actions.numpy() if ppo.network.discrete else (actions.numpy()[:, 0] > 0).astype(int)
    return rollout((side == bright).astype(float).tolist(), values.tolist(), list(range(n)), pictures=pictures,
                   actions=actions.numpy(), logprobs=logprobs.numpy())


@pytest.mark.parametrize(("space", "is_compiled"), [("discrete", True), ("continuous", True), ("discrete", False)])
def test_it_learns_a_two_armed_bandit(space, is_compiled):
    car = CarConfig(steering_count=2, speed_count=1, action_space_type=space)
    ppo = learner(car=car.model_dump(), lr=1e-3, beta_entropy=0.0)
    ppo.light = ppo.light if is_compiled else None
    rng = np.random.default_rng(1)
    won = []
    for _ in range(25):
        drives = bandit(ppo, 128, rng)
        won.append(float(drives.rewards.mean()))
        ppo.update(drives, rng)
    assert np.mean(won[:2]) < 0.65
    assert np.mean(won[-3:]) > 0.85


@pytest.mark.parametrize("n", [1, 2, 31, 33, 70])
def test_any_number_of_steps_can_be_learned_from(n):
    ppo = learner()
    rng = np.random.default_rng(0)
    before = [p.detach().clone() for p in ppo.network.parameters()]
    losses = ppo.update(bandit(ppo, n, rng), rng)
    assert all(map(math.isfinite, losses.values()))
    assert set(losses) == {"policy_loss", "value_loss", "entropy", "approx_kl", "clipfrac", "explained_variance"}
    assert any((a != b).any() for a, b in zip(before, ppo.network.parameters(), strict=True))


@pytest.mark.parametrize("is_compiled", [True, False])
def test_the_remainder_of_an_epoch_is_dropped(monkeypatch, is_compiled):
    ppo, sizes = learner(num_epochs=2), []
    if is_compiled:
        part = Part.learn
        monkeypatch.setattr(Part, "learn", lambda self, *a: sizes.append(len(a[1])) or part(self, *a))
    else:
        ppo.light, whole = None, PPO.loss
        monkeypatch.setattr(PPO, "loss", lambda self, *a: sizes.append(len(a[0])) or whole(self, *a))
    ppo.update(bandit(ppo, 75, np.random.default_rng(0)), np.random.default_rng(0))
    assert sizes == [16] * 8  # two epochs of two batches of 32, each in two parts


def test_parts_side_by_side_learn_what_the_whole_would():
    """The gradient of a batch learned from in parts, and on any number of threads, is the whole batch's."""
    rng, after = np.random.default_rng(4), []
    drives = bandit(learner(), 32, rng)
    arrays = (drives.pictures, drives.actions, drives.logprobs, drives.values, drives.rewards)
    batch = [torch.from_numpy(array) for array in arrays]
    torch.manual_seed(1)
    reference = learner()
    weights = {name: value.clone() for name, value in reference.network.state_dict().items()}
    loss, _ = reference.loss(*batch)
    loss.backward()
    expected = [p.grad.clone() for p in reference.network.parameters()]
    for threads in (1, 2):
        ppo = PPO(reference.config, threads=threads)
        ppo.network.load_state_dict(weights)
        ppo.learn(batch)
        for parameter, gradient in zip(ppo.network.parameters(), expected, strict=True):
            torch.testing.assert_close(parameter.grad, gradient, rtol=1e-3, atol=1e-6)
        after.append([p.detach().clone() for p in ppo.network.parameters()])
    assert all(torch.equal(a, b) for a, b in zip(*after, strict=True))


@pytest.mark.parametrize("network", ["light", "shallow"])
def test_a_checkpoint_goes_on_exactly(network):
    """Restored learners take the same next steps, bit for bit, as one that was never saved."""
    car = {"network": network, "steering_count": 2, "speed_count": 1}
    rng, pixels = np.random.default_rng(5), 4800 if network == "light" else 19200

    def drives(seed: int) -> Rollout:
        given = np.random.default_rng(seed)
        n = 40
        return rollout(given.normal(size=n).tolist(), given.normal(size=n).tolist(), [19, 39],
                       pictures=given.integers(0, 256, (n, pixels)).astype(np.uint8),
                       actions=given.integers(0, 2, n), logprobs=np.full(n, -0.69, np.float32))

    ppo = learner(car=car, num_epochs=1)
    ppo.update(drives(0), rng)
    kept = {name: array.copy() for name, array in ppo.tensors().items()}
    torch.manual_seed(99)
    other = PPO(config(car=car, num_epochs=1))
    other.restore(kept)
    assert all((other.tensors()[name] == array).all() for name, array in kept.items())
    other.scale.restore(ppo.scale.state())
    for seed in (1, 2):
        assert ppo.update(drives(seed), np.random.default_rng(seed)) == other.update(
            drives(seed), np.random.default_rng(seed))
    assert all((other.tensors()[name] == array).all() for name, array in ppo.tensors().items())
    assert any((kept[name] != array).any() for name, array in ppo.tensors().items())


def test_numbers_out_of_bounds_end_in_a_sentence():
    ppo = learner()
    with torch.no_grad():
        ppo.network.value_head.weight.fill_(math.inf)
    with pytest.raises(StudioError, match="out of bounds") as raised:
        ppo.update(rollout([1.0] * 40, [0.0] * 40, [39]), np.random.default_rng(0))
    assert "learning rate" in raised.value.hint


def test_our_adam_is_torchs():
    """The same gradients, step by step; torch's own is the reference."""
    torch.manual_seed(2)
    start = [torch.randn(5, 3), torch.randn(4, 2, 3, 3).to(memory_format=torch.channels_last)]
    ours, theirs = ([torch.nn.Parameter(each.clone()) for each in start] for _ in range(2))
    mine = Adam(iter(ours), lr=3e-3, eps=1e-5)
    reference = torch.optim.Adam(theirs, lr=3e-3, eps=1e-5)
    for _ in range(50):
        for a, b in zip(ours, theirs, strict=True):
            a.grad = torch.randn(a.shape)
            b.grad = a.grad.clone()
        mine.step()
        reference.step()
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6)
