"""Segmentation: its loss and scores beside independent ones; it learns, goes on exactly, stops early, leaves whole."""

from __future__ import annotations

import base64
import contextlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import trivium.vision as vision
from trivium.core.run import Run
from trivium.errors import BadConfig, BadFile
from trivium.vision import project
from trivium.vision.backbone.features import Session
from trivium.vision.backbone.graph import LIKELIHOODS
from trivium.vision.collect.store import PictureStore
from trivium.vision.detection.config import ViewConfig
from trivium.vision.detection.deploy import weights_of
from trivium.vision.detection.geometry import SIZE
from trivium.vision.labels.planes import unpacked
from trivium.vision.segmentation import fit, scoring, verdict
from trivium.vision.segmentation.config import SegmentConfig
from trivium.vision.segmentation.data import MASKS, masked_photos_of, open_masked_photos
from trivium.vision.segmentation.deploy import by_torch
from trivium.vision.segmentation.graph import segmenter_model
from trivium.vision.segmentation.loss import cross_entropy, dice_loss
from trivium.vision.segmentation.loss import weights_of as class_weights
from trivium.vision.segmentation.network import Segmenter
from trivium.vision.segmentation.train import train
from trivium.vision.segmentation.views import TRUTH, view, whole
from trivium.vision.submit import submit_training

from .boxed import drawing
from .colours import film
from .masked import mask_of_drawing, project_of_masks

PHOTOS = 24
SMALL = {"views": 1, "learn": {"updates": 40, "batch": 6, "channels": 16, "lr": 8e-3, "average": 0.9}}


@pytest.fixture(scope="module")
def drawn(pretrained: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the segmentation project `things`."""
    data = tmp_path_factory.mktemp("data")
    project_of_masks(data, tmp_path_factory.mktemp("drawn"), "things", PHOTOS)
    return data


def here(data: Path, folder: Path, **settings: Any) -> Path:
    """A training in this process, which spares the start of another."""
    config = SegmentConfig.model_validate({**SMALL, **settings})
    submit_training(data, "things", config, 3, folder=folder, threads=1)
    train(config, Run.open(folder))
    return folder


@pytest.fixture(scope="module")
def trained(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return here(drawn, tmp_path_factory.mktemp("runs") / "run-s")


def report_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "out" / "evaluation.json").read_text())
    return found


# learning


def test_it_learns_where_things_are(trained: Path) -> None:
    report = report_of(trained)
    assert report["miou"] >= 0.7 > 0.4 > report["baseline"]["miou"]
    assert report["interval"][0] <= report["miou"] <= report["interval"][1]
    assert report["task"] == "segmentation" and report["n"] + report["learned_from"] == PHOTOS
    assert set(report["per_class"]) == {"background", "box", "disc"} and 0.3 < report["border_accuracy"] < 1
    events = [json.loads(line) for line in (trained / "events.jsonl").read_text().splitlines()]
    curve = [event["values"] for event in events if event["kind"] == "metric"]
    assert curve[0]["loss/pixels"] > curve[-1]["loss/pixels"] and curve[-1]["miou/held_out"] == report["miou"]
    worst = json.loads((trained / "out" / "found.json").read_text())
    assert len(worst) == report["n"] and worst[0]["miou"] <= worst[-1]["miou"]


def test_broken_off_it_ends_the_same(drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With early stopping, whose best weights have to come back as well."""
    short = {"views": 0, "learn": {**SMALL["learn"], "updates": 6, "patience": 1}}
    monkeypatch.setattr(fit, "CURVE_EVERY", 2)
    whole_run = here(drawn, tmp_path / "whole", **short)
    config = SegmentConfig.model_validate({**SMALL, **short})
    submit_training(drawn, "things", config, 3, folder=tmp_path / "broken", threads=1)

    class Killed(BaseException):
        """As if by kill -9: nothing is saved on the way out."""

    learn = fit.Learner.learn

    def dies(self: Any, taps: Any, truth: Any, update: int, share: float) -> Any:
        if update == 3:
            raise Killed
        return learn(self, taps, truth, update, share)

    with monkeypatch.context() as patch:
        patch.setattr(fit, "SAVE_EVERY_S", 0.0)
        patch.setattr(fit.Learner, "learn", dies)
        with contextlib.suppress(Killed):
            train(config, Run.open(tmp_path / "broken"))
    begun = Run.open(tmp_path / "broken").load_last()
    assert begun is not None and begun.state["update"] == 3 and any(name.startswith("best.") for name in begun.tensors)
    train(config, Run.open(tmp_path / "broken"))
    for name in ("model/weights.safetensors", "model/model.onnx", "out/evaluation.json"):
        assert (tmp_path / "broken" / name).read_bytes() == (whole_run / name).read_bytes(), name


def test_it_stops_early_with_the_weights_that_did_best(drawn: Path, tmp_path: Path,
                                                       monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit, "CURVE_EVERY", 2)
    judged, given = fit.Teaching.judged, iter([0.5, 0.9, 0.8, 0.7, 0.6, 0.5])
    kept: list[Any] = []

    def told(self: Any, learner: Any, which: Any) -> Any:
        if which is self.choosing:
            share = round(1000 * next(given))
            kept.append(learner.average.out.weight.detach().clone().numpy())
            return [scoring.Told(np.array([[share, 1000 - share], [0, 0]]), 0, 0)]
        return judged(self, learner, which)

    monkeypatch.setattr(fit.Teaching, "judged", told)
    run = here(drawn, tmp_path / "run", views=0, learn={**SMALL["learn"], "updates": 25, "patience": 2})
    report = report_of(run)
    assert report["kept_aside"] >= 2 and report["kept_aside"] + report["n"] + report["learned_from"] == PHOTOS
    from safetensors.numpy import load

    assert np.array_equal(load((run / "model" / "weights.safetensors").read_bytes())["out.weight"], kept[1])
    assert len(kept) == 4  # 0.9 was best, and two worse ones were waited for


def test_what_cannot_be_learned_from_is_said(drawn: Path, tmp_path: Path) -> None:
    project.create(drawn, "empty", project.SEGMENTATION)
    with pytest.raises(BadConfig, match="needs photos with masks"):
        submit_training(drawn, "empty", SegmentConfig(), 1, folder=tmp_path / "run")
    bare = project_of_masks(drawn, tmp_path / "bare", "bare", 4, first=40)
    for item in bare.items.values():
        vision.set_mask("bare", item.sha256, np.zeros((120, 160), np.uint8), data=drawn)
    with pytest.raises(BadConfig, match="Every mask is background"):
        submit_training(drawn, "bare", SegmentConfig(), 1, folder=tmp_path / "run")
    with pytest.raises(BadConfig, match="no such setting"):
        vision.train("things", data=drawn, folds=3)


def test_a_run_whose_masks_were_changed_is_refused(trained: Path, tmp_path: Path) -> None:
    card = json.loads((trained / "inputs" / MASKS).read_text())
    card["photos"][0]["mask"] = "0" * 64
    (tmp_path / MASKS).write_text(json.dumps(card))
    with pytest.raises(BadFile, match="damaged"):
        open_masked_photos(tmp_path / MASKS)


# what leaves, and at work


def test_the_bundle_tells_what_the_network_tells(trained: Path, drawn: Path, tmp_path: Path) -> None:
    made = vision.deploy(trained, tmp_path / "bundle.zip", data=drawn)
    assert made["parity"] < 1e-4 and made["miou"] == report_of(trained)["miou"]
    card = json.loads((trained / "model" / "model.json").read_text())
    assert card["task"] == "segmentation" and card["classes"] == ["box", "disc"] and card["latency"]["ms"] > 0
    found = vision.run(trained, photos_in(tmp_path / "new", 6), data=drawn)
    assert found["n"] == 6 and not found["passed_over"]
    away = [abs(sum(area["share"] for area in row["areas"] if area["label"] == kind)
                - (mask_of_drawing(int(Path(row["file"]).stem)) == k).mean())
            for row in found["results"] for k, kind in enumerate(("box", "disc"), 1)]
    assert np.mean(away) < 0.03


def photos_in(folder: Path, count: int, first: int = 500) -> Path:
    folder.mkdir()
    for k in range(first, first + count):
        drawing(k)[0].save(folder / f"{k}.png")
    return folder


def test_another_project_is_judged_by_the_finished_model(trained: Path, drawn: Path, tmp_path: Path) -> None:
    project_of_masks(drawn, tmp_path / "more", "more", 5, first=900)
    report = vision.evaluate(trained, on="more", data=drawn)
    assert report["n"] == 5 and report["left_out"] == 0 and report["miou"] > 0.6
    with pytest.raises(BadConfig, match="every photo"):
        vision.evaluate(trained, on="things", data=drawn)


def test_the_report_of_the_training_is_that_of_the_bundle(trained: Path, drawn: Path) -> None:
    """The figures of the run are what the ONNX model says of the held-out photos, in a process of its own."""
    worst = json.loads((trained / "out" / "found.json").read_text())[0]
    kept = project.load(drawn, "things")
    item = kept.items[worst["sha256"]]
    truth = mask_of_drawing(int(item.name.split(".")[0]))
    session = Session((trained / "model" / "model.onnx").read_bytes())
    picture = np.asarray(Image.open(PictureStore(drawn).view(item.sha256)).convert("RGB").resize(
        (SIZE, SIZE), Image.Resampling.BILINEAR))
    said = verdict.class_map(session.outputs(picture[None])[LIKELIHOODS][0], truth.shape[1], truth.shape[0])
    table = scoring.told(truth, said, 3).table
    assert float(scoring.miou(scoring.counts_of(table))) == pytest.approx(worst["miou"], abs=0.01)


def test_events_of_a_film_have_masks(trained: Path, drawn: Path, tmp_path: Path) -> None:
    photos = photos_in(tmp_path / "frames", 3)
    seen = vision.watch(trained, photos, data=drawn, out=tmp_path / "seen")
    events = [json.loads(line) for line in (tmp_path / "seen" / "events.jsonl").read_text().splitlines()]
    plain = vision.run(trained, photos, data=drawn)["results"]
    assert seen["n"] == 3 and all(event["task"] == "segmentation" for event in events)
    for event, row in zip(events, plain, strict=True):
        assert [mask["label"] for mask in event["masks"]] == [area["label"] for area in row["areas"]]
        assert event["label"] == (row["areas"][0]["label"] if row["areas"] else None)
        for mask in event["masks"]:
            plane = unpacked(base64.b64decode(mask["png"]))
            assert set(np.unique(plane)) <= {0, 255} and (plane > 0).mean() == pytest.approx(mask["share"], abs=1e-4)
        assert len(json.dumps(event)) < 20_000


def test_a_film_on_which_nothing_is_seen_has_events_all_the_same(trained: Path, drawn: Path, tmp_path: Path) -> None:
    seen = vision.watch(trained, film(tmp_path / "grey.mp4", ["grey"] * 3), data=drawn, out=tmp_path / "seen",
                        threshold=1.0)
    events = [json.loads(line) for line in (tmp_path / "seen" / "events.jsonl").read_text().splitlines()]
    assert seen["n"] == 3 and all(event["masks"] == [] and event["label"] is None for event in events)


def test_an_event_never_becomes_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    likelihoods = np.random.default_rng(0).random((60, 80, 80)).astype(np.float32)
    found = verdict.masks_in([f"c{k}" for k in range(59)], likelihoods)
    assert len(found) == 59 and sum(len(mask.png or "") for mask, _ in found) <= verdict.MOST_BYTES
    assert found[0][0].png and not found[-1][0].png and found[0][0].share >= found[-1][0].share


def test_graph_and_network_are_the_same() -> None:
    """Weights of every kind, normalisations that have seen something: node by node against torch."""
    torch.manual_seed(0)
    network = Segmenter(4, 16).eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.3)  # type: ignore[union-attr, operator]
            module.running_var.uniform_(0.5, 2)  # type: ignore[union-attr, operator]
    torch.nn.init.normal_(network.out.weight, std=0.5)
    pictures = np.random.default_rng(0).integers(0, 256, (2, SIZE, SIZE, 3)).astype(np.uint8)
    said = Session(segmenter_model(weights_of(network)).SerializeToString()).outputs(pictures)[LIKELIHOODS]
    wanted = by_torch(network, pictures)[LIKELIHOODS]
    assert said.shape == (2, 4, 80, 80) and np.abs(said - wanted).max() < 1e-4 < wanted.std()


# loss, views, data


def test_cross_entropy_and_dice_by_hand() -> None:
    truth = torch.tensor([[[0, 1], [255, 1]]])
    sure = torch.full((1, 2, 2, 2), -20.0)
    sure[0, 0, 0, 0] = sure[0, 1, 0, 1] = sure[0, 1, 1, 1] = 20.0  # right everywhere, and nothing where nobody knows
    assert float(cross_entropy(sure, truth)) < 1e-6 and float(dice_loss(sure, truth)) < 1e-6
    even = torch.zeros(1, 2, 2, 2)
    assert float(cross_entropy(even, truth)) == pytest.approx(np.log(2))
    # class 0: both 0.5, sizes 1.5 + 1; class 1: both 1, sizes 1.5 + 2; one pixel smoothed in each
    wanted = 1 - ((2 * 0.5 + 1) / (2.5 + 1) + (2 * 1 + 1) / (3.5 + 1)) / 2
    assert float(dice_loss(even, truth)) == pytest.approx(wanted)
    weights = torch.tensor([1.0, 3.0])
    logits = torch.randn(1, 2, 2, 2, generator=torch.Generator().manual_seed(1))
    assert float(cross_entropy(logits, truth, weights)) == pytest.approx(float(
        torch.nn.functional.cross_entropy(logits, truth, weight=weights, ignore_index=255)), rel=1e-5)
    nobody = torch.full((1, 2, 2), 255)
    assert float(cross_entropy(logits, nobody)) == 0.0 and np.isfinite(float(dice_loss(logits, nobody)))
    assert class_weights(torch.tensor([800, 100, 0, 100])).tolist() == pytest.approx([0.2, 1.0, 1.0, 1.0])


def test_photo_and_mask_are_moved_by_the_same_numbers() -> None:
    """Where the view is red, its mask says 1, and nowhere else; outside the photo nothing is said."""
    picture, mask = np.full((96, 128, 3), 255, np.uint8), np.zeros((96, 128), np.uint8)
    picture[20:60, 30:70], mask[20:60, 30:70] = (255, 0, 0), 1
    photo, outside = whole(Image.fromarray(picture), mask), 0
    for number in range(12):
        made = view(photo, 3, number, ViewConfig(colour=0.0), 5)
        assert made.picture.shape == (SIZE, SIZE, 3) and made.mask.shape == (TRUTH, TRUTH)
        seen = made.picture.reshape(TRUTH, 2, TRUTH, 2, 3).mean((1, 3))
        red = (seen[..., 0] > 200) & (seen[..., 1] < 100)
        assert ((made.mask == 1) != red)[made.mask != 255].mean() < 0.012
        outside += int((made.mask == 255).sum())
        assert number or not outside
    assert outside


def test_what_a_training_takes_is_in_numbers_of_its_own(drawn: Path, tmp_path: Path) -> None:
    """A class that is on no mask has no number."""
    kept = project_of_masks(drawn, tmp_path / "few", "few", 4, first=60)
    for item in list(kept.items.values()):
        plane = mask_of_drawing(int(item.name.split(".")[0]))
        vision.set_mask("few", item.sha256, np.where(plane == 1, 255, plane), data=drawn)
    photos, planes = masked_photos_of(project.load(drawn, "few"), PictureStore(drawn))
    assert photos.classes == ["disc"] and {int(v) for each in planes.values() for v in np.unique(unpacked(each))} == {
        0, 1, 255}
    assert (photos.pixels.sum(1) < 120 * 160).any() and photos.pixels.shape == (4, 2)


# scores beside scikit-learn


@pytest.mark.parametrize("seed", range(3))
def test_intersection_over_union_is_scikit_learns(seed: int) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 4, (5, 30, 40)).astype(np.uint8)
    said = np.where(rng.random(truth.shape) < 0.7, truth, rng.integers(0, 4, truth.shape)).astype(np.uint8)
    truth[rng.random(truth.shape) < 0.1] = 255
    photos = [scoring.told(one, other, 5) for one, other in zip(truth, said, strict=True)]
    report = scoring.scores_of(photos, ["a", "b", "c", "never"], draws=50)
    known = truth != 255
    wanted = metrics.jaccard_score(truth[known], said[known], average=None)
    assert [row["iou"] for row in report["per_class"].values()][:4] == pytest.approx(list(wanted), abs=1e-6)
    assert report["per_class"]["never"]["iou"] is None and report["miou"] == pytest.approx(wanted.mean(), abs=1e-6)
    assert report["pixel_accuracy"] == pytest.approx(metrics.accuracy_score(truth[known], said[known]), abs=1e-6)
    assert np.array_equal(report["confusion"], metrics.confusion_matrix(truth[known], said[known], labels=range(5)))
    assert report["interval"][0] <= report["miou"] <= report["interval"][1]


def test_scores_by_hand() -> None:
    truth = np.zeros((4, 4), np.uint8)
    truth[:, 2:] = 1
    said = np.zeros((4, 4), np.uint8)
    said[:, 1:] = 1
    found = scoring.told(truth, said, 2)
    assert found.table.tolist() == [[4, 4], [0, 8]]
    report = scoring.scores_of([found], ["thing"], draws=0)
    assert report["per_class"]["thing"]["iou"] == pytest.approx(8 / 12, abs=1e-6)
    assert report["miou"] == pytest.approx((4 / 8 + 8 / 12) / 2, abs=1e-6)
    assert report["baseline"]["miou"] == pytest.approx((8 / 16 + 0) / 2)
    band = scoring.border_band(truth)  # the two columns at the border, and one more on either side
    assert band.all() and report["border_accuracy"] == pytest.approx(12 / 16)


def test_likelihoods_are_smoothed_to_any_size() -> None:
    said = np.zeros((2, 80, 80), np.float32)
    said[0], said[1, :, 40:] = 0.5, 1.0
    assert verdict.class_map(said, 320, 200).shape == (200, 320)
    assert (verdict.class_map(said, 320, 200)[:, 160:] == 1).all() and not verdict.class_map(said, 320, 200)[
        :, :158].any()
    wanted = torch.nn.functional.interpolate(torch.from_numpy(said)[None], size=(200, 320), mode="bilinear",
                                             align_corners=False)[0].numpy()
    assert np.abs(verdict.enlarged(said, 320, 200) - wanted).max() < 1e-5
