"""One measured figure, and the machine that it was measured on."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Result:
    """`ratio` is value / peer_value; which of the two should be larger, the name tells."""

    name: str
    value: float
    unit: str
    peer: str | None = None
    peer_value: float | None = None
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        ratio = self.value / self.peer_value if self.peer_value else None
        rounded = {k: round(v, 4) if isinstance(v, float) else v for k, v in asdict(self).items()}
        return {**rounded, "ratio": None if ratio is None else round(ratio, 3), "machine": machine()}

    def line(self) -> str:
        """For a terminal."""
        beside = f"   {self.peer}: {self.peer_value:,.4g}" if self.peer and self.peer_value is not None else ""
        times = f"   ratio {self.value / self.peer_value:.2f}" if self.peer_value else ""
        return f"{self.name:<44} {self.value:>12,.4g} {self.unit:<10}{beside}{times}   {self.note}".rstrip()


def machine() -> str:
    """Cores, processor and Python, so that a figure is never quoted without them."""
    return f"{os.cpu_count()} cores, {processor()}, {platform.system()}, Python {platform.python_version()}"


def processor() -> str:
    """The processor's name as the system gives it."""
    try:
        for row in Path("/proc/cpuinfo").read_text().splitlines():
            if row.startswith("model name"):
                return row.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
