"""What a training composes at its checkpoints: the same beginnings each time, measured beside real music."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.music.arcnn_toy import chord_set
from tests.music.conftest import chorale
from trivium.core import files
from trivium.core.events import read_events
from trivium.core.run import Run
from trivium.core.runfolder import create_run
from trivium.errors import NotFound
from trivium.music import STUDIO, data
from trivium.music.arcnn import data as arcnn_data
from trivium.music.arcnn import train as arcnn_train
from trivium.music.config import TrainConfig
from trivium.music.dataset.piece import GridPiece, composition_of
from trivium.music.notes import Composition
from trivium.music.samples import NAME, Samples, after, beginnings_of, compared, cut, excerpts, sample_of, steps_of
from trivium.music.transformer import train as transformer_train
from trivium.music.transformer.tokens import Piece

TINY_ARCNN = {"filters": 4, "levels": 1, "batch_windows": 2, "updates": 2, "evaluate_every": 1}
TINY_TRANSFORMER = {"width": 32, "head_width": 8, "step_layers": 1, "epochs": 2, "evaluate_every": 1}


def piece(pitches: list[int]) -> GridPiece:
    """A melody in quarters."""
    rows = [(4 * i, 4, pitch, 0, 80) for i, pitch in enumerate(pitches)]
    return GridPiece(np.array(rows, dtype=np.int32))


def pitches_of(composition: Composition) -> list[int]:
    return [note.pitch for part in composition.parts for note in part.notes]


def bare_run(folder: Path) -> Run:
    return Run.open(create_run(STUDIO, "train", "toy", TrainConfig(), out=folder))


def test_a_cut_begins_anew_and_nothing_reaches_beyond_it() -> None:
    found = cut(piece([60, 62, 64, 65]), 2, 8)  # steps 2..9: the second note whole, the third cut short
    assert found.notes[:, :3].tolist() == [[2, 4, 62], [6, 2, 64]]


def test_excerpts_are_spread_evenly_and_a_short_piece_gives_itself() -> None:
    assert [pitches_of(each) for each in excerpts([piece([60, 61]), piece([70, 71, 72, 73, 74])], 8)] == [
        [60, 61], [70, 71], [72, 73]]
    assert [pitches_of(each) for each in excerpts([piece([p]) for p in range(60, 70)], 8, most=3)] == [[60], [64], [69]]


def test_what_is_given_is_heard_and_not_measured(tmp_path: Path) -> None:
    run = bare_run(tmp_path / "run")
    real = [composition_of(piece([60, 62, 64, 65 + i])) for i in range(4)]
    samples = Samples(run, real[:2], real[:2], real[2:], given_steps=8)
    samples.tell(7, [composition_of(piece([20, 20, 64, 66 + i])) for i in range(2)])
    assert steps_of(run.folder) == [7]
    told = sample_of(run.folder, 7)
    assert pitches_of(Composition.model_validate(told["pieces"][0])) == [20, 20, 64, 66]
    assert [row["pitch_range"] for row in told["measures"]] == [2, 3]  # with what was given it would be 46
    assert pitches_of(after(real[0], 960)) == [64, 65]
    event = read_events(run.folder / files.EVENTS, kind="sample", name=NAME)[0]
    assert event["step"] == 7 and (run.folder / event["data"]["file"]).is_file()
    with pytest.raises(NotFound):
        sample_of(run.folder, 8)


def test_real_music_is_as_far_from_held_out_music_as_the_floor(tmp_path: Path) -> None:
    run = bare_run(tmp_path / "run")
    real = [composition_of(piece([60 + i % 5, 62, 64, 65 + i % 7])) for i in range(12)]
    samples = Samples(run, real[:2], real[:6], real[6:])
    samples.tell(1, real[6:])
    samples.tell(2, [composition_of(piece([30, 90, 31, 89])) for _ in range(4)])
    same, strange = ({row["metric"]: row for row in compared(run.folder, step)} for step in (1, 2))
    assert same["pitch_range"]["distance"] == same["pitch_range"]["floor"]
    assert strange["pitch_range"]["distance"] == pytest.approx(60 - np.mean(
        [max(pitches_of(p)) - min(pitches_of(p)) for p in real[:6]]))
    assert strange["pitch_range"]["interval"][0] > strange["pitch_range"]["floor_interval"][1]


def test_a_run_without_samples_has_none(tmp_path: Path) -> None:
    run = bare_run(tmp_path / "run")
    assert steps_of(run.folder) == [] and beginnings_of(run.folder)["begins"] == []


def arcnn(folder: Path, seed: int) -> Run:
    config = TrainConfig(technique="arcnn", arcnn=TINY_ARCNN)
    run = Run.open(create_run(STUDIO, "train", "toy", config, out=folder, inputs=arcnn_data.inputs_of(chord_set(24)),
                              seed=seed, threads=1))
    arcnn_train.train(config, run)
    return run


def transformer(folder: Path, seed: int) -> Run:
    pieces = [Piece.of(chorale(number, 16)) for number in range(10)]
    inputs = data.inputs_of({"train": pieces[3:], "valid": pieces[:3]},
                            {"source": "rules", "sha256": "0", "with_hold": True})
    config = TrainConfig(transformer=TINY_TRANSFORMER)
    run = Run.open(create_run(STUDIO, "train", "toy", config, out=folder, inputs=inputs, seed=seed, threads=1))
    transformer_train.train(config, run)
    return run


@pytest.mark.parametrize("train", [arcnn, transformer])
def test_a_training_composes_at_each_evaluation_and_the_seed_decides(train, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    torch.set_num_threads(1)
    one, two = train(tmp_path / "one", 1), train(tmp_path / "two", 1)
    steps = steps_of(one.folder)
    assert len(steps) == 2 and steps_of(two.folder) == steps
    assert all(sample_of(one.folder, step) == sample_of(two.folder, step) for step in steps)
    begins = beginnings_of(one.folder)
    made = sample_of(one.folder, steps[-1])["pieces"]
    assert len(made) == len(begins["begins"]) >= 3
    for begin, piece_ in zip(begins["begins"], made, strict=True):
        given = set(sounds(begin))
        assert given <= set(sounds(piece_)) and len(sounds(piece_)) > len(given)
    assert {row["metric"] for row in compared(one.folder, steps[-1])} >= {"pitch_range", "polyphony"}


def sounds(document: dict) -> list[tuple[int, int]]:  # type: ignore[type-arg]
    piece_ = Composition.model_validate(document)
    return [(note.onset, note.pitch) for part in piece_.parts for note in part.notes]
