"""Writes docs/reference.md, every setting, command, route and environment variable, from the code itself.

    python tools/reference.py            write it
    python tools/reference.py --check    exit 1 where it is not up to date
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from pydantic import BaseModel

from trivium.catalog import STUDIOS, WITHOUT_PAGES
from trivium.core.studio import resolve

TARGET = Path(__file__).resolve().parents[1] / "docs" / "reference.md"

HEAD = """# Reference

Made from the code by `make types`; do not edit it by hand. [racing.md](racing.md),
[music.md](music.md) and [vision.md](vision.md) tell what things mean.

- [Settings](#settings)
- [Commands](#commands)
- [Environment variables](#environment-variables)
- [Routes](#routes)
"""

ENVIRONMENT = """
## Environment variables

| variable | what it does |
|---|---|
| `TRIVIUM_DATA` | the data folder, where `--data` is not given |
| `TRIVIUM_BUCKET` | the [bucket](vision.md#in-a-bucket) that keeps photos, such as `s3://photos/studio-1` |
| `TRIVIUM_NO_PAGES` | set to 1 while building the package: leave the web pages out |
| `TRIVIUM_API` | the server that `npm run dev` passes requests on to |
"""


def cell(value: Any) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


def settings() -> Iterator[str]:
    yield "## Settings"
    yield ("\nSet them in the form of the page, with `--set name=value`, or in a file with `--config`. "
           "A dot leads into a group: `--set car.speed_max_mps=3`.")
    for studio in (*STUDIOS, *WITHOUT_PAGES):
        for kind, target in studio.configs.items():
            yield f"\n### {studio.title}: {kind}\n"
            yield from model_table(resolve(target), "", seen=set())


def model_table(model: type[BaseModel], prefix: str, seen: set[type[BaseModel]]) -> Iterator[str]:
    if model in seen:
        return
    seen.add(model)
    yield "| name | default | range | what it is | more | less |"
    yield "|---|---|---|---|---|---|"
    nested: list[tuple[str, type[BaseModel]]] = []
    properties = model.model_json_schema()["properties"]
    for name, info in model.model_fields.items():
        for kind in models_in(info.annotation):
            nested.append((f"{prefix}{name}.", kind))
        schema = properties[name]
        unit = f" {schema['unit']}" if schema.get("unit") else ""
        row = (f"`{name}`", default_text(info.get_default(call_default_factory=True)),
               range_text(schema) + unit, f"**{info.title}.** {info.description}",
               schema.get("more", ""), schema.get("less", ""))
        yield "| " + " | ".join(cell(part) for part in row) + " |"
    for path, kind in nested:
        title = path.rstrip(".")
        yield f"\n#### `{title}`: {(kind.__doc__ or '').strip().splitlines()[0]}\n"
        yield from model_table(kind, path, seen)


def models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type):
        return [annotation] if issubclass(annotation, BaseModel) else []
    return [model for part in getattr(annotation, "__args__", ()) for model in models_in(part)]


def default_text(value: Any) -> str:
    if isinstance(value, BaseModel):
        return "see below"
    return "none" if value is None else f"`{json.dumps(value)}`"


def range_text(schema: dict[str, Any]) -> str:
    schemas = [schema, *schema.get("anyOf", ())]
    found = []
    for part in schemas:
        if "enum" in part:
            found.append(", ".join(f"`{value}`" for value in part["enum"]))
        if "const" in part:
            found.append(f"`{part['const']}`")
        low, above = part.get("minimum"), part.get("exclusiveMinimum")
        high, below = part.get("maximum"), part.get("exclusiveMaximum")
        if low is not None or above is not None:
            found.append(f"≥ {low}" if low is not None else f"> {above}")
        if high is not None or below is not None:
            found.append(f"≤ {high}" if high is not None else f"< {below}")
    if not found and schema.get("type") == "boolean":
        found.append("yes or no")
    return ", ".join(found)


def commands() -> Iterator[str]:
    yield "\n## Commands"
    yield "\n`trivium COMMAND --help` says the same on a terminal."
    yield from command_section(resolve("trivium.cli:main"), "trivium", None)


def command_section(command: click.Command, path: str, parent: click.Context | None) -> Iterator[str]:
    context = click.Context(command, info_name=path.rsplit(" ", 1)[-1], parent=parent)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None and not child.hidden:
                yield from command_section(child, f"{path} {name}", context)
        return
    names = [parameter.make_metavar(context) for parameter in command.params
             if isinstance(parameter, click.Argument)]
    yield f"\n### {' '.join([path, *names])}\n"
    yield (command.help or "").split("\f")[0].strip()
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    rows = [record for option in options if (record := option.get_help_record(context))]
    if rows:
        yield "\n| option | what it does |"
        yield "|---|---|"
        for flags, text in rows:
            yield f"| `{cell(flags)}` | {cell(text)} |"


def routes() -> Iterator[str]:
    from trivium.server.openapi import text

    yield "\n## Routes"
    yield "\nAnswers are JSON; errors are `application/problem+json` with a `hint`.\n"
    yield "| route | what it does |"
    yield "|---|---|"
    for path, methods in sorted(json.loads(text())["paths"].items()):
        for method, route in methods.items():
            what = (route.get("description") or route.get("summary") or "").strip().split("\n\n")[0]
            yield f"| `{method.upper()} {path}` | {cell(what)} |"


def reference() -> str:
    lines = [HEAD, *settings(), *commands(), ENVIRONMENT.rstrip(), *routes()]
    return "\n".join(line.rstrip() for line in "\n".join(lines).splitlines()) + "\n"


def main(arguments: list[str]) -> int:
    wanted = reference()
    if "--check" in arguments:
        if TARGET.is_file() and TARGET.read_text(encoding="utf-8") == wanted:
            return 0
        print("docs/reference.md is not up to date. Write it with: make types", file=sys.stderr)
        return 1
    TARGET.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
