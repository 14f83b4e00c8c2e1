"""The socket on which the studio and its broker are reached."""

from __future__ import annotations

import asyncio
import socket

import pytest

from trivium.core.listening import listening


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_what_is_written_is_sent_at_once(host: str) -> None:
    """Without TCP_NODELAY the second part of an answer waits for the other side's acknowledgement of the first."""
    async def without_delay() -> bool:
        found: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

        async def take(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            taken = writer.get_extra_info("socket")
            found.set_result(bool(taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)))
            writer.close()

        listener = listening(host, 0)
        async with await asyncio.start_server(take, sock=listener):
            _, writer = await asyncio.open_connection(host, listener.getsockname()[1])
            writer.close()
            return await asyncio.wait_for(found, 10)

    try:
        assert asyncio.run(without_delay())
    except OSError as error:  # a machine without IPv6
        pytest.skip(f"{host} is not here: {error}")
