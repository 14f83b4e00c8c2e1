"""The benchmark file of the field, JSB chorales in sixteenths, and the baseline that every figure stands beside.

The file is a pickle inside, and opening a pickle can run anything. So its bytes are compared with the one known SHA-256
first, and nothing else is ever opened that way. Splits after Boulanger-Lewandowski et al. (ICML 2012).
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np

from trivium.errors import BadFile
from trivium.music.transformer.tokens import CLASSES, Ints, V, classes_of

SHA256 = "2adcdf0d57880c3763f104555072285fe7f9e3d6049fcc4b9830557b8d4a7820"
SIZE = 102_808  # bytes
SPLITS = ("train", "valid", "test")
HINT = "The benchmark is Jsb16thSeparated.npz from the JSB-Chorales-dataset project, unchanged."


def is_benchmark(content: bytes) -> bool:
    """Whether these bytes are the benchmark file."""
    return hashlib.sha256(content).hexdigest() == SHA256


def read_benchmark(path: Path) -> dict[str, list[Ints]]:
    """The three splits as pieces of classes, (T, 4) each."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadFile(f"{path} can't be read: {error.strerror}.", "Check the path.") from None
    if not is_benchmark(content):
        raise BadFile(f"{path.name} is not the benchmark file, so no figure from it could be compared.", HINT)
    return open_benchmark(content)


def open_benchmark(content: bytes) -> dict[str, list[Ints]]:
    """The splits in the bytes, which must be known to be the benchmark's."""
    assert is_benchmark(content), "a pickle is opened only when its bytes are known"
    with np.load(io.BytesIO(content), allow_pickle=True, encoding="latin1") as file:
        return {split: [classes_of(np.where(np.isnan(piece), -1, piece).astype(np.int64)) for piece in file[split]]
                for split in SPLITS}


def bigram_nats(train: list[Ints], pieces: list[Ints], classes: int = CLASSES, voices: int = V) -> float:
    """The baseline: each voice's class given its last one, counted in `train`; nats per note of `voices` over `pieces`.

    Unigram counts start at 1 and serve each piece's first cell; bigram counts start at 0.1.
    """
    nats = 0.0
    for voice in range(voices):
        single, pair = np.ones(classes), np.full((classes, classes), 0.1)
        for piece in train:
            cells = piece[:, voice]
            np.add.at(single, cells, 1.0)
            np.add.at(pair, (cells[:-1], cells[1:]), 1.0)
        log_single, log_pair = np.log(single / single.sum()), np.log(pair / pair.sum(axis=1, keepdims=True))
        for piece in pieces:
            cells = piece[:, voice]
            nats -= log_single[cells[0]] + log_pair[cells[:-1], cells[1:]].sum()
    return float(nats / (voices * sum(len(piece) for piece in pieces)))
