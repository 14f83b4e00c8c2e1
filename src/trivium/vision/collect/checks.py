"""What a person should look at before training: near-copies, blur, doubtful labels, classes that are too small."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from trivium.vision.classification.data import features_of, is_blurred
from trivium.vision.collect import duplicates
from trivium.vision.collect.store import PictureStore
from trivium.vision.project import Item

KINDS: dict[str, Callable[[Item], bool]] = {
    "all": lambda _item: True,
    "labelled": lambda item: item.is_labelled,
    "unlabelled": lambda item: not item.is_labelled,
    "doubtful": lambda item: bool(item.doubts),
    "blurred": is_blurred,
}


@dataclass(frozen=True)
class Findings:
    """Pictures by their sha256."""

    near_copies: list[list[str]]  # groups that show nearly the same, the sharpest first
    blurred: list[str]
    doubtful: list[str]
    warnings: list[str]


def findings_of(items: Sequence[Item], warnings: list[str], near_copies: list[list[str]]) -> Findings:
    """The findings among these pictures."""
    return Findings(near_copies, [item.sha256 for item in items if is_blurred(item)],
                    [item.sha256 for item in items if item.doubts], warnings)


def near_groups(items: Sequence[Item], store: PictureStore) -> list[list[str]]:
    """Pictures that show nearly the same, group by group; of each the sharpest, the one to keep, comes first."""
    if not items:
        return []
    pairs = duplicates.near_copies([item.dhash for item in items], features_of(items, store))
    groups: dict[int, list[Item]] = {}
    for item, number in zip(items, duplicates.groups(len(items), pairs), strict=True):
        groups.setdefault(number, []).append(item)
    return [[item.sha256 for item in sorted(group, key=lambda item: -item.sharpness)]
            for group in groups.values() if len(group) > 1]
