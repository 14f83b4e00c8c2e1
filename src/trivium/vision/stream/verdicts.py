"""From probabilities to a verdict: rejection ("I don't know"), and the consensus of the last frames.

A single frame is often wrong where twenty are right, so what rules and people act upon is settled by vote: at least
three frames, of which 60 % agree. What was settled stays until the vote is for something else.
"""

from __future__ import annotations

import statistics
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from typing import Any

from trivium.vision.events.event import Guess, Settled
from trivium.vision.stream.config import WatchConfig

LEAST_FRAMES = 3


def threshold_of(card: dict[str, Any]) -> float | None:
    """The confidence below which the model's maker would not trust it, where the bundle says one.

    A threshold on another of its outputs, such as familiarity, is `rejection.is_known`'s.
    """
    said = card.get("rejection")
    value = said.get("threshold") if isinstance(said, dict) and "output" not in said else None
    return float(value) if isinstance(value, int | float) and 0.0 <= value <= 1.0 else None


def guesses(classes: Sequence[str], probabilities: Sequence[float], top: int) -> list[Guess]:
    """The likeliest classes, likeliest first."""
    order = sorted(range(len(classes)), key=lambda k: -probabilities[k])[:top]
    return [Guess(label=classes[k], probability=min(1.0, max(0.0, round(float(probabilities[k]), 6)))) for k in order]


def label_of(best: Guess, threshold: float | None) -> str | None:
    """The label, or None for "I don't know"."""
    return None if threshold is not None and best.probability < threshold else best.label


class Counts:
    """How many of each class the last frames show: the median, so that one frame's slip counts for nothing."""

    def __init__(self, config: WatchConfig) -> None:
        self.least = min(LEAST_FRAMES, config.consensus_frames)
        self.frames: deque[Counter[str]] = deque(maxlen=config.consensus_frames)

    def add(self, labels: Sequence[str]) -> dict[str, int] | None:
        """Count one more frame; None until there are enough. Of two numbers in the middle the lower one."""
        self.frames.append(Counter(labels))
        if len(self.frames) < self.least:
            return None
        names = sorted({name for frame in self.frames for name in frame})
        found = {name: statistics.median_low([frame[name] for frame in self.frames]) for name in names}
        return {name: count for name, count in found.items() if count}


class Consensus:
    """What the last frames agree on."""

    def __init__(self, config: WatchConfig) -> None:
        self.least, self.share = min(LEAST_FRAMES, config.consensus_frames), config.consensus_share
        self.votes: deque[str | None] = deque(maxlen=config.consensus_frames)
        self.said: deque[Mapping[str, float]] = deque(maxlen=config.consensus_frames)
        self.settled: Settled | None = None

    def add(self, label: str | None, now: float, probabilities: Mapping[str, float] | None = None) -> Settled | None:
        """Count one more frame's verdict; None until enough agree."""
        self.votes.append(label)
        self.said.append(probabilities or {})
        if len(self.votes) < self.least:
            return None
        winner, count = Counter(self.votes).most_common(1)[0]
        agree = count / len(self.votes) >= self.share - 1e-9
        before = self.settled
        if agree and count >= self.least and (before is None or winner != before.label):
            self.settled = Settled(label=winner, share=count / len(self.votes), frames=len(self.votes), since=now,
                                   new=True, confidence=self.confidence(winner))
        elif before is not None:
            share = self.votes.count(before.label) / len(self.votes)
            self.settled = before.model_copy(update={"share": share, "frames": len(self.votes), "new": False,
                                                     "confidence": self.confidence(before.label)})
        return self.settled

    def again(self) -> Settled | None:
        """What was settled, where nothing new was said."""
        if self.settled is not None:
            self.settled = self.settled.model_copy(update={"new": False})
        return self.settled

    def confidence(self, label: str | None) -> float | None:
        """The mean probability of a class over the frames that vote."""
        if label is None or not any(label in each for each in self.said):
            return None
        return min(1.0, max(0.0, round(sum(each.get(label, 0.0) for each in self.said) / len(self.said), 6)))
