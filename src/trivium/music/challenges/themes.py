"""The challenges that anybody can open with one press, and the sample pieces that take part in them.

Samples are made by our own rules from fixed seeds: four voices by the rules of harmony, a plain tune, and notes thrown
by dice. A piece that people like no better than dice has something to learn, and a ranking without anything to compare
with says nothing.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

from trivium.errors import NotFound
from trivium.music.challenges.rules import AgainstTheRules, check_piece, rule_texts
from trivium.music.challenges.views import Kind, Rules, ThemeView
from trivium.music.notes import Composition, Part, Tempo


@dataclass(frozen=True)
class Theme:
    """A challenge to be opened."""

    id: str
    title: str
    theme: str
    kind: Kind = "basic"
    rules: Rules = field(default_factory=Rules)
    judged: bool = True

    def view(self) -> ThemeView:
        """As the pages show it."""
        return ThemeView(id=self.id, title=self.title, theme=self.theme, kind=self.kind, rules=self.rules,
                         rule_texts=rule_texts(self.kind, self.rules), judged=self.judged)


THEMES: tuple[Theme, ...] = (
    Theme("candlelight-choir", "Candlelight Choir",
          "Four calm voices, as a small choir might sing them in an old church. Let a melody of yours find its "
          "harmony.",
          rules=Rules(min_bars=4, max_bars=24)),
    Theme("tune-in-disguise", "A Tune in Disguise",
          "Take a melody that every child knows and dress it up until one has to listen twice to find it.",
          rules=Rules(begins_with_tune=True, max_bars=32), judged=False),
    Theme("home-grown", "Home-Grown Harmony",
          "Train a model on music that you chose, and let it have a hand in the piece. Any style, any length up to a "
          "minute and a half.", kind="advanced", rules=Rules(max_duration_s=90), judged=False),
    Theme("half-a-minute-of-weather", "Half a Minute of Weather",
          "Rain on a roof, wind in wires, a storm that changes its mind: thirty seconds of it, in notes.",
          rules=Rules(max_duration_s=30), judged=False),
    Theme("answer-to-bach", "An Answer to Bach",
          "Begin with any melody and end with something that could pass for one of his chorales. The judge counts how "
          "near it comes; people say whether it is music.", rules=Rules(min_bars=8, max_bars=32)),
)


def find_theme(theme_id: str) -> Theme:
    """The theme with that id."""
    for theme in THEMES:
        if theme.id == theme_id:
            return theme
    raise NotFound(f"There is no theme '{theme_id[:64]}'.", "List them with: trivium music challenges themes")


def sample_pieces(rules: Rules) -> list[Composition]:
    """The samples that keep to the rules."""
    kept = []
    for piece in (choir(), tune(), thrown()):
        with suppress(AgainstTheRules):
            check_piece(rules, piece)
            kept.append(piece)
    return kept


def choir() -> Composition:
    """Four voices by the rules of harmony, 8 bars."""
    from trivium.music.dataset.chorales import chorale
    from trivium.music.dataset.piece import composition_of

    return titled(composition_of(chorale(11, phrases=4)), "Four voices by rule", program=52)


def tune() -> Composition:
    """A plain melody, 16 bars."""
    from trivium.music.dataset.melodies import melody
    from trivium.music.dataset.piece import composition_of

    return titled(composition_of(melody(5)), "A plain tune", program=73)


def thrown() -> Composition:
    """Notes of dice, 8 bars."""
    from trivium.music.challenges.judge_style import dice

    piece = dice(7, notes=16, bars=8)
    return titled(piece.model_copy(update={"tempos": [Tempo(bpm=96)]}), "Thrown by dice")


def titled(piece: Composition, title: str, program: int = 0) -> Composition:
    """The piece under another title, played by another instrument."""
    parts = [Part(**{**dict(part), "program": program}) for part in piece.parts]
    return piece.model_copy(update={"title": title, "parts": parts})
