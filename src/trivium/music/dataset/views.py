"""What the pages, `trivium music data --json` and Python are told of training sets."""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from trivium.errors import NotFound
from trivium.music.dataset.corpus import COLLECTIONS
from trivium.music.dataset.making import Making
from trivium.music.dataset.piece import composition_of
from trivium.music.dataset.sets import TrainingSet, kept_cards, open_set
from trivium.music.notes import Composition

SHOWN = 500  # pieces, files and doubles that a report lists

SetName = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$",
                               description="Letters, digits, dots, dashes and underscores.")]


class SplitCounts(BaseModel):
    """How much music is in a split."""

    pieces: int
    four_part: int = Field(description="Pieces in four separate voices; where there are any, the Transformer learns "
                                       "from these alone.")
    tunes: int = Field(description="Tunes of one voice; the Transformer learns from them where none has four voices.")
    steps: int = Field(description="Sixteenths.")
    notes: int


class SetSummary(BaseModel):
    """A kept training set in a line."""

    name: str
    source: str = Field(description="The folder, file or generator that it was made from.")
    sha256: str
    licence: str | None
    counts: dict[str, SplitCounts] = Field(description="Of all, train, valid and test.")
    warnings: list[str]


class LeftOut(BaseModel):
    """A file or piece that is not in the set, and why."""

    name: str
    message: str


class PieceFacts(BaseModel):
    """A piece of a set in a line."""

    index: int
    title: str
    metre: str
    bpm: float
    key: str
    key_is_estimated: bool
    is_four_part: bool
    split: Literal["train", "valid", "test"]
    notes: int
    moved: float = Field(description="Share of its notes that the grid moved by more than a 64th.")


class LeakRow(BaseModel):
    """Share of held-out passages of a length that stand in training pieces, beside that of Bach's chorales."""

    steps: int
    valid: float | None
    test: float | None
    bach_valid: float
    bach_test: float


class SetReport(SetSummary):
    """Everything that was found while a set was made."""

    seed: int
    files: int
    moved: float = Field(description="Share of notes that quantising moved by more than a 64th.")
    near_duplicates: int = Field(description="Pairs with much in common, kept in one split.")
    leak: list[LeakRow]
    failed: list[LeftOut] = Field(description="Files that could not be read.")
    set_aside: list[LeftOut] = Field(description="Pieces that nothing can be learned from.")
    duplicates: list[LeftOut] = Field(description="The same piece once more.")
    other_files: int
    pieces: list[PieceFacts]


class SetPiece(BaseModel):
    """One piece of a set, to see and to hear."""

    facts: PieceFacts
    composition: Composition


SourceId = Literal["chorales", "melodies", "bach", "quartets", "madrigals", "folk"]


class SetSource(BaseModel):
    """Music that is here without any file of one's own."""

    id: SourceId
    title: str
    text: str
    is_here: bool
    hint: str | None = Field(description="How to get it, where it is not here.")
    usual: int | None = Field(description="How many pieces; null where there are as many as there are.")


class NewSet(BaseModel):
    """A set to make from music that is here."""

    model_config = ConfigDict(extra="forbid")

    name: SetName
    source: SourceId
    count: int = Field(300, ge=2, le=5000, title="Pieces", description="How many pieces to make.")
    seed: int = Field(1, ge=0, le=2**31 - 1, description="Same seed, same set.")


class MakingView(BaseModel):
    """A set in the making."""

    id: str
    name: str
    state: Literal["waiting", "working", "done", "failed"]
    text: str = Field(description="What is done just now.")
    message: str | None = Field(description="Why it failed.")
    hint: str | None
    began_at: float


def sources() -> list[SetSource]:
    """The music that is here without any file of one's own."""
    has_corpus = importlib.util.find_spec("music21") is not None
    own = [
        SetSource(id="chorales", title="Plain chorales", is_here=True, hint=None, usual=300,
                  text="Four-part pieces that Trivium writes by rules of its own. Good for a first try of anything."),
        SetSource(id="melodies", title="Folk-like tunes", is_here=True, hint=None, usual=300,
                  text="One-voice tunes that Trivium writes by rules of its own; for the Transformer and the AR-CNN."),
    ]
    hint = None if has_corpus else 'Install the package that holds it: pip install "trivium[corpus]"'
    return own + [SetSource.model_validate(
        {"id": each.id, "title": each.title, "is_here": has_corpus, "usual": None, "hint": hint,
         "text": f"{each.text} From the corpus of the music21 package; reading takes {each.minutes:g} min or so."})
        for each in COLLECTIONS]


def summary(card: dict[str, Any]) -> SetSummary:
    """Of a kept set's card."""
    return SetSummary(**_line(card))


def report(name: str, data: Path) -> SetReport:
    """The whole report of a kept set."""
    card = card_of(name, data)
    given = card["sources"]
    return SetReport(
        **_line(card), seed=card["seed"], files=given["files"], moved=card["moved"],
        near_duplicates=card["near_duplicates"], leak=[LeakRow(**row) for row in card["leak"]],
        failed=[LeftOut(name=row["file"], message=row["message"]) for row in given["failed"][:SHOWN]],
        set_aside=[LeftOut(name=row["title"], message=row["message"]) for row in card["set_aside"][:SHOWN]],
        duplicates=[LeftOut(name=row["piece"], message=f"Repeats {row['repeats']}.")
                    for row in card["duplicates"][:SHOWN]],
        other_files=given["other_files"]["count"],
        pieces=[_facts(index, row) for index, row in enumerate(card["pieces"][:SHOWN])])


def piece(name: str, index: int, data: Path) -> SetPiece:
    """One piece of a kept set."""
    card = card_of(name, data)
    if not 0 <= index < len(card["pieces"]):
        raise NotFound(f"This set has no piece {index}.", f"It has {len(card['pieces'])}, counted from 0.")
    found = _opened(name, card["sha256"], data)
    return SetPiece(facts=_facts(index, card["pieces"][index]), composition=composition_of(found.pieces[index]))


def card_of(name: str, data: Path) -> dict[str, Any]:
    """A kept set's card by its name."""
    for folder, card in kept_cards(data):
        if folder.name == name:
            return card
    raise NotFound(f"There is no training set called {name[:64]}.", "Look at the list of training sets.")


def making_view(making: Making) -> MakingView:
    return MakingView(id=making.id, name=making.name, state=making.state, text=making.text, message=making.message,
                      hint=making.hint, began_at=making.began_at)


@lru_cache(maxsize=2)
def _opened(name: str, _sha256: str, data: Path) -> TrainingSet:
    return open_set(name, data)


def _line(card: dict[str, Any]) -> dict[str, Any]:
    return {"name": card["name"], "source": card["sources"]["name"], "sha256": card["sha256"],
            "licence": card["licence"], "counts": card["counts"], "warnings": card["warnings"]}


def _facts(index: int, row: dict[str, Any]) -> PieceFacts:
    names = ("title", "metre", "bpm", "key", "key_is_estimated", "is_four_part", "split", "notes", "moved")
    return PieceFacts(index=index, **{name: row[name] for name in names})
