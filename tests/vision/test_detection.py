"""A detector: its geometry, loss and scores beside independent ones; it learns, goes on exactly, and leaves whole."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import trivium.vision as vision
from trivium.core.run import Run
from trivium.core.runfolder import clone
from trivium.core.spec import read_spec
from trivium.errors import BadConfig, BadFile
from trivium.vision import project
from trivium.vision.backbone.features import Session
from trivium.vision.collect.store import PictureStore
from trivium.vision.detection import fit, scoring, taps
from trivium.vision.detection.config import DetectAugmentConfig, DetectConfig
from trivium.vision.detection.data import BOXES, EMPTY, boxed_photos_of, held_out, open_boxed_photos
from trivium.vision.detection.deploy import by_torch, weights_of
from trivium.vision.detection.geometry import POINTS, SIZE, anchor_points, picked
from trivium.vision.detection.graph import detector_model
from trivium.vision.detection.loss import Truth, assigned, detection_loss, iou_and_giou
from trivium.vision.detection.network import Detector
from trivium.vision.detection.train import train
from trivium.vision.detection.views import Boxed, square, view
from trivium.vision.labels.boxes import iou
from trivium.vision.submit import submit_training

from .boxed import drawing, project_of_drawings, scenes
from .colours import film

PHOTOS = 28
SMALL = {"views": 2, "learn": {"updates": 70, "batch": 8, "channels": 32, "lr": 4e-3, "average": 0.9},
         "augment": {"mosaic": 0.2}}


@pytest.fixture(scope="module")
def drawn(pretrained: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the detection project `things`."""
    data = tmp_path_factory.mktemp("data")
    project_of_drawings(data, tmp_path_factory.mktemp("drawn"), "things", PHOTOS)
    return data


def here(data: Path, folder: Path, **settings: Any) -> Path:
    """A training in this process, which spares the start of another."""
    config = DetectConfig.model_validate({**SMALL, **settings})
    submit_training(data, "things", config, 3, folder=folder, threads=1)
    train(config, Run.open(folder))
    return folder


@pytest.fixture(scope="module")
def trained(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return here(drawn, tmp_path_factory.mktemp("runs") / "run-d")


def report_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "out" / "evaluation.json").read_text())
    return found


# learning


def test_it_learns_to_find_things(trained: Path) -> None:
    report = report_of(trained)
    assert report["map50"] >= 0.75 and report["interval"][0] <= report["map50"] <= report["interval"][1]
    assert report["task"] == "detection" and report["n"] + report["learned_from"] == PHOTOS
    events = [json.loads(line) for line in (trained / "events.jsonl").read_text().splitlines()]
    curve = [event["values"] for event in events if event["kind"] == "metric"]
    assert curve[0]["loss/class"] > curve[-1]["loss/class"] and curve[-1]["map/50"] == report["map50"]


def test_broken_off_it_ends_the_same(drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short = {"views": 1, "learn": {**SMALL["learn"], "updates": 6}}
    whole = here(drawn, tmp_path / "whole", **short)
    config = DetectConfig.model_validate({**SMALL, **short})
    submit_training(drawn, "things", config, 3, folder=tmp_path / "broken", threads=1)

    class Killed(BaseException):
        """As if by kill -9: nothing is saved on the way out."""

    learn = fit.Learner.learn

    def dies(self: Any, taps: Any, boxes: Any, labels: Any, update: int, share: float) -> Any:
        if update == 4:
            raise Killed
        return learn(self, taps, boxes, labels, update, share)

    with monkeypatch.context() as patch:
        patch.setattr(fit, "SAVE_EVERY_S", 0.0)
        patch.setattr(fit.Learner, "learn", dies)
        with contextlib.suppress(Killed):
            train(config, Run.open(tmp_path / "broken"))
    begun = Run.open(tmp_path / "broken").load_last()
    assert begun is not None and begun.state["update"] == 4
    train(config, Run.open(tmp_path / "broken"))
    for name in ("model/weights.safetensors", "model/model.onnx", "out/found.json"):
        assert (tmp_path / "broken" / name).read_bytes() == (whole / name).read_bytes(), name


def test_stopping_keeps_what_was_learned(drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = DetectConfig.model_validate({**SMALL, "views": 0})
    submit_training(drawn, "things", config, 3, folder=tmp_path / "run", threads=1)
    run, learn = Run.open(tmp_path / "run"), fit.Learner.learn

    def stops(self: Any, taps: Any, boxes: Any, labels: Any, update: int, share: float) -> Any:
        if update == 2:
            run.request_stop()
        return learn(self, taps, boxes, labels, update, share)

    monkeypatch.setattr(fit.Learner, "learn", stops)
    train(config, run)
    saved = run.load_last()
    assert saved is not None and saved.state["update"] == 3 and not (tmp_path / "run" / "out").exists()


def test_near_copies_and_classes_are_split_with_care(drawn: Path) -> None:
    photos = boxed_photos_of(project.load(drawn, "things"), PictureStore(drawn))
    groups = np.arange(PHOTOS) // 2
    paired = type(photos)(**{**vars(photos), "groups": groups})
    aside = held_out(paired, 0.25, 1)
    assert all(aside[groups == group].all() or not aside[groups == group].any() for group in set(groups.tolist()))
    assert 4 <= aside.sum() <= 10 and EMPTY not in {int(k) for k in np.concatenate(photos.labels)}


def test_what_cannot_be_learned_from_is_said(drawn: Path, tmp_path: Path) -> None:
    empty = project.create(drawn, "empty", project.DETECTION)
    assert not empty.items
    with pytest.raises(BadConfig, match="needs photos with boxes"):
        submit_training(drawn, "empty", DetectConfig(), 1, folder=tmp_path / "run")
    with pytest.raises(BadConfig, match="no such setting"):
        vision.train("things", data=drawn, folds=3)
    with pytest.raises(BadConfig, match="too many to teach"):
        fit.views_that_fit(6, 10_000, 6_000)


def test_a_run_whose_boxes_were_changed_is_refused(trained: Path, tmp_path: Path) -> None:
    card = json.loads((trained / "inputs" / BOXES).read_text())
    card["photos"][0]["boxes"] = []
    (tmp_path / BOXES).write_text(json.dumps(card))
    with pytest.raises(BadFile, match="damaged"):
        open_boxed_photos(tmp_path / BOXES)


def test_a_clone_takes_settings_of_a_detector(trained: Path, tmp_path: Path) -> None:
    made = clone(trained, out=tmp_path / "clone", config={"learn": {"updates": 3}}, studio=vision.STUDIO)
    assert read_spec(made).config["learn"] == {**read_spec(trained).config["learn"], "updates": 3}
    with pytest.raises(BadConfig, match="no such setting"):
        clone(trained, out=tmp_path / "other", config={"folds": 3}, studio=vision.STUDIO)


# what leaves, and at work


def test_the_bundle_finds_what_the_network_finds(trained: Path, drawn: Path, tmp_path: Path) -> None:
    made = vision.deploy(trained, tmp_path / "bundle.zip", data=drawn)
    assert made["parity"] < 1e-4 and made["map50"] == report_of(trained)["map50"]
    card = json.loads((trained / "model" / "model.json").read_text())
    assert card["task"] == "detection" and card["preprocessing"] | {"size": SIZE, "rule": "squash"} == card[
        "preprocessing"]
    assert card["latency"]["ms"] > 0 and card["scores"]["map50"] == made["map50"]
    found, there = vision.run(trained, photos_in(tmp_path / "new", 6), data=drawn), 0
    assert found["n"] == 6 and not found["passed_over"]
    hits, said = 0, 0
    for row in found["results"]:
        true = drawing(int(Path(row["file"]).stem))[1]
        assert sum(row["counts"].values()) == len(row["boxes"])
        for box in true:
            same = [each["xyxy"] for each in row["boxes"] if each["label"] == box.label]
            hits += bool(same) and bool(iou(np.array(same), np.array([box.xyxy])).max() > 0.5)
        there, said = there + len(true), said + len(row["boxes"])
    assert hits >= 0.6 * there and hits >= 0.5 * said


def photos_in(folder: Path, count: int, first: int = 500) -> Path:
    folder.mkdir()
    for k in range(first, first + count):
        drawing(k)[0].save(folder / f"{k}.png")
    return folder


def test_another_project_is_judged_by_the_finished_model(trained: Path, drawn: Path, tmp_path: Path) -> None:
    project_of_drawings(drawn, tmp_path / "more", "more", 5, first=900)
    report = vision.evaluate(trained, on="more", data=drawn)
    assert report["n"] == 5 and report["left_out"] == 0 and report["map50"] > 0.5
    with pytest.raises(BadConfig, match="every photo"):
        vision.evaluate(trained, on="things", data=drawn)
    with pytest.raises(BadConfig, match="model for detection"):
        vision.mistakes(trained, data=drawn)


def test_events_of_a_film_have_boxes(trained: Path, drawn: Path, tmp_path: Path) -> None:
    photos = photos_in(tmp_path / "frames", 4)
    seen = vision.watch(trained, photos, data=drawn, out=tmp_path / "seen")
    events = [json.loads(line) for line in (tmp_path / "seen" / "events.jsonl").read_text().splitlines()]
    assert seen["n"] == 4 and all(event["task"] == "detection" for event in events)
    plain = vision.run(trained, photos, data=drawn)["results"]
    assert [len(event["boxes"]) for event in events] == [len(row["boxes"]) for row in plain]
    for event, row in zip(events, plain, strict=True):
        assert event["label"] == (row["boxes"][0]["label"] if row["boxes"] else None)
        for one, other in zip(event["boxes"], row["boxes"], strict=True):
            assert one["label"] == other["label"] and one["xyxy"] == pytest.approx(other["xyxy"], abs=0.01)


def test_a_film_on_which_nothing_is_found_has_events_all_the_same(trained: Path, drawn: Path, tmp_path: Path) -> None:
    seen = vision.watch(trained, film(tmp_path / "grey.mp4", ["grey"] * 4), data=drawn, out=tmp_path / "seen",
                        threshold=0.999)
    events = [json.loads(line) for line in (tmp_path / "seen" / "events.jsonl").read_text().splitlines()]
    assert seen["n"] == 4 and all(event["boxes"] == [] and event["label"] is None for event in events)


def test_graph_and_network_are_the_same() -> None:
    """Weights of every kind, normalisations that have seen something: node by node against torch."""
    torch.manual_seed(0)
    network = Detector(3, 16).eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.3)  # type: ignore[union-attr, operator]
            module.running_var.uniform_(0.5, 2)  # type: ignore[union-attr, operator]
    torch.nn.init.normal_(network.class_out.weight, std=0.5)
    pictures = np.random.default_rng(0).integers(0, 256, (2, SIZE, SIZE, 3)).astype(np.uint8)
    said = Session(detector_model(weights_of(network)).SerializeToString()).outputs(pictures)
    for name, wanted in by_torch(network, pictures).items():
        assert said[name].shape[:2] == (2, POINTS) and np.abs(said[name] - wanted).max() < 1e-4, name


# geometry, loss, views


def test_overlap_and_generalised_overlap_by_hand() -> None:
    one = torch.tensor([[0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 1.0, 1.0]])
    other = torch.tensor([[1.0, 1.0, 3.0, 3.0], [2.0, 0.0, 3.0, 1.0]])
    iou, giou = iou_and_giou(one, other)
    assert iou.tolist() == pytest.approx([1 / 7, 0.0]) and giou.tolist() == pytest.approx([1 / 7 - 2 / 9, -1 / 3])


def test_points_answer_for_the_object_that_they_are_best_at() -> None:
    centres, _ = (torch.from_numpy(each) for each in anchor_points())
    boxes = torch.tensor([[[0.1, 0.1, 0.4, 0.4], [0.5, 0.5, 0.9, 0.9]]])
    truth = Truth(boxes, torch.tensor([[0, 1]]), torch.tensor([[True, True]]))
    said = torch.where((centres[:, :1] < 0.45), boxes[0, 0], boxes[0, 1])[None]  # each half says one box exactly
    owner, wanted = assigned(torch.zeros(1, POINTS, 2), said, truth, centres)
    for k in (0, 1):
        mine = centres[owner[0] == k]
        assert 1 <= len(mine) <= 10 and bool(((mine > boxes[0, k, :2]) & (mine < boxes[0, k, 2:])).all())
    assert wanted.max() == pytest.approx(1.0, abs=1e-5) and bool((wanted[owner < 0] == 0).all())


def test_a_perfect_answer_costs_next_to_nothing() -> None:
    centres, _ = (torch.from_numpy(each) for each in anchor_points())
    truth = Truth(torch.tensor([[[0.2, 0.2, 0.6, 0.6]]]), torch.tensor([[1]]), torch.tensor([[True]]))
    said = truth.boxes[0, :1].expand(1, POINTS, 4)
    owner, wanted = assigned(torch.zeros(1, POINTS, 2), said, truth, centres)
    logits = torch.full((1, POINTS, 2), -12.0)
    logits[0, owner[0] >= 0, 1] = 12.0
    assert bool((wanted[owner >= 0] > 0.99).all())
    perfect = detection_loss(logits, said, truth, centres)
    beside = said + torch.tensor([0.15, 0.0, 0.15, 0.0])
    wrong = detection_loss(-logits, beside, truth, centres)
    assert perfect[0] < 1e-3 and perfect[1] < 1e-3 and wrong[0] > 1 and wrong[1] > 0.1
    nothing = Truth(torch.zeros(1, 1, 4), torch.zeros(1, 1, dtype=torch.int64), torch.tensor([[False]]))
    assert detection_loss(torch.full((1, POINTS, 2), -12.0), said, nothing, centres)[1] == 0.0


def test_overlapping_boxes_of_a_class_are_put_out() -> None:
    boxes = np.array([[0, 0, 0.5, 0.5], [0, 0, 0.5, 0.49], [0, 0, 0.5, 0.48], [0.6, 0.6, 1.2, 1]], np.float32)
    scores = np.array([[0.8, 0.1], [0.9, 0.1], [0.1, 0.7], [0.5, 0.0]], np.float32)
    corners, classes, said = picked(boxes, scores, np.array([0.4, 0.6], np.float32))
    assert classes.tolist() == [0, 1, 0] and said.tolist() == pytest.approx([0.9, 0.7, 0.5])
    assert corners[2].tolist() == pytest.approx([0.6, 0.6, 1.0, 1.0])


@pytest.mark.parametrize("mosaic", [0.0, 1.0])
def test_boxes_go_where_their_things_go(mosaic: float) -> None:
    """A view's boxes hold the ink, and little else."""
    def photo(k: int) -> Boxed:
        picture = np.full((96, 96, 3), 255, np.uint8)
        x, y = 10 + 11 * (k % 5), 20 + 7 * (k % 3)
        picture[y:y + 30, x:x + 24] = (255, 0, 0)
        corners = np.array([[x, y, x + 24, y + 30]], np.float32) / 96
        return Boxed(square(Image.fromarray(picture)), corners, np.zeros(1, np.int64))

    config = DetectAugmentConfig(mosaic=mosaic, colour=0.0)
    seen = 0
    for k in range(12):
        made = view(photo, 12, k, 1 + k, config, 5)
        assert made.picture.shape == (SIZE, SIZE, 3)
        red = (made.picture[..., 0] > 200) & (made.picture[..., 1] < 60)
        inside = np.zeros_like(red)
        for left, top, right, bottom in made.boxes * SIZE:
            part = red[round(top) + 2:round(bottom) - 2, round(left) + 2:round(right) - 2]
            assert part.size == 0 or part.mean() > 0.9
            inside[max(0, round(top) - 2):round(bottom) + 2, max(0, round(left) - 2):round(right) + 2] = True
            seen += 1
        if not mosaic:
            assert not len(made.boxes) or (red & ~inside).sum() < 0.02 * red.sum()
    assert seen >= 8


@pytest.mark.usefixtures("pretrained")
def test_what_is_kept_is_what_the_backbone_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taps, "ROWS_BYTES", 4 * taps.DETECTION.numbers)  # so that three rows take two files
    session, kept = Session(taps.tap_model().SerializeToString()), taps.Taps(3, tmp_path / "taps")
    pictures = np.random.default_rng(1).integers(0, 256, (3, SIZE, SIZE, 3)).astype(np.uint8)
    straight = taps.looked_at(session, pictures)
    kept.put(0, pictures[:1], session)
    kept.put(1, pictures[1:], session)
    for tap, again, shape in zip(straight, kept.pick(np.array([2, 0, 1])), taps.DETECTION.shapes, strict=True):
        assert tap.shape[1:] == shape and np.abs(tap[[2, 0, 1]] - again).max() < 0.05


# scores beside pycocotools


def by_pycocotools(photos: list[scoring.Said], classes: int) -> tuple[float, float]:
    coco = pytest.importorskip("pycocotools.coco")
    evaluator = pytest.importorskip("pycocotools.cocoeval")
    truth, said = [], []
    for k, photo in enumerate(photos):
        for box, label in zip(photo.true_boxes.astype(float), photo.true_classes, strict=True):
            x, y, right, bottom = box
            truth.append({"id": len(truth) + 1, "image_id": k + 1, "category_id": int(label) + 1, "iscrowd": 0,
                          "bbox": [x, y, right - x, bottom - y], "area": (right - x) * (bottom - y)})
        for box, label, score in zip(photo.boxes.astype(float), photo.classes, photo.scores, strict=True):
            x, y, right, bottom = box
            said.append({"image_id": k + 1, "category_id": int(label) + 1, "score": float(score),
                         "bbox": [x, y, right - x, bottom - y]})
    with contextlib.redirect_stdout(io.StringIO()):
        wanted = coco.COCO()
        wanted.dataset = {"images": [{"id": k + 1} for k in range(len(photos))], "annotations": truth,
                          "categories": [{"id": k + 1} for k in range(classes)]}
        wanted.createIndex()
        judge = evaluator.COCOeval(wanted, wanted.loadRes(said), "bbox")
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    return float(judge.stats[1]), float(judge.stats[0])


@pytest.mark.parametrize("seed", range(5))
def test_average_precision_is_pycocotools(seed: int) -> None:
    photos = scenes(seed)
    report = scoring.scores_of(photos, ["a", "b", "c"], draws=50)
    wanted = by_pycocotools(photos, 3)
    assert (report["map50"], report["map50_95"]) == pytest.approx(wanted, abs=1e-5)
    assert report["interval"][0] <= report["map50"] <= report["interval"][1]


def test_a_class_that_is_nowhere_does_not_count() -> None:
    photos = scenes(1, classes=2)
    report = scoring.scores_of(photos, ["a", "b", "never"], draws=0)
    assert report["per_class"]["never"]["ap50"] is None and report["map50"] > 0.5
    best = report["per_class"]["a"]["best"]
    assert 0 < best["recall"] <= 1 and best in [scoring.point(*row, 0) for row in curves(photos)]


def curves(photos: list[scoring.Said]) -> list[tuple[Any, Any, Any]]:
    """Recall, precision and score at each box of class 0, counted plainly."""
    rows = sorted(((float(score), bool(hit)) for photo in photos for found in [scoring.matches(photo, 0)]
                   for score, hit in zip(found.scores, found.hits[0], strict=True)), reverse=True)
    there = sum(int((photo.true_classes == 0).sum()) for photo in photos)
    hits = np.cumsum([hit for _, hit in rows])
    return [([right / there], [right / (k + 1)], [score])
            for k, (right, (score, _)) in enumerate(zip(hits, rows, strict=True))]
