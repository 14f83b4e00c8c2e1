"""Where the data lies and where the studio listens. Read once, never changed afterwards."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8470


@dataclass(frozen=True)
class Settings:
    """The data folder and the address of the server."""

    data: Path
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT

    @property
    def runs(self) -> Path:
        """The folder of the runs, one folder a run."""
        return self.data / "runs"

    @classmethod
    def load(cls, data: str | Path | None = None, host: str = DEFAULT_HOST, port: int = DEFAULT_PORT) -> Settings:
        """Settings with the data folder from the argument, else TRIVIUM_DATA, else the platform's usual place."""
        return cls(data=data_folder(data), host=host, port=port)


def data_folder(data: str | Path | None = None) -> Path:
    """The data folder as an absolute path; it need not exist yet."""
    chosen = data or os.environ.get("TRIVIUM_DATA")
    if not chosen:
        from platformdirs import user_data_path

        chosen = user_data_path("trivium", appauthor=False)
    return Path(chosen).expanduser().absolute()


@cache
def kernel_cache() -> Path:
    """Where compiled kernels are kept between runs: a folder for each state of what they are compiled from.

    Numba looks only at the file that a function stands in, and would go on using what it has compiled of another one
    that has changed since. Only trusted code writes there, before it is confined.
    """
    from platformdirs import user_cache_path

    sources = [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*/**/*.py"))]
    compiled = [source for source in sources if b"numba" in source]
    state = hashlib.sha256(b"".join(compiled)).hexdigest()[:12]
    return user_cache_path("trivium", appauthor=False).absolute() / "numba" / state
