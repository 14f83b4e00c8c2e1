"""Sample melodies: tunes whose authors are long dead, typed by us."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from trivium.errors import NotFound
from trivium.music.files.tune_text import read_tune
from trivium.music.notes import BeatUnit, Composition, Key, Metre, Mode, Part, Tempo


@dataclass(frozen=True)
class Tune:
    """A melody and where it comes from."""

    id: str
    title: str
    origin: str
    metre: tuple[int, BeatUnit]
    key: tuple[int, Mode]  # sharps (flats negative), mode
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
    Tune("au-clair-de-la-lune", "Au clair de la lune", "French song of the 18th century", (4, 4), (0, "major"), 110, """
        q c4 c4 c4 d4 | h e4 d4 | q c4 e4 d4 d4 | w c4 |
        q c4 c4 c4 d4 | h e4 d4 | q c4 e4 d4 d4 | w c4 |
        q d4 d4 d4 d4 | h a3 a3 | q d4 c4 b3 a3 | w g3 |
        q c4 c4 c4 d4 | h e4 d4 | q c4 e4 d4 d4 | w c4 |"""),
    Tune("mary-had-a-little-lamb", "Mary Had a Little Lamb", "Lowell Mason, 1831", (4, 4), (0, "major"), 110, """
        q e4 d4 c4 d4 | e4 e4 h e4 | q d4 d4 h d4 | q e4 g4 h g4 |
        q e4 d4 c4 d4 | e4 e4 e4 e4 | d4 d4 e4 d4 | w c4 |"""),
    Tune("row-your-boat", "Row, Row, Row Your Boat", "American round, 1852", (6, 8), (0, "major"), 120, """
        q. c4 c4 | q c4 e d4 q. e4 | q e4 e d4 q e4 e f4 | h. g4 |
        e c5 c5 c5 g4 g4 g4 | e4 e4 e4 c4 c4 c4 | q g4 e f4 q e4 e d4 | h. c4 |"""),
    Tune("greensleeves", "Greensleeves", "English song of the 16th century", (6, 8), (1, "minor"), 90, """
        e e4 |
        q g4 e a4 e. b4 s c5 e b4 | q a4 e f#4 e. d4 s e4 e f#4 | q g4 e e4 e. e4 s d#4 e e4 | q. f#4 q b3 e e4 |
        q g4 e a4 e. b4 s c5 e b4 | q a4 e f#4 e. d4 s e4 e f#4 | e. g4 s f#4 e e4 e. d#4 s c#4 e d#4 |
        q. e4 q e4 e r |
        q. d5 e. d5 s c#5 e b4 | q a4 e f#4 e. d4 s e4 e f#4 | q g4 e e4 e. e4 s d#4 e e4 | q f#4 e d#4 q b3 e r |
        q. d5 e. d5 s c#5 e b4 | q a4 e f#4 e. d4 s e4 e f#4 | e. g4 s f#4 e e4 e. d#4 s c#4 e d#4 |
        q. e4 q e4 |""", program=73),
    Tune("scarborough-fair", "Scarborough Fair", "English ballad", (3, 4), (0, "minor"), 100, """
        h d4 q d4 | h a4 q a4 | q. e4 e f4 q e4 | h. d4 | q r a4 c5 | h d5 q c5 | q a4 b4 g4 | h. a4 |
        h r q d5 | h d5 q d5 | h c5 q a4 | q a4 g4 f4 | q e4 h c4~ | h c4 q d4 | h a4 q g4 | q f4 e4 d4 |
        h. c4 | h. d4 |""", program=73),
    Tune("amazing-grace", "Amazing Grace", "New Britain, American hymn tune, 1829", (3, 4), (1, "major"), 80, """
        q d4 | h g4 e b4 g4 | h b4 q a4 | h g4 q e4 | h d4 q d4 | h g4 e b4 g4 | h b4 q a4 | h. d5~ | h d5 q b4 |
        q. d5 e b4 d5 b4 | h g4 q d4 | q. e4 e g4 g4 e4 | h d4 q d4 | h g4 e b4 g4 | h b4 q a4 | h. g4~ | h g4 |"""),
    Tune("auld-lang-syne", "Auld Lang Syne", "Scottish song of the 18th century", (4, 4), (-1, "major"), 100, """
        q c4 | q. f4 e f4 q f4 a4 | q. g4 e f4 q g4 a4 | q. f4 e f4 q a4 c5 | h. d5 q d5 |
        q. c5 e a4 q a4 f4 | q. g4 e f4 q g4 a4 | q. f4 e d4 q d4 c4 | h. f4 q d5 |
        q. c5 e a4 q a4 f4 | q. g4 e f4 q g4 d5 | q. c5 e a4 q a4 c5 | h. d5 q d5 |
        q. c5 e a4 q a4 f4 | q. g4 e f4 q g4 a4 | q. f4 e d4 q d4 c4 | h. f4 |"""),
    Tune("minuet-in-g", "Minuet in G", "Christian Petzold, before 1725", (3, 4), (1, "major"), 116, """
        q d5 e g4 a4 b4 c5 | q d5 g4 g4 | q e5 e c5 d5 e5 f#5 | q g5 g4 g4 |
        q c5 e d5 c5 b4 a4 | q b4 e c5 b4 a4 g4 | q f#4 e g4 a4 b4 g4 | h. a4 |
        q d5 e g4 a4 b4 c5 | q d5 g4 g4 | q e5 e c5 d5 e5 f#5 | q g5 g4 g4 |
        q c5 e d5 c5 b4 a4 | q b4 e c5 b4 a4 g4 | q a4 e b4 a4 g4 f#4 | h. g4 |""", program=6),
    Tune("brahms-lullaby", "Lullaby", "Johannes Brahms, op. 49 no. 4, 1868", (3, 4), (0, "major"), 84, """
        e e4 e4 | q. g4 e e4 q e4 | q g4 r e e4 g4 | q c5 q. b4 e a4 | q a4 g4 e d4 e4 |
        q f4 d4 e d4 e4 | q f4 r e d4 f4 | e b4 a4 q g4 b4 | h c5 e c4 c4 |
        h c5 e a4 f4 | h g4 e e4 c4 | q f4 g4 a4 | h g4 e c4 c4 |
        h c5 e a4 f4 | h g4 e e4 c4 | q f4 e4 d4 | h c4 |"""),
    Tune("new-world-largo", "Largo, From the New World", "Antonín Dvořák, 1893", (4, 4), (0, "major"), 60, """
        q. e4 e g4 h g4 | q. e4 e d4 h c4 | q. d4 e e4 q. g4 e e4 | w d4 |
        q. e4 e g4 h g4 | q. e4 e d4 h c4 | q. d4 e e4 q. d4 e c4 | w c4 |""", program=69),
    Tune("when-the-saints", "When the Saints Go Marching In", "American spiritual", (4, 4), (0, "major"), 140, """
        q r c4 e4 f4 | w g4~ | q g4 c4 e4 f4 | w g4~ | q g4 c4 e4 f4 | h g4 e4 | h c4 e4 | w d4~ |
        q d4 e4 e4 d4 | h. c4 q c4 | h e4 g4 | q g4 h. f4~ | q f4 r e4 f4 | h g4 e4 | h c4 d4 | w c4 |""", program=56),
    Tune("deck-the-halls", "Deck the Halls", "Welsh melody of the 16th century", (4, 4), (-1, "major"), 120, """
        q. c5 e bb4 q a4 g4 | q f4 g4 a4 f4 | e g4 a4 bb4 g4 q. a4 e g4 | q f4 e4 h f4 |
        q. c5 e bb4 q a4 g4 | q f4 g4 a4 f4 | e g4 a4 bb4 g4 q. a4 e g4 | q f4 e4 h f4 |
        q. g4 e a4 q bb4 g4 | q. a4 e bb4 q c5 g4 | e a4 b4 q c5 e d5 e5 q f5 | q e5 d5 h c5 |
        q. c5 e bb4 q a4 g4 | q f4 g4 a4 f4 | e d5 d5 d5 d5 q. c5 e bb4 | q a4 g4 h f4 |"""),
    Tune("merry-christmas", "We Wish You a Merry Christmas", "English carol", (3, 4), (1, "major"), 140, """
        q d4 | q g4 e g4 a4 g4 f#4 | q e4 e4 e4 | a4 e a4 b4 a4 g4 | q f#4 d4 d4 |
        b4 e b4 c5 b4 a4 | q g4 e4 e d4 d4 | q e4 a4 f#4 | h g4 q d4 |
        q g4 g4 g4 | h f#4 q f#4 | q g4 f#4 e4 | h d4 q a4 |
        q b4 a4 g4 | q d5 d4 e d4 d4 | q e4 a4 f#4 | h g4 |"""),
    Tune("jingle-bells", "Jingle Bells", "James Lord Pierpont, 1857", (4, 4), (1, "major"), 160, """
        q b4 b4 h b4 | q b4 b4 h b4 | q b4 d5 q. g4 e a4 | w b4 |
        q c5 c5 q. c5 e c5 | q c5 b4 b4 e b4 b4 | q b4 a4 a4 b4 | h a4 d5 |
        q b4 b4 h b4 | q b4 b4 h b4 | q b4 d5 q. g4 e a4 | w b4 |
        q c5 c5 q. c5 e c5 | q c5 b4 b4 e b4 b4 | q d5 d5 c5 a4 | w g4 |"""),
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
    notes, first_bar = read_tune(tune.text, metre)
    metres = [metre] if first_bar == metre.bar_ticks else [metre, metre.model_copy(update={"tick": first_bar})]
    return Composition(title=tune.title, tempos=[Tempo(bpm=tune.bpm)], metres=metres,
                       keys=[Key(fifths=tune.key[0], mode=tune.key[1])],
                       parts=[Part(id="melody", name="Melody", program=tune.program, notes=notes)])
