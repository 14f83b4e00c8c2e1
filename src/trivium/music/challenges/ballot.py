"""Which two pieces a person hears next, in an order drawn for that person and that challenge.

Everybody's order is different, and the same whenever it is asked for, also when a piece is entered or withdrawn
meanwhile. A pair's name on the ballot is a hash that shows no entry's id, so a ballot does not say whose pieces they
are.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from trivium.core.records import EntryRecord, VoteRecord
from trivium.music.challenges.voter import Voter
from trivium.music.notes import Composition, Part

ENOUGH = 5  # answers in a round before its results can be shown, or all pairs where there are fewer


@dataclass(frozen=True)
class Pair:
    """Two entries as one voter hears them: first < second by id, and which of them is A."""

    name: str
    first: str
    second: str

    @property
    def a(self) -> str:
        """The entry that is heard as A; a toss for each voter."""
        return self.first if int(self.name[0], 16) % 2 else self.second

    @property
    def b(self) -> str:
        """The other one."""
        return self.second if self.a == self.first else self.first


def pairs_for(voter: Voter, challenge_id: str, entries: Iterable[EntryRecord], done_at: float | None) -> list[Pair]:
    """The pairs of this round: no own piece (unless the voter is alone), not two samples, nothing seen in results."""
    heard = sorted((entry for entry in entries if voter.is_alone or entry.owner != voter.id), key=lambda one: one.id)
    return [named(voter, challenge_id, one.id, other.id) for one, other in combinations(heard, 2)
            if (one.owner is not None or other.owner is not None)
            and (done_at is None or max(one.created_at, other.created_at) > done_at)]


def named(voter: Voter, challenge_id: str, first: str, second: str) -> Pair:
    """A pair under the name that this voter's ballot gives it."""
    seed = "\n".join((voter.id, challenge_id, first, second))
    return Pair(hashlib.sha256(seed.encode()).hexdigest()[:24], first, second)


def next_pair(pairs: Sequence[Pair], votes: Iterable[VoteRecord]) -> Pair | None:
    """The pair whose pieces this voter has heard least, by lot where there are several; None: all are answered."""
    cast = {(vote.first, vote.second) for vote in votes}
    heard = Counter(entry for pair in cast for entry in pair)
    left = [pair for pair in pairs if (pair.first, pair.second) not in cast]
    return min(left, default=None, key=lambda pair: (
        max(heard[pair.first], heard[pair.second]), heard[pair.first] + heard[pair.second], pair.name))


def blind(piece: Composition) -> Composition:
    """The piece without what could tell whose it is: title, names of parts, pins, how its parts are called."""
    parts = [part.model_copy(update={
        "id": f"part-{number}", "name": f"Part {number}", "mute": False, "solo": False,
        "notes": [note.model_copy(update={"pinned": None, "voice": None}) for note in part.notes]})
        for number, part in enumerate(heard_parts(piece), 1)]
    return piece.model_copy(update={"title": "", "parts": parts})


def heard_parts(piece: Composition) -> list[Part]:
    """The parts that sound: a solo anywhere silences all that are not solo."""
    alone = any(part.solo for part in piece.parts)
    return [part for part in piece.parts if part.notes and not part.mute and (part.solo or not alone)]
