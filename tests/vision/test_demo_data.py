"""Composed scenes: boxes and masks are exact, a seed gives the same ones, and they say that they are synthetic."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image, ImageDraw

from trivium.cli import main
from trivium.errors import BadConfig, BadFile
from trivium.vision import project
from trivium.vision.demo_data import cutouts, scenes
from trivium.vision.demo_data.clips import frame, stage
from trivium.vision.demo_data.grounds import KINDS, ground
from trivium.vision.demo_data.moves import joints
from trivium.vision.demo_data.other_moves import OTHER_MOVES
from trivium.vision.demo_data.project import is_synthetic


def glowing(colour: tuple[int, int, int]) -> Image.Image:
    image = Image.new("RGBA", (90, 60))
    ImageDraw.Draw(image).ellipse((5, 5, 84, 54), fill=(*colour, 255))
    return image


CUT_OUTS = {"red": [glowing((255, 0, 0))], "green": [glowing((0, 255, 0))]}


def test_boxes_hold_what_was_laid_there() -> None:
    seen = 0
    for number in range(12):
        made = scenes.scene(CUT_OUTS, 3, number)
        assert made.things and made.picture.dtype == np.uint8
        height, width = made.picture.shape[:2]
        for thing in made.things:
            left, top, right, bottom = np.rint(np.multiply(thing.xyxy, (width, height) * 2)).astype(int)
            outside = thing.mask.copy()
            outside[top:bottom, left:right] = False
            assert not outside.any() and thing.mask[top].any() and thing.mask[bottom - 1].any()
            assert thing.mask[:, left].any() and thing.mask[:, right - 1].any()
            mean = made.picture[thing.mask].reshape(-1, 3).mean(0)
            assert mean.argmax() == ("red", "green").index(thing.label), "the mask lies on the thing"
            seen += 1
        covered = sum(thing.mask.astype(int) for thing in made.things)
        assert np.max(covered) == 1, "what is covered belongs to what covers it"
    assert seen > 20


def test_a_seed_gives_the_same_scene_and_another_seed_another() -> None:
    one, again, other = (scenes.scene(CUT_OUTS, seed, 5) for seed in (1, 1, 2))
    assert np.array_equal(one.picture, again.picture)
    assert [thing.xyxy for thing in one.things] == [thing.xyxy for thing in again.things]
    assert one.picture.shape != other.picture.shape or not np.array_equal(one.picture, other.picture)


def test_other_things_lie_about_without_being_objects() -> None:
    made = [scenes.scene({"red": CUT_OUTS["red"]}, 1, k, others=CUT_OUTS["green"]) for k in range(6)]
    assert {thing.label for each in made for thing in each.things} == {"red"}
    green = [(each.picture[..., 1].astype(int) - each.picture[..., 0] > 100).mean() for each in made]
    assert max(green) > 0.01


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_of_background_fills_the_picture(kind: object) -> None:
    assert callable(kind)
    made = kind(64, 48, np.random.default_rng(1))
    assert made.shape[:2] == (48, 64) and np.isfinite(made).all() and made.max() <= 400
    assert ground(64, 48, np.random.default_rng(2)).shape == (48, 64, 3)


def test_a_demo_project_comes_with_boxes_and_says_what_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not cutouts.ARCHIVE.is_file():
        pytest.skip("the cut-outs are not here; bring them with: python tools/cutouts.py")
    monkeypatch.setenv("TRIVIUM_DATA", str(tmp_path))
    done = CliRunner().invoke(main, ["vision", "demo", "try", "--photos", "5", "--kinds", "ball, shoe", "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    made = project.load(tmp_path, "try")
    assert made.task == "detection" and len(made.items) == 5 and made.box_counts() == found["classes"]
    assert set(found["classes"]) <= {"ball", "shoe"} and "Synthetic" in found["how"]
    assert all(is_synthetic(item.name) and item.boxes for item in made.items.values())
    again = CliRunner().invoke(main, ["vision", "demo", "try"])
    assert again.exit_code != 0 and "already a project" in again.output
    with pytest.raises(BadConfig, match="kind 'dragon'"):
        cutouts.cut_outs(["dragon"])


def test_other_cut_outs_than_the_chosen_ones_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cutouts.zip").write_bytes(b"something else")
    monkeypatch.setattr(cutouts, "ARCHIVE", tmp_path / "cutouts.zip")
    with pytest.raises(BadFile, match="damaged"):
        cutouts.names()


def test_set_up_and_package_mean_the_same_file() -> None:
    tool = (Path(__file__).parents[2] / "tools" / "cutouts.py").read_text(encoding="utf-8")
    assert f'SHA256 = "{cutouts.SHA256}"' in tool
    if cutouts.ARCHIVE.is_file():
        assert hashlib.sha256(cutouts.ARCHIVE.read_bytes()).hexdigest() == cutouts.SHA256
        assert {"cup", "fruit", "vehicle"} <= cutouts.names().keys()


@pytest.mark.parametrize("label", OTHER_MOVES)
def test_moves_that_no_demo_teaches_move_somebody_and_are_the_same_each_time(label: str) -> None:
    made = [stage(label, np.random.default_rng([3, 1])) for _ in range(2)]
    shown = [[frame(each, t, np.random.default_rng(0)) for t in (0.0, 0.7, 1.1)] for each in made]
    assert all(np.array_equal(a, b) for a, b in zip(*shown, strict=True))
    at = [joints(made[0].who, made[0].move(t)) for t in np.linspace(0, made[0].seconds, 40)]
    far = max(float(np.ptp([each[name] for each in at], axis=0).max()) for name in at[0])
    assert far > 0.15, "of the figure's height, some joint of it"
