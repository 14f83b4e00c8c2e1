"""The networks: sizes counted by hand, distributions against closed forms, commands in the builder's order."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from trivium.racing.config import CarConfig
from trivium.racing.models import PICTURE_SHAPES, ActionSpace, ActorCritic


def conv(inputs: int, filters: int, kernel: int) -> int:
    return inputs * filters * kernel * kernel + filters


def dense(inputs: int, outputs: int) -> int:
    return inputs * outputs + outputs


def pictures(car: CarConfig, n: int = 5) -> torch.Tensor:
    rows, columns = PICTURE_SHAPES[car.network]
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, (n, rows * columns)).astype(np.uint8))


def size(network: ActorCritic) -> int:
    return sum(p.numel() for p in network.parameters())


def test_shallow_is_the_originals_three_layer_network_twice():
    trunk = conv(1, 32, 8) + conv(32, 64, 4) + conv(64, 64, 3) + dense(11 * 16 * 64, 512)
    assert trunk == pytest.approx(5.84e6, rel=1e-3)  # as the original's is known to have
    assert size(ActorCritic(CarConfig(network="shallow"))) == 2 * trunk + dense(512, 10) + dense(512, 1)


def test_light_is_small_and_shares_its_trunk():
    trunk = conv(1, 8, 8) + conv(8, 16, 3) + dense(5 * 7 * 16, 64)
    assert size(ActorCritic(CarConfig())) == trunk + dense(64, 10) + dense(64, 1) < 40_000


@pytest.mark.parametrize("network", ["light", "shallow"])
@pytest.mark.parametrize("space", ["discrete", "continuous"])
def test_shapes(network, space):
    car = CarConfig(network=network, action_space_type=space)
    outputs, values = ActorCritic(car)(pictures(car))
    assert outputs.shape == (5, 10 if space == "discrete" else 2)
    assert values.shape == (5,)


def test_a_picture_is_scaled_and_keeps_its_rows():
    network = ActorCritic(CarConfig())
    picture = torch.arange(4800, dtype=torch.int64).remainder(256).to(torch.uint8)[None]
    scaled = network.scale(picture)
    assert scaled.shape == (1, 1, 60, 80)
    expected = picture.numpy().reshape(60, 80).astype(np.float64) / 255.0
    assert scaled[0, 0].numpy() == pytest.approx(expected, abs=1e-7)


def test_the_network_equals_its_layers_written_out():
    """torch.nn.functional on plain contiguous tensors, no channels-last."""
    torch.manual_seed(3)
    car = CarConfig()
    network = ActorCritic(car)
    w = {name: value.detach().contiguous() for name, value in network.state_dict().items()}
    f = torch.nn.functional
    x = pictures(car).float().reshape(5, 1, 60, 80) / 255.0
    x = f.relu(f.conv2d(x, w["policy_trunk.0.weight"], w["policy_trunk.0.bias"], stride=5))
    x = f.relu(f.conv2d(x, w["policy_trunk.2.weight"], w["policy_trunk.2.bias"], stride=2)).reshape(5, -1)
    x = f.relu(x @ w["policy_trunk.5.weight"].T + w["policy_trunk.5.bias"])
    outputs, values = network(pictures(car))
    torch.testing.assert_close(outputs, x @ w["policy_head.weight"].T + w["policy_head.bias"])
    torch.testing.assert_close(values, (x @ w["value_head.weight"].T + w["value_head.bias"])[:, 0])


@pytest.mark.parametrize("network", ["light", "shallow"])
@pytest.mark.parametrize("space", ["discrete", "continuous"])
def test_what_drives_is_what_learns(network, space):
    """The compiled way forward against PyTorch's, with weights far from their first values."""
    torch.manual_seed(4)
    car = CarConfig(network=network, action_space_type=space)
    learner = ActorCritic(car)
    with torch.no_grad():
        for weights in learner.parameters():
            weights += 0.1 * torch.randn_like(weights)
        outputs, values = learner(pictures(car, 7))
    driver = learner.at_wheel()
    driven, valued = driver(pictures(car, 7))
    assert outputs.abs().max() > 0.5  # not a comparison of zeros
    torch.testing.assert_close(driven.detach(), outputs, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(valued.detach(), values, rtol=1e-4, atol=1e-4)


def test_the_wheel_keeps_its_moment():
    network = ActorCritic(CarConfig())
    driver, shown = network.at_wheel(), pictures(CarConfig())
    before = driver(shown)[1].clone()
    with torch.no_grad():
        for weights in network.parameters():
            weights += 1.0
    assert torch.equal(driver(shown)[1], before)
    assert not torch.allclose(network.at_wheel()(shown)[1], before)


def test_a_new_policy_is_nearly_indifferent():
    torch.manual_seed(0)
    car = CarConfig()
    probabilities = ActorCritic(car)(pictures(car))[0].softmax(dim=1)
    assert (probabilities - 0.1).abs().max() < 0.02


def test_continuous_log_probability_is_the_gaussians():
    network = ActorCritic(CarConfig(action_space_type="continuous"))
    with torch.no_grad():
        network.log_std.copy_(torch.tensor([0.5, -1.0]))
    mean, action = torch.tensor([[0.2, -0.3]]), torch.tensor([[1.0, 0.1]])
    expected = sum(-0.5 * ((a - m) / math.exp(s)) ** 2 - s - 0.5 * math.log(2 * math.pi)
                   for a, m, s in ((1.0, 0.2, 0.5), (0.1, -0.3, -1.0)))
    assert network.distribution(mean).log_prob(action).item() == pytest.approx(expected, rel=1e-6)
    assert network.greedy(mean) is mean


def test_discrete_greedy_takes_the_likeliest():
    network = ActorCritic(CarConfig())
    assert network.greedy(torch.tensor([[0.1, 2.0, 1.0], [5.0, 0.0, 0.0]])).tolist() == [1, 0]


def test_commands_of_a_discrete_space_are_the_builders():
    car = CarConfig(steering_max_deg=30, steering_count=3, speed_max_mps=3, speed_count=2)
    commands = ActionSpace(car).commands(np.arange(6))
    assert commands.tolist() == [[1.5, -30], [3, -30], [1.5, 0], [3, 0], [1.5, 30], [3, 30]]


def test_commands_of_a_continuous_space_are_scaled_and_clipped():
    car = CarConfig(action_space_type="continuous", speed_min_mps=1.0, speed_max_mps=3.0, steering_max_deg=20)
    actions = np.array([[-1.0, -1.0], [0.0, 0.0], [1.0, 1.0], [-7.0, 9.0], [0.5, -0.5]], np.float32)
    commands = ActionSpace(car).commands(actions)
    assert commands.dtype == np.float64
    assert commands == pytest.approx(np.array([[1, -20], [2, 0], [3, 20], [3, -20], [1.5, 10]]))


@pytest.mark.parametrize("space", ["discrete", "continuous"])
def test_distributions_agree_with_torchs(space):
    network = ActorCritic(CarConfig(action_space_type=space))
    torch.manual_seed(3)
    outputs = torch.randn(200, 10 if network.discrete else 2)
    if network.discrete:
        theirs = torch.distributions.Categorical(logits=outputs)
    else:
        with torch.no_grad():
            network.log_std.copy_(torch.tensor([0.5, -1.0]))
        theirs = torch.distributions.Independent(torch.distributions.Normal(outputs, network.log_std.exp()), 1)
    ours, actions = network.distribution(outputs), theirs.sample()
    torch.testing.assert_close(ours.log_prob(actions), theirs.log_prob(actions), rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(ours.entropy(), theirs.entropy(), rtol=1e-5, atol=1e-5)


def test_choices_are_drawn_as_often_as_they_are_likely():
    logits = torch.tensor([0.1, 0.6, 0.3]).log().repeat(20_000, 1)
    drawn = ActorCritic(CarConfig()).distribution(logits).sample(torch.Generator().manual_seed(0))
    shares = torch.bincount(drawn, minlength=3) / len(drawn)
    torch.testing.assert_close(shares, torch.tensor([0.1, 0.6, 0.3]), atol=0.015, rtol=0.0)
