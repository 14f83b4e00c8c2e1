"""Our own compact way to type a melody: `q c4 c4 g4 g4 | a4 a4 h g4 |`.

A length holds until the next one: w h q e s t (whole, half, quarter, eighth, sixteenth,
thirty-second), dotted by a dot.
A pitch is its letter, # or b, and its octave (c4 is middle C); r is a rest; ~ ties a note to the next of its pitch.
Bar lines are checked: each bar must be as long as the metre says, but for a first and last bar that make one together.
"""

from __future__ import annotations

import re

from trivium.music.notes import DEFAULT_VELOCITY, TICKS_PER_QUARTER, Metre, Note

LENGTHS = {"w": 1920, "h": 960, "q": 480, "e": 240, "s": 120, "t": 60}
STEPS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
LENGTH = re.compile(r"([whqest])(\.?)")
PITCH = re.compile(r"([a-g])([#b]?)([0-8])(~?)")


def read_tune(text: str, metre: Metre) -> tuple[list[Note], int]:
    """The notes of a typed melody and the length of its first bar; ValueError names the bar that is wrong."""
    notes: list[Note] = []
    bars: list[int] = []
    length, tick, tied = TICKS_PER_QUARTER, 0, False
    for number, bar in enumerate(part for part in text.split("|") if part.strip()):
        begin = tick
        for word in bar.split():
            if found := LENGTH.fullmatch(word):
                length = LENGTHS[found[1]] * (3 if found[2] else 2) // 2
            elif word == "r":
                tick += length
            elif found := PITCH.fullmatch(word):
                pitch = pitch_of(found[1], found[2], int(found[3]))
                if tied and notes[-1].pitch == pitch:
                    notes[-1] = notes[-1].model_copy(update={"length": notes[-1].length + length})
                else:
                    notes.append(Note(onset=tick, length=length, pitch=pitch, velocity=DEFAULT_VELOCITY))
                tick, tied = tick + length, bool(found[4])
            else:
                raise ValueError(f"bar {number + 1}: {word!r} is neither a length nor a pitch")
        bars.append(tick - begin)
    check_bars(bars, metre)
    return notes, bars[0]


def check_bars(bars: list[int], metre: Metre) -> None:
    """Each bar is full; a short first one is a pick-up, and the last one may make up for it."""
    full = metre.bar_ticks
    for number, length in enumerate(bars):
        is_edge = number in (0, len(bars) - 1) and 0 < length < full
        if length != full and not is_edge:
            raise ValueError(f"bar {number + 1} has {length} ticks instead of {full}")
    if len(bars) > 1 and bars[-1] < full and bars[0] + bars[-1] != full:
        raise ValueError(f"the first and the last bar have {bars[0]} and {bars[-1]} ticks, not {full} together")


def pitch_of(letter: str, accidental: str, octave: int) -> int:
    """MIDI pitch of a name such as f # 4."""
    return 12 * (octave + 1) + STEPS[letter] + {"#": 1, "b": -1, "": 0}[accidental]
