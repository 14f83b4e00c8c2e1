"""DeepRacer's own files become our settings; what could not mean what its owner thinks is refused in a sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trivium.core.studio import parse_config
from trivium.errors import BadConfig
from trivium.racing import STUDIO
from trivium.racing.config import TrainConfig
from trivium.racing.contract import from_hyperparameters, from_metadata

DISCRETE: dict[str, Any] = {
    "action_space": [{"steering_angle": -30.0, "speed": 0.6, "index": 0}, {"steering_angle": "15", "speed": "1.2"}],
    "sensor": ["FRONT_FACING_CAMERA"], "neural_network": "DEEP_CONVOLUTIONAL_NETWORK_SHALLOW",
    "training_algorithm": "clipped_ppo", "action_space_type": "discrete", "version": "5"}
CONTINUOUS: dict[str, Any] = {
    **DISCRETE, "action_space_type": "continuous",
    "action_space": {"speed": {"low": 1.0, "high": "4.0"}, "steering_angle": {"low": -30.0, "high": 30.0}}}


def test_the_sample_metadata_is_read(benchmark_data: Callable[[str], Path]):
    metadata = json.loads(benchmark_data("racing/samples/model_metadata.json").read_text())
    config = TrainConfig.model_validate(from_metadata(metadata))
    table = config.car.action_table()
    assert [(a.steering_angle, a.speed) for a in table] == [
        (float(a["steering_angle"]), float(a["speed"])) for a in metadata["action_space"]]
    assert config.car.network == "shallow"


def test_a_discrete_list_keeps_its_order_and_takes_numbers_as_text():
    config = TrainConfig.model_validate(from_metadata(DISCRETE))
    assert [(a.steering_angle, a.speed) for a in config.car.action_table()] == [(-30.0, 0.6), (15.0, 1.2)]
    assert (config.car.network, config.algorithm, config.car.action_space_type) == ("shallow", "ppo", "discrete")


def test_a_continuous_space_is_read():
    car = TrainConfig.model_validate(from_metadata(CONTINUOUS)).car
    assert (car.action_space_type, car.steering_max_deg, car.speed_min_mps, car.speed_max_mps) == (
        "continuous", 30.0, 1.0, 4.0)


def test_missing_keys_mean_what_they_meant_to_the_original():
    fields = from_metadata({"action_space": DISCRETE["action_space"]})
    assert fields["car"]["network"] == "shallow" and fields["algorithm"] == "ppo"


@pytest.mark.parametrize(("change", "says"), [
    ({"neural_network": "DEEP_CONVOLUTIONAL_NETWORK_DEEP"}, "DEEP_CONVOLUTIONAL_NETWORK_DEEP"),
    ({"training_algorithm": "sac"}, "sac"),
    ({"sensor": ["STEREO_CAMERAS"]}, "STEREO_CAMERAS"), ({"sensor": None}, "None"), ({"sensor": "LIDAR"}, "LIDAR"),
    ({"action_space": None}, "action_space"), ({"action_space": [1, 2]}, "action_space"),
    ({"action_space": [{"speed": 1.0}]}, "steering_angle"),
    ({"action_space": [{"speed": "fast", "steering_angle": 0}]}, "'fast' is not a number"),
])
def test_what_cannot_be_driven_is_refused(change, says):
    with pytest.raises(BadConfig, match=says) as refused:
        from_metadata({**DISCRETE, **change})
    assert refused.value.hint


@pytest.mark.parametrize("space", [[], {"speed": {"low": 1, "high": 2}},
                                   {"speed": 3, "steering_angle": {"low": -30, "high": 30}},
                                   {"speed": {"low": 1, "high": 2}, "steering_angle": {"low": -10, "high": 30}}])
def test_a_continuous_space_that_is_not_one_is_refused(space):
    with pytest.raises(BadConfig):
        from_metadata({**CONTINUOUS, "action_space": space})


HYPERPARAMETERS = {"batch_size": 64, "beta_entropy": 0.01, "discount_factor": 0.999, "e_greedy_value": 0.05,
                   "epsilon_steps": 10000, "exploration_type": "categorical", "loss_type": "huber", "lr": 0.0003,
                   "num_episodes_between_training": 20, "num_epochs": 5, "stack_size": 1, "sac_alpha": 0.2,
                   "term_cond_avg_score": 350.0, "term_cond_max_episodes": 1000}


def test_hyperparameters_of_the_community_are_read():
    config = TrainConfig.model_validate(from_hyperparameters(HYPERPARAMETERS))
    assert (config.batch_size, config.discount_factor, config.lr, config.num_epochs) == (64, 0.999, 0.0003, 5)


@pytest.mark.parametrize("spelling", ["mean squared error", "mean_squared_error", "Mean_Squared_Error"])
def test_either_spelling_of_the_loss_and_numbers_as_text(spelling):
    fields = from_hyperparameters({"loss_type": spelling, "batch_size": "128", "lr": "1e-4"})
    config = TrainConfig.model_validate(fields)
    assert (config.loss_type, config.batch_size, config.lr) == ("mean squared error", 128, 1e-4)


@pytest.mark.parametrize(("values", "says"), [
    ({"batch_sizes": 64}, "batch_size"), ({"lr": "quick"}, "not a number"), ({"lr": 5.0}, "lr"),
    ({"batch_size": 65}, "batch_size"), ({"lr": "nan"}, "lr"), ({"num_epochs": 2.5}, "num_epochs"),
    ({"exploration_type": "boltzmann"}, "exploration_type"), ({"discount_factor": 1.5}, "discount_factor"),
])
def test_hyperparameters_out_of_range_or_misspelt_are_refused(values, says):
    with pytest.raises(BadConfig) as refused:
        parse_config(STUDIO.configs["train"], from_hyperparameters(values))
    assert says in str(refused.value)


def test_e_greedy_needs_a_list_of_actions():
    with pytest.raises(BadConfig, match="discrete"):
        parse_config(STUDIO.configs["train"], {"exploration_type": "e-greedy",
                                               "car": {"action_space_type": "continuous"}})


def test_the_default_car_is_the_builders():
    table = TrainConfig().car.action_table()
    assert [(a.steering_angle, a.speed) for a in table] == [
        (angle, speed) for angle in (-30, -15, 0, 15, 30) for speed in (1.0, 2.0)]
