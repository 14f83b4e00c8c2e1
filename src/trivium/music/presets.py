"""Named settings of a technique: a few controls that belong together, declared once beside its config.

A preset sets every control that any preset of its technique sets; what it does not name has the default there. All
other controls, such as where something may change, stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trivium.errors import NotFound

if TYPE_CHECKING:
    from pydantic import BaseModel


@dataclass(frozen=True)
class Preset:
    """One way to set the controls."""

    id: str
    title: str
    text: str  # what comes of it
    controls: dict[str, Any] = field(default_factory=dict)


def filled(presets: Sequence[Preset], controls: type[BaseModel]) -> list[Preset]:
    """The presets, each with a value for every control that any of them sets."""
    names = {name for preset in presets for name in preset.controls}
    usual = {name: default for name, default in controls().model_dump(mode="json").items() if name in names}
    return [Preset(each.id, each.title, each.text, {**usual, **each.controls}) for each in presets]


def find_preset(presets: Sequence[Preset], wanted: str) -> Preset:
    """The preset with that id."""
    for preset in presets:
        if preset.id == wanted:
            return preset
    raise NotFound(f"There is no preset '{wanted[:64]}'.", f"There are: {', '.join(each.id for each in presets)}.")
