"""What leaves a training answers as the network did: ONNX run by another library on real camera pictures."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from safetensors.numpy import load_file

from trivium.core import checkpoint, files
from trivium.core.run import Run
from trivium.racing.config import CarConfig
from trivium.racing.deploy import to_onnx
from trivium.racing.model_card import scores
from trivium.racing.models import ActorCritic
from trivium.racing.ppo import load_network
from trivium.racing.simulator import Simulator
from trivium.racing.tracks.loading import load_track


def pictures(n: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """The same places as the network sees them, full (n, 19200) and pooled (n, 4800)."""
    both = []
    for pooled in (False, True):
        sim = Simulator(load_track("oval"), n, pooled=pooled)
        sim.reset(np.arange(n), np.arange(n) / n, left_m=np.linspace(-0.2, 0.2, n), turn_rad=np.linspace(-0.5, 0.5, n))
        both.append(sim.draw(np.arange(n), sim.picture_buffer()).copy())
    return both[0], both[1]


def answers(model: bytes, full: np.ndarray) -> np.ndarray:
    """By onnxruntime, which tells nobody that it was used."""
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    assert [(i.name, i.shape, i.type) for i in session.get_inputs()] == [("camera", [1, 120, 160, 1], "tensor(float)")]
    assert [o.name for o in session.get_outputs()] == ["policy"]
    return np.concatenate([session.run(["policy"], {"camera": picture.astype(np.float32).reshape(1, 120, 160, 1)})[0]
                           for picture in full])


@pytest.mark.parametrize("network", ["light", "shallow"])
@pytest.mark.parametrize("space", ["discrete", "continuous"])
def test_the_onnx_model_answers_as_the_network(network: str, space: str):
    torch.manual_seed(3)
    made = ActorCritic(CarConfig(network=network, action_space_type=space))
    with torch.no_grad():
        made.policy_head.weight.mul_(100.0)  # answers that differ from picture to picture
    full, pooled = pictures()
    with torch.no_grad():
        outputs, _ = made(torch.from_numpy(pooled if network == "light" else full))
    expected = (outputs.softmax(dim=1) if space == "discrete" else outputs).numpy()
    found = answers(to_onnx(made).SerializeToString(), full)
    assert np.abs(found - expected).max() < 1e-4
    assert np.ptp(expected, axis=0).max() > 0.01


def test_the_bundle_is_the_best_checkpoint_with_its_card(tiny_run: Path):
    card: dict[str, Any] = json.loads((tiny_run / "model" / "model.json").read_text())
    best = checkpoint.load_best(tiny_run / files.CHECKPOINTS)
    assert best is not None and card["step"] == best.step
    weights = load_file(tiny_run / "model" / "weights.safetensors")
    assert set(weights) == {name[8:] for name in best.tensors if name.startswith("network.")}
    assert all((weights[name] == best.tensors[f"network.{name}"]).all() for name in weights)
    for name, sha256 in card["files"].items():
        assert hashlib.sha256((tiny_run / "model" / name).read_bytes()).hexdigest() == sha256
    assert card["actions"] == [{"steering_angle": a, "speed": 1.0} for a in (-30.0, 0.0, 30.0)]
    assert (card["track"]["id"], card["seed"], card["network"]) == ("oval", 1, "light")
    assert card["onnx_parity"] < 1e-4
    assert {"Description", "Inputs", "Outputs", "Source and licence"} <= set(card)


def test_the_card_says_what_the_model_has_shown(tiny_run: Path):
    """Against the run's own files, read here line by line."""
    card = json.loads((tiny_run / "model" / "model.json").read_text())
    status, spec = (json.loads((tiny_run / name).read_text()) for name in (files.STATUS, files.SPEC))
    rows = [json.loads(line) for line in (tiny_run / files.EVENTS).read_text().splitlines()]
    metric = next(row["values"] for row in rows if row["kind"] == "metric" and row["step"] == card["step"])
    best, shown = card["scores"]["best"], card["scores"]["evaluation"]
    assert best == status["best"] and best["step"] == card["step"]
    assert best["value"] == metric["completion/evaluation"]
    assert (shown["n"], shown["checkpoints_to_choose_from"]) == (2, 2) and "evaluate the run" in shown["how"]
    assert shown["completion_percentage"] == pytest.approx(metric["completion/evaluation"], abs=1e-3)
    assert shown["mean_reward"] == pytest.approx(metric["reward/evaluation"], abs=1e-3)
    assert shown["completion_rate"] == metric["completion_rate/evaluation"]
    assert shown["interval"][0] <= shown["completion_rate"] <= shown["interval"][1]
    assert card["inputs_sha256"] == spec["inputs"]
    for name, sha256 in card["inputs_sha256"].items():
        assert hashlib.sha256((tiny_run / "inputs" / name).read_bytes()).hexdigest() == sha256


def test_lap_times_are_those_of_the_drives_of_that_step(tiny_run: Path, tmp_path: Path):
    """Three of four drives complete a lap; other steps, other phases and a repeated drive count for nothing."""
    shutil.copytree(tiny_run, tmp_path / "run")
    drives = [(0, "lap_complete", 12.0), (1, "off_track", 3.0), (2, "lap_complete", 10.0), (3, "lap_complete", 11.0)]
    rows = [(70, "evaluation", *drive) for drive in drives]
    rows += [(70, "evaluation", *drives[0]), (70, "training", 9, "lap_complete", 1.0),
             (71, "evaluation", 0, "lap_complete", 2.0)]
    with (tmp_path / "run" / files.EVENTS).open("w") as file:
        for number, (step, phase, episode, drive, time_s) in enumerate(rows, 1):
            data = {"phase": phase, "episode": episode, "status": drive, "time_s": time_s, "progress": 50, "reward": 1}
            row = {"id": number, "kind": "sample", "name": "episode", "step": step, "data": data}
            file.write(json.dumps(row) + "\n")
    run = Run.open(tmp_path / "run")
    shown = scores(run, 70)
    run._events.close()
    assert (shown["evaluation"]["best_lap_s"], shown["evaluation"]["median_lap_s"]) == (10.0, 11.0)
    assert (shown["evaluation"]["completion_rate"], shown["evaluation"]["n"]) == (0.75, 4)
    assert shown["evaluation"]["interval"] == pytest.approx([0.300642, 0.954413], abs=1e-5)  # Wilson, worked by hand
    assert shown["best"] is None  # the status speaks of another step
    assert scores(run, 99) == {"best": None, "evaluation": None}


def test_the_bundled_model_drives_as_the_trained_network(tiny_run: Path):
    best = checkpoint.load_best(tiny_run / files.CHECKPOINTS)
    assert best is not None
    card = json.loads((tiny_run / "model" / "model.json").read_text())
    network = ActorCritic(CarConfig.model_validate(card["config"]["car"]))
    load_network(network, best.tensors)
    full, pooled = pictures()
    with torch.no_grad():
        expected = network(torch.from_numpy(pooled))[0].softmax(dim=1).numpy()
    assert np.abs(answers((tiny_run / "model" / "model.onnx").read_bytes(), full) - expected).max() < 1e-4
    onnx.checker.check_model(onnx.load(str(tiny_run / "model" / "model.onnx")), full_check=True)
