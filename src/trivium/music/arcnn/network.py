"""The U-Net of the AR-CNN: which edit would bring this music closer to what it has learned? One softmax over all edits.

After "Generating Music with a Convolutional Autoregressive Model" as used for edit events (Chi et al., ISMIR 2020,
arXiv 2008.08927). What is different, to be quick on two cores:

- four sixteenths lie side by side as channels, so the top level has a beat a row: a quarter of the arithmetic;
- the first convolution reaches an octave up and down, so intervals need no depth;
- a few filters in three to four levels with residual blocks; batch normalisation melts into the weights afterwards.

B windows, T steps, P pitches, C channels, K kinds of edit.
"""

from __future__ import annotations

import copy
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from trivium.music.arcnn.config import ArcnnConfig
from trivium.music.arcnn.grid import KINDS, PITCHES

PATCH = 4  # steps that lie side by side
REACH = 12  # semitones that the first convolution sees to either side
GROWTH = (1.0, 2.0, 3.0, 4.0)  # channels of each level, in filters


class ConvUnit(nn.Module):
    """Convolution, batch normalisation, ReLU."""

    def __init__(self, channels_in: int, channels_out: int, kernel: tuple[int, int] = (3, 3)) -> None:
        super().__init__()
        padding = (kernel[0] // 2, kernel[1] // 2)
        self.conv = nn.Conv2d(channels_in, channels_out, kernel, padding=padding, bias=False)
        self.norm: nn.Module = nn.BatchNorm2d(channels_out)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.norm(self.conv(x)), inplace=True)

    def melt(self) -> None:
        """Put the normalisation into the weights."""
        if isinstance(self.norm, nn.BatchNorm2d):
            self.conv = fuse_conv_bn_eval(self.conv, self.norm)
            self.norm = nn.Identity()


class Block(nn.Module):
    """Two units with a way round them."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = ConvUnit(channels, channels)
        self.second = ConvUnit(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        return x + cast(Tensor, self.second(self.first(x)))


class EditNet(nn.Module):
    """(B, 2, T, P) planes and (B, T) bar beginnings -> (B, K, T, P) logits of every edit."""

    def __init__(self, config: ArcnnConfig) -> None:
        super().__init__()
        widths = [int(config.filters * growth) for growth in GROWTH[:config.levels]]
        self.first = ConvUnit(3 * PATCH + 1, widths[0], (3, 2 * REACH + 1))
        self.down = nn.ModuleList([Block(widths[0])])
        self.narrow = nn.ModuleList()
        self.widen = nn.ModuleList()
        self.up = nn.ModuleList()
        for above, below in pairwise(widths):
            self.narrow.append(ConvUnit(above, below))
            self.down.append(Block(below))
            self.widen.append(ConvUnit(below + above, above))
            self.up.append(Block(above))
        self.drop = nn.Dropout2d(config.dropout)
        self.last = nn.Conv2d(widths[0], KINDS * PATCH, 1)

    def forward(self, planes: Tensor, bars: Tensor) -> Tensor:
        x = self.first(self.patches(planes, bars))  # (B, C, T/4, P)
        skips = []
        for level, block in enumerate(self.down):
            if level:
                x = self.narrow[level - 1](functional.max_pool2d(x, 2))
            x = block(x)
            x = self.drop(x) if level > 1 else x
            skips.append(x)
        for level in range(len(self.up) - 1, -1, -1):
            x = functional.interpolate(x, scale_factor=2, mode="nearest")
            x = self.up[level](self.widen[level](torch.cat([x, skips[level]], dim=1)))
        y: Tensor = self.last(x)  # (B, K*4, T/4, P)
        b, _, t, p = y.shape
        return y.reshape(b, KINDS, PATCH, t, p).transpose(2, 3).reshape(b, KINDS, t * PATCH, p)

    def patches(self, planes: Tensor, bars: Tensor) -> Tensor:
        """(B, 13, T/4, P): onset, hold and bar beginnings of each beat's four steps, and how high the pitch is."""
        b, c, t, p = planes.shape
        folded = planes.reshape(b, c, t // PATCH, PATCH, p).transpose(2, 3).reshape(b, c * PATCH, t // PATCH, p)
        begins = bars.reshape(b, t // PATCH, PATCH, 1).transpose(1, 2).expand(b, PATCH, t // PATCH, p)
        height = torch.linspace(-1.0, 1.0, PITCHES, device=planes.device).expand(b, 1, t // PATCH, p)
        x = torch.cat([folded, begins, height], dim=1)
        return x.contiguous(memory_format=torch.channels_last)

    def melted(self) -> EditNet:
        """A copy for composing: quicker, and no longer able to learn."""
        network = copy.deepcopy(self).eval().requires_grad_(False)
        for module in network.modules():
            if isinstance(module, ConvUnit):
                module.melt()
        return channels_last(network)


def channels_last(network: EditNet) -> EditNet:
    """The network with the memory layout that convolutions on CPUs like best."""
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # not in torch's stub
    return network


def divergence(logits: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """KL(uniform over the target edits || softmax of the logits), window by window, (B,); and which windows count.

    Where no edit is a target there is no such distribution: the window counts for nothing, with a divergence of 0.
    """
    log_p = functional.log_softmax(logits.flatten(1), dim=1)
    target = target.flatten(1).to(log_p.dtype)
    count = target.sum(dim=1)
    some = count.clamp(min=1.0)
    cross_entropy = -(log_p * target).sum(dim=1) / some
    return torch.where(count > 0, cross_entropy - some.log(), 0.0), count > 0


def edit_loss(logits: Tensor, target: Tensor) -> Tensor:
    """Mean divergence of the windows that have a target; 0 if there is none."""
    each, counts = divergence(logits, target)
    return each.sum() / counts.sum().clamp(min=1)


def parameters(network: nn.Module) -> int:
    """How many numbers it has learned."""
    return sum(p.numel() for p in network.parameters())
