"""What a film shows from when to when, by an activity model.

The film is looked at as one that is taken in, in a confined process; each moment is what the window says in whose
middle it lies. Where that is less sure than the model must be, nothing is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trivium.errors import BadFile
from trivium.vision.activity.frame_network import unpacked
from trivium.vision.activity.graph import WINDOW
from trivium.vision.activity.sampling import CLIP_CPU_S, CLIP_READER, RATE
from trivium.vision.activity.strips import tile_count
from trivium.vision.activity.windows import plain_windows
from trivium.vision.backbone.efficientnet import Floats
from trivium.vision.backbone.features import Session
from trivium.vision.backbone.graph import PROBABILITIES
from trivium.vision.classification.split import Ints
from trivium.vision.collect.reading import read_batch
from trivium.vision.collect.sources import capped
from trivium.vision.deploy import HEAD, MODEL, read_bundle
from trivium.vision.finished import training
from trivium.vision.project import ACTIVITY
from trivium.vision.stream.verdicts import threshold_of

AT_ONCE = 16  # windows that the head judges together


@dataclass(frozen=True)
class Watched:
    """A film as the model's clock sees it."""

    duration_s: float
    remarks: list[str]
    moments: Any  # (T, NUMBERS)
    strip: bytes  # JPEG


def spans(run: Path | str, film: Path, called: str | None = None) -> dict[str, Any]:
    """{"duration_s", "tiles", "strip", "spans": [{"label", "start_s", "end_s", "confidence"}], "remarks"}.

    "label" is None where the model does not know; "strip" are frames of the film in one JPEG.
    """
    folder, _ = training(run, ACTIVITY)
    card, parts = read_bundle(folder)
    seen = watched(film, called or film.name, parts[MODEL])
    window, stride = (round(card["window"][name] * RATE) for name in ("s", "stride_s"))
    places = plain_windows(len(seen.moments), window, min(stride, window))
    head = Session(parts[HEAD])
    said = np.concatenate([
        head.said(PROBABILITIES, {WINDOW: np.stack([seen.moments[each] for each in places[at:at + AT_ONCE]])
                                  .astype(np.float32)}) for at in range(0, len(places), AT_ONCE)])
    rows = spans_of(said[nearest(places, len(seen.moments))], card["classes"], threshold_of(card), seen.duration_s)
    return {"run": str(folder), "file": called or film.name, "duration_s": seen.duration_s,
            "tiles": tile_count(seen.duration_s), "strip": seen.strip, "spans": rows, "remarks": seen.remarks,
            "model_sha256": card["files"][HEAD]}


def watched(film: Path, name: str, network: bytes) -> Watched:
    """What the model sees of a film; BadFile where it can be no clip."""
    found, wrong = list[Watched](), list[str]()

    def told(_k: int, facts: dict[str, Any], path: Path) -> None:
        if "error" in facts:
            wrong.append(str(facts["error"]))
        else:
            found.append(Watched(float(facts["duration_s"]), list(facts["remarks"]),
                                 unpacked(path.with_suffix(".clip").read_bytes()),
                                 path.with_suffix(".strip").read_bytes()))

    read_batch([(name, capped(film.read_bytes()))], network, told, CLIP_READER, CLIP_CPU_S)
    if wrong:
        message, _, hint = wrong[0].partition(". ")
        raise BadFile(f"{message.rstrip('.')}.", hint)
    return found[0]


def nearest(windows: list[Ints], count: int) -> Ints:
    """(T,) for each moment the window in whose middle it lies, or nearly; of two as near the later one."""
    middles = np.array([(int(each[0]) + int(each[-1])) / 2 for each in windows])
    away = np.abs(np.arange(count)[:, None] - middles[None])
    found: Ints = len(windows) - 1 - away[:, ::-1].argmin(1)
    return found


def spans_of(said: Floats, classes: list[str], threshold: float | None, duration_s: float) -> list[dict[str, Any]]:
    """Moments (T, K) of one class that follow each other, as one row."""
    best, sure = said.argmax(1), said.max(1)
    names = [classes[k] if threshold is None or s >= threshold else None for k, s in zip(best, sure, strict=True)]
    begins = [t for t in range(len(names)) if t == 0 or names[t] != names[t - 1]]
    return [{"label": names[begin], "start_s": round(begin / RATE, 3), "end_s": round(min(end / RATE, duration_s), 3)
             if end < len(names) else duration_s, "confidence": round(float(sure[begin:end].mean()), 6)}
            for begin, end in zip(begins, [*begins[1:], len(names)], strict=True)]
