"""`trivium music ...`: everything the music pages can do, from the command line.

Each subcommand lies in a module of its own and is imported when it is used. Results go to standard output (with --json
one JSON object), progress to standard error.
"""

from __future__ import annotations

import click

from trivium.core.lazy import LazyGroup

# name -> (where it is, one line for --help)
LAZY: dict[str, tuple[str, str]] = {
    "data": ("trivium.music.commands.dataset:data", "Make a training set of a folder of music, or list those kept."),
    "tunes": ("trivium.music.commands.tunes:tunes", "List the sample melodies."),
    "import": ("trivium.music.commands.import_file:import_", "Take in a MIDI, MusicXML, ABC, .npy or .npz file."),
    "measure": ("trivium.music.commands.export:measure", "Measure a composition, a melody or a file."),
    "export": ("trivium.music.commands.export:export", "Write a composition or melody as a file."),
    "render": ("trivium.music.commands.render:render", "Play a composition into a sound file."),
    "compose": ("trivium.music.commands.compose:compose", "Make a composition of a melody."),
    "story": ("trivium.music.commands.story:story", "List what a step of composing did."),
    "keep": ("trivium.music.commands.story:keep", "Keep what a step of composing has made."),
    "compositions": ("trivium.music.commands.export:compositions", "List, rename and delete compositions."),
    "challenges": ("trivium.music.commands.challenge:challenges", "Challenges: enter, vote blind, see results."),
    "judge": ("trivium.music.commands.challenge:judge", "How near a piece is to Bach's chorales, part by part."),
    "train": ("trivium.music.commands.train:train", "Train a model on music."),
    "samples": ("trivium.music.commands.samples:samples", "Show what a training composed at a checkpoint."),
    "settings": ("trivium.music.commands.samples:settings", "Print the settings of trainings as JSON Schema."),
    "score": ("trivium.music.commands.score:score", "Score a model on music that it has not seen."),
}


@click.group(cls=LazyGroup, lazy=LAZY)
def music() -> None:
    """Compose with generative models."""
