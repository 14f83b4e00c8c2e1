"""What a learner's module remembers, as JSON, so that a resumed training goes on with the same
rewards.

Roots are the module's globals, the attributes of its classes, and the attributes and default arguments
of its functions. What they hold is walked to the end: numbers (floats to the last bit), texts,
containers, NumPy arrays, random generators, objects of the module's own classes; shared and circular
references stay shared. Whatever else is found is left alone and named in ``unsaved``. Restoring fills
existing containers in place, so aliases survive.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import EnumMeta
from types import FunctionType, ModuleType
from typing import Any

from trivium.racing.reward_values import CannotSave, Reader, Writer, class_of, set_attribute

VERSION = 1


@dataclass
class Saved:
    """``data`` is JSON-able; ``unsaved`` names the roots that are not in it."""

    data: dict[str, Any]
    unsaved: list[str] = field(default_factory=list)


def is_code(value: object) -> bool:
    """Functions, classes and modules are part of the source, not of what it remembers."""
    return isinstance(value, type | ModuleType) or (callable(value) and hasattr(value, "__qualname__"))


def own_classes(module: ModuleType) -> Iterator[type]:
    for value in list(vars(module).values()):
        if isinstance(value, type) and value.__module__ == module.__name__ and not isinstance(value, EnumMeta):
            yield value


def own_functions(module: ModuleType, filename: str) -> Iterator[FunctionType]:
    """The functions and methods that the file defines and its globals or classes hold."""
    holders = [module, *own_classes(module)]
    for holder in holders:
        for value in list(vars(holder).values()):
            value = getattr(value, "__func__", value)  # static and class methods
            if isinstance(value, FunctionType) and value.__code__.co_filename == filename:
                yield value


def roots(module: ModuleType, filename: str) -> Iterator[tuple[str, Any, str, Any]]:
    """(path, holder, attribute, value) of everything that may be remembered, in the same order each time."""
    for name, value in list(vars(module).items()):
        if not (name.startswith("__") and name.endswith("__")) and not is_code(value):
            yield f"global:{name}", module, name, value
    for kind in own_classes(module):
        for name, value in list(vars(kind).items()):
            descriptor = hasattr(value, "__get__") or hasattr(value, "__set__")
            if not (name.startswith("__") and name.endswith("__")) and not is_code(value) and not descriptor:
                yield f"class:{kind.__qualname__}.{name}", kind, name, value
    for function in own_functions(module, filename):
        for name, value in list(vars(function).items()):
            if name != "__wrapped__" and not is_code(value):
                yield f"function:{function.__qualname__}.{name}", function, name, value
        if function.__defaults__:
            yield f"defaults:{function.__qualname__}", function, "__defaults__", function.__defaults__
        if function.__kwdefaults__:
            yield f"kwdefaults:{function.__qualname__}", function, "__kwdefaults__", function.__kwdefaults__
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            with contextlib.suppress(ValueError):  # an empty cell
                if not is_code(cell.cell_contents):
                    yield f"closure:{function.__qualname__}.{name}", cell, "cell_contents", cell.cell_contents


def save(module: ModuleType, filename: str) -> Saved:
    writer = Writer(module)
    values: dict[str, Any] = {}
    unsaved = []
    for path, _holder, _name, value in roots(module, filename):
        mark = writer.mark()
        try:
            values[path] = writer.write(value)
        except (CannotSave, RecursionError):
            writer.forget(mark)
            unsaved.append(path.partition(":")[2])
    return Saved({"version": VERSION, "values": values, "unsaved": unsaved}, unsaved)


def load(module: ModuleType, filename: str, data: dict[str, Any]) -> None:
    reader = Reader(module)
    places = {path: (holder, name, value) for path, holder, name, value in roots(module, filename)}
    for path, written in data["values"].items():
        holder, name, old = places.get(path, (None, "", None))
        if holder is None:
            holder, name = new_place(module, path)
            if holder is None:
                continue  # a closure or an attribute of something that this source no longer has
        value = reader.read(written, old)
        if holder is module:
            vars(module)[name] = value
        else:
            set_attribute(holder, name, value)
    kept = set(data["values"]) | {f"global:{name}" for name in data.get("unsaved", ())}
    for path, (_holder, name, _value) in places.items():
        if path.startswith("global:") and path not in kept:  # the code had deleted it by then
            del vars(module)[name]


def new_place(module: ModuleType, path: str) -> tuple[Any, str]:
    """Where something goes that the freshly imported module does not have yet."""
    kind, _, name = path.partition(":")
    if kind == "global":
        return module, name
    owner_name, _, attribute = name.rpartition(".")
    if kind == "class":
        return class_of(module, owner_name), attribute
    if kind == "function":
        owner: Any = module
        for part in owner_name.split("."):
            owner = getattr(owner, part, None)
        return owner, attribute
    return None, ""
