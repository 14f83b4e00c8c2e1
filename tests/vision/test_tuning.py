"""Fine-tuning: it learns, goes on exactly where it was broken off, and what leaves is what was measured."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

import trivium.vision as vision
from trivium.core.run import Run
from trivium.errors import BadConfig
from trivium.vision.backbone import efficientnet
from trivium.vision.backbone.features import Session
from trivium.vision.backbone.graph import ACTIVATIONS, trunk_model
from trivium.vision.classification.config import TrainConfig
from trivium.vision.classification.data import open_photos, photos_of
from trivium.vision.classification.deploy import head_of
from trivium.vision.classification.head import Head
from trivium.vision.classification.judging import on_project, said_of
from trivium.vision.classification.train import train
from trivium.vision.collect import importing
from trivium.vision.collect.store import PictureStore
from trivium.vision.models import pretrained_backbone
from trivium.vision.project import load
from trivium.vision.submit import submit_training
from trivium.vision.tuning.activations import Activations
from trivium.vision.tuning.config import FineTuneConfig
from trivium.vision.tuning.learner import Learner, changed_weights, head_in, rate, tensor
from trivium.vision.tuning.lessons import Lesson, Lessons, mixed
from trivium.vision.tuning.pictures import views_that_fit

from .drawings import write_photos

SMALL = {"on": True, "from_stage": 7, "views": 1, "epochs": 2, "batch": 6, "lr": 1e-4}


def begun(data: Path, folder: Path, **settings: Any) -> tuple[TrainConfig, Run]:
    config = TrainConfig.model_validate({"folds": 2, "fine_tune": {**SMALL, **settings}})
    submit_training(data, "shapes", config, 3, folder=folder, threads=1)
    return config, Run.open(folder)


@pytest.fixture(scope="module")
def tuned(shapes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fine-tuning of the drawn shapes, in this process."""
    folder = tmp_path_factory.mktemp("runs") / "run-t"
    train(*begun(shapes, folder))
    return folder


def test_it_learns_and_says_beside_what(tuned: Path, shapes: Path) -> None:
    report = json.loads((tuned / "out" / "evaluation.json").read_text())
    assert report["accuracy"] >= 0.9 and report["fine_tuned"] is True and 0.5 <= report["head_alone"] <= 1.0
    events = [json.loads(line) for line in (tuned / "events.jsonl").read_text().splitlines()]
    curve = [row["values"] for row in events if row["kind"] == "metric" and "fine_tune/loss" in row["values"]]
    assert len(curve) == 6  # two epochs of two folds and of all
    assert sum("fine_tune/accuracy" in row for row in curve) == 4  # all photos leave none to draw a curve with


def test_broken_off_anywhere_it_ends_the_same(tuned: Path, shapes: Path, tmp_path: Path,
                                              monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped in the middle of the second fold, and once more in the last part."""
    config, run = begun(shapes, tmp_path / "run")
    learn, count = Learner.learn, 0

    def stopping(self: Learner, *arguments: Any) -> float:
        nonlocal count
        count += 1
        if count in (6, 11):
            run.request_stop()
        return learn(self, *arguments)

    monkeypatch.setattr(Learner, "learn", stopping)
    for _ in range(3):
        train(config, run)
        assert (run.folder / "out" / "evaluation.json").exists() == (count == 16)
        run.stop_reason = None
    for name in ("model/weights.safetensors", "model/model.onnx", "out/predictions.npz"):
        assert (run.folder / name).read_bytes() == (tuned / name).read_bytes(), name


def test_what_leaves_is_what_was_learned(tuned: Path, shapes: Path, tmp_path: Path) -> None:
    """The bundle's ONNX model beside a PyTorch network that is filled from its weights, on pictures of its own."""
    from safetensors.numpy import load_file

    tensors = load_file(tuned / "model" / "weights.safetensors")
    network = pretrained_backbone()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    moved = 0
    with torch.no_grad():
        for module in network.layers:
            name = f"backbone.{module.layer.name}"
            if f"{name}.weight" in tensors:
                module.conv.weight.copy_(torch.from_numpy(tensors[f"{name}.weight"]))
                module.conv.bias.copy_(torch.from_numpy(tensors[f"{name}.bias"]))
                moved += 1
        assert moved == 4 and any((value != before[name]).any() for name, value in network.state_dict().items())
        pictures = np.random.default_rng(0).integers(0, 256, (3, 224, 224, 3), np.uint8)
        logits = network(torch.from_numpy(pictures).float()) @ torch.from_numpy(tensors["head.weight"])
        wanted = F.softmax(logits + torch.from_numpy(tensors["head.bias"]), 1).numpy()
    found = Session((tuned / "model" / "model.onnx").read_bytes()).run(pictures, "probabilities")
    assert np.abs(found - wanted).max() < 1e-3
    assert vision.deploy(tuned, tmp_path / "b.zip", data=shapes)["parity"] < 1e-4


def test_another_project_is_judged_by_the_network_that_was_learned(tuned: Path, shapes: Path,
                                                                         tmp_path: Path) -> None:
    """Its features are not the cached ones, so the whole network looks at the photos."""
    importing.import_photos(shapes, write_photos(tmp_path / "new", 3, first=600), "tuned-day")
    report = on_project(tuned, "tuned-day", shapes)
    seen = vision.run(tuned, tmp_path / "new", data=shapes)["results"]
    right = [row["predicted"] == row["file"].split("/")[0] for row in seen]
    assert report["n"] == 6 and report["accuracy"] == pytest.approx(sum(right) / 6, abs=1e-6)
    new = photos_of(load(shapes, "tuned-day"), PictureStore(shapes))
    said = said_of(tuned, new.sha256, np.zeros_like(new.features), PictureStore(shapes))
    sure = {row["file"]: row["confidence"] for row in seen}
    assert [sure[name] for name in new.names] == pytest.approx(said.max(1).tolist(), abs=2e-2)
    photos = photos_of(load(shapes, "shapes"), PictureStore(shapes))
    learned = open_photos(tuned / "inputs" / "features.npz", tuned / "inputs" / "photos.json")
    assert photos.sha256 == learned.sha256
    with pytest.raises(BadConfig, match="every photo"):
        on_project(tuned, "shapes", shapes)


def test_a_trunk_and_a_tail_are_the_whole(pretrained: None) -> None:
    """What enters each stage, by ONNX Runtime, and the rest in PyTorch, beside the whole in PyTorch."""
    pictures = np.random.default_rng(1).integers(0, 256, (2, 224, 224, 3), np.uint8)
    network = pretrained_backbone()
    head = Head(np.random.default_rng(2).normal(0, 0.1, (1280, 3)).astype(np.float32), np.ones(3, np.float32))
    with torch.inference_mode():
        wanted = head.logits(network(torch.from_numpy(pictures).float()).numpy())
        for stage in (4, 6, 7):
            trunk = trunk_model(efficientnet.pretrained(), stage)
            entered = Session(trunk.SerializeToString()).run(pictures, ACTIVATIONS)
            assert entered.shape[1:] == efficientnet.entering(stage)[1:]
            learner = Learner(FineTuneConfig(from_stage=stage), head)
            assert np.abs(learner.network(tensor(entered)).numpy() - wanted).max() < 1e-3


def test_the_average_and_the_loss_are_torchs_own(pretrained: None) -> None:
    """One update beside the same written with torch's own cross entropy and optimiser."""
    rng = np.random.default_rng(3)
    head = Head(rng.normal(0, 0.1, (1280, 3)).astype(np.float32), np.zeros(3, np.float32))
    config = FineTuneConfig(from_stage=7, average=0.5, lr=1e-3)
    learner, plain = Learner(config, head), Learner(config, head).network
    activations = rng.normal(0, 1, (4, *efficientnet.entering(7)[1:])).astype(np.float32)
    targets = F.one_hot(torch.tensor([0, 1, 2, 1]), 3).float() * 0.9 + 0.1 / 3
    loss = F.cross_entropy(plain(tensor(activations)), targets)
    assert learner.learn(activations, targets.numpy(), np.ones(4, np.float32), 50, 1.0) == pytest.approx(loss.item(),
                                                                                                       rel=1e-4)
    optimiser = torch.optim.AdamW(plain.parameters(), lr=1e-3, betas=(0.9, 0.98), weight_decay=0.05)
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(plain.parameters(), 1.0)
    optimiser.step()
    assert torch.allclose(plain.weight, learner.network.weight, atol=1e-6)
    middle = (torch.from_numpy(head.weight.T) + plain.weight) / 2
    assert np.allclose(head_in(learner.average).weight.T, middle.detach().numpy(), atol=1e-6)
    assert set(changed_weights(learner.average)) == {f"blocks.15.{part}.{kind}" for kind in ("weight", "bias")
                                                     for part in ("expand", "depthwise", "project")} | {
                                                         "top.weight", "top.bias"}


def test_an_epoch_shows_each_photo_once_and_labels_are_smoothed() -> None:
    cache = Activations(np.arange(2 * 6, dtype=np.float16).reshape(2, 6, 1, 1, 1))
    labels = np.array([0, 1, 0, 1, 0, 1])
    config = FineTuneConfig(batch=2, epochs=2, mixup=0.0, label_smoothing=0.2)
    lessons = Lessons(config, cache, labels, 2, np.arange(6), False, (1, 0))
    assert lessons.last == 6
    rows = [lessons.lesson(update) for update in range(3)]
    seen = np.concatenate([row.activations.ravel() for row in rows]).astype(int)
    assert sorted(seen % 6) == list(range(6))  # values count through the photos of a view
    for row in rows:
        assert np.allclose(row.targets.argmax(1), labels[row.activations.ravel().astype(int) % 6])
        assert np.allclose(row.targets.max(1), 0.9) and np.allclose(row.targets.sum(1), 1.0)
    again = lessons.lesson(1)
    assert np.array_equal(again.activations, rows[1].activations)  # by its number alone


def test_mixing_keeps_what_there_is() -> None:
    """Photos and labels are mixed by the same share, and nothing is lost on the way."""
    rng = np.random.default_rng(5)
    values = rng.normal(0, 1, (8, 2, 3, 3)).astype(np.float32)
    lesson = Lesson(values, np.eye(8, dtype=np.float32), np.ones(8, np.float32))
    found = mixed(lesson, 0.4, np.random.default_rng(6))
    assert np.allclose(found.activations.sum(0), lesson.activations.sum(0), atol=1e-5)
    rebuilt = np.einsum("bk,kchw->bchw", found.targets, lesson.activations)
    assert np.allclose(rebuilt, found.activations, atol=1e-5) and (np.diag(found.targets) >= 0.5).all()
    assert mixed(lesson, 0.0, rng) is lesson


def test_early_stopping_keeps_the_best_of_photos_kept_aside(shapes: Path, tmp_path: Path,
                                                            monkeypatch: pytest.MonkeyPatch) -> None:
    keep, kept = Learner.keep, list[Any]()

    def noting(self: Learner) -> None:
        keep(self)
        kept.append(head_in(self.average).weight)

    monkeypatch.setattr(Learner, "keep", noting)
    config, run = begun(shapes, tmp_path / "run", patience=1, epochs=6, lr=0.1)  # a rate that spoils it
    train(config, run)
    events = [json.loads(line) for line in (run.folder / "events.jsonl").read_text().splitlines()]
    curve = [row["values"] for row in events if row["kind"] == "metric" and "fine_tune/kept_aside" in row["values"]]
    assert len(curve) < 18 and {row["fold"] for row in curve} == {1, 2, 3}
    for fold in (1, 2, 3):
        epochs = [row for row in curve if row["fold"] == fold]
        aside = [row["fine_tune/kept_aside"] for row in epochs]
        best = aside.index(max(aside))
        # ended by the first epoch that is no better
        assert len(aside) in (best + 2, 6) and aside[:best + 1] == sorted(set(aside[:best + 1]))
    report = json.loads((run.folder / "out" / "evaluation.json").read_text())
    assert np.allclose(head_of(run.folder).weight * report["temperature"], kept[-1], rtol=1e-3)  # not the last epoch's


def test_what_was_kept_is_what_answers(pretrained: None) -> None:
    rng = np.random.default_rng(8)
    head = Head(rng.normal(0, 0.1, (1280, 2)).astype(np.float32), np.zeros(2, np.float32))
    learner = Learner(FineTuneConfig(from_stage=7, average=0.5, lr=0.1), head)
    activations = rng.normal(0, 1, (4, *efficientnet.entering(7)[1:])).astype(np.float32)
    lesson = activations, np.eye(2, dtype=np.float32)[[0, 1, 0, 1]], np.ones(4, np.float32)
    learner.learn(*lesson, 0, 1.0)
    learner.keep()
    kept = head_in(learner.average).weight
    learner.learn(*lesson, 1, 1.0)
    assert not np.array_equal(head_in(learner.average).weight, kept)
    learner.back_to_best()
    assert np.array_equal(head_in(learner.average).weight, kept)


def test_the_rate_rises_and_falls() -> None:
    shares = [rate(update, 100) for update in range(100)]
    assert shares[0] == pytest.approx(0.1, abs=0.01) and max(shares) > 0.95 and shares[-1] < 0.02
    assert shares.index(max(shares)) in (9, 10) and all(a > b for a, b in pairwise(shares[10:]))


def test_views_are_as_many_as_there_is_room_for() -> None:
    assert views_that_fit(FineTuneConfig(views=8), 2524) == 8
    assert views_that_fit(FineTuneConfig(views=64), 10_000) == 2
    with pytest.raises(BadConfig, match="too many"):
        views_that_fit(FineTuneConfig(), 1_000_000)
