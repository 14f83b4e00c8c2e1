"""Cut-outs: a photo without its background, by a trained segmentation model."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import ImageColor

from trivium.errors import BadConfig, BadFile
from trivium.vision.collect.reading import read_batch
from trivium.vision.deploy import MODEL, read_bundle
from trivium.vision.finished import training
from trivium.vision.project import SEGMENTATION
from trivium.vision.segmentation.cutting import BLUR, JPEG, MADE, MODULE, PNG

COLOURS = "blur, or a colour such as white or #00ff00"


@dataclass(frozen=True)
class CutOut:
    """A picture that was cut out."""

    content: bytes
    format: str  # PNG or JPEG
    width: int
    height: int
    share: float  # of it that is kept


def cut_out(run: Path | str, photo: bytes, label: str | None = None, background: str | None = None,
            form: str | None = None) -> CutOut:
    """A photo's things without what is behind them: all that the model knows, or those of the class `label` alone.

    `background` is what comes behind them, "blur" or a colour; without one it is transparent, and the form PNG.
    """
    folder, _ = training(run, task=SEGMENTATION)
    card, parts = read_bundle(folder)
    if label is not None and label not in card["classes"]:
        raise BadConfig(f"The model does not know the class '{label[:100]}'.",
                        f"It knows: {', '.join(card['classes'])}.")
    kept = [1 + k for k, name in enumerate(card["classes"]) if label in (None, name)]
    wish = {"kept": kept, "behind": behind_of(background), "format": form or (PNG if background is None else JPEG)}
    found: dict[str, Any] = {}

    def told(_k: int, facts: dict[str, Any], path: Path) -> None:
        if "error" in facts:
            message, _, hint = str(facts["error"]).partition(". ")
            raise BadFile(f"{message.rstrip('.')}.", hint)
        found.update(facts, content=path.with_suffix(MADE).read_bytes())

    read_batch([(json.dumps(wish), photo)], parts[MODEL], told, module=MODULE)
    return CutOut(found["content"], wish["format"], int(found["width"]), int(found["height"]), float(found["share"]))


def behind_of(background: str | None) -> Any:
    """"blur", (red, green, blue), or None where nothing is to come behind."""
    if background is None or background == BLUR:
        return background
    try:
        if not re.fullmatch(r"#[0-9a-fA-F]{6}|[A-Za-z]{3,30}", background):
            raise ValueError
        return list(ImageColor.getrgb(background)[:3])
    except ValueError:
        raise BadConfig(f"There is no background {background[:40]!r}.", f"It may be: {COLOURS}.") from None
