"""The Transformer in the package, and composing with it as a run: what the command, the pages and Python do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from tests.music.transformer_toy import UPBEAT, four_parts, tiny_model
from trivium import music
from trivium.core import files
from trivium.core.events import read_events
from trivium.core.run import Run
from trivium.errors import BadFile
from trivium.music import models
from trivium.music.commands.compose import compose as command
from trivium.music.compose_config import ComposeConfig
from trivium.music.composing import compose_run, step_of, submit_composing
from trivium.music.files.midi_write import write_midi
from trivium.music.notes import Composition
from trivium.music.transformer.models import FAMILY
from trivium.music.transformer.trained import opened
from trivium.music.voice_leading import parallels
from trivium.settings import Settings

PACKAGE_BYTES = 25_000_000  # all models of the music studio together
MAJOR = {0, 2, 4, 5, 7, 9, 11}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model that has learned nothing, in a folder."""
    found, folder = tiny_model(), tmp_path / "tiny"
    folder.mkdir()
    (folder / "weights.safetensors").write_bytes(found.weights)
    card = {**found.card, "files": {"weights.safetensors": files.sha256_bytes(found.weights)}}
    (folder / "model.json").write_text(json.dumps(card))
    return folder


def test_the_command_goes_on_where_a_file_ends(tmp_path: Path, model: Path) -> None:
    source, out, edits = tmp_path / "in.mid", tmp_path / "out.mid", tmp_path / "edits.json"
    source.write_bytes(write_midi(UPBEAT))
    arguments = ["--technique", "transformer", "--input", source, "--out", out, "--model", model, "--edits", edits,
                 "--set", "extension_s=4", "--set", "max_rest_s=0", "--seed", 3, "--json"]
    done = CliRunner().invoke(command, [str(each) for each in arguments], obj=Settings(tmp_path), standalone_mode=False)
    assert done.exception is None, done.output
    said = json.loads(done.stdout)
    assert {"out", "seed", "model", "wall_s", "added", "removed"} <= set(said)
    assert (said["seed"], said["model"], said["removed"], said["is_whole"]) == (3, "tiny", 0, True)
    before, after = music.load(source), music.load(out)
    assert after.note_count == before.note_count + said["added"]
    assert len(json.loads(edits.read_text())) == said["passages"]
    first = out.read_bytes()
    CliRunner().invoke(command, [str(each) for each in arguments], obj=Settings(tmp_path), standalone_mode=False)
    assert out.read_bytes() == first


def test_a_run_tells_its_passages_and_any_of_them_can_be_left_out(tmp_path: Path, model: Path) -> None:
    begin = four_parts()
    controls = {"mode": "regenerate", "parts": ["part-1", "part-3"], "max_rest_s": 0}
    config = ComposeConfig.model_validate({"technique": "transformer", "transformer": controls})
    folder = submit_composing(tmp_path, "step", config, begin, 3, str(model), {"composition": "abc"})
    compose_run(config, Run.open(folder))
    told = [event for event in read_events(folder / files.EVENTS) if event["kind"] == "sample"]
    assert len(told) > 8 and {event["name"] for event in told} == {"written"}
    step = step_of(folder)
    assert (step.technique, step.seed, step.model, step.source) == ("transformer", 3, "tiny", "abc")
    made, _ = music.compose(begin, "transformer", config.transformer.model_dump(), model=str(model), seed=3,
                            data=tmp_path)
    assert step.piece == made
    gone = [index for index, event in enumerate(told) if event["data"]["part"]["id"] == "part-1"]
    fewer = step_of(folder, gone)
    assert fewer.piece.parts[0] == begin.parts[0] and fewer.piece.parts[2] == made.parts[2] != begin.parts[2]
    assert step_of(folder, list(range(len(told)))).piece == begin


def test_weights_of_another_size_are_refused(tmp_path: Path, model: Path) -> None:
    card = json.loads((model / "model.json").read_text())
    card["config"]["transformer"]["width"] = 64
    (model / "model.json").write_text(json.dumps(card))
    with pytest.raises(BadFile, match="damaged"):
        music.compose(UPBEAT, "transformer", model=str(model), data=tmp_path)


def test_the_model_in_the_package_is_small_and_says_where_it_comes_from(tmp_path: Path) -> None:
    found = FAMILY.find(tmp_path, None)
    assert found.name == "transformer-default"
    assert sum(path.stat().st_size for path in models.TRAINED.rglob("*")) < PACKAGE_BYTES
    assert opened(found).network.with_hold  # repeated notes stay repeated
    card = json.loads((models.TRAINED / "transformer" / "model.json").read_text(encoding="utf-8"))
    assert {"source", "licence", "sha256"} <= set(card["data"]) and "Apache-2.0" in card["Source and licence"]


def shipped(piece: Composition, **controls: Any) -> Composition:
    return music.compose(piece, "transformer", controls, seed=1, data=Path("nowhere"))[0]


def test_what_it_adds_to_twinkle_keeps_to_the_key_and_to_the_ranges_of_voices() -> None:
    twinkle = music.load("twinkle")
    made = shipped(twinkle, extension_s=15, accompaniment=True)
    steps = made.end // 120
    grid = np.full((steps, 4), -1)
    for voice, part in enumerate(made.parts):
        for note in part.notes:
            grid[note.onset // 120:note.end // 120, voice] = note.pitch
    new = [note for part in made.parts for note in part.notes if note not in twinkle.parts[0].notes]
    assert np.mean([note.pitch % 12 in MAJOR for note in new]) > 0.85  # at random: 0.58
    assert (grid < 0).mean() < 0.05
    for voice, (lowest, highest) in enumerate(((55, 81), (50, 76), (44, 71), (33, 66))):
        sung = grid[:, voice][grid[:, voice] >= 0]
        assert lowest <= sung.min() and sung.max() <= highest
    assert 100 * parallels(grid, 0, 7) / steps < 3.0  # Bach 0.1; notes at random more than ten


def test_it_goes_on_after_notes_that_were_thrown_in() -> None:
    """A learner's chain of steps: the AR-CNN's scattered notes, seen as voices, once made it fall silent at once."""
    edited, _ = music.compose(music.load("twinkle"), "arcnn", seed=1, data=Path("nowhere"))
    made = shipped(edited, extension_s=10)
    written = [note for part in made.parts for note in part.notes if note.onset >= edited.end]
    assert len({beat for note in written for beat in range(note.onset // 480, -(-note.end // 480))}) > 12  # of 16
