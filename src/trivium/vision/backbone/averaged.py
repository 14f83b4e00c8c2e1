"""A network that learns by AdamW, beside the running average of its weights: how what stands on the backbone learns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

import torch
from torch import nn

from trivium.core.learning import Arrays, adam_state, arrays_of, follow, newness, part, restore_adam, tensors_of, whole

N = TypeVar("N", bound=nn.Module)


class Rates(Protocol):
    """What of a training's settings counts here."""

    @property
    def lr(self) -> float: ...

    @property
    def weight_decay(self) -> float: ...

    @property
    def average(self) -> float: ...


class Averaged(Generic[N]):
    """The network, its running average (Polyak and Juditsky, 1992), and AdamW; no gradient is longer than `CLIP`."""

    CLIP = 10.0

    def __init__(self, config: Rates, make: Callable[[], N], seed: int) -> None:
        self.config = config
        torch.manual_seed(seed)
        self.network, self.average = channels_last(make()), channels_last(make())
        self.average.load_state_dict(self.network.state_dict())
        self.average.requires_grad_(False).eval()
        self.parameters = list(self.network.parameters())
        decayed = [each for each in self.parameters if each.ndim > 1]
        plain = [each for each in self.parameters if each.ndim <= 1]
        self.adam = torch.optim.AdamW([{"params": decayed, "weight_decay": config.weight_decay},
                                       {"params": plain, "weight_decay": 0.0}], lr=config.lr, betas=(0.9, 0.99))

    def step(self, loss: torch.Tensor, update: int, share: float) -> None:
        """One update at `share` of the highest rate."""
        self.network.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.parameters, self.CLIP)
        for group in self.adam.param_groups:
            group["lr"] = self.config.lr * share
        self.adam.step()
        follow(self.average.state_dict().values(), self.network.state_dict().values(),  # normalisations included
               newness(self.config.average, update))

    def tensors(self) -> Arrays:
        """Everything learned or remembered, copied, by name."""
        return arrays_of(whole(network=self.network.state_dict(), average=self.average.state_dict(),
                               adam=adam_state(self.adam)))

    def restore(self, tensors: Arrays) -> None:
        """Take what `tensors` returned."""
        found = tensors_of(tensors)
        self.network.load_state_dict(part(found, "network."))
        self.average.load_state_dict(part(found, "average."))
        restore_adam(self.adam, part(found, "adam."))


def channels_last(network: N) -> N:
    """In the order of memory in which convolutions run faster."""
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]
