"""Saved reward functions: files that the pages, the command line and Python share."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from trivium import racing
from trivium.cli import main
from trivium.core.db import Database
from trivium.errors import BadFile, NameTaken, NotFound, StudioError, UserCodeError
from trivium.racing import reward_library as library
from trivium.racing.rewards import examples

CODE = "def reward_function(params):\n    return params['speed']\n"
BETTER = CODE + "# better\n"


def printed(data: Path, *arguments: str) -> dict[str, Any]:
    done = CliRunner().invoke(main, ["--data", str(data), "racing", "rewards", *arguments, "--json"])
    assert done.exit_code == 0, done.stderr
    value = json.loads(done.stdout)
    assert isinstance(value, dict)
    return value


def test_each_save_that_changes_something_is_a_version(tmp_path: Path) -> None:
    assert [library.save_reward(tmp_path, "My first", code).version for code in (CODE, CODE, BETTER)] == [1, 1, 2]
    assert (tmp_path / "rewards" / "My first" / "2.py").read_text() == BETTER
    assert library.load_reward(tmp_path, "my first").code == BETTER
    assert library.load_reward(tmp_path, "My first", 1).code == CODE
    with pytest.raises(NotFound, match="no version 3"):
        library.load_reward(tmp_path, "My first", 3)
    library.delete_reward(tmp_path, "My first")
    with pytest.raises(NotFound):
        library.delete_reward(tmp_path, "My first")
    assert [path.name for path in (tmp_path / "rewards").iterdir()] == [".lock"]


def test_the_command_and_python_see_the_same(tmp_path: Path) -> None:
    file = tmp_path / "file.py"
    file.write_text(CODE)
    assert printed(tmp_path, "--save", str(file), "--name", "mine")["version"] == 1
    assert racing.save_reward("mine", BETTER, data=tmp_path).version == 2
    assert printed(tmp_path, "mine")["code"] == racing.load_reward("mine", data=tmp_path).code == BETTER
    assert printed(tmp_path, "mine", "--version", "1")["code"] == CODE
    ids = [each.id for each in racing.rewards(tmp_path)]
    assert ids == [each["id"] for each in printed(tmp_path)["rewards"]] == [*(e.id for e in examples()), "mine"]
    done = CliRunner().invoke(main, ["--data", str(tmp_path), "racing", "rewards", "mine"])
    assert done.stdout == BETTER
    assert printed(tmp_path, "--delete", "mine") == {"deleted": "mine"}
    assert len(racing.rewards(tmp_path)) == len(examples())
    for name in ("delete_reward", "save_reward"):
        assert callable(getattr(racing, name))


def test_a_function_is_named_wherever_a_file_could_be(tmp_path: Path) -> None:
    library.save_reward(tmp_path, "mine", CODE)
    assert library.resolve_reward("mine", tmp_path) == CODE
    assert library.resolve_reward("fast_laps", tmp_path) == next(e.code for e in examples() if e.id == "fast_laps")
    done = CliRunner().invoke(main, ["--data", str(tmp_path), "racing", "validate", "mine", "--json"])
    assert json.loads(done.stdout)["ok"], done.stdout
    assert racing.validate("mine", data=tmp_path)["ok"]
    with pytest.raises(BadFile, match="nowhere"):
        library.resolve_reward("nowhere", tmp_path)


def test_one_spoilt_file_does_not_hide_the_others(tmp_path: Path) -> None:
    for name in ("good", "spoilt"):
        library.save_reward(tmp_path, name, CODE)
    (tmp_path / "rewards" / "spoilt" / "1.py").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "rewards" / "empty").mkdir()
    (tmp_path / "rewards" / "notes.txt").touch()
    assert [each.id for each in library.list_rewards(tmp_path) if each.source == "saved"] == ["good"]


@pytest.mark.parametrize("name", ["", ".hidden", "..", "a/b", "a\\b", "a\n", "a.", "a ", "x" * 65, " a", "\u00e4"])
def test_names_that_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadFile, match="name"):
        library.save_reward(tmp_path, name, CODE)
    assert not (tmp_path / "rewards").exists()


def test_what_is_no_text_and_a_name_written_otherwise_change_nothing(tmp_path: Path) -> None:
    library.save_reward(tmp_path, "Mine", CODE)
    with pytest.raises(UserCodeError):
        library.save_reward(tmp_path, "Mine", b"\xff")
    with pytest.raises(NameTaken, match="'Mine'"):
        library.save_reward(tmp_path, "mine", BETTER)
    with pytest.raises(NotFound):
        library.delete_reward(tmp_path, "mine")
    assert library.load_reward(tmp_path, "Mine").code == CODE


def test_many_at_once_lose_no_version(tmp_path: Path) -> None:
    code = ("import sys; from pathlib import Path; from trivium.racing import reward_library as library\n"
            "for n in range(8): library.save_reward(Path(sys.argv[1]), 'mine', f'# {sys.argv[2]} {n}')\n")
    others = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path), str(n)]) for n in range(2)]
    threads = [threading.Thread(target=lambda n=n: [library.save_reward(tmp_path, "mine", f"# {n} {k}")
                                                    for k in range(8)]) for n in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [other.wait(60) for other in others] == [0, 0]
    found = {path.read_text() for path in (tmp_path / "rewards" / "mine").glob("*.py")}
    assert len(found) == library.load_reward(tmp_path, "mine").version == 32


def test_a_lock_that_is_never_released_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "LOCK_PATIENCE_S", 0.05)
    with library.only_one(tmp_path), pytest.raises(StudioError, match="Another program"):
        library.save_reward(tmp_path, "mine", CODE)


def test_functions_saved_in_an_older_database_become_files(tmp_path: Path) -> None:
    """The table as version 0002 had it, written by hand, beside another that later versions add to."""
    old = sqlite3.connect(tmp_path / "trivium.db")
    old.executescript("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL);"
                      "INSERT INTO alembic_version VALUES ('0002');"
                      "CREATE TABLE rewards (name VARCHAR(100), version INTEGER, code TEXT, created_at FLOAT,"
                      " PRIMARY KEY (name, version));"
                      "CREATE TABLE compositions (id VARCHAR(64) PRIMARY KEY);")
    old.executemany("INSERT INTO rewards VALUES (?, ?, ?, ?)",
                    [("Mine", 1, CODE, 10.0), ("Mine", 2, BETTER, 30.0), ("mine", 1, "# small", 20.0),
                     ("dots..", 1, "# dots", 5.0)])
    old.commit()
    old.close()
    db = Database.in_folder(tmp_path)
    db.migrate()
    with db.engine.connect() as connection:
        tables = {row[0] for row in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")}
    db.close()
    assert "rewards" not in tables and list((tmp_path / "backups").glob("trivium-0002-*.db"))
    saved = [(each.id, each.version, each.code) for each in library.list_rewards(tmp_path) if each.source == "saved"]
    assert saved == [("Mine", 2, BETTER), ("mine 2", 1, "# small"), ("dots", 1, "# dots")]
    assert library.load_reward(tmp_path, "Mine", 1).code == CODE
