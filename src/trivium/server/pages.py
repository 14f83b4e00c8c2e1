"""The pages: files of ``static/``, and ``index.html`` for every other address that isn't the API's.

Files under ``assets/`` carry a hash in their name and are kept by the browser for good; the index never is,
so a new version of the studio shows at the next visit.
"""

from __future__ import annotations

import mimetypes
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from trivium.server.problems import problem

STATIC = Path(__file__).parent.parent / "static"
RESERVED = ("api/", "openapi.json", "healthz")
FOREVER = "public, max-age=31536000, immutable"

NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Trivium</title>
<meta name="viewport" content="width=device-width">
<h1>Trivium is running, but its pages are not built</h1>
<p>In the folder of the source code, run <code>make web</code>, then reload this page.</p></html>"""


def pages_route(static: Path = STATIC) -> Route:
    """The last route: whatever no other one took."""
    root = static.resolve()

    async def pages(request: Request) -> Response:
        name = request.path_params["path"]
        if name.startswith(RESERVED) or name == "api":
            return problem(404)
        if (file := _file(root, name)) is not None:
            media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            is_hashed = file.relative_to(root).parts[0] == "assets"
            return FileResponse(
                file, media_type=media_type, headers={"Cache-Control": FOREVER if is_hashed else "no-cache"}
            )
        if "." in name.rsplit("/", 1)[-1]:
            return problem(404)
        index = root / "index.html"
        if not index.is_file():
            return HTMLResponse(NOT_BUILT, 503 if name else 200, {"Cache-Control": "no-store"})
        return FileResponse(index, media_type="text/html", headers={"Cache-Control": "no-cache"})

    return Route("/{path:path}", pages, methods=["GET"], name="pages", include_in_schema=False)


def _file(root: Path, name: str) -> Path | None:
    if not name or "\0" in name or "\\" in name or name == "index.html":
        return None
    try:
        found = (root / name).resolve()
        inside = found.is_relative_to(root) and found.is_file()
    except (OSError, ValueError):
        return None
    return found if inside else None
