"""A piece as training data: a table of notes on the grid of sixteenths, from which every roll and grid is derived.

The table is int32 (n, 5): onset and length in steps, pitch, voice, velocity, in order of onset. A note struck again is
a row of its own, so nothing fuses. Voice 0 is the highest where a piece has four voices, else voices are the file's
parts. A step is a sixteenth note, 120 ticks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trivium.music.dataset.key import fifths_of
from trivium.music.notes import DEFAULT_BPM, TICKS_PER_QUARTER, Composition, Key, Metre, Note, Part, Tempo

Ints = NDArray[np.int32]
Bools = NDArray[np.bool_]

ONSET, LENGTH, PITCH, VOICE, VELOCITY = range(5)
STEP_TICKS = TICKS_PER_QUARTER // 4
FOUR = 4
REST, NO_NOTE = -1, -2  # in grids: a voice is silent; there is no further note in the chord


@dataclass(frozen=True)
class GridPiece:
    """One piece of a training set."""

    notes: Ints  # (n, 5)
    title: str = ""
    source: str = ""
    metre: str = "4/4"
    upbeat_steps: int = 0  # length of the short bar that it begins with, 0 where it begins with a whole one
    bpm: float = DEFAULT_BPM
    key: str = ""
    key_is_estimated: bool = False
    is_four_part: bool = False
    moved: float = 0.0  # share of notes that quantising moved by more than a 64th note

    @property
    def steps(self) -> int:
        """Length in sixteenth steps."""
        return int((self.notes[:, ONSET] + self.notes[:, LENGTH]).max(initial=0))

    @property
    def voices(self) -> int:
        """How many voices or parts it has."""
        return int(self.notes[:, VOICE].max(initial=-1)) + 1

    @property
    def bar_steps(self) -> int:
        """Steps of a bar of its metre."""
        beats, _, unit = self.metre.partition("/")
        return max(int(beats) * 16 // int(unit), 1)

    def facts(self) -> dict[str, Any]:
        """What the card tells of it."""
        return {"title": self.title, "source": self.source, "metre": self.metre, "upbeat_steps": self.upbeat_steps,
                "bpm": self.bpm, "key": self.key, "key_is_estimated": self.key_is_estimated,
                "is_four_part": self.is_four_part, "moved": round(self.moved, 4)}


def in_order(notes: Ints) -> Ints:
    """The table by onset, then voice, then from high to low."""
    return notes[np.lexsort((-notes[:, PITCH], notes[:, VOICE], notes[:, ONSET]))]


def voice_grid(piece: GridPiece, voices: int = FOUR) -> tuple[Ints, Bools]:
    """Pitch (T, V), -1 where a voice is silent, and onset (T, V): a note begins here.

    Where two notes of one voice overlap, the later one cuts the earlier, and of two at once the higher is kept.
    """
    pitch = np.full((piece.steps, voices), -1, dtype=np.int32)  # (T, V)
    onset = np.zeros((piece.steps, voices), dtype=bool)
    for begin, length, note, voice, _ in reversed_at_once(piece.notes).tolist():
        if voice < voices:
            pitch[begin:begin + length, voice] = note
            onset[begin:begin + length, voice] = False
            onset[begin, voice] = True
    return pitch, onset


def reversed_at_once(notes: Ints) -> Ints:
    """By onset, the highest of those at once last, so that it is what remains."""
    return notes[np.lexsort((notes[:, PITCH], notes[:, ONSET]))]


def sounding_roll(piece: GridPiece, lowest: int = 0, pitches: int = 128) -> NDArray[np.uint8]:
    """(T, pitches): 0 silent, 1 a note goes on, 2 a note begins. Pitches outside are left out."""
    roll = np.zeros((piece.steps, pitches), dtype=np.uint8)
    for begin, length, note, _, _ in piece.notes.tolist():
        if lowest <= note < lowest + pitches:
            column = roll[begin:begin + length, note - lowest]
            np.maximum(column, 1, out=column)
    inside = piece.notes[(piece.notes[:, PITCH] >= lowest) & (piece.notes[:, PITCH] < lowest + pitches)]
    roll[inside[:, ONSET], inside[:, PITCH] - lowest] = 2
    return roll


def chords(piece: GridPiece) -> Ints:
    """(T, K) sounding pitches of each step from high to low, then -2; -1 where all is silent. K is the most at once."""
    rows, pitches = np.nonzero(sounding_roll(piece)[:, ::-1])  # from high to low
    counts = np.bincount(rows, minlength=piece.steps)
    found = np.full((piece.steps, max(int(counts.max(initial=0)), 1)), NO_NOTE, dtype=np.int32)
    found[counts == 0, 0] = REST
    place = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    found[rows, place] = 127 - pitches
    return found


def notes_of_grid(pitch: Ints, onset: Bools | None = None, velocity: int = 80) -> Ints:
    """The way back from (T, V) grids to a table; without onsets a note begins where the pitch changes."""
    begins = np.ones(pitch.shape, dtype=bool)
    begins[1:] = pitch[1:] != pitch[:-1]
    if onset is not None:
        begins |= onset
    rows = []
    for voice in range(pitch.shape[1]):
        starts = np.flatnonzero(begins[:, voice])
        ends = np.append(starts[1:], len(pitch))
        rows += [(start, end - start, pitch[start, voice], voice, velocity)
                 for start, end in zip(starts, ends, strict=True) if pitch[start, voice] >= 0]
    return in_order(np.array(rows, dtype=np.int32).reshape(-1, 5))


def transposed(piece: GridPiece, semitones: int) -> GridPiece:
    """The piece so many semitones higher; its key's name is left out, for it no longer holds."""
    notes = piece.notes.copy()
    notes[:, PITCH] += semitones
    if len(notes) and not 0 <= notes[:, PITCH].min() <= notes[:, PITCH].max() <= 127:
        raise ValueError(f"{semitones} semitones move a note out of MIDI's range")
    return replace(piece, notes=notes, key=piece.key if semitones % 12 == 0 else "")


def transposition_range(piece: GridPiece, lowest: int, highest: int) -> tuple[int, int]:
    """How many semitones down and up it may move and stay within lowest..highest; (1, 0), an empty range, if never."""
    pitches = piece.notes[:, PITCH]
    down, up = lowest - int(pitches.min()), highest - int(pitches.max())
    return (down, up) if down <= up else (1, 0)


def composition_of(piece: GridPiece, names: tuple[str, ...] = ("Soprano", "Alto", "Tenor", "Bass")) -> Composition:
    """The piece as a document that can be heard, edited and saved."""
    beats, _, unit = piece.metre.partition("/")
    metre = Metre.model_validate({"beats": int(beats), "beat_unit": int(unit)})
    parts = []
    for voice in range(piece.voices):
        rows = piece.notes[piece.notes[:, VOICE] == voice].tolist()
        name = names[voice] if piece.is_four_part and voice < len(names) else f"Part {voice + 1}"
        parts.append(Part(id=f"part-{voice + 1}", name=name, notes=[
            Note(onset=on * STEP_TICKS, length=length * STEP_TICKS, pitch=pitch, velocity=velocity)
            for on, length, pitch, _, velocity in rows]))
    metres = [metre] if not piece.upbeat_steps else [metre, metre.model_copy(
        update={"tick": piece.upbeat_steps * STEP_TICKS})]
    return Composition(title=piece.title, tempos=[Tempo(bpm=piece.bpm)], metres=metres, keys=key_list(piece),
                       parts=parts)


def key_list(piece: GridPiece) -> list[Key]:
    """The key, where the file stated it."""
    if not piece.key or piece.key_is_estimated:
        return []
    fifths, mode = fifths_of(piece.key)
    return [Key.model_validate({"fifths": fifths, "mode": mode})]
