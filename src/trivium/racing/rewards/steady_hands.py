"""Steady hands.

Follow the centre line, and lose a fifth of the reward for every hard turn of the wheel: less zig-zag on
the straights.
"""

HARD_TURN = 15.0  # degrees, to either side


def reward_function(params):
    width = params["track_width"]
    distance = params["distance_from_center"]

    if distance <= 0.1 * width:
        reward = 1.0
    elif distance <= 0.25 * width:
        reward = 0.5
    elif distance <= 0.5 * width:
        reward = 0.1
    else:
        reward = 1e-3

    # Left is positive, right is negative: abs() looks at the size alone.
    if abs(params["steering_angle"]) > HARD_TURN:
        reward *= 0.8

    return float(reward)
