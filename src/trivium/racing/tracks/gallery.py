"""Trivium's own tracks, easiest first: the only list. Each is a card, a few corners and a width."""

from functools import cache

from trivium.racing.track import Track, TrackCard
from trivium.racing.tracks import design
from trivium.racing.tracks.design import Plan

PLANS: tuple[Plan, ...] = (
    Plan(
        TrackCard(
            "oval", "First Oval", 1, "The very first lap: keep turning the same way.",
            "Two straights and two wide bends, all to the left, on a broad road. Almost any reward that likes the "
            "middle of the road learns it in seconds, so it is the place to try a new idea first.",
            "Two long left-hand bends of 1.2 m radius.",
        ),
        ((-2.3, -1.25, 1.2), (2.3, -1.25, 1.2), (2.3, 1.25, 1.2), (-2.3, 1.25, 1.2)),
        1.0, ease_m=0.2,
    ),
)


def ids() -> tuple[str, ...]:
    return tuple(plan.card.id for plan in PLANS)


def cards() -> tuple[TrackCard, ...]:
    return tuple(plan.card for plan in PLANS)


@cache
def build(track_id: str) -> Track:
    """The track of this id; the caller has checked that there is one."""
    return design.build(next(plan for plan in PLANS if plan.card.id == track_id))
