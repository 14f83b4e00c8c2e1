"""`trivium music render`: a composition as sound."""

from __future__ import annotations

import json
import time
from pathlib import Path

import click

from trivium.settings import Settings


@click.command()
@click.argument("source")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path),
              help="The file to write; its ending says the format: .wav, .flac or .ogg (Opus).")
@click.option("--font", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Your own instruments, a .sf2 or .sf3 file; FluidR3 Mono if left out.")
@click.option("--dry", is_flag=True, help="Without the reverberation of a room.")
@click.option("--kbps", type=click.IntRange(16, 256), default=96, show_default=True,
              help="Thousand bits a second of .ogg: fewer make a smaller file and a duller sound.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def render(settings: Settings, source: str, out: Path, font: Path | None, dry: bool, kbps: int, as_json: bool) -> None:
    """Play a composition (its id), a sample melody (its name) or a file of notes into a sound file."""
    from trivium.core.files import atomic_write
    from trivium.music.kept import piece_from
    from trivium.music.sound.rendering import render as rendered
    from trivium.music.sound.rendering import sound_file

    begun = time.perf_counter()
    piece, _ = piece_from(settings.data, source)
    name, rate_hz = sound_file(out.name)
    audio = rendered(piece, font, rate_hz, room=not dry)
    atomic_write(out, audio.packed(name, kbps))
    wall_s = time.perf_counter() - begun
    result = {"out": str(out), "duration_s": audio.duration_s, "peak": audio.peak, "wall_s": wall_s}
    click.echo(json.dumps(result) if as_json else f"{out}: {audio.duration_s:.1f} s, made in {wall_s:.1f} s")
