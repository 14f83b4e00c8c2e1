"""Reads a network in TensorFlow.js's graph format: its operations, one by one, and its numbers."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from trivium.errors import BadFile

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Operation:
    """One step: its kind, as TensorFlow calls it, and the names of what it takes ("name:1" is a second output)."""

    name: str
    kind: str
    inputs: tuple[str, ...]
    attributes: Mapping[str, Any]

    def number(self, name: str) -> float:
        return float(self.attributes[name]["f"])

    def text(self, name: str) -> str:
        return base64.b64decode(self.attributes[name]["s"]).decode()

    def sides(self, name: str) -> list[int]:
        """Height and width in a list for (batch, height, width, channels)."""
        _, height, width, _ = (int(each) for each in self.attributes[name]["list"]["i"])
        return [height, width]


@dataclass(frozen=True)
class Network:
    """The whole."""

    operations: dict[str, Operation]
    constants: dict[str, Array]
    outputs: dict[str, tuple[int, ...]]  # name -> shape

    def constant(self, name: str) -> Array:
        """Numbers that are known beforehand; shapes are sums of such, or empty sparse arrays filled up."""
        if name in self.constants:
            return self.constants[name]
        step = self.operations[name]
        given = [self.constant(each) for each in step.inputs]
        if step.kind == "AddV2":
            return np.asarray(given[0] + given[1])
        if step.kind == "SparseToDense" and not given[0].size:
            return np.full(given[1], given[3])
        raise KeyError(name)


def read(topology: bytes, weights: bytes) -> Network:
    """The network in these two files; BadFile where they do not belong together."""
    try:
        card = json.loads(topology)
        (manifest,) = card["weightsManifest"]
        constants, at = dict[str, Array](), 0
        for row in manifest["weights"]:
            kind = np.dtype(row.get("quantization", {}).get("dtype", row["dtype"]))
            count = int(np.prod(row["shape"]))
            constants[row["name"]] = np.frombuffer(weights, kind, count, at).reshape(row["shape"])
            at += count * kind.itemsize
        steps = [Operation(row["name"], row["op"], tuple(row.get("input", ())), row.get("attr", {}))
                 for row in card["modelTopology"]["node"]]
        outputs = {row["name"].partition(":")[0]: tuple(int(each["size"]) for each in row["tensorShape"]["dim"])
                   for row in card["signature"]["outputs"].values()}
    except (ValueError, KeyError, TypeError) as error:
        raise BadFile(f"This is no network in TensorFlow.js's format ({error}).", "Delete it and run: make setup") \
            from None
    if at != len(weights):
        raise BadFile("The weights are not those of the network.", "Delete them and run: make setup")
    return Network({step.name: step for step in steps}, constants, outputs)
