"""Lets a sender finish before it is refused: an answer that comes while the body is still on its way is lost to many.

Programs such as Python's urllib send the whole body before they look for an answer. Where the server answers early and
closes, they see nothing but a connection that was reset. So what is left of a body is read and thrown away before the
answer goes out, up to a bound: nobody can keep the server reading for ever.
"""

from __future__ import annotations

import asyncio
import contextlib

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

DRAINED_BYTES = 200_000_000
DRAINED_S = 10.0


class Drain:
    """Reads what no route has read of a request's body, just before the answer begins."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not has_body(Headers(scope=scope)):
            await self.app(scope, receive, send)
            return
        is_over = False

        async def watched() -> Message:
            nonlocal is_over
            message = await receive()
            is_over = not message.get("more_body", False)  # a sender that has left sends no more either
            return message

        async def after_the_body(message: Message) -> None:
            if message["type"] == "http.response.start" and not is_over:
                await drain(watched)
            await send(message)

        await self.app(scope, watched, after_the_body)


def has_body(headers: Headers) -> bool:
    """Whether a body is on its way. One who asks first (Expect: 100-continue) has not begun to send."""
    is_sent = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    return is_sent and "expect" not in headers


async def drain(receive: Receive) -> None:
    """Read to the end of the body, or to the bound."""
    size, is_over = 0, False
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAINED_S):
            while not is_over and size < DRAINED_BYTES:
                message = await receive()
                size += len(message.get("body", b""))
                is_over = not message.get("more_body", False)
