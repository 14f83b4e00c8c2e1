"""Which voice each note of a file belongs to: soprano, alto, tenor, bass where there are four, else the file's parts.

Four voices are found where four parts (or four voices of fewer parts) sing one note at a time, and where one or two
parts hold chords of four. In such chords notes go to the voices from high to low, and a held note keeps its voice.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trivium.music.dataset.piece import FOUR, LENGTH, ONSET, PITCH, VELOCITY, VOICE, Ints, in_order

OVERLAPS = 0.08  # share of a voice's notes that may lie on each other: a divided note, a long pedal
FULL = 0.9  # share of sounding steps with exactly four notes that makes chords four voices


def with_voices(notes: Ints, part: Ints, inner: Ints) -> tuple[Ints, bool]:
    """The table with its voice column filled, and whether there are four voices.

    `part` and `inner` say of each note which part of the file it stands in, and which voice of that part (0: unknown).
    """
    for label in (part, part * 32 + inner):
        names, voice = np.unique(label, return_inverse=True)
        if len(names) == FOUR and all(is_single(notes[voice == k]) for k in range(FOUR)):
            ranked = np.argsort([-notes[voice == k, PITCH].mean() for k in range(FOUR)], kind="stable")
            return labelled(notes, np.argsort(ranked)[voice]), True
    if len(np.unique(part)) <= 2 and share_of_four(notes) >= FULL:
        return from_chords(notes)
    return labelled(notes, np.unique(part, return_inverse=True)[1]), False


def labelled(notes: Ints, voice: NDArray[np.integer]) -> Ints:
    """The table, (n, 5) or wider, with these voices, (n,), in order."""
    found = notes.copy()
    found[:, VOICE] = voice
    return in_order(found)


def is_single(notes: Ints) -> bool:
    """Whether hardly a note begins while another sounds."""
    rows = notes[np.lexsort((notes[:, PITCH], notes[:, ONSET]))]
    ends = np.maximum.accumulate(rows[:, ONSET] + rows[:, LENGTH])
    return bool((rows[1:, ONSET] < ends[:-1]).sum() <= OVERLAPS * len(rows))


def share_of_four(notes: Ints) -> float:
    """Of the steps in which something sounds, how many have exactly four notes."""
    last = int((notes[:, ONSET] + notes[:, LENGTH]).max(initial=0))
    change = np.zeros(last + 1, dtype=np.int64)
    np.add.at(change, notes[:, ONSET], 1)
    np.add.at(change, notes[:, ONSET] + notes[:, LENGTH], -1)
    sounding = np.cumsum(change)[:-1]
    return float((sounding == FOUR).sum() / max((sounding > 0).sum(), 1))


def from_chords(notes: Ints) -> tuple[Ints, bool]:
    """Four voices out of chords; a fifth note at once is left out."""
    rows = notes[np.lexsort((-notes[:, PITCH], notes[:, ONSET]))]
    busy = np.zeros(FOUR, dtype=np.int64)  # the step at which each voice is free again
    held = np.zeros(FOUR, dtype=np.int64)
    kept = []
    for begin in np.unique(rows[:, ONSET]):
        fresh = rows[rows[:, ONSET] == begin]
        free = [voice for voice in range(FOUR) if busy[voice] <= begin]
        for note, voice in zip(fresh, places(fresh[:, PITCH], free, held, busy > begin), strict=False):
            held[voice], busy[voice] = note[PITCH], begin + note[LENGTH]
            kept.append((begin, note[LENGTH], note[PITCH], voice, note[VELOCITY]))
    return in_order(np.array(kept, dtype=np.int32).reshape(-1, 5)), True


def places(pitches: Ints, free: list[int], held: NDArray[np.int64], sounds: NDArray[np.bool_]) -> list[int]:
    """A free voice for each pitch, high to low; one that lies between held notes goes between their voices."""
    if len(pitches) >= len(free):
        return free
    found: list[int] = []
    for number, pitch in enumerate(pitches.tolist()):
        above = [voice for voice in range(FOUR) if sounds[voice] and held[voice] > pitch]
        floor = max([*above, *found], default=-1)
        left = len(pitches) - number - 1  # voices that the notes below need
        choice = [voice for voice in free if voice > floor and voice not in found]
        choice = choice or [voice for voice in free if voice not in found]
        roomy = choice[:max(len(choice) - left, 1)]
        found.append(min(roomy, key=lambda voice: abs(int(held[voice]) - pitch)))  # where it moves least
    return found
