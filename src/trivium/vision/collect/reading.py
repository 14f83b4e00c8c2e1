"""Reads many pictures in confined processes, a batch each: python -P -m trivium.vision.collect.reading FOLDER

Each process gets files and a network, the backbone or a whole model, gives up everything else, and writes beside
each file what it is: measures, thumbnail, view, features. A file that ends the process or takes too long is named, and
the rest goes on in another.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from trivium.errors import StudioError

MODULE = "trivium.vision.collect.reading"
BATCH, RESULTS, NETWORK = "batch.json", "results.jsonl", "network.onnx"
BATCH_FILES, BATCH_BYTES = 400, 400_000_000
ENOUGH_S = 20.0  # after this long a process stops between two files
CPU_S = 60.0  # so a single picture has at least 40 s
MEMORY_MB, RESULT_MB = 2048, 64
SLOW = "It took too long to read. Make it smaller."
DIED = "It could not be read. Save it again from the program that it came from."

Read = tuple[str, bytes]  # name to show, content
Told = Callable[[int, dict[str, Any], Path], None]  # number, facts or {"error"}, path beside which lies what was made


def read_batch(batch: Sequence[Read], network: bytes | None, told: Told, module: str = MODULE,
               cpu_s: float = CPU_S) -> int:
    """Read as many of the first pictures as one process manages, at least one; how many that were."""
    from trivium.core.child import run_child

    folder = Path(tempfile.mkdtemp(prefix="trivium-pictures-"))
    try:
        for k, (_, content) in enumerate(batch):
            (folder / str(k)).write_bytes(content)
        if network is not None:
            (folder / NETWORK).write_bytes(network)
        (folder / BATCH).write_text(json.dumps([name for name, _ in batch]), encoding="utf-8")
        code = run_child(module, folder, cpu_s)
        if not (folder / RESULTS).exists():  # no picture's fault: it is made before the first is read
            raise StudioError("The process that reads pictures could not start.", "Try again; run: trivium doctor")
        done = 0
        for k, facts in _results(folder / RESULTS):
            if k == done:  # in order, each once; anything else was not written by us
                told(k, facts, folder / str(k))
                done += 1
        if done == len(batch) or (code == 0 and done):
            return done
        told(done, {"error": SLOW if code is None else DIED}, folder / str(done))
        return done + 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _results(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    if path.is_file():
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                with contextlib.suppress(ValueError, KeyError, TypeError):  # cut off when the process ended
                    found = json.loads(line)
                    yield int(found.pop("file")), found


def main(folder: Path) -> int:
    """In the process: read every file of the folder, a line of results each."""
    from trivium.core.spec import Limits

    def preload() -> None:
        from trivium.vision.collect import pictures
        from trivium.vision.detection import geometry  # noqa: F401  while files can still be found
        from trivium.vision.segmentation import verdict  # noqa: F401

        pictures.preload()

    return read_all(folder, facts_of, preload, Limits(mem_mb=MEMORY_MB, file_mb=RESULT_MB))


def read_all(folder: Path, facts: Callable[[Path, str, Any], dict[str, Any]], preload: Callable[[], None],
             limits: Any) -> int:
    """Confine the process, then tell the facts of one file after the other."""
    from trivium.core.confine import confine, enclose

    enclosed = enclose(folder, folder)
    names = json.loads((folder / BATCH).read_text(encoding="utf-8"))
    network = None
    if (folder / NETWORK).is_file():
        from trivium.vision.backbone.features import Session

        network = Session((folder / NETWORK).read_bytes())
    preload()
    confine(folder, limits, enclosed=enclosed)
    began = time.monotonic()
    with (folder / RESULTS).open("w", encoding="utf-8") as out:
        for k, name in enumerate(names):
            out.write(json.dumps({"file": k, **facts(folder / str(k), name, network)}) + "\n")
            out.flush()
            if time.monotonic() - began > ENOUGH_S:
                break
    return 0


def facts_of(path: Path, name: str, network: Any) -> dict[str, Any]:
    """What a picture is; its view, thumbnail and features are written beside it."""
    import numpy as np

    from trivium.errors import BadFile
    from trivium.vision.backbone import features
    from trivium.vision.backbone.graph import (
        BOXES,
        EMBEDDING,
        FAMILIARITY,
        LIKELIHOODS,
        MAP,
        ODD_MAP,
        ODDNESS,
        PROBABILITIES,
        SCORES,
    )
    from trivium.vision.collect import pictures
    from trivium.vision.detection import geometry
    from trivium.vision.segmentation import verdict

    try:
        picture = pictures.read(path.read_bytes(), name)
    except BadFile as error:
        return {"error": f"{error.message} {error.hint}".strip()}
    if picture.view is not None:
        path.with_suffix(".view").write_bytes(picture.view)
    path.with_suffix(".thumbnail").write_bytes(picture.thumbnail)
    found: dict[str, Any] = {}
    if network is not None:
        said = network.outputs(pictures.squashed(picture.image, network.side)[None])
        if EMBEDDING in said:
            path.with_suffix(".features").write_bytes(features.packed(said[EMBEDDING][0]))
        if PROBABILITIES in said:  # a whole classifier
            found["probabilities"] = said[PROBABILITIES][0].tolist()
        if FAMILIARITY in said:
            found["familiarity"] = float(said[FAMILIARITY][0, 0])
        if ODD_MAP in said:  # an anomaly model
            found |= {ODDNESS: float(said[ODDNESS][0, 0]), ODD_MAP: said[ODD_MAP][0].round(3).tolist()}
        if SCORES in said:  # a detector
            found |= geometry.told(said[BOXES][0], said[SCORES][0])
        if LIKELIHOODS in said:  # a segmentation model
            found["areas"] = verdict.told(said[LIKELIHOODS][0])
            with path.with_suffix(".likelihoods").open("wb") as out:
                np.save(out, said[LIKELIHOODS][0])
        if MAP in said:
            with path.with_suffix(".map").open("wb") as out:
                np.save(out, said[MAP][0])
    return {**found, "format": picture.format, "width": picture.width, "height": picture.height, "dhash": picture.dhash,
            "sharpness": picture.sharpness, "remarks": picture.remarks,
            "orientation": picture.orientation}


if __name__ == "__main__":
    exit_code = main(Path(sys.argv[1]))
    os._exit(exit_code)
