"""A real studio on a free port, for benchmarks that need the server."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from types import TracebackType
from typing import Any

URL = re.compile(r"(http://[^/\s]+)/\?token=(\S+)")


class Studio:
    """`trivium up` in a process of its own; use it in a `with`."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.started_s = 0.0

    def __enter__(self) -> Studio:
        begin = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "trivium", "up", "--no-browser", "--port", "0", "--data", str(self.data)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert self.process.stdout is not None
        found = None
        for row in self.process.stdout:
            found = URL.search(row)
            if found:
                break
        if not found:
            raise RuntimeError("the studio did not start")
        self.url, self.token = found.groups()
        jar = CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        self.opener.open(f"{self.url}/?token={self.token}").read()
        self.started_s = time.perf_counter() - begin
        self.cookie = "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)

    def get(self, path: str) -> Any:
        return json.load(self.opener.open(self.url + path))

    def post(self, path: str, body: dict[str, Any]) -> Any:
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), method="POST",
                                         headers={"Content-Type": "application/json", "Origin": self.url})
        return json.load(self.opener.open(request))

    def default_reward(self) -> str:
        """The code of the first example."""
        return str(self.get("/api/v1/racing/rewards")[0]["code"])
