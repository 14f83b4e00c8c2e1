"""The backbone: folded, padded and exported it says what its file says; the file is read without risk."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import pickle
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from trivium.errors import BadFile, NotFound
from trivium.vision import models
from trivium.vision.backbone import efficientnet, features, graph

ROOT = Path(__file__).resolve().parents[2]


def tool() -> ModuleType:
    """tools/weights.py, which is no package."""
    spec = importlib.util.spec_from_file_location("weights_tool", ROOT / "tools" / "weights.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pictures(count: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.random.default_rng(1).integers(0, 256, (count, 224, 224, 3)).astype(np.uint8)


def by_the_paper(shown: np.ndarray[Any, Any], w: dict[str, torch.Tensor]) -> torch.Tensor:
    """The network written once more, with torch's batch normalisation and padding to ceil(size / stride)."""
    def conv(x: torch.Tensor, name: str, norm: str, stride: int = 1, relu: bool = True) -> torch.Tensor:
        kernel = w[f"{name}.weight"]
        size, k = x.shape[-1], kernel.shape[-1]
        total = max((-(-size // stride) - 1) * stride + k - size, 0)
        x = F.pad(x, (total // 2, total - total // 2) * 2)
        x = F.conv2d(x, kernel, stride=stride, groups=x.shape[1] if kernel.shape[1] == 1 else 1)
        x = F.batch_norm(x, w[f"{norm}.running_mean"], w[f"{norm}.running_var"], w[f"{norm}.weight"], w[f"{norm}.bias"],
                         eps=1e-3)
        return F.relu6(x) if relu else x

    x = (torch.from_numpy(shown).float().permute(0, 3, 1, 2) - 127) / 128
    x = conv(x, "_conv_stem", "_bn0", 2)
    number = 0
    for repeats, first in ((1, 1), (2, 2), (2, 2), (3, 2), (3, 1), (4, 2), (1, 1)):
        for repeat in range(repeats):
            own, y = f"_blocks.{number}", x
            if f"{own}._expand_conv.weight" in w:
                y = conv(y, f"{own}._expand_conv", f"{own}._bn0")
            y = conv(y, f"{own}._depthwise_conv", f"{own}._bn1", first if repeat == 0 else 1)
            y = conv(y, f"{own}._project_conv", f"{own}._bn2", relu=False)
            x, number = (x + y if x.shape == y.shape else y), number + 1
    return conv(x, "_conv_head", "_bn1").mean((2, 3))


def test_network_and_graph_say_what_the_file_says(pretrained: None) -> None:
    shown = pictures(2)
    stored = {name: torch.from_numpy(array) for name, array in efficientnet.stored().items()}
    with torch.inference_mode():
        wanted = by_the_paper(shown, stored).numpy()
        ours = models.pretrained_backbone()(torch.from_numpy(shown).float()).numpy()
    by_onnx = features.Extractor(features.backbone_bytes())(shown)
    assert wanted.shape == (2, 1280) and wanted.std() > 0.05
    assert np.abs(ours - wanted).max() < 1e-4
    assert np.abs(by_onnx - wanted).max() < 1e-4


def test_a_batch_says_what_single_pictures_say(pretrained: None) -> None:
    shown = pictures(3)
    extract = features.Extractor(features.backbone_bytes())
    assert np.abs(extract(shown) - np.concatenate([extract(shown[k:k + 1]) for k in range(3)])).max() < 1e-5
    assert np.abs(features.unpacked(features.packed(extract(shown)[0])) - extract(shown)[0]).max() < 2e-3


def test_it_has_the_published_size() -> None:
    count = sum(layer.inputs // layer.groups * layer.outputs * layer.kernel**2 + 2 * layer.outputs
                for layer in efficientnet.layers()) + 1281 * 1000
    assert count == 4_652_008  # EfficientNet-Lite0 has 4.65 million parameters


def test_the_graph_is_valid_without_the_file() -> None:
    rng = np.random.default_rng(0)
    weights = {}
    for layer in efficientnet.layers():
        shape = (layer.outputs, layer.inputs // layer.groups, layer.kernel, layer.kernel)
        weights[f"{layer.name}.weight"] = rng.normal(0, 0.1, shape).astype(np.float32)
        weights[f"{layer.name}.bias"] = np.zeros(layer.outputs, np.float32)
    model = graph.backbone_model(weights)
    network = models.load_backbone(models.Backbone(), weights).eval()
    with torch.inference_mode():
        wanted = network(torch.from_numpy(pictures(1)).float()).numpy()
    assert np.allclose(features.Extractor(model.SerializeToString())(pictures(1)), wanted, rtol=1e-3, atol=1e-4)


def test_a_missing_or_changed_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(efficientnet, "WEIGHTS", tmp_path / "w.safetensors")
    with pytest.raises(NotFound, match="not in this installation"):
        efficientnet.stored()
    (tmp_path / "w.safetensors").write_bytes(b"something else")
    with pytest.raises(BadFile, match="damaged"):
        efficientnet.stored()


def test_package_and_tool_mean_the_same_file() -> None:
    assert tool().SHA256 == efficientnet.SHA256
    assert ROOT / "src/trivium/vision/backbone/weights" / efficientnet.WEIGHTS.name == tool().FOLDER / tool().NAME


def test_the_tool_reads_a_legacy_checkpoint_as_torch_does() -> None:
    torch.manual_seed(1)
    values = {"b.turned": torch.randn(3, 3, 2, 4).permute(3, 2, 0, 1), "a.plain": torch.randn(5),
              "c.count": torch.tensor(7), "d.point": torch.randn(6, 2, 1, 1).permute(1, 0, 2, 3)}
    out = io.BytesIO()
    torch.save(values, out, _use_new_zipfile_serialization=False)
    found = {name: np.frombuffer(data, np.float32).reshape(shape)
             for name, shape, data in tool().tensors_in(out.getvalue())}
    assert list(found) == ["a.plain", "b.turned", "d.point"]
    for name, array in found.items():
        assert np.array_equal(array, values[name].numpy())


def test_the_tool_runs_nothing_from_a_checkpoint(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> Any:
            return Path.touch, (tmp_path / "owned",)

    parts = [0x1950A86A20F9469CFC6C, 1001, {}, {"w": Evil()}, []]
    with pytest.raises(pickle.UnpicklingError, match="no place among weights"):
        list(tool().tensors_in(b"".join(pickle.dumps(part, 2) for part in parts)))
    assert not (tmp_path / "owned").exists()


def test_the_file_in_the_package_is_the_pinned_one(pretrained: None) -> None:
    assert hashlib.sha256(efficientnet.WEIGHTS.read_bytes()).hexdigest() == efficientnet.SHA256
    assert "Apache" in efficientnet.WEIGHTS.with_suffix(".LICENSE.txt").read_text()
