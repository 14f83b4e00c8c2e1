"""Whoever sends too much reads why: the body is taken to its end, or to a bound, before the answer goes out."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message, Scope

from tests.server.conftest import ServerProcess
from trivium.server import drain
from trivium.server.drain import Drain

PIECE = bytes(1000)
HEADERS = [(b"content-length", b"1000000")]


class Sender:
    """Sends a body piece by piece, and notes how much had been taken when the answer began."""

    def __init__(self, pieces: int) -> None:
        self.left, self.taken, self.taken_at_answer = pieces, 0, -1

    async def receive(self) -> Message:
        if self.left == 0:
            await asyncio.Event().wait()  # it has sent all, and waits
        self.left, self.taken = self.left - 1, self.taken + 1
        return {"type": "http.request", "body": PIECE, "more_body": self.left > 0}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.taken_at_answer = self.taken


def asked(pieces: int, headers: list[tuple[bytes, bytes]]) -> Sender:
    """What a sender meets whom nobody listens to."""
    sender = Sender(pieces)
    scope: Scope = {"type": "http", "headers": headers, "method": "POST", "path": "/"}
    asyncio.run(Drain(PlainTextResponse("no", 413))(scope, sender.receive, sender.send))
    return sender


def test_a_refused_body_is_read_to_its_end_before_the_answer() -> None:
    assert asked(50, HEADERS).taken_at_answer == 50
    assert asked(50, [(b"transfer-encoding", b"chunked")]).taken_at_answer == 50


def test_but_not_beyond_a_bound_and_not_where_nothing_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drain, "DRAINED_BYTES", 20_000)
    assert asked(50, HEADERS).taken_at_answer == 20
    assert asked(50, [*HEADERS, (b"expect", b"100-continue")]).taken_at_answer == 0
    assert asked(50, []).taken_at_answer == 0


def test_one_who_stops_in_the_middle_is_answered_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drain, "DRAINED_S", 0.05)
    sender = Sender(0)
    scope: Scope = {"type": "http", "headers": HEADERS, "method": "POST", "path": "/"}
    asyncio.run(Drain(PlainTextResponse("no", 413))(scope, sender.receive, sender.send))
    assert sender.taken_at_answer == 0


@pytest.fixture
def address(server: ServerProcess) -> Iterator[str]:
    with server.start():
        yield server.base


def test_urllib_sees_the_refusal_and_not_a_reset(address: str) -> None:
    """It asks for the connection to be closed, sends all, and only then reads."""
    request = urllib.request.Request(f"{address}/api/v1/music/files:look", bytes(50_000_000), method="POST",
                                     headers={"Content-Type": "application/octet-stream"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=60)
    with refused.value:
        assert refused.value.code == 401  # it has not even signed in
        assert b"not signed in" in refused.value.read()
