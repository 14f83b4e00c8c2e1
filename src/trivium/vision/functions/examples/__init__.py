"""Example inference functions: short lessons. Each is a file that a learner can read and change; none is imported."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

DEFAULT = "bright_or_dark"
ORDER = (DEFAULT, "say_what_changes", "count_things", "deeplens_way")


@dataclass(frozen=True)
class FunctionExample:
    """One lesson: `title` and `summary` come from the first lines of its file."""

    id: str
    title: str
    summary: str
    code: str


def examples() -> tuple[FunctionExample, ...]:
    """All examples, the simplest first."""
    return tuple(_example(name) for name in ORDER)


def _example(name: str) -> FunctionExample:
    code = (Path(__file__).parent / f"{name}.py").read_text(encoding="utf-8")
    title, _, rest = (ast.get_docstring(ast.parse(code)) or "").partition("\n")
    return FunctionExample(name, title.rstrip("."), " ".join(rest.split()), code)
