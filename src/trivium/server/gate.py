"""Who may come in: the checks that every request passes before any route sees it.

Deny by default: only the routes named in ``PUBLIC`` answer without a sign-in, WebSocket and event streams
included. The Host check stops a foreign name that points at this machine (DNS rebinding); the Origin check
stops a foreign page from sending changes with the visitor's cookie. Bodies are counted before anything
parses them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any, NoReturn
from urllib.parse import parse_qs, urlencode, urlsplit

from fastapi.routing import iter_route_contexts
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Match, compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trivium.server.problems import problem
from trivium.server.signin import Access

DEVICES = "/api/v1/vision/device/"  # each route below it asks for the device's own credential, or its code, itself
# A shared piece is open to whoever has its link: 192 random bits in the address stand for the sign-in, read only, until
# the piece's owner takes the link back.
PUBLIC = frozenset({"healthz", "pages", "get_shared_composition"})
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
JSON_CAP_BYTES = 1_000_000
LONG_BODY_BYTES = 200_000
FILE = "application/octet-stream"
MAX_JSON_DEPTH = 50

CONTENT_POLICY = (
    "default-src 'self'",
    # The instruments are packed with Vorbis, and what unpacks them is a small WebAssembly program inside our own
    # script. 'wasm-unsafe-eval' lets such a program start; eval and inline scripts stay forbidden.
    "script-src 'self' 'wasm-unsafe-eval'",
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    "worker-src 'self' blob:",
    "style-src 'self'",
    "style-src-attr 'unsafe-inline'",  # positions set on elements
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
)
SECURITY_HEADERS = {
    "Content-Security-Policy": "; ".join(CONTENT_POLICY),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

OLD_LINK = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Trivium</title>
<h1>This link is no longer valid</h1>
<p>Trivium prints a new address each time it starts. Look into the terminal where it runs, and open the
newest address there; it ends in <code>?token=&hellip;</code>.</p></html>"""


class SecurityHeaders:
    """Adds the headers that keep pages from loading or being loaded by anything foreign."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith("/api/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self.app(scope, receive, with_headers)


class Gate:
    """Host, sign-in and Origin, in this order."""

    def __init__(self, app: ASGIApp, access: Access, routes: Callable[[], list[BaseRoute]]) -> None:
        self.app, self.access, self.routes = app, access, routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        refusal = self.check(scope)
        if refusal is None:
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await refusal(scope, receive, send)
        else:
            await _refuse_websocket(refusal, scope, receive, send)

    def check(self, scope: Scope) -> Response | None:
        """None lets the request in; a response is sent instead of it."""
        headers = Headers(scope=scope)
        if host_name(headers.get("host", "")) not in LOOPBACK_NAMES:
            return problem(
                403,
                "This studio only answers under the name of this machine, not under a foreign one.",
                "Open it at 127.0.0.1 or localhost, with the port it printed.",
                "wrong_host",
            )
        public = is_public(self.routes(), scope)
        if public and (answer := self._sign_in_by_link(scope)) is not None:
            return answer
        if not public and not self._is_signed_in(headers):
            return problem(401, code="not_signed_in")
        unsafe = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
        if unsafe and not is_same_origin(headers):
            return problem(
                403,
                "This request came from another site's page, so it was not carried out.",
                code="wrong_origin",
            )
        return None

    def _is_signed_in(self, headers: Headers) -> bool:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self.access.knows_token(token)
        return self.access.knows_session(_cookie(headers, self.access.cookie_name))

    def _sign_in_by_link(self, scope: Scope) -> Response | None:
        """The printed address: swap its token for a cookie, and take the token out of the address bar."""
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        if scope["type"] != "http" or scope["method"] != "GET" or "token" not in query:
            return None
        if scope["path"] == "/healthz":
            return None
        if not self.access.knows_token(query.pop("token")[0]):
            return HTMLResponse(OLD_LINK, 401, {"Cache-Control": "no-store"})
        rest = urlencode(query, doseq=True)
        answer = RedirectResponse(
            "/" + scope["path"].lstrip("/\\") + (f"?{rest}" if rest else ""),
            303,
            {"Cache-Control": "no-store"},
        )
        answer.set_cookie(
            self.access.cookie_name,
            self.access.new_session(),
            max_age=self.access.lifetime_s,
            httponly=True,
            samesite="lax",
            path="/",
        )
        return answer


def is_public(routes: list[BaseRoute], scope: Scope) -> bool:
    """Whether the first route that takes this path is on the public list; an unknown path is not public."""
    if scope["path"].startswith(DEVICES) and scope["type"] == "http":
        return True
    for route in routes:
        match, _ = route.matches(scope)
        if match is not Match.NONE:
            return getattr(route, "name", None) in PUBLIC
    return False


def host_name(host: str) -> str:
    """The name without its port; IPv6 keeps its brackets."""
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    return name.lower()


def is_same_origin(headers: Headers) -> bool:
    """Browsers name the page's origin on every change; programs without a browser send none."""
    origin = headers.get("origin")
    if origin is None:
        return headers.get("sec-fetch-site", "none") in ("same-origin", "none")
    return bool(origin) and urlsplit(origin).netloc.lower() == headers.get("host", "").lower() != ""


def _cookie(headers: Headers, name: str) -> str:
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


async def _refuse_websocket(refusal: Response, scope: Scope, receive: Receive, send: Send) -> None:
    await receive()  # websocket.connect
    if "websocket.http.response" in scope.get("extensions", {}):
        await refusal(scope, receive, send)
    else:
        await send({"type": "websocket.close", "code": 4401 if refusal.status_code == 401 else 4403})


class BodyCheck:
    """Counts every body, and reads JSON strictly: no NaN, no endless nesting, no half characters.

    A route that takes a file says in its OpenAPI body how long that may be (``maxLength``), one that takes
    uncommonly long JSON says it as ``x-max-bytes``.
    """

    def __init__(self, app: ASGIApp, routes: Iterable[BaseRoute]) -> None:
        self.app = app
        routes = list(routes)
        self.file_caps, self.json_caps = caps_of(routes, file_cap), caps_of(routes, json_cap)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        is_json = "json" in headers.get("content-type", "")
        cap_bytes = cap_of(scope, self.json_caps if is_json else self.file_caps)
        declared = headers.get("content-length", "0")
        if not declared.isdecimal() or int(declared[:20]) > cap_bytes:
            await too_large(cap_bytes)(scope, receive, send)
            return
        counted = _counting(receive, cap_bytes)
        if is_json:
            try:
                body = await _read_all(counted)
            except HTTPException:
                await too_large(cap_bytes)(scope, receive, send)
                return
            if (fault := await checked(body)) is not None:
                await problem(400, fault, "Send plain JSON (RFC 8259) in UTF-8.", "bad_json")(
                    scope, receive, send
                )
                return
            counted = _replay(body, receive)
        await self.app(scope, counted, send)


@dataclass(frozen=True)
class Cap:
    """How long a body may be that goes to a route."""

    path: re.Pattern[str]
    methods: frozenset[str]
    cap_bytes: int


def caps_of(routes: list[BaseRoute], cap_of_route: Callable[[Any], int | None]) -> list[Cap]:
    """The caps that routes name themselves, those of routers within routers too."""
    return [Cap(compile_path(context.path)[0], frozenset(context.methods or ()), cap)
            for context in iter_route_contexts(routes)
            if context.path is not None and (cap := cap_of_route(context.route)) is not None]


def cap_of(scope: Scope, caps: Iterable[Cap]) -> int:
    """How long a body this request may have, by the route that it goes to."""
    found = (cap.cap_bytes for cap in caps if scope["method"] in cap.methods and cap.path.match(scope["path"]))
    return next(found, JSON_CAP_BYTES)


async def checked(body: bytes) -> str | None:
    """``json_fault``, for a long body in a thread, so that other requests are answered meanwhile."""
    return json_fault(body) if len(body) < LONG_BODY_BYTES else await run_in_threadpool(json_fault, body)


def too_large(cap_bytes: int) -> Response:
    return problem(
        413, f"What was sent is larger than the {cap_bytes // 1_000_000} MB taken here.", code="too_large"
    )


def file_cap(route: Any) -> int | None:
    """How many bytes of a file this route takes; None where it takes no file."""
    body = (getattr(route, "openapi_extra", None) or {}).get("requestBody", {})
    cap_bytes: int | None = body.get("content", {}).get(FILE, {}).get("schema", {}).get("maxLength")
    return cap_bytes


def json_cap(route: Any) -> int | None:
    """How many bytes of JSON this route takes, where that is not the usual."""
    cap_bytes: int | None = (getattr(route, "openapi_extra", None) or {}).get("x-max-bytes")
    return cap_bytes


def _counting(receive: Receive, cap_bytes: int) -> Receive:
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > cap_bytes:
            raise HTTPException(413)
        return message

    return counted


async def _read_all(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    told = False

    async def replayed() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed


def json_fault(body: bytes) -> str | None:
    """Why this is not JSON that every part of the studio can hold, or None where it is."""
    if not body:
        return None
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_no_constant, object_pairs_hook=_unique)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        return "This JSON is nested too deeply."
    except UnicodeError:
        return "This JSON holds characters that are not valid text."
    except ValueError as error:
        if "integer string conversion" in str(error):
            return "This JSON holds a number with too many digits."
        return "This is not valid JSON." if isinstance(error, json.JSONDecodeError) else str(error)
    return "This JSON is nested too deeply." if _depth(value) > MAX_JSON_DEPTH else None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("This JSON holds the same key twice.")
    return found


def _depth(value: Any) -> int:
    deepest, layer = 0, [value]
    while layer and deepest <= MAX_JSON_DEPTH:
        layer = [
            child
            for node in layer
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        deepest += 1
    return deepest
