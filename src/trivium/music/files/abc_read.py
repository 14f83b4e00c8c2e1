"""Reads tunes in ABC notation (standard 2.1, what folk collections use of it): notes, keys and modes, tuplets, voices.

Decorations, chord symbols, grace notes and words are passed over; repeats are played once. Of a book of tunes the
first one is read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from itertools import islice

from trivium.errors import BadFile
from trivium.music.files.draft import Draft, DraftPart
from trivium.music.notes import DEFAULT_VELOCITY, TICKS_PER_QUARTER, BeatUnit

STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
FIFTHS = {"F": -1, "C": 0, "G": 1, "D": 2, "A": 3, "E": 4, "B": 5}
MODES = {"": 0, "maj": 0, "ion": 0, "m": -3, "min": -3, "aeo": -3, "mix": -1, "dor": -2, "phr": -4, "lyd": 1, "loc": -5}
ORDER = "FCGDAEB"  # in which sharps come; flats in the other direction
TUPLETS = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}
FIELD = re.compile(r"^([A-Za-z]):\s*(.*)$")
TOKEN = re.compile(
    r"(?P<skip>\"[^\"]*\"|![^!]*!|\+[^+]*\+|\{[^}]*\}|[~.H-Wh-w`$\s\\*]+|\)|y\d*)"
    r"|\[(?P<field>[A-Za-z]:[^\]]*)\]"
    r"|\((?P<tuplet>\d)(?::(?P<into>\d{0,2}))?(?::(?P<over>\d{0,2}))?"
    r"|(?P<slur>\()"
    r"|(?P<bar>:{0,8}\|[|\]:\d,]*|\[\||::|\[\d[\d,-]*|\|)"
    r"|(?P<chord>\[(?=[\^_=A-Ga-g]))"
    r"|(?P<endchord>\])(?P<chordlength>\d*/*\d*)(?P<chordtie>-?)"
    r"|(?P<note>(?P<acc>\^\^|\^|__|_|=)?(?P<letter>[A-Ga-g])(?P<octave>[,']*)(?P<length>\d*/*\d*)(?P<tie>\s?-)?)"
    r"|(?P<rest>[zx])(?P<restlength>\d*/*\d*)"
    r"|Z(?P<bars>\d{0,5})"
    r"|(?P<broken>>{1,3}|<{1,3})")
MAX_SYMBOLS = 300_000  # a piece of 50,000 notes has bar lines, rests and fields besides
ABC_HINT = "Check the tune in an ABC editor, or choose another file."


@dataclass
class Voice:
    """How far one voice has come."""

    part: DraftPart
    tick: Fraction = Fraction(0)  # in quarter notes
    tied: dict[int, int] = field(default_factory=dict)  # pitch -> index of the note that goes on
    accidentals: dict[tuple[str, str], int] = field(default_factory=dict)  # letter and octave, in this bar
    last: list[int] = field(default_factory=list)  # indices of the notes struck last
    last_length: Fraction = Fraction(0)
    pending: Fraction = Fraction(1)  # what a broken rhythm does to the next note
    tuplet: tuple[int, Fraction] = (0, Fraction(1))
    bar_begin: Fraction = Fraction(0)


class AbcReader:
    """Reads one tune line by line."""

    def __init__(self) -> None:
        self.draft = Draft("ABC")
        self.unit: Fraction | None = None  # of a quarter note
        self.metre: tuple[int, BeatUnit] = (4, 4)
        self.alters: dict[str, int] = {}
        self.key_seen = False
        self.voices: dict[str, Voice] = {}
        self.voice: Voice | None = None
        self.remarks: dict[str, None] = {}
        self.bar_lines: list[Fraction] = []

    def read(self, lines: list[str]) -> Draft:
        """The first tune in these lines."""
        tune = first_tune(lines)
        if len(tune) < len(lines):
            self.remarks["There are several tunes in this file; the first was read."] = None
        refuse_endless(tune)
        for number, line in enumerate(tune, 1):
            if line.startswith("%%MIDI program"):
                self._program(line)
            line = re.sub(r"(?<!\\)%.*", "", line).rstrip()
            found = FIELD.match(line)
            if found and (found[1] not in "wW" or not self.key_seen):
                self._field(found[1], found[2].strip())
            elif not found and line.strip() and self.key_seen:
                self._music(line, number)
        if not self.key_seen:
            raise BadFile("This ABC file has no key (a line that begins with K:), so no tune begins.", ABC_HINT)
        self._finish()
        return self.draft

    def _field(self, name: str, value: str) -> None:
        if name == "T" and not self.draft.title:
            self.draft.title = value
        elif name == "M":
            self._metre(value)
        elif name == "L" and (length := fraction(value)):
            self.unit = length * 4
        elif name == "Q":
            self._tempo(value)
        elif name == "K":
            self._key(value)
            self.key_seen = True
        elif name == "V" and self.key_seen:
            self._choose(value.split()[0] if value else "1")

    def _metre(self, value: str) -> None:
        value = {"C": "4/4", "C|": "2/2"}.get(value, value)
        found = re.fullmatch(r"\(?([\d+ ]{1,12})\)?/(1|2|4|8|16|32|64)", value)
        beats = sum(int(part) for part in re.findall(r"\d+", found[1])) if found else 0
        if found and 1 <= beats <= 64:
            unit: BeatUnit = int(found[2])  # type: ignore[assignment]
            self.metre = (beats, unit)
            at = self.voice.tick if self.voice else Fraction(0)
            self.draft.metres[ticks(at)] = self.metre

    def _tempo(self, value: str) -> None:
        value = re.sub(r'"[^"]*"', "", value).strip()
        found = re.fullmatch(r"(?:((?:\d+/\d+\s+)*\d+/\d+)\s*=)?\s*(\d{1,4}(?:\.\d{1,4})?)", value)
        if not found:
            return
        beat = sum((fraction(part) for part in (found[1] or "").split()), Fraction(0)) * 4 or Fraction(1)
        at = self.voice.tick if self.voice else Fraction(0)
        if (bpm := float(found[2]) * float(beat)) > 0:
            self.draft.tempos[ticks(at)] = bpm

    def _key(self, value: str) -> None:
        found = re.match(r"([A-G])([#b]?)\s*(maj|ion|min|aeo|mix|dor|phr|lyd|loc|m)?", value, re.IGNORECASE)
        if not found or found[1] not in FIFTHS:
            self.alters = {}  # K:none, K:HP
            return
        mode = (found[3] or "").lower()
        fifths = FIFTHS[found[1]] + {"#": 7, "b": -7, "": 0}[found[2]] + MODES[mode]
        if not -7 <= fifths <= 7:
            raise BadFile(f"The key {value[:20]!r} of this ABC tune has more accidentals than notes.", ABC_HINT)
        letters = ORDER[:fifths] if fifths >= 0 else ORDER[::-1][:-fifths]
        self.alters = {letter: 1 if fifths > 0 else -1 for letter in letters}
        at = self.voice.tick if self.voice else Fraction(0)
        self.draft.keys[ticks(at)] = (fifths, "minor" if MODES[mode] == -3 else "major")

    def _program(self, line: str) -> None:
        numbers = re.findall(r"\d+", line)
        if numbers and int(numbers[-1][:4]) <= 127:
            self._voice().part.program = int(numbers[-1])

    def _choose(self, name: str) -> None:
        if name not in self.voices:
            if len(self.voices) >= 64:
                raise BadFile("This ABC tune has more than 64 voices.", ABC_HINT)
            self.voices[name] = Voice(DraftPart(name="" if name == "1" else name))
        self.voice = self.voices[name]

    def _voice(self) -> Voice:
        if self.voice is None:
            self._choose("1")
        assert self.voice is not None
        return self.voice

    def _music(self, line: str, number: int) -> None:
        position = 0
        chord: list[tuple[int, Fraction, bool]] | None = None
        while position < len(line):
            found = TOKEN.match(line, position)
            if found is None:
                raise BadFile(f"Line {number} of this ABC file can't be read at {line[position:position + 10]!r}.",
                              ABC_HINT)
            position = found.end()
            voice = self._voice()
            if found["field"]:
                self._field(found["field"][0], found["field"][2:].strip())
            elif found["tuplet"]:
                voice.tuplet = self._tuplet(found)
            elif found["bar"]:
                self._bar(voice, found["bar"])
            elif found["chord"]:
                chord = []
            elif found["endchord"] and chord is not None:
                self._strike(voice, [(p, length * quarters(found["chordlength"]), tie or bool(found["chordtie"]))
                                     for p, length, tie in chord])
                chord = None
            elif found["note"]:
                struck = (self._pitch(voice, found), quarters(found["length"]), bool(found["tie"]))
                if chord is not None:
                    chord.append(struck)
                else:
                    self._strike(voice, [struck])
            elif found["rest"]:
                self._advance(voice, [], quarters(found["restlength"]) * self._unit())
            elif found["bars"] is not None:
                voice.tick += min(int(found["bars"] or 1), 10_000) * Fraction(self.metre[0] * 4, self.metre[1])
            elif found["broken"]:
                self._break(voice, found["broken"])

    def _unit(self) -> Fraction:
        """A quarter note's share that a plain letter lasts: an eighth, or a sixteenth in metres under 3/4."""
        if self.unit is None:
            self.unit = Fraction(1, 4) if Fraction(*self.metre) < Fraction(3, 4) else Fraction(1, 2)
        return self.unit

    def _tuplet(self, found: re.Match[str]) -> tuple[int, Fraction]:
        count = max(int(found["tuplet"]), 1)
        is_compound = self.metre[0] % 3 == 0 and self.metre[0] > 3
        into = int(found["into"] or 0) or TUPLETS.get(count, 3 if is_compound else 2)
        return int(found["over"] or 0) or count, Fraction(into, count)

    def _bar(self, voice: Voice, sign: str) -> None:
        if ":" in sign or re.search(r"\d", sign):
            self.remarks["Repeats are played once."] = None
        voice.accidentals.clear()
        if voice is next(iter(self.voices.values())) and voice.tick > voice.bar_begin:
            self.bar_lines.append(voice.tick)
        voice.bar_begin = voice.tick

    def _pitch(self, voice: Voice, found: re.Match[str]) -> int:
        letter, octave = found["letter"], found["octave"]
        name = (letter, octave)
        if found["acc"]:
            voice.accidentals[name] = {"^": 1, "^^": 2, "_": -1, "__": -2, "=": 0}[found["acc"]]
        alter = voice.accidentals.get(name, self.alters.get(letter.upper(), 0))
        height = 60 + 12 * letter.islower() + 12 * (octave.count("'") - octave.count(","))
        pitch = height + STEPS[letter.upper()] + alter
        if not 0 <= pitch <= 127:
            raise BadFile("A note of this ABC tune is beyond the range of MIDI.", ABC_HINT)
        return pitch

    def _strike(self, voice: Voice, chord: list[tuple[int, Fraction, bool]]) -> None:
        length = chord[0][1] * self._unit()
        indices, tied = [], {}
        length *= self._factor(voice)
        begin = ticks(voice.tick)
        voice.tick += length
        end = ticks(voice.tick)
        for pitch, _, goes_on in chord:
            if pitch in voice.tied:
                index = voice.tied[pitch]
                onset = voice.part.notes[index][0]
                voice.part.notes[index] = (onset, end - onset, pitch, DEFAULT_VELOCITY, None)
            else:
                index = len(voice.part.notes)
                voice.part.notes.append((begin, max(end - begin, 1), pitch, DEFAULT_VELOCITY, None))
            indices.append(index)
            if goes_on:
                tied[pitch] = index
        voice.tied = tied
        voice.last, voice.last_length = indices, length

    def _advance(self, voice: Voice, indices: list[int], length: Fraction) -> None:
        length *= self._factor(voice)
        voice.tick += length
        voice.last, voice.last_length, voice.tied = indices, length, {}

    def _factor(self, voice: Voice) -> Fraction:
        factor, voice.pending = voice.pending, Fraction(1)
        left, ratio = voice.tuplet
        if left:
            voice.tuplet = (left - 1, ratio)
            factor *= ratio
        return factor

    def _break(self, voice: Voice, sign: str) -> None:
        """a>b: the first is dotted and the second halved; a<b the other way round."""
        short = Fraction(1, 2 ** len(sign))
        first, voice.pending = (2 - short, short) if sign[0] == ">" else (short, 2 - short)
        change = voice.last_length * (first - 1)
        voice.tick += change
        for index in voice.last:
            onset, _, *rest = voice.part.notes[index]
            end = ticks(voice.tick)
            voice.part.notes[index] = (onset, max(end - onset, 1), *rest)  # type: ignore[assignment]
        voice.last_length += change

    def _finish(self) -> None:
        self.draft.parts = [voice.part for voice in self.voices.values()]
        first = self.bar_lines[0] if self.bar_lines else Fraction(0)
        opening = self.draft.metres.get(0, (4, 4))
        full = Fraction(opening[0] * 4, opening[1])
        if 0 < first < full and ticks(first) not in self.draft.metres:  # an upbeat: the first whole bar begins here
            self.draft.metres = {0: opening, ticks(first): opening, **self.draft.metres}
        self.draft.warnings = list(self.remarks)


def read_abc(data: bytes) -> Draft:
    """The first tune in the bytes of an ABC file."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return AbcReader().read(text.splitlines())


def first_tune(lines: list[str]) -> list[str]:
    """The lines up to the one with which another tune begins."""
    keys = (number for number, line in enumerate(lines) if line.startswith("K:"))
    begun = next(keys, len(lines))
    return lines[:next((number for number in range(begun, len(lines)) if lines[number].startswith("X:")), len(lines))]


def refuse_endless(lines: list[str]) -> None:
    """A tune too long to be a piece is refused while it is cheap: counting takes a tenth of the time of reading."""
    symbols = (found for line in lines if not FIELD.match(line) for found in TOKEN.finditer(line))
    if len(lines) + sum(1 for _ in islice(symbols, MAX_SYMBOLS)) > MAX_SYMBOLS:
        raise BadFile(f"There are more than {MAX_SYMBOLS:,} lines, notes and other symbols in this ABC tune.",
                      "Save it as several shorter tunes, a file each.")


def fraction(text: str) -> Fraction:
    """1/8 as a number, 0 where it is none."""
    found = re.fullmatch(r"\s*(\d{1,4})(?:/(\d{1,4}))?\s*", text)
    return Fraction(int(found[1]), int(found[2] or 1)) if found and int(found[2] or 1) else Fraction(0)


@lru_cache(maxsize=256)  # a tune has few lengths and many notes
def quarters(text: str) -> Fraction:
    """The length after a note, in units: 3/2, /, //, 2."""
    found = re.fullmatch(r"(\d*)(/*)(\d*)", text)
    if found is None or len(found[1]) > 4 or len(found[3]) > 4 or len(found[2]) > 8:
        raise BadFile("A note of this ABC tune has a length that no note has.", ABC_HINT)
    over = int(found[3]) if found[3] else 2 ** len(found[2])
    if not over:
        raise BadFile("A note of this ABC tune has a length of something divided by zero.", ABC_HINT)
    return Fraction(int(found[1] or 1), over)


def ticks(length: Fraction) -> int:
    """Quarter notes as ticks; most lengths divide evenly, and then no fraction needs reducing."""
    whole, rest = divmod(length.numerator * TICKS_PER_QUARTER, length.denominator)
    return round(length * TICKS_PER_QUARTER) if rest else whole
