"""Challenges with a real database: rules, frozen entries, blind ballots, results after voting; in a class and alone."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from trivium.core.db import Database
from trivium.core.records import ChallengeRecord, EntryRecord, VoteRecord
from trivium.errors import BadConfig, NotFound
from trivium.music.challenges.ballot import pairs_for
from trivium.music.challenges.entries import ChallengeClosed, Challenges, NotYours
from trivium.music.challenges.judging import judge
from trivium.music.challenges.rules import AgainstTheRules
from trivium.music.challenges.themes import THEMES, sample_pieces
from trivium.music.challenges.views import NewChallenge, Rules
from trivium.music.challenges.voter import ME, Voter
from trivium.music.challenges.voting import AlreadyVoted, VoteFirst, Voting
from trivium.music.compositions import Compositions
from trivium.music.melodies import find_tune, tune_piece
from trivium.music.notes import Composition, Note, Part

ANNA, BEN, CLEO = (Voter(name.lower(), name, is_alone=False) for name in ("Anna", "Ben", "Cleo"))


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    made = Database.in_folder(tmp_path)
    made.migrate()
    yield made
    made.close()


def piece(pitch: int = 60, bars: int = 4) -> Composition:
    notes = [Note(onset=1920 * bar, length=1920, pitch=pitch + bar % 5) for bar in range(bars)]
    return Composition(title=f"Piece {pitch}", parts=[Part(name="Secret name", notes=notes)])


def kept(db: Database, found: Composition | None = None, technique: str = "recording", **how: Any) -> str:
    return Compositions(db).add(found or piece(), technique, **how).id


def opened(db: Database, voter: Voter = ANNA, **facts: Any) -> str:
    return Challenges(db).create(NewChallenge(**{"title": "Rain", "samples": False, **facts}), voter).id


def classroom(db: Database, **facts: Any) -> tuple[str, dict[str, str]]:
    """A challenge with a piece of each of three people: its id, and whose entry is whose."""
    challenge = opened(db, **facts)
    return challenge, {voter.id: Challenges(db).submit(challenge, kept(db, piece(60 + 3 * k)), voter).id
                       for k, voter in enumerate((ANNA, BEN, CLEO))}


def answer_all(db: Database, challenge: str, voter: Voter, likes: str) -> list[str]:
    """Vote for the entry that sounds like `likes` whenever it is heard, else for A; the names of the pairs."""
    voting, names = Voting(db), []
    wanted = notes_of(db, likes)
    while (pair := voting.ballot(challenge, voter).pair) is not None:
        voting.vote(challenge, pair.pair, "b" if pitches(pair.b) == wanted else "a", voter)
        names.append(pair.pair)
    return names


def pitches(found: Composition) -> list[int]:
    return [note.pitch for part in found.parts for note in part.notes]


def notes_of(db: Database, entry: str) -> list[int]:
    with db.read() as session:
        return pitches(Composition.model_validate_json(session.get_one(EntryRecord, entry).document))


# opening and entering


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.id)
def test_each_theme_opens_with_samples_that_keep_to_its_rules(db: Database, theme: Any) -> None:
    made = Challenges(db).create(NewChallenge(template=theme.id))
    assert (made.title, made.kind, made.is_open, made.rules) == (theme.title, theme.kind, True, theme.rules)
    assert made.samples == made.entries == 3 and made.mine == [] and not made.shows_results
    assert made.rule_texts and all(text.endswith(".") for text in made.rule_texts)
    assert made.theme.endswith((".", "?")) and made.is_mine


def test_samples_that_break_a_rule_stay_away() -> None:
    assert len(sample_pieces(Rules(max_notes=1))) == 0 < len(sample_pieces(Rules(max_bars=8))) < 3


def test_an_entry_is_a_frozen_copy_with_its_steps(db: Database) -> None:
    challenges, compositions = Challenges(db), Compositions(db)
    root = kept(db, tune_piece(find_tune("twinkle")), "tune", settings={"tune": "twinkle"})
    step = kept(db, piece(), "arcnn", parent=root, seed=9, model="mine", training="RUN1", settings={"risk": 2})
    challenge = opened(db)
    entry = challenges.submit(challenge, step, ANNA)
    compositions.save(step, 1, piece(80))
    compositions.delete(root)
    found = challenges.entry(challenge, entry.id, ANNA)
    assert pitches(found.piece) == pitches(piece()) and found.title == "Piece 60"
    assert [(s.technique, s.seed, s.model, s.training) for s in found.steps] == [
        ("tune", None, None, None), ("arcnn", 9, "mine", "RUN1")]
    assert found.steps[1].settings == {"risk": 2}
    assert found.judgement == judge(piece())


@pytest.mark.parametrize(("rules", "found", "words"), [
    ({"max_bars": 3}, piece(), "It has 4 bars; this challenge allows 3"),
    ({"min_bars": 5}, piece(), "It has 4 bars; this challenge asks for 5"),
    ({"max_duration_s": 7}, piece(), "8 seconds; this challenge allows 7"),
    ({"max_notes": 3}, piece(), "It has 4 notes; this challenge allows 3"),
    ({}, Composition(), "no notes"),
    ({"begins_with_tune": True}, piece(), "begins with a sample melody"),
])
def test_a_piece_against_the_rules_is_refused(db: Database, rules: dict[str, Any], found: Composition,
                                              words: str) -> None:
    challenge = opened(db, rules=rules)
    with pytest.raises(AgainstTheRules, match=words) as refused:
        Challenges(db).submit(challenge, kept(db, found), ANNA)
    assert refused.value.hint
    assert Challenges(db).get(challenge, ANNA).entries == 0


def test_an_advanced_challenge_asks_for_a_model_of_ones_own(db: Database) -> None:
    challenge = opened(db, kind="advanced")
    packaged = kept(db, piece(), "arcnn", model="arcnn-default")
    with pytest.raises(AgainstTheRules, match="No step of this piece was made with a model that you trained"):
        Challenges(db).submit(challenge, packaged, ANNA)
    own = kept(db, piece(), "arcnn", parent=packaged, model="mine", training="RUN1")
    later = kept(db, piece(70), "edit", parent=own)
    assert Challenges(db).submit(challenge, later, ANNA).steps[1].training == "RUN1"


def test_so_many_entries_each_none_twice_and_withdrawn_while_open(db: Database) -> None:
    challenges = Challenges(db)
    challenge = opened(db, rules={"entries_each": 2})
    first, second, third = (kept(db, piece(pitch)) for pitch in (60, 62, 64))
    entry = challenges.submit(challenge, first, ANNA)
    with pytest.raises(AgainstTheRules, match="entered already"):
        challenges.submit(challenge, kept(db, piece(60), title="Under another name"), ANNA)
    challenges.submit(challenge, second, ANNA)
    with pytest.raises(AgainstTheRules, match="2 pieces here already"):
        challenges.submit(challenge, third, ANNA)
    with pytest.raises(NotYours):
        challenges.withdraw(challenge, entry.id, BEN)
    challenges.withdraw(challenge, entry.id, ANNA)
    assert challenges.submit(challenge, third, ANNA).is_mine
    challenges.close(challenge, ANNA)
    with pytest.raises(ChallengeClosed):
        challenges.withdraw(challenge, challenges.get(challenge, ANNA).mine[0].id, ANNA)


def test_only_who_opened_it_closes_it_and_its_time_does(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    challenges = Challenges(db)
    challenge = opened(db, closes_at=time.time() + 3600)
    for change in (challenges.close, challenges.delete):
        with pytest.raises(NotYours):
            change(challenge, BEN)
    assert challenges.list(BEN)[0].is_open
    later = time.time() + 3601
    monkeypatch.setattr("trivium.music.challenges.entries.time.time", lambda: later)
    assert not challenges.list(BEN)[0].is_open and challenges.get(challenge, BEN).closed_at
    with pytest.raises(ChallengeClosed):
        challenges.submit(challenge, kept(db), BEN)
    challenges.delete(challenge, ANNA)
    with pytest.raises(NotFound):
        challenges.get(challenge, ANNA)


@pytest.mark.parametrize("new", [
    {}, {"title": "x", "template": "candlelight-choir"}, {"title": "x", "closes_at": 1.0},
    {"title": "x", "rules": {"min_bars": 9, "max_bars": 8}}])
def test_challenges_that_make_no_sense(db: Database, new: dict[str, Any]) -> None:
    with pytest.raises(BadConfig) as refused:
        Challenges(db).create(NewChallenge(**new))
    assert refused.value.hint and Challenges(db).list() == []


# voting


def test_a_class_votes_blind(db: Database) -> None:
    challenge, entries = classroom(db)
    voting = Voting(db)
    pair = voting.ballot(challenge, ANNA).pair
    assert pair is not None
    shown = pair.model_dump_json()
    assert not any(secret in shown for secret in ("Piece", "Secret", *entries.values(), "anna", "ben", "Anna"))
    assert {tuple(pitches(pair.a)), tuple(pitches(pair.b))} == \
        {tuple(notes_of(db, entries[name])) for name in ("ben", "cleo")}  # not her own
    assert voting.ballot(challenge, ANNA).pair == pair, "the same until it is answered"
    assert voting.ballot(challenge, ANNA).left == 1 and not voting.ballot(challenge, ANNA).own_included


def test_nobody_votes_twice_on_a_pair_nor_on_pairs_of_others(db: Database) -> None:
    challenge, _ = classroom(db)
    voting = Voting(db)
    anna, ben = (voting.ballot(challenge, voter).pair for voter in (ANNA, BEN))
    assert anna is not None and ben is not None
    after = voting.vote(challenge, anna.pair, "a", ANNA)
    assert after.pair is None and after.cast == 1 and after.can_finish
    with pytest.raises(AlreadyVoted):
        voting.vote(challenge, anna.pair, "b", ANNA)
    with pytest.raises(NotFound):
        voting.vote(challenge, ben.pair, "b", ANNA)
    with db.read() as session:
        assert len(list(session.scalars(select(VoteRecord)))) == 1


def test_the_database_itself_has_room_for_one_vote_of_a_person_on_a_pair(db: Database) -> None:
    challenge, entries = classroom(db)
    row = {"challenge_id": challenge, "voter": "anna", "first": entries["ben"], "second": entries["cleo"],
           "preferred": None, "created_at": 0.0}
    with db.write() as session:
        session.add(VoteRecord(**row))
    from sqlalchemy.exc import IntegrityError

    with pytest.raises(IntegrityError), db.write() as session:
        session.add(VoteRecord(**row))


def test_the_order_is_the_voters_own_and_hears_each_piece_about_as_often(db: Database) -> None:
    challenge = opened(db, rules={"entries_each": 20})
    for k in range(8):
        Challenges(db).submit(challenge, kept(db, piece(50 + k)), CLEO)
    orders = {}
    for voter in (ANNA, BEN):
        heard: list[int] = []
        order = []
        for _ in range(8):
            pair = Voting(db).ballot(challenge, voter).pair
            assert pair is not None
            two = [pitches(pair.a)[0], pitches(pair.b)[0]]
            order.append(tuple(two))
            heard += two
            Voting(db).vote(challenge, pair.pair, "skip", voter)
        assert {heard.count(pitch) for pitch in range(50, 58)} <= {1, 2, 3}, "by lot alone some would not be heard"
        orders[voter.id] = order
    assert orders["anna"] != orders["ben"]
    with db.read() as session:
        rows = list(session.scalars(select(EntryRecord)))
    assert len({pair.a == pair.first for pair in pairs_for(ANNA, challenge, rows, None)}) == 2, "A is a toss"


def test_results_come_after_voting_and_name_the_favourite(db: Database) -> None:
    challenge, entries = classroom(db)
    voting, challenges = Voting(db), Challenges(db)
    for voter in (ANNA, BEN, CLEO):
        with pytest.raises(VoteFirst, match="after you have voted"):
            voting.results(challenge, voter)
        with pytest.raises(VoteFirst):
            voting.finish(challenge, voter)
        with pytest.raises(NotFound):
            challenges.entry(challenge, entries["ben" if voter is not BEN else "anna"], voter)
        answer_all(db, challenge, voter, likes=entries["cleo"])
        found = voting.finish(challenge, voter)
    assert found.entries[0].entry.owner_name == "Cleo"
    assert (found.votes, found.voters, found.hidden) == (3, 3, 0)
    best = found.entries[0]
    assert (best.rank, best.wins, best.losses) == (1, 2, 0)
    assert best.interval[0] < best.chance < best.interval[1]
    assert not found.has_leader and "do not yet tell it" in found.says
    assert challenges.get(challenge, ANNA).shows_results
    assert challenges.entry(challenge, entries["cleo"], ANNA).piece.title == "Piece 66"


def test_who_has_seen_names_votes_only_on_what_is_entered_later(db: Database) -> None:
    challenge, entries = classroom(db)
    voting = Voting(db)
    answer_all(db, challenge, ANNA, entries["ben"])
    voting.finish(challenge, ANNA)
    dora = Voter("dora", "Dora", is_alone=False)
    new = Challenges(db).submit(challenge, kept(db, piece(40)), dora).id
    found = voting.results(challenge, ANNA)
    assert found.hidden == 1 and new not in {row.entry.id for row in found.entries}
    ballot = voting.ballot(challenge, ANNA)
    assert ballot.left == 2 and not ballot.can_finish and ballot.cast == 0  # Dora's against Ben's and Cleo's
    answer_all(db, challenge, ANNA, new)
    assert voting.finish(challenge, ANNA).hidden == 0


def test_after_closing_everybody_sees_and_nobody_votes(db: Database) -> None:
    challenge, _ = classroom(db)
    pair = Voting(db).ballot(challenge, ANNA).pair
    assert pair is not None
    Challenges(db).close(challenge, ANNA)
    found = Voting(db).results(challenge, BEN)
    assert len(found.entries) == 3 and found.votes == 0 and "Nobody has preferred" in found.says
    for late in (lambda: Voting(db).vote(challenge, pair.pair, "a", ANNA), lambda: Voting(db).ballot(challenge, ANNA),
                 lambda: Voting(db).finish(challenge, ANNA)):
        with pytest.raises(ChallengeClosed):
            late()


def test_a_withdrawn_entry_takes_its_votes_along(db: Database) -> None:
    challenge, entries = classroom(db)
    for voter in (ANNA, BEN):
        answer_all(db, challenge, voter, entries["cleo"])
    Challenges(db).withdraw(challenge, entries["cleo"], CLEO)
    Challenges(db).close(challenge, ANNA)
    found = Voting(db).results(challenge, ANNA)
    assert found.votes == 0 and {row.entry.owner_name for row in found.entries} == {"Anna", "Ben"}


def test_alone_one_compares_own_pieces_with_the_samples(db: Database) -> None:
    challenge = opened(db, ME, samples=True)
    voting = Voting(db)
    with pytest.raises(VoteFirst, match="nothing to vote on yet"):
        voting.results(challenge, ME)
    own = Challenges(db).submit(challenge, kept(db), ME).id
    ballot = voting.ballot(challenge, ME)
    assert ballot.own_included and ballot.left == 3 and ballot.needed == 3  # with each sample, no two samples
    answer_all(db, challenge, ME, own)
    found = voting.finish(challenge, ME)
    assert found.entries[0].entry.id == own and found.entries[0].wins == 3
    assert {row.entry.is_sample for row in found.entries[1:]} == {True}
    assert {row.rank for row in found.entries[1:]} == {2}, "equal strengths share a rank"
    assert "Piece 60 stands first" in found.says
    lost = opened(db, ME, samples=True)
    Challenges(db).submit(lost, kept(db), ME)
    while (pair := voting.ballot(lost, ME).pair) is not None:
        voting.vote(lost, pair.pair, "a" if pitches(pair.b) == pitches(piece()) else "b", ME)
    assert "3 pieces share the first place" in voting.finish(lost, ME).says


def test_a_judgement_of_an_older_judge_is_made_again(db: Database) -> None:
    challenge, entries = classroom(db)
    with db.write() as session:
        row = session.get_one(EntryRecord, entries["anna"])
        row.judgement = {**row.judgement, "version": 0, "score": -1}
    judgement = Challenges(db).entry(challenge, entries["anna"], ANNA).judgement
    assert judgement is not None and judgement.score >= 0


def test_a_challenge_without_the_judge_shows_no_score(db: Database) -> None:
    challenge, entries = classroom(db, judged=False)
    assert Challenges(db).entry(challenge, entries["anna"], ANNA).judgement is None


def test_what_lies_in_the_database_is_plain_json(db: Database) -> None:
    challenge, _ = classroom(db)
    with db.read() as session:
        row = session.get_one(ChallengeRecord, challenge)
        entry = session.scalars(select(EntryRecord)).first()
    assert json.loads(json.dumps(row.rules))["entries_each"] == 3
    assert entry is not None and json.loads(json.dumps(entry.steps))[0]["technique"] == "recording"
