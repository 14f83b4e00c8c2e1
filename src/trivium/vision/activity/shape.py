"""The shape of the temporal head, for the network that learns and for the graph that runs, which needs no torch."""

from __future__ import annotations

from trivium.vision.activity.frame_network import SIDE

DILATIONS = (1, 2)
COARSE = SIDE // 2  # places a side, once both have been mixed
PLACES = COARSE**2
