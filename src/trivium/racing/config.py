"""Every hyperparameter of the racing studio, declared once.

The training form, the command line's ``--set key=value``, validation and the documentation are all made from these
fields. Names, ranges and defaults follow the DeepRacer contract where it has them; where our default differs, the
description says so. ``more`` and ``less`` tell a learner what turning the knob does.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from trivium.core.knob import knob

MAX_STEER_DEG = 30.0
MIN_SPEED_MPS = 0.1
MAX_SPEED_MPS = 4.0


class Action(BaseModel):
    """One entry of a discrete action space."""

    model_config = ConfigDict(extra="forbid")

    steering_angle: float = Field(0.0, ge=-MAX_STEER_DEG, le=MAX_STEER_DEG, title="Steering angle",
                                  description="Left is positive.", json_schema_extra=knob("car", unit="deg"))
    speed: float = Field(1.0, ge=MIN_SPEED_MPS, le=MAX_SPEED_MPS, title="Speed",
                         description="The speed the car is told to drive.", json_schema_extra=knob("car", unit="m/s"))


class CarConfig(BaseModel):
    """What the car can do: its action space and its network."""

    model_config = ConfigDict(extra="forbid")

    action_space_type: Literal["discrete", "continuous"] = Field(
        "discrete", title="Action space",
        description="Discrete: pick one of a list of actions. Continuous: any steering angle and speed in a range.",
        json_schema_extra=knob("car"))
    steering_max_deg: float = Field(
        30.0, ge=1.0, le=MAX_STEER_DEG, title="Maximum steering angle", description="Largest angle to either side.",
        json_schema_extra=knob("car", "sharper turns, easier to zig-zag", "smoother, may miss tight bends", "deg"))
    steering_count: int = Field(
        5, ge=1, le=15, title="Steering angles",
        description="How many angles, evenly spaced from right to left. One means straight ahead.",
        json_schema_extra=knob("car", "finer steering, slower to learn", "coarser, quicker to learn"))
    speed_max_mps: float = Field(
        2.0, ge=MIN_SPEED_MPS, le=MAX_SPEED_MPS, title="Maximum speed", description="Top speed of the car.",
        json_schema_extra=knob("car", "faster laps, harder to learn", "slower laps, easier to learn", "m/s"))
    speed_min_mps: float = Field(
        0.5, ge=MIN_SPEED_MPS, le=MAX_SPEED_MPS, title="Minimum speed",
        description="Lowest speed of a continuous action space; a discrete one divides the maximum evenly.",
        json_schema_extra=knob("car", "less braking", "more braking", "m/s"))
    speed_count: int = Field(
        2, ge=1, le=5, title="Speeds", description="How many speeds: maximum/n, 2 maximum/n, ..., maximum.",
        json_schema_extra=knob("car", "finer speed control, slower to learn", "quicker to learn"))
    actions: list[Action] | None = Field(
        None, title="Own action list",
        description="Your own table of 2 to 30 actions. When given, it replaces the four numbers above.",
        json_schema_extra=knob("car", advanced=True))
    network: Literal["light", "shallow"] = Field(
        "light", title="Network",
        description="light: a small network made for laptops. shallow: DeepRacer's three-layer network, "
                    "about 280 times the arithmetic per step.",
        json_schema_extra=knob("car"))

    @model_validator(mode="after")
    def _check(self) -> CarConfig:
        if self.actions is not None and not 2 <= len(self.actions) <= 30:
            raise ValueError(f"an action list needs 2 to 30 actions, this one has {len(self.actions)}")
        if self.actions is None and self.action_space_type == "discrete":
            n = self.steering_count * self.speed_count
            if not 2 <= n <= 30:
                raise ValueError(f"{self.steering_count} angles x {self.speed_count} speeds make {n} actions; "
                                 "a discrete action space has 2 to 30")
        if self.action_space_type == "continuous" and self.speed_min_mps >= self.speed_max_mps:
            raise ValueError(f"minimum speed {self.speed_min_mps} must be below maximum speed {self.speed_max_mps}")
        return self

    def action_table(self) -> list[Action]:
        """The discrete actions: numbered angle first, rising angle, rising speed within an angle."""
        if self.actions is not None:
            return self.actions
        n, m = self.steering_count, self.speed_count
        angles = [0.0] if n == 1 else [self.steering_max_deg * (2 * i / (n - 1) - 1) for i in range(n)]
        speeds = [self.speed_max_mps * (j + 1) / m for j in range(m)]
        return [Action(steering_angle=round(a, 6), speed=max(MIN_SPEED_MPS, round(s, 6)))
                for a in angles for s in speeds]


Percent = Annotated[float, Field(ge=0.0, le=1.0)]


class TransferConfig(BaseModel):
    """What is drawn anew for each episode, so that a model does not depend on one look of the world."""

    model_config = ConfigDict(extra="forbid")

    light: Percent = Field(0.0, title="Light",
                           description="How much brightness and contrast vary from episode to episode.",
                           json_schema_extra=knob("transfer", "copes with other rooms, learns slower", "learns faster"))
    texture: Percent = Field(0.0, title="Texture", description="How much the ground and the lines vary.",
                             json_schema_extra=knob("transfer", "copes with other carpets, learns slower",
                                                    "learns faster"))
    camera: Percent = Field(0.0, title="Camera pose",
                            description="How much height, pitch and aim of the camera vary "
                                        "(1 = 15 mm, 3 degrees, 2 degrees).",
                            json_schema_extra=knob("transfer", "copes with a crooked mount, learns slower",
                                                   "learns faster"))


class TrainConfig(BaseModel):
    """A training: the track, the car, PPO's hyperparameters and when to stop."""

    model_config = ConfigDict(extra="forbid")

    track: str = Field("oval", title="Track", description="A track of the gallery, or an imported one.",
                       json_schema_extra=knob("track"))
    reverse_direction: bool = Field(False, title="Drive the other way round",
                                    description="Drive against the order of the track's waypoints.",
                                    json_schema_extra=knob("track"))
    alternate_direction: bool = Field(False, title="Alternate direction",
                                      description="Turn the direction round after each iteration.",
                                      json_schema_extra=knob("track"))
    car: CarConfig = Field(default_factory=CarConfig, title="Car", description="Action space and network.",
                           json_schema_extra=knob("car"))
    algorithm: Literal["ppo"] = Field("ppo", title="Algorithm", description="Proximal policy optimisation.",
                                      json_schema_extra=knob("learning"))

    batch_size: Literal[32, 64, 128, 256, 512] = Field(
        128, title="Batch size", description="Steps in one gradient step. DeepRacer's default is 64.",
        json_schema_extra=knob("learning", "steadier, fewer updates", "noisier, more updates", "steps"))
    num_epochs: int = Field(
        4, ge=1, le=10, title="Epochs",
        description="How often each iteration's steps are learned from. DeepRacer: 3 to 10.",
        json_schema_extra=knob("learning", "learns more from each step, may overfit", "quicker iterations"))
    lr: float = Field(
        1e-3, ge=1e-8, le=1e-2, title="Learning rate",
        description="Size of a gradient step. DeepRacer's default is 0.0003.",
        json_schema_extra=knob("learning", "faster, may become unstable", "slower, steadier", log=True))
    beta_entropy: float = Field(
        0.01, ge=0.0, le=1.0, title="Entropy", description="Bonus for trying different actions.",
        json_schema_extra=knob("learning", "explores more", "settles sooner"))
    discount_factor: float = Field(
        0.97, ge=0.0, le=1.0, title="Discount factor",
        description="How much the future counts; 0.97 looks about 33 steps (2 s) ahead. DeepRacer's default is 0.99.",
        json_schema_extra=knob("learning", "plans further, learns slower", "greedier, learns faster"))
    gae_lambda: float = Field(
        0.95, ge=0.0, le=1.0, title="GAE lambda", description="Mix of short and long looks at how good an action was.",
        json_schema_extra=knob("learning", "less bias, more noise", "more bias, less noise", advanced=True))
    clip_coef: float = Field(
        0.2, ge=0.01, le=1.0, title="PPO clip", description="How far one iteration may move the policy.",
        json_schema_extra=knob("learning", "bolder updates", "safer updates", advanced=True))
    loss_type: Literal["huber", "mean squared error"] = Field(
        "huber", title="Value loss", description="Huber forgives outliers.", json_schema_extra=knob("learning"))
    num_episodes_between_training: int = Field(
        20, ge=1, le=100, title="Episodes per iteration",
        description="Drives collected before each update of the network.",
        json_schema_extra=knob("learning", "steadier updates", "more frequent updates", "episodes"))
    max_steps_per_iteration: int = Field(
        10_000, ge=100, le=100_000, title="Step cap per iteration",
        description="Steps after which running episodes are cut short and the network is updated.",
        json_schema_extra=knob("learning", "whole long laps", "quicker iterations", "steps", advanced=True))
    exploration_type: Literal["categorical", "e-greedy"] = Field(
        "categorical", title="Exploration",
        description="categorical samples from the policy; e-greedy takes random actions less and less often.",
        json_schema_extra=knob("learning", advanced=True))
    e_greedy_value: float = Field(
        0.05, ge=0.0, le=1.0, title="Final epsilon", description="Share of random actions at the end (e-greedy).",
        json_schema_extra=knob("learning", "explores more", "explores less", advanced=True))
    epsilon_steps: int = Field(
        10_000, ge=1, le=10_000_000, title="Epsilon steps",
        description="Steps over which epsilon falls from 1 to its final value (e-greedy).",
        json_schema_extra=knob("learning", "explores longer", "settles sooner", "steps", advanced=True))

    start_advance: float = Field(
        0.05, ge=0.0, lt=1.0, title="Start advance",
        description="How far along the lap each next episode starts, so that all of the track is practised.",
        json_schema_extra=knob("track", "more varied starts", "starts closer together", "laps", advanced=True))
    transfer: TransferConfig = Field(default_factory=TransferConfig, title="Randomisation",
                                     description="Variation that helps a model leave the simulator.",
                                     json_schema_extra=knob("transfer"))

    eval_trials: int = Field(
        20, ge=1, le=100, title="Evaluation starts",
        description="Greedy drives after each iteration, from places spread evenly round the lap.",
        json_schema_extra=knob("stop", "surer numbers, slower", "quicker, noisier"))
    best_model_metric: Literal["progress", "reward", "laptime"] = Field(
        "progress", title="Best model by",
        description="What makes a checkpoint the best one; ties go to the higher reward, then to the newer.",
        json_schema_extra=knob("stop", advanced=True))
    max_minutes: float | None = Field(
        10.0, gt=0.0, le=1440.0, title="Time limit", description="Stop after this long.",
        json_schema_extra=knob("stop", unit="min"))
    max_iterations: int | None = Field(
        None, ge=1, le=100_000, title="Iteration limit", description="Stop after this many iterations.",
        json_schema_extra=knob("stop"))
    max_steps: int | None = Field(
        None, ge=1, title="Step limit", description="Stop after this many steps.",
        json_schema_extra=knob("stop", unit="steps"))
    stop_at_completion: float | None = Field(
        None, gt=0.0, le=100.0, title="Stop at completion",
        description="Stop when an evaluation's mean completion reaches this share of a lap.",
        json_schema_extra=knob("stop", unit="%"))

    @model_validator(mode="after")
    def _needs_an_end(self) -> TrainConfig:
        if not any((self.max_minutes, self.max_iterations, self.max_steps, self.stop_at_completion)):
            raise ValueError("give at least one stop condition: a time, iteration or step limit, or a completion to "
                             "reach")
        return self

    @model_validator(mode="after")
    def _greedy_needs_a_list(self) -> TrainConfig:
        if self.exploration_type == "e-greedy" and self.car.action_space_type == "continuous":
            raise ValueError("e-greedy exploration needs a discrete action space; use categorical")
        return self

    def effective_horizon_steps(self) -> float:
        """Steps over which the discount factor looks ahead, 1 / (1 - gamma)."""
        return math.inf if self.discount_factor == 1.0 else 1.0 / (1.0 - self.discount_factor)


class EvaluateConfig(BaseModel):
    """An evaluation: how often the car drives, and what a mistake costs."""

    model_config = ConfigDict(extra="forbid")

    track: str = Field("oval", title="Track", description="The track to drive.", json_schema_extra=knob("race"))
    reverse_direction: bool = Field(False, title="Drive the other way round",
                                    description="Against the waypoints' order.",
                                    json_schema_extra=knob("race"))
    checkpoint: Literal["best", "last"] = Field("best", title="Checkpoint", description="Which weights drive.",
                                                json_schema_extra=knob("race"))
    trials: int = Field(5, ge=1, le=100, title="Trials", description="How many laps are driven.",
                        json_schema_extra=knob("race", "surer numbers", "quicker"))
    continuous: bool = Field(False, title="Continuous laps",
                             description="All laps in one go, without a new start between them.",
                             json_schema_extra=knob("race"))
    resets: int = Field(0, ge=0, le=10_000, title="Resets allowed",
                        description="How often the car is put back on the track before a trial ends.",
                        json_schema_extra=knob("race", "forgives mistakes", "stricter"))
    off_track_penalty_s: float = Field(2.0, ge=0.0, le=60.0, title="Off-track penalty",
                                       description="Time the car stands still after leaving the track.",
                                       json_schema_extra=knob("race", unit="s"))
    collision_penalty_s: float = Field(5.0, ge=0.0, le=60.0, title="Collision penalty",
                                       description="Time the car stands still after a crash.",
                                       json_schema_extra=knob("race", unit="s"))
    start_spread: bool = Field(False, title="Spread the starts",
                               description="Start each trial at another place round the lap instead of at the line.",
                               json_schema_extra=knob("race"))
    pose_noise: Percent = Field(0.1, title="Start noise",
                                description="How much the start pose varies between trials (1 = 5 cm and 5 degrees).",
                                json_schema_extra=knob("race", "tests robustness", "the same start each time"))
    time_limit_s: float = Field(180.0, gt=0.0, le=3600.0, title="Time limit",
                                description="Simulated seconds after which a trial ends.",
                                json_schema_extra=knob("race", unit="s"))
    video: bool = Field(True, title="Make a video", description="An MP4 of the first trial.",
                        json_schema_extra=knob("race"))


def schemas() -> dict[str, dict[str, Any]]:
    """JSON Schemas of all settings, from which forms and lists are made."""
    return {"train": TrainConfig.model_json_schema(), "evaluate": EvaluateConfig.model_json_schema()}
