"""Collections of the music21 corpus that are free to use: real music to learn from, read from that package.

music21's code is BSD-3-Clause; its corpus is there "with the permission of the encoders". A collection stands here
where its files carry no terms of their own; a single file that names a publisher's rights is passed over, as are
Palestrina's masses (their encoder keeps the rights to whatever is made of them), the Essen songs (not for companies)
and Josquin's (GPL). Of the fiddle tunes Ryan's book of 1883 stands here, whose transcribers sent them in for all; not
Aird's, whose transcriber points to a site of his own, nor O'Neill's, which many people typed for other collections.
Nothing of it is copied into Trivium.

Of Bach's 364 four-part works 14 pairs are nearly the same work; one of each is left out. Most of the benchmark's test
pieces stand among them, so a model that has learned from Bach is never scored there.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from trivium.errors import BadFile, MissingExtra, NotFound
from trivium.music.dataset.piece import GridPiece
from trivium.music.dataset.prepare import DOUBLE, prepare, sorted_out
from trivium.music.dataset.reading import read_files
from trivium.music.dataset.sets import TrainingSet

LICENCE = ("music21 corpus, with the permission of the encoders; the music is in the public domain. "
           "Installed from the package music21 (BSD-3-Clause), not part of Trivium.")
RIGHTS = re.compile(rb"<rights[^>]*>\s*[^\s<]")
RIGHTS_ABC = re.compile(  # in any field but T:, the title
    rb"(?im)^(?:[A-SU-Z]:|%).*(?:copyright|\(c\)\s*\d|\xa9|licen[cs]e|permission|all rights)")
Say = Callable[[str], None]


@dataclass(frozen=True)
class Collection:
    """Works of some composers, or the tunes of a book."""

    id: str
    title: str
    text: str
    composers: tuple[str, ...]  # their folders in the corpus
    minutes: float  # that reading it takes, about
    voices: range  # how many parts a work has that is taken
    accompaniment: tuple[tuple[str, int], ...]  # what the parts below the highest are called, and their programs
    choir: bool = False  # whether they must be soprano, alto, tenor and bass
    double: float = DOUBLE  # share of common windows from which a work is taken for another one once more
    suffix: str = ".mxl"  # of its files: MusicXML or ABC

    def takes(self, piece: GridPiece) -> bool:
        """Whether a piece belongs to it."""
        return piece.voices in self.voices and (piece.is_four_part or not self.choir)


COLLECTIONS = (
    Collection("bach", "Bach, four parts", "Some 350 chorales.", ("bach",), 1, range(4, 5),
               (("Alto", 48), ("Tenor", 48), ("Bass", 42)), choir=True, double=0.0),
    Collection("quartets", "String quartets", "Some 45 movements by Haydn, Mozart and Beethoven.",
               ("haydn", "mozart", "beethoven"), 2, range(4, 5), (("Violin 2", 40), ("Viola", 41), ("Cello", 42))),
    Collection("madrigals", "Renaissance madrigals", "Some 45 madrigals by Monteverdi, for five and six voices.",
               ("monteverdi",), 1, range(4, 7), (("Alto", 52), ("Tenor", 52), ("Bass", 52))),
    Collection("folk", "Fiddle tunes", "Some 1,000 reels, jigs and hornpipes of Ryan's Mammoth Collection of 1883.",
               ("ryansMammoth",), 0.5, range(1, 2), (), suffix=".abc"),
)


def collection(name: str) -> Collection:
    """A collection by its id."""
    for found in COLLECTIONS:
        if found.id == name:
            return found
    raise NotFound(f"There is no collection {name[:40]!r}.",
                   f"There are: {', '.join(each.id for each in COLLECTIONS)}.")


def corpus_files(wanted: Collection) -> list[tuple[Path, str]]:
    """A collection's files, and a name for each: many works have a `movement1.mxl`."""
    try:
        from music21 import corpus
    except ImportError:
        raise MissingExtra("music21, whose corpus holds this music,", "corpus") from None
    found = []
    for composer in wanted.composers:
        for path in map(Path, corpus.getComposer(composer)):
            within = path.parts[path.parts.index(composer) + 1:]
            if path.suffix == wanted.suffix:
                found.append((path, "/".join(within if len(wanted.composers) == 1 else (composer, *within))))
    return sorted(found)


def names_rights(path: Path) -> bool:
    """Whether a file (.mxl or .abc) says whose rights it is under."""
    if path.suffix == ".abc":
        return RIGHTS_ABC.search(path.read_bytes()) is not None
    with zipfile.ZipFile(path) as whole:
        return any(RIGHTS.search(whole.read(name)) for name in whole.namelist() if not name.startswith("META-INF"))


def prepare_corpus(name: str, seed: int = 1, say: Say = lambda _text: None) -> TrainingSet:
    """A collection as a training set."""
    wanted = collection(name)
    paths = corpus_files(wanted)
    free = [(path, shown) for path, shown in paths if not names_rights(path)]
    say(f"Reading {len(free)} files of {wanted.title}; this takes about {wanted.minutes:g} min ...")
    reading = read_files(free, say)
    pieces, aside = sorted_out(reading)
    taken = [piece for piece in pieces if wanted.takes(piece)]
    if len(taken) < 2:
        raise BadFile(f"music21's corpus of {wanted.title} could not be read.",
                      'Install it again: pip install "trivium[corpus]"')
    sources = {"name": f"music21 {wanted.title}", "files": len(paths), "failed": reading.failed, "remarks": [],
               "other_files": {"count": len(paths) - len(free) + len(pieces) - len(taken), "such_as": None},
               "licence": LICENCE}
    made = prepare(taken, seed, sources, double=wanted.double, set_aside=aside)
    parts = [{"name": part, "program": program} for part, program in wanted.accompaniment]
    return replace(made, card={**made.card, "accompaniment": parts})
