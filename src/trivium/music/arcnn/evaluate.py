"""Score a trained AR-CNN on pieces that it has not seen: how well it mends, and how surprised single notes leave it.

    trivium music score run-m --split test --json
    trivium music score arcnn-default --data bach --split test --json
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from trivium.errors import BadFile
from trivium.music.arcnn.compose import opened
from trivium.music.arcnn.corruption import TEST_SHARES
from trivium.music.arcnn.data import sheet
from trivium.music.arcnn.network import parameters
from trivium.music.arcnn.pseudo_likelihood import NOTES, surprise
from trivium.music.arcnn.score import held_out_batches, held_out_windows, mending, uniform
from trivium.music.dataset.sets import TrainingSet
from trivium.music.techniques import Model

RULE = (f"pseudo-likelihood: up to {NOTES} notes of each window of 8 bars taken away, one at a time; nats of the edit "
        "that puts it back; interval over windows, 95 %")


def score(model: Model, music: TrainingSet, split: str = "valid",
          say: Callable[[str], None] = lambda _text: None) -> dict[str, Any]:
    """{"pseudo_nats_per_note", "interval", "counted_pseudo_nats_per_note", "xor_cross_entropy", "edits": [...], ...}.

    `music` is the set that the model has learned from; the pieces of its `split` are read.

    Raises:
        BadFile: the split holds no piece.
    """
    torch.set_num_threads(1)
    pieces, train = ([sheet(piece) for piece in music.split(name)] for name in (split, "train"))
    windows = held_out_windows(pieces)
    if not windows:
        raise BadFile(f"This model's set has no pieces in '{split}'.", "Choose the other split.")
    say(f"Reading {len(windows)} windows of {len(pieces)} pieces ...")
    network = opened(model)
    found, mended = surprise(network, windows, train), mending(network, held_out_batches(pieces))
    assert found is not None and mended is not None, "nothing stops this"
    edits = [{"percent": percent, "precision": mended[f"edit_precision/{percent}"],
              "recall": mended[f"edit_recall/{percent}"]} for percent in TEST_SHARES]
    return {"technique": "arcnn", "split": split, "pieces": len(pieces), "windows": len(windows), "notes": found.notes,
            "rule": RULE, "pseudo_nats_per_note": found.nats, "interval": [found.low, found.high],
            "counted_pseudo_nats_per_note": found.counted, "uniform_nats": uniform(),
            "xor_cross_entropy": mended["xor_cross_entropy"], "edits": edits,
            "parameters": parameters(network), "step": model.card["step"]}


def lines(found: dict[str, Any]) -> list[str]:
    """The score for a terminal."""
    low, high = found["interval"]
    return [f"{found['split']}: {found['pieces']} pieces, {found['notes']:,} notes taken away; {found['rule']}",
            f"  {found['pseudo_nats_per_note']:.3f} nats per note   model, {low:.3f} .. {high:.3f}",
            f"  {found['counted_pseudo_nats_per_note']:.3f} nats per note   counting pitches and lengths",
            f"  {found['uniform_nats']:.3f} nats per note   knowing nothing",
            f"  {found['xor_cross_entropy']:.3f} nats            XOR cross-entropy of mending",
            *(f"  {row['percent']:3d} % of the notes spoilt: precision of edits {row['precision']:.1%}, "
              f"recall {row['recall']:.1%}" for row in found["edits"])]
