"""From photos to a bundle: it learns, its figures are of photos it did not learn from, what goes out is checked."""

from __future__ import annotations

import io
import json
import os
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

import trivium.vision as vision
from trivium.cli import main
from trivium.core import files
from trivium.core.run import Run
from trivium.errors import BadConfig, BadFile, StudioError
from trivium.vision import project
from trivium.vision.backbone.features import KEY, unpacked
from trivium.vision.classification.config import TrainConfig
from trivium.vision.classification.data import ARRAYS, open_photos, photos_of
from trivium.vision.classification.deploy import head_of
from trivium.vision.classification.head import log_softmax
from trivium.vision.classification.ready import ready
from trivium.vision.classification.split import stratified_folds
from trivium.vision.classification.train import train
from trivium.vision.collect import importing
from trivium.vision.collect.store import PictureStore
from trivium.vision.submit import submit_training

from .drawings import scene, write_photos


@pytest.fixture(scope="module")
def trained(shapes: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A training on the drawn shapes, by the Python API."""
    return vision.train("shapes", seed=3, out=tmp_path_factory.mktemp("runs") / "run-v", data=shapes, folds=3)


def test_it_learns_and_says_how_well(trained: dict[str, Any], shapes: Path) -> None:
    assert trained["status"] == "succeeded" and trained["steps"] == 4
    assert trained["best"]["metric"] == "accuracy/held_out" and trained["best"]["value"] >= 0.9
    report = vision.evaluate(trained, data=shapes)
    assert report["accuracy"] == trained["best"]["value"] and report["n"] == 24 and len(report["folds"]) == 3
    assert report["per_class"].keys() == {"box", "disc"} and report["baseline"]["accuracy"] == 0.5
    right = [row["label"] == row["predicted"] for row in vision.judged(trained, data=shapes)]
    assert sum(right) / len(right) == pytest.approx(report["accuracy"], abs=1e-6)


def here(data: Path, name: str, seed: int, folder: Path) -> Path:
    """The same training in this process, which spares the start of another."""
    config = TrainConfig(folds=3)
    submit_training(data, name, config, seed, folder=folder, threads=2)
    train(config, Run.open(folder))
    return folder


def test_the_same_seed_is_the_same_result(trained: dict[str, Any], shapes: Path, tmp_path: Path) -> None:
    again, before = here(shapes, "shapes", 3, tmp_path / "again"), Path(trained["run"])
    for name in ("model/weights.safetensors", "model/model.onnx", "out/predictions.npz"):
        assert (again / name).read_bytes() == (before / name).read_bytes(), name


def test_labels_drawn_by_lot_cannot_be_learned(shapes: Path, tmp_path: Path) -> None:
    """A figure that stays high here would come from photos that were learned from."""
    before = project.load(shapes, "shapes")
    rng = np.random.default_rng(0)
    lots = project.create(shapes, "lots", "classification")
    labels = rng.permutation([name for name in ("a", "b") for _ in range(12)])
    project.add(lots, [project.Item(**{**vars(item), "label": str(label)})
                       for item, label in zip(before.items.values(), labels, strict=True)])
    folder = here(shapes, "lots", 1, tmp_path / "run")
    assert json.loads((folder / "out" / "evaluation.json").read_text())["accuracy"] < 0.8


def test_the_bundle_works_by_itself(trained: dict[str, Any], shapes: Path, tmp_path: Path) -> None:
    """In ONNX Runtime alone, with nothing but the card to go by."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    made = vision.deploy(trained, tmp_path / "bundle.zip", data=shapes)
    assert made["parity"] < 1e-4
    with zipfile.ZipFile(tmp_path / "bundle.zip") as archive:
        card = json.loads(archive.read("model.json"))
        model = archive.read("model.onnx")
        assert "Apache" in archive.read("backbone.LICENSE.txt").decode()
    assert files.sha256_bytes(model) == card["files"]["model.onnx"]
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    size = card["preprocessing"]["size"]
    photos = write_photos(tmp_path / "new", 8, first=500)
    right = 0
    for path in photos.rglob("*.png"):
        with Image.open(path) as image:
            shown = np.asarray(image.convert("RGB").resize((size, size), Image.Resampling.BILINEAR))
        (probabilities,) = session.run(["probabilities"], {"pictures": shown[None]})
        assert probabilities.sum() == pytest.approx(1.0, abs=1e-5)
        right += card["classes"][int(probabilities[0].argmax())] == path.parent.name
    assert right >= 14
    assert {"classes", "data_sha256", "scores", "preprocessing", "seed", "backbone"} <= card.keys()


def test_it_says_what_is_on_photos_as_it_was_measured(trained: dict[str, Any], shapes: Path, tmp_path: Path) -> None:
    """The deployed graph on photos, beside the head on their cached features."""
    photos = write_photos(tmp_path / "photos", 3)
    (photos / "poem.txt").write_text("No picture.")
    found = vision.run(trained, photos, data=shapes, top=2)
    assert found["n"] == 6 and [row["file"] for row in found["passed_over"]] == ["poem.txt"]
    head, store = head_of(Path(trained["run"])), PictureStore(shapes)
    for row in found["results"]:
        sha256 = files.sha256_file(photos / row["file"])
        logits = head.logits(unpacked(store.features(KEY, sha256) or b"")[None])
        wanted = float(np.exp(log_softmax(logits)).max())
        assert row["confidence"] == pytest.approx(wanted, abs=2e-3) and row["predicted"] == row["file"].split("/")[0]
        assert sum(each["probability"] for each in row["top"]) == pytest.approx(1.0, abs=1e-4)
    with pytest.raises(BadFile, match="does not exist"):
        vision.run(trained, "film.mp4", data=shapes)


def test_a_changed_bundle_does_not_go_out(trained: dict[str, Any], shapes: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(trained["run"], copy)
    model = copy / "model" / "model.onnx"
    data = bytearray(model.read_bytes())
    data[len(data) // 2] ^= 0xFF
    model.write_bytes(data)
    with pytest.raises(BadFile, match="damaged"):
        vision.deploy(copy, tmp_path / "b.zip", data=shapes)
    assert not (tmp_path / "b.zip").exists()


def test_photos_of_another_day_are_judged_by_the_finished_model(trained: dict[str, Any], shapes: Path,
                                                                tmp_path: Path) -> None:
    photos = write_photos(tmp_path / "new", 5, first=900)
    write_photos(photos, 2)  # four that it has learned from
    importing.import_photos(shapes, photos, "another-day")
    report = vision.evaluate(trained, on="another-day", data=shapes)
    assert report["n"] == 10 and report["left_out"] == 4 and report["accuracy"] >= 0.8 and report["folds"] == []
    with pytest.raises(BadConfig, match="every photo"):
        vision.evaluate(trained, on="shapes", data=shapes)


def test_near_copies_stay_on_one_side(shapes: Path, tmp_path: Path) -> None:
    for k in range(10):
        folder = tmp_path / "photos" / ("even" if k % 2 == 0 else "odd")
        folder.mkdir(parents=True, exist_ok=True)
        scene(k).save(folder / f"{k}.png")
        scene(k).resize((180, 180)).save(folder / f"{k}.jpg", quality=92)  # the same shot once more
    made, found = importing.import_photos(shapes, tmp_path / "photos", "copies")
    kept = photos_of(made, PictureStore(shapes))
    folds = stratified_folds(kept.labels.tolist(), kept.groups.tolist(), 4, 1)
    sides: dict[str, set[int]] = {}
    for name, fold in zip(kept.names, folds.tolist(), strict=True):
        sides.setdefault(name.rsplit(".", 1)[0], set()).add(fold)
    assert found.added == 20 and len(sides) == 10 and all(len(each) == 1 for each in sides.values())
    assert len(set(folds.tolist())) == 4


def test_photos_that_came_without_the_backbone_are_looked_at_later(shapes: Path, tmp_path: Path,
                                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(importing, "network_if_there", lambda _looking: None)
        made, _ = importing.import_photos(tmp_path / "data", write_photos(tmp_path / "p", 3), "late")
    store = PictureStore(tmp_path / "data")
    importing.add_features(store, made.labelled())
    first = photos_of(made, store)
    known = PictureStore(shapes)
    for k, sha256 in enumerate(first.sha256):  # the same photos came into the other data folder with it
        assert np.array_equal(first.features[k], unpacked(known.features(KEY, sha256) or b""))


def test_a_run_whose_photos_were_changed_is_refused(trained: dict[str, Any]) -> None:
    inputs = Path(trained["run"]) / "inputs"
    card = json.loads((inputs / "photos.json").read_text())
    card["classes"] = card["classes"][::-1]
    changed = inputs.parent / "changed.json"
    changed.write_text(json.dumps(card))
    with pytest.raises(BadFile, match="damaged"):
        open_photos(inputs / ARRAYS, changed)


# on the command line


@pytest.fixture
def trivium(shapes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """trivium("train", ...) in an empty folder, in this process, on the data folder of the drawn shapes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRIVIUM_DATA", str(shapes))

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["vision", *arguments])

    return call


def test_the_whole_road_on_the_command_line(trivium: Any, tmp_path: Path) -> None:
    write_photos(tmp_path / "photos", 6, first=40)
    came = json.loads(trivium("import", "photos/", "--task", "classification", "--name", "road", "--json").stdout)
    assert came["added"] == 12 and came["classes"] == {"box": 6, "disc": 6} and any("20" in w for w in came["warnings"])
    done = trivium("train", "road", "--out", "run-v", "--seed", "1", "--set", "folds=2", "--json")
    result = json.loads(done.stdout)
    assert done.exit_code == 0 and {"run", "status", "wall_s", "steps", "best"} <= result.keys()
    report = json.loads(trivium("evaluate", "run-v", "--json").stdout)
    assert {"accuracy", "interval", "n", "per_class", "folds"} <= report.keys() and report["n"] == 12
    shown = trivium("evaluate", "run-v").stdout
    assert "95 % interval" in shown and "always the most frequent class" in shown
    assert trivium("run", "run-v", "--source", "photos/box").stdout.count("box4") == 6
    out = json.loads(trivium("deploy", "run-v", "--out", "b.zip", "--json").stdout)
    assert zipfile.is_zipfile(io.BytesIO((tmp_path / "b.zip").read_bytes())) and out["classes"] == ["box", "disc"]
    listed = json.loads(trivium("projects", "--json").stdout)["projects"]
    row = next(each for each in listed if each["name"] == "road")
    assert row["photos"] == row["labelled"] == 12 and row["task"] == "classification"
    assert "road" in trivium("projects").stdout and "box" in trivium("projects", "road").stdout


@pytest.mark.parametrize(("arguments", "words"), [
    (["train", "nothing"], "no project called nothing"),
    (["train", "shapes", "--set", "fold=3", "--out", "r"], "Did you mean folds"),
    (["train", "shapes", "--set", "folds=1", "--out", "r"], "at least 2"),
    (["evaluate", "nothing"], "no run"),
    (["import", "nothing", "--name", "x"], "does not exist"),
    (["import", ".", "--name", "x"], "no files"),
])
def test_refusals_are_one_line(trivium: Any, tmp_path: Path, arguments: list[str], words: str) -> None:
    done = trivium(*arguments)
    assert done.exit_code == 1 and words in done.stderr and len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "r").exists()


def test_one_class_or_a_single_photo_is_refused_in_words(tmp_path: Path, pretrained: None) -> None:
    importing.import_photos(tmp_path / "data", write_photos(tmp_path / "p", 2, ("box",)), "one")
    with pytest.raises(BadConfig, match="only 'box' has photos"):
        vision.train("one", data=tmp_path / "data")
    importing.import_photos(tmp_path / "data", write_photos(tmp_path / "q", 1, ("disc",)), "one")
    with pytest.raises(StudioError, match="single photo"):
        vision.train("one", data=tmp_path / "data")


def test_the_models_that_were_asked_for_last_stay_in_memory(trained: dict[str, Any], tmp_path: Path) -> None:
    first, second, third = (Path(shutil.copytree(trained["run"], tmp_path / name)) for name in "abc")
    (card, kept), (_, passing) = ready(first), ready(second)
    assert card["classes"] == ["box", "disc"] and ready(first)[1] is kept
    ready(third)
    assert ready(first)[1] is kept and ready(second)[1] is not passing
    written = first / "model" / "model.json"
    os.utime(written, ns=(0, written.stat().st_mtime_ns + 1))
    assert ready(first)[1] is not kept  # trained again meanwhile
