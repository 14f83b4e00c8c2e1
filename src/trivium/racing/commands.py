"""`trivium racing ...`: everything the racing pages can do, from the command line.

Results go to standard output (with --json one JSON object), progress to standard error.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trivium.core.assignment import assigned, merge
from trivium.core.config_file import read_config, read_json
from trivium.core.files import read_file
from trivium.settings import Settings

if TYPE_CHECKING:
    from trivium.racing.track import Track

SEED = click.IntRange(0, 2**31 - 1)


@click.group()
def racing() -> None:
    """Teach a car to drive itself from its camera."""


@racing.command()
@click.argument("track", required=False)
@click.option("--import", "import_file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.npy",
              help="Check a community track file and keep it.")
@click.option("--name", help="What to call the imported track.")
@click.option("--delete", "delete_id", metavar="ID", help="Delete an imported track.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def tracks(settings: Settings, track: str | None, import_file: Path | None, name: str | None, delete_id: str | None,
           as_json: bool) -> None:
    """List the tracks, show one, import or delete one."""
    from trivium.racing import data
    from trivium.racing.track import track_view

    if import_file is not None:
        made = data.save_track(settings.data, read_file(import_file), name or import_file.stem)
        show_track(made, as_json)
    elif delete_id is not None:
        data.delete_track(settings.data, delete_id)
        click.echo(json.dumps({"deleted": delete_id}) if as_json else f"Deleted {delete_id}.")
    elif track is not None:
        show_track(data.resolve(track, settings.data), as_json)
    else:
        views = [track_view(each) for each in data.list_tracks(settings.data)]
        if as_json:
            cards = [{key: value for key, value in view.items() if key != "outline"} for view in views]
            click.echo(json.dumps({"tracks": cards}))
            return
        for view in views:
            click.echo(f"{view['id']:<20} {view['length_m']:6.1f} m  {view['width_m']:.2f} m wide  "
                       f"difficulty {view['difficulty']}  {view['teaches']}")


def show_track(track: Track, as_json: bool) -> None:
    from trivium.racing.track import track_view

    if as_json:
        click.echo(json.dumps(track_view(track)))
        return
    click.echo(track.title)
    sections = track.card.sections(track) if track.card else ()
    for heading, text in sections:
        click.echo(f"  {heading}: {text}")
    for warning in track.warnings:
        click.echo(f"  Mind: {warning}")


@racing.command()
@click.argument("reward", required=False)
@click.option("--save", "save_file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.py",
              help="Save a reward function; what it was before is kept.")
@click.option("--name", help="What to call it; default: the file's name.")
@click.option("--version", type=click.IntRange(1), help="Show this version instead of the newest.")
@click.option("--delete", "delete_name", metavar="NAME", help="Delete a saved function with all its versions.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def rewards(settings: Settings, reward: str | None, save_file: Path | None, name: str | None, version: int | None,
            delete_name: str | None, as_json: bool) -> None:
    """List the examples and the saved reward functions; show, save or delete one."""
    from dataclasses import asdict

    from trivium.racing import reward_library as library

    if save_file is not None:
        saved = library.save_reward(settings.data, name or save_file.stem, read_file(save_file))
        click.echo(json.dumps(asdict(saved)) if as_json else f"Saved {saved.id}, version {saved.version}.")
    elif delete_name is not None:
        library.delete_reward(settings.data, delete_name)
        click.echo(json.dumps({"deleted": delete_name}) if as_json else f"Deleted {delete_name}.")
    elif reward is not None:
        found = library.load_reward(settings.data, reward, version)
        click.echo(json.dumps(asdict(found)) if as_json else found.code.rstrip("\n"))
    else:
        all_ = library.list_rewards(settings.data)
        if as_json:
            click.echo(json.dumps({"rewards": [asdict(each) for each in all_]}))
            return
        for each in all_:
            click.echo(f"{each.id:<24} {each.source:<8} {each.summary}")


@racing.command()
@click.argument("kind", type=click.Choice(["train", "evaluate"]), default="train")
@click.option("--json", "as_json", is_flag=True, help="JSON Schemas of both kinds on standard output.")
def settings(kind: str, as_json: bool) -> None:
    """List what --set can set, with defaults and ranges."""
    from trivium.core.studio import field_rows
    from trivium.racing import STUDIO
    from trivium.racing.config import schemas

    if as_json:
        click.echo(json.dumps(schemas()))
        return
    for name, default, title in field_rows(STUDIO.configs[kind]):
        click.echo(f"{name:<34} {default:<24} {title}")


@racing.command()
@click.argument("reward", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--track", default="oval", show_default=True, help="The track whose states are tried.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_context
def validate(ctx: click.Context, reward: Path, track: str, as_json: bool) -> None:
    """Check a reward function on real states of a track."""
    from trivium.racing.data import resolve
    from trivium.racing.reward_check import validate as check
    from trivium.racing.reward_library import resolve_reward

    settings: Settings = ctx.obj
    result = check(resolve_reward(reward, settings.data), resolve(track, settings.data))
    if as_json:
        click.echo(json.dumps(result))
    else:
        for kind in ("errors", "warnings"):
            for row in result[kind]:
                click.echo(f"{kind[:-1]}, line {row['line']}: {row['message']}")
        click.echo("The reward function works." if result["ok"] else "The reward function can't be used yet.")
    if not result["ok"]:
        ctx.exit(1)


@racing.command()
@click.option("--track", help="A track's id, or a community .npy file.")
@click.option("--reward", type=click.Path(dir_okay=False, path_type=Path),
              help="A Python file with reward_function, or the name of a saved one or an example.")
@click.option("--algorithm", help="ppo.")
@click.option("--metadata", type=click.Path(dir_okay=False, path_type=Path), help="A DeepRacer model_metadata.json.")
@click.option("--hyperparameters", type=click.Path(dir_okay=False, path_type=Path),
              help="A DeepRacer hyperparameters.json.")
@click.option("--config", "config_file", type=click.Path(dir_okay=False, path_type=Path), help="TOML or JSON.")
@click.option("--set", "sets", multiple=True, metavar="KEY=VALUE",
              help="Set any field, such as --set car.network=light.")
@click.option("--max-minutes", type=float, help="Stop after this many minutes.")
@click.option("--max-iterations", type=int, help="Stop after this many iterations.")
@click.option("--stop-at-completion", type=float, help="Stop when the car drives this share (%) of a lap by itself.")
@click.option("--seed", default=1, type=SEED, show_default=True, help="Same seed, same training.")
@click.option("--name", help="What to call the training.")
@click.option("--out", type=click.Path(path_type=Path), help="The run folder; default: one in the data folder.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_context
def train(ctx: click.Context, track: str | None, reward: Path | None, algorithm: str | None, metadata: Path | None,
          hyperparameters: Path | None, config_file: Path | None, sets: tuple[str, ...], max_minutes: float | None,
          max_iterations: int | None, stop_at_completion: float | None, seed: int, name: str | None, out: Path | None,
          as_json: bool) -> None:
    """Train a car."""
    from trivium.core.studio import parse_config
    from trivium.racing import STUDIO, contract
    from trivium.racing.reward_library import resolve_reward
    from trivium.racing.rewards import examples
    from trivium.racing.submit import new_name, submit_training

    values = read_config(config_file)
    if metadata is not None:
        values = merge(values, contract.from_metadata(read_json(metadata)))
    if hyperparameters is not None:
        values = merge(values, contract.from_hyperparameters(read_json(hyperparameters)))
    values = merge(values, given(track=track, algorithm=algorithm, max_minutes=max_minutes,
                                 max_iterations=max_iterations, stop_at_completion=stop_at_completion))
    values = assigned(sets, over=values)
    settings: Settings = ctx.obj
    config: Any = parse_config(STUDIO.configs["train"], values)
    code = resolve_reward(reward, settings.data) if reward else examples()[0].code
    called = new_name(settings.data, "train", name, f"{config.track} {seed}", out)
    finish(ctx, submit_training(settings.data, called, config, code, seed, folder=out), as_json)


@racing.command()
@click.argument("run")
@click.option("--track", help="The track to drive; default: the one it trained on.")
@click.option("--trials", type=int, help="How many laps are driven.")
@click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="Set any field of the evaluation.")
@click.option("--config", "config_file", type=click.Path(dir_okay=False, path_type=Path), help="TOML or JSON.")
@click.option("--seed", default=1, type=SEED, show_default=True, help="Same seed, same drives.")
@click.option("--out", type=click.Path(path_type=Path), help="The run folder; default: one in the data folder.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_context
def evaluate(ctx: click.Context, run: str, track: str | None, trials: int | None, sets: tuple[str, ...],
             config_file: Path | None, seed: int, out: Path | None, as_json: bool) -> None:
    """Drive laps against the clock with a trained car."""
    from trivium.core.jobs import find_run
    from trivium.core.studio import parse_config
    from trivium.racing import STUDIO
    from trivium.racing.submit import submit_evaluation, trained_track

    settings: Settings = ctx.obj
    folder = find_run(settings.data, run)
    values = {"track": trained_track(settings.data, folder), **read_config(config_file)}
    values = assigned(sets, over=merge(values, given(track=track, trials=trials)))
    config: Any = parse_config(STUDIO.configs["evaluate"], values)
    finish(ctx, submit_evaluation(settings.data, folder, config, seed, folder=out), as_json)


def finish(ctx: click.Context, folder: Path, as_json: bool) -> None:
    """Follow the run to its end, print its result, leave with its exit code."""
    from trivium.core.follow import follow
    from trivium.racing.evaluate_report import report_lines
    from trivium.racing.notebook import METRICS, result

    code = follow(folder, json_mode=as_json, keys=METRICS)
    found = result(folder)
    best = found["best"]
    if as_json:
        click.echo(json.dumps(found))
    elif "trials" in found:
        click.echo("\n".join(report_lines(found)))
    elif best is not None:
        click.echo(f"{folder}: {found['status']}; {best['metric']} {best['value']:.1f} at step {best['step']}")
    ctx.exit(code)


def given(**values: Any) -> dict[str, Any]:
    """Only what somebody set."""
    return {name: value for name, value in values.items() if value is not None}
