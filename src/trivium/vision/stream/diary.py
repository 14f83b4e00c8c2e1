"""Events on disk: events.jsonl, one event a line, in parts so that a camera that runs for months fills no disk."""

from __future__ import annotations

import os
from pathlib import Path

from trivium.core import files
from trivium.vision.events.event import Event

NAME = "events.jsonl"
PART_BYTES, KEPT_PARTS = 64_000_000, 4


class Diary:
    """Appends events to FOLDER/events.jsonl; events.1.jsonl is the part before it, and so on."""

    def __init__(self, folder: Path, part_bytes: int = PART_BYTES) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path, self.part_bytes = folder / NAME, part_bytes
        self._open()

    def _open(self) -> None:
        self.fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o644)
        self.size = os.fstat(self.fd).st_size
        if self.size and os.pread(self.fd, 1, self.size - 1) != b"\n":  # a line that was cut off is closed
            files.write_all(self.fd, b"\n")
            self.size += 1

    def write(self, event: Event) -> None:
        """Append one event, in one write."""
        data = (event.line() + "\n").encode()
        if self.size and self.size + len(data) > self.part_bytes:
            self._next_part()
        with files.disk_full_guard():
            files.write_all(self.fd, data)
        self.size += len(data)

    def _next_part(self) -> None:
        os.close(self.fd)
        for k in range(KEPT_PARTS - 1, 0, -1):
            older, newer = self.path.with_suffix(f".{k}.jsonl"), self.path.with_suffix(f".{k - 1}.jsonl")
            source = self.path if k == 1 else newer
            if source.exists():
                os.replace(source, older)
        self._open()

    def close(self) -> None:
        """Close the file."""
        os.close(self.fd)
