"""Sample melodies: tunes whose authors are long dead, typed by us."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from trivium.errors import NotFound
from trivium.music.notes import Composition, Key, Metre, Part, Tempo
from trivium.music.tune_text import read_tune


@dataclass(frozen=True)
class Tune:
    """A melody and where it comes from."""

    id: str
    title: str
    origin: str
    metre: tuple[int, int]
    key: tuple[int, str]  # sharps (flats negative), mode
    bpm: float
    text: str
    program: int = 0


TUNES: tuple[Tune, ...] = (
    Tune("twinkle", "Twinkle, Twinkle, Little Star", "French song of the 18th century", (4, 4), (0, "major"), 100, """
        q c4 c4 g4 g4 | a4 a4 h g4 | q f4 f4 e4 e4 | d4 d4 h c4 |
        q g4 g4 f4 f4 | e4 e4 h d4 | q g4 g4 f4 f4 | e4 e4 h d4 |
        q c4 c4 g4 g4 | a4 a4 h g4 | q f4 f4 e4 e4 | d4 d4 h c4 |"""),
    Tune("ode-to-joy", "Ode to Joy", "Ludwig van Beethoven, Symphony No. 9, 1824", (4, 4), (2, "major"), 120, """
        q f#4 f#4 g4 a4 | a4 g4 f#4 e4 | d4 d4 e4 f#4 | q. f#4 e e4 h e4 |
        q f#4 f#4 g4 a4 | a4 g4 f#4 e4 | d4 d4 e4 f#4 | q. e4 e d4 h d4 |
        q e4 e4 f#4 d4 | e4 e f#4 g4 q f#4 d4 | e4 e f#4 g4 q f#4 e4 | d4 e4 h a3 |
        q f#4 f#4 g4 a4 | a4 g4 f#4 e4 | d4 d4 e4 f#4 | q. e4 e d4 h d4 |"""),
    Tune("frere-jacques", "Frère Jacques", "French round of the 18th century", (4, 4), (0, "major"), 110, """
        q c4 d4 e4 c4 | c4 d4 e4 c4 | e4 f4 h g4 | q e4 f4 h g4 |
        e g4 a4 g4 f4 q e4 c4 | e g4 a4 g4 f4 q e4 c4 | c4 g3 h c4 | q c4 g3 h c4 |"""),
)


def find_tune(tune_id: str) -> Tune:
    """The tune with that id."""
    for tune in TUNES:
        if tune.id == tune_id:
            return tune
    raise NotFound(f"There is no sample melody '{tune_id[:64]}'.", "List them with: trivium music tunes")


@cache
def tune_piece(tune: Tune) -> Composition:
    """The tune as a piece of one part."""
    metre = Metre(beats=tune.metre[0], beat_unit=tune.metre[1])
    notes = read_tune(tune.text, metre)
    return Composition(title=tune.title, tempos=[Tempo(bpm=tune.bpm)], metres=[metre],
                       keys=[Key(fifths=tune.key[0], mode=tune.key[1])],
                       parts=[Part(id="melody", name="Melody", program=tune.program, notes=notes)])
