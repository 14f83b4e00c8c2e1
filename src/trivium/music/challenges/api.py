"""The routes of challenges: open one, enter pieces, vote blind, see results; and the judge for any composition."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from trivium.music.api_state import CompositionId, Kept
from trivium.music.challenges.entries import Challenges
from trivium.music.challenges.judge_views import Judgement
from trivium.music.challenges.judging import judge
from trivium.music.challenges.themes import THEMES
from trivium.music.challenges.views import (
    Ballot,
    ChallengeSummary,
    ChallengeView,
    EntryPiece,
    EntryView,
    NewChallenge,
    Results,
    Submission,
    ThemeView,
    Vote,
)
from trivium.music.challenges.voter import ME, Voter
from trivium.music.challenges.voting import Voting

router = APIRouter(tags=["music"])

Id = r"^[0-9A-Za-z_-]{1,64}$"
ChallengeId = Annotated[str, Path(pattern=Id, description="A challenge's id.")]
EntryId = Annotated[str, Path(pattern=Id, description="An entry's id.")]


def challenges(request: Request) -> Challenges:
    """The challenges of this studio."""
    return Challenges(request.app.state.db)


def voting(request: Request) -> Voting:
    """The votes on their entries."""
    return Voting(request.app.state.db)


def voter(request: Request) -> Voter:
    """Who asks. In personal mode that is one person; a classroom's accounts will be told apart here."""
    return ME


Shown = Annotated[Challenges, Depends(challenges)]
Votes = Annotated[Voting, Depends(voting)]
Asker = Annotated[Voter, Depends(voter)]


@router.get("/challenge-themes")
def list_challenge_themes() -> list[ThemeView]:
    """The themes from which a challenge can be opened."""
    return [theme.view() for theme in THEMES]


@router.get("/challenges")
def list_challenges(shown: Shown, asker: Asker) -> list[ChallengeSummary]:
    """Every challenge, open ones first."""
    return shown.list(asker)


@router.post("/challenges", status_code=201)
def create_challenge(body: NewChallenge, shown: Shown, asker: Asker) -> ChallengeView:
    """Open a challenge."""
    return shown.create(body, asker)


@router.get("/challenges/{challenge_id}")
def get_challenge(challenge_id: ChallengeId, shown: Shown, asker: Asker) -> ChallengeView:
    """One challenge: its rules, the asker's own entries, and of others only how many."""
    return shown.get(challenge_id, asker)


@router.delete("/challenges/{challenge_id}", status_code=204)
def delete_challenge(challenge_id: ChallengeId, shown: Shown, asker: Asker) -> Response:
    """Delete a challenge with its entries and votes; the compositions stay."""
    shown.delete(challenge_id, asker)
    return Response(status_code=204)


@router.post("/challenges/{challenge_id}/close")
def close_challenge(challenge_id: ChallengeId, shown: Shown, asker: Asker) -> ChallengeView:
    """Close a challenge for good; from then on everybody sees the results."""
    return shown.close(challenge_id, asker)


@router.post("/challenges/{challenge_id}/entries", status_code=201)
def submit_entry(challenge_id: ChallengeId, body: Submission, shown: Shown, asker: Asker) -> EntryView:
    """Enter a composition as it is now; refused in a sentence where it breaks a rule."""
    return shown.submit(challenge_id, body.composition, asker)


@router.get("/challenges/{challenge_id}/entries/{entry_id}")
def get_entry(challenge_id: ChallengeId, entry_id: EntryId, shown: Shown, asker: Asker) -> EntryPiece:
    """An entry with its notes: one's own, or any that the asker's results show."""
    return shown.entry(challenge_id, entry_id, asker)


@router.delete("/challenges/{challenge_id}/entries/{entry_id}", status_code=204)
def withdraw_entry(challenge_id: ChallengeId, entry_id: EntryId, shown: Shown, asker: Asker) -> Response:
    """Withdraw an entry of one's own while the challenge is open."""
    shown.withdraw(challenge_id, entry_id, asker)
    return Response(status_code=204)


@router.get("/challenges/{challenge_id}/ballot")
def get_ballot(challenge_id: ChallengeId, votes: Votes, asker: Asker) -> Ballot:
    """The next two pieces to compare, without names."""
    return votes.ballot(challenge_id, asker)


@router.post("/challenges/{challenge_id}/votes", status_code=201)
def create_vote(challenge_id: ChallengeId, body: Vote, votes: Votes, asker: Asker) -> Ballot:
    """Say which of two pieces is liked better, or skip them; the answer is the next ballot."""
    return votes.vote(challenge_id, body.pair, body.choice, asker)


@router.post("/challenges/{challenge_id}/finish")
def finish_voting(challenge_id: ChallengeId, votes: Votes, asker: Asker) -> Results:
    """Be done with voting on what is entered so far, and see the results."""
    return votes.finish(challenge_id, asker)


@router.get("/challenges/{challenge_id}/results")
def get_results(challenge_id: ChallengeId, votes: Votes, asker: Asker) -> Results:
    """The ranking with names; refused with 409 until the asker has voted or the challenge is closed."""
    return votes.results(challenge_id, asker)


@router.get("/compositions/{composition_id}/judge")
def judge_composition(composition_id: CompositionId, kept: Kept) -> Judgement:
    """How near a composition is to Bach's chorales, part by part, and what the judge cannot hear."""
    return judge(kept.piece(composition_id))
