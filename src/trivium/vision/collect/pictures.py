"""One picture from a stranger's bytes: decoded safely, turned upright, made RGB, and measured.

Runs confined (`reading.py`), for a file may be made to harm its decoder. The header is looked at before anything is
unpacked, so a bomb costs nothing. Pillow decodes; of its formats only those that cameras and programs write are open.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import (  # the plug-ins of FORMATS, and no others
    BmpImagePlugin,  # noqa: F401
    GifImagePlugin,  # noqa: F401
    Image,
    ImageFile,
    ImageOps,
    JpegImagePlugin,  # noqa: F401
    MpoImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    TiffImagePlugin,  # noqa: F401
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
)

from trivium.errors import BadFile

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF")  # MPO, which telephones write, is opened as JPEG
ENDINGS = {"JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"), "MPO": (".jpg", ".jpeg", ".mpo"), "PNG": (".png",),
           "GIF": (".gif",), "WEBP": (".webp",), "BMP": (".bmp", ".dib"), "TIFF": (".tif", ".tiff")}
MAX_PIXELS = 120_000_000  # the largest cameras of telephones have 108 million
MIN_SIDE = 8
VIEW_SIDE, THUMBNAIL_SIDE = 1024, 256  # pixels, the longer side of what is trained on, and of what lists show
HASH_SIDE, HASH_MARGIN = 16, 3  # places, grey levels
EXIF_ORIENTATION = 0x0112
SAVE_AGAIN = "Save it again from the program that it came from."

Bytes = np.ndarray[Any, np.dtype[np.uint8]]


@dataclass
class Picture:
    """A picture as the studio uses it; `view` is None where the file itself is as good."""

    image: Image.Image
    format: str
    width: int
    height: int
    view: bytes | None
    thumbnail: bytes
    dhash: str
    sharpness: float
    remarks: list[str] = field(default_factory=list)
    orientation: int = 1  # how it was turned, as EXIF counts


def read(data: bytes, name: str = "") -> Picture:
    """The picture in a file's bytes; BadFile says in one line why there is none."""
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    Image.MAX_IMAGE_PIXELS = None  # ours stands below, and says it in words
    _refuse_other_kinds(data)
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
            return _measured(opened, data, name)
    except UnidentifiedImageError:
        raise BadFile("It is no picture that can be read.", "Use JPEG, PNG, WebP, GIF, BMP or TIFF.") from None
    except MemoryError:
        raise BadFile("It needs more memory than reading a picture may take.", "Make it smaller.") from None
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError, KeyError, OverflowError) as error:
        cut = "truncated" in str(error) or "premature end" in str(error).lower()
        raise BadFile("It is cut off." if cut else "It is damaged.", SAVE_AGAIN) from None


def read_large(data: bytes, side: int) -> Image.Image:
    """The picture in a file that `read` has found good, at most so many pixels on the longer side."""
    with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
        if opened.format in ("JPEG", "MPO"):
            opened.draft(None, (side, side))
        image = upright_rgb(opened)
    if max(image.size) > side:
        image.thumbnail((side, side), Image.Resampling.LANCZOS)
    return image


def preload() -> None:
    """Decode one picture of each kind, so that nothing need be looked for once the process is confined."""
    tiny = Image.new("RGB", (MIN_SIDE, MIN_SIDE))
    for kind in FORMATS:
        out = io.BytesIO()
        tiny.save(out, kind)
        read(out.getvalue())


def _refuse_other_kinds(data: bytes) -> None:
    if not data:
        raise BadFile("It is empty.", SAVE_AGAIN)
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith(b"<svg") or (start.startswith((b"<?xml", b"<!--", b"<!doctype svg")) and b"<svg" in start):
        raise BadFile("It is an SVG drawing, which may hold programs.", "Save it as PNG.")
    if data[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypavif"):
        raise BadFile("It is a HEIC or AVIF picture, which is not read.",
                      "Save it as JPEG; telephones have a setting for it ('most compatible').")


def _measured(opened: Image.Image, data: bytes, name: str) -> Picture:
    kind = opened.format or "?"
    pixels = opened.width * opened.height
    if pixels > MAX_PIXELS:
        raise BadFile(f"It has {opened.width:,} x {opened.height:,} pixels, too many to read.",
                      f"Make it smaller than {MAX_PIXELS // 1_000_000} million pixels.")
    if min(opened.size) < MIN_SIDE:
        raise BadFile(f"It has {opened.width} x {opened.height} pixels, too few to show anything.",
                      f"Use pictures of at least {MIN_SIDE} x {MIN_SIDE}; 224 x 224 and more is good.")
    remarks = _remarks(opened, kind, name)
    exif = opened.getexif()
    orientation = exif.get(EXIF_ORIENTATION, 1)
    turned = orientation in (5, 6, 7, 8)
    width, height = opened.size[::-1] if turned else opened.size
    plain = (kind in ("JPEG", "PNG") and opened.mode in ("RGB", "L") and not exif
             and max(opened.size) <= VIEW_SIDE and getattr(opened, "n_frames", 1) == 1)
    if kind in ("JPEG", "MPO"):
        opened.draft(None, (VIEW_SIDE, VIEW_SIDE))  # unpacks at half, a quarter or an eighth of the size
    image = upright_rgb(opened)
    if max(image.size) > VIEW_SIDE:
        image.thumbnail((VIEW_SIDE, VIEW_SIDE), Image.Resampling.LANCZOS)
    view = None
    if not plain:
        view = jpeg(image, 92)
        image = Image.open(io.BytesIO(view)).convert("RGB")  # what is measured is what is kept
    small = image.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.BILINEAR)
    return Picture(image, kind, width, height, view, jpeg(small, 85), dhash(image), sharpness(small), remarks,
                   orientation if turned else 1)


def _remarks(opened: Image.Image, kind: str, name: str) -> list[str]:
    """What its owner may want to know."""
    remarks = []
    ending = "." + name.rpartition(".")[2].lower()
    if name and ending not in ENDINGS[kind]:
        remarks.append(f"It is named {ending} and holds a {kind} picture; it was read as that.")
    if getattr(opened, "n_frames", 1) > 1 and kind != "MPO":
        remarks.append("It moves; its first frame was taken.")
    return remarks


def upright_rgb(opened: Image.Image) -> Image.Image:
    """Turned as its EXIF data say, 8 bits a colour, transparent places white."""
    opened.load()
    image = ImageOps.exif_transpose(opened) or opened
    if image.mode in ("I", "I;16", "I;16B", "I;16L", "I;16N"):
        values = np.asarray(image).astype(np.int64)
        if values.min() < 0 or values.max() > 65_535:
            raise BadFile("Its values are no shades of a picture.", "Save it as an 8-bit or 16-bit PNG.")
        image = Image.fromarray(((values + 128) // 257).astype(np.uint8))
    if image.mode == "F":
        raise BadFile("It holds measured numbers instead of colours.", "Save it as an 8-bit or 16-bit PNG.")
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")


def jpeg(image: Image.Image, quality: int) -> bytes:
    """The picture as JPEG without any metadata."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, subsampling=0 if quality > 90 else 2)
    return out.getvalue()


def squashed(image: Image.Image, side: int) -> Bytes:
    """(side, side, 3): the whole picture in a square, which is how the backbone is shown every picture."""
    return np.asarray(image.convert("RGB").resize((side, side), Image.Resampling.BILINEAR))


def dhash(image: Image.Image) -> str:
    """256 bits, each whether a place is clearly brighter than its left neighbour: alike for pictures that look alike.

    "Clearly", because in a plain area a sensor's noise would otherwise throw the dice anew for each shot.
    """
    grey = image.convert("L").resize((HASH_SIDE + 1, HASH_SIDE), Image.Resampling.BOX)
    values = np.asarray(grey).astype(np.int16)
    return np.packbits(values[:, 1:] > values[:, :-1] + HASH_MARGIN).tobytes().hex()


def sharpness(image: Image.Image) -> float:
    """Variance of the Laplacian (Pech-Pacheco, 2000) of the thumbnail: small where the picture is blurred."""
    v = np.asarray(image.convert("L")).astype(np.float32)
    edges = 4 * v[1:-1, 1:-1] - v[:-2, 1:-1] - v[2:, 1:-1] - v[1:-1, :-2] - v[1:-1, 2:]
    return round(float(edges.var()), 2)
