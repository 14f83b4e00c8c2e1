"""An activity model at work: a window that slides over a stream, frame by frame.

At each moment of the model's clock the newest frame is looked at once, and what is kept of it goes into the window.
Once that is full it is judged, and again after each stride. A film that ends before is judged at its end, held as in
training.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Protocol

import numpy as np

from trivium.vision.activity.frame_network import LOOKS
from trivium.vision.activity.graph import WINDOW
from trivium.vision.activity.sampling import RATE, ticks_before
from trivium.vision.activity.windows import plain_windows
from trivium.vision.backbone.efficientnet import Floats
from trivium.vision.backbone.features import Session
from trivium.vision.backbone.graph import PROBABILITIES
from trivium.vision.collect.pictures import Bytes

PHOTOS_FPS = 10.0  # of a folder of photos that is watched like a film


class Frame(Protocol):
    """A frame as it comes from a source."""

    @property
    def number(self) -> int: ...

    @property
    def taken_at(self) -> float: ...

    @property
    def time_s(self) -> float | None: ...

    @property
    def name(self) -> str | None: ...

    @property
    def picture(self) -> Bytes: ...


class SlidingWindow:
    """What is kept of the last moments of one stream."""

    def __init__(self, frames: Session, head: Session, window: dict[str, Any]) -> None:
        self.frames, self.head = frames, head
        self.length, self.stride = (round(window[name] * RATE) for name in ("s", "stride_s"))
        self.kept: deque[Floats] = deque(maxlen=self.length)
        self.newest: Frame | None = None
        self.begun_at = 0.0
        self.moments, self.due = 0, self.length
        self.is_judged = False

    def see(self, frame: Frame) -> Floats | None:
        """Probabilities (K,) where a judgement fell due before this frame; else None."""
        said = None
        if self.newest is None:
            self.begun_at = frame.taken_at
        else:
            said = self.held(ticks_before(self.time_of(frame)) - self.moments)
        self.newest = frame
        return said

    def time_of(self, frame: Frame) -> float:
        """Seconds from the first frame."""
        if frame.time_s is not None:
            return frame.time_s
        return frame.number / PHOTOS_FPS if frame.name is not None else frame.taken_at - self.begun_at

    def held(self, count: int) -> Floats | None:
        """The newest frame stands for so many moments."""
        if count <= 0 or self.newest is None:
            return None
        look, said = self.frames.run(self.newest.picture[None], LOOKS)[0], None
        if count > 2 * self.length:  # the camera was away: what was before is over
            self.moments, count = self.moments + count - self.length, self.length
            self.due = self.moments + self.length
        for _ in range(count):
            self.kept.append(look)
            self.moments += 1
            if self.moments >= self.due:
                said, self.due = self.judged(np.stack(self.kept)), self.moments + self.stride
        return said

    def end(self) -> Floats | None:
        """What is to be said of a film that was too short for a judgement; None where there was one."""
        if self.is_judged or self.newest is None:
            return None
        look = self.frames.run(self.newest.picture[None], LOOKS)[0]
        kept = np.stack([*self.kept, look])
        return self.judged(kept[plain_windows(len(kept), self.length, self.stride)[0]])

    def judged(self, window: Floats) -> Floats:
        self.is_judged = True
        said: Floats = self.head.said(PROBABILITIES, {WINDOW: window[None]})[0]
        return said
