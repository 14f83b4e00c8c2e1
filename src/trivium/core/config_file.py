"""Read the files that a command line names: settings as TOML or JSON, and anything else, with plain refusals."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from trivium.core.files import read_file
from trivium.errors import BadFile


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file."""
    try:
        values = json.loads(read_file(path))
    except ValueError as error:
        raise BadFile(f"{path} is not JSON: {error}.", "Mend the file.") from None
    if not isinstance(values, dict):
        raise BadFile(f"{path} holds no JSON object.", "It should begin with { and end with }.")
    return values


def read_config(path: Path | None) -> dict[str, Any]:
    """A config file, TOML or JSON by its ending."""
    if path is None:
        return {}
    if path.suffix.lower() == ".json":
        return read_json(path)
    try:
        return tomllib.loads(read_file(path).decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadFile(f"{path} is not TOML: {error}.", "Mend the file.") from None
