"""Reads clips in a confined process: python -P -m trivium.vision.activity.reading FOLDER

A clip is a video, decoded by FFmpeg as every film is, or a zip of pictures, one a frame. Beside each file is put
what it looks like (a thumbnail, a strip of frames) and what the backbone says of each moment. A video that breaks off
is taken as far as it goes, and that is told.
"""

from __future__ import annotations

import os
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from trivium.errors import BadFile
from trivium.vision.activity.sampling import LONGEST_S, SIZE, ticks_before
from trivium.vision.activity.strips import TILE_SIDE, strip_of
from trivium.vision.collect import pictures
from trivium.vision.collect.reading import read_all
from trivium.vision.stream.frames import FilmFrame, ImageFrame

MEMORY_MB, FILE_MB = 3072, 300  # enough for a video of ten minutes
FRAMES_FPS = 10  # of pictures that say nothing of their time
LEAST_S = 0.5
Frame = FilmFrame | ImageFrame
BATCH = 8  # pictures that the network looks at together
ZIP = b"PK\x03\x04"
AGAIN = "Save it again from the program that it came from."


@dataclass
class Clip:
    """What has been seen of a clip so far."""

    network: Any
    pictures: list[Any] = field(default_factory=list)  # (S, S, 3), that the network has not looked at yet
    said: list[Any] = field(default_factory=list)  # (n, F)
    tiles: list[Image.Image] = field(default_factory=list)  # one for each moment
    frames: int = 0
    last_s: float = 0.0
    size: tuple[int, int] = (0, 0)
    newest: Frame | None = None

    @property
    def duration_s(self) -> float:
        """Up to the end of the last frame, which is shown as long as the others were, in the mean."""
        gap = self.last_s / (self.frames - 1) if self.frames > 1 else 1 / FRAMES_FPS
        return round(self.last_s + gap, 3)

    def add(self, frame: Frame) -> None:
        """The next frame: until its time the one before stands."""
        size = (frame.width, frame.height)
        if self.frames and size != self.size:
            raise BadFile(f"Its pictures change their size, from {self.size[0]} x {self.size[1]} to {size[0]} x "
                          f"{size[1]} pixels.", "Save it again in one size.")
        time_s = self.frames / FRAMES_FPS if frame.time_s is None else max(frame.time_s, self.last_s)
        if time_s > LONGEST_S:
            raise BadFile(f"It is longer than {LONGEST_S / 60:g} minutes.", "Cut it into parts.")
        self.hold(time_s)
        self.newest, self.size, self.last_s, self.frames = frame, size, time_s, self.frames + 1

    def hold(self, until_s: float) -> None:
        """The newest frame stands at every moment until then."""
        count = ticks_before(until_s) - len(self.tiles)
        if self.newest is None or count <= 0:
            return
        square = np.frombuffer(self.newest.picture(SIZE), np.uint8).reshape(SIZE, SIZE, 3)
        share = TILE_SIDE / max(self.size)
        small = (max(1, round(self.size[0] * share)), max(1, round(self.size[1] * share)))
        tile = Image.fromarray(square).resize(small, Image.Resampling.BILINEAR)
        self.tiles += [tile] * count
        self.pictures += [square] * count
        if len(self.pictures) >= BATCH:
            self.look()

    def look(self) -> None:
        """Show the network what it has not seen yet."""
        if self.pictures and self.network is not None:
            from trivium.vision.activity.frame_network import looked_at

            self.said.append(looked_at(self.network, np.stack(self.pictures)))
        self.pictures = []


def facts_of(path: Path, _name: str, network: Any) -> dict[str, Any]:
    """What a clip is; its thumbnail, strip and features are written beside it."""
    try:
        clip, remarks = seen(path, network)
    except BadFile as error:
        return {"error": f"{error.message} {error.hint}".strip()}
    if network is not None:
        path.with_suffix(".clip").write_bytes(np.concatenate(clip.said).astype("<f2").tobytes())
    path.with_suffix(".strip").write_bytes(strip_of(clip.tiles))
    middle = clip.tiles[len(clip.tiles) // 2]
    path.with_suffix(".thumbnail").write_bytes(pictures.jpeg(middle, 85))
    return {"width": clip.size[0], "height": clip.size[1], "duration_s": clip.duration_s, "remarks": remarks,
            "dhash": pictures.dhash(middle), "sharpness": pictures.sharpness(middle), "orientation": 1}


def seen(path: Path, network: Any) -> tuple[Clip, list[str]]:
    """Every moment of a clip, and what is to be said of it."""
    clip, frames, remarks = Clip(network), frames_of(path), list[str]()
    while True:
        try:
            frame = next(frames, None)
        except BadFile as error:
            if not clip.frames or clip.duration_s < LEAST_S:
                raise
            remarks.append(f"{error.message} What could be read was taken.")
            frame = None
        if frame is None:
            break
        clip.add(frame)
    if not clip.frames:
        raise BadFile("It has no frames.", AGAIN)
    if clip.duration_s < LEAST_S:
        raise BadFile(f"It lasts {clip.duration_s:.2g} s, too short to show anything.",
                      f"A clip lasts at least {LEAST_S:g} s.")
    clip.hold(clip.duration_s)
    clip.look()
    return clip, remarks


def frames_of(path: Path) -> Iterator[Frame]:
    """The frames of a video, or of a zip of pictures."""
    from trivium.vision.stream.films import film

    with path.open("rb", buffering=0) as file:  # FFmpeg reads on where the file stands
        if file.read(4) == ZIP:
            yield from pictures_of(path)
            return
        file.seek(0)
        yield from film(file.fileno())


def pictures_of(path: Path) -> Iterator[Frame]:
    """The pictures of a zip of our own making, in the order of their names."""
    try:
        with zipfile.ZipFile(path) as archive:
            for k, name in enumerate(sorted(archive.namelist())):
                try:
                    picture = pictures.read(archive.read(name), name)
                except BadFile as error:
                    raise BadFile(f"{name}: {error.message}", error.hint) from None
                yield ImageFrame(picture.image, time.monotonic(), k / FRAMES_FPS)
    except (zipfile.BadZipFile, OSError, ValueError, KeyError):
        raise BadFile("It is a damaged zip file.", "Make it again.") from None


def preload() -> None:
    """Load decoders, while files can still be found, and try them out."""
    from trivium.vision.activity import frame_network  # noqa: F401
    from trivium.vision.demo_data.clips import film
    from trivium.vision.stream import films

    films.preload()
    pictures.preload()
    blank = np.zeros((16, 16, 3), np.uint8)
    for frame in films_in(film([blank] * 8, (16, 16))):
        frame.picture(SIZE)


def films_in(content: bytes) -> Iterator[Frame]:
    """The frames of a video in memory, by way of a file that has no name."""
    import tempfile

    from trivium.vision.stream.films import film

    with tempfile.TemporaryFile(buffering=0) as file:
        file.write(content)
        file.seek(0)
        yield from film(file.fileno())


def main(folder: Path) -> int:
    """In the process: read every clip of the folder, a line of results each."""
    from trivium.core.spec import Limits

    return read_all(folder, facts_of, preload, Limits(mem_mb=MEMORY_MB, file_mb=FILE_MB))


if __name__ == "__main__":
    exit_code = main(Path(sys.argv[1]))
    os._exit(exit_code)
