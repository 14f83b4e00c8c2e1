"""`trivium music ...`: everything the music pages can do, from the command line.

Each subcommand lies in a module of its own and is imported when it is used. Results go to standard output (with --json
one JSON object), progress to standard error.
"""

from __future__ import annotations

import click

from trivium.core.lazy import LazyGroup

# name -> (where it is, one line for --help)
LAZY: dict[str, tuple[str, str]] = {
    "data": ("trivium.music.dataset_command:data", "Make a training set of a folder of music, or list those kept."),
    "tunes": ("trivium.music.tunes_command:tunes", "List the sample melodies."),
    "import": ("trivium.music.import_command:import_", "Take in a MIDI, MusicXML, ABC, .npy or .npz file."),
    "measure": ("trivium.music.export_command:measure", "Measure a composition, a melody or a file."),
    "export": ("trivium.music.export_command:export", "Write a composition or melody as a file."),
    "render": ("trivium.music.render_command:render", "Play a composition into a sound file."),
    "compose": ("trivium.music.compose_command:compose", "Make a composition of a melody."),
    "story": ("trivium.music.story_command:story", "List what a step of composing did."),
    "keep": ("trivium.music.story_command:keep", "Keep what a step of composing has made."),
    "compositions": ("trivium.music.export_command:compositions", "List, rename and delete compositions."),
    "challenges": ("trivium.music.challenge_command:challenges", "Challenges: enter a piece, vote blind, see results."),
    "judge": ("trivium.music.challenge_command:judge", "How near a piece is to Bach's chorales, part by part."),
    "train": ("trivium.music.train_command:train", "Train a model on music."),
    "samples": ("trivium.music.samples_command:samples", "Show what a training composed at a checkpoint."),
    "settings": ("trivium.music.samples_command:settings", "Print the settings of trainings as JSON Schema."),
    "score": ("trivium.music.score_command:score", "Score a model on the benchmark, in nats per note."),
}


@click.group(cls=LazyGroup, lazy=LAZY)
def music() -> None:
    """Compose with generative models."""
