"""What a drawn figure does that no demo teaches: moves on which "I don't know" is measured.

A bow, a kick, arms that are stretched upward, a walk. Each is drawn as variously as those of `moves`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from trivium.vision.demo_data.figures import SIDES, Body
from trivium.vision.demo_data.moves import Move, Pose, at_ease, hanging, moved, smooth


def swell(t: float, begin: float, takes: float, times: int) -> float:
    """0, up to 1 and back to 0, so many times one after the other."""
    place = (t - begin) / takes
    return float(np.sin(np.pi * (place % 1.0)) ** 2) if 0 <= place < times else 0.0


def bow(who: Body, rng: np.random.Generator) -> Move:
    """The trunk forward and up again."""
    ease, deep = at_ease(who, rng), rng.uniform(0.6, 1.3)
    begin, takes = rng.uniform(-0.3, 0.6), rng.uniform(1.2, 2.2)

    def move(t: float) -> Pose:
        pose = ease(t)
        pose.lean += deep * swell(t, begin, takes, 2)
        return pose

    return move


def kick(who: Body, rng: np.random.Generator) -> Move:
    """One foot forward and up, once or several times."""
    ease, (sign, side) = at_ease(who, rng), SIDES[int(rng.integers(2))]
    high, far, out = rng.uniform(0.15, 0.4), rng.uniform(0.2, 0.4), rng.uniform(0.0, 0.2)
    begin, takes, times = rng.uniform(-0.3, 0.6), rng.uniform(0.6, 1.1), int(rng.integers(2, 5))

    def move(t: float) -> Pose:
        pose, share = ease(t), swell(t, begin, takes, times)
        pose.feet[side] = moved(pose.feet[side], sign * out * share, high * share, far * share)
        pose.lean -= 0.2 * share
        return pose

    return move


def stretch(who: Body, rng: np.random.Generator) -> Move:
    """Both arms from the sides to above the head, and down again."""
    ease, top = at_ease(who, rng), rng.uniform(0.6, 1.4)
    begin, takes, times = rng.uniform(-0.4, 0.5), rng.uniform(1.2, 2.4), int(rng.integers(1, 3))

    def move(t: float) -> Pose:
        pose, share = ease(t), swell(t, begin, takes, times)
        angle = -1.4 + (1.4 + top) * share
        for sign, side in SIDES:
            arm = np.array([sign * np.cos(angle), np.sin(angle), 0.1])
            pose.hands[side] = np.stack([arm, arm])
        return pose

    return move


def walk(who: Body, rng: np.random.Generator) -> Move:
    """Step after step, to one side or on the spot."""
    ease, rate = at_ease(who, rng), rng.uniform(0.7, 1.3)
    far, high, phase = rng.uniform(-0.5, 0.5), rng.uniform(0.05, 0.12), rng.uniform(0, 7)
    begin = rng.uniform(-1.0, 0.4)

    def move(t: float) -> Pose:
        pose, share = ease(t), smooth((t - begin) / 0.3)
        beat, along = phase + 2 * np.pi * rate * t, far * max(t - begin, 0.0) * 0.5
        pose.hip = moved(pose.hip, along, 0.01 * share * np.sin(2 * beat))
        for sign, side in SIDES:
            step = np.sin(beat) * sign * share
            pose.feet[side] = moved(pose.feet[side], along, high * max(step, 0.0), 0.12 * np.cos(beat) * sign * share)
            pose.hands[side] = hanging(sign, -0.5 * np.cos(beat) * sign * share)
        return pose

    return move


OTHER_MOVES: Mapping[str, Callable[[Body, np.random.Generator], Move]] = {
    "bow": bow, "kick": kick, "stretch": stretch, "walk": walk}
