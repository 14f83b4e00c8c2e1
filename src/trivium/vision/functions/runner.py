"""The process that an inference function runs in: python -P -m trivium.vision.functions.runner FOLDER

It is a stranger's program, so the process confines itself before the first line of it: no network, no other files, no
other programs, bounded memory. It talks to the studio by lines of JSON; frames come back as JPEG. A DeepLens function
begins its work when it is imported and loops for ever, so importing it is running it.
"""

from __future__ import annotations

import ast
import base64
import io
import json
import os
import struct
import sys
import threading
import traceback
import warnings
from pathlib import Path
from typing import Any, BinaryIO

TASK, MODEL, CODE = "task.json", "model.onnx", "code"
LENGTH = struct.Struct(">I")
MEMORY_MB, FILE_MB = 3072, 64
TEXT = 8_000
exit_now = os._exit


class Over(BaseException):
    """The source has ended; no `except Exception` of the function's keeps it going."""


class Studio:
    """The line to the studio; each message is one write."""

    def __init__(self, requests: BinaryIO, answers: BinaryIO) -> None:
        self.requests, self.answers, self.lock = requests, answers, threading.RLock()

    def say(self, op: str, **values: Any) -> None:
        with self.lock:
            self.requests.write((json.dumps({"op": op, **values}) + "\n").encode())
            self.requests.flush()

    def frame(self) -> bytes | None:
        with self.lock:
            self.say("frame")
            (size,) = LENGTH.unpack(self._exactly(LENGTH.size))
            if not size:
                raise Over
            return self._exactly(size)

    def publish(self, topic: str, payload: bytes) -> None:
        self.say("publish", topic=topic[:500], payload=base64.b64encode(payload[:1_000_000]).decode())

    def _exactly(self, count: int) -> bytes:
        data = self.answers.read(count)
        if data is None or len(data) != count:
            raise Over
        return data


class Prints(io.TextIOBase):
    """What the function prints, line by line to the studio."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        for at in range(0, len(text), TEXT):
            self.studio.say("print", text=text[at:at + TEXT])
        return len(text)


def main(folder: Path) -> int:
    """Confine, then run the function."""
    from trivium.core.confine import confine, enclose
    from trivium.core.spec import Limits

    studio = Studio(os.fdopen(os.dup(1), "wb"), os.fdopen(os.dup(0), "rb"))
    os.dup2(2, 1)
    enclosed = enclose(folder, folder)
    task = json.loads((folder / TASK).read_text(encoding="utf-8"))
    from trivium.vision import pictures
    from trivium.vision.functions import lookalikes

    pictures.preload()
    infer = inference(folder)
    confine(folder, Limits(mem_mb=MEMORY_MB, file_mb=FILE_MB), enclosed=enclosed)
    lookalikes.install(studio, infer, task["side"], tuple(task["size"]))
    os.environ["AWS_IOT_THING_NAME"] = task["thing"]
    os.environ["TMPDIR"] = str(folder)
    os.chdir(folder / CODE)
    sys.path.insert(0, str(folder / CODE))
    sys.stdout = sys.stderr = Prints(studio)
    studio.say("ready")
    try:
        run(folder / CODE / task["file"])
    except Over:
        studio.say("end")
    except BaseException as error:
        studio.say("end", **fault(error, folder / CODE))
    else:
        studio.say("end")
    return 0


def inference(folder: Path) -> Any:
    """The model as a function of a picture; None where there is none."""
    if not (folder / MODEL).is_file():
        return None
    import numpy as np

    from trivium.vision.features import Session
    from trivium.vision.graph import PROBABILITIES

    session = Session((folder / MODEL).read_bytes())

    def infer(picture: Any) -> list[float]:
        found: list[float] = session.run(picture[None], PROBABILITIES)[0].tolist()
        return found

    infer(np.zeros((224, 224, 3), np.uint8))  # everything that it loads is loaded now
    return infer


def run(path: Path) -> None:
    """Run the file as a program; whatever it has begun in threads is waited for."""
    warnings.simplefilter("ignore", SyntaxWarning)  # `is not 0` and its like: the sample's, not its user's
    tree = ast.parse(source_of(path), str(path))
    code = compile(ast.fix_missing_locations(WithoutDisplay().visit(tree)), str(path), "exec")
    names: dict[str, Any] = {"__name__": path.stem, "__file__": str(path), "__builtins__": __builtins__}
    exec(code, names)
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()


def source_of(path: Path) -> str:
    """The function's text; where tabs and spaces are mixed, as in the samples for Python 2, tabs are made spaces."""
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    try:
        ast.parse(text)
    except TabError:
        return text.expandtabs(8)
    except SyntaxError:
        pass
    return text


class WithoutDisplay(ast.NodeTransformer):
    """A LocalDisplay class that the file brings along writes into a pipe that nobody reads; ours takes its place."""

    def visit_ClassDef(self, node: ast.ClassDef) -> Any:
        if node.name != "LocalDisplay":
            return self.generic_visit(node)
        return ast.copy_location(ast.ImportFrom("local_display", [ast.alias("LocalDisplay")], 0), node)


def fault(error: BaseException, code: Path) -> dict[str, Any]:
    """What went wrong, with the line of the function's own code."""
    place = next((row for row in reversed(traceback.extract_tb(error.__traceback__))
                  if row.filename.startswith(str(code))), None)
    line = place.lineno if place else getattr(error, "lineno", None)
    if isinstance(error, SystemExit):
        text = "It ended itself by exit()."
    elif isinstance(error, ModuleNotFoundError) and error.name == "cv2":
        text = 'It needs OpenCV, which is not here: pip install "trivium[deeplens]"'
    else:
        text = f"{type(error).__name__}: {error}"
    return {"error": text[:1000], "line": line, "file": Path(place.filename).name if place else None}


if __name__ == "__main__":
    exit_code = main(Path(sys.argv[1]))
    exit_now(exit_code)
