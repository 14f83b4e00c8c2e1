"""The data folder's compositions for the command line and Python, and pieces by whatever names them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trivium.core.db import Database
from trivium.errors import NotFound
from trivium.music.compositions import Compositions
from trivium.music.files.importing import read_path
from trivium.music.melodies import TUNES, tune_piece
from trivium.music.notes import Composition

if TYPE_CHECKING:
    from trivium.music.challenges.entries import Challenges
    from trivium.music.challenges.voting import Voting

ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")


def kept_in(data: Path) -> Compositions:
    """The compositions of a data folder; its database is made where there is none."""
    db = Database.in_folder(data)
    db.migrate()
    return Compositions(db)


def piece_from(data: Path, source: str | Path) -> tuple[Composition, dict[str, Any]]:
    """A piece and how it was made: a kept composition's id, a sample melody's, or a file."""
    for tune in TUNES:
        if source == tune.id:
            return tune_piece(tune), {"technique": "tune"}
    if ID.fullmatch(str(source)):
        found = kept_in(data).get(str(source))
        return found.composition, found.model_dump(include={"technique", "settings", "seed", "model", "created_at"})
    path = Path(source)
    if not path.exists():
        raise NotFound(f"There is no composition, sample melody or file {str(source)[:100]!r}.",
                       "List them with: trivium music compositions, trivium music tunes")
    return read_path(path)[1], {"technique": "import"}


def challenges_in(data: Path) -> Challenges:
    """The challenges of a data folder."""
    from trivium.music.challenges.entries import Challenges

    return Challenges(kept_in(data).db)


def voting_in(data: Path) -> Voting:
    """The votes of a data folder's challenges."""
    from trivium.music.challenges.voting import Voting

    return Voting(kept_in(data).db)
