"""Stay inside the borders.

The whole road is allowed: only the border is out of bounds. The car may cut corners and find its own line.
"""


def reward_function(params):
    # How much room is left between the car's nose and the border, in metres?
    room = 0.5 * params["track_width"] - params["distance_from_center"]

    # All four wheels on the road, and five centimetres to spare.
    if params["all_wheels_on_track"] and room >= 0.05:
        return 1.0

    # Try it: ask for ten centimetres, or give more the more room there is.
    return 1e-3
