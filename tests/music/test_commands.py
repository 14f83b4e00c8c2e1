"""The music commands and functions: exit codes, one JSON object on standard output, files that read back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import trivium.music as music
from trivium.cli import main
from trivium.errors import StudioError

Trivium = Callable[..., Result]


@pytest.fixture
def trivium(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trivium:
    """trivium("music", ...) in an empty folder, in this process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRIVIUM_DATA", str(tmp_path / "data"))
    return lambda *arguments: CliRunner().invoke(main, ["music", *arguments])


def test_a_melody_goes_through_files_and_the_studio(trivium: Trivium, tmp_path: Path) -> None:
    listed = json.loads(trivium("tunes", "--json").stdout)["tunes"]
    assert len(listed) >= 10 and "composition" not in listed[0]
    done = trivium("export", "twinkle", "--out", "t.mid", "--json")
    assert done.exit_code == 0 and json.loads(done.stdout) == {"out": "t.mid", "format": "midi", "notes": 42}
    looked = json.loads(trivium("import", "t.mid", "--look", "--json").stdout)
    assert looked["tracks"][0]["notes"] == 42 and looked["bars"] == 12
    kept = json.loads(trivium("import", "t.mid", "--bars", "1-2", "--name", "Star", "--json").stdout)
    assert kept["notes"] == 7 and kept["title"] == "Star"
    rows = json.loads(trivium("compositions", "--json").stdout)["compositions"]
    assert [(row["id"], row["title"], row["settings"]["last_bar"]) for row in rows] == [(kept["id"], "Star", 2)]
    assert trivium("compositions", "--rename", kept["id"], "Stern").exit_code == 0
    assert trivium("export", kept["id"], "--out", "star.zip").exit_code == 0
    again = music.load(tmp_path / "star.zip")
    assert again.title == "Stern" and again.note_count == 7
    measured = json.loads(trivium("measure", "star.zip", "--json").stdout)
    assert measured["pitches_used"] == 3 and measured["drum_pattern_rate"] is None
    assert measured == music.measures(again)
    assert trivium("compositions", "--delete", kept["id"]).exit_code == 0
    assert trivium("compositions").stdout == ""


def test_import_can_write_another_file_straight_away(trivium: Trivium, tmp_path: Path) -> None:
    trivium("export", "ode-to-joy", "--out", "ode.musicxml")
    done = trivium("import", "ode.musicxml", "--strength", "1", "--grid", "1/8", "--out", "ode.mid", "--json")
    assert done.exit_code == 0, done.output
    assert music.load("ode.mid").parts[0].notes == music.tunes()["ode-to-joy"].parts[0].notes


@pytest.mark.parametrize(("arguments", "words"), [
    (["export", "nothing", "--out", "x.mid"], "no composition"),
    (["export", "twinkle", "--out", "x.mp3"], "which format"),
    (["import", "nothing.mid"], "can't be read"),
    (["import", "poem.txt"], "not a file of notes"),
    (["import", "t.mid", "--tracks", "x"], "whole number"),
    (["import", "t.mid", "--bars", "9-3"], "no bars"),
    (["compositions", "--delete", "x"], "no such composition"),
])
def test_what_is_wrong_is_said(trivium: Trivium, tmp_path: Path, arguments: list[str], words: str) -> None:
    (tmp_path / "poem.txt").write_text("Es war, als hätt der Himmel")
    trivium("export", "twinkle", "--out", "t.mid")
    done = trivium(*arguments)
    assert done.exit_code == 1 and words in done.output
    assert not (tmp_path / "x.mid").exists() and not (tmp_path / "x.mp3").exists()


def test_python_has_the_same_functions(tmp_path: Path) -> None:
    piece = music.load("twinkle")
    path = music.export(piece, tmp_path / "t.json")
    assert music.look(path).tracks[0].notes == 42
    assert music.load(path, first_bar=1, last_bar=1).note_count == 4
    with pytest.raises(StudioError):
        music.load(tmp_path / "none.mid")
