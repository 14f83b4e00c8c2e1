"""Where a training set comes from: a folder or file, a kept set, a collection of music21, or our own generators."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from trivium.errors import BadConfig
from trivium.music.dataset.prepare import prepare, prepare_folder
from trivium.music.dataset.sets import TrainingSet, is_set, open_set

OURS = "made by Trivium's own rules; yours to use"
Say = Callable[[str], None]


def prepare_from(*, folder: Path | None = None, corpus: str | None = None, chorales: int | None = None,
                 melodies: int | None = None, seed: int = 1, licence: str | None = None,
                 say: Say = lambda _text: None) -> TrainingSet:
    """The training set of one source, as `trivium music data` names them."""
    if corpus is not None:
        from trivium.music.dataset.corpus import prepare_corpus

        return prepare_corpus(corpus, seed, say)
    if chorales is not None:
        return prepare_chorales(chorales, seed)
    if melodies is not None:
        return prepare_melodies(melodies, seed)
    assert folder is not None
    return prepare_folder(folder, seed, licence, say)


def prepare_chorales(count: int, seed: int = 1) -> TrainingSet:
    """Chorales by our own rules: the default for lessons, tests and a first run."""
    from trivium.music.dataset.chorales import chorales

    return prepare(chorales(count, seed), seed, own_sources("Trivium's chorales"))


def prepare_melodies(count: int, seed: int = 1) -> TrainingSet:
    """Folk-like tunes by our own rules."""
    from trivium.music.dataset.melodies import melodies

    return prepare(melodies(count, seed), seed, own_sources("Trivium's tunes"))


def own_sources(name: str) -> dict[str, object]:
    """What a card says of the sources of music by our own rules."""
    return {"name": name, "files": 0, "failed": [], "remarks": [], "other_files": {"count": 0, "such_as": None},
            "licence": OURS}


def training_set(source: str | Path, data: Path, seed: int = 1, say: Say = lambda _text: None) -> TrainingSet:
    """What a trainer is given as --data: a kept set's name, its folder, or music that is prepared on the spot."""
    path = Path(source)
    if path.is_dir() and is_set(path):
        return open_set(path, data)
    if path.exists():
        return prepare_folder(path, seed, say=say)
    return open_set(str(source), data)


def set_learned_from(learned: dict[str, Any], source: str | Path, data: Path,
                     say: Say = lambda _text: None) -> TrainingSet:
    """The training set that a model has learned from, which its card tells by the hash.

    Raises:
        BadConfig: the source is another set, whose held-out pieces may be among those that the model knows.
    """
    made = training_set(source, data, say=say)
    if made.sha256 != learned.get("sha256"):
        raise BadConfig("This model has learned from another set, which may hold these held-out pieces.",
                        f"Name the set whose hash begins with {str(learned.get('sha256'))[:12]}.")
    return made
