"""The short-lived process in which a stranger's file is read: python -P -m trivium.music.files.reading FOLDER

Reads FOLDER/task.json and FOLDER/file, confines itself to the folder, and writes FOLDER/result.json: the report, the
composition where one was asked for, or the error in words. What a file can do at worst is end this process.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from trivium.core.confine import confine, enclose
from trivium.core.spec import Limits
from trivium.errors import StudioError

TASK, FILE, RESULT = "task.json", "file", "result.json"
MEMORY_MB = 1024
MAX_FILE_MB = 64


def main(folder: Path) -> int:
    """In the process: read the file, write what came of it; its exit code."""
    enclosed = enclose(folder, folder)
    task: dict[str, Any] = json.loads((folder / TASK).read_text(encoding="utf-8"))
    data = (folder / FILE).read_bytes()
    from trivium.music.files import formats  # everything that a reader may need, while files can be found

    formats.preload()
    confine(folder, Limits(mem_mb=MEMORY_MB, file_mb=MAX_FILE_MB), enclosed=enclosed)
    try:
        result = formats.read(data, task)
    except StudioError as error:
        result = {"error": {"message": error.message, "hint": error.hint}}
    except MemoryError:
        result = {"error": {"message": "This file needs more memory than reading a piece may take.",
                            "hint": "Export fewer tracks or bars from the program that it came from."}}
    except RecursionError:
        result = {"error": {"message": "This file is nested too deeply to be music.", "hint": "Choose another file."}}
    (folder / RESULT).write_text(json.dumps(result), encoding="utf-8")
    return 0


if __name__ == "__main__":
    code = main(Path(sys.argv[1]))
    os._exit(code)
