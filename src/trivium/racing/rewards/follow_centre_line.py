"""Follow the centre line.

Three bands around the middle of the road, each worth less than the one inside it. The classic first reward.
"""


def reward_function(params):
    width = params["track_width"]
    distance = params["distance_from_center"]

    # From the middle outwards: how far one may be (as a share of the road's width), and what that is worth.
    bands = [
        (0.1, 1.0),
        (0.25, 0.5),
        (0.5, 0.1),
    ]
    for share, reward in bands:
        if distance <= share * width:
            return reward

    # Beyond the border: nearly nothing, but not 0, so that the car can still tell better from worse.
    return 1e-3
