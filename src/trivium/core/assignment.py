"""KEY=VALUE as people write it on a command line, into nested settings; and settings laid over others."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from trivium.errors import BadConfig


def assigned(texts: Iterable[str], over: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """`over` with every "car.network=light" of `texts` laid over it, in their order; later ones win."""
    values = dict(over or {})
    for text in texts:
        values = merge(values, assignment(text))
    return values


def assignment(text: str) -> dict[str, Any]:
    """"car.network=light" -> {"car": {"network": "light"}}; a value is JSON where it can be read as such, else text."""
    key, equals, raw = text.partition("=")
    if not equals or not key.strip():
        raise BadConfig(f"--set {text}: write it as KEY=VALUE.", "For example --set lr=0.0003")
    try:
        value: Any = json.loads(raw)
    except (ValueError, RecursionError):
        value = raw
    for part in reversed(key.strip().split(".")):
        value = {part: value}
    return dict(value)


def merge(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """`old` with the values of `new`, nested objects field by field."""
    merged = dict(old)
    for key, value in new.items():
        before = merged.get(key)
        merged[key] = merge(before, value) if isinstance(before, Mapping) and isinstance(value, Mapping) else value
    return merged
