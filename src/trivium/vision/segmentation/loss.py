"""What a segmentation model's answers are worth: cross-entropy of the pixels, and Dice of whole areas.

Dice (Milletari et al., V-Net, arXiv 1606.04797) counts each class as one, however few pixels it has. Pixels that nobody
has labelled count for nothing in either. B pictures, K classes, H x W pixels.
"""

from __future__ import annotations

import torch
from torch.nn import functional as F

from trivium.vision.labels.masks import UNLABELLED

SMOOTH = 1.0  # pixels added above and below, so that an empty area is no division by zero


def segmentation_loss(logits: torch.Tensor, truth: torch.Tensor,
                      weights: torch.Tensor | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    """(cross-entropy, Dice loss) of logits (B, K, h, w), enlarged to the truth's (B, H, W) int64."""
    logits = F.interpolate(logits, size=truth.shape[1:], mode="bilinear", align_corners=False)
    return cross_entropy(logits, truth, weights), dice_loss(logits, truth)


def cross_entropy(logits: torch.Tensor, truth: torch.Tensor, weights: torch.Tensor | None = None) -> torch.Tensor:
    """The mean over labelled pixels, 0 where none is."""
    each = F.cross_entropy(logits, truth, weight=weights, ignore_index=UNLABELLED, reduction="sum")
    known = truth != UNLABELLED
    if weights is None:
        return each / known.sum().clamp(min=1)
    return each / weights[truth[known]].sum().clamp(min=1e-6)


def dice_loss(logits: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """One minus the mean Dice of the classes that are on any picture of the batch."""
    known = (truth != UNLABELLED)[:, None]
    said = logits.softmax(1) * known  # (B, K, H, W)
    there = F.one_hot(truth.masked_fill(~known[:, 0], 0), logits.shape[1]).permute(0, 3, 1, 2) * known
    both, sizes, areas = ((said * there).sum((0, 2, 3)), said.sum((0, 2, 3)), there.sum((0, 2, 3)))
    dice = (2 * both + SMOOTH) / (sizes + areas + SMOOTH)  # (K,)
    present = areas > 0
    return 1 - (dice * present).sum() / present.sum().clamp(min=1)


def weights_of(pixels: torch.Tensor) -> torch.Tensor:
    """(K,): the median frequency over each class's own (Eigen and Fergus, arXiv 1411.4734), within 0.2 and 5."""
    share = pixels.double() / pixels.sum().clamp(min=1)
    there = share[share > 0]
    median = there.median() if len(there) else torch.tensor(1.0)
    return torch.where(share > 0, median / share.clamp(min=1e-9), torch.ones_like(share)).clamp(0.2, 5.0).float()
