"""What learns: the later stages of the backbone and a linear head, from what enters the first of those stages.

Batch normalisation is folded into the convolutions (`backbone.py`), so its statistics stay as they were: right for few
photos. The head begins as the logistic regression on the untouched features, so that the first updates do not spoil the
backbone for a head that knows nothing (Kumar et al., arXiv 2202.10054).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from trivium.core import learning
from trivium.core.learning import Arrays, adam_state, arrays_of, follow, newness, part, restore_adam, tensors_of, whole
from trivium.vision.backbone.efficientnet import Floats, entering, pretrained
from trivium.vision.classification.head import Head
from trivium.vision.models import Backbone, load_backbone
from trivium.vision.tuning.config import FineTuneConfig

WARM_UP = 0.1  # of all updates
CLIP = 1.0  # of the gradient's norm
CHUNK = 64  # photos at a time when nothing is learned


class Tail(nn.Module):
    """Activations (B, C, H, W) that enter `stage` to logits (B, K)."""

    def __init__(self, stage: int, head: Head) -> None:
        super().__init__()
        backbone = load_backbone(Backbone(), pretrained())
        first = entering(stage)[0]
        self.first, self.last = first, len(backbone.layers)
        backbone.layers = nn.ModuleList([*(nn.Identity() for _ in range(first)), *backbone.layers[first:]])
        self.backbone = backbone.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.weight = nn.Parameter(torch.from_numpy(head.weight.T.copy()))  # (K, 1280)
        self.bias = nn.Parameter(torch.from_numpy(head.bias.copy()))

    def features(self, activations: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.backbone.pooled(self.backbone.run(activations, self.first, self.last))
        return found

    def forward(self, activations: torch.Tensor) -> torch.Tensor:
        return F.linear(self.features(activations), self.weight, self.bias)


class Learner:
    """The network, its running average (Polyak and Juditsky, 1992), and the optimiser."""

    def __init__(self, config: FineTuneConfig, head: Head) -> None:
        self.config, self.begun = config, head
        self.network = Tail(config.from_stage, head)
        self.average = Tail(config.from_stage, head).requires_grad_(False)
        self.kept: dict[str, torch.Tensor] = {}  # the average when it was best
        self.parameters = list(self.network.parameters())
        self.adam = torch.optim.AdamW(self.parameters, lr=config.lr, betas=(0.9, 0.98),
                                      weight_decay=config.weight_decay)

    def learn(self, activations: Floats, targets: Floats, weights: Floats, update: int, share: float) -> float:
        """One update at `share` of the highest rate; the loss before it. Targets are probabilities (B, K)."""
        logs = F.log_softmax(self.network(tensor(activations)), 1)
        loss = -(torch.from_numpy(targets) * logs).sum(1) @ torch.from_numpy(weights) / len(weights)
        self.network.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.parameters, CLIP)
        self.adam.param_groups[0]["lr"] = self.config.lr * share
        self.adam.step()
        follow(self.average.parameters(), self.parameters, newness(self.config.average, update))
        return float(loss.detach())

    def keep(self) -> None:
        """The average is the best so far."""
        self.kept = {name: value.clone() for name, value in self.average.state_dict().items()}

    def back_to_best(self) -> None:
        if self.kept:
            self.average.load_state_dict(self.kept)

    def tensors(self) -> Arrays:
        """Everything learned or remembered, copied, by name."""
        return arrays_of(whole(network=self.network.state_dict(), average=self.average.state_dict(), kept=self.kept,
                               adam=adam_state(self.adam)))

    def restore(self, tensors: Arrays) -> None:
        """Take what `tensors` returned."""
        found = tensors_of(tensors)
        self.network.load_state_dict(part(found, "network."))
        self.average.load_state_dict(part(found, "average."))
        self.kept = part(found, "kept.")
        restore_adam(self.adam, part(found, "adam."))


def tensor(activations: Floats) -> torch.Tensor:
    """(B, C, H, W), channels last in memory, in which convolutions run faster."""
    return torch.from_numpy(np.asarray(activations, np.float32)).contiguous(memory_format=torch.channels_last)


def rate(update: int, last: int) -> float:
    """Share of the highest learning rate."""
    return learning.rate(update, last, max(1.0, WARM_UP * last))


@torch.inference_mode()
def features_of(network: Tail, activations: Any) -> Floats:
    """(N, 1280) of half-precision activations (N, C, H, W)."""
    return np.concatenate([network.features(tensor(activations[at:at + CHUNK])).numpy()
                           for at in range(0, len(activations), CHUNK)])


def head_in(network: Tail) -> Head:
    """The head that a network has learned."""
    return Head(network.weight.detach().numpy().T.copy(), network.bias.detach().numpy().copy())


def changed_weights(network: Tail) -> dict[str, Floats]:
    """The backbone's weights that differ from the pretrained ones, by the names of `backbone.pretrained`."""
    found: dict[str, Floats] = {}
    for module in network.backbone.layers[network.first:]:
        found[f"{module.layer.name}.weight"] = module.conv.weight.detach().contiguous().numpy().copy()
        found[f"{module.layer.name}.bias"] = module.conv.bias.detach().numpy().copy()
    return found
