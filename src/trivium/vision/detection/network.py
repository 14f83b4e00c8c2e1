"""What learns in a detector: a light pyramid on the backbone's three last resolutions, and an anchor-free head.

- Three taps of the frozen EfficientNet-Lite0, of 40, 112 and 320 channels at 8, 16 and 32 pixels, are brought to one
  width, and information goes down and up again between them (Liu et al., PANet, arXiv 1803.01534).
- Convolutions are separable: 5 x 5 within a channel, then 1 x 1 across channels.
- The head is the same for the three grids but for its normalisation (as in NanoDet). Each point says how likely each
  class is there, and how far the object's four sides are (Tian et al., FCOS, arXiv 1904.01355).

B pictures, C channels, A points, K classes.
"""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional as F

from trivium.vision.detection.geometry import FURTHEST, STRIDES, anchor_points

TAPS = (40, 112, 320)  # channels
KERNEL = 5
FIRST_REACH = 2.0  # strides from a point to a box's side before anything is learned
SELDOM = 0.01  # how likely each class is at each point before anything is learned


class Pointwise(nn.Module):
    """1 x 1 convolution, normalisation, ReLU."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(self.norm(self.conv(x)))


class Separable(nn.Module):
    """Depthwise and pointwise convolution; a normalisation for each grid that it is used on."""

    def __init__(self, channels: int, stride: int = 1, grids: int = 1) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, KERNEL, stride, KERNEL // 2, groups=channels, bias=False)
        self.pointwise = nn.Conv2d(channels, channels, 1, bias=False)
        self.norms = nn.ModuleList(nn.BatchNorm2d(channels) for _ in range(grids))

    def forward(self, x: torch.Tensor, grid: int = 0) -> torch.Tensor:
        return F.relu(self.norms[grid](self.pointwise(self.depthwise(x))))


class Detector(nn.Module):
    """Taps in; logits (B, A, K) and boxes (B, A, 4) out."""

    centres: torch.Tensor
    strides: torch.Tensor

    def __init__(self, classes: int, channels: int) -> None:
        super().__init__()
        grids = len(STRIDES)
        self.lateral = nn.ModuleList(Pointwise(tap, channels) for tap in TAPS)
        self.down = nn.ModuleList(Separable(channels) for _ in range(grids - 1))  # coarse to fine
        self.shrink = nn.ModuleList(Separable(channels, stride=2) for _ in range(grids - 1))
        self.up = nn.ModuleList(Separable(channels) for _ in range(grids - 1))
        self.tower = Separable(channels, grids=grids)
        self.class_tower, self.box_tower = (Separable(channels, grids=grids) for _ in range(2))
        self.class_out, self.box_out = nn.Conv2d(channels, classes, 1), nn.Conv2d(channels, 4, 1)
        centres, strides = anchor_points()
        self.register_buffer("centres", torch.from_numpy(centres), persistent=False)
        self.register_buffer("strides", torch.from_numpy(strides)[:, None], persistent=False)
        with torch.no_grad():
            nn.init.normal_(self.class_out.weight, std=0.01)
            nn.init.normal_(self.box_out.weight, std=0.01)
            nn.init.constant_(self.class_out.bias, math.log(SELDOM / (1 - SELDOM)))  # type: ignore[arg-type]
            nn.init.constant_(self.box_out.bias, math.log(FIRST_REACH))  # type: ignore[arg-type]

    def forward(self, taps: list[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        logits, reaches = [], []
        for grid, x in enumerate(self.pyramid(taps)):
            x = self.tower(x, grid)
            logits.append(rows(self.class_out(self.class_tower(x, grid))))
            reaches.append(rows(self.box_out(self.box_tower(x, grid))))
        return torch.cat(logits, 1), self.boxes(torch.cat(reaches, 1))

    def pyramid(self, taps: list[torch.Tensor]) -> list[torch.Tensor]:
        """Three maps of one width, fine to coarse, each of which has heard of the others."""
        maps = [lateral(tap) for lateral, tap in zip(self.lateral, taps, strict=True)]
        for k in (1, 0):
            maps[k] = self.down[k](maps[k] + F.interpolate(maps[k + 1], scale_factor=2.0, mode="nearest"))
        for k in (0, 1):
            maps[k + 1] = self.up[k](maps[k + 1] + self.shrink[k](maps[k]))
        return maps

    def boxes(self, reaches: torch.Tensor) -> torch.Tensor:
        """Corners from logarithms of the distances to the four sides, in strides."""
        reach = torch.exp(reaches.clamp(-FURTHEST, FURTHEST)) * self.strides  # (B, A, 4)
        return torch.cat([self.centres - reach[..., :2], self.centres + reach[..., 2:]], -1)


def rows(x: torch.Tensor) -> torch.Tensor:
    """(B, C, H, W) to (B, H * W, C)."""
    return x.flatten(2).transpose(1, 2)
