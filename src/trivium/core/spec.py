"""What a run is to do: immutable, written once as spec.json when the run is made."""

from __future__ import annotations

import os
import secrets
import time
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from trivium.core import files
from trivium.errors import BadFile

API_VERSION = 1
RUN_ID = r"^[0-9A-Za-z_-]{1,64}$"  # what an id looks like, for routes: nothing in it leads to another folder
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_id(now: float | None = None) -> str:
    """A ULID: 48 bits of milliseconds and 80 random bits in 26 characters, so ids sort by time of birth."""
    number = (int((time.time() if now is None else now) * 1000) << 80) | secrets.randbits(80)
    return "".join(CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))


# A thread that waits for work looks out for it for about 0.2 ms (10,000 turns) and then sleeps. Without the sleep, two
# runs on the same cores slow each other many times over; without the look-out, waking up takes longer than the small
# pieces of work of a drive.
WAITING = {"GOMP_SPINCOUNT": "10000", "OMP_WAIT_POLICY": "PASSIVE", "KMP_BLOCKTIME": "0"}


def default_threads() -> int:
    """Threads for a new run: min(cores, 4), fixed in its spec so that results never depend on load."""
    return max(1, min(os.cpu_count() or 1, 4))


@dataclass(frozen=True)
class Limits:
    """What a run may use. mem_mb comes on top of what the libraries take when they are loaded."""

    wall_s: float | None = None
    mem_mb: int = 3072
    file_mb: int = 512
    disk_mb: int = 4096


@dataclass(frozen=True)
class Spec:
    """One run's task."""

    id: str
    studio: str
    kind: str
    name: str
    entry: str  # "module:function(config, run)"
    config: dict[str, Any]
    config_type: str | None = None  # "module:Class" that parses config; None hands the dict over as it is
    inputs: dict[str, str] = field(default_factory=dict)  # name below inputs/ -> sha256
    seed: int = 1
    threads: int = 1
    device: str = "cpu"
    limits: Limits = field(default_factory=Limits)
    created_at: float = 0.0
    parent: str | None = None
    api: int = API_VERSION

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Spec:
        """The spec in a parsed spec.json; unknown keys of a newer version are left alone."""
        if int(values.get("api", 0)) > API_VERSION:
            raise BadFile("This run was made by a newer Trivium.", "Update with: pip install -U trivium")
        known = {f.name for f in fields(cls)}
        limits = {k: v for k, v in values.get("limits", {}).items() if k in {f.name for f in fields(Limits)}}
        try:
            return cls(**{**{k: v for k, v in values.items() if k in known}, "limits": Limits(**limits)})
        except TypeError as error:
            raise BadFile(f"spec.json lacks a field: {error}.", "Start a new run.") from None


def read_spec(folder: Path) -> Spec:
    """The spec of the run in `folder`."""
    values = files.read_json(folder / files.SPEC)
    if not isinstance(values, dict):
        raise BadFile(f"{folder / files.SPEC} is damaged.", "Start a new run.")
    return Spec.from_dict(values)


def write_spec(folder: Path, spec: Spec) -> None:
    """Write spec.json; its presence is what makes a folder a run, so it is written last."""
    files.write_json(folder / files.SPEC, spec.to_dict())
