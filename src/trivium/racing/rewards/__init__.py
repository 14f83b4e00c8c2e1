"""Example reward functions: short lessons that also train well. Each is a file that a learner can read
and change.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

DEFAULT = "centre_line_progress"
ORDER = (DEFAULT, "follow_centre_line", "stay_inside_borders", "steady_hands", "fast_laps", "look_ahead")


@dataclass(frozen=True)
class RewardExample:
    """One lesson: ``title`` and ``summary`` come from the first lines of its file."""

    id: str
    title: str
    summary: str
    code: str


def examples() -> tuple[RewardExample, ...]:
    """All examples, the default first."""
    return tuple(example(name) for name in ORDER)


def example(name: str = DEFAULT) -> RewardExample:
    """One example by its id."""
    if name not in ORDER:
        raise KeyError(name)
    code = (Path(__file__).parent / f"{name}.py").read_text(encoding="utf-8")
    title, _, rest = (ast.get_docstring(ast.parse(code)) or "").partition("\n")
    summary = rest.strip().split("\n\n")[0]
    return RewardExample(name, title.rstrip("."), " ".join(summary.split()), code)
