"""Topics and filters of MQTT 3.1.1 (section 4.7): what a filter matches, and whether one filter lies within another."""

from __future__ import annotations

MOST_BYTES = 1_000_000  # of a message
LONGEST = 500  # characters; the standard allows 65,535 bytes


def is_topic(topic: str) -> bool:
    """Whether something can be published there."""
    return 0 < len(topic) <= LONGEST and not {"+", "#", "\0"} & set(topic)


def is_filter(text: str) -> bool:
    """Whether one can subscribe to it: `+` and `#` take a whole level, `#` the last one."""
    if not 0 < len(text) <= LONGEST or "\0" in text:
        return False
    *first, last = text.split("/")
    return all(level == "+" or not {"+", "#"} & set(level) for level in first) and (
        last in ("+", "#") or not {"+", "#"} & set(last))


def covers(wide: str, narrow: str) -> bool:
    """Whether every topic that the filter `narrow` matches is one that `wide` matches; a topic is a filter, too."""
    mine, theirs = wide.split("/"), narrow.split("/")
    if mine[0] in ("+", "#") and theirs[0].startswith("$"):
        return False  # wildcards leave out what begins with $
    for place, level in enumerate(mine):
        if level == "#":
            return True
        if place >= len(theirs) or theirs[place] == "#":
            return False
        if level != "+" and level != theirs[place]:
            return False
    return len(mine) == len(theirs)
