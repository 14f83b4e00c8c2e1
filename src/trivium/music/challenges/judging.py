"""The judge: how near a piece is to Bach's chorales, by counting. Deterministic, local, and the same for everybody.

    score = mean of five parts; part = 100 (far - d) / (far - near), held to 0..100

d is a part's distance from the style (see judge_style.py), `near` what held-out pieces of Bach usually have, `far` what
dice have. So 100 says "as near as Bach's own usually are" and 0 "as far as dice". It stands beside a blind vote of
people, never instead of it: CAVEATS says what it cannot hear.

The idea is that of a public sample of an automatic judge for a composing contest, whose score was half a classifier's
and half the Kolmogorov-Smirnov distance of pitch histograms; here every part can be looked into.
"""

from __future__ import annotations

from collections.abc import Sequence

from trivium.music.challenges.judge_style import BACH, Style, distances, nearest_key, style
from trivium.music.challenges.judge_traits import CHORDS, LENGTHS, STEPS, VOICES, Floats, Traits, traits
from trivium.music.challenges.judge_views import Judgement, JudgePart
from trivium.music.notes import Composition

VERSION = 1  # of the score: a kept judgement of another version is made again
NOTES = ("C", "C sharp", "D", "E flat", "E", "F", "F sharp", "G", "A flat", "A", "B flat", "B")
# part -> its title, what its bins are called, what to say where there is nothing to count
PARTS: dict[str, tuple[str, Sequence[str], str]] = {
    "key": ("Notes of the key", NOTES, "There are no notes."),
    "steps": ("Steps of the melodies", STEPS, "No line has two notes."),
    "lengths": ("Lengths of the notes", [name for _, name in LENGTHS], "There are no notes."),
    "chords": ("What sounds together", CHORDS, "Nothing sounds together."),
    "voices": ("How many at once", VOICES, "There are no notes."),
}
CAVEATS = (
    "It counts; it does not listen. The same notes in another order can get the same score.",
    "It cannot hear form, phrasing, tension, a good tune, words or humour.",
    "Loudness, tempo, instruments and drums count for nothing.",
    "Its taste is one: four voices in the manner of Bach. A fine piece of another style scores low.",
    "Of a short piece it knows little: below eight bars or so, take the score lightly.",
)


def judge(piece: Composition) -> Judgement:
    """The score of a piece and its parts."""
    of, found = style(BACH), traits(piece)
    apart = distances(found, of)
    parts = [part(name, apart[name], found, of) for name in PARTS]
    return Judgement(version=VERSION, style=of.title, score=round(sum(each.score for each in parts) / len(parts), 1),
                     parts=parts, remarks=remarks(found, of), caveats=list(CAVEATS))


def part(name: str, distance: float | None, found: Traits, of: Style) -> JudgePart:
    """One part; what cannot be counted is as far as it gets."""
    title, bins, nothing = PARTS[name]
    near, far = of.near[name], of.far[name]
    if distance is None:
        return JudgePart(id=name, title=title, score=0.0, distance=None, near=near, far=far, says=nothing)
    score = 100 * min(max((far - distance) / (far - near), 0.0), 1.0)
    return JudgePart(id=name, title=title, score=round(score, 1), distance=round(distance, 4), near=near, far=far,
                     says=sentence(name, bins, found, of))


def sentence(name: str, bins: Sequence[str], found: Traits, of: Style) -> str:
    """Where the piece differs most, with both figures."""
    shown: Floats
    if name == "key":
        _, tonic, mode = nearest_key(found, of)
        shown = found.pitch_classes
        usual: Floats = of.keys[mode][[(k - tonic) % 12 for k in range(12)]]
        begin = f"Fits best as {NOTES[tonic]} {mode}. Differs most in "
    else:
        shown, usual, begin = getattr(found, name), of.histograms[name], "Differs most in "
    most = int(abs(shown - usual).argmax())
    return (f"{begin}{bins[most]}: {100 * shown[most]:.0f} % here, "
            f"{100 * usual[most]:.0f} % with Bach.")


def remarks(found: Traits, of: Style) -> list[str]:
    """What is worth knowing and not part of the score."""
    if found.parallels is None:
        return []
    return [f"Parallel fifths and octaves: {found.parallels:.1f} for each 100 moments of movement, {of.parallels:.1f} "
            "with Bach. Not part of the score."]
