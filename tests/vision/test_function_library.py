"""Functions that are kept: every save is a version of its own, none is lost, and three ways lead to them."""

from __future__ import annotations

import hashlib
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.server.conftest import BASE, TestClient
from trivium import vision
from trivium.cli import main
from trivium.errors import BadConfig, BadFile, NameTaken, NotFound
from trivium.server.app import create_app
from trivium.settings import Settings
from trivium.vision import STUDIO
from trivium.vision.functions import library

ONE, TWO, THREE = "print(1)\n", "print(2)\n", "print(3)\n"


def sha(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()[:12]


def test_each_save_that_changes_something_is_a_version_and_none_is_lost(tmp_path: Path) -> None:
    for code in (ONE, ONE, TWO, "print(3)\r\n"):
        kept = library.save_function(tmp_path, "My first", code)
    assert [(row.number, row.version) for row in kept.versions] == [(3, sha(THREE)), (2, sha(TWO)), (1, sha(ONE))]
    assert kept.code == THREE and kept.version == sha(THREE)
    assert library.load_function(tmp_path, "my FIRST", "2").code == TWO
    assert library.load_function(tmp_path, "My first", sha(ONE)[:6]).code == ONE
    back = library.restore_function(tmp_path, "My first", "1")
    assert back.code == ONE and [row.number for row in back.versions] == [4, 3, 2, 1]
    assert back.versions[0].note == "back to 1" and library.load_function(tmp_path, "My first", "3").code == THREE
    stored = {path.name for path in (tmp_path / "vision" / "functions" / "My first").glob("*.py")}
    assert stored == {f"{sha(code)}.py" for code in (ONE, TWO, THREE)}  # the same content lies there once
    listed = library.list_functions(tmp_path)
    assert [each.source for each in listed] == ["example"] * 4 + ["saved"] and listed[-1].code == ONE
    library.delete_function(tmp_path, "My first")
    with pytest.raises(NotFound):
        library.load_function(tmp_path, "My first")


@pytest.mark.parametrize(("name", "code", "error", "words"), [
    ("../out", ONE, BadConfig, "can't be the name"),
    ("ends with.", ONE, BadConfig, "can't be the name"),
    ("KEPT", TWO, NameTaken, "already a function called 'kept'"),
    ("kept", "  \n", BadFile, "empty"),
    ("kept", "x" * 200_001, BadFile, "larger than 200 kB"),
    ("kept", "'\ud800'", BadFile, "characters that are none"),
])
def test_what_is_refused_changes_nothing(tmp_path: Path, name: str, code: str, error: type[Exception],
                                         words: str) -> None:
    library.save_function(tmp_path, "kept", ONE)
    with pytest.raises(error, match=words):
        library.save_function(tmp_path, name, code)
    assert [each.code for each in library.list_functions(tmp_path)[4:]] == [ONE]


def test_a_version_that_was_changed_from_outside_is_not_taken_for_it(tmp_path: Path) -> None:
    kept = library.save_function(tmp_path, "kept", ONE)
    library.save_function(tmp_path, "other", TWO)
    (tmp_path / "vision" / "functions" / "kept" / f"{kept.version}.py").write_text(TWO)
    with pytest.raises(BadFile, match="version 1, was changed from outside"):
        library.load_function(tmp_path, "kept")
    assert [each.id for each in library.list_functions(tmp_path)[4:]] == ["other"]  # it hides no other
    for wrong in ("3", "beef", "abcdef"):
        with pytest.raises(NotFound, match="has no version"):
            library.load_function(tmp_path, "other", wrong)


def test_savers_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    codes = [f"print({k})\n" for k in range(8)]
    threads = [threading.Thread(target=library.save_function, args=(tmp_path, "kept", code)) for code in codes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = library.load_function(tmp_path, "kept")
    assert sorted(row.version for row in kept.versions) == sorted(map(sha, codes))
    assert [row.number for row in kept.versions] == list(range(8, 0, -1))


def test_who_saves_over_another_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    first = library.save_function(tmp_path, "kept", ONE, seen="")
    with pytest.raises(NameTaken, match="already a function called 'kept'"):
        library.save_function(tmp_path, "kept", TWO, seen="")
    theirs = library.save_function(tmp_path, "kept", TWO, seen=first.version)
    with pytest.raises(library.SavedMeanwhile, match="version 2 of 'kept' meanwhile"):
        library.save_function(tmp_path, "kept", THREE, seen=first.version)
    assert library.load_function(tmp_path, "kept").versions == theirs.versions
    assert library.save_function(tmp_path, "kept", TWO, seen=first.version).version == sha(TWO)  # the same, no quarrel
    assert library.save_function(tmp_path, "kept", THREE, seen=theirs.version).version == sha(THREE)
    library.delete_function(tmp_path, "kept")
    assert library.save_function(tmp_path, "kept", TWO, seen=sha(THREE)).versions[0].number == 1


def asked(folder: Path, *words: str) -> Any:
    done = CliRunner().invoke(main, ["--data", str(folder), "vision", "function", *words, "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_pages_commands_and_python_see_the_same(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(ONE)
    data = tmp_path / "data"
    asked(data, str(tmp_path / "mine.py"), "--save", "kept", "--note", "first")
    vision.save_function("kept", TWO, "second", data=data)
    app = create_app(Settings(data=data), (STUDIO,))
    with TestClient(app, base_url=BASE, headers={"Authorization": f"Bearer {app.state.access.token}"}) as pages:
        at = "/api/v1/vision/functions"
        assert pages.put(f"{at}/kept", json={"code": THREE, "note": "third"}).json()["versions"][0]["number"] == 3
        found = pages.get(f"{at}/kept").json()
        assert [row["note"] for row in found["versions"]] == ["third", "second", "first"] and found["code"] == THREE
        assert found == json.loads(json.dumps(vision.functions("kept", data=data))) == asked(data, "kept", "--show")
        assert pages.get(f"{at}/kept", params={"version": "1"}).json()["code"] == ONE
        assert asked(data, f"kept@{sha(TWO)}", "--show")["code"] == TWO
        assert pages.post(f"{at}/kept/restore", json={"version": "2"}).json()["code"] == TWO
        assert asked(data, "kept", "--restore", "1")["code"] == ONE
        assert vision.restore_function("kept", 3, data=data)["code"] == THREE
        assert pages.get(at).json() == asked(data)["functions"] == json.loads(json.dumps(vision.functions(data=data)))
        late = pages.put(f"{at}/kept", json={"code": ONE, "seen": sha(TWO)})
        assert (late.status_code, late.json()["code"]) == (409, "changed_meanwhile")
        assert pages.get(f"{at}/kept", params={"version": "9"}).json()["hint"].startswith("It has: 6 (")
        assert pages.delete(f"{at}/kept").status_code == 204
        assert pages.get(f"{at}/kept").status_code == pages.delete(f"{at}/kept").status_code == 404
