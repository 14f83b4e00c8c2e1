"""Train the AR-CNN: spoil eight bars, ask which edits would mend them, and again.

    trivium music train --technique arcnn --data my_music/ --out run-m --seed 1

`train` is the whole loop, top to bottom; the network is in `network.py`, the corruption in `corruption.py`.
Notable: what an update sees follows from seed and update number alone, so a resumed training continues bit for bit from
any update; what is evaluated, kept and used is the running average of the weights (Polyak and Juditsky, 1992); the rate
falls along a half cosine (arXiv 1608.03983) after a warm-up.
"""

from __future__ import annotations

import copy
import time

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
from trivium.music.arcnn.compose import opened
from trivium.music.arcnn.config import ArcnnConfig
from trivium.music.arcnn.corruption import Batch, training_batch
from trivium.music.arcnn.data import Sheets, sheets_of_run
from trivium.music.arcnn.grid import Sheet
from trivium.music.arcnn.models import FAMILY, bundle
from trivium.music.arcnn.network import EditNet, channels_last, edit_loss, parameters
from trivium.music.arcnn.pseudo_likelihood import surprise
from trivium.music.arcnn.samples import ArcnnSamples
from trivium.music.arcnn.score import held_out_batches, held_out_windows, mending, uniform
from trivium.music.config import TrainConfig
from trivium.music.learning import Counters, capture, is_late, restore

WARM_UP = 50  # updates
CLIP = 1.0  # of the gradient's norm
METRIC, BASELINE = "xor_cross_entropy/valid", "xor_cross_entropy/baseline"


class Learner:
    """The network, its averaged twin, and the optimiser."""

    def __init__(self, config: ArcnnConfig, device: str) -> None:
        self.config, self.device = config, device
        self.network = channels_last(EditNet(config).to(device))
        self.average = copy.deepcopy(self.network).requires_grad_(False).eval()
        self.rest = list(self.network.parameters())
        self.adam = torch.optim.AdamW(self.rest, lr=config.lr, betas=(0.9, 0.98), weight_decay=config.weight_decay)

    def learn(self, batch: Batch, update: int, share: float) -> float:
        """One update at `share` of the highest rate; the loss before it."""
        self.network.train()
        planes, bars, target = (torch.from_numpy(array).to(self.device)
                                for array in (batch.planes, batch.bars, batch.target))
        loss = edit_loss(self.network(planes, bars), target)
        self.network.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.rest, CLIP)
        self.adam.param_groups[0]["lr"] = self.config.lr * share
        self.adam.step()
        follow(self.average.state_dict().values(), self.network.state_dict().values(),  # running means go along
               newness(self.config.average, update))
        return float(loss.detach())

    def tensors(self) -> Arrays:
        """Everything learned or remembered, copied, by name."""
        return arrays_of(whole(network=self.network.state_dict(), average=self.average.state_dict(),
                               adam=adam_state(self.adam)))

    def restore(self, tensors: Arrays) -> None:
        """What `tensors` returned."""
        found = tensors_of(tensors)
        self.network.load_state_dict(part(found, "network."))
        self.average.load_state_dict(part(found, "average."))
        restore_adam(self.adam, part(found, "adam."))

    def begin_with(self, parent: dict[str, torch.Tensor]) -> None:
        """The averaged weights of another training."""
        self.network.load_state_dict(part(parent, "average."))
        self.average.load_state_dict(part(parent, "average."))


def prepare(config: TrainConfig, run: Run) -> None:
    """Load what is slow to find once the run is confined."""
    torch.set_num_threads(run.threads)
    tiny = config.arcnn.model_copy(update={"filters": 4, "batch_windows": 1})
    learner = Learner(tiny, "cpu")  # the first use of an optimiser imports more of torch
    piece = Sheet(np.array([[0, 60, 4, 0]]), np.array([0]))
    learner.learn(training_batch([piece], tiny, np.random.default_rng(0)), 0, 0.0)


def train(config: TrainConfig, run: Run) -> None:
    """Train until the updates are done, the time is over or somebody stops it. Ends with the model in RUN/model."""
    settings, pieces = config.arcnn, sheets_of_run(run)
    torch.manual_seed(run.seed)
    learner = Learner(settings, run.device)
    test = held_out_batches(pieces.valid)
    now = restore(run, learner, Counters)
    samples = ArcnnSamples(run, *pieces.originals)
    run.note(f"{parameters(learner.network):,} parameters; {len(pieces.train)} pieces to learn from, "
             f"{len(pieces.valid)} held out.")
    losses: list[float] = []
    first, saved, began = now.update, now.update, time.monotonic()
    last_save = began

    while not run.stopped:
        is_last = now.update >= settings.updates or is_late(config, run, now.update)
        if now.evaluated < now.update and (is_last or now.update % settings.evaluate_every == 0):
            found = mending(learner.average, test, run.device, lambda: run.stopped)
            if found is None:
                break  # half an evaluation counts for nothing; the next attempt makes it again
            windows = (now.update - first) * settings.batch_windows
            entropy = found.pop("xor_cross_entropy")
            run.log(now.update, {METRIC: entropy, **found, BASELINE: uniform(),
                                 **({"losses/train": sum(losses) / len(losses)} if losses else {}),
                                 "charts/windows_per_s": windows / (time.monotonic() - began)})
            losses, now.evaluated = [], now.update
            if now.best is None or entropy < now.best:
                now.best = entropy
                run.save(now.update, *capture(learner, now), best=now.best)
                run.set_best(METRIC, now.best, now.update)
                saved, last_save = now.update, time.monotonic()
            samples.tell(now.update, learner.average)
        if is_last:
            break
        rng = np.random.default_rng([run.seed, now.update])
        torch.manual_seed(int(rng.integers(2**31)))  # of the dropout
        batch = training_batch(pieces.train, settings, rng)
        losses.append(learner.learn(batch, now.update, rate(now.update, settings.updates, WARM_UP)))
        now.update += 1
        run.progress(now.update, now.update / settings.updates, left_s(run, now.update, settings.updates))
        if time.monotonic() - last_save > SAVE_EVERY_S:
            run.save(now.update, *capture(learner, now))
            saved, last_save = now.update, time.monotonic()

    if now.update > saved:
        run.save(now.update, *capture(learner, now))
    if now.update:
        bundle(config, run, pieces.card, surprise_of_best(run, pieces))
    if now.update < settings.updates and not run.stopped:
        run.note(f"Stopped: the time limit of {config.max_minutes:g} min is over.")


def surprise_of_best(run: Run, pieces: Sheets) -> dict[str, float]:
    """The pseudo-likelihood of what is kept, for its card; nothing where somebody waits for the end."""
    found = surprise(opened(FAMILY.of_run(run.folder)), held_out_windows(pieces.valid), pieces.train,
                     lambda: run.stopped)
    return found.facts("valid") if found else {}


def left_s(run: Run, update: int, last: int) -> float:
    """Seconds to the last update at the pace so far."""
    return run.elapsed_s * (last - update) / update
