"""Templates: what each composes is what it says, the same seed gives the same, one press makes a project of it.

And what is unlike the others, learned from one of them.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import trivium.vision as vision
from trivium.cli import main
from trivium.core.run import Run
from trivium.errors import BadConfig, NameTaken, NotFound
from trivium.vision import project
from trivium.vision.anomaly import scoring
from trivium.vision.anomaly.config import AnomalyConfig
from trivium.vision.anomaly.patches import Bank, bank_of, oddness, spread_out
from trivium.vision.anomaly.train import prepare, train
from trivium.vision.backbone.graph import ODD_MAP
from trivium.vision.classification.ready import classify_pixels
from trivium.vision.collect import importing
from trivium.vision.demo_data import cutouts
from trivium.vision.demo_data.clip_project import HOW as CLIPS_HOW
from trivium.vision.demo_data.project import is_synthetic
from trivium.vision.deploy import check, deploy, read_bundle
from trivium.vision.events import rules
from trivium.vision.stream import demo
from trivium.vision.stream.address import parse
from trivium.vision.stream.model import open_model
from trivium.vision.submit import submit_training
from trivium.vision.templates import making, moving, table
from trivium.vision.templates.table import TEMPLATES, Template, template

needs_cutouts = pytest.mark.skipif(not cutouts.ARCHIVE.is_file(),
                                   reason="the cut-outs are not here; bring them with: python tools/cutouts.py")


@needs_cutouts
@pytest.mark.parametrize("each", TEMPLATES, ids=lambda each: each.id)
def test_a_template_composes_what_it_says(each: Template) -> None:
    shots, again, other = (list(itertools.islice(each.photos_of(seed), 4)) for seed in (1, 1, 2))
    labels = {shot.label for shot in shots} | {box.label for shot in shots for box in shot.boxes or ()}
    labels |= {each.classes[k - 1] for shot in shots if shot.mask is not None for k in np.unique(shot.mask) if k}
    assert labels - {None} <= set(each.classes) and len(labels - {None}) >= min(2, len(each.classes))
    assert all((shot.boxes is not None) == (each.task == project.DETECTION) for shot in shots)
    assert all((shot.mask is not None) == (each.task == project.SEGMENTATION) for shot in shots)
    assert all(np.array_equal(a.picture, b.picture) for a, b in zip(shots, again, strict=True))
    assert not any(np.array_equal(a.picture, b.picture) for a, b in zip(shots, other, strict=True))
    assert {rule.label for rule in rules.parse([*each.rules]).rules} <= set(each.classes)
    assert each.task in project.TASKS and each.teaches.endswith(".") and each.then.endswith(".")


@needs_cutouts
def test_masks_are_where_somebody_is(pretrained: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a template of masks has painted is in the project, to the pixel, and nothing at its edge is background."""
    few = tuple(dataclasses.replace(each, photos=6) if each.id == "background" else each for each in TEMPLATES)
    monkeypatch.setattr(table, "TEMPLATES", few)
    made = vision.make_template("background", seed=4, data=tmp_path)
    assert made["task"] == "segmentation" and made["classes"] == {"person": 4, "thing": 2}
    for number, shot in enumerate(itertools.islice(template("background").photos_of(4), 6)):
        assert shot.mask is not None and 0.02 < (shot.mask > 0).mean() < 0.8
        found = vision.mask_of("background", f"synthetic-4-{number:04}.jpg", data=tmp_path)
        assert np.array_equal(found["plane"], shot.mask) and found["classes"] == ["person", "thing"]


@needs_cutouts
def test_the_gallery_shows_one_of_each_class(monkeypatch: pytest.MonkeyPatch) -> None:
    colours = {"a": 10, "b": 120, "c": 240}
    shots = [table.Shot(np.full((40, 60, 3), colours[name], np.uint8), name) for name in "aaabca"]
    monkeypatch.setattr(Template, "photos_of", lambda _self, _seed: iter(shots))
    made = table.sheet("trash", side=20)
    assert made.shape == (40, 60, 3) and {int(value) for value in made[0].ravel()} == set(colours.values())


@pytest.fixture(scope="module")
def inspected(pretrained: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A data folder with a small project of the template `unlike`."""
    if not cutouts.ARCHIVE.is_file():
        pytest.skip("the cut-outs are not here; bring them with: python tools/cutouts.py")
    data = tmp_path_factory.mktemp("templates")
    few = tuple(dataclasses.replace(each, photos=40) if each.id == "unlike" else each for each in TEMPLATES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "TEMPLATES", few)
        return data, vision.make_template("unlike", data=data)


def test_one_press_makes_a_project(inspected: tuple[Path, dict[str, Any]]) -> None:
    data, made = inspected
    assert made["project"] == "unlike" and made["classes"] == {"good": 30, "odd": 10} and "Synthetic" in made["how"]
    there = project.load(data, "unlike")
    assert there.task == project.ANOMALY and len(there.items) == 40
    assert all(is_synthetic(item.name) for item in there.items.values())
    with pytest.raises(NameTaken):
        vision.make_template("drawings", name="unlike", data=data)
    assert making.free_name(data, "unlike") == "unlike-2" and making.free_name(data, "Unlike") == "Unlike-2"


def test_half_a_project_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(data: Path, name: str, *_rest: Any) -> dict[str, int]:
        project.create(data, name, "classification")
        raise BadConfig("broken", "on purpose")

    monkeypatch.setattr(making, "photos", breaks)
    with pytest.raises(BadConfig, match="broken"):
        vision.make_template("trash", data=tmp_path)
    assert project.names(tmp_path) == [] and not project.place_of(tmp_path, "trash").exists()


def test_on_the_command_line(tmp_path: Path) -> None:
    listed = CliRunner().invoke(main, ["vision", "template", "--json"])
    assert [row["id"] for row in json.loads(listed.stdout)["templates"]] == [each.id for each in TEMPLATES]
    refused = CliRunner().invoke(main, ["vision", "template", "castle"])
    assert refused.exit_code != 0 and "There are: trash" in refused.output
    done = CliRunner().invoke(main, ["vision", "template", "drawings", "--picture", str(tmp_path / "d.png")])
    assert done.exit_code == 0, done.output
    with Image.open(tmp_path / "d.png") as picture:
        assert picture.size == (480, 320)


def test_the_demo_camera_shows_a_templates_things_and_says_that_it_is_drawn() -> None:
    assert parse("demo:drawings").place == "drawings" and parse("demo:7").place == "7"
    with pytest.raises(NotFound, match="no template called 'castle'"):
        parse("demo:castle")
    first = next(demo.camera("drawings"))
    known = [shot.picture for shot in itertools.islice(template("drawings").photos_of(making.USUAL_SEED), 12)]
    shown = np.asarray(demo.template_scene("drawings", 0), int)
    assert first.image.size == (280, 280) and shown.shape == known[0].shape
    assert min(np.abs(shown - each).mean() for each in known) > 3, "no photo that somebody has learned from"
    still = [np.asarray(demo.template_scene("drawings", number)) for number in (0, 7)]
    assert not np.array_equal(*still), "it is held by hand"
    assert (shown[260:276, 8:220] < 120).mean() > 0.05, "it says so in the picture"


def test_one_press_makes_a_project_of_clips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = tuple(dataclasses.replace(each, photos=4) if each.id == "activity" else each for each in TEMPLATES)
    monkeypatch.setattr(table, "TEMPLATES", few)
    monkeypatch.setattr(importing, "network_if_there", lambda _looking: None)
    counted: list[tuple[int, int]] = []
    made = making.make(tmp_path, "activity", count=lambda *now: counted.append(now))
    assert made["classes"] == {"hand wave": 1, "jump": 1, "sit": 1, "stand": 1} and made["how"] == CLIPS_HOW
    assert counted[0] == (1, 8) and counted[-1] == (8, 8) and counted == sorted(counted)
    there = project.load(tmp_path, "activity")
    assert there.task == project.ACTIVITY and set(there.classes) == set(template("activity").classes)
    assert all(is_synthetic(item.name) and item.duration_s >= 2 for item in there.items.values())


def test_the_demo_camera_of_moves_moves_shows_others_than_the_project_and_says_that_it_is_drawn() -> None:
    demo.preload("activity")
    seen = [np.asarray(demo.template_scene("activity", number), int) for number in (0, 4, 4, 60)]
    assert np.array_equal(seen[1], seen[2]), "two people see the same"
    blocks = [each.reshape(24, 8, 32, 8, 3).mean((1, 3)) for each in seen]  # noise is gone
    assert np.abs(blocks[0] - blocks[1]).max() > 20, "somebody moves"
    people = {moving.staged(making.CAMERA_SEED, scene).who.shirt for scene in range(4)}
    assert len(people) == 4 and moving.stage("sit", np.random.default_rng([1, 0])).who.shirt not in people
    assert (seen[0][172:188, 8:220] < 120).mean() > 0.05, "it says so in the picture"


# what is unlike the others


@pytest.fixture(scope="module")
def taught(inspected: tuple[Path, dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The finished training on it."""
    data, _ = inspected
    config = AnomalyConfig(patches=200, folds=3)
    folder, warnings = submit_training(data, "unlike", config, 1, folder=tmp_path_factory.mktemp("odd") / "run")
    assert not any("one class only" in line for line in warnings)
    run = Run.open(folder)
    prepare(config, run)
    train(config, run)
    return folder


def test_it_finds_what_is_odd_and_keeps_to_the_share_of_false_alarms(taught: Path) -> None:
    found = vision.oddities(taught, limit=500)
    assert found["good"] == 30 and found["odd"] == 10 and len(found["photos"]) == 40
    assert found["auroc"] > 0.95 and found["found"] >= 8
    assert found["alarms"] <= 0.05 * 30  # what was asked for, of the photos that set the threshold
    order = [photo["oddness"] for photo in found["photos"]]
    assert order == sorted(order, reverse=True)
    odd, good = ([photo["oddness"] for photo in found["photos"] if photo["good"] is kind] for kind in (False, True))
    pairs = [(a > b) + 0.5 * (a == b) for a in odd for b in good]  # Mann and Whitney, pair by pair
    assert found["auroc"] == pytest.approx(np.mean(pairs), abs=0.02)
    assert sum(value > 1 for value in odd) == found["found"] and sum(value > 1 for value in good) == found["alarms"]
    low, high = found["interval"]
    assert low <= found["auroc"] <= high


def test_what_was_measured_is_what_runs(taught: Path, inspected: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    """The bundle keeps its answers; photos, frames and streams are told alike, and it is said where they are odd."""
    card, parts = read_bundle(taught)
    assert check(parts) < 1e-3 and card["task"] == "anomaly" and card["classes"] == ["good", "odd"]
    deploy(taught, tmp_path / "odd.zip")
    model = open_model(tmp_path / "odd.zip", checked=True)
    shots = {shot.label: shot for shot in itertools.islice(template("unlike").photos_of(77), 8)}
    for label in ("good", "odd"):
        picture = demo.as_a_photo(Image.fromarray(shots[label].picture))
        said = classify_pixels(taught, picture.convert("RGBA").tobytes(), picture.size, 2)
        seen = model.look(np.asarray(picture), 2)
        assert said["predicted"] == seen.top[0].label == label, label
        assert (said["oddness"] > 1) == (label == "odd") and seen.known
        assert seen.sure["odd"] == pytest.approx(dict(said["top"][0].items())["probability"] if label == "odd" else
                                                 said["top"][1]["probability"], abs=1e-3)
        assert np.shape(said[ODD_MAP]) == (14, 14)
    picture.save(tmp_path / "odd.png")
    told = vision.run(taught, tmp_path / "odd.png")["results"][0]
    assert told["predicted"] == "odd" and told["oddness"] == pytest.approx(said["oddness"], abs=0.02)


def test_the_same_photos_and_seed_give_the_same_model(taught: Path, inspected: tuple[Path, dict[str, Any]],
                                                      tmp_path: Path) -> None:
    config = AnomalyConfig(patches=200, folds=3)
    folder, _ = submit_training(inspected[0], "unlike", config, 1, folder=tmp_path / "again")
    train(config, Run.open(folder))
    assert read_bundle(folder)[0]["files"] == read_bundle(taught)[0]["files"]


def test_what_is_in_the_way_is_told(inspected: tuple[Path, dict[str, Any]], taught: Path) -> None:
    data, _ = inspected
    project.create(data, "empty", "anomaly")
    assert project.load(data, "empty").classes == ["good", "odd"]
    with pytest.raises(BadConfig, match="0 photos of the class 'good', and it takes 8"):
        submit_training(data, "empty", AnomalyConfig(), 1)
    with pytest.raises(BadConfig, match="judged on its own project's photos"):
        vision.evaluate(taught, on="unlike", data=data)
    with pytest.raises(BadConfig, match="is a model for anomaly"):
        vision.mistakes(taught)
    done = CliRunner().invoke(main, ["vision", "evaluate", str(taught)])
    assert done.exit_code == 0 and "AUROC" in done.output and "Odd ones found" in done.output


def test_distances_are_to_the_nearest_patch_that_is_kept() -> None:
    rng = np.random.default_rng(0)
    patches, kept = rng.standard_normal((2, 196, 5)).astype(np.float32), rng.standard_normal((7, 5)).astype(np.float32)
    mean, scale = np.float32([0.5] * 5), np.float32([2, 1, 1, 0.5, 3])
    found = Bank(mean, scale, kept).distances(patches)
    wanted = np.linalg.norm(((patches - mean) * scale)[:, :, None] - kept, axis=-1).min(-1)
    assert np.allclose(found, wanted, atol=1e-5)
    assert np.allclose(Bank(mean, scale, ((patches[0] - mean) * scale)).distances(patches[:1]), 0.0, atol=1e-6)
    assert oddness(np.float32([[1, 5, 3, 2]]), 2).tolist() == [4.0]


def test_what_is_kept_is_spread_out() -> None:
    """Every corner is kept before a second one of the crowd; and a bank's patches have mean 0 and the same spread."""
    crowd = np.random.default_rng(1).normal(0, 0.01, (400, 3))
    corners = np.array(list(itertools.product((-1, 1), repeat=3)), float)
    rows = np.concatenate([crowd, corners]).astype(np.float32)
    chosen = spread_out(rows, 9, np.random.default_rng(2))
    assert set(range(400, 408)) <= set(chosen.tolist()) and len(set(chosen.tolist())) == 9
    bank = bank_of(rows.reshape(1, -1, 3), 408, np.random.default_rng(0))
    assert np.allclose(bank.kept.mean(0), 0, atol=1e-5)
    assert np.allclose((bank.kept**2).mean(0) * 3, 1, atol=1e-4)


@pytest.mark.parametrize(("share", "over"), [(0.05, 1), (0.1, 2), (0.001, 0), (0.5, 10)])
def test_so_many_good_ones_lie_above_the_threshold(share: float, over: int) -> None:
    good = np.random.default_rng(3).permutation(np.arange(20)).astype(np.float32)
    assert int((good > scoring.threshold_of(good, share)).sum()) == over
