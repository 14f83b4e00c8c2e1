"""The cut-outs that scenes are composed of: Fluent emoji in 3-D, (c) Microsoft Corporation, MIT.

Set-up has put them into the package as one archive (`tools/cutouts.py`): KIND/NAME.webp with a transparent ground.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from trivium.core import files
from trivium.errors import BadConfig, BadFile, NotFound

ARCHIVE = Path(__file__).parent / "cutouts.zip"
SHA256 = "4e500cb2870c330256b2304df3d17f96d7fd2019d614bc332e16c5634f441abd"
SOURCE = "Fluent emoji, (c) Microsoft Corporation, MIT licence"


def names() -> dict[str, list[str]]:
    """{kind: names of its cut-outs in the archive}."""
    found: dict[str, list[str]] = {}
    with zipfile.ZipFile(io.BytesIO(_stored())) as archive:
        for name in sorted(archive.namelist()):
            if "/" in name:
                found.setdefault(name.partition("/")[0], []).append(name)
    return found


def cut_outs(kinds: Sequence[str]) -> dict[str, list[Image.Image]]:
    """The RGBA pictures of these kinds."""
    there = names()
    unknown = [kind for kind in kinds if kind not in there]
    if unknown or not kinds:
        raise BadConfig(f"There are no cut-outs of the kind {unknown[0][:64]!r}." if unknown else "No kind was chosen.",
                        f"There are: {', '.join(there)}.")
    return {kind: named(there[kind]) for kind in kinds}


def named(wanted: Sequence[str]) -> list[Image.Image]:
    """The RGBA pictures of these names in the archive."""
    with zipfile.ZipFile(io.BytesIO(_stored())) as archive:
        return [Image.open(io.BytesIO(archive.read(name)), formats=("WEBP",)).convert("RGBA") for name in wanted]


def _stored() -> bytes:
    if not ARCHIVE.is_file():
        raise NotFound("The cut-outs that demo photos are made of are not in this installation.",
                       "Put them there with: make setup, or install Trivium from its wheel.")
    data = ARCHIVE.read_bytes()
    if files.sha256_bytes(data) != SHA256:
        raise BadFile(f"{ARCHIVE.name} is damaged.", "Delete it and run: make setup")
    return data
