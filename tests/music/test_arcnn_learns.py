"""The AR-CNN's loss, its network, and that it learns: seconds on a CPU, and the same bit for bit after a stop."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.music.arcnn_toy import chord_grid, chord_set, chord_sheet
from trivium.core import checkpoint, files
from trivium.core.events import read_events
from trivium.core.run import Run
from trivium.core.runfolder import create_run
from trivium.core.spec import read_spec
from trivium.music import STUDIO
from trivium.music.arcnn.config import ArcnnConfig
from trivium.music.arcnn.corruption import corrupted, training_batch, windows_of
from trivium.music.arcnn.data import inputs_of, sheet, sheets_of_run
from trivium.music.arcnn.grid import KINDS, LENGTHS, PITCHES, WINDOW, planes_of, target_edits
from trivium.music.arcnn.network import EditNet, divergence, edit_loss
from trivium.music.arcnn.score import held_out_batches
from trivium.music.arcnn.train import train
from trivium.music.config import TrainConfig
from trivium.music.dataset.sets import keep
from trivium.music.submit import submit_training

SMALL = {"filters": 8, "levels": 1, "batch_windows": 8, "dropout": 0.0, "average": 0.9}


def test_the_loss_is_the_divergence_from_the_uniform_distribution_window_by_window() -> None:
    rng = np.random.default_rng(3)
    logits = torch.from_numpy(rng.normal(size=(3, 2, 4, 5)) * 30 + 500).float()  # exp() of these overflows
    target = torch.from_numpy(rng.random((3, 2, 4, 5)) < 0.2)
    target[1] = False
    by_hand = []
    for window in (0, 2):
        q = np.exp(logits[window].double().numpy() - float(logits[window].max()))
        q = (q / q.sum())[target[window].numpy()]
        by_hand.append(sum(1 / len(q) * math.log(1 / len(q) / each) for each in q))
    each, counts = divergence(logits, target)
    assert each[[0, 2]].tolist() == pytest.approx(by_hand, rel=1e-4)
    assert each[1] == 0.0 and counts.tolist() == [True, False, True]
    assert float(edit_loss(logits, target)) == pytest.approx(np.mean(by_hand), rel=1e-4)


def test_a_batch_in_which_nothing_is_wanted_costs_nothing_and_has_a_gradient() -> None:
    logits = torch.randn(2, 2, 4, 4, requires_grad=True)
    loss = edit_loss(logits, torch.zeros(2, 2, 4, 4, dtype=torch.bool))
    loss.backward()
    assert loss.item() == 0.0
    assert logits.grad is not None and torch.equal(logits.grad, torch.zeros_like(logits))


def test_planes_tell_a_repeated_note_from_a_long_one() -> None:
    grid = np.zeros((2, WINDOW, PITCHES), dtype=np.int64)
    grid[0, 4, 30] = 4  # length class 4: four steps
    grid[1, 4, 30] = grid[1, 6, 30] = 2
    planes = planes_of(grid)
    assert LENGTHS[4] == 4 and LENGTHS[2] == 2
    assert planes[:, :, 4:9, 30].tolist() == [[[1, 0, 0, 0, 0], [0, 1, 1, 1, 0]], [[1, 0, 1, 0, 0], [0, 1, 0, 1, 0]]]


def test_planes_agree_with_a_walk_along_the_grid() -> None:
    rng = np.random.default_rng(1)
    grid = rng.integers(0, KINDS, (3, WINDOW, PITCHES)) * (rng.random((3, WINDOW, PITCHES)) < 0.1)
    expected = np.zeros((3, 2, WINDOW, PITCHES))
    for window, step, pitch in np.argwhere(grid > 0):
        expected[window, 0, step, pitch] = 1
        for after in range(step + 1, min(step + LENGTHS[grid[window, step, pitch]], WINDOW)):
            if grid[window, after, pitch]:
                break
            expected[window, 1, after, pitch] = 1
    assert np.array_equal(planes_of(grid), expected)


def test_making_every_wanted_edit_gives_the_target() -> None:
    rng = np.random.default_rng(2)
    grids, targets = (rng.integers(0, KINDS, (2, WINDOW, PITCHES)) * (rng.random((2, WINDOW, PITCHES)) < 0.05)
                      for _ in range(2))
    target = target_edits(grids, targets)
    mended = grids.copy()
    for window, kind, step, pitch in np.argwhere(target):
        mended[window, step, pitch] = kind
    assert np.array_equal(mended, targets)
    assert target.sum() == (grids != targets).sum()
    assert not target_edits(targets, targets).any()


def test_the_melted_network_answers_as_the_whole_one_does() -> None:
    torch.manual_seed(0)
    network = EditNet(ArcnnConfig(filters=8)).train()
    planes, bars = torch.rand(4, 2, WINDOW, PITCHES), torch.rand(4, WINDOW)
    for _ in range(3):
        network(planes, bars)  # moves the running means away from 0 and 1
    network.eval()
    with torch.no_grad():
        expected, found = network(planes, bars), network.melted()(planes, bars)
    assert expected.shape == (4, KINDS, WINDOW, PITCHES)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_clean_music_comes_up_in_training_and_nothing_is_wanted_then() -> None:
    window = windows_of(chord_sheet(0))[0]
    none = ArcnnConfig(max_wrong_percent=0.0, keep_voice_percent=0.0)
    shares = [(corrupted(window, none, np.random.default_rng(seed)) > 0).sum() / (window.grid > 0).sum()
              for seed in range(200)]
    assert min(shares) < 0.05 and max(shares) == 1.0
    assert np.mean(shares) == pytest.approx(0.5, abs=0.1)


def test_a_kept_melody_is_whole() -> None:
    window = windows_of(chord_sheet(0))[0]
    config = ArcnnConfig(max_wrong_percent=0.0, keep_voice_percent=100.0)
    voices = {voice: window.notes[window.notes[:, 3] == voice] for voice in np.unique(window.notes[:, 3])}
    assert len(voices) == 4
    for seed in range(20):
        grid = corrupted(window, config, np.random.default_rng(seed))
        assert any(all(grid[step, pitch - 30] > 0 for step, pitch, _, _ in notes) for notes in voices.values())


def test_a_run_learns_from_the_set_that_it_took_along_split_by_piece(tmp_path: Path) -> None:
    _, run = arcnn_run(tmp_path / "run", 1, 1)
    found = sheets_of_run(run)
    assert (len(found.train), len(found.valid)) == (20, 4)
    held_out = [chord_sheet(seed).notes.tobytes() for seed in (5, 11, 17, 23)]
    assert [piece.notes.tobytes() for piece in found.valid] == held_out
    assert not {piece.notes.tobytes() for piece in found.train} & set(held_out)


def test_an_upbeat_ends_its_bar() -> None:
    piece = replace(chord_grid(0), upbeat_steps=4)
    moved = sheet(piece)
    assert moved.notes[:, 0].min() == 12 and moved.bars[:3].tolist() == [0, 16, 32]
    assert moved.steps == piece.steps + 12


def test_what_is_spoilt_for_the_score_is_the_same_each_time_and_as_much_as_it_says() -> None:
    pieces = [chord_sheet(seed) for seed in range(4)]
    one, two = held_out_batches(pieces), held_out_batches(pieces)
    for percent, each in one.items():
        assert np.array_equal(each.target, two[percent].target)
        notes = np.array([(window.grid > 0).sum() for piece in pieces for window in windows_of(piece)])
        wrong = each.target.sum(axis=(1, 2, 3))
        assert np.all(np.abs(wrong - notes * percent / 100) <= np.maximum(2, 0.05 * notes))


def arcnn_run(folder: Path, updates: int, every: int, seed: int = 5, **more: object) -> tuple[TrainConfig, Run]:
    inputs = inputs_of(chord_set(24))
    config = TrainConfig(technique="arcnn", arcnn={**SMALL, "updates": updates, "evaluate_every": every, **more})
    return config, Run.open(create_run(STUDIO, "train", "toy", config, out=folder, inputs=inputs, seed=seed, threads=1))


def scores(run: Run) -> list[dict[str, float]]:
    return [event["values"] for event in read_events(run.folder / files.EVENTS) if event["kind"] == "metric"]


def test_a_training_that_was_stopped_goes_on_bit_for_bit(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    config, whole = arcnn_run(tmp_path / "whole", 6, 3)
    train(config, whole)
    config, first = arcnn_run(tmp_path / "parts", 6, 3)
    stop_at(first, 4)
    train(config, first)
    second = Run.open(first.folder)
    assert second.load_last().step == 4
    train(config, second)
    one, two = whole.load_last(), second.load_last()
    assert one.step == two.step == 6
    assert {name: array.tobytes() for name, array in one.tensors.items()} == {
        name: array.tobytes() for name, array in two.tensors.items()}
    assert one.state == two.state
    assert checkpoint.best_step(whole.folder / files.CHECKPOINTS) == checkpoint.best_step(
        second.folder / files.CHECKPOINTS)


def stop_at(run: Run, step: int) -> None:
    """Stop the run as somebody would, after so many updates."""
    progress = run.progress

    def watch(now: int, *more: float | None) -> None:
        progress(now, *more)
        if now == step:
            run.request_stop()

    run.progress = watch


def test_it_learns_the_rule_of_small_music(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    config, run = arcnn_run(tmp_path / "run", 80, 40, lr=0.02)
    train(config, run)
    first, last = scores(run)[0], scores(run)[-1]
    nothing_known = math.log(KINDS * WINDOW * PITCHES)
    assert last["xor_cross_entropy/valid"] < first["xor_cross_entropy/valid"] < nothing_known
    assert last["xor_cross_entropy/valid"] < 5.5
    assert last["edit_precision/20"] > 0.3
    assert last["edit_recall/20"] >= last["edit_precision/20"]
    assert (run.folder / files.MODEL / "model.json").is_file()


def test_lessons_follow_from_the_seed() -> None:
    pieces = [chord_sheet(seed) for seed in range(4)]
    config = ArcnnConfig(**SMALL)
    one, two, other = (training_batch(pieces, config, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one.target, two.target) and np.array_equal(one.planes, two.planes)
    assert not np.array_equal(one.target, other.target)


def test_a_kept_set_is_taken_along_by_its_name(tmp_path: Path) -> None:
    keep(chord_set(24), "toys", tmp_path)
    config = TrainConfig(technique="arcnn", arcnn=SMALL)
    folder, _ = submit_training(tmp_path, "toy", config, "toys", 1)
    assert (len(sheets_of_run(Run.open(folder)).train), read_spec(folder).config["technique"]) == (20, "arcnn")
