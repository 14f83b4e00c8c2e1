"""The tables of the studio's database, as typed SQLAlchemy models.

The database is an index over the run folders and the imported files: everything here about a run can be
read again from its folder. Times are Unix seconds; JSON columns hold what the files hold. Large content
never lies in a row, it lies in the blob folder under its sha256.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Float, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Json = dict[str, Any]

# SQLite only counts an INTEGER PRIMARY KEY up by itself, so the wide type is for the other databases.
BigId = BigInteger().with_variant(Integer, "sqlite")


class Record(DeclarativeBase):
    """The root of every table."""


class RunRecord(Record):
    """One run folder: its spec, its last seen status, and how far its events have been read."""

    __tablename__ = "runs"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    studio: Mapped[str] = mapped_column(String(32), index=True)
    kind: Mapped[str] = mapped_column(String(32), index=True)
    name: Mapped[str] = mapped_column(String(200), index=True)
    parent: Mapped[str | None] = mapped_column(String(64), index=True)
    folder: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(20), index=True)
    waiting: Mapped[bool] = mapped_column(
        default=False
    )  # queued by this server, to be started when a place is free
    created_at: Mapped[float] = mapped_column(Float)
    spec: Mapped[Json] = mapped_column(JSON)
    status: Mapped[Json] = mapped_column(JSON)
    events_offset: Mapped[int] = mapped_column(BigInteger, default=0)  # bytes of events.jsonl already read


class AttemptRecord(Record):
    """One process that worked on a run; a resumed run has several."""

    __tablename__ = "attempts"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    attempt: Mapped[int] = mapped_column(Integer, primary_key=True)
    pid: Mapped[int | None] = mapped_column(Integer)
    create_time: Mapped[float | None] = mapped_column(Float)
    boot_id: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(String(40))
    started_at: Mapped[float | None] = mapped_column(Float)
    finished_at: Mapped[float | None] = mapped_column(Float)


class MetricRecord(Record):
    """One value of one metric at one step; when a resumed run repeats a step, the latest value stays."""

    __tablename__ = "metrics"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    step: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    value: Mapped[float | None] = mapped_column(Float)  # null where the run reported NaN or infinity


class EventRecord(Record):
    """The outbox of the live stream. ``id`` only grows, and is what ``Last-Event-ID`` means."""

    __tablename__ = "events"
    __table_args__ = (Index("ix_events_run_seq", "run_id", "seq"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    seq: Mapped[int] = mapped_column(BigInteger)  # the event's own id within its run
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str | None] = mapped_column(String(100))
    data: Mapped[Json] = mapped_column(JSON)


class TrackRecord(Record):
    """An imported track; its file lies under the data folder, its original upload among the blobs."""

    __tablename__ = "tracks"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    is_loop: Mapped[bool]
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[float] = mapped_column(Float)


class BlobRecord(Record):
    """A stored file, found by the sha256 of its content."""

    __tablename__ = "blobs"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[float] = mapped_column(Float)


class CompositionRecord(Record):
    """One step of a composition: its notes as JSON, and how it was made from the step before."""

    __tablename__ = "compositions"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    root: Mapped[str] = mapped_column(String(64), index=True)  # the first step of its tree
    parent: Mapped[str | None] = mapped_column(String(64), index=True)
    title: Mapped[str] = mapped_column(String(200))
    technique: Mapped[str] = mapped_column(String(32))
    settings: Mapped[Json] = mapped_column(JSON)
    seed: Mapped[int | None] = mapped_column(BigInteger)
    model: Mapped[str | None] = mapped_column(String(200))
    training: Mapped[str | None] = mapped_column(String(64))  # the run that trained the model, where it is one of ours
    version: Mapped[int] = mapped_column(Integer)  # counts the saves, so that no page writes over another's
    summary: Mapped[Json] = mapped_column(JSON)  # what a list shows, so that it need not read the notes
    document: Mapped[str] = mapped_column(Text)
    share_token: Mapped[str | None] = mapped_column(String(64), unique=True, index=True)
    created_at: Mapped[float] = mapped_column(Float)
    updated_at: Mapped[float] = mapped_column(Float)


class ChallengeRecord(Record):
    """A challenge of the music studio: a theme with rules, for which people enter pieces and vote."""

    __tablename__ = "challenges"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    theme: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(16))
    rules: Mapped[Json] = mapped_column(JSON)
    judged: Mapped[bool]
    owner: Mapped[str] = mapped_column(String(64), index=True)  # who made it: a voter's id
    created_at: Mapped[float] = mapped_column(Float)
    closes_at: Mapped[float | None] = mapped_column(Float)  # planned
    closed_at: Mapped[float | None] = mapped_column(Float)


class EntryRecord(Record):
    """A piece as it was when it was entered, with the steps that led to it."""

    __tablename__ = "challenge_entries"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    challenge_id: Mapped[str] = mapped_column(ForeignKey("challenges.id", ondelete="CASCADE"), index=True)
    owner: Mapped[str | None] = mapped_column(String(64))  # a voter's id; null: one of the studio's samples
    owner_name: Mapped[str] = mapped_column(String(200))
    composition: Mapped[str | None] = mapped_column(String(64))  # where it was taken from; may be deleted since
    title: Mapped[str] = mapped_column(String(200))
    steps: Mapped[list[Json]] = mapped_column(JSON)
    judgement: Mapped[Json] = mapped_column(JSON)
    document: Mapped[str] = mapped_column(Text)
    created_at: Mapped[float] = mapped_column(Float)


class VoteRecord(Record):
    """What one person said of two entries; first < second, so that a pair is there once."""

    __tablename__ = "challenge_votes"

    voter: Mapped[str] = mapped_column(String(64), primary_key=True)
    first: Mapped[str] = mapped_column(ForeignKey("challenge_entries.id", ondelete="CASCADE"), primary_key=True)
    second: Mapped[str] = mapped_column(ForeignKey("challenge_entries.id", ondelete="CASCADE"), primary_key=True)
    challenge_id: Mapped[str] = mapped_column(ForeignKey("challenges.id", ondelete="CASCADE"), index=True)
    preferred: Mapped[str | None] = mapped_column(String(64))  # null: skipped
    created_at: Mapped[float] = mapped_column(Float)


class BallotRecord(Record):
    """Until when a person has voted: what was entered by then is shown with names, and no longer voted on."""

    __tablename__ = "challenge_ballots"

    challenge_id: Mapped[str] = mapped_column(ForeignKey("challenges.id", ondelete="CASCADE"), primary_key=True)
    voter: Mapped[str] = mapped_column(String(64), primary_key=True)
    done_at: Mapped[float] = mapped_column(Float)


class DeviceRecord(Record):
    """A machine that watches. Only a hash of its credential is kept."""

    __tablename__ = "devices"
    __table_args__ = (Index("ix_devices_here", "here", unique=True, sqlite_where=text("here AND revoked_at IS NULL"),
                            postgresql_where=text("here AND revoked_at IS NULL")),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    credential_hash: Mapped[str] = mapped_column(String(64), unique=True, index=True)
    created_at: Mapped[float] = mapped_column(Float)
    seen_at: Mapped[float | None] = mapped_column(Float)
    revoked_at: Mapped[float | None] = mapped_column(Float)
    report: Mapped[Json] = mapped_column(JSON)  # how its projects are, as it said last
    here: Mapped[bool] = mapped_column(Boolean, default=False)  # whether it is the machine that the studio runs on


class DeviceCodeRecord(Record):
    """A code by which one device may join, once; only its hash is kept."""

    __tablename__ = "device_codes"

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    created_at: Mapped[float] = mapped_column(Float)
    expires_at: Mapped[float] = mapped_column(Float)


class DeviceProjectRecord(Record):
    """What a device is to run: a bundle among the blobs, and what it watches."""

    __tablename__ = "device_projects"

    device_id: Mapped[str] = mapped_column(ForeignKey("devices.id", ondelete="CASCADE"), primary_key=True)
    project: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64))  # of the bundle
    previous: Mapped[list[Json]] = mapped_column(JSON)  # [{"version", "sha256"}], newest first
    setup: Mapped[Json] = mapped_column(JSON)
    changed_at: Mapped[float] = mapped_column(Float)


class DeviceEventRecord(Record):
    """What a device said. Its number within its outbox and its own id make a repetition count once."""

    __tablename__ = "device_events"
    __table_args__ = (
        Index("ix_device_events_time", "device_id", "time"),
        Index("ix_device_events_id", "device_id", "event_id", unique=True),
        Index("ix_device_events_kind", "device_id", "kind", "time"),
        Index("ix_device_events_to_publish", "time", sqlite_where=text("to_publish"),
              postgresql_where=text("to_publish")),
    )

    device_id: Mapped[str] = mapped_column(ForeignKey("devices.id", ondelete="CASCADE"), primary_key=True)
    epoch: Mapped[str] = mapped_column(String(32), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    time: Mapped[float] = mapped_column(Float)
    project: Mapped[str | None] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(32))
    body: Mapped[Json] = mapped_column(JSON)
    event_id: Mapped[str | None] = mapped_column(String(64))
    to_publish: Mapped[bool] = mapped_column(Boolean, default=False)  # whether the broker is still to get it


class SettingRecord(Record):
    """A setting that the studio keeps for itself."""

    __tablename__ = "settings"

    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)


class SessionRecord(Record):
    """A signed-in browser. Only a hash of its cookie is kept."""

    __tablename__ = "sessions"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    created_at: Mapped[float] = mapped_column(Float)
    expires_at: Mapped[float] = mapped_column(Float)
