"""Addresses of cameras and brokers as they are shown: what is secret in them is hidden, and stays when they come back.

A page shows `rtsp://me:***@camera/stream`, its owner changes the path, and what is saved has the password again. Only
for the same machine and name, or the stars would be a way to send a password somewhere else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import unquote

from trivium.errors import BadConfig

STARS = "***"
ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)(?:([^:/?#@]*)(?::([^/?#]*))?@)?([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?")
SECRET = re.compile(r"pass|pwd|token|key|auth|secret|sig|session|credential", re.IGNORECASE)


@dataclass(frozen=True)
class Parts:
    """An address in pieces, each as it was written."""

    scheme: str
    user: str | None
    password: str | None
    host: str
    path: str
    query: str | None
    fragment: str | None

    def joined(self) -> str:
        named = "" if self.user is None else self.user + ("" if self.password is None else f":{self.password}") + "@"
        return f"{self.scheme}{named}{self.host}{self.path}{self.query or ''}{self.fragment or ''}"


def parts_of(address: str) -> Parts | None:
    """None where it is no address, such as a file or `usb:0`."""
    found = ADDRESS.fullmatch(address)
    return Parts(*found.groups()) if found else None


def masked(address: str) -> str:
    """The address as everybody may see it."""
    parts = parts_of(address)
    if parts is None:
        return address
    return replace(parts, password=STARS if parts.password else parts.password,
                   query=parts.query and "?" + "&".join(_hidden(each) for each in parts.query[1:].split("&"))).joined()


def _hidden(pair: str) -> str:
    name, sign, value = pair.partition("=")
    return f"{name}{sign}{STARS}" if value and SECRET.search(unquote(name)) else pair


def restored(address: str, before: str) -> str:
    """An address that came back, with what was hidden in it; BadConfig where that is not known."""
    new, old = parts_of(address), parts_of(before)
    if new is None or STARS not in (new.password, *(_value(each) for each in (new.query or "")[1:].split("&"))):
        return address
    if old is None or (new.scheme, new.user, new.host) != (old.scheme, old.user, old.host):
        raise BadConfig("The password behind the stars belongs to another address.", "Type it in full.")
    known = {each.partition("=")[0]: each for each in (old.query or "")[1:].split("&")}
    pairs = [known.get(each.partition("=")[0], each) if _value(each) == STARS else each
             for each in (new.query or "")[1:].split("&")]
    made = replace(new, password=old.password if new.password == STARS else new.password,
                   query=new.query and "?" + "&".join(pairs))
    if (made.password is None and new.password == STARS) or STARS in map(_value, pairs):
        raise BadConfig("What is behind the stars is not known.", "Type it in full.")
    return made.joined()


def _value(pair: str) -> str:
    return pair.partition("=")[2]
