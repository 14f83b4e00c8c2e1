"""Python values to JSON and back, exactly: tagged containers, shared references, arrays, the learner's
own objects.
"""

from __future__ import annotations

import array
import base64
import collections
import random
import sys
from enum import Enum
from types import ModuleType
from typing import Any

TAG = "$"
MAX_VALUES = 500_000  # entries that are not in a packed list or array
MAX_BYTES = 64 << 20  # of packed lists, arrays and texts
FACTORIES: dict[str, Any] = {kind.__name__: kind for kind in (int, float, list, dict, set, str, bool, tuple)}
PLAIN_GENERATORS = ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")


class CannotSave(Exception):
    """A value that has no JSON form here."""


def packed(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def unpacked(text: str) -> bytes:
    return base64.b64decode(text)


def class_of(module: ModuleType, qualname: str) -> Any:
    """The module's own class of that name, or None."""
    found: Any = module
    for part in qualname.split("."):
        found = getattr(found, part, None)
    return found if isinstance(found, type) else None


def attributes(value: object) -> dict[str, Any]:
    """An object's own attributes, from its ``__dict__`` and its ``__slots__``."""
    found = dict(getattr(value, "__dict__", {}))
    for kind in type(value).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in ("__dict__", "__weakref__") and hasattr(value, name):
                found[name] = getattr(value, name)
    return found


def set_attribute(holder: Any, name: str, value: object) -> None:
    """Sets it whatever ``__setattr__`` says, as a frozen dataclass refuses."""
    if isinstance(holder, type):
        type.__setattr__(holder, name, value)
    else:
        object.__setattr__(holder, name, value)


class Writer:
    """Turns values into JSON; one writer for all roots, so that references between them stay."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self._ids: dict[int, int] = {}  # id() of an object -> its number
        self._kept: list[object] = []  # keeps the objects alive, so that id() stays theirs
        self._values = 0
        self._bytes = 0

    def mark(self) -> tuple[int, int, int]:
        return len(self._kept), self._values, self._bytes

    def forget(self, mark: tuple[int, int, int]) -> None:
        """Goes back to ``mark``, since what was written after it is thrown away."""
        count, self._values, self._bytes = mark
        for value in self._kept[count:]:
            del self._ids[id(value)]
        del self._kept[count:]

    def write(self, value: Any) -> Any:
        kind = type(value)
        if value is None or kind is bool:
            return value
        if kind is int:
            return value if -(2**53) < value < 2**53 else {TAG: "int", "v": hex(value)}
        if kind is float:
            return value if value - value == 0.0 else {TAG: "float", "v": repr(value)}
        if kind is str:
            return self._text(value)
        self._values += 1
        if self._values > MAX_VALUES:
            raise CannotSave("too many values")
        if id(value) in self._ids:
            return {TAG: "ref", "id": self._ids[id(value)]}
        return self._structured(value, kind)

    def _text(self, value: str) -> Any:
        self._weigh(len(value))
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:  # lone surrogates are no JSON
            return {TAG: "str", "v": packed(value.encode("utf-8", "surrogatepass"))}
        return value

    def _weigh(self, size: int) -> None:
        self._bytes += size
        if self._bytes > MAX_BYTES:
            raise CannotSave("too large")

    def _structured(self, value: Any, kind: type) -> Any:
        numpy = sys.modules.get("numpy")
        if kind is bytes:
            self._weigh(len(value))
            return {TAG: "bytes", "v": packed(value)}
        if kind is complex:
            return {TAG: "complex", "v": [self.write(value.real), self.write(value.imag)]}
        if isinstance(value, Enum) and self._is_own(kind):
            return {TAG: "enum", "class": kind.__qualname__, "v": value.name}
        if numpy is not None and isinstance(value, numpy.generic):
            return {TAG: "scalar", **self._array_bytes(numpy.asarray(value))}
        if isinstance(value, tuple) and (kind is tuple or self._is_own(kind)):
            return {
                TAG: "tuple",
                "class": None if kind is tuple else kind.__qualname__,
                "v": [self.write(item) for item in value],
            }
        if kind is frozenset:
            return {TAG: "frozenset", "v": [self.write(item) for item in value]}
        number = len(self._kept)
        self._ids[id(value)] = number
        self._kept.append(value)
        return {"id": number, **self._container(value, kind, numpy)}

    def _container(self, value: Any, kind: type, numpy: Any) -> dict[str, Any]:
        if kind is list:
            return self._list(value)
        if kind is collections.deque:
            return {**self._list(list(value)), TAG: "deque", "maxlen": value.maxlen}
        if kind is set:
            return {TAG: "set", "v": [self.write(item) for item in value]}
        if kind in (dict, collections.OrderedDict, collections.Counter, collections.defaultdict):
            return self._dict(value, kind)
        if kind is bytearray:
            self._weigh(len(value))
            return {TAG: "bytearray", "v": packed(bytes(value))}
        if kind is random.Random:
            return {TAG: "random", "v": self.write(value.getstate())}
        if numpy is not None and kind is numpy.ndarray:
            return {TAG: "array", **self._array_bytes(value)}
        if numpy is not None and kind is numpy.random.Generator:
            return self._generator(value)
        if self._is_own(kind):
            return {
                TAG: "object",
                "class": kind.__qualname__,
                "v": {name: self.write(item) for name, item in attributes(value).items()},
            }
        raise CannotSave(kind.__name__)

    def _list(self, value: list[Any]) -> dict[str, Any]:
        if len(value) > 16 and all(type(item) is float for item in value):
            self._weigh(8 * len(value))
            return {TAG: "list", "packed": packed(array.array("d", value).tobytes())}
        return {TAG: "list", "v": [self.write(item) for item in value]}

    def _dict(self, value: Any, kind: type) -> dict[str, Any]:
        written: dict[str, Any] = {TAG: "dict", "kind": kind.__name__}
        if kind is collections.defaultdict:
            factory = value.default_factory
            name = getattr(factory, "__name__", None)
            if factory is not None and FACTORIES.get(str(name)) is not factory:
                name = None  # a function of the learner's: kept when the dictionary is filled in place
            written["factory"] = name
        written["v"] = [[self.write(key), self.write(item)] for key, item in value.items()]
        return written

    def _array_bytes(self, value: Any) -> dict[str, Any]:
        if value.dtype.hasobject or value.dtype.names is not None:
            raise CannotSave("array of objects")
        self._weigh(value.nbytes)
        return {"dtype": value.dtype.str, "shape": list(value.shape), "v": packed(value.tobytes())}

    def _generator(self, value: Any) -> dict[str, Any]:
        state = value.bit_generator.state
        if state["bit_generator"] not in PLAIN_GENERATORS:
            raise CannotSave("random generator")
        return {TAG: "generator", "v": self.write(state)}

    def _is_own(self, kind: type) -> bool:
        return kind.__module__ == self._module.__name__ and class_of(self._module, kind.__qualname__) is kind


class Reader:
    """Turns what a Writer wrote back into values."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self._known: dict[int, Any] = {}
        self._used: set[int] = set()  # id() of existing objects that have been filled
        self._alive: list[object] = []

    def read(self, written: Any, old: Any = None) -> Any:
        """The value; an ``old`` one of the same kind is filled in place, so other names for it follow."""
        if not isinstance(written, dict):
            return written
        tag = written[TAG]
        if tag == "ref":
            return self._known[written["id"]]
        if "id" in written:
            return self._container(written, tag, old)
        value = written["v"]
        if tag == "int":
            return int(value, 16)
        if tag == "float":
            return float(value)
        if tag == "str":
            return unpacked(value).decode("utf-8", "surrogatepass")
        if tag == "bytes":
            return unpacked(value)
        if tag == "complex":
            return complex(self.read(value[0]), self.read(value[1]))
        if tag == "enum":
            return class_of(self._module, written["class"])[value]
        if tag == "scalar":
            return self._array(written)[()]
        if tag == "frozenset":
            return frozenset(self.read(item) for item in value)
        olds = old if isinstance(old, tuple) and len(old) == len(value) else [None] * len(value)
        items = [self.read(item, before) for item, before in zip(value, olds, strict=True)]
        if written["class"] is None:
            return tuple(items)
        kind = class_of(self._module, written["class"])
        return tuple.__new__(kind, items)

    def _reuse(self, number: int, old: Any, fresh: Any, also: bool = True) -> Any:
        """``old`` if it can be filled in place, else ``fresh``; remembered as object ``number``."""
        value = old if also and type(old) is type(fresh) and id(old) not in self._used else fresh
        self._used.add(id(value))
        self._alive.append(value)
        self._known[number] = value
        return value

    def _container(self, written: dict[str, Any], tag: str, old: Any) -> Any:
        number = written["id"]
        if tag in ("list", "deque"):
            return self._sequence(written, tag, old)
        if tag == "set":
            found: set[Any] = self._reuse(number, old, set())
            found.clear()
            found.update(self.read(item) for item in written["v"])
            return found
        if tag == "dict":
            return self._dict(written, old)
        if tag == "bytearray":
            content: bytearray = self._reuse(number, old, bytearray())
            content[:] = unpacked(written["v"])
            return content
        if tag == "random":
            source: random.Random = self._reuse(number, old, random.Random())
            source.setstate(self.read(written["v"]))
            return source
        if tag == "array":
            fresh = self._array(written)
            same = getattr(old, "shape", None) == fresh.shape and getattr(old, "dtype", None) == fresh.dtype
            found_array = self._reuse(number, old, fresh, same and bool(getattr(old, "flags", fresh.flags).writeable))
            found_array[...] = fresh
            return found_array
        if tag == "generator":
            return self._generator(written, old)
        kind = class_of(self._module, written["class"])
        value = self._reuse(number, old, kind.__new__(kind))
        before = attributes(value)
        for name in set(before) - set(written["v"]):
            object.__delattr__(value, name)
        for name, item in written["v"].items():
            set_attribute(value, name, self.read(item, before.get(name)))
        return value

    def _sequence(self, written: dict[str, Any], tag: str, old: Any) -> Any:
        fresh: Any = [] if tag == "list" else collections.deque(maxlen=written["maxlen"])
        value = self._reuse(written["id"], old, fresh, getattr(old, "maxlen", None) == written.get("maxlen"))
        olds = list(value)
        value.clear()
        if "packed" in written:
            value.extend(array.array("d", unpacked(written["packed"])))
            return value
        for index, item in enumerate(written["v"]):
            value.append(self.read(item, olds[index] if index < len(olds) else None))
        return value

    def _dict(self, written: dict[str, Any], old: Any) -> Any:
        fresh: Any = {}
        if written["kind"] == "defaultdict":
            fresh = collections.defaultdict(FACTORIES.get(written["factory"]))
        elif written["kind"] != "dict":
            fresh = getattr(collections, written["kind"])()
        value = self._reuse(written["id"], old, fresh)
        before = dict(value)
        value.clear()
        for key, item in written["v"]:
            name = self.read(key)
            value[name] = self.read(item, before.get(name))
        return value

    def _array(self, written: dict[str, Any]) -> Any:
        import numpy

        flat = numpy.frombuffer(unpacked(written["v"]), dtype=numpy.dtype(written["dtype"]))
        return flat.reshape(written["shape"]).copy()

    def _generator(self, written: dict[str, Any], old: Any) -> Any:
        import numpy

        state = self.read(written["v"])
        fresh = numpy.random.Generator(getattr(numpy.random, state["bit_generator"])())
        value = self._reuse(written["id"], old, fresh)
        value.bit_generator.state = state
        return value
