"""Planes of bytes as PNG files of one channel: what masks are kept and sent as.

Pages and scripts send masks often, a few kilobytes each, and a process of its own for each would cost a hundred times
what the reading does. So PNG is read here without any decoder's library: lengths, checksums and sizes are looked at
first, `zlib` may give no more bytes than the size asks for, and what is left is arithmetic.
https://www.w3.org/TR/png-3/
"""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np

from trivium.errors import BadFile

Plane = np.ndarray[Any, np.dtype[np.uint8]]  # (H, W)

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6  # colour types
SAVE_AS = "Save it as a PNG of one channel with 8 bits (greyscale, or with a palette)."
MOST_BYTES = 4_000_000  # of a file; a plane of 1024 x 1024 has 1,049,600 before it is packed
COLOURS = {RGB: "three channels of colour", GREY_ALPHA: "a channel of transparency", RGBA: "four channels"}


def packed(plane: Plane, palette: Any = None) -> bytes:
    """A PNG of a plane (H, W); with a palette (n, 3) of colours for its values, in colour."""
    height, width = plane.shape
    rows = np.zeros((height, width + 1), np.uint8)  # each begins with the number of its filter: none
    rows[:, 1:] = plane
    head = struct.pack(">IIBBBBB", width, height, 8, GREY if palette is None else PALETTE, 0, 0, 0)
    colours = b"" if palette is None else _chunk(b"PLTE", np.asarray(palette, np.uint8).tobytes())
    return SIGNATURE + _chunk(b"IHDR", head) + colours + _chunk(b"IDAT", zlib.compress(rows.tobytes(), 6)) + \
        _chunk(b"IEND", b"")


def unpacked(data: bytes, size: tuple[int, int] | None = None, most: int = 1024) -> Plane:
    """The plane (H, W) in a PNG; BadFile where it is none, or not of this width and height, or wider than `most`."""
    if not data.startswith(SIGNATURE):
        raise BadFile("This is no PNG file.", SAVE_AS)
    if len(data) > MOST_BYTES:
        raise BadFile("This PNG file is too large for a mask.", SAVE_AS)
    width, height, stream = _parts(data)
    if size is not None and (width, height) != size:
        raise BadFile(f"The mask has {width} x {height} pixels, and this photo's mask has {size[0]} x {size[1]}.",
                      "Draw it in that size.")
    if max(width, height) > most:
        raise BadFile(f"The mask has {width} x {height} pixels, too many.", f"At most {most} x {most} are read.")
    wanted = height * (width + 1)
    try:
        inflate = zlib.decompressobj()
        rows = inflate.decompress(stream, wanted + 1)
    except zlib.error:
        rows = b""
    if len(rows) != wanted:
        raise BadFile("This PNG file is damaged or cut off.", SAVE_AS)
    return _unfiltered(np.frombuffer(rows, np.uint8).reshape(height, width + 1))


def _parts(data: bytes) -> tuple[int, int, bytes]:
    """(width, height, packed rows) of a PNG file."""
    at, head, stream = len(SIGNATURE), b"", list[bytes]()
    while at + 12 <= len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        content, check = data[at + 8:at + 8 + length], data[at + 8 + length:at + 12 + length]
        if len(check) != 4 or struct.unpack(">I", check)[0] != zlib.crc32(kind + content):
            raise BadFile("This PNG file is damaged or cut off.", SAVE_AS)
        if kind == b"IHDR":
            head = content
        elif kind == b"IDAT":
            stream.append(content)
        elif kind == b"IEND":
            break
        at += 12 + length
    if len(head) != 13:
        raise BadFile("This PNG file is damaged or cut off.", SAVE_AS)
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", head)
    if colour in COLOURS:
        raise BadFile(f"This PNG has {COLOURS[colour]}, and a mask has one number for each pixel.", SAVE_AS)
    if colour not in (GREY, PALETTE) or depth != 8 or interlaced:
        raise BadFile(f"This PNG has {depth} bits a pixel{', interlaced' if interlaced else ''}, and a mask has 8.",
                      SAVE_AS)
    return width, height, b"".join(stream)


def _unfiltered(rows: Plane) -> Plane:
    """Undo the filter of each row (PNG, section 9)."""
    height, width = rows.shape[0], rows.shape[1] - 1
    found, above = np.zeros((height, width), np.uint8), np.zeros(width, np.uint8)
    for y in range(height):
        kind, row = int(rows[y, 0]), rows[y, 1:]
        if kind == 0:
            made = row
        elif kind == 1:
            made = np.cumsum(row, dtype=np.uint8)
        elif kind == 2:
            made = row + above
        elif kind in (3, 4):
            made = _one_by_one(row.tolist(), above.tolist(), kind)
        else:
            raise BadFile("This PNG file is damaged or cut off.", SAVE_AS)
        found[y] = above = made
    return found


def _one_by_one(row: list[int], above: list[int], kind: int) -> Plane:
    """The filters Average and Paeth, whose every pixel depends on the one before."""
    left = corner = 0
    made = bytearray(len(row))
    for x, (value, up) in enumerate(zip(row, above, strict=True)):
        if kind == 3:
            left = (value + (left + up) // 2) & 255
        else:
            guess = left + up - corner
            away = abs(guess - left), abs(guess - up), abs(guess - corner)
            nearest = left if away[0] <= away[1] and away[0] <= away[2] else up if away[1] <= away[2] else corner
            left = (value + nearest) & 255
        corner = up
        made[x] = left
    return np.frombuffer(bytes(made), np.uint8)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
