"""Who votes and enters pieces. In personal mode there is one person; accounts of a classroom take this place later."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Voter:
    """A person. `is_alone`: nobody else can vote here, so own pieces are voted on too, or there would be nothing."""

    id: str
    name: str
    is_alone: bool


ME = Voter("me", "You", is_alone=True)
