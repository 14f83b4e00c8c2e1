"""The functions and commands for runs of every studio: named alike, one doing what the other does."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.core import toy
from trivium import catalog, runs
from trivium.cli import main
from trivium.core import files, jobs
from trivium.core.runfolder import create_run
from trivium.errors import BadConfig, NameTaken, NotFound
from trivium.run_commands import runs as group

ROOT = Path(__file__).resolve().parents[1]
Make = Callable[..., Path]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The usual data folder, for this test."""
    monkeypatch.setenv("TRIVIUM_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(catalog, "STUDIOS", (*catalog.STUDIOS, toy.STUDIO))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # the toy studio's code lies in the tests
    return tmp_path / "data"


@pytest.fixture
def make(data: Path) -> Iterator[Make]:
    """make("name", steps=3) -> the folder of a queued toy run."""
    made: list[Path] = []

    def make(name: str = "toy", out: Path | None = None, seed: int = 1, **config: Any) -> Path:
        made.append(create_run(toy.STUDIO, "train", name, config, data=data, out=out, seed=seed))
        return made[-1]

    yield make
    for folder in made:
        if folder.exists():
            jobs.kill(folder)


def trivium(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["runs", *arguments])


def printed(*arguments: str) -> dict[str, Any]:
    done = trivium(*arguments, "--json")
    assert done.exit_code == 0, done.stderr
    value = json.loads(done.stdout)
    assert isinstance(value, dict)
    return value


def test_each_command_has_a_function_of_its_name() -> None:
    assert {name for name in group.commands if not callable(getattr(runs, name, None))} == set()


def test_a_renamed_run_is_found_by_its_new_name_and_keeps_its_spec(make: Make) -> None:
    folder = make("first")
    make("other")
    before = (folder / files.SPEC).read_bytes()
    assert runs.rename("first", " Better name ")["name"] == "Better name"
    assert (folder / files.SPEC).read_bytes() == before
    assert printed("show", "better name")["id"] == folder.name and runs.folder("Better name") == folder
    with pytest.raises(NotFound):
        runs.folder("first")
    assert printed("rename", folder.name, "BETTER NAME")["name"] == "BETTER NAME"  # its own name, written otherwise
    done = trivium("rename", folder.name, "Other")
    assert done.exit_code == 1 and "'Other 2'" in done.stderr
    with pytest.raises(NameTaken):
        runs.rename(folder, "other")
    assert runs.clone(folder)["name"] == "BETTER NAME 2"


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 101, "\x00"])
def test_names_that_are_none(make: Make, name: str) -> None:
    folder = make("kept")
    with pytest.raises(BadConfig, match="name of a run"):
        runs.rename(folder, name)
    assert runs.show(folder)["name"] == "kept"


def test_runs_side_by_side(make: Make, tmp_path: Path) -> None:
    folders = [make("short", steps=3), make("long", steps=5, seed=2, out=tmp_path / "elsewhere")]
    for folder in folders:
        jobs.start(folder)
        jobs.wait(folder, 60)
    short, long = (runs.show(folder)["id"] for folder in folders)
    found = runs.compare("short", str(tmp_path / "elsewhere"), "short")
    assert [run["name"] for run in found["runs"]] == ["short", "long"]
    assert found["settings"] == {"steps": {short: 3, long: 5}, "seed": {short: 1, long: 2}}
    assert [step for step, _ in found["metrics"][long]["loss"]] == [1, 2, 3, 4, 5]
    assert printed("compare", *map(str, folders)) == found
    assert runs.metrics(folders[0]) == found["metrics"][short]
    assert runs.metrics(folders[0], since_step=2)["loss"] == found["metrics"][short]["loss"][2:]
    table = trivium("compare", *map(str, folders)).stdout.splitlines()
    assert table[0].split() == ["short", "long"]
    assert next(row for row in table if row.startswith("steps ")).split() == ["steps", "3", "5"]
    for nothing in ([], [str(n) for n in range(13)]):
        with pytest.raises((BadConfig, NotFound)):
            runs.compare(*nothing)


def test_what_is_compared_is_what_the_page_shows(make: Make, data: Path) -> None:
    """Two ways to the same numbers: out of the file, and through the database."""
    from trivium.core.db import Database
    from trivium.core.index import RunIndex
    from trivium.core.intake import take_in
    from trivium.core.status import read_status

    folder = make("both", steps=4)
    jobs.start(folder)
    jobs.wait(folder, 60)
    lines = ['{"id": 900, "t": 0, "kind": "metric", "step": 9, "values": {"a": null, "b": 1.5}}',
             '{"id": 901, "t": 0, "kind": "metric", "step": 1e400, "values": {}}', "nonsense",
             '{"id": 902, "t": 0, "kind": "metric", "step": 9, "values": {"b": 2.5}}',
             '{"id": 903, "t": 0, "kind": "log", "level": "print", "step": 1, "message": "\\ud800"}']
    with (folder / files.EVENTS).open("a") as file:
        file.write("\n".join(lines) + "\n")
    db = Database.in_folder(data)
    db.migrate()
    index = RunIndex(db, data / "runs")
    index.add(folder)
    take_in(db, folder.name, read_status(folder))
    shown = {key: [list(point) for point in points] for key, points in index.metrics(folder.name).rows.items()}
    assert runs.compare(folder)["metrics"] == {folder.name: shown}
    assert [event["id"] for event in printed("events", "both", "--after", "899")["items"]] == [900, 902, 903]
    assert trivium("events", "both", "--kind", "log").stdout.splitlines()[-1].endswith('"message": "?"}')
    db.close()


def test_looking_on_neither_starts_nor_ends_a_run(make: Make) -> None:
    folder = make("watched", steps=40, pause_s=0.02)
    assert printed("watch", "watched")["state"] == "queued"
    jobs.start(folder)
    done = trivium("watch", "watched")
    assert done.exit_code == 0 and "watched: succeeded" in done.stdout and "step 40" in done.stderr


def test_the_files_of_a_run(make: Make) -> None:
    folder = make("kept")
    found = printed("files", "kept")
    assert {"spec.json", "status.json"} <= {row["path"] for row in found["files"]} and found["folder"] == str(folder)
    assert all((folder / row["path"]).stat().st_size == row["size"] for row in found["files"])


def test_a_runs_life_in_python(make: Make, tmp_path: Path) -> None:
    folder = make("life", steps=400, pause_s=0.01)
    assert runs.resume("life", wait=False)["state"] in ("starting", "running")
    while runs.show("life")["step"] < 3:
        time.sleep(0.02)
    assert runs.stop("life")["state"] == "stopped"
    assert runs.export("life", tmp_path / "life.zip")["bytes"] > 0
    clone = runs.clone({"run": str(folder)}, config={"steps": 2, "pause_s": 0.0}, out=tmp_path / "clone")
    assert runs.resume(clone)["state"] == "succeeded"
    assert [run["name"] for run in runs.list(studio="toy")] == ["life"] and runs.list(kind="evaluate") == []
    assert runs.delete("life")["deleted"] is True and not folder.exists()
