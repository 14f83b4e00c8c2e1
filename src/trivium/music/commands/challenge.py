"""`trivium music challenges ...` and `trivium music judge`: challenges, blind votes and the judge.

Like `trivium music compositions`, these write to the data folder's database themselves.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trivium.settings import Settings

if TYPE_CHECKING:
    from pydantic import BaseModel

    from trivium.music.challenges.judge_views import Judgement
    from trivium.music.challenges.views import Ballot, ChallengeView, EntryView, Results

JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
CHALLENGE = click.argument("challenge")


@click.group()
def challenges() -> None:
    """Challenges: open one, enter a composition, vote blind, see the results."""


def show(found: BaseModel, as_json: bool, text: str) -> None:
    click.echo(found.model_dump_json() if as_json else text)


@challenges.command("list")
@JSON
@click.pass_obj
def list_(settings: Settings, as_json: bool) -> None:
    """List the challenges, open ones first."""
    from trivium.music.kept import challenges_in

    rows = challenges_in(settings.data).list()
    if as_json:
        click.echo(json.dumps({"challenges": [row.model_dump(mode="json") for row in rows]}, ensure_ascii=False))
        return
    if not rows:
        click.echo("There are no challenges yet. Open one: trivium music challenges open candlelight-choir")
    for row in rows:
        state = "open" if row.is_open else "closed"
        click.echo(f"{row.id}  {row.title:<28} {row.kind:<9} {state:<7} {row.entries:>3} entries {row.votes:>4} votes")


@challenges.command()
@JSON
def themes(as_json: bool) -> None:
    """List the themes from which a challenge can be opened."""
    from trivium.music.challenges.themes import THEMES

    views = [theme.view() for theme in THEMES]
    if as_json:
        click.echo(json.dumps({"themes": [view.model_dump(mode="json") for view in views]}, ensure_ascii=False))
        return
    for view in views:
        click.echo(f"{view.id}: {view.title} ({view.kind})\n  {view.theme}\n  {' '.join(view.rule_texts)}")


@challenges.command("open")
@click.argument("theme", required=False)
@click.option("--title", help="A challenge of your own, in the place of a theme.")
@click.option("--text", default="", help="What its pieces should be about.")
@click.option("--advanced", is_flag=True, help="Only pieces with a step that a model of one's own has made.")
@click.option("--rule", "rules", multiple=True, metavar="KEY=VALUE", help="Such as --rule max_bars=16.")
@click.option("--no-judge", is_flag=True, help="Leave the judge out.")
@click.option("--no-samples", is_flag=True, help="Leave the sample pieces out.")
@click.option("--closes-at", type=float, help="Unix seconds at which it closes by itself.")
@JSON
@click.pass_obj
def open_(settings: Settings, theme: str | None, title: str | None, text: str, advanced: bool, rules: tuple[str, ...],
          no_judge: bool, no_samples: bool, closes_at: float | None, as_json: bool) -> None:
    """Open a challenge from a theme, or one of your own with --title."""
    from trivium.core.assignment import assigned
    from trivium.core.studio import parse_config
    from trivium.music.challenges.views import NewChallenge
    from trivium.music.kept import challenges_in

    new = parse_config("trivium.music.challenges.views:NewChallenge", {
        "template": theme, "title": title, "theme": text, "kind": "advanced" if advanced else "basic",
        "rules": assigned(rules), "judged": not no_judge, "samples": not no_samples, "closes_at": closes_at})
    assert isinstance(new, NewChallenge)
    made = challenges_in(settings.data).create(new)
    show(made, as_json, f"{made.title} is open: {made.id}")


@challenges.command("show")
@CHALLENGE
@JSON
@click.pass_obj
def show_(settings: Settings, challenge: str, as_json: bool) -> None:
    """Show one challenge: its theme, rules and your entries."""
    from trivium.music.kept import challenges_in

    found = challenges_in(settings.data).get(challenge)
    show(found, as_json, described(found))


@challenges.command("close")
@CHALLENGE
@JSON
@click.pass_obj
def close_(settings: Settings, challenge: str, as_json: bool) -> None:
    """Close a challenge for good."""
    from trivium.music.kept import challenges_in

    found = challenges_in(settings.data).close(challenge)
    show(found, as_json, f"{found.title} is closed.")


@challenges.command("delete")
@CHALLENGE
@JSON
@click.pass_obj
def delete_(settings: Settings, challenge: str, as_json: bool) -> None:
    """Delete a challenge with its entries and votes; the compositions stay."""
    from trivium.music.kept import challenges_in

    challenges_in(settings.data).delete(challenge)
    click.echo(json.dumps({"deleted": challenge}) if as_json else f"Deleted {challenge}.")


@challenges.command()
@CHALLENGE
@click.argument("composition")
@JSON
@click.pass_obj
def submit(settings: Settings, challenge: str, composition: str, as_json: bool) -> None:
    """Enter a kept composition, by its id."""
    from trivium.music.kept import challenges_in

    entry = challenges_in(settings.data).submit(challenge, composition)
    show(entry, as_json, f"{entry.title} is entered: {entry.id}")


@challenges.command()
@CHALLENGE
@click.argument("entry")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path),
              help="The .mid, .musicxml, .zip or .json file to write.")
@JSON
@click.pass_obj
def entry(settings: Settings, challenge: str, entry: str, out: Path, as_json: bool) -> None:
    """Write an entry as a file: your own, or any that your results show."""
    from trivium.core.files import atomic_write
    from trivium.music.files.exporting import export, format_of
    from trivium.music.kept import challenges_in

    written = format_of(out.name)
    found = challenges_in(settings.data).entry(challenge, entry)
    atomic_write(out, export(found.piece, written).content)
    show(found, as_json, f"{out}: {found.title}, by {found.owner_name}")


@challenges.command()
@CHALLENGE
@click.argument("entry")
@JSON
@click.pass_obj
def withdraw(settings: Settings, challenge: str, entry: str, as_json: bool) -> None:
    """Withdraw an entry of yours."""
    from trivium.music.kept import challenges_in

    challenges_in(settings.data).withdraw(challenge, entry)
    click.echo(json.dumps({"withdrawn": entry}) if as_json else f"Withdrawn {entry}.")


@challenges.command()
@CHALLENGE
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="A folder for the two pieces, as MIDI.")
@JSON
@click.pass_obj
def ballot(settings: Settings, challenge: str, out: Path | None, as_json: bool) -> None:
    """The next two pieces to compare, without names; --out writes them as a.mid and b.mid."""
    from trivium.core.files import atomic_write
    from trivium.music.files.midi_write import write_midi
    from trivium.music.kept import voting_in

    found = voting_in(settings.data).ballot(challenge)
    if out is not None and found.pair is not None:
        out.mkdir(parents=True, exist_ok=True)
        atomic_write(out / "a.mid", write_midi(found.pair.a))
        atomic_write(out / "b.mid", write_midi(found.pair.b))
    show(found, as_json, standing(found))


@challenges.command()
@CHALLENGE
@click.argument("pair")
@click.argument("choice", type=click.Choice(["a", "b", "skip"]))
@JSON
@click.pass_obj
def vote(settings: Settings, challenge: str, pair: str, choice: Any, as_json: bool) -> None:
    """Say which of a ballot's two pieces you like better: a, b or skip."""
    from trivium.music.kept import voting_in

    found = voting_in(settings.data).vote(challenge, pair, choice)
    show(found, as_json, standing(found))


@challenges.command()
@CHALLENGE
@JSON
@click.pass_obj
def finish(settings: Settings, challenge: str, as_json: bool) -> None:
    """Be done with voting on what is entered so far, and see the results."""
    from trivium.music.kept import voting_in

    found = voting_in(settings.data).finish(challenge)
    show(found, as_json, table(found))


@challenges.command()
@CHALLENGE
@JSON
@click.pass_obj
def results(settings: Settings, challenge: str, as_json: bool) -> None:
    """The ranking, once you have voted or the challenge is closed."""
    from trivium.music.kept import voting_in

    found = voting_in(settings.data).results(challenge)
    show(found, as_json, table(found))


@click.command("judge")
@click.argument("source")
@JSON
@click.pass_obj
def judge(settings: Settings, source: str, as_json: bool) -> None:
    """How near a composition (its id), a sample melody (its name) or a file of notes is to Bach's chorales."""
    from trivium.music.challenges.judging import judge as judged
    from trivium.music.kept import piece_from

    found = judged(piece_from(settings.data, source)[0])
    show(found, as_json, spoken(found))


def described(found: ChallengeView) -> str:
    """A challenge for people."""
    state = "open" if found.is_open else "closed"
    rows = [f"{found.title} ({found.kind}, {state})", found.theme, *(f"  - {rule}" for rule in found.rule_texts),
            f"{found.entries} entries ({found.samples} samples), {found.votes} votes. Yours:"]
    return "\n".join([*rows, *(f"  {own(entry)}" for entry in found.mine)])


def own(entry: EntryView) -> str:
    """An entry in a line."""
    score = f", judge {entry.judgement.score:.0f} of 100" if entry.judgement else ""
    return f"{entry.id}  {entry.title}, {entry.bars} bars, {entry.notes} notes{score}"


def standing(found: Ballot) -> str:
    """Where a voter stands."""
    if found.pair is None:
        return "No pair is left. See the results: trivium music challenges finish ID" if found.can_finish else \
            "There is nothing to vote on yet; enter a piece."
    more = f"{found.needed} more to see the results" if found.needed else "enough to see the results"
    return f"Next pair: {found.pair.pair}. {found.cast} answered, {found.left} left, {more}."


def table(found: Results) -> str:
    """The ranking for people."""
    rows = [f"{row.rank:>3}. {row.entry.title:<32} {row.entry.owner_name:<12} liked better than a middling piece with "
            f"{100 * row.chance:.0f} % ({100 * row.interval[0]:.0f} to {100 * row.interval[1]:.0f}), "
            f"{row.wins} won, {row.losses} lost" for row in found.entries]
    return "\n".join([*rows, found.says])


def spoken(found: Judgement) -> str:
    """A judgement for people."""
    rows = [f"{found.score:.0f} of 100, compared with {found.style}"]
    rows += [f"  {part.title:<22} {part.score:>4.0f}  {part.says}" for part in found.parts]
    return "\n".join([*rows, *(f"  {remark}" for remark in found.remarks),
                      *(f"  Mind: {caveat}" for caveat in found.caveats)])
