"""Train the Transformer: whole pieces, each time in another key, until it can say what comes next.

    trivium music train --technique transformer --data Jsb16thSeparated.npz --out run-m --seed 1

`train` is the whole loop, top to bottom; the network is in `network.py`, what it is told in `tokens.py`. Notable:

- matrices learn with Muon, all else with Adam; the rate falls along a half cosine (arXiv 1608.03983) after a warm-up;
- what is evaluated, kept and used is the running average of the weights (Polyak and Juditsky, 1992);
- which pieces and keys an epoch takes follows from seed and epoch number alone, so a resumed training continues bit
  for bit from any update.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from trivium.core.learning import (
    SAVE_EVERY_S,
    Arrays,
    adam_state,
    arrays_of,
    follow,
    newness,
    part,
    rate,
    restore_adam,
    tensors_of,
    whole,
)
from trivium.core.run import Run
from trivium.music import learning
from trivium.music.config import TrainConfig, TransformerConfig
from trivium.music.data import Pieces, pieces_of_run
from trivium.music.learning import capture, is_late, restore
from trivium.music.score.benchmark import bigram_nats
from trivium.music.score.likelihood import likelihood
from trivium.music.transformer.batch import batch_of
from trivium.music.transformer.models import bundle
from trivium.music.transformer.muon import Muon
from trivium.music.transformer.network import Batch, ChoraleTransformer, parameters
from trivium.music.transformer.samples import TransformerSamples, warm_up
from trivium.music.transformer.tokens import (
    CLASSES,
    CLASSES_WITH_HOLD,
    Ints,
    Piece,
    V,
    targets_of,
    transposition_range,
    voice_ranges,
)

WARM_UP = 100  # updates
CLIP = 1.0  # of the gradient that goes to Adam
METRIC, BASELINE = "nats_per_note/valid", "nats_per_note/bigram"


@dataclass
class Counters(learning.Counters):
    """Where the training stands."""

    notes: int = 0  # learned from


class Learner:
    """The network, its averaged twin, and the two optimisers."""

    def __init__(self, config: TransformerConfig, with_hold: bool, device: str) -> None:
        self.config = config
        self.network = ChoraleTransformer(config, with_hold).to(device)
        self.average = ChoraleTransformer(config, with_hold).to(device)
        self.average.load_state_dict(self.network.state_dict())
        self.average.requires_grad_(False).eval()
        named = dict(self.network.named_parameters())
        matrices = {name: p for name, p in named.items() if "_blocks." in name and p.ndim == 2}
        self.rest = [p for name, p in named.items() if name not in matrices]
        self.muon = Muon(matrices, config.weight_decay)
        self.adam = torch.optim.AdamW(self.rest, lr=config.lr_adam, betas=(0.9, 0.98), weight_decay=config.weight_decay,
                                      fused=True)

    def learn(self, batch: Batch, update: int, share: float) -> torch.Tensor:
        """One update at `share` of the highest rate; the loss before it."""
        self.network.train()
        loss = self.network.loss(batch)
        self.network.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.rest, CLIP)
        self.adam.param_groups[0]["lr"] = self.config.lr_adam * share
        self.adam.step()
        self.muon.step(self.config.lr * share, self.config.lr_adam * share)
        follow(self.average.parameters(), self.network.parameters(), newness(self.config.average, update))
        return loss.detach()

    def tensors(self) -> Arrays:
        """Everything learned or remembered, copied, by name."""
        return arrays_of({**whole(network=self.network.state_dict(), average=self.average.state_dict(),
                                  muon=self.muon.momentum, adam=adam_state(self.adam)),
                          "rng.torch": torch.get_rng_state()})

    def restore(self, tensors: Arrays) -> None:
        """What `tensors` returned."""
        found = tensors_of(tensors)
        self.network.load_state_dict(part(found, "network."))
        self.average.load_state_dict(part(found, "average."))
        torch.set_rng_state(found["rng.torch"])
        for name, momentum in self.muon.momentum.items():
            momentum.copy_(found[f"muon.{name}"])
        restore_adam(self.adam, part(found, "adam."))

    def begin_with(self, parent: dict[str, torch.Tensor]) -> None:
        """The averaged weights of another training."""
        self.network.load_state_dict(part(parent, "average."))
        self.average.load_state_dict(part(parent, "average."))


def prepare(config: TrainConfig, run: Run) -> None:
    """Load what is slow to find once the run is confined."""
    torch.set_num_threads(run.threads)
    learner = Learner(config.transformer, False, "cpu")  # the first use of an optimiser imports more of torch
    piece = Piece.of(np.full((4, 4), 20))
    learner.learn(batch_of([piece], False), 0, 0.0)
    warm_up(learner.average)


def train(config: TrainConfig, run: Run) -> None:
    """Train until the epochs are done, the time is over or somebody stops it. Ends with the model in RUN/model."""
    torch.manual_seed(run.seed)
    settings, pieces = config.transformer, pieces_of_run(run)
    learner = Learner(settings, pieces.with_hold, run.device)
    updates_an_epoch = -(-len(pieces.train) // settings.batch_pieces)
    last_update = settings.epochs * updates_an_epoch
    now = restore(run, learner, Counters)
    run.note(f"{parameters(learner.network):,} parameters; {len(pieces.train)} pieces to learn from, "
             f"{len(pieces.valid)} held out.")
    stream = batches(pieces, settings, run.seed, now.update, last_update)
    samples, bigram = TransformerSamples(run, pieces.train, pieces.valid), baseline(pieces)
    losses: list[torch.Tensor] = []  # since the last evaluation
    saved, last_save, pace = (now.update, now.evaluated), time.monotonic(), Pace(run, now)

    while True:
        late = is_late(config, run, now.update)
        is_due = late or now.update == last_update or now.update % (settings.evaluate_every * updates_an_epoch) == 0
        if is_due and now.update > now.evaluated:
            valid = likelihood(learner.average, pieces.valid, lambda: run.stopped, pieces.voices)
            if valid is None:
                break  # half an evaluation counts for nothing; the next attempt makes it again
            now.evaluated, is_best = now.update, now.best is None or valid < now.best
            run.log(now.update, {"epoch": now.update / updates_an_epoch, METRIC: valid, BASELINE: bigram,
                                 **mean_loss(losses, pieces.voices), "charts/notes_per_s": pace.notes_per_s()})
            losses = []
            if is_best:
                now.best = valid
                run.save(now.update, *capture(learner, now), best=valid)
                run.set_best(METRIC, valid, now.update)
                saved, last_save = (now.update, now.evaluated), time.monotonic()
            samples.tell(now.update, learner.average)
        if run.stopped or late or now.update == last_update:
            break

        batch = next(stream)
        losses.append(learner.learn(batch.to(run.device), now.update, rate(now.update, last_update, WARM_UP)))
        now.update += 1
        now.notes += int((batch.target >= 0).sum()) * pieces.voices // V
        run.progress(now.update, now.update / last_update, pace.left_s(last_update))
        if time.monotonic() - last_save > SAVE_EVERY_S:
            run.save(now.update, *capture(learner, now))
            saved, last_save = (now.update, now.evaluated), time.monotonic()

    if (now.update, now.evaluated) != saved:
        run.save(now.update, *capture(learner, now))
    if now.update:
        bundle(config, run, pieces.card, pieces.with_hold)
    if now.update < last_update and not run.stopped:
        run.note(f"Stopped: the time limit of {config.max_minutes:g} min is over.")


class Pace:
    """How fast this attempt is."""

    def __init__(self, run: Run, now: Counters) -> None:
        self.run, self.now = run, now
        self.began_s, self.notes, self.update = run.elapsed_s, now.notes, now.update

    def notes_per_s(self) -> float:
        """Notes learned from a second, evaluations included."""
        return (self.now.notes - self.notes) / max(self.run.elapsed_s - self.began_s, 1e-9)

    def left_s(self, last_update: int) -> float:
        """Seconds to the last update at this pace."""
        done = max(self.now.update - self.update, 1)
        return (self.run.elapsed_s - self.began_s) / done * (last_update - self.now.update)


def baseline(pieces: Pieces) -> float:
    """What counting which class follows which comes to on the same held-out pieces."""
    train, valid = ([targets_of(piece.sounding, piece.onset, pieces.with_hold) for piece in split]
                    for split in (pieces.train, pieces.valid))
    return bigram_nats(train, valid, CLASSES_WITH_HOLD if pieces.with_hold else CLASSES, pieces.voices)


def mean_loss(losses: list[torch.Tensor], voices: int) -> dict[str, float]:
    """For the curve, in nats a note that is sung; after a resume the first evaluation may come before any update."""
    return {"losses/train": float(torch.stack(losses).mean()) * V / voices} if losses else {}


def batches(pieces: Pieces, settings: TransformerConfig, seed: int, first: int, last: int) -> Iterator[Batch]:
    """The batches of updates `first` to `last`: pieces of about one length together, so that little is padding."""
    lowest, highest = voice_ranges([piece.sounding for piece in pieces.train])
    size, count = settings.batch_pieces, len(pieces.train)
    an_epoch = -(-count // size)
    for epoch in range(first // an_epoch, -(-last // an_epoch)):
        rng = np.random.default_rng([seed, epoch])
        by_length = np.argsort([len(piece) + rng.uniform(0, 40) for piece in pieces.train], kind="stable")
        groups = [by_length[i:i + size] for i in range(0, count, size)]
        rng.shuffle(groups)
        keys = rng.random(count)
        for group in groups[first - epoch * an_epoch if epoch == first // an_epoch else 0:]:
            yield batch_of([in_a_key(pieces.train[i], keys[i], lowest, highest) if settings.transpose
                            else pieces.train[i] for i in group], pieces.with_hold)


def in_a_key(piece: Piece, share: float, lowest: Ints, highest: Ints) -> Piece:
    """The piece moved to one of the keys in which each voice keeps within its range; `share` is in 0..1."""
    down, up = transposition_range(piece.sounding, lowest, highest)
    return piece.transposed(down + int(share * (up - down + 1)))
