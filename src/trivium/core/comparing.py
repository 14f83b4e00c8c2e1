"""Several runs side by side: what each came to, in which settings they differ, and their metrics."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from trivium.core import files
from trivium.core.events import iterate, metrics
from trivium.core.runfolder import RunInfo
from trivium.errors import BadConfig

MAX_COMPARED = 12


def chosen(runs: Iterable[str]) -> list[str]:
    """The runs that are to be compared, each once; BadConfig where there are none or too many."""
    wanted = list(dict.fromkeys(runs))
    if not 1 <= len(wanted) <= MAX_COMPARED:
        raise BadConfig(f"{len(wanted)} runs were asked for.", f"Compare between 1 and {MAX_COMPARED} runs.")
    return wanted


def compared(runs: Sequence[RunInfo]) -> dict[str, Any]:
    """{"runs": [...], "settings": {name: {id: value}} that differ, "metrics": {id: {key: [[step, value], ...]}}}."""
    flat = {info.spec.id: dict(flattened({**info.spec.config, "seed": info.spec.seed})) for info in runs}
    names = sorted({name for values in flat.values() for name in values})
    rows = {name: {run: values.get(name) for run, values in flat.items()} for name in names}
    return {
        "runs": [info.to_dict() for info in runs],
        "settings": {name: row for name, row in rows.items() if len({json.dumps(v) for v in row.values()}) > 1},
        "metrics": {info.spec.id: metrics(iterate(info.folder / files.EVENTS)) for info in runs},
    }


def flattened(config: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    """{"car": {"network": "light"}} -> ("car.network", "light"), as --set takes it."""
    for name, value in config.items():
        if isinstance(value, Mapping):
            yield from flattened(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def table(comparison: Mapping[str, Any]) -> list[list[str]]:
    """Rows for a terminal: a heading, then a cell for each run."""
    runs = comparison["runs"]
    rows = [["", *(str(run["name"]) for run in runs)], ["state", *(str(run["state"]) for run in runs)],
            ["step", *(str(run["step"]) for run in runs)], ["time", *(f"{run['wall_s']:.0f} s" for run in runs)],
            ["best", *(best_text(run["best"]) for run in runs)]]
    for name, values in comparison["settings"].items():
        rows.append([name, *(str(values[run["id"]]) for run in runs)])
    by_run = [comparison["metrics"][run["id"]] for run in runs]
    for key in dict.fromkeys(key for each in by_run for key in each):
        last = [each[key][-1][1] if each.get(key) else None for each in by_run]
        rows.append([f"last {key}", *("-" if value is None else f"{value:.4g}" for value in last)])
    return rows


def best_text(best: Mapping[str, Any] | None) -> str:
    """A run's best figure in words."""
    return f"{best['metric']} {best['value']:g} at step {best['step']}" if best else "-"
