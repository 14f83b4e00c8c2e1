"""The record that describes a studio: data with lazy targets, so that listing studios imports none of their code."""

from __future__ import annotations

import difflib
import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trivium.core.refusals import plain_message
from trivium.errors import BadConfig, NotFound

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError


@dataclass(frozen=True)
class Studio:
    """One road through machine learning. `entries` and `configs` map a kind of run to "module:name"."""

    id: str
    title: str
    tagline: str
    accent: str
    entries: Mapping[str, str] = field(default_factory=dict)  # kind -> "module:function(config, run)"
    configs: Mapping[str, str] = field(default_factory=dict)  # kind -> "module:Class", a pydantic model
    api: str | None = None  # "module:router"
    commands: str | None = None  # "module:click_group"
    warm: str | None = None  # a module to run once in the background, so that the first run need not wait for it
    spare: str | None = None  # "module:generator" that loads what runs of one thread need, to keep a process ready

    def entry(self, kind: str) -> str:
        """The "module:function" that runs this kind."""
        if kind not in self.entries:
            raise NotFound(f"{self.title} has no runs of the kind {kind!r}.",
                           f"It has: {', '.join(sorted(self.entries))}.")
        return self.entries[kind]

    def config(self, kind: str, values: Mapping[str, Any]) -> BaseModel:
        """`values` as this studio's config of that kind; BadConfig says which field is wrong."""
        self.entry(kind)
        return parse_config(self.configs[kind], values)


def resolve(target: str) -> Any:
    """The object that "module:name" names."""
    module_name, _, name = target.partition(":")
    if not module_name or not name:
        raise ValueError(f"{target!r} is not of the form 'module:name'")
    value = importlib.import_module(module_name)
    for part in name.split("."):
        value = getattr(value, part)
    return value


def parse_config(target: str, values: Mapping[str, Any]) -> BaseModel:
    """`values` checked by the pydantic class that `target` names."""
    from pydantic import ValidationError

    config_class: type[BaseModel] = resolve(target)
    try:
        return config_class.model_validate(dict(values))
    except ValidationError as error:
        raise _bad_config(config_class, error) from None


def _bad_config(config_class: type[BaseModel], error: ValidationError) -> BadConfig:
    rows: list[dict[str, Any]] = []
    hint = "Correct the field and try again."
    for problem in error.errors(include_url=False):
        name = ".".join(str(part) for part in problem["loc"])
        message = plain_message(problem)
        if problem["type"] == "extra_forbidden":
            nearest = _nearest(config_class, [str(part) for part in problem["loc"]])
            message = "There is no such setting."
            if nearest and not rows:
                hint = f"Did you mean {nearest}?"
            if nearest:
                message += f" Did you mean {nearest}?"
        rows.append({"field": name, "message": message})
    first = rows[0]
    sentence = str(first["message"]).split(" Did you mean")[0].rstrip(".") + "."
    return BadConfig(f"{first['field']}: {sentence}" if first["field"] else sentence, hint, rows)


def _nearest(config_class: type[BaseModel], loc: list[str]) -> str | None:
    """The dotted name of the field most like the unknown one, looked for at every depth."""
    names = field_names(config_class)
    wanted = ".".join(loc)
    leaves = {name.rsplit(".", 1)[-1]: name for name in reversed(names)}
    close = difflib.get_close_matches(wanted, names, n=1, cutoff=0.6)
    if close:
        return close[0]
    close = difflib.get_close_matches(loc[-1], list(leaves), n=1, cutoff=0.6)
    return leaves[close[0]] if close else None


def field_rows(target: str) -> list[tuple[str, str, str]]:
    """(dotted name, default as JSON, title) of every setting that is not itself a group, for a terminal."""
    from pydantic import BaseModel

    rows: list[tuple[str, str, str]] = []

    def walk(model: type[BaseModel], prefix: str) -> None:
        for name, info in model.model_fields.items():
            value = info.get_default(call_default_factory=True)
            if isinstance(value, BaseModel):
                walk(type(value), f"{prefix}{name}.")
            else:
                rows.append((prefix + name, json.dumps(value, default=str), info.title or ""))

    walk(resolve(target), "")
    return rows


def field_names(config_class: type[BaseModel], prefix: str = "") -> list[str]:
    """Every field's dotted name, nested models included."""
    from pydantic import BaseModel

    names: list[str] = []
    for name, info in config_class.model_fields.items():
        names.append(prefix + name)
        kind = info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            names += field_names(kind, f"{prefix}{name}.")
    return names
