"""What a piece must keep to in a challenge, said as sentences and checked before it is entered."""

from __future__ import annotations

from collections.abc import Sequence

from trivium.errors import StudioError
from trivium.music.bars import bar_count, duration_s
from trivium.music.challenges.views import EntryStep, Kind, Rules
from trivium.music.notes import Composition


class AgainstTheRules(StudioError):
    """The piece cannot take part as it is."""

    status = 422
    code = "against_the_rules"


def rule_texts(kind: Kind, rules: Rules) -> list[str]:
    """The rules, a sentence each."""
    texts = ["Any technique, or none." if kind == "basic" else
             "At least one step must be made with a model that you trained."]
    if rules.begins_with_tune:
        texts.append("Begins with one of the sample melodies.")
    for limit, text in ((rules.min_bars, "At least {} bars."), (rules.max_bars, "At most {} bars."),
                        (rules.max_duration_s, "At most {:g} seconds."), (rules.max_notes, "At most {} notes.")):
        if limit is not None:
            texts.append(text.format(limit))
    texts.append("One entry each." if rules.entries_each == 1 else f"Up to {rules.entries_each} entries each.")
    return texts


def check_entry(kind: str, rules: Rules, piece: Composition, steps: Sequence[EntryStep]) -> None:
    """Refuse a piece that breaks a rule, with the first that it breaks."""
    check_piece(rules, piece)
    if rules.begins_with_tune and steps[0].technique != "tune":
        raise AgainstTheRules("This challenge begins with a sample melody, and this piece does not.",
                              "Open a sample melody, make something of it, and enter that.")
    if kind == "advanced" and not any(step.training for step in steps):
        raise AgainstTheRules("No step of this piece was made with a model that you trained.",
                              "Train a model, make a step with it and keep that, or enter a basic challenge.")


def check_piece(rules: Rules, piece: Composition) -> None:
    """Refuse a piece that is too long, too short or too full."""
    bars, seconds, notes = bar_count(piece.metres, piece.end), duration_s(piece), piece.note_count
    if notes == 0:
        raise AgainstTheRules("This piece has no notes yet.", "Write some, then enter it.")
    for broken, text, hint in (
            (bars < (rules.min_bars or 0), f"It has {counted(bars, 'bar')}; this challenge asks for {rules.min_bars}.",
             "Make it longer."),
            (bars > (rules.max_bars or bars), f"It has {counted(bars, 'bar')}; this challenge allows {rules.max_bars}.",
             "Cut it, keep that as a step, and enter it."),
            (seconds > (rules.max_duration_s or seconds),
             f"It sounds for {seconds:.0f} seconds; this challenge allows {rules.max_duration_s or 0:g}.",
             "Cut it or make it faster."),
            (notes > (rules.max_notes or notes),
             f"It has {counted(notes, 'note')}; this challenge allows {rules.max_notes}.", "Take some away.")):
        if broken:
            raise AgainstTheRules(text, hint)


def counted(count: int, what: str) -> str:
    """Such as "1 bar" and "4 bars"."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
