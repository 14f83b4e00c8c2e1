"""Trivium's own tracks, easiest first. Each is a card, corners (x, y, radius in m) and a width.

The start line lies halfway between the last corner and the first. All of it is our own design.
"""

from functools import cache

from trivium.racing.track import Track, TrackCard
from trivium.racing.tracks import design
from trivium.racing.tracks.design import Plan

PLANS: tuple[Plan, ...] = (
    Plan(
        TrackCard(
            "oval", "First Oval", 1,
            "The very first lap: keep turning the same way.",
            "Two straights and two wide bends, all to the left, on a broad road. Almost any reward that "
            "likes the middle of the road learns it quickly, so it is the place to try a new idea first.",
            "Two long left-hand bends of 1.2 m radius.",
        ),
        ((2.3, -1.25, 1.2), (2.3, 1.25, 1.2), (-2.3, 1.25, 1.2), (-2.3, -1.25, 1.2)),
        width_m=1.0, ease_m=0.2,
    ),
    Plan(
        TrackCard(
            "kidney", "Kidney Bay", 1,
            "The first bend to the other side.",
            "An oval that somebody leaned on: its far side is pressed in. A car that has only learned to "
            "turn left leaves the road there, so a policy must look at the picture before it steers.",
            "Four wide left-hand bends and one gentle right-hand one of 1.5 m radius.",
        ),
        ((3.2, -1.6, 1.3), (3.2, 1.9, 1.15), (0.1, 0.55, 1.5), (-3.2, 2.0, 1.25), (-3.2, -1.6, 1.3)),
        width_m=1.0, ease_m=0.2,
    ),
    Plan(
        TrackCard(
            "teardrop", "Teardrop", 2,
            "Slow down where it matters: fast sweep, one tight tip.",
            "A broad half-circle that can be taken at full speed narrows to a tip that cannot. It shows "
            "in one lap whether a reward has taught the car to brake.",
            "One right-hand sweep of 2.2 m radius, one right-hand tip of 0.75 m.",
        ),
        ((3.9, 2.3, 2.2), (3.9, -2.3, 2.2), (-0.6, -2.35, 2.6), (-4.3, -0.1, 0.75), (-0.6, 2.35, 2.6)),
        width_m=1.07, ease_m=0.2,
    ),
    Plan(
        TrackCard(
            "three-sisters", "Three Sisters", 2,
            "Three corners, three speeds.",
            "A bowed triangle whose corners look alike and are not: wide, tight, middling. The best line "
            "through one is the wrong line through the next.",
            "Three right-hand corners of 1.4 m, 0.7 m and 1.0 m radius, joined by slightly bent sides.",
        ),
        ((0.2, -2.35, 6.0), (-4.1, -1.7, 1.4), (-2.6, 1.4, 6.0), (-0.4, 3.8, 0.7), (2.4, 1.0, 6.0),
         (4.0, -1.9, 1.0)),
        width_m=0.95, ease_m=0.18,
    ),
    Plan(
        TrackCard(
            "hourglass", "Hourglass", 2,
            "Aim through a narrow place.",
            "Two round bays joined by two throats where the road shrinks to two thirds of its width. Zig- "
            "zagging that does no harm in the bays costs a wheel in the throats.",
            "Four wide left-hand bends; two gentle right-hand throats, narrow.",
        ),
        ((0.0, -0.85, 1.6), (3.2, -2.4, 1.2), (3.2, 2.4, 1.2), (0.0, 0.95, 1.6), (-3.0, 2.2, 1.1),
         (-3.0, -2.2, 1.1)),
        width_m=((0.045, 0.62), (0.092, 0.62), (0.2, 1.05), (0.45, 1.05), (0.555, 0.62), (0.602, 0.62),
                 (0.7, 1.05), (0.94, 1.05)),
        ease_m=0.2,
    ),
    Plan(
        TrackCard(
            "anvil", "Anvil Bend", 3,
            "A chicane: right, left, left, right.",
            "One long straight to gather speed, and opposite to it a chicane that forgives nobody who is "
            "still carrying it. Going straight on across the grass is short, and ends the lap.",
            "Four right-hand corners of 1.0 to 1.5 m radius and a four-part chicane of 0.8 to 0.9 m.",
        ),
        ((4.4, 1.8, 1.0), (4.4, -1.7, 1.3), (2.2, -1.7, 0.9), (1.0, -0.6, 0.8), (-0.9, -0.6, 0.8),
         (-2.1, -1.7, 0.9), (-4.3, -1.7, 1.3), (-4.3, 1.8, 1.5)),
        width_m=0.85,
    ),
    Plan(
        TrackCard(
            "clover", "Four-Leaf Clover", 3,
            "A rhythm: one leaf mastered is four leaves mastered.",
            "Four equal leaves. There is hardly a straight metre; the car swings from left to right and "
            "back all the way round, so steady steering earns more than speed.",
            "Eight left-hand bends of 1.2 m radius, four right-hand ones of 0.8 m.",
        ),
        ((1.71, -3.84, 1.2), (1.24, -1.24, 0.8), (3.84, -1.71, 1.2), (3.84, 1.71, 1.2), (1.24, 1.24, 0.8),
         (1.71, 3.84, 1.2), (-1.71, 3.84, 1.2), (-1.24, 1.24, 0.8), (-3.84, 1.71, 1.2), (-3.84, -1.71, 1.2),
         (-1.24, -1.24, 0.8), (-1.71, -3.84, 1.2)),
        width_m=0.85, ease_m=0.2,
    ),
    Plan(
        TrackCard(
            "serpent", "Sea Serpent", 3,
            "One S after another, then a long straight.",
            "The serpent's back rises out of the water three times. Each hump begins before the last one "
            "has ended, so the car must set itself up for the bend after this one.",
            "Ten bends of 0.8 to 0.9 m radius in alternating pairs, two wide ones at the ends of the "
            "straight.",
        ),
        ((5.4, -2.4, 1.3), (5.4, 1.9, 0.9), (3.5, 1.9, 0.8), (2.6, -0.5, 0.9), (0.9, -0.5, 0.9),
         (0.0, 2.0, 0.9), (-1.7, 2.0, 0.9), (-2.6, -0.5, 0.9), (-4.1, -0.5, 0.8), (-4.8, 1.6, 0.8),
         (-6.6, 1.6, 0.9), (-6.6, -2.4, 1.3)),
        width_m=0.8,
    ),
    Plan(
        TrackCard(
            "lighthouse", "Lighthouse Climb", 3,
            "A road from here to there, with no lap to repeat.",
            "A stage, not a circuit: from the harbour at the bottom up the hill to the lighthouse. The "
            "end is somewhere else than the start, so every bend comes once.",
            "Three hairpins of 0.7 to 0.75 m radius with fast legs between them, then one wide last bend.",
        ),
        ((-5.0, -3.0, 0.0), (3.4, -3.0, 0.75), (3.4, -1.4, 0.75), (-2.6, -1.0, 0.7), (-2.6, 0.5, 0.7),
         (2.4, 0.8, 0.7), (2.4, 2.3, 0.7), (-3.6, 2.6, 1.0), (-5.2, 4.6, 0.9), (-2.0, 5.2, 2.5),
         (2.5, 4.4, 0.0)),
        width_m=0.8, is_loop=False,
    ),
    Plan(
        TrackCard(
            "paperclip", "Paper Clip", 4,
            "Hairpins: brake, turn all the way round, go again.",
            "Four parallel straights bent out of one wire. The car never needs to steer for long, but "
            "each hairpin comes at the end of a straight and takes nearly all the steering it has.",
            "Three hairpins of 0.68 m radius, two to the left and one to the right, and two wide left- "
            "hand bends.",
        ),
        ((4.3, -2.1, 0.68), (4.3, -0.74, 0.68), (-1.6, -0.74, 0.68), (-1.6, 0.62, 0.68), (4.0, 0.62, 0.68),
         (4.0, 1.98, 0.68), (-4.3, 1.98, 1.5), (-4.3, -2.1, 1.5)),
        width_m=0.78,
    ),
    Plan(
        TrackCard(
            "harbour", "Harbour Streets", 4,
            "Narrow streets and square corners.",
            "Round the warehouses, past the dock, back along the quay. The road is narrow and the corners "
            "are those of a town; looking far ahead does not help, being precise does.",
            "Fourteen corners of 0.6 to 1.0 m radius to both sides, most of them square.",
        ),
        ((-2.6, -3.0, 0.7), (-2.6, -1.5, 0.7), (-4.8, -1.5, 0.65), (-4.8, 2.9, 0.65), (-2.9, 2.9, 0.65),
         (-2.0, 0.6, 0.7), (0.3, 0.6, 0.8), (1.1, 2.9, 0.7), (4.9, 2.9, 0.9), (4.9, 0.7, 0.65),
         (3.1, -0.3, 0.65),
         (3.1, -1.4, 0.62), (5.0, -1.7, 0.62), (4.0, -3.0, 1.0)),
        width_m=0.68, ease_m=0.12,
    ),
    Plan(
        TrackCard(
            "eagle-pass", "Eagle Pass", 5,
            "Endurance: switchbacks, a ridge and a fast valley.",
            "Up the wall of the valley in switchbacks, along the ridge, round the lake and home down the "
            "long straight. A policy that is right nine times in ten does not finish it.",
            "Four switchbacks of 0.75 m radius, an S along the ridge, a horseshoe round the lake.",
        ),
        ((-6.6, -4.0, 1.4), (-6.6, 3.6, 0.8), (-5.0, 3.6, 0.8), (-5.0, -2.2, 0.72), (-3.5, -2.2, 0.72),
         (-3.5, 3.6, 0.75), (-2.0, 3.6, 0.75), (-2.0, -2.1, 0.75), (-0.4, -2.1, 0.8), (0.6, 0.4, 1.6),
         (-0.2, 2.6, 1.2), (1.4, 4.2, 1.4), (6.4, 3.6, 1.3), (6.0, 0.6, 1.2), (3.2, 0.9, 0.7),
         (3.0, -0.9, 0.7),
         (6.6, -1.2, 1.0), (6.6, -4.0, 1.2)),
        width_m=0.75,
    ),
    Plan(
        TrackCard(
            "grand-trivium", "Grand Trivium", 5,
            "Everything at once, at racing speed.",
            "Three roads in one: a fast one along the bottom, a winding one over the hills, a twisting "
            "one between the woods. Whatever the other tracks teach is asked here in a single lap.",
            "Twenty corners: sweeps of 1.0 to 1.6 m radius, a chicane, two hairpins of 0.7 m.",
        ),
        ((6.9, -4.2, 1.0), (6.9, -2.0, 0.8), (3.6, -2.2, 0.7), (3.0, -0.4, 0.7), (6.9, 0.0, 1.1),
         (6.9, 4.4, 1.5),
         (2.8, 4.4, 1.0), (1.9, 1.6, 0.75), (0.3, 1.6, 0.75), (-0.6, 4.2, 0.9), (-2.2, 4.2, 0.8),
         (-2.6, 2.6, 0.8), (-4.2, 2.5, 0.8), (-4.6, 4.3, 0.8), (-7.0, 4.3, 0.8), (-7.0, 1.2, 0.7),
         (-1.4, 0.5, 0.68), (-1.4, -0.9, 0.68), (-6.8, -1.2, 0.8), (-6.8, -4.2, 1.6)),
        width_m=((0.0, 1.0), (0.08, 0.95), (0.14, 0.8), (0.85, 0.8), (0.93, 1.0)),
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
