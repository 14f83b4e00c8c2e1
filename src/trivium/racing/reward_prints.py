"""What a reward function prints: kept per call, and bounded, so that a gigabyte of it costs nothing."""

from __future__ import annotations

import io

CALL_CHARACTERS = 2_000
RUN_CHARACTERS = 2_000_000
WAITING_CALLS = 10_000


class PrintBuffer(io.TextIOBase):
    """Stands in for ``sys.stdout`` and ``sys.stderr`` while the learner's code runs."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []  # of the call that is running
        self._room = CALL_CHARACTERS
        self._is_cut = False
        self._run_room = RUN_CHARACTERS
        self._noticed = False
        self._waiting: list[str] = []

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if self._room > 0:
            if text:
                piece = text[: self._room]
                self.parts.append(piece)
                self._room -= len(piece)
                self._is_cut = self._is_cut or len(piece) < len(text)
        elif text:
            self._is_cut = True
        return len(text)

    def end_call(self) -> None:
        """Closes what one call printed. Only needed when ``parts`` is not empty."""
        text = "".join(self.parts).rstrip("\n")
        self.parts.clear()
        self._room = CALL_CHARACTERS
        if self._is_cut:
            text += f" … (only the first {CALL_CHARACTERS:,} characters of a step are kept)"
            self._is_cut = False
        if self._noticed:
            return
        if self._run_room <= 0:
            self._notice(f"More than {RUN_CHARACTERS:,} characters printed: the rest of this run is not kept.")
        elif len(self._waiting) >= WAITING_CALLS:
            self._notice(f"More than {WAITING_CALLS:,} steps printed and nobody looked: the rest is not kept.")
        elif text:
            self._waiting.append(text)
            self._run_room -= len(text)

    def drain(self) -> list[str]:
        """One text for each call that printed since the last drain, oldest first."""
        waiting, self._waiting = self._waiting, []
        return waiting

    def _notice(self, text: str) -> None:
        self._noticed = True
        self._waiting.append(text)
