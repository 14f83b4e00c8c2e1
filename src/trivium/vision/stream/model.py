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
from trivium.vision.activity.sampling import RATE
from trivium.vision.activity.watching import SlidingWindow
from trivium.vision.backbone.efficientnet import Floats
from trivium.vision.backbone.features import Session
from trivium.vision.backbone.graph import BOXES, LIKELIHOODS, PROBABILITIES, SCORES
from trivium.vision.classification.data import SAMPLES
from trivium.vision.classification.rejection import is_known
from trivium.vision.collect.pictures import Bytes, squashed
from trivium.vision.deploy import CARD, HEAD, MODEL, check, read_bundle
from trivium.vision.detection.verdict import alone, boxes_in
from trivium.vision.events.event import Box, Guess, Mask
from trivium.vision.segmentation.verdict import masks_in
from trivium.vision.stream.verdicts import guesses, threshold_of

PART_CAP_BYTES, MAX_PARTS = 200_000_000, 32  # the first for all of them together, as they lie in memory together
VERSION_LENGTH = 12
DAMAGED = "Make it again with: trivium vision deploy RUN --out BUNDLE.zip"


@dataclass(frozen=True)
class Seen:
    """What a model says of a picture; `boxes` where it finds things, `masks` where it says what each pixel is, else how
    likely each class is."""

    top: list[Guess]
    known: bool  # whether it knows such pictures, or finds anything
    sure: dict[str, float]  # how likely each class is, or how sure the surest box of it, also beyond `top`
    boxes: list[Box] | None = None
    masks: list[Mask] | None = None


@dataclass
class Model:
    """A model in the runtime."""

    card: dict[str, Any]
    session: Session
    version: str
    head: Session | None = None  # of an activity model, which judges many frames together
    at_once: int = 1  # pictures that may be looked at at the same time

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

    def window(self) -> SlidingWindow | None:
        """What a stream's frames go through where the model judges many together; None where it looks at each."""
        return None if self.head is None else SlidingWindow(self.session, self.head, self.card["window"])

    def told(self, probabilities: Floats | None, top: int) -> Seen:
        """What a window comes to; nothing yet where there was none."""
        if probabilities is None:
            return Seen([], False, {})
        said = [float(each) for each in probabilities]
        return Seen(guesses(self.classes, said, top), True, dict(zip(self.classes, said, strict=True)))

    def look(self, picture: Bytes, top: int, threshold: float | None = None, one_class: bool = True) -> Seen:
        """What is on a picture (S, S, 3); `threshold` is the least score of a box, where not the card's count; with
        `one_class` no two classes lie at one place."""
        if picture.shape[0] != self.side:  # it came in the size of the model before
            picture = squashed(Image.fromarray(picture), self.side)
        said = self.session.outputs(picture[None])
        if SCORES in said:
            boxes = boxes_in(self.card, said[BOXES][0], said[SCORES][0], threshold)
            return seen(alone(boxes) if one_class else boxes, top)
        if LIKELIHOODS in said:
            return covered(masks_in(self.classes, said[LIKELIHOODS][0], threshold), top)
        probabilities = said[PROBABILITIES][0].tolist()
        return Seen(guesses(self.classes, probabilities, top), is_known(self.card, said) is not False,
                    dict(zip(self.classes, probabilities, strict=True)))


def seen(boxes: list[Box], top: int) -> Seen:
    """Boxes, and the classes of the surest ones: what is settled about a scene is settled about its surest object."""
    best = {box.label: box.confidence for box in reversed(boxes)}  # the surest come first
    order = sorted(best, key=lambda label: -best[label])[:top]
    return Seen([Guess(label=label, probability=best[label]) for label in order], bool(boxes), best, boxes)


def covered(found: list[tuple[Mask, float]], top: int) -> Seen:
    """Masks, and their classes: what is settled about a scene is settled about what covers most of it."""
    likely = {mask.label: confidence for mask, confidence in found}
    guesses = [Guess(label=label, probability=confidence) for label, confidence in list(likely.items())[:top]]
    return Seen(guesses, bool(found), likely, masks=[mask for mask, _ in found])


def open_model(path: Path, threads: int = 1, checked: bool = False, apart: bool = False) -> Model:
    """The model of a run folder or a bundle; with `checked` tried on its stored pictures first.

    All threads look at one picture, so that it is judged soon; with `apart` each at one of its own, so that more are.
    """
    card, parts = bundle_of(path)
    if checked:
        check(parts)
    head = Session(parts[HEAD], threads) if HEAD in parts else None
    if head is not None and card["window"]["moments_per_s"] != RATE:
        raise BadFile(f"This model looks {card['window']['moments_per_s']} times a second, and this version of Trivium "
                      f"{RATE} times.", "Train it again.")
    apart = apart and head is None  # a window takes one after the other
    session = Session(parts[MODEL], 1 if apart else threads)
    return Model(card, session, version_of(card), head, threads if apart else 1)


def version_of(card: dict[str, Any]) -> str:
    """What tells this model from every other: what was learned lies in the head, where there is one."""
    return str(card["files"].get(HEAD, card["files"][MODEL]))[:VERSION_LENGTH]


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
