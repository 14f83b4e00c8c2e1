"""Plain words on what would make a project's model poor: too few photos, one class only, classes of unlike number."""

from __future__ import annotations

from trivium.vision.project import ANOMALY, DETECTION, Project

FEW = 20  # photos of a class, below which it is said that more would help
FEW_BOXED = 60  # photos that were looked at for boxes; a detector taught with so many was measured to be a poor one
MUCH = 4.0  # times as many photos of one class as of another


def warnings(project: Project) -> list[str]:
    """What to mind before training."""
    counts = {name: count for name, count in project.counts().items() if count}
    if project.task == ANOMALY:
        return _of_anomaly(project, counts)
    found = _of_detection(project, counts) if project.task == DETECTION else _of_classes(counts)
    for name, count in counts.items():
        if count < FEW:
            found.append(f"'{name}' has {count} photos; {FEW} or more make a much better model.")
    if len(counts) > 1 and max(counts.values()) > MUCH * min(counts.values()):
        most, least = max(counts, key=lambda n: counts[n]), min(counts, key=lambda n: counts[n])
        found.append(f"'{most}' has {counts[most]} photos and '{least}' {counts[least]}; the rarer class will be known "
                     "worse.")
    return found


def _of_classes(counts: dict[str, int]) -> list[str]:
    return ["There is one class only; a classifier needs at least two."] if len(counts) == 1 else []


def _of_anomaly(project: Project, counts: dict[str, int]) -> list[str]:
    from trivium.vision.tasks import GOOD

    good = GOOD if GOOD in counts else next(iter(counts), GOOD)
    found = []
    if 0 < counts.get(good, 0) < FEW:
        found.append(f"'{good}' has {counts[good]} photos; {FEW} or more make a much better model.")
    if counts and len(counts) == 1:
        found.append("There are no odd photos to judge it by; ten are a good beginning. Nothing is learned from them.")
    return found


def _of_detection(project: Project, counts: dict[str, int]) -> list[str]:
    looked_at = len(project.labelled())
    if counts and looked_at < FEW_BOXED:
        return [f"{looked_at} photos have boxes; a detector wants {FEW_BOXED} or more, and 200 are a good beginning."]
    return []
