"""What learns in a segmentation model: a light decoder on four resolutions of the backbone.

- Four taps of the frozen EfficientNet-Lite0, of 24, 40, 112 and 320 channels at 4, 8, 16 and 32 pixels, are brought to
  one width; from coarse to fine each is added to the next finer (Lin et al., FPN, arXiv 1612.03144).
- The coarsest is weighted, channel by channel, by what the whole picture shows, as in the LR-ASPP of MobileNetV3
  (Howard et al., arXiv 1905.02244).
- Convolutions are separable: 5 x 5 within a channel, then 1 x 1 across channels.

B pictures, C channels, K classes, the first of which is background.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from trivium.vision.detection.geometry import GRIDS, SIZE
from trivium.vision.detection.network import Pointwise, Separable
from trivium.vision.detection.taps import DETECTION, Places

# after the last layers of stages 2, 3, 5 and 7
PLACES = Places(("blocks.2.project", *DETECTION.ends), (24, *DETECTION.channels), (SIZE // 4, *GRIDS))
GRID = PLACES.grids[0]  # places along a side of the answer


class Segmenter(nn.Module):
    """Taps in; logits (B, K, 80, 80) out."""

    def __init__(self, classes: int, channels: int) -> None:
        super().__init__()
        self.lateral = nn.ModuleList(Pointwise(tap, channels) for tap in PLACES.channels)
        self.gate = nn.Conv2d(PLACES.channels[-1], channels, 1)
        self.down = nn.ModuleList(Separable(channels) for _ in PLACES.channels[:-1])  # coarse to fine
        self.tower = Separable(channels)
        self.out = nn.Conv2d(channels, classes, 1)

    def forward(self, taps: list[torch.Tensor]) -> torch.Tensor:
        maps = [lateral(tap) for lateral, tap in zip(self.lateral, taps, strict=True)]
        x = maps[-1] * torch.sigmoid(self.gate(taps[-1].mean((2, 3), keepdim=True)))
        for k in (2, 1, 0):
            x = self.down[k](maps[k] + F.interpolate(x, scale_factor=2.0, mode="nearest"))
        found: torch.Tensor = self.out(self.tower(x))
        return found
