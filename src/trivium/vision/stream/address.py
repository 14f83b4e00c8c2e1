"""What can be watched, as a person writes it.

    demo, demo:7                       a camera that is drawn, and says so
    demo:counter                       one that shows the things of a template
    film.mp4                           every frame of a video file
    photos/                            every photo of a folder
    usb, usb:1, /dev/video0            a camera on this machine
    rtsp://camera.local/stream         a camera on the network; http:// is for MJPEG
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from trivium.errors import BadConfig, BadFile
from trivium.vision.events import outside

SCHEMES = ("rtsp", "rtsps", "http", "https")
FILMS = {".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".ts", ".mts", ".mpg", ".mpeg", ".mjpeg", ".mjpg", ".wmv",
         ".flv", ".3gp", ".ogv"}
DEMO, VIDEO, FOLDER, USB, NETWORK = "demo", "video", "folder", "usb", "network"


@dataclass(frozen=True)
class Address:
    """A source of pictures."""

    kind: str
    place: str  # path, device or URL; for the demo its seed, or a template
    shown: str  # without a password

    @property
    def live(self) -> bool:
        """Whether pictures come by themselves, so that the newest one counts."""
        return self.kind in (DEMO, USB, NETWORK)


def parse(text: str) -> Address:
    """The source that `text` names; refused with a reason."""
    text = text.strip()
    if found := re.fullmatch(r"demo(?::(\d{1,9}|[a-z][a-z-]{0,31}))?", text):
        return Address(DEMO, demo_place(found[1] or "1"), text)
    if (found := re.fullmatch(r"usb(?::(\d{1,3}))?", text)) or (found := re.fullmatch(r"/dev/video(\d{1,3})", text)):
        return _usb(int(found[1] or 0))
    if "://" in text:
        return network(text)
    path = Path(text).expanduser()
    if not text or not path.exists():
        raise BadFile(f"{text or 'Nothing'} does not exist.",
                      "Give a video, a folder of photos, demo, usb:0 or rtsp://...")
    return Address(FOLDER if path.is_dir() else VIDEO, str(path.absolute()), text)


def demo_place(place: str) -> str:
    """The number of a belt, or a template whose things are shown."""
    if not place.isdecimal():
        from trivium.vision.templates.table import template

        template(place)  # refused where there is none
    return place


def _usb(number: int) -> Address:
    if sys.platform == "linux":
        device = f"/dev/video{number}"
        if not Path(device).exists():
            raise BadFile(f"There is no camera {device}.", "Plug it in; `ls /dev/video*` lists those that are there.")
        return Address(USB, device, f"usb:{number}")
    return Address(USB, str(number), f"usb:{number}")  # macOS and Windows count their cameras; untried there


def network(text: str) -> Address:
    """A camera on the network. Where its name leads is judged when it is called (`outside.pinned`)."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        parts, host, port = urlsplit(""), None, None
    if parts.scheme not in SCHEMES or not host:
        raise BadConfig("This is no address of a camera.",
                        "It looks like rtsp://192.168.1.20/stream, or http:// for MJPEG.")
    outside.judge_written(host)
    place = f"[{host}]" if ":" in host else host
    shown = urlunsplit((parts.scheme, place + (f":{port}" if port else ""), parts.path, "", ""))
    return Address(NETWORK, text, shown)


def is_moving(text: str) -> bool:
    """Whether it is a film or a camera, told by its name: photos are `trivium vision run`'s other work."""
    return "://" in text or bool(re.fullmatch(r"(demo|usb)(:\d+)?|demo:[a-z][a-z-]*|/dev/video\d+", text)) or Path(
        text).suffix.lower() in FILMS
