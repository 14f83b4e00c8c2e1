"""The library of inference functions as plain functions, for notebooks and scripts."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from trivium.core import files
from trivium.settings import data_folder
from trivium.vision.functions import library

CODE_SUFFIX = ".py"


def functions(name: str | None = None, version: str | int | None = None,
              data: Path | str | None = None) -> list[dict[str, Any]] | dict[str, Any]:
    """Our examples and the functions that are kept; with a name that one, its code and its versions."""
    if name is None:
        return [asdict(each) for each in library.list_functions(data_folder(data))]
    return asdict(library.load_function(data_folder(data), name, None if version is None else str(version)))


def save_function(name: str, code: str | Path, note: str = "", data: Path | str | None = None, *,
                  seen: str | None = None) -> dict[str, Any]:
    """Keep a function under a name; `code` is its text, or a .py file. A save that changes it adds a version.

    With `seen`, the version that was changed: refused where somebody else has saved another one since.
    """
    text = files.read_file(Path(code)).decode("utf-8-sig", "replace") if _is_file(code) else str(code)
    return asdict(library.save_function(data_folder(data), name, text, note, seen))


def restore_function(name: str, version: str | int, data: Path | str | None = None) -> dict[str, Any]:
    """Let an earlier version, by its number or the beginning of its sha256, be the newest again."""
    return asdict(library.restore_function(data_folder(data), name, str(version)))


def delete_function(name: str, data: Path | str | None = None) -> None:
    """Delete a kept function with all its versions."""
    library.delete_function(data_folder(data), name)


def _is_file(code: str | Path) -> bool:
    return isinstance(code, Path) or ("\n" not in code and code.endswith(CODE_SUFFIX))
