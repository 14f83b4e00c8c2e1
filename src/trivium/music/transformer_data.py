"""Find the four-part music that a Transformer is to learn from: the benchmark file, or arrays of one's own.

Taken are `.npy` and `.npz` files of whole numbers (no pickle): one piece as (T, 4), or several as (N, T, 4); rows are
sixteenth steps, columns soprano, alto, tenor, bass, values MIDI pitches 36..81, or -1 for silence. Pieces that are
equal up to transposition are taken once; the split is by piece.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from trivium.core.runfolder import Content
from trivium.errors import BadFile
from trivium.music.data import inputs_of
from trivium.music.score_benchmark import SHA256, is_benchmark, open_benchmark
from trivium.music.tokens import LOWEST, PITCHES, SILENCE, Ints, Piece, V, classes_of

ENDINGS, MAGIC = (".npy", ".npz"), (b"\x93NUMPY", b"PK")
FEWEST, SHORTEST, LONGEST = 4, 16, 4096  # pieces; steps
MOST_BYTES = 50_000_000
VALID_SHARE = 0.15
FEW = 100  # pieces below which somebody is warned


def training_inputs(source: Path, seed: int) -> tuple[dict[str, Content], list[str]]:
    """What a run takes along to learn from a file or a folder, and what its owner should know of it."""
    content = read(source) if source.is_file() else b""
    if is_benchmark(content):
        splits = open_benchmark(content)
        pieces = {split: [Piece.of(sounding) for sounding in splits[split]] for split in ("train", "valid")}
        return inputs_of(pieces, {"source": source.name, "sha256": SHA256, "with_hold": False}), []
    own = distinct(own_pieces(source))
    if len(own) < FEWEST:
        raise BadFile(f"{source.name} holds {len(own)} different pieces; a training needs at least {FEWEST}.",
                      "Add more music.")
    shuffled = [own[i] for i in np.random.default_rng(seed).permutation(len(own))]
    held_out = max(1, round(VALID_SHARE * len(own)))
    pieces = {"train": [Piece.of(p) for p in shuffled[held_out:]], "valid": [Piece.of(p) for p in shuffled[:held_out]]}
    warnings = [] if len(own) >= FEW else [
        f"{len(own)} pieces are few: the model will tend to copy them. Several hundred are better."]
    sha256 = hashlib.sha256(b"".join(piece.astype(np.uint8).tobytes() for piece in own)).hexdigest()
    return inputs_of(pieces, {"source": source.name, "sha256": sha256, "with_hold": False}), warnings


def read(path: Path) -> bytes:
    """The file's bytes, if it is of a size to be believed."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadFile(f"{path.name} is larger than {MOST_BYTES // 1_000_000} MB.", "Divide it into several files.")
        return path.read_bytes()
    except OSError as error:
        raise BadFile(f"{path} can't be read: {error.strerror}.", "Check the path.") from None


def own_pieces(source: Path) -> list[Ints]:
    """Every piece below a folder, or in a file, as classes (T, 4)."""
    if not source.exists():
        raise BadFile(f"{source} does not exist.", "Check the path.")
    paths = sorted(p for p in source.rglob("*") if p.suffix.lower() in ENDINGS and p.is_file()) if source.is_dir() \
        else [source]
    if not paths or (source.is_file() and source.suffix.lower() not in ENDINGS):
        raise BadFile(f"{source.name} holds no music that can be learned from.",
                      f"Taken are files that end in {' or '.join(ENDINGS)}: whole numbers (steps, {V} voices).")
    return [piece for path in paths for array in arrays(path) for piece in pieces_in(array, path.name)]


def arrays(path: Path) -> list[np.ndarray[Any, Any]]:
    """The arrays of a file; objects, which could run anything, are refused."""
    content = read(path)
    try:
        if not content.startswith(MAGIC):
            raise ValueError("neither .npy nor .npz")
        file = np.load(io.BytesIO(content), allow_pickle=False)
        if isinstance(file, np.ndarray):
            return [file]
        if sum(entry.file_size for entry in file.zip.infolist()) > MOST_BYTES:
            raise BadFile(f"{path.name} unpacks to more than {MOST_BYTES // 1_000_000} MB.", "Divide it.")
        return [file[name] for name in file.files]
    except (ValueError, EOFError, OSError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        if "pickle" in str(error) or "Object arrays" in str(error):
            raise BadFile(f"{path.name} holds Python objects, which may run anything when they are opened.",
                          "Save the pieces as plain arrays of whole numbers, one array a piece.") from None
        raise BadFile(f"{path.name} is no array file, or damaged.", "Save it with numpy.save or numpy.savez.") from None


def pieces_in(array: np.ndarray[Any, Any], name: str) -> list[Ints]:
    """One piece (T, 4), or several (N, T, 4), checked, as classes."""
    if array.ndim not in (2, 3) or array.shape[-1] != V or not np.issubdtype(array.dtype, np.number):
        raise BadFile(f"{name} holds an array of shape {array.shape}; a piece is (steps, {V}) whole numbers.",
                      "Columns are soprano, alto, tenor and bass; rows are sixteenth steps.")
    if np.iscomplexobj(array) or not np.isfinite(array).all() or (array != np.round(array)).any():
        raise BadFile(f"{name} holds numbers that are not whole.", "Pitches are MIDI numbers; silence is -1.")
    grids = array.astype(np.int64)[None] if array.ndim == 2 else array.astype(np.int64)
    outside = (grids != -1) & ((grids < LOWEST) | (grids >= LOWEST + PITCHES))
    if outside.any():
        raise BadFile(f"{name} holds the value {grids[outside][0]}.",
                      f"Pitches go from {LOWEST} to {LOWEST + PITCHES - 1}; silence is -1.")
    if not SHORTEST <= grids.shape[1] <= LONGEST:
        raise BadFile(f"{name} holds a piece of {grids.shape[1]} steps; {SHORTEST} to {LONGEST} can be learned from.",
                      "Join short pieces, or divide long ones.")
    return [classes_of(grid) for grid in grids if (grid >= 0).any()]


def distinct(pieces: list[Ints]) -> list[Ints]:
    """Without pieces that are another one, moved up or down."""
    seen: set[bytes] = set()
    kept = []
    for piece in pieces:
        sung = piece != SILENCE
        shape = np.where(sung, piece - piece[sung].min(), -1).tobytes()
        if shape not in seen:
            seen.add(shape)
            kept.append(piece)
    return kept
