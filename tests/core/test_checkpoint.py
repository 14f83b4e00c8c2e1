"""Checkpoints: exact, verified, the last three and the best, and whole whatever happens."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from trivium.core import checkpoint, files
from trivium.errors import BadFile, DiskFull

TENSORS = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "scalar": np.array(3.5), "flags": np.array([True, False]),
           "fortran": np.asfortranarray(np.arange(12.0).reshape(3, 4)), "empty": np.zeros((0, 4)),
           "bytes": np.arange(5, dtype=np.uint8)}


def save_steps(folder: Path, steps: range, best: set[int] = frozenset()) -> None:  # type: ignore[assignment]
    for step in steps:
        checkpoint.save(folder, step, {"w": np.full(3, float(step))}, {"step": step},
                        float(step) if step in best else None)


def test_what_was_saved_comes_back_to_the_bit(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    state = {"rng": rng.bit_generator.state, "minus_infinity": -math.inf, "third": 1 / 3, "count": np.int64(4)}
    checkpoint.save(tmp_path, 5, TENSORS, state, best=1.0)
    loaded = checkpoint.load_last(tmp_path)
    assert loaded is not None and loaded.step == 5 and loaded.best == 1.0
    for name, array in TENSORS.items():
        assert loaded.tensors[name].dtype == array.dtype and loaded.tensors[name].shape == array.shape
        assert np.array_equal(loaded.tensors[name], array)
    again = np.random.default_rng(0)
    again.bit_generator.state = loaded.state["rng"]
    assert again.standard_normal(10).tolist() == rng.standard_normal(10).tolist()
    assert loaded.state["minus_infinity"] == -math.inf and loaded.state["third"] == 1 / 3
    loaded.tensors["a"] += 1  # a training goes on changing its arrays


def test_the_last_three_and_the_best_are_kept(tmp_path: Path) -> None:
    save_steps(tmp_path, range(1, 11), best={2, 4})
    assert checkpoint.steps(tmp_path) == [4, 8, 9, 10]
    assert (tmp_path / "best").read_text() == "step-4\n" and (tmp_path / "last").read_text() == "step-10\n"
    best, last = checkpoint.load_best(tmp_path), checkpoint.load_last(tmp_path)
    assert best is not None and best.step == 4
    assert last is not None and last.step == 10
    assert sorted(p.name for p in tmp_path.iterdir()) == ["best", "last", "step-10", "step-4", "step-8", "step-9"]


def test_without_a_best_one_the_newest_is_taken(tmp_path: Path) -> None:
    assert checkpoint.load_best(tmp_path) is None and checkpoint.load_last(tmp_path) is None
    save_steps(tmp_path, range(1, 3))
    best = checkpoint.load_best(tmp_path)
    assert best is not None and best.step == 2


@pytest.mark.parametrize("damage", ["weights.safetensors", "state.json", "manifest.json"])
@pytest.mark.parametrize("how", ["flip", "cut", "remove", "empty"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(tmp_path: Path, damage: str, how: str) -> None:
    save_steps(tmp_path, range(1, 4))
    path = tmp_path / "step-3" / damage
    data = path.read_bytes()
    if how == "remove":
        path.unlink()
    else:
        path.write_bytes({"flip": data[:-2] + bytes([data[-2] ^ 1]) + data[-1:], "cut": data[:-1],
                          "empty": b""}[how])
    if damage == "manifest.json" and how in {"flip", "cut"}:
        path.write_bytes(data[: len(data) // 2])
    with pytest.raises(BadFile):
        checkpoint.load(tmp_path / "step-3")
    last = checkpoint.load_last(tmp_path)
    assert last is not None and last.step == 2


def test_a_step_saved_again_replaces_the_older_copy(tmp_path: Path) -> None:
    checkpoint.save(tmp_path, 1, {"w": np.zeros(2)}, {})
    checkpoint.save(tmp_path, 1, {"w": np.ones(2)}, {})
    last = checkpoint.load_last(tmp_path)
    assert last is not None and last.tensors["w"].tolist() == [1.0, 1.0]
    assert checkpoint.steps(tmp_path) == [1]


def test_state_that_is_not_json_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="tensors"):
        checkpoint.save(tmp_path, 1, {}, {"array": np.zeros(3)})
    assert list(tmp_path.iterdir()) == []


FULL = """
import resource, sys
from pathlib import Path
import numpy as np
from trivium.core import checkpoint
from trivium.errors import DiskFull
folder, limit = Path(sys.argv[1]), int(sys.argv[2])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    checkpoint.save(folder, 2, {"w": np.arange(100_000.0)}, {"step": 2})
except DiskFull as error:
    print("full", error.reason)
"""


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no RLIMIT_FSIZE")
@pytest.mark.parametrize("limit", [1, 100, 10_000, 400_000, 799_999])
def test_disk_full_at_any_write_leaves_the_old_checkpoint_whole(tmp_path: Path, limit: int) -> None:
    checkpoint.save(tmp_path, 1, {"w": np.ones(3)}, {"step": 1})
    before = tree(tmp_path)
    done = subprocess.run([sys.executable, "-c", FULL, str(tmp_path), str(limit)], capture_output=True, text=True)
    assert done.stdout.strip() == "full disk_full", done.stderr
    assert tree(tmp_path) == before


def test_a_really_full_disk_leaves_the_old_checkpoint_whole(small_disk: Path) -> None:
    folder = small_disk / "checkpoints"
    checkpoint.save(folder, 1, {"w": np.ones(100_000)}, {"step": 1})
    before = tree(folder)
    with pytest.raises(DiskFull):
        checkpoint.save(folder, 2, {"w": np.ones(600_000)}, {"step": 2})
    assert tree(folder) == before
    checkpoint.save(folder, 3, {"w": np.ones(1_000)}, {"step": 3})  # once there is room again
    last = checkpoint.load_last(folder)
    assert last is not None and last.step == 3


def test_atomic_write_keeps_the_old_file_when_the_new_one_fails(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    files.write_json(path, {"a": 1})
    with pytest.raises(ValueError, match="JSON"):
        files.write_json(path, {"a": math.nan})
    assert files.read_json(path) == {"a": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["x.json"]


def test_atomic_write_names_the_file_that_was_asked_for(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as refused:
        files.atomic_write(tmp_path / "no folder" / "x.json", "{}")
    assert refused.value.filename == str(tmp_path / "no folder" / "x.json")


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../x", "C:\\x", "a\\b", "", ".", "x\0y", "C:x"])
def test_names_that_leave_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadFile):
        files.inside(tmp_path, name)


def test_names_inside_the_folder_are_fine(tmp_path: Path) -> None:
    assert files.inside(tmp_path, "a/b ü.json") == tmp_path / "a" / "b ü.json"
