"""Reads MusicXML, partwise or timewise, plain or as .mxl: what a score sounds like, not how it looks.

Notes held over a bar line by ties are one note again; grace notes and ornaments are passed over; repeats are read once.
Entities are refused before they are expanded (defusedxml), so no small file unpacks to a large one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import accumulate
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, ParseError

import defusedxml.ElementTree
from defusedxml.common import DefusedXmlException

from trivium.errors import BadFile
from trivium.music.files import archive
from trivium.music.files.draft import Draft, DraftPart
from trivium.music.notes import DEFAULT_VELOCITY, MAX_TICKS, TICKS_PER_QUARTER

if TYPE_CHECKING:
    from trivium.music.notes import BeatUnit, Mode

STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
FULL_DYNAMICS = 90  # the velocity that MusicXML calls 100 %
UNIT_QUARTERS = {"whole": 4.0, "half": 2.0, "quarter": 1.0, "eighth": 0.5, "16th": 0.25, "32nd": 0.125}
RESAVE = "Export it again as MusicXML from the program that it came from."
PITCHED = tuple[int, int]  # pitch, voice


@dataclass
class Instrument:
    """What the part list says about one part."""

    name: str = ""
    program: int = 0
    is_drum: bool = False
    volume: int = 100
    pan: int = 64
    unpitched: dict[str, int] = field(default_factory=dict)  # instrument id -> pitch in the drum kit


@dataclass
class Sounding:
    """One note of a measure; ticks from the measure's beginning."""

    onset: int
    length: int
    pitch: int
    velocity: int
    voice: int
    goes_on: bool


@dataclass
class Measure:
    """What one part has in one measure."""

    nominal: int
    length: int = 0
    notes: list[Sounding] = field(default_factory=list)


def read_mxl(data: bytes) -> Draft:
    """A compressed score: its container names the file to read."""
    names = archive.names_in(data)
    wanted = None
    if "META-INF/container.xml" in names:
        rootfile = parsed(archive.member(data, "META-INF/container.xml")).find(".//{*}rootfile")
        wanted = rootfile.get("full-path") if rootfile is not None else None
    if wanted not in names:
        wanted = next((name for name in names if name.endswith((".xml", ".musicxml")) and "META-INF" not in name), None)
    if wanted is None:
        raise BadFile("There is no score in this .mxl file.", RESAVE)
    return read_musicxml(archive.member(data, wanted))


def read_musicxml(data: bytes) -> Draft:
    """The piece in the bytes of a MusicXML file."""
    return ScoreReader(parsed(data)).read()


def parsed(data: bytes) -> Element:
    """The root of an XML file; entities, which could unpack without end, are refused."""
    try:
        root: Element = defusedxml.ElementTree.fromstring(data, forbid_entities=True)
    except DefusedXmlException:
        raise BadFile("This XML file defines entities, which no score needs and which can fill a computer's memory.",
                      RESAVE) from None
    except (ParseError, ValueError, LookupError, UnicodeError) as error:
        where = getattr(error, "position", None)
        place = f" in line {where[0]}" if where else ""
        raise BadFile(f"This is not a whole XML file: it can't be read{place}.", RESAVE) from None
    return root


class ScoreReader:
    """One pass over a score."""

    def __init__(self, root: Element) -> None:
        self.root = root
        self.draft = Draft("MusicXML")
        self.remarks: dict[str, None] = {}

    def read(self) -> Draft:
        """The whole score."""
        kind = self.root.tag.rpartition("}")[2]
        if kind not in ("score-partwise", "score-timewise"):
            raise BadFile("This XML file is not a MusicXML score.", "Choose a file that a notation program exported.")
        title = self.root.findtext("work/work-title") or self.root.findtext("movement-title") or ""
        self.draft.title = title.strip()
        instruments = {part.get("id", ""): instrument(part) for part in self.root.iterfind("part-list/score-part")}
        found = [PartReader(self, instruments.get(part_id, Instrument()), measures)
                 for part_id, measures in self._parts(kind)]
        if not found:
            raise BadFile("There is no part in this score.", RESAVE)
        starts = lay_out([part.measures for part in found])
        self.draft.parts = [joined(part.about, part.measures, own) for part, own in zip(found, starts, strict=True)]
        self._place(found, starts)
        self.draft.warnings = list(self.remarks)
        return self.draft

    def _parts(self, kind: str) -> list[tuple[str, list[Element]]]:
        if kind == "score-partwise":
            return [(part.get("id", ""), part.findall("measure")) for part in self.root.iterfind("part")]
        rows: dict[str, list[Element]] = {}
        for measure in self.root.iterfind("measure"):
            for part in measure.iterfind("part"):
                rows.setdefault(part.get("id", ""), []).append(part)
        return list(rows.items())

    def _place(self, parts: list[PartReader], starts: list[list[int]]) -> None:
        """Tempo, metre and key on the piece's ticks; where parts differ, the first has the say."""
        metres: dict[int, tuple[int, BeatUnit]] = {}
        for part, own in reversed(list(zip(parts, starts, strict=True))):
            for number, offset, what, value in part.changes:
                tick = own[number] + max(offset, 0)
                if what == "metre":
                    metres[own[number]] = value  # type: ignore[assignment]
                elif what == "key":
                    self.draft.keys[tick] = value  # type: ignore[assignment]
                else:
                    self.draft.tempos[tick] = value  # type: ignore[assignment]
        self.draft.metres = cut_bars(metres, starts[0])

    def remark(self, sentence: str) -> None:
        """Say this once, however often it is met."""
        self.remarks[sentence] = None


class PartReader:
    """Reads the measures of one part, one after another."""

    def __init__(self, score: ScoreReader, about: Instrument, elements: list[Element]) -> None:
        self.score, self.about = score, about
        self.divisions, self.transpose = Fraction(1), 0
        self.nominal = 4 * TICKS_PER_QUARTER
        self.velocity = DEFAULT_VELOCITY
        self.measures: list[Measure] = []
        self.changes: list[tuple[int, int, str, object]] = []  # measure, tick in it, what, value
        for element in elements:
            self.measure(element)

    def measure(self, element: Element) -> None:
        """One more measure."""
        here = Measure(self.nominal)
        self.measures.append(here)
        position = last = Fraction(0)  # in quarter notes from the measure's beginning
        for child in element:
            tag = child.tag
            if tag == "note":
                length = self._quarters(child)
                if child.find("grace") is not None:
                    self.score.remark("Grace notes were passed over.")
                    continue
                is_chord = child.find("chord") is not None
                onset = last if is_chord else position
                self._note(child, here, onset, length)
                if not is_chord:
                    last, position = position, position + length
            elif tag == "backup":
                position = max(position - self._quarters(child), Fraction(0))
            elif tag == "forward":
                position += self._quarters(child)
            elif tag == "attributes":
                self._attributes(child, here, ticks(position))
            elif tag in ("direction", "sound"):
                self._direction(child, ticks(position))
            elif tag == "barline" and child.find("repeat") is not None:
                self.score.remark("Repeats are played once.")
            here.length = max(here.length, ticks(position))

    def _quarters(self, element: Element) -> Fraction:
        value = number(element.findtext("duration")) / self.divisions
        if not 0 <= value <= 10_000:
            raise BadFile("A note of this score has a length that no note has.", RESAVE)
        return value

    def _attributes(self, element: Element, here: Measure, tick: int) -> None:
        divisions = element.findtext("divisions")
        if divisions is not None:
            self.divisions = number(divisions)
            if not 0 < self.divisions <= 1_000_000:
                raise BadFile("This score divides the quarter note into no parts.", RESAVE)
        time = element.find("time")
        if time is not None and (beats := metre(time)) is not None:
            self.nominal = here.nominal = beats[0] * 4 * TICKS_PER_QUARTER // beats[1]
            self.changes.append((len(self.measures) - 1, 0, "metre", beats))
        transpose = element.find("transpose")
        if transpose is not None:
            octaves = int(number(transpose.findtext("octave-change")))
            self.transpose = int(number(transpose.findtext("chromatic"))) + 12 * octaves
        key = element.find("key/fifths")
        if key is not None and -7 <= (fifths := int(number(key.text))) <= 7:
            mode: Mode = "minor" if element.findtext("key/mode") == "minor" else "major"
            if self.transpose % 12 == 0:  # else it is that of a transposing instrument, not of the piece
                self.changes.append((len(self.measures) - 1, tick, "key", (fifths, mode)))

    def _direction(self, element: Element, tick: int) -> None:
        sound = element if element.tag == "sound" else element.find("sound")
        offset = ticks(number(element.findtext("offset")) / self.divisions)
        if sound is not None and sound.get("dynamics"):
            self.velocity = velocity_of(sound.get("dynamics"))
        tempo = number(sound.get("tempo")) if sound is not None else Fraction(0)
        bpm = float(tempo) or metronome(element)
        if bpm > 0:
            self.changes.append((len(self.measures) - 1, tick + offset, "tempo", bpm))

    def _note(self, element: Element, here: Measure, onset: Fraction, length: Fraction) -> None:
        pitch = self._pitch(element)
        if pitch is None or not length:
            return
        if not 0 <= pitch <= 127:
            self.score.remark("Notes beyond the range of MIDI were left out.")
            return
        begin = ticks(onset)
        ties = {tie.get("type") for tie in element.iterfind("tie")}
        velocity = velocity_of(element.get("dynamics")) if element.get("dynamics") else self.velocity
        voice = element.findtext("voice") or "1"
        here.notes.append(Sounding(begin, max(ticks(onset + length) - begin, 1), pitch, velocity,
                                   int(voice) if voice.isdecimal() and 1 <= int(voice[:3]) <= 16 else 1,
                                   "start" in ties))

    def _pitch(self, element: Element) -> int | None:
        written = element.find("pitch")
        if written is not None:
            step = STEPS.get((written.findtext("step") or "").strip())
            if step is None:
                raise BadFile("A note of this score has a pitch that is no pitch.", RESAVE)
            octave, alter = number(written.findtext("octave")), number(written.findtext("alter"))
            return round(12 * (octave + 1) + step + alter) + self.transpose
        if element.find("unpitched") is None:
            return None
        played = element.find("instrument")
        known = self.about.unpitched.get(played.get("id", "") if played is not None else "")
        if known is not None:
            return known
        step = STEPS.get(element.findtext("unpitched/display-step") or "B", 11)
        return round(12 * (number(element.findtext("unpitched/display-octave") or "2") + 1)) + step


def lay_out(parts: list[list[Measure]]) -> list[list[int]]:
    """Where each measure of each part begins, and the end.

    Parts may have bar lines of their own, as in old music, as long as they end together. Otherwise one miscounts, such
    as with a rest of four quarters in 2/4, and each measure is as long as in most parts.
    """
    own = [[measure.length or measure.nominal for measure in measures] for measures in parts]
    if len({sum(lengths) for lengths in own}) > 1:
        count = max(len(measures) for measures in parts)
        here = [[measures[number] for measures in parts if number < len(measures)] for number in range(count)]
        shared = [measure_length([measure.length for measure in row if measure.length], row[0].nominal) for row in here]
        own = [shared] * len(parts)
    starts = [list(accumulate(lengths, initial=0)) for lengths in own]
    if starts[0][-1] > MAX_TICKS * 10:
        raise BadFile("This score is longer than any piece of music.", RESAVE)
    return starts


def measure_length(lengths: list[int], nominal: int) -> int:
    """The length that most parts have; of equally many that of the metre, else the longest."""
    return max(lengths, key=lambda length: (lengths.count(length), length == nominal, length), default=nominal)


def instrument(part: Element) -> Instrument:
    """A row of the part list."""
    found = Instrument(name=(part.findtext("part-name") or "").strip())
    for midi in part.iterfind("midi-instrument"):
        unpitched = midi.findtext("midi-unpitched")
        if unpitched:
            found.unpitched[midi.get("id", "")] = within(number(unpitched) - 1, 0, 127)
        found.is_drum = found.is_drum or (midi.findtext("midi-channel") or "").strip() == "10"
        if midi.find("midi-program") is not None:
            found.program = within(number(midi.findtext("midi-program")) - 1, 0, 127)
        if midi.find("volume") is not None:
            found.volume = within(number(midi.findtext("volume")) * Fraction(127, 100), 0, 127)
        if midi.find("pan") is not None:
            found.pan = within(64 + number(midi.findtext("pan")) * Fraction(64, 90), 0, 127)
    return found


def joined(about: Instrument, measures: list[Measure], starts: list[int]) -> DraftPart:
    """The notes of a part on the piece's ticks, tied ones put together."""
    part = DraftPart(about.name, about.program, about.is_drum, about.volume, about.pan)
    held: dict[PITCHED, tuple[int, Sounding]] = {}
    voices = {note.voice for measure in measures for note in measure.notes}
    for measure, start in zip(measures, starts, strict=False):
        for note in measure.notes:
            onset, key = start + note.onset, (note.pitch, note.voice)
            # some programs write no tie's end, so its beginning and the place must do
            if key in held and held[key][0] + held[key][1].length == onset:
                began, first = held.pop(key)
                first.length += note.length
                onset, note = began, Sounding(first.onset, first.length, first.pitch, first.velocity, first.voice,
                                              note.goes_on)
            elif key in held:
                append(part, *held.pop(key), len(voices) > 1)
            if note.goes_on:
                held[key] = (onset, note)
            else:
                append(part, onset, note, len(voices) > 1)
    for onset, note in held.values():
        append(part, onset, note, len(voices) > 1)
    return part


def append(part: DraftPart, onset: int, note: Sounding, with_voice: bool) -> None:
    """Put a note that begins at this tick into the part."""
    part.notes.append((onset, note.length, note.pitch, note.velocity, note.voice if with_voice else None))


def cut_bars(metres: dict[int, tuple[int, BeatUnit]], starts: list[int]) -> dict[int, tuple[int, BeatUnit]]:
    """The metres, named again wherever a measure is shorter or longer than they say, such as after an upbeat."""
    found: dict[int, tuple[int, BeatUnit]] = {}
    now: tuple[int, BeatUnit] = (4, 4)
    due = 0  # where the next bar would begin if the last metre that was written down went on
    for number_, start in enumerate(starts[:-1]):
        changed = metres.get(start, now)
        length = starts[number_ + 1] - start
        if changed != now or start != due or not found:
            found[start] = now = changed
        full = now[0] * 4 * TICKS_PER_QUARTER // now[1]
        if length > full and length * now[1] % (4 * TICKS_PER_QUARTER) == 0:  # a long bar is a metre of its own
            found[start] = (min(length * now[1] // (4 * TICKS_PER_QUARTER), 64), now[1])
            due = -1
        else:
            due = start + full
    return found


def metre(time: Element) -> tuple[int, BeatUnit] | None:
    """A time signature; 3+2/8 counts as 5/8."""
    beats = sum(int(part) for part in re.findall(r"\d{1,3}", time.findtext("beats") or ""))
    for unit in (1, 2, 4, 8, 16, 32, 64):
        if str(unit) == (time.findtext("beat-type") or "").strip() and 1 <= beats <= 64:
            return beats, unit
    return None


def metronome(element: Element) -> float:
    """Quarter notes a minute of a metronome mark, 0 where there is none."""
    mark = element.find("direction-type/metronome")
    if mark is None:
        return 0.0
    beat = UNIT_QUARTERS.get((mark.findtext("beat-unit") or "quarter").strip(), 1.0)
    dots = 1.5 if mark.find("beat-unit-dot") is not None else 1.0
    return float(number(mark.findtext("per-minute"))) * beat * dots


def number(text: str | None) -> Fraction:
    """A number in a score; 0 where there is none. Bounded in length: 1e999999 is not worth working out."""
    found = re.fullmatch(r"\s*([+-]?\d{1,9}(?:\.\d{1,9})?)\d*\s*", text or "")
    return Fraction(found[1]) if found else Fraction(0)


def within(value: Fraction, low: int, high: int) -> int:
    """The nearest whole number from low to high."""
    return min(max(round(value), low), high)


def velocity_of(dynamics: str | None) -> int:
    """MusicXML's percentage of a usual forte as a MIDI velocity."""
    return within(number(dynamics) * FULL_DYNAMICS / 100, 1, 127)


def ticks(quarters: Fraction) -> int:
    """Quarter notes as ticks."""
    return round(quarters * TICKS_PER_QUARTER)

