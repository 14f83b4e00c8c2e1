"""An MP4 of a drive: the car's own picture on the left, the track from above on the right, the figures below.

The film is VP9, which Chromium plays; Firefox and Safari were not tried. Its encoder, libvpx, is under a BSD licence,
and takes a third of the time of x264, which is under the GPL and is never used here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from trivium.core import files
from trivium.racing.camera import HEIGHT, PIXELS, WIDTH
from trivium.racing.car import CAR_LENGTH_M, STEP_S
from trivium.racing.simulator import YAW, Simulator, X, Y

SIZE = (960, 540)
PICTURE = (480, 360)  # the camera's view, three times its size
FRAMES_PER_S = round(1 / STEP_S)
# Encoder -> its options; the first that PyAV has is taken. All are under permissive licences, but for FFmpeg's own
# mpeg4 (LGPL), which is always there, and whose films browsers do not play.
CODECS: dict[str, dict[str, str]] = {
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "crf": "32", "b": "0"},
    "libsvtav1": {"preset": "12", "crf": "35"},
    "libopenh264": {},
    "mpeg4": {},
}
INK, PAPER, ROAD, CAR, TRAIL, SLATE = "#e8eaf0", "#14161c", "#2b2f3a", "#ff7043", "#ffb59c", "#9aa3b5"


def film(path: Path, sim: Simulator, drive: dict[str, list[float]]) -> None:
    """Film a recorded drive (x, y, yaw, speed, steer, progress per frame) at its real speed."""
    import av

    codec = next(name for name in CODECS if name in av.codecs_available)
    chart = Map(sim)
    picture = np.empty(PIXELS, np.uint8)
    frame_of: Any = av.VideoFrame.from_image
    temporary = path.with_name(f"{files.TEMPORARY_PREFIX}{path.name}")
    with av.open(str(temporary), "w", format="mp4", options={"movflags": "faststart"}) as container:
        stream: Any = container.add_stream(codec, rate=FRAMES_PER_S, options=CODECS[codec])
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.codec_context.thread_count = 1
        for frame in range(len(drive["x"])):
            sim.state[0, (X, Y, YAW)] = drive["x"][frame], drive["y"][frame], drive["yaw"][frame]
            sim.photograph(0, picture)
            image = chart.frame(picture.reshape(HEIGHT, WIDTH), drive, frame)
            for packet in stream.encode(frame_of(image)):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    temporary.replace(path)


class Map:
    """Draws frames; what never changes is drawn once."""

    def __init__(self, sim: Simulator) -> None:
        track = sim.track
        x0, y0, x1, y1 = track.bounds
        left, top, width, height = 500, 20, 440, 360
        self.scale = min(width / (x1 - x0), height / (y1 - y0)) * 0.94
        self.origin = (left + width / 2 - self.scale * (x0 + x1) / 2, top + height / 2 + self.scale * (y0 + y1) / 2)
        self.large, self.small = ImageFont.load_default(34), ImageFont.load_default(16)
        self.still = Image.new("RGB", SIZE, PAPER)
        pen = ImageDraw.Draw(self.still)
        inner, outer = self.line(track.inner), self.line(track.outer)
        for a, b, c, d in zip(inner, inner[1:], outer[1:], outer, strict=False):
            pen.polygon([a, b, c, d], fill=ROAD)
        for border in (inner, outer):
            pen.line(border, fill=SLATE, width=2)
        pen.text((20, 500), track.title, fill=SLATE, font=self.small)

    def line(self, points: np.ndarray) -> list[tuple[float, float]]:
        return [self.point(x, y) for x, y in points.tolist()]

    def point(self, x: float, y: float) -> tuple[float, float]:
        return self.origin[0] + self.scale * x, self.origin[1] - self.scale * y

    def frame(self, picture: np.ndarray, drive: dict[str, list[float]], i: int) -> Image.Image:
        """Frame i: picture (120, 160) uint8."""
        image = self.still.copy()
        pen = ImageDraw.Draw(image)
        image.paste(Image.fromarray(picture).resize(PICTURE, Image.Resampling.BILINEAR).convert("RGB"), (10, 20))
        if i > 0:
            trail = zip(drive["x"][: i + 1], drive["y"][: i + 1], strict=True)
            pen.line([self.point(x, y) for x, y in trail], fill=TRAIL, width=2)
        x, y, yaw = drive["x"][i], drive["y"][i], drive["yaw"][i]
        size = max(CAR_LENGTH_M, 9 / self.scale)
        nose, turn = (x + size * np.cos(yaw), y + size * np.sin(yaw)), 2.5
        corners = [nose, *((x + 0.6 * size * np.cos(yaw + s * turn), y + 0.6 * size * np.sin(yaw + s * turn))
                           for s in (1, -1))]
        pen.polygon([self.point(*corner) for corner in corners], fill=CAR)
        for place, name, value in ((20, "time", f"{(i + 1) * STEP_S:5.1f} s"),
                                   (260, "speed", f"{drive['speed'][i]:4.2f} m/s"),
                                   (500, "steering", f"{drive['steer'][i]:+5.1f}°"),
                                   (740, "progress", f"{drive['progress'][i]:5.1f} %")):
            pen.text((place, 400), name, fill=SLATE, font=self.small)
            pen.text((place, 424), value, fill=INK, font=self.large)
        return image
