"""The agent's line to the studio: HTTP with its credential, each failure one of three kinds.

Away: the network or the studio is gone, try again. Refused: the credential no longer counts. Anything else is told.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import trivium
from trivium.errors import BadConfig, StudioError

TIMEOUT_S = 10.0
ANSWER_BYTES, BUNDLE_BYTES = 10_000_000, 400_000_000
ROOT = "/api/v1/vision/device"
NO_TRIVIUM = ("What answers there is no Trivium.", "Check the address.")


class Away(StudioError):
    """The studio does not answer now."""

    code = "away"


class Refused(StudioError):
    """The studio does not know this device, or no longer."""

    code = "refused"


@dataclass(frozen=True)
class Wishes:
    """What a studio wants to run here, and the mark of that; an older studio has no marks, and answers at once."""

    projects: list[dict[str, Any]]
    mark: str = ""


class Client:
    """Requests to one studio. Safe to use from several threads."""

    def __init__(self, url: str, credential: str = "") -> None:
        try:
            parts = urlsplit(url if "://" in url else f"http://{url}")
            self.host, self.port, self.secure = parts.hostname or "", parts.port, parts.scheme == "https"
        except ValueError:
            parts, self.host = urlsplit(""), ""
        if parts.scheme not in ("http", "https") or not self.host:
            raise BadConfig(f"{url[:100]} is no address of a studio.", "It looks like http://127.0.0.1:8470.")
        self.waiting: http.client.HTTPConnection | None = None
        self.url, self.credential = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", credential

    def ask(self, method: str, path: str, body: Any = None, wait_s: float = 0.0) -> Any:
        """The JSON answer."""
        data = self._send(method, path, body, ANSWER_BYTES, wait_s)
        try:
            return json.loads(data)
        except ValueError:
            raise StudioError(*NO_TRIVIUM) from None

    def join(self, code: str, name: str) -> dict[str, Any]:
        """Join with a code: {"id", "name", "credential"}."""
        found = self.ask("POST", f"{ROOT}/join", {"code": code, "name": name})
        return {name: str(_in(found, name)) for name in ("id", "name", "credential")}

    def desired(self, known: str = "", wait_s: float = 0.0) -> Wishes:
        """What to run. While that is what goes by the mark `known`, the studio answers only after `wait_s` seconds."""
        asked = f"?{urlencode({'known': known, 'wait_s': wait_s})}" if known and wait_s else ""
        answer = self.ask("GET", f"{ROOT}/desired{asked}", wait_s=wait_s if asked else 0.0)
        found, mark = _in(answer, "projects"), answer.get("mark")
        if not isinstance(found, list):
            raise StudioError(*NO_TRIVIUM)
        rows = [{name: _in(each, name) for name in ("project", "version", "sha256", "setup")} |
                {"previous": each.get("previous") or []} for each in found]
        return Wishes(rows, mark if isinstance(mark, str) else "")

    def hang_up(self) -> None:
        """End the request that waits for an answer, if there is one."""
        waiting = self.waiting
        if waiting is not None and waiting.sock is not None:
            with contextlib.suppress(OSError):
                waiting.sock.shutdown(socket.SHUT_RDWR)

    def bundle(self, sha256: str) -> bytes:
        """A bundle's bytes."""
        return self._send("GET", f"{ROOT}/bundles/{quote(sha256)}", None, BUNDLE_BYTES)

    def deliver(self, delivery: dict[str, Any]) -> int:
        """The number up to which the studio has everything."""
        found = _in(self.ask("POST", f"{ROOT}/messages", delivery), "acknowledged")
        if not isinstance(found, int):
            raise StudioError(*NO_TRIVIUM)
        return found

    def _send(self, method: str, path: str, body: Any, most: int, wait_s: float = 0.0) -> bytes:
        kind = http.client.HTTPSConnection if self.secure else http.client.HTTPConnection
        more: dict[str, Any] = {"context": ssl.create_default_context()} if self.secure else {}
        connection = kind(self.host, self.port, timeout=TIMEOUT_S + wait_s, **more)
        headers = {"User-Agent": f"trivium-agent/{trivium.__version__}", "Content-Type": "application/json"}
        if self.credential:
            headers["Authorization"] = f"Bearer {self.credential}"
        try:
            said = None if body is None else json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
            if wait_s:
                self.waiting = connection
            connection.request(method, path, said, headers)
            answer = connection.getresponse()
            data = answer.read(most + 1)
        except (OSError, UnicodeError, http.client.HTTPException) as error:
            raise Away(f"The studio at {self.url} does not answer ({type(error).__name__}).",
                       "Is it running, and is the network there?") from None
        finally:
            if self.waiting is connection:
                self.waiting = None
            connection.close()
        if answer.status == 401:
            raise Refused(*_said(data, "The studio does not know this device."))
        if answer.status in (408, 429) or answer.status >= 500:
            raise Away(*_said(data, f"The studio answered {answer.status}."))
        if not 200 <= answer.status < 300:
            raise StudioError(*_said(data, f"The studio answered {answer.status}."))
        if len(data) > most:
            raise StudioError("The studio's answer is too long.", "Check the address.")
        return data


def _in(answer: Any, name: str) -> Any:
    """A field of an answer; something else may answer under the studio's address, such as a hotel's sign-in page."""
    if not isinstance(answer, dict) or name not in answer:
        raise StudioError(*NO_TRIVIUM)
    return answer[name]


def _said(data: bytes, otherwise: str) -> tuple[str, str]:
    """Message and hint of a problem+json answer."""
    try:
        found = json.loads(data)
        return str(found.get("message") or found.get("detail") or found.get("title") or otherwise)[:300], str(
            found.get("hint") or "")[:300]
    except (ValueError, AttributeError):
        return otherwise, ""
