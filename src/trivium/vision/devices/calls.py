"""Devices as plain functions, for the command line, notebooks and scripts.

    from trivium.vision.devices import calls
    calls.new_code("http://127.0.0.1:8470")
    calls.deploy_to("kitchen", "run-v", source="usb:0")
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from trivium.core import files
from trivium.core.assignment import merge
from trivium.core.blobs import BlobStore
from trivium.core.db import Database
from trivium.errors import BadConfig, NameTaken
from trivium.settings import data_folder
from trivium.vision.at_work import Run, bundle_or_run, ruling_of
from trivium.vision.broker.folder import BrokerFolder
from trivium.vision.devices import frames as keeping
from trivium.vision.devices import here
from trivium.vision.devices.registry import Registry
from trivium.vision.devices.setup import Setup, parse_setup

Data = Path | str | None


@contextmanager
def registry_in(data: Data) -> Iterator[Registry]:
    """The devices of a data folder."""
    folder = data_folder(data)
    db = Database.in_folder(folder)
    db.migrate()
    try:
        yield Registry(db, BlobStore(folder / "blobs"), BrokerFolder(folder))
    finally:
        db.close()


def devices(data: Data = None) -> list[dict[str, Any]]:
    """Every device, what it is to run, and how it is."""
    with registry_in(data) as registry:
        return [each.model_dump(mode="json") for each in registry.devices()]


def use_this_machine(data: Data = None) -> dict[str, Any]:
    """Make the machine that the studio runs on a device; its agent works while the studio does."""
    with registry_in(data) as registry:
        return here.use(registry).model_dump(mode="json")


def new_code(url: str, data: Data = None) -> dict[str, Any]:
    """{"code", "expires_at", "command"}: by it one machine can join, within ten minutes."""
    with registry_in(data) as registry:
        return registry.new_code(url).model_dump(mode="json")


def deploy_to(device: str, run: Run, *, project: str | None = None, source: str | None = None, rules: Any = None,
              config: Mapping[str, Any] | None = None, data: Data = None) -> dict[str, Any]:
    """Let a device run a model, a training's or a bundle: {"project", "version", "sha256", "setup"}."""
    from trivium.vision.deploy import deploy
    from trivium.vision.stream.model import bundle_of

    place = bundle_or_run(run, data)
    with registry_in(data) as registry, tempfile.TemporaryDirectory(prefix="trivium-") as scratch:
        view = registry.get(device)
        bundle = place
        if place.is_dir():
            bundle = Path(scratch) / "bundle.zip"
            deploy(place, bundle)
        card, _ = bundle_of(bundle)
        name = project or str(card.get("project") or "project")
        before = next((each.setup for each in view.projects if each.project == name), Setup())
        setup = changed(before, source, rules, config, None, card["classes"])
        return registry.deploy(view.id, bundle, name, setup).model_dump(mode="json")


def set_up(device: str, project: str, *, source: str | None = None, rules: Any = None,
           config: Mapping[str, Any] | None = None, enabled: bool | None = None, mqtt: str | None = None,
           every_frame: bool | None = None, data: Data = None) -> dict[str, Any]:
    """Change what a project on a device watches; what is not given stays."""
    with registry_in(data) as registry:
        view = registry.get(device)
        before = next((each.setup for each in view.projects if each.project == project), Setup())
        setup = changed(before, source, rules, config, enabled, mqtt=mqtt, every_frame=every_frame)
        return registry.set_up(view.id, project, setup).model_dump(mode="json")


def changed(before: Setup, source: str | None, rules: Any, config: Mapping[str, Any] | None, enabled: bool | None,
            classes: list[str] | None = None, mqtt: str | None = None, every_frame: bool | None = None) -> Setup:
    """A setup with what was given."""
    values = before.model_dump(mode="json")
    if rules is not None:
        values["rules"] = ruling_of(rules, classes).model_dump(mode="json")["rules"]
    values["config"] = merge(values["config"], config or {})
    if mqtt is not None:
        values["mqtt"] = {**(values["mqtt"] or {}), "url": mqtt} if mqtt else None
    values["source"] = source or values["source"]
    values["enabled"] = values["enabled"] if enabled is None else enabled
    values["every_frame"] = values["every_frame"] if every_frame is None else every_frame
    return parse_setup(values)


def roll_back(device: str, project: str, data: Data = None) -> dict[str, Any]:
    """Let the version run again that ran before."""
    with registry_in(data) as registry:
        return registry.roll_back(registry.get(device).id, project).model_dump(mode="json")


def remove(device: str, project: str, data: Data = None) -> None:
    """Take a project off a device."""
    with registry_in(data) as registry:
        registry.remove(registry.get(device).id, project)


def revoke(device: str, data: Data = None) -> None:
    """Take a device's credential back; what it said stays."""
    with registry_in(data) as registry:
        registry.revoke(registry.get(device).id)


def events(device: str | None = None, project: str | None = None, kind: str | None = None, limit: int = 100,
           data: Data = None) -> list[dict[str, Any]]:
    """What devices said, newest first."""
    with registry_in(data) as registry:
        of = registry.get(device).id if device else None
        return [each.model_dump(mode="json") for each in registry.events(of, project, kind, limit)]


def frames(device: str | None = None, project: str | None = None, since: float | None = None,
           until: float | None = None, limit: int | None = None, data: Data = None) -> list[dict[str, Any]]:
    """Every frame's event of projects that keep them, oldest first."""
    with registry_in(data) as registry:
        of = registry.get(device).id if device else None
        return list(keeping.frames(registry.db, of, project, since, until, limit))


def export_frames(out: Path | str, *, device: str | None = None, project: str | None = None,
                  since: float | None = None, until: float | None = None, data: Data = None) -> dict[str, Any]:
    """Write them to a file, as JSON lines or as a table by its name's end: {"frames", "out"}."""
    path = Path(out)
    form = path.suffix.lower().lstrip(".")
    if form not in ("jsonl", "csv"):
        raise BadConfig(f"{path.name} ends neither in .jsonl nor in .csv.", "Name it frames.csv, say.")
    if path.exists():
        raise NameTaken(f"{path} is there already.", "Choose another name.")
    written, partial = 0, path.with_name(f"{files.TEMPORARY_PREFIX}{path.name}")
    with registry_in(data) as registry:
        of = registry.get(device).id if device else None
        try:
            with files.disk_full_guard(), partial.open("w", encoding="utf-8", newline="") as file:
                for line in keeping.lines(keeping.frames(registry.db, of, project, since, until), form):
                    file.write(line)
                    written += 1
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    return {"frames": written - (form == "csv"), "out": str(path)}
