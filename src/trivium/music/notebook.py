"""The music commands as plain functions, for notebooks and scripts.

    import trivium.music as music
    piece = music.load("song.mid", tracks=[0], first_bar=5, last_bar=12)
    music.export(music.quantise(piece, "1/8", strength=0.7), "song.musicxml")
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from trivium.core.files import atomic_write
from trivium.music.files import importing
from trivium.music.files.exporting import export as exported
from trivium.music.files.exporting import format_of
from trivium.music.kept import challenges_in, piece_from, voting_in
from trivium.music.melodies import TUNES, tune_piece
from trivium.music.notes import Composition
from trivium.music.views import FileChoice, FileReport
from trivium.settings import data_folder

if TYPE_CHECKING:
    from trivium.music.challenges.entries import Challenges
    from trivium.music.challenges.voting import Voting


def tunes() -> dict[str, Composition]:
    """The sample melodies by their ids."""
    return {tune.id: tune_piece(tune) for tune in TUNES}


def look(file: str | Path) -> FileReport:
    """What tracks and bars are in a file."""
    path = Path(file)
    return importing.look(importing.bytes_of(path), path.name)


def load(source: str | Path, *, data: Path | str | None = None, **choice: Any) -> Composition:
    """A sample melody, a kept composition (by id) or a file; tracks, first_bar, last_bar choose from a file."""
    if choice:
        return importing.read_path(Path(source), FileChoice(**choice))[1]
    return piece_from(data_folder(data), source)[0]


def export(piece: Composition, out: str | Path) -> Path:
    """Write a .mid, .musicxml, .zip (project) or .json file."""
    path = Path(out)
    atomic_write(path, exported(piece, format_of(path.name)).content)
    return path


def challenges(data: Path | str | None = None) -> Challenges:
    """The studio's challenges: list, get, create, close, delete, submit, withdraw."""
    return challenges_in(data_folder(data))


def voting(data: Path | str | None = None) -> Voting:
    """Blind votes on them: ballot, vote, finish, results."""
    return voting_in(data_folder(data))
