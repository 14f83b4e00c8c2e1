"""Every error as ``application/problem+json`` (RFC 9457): what happened, and one hint what to do.

A ``StudioError`` carries its own words. Refused values name the field, and an unknown key the nearest right
one. What nobody foresaw is written to the server's log and told as one sentence, never as a trace.
"""

from __future__ import annotations

import difflib
import logging
import types
from collections.abc import Sequence
from typing import Any, Union, get_args, get_origin

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, Field
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trivium.core.files import is_disk_full
from trivium.core.refusals import plain_message
from trivium.errors import DiskFull, StudioError

MEDIA_TYPE = "application/problem+json"
log = logging.getLogger("trivium.server")

TITLES = {
    400: ("This request can't be read.", "Send valid JSON."),
    401: (
        "You are not signed in.",
        "Open the address that the studio printed in the terminal; it ends in ?token=...",
    ),
    403: ("This is not allowed from here.", "Use the studio's own pages, at the address it printed."),
    404: ("There is nothing at this address.", "Check the address, or go back to the first page."),
    405: (
        "This address does not take this kind of request.",
        "See /openapi.json for what each address takes.",
    ),
    409: ("This doesn't fit the present state.", "Reload the page and try again."),
    413: ("What was sent is too large.", "Send something smaller."),
    415: (
        "This kind of content isn't taken here.",
        "Send JSON, with the header Content-Type: application/json.",
    ),
    422: ("Some values don't fit.", "Correct the named fields and send again."),
    500: (
        "Something went wrong inside the studio.",
        "Try again. If it happens again, look into logs/server.log in the data folder.",
    ),
    503: ("The studio is busy.", "Wait a few seconds and try again."),
    507: ("There is no room left.", "Free some space and try again."),
}


class FieldProblem(BaseModel):
    field: str = Field(description="The path of the value, such as config.lr.")
    message: str


class Problem(BaseModel):
    """What went wrong (RFC 9457), with a hint what to do about it."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    hint: str
    code: str = Field(description="A short name for programs.")
    errors: list[FieldProblem] | None = None


def problem(
    status: int,
    detail: str | None = None,
    hint: str | None = None,
    code: str | None = None,
    errors: list[FieldProblem] | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    title, usual_hint = TITLES.get(status, ("This did not work.", "Try again."))
    body = Problem(
        title=title,
        status=status,
        detail=detail or title,
        hint=hint or usual_hint,
        code=code or f"http_{status}",
        errors=errors,
    )
    return JSONResponse(body.model_dump(exclude_none=True), status, headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    app.add_exception_handler(StudioError, _studio_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(OperationalError, _database_busy)
    app.add_exception_handler(OSError, _system_error)


def studio_problem(error: StudioError) -> JSONResponse:
    status = error.status if 400 <= error.status < 600 else 500
    return problem(status, error.message, error.hint or None, error.code or None)


async def _studio_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, StudioError)
    return studio_problem(error)


async def _http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(allowed_methods(request))
    return problem(error.status_code, headers=headers)


def allowed_methods(request: Request) -> list[str]:
    """What an address takes, over all routes that share it; the first route alone would name only its own."""
    found = {
        method
        for context in iter_route_contexts(request.app.routes)
        if (path := getattr(context, "path_regex", None))
        and path.match(request.scope["path"])
        and getattr(context, "name", None) != "pages"
        for method in getattr(context, "methods", None) or ()
    }
    return sorted(found or {"GET", "HEAD"})


async def _database_busy(_request: Request, error: Exception) -> JSONResponse:
    log.error("database: %s", error)
    if "disk is full" in str(error):  # SQLite gives it no type of its own
        return studio_problem(DiskFull())
    return problem(
        503,
        "The studio's database did not answer.",
        code="database_busy",
        hint="Wait a few seconds and try again. If it stays so, check that the disk is not full.",
        headers={"Retry-After": "2"},
    )


async def _system_error(_request: Request, error: Exception) -> JSONResponse:
    if is_disk_full(error):
        return studio_problem(DiskFull())
    raise error


async def _validation_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    model = _body_model(request)
    errors = [_field_problem(e, model) for e in error.errors()]
    first = errors[0] if errors else FieldProblem(field="", message="doesn't fit")
    detail = f"{first.field}: {first.message}" if first.field else first.message
    return problem(422, detail, code="invalid_values", errors=errors)


def _field_problem(error: dict[str, Any], model: Any) -> FieldProblem:
    loc = [
        part for i, part in enumerate(error["loc"]) if i or part not in ("body", "query", "path", "header")
    ]
    field = ".".join(str(part) for part in loc)
    kind, message = error["type"], plain_message(error)
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(loc[-1]), _known_keys(model, loc[:-1]), n=1, cutoff=0.5)
        message = f"there is no setting called '{loc[-1]}'" + (f"; did you mean '{near[0]}'?" if near else "")
    elif kind == "json_invalid":
        field, message = "", "this is not valid JSON"
    return FieldProblem(field=printable(field), message=printable(message))


def printable(text: str) -> str:
    """Text that can be sent as UTF-8, whatever a client wrote into it."""
    return text.encode("utf-8", "replace").decode("utf-8")[:500]


def _body_model(request: Request) -> Any:
    field = getattr(request.scope.get("route"), "body_field", None)
    return getattr(getattr(field, "field_info", None), "annotation", None)


def _known_keys(model: Any, loc: Sequence[Any]) -> list[str]:
    """The field names of the model that a path of keys leads to."""
    for part in loc:
        models = [m for m in _models_in(model) if part in m.model_fields]
        if models:
            model = models[0].model_fields[part].annotation
        elif isinstance(part, int):
            model = next(iter(get_args(model)), None)
    return [name for m in _models_in(model) for name in m.model_fields]


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in (Union, types.UnionType, list):
        return [m for a in get_args(annotation) for m in _models_in(a)]
    return []


class CatchAll:
    """The outermost net: logs what nobody foresaw and answers with one sentence."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception:
            log.exception("%s %s", scope["method"], scope["path"])
            if not started:
                await problem(500, code="internal")(scope, receive, send)
