"""A studio small enough to kill a hundred times: gradient descent on noise, whose end depends on every step."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from trivium.core.run import Run
from trivium.core.studio import Studio

STUDIO = Studio(id="toy", title="Toy", tagline="For tests.", accent="#888888",
                entries={"train": "tests.core.toy:train", "code": "tests.core.toy:run_code",
                         "kernel": "tests.core.toy:late_kernel"})


is_loaded = False  # whether this process was made ready by load() before it had a run


def load() -> Iterator[None]:
    """What a spare runner loads."""
    global is_loaded
    is_loaded = True
    yield


def load_slowly() -> Iterator[None]:
    """The same, on a slow disk."""
    time.sleep(1.5)
    yield from load()
    time.sleep(600)


def load_with_a_thread() -> Iterator[None]:
    """The same, with a thread that Landlock could not bind any more."""
    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
    yield from load()


def load_nothing() -> Iterator[None]:
    """What a broken installation does."""
    raise ImportError("no such library")
    yield


def train(config: dict[str, Any], run: Run) -> None:
    """A seeded random walk with momentum, checkpointed every few steps."""
    rng = np.random.default_rng(run.seed)
    size = int(config.get("size", 2_000))
    weights, velocity, step = np.zeros(size), np.zeros(size), 0
    last = run.load_last()
    if last is not None:
        weights, velocity, step = last.tensors["weights"], last.tensors["velocity"], last.step
        rng.bit_generator.state = last.state["rng"]
    start = run.load_start()
    if start is not None and last is None:
        weights = start.tensors["weights"]
    steps = int(config.get("steps", 60))
    every = int(config.get("every", 5))
    while step < steps and not run.stopped:
        if config.get("kill_at") == step + 1 and last is None:
            die_in(str(config["kill_in"]))
        velocity = 0.9 * velocity + rng.standard_normal(weights.shape)
        weights = weights - 0.01 * velocity * np.cos(weights)
        step += 1
        run.log(step, {"loss": float(np.square(weights).mean())})
        run.progress(step, step / steps)
        if config.get("pause_s"):
            time.sleep(float(config["pause_s"]))
        if step % every == 0:
            best = float(step) if step % (4 * every) == 0 else None
            run.save(step, {"weights": weights, "velocity": velocity}, {"rng": rng.bit_generator.state}, best)
            if best is not None:
                run.set_best("loss", float(np.square(weights).mean()), step)
    if run.stopped:
        run.save(step, {"weights": weights, "velocity": velocity}, {"rng": rng.bit_generator.state})
    np.save(run.model("weights.npy"), weights)


def die_in(place: str) -> None:
    """End this process by kill -9 in the middle of the next checkpoint, at the named place."""
    from trivium.core import checkpoint, files

    def die(*_: object) -> None:
        os.kill(os.getpid(), 9)

    def before(name: str) -> Any:
        real = files.write_file

        def write(path: Any, data: bytes, durable: bool = True) -> None:
            if path.name == name:
                real(path, data[: len(data) // 2], durable)
                die()
            real(path, data, durable)

        return write

    if place == "weights":
        files.write_file = before("weights.safetensors")
    elif place == "manifest":
        files.write_file = before("manifest.json")
    elif place == "rename":
        checkpoint._swap = die
    elif place == "pointer":
        checkpoint.tidy = die
    elif place == "prune":
        remove = shutil.rmtree

        def rmtree(path: Any, **more: Any) -> None:
            if "gone" in path.name:
                die()
            remove(path, **more)

        shutil.rmtree = rmtree


def prepare(config: dict[str, Any], run: Run) -> None:
    """What a studio does before it is confined: import the heavy libraries and compile the kernels."""
    if run.spec.kind == "kernel":
        from tests.core import kernels

        kernels.double(1)


def late_kernel(config: dict[str, Any], run: Run) -> None:
    """Call a kernel with a type that prepare() did not compile it for."""
    from tests.core import kernels

    run.note(f"result: {kernels.double(1)} {kernels.double(1.5)}")


def run_code(config: dict[str, Any], run: Run) -> None:
    """Run the learner's file inputs/code.py as it stands; whatever it puts into `result` is logged."""
    path = run.input("code.py")
    scope: dict[str, Any] = {"run": run, "result": None}
    exec(compile(path.read_text(), str(path), "exec"), scope)
    run.note(f"result: {scope['result']}")
