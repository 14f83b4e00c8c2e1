"""Driving with a network that always does the same: what is remembered of a drive, and how drives end."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from trivium.racing.config import CarConfig
from trivium.racing.models import ActionSpace, ActorCritic
from trivium.racing.params import ROW_STEPS
from trivium.racing.rollout import Driver, EpsilonGreedy, SampleActions
from trivium.racing.simulator import Simulator
from trivium.racing.tracks.loading import load_track

CAR = CarConfig(steering_count=3, speed_count=1, speed_max_mps=1.0)


def by_step(rows: np.ndarray, cars: np.ndarray) -> list[float]:
    """A reward that names the car and the step."""
    return [100.0 * car + row[ROW_STEPS] for row, car in zip(rows, cars.tolist(), strict=True)]


def driver(cars: int = 3, car: CarConfig = CAR, stopped=lambda: False) -> Driver:
    torch.manual_seed(1)
    sim = Simulator(load_track("oval"), cars, pooled=True)
    return Driver(sim, ActorCritic(car), ActionSpace(car), by_step, stopped=stopped)


def sampler(seed: int = 1) -> SampleActions:
    return SampleActions(torch.Generator().manual_seed(seed))


def test_drives_lie_one_behind_the_other_in_step_order():
    rollout, episodes = driver().explore(np.array([0.0, 0.3, 0.6]), 10_000, 4, 20, sampler())
    lengths = [e.steps for e in episodes]
    assert len(rollout) == sum(lengths)
    expected = [100.0 * car + 2 + k for car, n in enumerate(lengths) for k in range(n)]
    assert rollout.rewards.tolist() == expected
    assert np.flatnonzero(rollout.ends).tolist() == (np.cumsum(lengths) - 1).tolist()
    assert not rollout.bootstraps.any()  # every drive came to its own end
    assert [(e.phase, e.iteration, e.episode, e.status) for e in episodes] == [
        ("training", 4, 20 + i, "off_track") for i in range(3)]
    assert [e.start_ndist for e in episodes] == [0.0, 0.3, 0.6]
    assert [e.reward for e in episodes] == [sum(r for r in expected if r // 100 == car) for car in range(3)]
    assert all(e.time_s == pytest.approx(e.steps / 15) for e in episodes)


def test_what_is_remembered_is_what_the_network_saw_said_and_did():
    drive = driver(1)
    rollout, _ = drive.explore(np.array([0.0]), 10_000, 0, 0, sampler())
    with torch.no_grad():
        outputs, values = drive.network(torch.from_numpy(rollout.pictures))
        logprobs = drive.network.distribution(outputs).log_prob(torch.from_numpy(rollout.actions))
    assert rollout.values == pytest.approx(values.numpy(), abs=1e-5)
    assert rollout.logprobs == pytest.approx(logprobs.numpy(), abs=1e-5)
    assert len({picture.tobytes() for picture in rollout.pictures}) == len(rollout)  # none overwrote another


def test_drives_cut_short_are_worth_what_the_network_thinks_of_their_last_picture():
    drive = driver()
    rollout, episodes = drive.explore(np.array([0.0, 0.3, 0.6]), 12, 0, 0, sampler())
    assert len(rollout) == 12
    assert [(e.steps, e.status) for e in episodes] == [(4, "in_progress")] * 3
    with torch.no_grad():
        values = drive.network(drive.look(np.arange(3)))[1].numpy()
    assert rollout.bootstraps[rollout.ends] == pytest.approx(values, abs=1e-5)
    assert not rollout.bootstraps[~rollout.ends].any()


def test_same_generator_same_drives():
    one, two, other = (driver().explore(np.array([0.0, 0.5]), 200, 0, 0, sampler(seed))[0] for seed in (1, 1, 2))
    assert (one.pictures == two.pictures).all() and (one.actions == two.actions).all()
    assert len(one) != len(other) or (one.actions != other.actions).any()


def test_stopped_before_the_first_step_there_is_nothing_to_learn_from():
    assert driver(stopped=lambda: True).explore(np.array([0.0]), 100, 0, 0, sampler()) == (None, [])


def test_greedy_drives_repeat_themselves_and_learn_nothing():
    drive = driver(2)
    before = [p.clone() for p in drive.network.parameters()]
    first, again = (drive.drive_greedily(np.array([0.0, 0.5]), 7) for _ in range(2))
    assert first == again
    assert [e.phase for e in first] == ["evaluation"] * 2
    assert all((a == b).all() for a, b in zip(before, drive.network.parameters(), strict=True))


def test_a_greedy_drive_that_does_not_end_is_cut():
    episodes = driver(1).drive_greedily(np.array([0.0]), 0, max_steps=3)
    assert [(e.steps, e.status) for e in episodes] == [(3, "time_up")]


def test_samples_follow_the_policy():
    network = ActorCritic(CAR)
    chances = torch.tensor([0.6, 0.3, 0.1])
    actions, logprobs = sampler()(network, chances.log().repeat(20_000, 1))
    shares = np.bincount(actions.numpy(), minlength=3) / 20_000
    assert shares == pytest.approx([0.6, 0.3, 0.1], abs=0.015)
    assert logprobs.exp().numpy() == pytest.approx(chances[actions].numpy(), abs=1e-5)


def test_continuous_samples_are_gaussian():
    network = ActorCritic(CarConfig(action_space_type="continuous"))
    with torch.no_grad():
        network.log_std.fill_(-0.5)
        actions, _ = sampler()(network, torch.tensor([[0.3, -0.2]]).repeat(20_000, 1))
    assert actions.mean(dim=0).tolist() == pytest.approx([0.3, -0.2], abs=0.02)
    assert actions.std(dim=0).tolist() == pytest.approx([np.exp(-0.5)] * 2, rel=0.02)


def test_epsilon_falls_from_everything_to_its_last_value():
    network, explore = ActorCritic(CAR), EpsilonGreedy(torch.Generator().manual_seed(0), 0.1, 10_000)
    outputs = torch.tensor([[0.0, 5.0, 0.0]]).repeat(5_000, 1)
    shares = [float((explore(network, outputs)[0] == 1).float().mean()) for _ in range(4)]
    # a random action is the greedy one in a third of the cases: 1/3, then epsilon 0.55, then 0.1
    assert shares == pytest.approx([1 / 3, 1 - 0.55 * 2 / 3, 1 - 0.1 * 2 / 3, 1 - 0.1 * 2 / 3], abs=0.03)
