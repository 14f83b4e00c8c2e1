"""The process that an inference function runs in: python -P -m trivium.vision.functions.runner FOLDER

It is a stranger's program, so the process confines itself before the first line of it: no network, no other files, no
other programs, bounded memory. It talks to the studio by lines of JSON; frames come back as JPEG. A DeepLens function
begins its work when it is imported and loops for ever, so importing it is running it. One that has a function
`on_frame(frame, seen)` is called for each frame, with what the model says of it (`seeing`).
"""

from __future__ import annotations

import ast
import base64
import inspect
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
ENTRY = "on_frame"
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

    def look(self) -> tuple[dict[str, Any] | None, bytes | None]:
        """The next moment: its event where it was judged already, and its picture where there is one."""
        with self.lock:
            self.say("frame")
            event, view = self._part(), self._part()
        return json.loads(event) if event else None, view or None

    def frame(self) -> bytes | None:
        return self.look()[1]

    def _part(self) -> bytes:
        (size,) = LENGTH.unpack(self._exactly(LENGTH.size))
        return self._exactly(size) if size else b""

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
    from trivium.vision.collect import pictures
    from trivium.vision.functions import lookalikes, seeing

    pictures.preload()
    model = seeing.model_of(folder / MODEL, task["card"])
    confine(folder, Limits(mem_mb=MEMORY_MB, file_mb=FILE_MB), enclosed=enclosed)
    lookalikes.install(studio, None if model is None else seeing.classifier(model), seeing.SIDE, tuple(task["size"]))
    os.environ["AWS_IOT_THING_NAME"] = task["thing"]
    os.environ["TMPDIR"] = str(folder)
    os.chdir(folder / CODE)
    sys.path.insert(0, str(folder / CODE))
    sys.stdout = sys.stderr = Prints(studio)
    studio.say("ready")
    try:
        run(folder / CODE / task["file"], studio, model)
    except Over:
        studio.say("end")
    except BaseException as error:
        studio.say("end", **fault(error, folder / CODE))
    else:
        studio.say("end")
    return 0


def run(path: Path, studio: Studio, model: Any) -> None:
    """Run the file as a program, call its `on_frame` for each frame; what it has begun in threads is waited for."""
    from trivium.vision.functions import seeing

    warnings.simplefilter("ignore", SyntaxWarning)  # `is not 0` and its like: the sample's, not its user's
    tree = ast.parse(source_of(path), str(path))
    code = compile(ast.fix_missing_locations(WithoutDisplay().visit(tree)), str(path), "exec")
    names: dict[str, Any] = {"__name__": path.stem, "__file__": str(path), "__builtins__": __builtins__}
    exec(code, names)
    on_frame = expected(names.get(ENTRY))
    while callable(on_frame):
        event, view = studio.look()
        frame = seeing.picture_of(view)
        value = on_frame(frame, seeing.told(event, event) if event is not None else seeing.seen(model, frame))
        if value is not None:
            studio.say("return", text=repr(value)[:TEXT])
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()


def expected(on_frame: Any) -> Any:
    """`on_frame`; refused with its line where it takes something else than a frame and what is seen."""
    if callable(on_frame):
        try:
            inspect.signature(on_frame).bind(None, None)
        except TypeError:
            error = TypeError(f"{ENTRY} is called with a frame and what the model sees: def {ENTRY}(frame, seen)")
            error.lineno = getattr(getattr(on_frame, "__code__", None), "co_firstlineno", None)  # type: ignore[attr-defined]
            raise error from None
    return on_frame


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
    elif isinstance(error, SyntaxError):
        text = f"{type(error).__name__}: {error.msg}"
    elif type(error).__name__ == "NoPicture":
        text = str(error)
    else:
        text = f"{type(error).__name__}: {error}"
    file = place.filename if place else getattr(error, "filename", None) if isinstance(error, SyntaxError) else None
    return {"error": text[:1000], "line": line, "file": Path(file).name if file else None}


if __name__ == "__main__":
    exit_code = main(Path(sys.argv[1]))
    exit_now(exit_code)
