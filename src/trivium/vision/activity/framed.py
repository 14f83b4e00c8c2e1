"""Folders of frame pictures: each becomes one clip, kept as a zip of the pictures as they came."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace

from trivium.errors import BadFile
from trivium.vision.collect.pictures import ENDINGS
from trivium.vision.collect.sources import Found, Source
from trivium.vision.collect.store import PICTURE_CAP_BYTES

PICTURES = tuple(sorted({ending for endings in ENDINGS.values() for ending in endings} - {".gif"}))
LEAST = 5  # pictures; fewer are photos, not a clip
MOMENT = (1980, 1, 1, 0, 0, 0)  # the same pictures make the same zip


def framed(source: Source) -> None:
    """Put the pictures of each folder together; single ones are told and left out."""
    folders: dict[str, list[Found]] = {}
    for each in source.found:
        if each.name.lower().endswith(PICTURES):
            folders.setdefault(each.name.rpartition("/")[0], []).append(each)
    alone = [each for members in folders.values() if len(members) < LEAST for each in members]
    for each in alone:
        source.pass_over(each.name, f"It is a photo. A clip is a video, or a folder of at least {LEAST} frames.")
    single = {each.name for members in folders.values() for each in members}
    source.found = [each for each in source.found if each.name not in single]
    source.found += [replace(members[0], name=folder or "frames", read=packing(members))
                     for folder, members in folders.items() if len(members) >= LEAST]


def packing(members: list[Found]) -> Callable[[], bytes]:
    """Reads the pictures of a clip into one zip, in the order of the numbers in their names."""
    def packed() -> bytes:
        out, size = io.BytesIO(), 0
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
            for k, each in enumerate(sorted(members, key=lambda each: counted(each.name))):
                content = each.read()
                size += len(content)
                if size > PICTURE_CAP_BYTES:
                    raise BadFile(f"Its pictures are larger than {PICTURE_CAP_BYTES // 1_000_000} MB together.",
                                  "Save them smaller.")
                ending = each.name.rpartition(".")[2].lower()
                archive.writestr(zipfile.ZipInfo(f"{k:06}.{ending}", MOMENT), content)
        return out.getvalue()

    return packed


def counted(name: str) -> list[tuple[int, str]]:
    """To sort frame2 before frame10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]
