"""Writes web/openapi.json, from which the web's types are generated.

python -m trivium.server.openapi            write it
python -m trivium.server.openapi --check    exit 1 where it is not up to date
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from trivium.catalog import STUDIOS
from trivium.server.app import create_app
from trivium.settings import Settings

TARGET = Path(__file__).parents[3] / "web" / "openapi.json"


def text() -> str:
    """The schema of the whole API, the same on every machine."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(data=Path(folder)), STUDIOS)
        try:
            return json.dumps(app.openapi(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        finally:
            app.state.db.close()


def main(arguments: list[str]) -> int:
    wanted = text()
    if "--check" in arguments:
        if TARGET.is_file() and TARGET.read_text(encoding="utf-8") == wanted:
            return 0
        print(f"{TARGET} is not up to date. Write it with: python -m trivium.server.openapi", file=sys.stderr)
        return 1
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
