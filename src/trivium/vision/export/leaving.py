"""A photo on its way out."""

from __future__ import annotations

from dataclasses import dataclass

from trivium.vision.labels.boxes import XYXY
from trivium.vision.project import Item


@dataclass(frozen=True)
class Leaving:
    """A photo and the path that it gets."""

    item: Item
    path: str

    def boxes(self, classes: list[str]) -> list[tuple[int, XYXY]]:
        return [(classes.index(box.label), box.xyxy) for box in self.item.boxes or ()]
