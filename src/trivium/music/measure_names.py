"""What the musical measures are called for people, and in what they are counted."""

from __future__ import annotations

# measure -> (title, unit or "", what it tells)
NAMES: dict[str, tuple[str, str, str]] = {
    "empty_bar_rate": ("Empty bars", "share", "How many bars are silent."),
    "empty_beat_rate": ("Empty beats", "share", "How many beats are silent."),
    "pitch_classes_per_bar": ("Different notes in a bar", "", "Of the twelve, octaves ignored."),
    "qualified_note_rate": ("Notes of a fair length", "share", "At least a 32nd; shorter ones sound fragmented."),
    "drum_pattern_rate": ("Drums on the beat", "share", "Strokes on a pattern of 16 beats."),
    "polyphony": ("Notes at once", "", "While anything sounds."),
    "polyphony_rate": ("Time with chords", "share", "How often two notes or more sound at once."),
    "pitch_range": ("Range", "semitones", "From the lowest note to the highest."),
    "pitches_used": ("Different pitches", "", "Keys of the piano that are used."),
    "pitch_entropy": ("Variety of pitches", "bits", "0 if one pitch is all there is."),
    "pitch_class_entropy": ("Variety of notes", "bits", "The same with octaves ignored."),
    "scale_consistency": ("Notes within one scale", "share", "Of the major or minor scale that fits best."),
    "groove_consistency": ("Rhythm like the bar before", "share", "How alike neighbouring bars are."),
}


def named(measure: str) -> tuple[str, str, str]:
    """Title, unit and meaning; of an unknown measure its own name, made readable."""
    return NAMES.get(measure, (measure.replace("_", " ").capitalize(), "", ""))
