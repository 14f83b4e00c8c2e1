"""The masks among the files of an import: read confined, matched with their photos, their values given classes.

Names come from a file beside them; without one, from the project's classes by their number, from Pascal VOC's colours,
or from the values and colours themselves. Where all masks have two values only, what is not 0 is one class.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from trivium.errors import BadFile
from trivium.vision.annotation.mask_names import (
    VOC,
    VOC_VOID,
    Colour,
    Names,
    is_name_file,
    masks_among,
    names_in,
    split,
    voc_colours,
)
from trivium.vision.annotation.matching import SIDEWAYS, same_shape
from trivium.vision.collect.reading import read_batch
from trivium.vision.collect.sources import Source
from trivium.vision.labels.masks import MOST_CLASSES, UNLABELLED
from trivium.vision.labels.painting import mask_size
from trivium.vision.labels.planes import Plane, unpacked

BATCH = 200  # masks at a time
ONE = "foreground"  # where masks tell one thing from the rest and nobody says what it is
TURNS: dict[int, Callable[[Any], Any]] = {  # by EXIF orientation
    5: lambda plane: plane.T, 6: lambda plane: np.rot90(plane, -1), 7: lambda plane: np.rot90(plane, 2).T, 8: np.rot90}


@dataclass
class FileMask:
    """A mask as it was read; its values still mean what its file means."""

    file: str
    png: bytes
    width: int
    height: int
    values: list[int]
    colours: dict[int, Colour]
    by_colour: bool


@dataclass
class FileMasks:
    """The masks of an import by the name of their photo."""

    found: dict[str, FileMask] = field(default_factory=dict)
    names: Names = field(default_factory=Names)
    known: list[str] = field(default_factory=list)  # classes of the project
    strange: dict[str, list[str]] = field(default_factory=dict)  # a value or colour without a class -> where

    def __post_init__(self) -> None:
        masks = list(self.found.values())
        self.values = {value for mask in masks if not mask.by_colour for value in mask.values}
        self.shown = {mask.colours[value] for mask in masks if mask.by_colour for value in mask.values}
        self.is_voc = bool(masks) and any("segmentationclass" in split(mask.file)[0] for mask in masks)
        self.is_derived = not self.names
        if self.is_derived:
            self.names = self._derived()

    @property
    def classes(self) -> list[str]:
        """In their order."""
        used = {self.meaning(mask, value) for mask in self.found.values() for value in mask.values}
        return [name for name in self.names.classes if name in used or not self.is_derived]

    def _derived(self) -> Names:
        """What values and colours are called where no file says it."""
        found, colours = Names(), voc_colours()
        one = self.known[0] if len(self.known) == 1 else ONE
        if self.values:
            found.by_value = {0: "", UNLABELLED: None}
            if self.is_voc:
                found.by_value |= dict(enumerate(VOC, 1))
            elif self.values <= {0, UNLABELLED} or (self.values <= {0, 1} and len(self.known) < 2):
                found.by_value |= {value: one for value in self.values - {0}}
            else:
                found.by_value |= {value: self.known[value - 1] if value <= len(self.known) else f"class {value}"
                                   for value in sorted(self.values - {0, UNLABELLED})}
        black, rest = (0, 0, 0), sorted(self.shown - {(0, 0, 0), VOC_VOID})
        found.by_colour = {black: "", VOC_VOID: None}
        if self.is_voc and set(rest) <= set(colours[1:21]):
            found.by_colour |= dict(zip(colours[1:21], VOC, strict=True))
        else:
            found.by_colour |= {colour: one if len(rest) == 1 else "#{:02x}{:02x}{:02x}".format(*colour)
                                for colour in rest[:MOST_CLASSES]}
        return found

    def meaning(self, mask: FileMask, value: int) -> str | None:
        """The class of a value; "" background, None not labelled."""
        names = self.names
        if mask.by_colour or (names.by_colour and not names.by_value and value in mask.colours):
            colour = mask.colours[value]
            if colour in names.by_colour or colour == (0, 0, 0):
                return names.by_colour.get(colour, "")
            self._strange("#{:02x}{:02x}{:02x}".format(*colour), mask)
            return None
        if value in names.by_value:
            return names.by_value[value]
        self._strange(str(value), mask)
        return None

    def _strange(self, what: str, mask: FileMask) -> None:
        where = self.strange.setdefault(what, [])
        if mask.file not in where:
            where.append(mask.file)

    def plane(self, photo: str, width: int, height: int, orientation: int, classes: list[str]) -> Plane:
        """A photo's mask in its size and these classes' numbers; BadFile where it was made for another picture."""
        mask = self.found[photo]
        table = np.full(256, UNLABELLED, np.uint8)
        for value in mask.values:
            name = self.meaning(mask, value)
            table[value] = UNLABELLED if name is None else 0 if name == "" else classes.index(name) + 1
        plane = np.asarray(table[unpacked(mask.png)])
        if not same_shape((mask.width, mask.height), (width, height)):
            if orientation not in SIDEWAYS or not same_shape((mask.height, mask.width), (width, height)):
                raise BadFile(f"Its mask {mask.file} has {mask.width} x {mask.height} pixels, and the photo of "
                              f"{width} x {height} has another shape.", "Give a mask of the photo's own size.")
            plane = TURNS[orientation](plane)
        return np.asarray(Image.fromarray(plane).resize(mask_size(width, height), Image.Resampling.NEAREST))

    def notes(self) -> list[str]:
        """What came of the values, in plain sentences."""
        found = []
        for what, where in self.strange.items():
            found.append(f"The value {what} has no class and was taken as not labelled, on {len(where):,} masks, such "
                         f"as {where[0][:200]}.")
        if self.names and any(name and name.startswith(("class ", "#")) for name in self.names.classes):
            found.append("No file names the classes (classes.txt or labels.json), so they are called by their numbers "
                         "or colours; rename them.")
        return found


def file_masks(source: Source, photos: Iterable[str], known: list[str]) -> FileMasks:
    """The masks among the files; they and the files that name classes are taken out, for they are no pictures."""
    photos = list(photos)
    chosen, objects = masks_among((each.name for each in source.found), photos)
    readers = {each.name: each.read for each in source.found}
    names = Names()
    for name in [each for each in readers if is_name_file(each)] if chosen else []:
        names = names or names_in(name, readers[name]())
    pictures = [*(name for name in readers if name not in chosen and name not in objects), *photos]
    matched = _photos_of(chosen, pictures)
    source.found = [each for each in source.found if each.name not in chosen and each.name not in objects
                    and not (chosen and is_name_file(each.name))]
    for name in objects:
        source.pass_over(name, "It tells single objects apart, not classes.")
    read = dict[str, FileMask]()
    for name in chosen:
        if name not in matched:
            source.pass_over(name, "There is no photo for this mask.")
    wanted = list(matched)
    for at in range(0, len(wanted), BATCH):
        _read(wanted[at:at + BATCH], readers, matched, read, source)
    return FileMasks(read, names, known)


def _photos_of(masks: dict[str, str], pictures: Iterable[str]) -> dict[str, str]:
    """{mask: photo}: the one of that name whose folders are most alike."""
    by_stem: dict[str, list[str]] = {}
    for name in dict.fromkeys(pictures):
        by_stem.setdefault(split(name)[1].lower(), []).append(name)
    found = {}
    for mask, stem in masks.items():
        there, folders = by_stem.get(stem.lower(), []), set(split(mask)[0])
        if there:
            found[mask] = max(there, key=lambda name: len(folders & set(split(name)[0])))
    return found


def _read(names: list[str], readers: dict[str, Any], photos: dict[str, str], read: dict[str, FileMask],
          source: Source) -> None:
    batch = list[tuple[str, bytes]]()
    for name in names:
        try:
            batch.append((name, readers[name]()))
        except BadFile as error:
            source.pass_over(name, f"{error.message} {error.hint}")
    at = 0
    while at < len(batch):
        rest = batch[at:]

        def told(k: int, facts: dict[str, Any], path: Path, rest: list[tuple[str, bytes]] = rest) -> None:
            name = rest[k][0]
            if "error" in facts:
                source.pass_over(name, str(facts["error"]))
                return
            colours = {int(value): (rgb[0], rgb[1], rgb[2]) for value, rgb in facts["colours"].items()}
            read[photos[name]] = FileMask(name, path.with_suffix(".mask").read_bytes(), int(facts["width"]),
                                          int(facts["height"]), [int(value) for value in facts["values"]], colours,
                                          bool(facts["by_colour"]))

        at += read_batch(rest, None, told, module="trivium.vision.annotation.mask_reading")
