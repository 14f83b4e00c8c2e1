"""Planes as PNG files, beside Pillow's reader and writer; what is no plane is refused in one sentence."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image

from trivium.errors import BadFile
from trivium.vision.labels.planes import packed, unpacked


def plane(height: int = 37, width: int = 53) -> Any:
    y, x = np.mgrid[:height, :width]
    return np.where((x - 20) ** 2 + (y - 15) ** 2 < 120, 3, (x * y) % 7 // 5 + 254 * (x > 45)).astype(np.uint8)


def png(array: Any, mode: str | None = None, **options: Any) -> bytes:
    out = io.BytesIO()
    image = Image.fromarray(array)
    (image.convert(mode) if mode else image).save(out, "PNG", **options)
    return out.getvalue()


def filtered(array: Any, kind: int) -> bytes:
    """A PNG whose rows all have one filter, written as the standard's formulas say, byte by byte."""
    rows = bytearray()
    for y, row in enumerate(array.tolist()):
        rows.append(kind)
        above = array[y - 1].tolist() if y else [0] * len(row)
        for x, value in enumerate(row):
            left, corner = (row[x - 1], above[x - 1]) if x else (0, 0)
            guess = left + above[x] - corner
            paeth = min((left, above[x], corner), key=lambda each: abs(guess - each))
            rows.append((value - (0, left, above[x], (left + above[x]) // 2, paeth)[kind]) % 256)
    head = struct.pack(">IIBBBBB", array.shape[1], array.shape[0], 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(rows))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in chunks)


def test_pillow_reads_what_is_written() -> None:
    found = Image.open(io.BytesIO(packed(plane())))
    assert found.mode == "L" and np.array_equal(np.asarray(found), plane())
    palette = np.arange(768, dtype=np.uint8).reshape(256, 3)
    coloured = Image.open(io.BytesIO(packed(plane(), palette)))
    assert coloured.mode == "P" and np.array_equal(np.asarray(coloured), plane())
    assert np.array_equal(np.asarray(coloured.convert("RGB")), palette[plane()])


@pytest.mark.parametrize("kind", range(5))
def test_every_filter_is_undone(kind: int) -> None:
    data = filtered(plane(), kind)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(data))), plane())
    assert np.array_equal(unpacked(data), plane())


def test_what_pillow_writes_is_read() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (40, 61), np.uint8)
    for array in (plane(), noise, np.zeros((1, 1), np.uint8)):
        assert np.array_equal(unpacked(png(array)), array)
    indexed = Image.fromarray(plane())
    indexed.putpalette(list(range(256)) * 3)
    out = io.BytesIO()
    indexed.save(out, "PNG", bits=8)
    assert np.array_equal(unpacked(out.getvalue()), plane())


@pytest.mark.parametrize(("data", "said"), [
    (b"", "no PNG"), (b"GIF89a", "no PNG"), (packed(plane())[:200], "damaged"), (packed(plane())[:-30], "damaged"),
    (packed(plane()).replace(b"IDAT", b"IDAX"), "damaged"), (png(plane(), "RGB"), "three channels"),
    (png(plane(), "RGBA"), "four channels"), (png(plane().astype(np.uint16) * 257), "16 bits"),
    (png(plane() > 3), "1 bits"), (packed(np.zeros((1, 1025), np.uint8)), "too many"),
])
def test_what_is_no_plane_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(BadFile, match=said) as refused:
        unpacked(data)
    assert refused.value.hint


def test_the_size_is_looked_at_before_anything_is_unpacked() -> None:
    bomb = packed(plane()).replace(struct.pack(">II", 53, 37), struct.pack(">II", 2**31 - 1, 2**31 - 1))
    with pytest.raises(BadFile):
        unpacked(bomb)
    with pytest.raises(BadFile, match="53 x 37 pixels, and this photo's mask has 37 x 53"):
        unpacked(packed(plane()), (37, 53))
