"""Functions on the ranges of videos, for notebooks and the command line.

    import trivium.vision as vision
    vision.set_ranges("moves", {"kitchen.mp4": [{"label": "sit", "start_s": 3.5, "end_s": 6}]})
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from trivium.core.runfolder import Named as Run
from trivium.core.runfolder import find_run
from trivium.errors import BadConfig, BadFile
from trivium.settings import data_folder
from trivium.vision import project as kept
from trivium.vision.activity.ranges import LabelledRange
from trivium.vision.activity.ranging import RangeChange, clips_in, rerange
from trivium.vision.curating import named

Folder = Path | str | None


def ranges_of(project: str, video: str, data: Folder = None) -> list[dict[str, Any]]:
    """What a video shows from when to when: [{"label", "start_s", "end_s"}]; the whole where it has one class."""
    found = kept.load(data_folder(data), project)
    return [asdict(each) for each in clips_in(found.items[named(found.items, video)])]


def set_ranges(project: str, ranges: Mapping[str, Iterable[Mapping[str, Any]] | None],
               data: Folder = None) -> list[str]:
    """Say it: {video: [{"label", "start_s", "end_s"}]}, [] where nothing of interest is done, None where nobody has
    looked."""
    found = kept.load(data_folder(data), project)
    done, _ = rerange(found, [RangeChange(named(found.items, video), _ranges(rows)) for video, rows in ranges.items()])
    return done


def spans(run: Run, film: Path | str, data: Folder = None) -> dict[str, Any]:
    """What a film shows from when to when, by a model: {"duration_s", "spans": [{"label", "start_s", "end_s",
    "confidence"}], "remarks"}; the label is None where the model does not know."""
    from trivium.vision.activity.spans import spans as found

    place = Path(film)
    if not place.is_file():
        raise BadFile(f"{place} does not exist.", "Name a video.")
    return {name: value for name, value in found(find_run(data_folder(data), run), place).items() if name != "strip"}


def _ranges(rows: Iterable[Mapping[str, Any]] | None) -> list[LabelledRange] | None:
    if rows is None:
        return None
    try:
        return [LabelledRange(str(row["label"]), float(row["start_s"]), float(row["end_s"])) for row in rows]
    except (TypeError, KeyError, ValueError):
        raise BadConfig("These are no ranges.", 'Each is {"label": "jump", "start_s": 1.5, "end_s": 3}, in seconds.'
                        ) from None
