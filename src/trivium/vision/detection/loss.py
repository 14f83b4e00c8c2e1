"""What a detector's answers are worth: who answers for which object, and the loss.

Task-aligned assignment (Feng et al., TOOD, arXiv 2108.07755): the points inside an object that already say the right
class and the right box answer for it, and the better they do, the surer they have to be. Varifocal loss for the classes
(Zhang et al., arXiv 2008.13367), generalised IoU for the boxes (Rezatofighi et al., arXiv 1902.09630).

B pictures, M objects at most in each, A points, K classes.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn import functional as F

ANSWER = 10  # points for an object
SCORE_POWER, IOU_POWER = 0.5, 6.0
BACKGROUND, FOCUS = 0.75, 2.0  # weight of points that answer for nothing, and how much the sure ones of them count
BOX_WEIGHT = 2.5
TINY = 1e-9


@dataclass(frozen=True)
class Truth:
    """The objects of a batch; where a picture has fewer than M, `there` is false."""

    boxes: torch.Tensor  # (B, M, 4)
    labels: torch.Tensor  # (B, M) int64
    there: torch.Tensor  # (B, M) bool


def iou_and_giou(one: torch.Tensor, other: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """IoU and generalised IoU of boxes (..., 4), broadcast."""
    corner = torch.maximum(one[..., :2], other[..., :2])
    both = (torch.minimum(one[..., 2:], other[..., 2:]) - corner).clamp(min=0).prod(-1)
    areas = [(each[..., 2:] - each[..., :2]).clamp(min=0).prod(-1) for each in (one, other)]
    union = areas[0] + areas[1] - both
    hull = (torch.maximum(one[..., 2:], other[..., 2:]) - torch.minimum(one[..., :2], other[..., :2])).prod(-1)
    iou = both / (union + TINY)
    return iou, iou - (hull - union) / (hull + TINY)


@torch.no_grad()
def assigned(logits: torch.Tensor, boxes: torch.Tensor, truth: Truth,
             centres: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(B, A): which object each point answers for, -1 for none, and how sure it has to be."""
    inside = ((centres > truth.boxes[..., None, :2]) & (centres < truth.boxes[..., None, 2:])).all(-1)  # (B, M, A)
    inside = (inside | nearest(truth.boxes, centres)) & truth.there[..., None]
    iou = iou_and_giou(truth.boxes[:, :, None], boxes[:, None])[0] * inside
    said = logits.sigmoid().transpose(1, 2)  # (B, K, A)
    said = said.gather(1, truth.labels[..., None].expand(-1, -1, said.shape[-1]))  # (B, M, A)
    aligned = said.pow(SCORE_POWER) * iou.pow(IOU_POWER) * inside
    best = aligned.topk(ANSWER, -1).indices
    chosen = torch.zeros_like(inside).scatter_(-1, best, True) & inside & (aligned > 0)
    claims = torch.where(chosen, iou, torch.full_like(iou, -1.0))  # where several want a point, the best box has it
    strongest, owner = claims.max(1)
    taken = strongest >= 0
    chosen = F.one_hot(owner, iou.shape[1]).transpose(1, 2).bool() & taken[:, None]
    aligned, iou = aligned * chosen, iou * chosen
    wanted = aligned / (aligned.amax(-1, keepdim=True) + TINY) * iou.amax(-1, keepdim=True)
    return torch.where(taken, owner, -1), wanted.amax(1)


def nearest(boxes: torch.Tensor, centres: torch.Tensor) -> torch.Tensor:
    """(B, M, A): the point that is nearest to a box's middle, so that no object is too small to be learned."""
    middle = (boxes[..., :2] + boxes[..., 2:]) / 2
    away = (middle[..., None, :] - centres).abs().sum(-1)
    return F.one_hot(away.argmin(-1), centres.shape[0]).bool()


def detection_loss(logits: torch.Tensor, boxes: torch.Tensor, truth: Truth,
                   centres: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(class loss, box loss) of a batch, each for one object that is found perfectly."""
    owner, wanted = assigned(logits, boxes, truth, centres)
    positive = owner >= 0
    total = wanted.sum().clamp(min=1.0)
    picture, point = positive.nonzero(as_tuple=True)
    mine = owner[picture, point]
    targets = torch.zeros_like(logits)
    targets[picture, point, truth.labels[picture, mine]] = wanted[picture, point]
    weights = torch.where(targets > 0, targets, BACKGROUND * logits.detach().sigmoid().pow(FOCUS))
    classes = (F.binary_cross_entropy_with_logits(logits, targets, reduction="none") * weights).sum() / total
    giou = iou_and_giou(boxes[picture, point], truth.boxes[picture, mine])[1]
    return classes, ((1.0 - giou) * wanted[picture, point]).sum() / total
