"""One frame of a film, as a JPEG in its own size."""

from __future__ import annotations

from trivium.errors import BadConfig, BadFile
from trivium.vision.stream import wire
from trivium.vision.stream.address import Address
from trivium.vision.stream.source import Source, State

TOLERANCE_S = 1e-4  # what moments of frames are rounded by
MARGIN_S = 0.5  # no two frames lie further apart, or a later one is taken


def frame_at(address: Address, at_s: float) -> bytes:
    """The first frame at that moment or after it; refused where the film ends sooner."""
    last = 0.0
    with Source(address) as source:
        while True:
            shot = source.ask(wire.FULL if last + MARGIN_S >= at_s else wire.NEXT)  # whole pictures cost time
            if isinstance(shot, State):
                if shot.state == "ended":
                    raise BadConfig(f"{address.shown} has no frame at {at_s:g} s: it ends at {last:.2f} s.",
                                    "Name an earlier moment.")
                continue
            if shot.time_s is None:
                raise BadFile(f"{address.shown} does not say when its frames are shown.", "Save it again as MP4.")
            last = shot.time_s
            if shot.view is not None and shot.time_s >= at_s - TOLERANCE_S:
                return shot.view
