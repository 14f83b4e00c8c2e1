"""Training sets: a folder of music becomes pieces that are checked, quantised, de-duplicated, split and kept.

A kept set is a folder DATA/music-sets/NAME with two files that anyone can copy: pieces.npz, all notes as one table of
integers (no pickle), and card.json, which says where they come from, how they are split, and what to mind. The hash in
the card is of the notes and the split, so it tells two sets apart whatever they are called.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trivium.core import files
from trivium.errors import BadConfig, BadFile, NameTaken, NotFound
from trivium.music.dataset.piece import LENGTH, ONSET, PITCH, VOICE, GridPiece, Ints
from trivium.music.dataset.split import SPLITS

FOLDER = "music-sets"
ARRAYS, CARD = "pieces.npz", "card.json"
FORMAT = 1
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
FACTS = ("title", "source", "metre", "upbeat_steps", "bpm", "key", "key_is_estimated", "is_four_part", "moved")
MAX_ARRAY_BYTES = 400_000_000


@dataclass(frozen=True)
class TrainingSet:
    """Pieces, the split that each belongs to, and the card."""

    pieces: list[GridPiece]
    splits: list[str]  # of each piece: train, valid or test
    card: dict[str, Any]

    def split(self, name: str) -> list[GridPiece]:
        """The pieces of one split."""
        return [piece for piece, each in zip(self.pieces, self.splits, strict=True) if each == name]

    @property
    def sha256(self) -> str:
        """Identifies notes and split."""
        return str(self.card["sha256"])

    @property
    def warnings(self) -> list[str]:
        """What somebody who learns from it should know."""
        return list(self.card["warnings"])


def content_hash(pieces: Sequence[GridPiece], splits: Sequence[str]) -> str:
    """SHA-256 of notes and splits, the same on every system."""
    digest = hashlib.sha256()
    for piece, split in zip(pieces, splits, strict=True):
        digest.update(f"{split} {len(piece.notes)} {piece.metre} {piece.upbeat_steps} {piece.is_four_part}\n".encode())
        digest.update(np.ascontiguousarray(piece.notes, dtype="<i4").tobytes())
    return digest.hexdigest()


def packed(training_set: TrainingSet) -> bytes:
    """The bytes of pieces.npz: notes (all rows, 5), begins (pieces + 1) and split (pieces), 0 for train."""
    tables = [piece.notes for piece in training_set.pieces]
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer, allow_pickle=False, notes=np.concatenate([*tables, np.zeros((0, 5), dtype=np.int32)]),
        begins=np.cumsum([0, *(len(table) for table in tables)]).astype(np.int64),
        split=np.array([SPLITS.index(name) for name in training_set.splits], dtype=np.uint8))
    return buffer.getvalue()


def unpacked(data: bytes, card: Any) -> TrainingSet:
    """The way back; BadFile where the two do not belong together, or something was changed."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            if sum(entry.file_size for entry in arrays.zip.infolist()) > MAX_ARRAY_BYTES:
                raise ValueError("too large")
            notes, begins, split = arrays["notes"], arrays["begins"], arrays["split"]
        check_arrays(notes, begins, split)
        pieces = [GridPiece(notes=notes[begin:end], **{name: facts[name] for name in FACTS})
                  for begin, end, facts in zip(begins[:-1], begins[1:], card["pieces"], strict=True)]
        splits = [SPLITS[k] for k in split]
        intact = content_hash(pieces, splits) == card["sha256"]
    except (OSError, ValueError, KeyError, TypeError, IndexError, zipfile.BadZipFile):
        raise BadFile("This training set is damaged.", "Prepare it again from its files.") from None
    if not intact:
        raise BadFile("The notes of this training set are not those that its card was written for.",
                      "Prepare it again from its files.")
    return TrainingSet(pieces, splits, card)


def check_arrays(notes: Ints, begins: Any, split: Any) -> None:
    """What every form relies on."""
    good = (notes.dtype == np.int32 and notes.ndim == 2 and notes.shape[1] == 5 and begins[0] == 0
            and begins[-1] == len(notes) and (np.diff(begins) > 0).all() and len(split) == len(begins) - 1
            and notes[:, ONSET].min(initial=0) >= 0 and notes[:, LENGTH].min(initial=1) >= 1
            and notes[:, PITCH].min(initial=0) >= 0 and notes[:, PITCH].max(initial=0) <= 127
            and notes[:, VOICE].min(initial=0) >= 0)
    if not good:
        raise ValueError("not notes")


def place_of(name: str, data: Path) -> Path:
    """Where a set of that name lies; a path with a slash is taken as it is."""
    if "/" in name or "\\" in name:
        return Path(name)
    if not NAME.fullmatch(name):
        raise BadConfig(f"{name[:64]!r} can't be the name of a training set.",
                        "Use letters, digits, dots, dashes and underscores.")
    return data / FOLDER / name


def keep(training_set: TrainingSet, name: str, data: Path) -> Path:
    """Write the set's folder; the same set under its own name once more changes nothing."""
    folder = place_of(name, data)
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        card = files.read_json(folder / CARD) if (folder / CARD).is_file() else {}
        if card.get("sha256") == training_set.sha256:
            return folder
        raise NameTaken(f"There is already something else called {name}.", "Choose another name with --out.")
    folder.mkdir(parents=True, exist_ok=True)
    files.atomic_write(folder / ARRAYS, packed(training_set))
    files.write_json(folder / CARD, {**training_set.card, "name": folder.name})  # last: a set is whole once it is there
    return folder


def open_set(name: str | Path, data: Path) -> TrainingSet:
    """A kept set by its name, by the beginning of its hash (at least 8 digits), or by its folder."""
    folder = Path(name) if isinstance(name, Path) else place_of(name, data)
    if not (folder / CARD).is_file() and isinstance(name, str) and re.fullmatch(r"[0-9a-f]{8,64}", name):
        folder = next((path for path, card in kept_cards(data) if card["sha256"].startswith(name)), folder)
    if not (folder / CARD).is_file():
        raise NotFound(f"There is no training set called {str(name)[:80]}.", "List them with: trivium music data")
    return unpacked(files.read_file(folder / ARRAYS), files.read_json(folder / CARD))


def set_in_run(folder: Path) -> TrainingSet:
    """The set that a training of an AR-CNN or a GAN has taken along, from its run's folder."""
    return unpacked(files.read_file(folder / files.INPUTS / ARRAYS), files.read_json(folder / files.INPUTS / CARD))


def delete_set(name: str, data: Path) -> None:
    """Forget a kept set; trainings keep their own copy of it."""
    folder = place_of(name, data)
    if folder.parent != data / FOLDER or not (folder / CARD).is_file():
        raise NotFound(f"There is no training set called {name[:64]}.", "List them with: trivium music data")
    (folder / CARD).unlink()  # first: without its card it is no set any more
    shutil.rmtree(folder)


def is_set(path: Path) -> bool:
    """Whether a folder is a kept set."""
    return (path / CARD).is_file() and (path / ARRAYS).is_file()


def kept_cards(data: Path) -> list[tuple[Path, dict[str, Any]]]:
    """The kept sets' folders and cards, by name; a damaged one is passed over."""
    found = []
    for path in sorted((data / FOLDER).glob(f"*/{CARD}")):
        try:
            card = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(card, dict) and isinstance(card.get("sha256"), str):
            found.append((path.parent, card))
    return found
