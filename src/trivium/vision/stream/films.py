"""Videos and cameras decoded by FFmpeg through PyAV, each failure a sentence.

Only demuxers and protocols that films and cameras need are open: a "video" that is a playlist may name other files and
addresses, and is refused.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from trivium.errors import BadFile, StudioError
from trivium.vision.stream.address import NETWORK, USB, Address
from trivium.vision.stream.frames import Converter, FilmFrame

FORMATS = "mov,matroska,avi,mpegts,mpeg,ogg,flv,asf,mjpeg,ivf,h264,hevc,m4v,gif,yuv4mpegpipe"
RTSP_FORMATS, HTTP_FORMATS = "rtsp,mpegts", "mpjpeg,mjpeg"  # some cameras send an MPEG transport stream by RTSP
MAX_PIXELS = 40_000_000  # 8K has 33 million
OPEN_S, READ_S = 10.0, 5.0  # of a camera on the network
BEHIND_S = 0.6  # a camera whose pictures are decoded later than this is caught up with
NO_VIDEO = "It is no video that can be read, or it is cut off."
SAVE_AGAIN = "Save it again from the program that it came from; MP4, MOV, MKV, WebM and AVI are read."


class NoPicture(StudioError):
    """A camera that gives none now; it is asked again."""

    code = "no_picture"


def preload() -> None:
    """Load FFmpeg, while files can still be found."""
    import av
    import av.video.reformatter

    av.logging.set_level(av.logging.PANIC)


def film(fd: int) -> Iterator[FilmFrame]:
    """Every frame of the video file that is open as `fd`; raises BadFile in the middle where it is cut off."""
    import av

    options = {"fd": str(fd), "format_whitelist": FORMATS, "protocol_whitelist": "fd"}
    with _opened("fd:", options) as (container, stream):
        converter, count, damaged, begin = Converter(), 0, 0, None
        for packet in container.demux(stream):
            try:
                decoded = packet.decode()
            except (av.error.FFmpegError, ValueError):
                damaged += 1
                continue
            for frame in decoded:
                begin = frame.time if begin is None else begin
                yield FilmFrame(frame, time.monotonic(), _place(frame.time, begin), converter)
                count += 1
        declared = declared_frames(container, stream)
    if not count:
        raise BadFile("It has no frames." if not damaged else "None of its frames can be read.", SAVE_AGAIN)
    if damaged or count < declared:
        gone = f"{count} of {declared}" if declared >= count + damaged and declared else f"{count}"
        raise BadFile(f"It is cut off or damaged: {gone} frames could be read.", SAVE_AGAIN)


def how(address: Address) -> tuple[str | None, dict[str, str]]:
    """FFmpeg's format and options for a camera: what it needs, and nothing else."""
    if address.kind == USB:
        return {"linux": "v4l2", "darwin": "avfoundation"}.get(sys.platform, "dshow"), {"framerate": "30"}
    options = {"fflags": "nobuffer", "flags": "low_delay"}
    if address.place.startswith("rtsp"):
        return "rtsp", options | {"protocol_whitelist": "rtsp,rtp,tcp,tls", "format_whitelist": RTSP_FORMATS,
                                  "rtsp_transport": "tcp"}
    host = urlsplit(address.shown).netloc
    return None, options | {"protocol_whitelist": "http,https,tcp,tls", "format_whitelist": HTTP_FORMATS,
                            "max_redirects": "0", "headers": f"Host: {host}\r\n"}


def camera(address: Address) -> Iterator[FilmFrame]:
    """What a camera shows, for as long as it does; NoPicture where it stops."""
    import av

    kind, options = how(address)

    try:
        with _opened(address.place, options, kind) as (container, stream):
            yield from _newest(container, stream, address)
    except BadFile as error:
        raise NoPicture(error.message) from None
    except av.error.FFmpegError as error:
        raise NoPicture(why(error)) from None
    raise NoPicture("The camera ended the connection.")


def _newest(container: Any, stream: Any, address: Address) -> Iterator[FilmFrame]:
    """Frames as they come; where decoding falls behind what arrives, it jumps to the next whole picture."""
    import av

    converter, first = Converter(), None
    skipping = False
    for packet in container.demux(stream):
        if address.kind == NETWORK and address.place.startswith("rtsp") and packet.pts is not None:
            age_s = time.monotonic() - float(packet.pts * packet.time_base)
            first = age_s if first is None else min(first, age_s)
            skipping = (skipping or age_s - first > BEHIND_S) and not packet.is_keyframe
            if skipping:
                continue
        try:
            decoded = packet.decode()
        except (av.error.InvalidDataError, ValueError):
            continue  # a picture that was damaged on its way
        for frame in decoded:
            yield FilmFrame(frame, time.monotonic(), None, converter)


def declared_frames(container: Any, stream: Any) -> int:
    """How many frames the file says that it shows; 0 where it does not say.

    An MP4 whose owner cut away the beginning or the end still holds those frames; an edit list leaves them out.
    """
    entries = stream.index_entries if "mp4" in container.format.name else ()
    shown = sum(not entry.is_discard for entry in entries)
    return min(stream.frames, shown) if entries else int(stream.frames)


@contextmanager
def _opened(place: str, options: dict[str, str], kind: str | None = None) -> Iterator[tuple[Any, Any]]:
    import av

    timeout = None if place == "fd:" else (OPEN_S, READ_S)
    try:
        container = av.open(place, format=kind, options=options, timeout=timeout)
    except av.error.FFmpegError as error:
        if place == "fd:":
            raise BadFile(NO_VIDEO, SAVE_AGAIN) from None
        raise NoPicture(why(error)) from None
    with container:
        if not container.streams.video:
            raise BadFile("It holds no pictures, only sound or text.", "Choose another file.")
        stream = container.streams.video[0]
        stream.thread_type = "SLICE"  # frame threads would hold pictures back
        if stream.codec_context is not None:
            stream.codec_context.thread_count = max(1, (os.cpu_count() or 1) // 2)  # the others look at the pictures
            stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
        yield container, stream


def why(error: Exception) -> str:
    """What FFmpeg's error means, for somebody who stands beside the camera."""
    text = str(error).lower()
    for words, sentence in (("unauthorized", "The camera wants another name or password."),
                            ("401", "The camera wants another name or password."),
                            ("refused", "Nothing answers at the camera's address."),
                            ("not found", "The camera has nothing under this address."),
                            ("immediate exit", "The camera sent no picture in time."),
                            ("timed out", "The camera sent no picture in time."),
                            ("no such", "The camera is not there."),
                            ("invalid data", "What the camera sends is no video that can be read."),
                            ("busy", "Another program uses the camera.")):
        if words in text:
            return sentence
    return "The camera can't be reached."


def _place(time_s: float | None, begin: float | None) -> float | None:
    return None if time_s is None or begin is None else round(float(time_s - begin), 6)
