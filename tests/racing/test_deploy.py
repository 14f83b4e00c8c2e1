"""What leaves a training answers as the network did: ONNX run by another library on real camera pictures."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from safetensors.numpy import load_file

from trivium.core import checkpoint, files
from trivium.racing.config import CarConfig
from trivium.racing.deploy import to_onnx
from trivium.racing.models import ActorCritic
from trivium.racing.ppo import load_network
from trivium.racing.simulator import Simulator
from trivium.racing.track import load_track


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
