"""What is on the stand while the GAN accompanies: the melody as a roll, and what is written as notes of the piece.

Only accompaniment parts of this technique's own are written, known by their ids; where the piece has them already,
their notes in the region make room, but for pinned ones, and what stands around them is what the network goes on from.
Every other part, the melody too, stays as it is.

T steps of the piece from its origin, the first of the steps that begin with the region's first bar.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from trivium.errors import BadConfig
from trivium.music.bars import Bar, bars_until, region
from trivium.music.dataset.piece import STEP_TICKS
from trivium.music.gan.config import GanControls
from trivium.music.gan.roll import LOWEST, rows_of, to_one_key, track_roll
from trivium.music.gan.writing import Song
from trivium.music.notes import MAX_PARTS, Composition, Note, Part
from trivium.music.written import Written

PREFIX = "accompaniment-"
SOFTER = 8  # velocity below the melody's


class Stand:
    """A piece under the GAN's hands."""

    def __init__(self, piece: Composition, controls: GanControls, facts: dict[str, Any]) -> None:
        self.piece = piece
        self.melody = melody_of(piece, controls.melody)
        self.moved = moved_by(self.melody, *facts["melody_range"])
        bars = bars_until(piece.metres, max(piece.end, 1))
        self.region = region(bars, controls.first_bar, controls.last_bar)
        self.bars = [bar for bar in bars if self.region[0] <= bar.tick < self.region[1]]
        self.origin = self.region[0] % STEP_TICKS
        self.parts = parts_of(piece, self.melody, controls, facts["tracks"])
        self.velocity = max(int(np.median([note.velocity for note in self.melody.notes])) - SOFTER, 1)
        self.song = self.song_of(bars)
        self.told = 0  # bars
        self.events: list[Written] = []

    def song_of(self, bars: list[Bar]) -> Song:
        """The piece as the network sees it."""
        steps = max(self.step(bars[-1].end), self.step(self.region[1]), 1)
        song = Song.empty(self.roll(self.melody, steps)[None], np.zeros((1, steps), dtype=bool))
        for bar in bars:
            song.bars[0, min(max(self.step(bar.tick), 0), steps - 1)] = True
        song.first, song.end = self.step(self.region[0]), self.step(self.region[1])
        for track, part in self.parts.items():
            song.tracks[0, :, :, track - 1] = self.roll(part, steps)
            song.is_given |= bool(part.notes)
        song.is_given[song.first:song.end] = False
        song.tracks[:, song.first:song.end] = 0
        return song

    def step(self, tick: int) -> int:
        """The step nearest to a tick."""
        return (tick - self.origin + STEP_TICKS // 2) // STEP_TICKS

    def roll(self, part: Part, steps: int) -> Any:
        """A part on the grid, moved to where the network has learned."""
        rows = [(max(self.step(note.onset), 0), note) for note in part.notes]
        table = [(begin, max(self.step(note.end) - begin, 1), min(max(note.pitch + self.moved, 0), 127))
                 for begin, note in rows if begin < steps]
        return track_roll(np.array(table, dtype=np.int32).reshape(-1, 3), steps)

    def hear(self, until: int) -> Iterator[Written]:
        """What is finished now that the song stands up to a step: bar by bar, one passage for each part."""
        while self.told < len(self.bars):
            bar = self.bars[self.told]
            found = {track: self.notes_in(track, bar, until) for track in self.parts}
            if until < self.song.end and (until < self.step(bar.end)
                                          or any(self.step(note.end) >= until for notes in found.values()
                                                 for note in notes)):
                return  # a note of this bar may go on
            self.told += 1
            for track, notes in found.items():
                yield from self.passage(self.parts[track], bar, notes)

    def notes_in(self, track: int, bar: Bar, until: int) -> list[Note]:
        """The notes that begin in a bar, as far as they are written."""
        first, end = self.step(bar.tick), self.step(bar.end)
        rows = rows_of(self.song.tracks[0, first:until, :, track - 1])
        return [self.note(first + int(onset), int(length), int(pitch)) for onset, length, pitch in rows
                if first + onset < end]

    def note(self, step: int, length: int, pitch: int) -> Note:
        """From the grid into the document."""
        height = pitch + LOWEST - self.moved
        height += 12 * -(-max(-height, 0) // 12) - 12 * -(-max(height - 127, 0) // 12)
        return Note(onset=step * STEP_TICKS + self.origin, length=length * STEP_TICKS, pitch=height,
                    velocity=self.velocity)

    def passage(self, part: Part, bar: Bar, notes: list[Note]) -> Iterator[Written]:
        """What becomes of one part's bar; nothing is told where nothing changes."""
        gone = [note for note in part.notes if bar.tick <= note.onset < bar.end and not note.pinned]
        stays = [note for note in part.notes if note not in gone]
        added = [note for note in notes if not any(other.pitch == note.pitch and other.onset < note.end
                                                   and note.onset < other.end for other in stays)]
        if gone or added:
            event = Written(index=len(self.events), part=part.model_copy(update={"notes": []}), first=bar.tick,
                            end=bar.end, removed=gone, added=added)
            self.events.append(event)
            yield event


def melody_of(piece: Composition, wanted: str | None) -> Part:
    """The part that is accompanied."""
    for part in piece.parts:
        if part.id == wanted and (part.is_drum or not part.notes):
            raise BadConfig(f"The part '{wanted}' has no melody.", "Choose a part with notes that is not a drum kit.")
        if part.id == wanted:
            return part
    if wanted is not None:
        raise BadConfig(f"The piece has no part '{wanted}'.",
                        f"Its parts are: {', '.join(part.id for part in piece.parts)}.")
    tuned = [part for part in piece.parts if part.notes and not part.is_drum]
    if not tuned:
        raise BadConfig("There is no melody to accompany.", "Record one, draw one, or open a sample melody.")
    return max([part for part in tuned if not part.id.startswith(PREFIX)] or tuned,
               key=lambda part: float(np.mean([note.pitch for note in part.notes])))


def parts_of(piece: Composition, melody: Part, controls: GanControls, tracks: list[dict[str, Any]]) -> dict[int, Part]:
    """The part of each track that is written: the piece's own where it has it, else a new one."""
    known = {part.id: part for part in piece.parts if part.id != melody.id and not part.is_drum}
    wished = dict(enumerate(controls.programs or [], start=1))
    found = {}
    for track in sorted(controls.tracks):
        named = wished.get(track)
        program = int(tracks[track - 1]["program"]) if named is None else named
        part_id = f"{PREFIX}{track}"
        if part_id in {part.id for part in piece.parts} - set(known):  # the melody itself, or drums
            part_id += "-below"
        found[track] = known.get(part_id) or Part(id=part_id, name=str(tracks[track - 1]["name"]), program=program)
    if len({part.id for part in piece.parts} | {part.id for part in found.values()}) > MAX_PARTS:
        raise BadConfig(f"The piece would have more than {MAX_PARTS} parts.", "Leave out some parts first.")
    return found


def moved_by(melody: Part, lowest: int, highest: int) -> int:
    """By how many semitones a melody is moved: to the one key, and so that most of it lies in the range."""
    notes = np.array([(note.onset, note.length, note.pitch) for note in melody.notes], dtype=np.int32)
    moves = sorted((to_one_key(notes) + octaves for octaves in range(-96, 97, 12)), key=abs)
    return max(moves, key=lambda move: int(((notes[:, 2] + move >= lowest) & (notes[:, 2] + move <= highest)).sum()))
