"""Bach's four-part works from the music21 corpus: real music to learn from, read from that package.

music21's code is BSD-3-Clause; its corpus is there "with the permission of the encoders", and the Bach files carry no
rights line of their own. Nothing of it is copied into Trivium. Its 364 four-part works hold 14 pairs that are nearly
the same work; one of each is left out. Most of the benchmark's test pieces stand in it too, so a model that has learned
from it is never scored there.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from trivium.errors import BadFile, MissingExtra
from trivium.music.dataset.prepare import prepare, sorted_out
from trivium.music.dataset.reading import read_files
from trivium.music.dataset.sets import TrainingSet

LICENCE = ("music21 corpus, with the permission of the encoders; Bach's music is in the public domain. "
           "Installed from the package music21 (BSD-3-Clause), not part of Trivium.")


def corpus_files() -> list[Path]:
    """The paths of the corpus's works of Bach that are MusicXML."""
    try:
        from music21 import corpus
    except ImportError:
        raise MissingExtra("music21, whose corpus holds Bach's chorales,", "corpus") from None
    return sorted(Path(path) for path in corpus.getComposer("bach") if str(path).endswith(".mxl"))


def prepare_bach(seed: int = 1, say: Callable[[str], None] = lambda _text: None) -> TrainingSet:
    """The default real training set."""
    paths = corpus_files()
    say(f"Reading {len(paths)} works of Bach; this takes about a minute ...")
    reading = read_files([(path, path.name) for path in paths], say)
    pieces, aside = sorted_out(reading)
    four = [piece for piece in pieces if piece.is_four_part]
    if len(four) < 2:
        raise BadFile("music21's corpus of Bach could not be read.", 'Install it again: pip install "trivium[corpus]"')
    sources = {"name": "music21 Bach, four parts", "files": len(paths), "failed": reading.failed, "remarks": [],
               "other_files": {"count": len(pieces) - len(four), "such_as": None}, "licence": LICENCE}
    return prepare(four, seed, sources, double=0.0, set_aside=aside)
