"""What learns: a light network over the moments of a clip, some 130,000 numbers.

- The backbone's map is brought to a few channels; beside each stands how it differs from the moment before.
- Both go through convolutions in space and in time by turns (Tran et al., R(2+1)D, arXiv 1711.11248), those in time
  dilated and added to what they come from (Bai et al., TCN, arXiv 1803.01271).
- The largest and the mean over places, and then over moments, are told apart by a linear layer.

B clips, T moments, C channels, K classes.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from trivium.vision.activity.frame_network import CHANNELS, SIDE
from trivium.vision.activity.shape import DILATIONS, PLACES

DROPPED = 0.3


class Unit(nn.Module):
    """Convolution, normalisation, ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: tuple[int, int], stride: int = 1, dilation: int = 1) -> None:
        super().__init__()
        reach = ((kernel[0] - 1) // 2 * dilation, (kernel[1] - 1) // 2)
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, reach, dilation=(dilation, 1), bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(self.norm(self.conv(x)))


class Moments(nn.Module):
    """Moments (B, T, NUMBERS) to logits (B, K)."""

    def __init__(self, classes: int, channels: int) -> None:
        super().__init__()
        self.seen = Unit(CHANNELS, channels // 2, (1, 1))
        self.mixed = Unit(channels, channels, (3, 3), 2)
        self.space = nn.ModuleList(Unit(channels, channels, (3, 3)) for _ in DILATIONS)
        self.time = nn.ModuleList(Unit(channels, channels, (3, 1), dilation=each) for each in DILATIONS)
        self.last = Unit(2 * channels, 2 * channels, (3, 1))
        self.out = nn.Linear(4 * channels, classes)

    def forward(self, moments: torch.Tensor) -> torch.Tensor:
        count, length = moments.shape[:2]
        x = self.mixed(self.changes(moments, count, length))  # (B T, C, 7, 7)
        for space, time in zip(self.space, self.time, strict=True):
            x = x + self.over_time(time, space(x), count, length)
        pooled = torch.cat([x.amax((2, 3)), x.mean((2, 3))], 1)  # (B T, 2 C)
        y = self.last(pooled.view(count, length, -1, 1).transpose(1, 2))  # (B, 2 C, T, 1)
        y = torch.cat([y.amax((2, 3)), y.mean((2, 3))], 1)
        logits: torch.Tensor = self.out(F.dropout(y, DROPPED, self.training))
        return logits

    def changes(self, moments: torch.Tensor, count: int, length: int) -> torch.Tensor:
        """What is seen at each moment, and how it differs from the moment before: (B T, C, 14, 14)."""
        x = self.seen(moments.reshape(count * length, CHANNELS, SIDE, SIDE))
        whole = x.view(count, length, -1, SIDE, SIDE)
        before = torch.cat([whole[:, :1], whole[:, :-1]], 1)  # before the first there is nothing but itself
        return torch.cat([whole, whole - before], 2).view(count * length, -1, SIDE, SIDE)

    @staticmethod
    def over_time(unit: nn.Module, x: torch.Tensor, count: int, length: int) -> torch.Tensor:
        """A convolution along time, at each place by itself."""
        y = unit(x.view(count, length, x.shape[1], PLACES).transpose(1, 2))  # (B, C, T, 49)
        made: torch.Tensor = y.transpose(1, 2).reshape(x.shape)
        return made
