"""Train the GAN: a critic learns to tell real accompaniments from written ones, a generator to pass its judgement.

    trivium music train --technique gan --data my_music/ --out run-m --seed 1

`train` is the whole loop, top to bottom; the networks and the gradient penalty are in `network.py`. WGAN-GP
(Gulrajani et al. 2017, arXiv 1704.00028, algorithm 1), Adam with betas 0.5 and 0.9 as the original technique had it.
Notable: what an update sees follows from seed and update number alone, so a resumed training continues bit for bit;
what is evaluated, kept and used is the running average of the generator's weights (arXiv 1806.04498). The
generator first learns by likeness alone, as in SRGAN (Ledig et al. 2017), because that is quick, and keeps some of it
beside the critic's judgement, as in pix2pix (Isola et al. 2017).
"""

from __future__ import annotations

import copy
import math
import time
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from trivium.core import files
from trivium.core.learning import (
    SAVE_EVERY_S,
    Arrays,
    adam_state,
    arrays_of,
    follow,
    part,
    restore_adam,
    tensors_of,
    whole,
)
from trivium.core.run import Run
from trivium.errors import StudioError
from trivium.music.config import TrainConfig
from trivium.music.gan.config import GanConfig
from trivium.music.gan.data import Batch, Clips, Sheets, sheets_of_run
from trivium.music.gan.measures import accompanied, compared, excerpts, style_distance
from trivium.music.gan.models import FACTS, bundle
from trivium.music.gan.network import Critic, Generator, gradient_penalty, parameters, written
from trivium.music.gan.roll import Sheet
from trivium.music.gan.samples import GanSamples
from trivium.music.gan.writing import Hand
from trivium.music.learning import Counters, capture, is_late, restore

METRIC = "style_distance/valid"
RESAMPLES = 100


class Learner:
    """Generator, its averaged twin, critic, and an optimiser for each."""

    def __init__(self, config: GanConfig, device: str) -> None:
        self.config, self.device = config, device
        self.generator, self.critic = Generator(config).to(device), Critic(config).to(device)
        self.average = copy.deepcopy(self.generator).requires_grad_(False).eval()
        self.adams = {name: torch.optim.Adam(network.parameters(), lr=config.lr, betas=(0.5, 0.9))
                      for name, network in (("generator", self.generator), ("critic", self.critic))}

    def judge(self, batch: Batch, rng: np.random.Generator) -> dict[str, float]:
        """One update of the critic: its loss, the distance that it sees, and the penalty, before it."""
        melody, real, bars = self.moved(batch.melody, batch.accompaniment, batch.bars)
        with torch.no_grad():
            fake = self.write(batch, rng)[0]
        share = self.moved(rng.random(len(real), dtype=np.float32))[0]
        seen = self.critic(real, melody, bars).mean() - self.critic(fake, melody, bars).mean()
        penalty = gradient_penalty(self.critic, real, fake, share, melody, bars)
        loss = self.config.gradient_penalty * penalty - seen
        self.step("critic", loss)
        return {"losses/critic": float(loss.detach()), "wasserstein/train": float(seen.detach()),
                "losses/gradient_penalty": float(penalty.detach())}

    def compose(self, batch: Batch, rng: np.random.Generator, is_judged: bool) -> dict[str, float]:
        """One update of the generator, by the critic's judgement or without it: the losses before it."""
        melody, real, bars, is_given = self.moved(batch.melody, batch.accompaniment, batch.bars, batch.is_given)
        fake, logits = self.write(batch, rng)
        unlike = unlikeness(logits, real, is_given)
        loss = self.config.likeness * unlike
        if is_judged:
            loss = loss - self.critic(fake, melody, bars).mean()
        self.step("generator", loss)
        follow(self.average.parameters(), self.generator.parameters(), 1.0 - self.config.average)
        return {"losses/generator": float(loss.detach()), "losses/unlikeness": float(unlike.detach())}

    def write(self, batch: Batch, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """What the generator makes of the melodies, -1 to 1, and its logits."""
        noise = rng.standard_normal(self.generator.noise_shape(len(batch.melody)), dtype=np.float32)
        melody, given, is_given, bars, z = self.moved(batch.melody, batch.given, batch.is_given, batch.bars, noise)
        logits = self.generator(melody, given, is_given, bars, z)
        return written(logits, given, is_given), logits

    def moved(self, *arrays: Any) -> list[Tensor]:
        """The arrays as tensors on the device."""
        return [torch.from_numpy(array).to(self.device) for array in arrays]

    def step(self, name: str, loss: Tensor) -> None:
        """One step of the optimiser of that network, down this loss."""
        self.adams[name].zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.adams[name].step()

    def tensors(self) -> Arrays:
        """Everything learned or remembered, copied, by name."""
        return arrays_of(whole(generator=self.generator.state_dict(), critic=self.critic.state_dict(),
                               average=self.average.state_dict(),
                               adam=whole(**{name: adam_state(adam) for name, adam in self.adams.items()})))

    def restore(self, tensors: Arrays) -> None:
        """What `tensors` returned."""
        found = tensors_of(tensors)
        for name in ("generator", "critic", "average"):
            getattr(self, name).load_state_dict(part(found, f"{name}."))
        for name, adam in self.adams.items():
            restore_adam(adam, part(found, f"adam.{name}."))

    def begin_with(self, parent: dict[str, Tensor]) -> None:
        """The averaged weights of another training's generator, and its critic's."""
        self.generator.load_state_dict(part(parent, "average."))
        self.average.load_state_dict(part(parent, "average."))
        self.critic.load_state_dict(part(parent, "critic."))


def prepare(config: TrainConfig, run: Run) -> None:
    """Load what is slow to find once the run is confined."""
    torch.set_num_threads(run.threads)
    tiny = config.gan.model_copy(update={"width": 8, "critic_width": 8, "batch_clips": 1})
    roll = np.full((32, 64, 4), 2, dtype=np.uint8)
    update(Learner(tiny, "cpu"), Clips([Sheet(roll, np.ones(32, dtype=bool), 0)]), 1, 0)


def train(config: TrainConfig, run: Run) -> None:
    """Train until the epochs are done, the time is over or somebody stops it. Ends with the model in RUN/model."""
    settings, pieces = config.gan, sheets_of_run(run)
    torch.manual_seed(run.seed)
    learner, clips = Learner(settings, run.device), Clips(pieces.train)
    now, facts = restore(run, learner, Counters), pieces.facts()
    files.write_json(run.out(FACTS), facts)
    samples = GanSamples(run, *pieces.originals, facts)
    last = settings.updates
    run.note(f"{parameters(learner.generator):,} parameters of the generator, {parameters(learner.critic):,} of the "
             f"critic; {len(clips.places)} clips of {len(pieces.train)} pieces, {len(pieces.valid)} pieces held out.")
    losses: list[dict[str, float]] = []
    first, saved, began = now.update, now.update, time.monotonic()
    last_save = began

    while not run.stopped:
        is_last = now.update >= last or is_late(config, run, now.update)
        if now.evaluated < now.update and (is_last or now.update % settings.updates_per_epoch == 0):
            found = evaluate(learner.average, pieces, Hand.of(facts), run.seed)
            seen = (now.update - first) * settings.batch_clips * (settings.n_critic + 1)
            run.log(now.update, {**averages(losses), **found, "epoch": now.update / settings.updates_per_epoch,
                                 "charts/clips_per_s": seen / (time.monotonic() - began)})
            losses, now.evaluated = [], now.update
            if now.best is None or found[METRIC] < now.best:
                now.best = found[METRIC]
                run.save(now.update, *capture(learner, now), best=now.best)
                run.set_best(METRIC, now.best, now.update)
                saved, last_save = now.update, time.monotonic()
            samples.tell(now.update, learner.average)
        if is_last:
            break
        losses.append(update(learner, clips, run.seed, now.update))
        now.update += 1
        run.progress(now.update, now.update / last, run.elapsed_s * (last - now.update) / now.update)
        if time.monotonic() - last_save > SAVE_EVERY_S:
            run.save(now.update, *capture(learner, now))
            saved, last_save = now.update, time.monotonic()

    if now.update > saved:
        run.save(now.update, *capture(learner, now))
    if now.update:
        bundle(config, run, pieces.card)
    if now.update < last and not run.stopped:
        run.note(f"Stopped: the time limit of {config.max_minutes:g} min is over.")


def update(learner: Learner, clips: Clips, seed: int, number: int) -> dict[str, float]:
    """Several updates of the critic and one of the generator; the losses. StudioError once they are no numbers."""
    rng, config = np.random.default_rng([seed, number]), learner.config
    is_judged = not config.likeness or number >= config.warm_up_percent / 100 * config.updates
    found: dict[str, float] = {}
    for _ in range(config.n_critic if is_judged else 0):
        found = learner.judge(clips.batch(config, rng), rng)
    found |= learner.compose(clips.batch(config, rng), rng, is_judged)
    if not all(map(math.isfinite, found.values())):
        raise StudioError("The networks' numbers grew out of bounds, so they cannot learn any further.",
                          "Lower the learning rate or raise the gradient penalty, and train again.")
    return found


def evaluate(generator: Generator, pieces: Sheets, hand: Hand, seed: int) -> dict[str, float]:
    """The measures of accompaniments to held-out melodies: each one's distance, floor and interval, and their mean."""
    held_out, known = excerpts(pieces.valid), excerpts(pieces.train)
    made = accompanied(copy.deepcopy(generator).cpu(), held_out, hand, seed)
    rows = compared(made, [piece.roll for piece in held_out], [piece.roll for piece in known], RESAMPLES)
    found = {METRIC: style_distance(rows), "style_distance/floor": style_distance(rows, "floor")}
    for row in rows:
        if row["distance"] is not None:
            low, high = row["interval"]
            found |= {f"distance/{row['metric']}": row["distance"], f"floor/{row['metric']}": row["floor"],
                      f"distance_low/{row['metric']}": low, f"distance_high/{row['metric']}": high}
    return found


def unlikeness(logits: Tensor, real: Tensor, is_given: Tensor) -> Tensor:
    """Cross-entropy of the pieces' own notes, summed over each step that is written."""
    each = functional.binary_cross_entropy_with_logits(logits, (real + 1) / 2, reduction="none")
    each = each.sum(dim=(1, 3))  # (B, T)
    return (each * (1 - is_given)).sum() / (1 - is_given).sum()


def averages(losses: list[dict[str, float]]) -> dict[str, float]:
    """The mean of each loss."""
    names = {name: [each[name] for each in losses if name in each] for name in (losses[-1] if losses else {})}
    return {name: sum(found) / len(found) for name, found in names.items()}
