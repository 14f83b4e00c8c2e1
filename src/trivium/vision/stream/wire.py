"""What passes between us and the process that decodes: a header, a small JSON object, and the pixels as they are.

We ask with one byte and get one answer. Nothing is unpickled, and every length is bounded, for the other end has read
a stranger's file.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import Any, BinaryIO

HEADER = struct.Struct(">cII")  # kind, length of the JSON, length of the pixels
FRAME, STATE, END = b"F", b"S", b"E"
NEXT, PREVIEW, FULL = b"n", b"p", b"f"  # a picture alone, with a small view, with a view in its own size
LONGEST_JSON, LONGEST_PIXELS = 64_000, 64_000_000


class Torn(Exception):
    """The other end went away, or says what it may not say."""


@dataclass(frozen=True)
class Answer:
    """One answer: a frame, how the source is, or that it has ended."""

    kind: bytes
    facts: dict[str, Any]
    pixels: bytes = b""


def send(out: BinaryIO, answer: Answer) -> None:
    """Write one answer."""
    text = json.dumps(answer.facts).encode()
    out.write(HEADER.pack(answer.kind, len(text), len(answer.pixels)))
    out.write(text)
    out.write(answer.pixels)
    out.flush()


def receive(stream: BinaryIO) -> Answer:
    """Read one answer; Torn where there is none."""
    kind, text, pixels = HEADER.unpack(_exactly(stream, HEADER.size))
    if kind not in (FRAME, STATE, END) or text > LONGEST_JSON or pixels > LONGEST_PIXELS:
        raise Torn
    try:
        facts = json.loads(_exactly(stream, text))
    except (ValueError, RecursionError):
        raise Torn from None
    if not isinstance(facts, dict):
        raise Torn
    return Answer(kind, facts, _exactly(stream, pixels))


def _exactly(stream: BinaryIO, count: int) -> bytes:
    parts = []
    while count:
        part = stream.read(count)
        if not part:
            raise Torn
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
