"""Pictures from strangers: turned upright, made RGB, or refused in one line before they can do harm."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFilter

from trivium.errors import BadFile
from trivium.vision.collect import pictures

from .drawings import drawing, scene


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def mean_colour(image: Image.Image) -> list[float]:
    return [round(float(v)) for v in np.asarray(image.convert("RGB")).mean((0, 1))]


def halves() -> Image.Image:
    """Red above, blue below, 60 x 40."""
    image = Image.new("RGB", (60, 40), "red")
    image.paste("blue", (0, 20, 60, 40))
    return image


@pytest.mark.parametrize("kind", pictures.FORMATS)
def test_every_format_comes_in(kind: str) -> None:
    found = pictures.read(saved(drawing("disc", 1), kind))
    assert found.format == kind and (found.width, found.height) == (96, 96)
    assert np.abs(np.array(mean_colour(found.image)) - mean_colour(drawing("disc", 1))).max() <= 3


def test_a_plain_picture_is_its_own_view_and_another_gets_one() -> None:
    assert pictures.read(saved(halves(), "PNG")).view is None
    assert pictures.read(saved(halves(), "GIF")).view is not None
    large = pictures.read(saved(Image.new("RGB", (3000, 1500), "green"), "JPEG"))
    with Image.open(io.BytesIO(large.view or b"")) as view:
        assert view.size == (1024, 512)
    assert (large.width, large.height) == (3000, 1500)


@pytest.mark.parametrize(("orientation", "top", "size"), [(1, "red", (60, 40)), (3, "blue", (60, 40)),
                                                          (6, None, (40, 60)), (8, None, (40, 60))])
def test_a_telephone_held_otherwise_is_turned_upright_and_its_exif_stripped(orientation: int, top: str | None,
                                                                            size: tuple[int, int]) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x8825] = orientation, {1: "N", 2: (47.0, 0.0, 0.0)}  # with a place on the earth
    found = pictures.read(saved(halves(), "JPEG", quality=95, exif=exif))
    assert (found.width, found.height) == size and found.image.size == size
    with Image.open(io.BytesIO(found.view or b"")) as view:
        assert dict(view.getexif()) == {}
    values = np.asarray(found.image).astype(int)
    if top is not None:
        assert (values[5, 30].argmax() == 0) == (top == "red")
    else:  # a quarter turn: what was above is right (6) or left (8)
        assert (values[30, 35].argmax() == 0) == (orientation == 6)


def test_sixteen_bits_become_eight_by_value() -> None:
    ramp = np.tile(np.linspace(0, 65535, 64).astype(np.uint16), (64, 1))
    found = pictures.read(saved(Image.fromarray(ramp), "PNG"))
    shown = np.asarray(found.image)[32, :, 0].astype(int)
    assert np.abs(shown - np.round(ramp[0] / 257)).max() <= 3  # it is kept as JPEG


def test_cmyk_grey_palette_and_transparency_become_rgb() -> None:
    assert mean_colour(pictures.read(saved(Image.new("CMYK", (32, 32), (0, 255, 255, 0)), "JPEG")).image)[0] > 200
    assert mean_colour(pictures.read(saved(Image.new("L", (32, 32), 100), "PNG")).image) == [100, 100, 100]
    clear = Image.new("RGBA", (32, 32), (255, 0, 0, 0))
    assert mean_colour(pictures.read(saved(clear, "PNG")).image) == [255, 255, 255]
    assert mean_colour(pictures.read(saved(halves().convert("P"), "PNG")).image)[1] < 10


def test_of_a_moving_picture_the_first_frame_is_taken_and_that_is_said() -> None:
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("red", "blue")]
    found = pictures.read(saved(frames[0], "GIF", save_all=True, append_images=frames[1:]), "a.gif")
    assert mean_colour(found.image)[0] > 240 and any("first frame" in text for text in found.remarks)


def test_a_wrong_ending_is_read_by_content_and_told() -> None:
    found = pictures.read(saved(halves(), "PNG"), "holiday.jpg")
    assert found.format == "PNG" and found.remarks == ["It is named .jpg and holds a PNG picture; it was read as that."]


def bomb(width: int, height: int) -> bytes:
    """A PNG whose header promises far more pixels than it has bytes for."""
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(10_000)))
            + chunk(b"IEND", b""))


@pytest.mark.parametrize(("data", "words"), [
    (b"", "empty"),
    (b"hello, I am no picture", "no picture that can be read"),
    (bomb(60_000, 60_000), "too many"),
    (bomb(2_000, 2_000), "cut off|damaged"),
    (saved(drawing("disc", 1), "JPEG")[:-300], "cut off"),
    (saved(drawing("disc", 1), "PNG")[:3000], "cut off|damaged"),
    (saved(Image.new("RGB", (1, 1)), "PNG"), "1 x 1 pixels"),
    (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><script>x</script></svg>', "SVG"),
    (b"  <svg></svg>", "SVG"),
    (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC"),
    (saved(Image.fromarray(np.ones((32, 32), np.float32)), "TIFF"), "numbers instead of colours"),
])
def test_what_is_no_picture_is_refused_in_one_line(data: bytes, words: str) -> None:
    with pytest.raises(BadFile, match=words) as caught:
        pictures.read(data)
    assert "\n" not in str(caught.value) and caught.value.hint


def test_a_hundred_megapixels_are_read() -> None:
    found = pictures.read(saved(Image.new("L", (10_000, 10_000), 128), "JPEG"))
    assert found.width * found.height == 100_000_000 and max(found.image.size) == 1024


def test_the_hash_survives_scaling_and_tells_others_apart() -> None:
    image = scene(1)
    small = image.resize((90, 90))

    def distance(a: str, b: str) -> int:
        return (int(a, 16) ^ int(b, 16)).bit_count()

    assert distance(pictures.dhash(image), pictures.dhash(small)) < 10
    assert distance(pictures.dhash(image), pictures.dhash(scene(2))) > 64


def test_a_blurred_picture_is_less_sharp() -> None:
    image = drawing("box", 3)
    assert pictures.sharpness(image.filter(ImageFilter.GaussianBlur(4))) < pictures.sharpness(image) / 5


def test_squashed_is_the_whole_picture_in_a_square() -> None:
    shown = pictures.squashed(halves(), 64)
    assert shown.shape == (64, 64, 3) and shown.dtype == np.uint8
    assert shown[5, 5].argmax() == 0 and shown[60, 60].argmax() == 2
