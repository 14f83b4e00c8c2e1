"""What a drawn figure does: its joints at each moment of a hand wave, a jump, sitting down, or nothing in particular.

Speed, reach, side, begin and how still the rest is kept are drawn once for each clip, so no two are alike. `stand` is
what the others are to be told from: it shifts its weight, lifts an arm and holds it, takes a step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from trivium.vision.demo_data.figures import SIDES, Body, Vector, bent

FORWARD = np.array([0.0, 0.0, 1.0])
HALF = 0.5


@dataclass
class Pose:
    """Where the hip is, how far the trunk leans forward, and where feet and hands are, the latter from the shoulder."""

    hip: Vector
    lean: float
    feet: dict[str, Vector]
    hands: dict[str, Vector]  # directions of upper arm, forearm


Move = Callable[[float], Pose]  # seconds -> pose


def joints(who: Body, pose: Pose) -> dict[str, Vector]:
    """All joints of a pose."""
    trunk = np.array([0.0, np.cos(pose.lean), np.sin(pose.lean)])
    neck = pose.hip + trunk * who.torso
    found = {"hip": pose.hip, "neck": neck, "head": neck + trunk * 0.105}
    for sign, side in SIDES:
        hip, shoulder = moved(pose.hip, sign * who.hips), moved(neck, sign * who.shoulders, -0.03)
        ankle = pose.feet[side]
        upper, lower = pose.hands[side]
        elbow = shoulder + unit(upper) * who.arm / 2
        found |= {f"{side} hip": hip, f"{side} ankle": ankle, f"{side} toe": moved(ankle, sign * 0.02, -0.02, 0.09),
                  f"{side} knee": bent(hip, ankle, who.leg, FORWARD), f"{side} shoulder": shoulder,
                  f"{side} elbow": elbow, f"{side} wrist": elbow + unit(lower) * who.arm / 2}
    return found


def unit(vector: Vector) -> Vector:
    made: Vector = vector / np.linalg.norm(vector)
    return made


def moved(at: Vector, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Vector:
    made: Vector = at + np.array([x, y, z])
    return made


def smooth(share: float) -> float:
    """0 to 1 without a jerk."""
    x = min(max(share, 0.0), 1.0)
    return x * x * (3 - 2 * x)


def hanging(sign: float, swing: float = 0.0, out: float = 0.15) -> Vector:
    """An arm that hangs, swung forward by so much."""
    return np.array([[sign * out, -1.0, swing], [sign * out * HALF, -1.0, swing + 0.15]])


def at_ease(who: Body, rng: np.random.Generator) -> Move:
    """Standing, never quite still."""
    rate, reach, phase = rng.uniform(0.15, 0.6), rng.uniform(0.0, 0.03), rng.uniform(0, 7)
    swing, wide = rng.uniform(0.0, 0.12), rng.uniform(1.0, 1.8)

    def move(t: float) -> Pose:
        wave = np.sin(phase + 2 * np.pi * rate * t)
        return Pose(hip=np.array([reach * wave, who.leg + 0.035, 0.0]), lean=0.02 * wave,
                    feet={side: np.array([sign * who.hips * wide, 0.04, 0.0]) for sign, side in SIDES},
                    hands={side: hanging(sign, swing * wave * sign) for sign, side in SIDES})

    return move


def stand(who: Body, rng: np.random.Generator) -> Move:
    """Nothing in particular: at ease, perhaps an arm that is lifted once and held, perhaps a step."""
    ease, kind = at_ease(who, rng), int(rng.integers(3))
    sign, side = SIDES[int(rng.integers(2))]
    begin, takes = rng.uniform(-1.0, 1.6), rng.uniform(0.5, 1.2)
    held = np.array([[sign * 0.7, rng.uniform(-0.6, 0.5), 0.4], [sign * rng.uniform(-0.6, 0.4), 1.0, 0.3]])
    far = rng.uniform(-0.3, 0.3)

    def move(t: float) -> Pose:
        pose, share = ease(t), smooth((t - begin) / takes)
        if kind == 1:
            pose.hands[side] = hanging(sign) * (1 - share) + held * share
        if kind == 2:
            for which, (_, foot) in enumerate(SIDES):
                own = smooth((t - begin) / takes * 2 - which)
                pose.feet[foot] = moved(pose.feet[foot], far * own, 0.06 * np.sin(np.pi * own))
            pose.hip = moved(pose.hip, far * share)
        return pose

    return move


def hand_wave(who: Body, rng: np.random.Generator) -> Move:
    """One forearm to and fro, the hand above the elbow."""
    ease = at_ease(who, rng)
    sign, side = SIDES[int(rng.integers(2))]
    rate, wide, phase = rng.uniform(1.1, 2.6), rng.uniform(0.35, 0.9), rng.uniform(0, 7)
    upper = np.array([sign, rng.uniform(-0.5, 1.2), rng.uniform(0.0, 0.5)])
    middle, begin = rng.uniform(-0.2, 0.4), rng.uniform(-1.5, 0.5)

    def move(t: float) -> Pose:
        pose, share = ease(t), smooth((t - begin) / 0.4)
        angle = middle + wide * np.sin(phase + 2 * np.pi * rate * t)
        raised = np.stack([upper, [sign * np.sin(angle), np.cos(angle), 0.25]])
        pose.hands[side] = hanging(sign) * (1 - share) + raised * share
        return pose

    return move


def jump(who: Body, rng: np.random.Generator) -> Move:
    """Down, up, and down again, once or several times."""
    ease, period = at_ease(who, rng), rng.uniform(0.65, 1.15)
    high, deep, arms = rng.uniform(0.1, 0.32), rng.uniform(0.06, 0.16), rng.uniform(0.0, 1.4)
    begin, times = rng.uniform(-0.6, 0.5), int(rng.integers(1, 6))
    drift = rng.uniform(-0.08, 0.08)

    def move(t: float) -> Pose:
        pose, place = ease(t), (t - begin) / period
        share = place % 1.0 if 0 <= place < max(times, 2) else 0.0
        low = np.sin(np.pi * share / 0.4) if share < 0.4 else 0.0
        air = (share - 0.4) / 0.6
        up = 4 * high * air * (1 - air) if share >= 0.4 else 0.0
        lift = np.array([drift * np.sin(place), up, 0.0])
        pose.hip, pose.lean = pose.hip + lift - [0, deep * low, 0], pose.lean + 0.35 * low
        pose.feet = {foot: where + lift for foot, where in pose.feet.items()}
        swing = -0.6 * low + arms * up / high
        pose.hands = {hand: hanging(sign, swing, 0.25 + 0.4 * up / high) for sign, hand in SIDES}
        return pose

    return move


def sit(who: Body, rng: np.random.Generator) -> Move:
    """Down onto a seat, and staying there."""
    ease, begin, takes = at_ease(who, rng), rng.uniform(-0.2, 1.1), rng.uniform(0.55, 1.3)
    seat, back, bow = rng.uniform(0.22, 0.3), rng.uniform(0.16, 0.24), rng.uniform(0.2, 0.6)

    def move(t: float) -> Pose:
        pose, share = ease(t), smooth((t - begin) / takes)
        pose.hip = pose.hip * (1 - share) + np.array([pose.hip[0], seat, -back]) * share
        pose.lean += bow * np.sin(np.pi * share) + 0.05 * share
        for sign, side in SIDES:
            lap = np.array([[sign * 0.2, -1.0, 0.35], [-sign * 0.1, -0.35, 1.0]])
            pose.hands[side] = pose.hands[side] * (1 - share) + lap * share
        return pose

    return move


MOVES: Mapping[str, Callable[[Body, np.random.Generator], Move]] = {
    "hand wave": hand_wave, "jump": jump, "sit": sit, "stand": stand}
