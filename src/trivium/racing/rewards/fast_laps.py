"""Fast laps.

Reward speed, but only the part of it that points along the road. For a car that can already finish a lap.
"""

import math


def reward_function(params):
    if not params["all_wheels_on_track"]:
        return 1e-3

    # The direction of the road here: from the waypoint behind the car to the one ahead of it.
    behind, ahead = params["closest_waypoints"]
    x0, y0 = params["waypoints"][behind]
    x1, y1 = params["waypoints"][ahead]
    road = math.atan2(y1 - y0, x1 - x0)

    # How far does the car point away from it? The cosine is 1 when it does not, and 0 across the road.
    away = math.radians(params["heading"]) - road
    along = params["speed"] * max(math.cos(away), 0.0)

    # A little for the middle of the road keeps the car out of trouble while it learns to be fast.
    centre = 1.0 - params["distance_from_center"] / params["track_width"]

    # The square makes 2 metres a second worth four times as much as 1.
    return float(0.2 * centre + 0.25 * along**2 + 1e-3)
