"""What is said of a trained classifier, beside scikit-learn, closed forms and torch's own gradients."""

from __future__ import annotations

import importlib
import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from PIL import Image

import trivium.vision as vision
from trivium.cli import main
from trivium.errors import BadConfig, BadFile, NameTaken, NotFound
from trivium.vision.backbone.features import Session
from trivium.vision.backbone.graph import with_map
from trivium.vision.classification import results
from trivium.vision.classification.data import Photos, npz
from trivium.vision.classification.deploy import head_of
from trivium.vision.classification.predictions import PREDICTIONS, predictions_of, write_predictions
from trivium.vision.classification.rejection import AXES, auroc, familiarity, separation, span_of, threshold_of
from trivium.vision.collect.store import PictureStore
from trivium.vision.deploy import check, read_bundle
from trivium.vision.models import pretrained_backbone
from trivium.vision.understand.calibration import reliability
from trivium.vision.understand.few_shot import drawn, one_draw, outlook, point
from trivium.vision.understand.neighbours import alike
from trivium.vision.understand.saliency import class_maps
from trivium.vision.understand.scores import average_precision, precision_recall
from trivium.vision.understand.unknown import left_out

from .drawings import scene, write_photos


@pytest.fixture(scope="module")
def trained(shapes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training on the drawn shapes."""
    return Path(vision.train("shapes", seed=3, out=tmp_path_factory.mktemp("runs") / "run-v", data=shapes,
                             folds=3)["run"])


def guesses(count: int, classes: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities that are right more often than not, with ties, and labels."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, count)
    logits = rng.normal(0, 1, (count, classes)) + 1.5 * np.eye(classes)[labels]
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return np.round(p, 2).astype(np.float32), labels


def test_the_curve_is_scikit_learns() -> None:
    metrics = importlib.import_module("sklearn.metrics")
    probabilities, labels = guesses(300, 4, 1)
    for k in range(4):
        recall, precision, thresholds = precision_recall(labels == k, probabilities[:, k])
        wanted = metrics.precision_recall_curve(labels == k, probabilities[:, k])
        assert np.allclose(recall[::-1], wanted[1][:-1]) and np.allclose(precision[::-1], wanted[0][:-1])
        assert np.allclose(thresholds[::-1], wanted[2])
        assert average_precision(recall, precision) == pytest.approx(
            metrics.average_precision_score(labels == k, probabilities[:, k]))


def test_the_curve_by_hand() -> None:
    """Four photos: right, wrong, right, wrong, in the order of their scores."""
    recall, precision, _ = precision_recall(np.array([True, False, True, False]), np.array([0.9, 0.8, 0.7, 0.1]))
    assert recall.tolist() == [0.5, 0.5, 1.0, 1.0] and precision.tolist() == [1.0, 0.5, 2 / 3, 0.5]
    assert average_precision(recall, precision) == pytest.approx(0.5 * 1.0 + 0.5 * 2 / 3)


def test_reliability_counts_by_hand() -> None:
    probabilities = np.array([[0.95, 0.05], [0.95, 0.05], [0.95, 0.05], [0.65, 0.35]], np.float32)
    found = reliability(probabilities, np.array([0, 0, 1, 0]))
    last, middle = found["bins"][9], found["bins"][6]
    assert last["n"] == 3 and last["accuracy"] == pytest.approx(2 / 3, abs=1e-6) and middle["accuracy"] == 1.0
    assert found["calibration_error"] == pytest.approx(0.75 * (0.95 - 2 / 3) + 0.25 * 0.35, abs=1e-5)
    assert found["nll"] == pytest.approx(-np.log([0.95, 0.95, 0.05, 0.65]).mean(), abs=1e-5)
    assert found["brier"] == pytest.approx((2 * 0.005 + 2 * 0.95 ** 2 + 2 * 0.35 ** 2) / 4, abs=1e-5)


def test_a_photo_that_was_given_nothing_counts_as_half_a_last_digit() -> None:
    """Probabilities are kept with six digits, so 0 may be anything up to 0.0000005."""
    found = reliability(np.array([[1.0, 0.0], [1.0, 0.0]], np.float32), np.array([0, 1]))
    assert found["nll"] == pytest.approx(-np.log(5e-7) / 2, abs=1e-5)


def test_how_often_the_known_is_more_familiar_by_counting_pairs() -> None:
    rng = np.random.default_rng(2)
    known, unknown = rng.integers(3, 9, 40).astype(np.float32), rng.integers(0, 7, 25).astype(np.float32)
    pairs = (known[:, None] > unknown).mean() + (known[:, None] == unknown).mean() / 2
    assert auroc(known, unknown) == pytest.approx(pairs)
    assert threshold_of(np.arange(100, dtype=np.float32)) == 5.0  # 95 of them are 5 or more
    found = separation(np.arange(100, dtype=np.float32), np.array([0, 4, 5, 90], np.float32))
    assert found["true_accepts"] == 0.95 and found["false_accepts"] == 0.5


def test_closeness_is_the_cosine_of_the_angle_to_where_the_photos_lie() -> None:
    """A plane through a point: in it 1, at a right angle 0, between them the cosine, from near and far."""
    rng = np.random.default_rng(3)
    plane = np.linalg.qr(rng.normal(0, 1, (20, 3)))[0]  # two directions of the plane, one at a right angle to it
    seen = (5 + rng.normal(0, 1, (4, 2)) @ plane[:, :2].T).astype(np.float32)
    span, mean = span_of(seen), seen.mean(0)
    assert span.axes.shape == (20, 2)  # of half as many as there are
    turns = np.radians([0.0, 30.0, 60.0, 90.0])
    other = [mean + size * (np.cos(turn) * plane[:, 0] + np.sin(turn) * plane[:, 2])
             for turn, size in zip(turns, (0.1, 3.0, 1.0, 7.0), strict=True)]
    assert np.allclose(span.closeness(np.array(other, np.float32)), np.cos(turns), atol=2e-3)


def test_principal_components_are_those_of_most_variance_however_many_photos_there_are() -> None:
    """More photos than features and fewer are computed differently; both beside the values of the covariance."""
    rng = np.random.default_rng(5)
    for count, width in ((400, 300), (40, 300)):
        seen = (rng.normal(0, 1, (count, width)) * np.linspace(3, 0.1, width)).astype(np.float32)
        span = span_of(seen)
        kept = span.axes.shape[1]
        assert kept == min(AXES, count // 2, width)
        values = np.sort(np.linalg.svd(np.cov(seen.T.astype(np.float64)), compute_uv=False))[::-1]
        found = ((seen - seen.mean(0)) @ span.axes).var(0, ddof=1).sum()
        assert found == pytest.approx(values[:kept].sum(), rel=2e-3)


def blobs(count: int, classes: int) -> Photos:
    """Photos whose features lie in a blob for each class."""
    rng = np.random.default_rng(4)
    labels = np.repeat(np.arange(classes), count)
    features = (rng.normal(0, 4, (classes, 1280))[labels] + rng.normal(0, 1, (len(labels), 1280))).astype(np.float32)
    names = [f"{k}.png" for k in range(len(labels))]
    return Photos("blobs", [f"c{k}" for k in range(classes)], names, names, features, labels, np.arange(len(labels)))


def test_what_lies_elsewhere_is_told_from_what_is_known() -> None:
    from trivium.vision.classification.config import HeadConfig

    found = left_out(blobs(20, 4), HeadConfig(), 4, 1, 2)
    assert found["auroc"] > 0.99 and found["false_accepts"] < 0.05 and len(found["classes"]) == 4
    mixed = blobs(20, 4)
    rng = np.random.default_rng(5)  # features that say nothing: nothing can be told
    found = left_out(Photos(**{**vars(mixed), "features": rng.normal(0, 1, (80, 1280)).astype(np.float32)}),
                     HeadConfig(), 4, 1, 2)
    assert 0.3 < found["auroc"] < 0.7
    with pytest.raises(BadConfig, match="three classes"):
        left_out(blobs(20, 2), HeadConfig(), 4, 1, 2)


def test_few_shots_are_judged_on_other_photos() -> None:
    from trivium.vision.classification.config import HeadConfig

    photos = blobs(12, 3)
    groups = np.arange(36) // 2  # each photo has a near-copy
    photos = Photos(**{**vars(photos), "groups": groups})
    chosen = drawn(photos.labels, 4, np.random.default_rng([1, 4, 0]))
    assert np.bincount(photos.labels[chosen]).tolist() == [4, 4, 4] and len(set(chosen.tolist())) == 12
    rate, count = one_draw(photos, HeadConfig(), 4, [1, 4, 0])
    assert count == 36 - 2 * len(set(groups[chosen].tolist())) and rate > 0.9


def test_an_interval_of_draws_is_students() -> None:
    found = point(5, [(0.7, 90), (0.8, 90), (0.6, 90)])
    half = 4.302653 * 0.1 / 3 ** 0.5  # t of two degrees of freedom
    assert found["accuracy"] == pytest.approx(0.7) and found["deviation"] == pytest.approx(0.1)
    assert found["interval"] == pytest.approx([0.7 - half, 0.7 + half], abs=1e-5)


def test_the_outlook_continues_a_straight_line() -> None:
    """Mistakes that halve with each doubling halve once more."""
    rows = [{"per_class": count, "accuracy": 1 - 0.8 / count} for count in (5, 10, 20)]
    assert outlook(rows)["doubling"] == pytest.approx(0.02, abs=1e-6) and "2.0%" in outlook(rows)["verdict"]
    assert "hardly" in outlook([{"per_class": 50, "accuracy": 0.9}, {"per_class": 100, "accuracy": 0.901}])["verdict"]
    assert outlook(rows[:1])["doubling"] is None


def test_neighbours_are_those_of_scikit_learn() -> None:
    pairwise = importlib.import_module("sklearn.metrics.pairwise")
    features = np.random.default_rng(6).normal(2, 1, (30, 16)).astype(np.float32)
    centred = features - features.mean(0)
    assert np.allclose(alike(features, features[3]), pairwise.cosine_similarity(centred, centred[3:4])[:, 0],
                       atol=1e-5)


def test_a_map_is_the_logit_and_its_parts_are_the_gradients(trained: Path) -> None:
    """Its mean is what the whole network says; each place is its share by torch's own derivative."""
    _, parts = read_bundle(trained)
    head = head_of(trained)
    picture = np.asarray(scene(3).resize((224, 224)))[None]
    session = Session(with_map(parts["model.onnx"]))
    said = session.outputs(picture)
    maps = class_maps(said["map"][0], head)
    assert np.allclose(maps.mean((1, 2)), head.logits(said["features"])[0], atol=1e-3)
    network = pretrained_backbone()
    x = (torch.tensor(picture).float().permute(0, 3, 1, 2) - 127.0) / 128.0
    last = network.run(x, 0, len(network.layers)).detach().requires_grad_()
    logits = network.pooled(last) @ torch.from_numpy(head.weight) + torch.from_numpy(head.bias)
    (slope,) = torch.autograd.grad(logits[0, 1], last)
    shares = (slope * last).sum(1)[0].detach().numpy() * 49 + head.bias[1]  # a mean over 49 places
    assert np.allclose(maps[1], shares, atol=1e-3)


def test_the_answers_of_a_training_agree_with_its_report(trained: Path, shapes: Path) -> None:
    report, found = vision.evaluate(trained, data=shapes), vision.scores(trained, data=shapes)
    for row in found["classes"]:
        wanted = report["per_class"][row["label"]]
        assert row["recall"] == wanted["recall"] and row["precision"] == wanted["precision"]
        assert row["curve"][-1]["recall"] == 1.0
    marked = vision.calibration(trained, data=shapes)
    assert marked["calibrated"]["calibration_error"] == pytest.approx(report["calibration_error"], abs=1e-4)
    assert marked["uncalibrated"]["nll"] >= marked["calibrated"]["nll"] - 1e-4  # the best temperature
    wrong = vision.mistakes(trained, data=shapes)
    assert wrong["mistakes"] == vision.judged(trained, wrong=True, data=shapes)
    assert wrong["wrong"] == wrong["found"] == round((1 - report["accuracy"]) * 24)
    right = vision.mistakes(trained, label="box", predicted="box", data=shapes)
    assert right["found"] == report["confusion"][0][0]
    sure = [row["confidence"] for row in right["mistakes"]]
    assert sure == sorted(sure)


def copied(trained: Path, place: Path, classes: list[str]) -> Path:
    """A finished training, as if it had been of these classes."""
    shutil.copytree(trained, place)
    report = place / "out" / "evaluation.json"
    report.write_text(json.dumps({**json.loads(report.read_text()), "classes": classes}))
    return place


def test_ten_thousand_photos_of_many_classes_can_be_asked_about(trained: Path, tmp_path: Path) -> None:
    """As many as the studio promises; as text they were larger than it reads again."""
    count, names = 10_000, [f"class {k}" for k in range(150)]
    rng = np.random.default_rng(7)
    labels = rng.integers(0, len(names), count)
    p = rng.random((count, len(names)), np.float32) + 60 * np.eye(len(names), dtype=np.float32)[labels]
    p[:40] = p[:40, ::-1]  # these are wrong
    p /= p.sum(1, keepdims=True)
    shas = [f"{k:064x}" for k in range(count)]
    photos = Photos("many", names, shas, [f"some folder/of photos/{k}.jpg" for k in range(count)],
                    np.zeros((count, 1), np.float32), labels, np.arange(count))
    run = copied(trained, tmp_path / "run", names)
    write_predictions(run / "out" / PREDICTIONS, photos, p, np.arange(count) % 5)
    rows = vision.judged(run, wrong=True)
    assert {row["sha256"] for row in rows} == set(shas[:40]) and vision.mistakes(run)["wrong"] == 40
    assert len(vision.scores(run)["classes"]) == 150 and vision.calibration(run)["n"] == count
    assert len(results.suggestions(run, [], PictureStore(tmp_path))) == 0
    assert predictions_of(run).truth == pytest.approx(p[np.arange(count), labels], abs=5.1e-7)
    (run / "out" / PREDICTIONS).write_bytes((run / "out" / PREDICTIONS).read_bytes()[:1000])
    with pytest.raises(BadFile, match="damaged"):
        vision.scores(run)


def test_unknown_things_are_not_named(trained: Path, shapes: Path, tmp_path: Path) -> None:
    """Boxes and discs are; the graph's familiarity is the formula's, on photos that the training has never seen."""
    photos = write_photos(tmp_path / "new", 10, first=700)
    (photos / "scene").mkdir()
    for k in range(10):
        scene(k).save(photos / "scene" / f"{k}.png")
    rows = vision.run(trained, photos, data=shapes)["results"]
    known = [row["known"] for row in rows if not row["file"].startswith("scene")]
    strange = [row["known"] for row in rows if row["file"].startswith("scene")]
    assert sum(known) >= 15 and sum(strange) <= 2
    card, parts = read_bundle(trained)
    with np.load(trained / "inputs" / "features.npz") as stored:
        span = span_of(stored["features"].astype(np.float32))
    with Image.open(photos / rows[0]["file"]) as image:
        picture = np.asarray(image.convert("RGB").resize((224, 224), Image.Resampling.BILINEAR))
    said = Session(parts["model.onnx"]).outputs(picture[None])
    assert said["familiarity"].shape == (1, 1)
    assert rows[0]["familiarity"] == pytest.approx(float(said["familiarity"][0, 0]), abs=1e-3)
    held_out = json.loads((trained / "out" / "evaluation.json").read_text())["rejection"]
    assert held_out["threshold"] == card["rejection"]["threshold"] and held_out["output"] == "familiarity"
    made = familiarity(span, np.array([1.0, 3.0], np.float32), np.array([0.2, 0.6], np.float32))
    logits = np.array([[7.0, -1.0]], np.float32)  # counts as 2, the middle of what was reached
    by_hand = 2.0 / 0.5 + 3 * span.closeness(said["features"]) / 0.2  # 1 and 2 deviate by 0.5; closeness counts thrice
    assert made.of(said["features"], logits) == pytest.approx(by_hand, rel=1e-5)


def test_a_model_whose_familiarity_is_another_does_not_go_out(trained: Path) -> None:
    """By the graph in ONNX Runtime, beside the network in PyTorch and the formula, on the bundle's pictures."""
    _, parts = read_bundle(trained)
    assert check(parts) < 1e-4
    with np.load(io.BytesIO(parts["samples.npz"])) as stored:
        arrays = {name: stored[name] for name in stored.files}
    assert arrays["familiarity"].shape == (8, 1)
    wrong = parts | {"samples.npz": npz(**{**arrays, "familiarity": arrays["familiarity"] * np.float32(1.01)})}
    with pytest.raises(BadFile, match="other answers"):
        check(wrong)
    with pytest.raises(BadFile, match="other answers"):
        check(parts | {"samples.npz": npz(**{**arrays, "familiarity": arrays["familiarity"] * np.float32("nan")})})


def test_a_photo_or_a_file_is_looked_at(trained: Path, shapes: Path, tmp_path: Path) -> None:
    photos = write_photos(tmp_path / "new", 1, first=800)
    near = vision.neighbours(trained, source=photos / "box" / "box800.png", count=5, data=shapes)
    assert len(near["neighbours"]) == 5 and [row["label"] for row in near["neighbours"]].count("box") >= 3
    own = vision.neighbours(trained, "box/box3.png", data=shapes)
    assert own["label"] == "box" and all(row["name"] != "box/box3.png" for row in own["neighbours"])
    seen = vision.saliency(trained, "box/box3.png", out=tmp_path / "heat.png", data=shapes)
    assert seen["label"] == "box" and np.mean(seen["map"]) == pytest.approx(seen["logit"], abs=1e-3)
    assert seen["logit"] == pytest.approx(seen["logits"]["box"], abs=1e-4)
    rather = vision.saliency(trained, "box/box3.png", label="box", against="disc", data=shapes)
    assert rather["logit"] == pytest.approx(seen["logits"]["box"] - seen["logits"]["disc"], abs=1e-3)
    with Image.open(tmp_path / "heat.png") as drawn_map:
        assert drawn_map.size == (96, 96)
    for refused, words in (({"photo": "none.png"}, "no photo"), ({"source": tmp_path / "x.png"}, "does not exist"),
                           ({"photo": "box/box3.png", "label": "cat"}, "no class")):
        with pytest.raises(NotFound, match=words):
            vision.saliency(trained, data=shapes, **refused)  # type: ignore[arg-type]
    with pytest.raises(NameTaken):
        vision.saliency(trained, "box/box3.png", out=tmp_path / "heat.png", data=shapes)


def test_each_question_on_the_command_line(trained: Path, shapes: Path, tmp_path: Path,
                                           monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIVIUM_DATA", str(shapes))

    def ask(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["vision", "understand", arguments[0], str(trained), *arguments[1:]])

    words: dict[tuple[str, ...], str] = {
        ("scores",): "average precision", ("calibration",): "on average", ("mistakes",): "named wrongly",
        ("few-shot", "--counts", "2,4", "--draws", "2"): "4 photos a class",
        ("neighbours", "disc/disc1.png", "--count", "3"): "disc", ("saliency", "disc/disc1.png"): "logit"}
    for arguments, wanted in words.items():
        done = ask(*arguments)
        assert done.exit_code == 0 and wanted in done.stdout, (arguments, done.output)
        assert isinstance(json.loads(ask(*arguments, "--json").stdout), dict)
    refused = ask("unknown")
    assert refused.exit_code == 1 and "three classes" in refused.stderr
    assert "no list of numbers" in ask("few-shot", "--counts", "5;10").stderr
    assert ask("neighbours").exit_code == 1


def test_views_are_shown_as_pictures(shapes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIVIUM_DATA", str(shapes))
    done = CliRunner().invoke(main, ["vision", "views", "shapes", "--out", str(tmp_path / "s.png"), "--photos", "2",
                                     "--views", "3", "--set", "turn_deg=90", "--json"])
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["augment"]["turn_deg"] == 90 and len(found["photos"]) == 2
    assert {name.split("/")[0] for name in found["photos"]} == {"box", "disc"}  # of as many classes as fit
    with Image.open(io.BytesIO((tmp_path / "s.png").read_bytes())) as sheet:
        assert sheet.size == (4 * 230 + 6, 2 * 230 + 6)
    with pytest.raises(NameTaken):
        vision.contact_sheet("shapes", tmp_path / "s.png", data=shapes)
