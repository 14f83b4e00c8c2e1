"""Calling addresses that people name, of webhooks, cameras and brokers, without becoming a way into a network.

The name is looked up once, every answer is judged, and the connection goes to the address that was judged, so a name
that changes in between leads nowhere. Redirects are not followed. Webhooks to this machine and the local network need
the rule's own `allow_private`; cameras and brokers live there. Those where clouds keep their secrets, and link-local
ones, are never called.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import json
import socket
import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit, urlunsplit

import trivium
from trivium.errors import BadConfig, StudioError

TIMEOUT_S = 10.0
ANSWER_BYTES = 64_000
NEVER = tuple(ipaddress.ip_network(each) for each in (
    "169.254.0.0/16", "fe80::/10", "fd00:ec2::/32", "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32",
    "0.0.0.0/8", "224.0.0.0/4", "ff00::/8", "240.0.0.0/4"))
PRIVATE = tuple(ipaddress.ip_network(each) for each in (
    "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"))
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Forbidden(BadConfig):
    """An address that may not be called."""

    code = "address_forbidden"


class NotDelivered(StudioError):
    """The other side did not take it; `again` says whether a later try may do."""

    code = "not_delivered"

    def __init__(self, message: str, hint: str = "", again: bool = True) -> None:
        super().__init__(message, hint)
        self.again = again


@dataclass(frozen=True)
class Target:
    """An address that may be called, looked up."""

    url: SplitResult
    ip: str
    port: int


def target(url: str, allow_private: bool) -> Target:
    """Where `url` leads, refused where it may not lead."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Forbidden("This is no web address.", "It looks like https://example.org/hook.") from None
    if parts.scheme not in ("http", "https") or not host or parts.username is not None:
        raise Forbidden("This is no web address that can be called.",
                        "Use http:// or https://, without a name and password in it.")
    if any(ord(each) <= 32 or ord(each) == 127 for each in url):
        raise Forbidden("This web address holds spaces or control characters.", "Remove them.")
    port = port or (443 if parts.scheme == "https" else 80)
    return Target(parts, looked_up(host, port, allow_private), port)


def looked_up(host: str, port: int | None, allow_private: bool, flags: int = 0) -> str:
    """The address that a name leads to; refused where one of its answers may not be called, or there is none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    except (OSError, UnicodeError):
        raise NotDelivered(f"There is no machine called {host}.", "Check the address and the network.") from None
    addresses = [str(each[4][0]) for each in found]
    for address in addresses:
        judge(ipaddress.ip_address(address.partition("%")[0]), allow_private)
    return addresses[0]


def judge_written(host: str) -> None:
    """Forbidden where `host` is an address, in whatever spelling, that is never called. Looks no name up."""
    with contextlib.suppress(NotDelivered):  # a name
        looked_up(host, None, True, socket.AI_NUMERICHOST)


def pinned(url: str) -> str:
    """The address of a camera with the machine that it leads to in place of the name."""
    parts = urlsplit(url)
    ip = looked_up(str(parts.hostname), parts.port, True)
    user, sign, _ = parts.netloc.rpartition("@")
    place = (f"[{ip}]" if ":" in ip else ip) + (f":{parts.port}" if parts.port else "")
    return urlunsplit(parts._replace(netloc=f"{user}{sign}{place}"))


def judge(address: Address, allow_private: bool) -> None:
    """Forbidden for an address that may not be called."""
    address = unwrapped(address)
    if any(address in network for network in NEVER if network.version == address.version):
        raise Forbidden(f"{address} is never called: clouds keep their secrets there.", "Choose another address.")
    private = any(address in network for network in PRIVATE if network.version == address.version)
    if private and not allow_private:
        raise Forbidden(f"{address} is this machine or one of the local network.",
                        "If that is what you want, set allow_private in the rule.")
    if not private and not address.is_global:
        raise Forbidden(f"{address} is no address of the internet.", "Choose another address.")


def unwrapped(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one, where there is one: mapped, 6to4 or NAT64."""
    if isinstance(address, ipaddress.IPv6Address):
        inside = address.ipv4_mapped or address.sixtofour
        if inside is None and address in ipaddress.ip_network("64:ff9b::/96"):
            inside = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        return inside or address
    return address


def post(url: str, body: dict[str, Any], key: str, allow_private: bool = False) -> int:
    """POST `body` as JSON; the status where it was taken, NotDelivered where not. `key` tells a repetition."""
    to = target(url, allow_private)
    data = json.dumps(body, ensure_ascii=False).encode()
    connection: http.client.HTTPConnection | None = None
    path = (to.url.path or "/") + (f"?{to.url.query}" if to.url.query else "")
    try:
        connection = _connection(to)
        connection.request("POST", path.encode("ascii", "backslashreplace").decode(), data, {
            "Host": to.url.netloc, "Content-Type": "application/json", "Idempotency-Key": key,
            "User-Agent": f"trivium/{trivium.__version__}", "Connection": "close"})
        answer = connection.getresponse()
        answer.read(ANSWER_BYTES)
    except (OSError, http.client.HTTPException) as error:
        raise NotDelivered(f"{to.url.hostname} did not answer ({type(error).__name__}).") from None
    finally:
        if connection is not None:
            connection.close()
    if 200 <= answer.status < 300:
        return answer.status
    again = answer.status in (408, 425, 429) or answer.status >= 500
    raise NotDelivered(f"{to.url.hostname} answered {answer.status}.", "" if again else "Check the address.", again)


def _connection(to: Target) -> http.client.HTTPConnection:
    """To the address that was judged; the certificate is still that of the name."""
    sock = socket.create_connection((to.ip, to.port), TIMEOUT_S) if to.url.scheme == "http" else None
    if sock is None:
        context = ssl.create_default_context()
        sock = context.wrap_socket(socket.create_connection((to.ip, to.port), TIMEOUT_S),
                                   server_hostname=to.url.hostname)
    connection = http.client.HTTPConnection(str(to.url.hostname), to.port, timeout=TIMEOUT_S)
    connection.sock = sock
    return connection
