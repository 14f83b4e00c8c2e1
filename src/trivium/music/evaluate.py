"""Score a trained Transformer on the benchmark: nats per note beside the bigram baseline, and its harmonisations.

    trivium music score run-m --data Jsb16thSeparated.npz --split valid --json
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from trivium.errors import BadConfig
from trivium.music.score.benchmark import SHA256, bigram_nats, read_benchmark
from trivium.music.score.likelihood import averaged_likelihood, likelihood
from trivium.music.transformer.tokens import Piece, V, voice_ranges
from trivium.music.transformer.trained import Trained, from_run


def score(run: Path | str, data: Path, split: str = "valid", transpositions: bool = True,
          harmonise: int = 0, say: Callable[[str], None] = lambda _text: None) -> dict[str, Any]:
    """{"nats_per_note", "nats_per_note_averaged_over_transpositions", "bigram_nats_per_note", "notes", "split", ...}.

    `harmonise` is how many sopranos of the split are harmonised and compared with the composer's own; 0 leaves it out.
    """
    splits = read_benchmark(data)
    trained = trained_on_benchmark(run)
    pieces = [Piece.of(sounding) for sounding in splits[split]]
    say(f"Reading {len(pieces)} pieces ...")
    found: dict[str, Any] = {
        "split": split, "notes": V * sum(len(piece) for piece in pieces), "pieces": len(pieces),
        "nats_per_note": likelihood(trained.network, pieces),
        "bigram_nats_per_note": bigram_nats(splits["train"], splits[split]),
        "rule": "corpus mean over all cells, silence scored like any class, pieces whole and alone",
        "parameters": sum(p.numel() for p in trained.network.parameters()), "step": trained.step,
    }
    if transpositions:
        say("Reading them in every key ...")
        ranges = voice_ranges(splits["train"])
        found["nats_per_note_averaged_over_transpositions"] = averaged_likelihood(trained.network, pieces, *ranges)
    if harmonise:
        from trivium.music.score.harmonise import harmonisation

        say(f"Harmonising {min(harmonise, len(pieces))} sopranos ...")
        found["harmonisation"] = harmonisation(trained.network, pieces[:harmonise])
    return found


def trained_on_benchmark(run: Path | str) -> Trained:
    """The run's model, if it may be scored here: other collections of Bach hold most of the benchmark's test pieces."""
    trained = from_run(run)
    if trained.data.get("sha256") != SHA256:
        raise BadConfig("This model has learned from other music, which may hold the benchmark's held-out pieces.",
                        "Train one on the benchmark file: trivium music train --data Jsb16thSeparated.npz")
    return trained
