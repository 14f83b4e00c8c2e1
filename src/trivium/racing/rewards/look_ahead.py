"""Look ahead.

Point the car at a place on the road about a metre in front of it, as a good driver looks into the bend.
"""

import math

LOOK_AHEAD = 1.0  # metres. Try 0.5 or 2


def reward_function(params):
    if params["is_offtrack"]:
        return 1e-3

    # Walk along the waypoints until the look-ahead distance is used up.
    waypoints = params["waypoints"]
    x, y = params["x"], params["y"]
    index = params["closest_waypoints"][1]
    target = waypoints[index]
    for _ in range(len(waypoints)):
        if math.dist((x, y), target) >= LOOK_AHEAD:
            break
        index = (index + 1) % len(waypoints)
        target = waypoints[index]

    # The angle between where the car points and where the target is, folded into -180..180 degrees.
    wanted = math.degrees(math.atan2(target[1] - y, target[0] - x))
    off = (wanted - params["heading"] + 180.0) % 360.0 - 180.0

    # 1 when it points straight at the target, 0 from 60 degrees on.
    aim = max(1.0 - abs(off) / 60.0, 0.0)
    speed = min(params["speed"] / 4.0, 1.0)
    return float(aim + 0.5 * aim * speed + 1e-3)
