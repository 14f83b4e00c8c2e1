"""Frames as the network is to see them, and as a person is: from FFmpeg's planes, or from an image.

A model was measured on pictures that Pillow made small (bilinear with a triangle as wide as the step, "antialiased").
swscale's bilinear filter is the same one; with exact rounding and full chroma it differs from Pillow's by a quarter of
a grey level in the mean, at a tenth of the time, since it never makes the large RGB image. tests/vision/test_films.py
compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from PIL import Image

from trivium.vision.collect.pictures import jpeg, squashed

VIEW_SIDE, VIEW_QUALITY, FULL_QUALITY = 640, 80, 92
HD_LINES = 576  # larger films that say nothing of their colours mean BT.709, others BT.601, as players take it


class Frame(Protocol):
    """One frame of a source."""

    taken_at: float  # seconds of the monotonic clock
    time_s: float | None  # its place in a film
    width: int
    height: int
    name: str | None  # a photo's

    def picture(self, side: int) -> bytes:
        """(side, side, 3) uint8 RGB, the whole frame in a square."""

    def view(self, longest: int | None) -> bytes:
        """A JPEG, at most so large."""


@dataclass
class ImageFrame:
    """A photo, or a drawn picture."""

    image: Image.Image
    taken_at: float
    time_s: float | None = None
    name: str | None = None

    @property
    def width(self) -> int:
        return self.image.width

    @property
    def height(self) -> int:
        return self.image.height

    def picture(self, side: int) -> bytes:
        return squashed(self.image, side).tobytes()

    def view(self, longest: int | None) -> bytes:
        return small_jpeg(self.image, longest)


@dataclass
class Converter:
    """swscale with its tables, kept between frames of one size; one for each thread."""

    small: Any = field(default_factory=lambda: _reformatter())
    large: Any = field(default_factory=lambda: _reformatter())


@dataclass
class FilmFrame:
    """A frame as FFmpeg decoded it."""

    frame: Any
    taken_at: float
    time_s: float | None
    converter: Converter
    name: str | None = None

    @property
    def turned(self) -> bool:
        return bool(self.frame.rotation % 180)

    @property
    def width(self) -> int:
        return int(self.frame.height if self.turned else self.frame.width)

    @property
    def height(self) -> int:
        return int(self.frame.width if self.turned else self.frame.height)

    def picture(self, side: int) -> bytes:
        return bytes(self._rgb(self.converter.small, side, side).tobytes())

    def view(self, longest: int | None) -> bytes:
        share = min(1.0, longest / max(self.width, self.height)) if longest else 1.0
        width, height = (max(2, round(size * share)) for size in (self.frame.width, self.frame.height))
        return small_jpeg(Image.fromarray(self._rgb(self.converter.large, width, height)), longest)

    def _rgb(self, converter: Any, width: int, height: int) -> Any:
        from av.video.reformatter import Interpolation

        exact = Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
        matrix = colours(self.frame)
        made = converter.reformat(self.frame, width, height, "rgb24", interpolation=exact, src_colorspace=matrix,
                                  dst_colorspace=matrix, threads=1)
        return np.ascontiguousarray(np.rot90(made.to_ndarray(), self.frame.rotation // 90))


def colours(frame: Any) -> Any:
    """The matrix that its colours were made with: what it says, else what players take it for."""
    from av.video.reformatter import Colorspace

    known = {int(each): each for each in Colorspace}
    return known.get(int(frame.colorspace)) or (Colorspace.ITU709 if frame.height > HD_LINES else Colorspace.ITU601)


def small_jpeg(image: Image.Image, longest: int | None) -> bytes:
    """A JPEG with its longer side at most `longest`; None keeps the size."""
    if longest is None:
        return jpeg(image, FULL_QUALITY)
    if max(image.size) > longest:
        image = image.copy()
        image.thumbnail((longest, longest), Image.Resampling.BILINEAR)
    return jpeg(image.convert("RGB"), VIEW_QUALITY)


def _reformatter() -> Any:
    from av.video.reformatter import VideoReformatter

    return VideoReformatter()
