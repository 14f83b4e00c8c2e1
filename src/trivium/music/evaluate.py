"""Score a trained Transformer in nats per note beside the bigram baseline: on the benchmark, with its harmonisations,
or on the held-out pieces of the training set that it has learned from.

    trivium music score run-m --data Jsb16thSeparated.npz --split valid --json
    trivium music score transformer-folk --data folk --split test --json
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from trivium.errors import BadConfig, BadFile
from trivium.music.dataset.sets import TrainingSet
from trivium.music.score.benchmark import SHA256, bigram_nats, read_benchmark
from trivium.music.score.likelihood import averaged_likelihood, likelihood
from trivium.music.techniques import Model
from trivium.music.transformer.data import taken
from trivium.music.transformer.tokens import Piece, V, targets_of, voice_ranges, voices_of
from trivium.music.transformer.trained import Trained, from_run, opened


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


def score_held_out(model: Model, music: TrainingSet, split: str = "valid",
                   say: Callable[[str], None] = lambda _text: None) -> dict[str, Any]:
    """{"nats_per_note", "bigram_nats_per_note", "notes", "pieces", "split", "rule", ...} on a split of the set that the
    model has learned from; of tunes the notes are those of their one voice.

    Raises:
        BadFile: the split holds no piece that a Transformer can read.
    """
    trained, train, pieces = opened(model), taken(music, "train"), taken(music, split)
    if not pieces:
        raise BadFile(f"This set has no pieces in '{split}' that a Transformer can read.", "Choose the other split.")
    say(f"Reading {len(pieces)} pieces ...")
    voices, with_hold = voices_of(train), trained.network.with_hold
    known, held_out = ([targets_of(piece.sounding, piece.onset, with_hold) for piece in each]
                       for each in (train, pieces))
    return {"technique": "transformer", "split": split, "pieces": len(pieces),
            "notes": voices * sum(map(len, pieces)),
            "nats_per_note": likelihood(trained.network, pieces, voices=voices),
            "bigram_nats_per_note": bigram_nats(known, held_out, trained.network.classes, voices),
            "rule": f"mean over all cells of {'one voice' if voices == 1 else 'four voices'}, silence and holding "
                    "scored like any class, pieces whole and alone",
            "parameters": sum(p.numel() for p in trained.network.parameters()), "step": trained.step}
