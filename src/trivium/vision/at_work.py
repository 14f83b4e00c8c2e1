"""A model at work as plain functions, for notebooks and scripts: what `trivium vision run` and its rules do.

    import trivium.vision as vision
    seen = vision.watch("run-v", "film.mp4", rules=[{"name": "full", "label": "recycling", "for_s": 3}])
    vision.try_rules("rules.json", "out/events.jsonl")
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from trivium.core import files
from trivium.core.assignment import merge
from trivium.core.jobs import find_run
from trivium.core.studio import parse_config
from trivium.errors import BadConfig, BadFile, NameTaken
from trivium.settings import data_folder
from trivium.vision.events import rules as ruling
from trivium.vision.events.event import Event
from trivium.vision.stream.address import is_moving, parse

WATCH_THREADS = 2  # of the network; decoding has a process of its own
CONFIG = "trivium.vision.stream.config:WatchConfig"
MQTT = "trivium.vision.events.mqtt:MqttConfig"
Run = str | Path | Mapping[str, Any]


def moves(source: str | Path) -> bool:
    """Whether a source is a film or a camera, not photos."""
    return is_moving(str(source))


def watch(run: Run, source: str | Path, *, rules: Any = None, seconds: float | None = None,
          out: Path | str | None = None, config: Mapping[str, Any] | None = None, data: Path | str | None = None,
          say: Callable[[str], None] = lambda _text: None, mqtt: str | Mapping[str, Any] | None = None,
          device: str | None = None, **settings: Any) -> dict[str, Any]:
    """Watch a film, a camera or a folder of photos: {"n", "frames_per_s", "latency_ms", "changes", "rules", ...}.

    `run` is a training, or a bundle (a .zip); `rules` a file or a list of rules; `settings` are fields of WatchConfig;
    `mqtt` is a broker's address, or the fields of MqttConfig.
    """
    from trivium.vision.events.mqtt import Publisher
    from trivium.vision.stream.model import open_model
    from trivium.vision.stream.watch import Watch
    from trivium.vision.stream.watching import watched

    parsed: Any = parse_config(CONFIG, merge(config or {}, settings))
    address = parse(str(source))
    place = bundle_or_run(run, data)
    model = open_model(place, threads=WATCH_THREADS, apart=not address.live and not parsed.realtime)
    wanted = ruling_of(rules or [], model.classes)
    broker: Any = None if mqtt is None else parse_config(MQTT, {"url": mqtt} if isinstance(mqtt, str) else mqtt)
    with Watch(model, address, parsed, device, on_state=lambda state: say(state_line(state))) as watching:
        publisher = None if broker is None else Publisher(broker, watching.device)
        found = watched(watching, wanted.rules, seconds, None if out is None else Path(out), say, publisher)
    return {"run": str(place), **found}


def cutout(run: Run, source: Path | str, out: Path | str, *, label: str | None = None, background: str | None = None,
           at_s: float | None = None, data: Path | str | None = None) -> dict[str, Any]:
    """Cut what a segmentation model knows, or its class `label` alone, out of a photo, or of a film's frame at `at_s`:
    {"out", "width", "height", "share"}; "share" is how much of the picture is kept.

    `out` is a PNG, transparent around what is kept; with `background`, "blur" or a colour, a PNG or JPEG. At most 3,072
    pixels on the longer side.
    """
    from trivium.vision.segmentation.cutout import cut_out

    form = form_of(Path(out), background)
    made = cut_out(find_run(data_folder(data), run), photo_of(Path(source), at_s), label, background, form)
    files.atomic_write(Path(out), made.content)
    return {"out": str(out), "width": made.width, "height": made.height, "share": made.share}


def form_of(out: Path, background: str | None) -> str:
    """PNG or JPEG, by the name of the file to write."""
    form = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}.get(out.suffix.lower())
    if form is None or (form == "JPEG" and background is None):
        raise BadConfig(f"{out.name} can't hold this cut-out.",
                        "Call it .png; a JPEG (.jpg) has no transparency, so it needs --background.")
    if out.exists():
        raise NameTaken(f"{out} is there already.", "Choose another name.")
    return form


def photo_of(source: Path, at_s: float | None) -> bytes:
    """A photo's bytes, or those of a film's frame."""
    from trivium.vision.collect.sources import bytes_of
    from trivium.vision.stream.still import frame_at

    if not source.is_file():
        raise BadFile(f"{source} does not exist, or is no file.", "Name a photo, or a film and a moment in it.")
    if at_s is not None:
        return frame_at(parse(str(source)), at_s)
    if moves(source):
        raise BadConfig(f"{source.name} is a film.", "Say which frame, by its second: --at 3.5")
    return bytes_of(source)


def try_rules(rules: Any, events: str | Path | Sequence[Event]) -> list[dict[str, Any]]:
    """What rules would have done on events, or on a file of JSON lines that recorded some: nothing is sent."""
    wanted = ruling_of(rules)
    if isinstance(events, str | Path):
        fired = ruling.replay(wanted, files.read_file(Path(events)).decode("utf-8", "replace").splitlines())
    else:
        engine = ruling.Engine(wanted.rules)
        fired = [firing for event in events for firing in engine.see(event)]
    return [{**firing.body(), "then": [action.model_dump(mode="json") for action in firing.rule.then]}
            for firing in fired]


def ruling_of(rules: Any, classes: list[str] | None = None) -> ruling.Rules:
    """Rules from a file, or as they are."""
    return ruling.read(Path(rules), classes) if isinstance(rules, str | Path) else ruling.parse(rules, classes)


def state_line(state: Any) -> str:
    """How a source is, for a person."""
    return f"{state.state.capitalize()}. {state.message}".strip()


def bundle_or_run(run: Run, data: Path | str | None = None) -> Path:
    """A bundle's file, or a training's folder."""
    named = str(run["run"] if isinstance(run, Mapping) else run)
    return Path(named) if named.endswith(".zip") else find_run(data_folder(data), named)
