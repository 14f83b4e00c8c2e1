"""``create_app(settings, studios)``: the whole server from explicit lists, without globals.

Middleware from the outside in: the rest of a body that is refused, response headers, the gate (host, sign-in,
origin), the net for what nobody foresaw, the check of bodies. Then the routes: health, system, runs, events, live
view, each studio's own, and the pages last.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import logging.handlers
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.middleware import Middleware

from trivium import __version__
from trivium.core.blobs import BlobStore
from trivium.core.db import Database
from trivium.core.index import RunIndex
from trivium.core.spares import Spares
from trivium.core.studio import Studio, resolve
from trivium.server import events, live, problems, runs, system
from trivium.server.drain import Drain
from trivium.server.gate import BodyCheck, Gate, SecurityHeaders
from trivium.server.hub import EventHub
from trivium.server.pages import STATIC, pages_route
from trivium.server.problems import MEDIA_TYPE, CatchAll, Problem
from trivium.server.signin import Access
from trivium.server.tailer import Tailer
from trivium.settings import Settings

ROUTERS = (system.router, runs.router, events.router, live.router)
LOGGERS = ("trivium.server", "uvicorn")
LOG_BYTES, LOG_FILES = 2_000_000, 3


def create_app(
    settings: Settings, studios: Iterable[Studio], static: Path = STATIC, spares: Spares | None = None
) -> FastAPI:
    """The server over one data folder. The database is opened and migrated here; the tailer runs with
    the app. Without `spares` every run starts afresh.
    """
    studios = tuple(studios)
    db = Database.in_folder(settings.data)
    db.migrate()
    access = Access(db, settings.port)
    routers = (*ROUTERS, *(resolve(studio.api) for studio in studios if studio.api))
    theirs = [route for router in routers for route in router.routes]  # by name, which the app's own list has not
    app: FastAPI = FastAPI(
        title="Trivium",
        version=__version__,
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=_operation_id,
        responses=_problem_responses(),
        middleware=[
            Middleware(Drain),
            Middleware(SecurityHeaders),
            Middleware(Gate, access=access, routes=lambda: [*theirs, *app.routes]),
            Middleware(CatchAll),
            Middleware(BodyCheck, routes=theirs),
        ],
    )
    hub = EventHub(db)
    app.state.settings, app.state.studios, app.state.db, app.state.access = settings, studios, db, access
    app.state.hub, app.state.blobs = hub, BlobStore(settings.data / "blobs")
    app.state.index = RunIndex(db, settings.runs, spares=spares)
    app.state.tailer = Tailer(app.state.index, hub)
    problems.install(app)
    app.add_api_route("/healthz", system.healthz, tags=["system"])
    for router in routers:
        app.include_router(router)
    app.router.routes.append(pages_route(static))
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    handler = _log_to(app.state.settings.data / "logs")
    app.state.blobs.clear_staging()
    watching = asyncio.create_task(app.state.tailer.run(), name="tailer")
    try:
        yield
    finally:
        app.state.hub.close()
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
        app.state.index.spares.close()
        app.state.db.close()
        for name in LOGGERS:
            logging.getLogger(name).removeHandler(handler)
        handler.close()


def _log_to(folder: Path) -> logging.Handler:
    folder.mkdir(parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(
        folder / "server.log", maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8", errors="replace"
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    for name in LOGGERS:
        logger = logging.getLogger(name)
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = False  # the terminal shows sentences, the traces are in the file
    return handler


def _operation_id(route: APIRoute) -> str:
    return route.name


def _problem_responses() -> dict[int | str, dict[str, Any]]:
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        "default": {"description": "What went wrong, and a hint.", "content": content},
        422: {"description": "Values that don't fit.", "content": content},
    }


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The schema, with our errors in the place of FastAPI's own."""
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, routes=app.routes)
        schemas = schema["components"]["schemas"]
        stream = schema["paths"]["/api/v1/events"]["get"]["responses"]["200"]["content"]["text/event-stream"]
        stream["schema"].pop("type", None)  # FastAPI calls every text a string; ours has models
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(problem.pop("$defs", {}))
        schemas["Problem"] = problem
        schema["components"]["schemas"] = dict(sorted(schemas.items()))
        app.openapi_schema = schema
    return app.openapi_schema
