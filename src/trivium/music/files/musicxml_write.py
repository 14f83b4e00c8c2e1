"""Writes a composition as MusicXML 4.0, partwise, for notation programs.

Each part is laid into voices whose notes do not overlap; a note is cut at bar lines and into lengths that can be
written, tied together. A quarter note has 480 divisions, so what no note head can say still sounds exactly right; call
notated() first where the reader is a person.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from trivium.music.bars import Bar, bars_of
from trivium.music.general_midi import instrument
from trivium.music.notes import TICKS_PER_QUARTER, Composition, Note, Part, with_parts

HEAD = ('<?xml version="1.0" encoding="UTF-8"?>\n'
        '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" '
        '"http://www.musicxml.org/dtds/partwise.dtd">\n')
TYPES = {1920: "whole", 960: "half", 480: "quarter", 240: "eighth", 120: "16th", 60: "32nd", 30: "64th"}
# ticks -> type, dots, whether it is a third of two
WRITABLE: dict[int, tuple[str, int, bool]] = {
    **{ticks: (name, 0, False) for ticks, name in TYPES.items()},
    **{ticks * 3 // 2: (name, 1, False) for ticks, name in TYPES.items() if ticks > 30},
    **{ticks * 2 // 3: (name, 0, True) for ticks, name in TYPES.items() if ticks in (960, 480, 240, 120, 60)},
}
LENGTHS = sorted(WRITABLE, reverse=True)
SHARPS = (("C", 0), ("C", 1), ("D", 0), ("D", 1), ("E", 0), ("F", 0), ("F", 1), ("G", 0), ("G", 1), ("A", 0), ("A", 1),
          ("B", 0))
FLATS = (("C", 0), ("D", -1), ("D", 0), ("E", -1), ("E", 0), ("F", 0), ("G", -1), ("G", 0), ("A", -1), ("A", 0),
         ("B", -1), ("B", 0))
MAX_VOICES = 16
Piece = tuple[int, int, list[tuple[Note, bool, bool]]]  # onset, length, notes with tied from before, tied on


def write_musicxml(piece: Composition) -> bytes:
    """The bytes of the file."""
    root = Element("score-partwise", version="4.0")
    if piece.title:
        SubElement(SubElement(root, "work"), "work-title").text = printable(piece.title)
    listed = SubElement(root, "part-list")
    bars = bars_of(piece)
    for number, part in enumerate(piece.parts, 1):
        _list_part(listed, part, number)
    for number, part in enumerate(piece.parts, 1):
        element = SubElement(root, "part", id=f"P{number}")
        for measure in PartWriter(piece, part, bars, number).measures():
            element.append(measure)
    indent(root, " ")
    return (HEAD + tostring(root, "unicode") + "\n").encode()


def notated(piece: Composition) -> Composition:
    """The piece with notes that no note head could write moved to the nearest 32nd."""
    def moved(note: Note) -> Note:
        if any(note.onset % step == 0 and note.end % step == 0 for step in (30, 40)):
            return note
        onset = round(note.onset / 60) * 60
        return note.model_copy(update={"onset": onset, "length": max(round(note.end / 60) * 60 - onset, 60)})

    return with_parts(piece, [part.model_copy(update={"notes": sorted(
        map(moved, part.notes), key=lambda note: (note.onset, note.pitch))}) for part in piece.parts])


def voices_of(part: Part) -> list[list[Piece]]:
    """The part's notes as voices of chords that do not overlap; a note keeps to its own voice where it can."""
    voices: list[list[Piece]] = []
    for note in part.notes:
        wanted = [note.voice - 1] if note.voice else []
        for number in [*wanted, *range(max(len(voices) + 1, *(w + 1 for w in wanted), 1))]:
            while len(voices) <= number:
                voices.append([])
            if _fits(voices[number], note) or number == MAX_VOICES - 1:
                break
        line = voices[number]
        if line and line[-1][0] == note.onset and line[-1][1] == note.length:
            line[-1][2].append((note, False, False))
        else:
            line.append((note.onset, note.length, [(note, False, False)]))
    return voices


def _fits(line: list[Piece], note: Note) -> bool:
    if not line or line[-1][0] + line[-1][1] <= note.onset:
        return True
    is_chord = line[-1][:2] == (note.onset, note.length)
    return is_chord and all(note.pitch != other.pitch for other, _, _ in line[-1][2])


class PartWriter:
    """Writes the measures of one part."""

    def __init__(self, piece: Composition, part: Part, bars: list[Bar], number: int) -> None:
        self.piece, self.part, self.bars, self.number = piece, part, bars, number
        self.voices = [list(cut_at_bars(line, bars)) for line in voices_of(part)] or [[]]
        self.places = [0] * len(self.voices)

    def measures(self) -> Iterator[Element]:
        """The measures in order."""
        starts_short = self.bars[0].length < self.bars[0].metre.bar_ticks
        for bar in self.bars:
            number = bar.number - 1 if starts_short else bar.number
            measure = Element("measure", number=str(number))
            if bar.length < bar.metre.bar_ticks:
                measure.set("implicit", "yes")
            self._attributes(measure, bar)
            if self.number == 1:
                self._tempos(measure, bar)
            for voice, line in enumerate(self.voices):
                self._voice(measure, bar, voice, line)
            yield measure

    def _attributes(self, measure: Element, bar: Bar) -> None:
        before = self.bars[bar.number - 2].metre if bar.number > 1 else None
        is_new = before is None or (before.beats, before.beat_unit) != (bar.metre.beats, bar.metre.beat_unit)
        keys = [key for key in self.piece.keys if bar.tick <= key.tick < bar.end]
        if not is_new and not keys:
            return
        attributes = SubElement(measure, "attributes")
        if bar.number == 1:
            SubElement(attributes, "divisions").text = str(TICKS_PER_QUARTER)
        for key in keys[:1]:
            signature = SubElement(attributes, "key")
            SubElement(signature, "fifths").text = str(key.fifths)
            SubElement(signature, "mode").text = key.mode
        if is_new:
            time = SubElement(attributes, "time")
            SubElement(time, "beats").text = str(bar.metre.beats)
            SubElement(time, "beat-type").text = str(bar.metre.beat_unit)
        if bar.number == 1:
            self._clef(attributes)

    def _clef(self, attributes: Element) -> None:
        pitches = sorted(note.pitch for note in self.part.notes)
        is_low = bool(pitches) and pitches[len(pitches) // 2] < 57
        sign, line = ("percussion", None) if self.part.is_drum else ("F", "4") if is_low else ("G", "2")
        clef = SubElement(attributes, "clef")
        SubElement(clef, "sign").text = sign
        if line:
            SubElement(clef, "line").text = line

    def _tempos(self, measure: Element, bar: Bar) -> None:
        last = bar is self.bars[-1]
        for tempo in self.piece.tempos:
            if bar.tick <= tempo.tick and (tempo.tick < bar.end or last):
                direction = SubElement(measure, "direction", placement="above")
                mark = SubElement(SubElement(direction, "direction-type"), "metronome")
                SubElement(mark, "beat-unit").text = "quarter"
                SubElement(mark, "per-minute").text = f"{tempo.bpm:.2f}".rstrip("0").rstrip(".")
                if tempo.tick > bar.tick:
                    SubElement(direction, "offset", sound="yes").text = str(tempo.tick - bar.tick)
                SubElement(direction, "sound", tempo=f"{tempo.bpm:.9f}".rstrip("0").rstrip("."))

    def _voice(self, measure: Element, bar: Bar, voice: int, line: list[Piece]) -> None:
        place, tick = self.places[voice], bar.tick
        has_notes = place < len(line) and line[place][0] < bar.end
        if voice and not has_notes:
            return
        if voice:
            SubElement(SubElement(measure, "backup"), "duration").text = str(bar.length)
        while place < len(line) and line[place][0] < bar.end:
            onset, length, chord = line[place]
            self._rests(measure, onset - tick, voice)
            for number, (note, came_over, goes_on) in enumerate(chord):
                self._note(measure, note, length, voice, number > 0, came_over, goes_on)
            tick, place = onset + length, place + 1
        self._rests(measure, bar.end - tick, voice, whole=tick == bar.tick and voice == 0)
        self.places[voice] = place

    def _rests(self, measure: Element, length: int, voice: int, whole: bool = False) -> None:
        for part in [length] if whole and length else split(length):
            element = SubElement(measure, "note")
            SubElement(element, "rest", {"measure": "yes"} if whole else {})
            _length(element, part, voice, () if not whole else None)

    def _note(self, measure: Element, note: Note, length: int, voice: int, is_chord: bool, came_over: bool,
              goes_on: bool) -> None:
        element = SubElement(measure, "note", dynamics=f"{note.velocity / 0.9:.4f}")
        if is_chord:
            SubElement(element, "chord")
        self._pitch(element, note)
        ties = [name for name, is_there in (("stop", came_over), ("start", goes_on)) if is_there]
        _length(element, length, voice, tuple(ties), self._played(note))

    def _played(self, note: Note) -> str | None:
        return f"P{self.number}-I{note.pitch}" if self.part.is_drum else None

    def _pitch(self, element: Element, note: Note) -> None:
        fifths = [key.fifths for key in self.piece.keys if key.tick <= note.onset][-1:] or [0]
        step, alter = (FLATS if fifths[0] < 0 else SHARPS)[note.pitch % 12]
        octave = str(note.pitch // 12 - 1)
        if self.part.is_drum:
            written = SubElement(element, "unpitched")
            SubElement(written, "display-step").text = step
            SubElement(written, "display-octave").text = octave
            return
        written = SubElement(element, "pitch")
        SubElement(written, "step").text = step
        if alter:
            SubElement(written, "alter").text = str(alter)
        SubElement(written, "octave").text = octave


def _length(element: Element, length: int, voice: int, ties: tuple[str, ...] | None, played: str | None = None) -> None:
    """Duration, ties, voice and type, in the order that MusicXML wants; without ties None for a whole bar's rest."""
    SubElement(element, "duration").text = str(length)
    for name in ties or ():
        SubElement(element, "tie", type=name)
    if played:
        SubElement(element, "instrument", id=played)
    SubElement(element, "voice").text = str(voice + 1)
    if ties is None or length not in WRITABLE:
        return
    name, dots, is_triplet = WRITABLE[length]
    SubElement(element, "type").text = name
    for _ in range(dots):
        SubElement(element, "dot")
    if is_triplet:
        ratio = SubElement(element, "time-modification")
        SubElement(ratio, "actual-notes").text = "3"
        SubElement(ratio, "normal-notes").text = "2"
    if ties:
        notations = SubElement(element, "notations")
        for name in ties:
            SubElement(notations, "tied", type=name)


def cut_at_bars(line: list[Piece], bars: list[Bar]) -> Iterator[Piece]:
    """The chords of a voice, cut at bar lines and into lengths that can be written, tied together."""
    place = 0
    for onset, length, chord in line:
        end, cuts = onset + length, []
        tick = onset
        while tick < end:
            while bars[place].end <= tick:
                place += 1
            for part in split(min(end, bars[place].end) - tick):
                cuts.append((tick, part))
                tick += part
        for number, (begin, part) in enumerate(cuts):
            yield begin, part, [(note, number > 0, number + 1 < len(cuts)) for note, _, _ in chord]


def split(length: int) -> list[int]:
    """A length as the fewest writable ones, long before short; what is left over stands alone."""
    step = next((step for step in (30, 40) if length % step == 0), None)  # halves of halves, or thirds
    if step is None:
        return [length]  # no note head can say it
    found = []
    while length:
        part = next(part for part in LENGTHS if part <= length and part % step == 0)
        found.append(part)
        length -= part
    return found


def _list_part(listed: Element, part: Part, number: int) -> None:
    row = SubElement(listed, "score-part", id=f"P{number}")
    SubElement(row, "part-name").text = printable(part.name) or instrument(part.program, part.is_drum)
    pitches = sorted({note.pitch for note in part.notes}) if part.is_drum else []
    ids = [f"P{number}-I{pitch}" for pitch in pitches] or [f"P{number}-I1"]
    for own_id in ids:
        SubElement(SubElement(row, "score-instrument", id=own_id), "instrument-name").text = instrument(
            part.program, part.is_drum)
    channel = 10 if part.is_drum else (number - 1) % 15 + 1 + ((number - 1) % 15 >= 9)
    for place, own_id in enumerate(ids):
        midi = SubElement(row, "midi-instrument", id=own_id)
        SubElement(midi, "midi-channel").text = str(channel)
        SubElement(midi, "midi-program").text = str(part.program + 1)
        if pitches:
            SubElement(midi, "midi-unpitched").text = str(pitches[place] + 1)
        SubElement(midi, "volume").text = f"{part.volume / 1.27:.4f}"
        SubElement(midi, "pan").text = f"{(part.pan - 64) * 90 / 64:.4f}"


def printable(text: str) -> str:
    """Text without what XML cannot hold."""
    return "".join(letter for letter in text if letter >= " " and letter not in "\ufffe\uffff"
                   and not "\ud800" <= letter <= "\udfff")
