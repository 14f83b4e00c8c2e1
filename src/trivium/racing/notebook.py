"""The racing commands as plain functions, for notebooks and scripts: the same runs, made by the same code.

    import trivium.racing as racing
    result = racing.train(track="oval", reward="reward.py", max_minutes=2, out="run-a")
    racing.evaluate("run-a", trials=5)["completion_rate"]

The work is done in a confined process of its own, as ever; Ctrl-C, or the notebook's stop button, lets it save and end.
A run that fails raises RunFailed.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from trivium.core.assignment import merge
from trivium.core.files import read_file
from trivium.core.follow import follow
from trivium.core.jobs import find_run, status
from trivium.core.spec import read_spec
from trivium.core.studio import parse_config
from trivium.errors import BadFile, StudioError
from trivium.racing import STUDIO
from trivium.racing import reward_library as library
from trivium.racing.config import schemas
from trivium.racing.data import delete_track as forget_track
from trivium.racing.data import list_tracks, resolve, save_track
from trivium.racing.evaluate_report import read_report
from trivium.racing.rewards import examples
from trivium.racing.submit import new_name, submit_evaluation, submit_training, trained_track
from trivium.racing.track import Track
from trivium.settings import data_folder

Reward = str | Path | Callable[[dict[str, Any]], float]
METRICS = ("iteration", "completion/training", "completion/evaluation", "charts/sps")  # worth a look on the way


class RunFailed(StudioError):
    """A run that was waited for has failed; `result` is what there is of it."""

    code = "run_failed"

    def __init__(self, message: str, hint: str, result: dict[str, Any]) -> None:
        super().__init__(message, hint)
        self.result = result


def tracks(data: Path | str | None = None) -> list[Track]:
    """The gallery, easiest first, then the tracks imported into the data folder."""
    return list_tracks(data_folder(data))


def load_track(track: str | Path | Track, data: Path | str | None = None) -> Track:
    """A track by its id, or by the path of a .npy file."""
    return resolve(track, data_folder(data))


def import_track(file: str | Path, name: str | None = None, data: Path | str | None = None) -> Track:
    """Check a community .npy file and keep it in the data folder, under an id made from its name."""
    return save_track(data_folder(data), read_file(Path(file)), name or Path(file).stem)


def delete_track(track_id: str, data: Path | str | None = None) -> None:
    """Forget an imported track; runs keep their own copy."""
    forget_track(data_folder(data), track_id)


def rewards(data: Path | str | None = None) -> list[library.Reward]:
    """Our example reward functions, then the saved ones, the last saved first."""
    return library.list_rewards(data_folder(data))


def load_reward(name: str, version: int | None = None, data: Path | str | None = None) -> library.Reward:
    """A saved reward function, its newest version or a certain one; or an example."""
    return library.load_reward(data_folder(data), name, version)


def save_reward(name: str, reward: Reward, data: Path | str | None = None) -> library.Reward:
    """Save a reward function under a name; each save that changes it keeps the versions before."""
    return library.save_reward(data_folder(data), name, source(reward, data))


def delete_reward(name: str, data: Path | str | None = None) -> None:
    """Delete a saved reward function with all its versions; runs keep their own copy."""
    library.delete_reward(data_folder(data), name)


def settings() -> dict[str, Any]:
    """{"train": ..., "evaluate": ...}: JSON Schemas with each setting's default, range and what more and less do."""
    return schemas()


def validate(reward: Reward, track: str | Path | Track = "oval", data: Path | str | None = None) -> dict[str, Any]:
    """{"ok", "errors": [{line, message}], "warnings", "prints", "samples"} of a reward function, tried on a track."""
    from trivium.racing.reward_check import validate as check

    return check(source(reward, data), load_track(track, data))


def train(track: str | Path = "oval", reward: Reward | None = None, *, config: Mapping[str, Any] | None = None,
          seed: int = 1, name: str | None = None, out: Path | str | None = None, data: Path | str | None = None,
          **settings: Any) -> dict[str, Any]:
    """Train a car and wait for it: {"run", "status", "wall_s", "steps", "best"}.

    `reward` is a file, the name of a saved one, its text, or a function; left out, the default one. `settings` are
    fields of the training's configuration, such as max_minutes=2 or car={"network": "shallow"}; they win over `config`.
    """
    folder = data_folder(data)
    parsed: Any = parse_config(STUDIO.configs["train"], merge(config or {}, {"track": str(track), **settings}))
    code = examples()[0].code if reward is None else source(reward, folder)
    place = None if out is None else Path(out)
    called = new_name(folder, "train", name, f"{parsed.track} {seed}", place)
    return finished(submit_training(folder, called, parsed, code, seed, place))


def evaluate(run: str | Path | Mapping[str, Any], *, track: str | Path | None = None,
             config: Mapping[str, Any] | None = None, seed: int = 1, name: str | None = None,
             out: Path | str | None = None, data: Path | str | None = None, **settings: Any) -> dict[str, Any]:
    """Drive laps with a trained car: {"trials", "completion_rate", "interval", "best_lap_s", "median_lap_s", ...}.

    `run` is a training's folder, id or name, or what `train` returned. `settings` are fields such as trials=20.
    """
    folder = data_folder(data)
    training = find_run(folder, run)
    values: dict[str, Any] = merge({"track": trained_track(folder, training)}, merge(config or {}, settings))
    if track is not None:
        values["track"] = str(track)
    parsed: Any = parse_config(STUDIO.configs["evaluate"], values)
    return finished(submit_evaluation(folder, training, parsed, seed, name, None if out is None else Path(out)))


def finished(folder: Path) -> dict[str, Any]:
    """Follow a run to its end; its result, or RunFailed."""
    follow(folder, keys=METRICS)
    found = result(folder)
    if found["status"] == "failed":
        raise RunFailed(found["message"], status(folder).hint or "", found)
    return found


def result(folder: Path) -> dict[str, Any]:
    """What a run came to, as --json prints it."""
    now, spec = status(folder), read_spec(folder)
    report = read_report(folder) if spec.kind == "evaluate" else None
    return {"run": str(folder), "status": now.state, "wall_s": now.wall_s, "steps": now.step, "best": now.best,
            "reason": now.reason, "message": now.message, **(report or {})}


def source(reward: Reward, data: Path | str | None = None) -> str | bytes:
    """The code of a reward function: a file's bytes, a saved one's or an example's by its name, text as it is, or the
    lines that define a Python function.

    Of a function only its own lines travel: what it imports or remembers must stand inside it.
    """
    if isinstance(reward, str) and "\n" in reward:
        return reward
    if isinstance(reward, str | Path):
        return library.resolve_reward(reward, data_folder(data))
    try:
        lines = textwrap.dedent(inspect.getsource(reward))
    except (OSError, TypeError):
        raise BadFile("The lines of this reward function can't be found.", "Write it to a file, name that.") from None
    own_name = getattr(reward, "__name__", "reward_function")
    return lines if own_name == "reward_function" else f"{lines}\nreward_function = {own_name}\n"
