"""What a form shows beside a setting."""

from __future__ import annotations

from typing import Any


def knob(group: str, more: str = "", less: str = "", unit: str = "", **extra: Any) -> dict[str, Any]:
    """What the form shows beside a field: its group, its unit and what more and less of it does."""
    return {"group": group, "more": more, "less": less, "unit": unit, **extra}
