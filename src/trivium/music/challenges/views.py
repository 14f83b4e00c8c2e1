"""What challenges answer and take: the shapes that pages, commands and Python share."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from trivium.music.challenges.judge_views import Judgement
from trivium.music.notes import Composition, Title

Kind = Literal["basic", "advanced"]
Choice = Literal["a", "b", "skip"]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Rules(_Body):
    """What a piece must keep to; what is left out is free."""

    begins_with_tune: bool = Field(False, title="Begins with a sample melody",
                                   description="The first step of the piece must be one of the sample melodies.")
    min_bars: int | None = Field(None, ge=1, le=10_000, title="Bars at least", description="The fewest bars.")
    max_bars: int | None = Field(None, ge=1, le=10_000, title="Bars at most", description="The most bars.")
    max_duration_s: float | None = Field(None, ge=1, le=36_000, title="Seconds at most",
                                         description="The longest that it may sound.")
    max_notes: int | None = Field(None, ge=1, le=50_000, title="Notes at most", description="The most notes.")
    entries_each: int = Field(3, ge=1, le=20, title="Entries each", description="How many pieces a person may enter.")


class ThemeView(BaseModel):
    """A theme of ours, from which a challenge is opened."""

    id: str
    title: str
    theme: str
    kind: Kind
    rules: Rules
    rule_texts: list[str] = Field(description="The rules as sentences.")
    judged: bool


class NewChallenge(_Body):
    """A challenge to open: one of our themes by its id, or one's own."""

    template: Annotated[str, Field(max_length=64)] | None = Field(None, description="A theme's id.")
    title: Annotated[Title, Field(min_length=1)] | None = Field(None, description="Where it is one's own.")
    theme: Annotated[str, Field(max_length=2000)] = Field("", description="What the pieces should be about.")
    kind: Kind = Field("basic", description="basic: any technique; advanced: a step with a model of one's own.")
    rules: Rules = Field(default_factory=lambda: Rules())
    judged: bool = Field(True, description="Whether the judge's score stands beside the votes.")
    samples: bool = Field(True, description="Whether sample pieces take part, to compare with.")
    closes_at: float | None = Field(None, description="Unix seconds at which it closes by itself.")


class EntryStep(BaseModel):
    """One step on the way to an entry."""

    id: str
    title: str
    technique: str
    settings: dict[str, Any]
    seed: int | None
    model: str | None
    training: str | None = Field(description="The run that trained the model, where it is one's own.")
    notes: int
    created_at: float


class EntryView(BaseModel):
    """An entry with its name on it."""

    id: str
    title: str
    owner_name: str
    is_mine: bool
    is_sample: bool
    composition: str | None = Field(description="The composition that it was taken from, where it is one's own.")
    steps: list[EntryStep] = Field(description="The way to it, first step first.")
    notes: int
    bars: int
    duration_s: float
    judgement: Judgement | None = Field(description="Null where the challenge has no judge.")
    created_at: float


class EntryPiece(EntryView):
    """An entry with its notes."""

    piece: Composition


class ChallengeSummary(BaseModel):
    """A challenge at a glance."""

    id: str
    title: str
    theme: str
    kind: Kind
    is_open: bool
    is_mine: bool = Field(description="Whether the asker opened it, and so may close it.")
    judged: bool
    entries: int = Field(description="All entries, samples included.")
    samples: int
    my_entries: int
    votes: int = Field(description="Votes of everybody, without those who skipped.")
    created_at: float
    closes_at: float | None
    closed_at: float | None = Field(description="When it was closed, by hand or by time.")


class ChallengeView(ChallengeSummary):
    """A challenge as the asker may see it."""

    rules: Rules
    rule_texts: list[str] = Field(description="The rules as sentences.")
    mine: list[EntryView] = Field(description="The asker's own entries.")
    shows_results: bool


class Submission(_Body):
    composition: str = Field(max_length=64, description="The composition to enter, as it is now.")


class BallotPair(BaseModel):
    """Two pieces without names."""

    pair: str = Field(description="Send it back with the vote.")
    a: Composition
    b: Composition


class Ballot(BaseModel):
    """Where a person stands in voting."""

    pair: BallotPair | None = Field(description="The next two pieces; null: none are left.")
    cast: int = Field(description="Pairs answered in this round, skipped ones included.")
    left: int = Field(description="Pairs still to answer.")
    needed: int = Field(description="Answers still needed before the results can be shown.")
    can_finish: bool
    own_included: bool = Field(description="True where the voter is alone, and so hears own pieces too.")


class Vote(_Body):
    pair: str = Field(max_length=64, description="As the ballot named it.")
    choice: Choice = Field(description="Which one is liked better, or skip.")


class RankedEntry(BaseModel):
    """An entry in the results."""

    entry: EntryView
    rank: int
    wins: int
    losses: int
    chance: float = Field(description="Chance to be liked better than a middling piece, 0 to 1, by Bradley-Terry.")
    interval: tuple[float, float] = Field(description="95 % interval of that chance.")


class Results(BaseModel):
    """The ranking, with names."""

    entries: list[RankedEntry]
    votes: int
    voters: int
    has_leader: bool = Field(description="Whether the votes tell the first from every other, each at 95 %.")
    says: str = Field(description="What the votes say, in one sentence.")
    hidden: int = Field(description="Newer entries that the asker has yet to vote on.")
