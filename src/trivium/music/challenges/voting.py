"""Blind voting, two pieces at a time, and the ranking that comes of it.

A person hears pairs without names, as `ballot.py` draws them, and answers each once. Who has answered enough
may see the results. From then on those entries have names, so that person votes on them no more; what is entered later
makes a new round. After closing everybody sees all.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from trivium.core.db import Database
from trivium.core.records import BallotRecord, EntryRecord, VoteRecord
from trivium.errors import NotFound, StudioError
from trivium.music.challenges.ballot import ENOUGH, Pair, blind, next_pair, pairs_for
from trivium.music.challenges.bradley_terry import Ranking, fit
from trivium.music.challenges.entries import challenge_row, check_open, done_at, entries_of, entry_view, seen_entries
from trivium.music.challenges.views import Ballot, BallotPair, Choice, RankedEntry, Results
from trivium.music.challenges.voter import ME, Voter
from trivium.music.notes import Composition


class AlreadyVoted(StudioError):
    """Nobody votes twice on a pair."""

    status = 409
    code = "already_voted"


class VoteFirst(StudioError):
    """The results would take the blindfold off."""

    status = 409
    code = "vote_first"


class Voting:
    """The votes of a database's challenges."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def ballot(self, challenge_id: str, voter: Voter = ME) -> Ballot:
        """The next two pieces, and how far this person is."""
        with self.db.read() as session:
            check_open(challenge_row(session, challenge_id))
            return _ballot(session, challenge_id, voter)

    def vote(self, challenge_id: str, pair: str, choice: Choice, voter: Voter = ME) -> Ballot:
        """Answer a pair: a, b or skip. The answer is the next ballot."""
        with self.db.write() as session:
            check_open(challenge_row(session, challenge_id))
            found = next((one for one in _pairs(session, challenge_id, voter) if one.name == pair), None)
            if found is None:
                raise NotFound("This pair is not on your ballot.",
                               "One of its pieces may have been withdrawn; ask for the ballot again.")
            if session.get(VoteRecord, (voter.id, found.first, found.second)) is not None:
                raise AlreadyVoted("You have answered this pair already.", "Go on with the next one.")
            preferred = {"a": found.a, "b": found.b, "skip": None}[choice]
            session.add(VoteRecord(challenge_id=challenge_id, voter=voter.id, first=found.first, second=found.second,
                                   preferred=preferred, created_at=time.time()))
            session.flush()
            return _ballot(session, challenge_id, voter)

    def finish(self, challenge_id: str, voter: Voter = ME) -> Results:
        """End this person's round, and show the results."""
        with self.db.write() as session:
            check_open(challenge_row(session, challenge_id))
            ballot = _ballot(session, challenge_id, voter)
            if not ballot.can_finish:
                raise _too_early(ballot)
            row = session.get(BallotRecord, (challenge_id, voter.id)) or BallotRecord(
                challenge_id=challenge_id, voter=voter.id)
            row.done_at = time.time()
            session.add(row)
        return self.results(challenge_id, voter)

    def results(self, challenge_id: str, voter: Voter = ME) -> Results:
        """The ranking, once this person has voted or the challenge is closed."""
        with self.db.read() as session:
            challenge = challenge_row(session, challenge_id)
            rows = seen_entries(session, challenge, voter)
            everything = entries_of(session, challenge_id)
            if not rows and everything:
                raise _too_early(_ballot(session, challenge_id, voter))
            votes = _votes(session, challenge_id)
        known = {row.id for row in rows}
        counted = [vote for vote in votes if vote.preferred and vote.first in known and vote.second in known]
        return _results(rows, counted, voter, challenge.judged, hidden=len(everything) - len(rows))


def _too_early(ballot: Ballot) -> VoteFirst:
    if ballot.pair is None and not ballot.cast:
        return VoteFirst("There is nothing to vote on yet.", "Results need at least two pieces; enter one.")
    pairs = "pair" if ballot.needed == 1 else "pairs"
    hint = f"Answer {ballot.needed} more {pairs} first." if ballot.needed else "Say first that you are done voting."
    return VoteFirst("The results are shown after you have voted, so that they don't sway you.", hint)


def _pairs(session: Session, challenge_id: str, voter: Voter) -> list[Pair]:
    entries = entries_of(session, challenge_id)
    return pairs_for(voter, challenge_id, entries, done_at(session, challenge_id, voter))


def _votes(session: Session, challenge_id: str, voter: Voter | None = None) -> list[VoteRecord]:
    query = select(VoteRecord).where(VoteRecord.challenge_id == challenge_id)
    return [*session.scalars(query if voter is None else query.where(VoteRecord.voter == voter.id))]


def _ballot(session: Session, challenge_id: str, voter: Voter) -> Ballot:
    pairs, votes = _pairs(session, challenge_id, voter), _votes(session, challenge_id, voter)
    answered = {(vote.first, vote.second) for vote in votes}
    cast = sum((pair.first, pair.second) in answered for pair in pairs)
    needed = max(min(ENOUGH, len(pairs)) - cast, 0)
    upcoming = next_pair(pairs, votes)
    return Ballot(pair=None if upcoming is None else _heard(session, upcoming), cast=cast, left=len(pairs) - cast,
                  needed=needed, can_finish=bool(pairs) and needed == 0, own_included=voter.is_alone)


def _heard(session: Session, pair: Pair) -> BallotPair:
    a, b = (session.get_one(EntryRecord, entry).document for entry in (pair.a, pair.b))
    return BallotPair(pair=pair.name, a=blind(Composition.model_validate_json(a)),
                      b=blind(Composition.model_validate_json(b)))


def _results(rows: Sequence[EntryRecord], votes: Sequence[VoteRecord], voter: Voter, judged: bool,
             hidden: int) -> Results:
    place = {row.id: number for number, row in enumerate(rows)}
    wins = np.zeros((len(rows), len(rows)))
    for vote in votes:
        loser = vote.second if vote.preferred == vote.first else vote.first
        wins[place[str(vote.preferred)], place[loser]] += 1
    ranking = fit(wins)
    order = np.argsort(-ranking.strengths, kind="stable").tolist()
    ranked = [RankedEntry(entry=entry_view(rows[k], voter, judged), rank=_rank(ranking, k), wins=int(wins[k].sum()),
                          losses=int(wins[:, k].sum()), chance=round(ranking.chance(k), 4),
                          interval=(round(ranking.interval(k)[0], 4), round(ranking.interval(k)[1], 4)))
              for k in order]
    leads = len(order) > 1 and all(ranking.is_ahead(order[0], other) for other in order[1:])
    return Results(entries=ranked, votes=len(votes), voters=len({vote.voter for vote in votes}), has_leader=leads,
                   says=_says(ranked, len(votes), leads), hidden=hidden)


def _rank(ranking: Ranking, index: int) -> int:
    """1 for the strongest; equal strengths share a rank."""
    return 1 + int((ranking.strengths > ranking.strengths[index] + 1e-9).sum())


def _says(ranked: Sequence[RankedEntry], votes: int, leads: bool) -> str:
    if not votes:
        return "Nobody has preferred one piece to another yet, so there is no order."
    counted = "1 vote" if votes == 1 else f"{votes} votes"
    first, equal = ranked[0].entry.title or "Untitled", sum(row.rank == 1 for row in ranked)
    if equal > 1:
        return f"After {counted}, {equal} pieces share the first place."
    if leads:
        return f"After {counted}, {first} is ahead of every other piece."
    return f"After {counted}, {first} stands first, but the votes do not yet tell it from all others."
