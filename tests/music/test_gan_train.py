"""Training a GAN: it learns a rule, goes on bit for bit after a stop, and says in a sentence when its numbers break."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from tests.music.gan_toy import TINY, followed, toy_set
from trivium.core import files
from trivium.core.events import metrics, read_events
from trivium.core.run import Run
from trivium.core.runfolder import create_run
from trivium.errors import BadFile, StudioError
from trivium.music import STUDIO
from trivium.music.commands.score import score as command
from trivium.music.config import TrainConfig
from trivium.music.gan.data import Clips, inputs_of, sheets_of_run
from trivium.music.gan.measures import accompanied
from trivium.music.gan.models import find_model
from trivium.music.gan.roll import sheet
from trivium.music.gan.score import score
from trivium.music.gan.train import Learner, train, update
from trivium.music.gan.writing import Hand
from trivium.music.models import from_bundle
from trivium.music.notes import Composition
from trivium.music.samples import beginnings_of, sample_of, steps_of
from trivium.music.submit import submit_training
from trivium.settings import Settings


def gan_run(folder: Path, seed: int = 5, **settings: object) -> tuple[TrainConfig, Run]:
    config = TrainConfig(technique="gan", gan={**TINY, "n_critic": 1, **settings})
    return config, Run.open(create_run(STUDIO, "train", "toy", config, out=folder, inputs=inputs_of(toy_set(12)),
                                       seed=seed, threads=1))


def stop_at(run: Run, step: int) -> None:
    """Stop the run as somebody would, after so many updates."""
    progress = run.progress

    def watch(now: int, *more: float | None) -> None:
        progress(now, *more)
        if now == step:
            run.request_stop()

    run.progress = watch  # type: ignore[method-assign]


def test_a_training_that_was_stopped_goes_on_bit_for_bit(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    settings = {"epochs": 2, "updates_per_epoch": 3, "warm_up_percent": 30}
    config, whole = gan_run(tmp_path / "whole", **settings)
    train(config, whole)
    config, first = gan_run(tmp_path / "parts", **settings)
    stop_at(first, 4)
    train(config, first)
    second = Run.open(first.folder)
    assert second.load_last().step == 4
    train(config, second)
    one, two = whole.load_last(), second.load_last()
    assert one.step == two.step == 6 and one.state == two.state
    assert {name: array.tobytes() for name, array in one.tensors.items()} == {
        name: array.tobytes() for name, array in two.tensors.items()}
    _, other = gan_run(tmp_path / "other", seed=6, **settings)
    train(config, other)
    assert any(array.tobytes() != one.tensors[name].tobytes() for name, array in other.load_last().tensors.items())


def test_a_training_leaves_a_model_its_figures_and_samples_to_play(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    config, run = gan_run(tmp_path / "run", epochs=2, updates_per_epoch=2, warm_up_percent=50)
    train(config, run)
    model = from_bundle(run.folder / files.MODEL, "toy")
    assert model.card["facts"] == {"tracks": model.card["facts"]["tracks"], "at_once": [1, 1, 1], "grid": 4,
                                   "melody_range": sheets_of_run(run).facts()["melody_range"]}
    assert find_model(tmp_path, str(run.folder)).card["facts"] == model.card["facts"]
    found = metrics(read_events(run.folder / files.EVENTS))
    assert {"losses/critic", "losses/generator", "losses/gradient_penalty", "wasserstein/train", "style_distance/valid",
            "style_distance/floor", "distance/empty_bars", "floor/notes_per_bar",
            "distance_low/tonal_distance"} <= set(found)
    assert len(found["losses/critic"]) == 1 and len(found["losses/generator"]) == 2  # no critic while it warms up
    assert steps_of(run.folder) == [2, 4]
    begins = [Composition.model_validate(each) for each in beginnings_of(run.folder)["begins"]]
    made = [Composition.model_validate(each) for each in sample_of(run.folder, 4)["pieces"]]
    assert [piece.parts[0] for piece in made] == [piece.parts[0] for piece in begins]


def test_the_train_and_held_out_pieces_are_different_ones(tmp_path: Path) -> None:
    _, run = gan_run(tmp_path / "run")
    found = sheets_of_run(run)
    assert (len(found.train), len(found.valid)) == (10, 2)
    held_out = {piece.roll.tobytes() for piece in found.valid}
    assert held_out == {sheet(followed(seed)).roll.tobytes() for seed in (5, 11)}
    assert not held_out & {piece.roll.tobytes() for piece in found.train}


def test_numbers_that_break_are_told_in_a_sentence() -> None:
    config = TrainConfig(technique="gan", gan={**TINY, "warm_up_percent": 0}).gan
    learner, clips = Learner(config, "cpu"), Clips([sheet(followed(1))])
    with torch.no_grad():
        learner.critic.judge.weight.fill_(float("nan"))
    with pytest.raises(StudioError, match="out of bounds"):
        update(learner, clips, 1, 0)


def test_the_critic_learns_to_tell_music_from_what_is_written_and_the_generator_to_please_it() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(1)
    config = TrainConfig(technique="gan", gan={**TINY, "likeness": 0, "n_critic": 3, "lr": 0.003}).gan
    learner, clips = Learner(config, "cpu"), Clips([sheet(followed(seed)) for seed in range(4)])
    rng = np.random.default_rng(1)
    seen = [learner.judge(clips.batch(config, rng), rng)["wasserstein/train"] for _ in range(30)]
    assert np.mean(seen[-5:]) > np.mean(seen[:5]) + 0.3
    pleased = [learner.compose(clips.batch(config, rng), rng, True)["losses/generator"] for _ in range(30)]
    assert np.mean(pleased[-5:]) < np.mean(pleased[:5]) - 0.3


def test_an_accompaniment_that_follows_from_the_melody_is_learned() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(1)
    config = TrainConfig(technique="gan", gan={"width": 64, "critic_width": 16, "noise": 4, "lr": 0.006, "average": 0.9,
                                               "epochs": 3, "updates_per_epoch": 30, "warm_up_percent": 80}).gan
    learner, clips = Learner(config, "cpu"), Clips([sheet(followed(seed, 16)) for seed in range(30)])
    held_out = [sheet(followed(seed)) for seed in (1001, 1002, 1003)]

    def agreement() -> float:
        """F1 of the cells that sound, on melodies that were never seen."""
        made = np.concatenate(accompanied(learner.average, held_out, Hand(0.0, 1.0, (1, 1, 1)), 1))[..., 1:] > 0
        real = np.concatenate([piece.roll for piece in held_out])[..., 1:] > 0
        return 2 * float((made & real).sum()) / float(made.sum() + real.sum())

    before = agreement()
    for number in range(config.updates):
        update(learner, clips, 1, number)
    assert before < 0.1 and agreement() > 0.7


def test_rolls_of_the_original_shape_are_learned_from(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    rolls = -np.ones((24, 32, 128, 4), dtype=np.float32)
    for clip in rolls:
        for beat in range(8):
            clip[4 * beat:4 * beat + 4, 72 + rng.integers(0, 7), 0] = 1
            clip[4 * beat:4 * beat + 4, 48 + rng.integers(0, 5), 1:] = 1
    np.save(tmp_path / "train.npy", rolls)
    config = TrainConfig(technique="gan", gan=TINY)
    folder, warnings = submit_training(tmp_path, "rolls", config, tmp_path / "train.npy", 1)
    found = sheets_of_run(Run.open(folder))
    assert len(found.train) + len(found.valid) >= 18
    assert all(piece.steps == 32 and piece.roll[..., 1:].any() for piece in found.train)
    assert any("clips of two bars" in text for text in warnings)


def test_a_trained_model_is_scored_on_pieces_that_were_held_out(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    config, run = gan_run(tmp_path / "run", epochs=1, updates_per_epoch=1)
    train(config, run)
    arguments = [str(run.folder), "--json"]
    done = CliRunner().invoke(command, arguments, obj=Settings(tmp_path), standalone_mode=False)
    assert done.exception is None, done.output
    said = json.loads(done.stdout)
    assert (said["technique"], said["split"], said["pieces"]) == ("gan", "valid", 2)
    logged = metrics(read_events(run.folder / files.EVENTS))
    assert said["style_distance_floor"] == pytest.approx(logged["style_distance/floor"][0][1])
    rows = {row["metric"]: row for row in said["measures"]}
    assert rows["notes_per_bar"]["floor"] == pytest.approx(logged["floor/notes_per_bar"][0][1])
    shown = CliRunner().invoke(command, arguments[:1], obj=Settings(tmp_path), standalone_mode=False).stdout
    assert "notes per bar" in shown and "floor" in shown
    with pytest.raises(BadFile, match="0 pieces in 'test'"):
        score(run.folder, "test")
