"""Counting: a thing that a detector takes for two kinds at once is one thing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from trivium.vision.detection.geometry import POINTS, SIZE
from trivium.vision.detection.verdict import alone, counted
from trivium.vision.events.event import Box
from trivium.vision.labels.boxes import iou
from trivium.vision.stream.model import Model


def test_one_thing_that_is_said_to_be_two_counts_once() -> None:
    """Squares of 0.4 by hand: moved by 0.04 they share 0.36 * 0.4 of 0.176, an overlap of 0.82; by 0.1, 0.6."""
    def box(label: str, confidence: float, x: float) -> Box:
        return Box(label=label, confidence=confidence, xyxy=(x, 0.2, x + 0.4, 0.6))

    first, twin, beside = box("apple", 0.9, 0.1), box("pear", 0.8, 0.14), box("pear", 0.7, 0.2)
    also, third = box("apple", 0.6, 0.12), box("pear", 0.5, 0.16)
    assert iou([first.xyxy], [twin.xyxy, beside.xyxy])[0] == pytest.approx([0.144 / 0.176, 0.12 / 0.2])
    assert alone([first, twin, beside]) == [first, beside] and counted([first, twin, beside])["pear"] == 2
    assert alone([first, also]) == [first, also], "of one class the network's own suppression has decided"
    assert alone([twin, first, third]) == [twin, third], "the surer one stays, whatever its class"
    assert alone([]) == []


@pytest.mark.parametrize(("one_class", "told"), [(True, ["apple"]), (False, ["apple", "pear"])])
def test_at_work_a_setting_says_whether_two_classes_may_lie_at_one_place(one_class: bool, told: list[str]) -> None:
    same = np.zeros((1, POINTS, 4), np.float32)
    same[..., 2:] = 0.5
    scores = np.zeros((1, POINTS, 2), np.float32)
    scores[0, 7] = 0.9, 0.8
    session: Any = SimpleNamespace(side=SIZE, outputs=lambda _picture: {"boxes": same, "scores": scores})
    card = {"classes": ["apple", "pear"], "postprocessing": {"thresholds": {"apple": 0.4, "pear": 0.4}}}
    seen = Model(card, session, "v").look(np.zeros((SIZE, SIZE, 3), np.uint8), 3, one_class=one_class)
    assert [each.label for each in seen.boxes or ()] == told
