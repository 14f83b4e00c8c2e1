"""Keep a process, and the learner's code in it, inside its run folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from trivium.core.spec import Limits


@dataclass(frozen=True)
class Confinement:
    """What holds the process: level is full, limits or none; text is the badge."""

    level: str
    text: str


def probe() -> Confinement:
    """What this machine can do."""
    return Confinement("none", "not confined")


def confine(folder: Path, limits: Limits) -> Confinement:
    """Confine this process for good."""
    return Confinement("none", "not confined")
