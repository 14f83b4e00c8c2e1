"""Random compositions for the round-trip tests: any metre, tempo and number of parts, repeated notes included."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import strategies as st

from trivium.music.notes import BeatUnit, Composition, Key, Metre, Note, Part, Tempo

names = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Z"]), min_size=1, max_size=20)
units: st.SearchStrategy[BeatUnit] = st.sampled_from([1, 2, 4, 8, 16, 32])


@st.composite
def notes(draw: st.DrawFn, grid: int = 1, longest: int = 4000) -> list[Note]:
    """At least one note; notes of one pitch may follow each other at once, but do not lie on each other."""
    found: list[Note] = []
    for pitch in draw(st.sets(st.integers(0, 127), min_size=1, max_size=5)):
        marks = draw(st.lists(st.integers(0, longest // grid), min_size=2, max_size=8, unique=True))
        for onset, end in pairwise(sorted(marks)):
            if draw(st.booleans()) or not found:
                found.append(Note(onset=onset * grid, length=(end - onset) * grid, pitch=pitch,
                                  velocity=draw(st.integers(1, 127))))
    return found


@st.composite
def parts(draw: st.DrawFn, number: int) -> Part:
    return Part(id=f"part-{number}", name=draw(names), program=draw(st.integers(0, 127)), is_drum=draw(st.booleans()),
                volume=draw(st.integers(0, 127)), pan=draw(st.integers(0, 127)), notes=draw(notes()))


@st.composite
def changes(draw: st.DrawFn, value: st.SearchStrategy[dict[str, object]]) -> list[dict[str, object]]:
    ticks = sorted(draw(st.sets(st.integers(1, 20_000), max_size=3)) | {0})
    return [{"tick": tick, **draw(value)} for tick in ticks]


tempos = st.floats(4, 1000).map(lambda bpm: {"bpm": bpm})
metres = st.builds(lambda beats, unit: {"beats": beats, "beat_unit": unit}, st.integers(1, 64), units)
keys = st.builds(lambda fifths, mode: {"fifths": fifths, "mode": mode}, st.integers(-7, 7),
                 st.sampled_from(["major", "minor"]))


@st.composite
def compositions(draw: st.DrawFn, most_parts: int = 20) -> Composition:
    count = draw(st.integers(1, most_parts))
    return Composition(title=draw(names), tempos=[Tempo.model_validate(c) for c in draw(changes(tempos))],
                       metres=[Metre.model_validate(c) for c in draw(changes(metres))],
                       keys=[Key.model_validate(c) for c in draw(changes(keys))],
                       parts=[draw(parts(number)) for number in range(1, count + 1)])
