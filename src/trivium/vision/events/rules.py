"""Rules without code: "recycling seen for 3 s: call this address", "more than 3 apples for 2 s: write a note".

A rule looks at what is settled (`stream/verdicts.py`), never at a single frame. Time is the events' own, so a rule does
on a recorded film, or on the simulated clock of a test, exactly what it does live.
"""

from __future__ import annotations

import json
import statistics
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from trivium.core import files
from trivium.core.refusals import plain_message
from trivium.core.spec import new_id
from trivium.errors import BadConfig
from trivium.vision.events.event import Event

GAP_S = 2.0  # where no frame came for so long, nothing counts as having lasted through it,
COUNTING = ("more", "fewer")
GAP_FRAMES, STEPS = 3, 9  # unless frames come more slowly: then for so many of the last steps' median


class Webhook(BaseModel):
    """Send the event to an address by HTTP POST."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["webhook"] = "webhook"
    url: str = Field(title="Address", description="Where to post it: http:// or https://.", max_length=2000)
    allow_private: bool = Field(False, title="In my own network", description="Let the address be this machine or one "
                                "of the local network.")


class Message(BaseModel):
    """Publish the event over MQTT."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["mqtt"] = "mqtt"
    topic: str = Field(title="Topic", description="The last part of the topic, below the device's own.", min_length=1,
                       max_length=100, pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$")


class LogLine(BaseModel):
    """Say so in the log."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["note"] = "note"
    text: str = Field("", title="Text", description="What the log says.", max_length=500)


Action = Annotated[Webhook | Message | LogLine, Field(discriminator="kind")]


def _note() -> list[Action]:
    return [LogLine()]


class Rule(BaseModel):
    """When something is seen, no longer seen, or there in some number for a while, do something."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    name: str = Field(title="Name", description="What to call the rule.", min_length=1, max_length=100)
    when: Literal["seen", "gone", "unknown", "more", "fewer"] = Field(
        "seen", title="When", description="The class is seen; is not seen; the model does not know what it sees; or a "
                                          "detector finds more, or fewer, of the class than a number.")
    label: str | None = Field(None, title="Class", description="The class that it is about.", max_length=100)
    count: int = Field(0, ge=0, le=1000, title="Number", description="More, or fewer, of the class than this.")
    for_s: float = Field(0.0, ge=0.0, le=86_400.0, title="For", description="It must last so many seconds.")
    at_least: float = Field(0.0, ge=0.0, le=1.0, title="Confidence", description="It does not count as seen "
                            "where the last frames are less sure of it than this, in the mean.")
    again_s: float = Field(0.0, ge=0.0, le=86_400.0, title="Not again for", description="Seconds in which it does not "
                           "fire a second time.")
    then: list[Action] = Field(default_factory=_note, min_length=1, max_length=10, title="Then",
                               description="What to do.")


class Rules(BaseModel):
    """The rules of a project."""

    model_config = ConfigDict(extra="forbid")

    rules: list[Rule] = Field(default_factory=list, max_length=100, title="Rules", description="What to do when.")


@dataclass(frozen=True)
class Firing:
    """A rule that has come true."""

    id: str
    rule: Rule
    event: Event
    lasted_s: float

    def body(self) -> dict[str, Any]:
        """What a webhook or a message carries."""
        return {"kind": "rule", "id": self.id, "rule": self.rule.name, "lasted_s": round(self.lasted_s, 3),
                "event": self.event.model_dump(mode="json")}


@dataclass
class _Progress:
    since: float | None = None
    fired: bool = False
    fired_at: float | None = None


class Engine:
    """Applies rules to events as they come; `rate_fps` says how often, where that is settled beforehand."""

    def __init__(self, rules: Sequence[Rule], rate_fps: float | None = None) -> None:
        self.progress = [(rule, _Progress()) for rule in rules]
        self.least_gap_s = max(GAP_S, GAP_FRAMES / rate_fps if rate_fps else 0.0)
        self.last: float | None = None
        self.steps: deque[float] = deque(maxlen=STEPS)

    def see(self, event: Event) -> list[Firing]:
        """The rules that come true with this event."""
        now = event.time if event.time_s is None else event.time_s
        self._step(now)
        return [Firing(new_id(), rule, event, now - (at.since or 0.0)) for rule, at in self.progress
                if _fires(rule, at, event, now)]

    def _step(self, now: float) -> None:
        """Where nobody looked for a while nothing has lasted; where time begins again, everything does."""
        step = 0.0 if self.last is None else now - self.last
        gap_s = max(self.least_gap_s, GAP_FRAMES * statistics.median(self.steps) if self.steps else 0.0)
        for _, at in self.progress:
            at.since = at.since if 0.0 <= step <= gap_s else None
            at.fired = at.fired and step >= 0.0
        if self.last is not None and step >= 0.0:
            self.steps.append(step)
        self.last = now


def _fires(rule: Rule, at: _Progress, event: Event, now: float) -> bool:
    if not holds(rule, event):
        at.since, at.fired = None, False
        return False
    at.since = now if at.since is None else at.since
    resting = at.fired_at is not None and 0.0 <= now - at.fired_at < rule.again_s
    if at.fired or resting or now - at.since < rule.for_s - 1e-9:
        return False
    at.fired, at.fired_at = True, now
    return True


def holds(rule: Rule, event: Event) -> bool:
    """Whether what the rule waits for is so in this frame; nothing is, until enough frames agree."""
    if rule.when in COUNTING:
        if event.counts is None:  # nothing was counted, which is not none: too early, or no detector
            return False
        there = event.counts.get(str(rule.label), 0)
        return there > rule.count if rule.when == "more" else there < rule.count
    if event.settled is None:
        return False
    if rule.when == "unknown":
        return event.settled.label is None
    if rule.when == "gone":  # a frame that is unsure takes nothing away
        return event.settled.label != rule.label
    return event.settled.label == rule.label and surety(rule, event) >= rule.at_least


def surety(rule: Rule, event: Event) -> float:
    """How sure the last frames are of the rule's class; of an event that doesn't say so, how sure its own is."""
    if event.settled is not None and event.settled.confidence is not None:
        return event.settled.confidence
    own = {each.label: each.probability for each in event.top}
    return own.get(str(rule.label), (event.confidence or 0.0) if event.label == rule.label else 0.0)


def parse(values: Any, classes: Iterable[str] | None = None) -> Rules:
    """Rules from JSON, checked; with `classes` the labels too. BadConfig has a row for each fault."""
    try:
        found = Rules.model_validate({"rules": values} if isinstance(values, list) else values)
    except ValidationError as error:
        rows = [{"field": ".".join(str(part) for part in problem["loc"]), "message":
                 "There is no such setting." if problem["type"] == "extra_forbidden" else plain_message(problem)}
                for problem in error.errors(include_url=False)]
        raise BadConfig(f"{rows[0]['field']}: {rows[0]['message']}", "Correct the rule and try again.", rows) from None
    known = None if classes is None else sorted(classes)
    for k, rule in enumerate(found.rules):
        fault = _fault(rule, known)
        if fault:
            raise BadConfig(f"Rule '{rule.name}': {fault[0]}", fault[1],
                            [{"field": f"rules.{k}.label", "message": fault[0]}])
    return found


def _fault(rule: Rule, known: list[str] | None) -> tuple[str, str] | None:
    if rule.when == "unknown":
        return ("A rule for what is unknown names no class.", "Leave the class out.") if rule.label else None
    if not rule.label:
        return "It names no class.", "Say which class it is about."
    if rule.when == "fewer" and rule.count == 0:
        return "There can't be fewer than none.", "Give a number of 1 or more, or wait until it is gone."
    if known is not None and rule.label not in known:
        return f"The model knows no class '{rule.label}'.", f"It knows: {', '.join(known)[:300]}."
    return None


def read(path: Path, classes: Iterable[str] | None = None) -> Rules:
    """Rules from a JSON file."""
    return parse(files.read_json(path), classes)


def replay(rules: Rules, lines: Iterable[str]) -> list[Firing]:
    """What the rules would have done on recorded events (JSON lines)."""
    engine, fired = Engine(rules.rules), []
    for line in lines:
        try:
            event = Event.model_validate(json.loads(line))
        except (ValueError, RecursionError):
            continue  # a line that was cut off
        fired += engine.see(event)
    return fired
