"""The car: a bicycle model fitted to how the original simulator's car was measured to drive.

Speed and yaw rate follow their commands with a first-order lag; the rear axle rolls where the car points; the tyres
give way above a lateral acceleration. Plain functions of numbers, compiled, so that CPU and GPU can share them.

Fitted at 15 Hz to traces of the original's current physics, within about 10 %: speed settles in three steps (0.2 s),
the yaw rate keeps 0.45 of itself from step to step, and the path is 0.51 to 0.58 times as curved as the car's real
wheelbase of 0.164 m would give, hence an effective one. The grip limit is our assumption: it was not measured.
"""

import math

from numba import njit

STEP_S = 1.0 / 15.0  # one camera frame, one action
SUBSTEPS = 4  # integration steps in a frame

EFFECTIVE_WHEELBASE_M = 0.32  # 25 degrees at 1 m/s: 1.457 rad/m; 30 degrees: a turning radius of 0.55 m
REAR_AXLE_M = 0.0817  # behind the car's origin
SPEED_LAG_S = STEP_S / -math.log(0.35)  # keeps 0.35 of a speed error per step
YAW_LAG_S = STEP_S / -math.log(0.45)  # keeps 0.45 of a yaw-rate error per step
GRIP_MPS2 = 7.0  # largest lateral acceleration; assumption, see above

MIN_COMMAND_MPS, MAX_COMMAND_MPS = 0.1, 4.0  # what the simulator drives, whatever the action asks for
MAX_STEER_DEG = 30.0

CAR_LENGTH_M, CAR_WIDTH_M = 0.3235, 0.1961  # collision rectangle, centred on the origin

SPEED_KEEP = math.exp(-STEP_S / SUBSTEPS / SPEED_LAG_S)
YAW_KEEP = math.exp(-STEP_S / SUBSTEPS / YAW_LAG_S)


@njit(cache=True, nogil=True)
def drive(x: float, y: float, yaw: float, speed: float, yaw_rate: float, command_mps: float,
          steer_deg: float) -> tuple[float, float, float, float, float]:
    """One frame of driving: (x, y, yaw_rad, speed_mps, yaw_rate_rad_s) of the car's origin after STEP_S."""
    target = min(max(command_mps, MIN_COMMAND_MPS), MAX_COMMAND_MPS)
    steer = math.radians(min(max(steer_deg, -MAX_STEER_DEG), MAX_STEER_DEG))
    curvature = math.tan(steer) / EFFECTIVE_WHEELBASE_M  # 1/m
    h = STEP_S / SUBSTEPS
    for _ in range(SUBSTEPS):
        speed = target + (speed - target) * SPEED_KEEP
        wanted = speed * curvature
        grip = GRIP_MPS2 / max(speed, 1e-6)  # rad/s
        wanted = min(max(wanted, -grip), grip)
        yaw_rate = wanted + (yaw_rate - wanted) * YAW_KEEP
        yaw_rate = min(max(yaw_rate, -grip), grip)  # a car that speeds up in a bend must not turn on by inertia
        middle = yaw + 0.5 * h * yaw_rate
        cos, sin = math.cos(middle), math.sin(middle)
        slip = yaw_rate * REAR_AXLE_M  # sideways speed of the origin, since the rear axle has none
        x += h * (speed * cos - slip * sin)
        y += h * (speed * sin + slip * cos)
        yaw += h * yaw_rate
    yaw -= 2.0 * math.pi * math.floor((yaw + math.pi) / (2.0 * math.pi))  # -pi .. pi
    return x, y, yaw, speed, yaw_rate
