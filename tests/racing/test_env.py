"""The Gymnasium environment: Gymnasium's own checker, and the vector form beside the single one."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode

from trivium.racing.config import CarConfig
from trivium.racing.env import RacingEnv, RacingVectorEnv

CONTINUOUS = CarConfig(action_space_type="continuous")
STRAIGHT = 5  # of five angles and two speeds: straight ahead at full speed


@pytest.mark.parametrize("options", [{}, {"car": CONTINUOUS}, {"pooled": True}, {"track": "oval", "max_steps": 3},
                                     {"render_mode": "rgb_array"}], ids=str)
def test_it_passes_gymnasiums_checker(options: dict[str, Any]):
    env = RacingEnv(**options)
    env.spec = gymnasium.spec("trivium/Racing-v0")
    check_env(env, skip_render_check=True)


def test_it_is_made_by_name():
    env = gymnasium.make("trivium/Racing-v0", track="oval")
    picture, _ = env.reset(seed=1)
    assert picture.shape == (120, 160, 1) and picture.dtype == np.uint8
    assert isinstance(env.unwrapped, RacingEnv)
    assert env.action_space == gymnasium.spaces.Discrete(10)
    vector = gymnasium.make_vec("trivium/Racing-v0", num_envs=3, track="oval", pooled=True)
    pictures, _ = vector.reset(seed=1)
    assert pictures.shape == (3, 60, 80, 1)
    assert vector.num_envs == 3


def test_the_vector_form_is_many_single_ones():
    """Car i of seed s drives as the single environment of seed s + i, through resets, for both action spaces."""
    for car in (None, CONTINUOUS):
        vector = RacingVectorEnv(3, car=car, max_steps=12)
        singles = [RacingEnv(car=car, max_steps=12) for _ in range(3)]
        pictures, _ = vector.reset(seed=7)
        for i, env in enumerate(singles):
            assert (env.reset(seed=7 + i)[0] == pictures[i]).all()
        vector.action_space.seed(0)
        over = [False] * 3
        for _ in range(40):
            actions = vector.action_space.sample()
            pictures, rewards, terminated, truncated, info = vector.step(actions)
            for i, env in enumerate(singles):
                if over[i]:
                    picture, _ = env.reset()
                    expected = (0.0, False, False)
                else:
                    picture, *rest, single_info = env.step(actions[i])
                    expected = tuple(rest)
                    assert single_info["progress"] == info["progress"][i]
                assert (picture == pictures[i]).all()
                assert (rewards[i], terminated[i], truncated[i]) == expected
                over[i] = bool(terminated[i] or truncated[i])


def test_leaving_the_road_terminates_and_running_out_of_steps_truncates():
    env = RacingEnv(max_steps=1000)
    env.reset(options={"start": 0.0})
    steps, terminated, truncated = 0, False, False
    while not (terminated or truncated):
        _, _, terminated, truncated, info = env.step(9)  # as far left as it goes
        steps += 1
    assert (terminated, truncated, info["status"]) == (True, False, "off_track")
    env = RacingEnv(max_steps=steps - 1)
    env.reset(options={"start": 0.0})
    ends = [env.step(9)[2:4] for _ in range(steps - 1)]
    assert ends[:-1] == [(False, False)] * (steps - 2) and ends[-1] == (False, True)


def test_after_its_end_it_wants_a_reset():
    env = RacingEnv(max_steps=1)
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(0)
    env.reset(seed=0)
    env.step(0)
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(0)
    env.reset()
    env.step(0)


def test_the_default_reward_adds_up_to_the_progress():
    env = RacingEnv()
    env.reset(options={"start": 0.2})
    rewards, progress = [], 0.0
    for _ in range(15):
        _, reward, terminated, _, info = env.step(STRAIGHT)
        rewards.append(reward)
        progress = info["progress"]
        if terminated:
            break
    assert sum(rewards) == pytest.approx(progress)
    assert progress > 1.0


def test_a_reward_function_of_ones_own_sees_the_contracts_parameters():
    seen: list[dict[str, Any]] = []
    env = RacingEnv(reward_function=lambda params: seen.append(params) or params["speed"], reverse_direction=True)
    env.reset(seed=3)
    assert [env.step(STRAIGHT)[1] for _ in range(3)] == [seen[0]["speed"]] * 3
    assert [params["steps"] for params in seen] == [2.0, 3.0, 4.0]
    assert all(params["is_reversed"] for params in seen)


def test_same_seed_same_start_and_another_seed_another():
    env = RacingEnv()
    first, again, other = (env.reset(seed=seed)[0] for seed in (5, 5, 6))
    assert (first == again).all() and (first != other).any()
    assert (env.reset(options={"start": 0.25})[0] == env.reset(options={"start": 0.25})[0]).all()


def test_the_vector_form_says_how_it_resets_and_takes_a_seed_for_each():
    vector = RacingVectorEnv(2)
    assert vector.metadata["autoreset_mode"] == AutoresetMode.NEXT_STEP
    pictures, _ = vector.reset(seed=[3, 3])
    assert (pictures[0] == pictures[1]).all()
    assert (vector.reset(seed=[3, 4])[0][0] == pictures[0]).all()


def test_it_renders_what_the_car_sees():
    env = RacingEnv(render_mode="rgb_array")
    picture, _ = env.reset(seed=0)
    assert (env.render() == np.repeat(picture, 3, axis=2)).all()
    assert RacingEnv().render() is None
