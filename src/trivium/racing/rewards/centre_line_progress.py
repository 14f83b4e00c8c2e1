"""Centre line plus progress.

Stay near the middle of the road, and get on: the quickest way to a first lap. A good one to begin with.
"""


def reward_function(params):
    # Off the road there is next to nothing to earn.
    if params["is_offtrack"]:
        return 1e-3

    # 1 in the middle of the road, 0 at its border. The square makes small mistakes cheap and large ones dear.
    half_width = 0.5 * params["track_width"]
    share = min(params["distance_from_center"] / half_width, 1.0)
    centre = 1.0 - share**2

    # Metres driven along the road since the start, divided by the seconds it took: the car's average speed.
    # The simulator makes 15 steps a second.
    metres = params["progress"] / 100.0 * params["track_length"]
    seconds = params["steps"] / 15.0
    average_speed = max(metres / seconds, 0.0)

    # Try it: a larger factor than 0.5 makes a bolder driver, a smaller one a more careful driver.
    return float(centre + 0.5 * average_speed + 1e-3)
