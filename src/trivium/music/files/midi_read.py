"""Reads a Standard MIDI File of type 0 or 1: any division, tempo and metre, any number of tracks.

Our own reader, because a file may come from a stranger: each number is bounded before anything is made from it (a
variable-length number has at most four bytes), and 100 kB take milliseconds. What can be mended without guessing is
mended with a remark: missing note-offs, a tempo of zero, an end that was cut off. tests/music compares it with mido.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field

from trivium.errors import BadFile
from trivium.music.files.draft import Draft, DraftPart, RawNote
from trivium.music.notes import MAX_BPM, MIN_BPM, TICKS_PER_QUARTER, BeatUnit, Mode

MAX_EVENTS = 1_000_000
MAX_TRACKS = 65_535  # the header counts them in two bytes
DRUM_CHANNEL = 9
RESAVE = "Save it again as a type 1 MIDI file from the program that it came from."
DATA_BYTES = {0x80: 2, 0x90: 2, 0xA0: 2, 0xB0: 2, 0xC0: 1, 0xD0: 1, 0xE0: 2}
BEAT_UNITS: tuple[BeatUnit, ...] = (1, 2, 4, 8, 16, 32, 64)
VOLUME, PAN, PEDAL = 7, 10, 64
Open = tuple[int, int]  # tick and velocity of a note that sounds


@dataclass
class Track:
    """What one track holds, in the file's own ticks."""

    name: str = ""
    port: int = 0
    end: int = 0
    notes: dict[int, list[RawNote]] = field(default_factory=lambda: defaultdict(list))  # channel -> notes
    programs: dict[int, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))  # channel -> tick -> program
    controls: dict[tuple[int, int], int] = field(default_factory=dict)  # channel, controller -> its first value
    sounding: dict[tuple[int, int], deque[Open]] = field(default_factory=lambda: defaultdict(deque))
    unended: int = 0
    has_bends: bool = False


class Damaged(BadFile):
    """A MIDI file that breaks the format's rules at some byte."""

    def __init__(self, position: int, what: str) -> None:
        super().__init__(f"This MIDI file is damaged at byte {position:,}: {what}.", RESAVE)


class MidiReader:
    """One pass over the bytes of a file."""

    def __init__(self, data: bytes) -> None:
        self.data, self.position, self.events = data, 0, 0
        self.draft = Draft("MIDI")
        self.tempos: dict[int, int] = {}
        self.metres: dict[int, tuple[int, int]] = {}
        self.keys: dict[int, tuple[int, Mode]] = {}
        self.remarks: dict[str, None] = {}

    def read(self) -> Draft:
        """The whole file."""
        start = self.data.find(b"MThd", 0, 64)  # a RIFF wrapper may stand before it
        if start < 0 or len(self.data) < start + 14:
            raise BadFile("This is not a MIDI file: it does not begin as one.", "Choose a file that ends in .mid.")
        length = int.from_bytes(self.data[start + 4:start + 8], "big")
        kind, _, division = (int.from_bytes(self.data[start + i:start + i + 2], "big") for i in (8, 10, 12))
        if kind == 2:
            raise BadFile("This MIDI file is of type 2: patterns that do not belong together in time.", RESAVE)
        if kind > 2:
            raise Damaged(start + 8, f"there is no type {kind}")
        self.numerator, self.denominator, self.is_timecode = time_base(division)
        self.position = start + 8 + length
        tracks = self._chunks()
        self._finish(tracks)
        return self.draft

    def _chunks(self) -> list[Track]:
        tracks: list[Track] = []
        while self.position + 8 <= len(self.data):
            kind = self.data[self.position:self.position + 4]
            length = int.from_bytes(self.data[self.position + 4:self.position + 8], "big")
            self.position += 8
            end = self.position + length
            if end > len(self.data):
                self._remark("The file ends in the middle of a track; what was there has been read.")
            if kind == b"MTrk":
                if len(tracks) == MAX_TRACKS:
                    raise BadFile(f"There are more than {MAX_TRACKS:,} tracks in this MIDI file.", RESAVE)
                tracks.append(self._track(min(end, len(self.data)), is_cut=end > len(self.data)))
            self.position = end
        if not tracks:
            raise BadFile("There is no track in this MIDI file.", RESAVE)
        return tracks

    def _track(self, end: int, is_cut: bool) -> Track:
        track, tick, status = Track(), 0, 0
        try:
            while self.position < end:
                self.events += 1
                if self.events > MAX_EVENTS:
                    raise BadFile(f"There are more than {MAX_EVENTS:,} events in this MIDI file.",
                                  "Export fewer tracks or bars from the program that it came from.")
                tick += self._number()
                byte = self.data[self.position]
                if byte >= 0x80:
                    self.position += 1
                    if byte < 0xF0:
                        status = byte
                elif not status:
                    raise Damaged(self.position, "an event has no status")
                else:
                    byte = status
                if byte == 0xFF:
                    if self._meta(track, tick, end):
                        break
                elif byte in (0xF0, 0xF7):
                    self.position += self._number()
                elif byte > 0xF0:
                    raise Damaged(self.position, "a message stands there that files do not have")
                else:
                    self._message(track, tick, byte)
        except IndexError:
            if not is_cut:
                raise Damaged(min(self.position, len(self.data)), "the track ends in the middle of an event") from None
        track.end = tick
        close_all(track)
        return track

    def _number(self) -> int:
        """A variable-length number, of four bytes at most."""
        value = 0
        for _ in range(4):
            byte = self.data[self.position]
            self.position += 1
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value
        raise Damaged(self.position, "a number there has no end")

    def _message(self, track: Track, tick: int, status: int) -> None:
        kind, channel = status & 0xF0, status & 0x0F
        first = self.data[self.position] & 0x7F
        second = self.data[self.position + 1] & 0x7F if DATA_BYTES[kind] == 2 else 0
        self.position += DATA_BYTES[kind]
        if kind == 0x90 and second:
            track.sounding[channel, first].append((tick, second))
        elif kind in (0x80, 0x90):
            sounding = track.sounding.get((channel, first))
            if sounding:
                onset, velocity = sounding.popleft()
                track.notes[channel].append((onset, tick - onset, first, velocity, None))
        elif kind == 0xC0:
            track.programs[channel][tick] = first
        elif kind == 0xB0:
            track.controls.setdefault((channel, first), second)
        elif kind == 0xE0:
            track.has_bends = True

    def _meta(self, track: Track, tick: int, end: int) -> bool:
        """One meta event; True at the end of the track."""
        kind = self.data[self.position]
        self.position += 1
        length = self._number()
        body = self.data[self.position:min(self.position + length, end)]
        self.position += length
        if kind == 0x2F:
            return True
        if kind == 0x03 and not track.name:
            track.name = text(body)
        elif kind == 0x21 and body:
            track.port = body[0]
        elif kind == 0x51 and len(body) >= 3:
            self.tempos[tick] = int.from_bytes(body[:3], "big")
        elif kind == 0x58 and len(body) >= 2:
            self.metres[tick] = (body[0], body[1])
        elif kind == 0x59 and len(body) >= 2:
            self.keys[tick] = ((body[0] ^ 0x80) - 0x80, "minor" if body[1] == 1 else "major")
        return False

    def _remark(self, sentence: str) -> None:
        self.remarks[sentence] = None

    def _scaled(self, tick: int) -> int:
        return (tick * self.numerator + self.denominator // 2) // self.denominator

    def _finish(self, tracks: list[Track]) -> None:
        self._changes()
        global_programs: dict[tuple[int, int], dict[int, int]] = defaultdict(dict)
        controls: dict[tuple[int, int, int], int] = {}
        for track in tracks:
            for channel, programs in track.programs.items():
                global_programs[track.port, channel].update(programs)
            for (channel, controller), value in track.controls.items():
                controls.setdefault((track.port, channel, controller), value)
        for track in tracks:
            self.draft.parts += self._parts(track, global_programs, controls)
        self._say(tracks)
        unnamed = [track for track in tracks if not track.notes]
        if unnamed and unnamed[0] is tracks[0]:
            self.draft.title = tracks[0].name
        self.draft.warnings = list(self.remarks)

    def _parts(self, track: Track, everywhere: dict[tuple[int, int], dict[int, int]],
               controls: dict[tuple[int, int, int], int]) -> list[DraftPart]:
        """One part for each channel and program of a track; a program of its own goes before one set elsewhere."""
        found: dict[tuple[int, int], DraftPart] = {}
        for channel, notes in track.notes.items():
            programs = sorted((track.programs.get(channel) or everywhere.get((track.port, channel)) or {0: 0}).items())
            place, program = 0, programs[0][1]
            for note in sorted(notes):
                while place < len(programs) and programs[place][0] <= note[0]:
                    program, place = programs[place][1], place + 1
                if (channel, program) not in found:
                    volume, pan = (track.controls.get((channel, number), controls.get((track.port, channel, number)))
                                   for number in (VOLUME, PAN))
                    found[channel, program] = DraftPart(
                        track.name, program, channel == DRUM_CHANNEL, 100 if volume is None else volume,
                        64 if pan is None else pan)
                found[channel, program].notes.append(self._note(note))
        if len(found) > 1:  # one name for several instruments: each takes its own
            for part in found.values():
                part.name = ""
        return list(found.values())

    def _note(self, note: RawNote) -> RawNote:
        onset, length, pitch, velocity, voice = note
        begin, end = self._scaled(onset), self._scaled(onset + length)
        return begin, max(end - begin, 1), pitch, velocity, voice

    def _changes(self) -> None:
        for tick, microseconds in sorted(self.tempos.items()):
            if self.is_timecode:
                continue
            if microseconds == 0:
                self._remark("A tempo of zero was left out.")
                continue
            bpm = 60e6 / microseconds
            if not MIN_BPM <= bpm <= MAX_BPM:
                self._remark(f"A tempo of {bpm:,.4g} beats a minute was brought within {MIN_BPM:g} to {MAX_BPM:g}.")
            self.draft.tempos[self._scaled(tick)] = nearest_bpm(microseconds)
        for tick, (beats, power) in sorted(self.metres.items()):
            if not 1 <= beats <= 64 or power >= len(BEAT_UNITS):
                self._remark("A time signature that no music has was left out.")
                continue
            self.draft.metres[self._scaled(tick)] = (beats, BEAT_UNITS[power])
        for tick, (fifths, mode) in sorted(self.keys.items()):
            if -7 <= fifths <= 7:
                self.draft.keys[self._scaled(tick)] = (fifths, mode)

    def _say(self, tracks: list[Track]) -> None:
        unended = sum(track.unended for track in tracks)
        if unended:
            self._remark(f"{unended:,} note(s) had no end; each now ends at the next of its pitch, or with its track.")
        if any(track.has_bends or any(c == PEDAL for _, c in track.controls) for track in tracks):
            self._remark("Pedal and pitch bend are not kept.")
        if self.is_timecode:
            self._remark("The file counts in seconds, not in beats; it was laid on 120 beats a minute.")


def read_midi(data: bytes) -> Draft:
    """The piece in the bytes of a MIDI file; BadFile where it is none."""
    return MidiReader(data).read()


def time_base(division: int) -> tuple[int, int, bool]:
    """(numerator, denominator) from the file's ticks to ours, and whether it counts in time code."""
    if division & 0x8000:
        frames, parts = 256 - (division >> 8), division & 0xFF
        if not frames or not parts:
            raise BadFile("This MIDI file says that a second has no ticks.", RESAVE)
        per_second = (30000, 1001) if frames == 29 else (frames, 1)
        return 2 * TICKS_PER_QUARTER * per_second[1], per_second[0] * parts, True
    if division == 0:
        raise BadFile("This MIDI file says that a quarter note has no ticks.", RESAVE)
    return TICKS_PER_QUARTER, division, False


def close_all(track: Track) -> None:
    """End what still sounds: where the same pitch is struck again, else with the track."""
    for (channel, pitch), sounding in track.sounding.items():
        follows = [onset for onset, _ in sounding][1:]
        for (onset, velocity), end in zip(sounding, [*follows, track.end], strict=False):
            track.notes[channel].append((onset, end - onset, pitch, velocity, None))
            track.unended += 1


def nearest_bpm(microseconds: int) -> float:
    """The shortest number of beats a minute that is written as these microseconds again."""
    bpm = 60e6 / microseconds
    for digits in range(7):
        if round(60e6 / (round(bpm, digits) or 1)) == microseconds:
            return round(bpm, digits)
    return bpm


def text(body: bytes) -> str:
    """A name; UTF-8, or what older programs wrote."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("latin-1")
