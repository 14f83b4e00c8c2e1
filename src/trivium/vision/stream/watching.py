"""Watch a source to its end, or for a while: the events to whoever wants them, and a report of it all."""

from __future__ import annotations

import statistics
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trivium.errors import NameTaken, StudioError
from trivium.vision.events.delivery import Courier
from trivium.vision.events.event import Event, Settled
from trivium.vision.events.mqtt import Publisher
from trivium.vision.events.rules import Engine, Firing, LogLine, Rule
from trivium.vision.stream.config import WatchConfig
from trivium.vision.stream.diary import NAME, Diary
from trivium.vision.stream.watch import Watch

KEPT_ROWS = 100_000  # frames of a film that are listed in the report, and latencies that count
KEPT_CHANGES = 10_000  # the last changes and rules that came true, of a camera that is watched for months
UNKNOWN = "I don't know"
PATIENCE_S = 5.0  # for webhooks, at the end

Say = Callable[[str], None]


@dataclass
class Report:
    """What was seen."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    changes: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=KEPT_CHANGES))
    fired: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=KEPT_CHANGES))
    latencies_ms: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT_ROWS))
    labels: Counter[str] = field(default_factory=Counter)
    n: int = 0
    changed: int = 0
    came_true: int = 0
    error: StudioError | None = None

    def add(self, event: Event, live: bool) -> None:
        self.n += 1
        self.labels[UNKNOWN if event.label is None else event.label] += 1
        self.latencies_ms.append(event.latency_ms)
        if not live and len(self.rows) < KEPT_ROWS:
            self.rows.append(row_of(event))
        if event.settled is not None and event.settled.new:
            self.changed += 1
            self.changes.append({"time": event.settled.since, "frame": event.frame, "label": event.settled.label})

    def fire(self, firing: Firing) -> None:
        event = firing.event
        self.came_true += 1
        self.fired.append({"rule": firing.rule.name, "frame": event.frame, "time": event.time, "time_s": event.time_s,
                           "lasted_s": round(firing.lasted_s, 3)})


def row_of(event: Event) -> dict[str, Any]:
    """A frame as the report lists it, in the words of the report on photos."""
    return {"frame": event.frame, "time_s": event.time_s, **({"file": event.file} if event.file else {}),
            "predicted": event.label, "confidence": event.confidence, "top": [each.model_dump() for each in event.top]}


def watched(watch: Watch, rules: Sequence[Rule] = (), seconds: float | None = None, out: Path | None = None,
            say: Say = lambda _text: None, publisher: Publisher | None = None) -> dict[str, Any]:
    """Watch until the source ends, the time is up, or somebody interrupts; what was seen.

    Where a film breaks off in the middle, what was seen until then, and the error beside it.
    """
    if out is not None and (out / NAME).exists():
        raise NameTaken(f"{out / NAME} is there already.", "Choose another folder.")
    diary = None if out is None else Diary(out)
    courier, engine, report = Courier(say), Engine(rules, watch.config.rate_fps), Report()
    begin = watch.clock.monotonic()
    interrupted = False
    try:
        for event in watch.events(seconds):
            report.add(event, watch.address.live)
            if diary is not None:
                diary.write(event)
            if publisher is not None:
                publisher.see(event)
            if event.settled is not None and event.settled.new:
                say(spoken(event, event.settled))
            for firing in engine.see(event):
                report.fire(firing)
                told(firing, courier, say)
                if publisher is not None:
                    publisher.fire(firing)
    except KeyboardInterrupt:
        interrupted = True
    except StudioError as error:
        if not report.n:
            raise
        report.error = error
    finally:
        took_s = watch.clock.monotonic() - begin
        courier.drain(PATIENCE_S)
        courier.close()
        if publisher is not None:
            publisher.close()
        if diary is not None:
            diary.close()
    return {**summary(watch, report, took_s), "delivered": courier.delivered, "not_delivered": courier.dropped,
            "interrupted": interrupted, "events": None if out is None else str(out / NAME)}


def told(firing: Firing, courier: Courier, say: Say) -> None:
    """Do what a rule says."""
    texts = [action.text for action in firing.rule.then if isinstance(action, LogLine) and action.text]
    say(f"Rule '{firing.rule.name}'{': ' + texts[0] if texts else ' came true.'}")
    courier.take(firing)


def spoken(event: Event, settled: Settled) -> str:
    """What has settled, for a person."""
    place = f"{event.time_s:.2f} s" if event.time_s is not None else event.file or f"frame {event.frame}"
    return f"{place}: {settled.label or UNKNOWN}"


def summary(watch: Watch, report: Report, took_s: float) -> dict[str, Any]:
    """The report as --json prints it."""
    ordered = sorted(report.latencies_ms)
    return {"source": watch.address.shown, "n": report.n, "seconds": round(took_s, 3),
            "frames_per_s": round(report.n / took_s, 2) if took_s > 0 else 0.0,
            "latency_ms": {"median": round(statistics.median(ordered), 2),
                           "p95": round(ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))], 2)}
            if ordered else None,
            "labels": dict(report.labels), "changes": list(report.changes), "rules": list(report.fired),
            "results": report.rows, "left_out": {"changes": report.changed - len(report.changes),
                                                 "rules": report.came_true - len(report.fired)},
            "error": report.error and {"message": report.error.message, "hint": report.error.hint},
            "passed_over": [], "model": watch.model.version, "project": watch.model.project,
            "missed": watch.ticks.missed if watch.ticks else 0, "model_sha256": watch.model.card["files"]["model.onnx"],
            "config": config_of(watch.config)}


def config_of(config: WatchConfig) -> dict[str, Any]:
    """The settings that differ from the usual."""
    return config.model_dump(mode="json", exclude_defaults=True)
