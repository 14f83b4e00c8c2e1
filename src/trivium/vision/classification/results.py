"""What came of a training, photo by photo: each as it was judged while it was held out, the worst mistakes first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from trivium.core import files
from trivium.vision.classification.judging import said_of
from trivium.vision.classification.predictions import Row, predictions_of
from trivium.vision.collect.store import PictureStore
from trivium.vision.deploy import CARD
from trivium.vision.project import Item


def judged(run: Path | str, label: str | None = None, predicted: str | None = None, wrong: bool = False) -> list[Row]:
    """The photos of a training, of one class or of one cell of its table of confusions.

    Those whose own class was thought least likely come first; of the `wrong` ones, those that the model was surest of.
    """
    return chosen(predictions_of(run).rows(), label, predicted, wrong)


def chosen(rows: list[Row], label: str | None, predicted: str | None, wrong: bool) -> list[Row]:
    """Those rows, in that order."""
    found = [row for row in rows if label in (None, row["label"]) and predicted in (None, row["predicted"])]
    if wrong:
        return sorted((row for row in found if row["label"] != row["predicted"]),
                      key=lambda row: (-row["confidence"], row["sha256"]))
    return sorted(found, key=lambda row: (row["truth"], row["sha256"]))


def suggestions(run: Path | str, items: list[Item], store: PictureStore) -> list[Row]:
    """A label for each photo that has none, and for each whose label the model doubts; the surest first.

    A photo that the model has learned from is judged as it was while it was held out, or the model would agree with
    every mistake that it was taught.
    """
    from trivium.vision.backbone.features import KEY, unpacked

    known = predictions_of(run)
    folder, held_out = known.folder, {row["sha256"]: row for row in known.rows()}
    classes = files.read_json(folder / files.MODEL / CARD)["classes"]
    found: list[Row] = []
    fresh: list[tuple[Item, Any]] = []
    for item in items:
        row, cached = held_out.get(item.sha256), store.features(KEY, item.sha256)
        if row is not None:
            found.append({**row, "label": item.label})
        elif cached is not None:
            fresh.append((item, unpacked(cached)))
    if fresh:
        said = said_of(folder, [item.sha256 for item, _ in fresh], np.stack([features for _, features in fresh]), store)
        for (item, _), row in zip(fresh, said, strict=True):
            found.append({"sha256": item.sha256, "name": item.name, "label": item.label,
                          "predicted": classes[int(row.argmax())], "confidence": round(float(row.max()), 4)})
    wanted = [row for row in found
              if row["label"] is None or (row["label"] != row["predicted"] and row["confidence"] > SURE)]
    return sorted(wanted, key=lambda row: (-row["confidence"], row["sha256"]))


SURE = 0.5  # a label is doubted where another class is likelier than all the rest together
