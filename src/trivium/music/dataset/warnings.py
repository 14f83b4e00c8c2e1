"""What somebody should know of a training set before a model learns from it, in plain words."""

from __future__ import annotations

from typing import Any

TINY, SMALL, MODEST = 20, 100, 300  # pieces to learn from
FEW_HELD_OUT = 5
FREELY_PLAYED = 0.1  # share of notes off the grid
LEAK_FACTOR, LEAK_SHARE = 4.0, 0.05  # two-bar windows: so many times Bach's own share, and at least this share
TWO_BARS = 32


def find_warnings(card: dict[str, Any]) -> list[str]:
    """The warnings, most serious first."""
    found = [about_size(card["counts"]), about_leak(card), about_held_out(card["counts"]), about_grid(card),
             about_voices(card["counts"]), about_files(card)]
    return [text for text in found if text]


def about_size(counts: dict[str, Any]) -> str:
    """Few pieces are learned by heart: nobody should wonder that the outputs sound alike."""
    total, train = counts["all"]["pieces"], counts["train"]["pieces"]
    if total < TINY:
        return (f"{total} pieces: a model will learn these {train} training pieces by heart and play them back. Good "
                "for trying things out, not for new music.")
    if total < SMALL:
        return (f"{total} pieces: a model will copy. What it makes will be pasted together from the {train} it has "
                "learned from, and sound much alike; several hundred pieces make the difference.")
    if total < MODEST:
        return (f"{total} pieces are a small set: expect passages that are taken over, and compare the copy rate of "
                "what the model makes with the floor in this report.")
    return ""


def about_leak(card: dict[str, Any]) -> str:
    """Held-out pieces that stand in train make every score too good."""
    row = next(row for row in card["leak"] if row["steps"] == TWO_BARS)
    for name in ("test", "valid"):
        share, floor = row[name], row[f"bach_{name}"]
        if share is not None and share > max(LEAK_SHARE, floor * LEAK_FACTOR):
            return (f"{share:.0%} of the two-bar passages of the {name} pieces also stand in training pieces (Bach's "
                    f"chorales: {floor:.1%}), so scores on them will flatter the model. Look for arrangements of the "
                    "same tune, or a style that repeats itself.")
    return ""


def about_held_out(counts: dict[str, Any]) -> str:
    """A score from two pieces is hardly one."""
    valid, test = counts["valid"]["pieces"], counts["test"]["pieces"]
    if min(valid, test) < FEW_HELD_OUT:
        return (f"Only {valid} {'piece is' if valid == 1 else 'pieces are'} held out to check with and {test} to test "
                "with, so scores will swing widely from seed to seed.")
    return ""


def about_grid(card: dict[str, Any]) -> str:
    """Triplets, swing and free playing do not fit sixteenths."""
    if card["moved"] <= FREELY_PLAYED:
        return ""
    bad = sum(piece["moved"] > FREELY_PLAYED for piece in card["pieces"])
    return (f"{card['moved']:.0%} of the notes moved by more than a 64th to reach the grid of sixteenths ({bad} of "
            f"{len(card['pieces'])} pieces): triplets, swing or free playing is lost there.")


def about_voices(counts: dict[str, Any]) -> str:
    """The Transformer learns from four voices, or from tunes where nothing has four voices."""
    four, tunes, total = (counts["all"][name] for name in ("four_part", "tunes", "pieces"))
    if total in (four, tunes):
        return ""
    if four:
        return (f"{four} of {total} pieces have four separate voices; the Transformer learns from such pieces only, "
                "AR-CNN and GAN from all.")
    some = f"and {tunes} of {total} are tunes of one voice" if tunes else "and none is a tune of one voice"
    return (f"No piece has four separate voices, {some}; the Transformer learns from such pieces only, the AR-CNN "
            "from all.")


def about_files(card: dict[str, Any]) -> str:
    """Nobody should think that everything was taken."""
    failed, aside = len(card["sources"].get("failed", [])), len(card["set_aside"])
    parts = [f"{failed} {'file' if failed == 1 else 'files'} could not be read" if failed else "",
             f"{aside} {'piece was' if aside == 1 else 'pieces were'} set aside" if aside else ""]
    told = " and ".join(part for part in parts if part)
    return f"{told}; the report says why." if told else ""
