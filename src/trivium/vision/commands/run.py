"""`trivium vision run`: a trained model at work, on photos, films and cameras."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from trivium.errors import BadFile
from trivium.settings import Settings


@click.command()
@click.argument("run")
@click.option("--source", required=True,
              help="Photos (file, folder, zip), a video, demo, usb:0, rtsp://... or http://... (MJPEG).")
@click.option("--top", type=click.IntRange(1, 100), default=3, show_default=True, help="Likeliest classes to list.")
@click.option("--watch", is_flag=True, help="Take a folder of photos for a film: events, rules, consensus.")
@click.option("--seconds", type=click.FloatRange(0.0, min_open=True), help="Stop after so long; a camera has no end.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="A folder for events.jsonl.")
@click.option("--rules", type=click.Path(dir_okay=False, path_type=Path), help="Rules to apply, a JSON file.")
@click.option("--mqtt", metavar="URL", help="Publish to this broker: mqtt://HOST, mqtts://USER:PASSWORD@HOST.")
@click.option("--deeplens", is_flag=True, help="Publish as DeepLens functions did, too.")
@click.option("--device", help="What this machine is called in events and topics.")
@click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="Set how to watch, such as rate_fps=2.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def run(settings: Settings, run: str, source: str, top: int, watch: bool, seconds: float | None, out: Path | None,
        rules: Path | None, mqtt: str | None, deeplens: bool, device: str | None, sets: tuple[str, ...],
        as_json: bool) -> None:
    """Say what is on photos, in a video or before a camera; RUN is a training, or a bundle.

    A camera is watched until Ctrl-C or for --seconds. What the last frames agree on is printed when it changes.
    """
    from trivium.core.assignment import assigned
    from trivium.vision import at_work, notebook

    def say(text: str) -> None:
        click.echo(text, err=True)

    if not (watch or at_work.moves(source)):
        photos(notebook.run(run, source, top=top, data=settings.data, say=say), as_json)
        return
    found = at_work.watch(run, source, rules=rules, seconds=seconds, out=out, data=settings.data, say=say,
                           config={**assigned(sets), "top": top}, device=device,
                           mqtt=None if mqtt is None else {"url": mqtt, "deeplens": deeplens})
    click.echo(json.dumps(found, ensure_ascii=False) if as_json else "\n".join(lines(found)))
    if found["error"]:  # what was seen until then stands above
        raise BadFile(**found["error"])


def photos(found: dict[str, Any], as_json: bool) -> None:
    """Print what is on photos."""
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for row in found["results"]:
        if "boxes" in row:
            click.echo(f"{row['file']}: {', '.join(f'{n} {label}' for label, n in row['counts'].items()) or 'nothing'}")
            continue
        if "areas" in row:
            said = ", ".join(f"{area['label']} {area['share']:.0%}" for area in row["areas"])
            click.echo(f"{row['file']}: {said or 'all background'}")
            continue
        others = ", ".join(f"{each['label']} {each['probability']:.0%}" for each in row["top"][1:])
        said = f"{row['predicted']} {row['confidence']:.0%}{f' ({others})' if others else ''}"
        click.echo(f"{row['file']}: {'I do not know; if anything, ' if row['known'] is False else ''}{said}")
    for row in found["passed_over"]:
        click.echo(f"{row['file']}: left out. {row['message']}", err=True)


def lines(found: dict[str, Any]) -> list[str]:
    """What was seen, for a terminal."""
    said = [f"{found['n']} frames in {found['seconds']:.1f} s, {found['frames_per_s']:.1f} a second."]
    if found["latency_ms"]:
        said.append(f"From a frame to its event: {found['latency_ms']['median']:.0f} ms, "
                    f"19 of 20 within {found['latency_ms']['p95']:.0f} ms.")
    said += [f"  {label}: {count}" for label, count in sorted(found["labels"].items(), key=lambda row: -row[1])]
    said += [f"Rule '{row['rule']}' came true at frame {row['frame']}." for row in found["rules"]]
    return said
