"""runner.log stays small, whatever is printed."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from pathlib import Path

CAP_BYTES = 8 << 20


class CappedStream(io.TextIOBase):
    """Writes text to a file descriptor until the cap is reached, then throws it away."""

    encoding = "utf-8"

    def __init__(self, fd: int, cap_bytes: int = CAP_BYTES // 2) -> None:
        self._fd = fd
        self._left = cap_bytes

    def write(self, text: str) -> int:
        """Print; a full disk is no reason to fail."""
        if self._left > 0:
            data = text[:self._left].encode("utf-8", "backslashreplace")[:self._left]
            self._left -= len(data)
            if self._left <= 0:
                data += b"\n(the rest of what was printed is left out)\n"
            with contextlib.suppress(OSError):
                os.write(self._fd, data)
        return len(text)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._fd


def cap_prints() -> None:
    """Cap what this process prints by Python's own means."""
    sys.stdout = CappedStream(1)
    sys.stderr = CappedStream(2)


def trim(path: Path) -> None:
    """Cut the file when something wrote to it past Python."""
    with contextlib.suppress(OSError):
        if path.stat().st_size > CAP_BYTES:
            with path.open("r+b") as file:
                file.truncate(CAP_BYTES)
