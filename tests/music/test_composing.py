"""Composing with a technique: the command, the Python function, and the run that the pages start."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner
from safetensors.numpy import save

from tests.music.arcnn_toy import chord_piece
from trivium import music
from trivium.core import files
from trivium.core.events import read_events
from trivium.core.learning import part
from trivium.core.run import Run
from trivium.errors import BadConfig, BadFile, NotFound
from trivium.music import models
from trivium.music.arcnn import models as arcnn_models
from trivium.music.arcnn.config import ArcnnConfig
from trivium.music.arcnn.edits import EditEvent, replay
from trivium.music.arcnn.network import EditNet
from trivium.music.commands.compose import compose as command
from trivium.music.commands.story import keep as keep_command
from trivium.music.commands.story import story as story_command
from trivium.music.compose_config import ComposeConfig
from trivium.music.composing import compose_run, step_of, submit_composing
from trivium.music.files.midi_write import write_midi
from trivium.music.notes import Composition
from trivium.music.ship import ship
from trivium.music.techniques import TECHNIQUES, Model
from trivium.settings import Settings

TINY = {"filters": 4, "levels": 1}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model that has learned nothing, in a folder."""
    torch.manual_seed(4)
    folder = tmp_path / "tiny"
    folder.mkdir()
    weights = save({name: array.numpy() for name, array in EditNet(ArcnnConfig(**TINY)).state_dict().items()})
    (folder / "weights.safetensors").write_bytes(weights)
    card = {"config": {"arcnn": TINY}, "files": {"weights.safetensors": files.sha256_bytes(weights)}}
    (folder / "model.json").write_text(json.dumps(card))
    return folder


def call(settings: Settings, *arguments: object) -> Any:
    return CliRunner().invoke(command, [str(each) for each in arguments], obj=settings, standalone_mode=False)


def test_the_command_writes_a_file_and_says_what_it_did(tmp_path: Path, model: Path) -> None:
    source, out, edits = tmp_path / "in.mid", tmp_path / "out.mid", tmp_path / "edits.json"
    source.write_bytes(write_midi(chord_piece(1)))
    arguments = ("--input", source, "--out", out, "--model", model, "--edits", edits, "--json",
                 "--set", "sampling_iterations=12", "--set", "max_removed_percent=0")
    done = call(Settings(tmp_path), *arguments, "--seed", 7)
    assert done.exception is None, done.output
    said = json.loads(done.stdout)
    assert {"out", "seed", "model", "wall_s", "added", "removed"} <= set(said)
    assert (said["seed"], said["model"], said["added"], said["removed"]) == (7, "tiny", 12, 0)
    before, after = (music.load(path) for path in (source, out))
    assert after.note_count == before.note_count + 12 and len(json.loads(edits.read_text())) == 12
    assert [part.notes for part in after.parts[:2]] == [part.notes for part in before.parts]
    first = out.read_bytes()
    assert call(Settings(tmp_path), *arguments, "--seed", 7).exception is None and out.read_bytes() == first
    assert call(Settings(tmp_path), *arguments, "--seed", 8).exception is None and out.read_bytes() != first


def test_midi_in_is_midi_out_when_nothing_is_changed(tmp_path: Path, model: Path) -> None:
    source, out = tmp_path / "in.mid", tmp_path / "out.mid"
    source.write_bytes(write_midi(chord_piece(1)))
    done = call(Settings(tmp_path), "--input", source, "--out", out, "--model", model, "--set", "sampling_iterations=0")
    assert done.exception is None and out.read_bytes() == source.read_bytes()


@pytest.mark.parametrize(("more", "error", "words"), [
    (("--technique", "polka"), NotFound, "no technique 'polka'"),
    (("--set", "creative_risk=9"), BadConfig, "creative_risk"),
    (("--set", "creative_rsk=1"), BadConfig, "no such setting"),
    (("--set", 'parts=["bass"]'), BadConfig, "no part 'bass'"),
    (("--model", "nobody"), NotFound, "no run 'nobody'"),
    (("--out", "song.txt"), BadConfig, "does not say which format"),
])
def test_what_cannot_be_done_is_said_and_nothing_is_written(tmp_path: Path, model: Path, more: tuple[str, ...],
                                                            error: type[Exception], words: str) -> None:
    out = tmp_path / "out.mid"
    done = call(Settings(tmp_path), "--input", "twinkle", "--out", out, "--model", model, *more)
    assert isinstance(done.exception, error) and words in str(done.exception)
    assert not out.exists()


def test_a_damaged_model_is_refused(tmp_path: Path, model: Path) -> None:
    piece = chord_piece(1)
    with pytest.raises(BadFile, match="damaged"):
        music.compose(piece, model=str(other_size(model)), data=tmp_path)
    (model / "weights.safetensors").write_bytes(b"not what the card says")
    with pytest.raises(BadFile, match="damaged"):
        music.compose(piece, model=str(model), data=tmp_path)


def other_size(model: Path) -> Path:
    """A model whose card tells of another network than its weights are of."""
    folder = model.with_name("other")
    folder.mkdir()
    (folder / "weights.safetensors").write_bytes((model / "weights.safetensors").read_bytes())
    card = json.loads((model / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps({**card, "config": {"arcnn": {"filters": 8}}}))
    return folder


def test_cancelled_half_way_it_keeps_what_there_is(tmp_path: Path, model: Path) -> None:
    told: list[dict[str, Any]] = []
    piece, made = music.compose(chord_piece(1), "arcnn", {"max_removed_percent": 0}, model=str(model), data=tmp_path,
                                tell=lambda _kind, news, _fraction: told.append(news), cancelled=lambda: len(told) == 5)
    assert (made["added"], made["is_whole"], len(told)) == (5, False, 5)
    assert piece.note_count == chord_piece(1).note_count + 5


def test_a_run_tells_its_edits_and_any_of_them_can_be_left_out(tmp_path: Path, model: Path) -> None:
    begin = chord_piece(1)
    config = ComposeConfig(arcnn={"sampling_iterations": 10, "max_removed_percent": 0})
    folder = submit_composing(tmp_path, "step", config, begin, 3, str(model), {"composition": "abc"})
    compose_run(config, Run.open(folder))
    told = [event["data"] for event in read_events(folder / files.EVENTS) if event["kind"] == "sample"]
    assert [event["index"] for event in told] == list(range(10))
    step = step_of(folder)
    assert (step.source, step.seed, step.model, step.technique) == ("abc", 3, "tiny", "arcnn")
    assert step.piece == music.compose(begin, "arcnn", config.arcnn.model_dump(), model=str(model), seed=3,
                                       data=tmp_path)[0]
    fewer = step_of(folder, [0, 4])
    left = [note.model_dump(exclude_none=True) for note in fewer.piece.parts[-1].notes]
    assert len(left) == 8 and told[0]["added"]["onset"] is not None
    assert all({k: v for k, v in told[i]["added"].items() if v is not None} not in left for i in (0, 4))
    assert fewer.settings["taken_back"] == [0, 4]
    assert step_of(folder, list(range(10))).piece == begin


def test_a_training_is_a_model_by_its_best_average(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.music.test_arcnn_learns import arcnn_run
    from trivium.music.arcnn.compose import opened
    from trivium.music.arcnn.train import train

    torch.set_num_threads(1)
    config, run = arcnn_run(tmp_path / "run", 2, 1)
    train(config, run)
    trained, bundled = arcnn_models.find_model(tmp_path, str(run.folder)), arcnn_models.find_model(
        tmp_path, str(run.folder / files.MODEL))
    best = run.load_best()
    assert best is not None
    average = part({name: torch.from_numpy(array) for name, array in best.tensors.items()}, "average.")
    network = EditNet(config.arcnn)
    network.load_state_dict(average)
    planes, bars = torch.rand(1, 2, 128, 64), torch.rand(1, 128)
    with torch.no_grad():
        expected = network.eval()(planes, bars)
        for found in (trained, bundled):
            assert isinstance(found, Model)
            torch.testing.assert_close(opened(found)(planes, bars), expected, rtol=1e-4, atol=1e-4)
    monkeypatch.setattr(models, "TRAINED", tmp_path / "package")
    assert models.shipped("arcnn") == []
    ship(run.folder, "Plain chorales", "plain")
    ship(run.folder, "Bach's chorales")
    assert [(each.id, each.style) for each in models.shipped("arcnn")] == [
        ("arcnn-default", "Bach's chorales"), ("arcnn-plain", "Plain chorales")]
    shipped = arcnn_models.find_model(tmp_path, "arcnn-plain")
    assert shipped.name == "arcnn-plain" and arcnn_models.find_model(tmp_path, None).name == "arcnn-default"
    assert len(shipped.weights) < 0.7 * len(trained.weights)  # half precision
    torch.testing.assert_close(opened(shipped)(planes, bars), expected, rtol=0.05, atol=0.05)


@pytest.mark.parametrize("technique", TECHNIQUES, ids=lambda technique: technique.id)
def test_each_technique_leads_somewhere_and_explains_its_controls(technique: Any) -> None:
    assert callable(technique.composer())
    assert isinstance(ComposeConfig(technique=technique.id).controls, technique.controls_type())
    for name, field in technique.controls_type().model_fields.items():
        assert field.title and field.description and field.description.endswith("."), name
        assert {"more", "less", "group"} <= set(field.json_schema_extra), name
    assert Composition.model_validate(technique.retold(chord_piece(1), [], [])) == chord_piece(1)


def test_the_model_in_the_package_keeps_to_the_key(tmp_path: Path) -> None:
    controls = {"creative_risk": 0.5, "sampling_iterations": 30, "max_removed_percent": 0}
    twinkle, made = music.compose(music.load("twinkle"), "arcnn", controls, seed=1, data=tmp_path)
    added = twinkle.parts[-1].notes
    in_c_major = sum(note.pitch % 12 in {0, 2, 4, 5, 7, 9, 11} for note in added) / len(added)
    assert made["model"] == "arcnn-default" and len(added) >= 40
    assert in_c_major > 0.8  # notes at random: 0.58


def test_the_story_is_listed_and_the_step_is_kept_by_command(tmp_path: Path, model: Path) -> None:
    config = ComposeConfig.model_validate({"technique": "arcnn", "arcnn": {"sampling_iterations": 5}})
    folder = submit_composing(tmp_path, "a step", config, chord_piece(1), 3, str(model))
    run = Run.open(folder)
    compose_run(config, run)
    told = CliRunner().invoke(story_command, ["a step", "--json"], obj=Settings(tmp_path), standalone_mode=False)
    story = json.loads(told.stdout)["story"]
    assert story == music.story("a step", data=tmp_path) and len(story) == 5
    assert CliRunner().invoke(story_command, ["a step"], obj=Settings(tmp_path)).stdout.count("\n") == 5
    kept = CliRunner().invoke(keep_command, ["a step", "--without", "1, 3", "--json"], obj=Settings(tmp_path))
    assert kept.exit_code == 0, kept.output
    without = replay(chord_piece(1), [EditEvent.model_validate(each["news"]) for each in story], {1, 3})
    assert json.loads(kept.stdout)["notes"] == without.note_count
    wrong = CliRunner().invoke(keep_command, ["a step", "--without", "one"], obj=Settings(tmp_path))
    assert wrong.exit_code == 2 and "3,17" in wrong.output
