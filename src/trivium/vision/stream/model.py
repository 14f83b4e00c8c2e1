"""A model that can be put to work: a training's, or a bundle as `trivium vision deploy` writes it."""

from __future__ import annotations

import json
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from trivium.core import files
from trivium.errors import BadFile, StudioError
from trivium.vision.data import SAMPLES
from trivium.vision.deploy import CARD, MODEL, check, read_bundle
from trivium.vision.detection.verdict import boxes_in
from trivium.vision.events import Box, Guess
from trivium.vision.features import Session
from trivium.vision.graph import BOXES, PROBABILITIES, SCORES
from trivium.vision.pictures import Bytes, squashed
from trivium.vision.rejection import is_known
from trivium.vision.stream.verdicts import guesses, threshold_of

PART_CAP_BYTES, MAX_PARTS = 200_000_000, 32  # the first for all of them together, as they lie in memory together
VERSION_LENGTH = 12
DAMAGED = "Make it again with: trivium vision deploy RUN --out BUNDLE.zip"


@dataclass(frozen=True)
class Seen:
    """What a model says of a picture; `boxes` where it finds things, else how likely each class is."""

    top: list[Guess]
    known: bool  # whether it knows such pictures, or finds anything
    sure: dict[str, float]  # how likely each class is, or how sure the surest box of it, also beyond `top`
    boxes: list[Box] | None = None


@dataclass
class Model:
    """A classifier or a detector in the runtime."""

    card: dict[str, Any]
    session: Session
    version: str

    @property
    def classes(self) -> list[str]:
        return list(self.card["classes"])

    @property
    def project(self) -> str:
        return str(self.card.get("project", ""))

    @property
    def threshold(self) -> float | None:
        return threshold_of(self.card)

    @property
    def task(self) -> str:
        return str(self.card["task"])

    @property
    def side(self) -> int:
        """Pixels of a side of the pictures that it looks at."""
        return self.session.side

    def look(self, picture: Bytes, top: int, threshold: float | None = None) -> Seen:
        """What is on a picture (S, S, 3); `threshold` is the least score of a box, where not the card's count."""
        if picture.shape[0] != self.side:  # it came in the size of the model before
            picture = squashed(Image.fromarray(picture), self.side)
        said = self.session.outputs(picture[None])
        if SCORES in said:
            return seen(boxes_in(self.card, said[BOXES][0], said[SCORES][0], threshold), top)
        probabilities = said[PROBABILITIES][0].tolist()
        return Seen(guesses(self.classes, probabilities, top), is_known(self.card, said) is not False,
                    dict(zip(self.classes, probabilities, strict=True)))


def seen(boxes: list[Box], top: int) -> Seen:
    """Boxes, and the classes of the surest ones: what is settled about a scene is settled about its surest object."""
    best = {box.label: box.confidence for box in reversed(boxes)}  # the surest come first
    order = sorted(best, key=lambda label: -best[label])[:top]
    return Seen([Guess(label=label, probability=best[label]) for label in order], bool(boxes), best, boxes)


def open_model(path: Path, threads: int = 1, checked: bool = False) -> Model:
    """The model of a run folder or a bundle; with `checked` tried on its stored pictures first."""
    card, parts = bundle_of(path)
    if checked:
        check(parts)
    return Model(card, Session(parts[MODEL], threads), version_of(card))


def version_of(card: dict[str, Any]) -> str:
    """What tells this model from every other."""
    return str(card["files"][MODEL])[:VERSION_LENGTH]


def bundle_of(path: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Card and files of a run folder or of a bundle, each compared with its sha256."""
    if path.is_dir():
        return read_bundle(path)
    if not path.is_file():
        raise BadFile(f"{path} does not exist.", "Give a training's folder or a bundle.")
    return from_zip(path)


def from_zip(path: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """A bundle's card and files; names that lead elsewhere and sizes that nobody needs are refused."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_PARTS:
                raise BadFile(f"{path.name} is no bundle: it holds {len(entries)} files.", DAMAGED)
            parts: dict[str, bytes] = {}
            for entry in entries:
                parts[entry.filename] = _part(archive, entry, PART_CAP_BYTES - sum(map(len, parts.values())))
        card = json.loads(parts.pop(CARD))
        sums = dict(card["files"])
        whole = {MODEL, SAMPLES} <= sums.keys() and sums.keys() <= parts.keys() and isinstance(card["classes"], list)
        whole = whole and all(files.sha256_bytes(parts[name]) == sums[name] for name in sums)
    except StudioError:
        raise
    except (OSError, ValueError, KeyError, TypeError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error,
            NotImplementedError, RecursionError):
        raise BadFile(f"{path.name} is no bundle, or it is damaged.", DAMAGED) from None
    if not whole:
        raise BadFile(f"{path.name} is damaged: its files are not those that it was made of.", DAMAGED)
    return card, {name: parts[name] for name in sums}


def _part(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, room: int) -> bytes:
    with archive.open(entry) as file:
        data = file.read(room + 1)
    if len(data) > room:
        raise BadFile(f"What is in the bundle is too large: it may be {PART_CAP_BYTES // 1_000_000} MB.", DAMAGED)
    return data
