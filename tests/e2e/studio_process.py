"""The real studio as a person starts it: `trivium up`, on a free port, with a data folder of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path
from typing import IO

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/\S*")
START_LIMIT_S = 60.0


class StudioProcess:
    """Start it, ask for its `address` (with the one-time token), kill it or stop it, start it again."""

    def __init__(self, data: Path, port: int) -> None:
        self.data = data
        self.port = port
        self.address = ""
        self.process: subprocess.Popen[str] | None = None
        self.reader = threading.Thread()
        self.lines: list[str] = []

    def start(self) -> StudioProcess:
        command = [sys.executable, "-m", "trivium", "up", "--no-browser", "--port", str(self.port),
                   "--data", str(self.data)]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                        env=environment, start_new_session=True)
        assert self.process.stdout is not None
        self.address = ""
        self.reader = threading.Thread(target=self._read, args=(self.process.stdout,), daemon=True)
        self.reader.start()
        self._wait_until_it_answers()
        return self

    def _read(self, output: IO[str]) -> None:
        for line in output:
            self.lines.append(line.rstrip())
            found = ADDRESS.search(line)
            if found and not self.address:
                self.address = found.group(0)

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline:
            assert self.process is not None
            if self.process.poll() is not None:
                raise AssertionError("the studio ended while starting:\n" + "\n".join(self.lines))
            if self.address:
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5).close()
                    return
                except OSError:
                    pass
            time.sleep(0.1)
        raise AssertionError("the studio did not answer in time:\n" + "\n".join(self.lines))

    def stop(self) -> None:
        """As Ctrl+C does; its runs go with it."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self._gone()

    def kill(self) -> None:
        """As a power cut does, but for the server's process alone."""
        if self.process is not None:
            self.process.kill()
            self._gone()

    def _gone(self) -> None:
        assert self.process is not None and self.process.stdout is not None
        self.process.wait(timeout=30)
        self.reader.join(timeout=10)
        self.process.stdout.close()
        self.process = None
