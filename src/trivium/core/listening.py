"""A listening TCP socket, bound before its server starts, so that a port that is taken is told at once."""

from __future__ import annotations

import socket
import sys

BACKLOG = 128  # connections that wait to be taken


def listening(host: str, port: int) -> socket.socket:
    """The socket; port 0 takes any free one. Raises OSError where the address or the port can't be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named, since asyncio switches Nagle's algorithm off only then; with it, answers come 40 ms late.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":  # there it would let two programs share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener
