"""Compositions that the studio keeps: each is one step in a tree of steps, from the first melody on.

A step knows its parent and how it was made: technique, settings, seed and model. Saving an edit needs the version that
was edited; where another page has saved since, nothing is overwritten (StaleVersion) and the caller may keep both by
adding its own notes as a new step.
"""

from __future__ import annotations

import secrets
import time
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from trivium.core.db import Database
from trivium.core.records import CompositionRecord
from trivium.core.spec import new_id
from trivium.errors import NotFound, StudioError
from trivium.music.bars import bar_count, duration_s
from trivium.music.notes import Composition
from trivium.music.views import CompositionPage, CompositionSummary, CompositionView

UNTITLED = "Untitled"


class StaleVersion(StudioError):
    """The composition was saved elsewhere since it was read."""

    status = 409
    code = "stale_version"


class Compositions:
    """The kept compositions, by id. All methods may be called from any thread."""

    def __init__(self, db: Database) -> None:
        self.db = db

    # reading

    def get(self, composition_id: str) -> CompositionView:
        """One step with its notes."""
        with self.db.read() as session:
            return view(_row(session, composition_id))

    def piece(self, composition_id: str) -> Composition:
        """The notes alone."""
        return self.get(composition_id).composition

    def page(self, limit: int = 50, cursor: str | None = None) -> CompositionPage:
        """Steps, newest first; `next` is the cursor of the page after."""
        query = select(CompositionRecord).order_by(CompositionRecord.id.desc()).limit(limit + 1)
        if cursor:
            query = query.where(CompositionRecord.id < cursor)
        with self.db.read() as session:
            rows = list(session.scalars(query))
        return CompositionPage(items=[summary(row) for row in rows[:limit]],
                               next=rows[limit - 1].id if len(rows) > limit else None)

    def tree(self, composition_id: str) -> list[CompositionSummary]:
        """Every step of the tree that this one belongs to, oldest first."""
        with self.db.read() as session:
            root = _row(session, composition_id).root
            query = select(CompositionRecord).where(CompositionRecord.root == root).order_by(CompositionRecord.id)
            return [summary(row) for row in session.scalars(query)]

    def shared(self, token: str) -> CompositionView:
        """The step that a share link leads to."""
        with self.db.read() as session:
            row = session.scalar(select(CompositionRecord).where(CompositionRecord.share_token == token))
            if row is None:
                raise NotFound("This link leads to no composition.", "Its owner may have taken it back.")
            return view(row)

    # changing

    def add(self, piece: Composition, technique: str, *, title: str | None = None, parent: str | None = None,
            settings: dict[str, Any] | None = None, seed: int | None = None,
            model: str | None = None, training: str | None = None) -> CompositionView:
        """Keep a piece as a new step; without a parent it begins a tree. `training`: the run that trained the model."""
        called = (title or piece.title).strip() or UNTITLED
        piece = piece.model_copy(update={"title": called})
        now, own_id = time.time(), new_id()
        with self.db.write() as session:
            root = _row(session, parent).root if parent else own_id
            row = CompositionRecord(id=own_id, root=root, parent=parent, title=called, technique=technique,
                                    settings=settings or {}, seed=seed, model=model, training=training, version=1,
                                    share_token=None, created_at=now, updated_at=now, **_content(piece))
            session.add(row)
        return view(row, piece)

    def save(self, composition_id: str, version: int, piece: Composition) -> CompositionView:
        """Put an edited piece in the place of the version that was edited."""
        with self.db.write() as session:
            row = _row(session, composition_id)
            if row.version != version:
                raise StaleVersion("This composition was saved elsewhere in the meantime.",
                                   "Reload it, or keep your notes as a new step beside it.")
            piece = piece.model_copy(update={"title": row.title})
            for name, value in _content(piece).items():
                setattr(row, name, value)
            row.version, row.updated_at = version + 1, time.time()
        return view(row, piece)

    def rename(self, composition_id: str, title: str) -> CompositionSummary:
        """Give it another title; the notes and their version stay."""
        with self.db.write() as session:
            row = _row(session, composition_id)
            row.title = title.strip() or UNTITLED
            row.updated_at = time.time()
        return summary(row)

    def delete(self, composition_id: str) -> None:
        """Forget one step; what was made from it moves up to its parent, or begins trees of its own."""
        with self.db.write() as session:
            row = _row(session, composition_id)
            children = list(session.scalars(select(CompositionRecord).where(CompositionRecord.parent == row.id)))
            for child in children:
                child.parent = row.parent
                if row.parent is None:
                    _move_tree(session, child)
            session.delete(row)

    def share(self, composition_id: str, shared: bool = True) -> CompositionSummary:
        """Make a link that shows this step, or take it back."""
        with self.db.write() as session:
            row = _row(session, composition_id)
            row.share_token = (row.share_token or secrets.token_urlsafe(24)) if shared else None
        return summary(row)


def _move_tree(session: Session, row: CompositionRecord) -> None:
    """Make `row` the root of itself and of all that was made from it."""
    ids, layer = [row.id], [row.id]
    while layer:
        layer = list(session.scalars(select(CompositionRecord.id).where(CompositionRecord.parent.in_(layer))))
        ids += layer
    session.execute(update(CompositionRecord).where(CompositionRecord.id.in_(ids)).values(root=row.id))


def _row(session: Session, composition_id: str) -> CompositionRecord:
    row = session.get(CompositionRecord, composition_id)
    if row is None:
        raise NotFound("There is no such composition.", "It may have been deleted; look at the list.")
    return row


def _content(piece: Composition) -> dict[str, Any]:
    """The columns that follow from the notes."""
    found = {"parts": [part.name for part in piece.parts], "notes": piece.note_count,
             "bars": bar_count(piece.metres, piece.end), "duration_s": round(duration_s(piece), 3)}
    return {"document": piece.model_dump_json(), "summary": found}


def summary(row: CompositionRecord) -> CompositionSummary:
    """A row without its notes."""
    names = ("id", "root", "parent", "title", "technique", "settings", "seed", "model", "training", "version",
             "share_token", "created_at", "updated_at")
    return CompositionSummary(**{name: getattr(row, name) for name in names}, **row.summary)


def view(row: CompositionRecord, piece: Composition | None = None) -> CompositionView:
    """A row with its notes."""
    piece = piece or Composition.model_validate_json(row.document)
    found = piece.model_copy(update={"title": row.title})
    return CompositionView(**dict(summary(row)), composition=found)
