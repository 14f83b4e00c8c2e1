"""Make a training set: find the files, read them, clean, drop doubles, split, look for leaks, and say what to mind.

    from trivium.music.dataset.prepare import prepare_folder
    made = prepare_folder(Path("my_midi_folder"), seed=1)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from trivium.errors import BadFile
from trivium.music.dataset.cleaning import cleaned
from trivium.music.dataset.forms import is_tune
from trivium.music.dataset.piece import LENGTH, ONSET, PITCH, GridPiece
from trivium.music.dataset.reading import Reading, read_files
from trivium.music.dataset.sets import FORMAT, TrainingSet, content_hash
from trivium.music.dataset.split import SPLITS, TEST, TRAIN, VALID, split
from trivium.music.dataset.warnings import find_warnings
from trivium.music.dataset.windows import BACH_FLOOR, grid_of, near_duplicates, shares_found

ENDINGS = (".mid", ".midi", ".kar", ".rmi", ".xml", ".musicxml", ".mxl", ".abc", ".npy", ".npz", ".zip")
KNOWN = "Trivium reads MIDI, MusicXML (.xml, .musicxml, .mxl), ABC, and .npy or .npz rolls (clips, 32, 128, 4)."
LICENCE_FILES = ("LICENSE", "LICENCE", "COPYING", "COPYRIGHT")
MAX_FILES = 20_000
DOUBLE = 0.9  # share of the smaller piece's two-bar windows that makes it the same piece once more
FEWEST = 2

Say = Callable[[str], None]


def prepare_folder(folder: Path, seed: int = 1, licence: str | None = None,
                   say: Say = lambda _text: None) -> TrainingSet:
    """The music below a folder, or in one file that holds many pieces, as a training set."""
    paths, others = music_files(folder)
    return prepare_files(folder.name, paths, seed, licence or licence_in(folder), others, say=say)


def prepare_files(name: str, paths: Sequence[tuple[Path, str]], seed: int = 1, licence: str | None = None,
                  others: dict[str, Any] | None = None, failed: Sequence[dict[str, str]] = (),
                  say: Say = lambda _text: None) -> TrainingSet:
    """The music in these files, (path, name to show), as a training set; `failed` are some that were not even here."""
    say(f"Reading {len(paths)} {'file' if len(paths) == 1 else 'files'} ...")
    reading = read_files(paths, say)
    reading.failed = [*failed, *reading.failed]
    total = len(paths) + len(failed)
    if not reading.pieces:
        first = reading.failed[0]
        raise BadFile(f"None of the {total} files in {name} could be read; {first['file']}: "
                      f"{first['message']}" if total > 1 else f"{first['file']}: {first['message']}", KNOWN)
    say(f"Checking {len(reading.pieces)} pieces ...")
    pieces, set_aside = sorted_out(reading)
    if len(pieces) < FEWEST:
        raise BadFile(too_few(name, total, len(pieces), set_aside),
                      "A model learns from many pieces: add more, several hundred if you can.")
    sources = {"name": name, "files": total, "failed": reading.failed, "remarks": reading.remarks[:200],
               "other_files": others or {"count": 0, "such_as": None}, "licence": licence}
    return prepare(pieces, seed, sources, set_aside=set_aside)


def prepare(pieces: Sequence[GridPiece], seed: int, sources: dict[str, Any], double: float = DOUBLE,
            set_aside: Sequence[dict[str, str]] = ()) -> TrainingSet:
    """Clean pieces as a training set: doubles dropped, split by piece with near-duplicates together, leaks looked for.

    `double` is the share of common two-bar windows from which a near-duplicate is dropped and not only kept together
    with its like.
    """
    dropped = repeats(pieces)  # piece -> the one that it repeats
    others = [k for k in range(len(pieces)) if k not in dropped]
    pairs = [(others[i], others[j], count, share)
             for i, j, count, share in near_duplicates([grid_of(pieces[k]) for k in others])]
    for i, j, _, share in pairs:
        if share >= double and i not in dropped:
            dropped.setdefault(j, i)
    kept = [k for k in range(len(pieces)) if k not in dropped]
    if len(kept) < FEWEST:
        raise BadFile("All these pieces are the same one.", "Add other music.")
    place = {k: number for number, k in enumerate(kept)}
    near = [(place[i], place[j]) for i, j, _, _ in pairs if i in place and j in place]
    chosen = [pieces[k] for k in kept]
    splits = split(len(chosen), near, seed)
    doubles = [{"piece": pieces[j].title, "file": pieces[j].source, "repeats": pieces[i].title,
                "repeats_file": pieces[i].source} for j, i in sorted(dropped.items())]
    card = {
        "format": FORMAT, "sources": sources, "licence": sources.get("licence"), "seed": seed,
        "sha256": content_hash(chosen, splits), "counts": counts(chosen, splits), "leak": leaks(chosen, splits),
        "set_aside": list(set_aside), "duplicates": doubles, "near_duplicates": len(near),
        "moved": round(moved_share(chosen), 4),
        "pieces": [{**piece.facts(), "split": name, "steps": piece.steps, "notes": len(piece.notes)}
                   for piece, name in zip(chosen, splits, strict=True)]}
    return TrainingSet(chosen, splits, {**card, "warnings": find_warnings(card)})


def repeats(pieces: Sequence[GridPiece]) -> dict[int, int]:
    """Pieces that are note for note an earlier one in whatever key, with that one's number. Looked for first: passages
    of a single note, and those that very many pieces share, tell no pieces apart."""
    seen: dict[bytes, int] = {}
    found: dict[int, int] = {}
    for k, piece in enumerate(pieces):
        rows = piece.notes[:, [ONSET, LENGTH, PITCH]].copy()
        rows[:, 2] -= rows[0, 2] if len(rows) else 0
        first = seen.setdefault(rows.tobytes(), k)
        if first != k:
            found[k] = first
    return found


def music_files(folder: Path) -> tuple[list[tuple[Path, str]], dict[str, Any]]:
    """The files to read, with the names to show, and how many others there are."""
    if folder.is_file():
        return [(folder, folder.name)], {"count": 0, "such_as": None}
    if not folder.is_dir():
        raise BadFile(f"{folder} does not exist.", "Check the path.")
    found = [path for path in sorted(folder.rglob("*"))
             if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)]
    music = [(path, path.relative_to(folder).as_posix()) for path in found if path.suffix.lower() in ENDINGS]
    others = [path.name for path in found if path.suffix.lower() not in ENDINGS]
    if not music:
        what = f"none of its {len(others)} files is a file of notes (such as {others[0]})" if others else "it is empty"
        raise BadFile(f"There is no music in {folder.name}: {what}.", KNOWN)
    if len(music) > MAX_FILES:
        raise BadFile(f"There are {len(music):,} files in {folder.name}; a set may have {MAX_FILES:,}.",
                      "Choose a folder within it.")
    return music, {"count": len(others), "such_as": others[0] if others else None}


def sorted_out(reading: Reading) -> tuple[list[GridPiece], list[dict[str, str]]]:
    """The pieces to learn from, and those set aside with the reason."""
    kept, aside = [], []
    for raw in reading.pieces:
        piece = cleaned(raw)
        if isinstance(piece, str):
            aside.append({"file": raw.source, "title": raw.title, "message": piece})
        else:
            kept.append(piece)
    return kept, aside


def too_few(name: str, file_count: int, piece_count: int, set_aside: list[dict[str, str]]) -> str:
    """Why there is nothing to split, in a sentence."""
    if not piece_count:
        return f"No piece in {name} can be learned from; {set_aside[0]['file']}: {set_aside[0]['message']}"
    files = "one file" if file_count == 1 else f"{file_count} files"
    return (f"{name} holds {files} with one usable piece; from one piece a model can learn nothing but to "
            "repeat it, and none would be left to check it with.")


def licence_in(folder: Path) -> str | None:
    """The first line of the folder's licence file, if it has one."""
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.stem.upper() in LICENCE_FILES and path.is_file():
            with path.open(encoding="utf-8", errors="replace") as file:
                lines = [line.strip() for line in file.read(4000).splitlines() if line.strip()]
            return f"{path.name}: {lines[0][:200]}" if lines else path.name
    return None


def counts(pieces: Sequence[GridPiece], splits: Sequence[str]) -> dict[str, Any]:
    """Pieces, four-part pieces, tunes of one voice, steps and notes, in all and of each split."""
    found = {}
    for name in ("all", *SPLITS):
        chosen = [piece for piece, each in zip(pieces, splits, strict=True) if name in ("all", each)]
        found[name] = {"pieces": len(chosen), "four_part": sum(piece.is_four_part for piece in chosen),
                       "tunes": sum(is_tune(piece) for piece in chosen),
                       "steps": sum(piece.steps for piece in chosen),
                       "notes": sum(len(piece.notes) for piece in chosen)}
    return found


def leaks(pieces: Sequence[GridPiece], splits: Sequence[str]) -> list[dict[str, Any]]:
    """Share of held-out windows that stand in train, transposition ignored, beside Bach's own, by length in steps."""
    grids: dict[str, list[Any]] = {name: [] for name in SPLITS}
    for piece, name in zip(pieces, splits, strict=True):
        grids[name].append(grid_of(piece))
    shares = {name: shares_found(grids[name], grids[TRAIN]) for name in (VALID, TEST)}
    return [{"steps": steps, VALID: rounded(shares[VALID][steps]), TEST: rounded(shares[TEST][steps]),
             "bach_valid": floor[0] / 100, "bach_test": floor[1] / 100} for steps, floor in BACH_FLOOR.items()]


def rounded(share: float | None) -> float | None:
    """As the card keeps it."""
    return None if share is None else round(share, 5)


def moved_share(pieces: Sequence[GridPiece]) -> float:
    """Of all notes, how many quantising moved by more than a 64th."""
    total = sum(len(piece.notes) for piece in pieces)
    return sum(piece.moved * len(piece.notes) for piece in pieces) / max(total, 1)
