"""Masks that nobody can come back to are taken off the disk.

Each change of a mask is a file of its own (some kB), so that it can be undone, and hundreds of saves of a photo add up.
Kept are the masks that photos have, also removed ones, which may be brought back; of each photo the last
`KEPT_VERSIONS` before, for a person goes back step by step, and more steps than that nobody counts; and however many
were replaced in the last `KEPT_DAYS`, for what was done to a photo this week, by hand or by a script, may be seen to be
wrong at its end. The log says what was forgotten, so undo ends there and never leads to a file that is gone.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

from trivium.vision.labels.mask_store import store_of
from trivium.vision.project import Project, record, writing

KEPT_VERSIONS, KEPT_DAYS = 20, 7
WORTH_IT = 20  # masks to be forgotten, before all files are gone through for them
FRESH_S = 86_400.0  # a younger file may have been written for a change that is not in the log yet
DAY_S = 86_400.0


@dataclass(frozen=True)
class Pruned:
    """What was taken away."""

    forgotten: int  # changes that can't be undone any more
    files: int
    bytes: int


def over(project: Project, photos: Iterable[str], now: float) -> dict[str, int]:
    """Photos with earlier masks to forget, and how many of them are kept."""
    found = {}
    for sha256 in photos:
        times = project.past_masks_at.get(sha256, [])
        kept = max(KEPT_VERSIONS, sum(at > now - KEPT_DAYS * DAY_S for at in times))
        if len(times) > kept:
            found[sha256] = kept
    return found


def is_worth_it(project: Project, photos: Iterable[str], now: float | None = None) -> bool:
    """Whether these photos have so many masks to forget that it is time."""
    old = over(project, photos, time.time() if now is None else now)
    return sum(len(project.past_masks[sha256]) - kept for sha256, kept in old.items()) >= WORTH_IT


def prune(project: Project, now: float | None = None) -> Pruned:
    """Forget what is over, then delete every file that no mask needs. Cut off between, the next time goes on."""
    now = time.time() if now is None else now
    with writing(project):
        old = over(project, list(project.past_masks), now)
        count = sum(len(project.past_masks[sha256]) - kept for sha256, kept in old.items())
        record(project, [{"op": "masks forgotten", "sha256": sha256, "kept": kept} for sha256, kept in old.items()])
        needed, files, size = wanted(project), 0, 0
        for path in store_of(project).folder.glob("??/*"):
            facts = path.stat()
            if path.name not in needed and facts.st_mtime < now - FRESH_S:
                path.unlink(missing_ok=True)
                files, size = files + 1, size + facts.st_size
    return Pruned(count, files, size)


def wanted(project: Project) -> set[str]:
    """The files of all masks that somebody may see again."""
    masks = [item.mask for items in (project.items, project.removed) for item in items.values()]
    return {mask.png for each in (masks, *project.past_masks.values()) for mask in each if mask is not None}
