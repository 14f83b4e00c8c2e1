"""What a server has one of, made when it is first asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar, cast

T = TypeVar("T")
_LOCK = threading.Lock()  # two first requests at once get the same one


def once(state: Any, name: str, make: Callable[[], T]) -> T:
    """`state.name` of a server's app, made now if it is not there yet."""
    with _LOCK:
        if not hasattr(state, name):
            setattr(state, name, make())
        return cast(T, getattr(state, name))
