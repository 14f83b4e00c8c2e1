"""Score a trained GAN: how far its accompaniments to held-out melodies are from the pieces' own, beside the floor.

    trivium music score run-m --split test --json

Held out from the model's own training set; the figures of two models can be compared if they learned from the same set.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from trivium.errors import BadFile
from trivium.music.dataset.sets import set_in_run
from trivium.music.gan.compose import opened
from trivium.music.gan.measures import accompanied, compared, excerpts, style_distance
from trivium.music.gan.models import FAMILY
from trivium.music.gan.network import parameters
from trivium.music.gan.roll import sheet
from trivium.music.gan.writing import Hand

RULE = ("1-D Wasserstein distance of each measure's distribution over the first 8 bars of held-out pieces; bootstrap "
        "over pieces, 95 %; the floor is the same distance of training pieces")


def score(run: Path | str, split: str = "valid", seed: int = 1,
          say: Callable[[str], None] = lambda _text: None) -> dict[str, Any]:
    """{"style_distance", "style_distance_floor", "measures": [...], "split", "pieces", "rule", ...}.

    `style_distance` is the mean of the measures' distances, each in standard deviations of the held-out pieces.
    """
    torch.set_num_threads(1)
    folder = Path(run)
    model = FAMILY.of_run(folder)
    music = set_in_run(folder)
    held_out, known = (excerpts([sheet(piece) for piece in music.split(name)]) for name in (split, "train"))
    if len(held_out) < 2:
        raise BadFile(f"This model's set has {len(held_out)} pieces in '{split}': too few to compare with.",
                      "Train on a set of more pieces, or choose the other split.")
    say(f"Accompanying {len(held_out)} melodies ...")
    network = opened(model)
    made = accompanied(network, held_out, Hand.of(model.card["facts"]), seed)
    rows = compared(made, [piece.roll for piece in held_out], [piece.roll for piece in known])
    return {"technique": "gan", "split": split, "pieces": len(held_out), "seed": seed, "rule": RULE,
            "style_distance": style_distance(rows), "style_distance_floor": style_distance(rows, "floor"),
            "measures": rows, "parameters": parameters(network), "step": model.card["step"]}


def lines(found: dict[str, Any]) -> list[str]:
    """The score for a terminal."""
    head = f"{found['split']}: {found['pieces']} melodies accompanied; {found['rule']}"
    table = [f"  {'':24}{'distance':>9}   {'95 % interval':17}{'floor':>7}{'made':>9}{'held out':>10}"]
    for row in found["measures"]:
        if row["distance"] is not None:
            low, high = row["interval"]
            table.append(f"  {row['metric'].replace('_', ' '):24}{row['distance']:9.3f}   {low:7.3f} .. {high:7.3f} "
                         f"{row['floor']:7.3f}{row['generated_mean']:9.3f}{row['held_out_mean']:10.3f}")
    mean = f"{found['style_distance']:.3f} standard deviations on average, floor {found['style_distance_floor']:.3f}"
    return [head, *table, f"  {mean}"]
