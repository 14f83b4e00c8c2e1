"""The techniques of composing: one row each, with lazy targets, so that listing them loads no network.

A technique has controls (a pydantic model, from which form, command line and docs are made), models, and one function:

    compose(piece, controls, model, seed, tell, cancelled) -> Composed

It tells each thing that it does as it does it, and ends early, with what there is so far, once `cancelled()` is true.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from trivium.core.studio import resolve
from trivium.errors import NotFound
from trivium.music.notes import Composition
from trivium.music.presets import Preset, filled, find_preset

if TYPE_CHECKING:
    from pydantic import BaseModel

Tell = Callable[[str, dict[str, Any], float], None]  # what kind of news, the news, how far (0 to 1)


@dataclass(frozen=True)
class Model:
    """A trained model as files: its name, its weights (safetensors, which cannot run code), and its card."""

    name: str
    weights: bytes
    card: dict[str, Any]


@dataclass(frozen=True)
class Composed:
    """What a technique made of a piece."""

    piece: Composition
    added: int  # notes that were not in the input
    removed: int  # notes of the input that are not there any more
    is_whole: bool  # False: cancelled half-way
    facts: dict[str, Any]  # what else there is to say, for a card


class Composer(Protocol):
    """What `Technique.compose` names."""

    def __call__(self, piece: Composition, controls: Any, model: Model, seed: int, tell: Tell,
                 cancelled: Callable[[], bool]) -> Composed:
        """Compose."""


@dataclass(frozen=True)
class Technique:
    """One way to compose."""

    id: str
    title: str
    tagline: str
    controls: str  # "module:Class"
    compose: str  # "module:function", a Composer
    find_model: str  # "module:function(data_folder, name or None) -> Model"
    presets: str  # "module:PRESETS", beside the controls
    retell: str  # "module:function(piece, story, taken_back) -> Composition": without what is taken back

    def controls_type(self) -> type[BaseModel]:
        """The class of its controls."""
        found: type[BaseModel] = resolve(self.controls)
        return found

    def named_settings(self) -> list[Preset]:
        """Its presets, each with all that it sets."""
        return filled(resolve(self.presets), self.controls_type())

    def settings(self, controls: Mapping[str, Any], preset: str | None) -> dict[str, Any]:
        """Controls as a person names them, laid over those of a preset."""
        return {**(find_preset(resolve(self.presets), preset).controls if preset else {}), **controls}

    def composer(self) -> Composer:
        """The function that composes. Loads what it needs."""
        found: Composer = resolve(self.compose)
        return found

    def model(self, data: Path, wanted: str | None) -> Model:
        """The model that a person names, or the one in the package."""
        found: Model = resolve(self.find_model)(data, wanted)
        return found

    def retold(self, piece: Composition, story: list[dict[str, Any]], taken_back: Sequence[int]) -> Composition:
        """The piece after all that was told, but for what is taken back, by its place in the story."""
        found: Composition = resolve(self.retell)(piece, story, taken_back)
        return found


TECHNIQUES: tuple[Technique, ...] = (
    Technique("arcnn", "AR-CNN", "Adds notes to a melody and removes some, one at a time.",
              "trivium.music.arcnn.config:ArcnnControls", "trivium.music.arcnn.compose:compose",
              "trivium.music.arcnn.models:find_model", "trivium.music.arcnn.config:PRESETS",
              "trivium.music.arcnn.edits:retell"),
    Technique("transformer", "Transformer", "Goes on where a piece ends, writes parts of it anew, and harmonises.",
              "trivium.music.transformer.controls:TransformerControls", "trivium.music.transformer.technique:compose",
              "trivium.music.transformer.models:find_model", "trivium.music.transformer.controls:PRESETS",
              "trivium.music.written:retell"),
    Technique("gan", "GAN", "Writes accompaniment tracks to a melody, two bars at a time.",
              "trivium.music.gan.config:GanControls", "trivium.music.gan.compose:compose",
              "trivium.music.gan.models:find_model", "trivium.music.gan.config:PRESETS",
              "trivium.music.written:retell"),
)


def find_technique(technique_id: str) -> Technique:
    """The technique with that id."""
    for technique in TECHNIQUES:
        if technique.id == technique_id:
            return technique
    raise NotFound(f"There is no technique '{technique_id[:64]}'.",
                   f"There are: {', '.join(technique.id for technique in TECHNIQUES)}.")
