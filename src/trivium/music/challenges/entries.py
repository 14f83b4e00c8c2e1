"""Challenges: a theme with rules; people enter pieces, vote without seeing names, and then see who made what.

An entry is a frozen copy: what is edited or deleted afterwards does not change it. All methods may be called from any
thread. Voting and results are in `voting.py`.
"""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from trivium.core.db import Database
from trivium.core.records import BallotRecord, ChallengeRecord, EntryRecord, VoteRecord
from trivium.core.spec import new_id
from trivium.errors import BadConfig, NotFound, StudioError
from trivium.music.bars import bar_count, duration_s
from trivium.music.challenges.judging import VERSION, judge
from trivium.music.challenges.rules import AgainstTheRules, check_entry, rule_texts
from trivium.music.challenges.themes import find_theme, sample_pieces
from trivium.music.challenges.views import (
    ChallengeSummary,
    ChallengeView,
    EntryPiece,
    EntryStep,
    EntryView,
    NewChallenge,
    Rules,
)
from trivium.music.challenges.voter import ME, Voter
from trivium.music.compositions import Compositions
from trivium.music.notes import Composition

MOST_ENTRIES = 200  # of one challenge; with more, nobody could hear a fair share of the pairs
SAMPLE_NAME = "Sample"


class ChallengeClosed(StudioError):
    """The challenge is over."""

    status = 409
    code = "challenge_closed"


class NotYours(StudioError):
    """Somebody else's to decide."""

    status = 403
    code = "not_yours"


class Challenges:
    """The challenges of a database, by id."""

    def __init__(self, db: Database) -> None:
        self.db = db

    # reading

    def list(self, voter: Voter = ME) -> list[ChallengeSummary]:
        """Every challenge, open ones first, then by age with the newest first."""
        with self.db.read() as session:
            rows = session.scalars(select(ChallengeRecord).order_by(ChallengeRecord.id.desc()))
            found = [_summary(session, row, voter) for row in rows]
        return sorted(found, key=lambda one: not one.is_open)

    def get(self, challenge_id: str, voter: Voter = ME) -> ChallengeView:
        """One challenge as this person may see it: own entries, and of others only how many."""
        with self.db.read() as session:
            return _view(session, challenge_row(session, challenge_id), voter)

    def entry(self, challenge_id: str, entry_id: str, voter: Voter = ME) -> EntryPiece:
        """An entry with its notes: one's own, or any that this person's results show."""
        with self.db.read() as session:
            challenge, row = challenge_row(session, challenge_id), _entry_row(session, challenge_id, entry_id)
            if row.owner != voter.id and row not in seen_entries(session, challenge, voter):
                raise NotFound("There is no such entry.", "Vote first; the results then show every piece by name.")
            piece = Composition.model_validate_json(row.document)
            return EntryPiece(**dict(entry_view(row, voter, challenge.judged)), piece=piece)

    # changing

    def create(self, new: NewChallenge, voter: Voter = ME) -> ChallengeView:
        """Open a challenge, from one of our themes or one's own."""
        facts = _facts(new)
        now = time.time()
        if new.closes_at is not None and new.closes_at <= now:
            raise BadConfig("That time to close is past already.", "Choose a later one, or none.")
        row = ChallengeRecord(id=new_id(), owner=voter.id, created_at=now, closes_at=new.closes_at, closed_at=None,
                              **facts)
        samples = sample_pieces(Rules.model_validate(row.rules)) if new.samples else []
        made = [_new_entry(row.id, piece, None, SAMPLE_NAME, None, [], now) for piece in samples]
        with self.db.write() as session:
            session.add(row)
            session.flush()
            session.add_all(made)
            session.flush()
            return _view(session, row, voter)

    def close(self, challenge_id: str, voter: Voter = ME) -> ChallengeView:
        """End it: no more entries and votes, and everybody sees the results. It is not opened again."""
        with self.db.write() as session:
            row = _own(session, challenge_id, voter)
            check_open(row)
            row.closed_at = time.time()
            return _view(session, row, voter)

    def delete(self, challenge_id: str, voter: Voter = ME) -> None:
        """Forget a challenge with its entries and votes. The compositions stay."""
        with self.db.write() as session:
            session.delete(_own(session, challenge_id, voter))

    def submit(self, challenge_id: str, composition_id: str, voter: Voter = ME) -> EntryView:
        """Enter a composition as it is now, if it keeps to the rules."""
        found = Compositions(self.db).get(composition_id)
        steps = steps_to(Compositions(self.db), composition_id)
        piece = found.composition
        with self.db.read() as session:
            challenge = challenge_row(session, challenge_id)
            check_open(challenge)
            check_entry(challenge.kind, Rules.model_validate(challenge.rules), piece, steps)
        row = _new_entry(challenge_id, piece, voter.id, voter.name, composition_id, steps, time.time())
        with self.db.write() as session:
            challenge = challenge_row(session, challenge_id)
            check_open(challenge)
            _check_room(session, challenge, row)
            session.add(row)
        return entry_view(row, voter, challenge.judged)

    def withdraw(self, challenge_id: str, entry_id: str, voter: Voter = ME) -> None:
        """Take an entry of one's own back while the challenge is open; votes on it go with it."""
        with self.db.write() as session:
            challenge, row = challenge_row(session, challenge_id), _entry_row(session, challenge_id, entry_id)
            if row.owner != voter.id:
                raise NotYours("Only who entered a piece can withdraw it.", "Ask them.")
            check_open(challenge)
            session.delete(row)


def _facts(new: NewChallenge) -> dict[str, Any]:
    """The columns that a theme or a person's own words fill."""
    if (new.template is None) == (new.title is None):
        raise BadConfig("A challenge has a theme of ours or a title of its own.", "Send one of template and title.")
    if new.template is None:
        rules = new.rules
        if rules.min_bars and rules.max_bars and rules.min_bars > rules.max_bars:
            raise BadConfig("No piece can keep to these rules: bars at least is more than bars at most.",
                            "Change one of the two.")
        return {"title": str(new.title).strip(), "theme": new.theme.strip(), "kind": new.kind,
                "rules": rules.model_dump(), "judged": new.judged}
    theme = find_theme(new.template)
    return {"title": theme.title, "theme": theme.theme, "kind": theme.kind, "rules": theme.rules.model_dump(),
            "judged": theme.judged}


def _new_entry(challenge_id: str, piece: Composition, owner: str | None, owner_name: str, composition: str | None,
               steps: list[EntryStep], now: float) -> EntryRecord:
    return EntryRecord(
        id=new_id(), challenge_id=challenge_id, owner=owner, owner_name=owner_name, composition=composition,
        title=piece.title, steps=[step.model_dump(mode="json") for step in steps],
        judgement=judge(piece).model_dump(mode="json"), document=piece.model_dump_json(), created_at=now)


def steps_to(kept: Compositions, composition_id: str) -> list[EntryStep]:
    """The steps from the first melody to this one."""
    tree = {step.id: step for step in kept.tree(composition_id)}
    way: list[EntryStep] = []
    at = tree.get(composition_id)
    while at is not None and len(way) <= len(tree):
        way.append(EntryStep.model_validate(at.model_dump(include=set(EntryStep.model_fields))))
        at = tree.get(at.parent) if at.parent else None
    return way[::-1]


def _check_room(session: Session, challenge: ChallengeRecord, new: EntryRecord) -> None:
    """Refuse a piece that is in already, one too many of a person, and one too many of all."""
    rows = entries_of(session, challenge.id)
    own = [row for row in rows if row.owner == new.owner]
    notes = Composition.model_validate_json(new.document).model_copy(update={"title": ""})
    if any(Composition.model_validate_json(row.document).model_copy(update={"title": ""}) == notes for row in own):
        raise AgainstTheRules("These very notes are entered already.", "Change the piece, or choose another.")
    most = Rules.model_validate(challenge.rules).entries_each
    if len(own) >= most:
        pieces = "piece" if most == 1 else "pieces"
        raise AgainstTheRules(f"You have entered {len(own)} {pieces} here already, which is all that is allowed.",
                              "Withdraw one first.")
    if len(rows) >= MOST_ENTRIES:
        raise AgainstTheRules(f"There are {MOST_ENTRIES} entries already, which is all that a challenge can take.",
                              "Open another challenge.")


# rows


def challenge_row(session: Session, challenge_id: str) -> ChallengeRecord:
    """The challenge with that id; NotFound if there is none."""
    row = session.get(ChallengeRecord, challenge_id)
    if row is None:
        raise NotFound("There is no such challenge.", "It may have been deleted; look at the list.")
    return row


def _own(session: Session, challenge_id: str, voter: Voter) -> ChallengeRecord:
    row = challenge_row(session, challenge_id)
    if row.owner != voter.id:
        raise NotYours("Only who opened a challenge can close or delete it.", "Ask them.")
    return row


def _entry_row(session: Session, challenge_id: str, entry_id: str) -> EntryRecord:
    row = session.get(EntryRecord, entry_id)
    if row is None or row.challenge_id != challenge_id:
        raise NotFound("There is no such entry.", "It may have been withdrawn.")
    return row


def entries_of(session: Session, challenge_id: str) -> list[EntryRecord]:
    """All entries, oldest first."""
    query = select(EntryRecord).where(EntryRecord.challenge_id == challenge_id).order_by(EntryRecord.id)
    return [*session.scalars(query)]


def closed_since(row: ChallengeRecord) -> float | None:
    """When it was closed, by hand or by time; None while it is open."""
    if row.closed_at is not None:
        return row.closed_at
    return row.closes_at if row.closes_at is not None and row.closes_at <= time.time() else None


def check_open(row: ChallengeRecord) -> None:
    """ChallengeClosed if nobody can enter or vote any more."""
    if closed_since(row) is not None:
        raise ChallengeClosed("This challenge is closed.", "Its results are shown; open another one to go on.")


def done_at(session: Session, challenge_id: str, voter: Voter) -> float | None:
    """Until when this person has voted and seen results."""
    row = session.get(BallotRecord, (challenge_id, voter.id))
    return row.done_at if row is not None else None


def seen_entries(session: Session, challenge: ChallengeRecord, voter: Voter) -> list[EntryRecord]:
    """The entries whose names this person may see: all once it is closed, else those of the rounds voted on."""
    rows = entries_of(session, challenge.id)
    if closed_since(challenge) is not None:
        return rows
    until = done_at(session, challenge.id, voter)
    return [row for row in rows if until is not None and row.created_at <= until]


# views


def entry_view(row: EntryRecord, voter: Voter, judged: bool) -> EntryView:
    """An entry with its name on it."""
    piece = Composition.model_validate_json(row.document)
    judgement = row.judgement if row.judgement.get("version") == VERSION else judge(piece).model_dump()
    return EntryView(
        id=row.id, title=row.title, owner_name=row.owner_name, is_mine=row.owner == voter.id,
        is_sample=row.owner is None, composition=row.composition if row.owner == voter.id else None,
        steps=[EntryStep.model_validate(step) for step in row.steps], notes=piece.note_count,
        bars=bar_count(piece.metres, piece.end), duration_s=round(duration_s(piece), 3),
        judgement=judgement if judged else None, created_at=row.created_at)


def _summary(session: Session, row: ChallengeRecord, voter: Voter) -> ChallengeSummary:
    owners = list(session.scalars(select(EntryRecord.owner).where(EntryRecord.challenge_id == row.id)))
    votes = select(func.count()).where(VoteRecord.challenge_id == row.id, VoteRecord.preferred.is_not(None))
    closed = closed_since(row)
    return ChallengeSummary(
        id=row.id, title=row.title, theme=row.theme, kind=row.kind, is_open=closed is None,
        is_mine=row.owner == voter.id, judged=row.judged, entries=len(owners), samples=owners.count(None),
        my_entries=owners.count(voter.id), votes=session.scalar(votes) or 0, created_at=row.created_at,
        closes_at=row.closes_at, closed_at=closed)


def _view(session: Session, row: ChallengeRecord, voter: Voter) -> ChallengeView:
    summary, rules = _summary(session, row, voter), Rules.model_validate(row.rules)
    mine = [entry_view(one, voter, row.judged) for one in entries_of(session, row.id) if one.owner == voter.id]
    return ChallengeView(**dict(summary), rules=rules, rule_texts=rule_texts(summary.kind, rules), mine=mine,
                         shows_results=bool(seen_entries(session, row, voter)))
