"""Cut-outs: edges where things end, their own colours at the rim, what comes behind; by function, command and route."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image, ImageDraw, ImageFilter

import trivium.vision as vision
from trivium.cli import main
from trivium.errors import BadConfig, BadFile, NameTaken
from trivium.vision.segmentation import matting
from trivium.vision.segmentation.cutout import cut_out

from . import segmenter
from .colours import film

GREEN, RED, BLUE = (60, 160, 60), (220, 30, 30), (30, 30, 220)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return segmenter.finished(tmp_path_factory.mktemp("data"))


def shapes(size: tuple[int, int] = (800, 600)) -> Image.Image:
    """A red disc and a blue box on green, whose edges are as soft as a camera's."""
    image = Image.new("RGB", size, GREEN)
    draw = ImageDraw.Draw(image)
    draw.ellipse((100, 150, 400, 450), fill=RED)
    draw.rectangle((520, 200, 700, 400), fill=BLUE)
    return image.filter(ImageFilter.GaussianBlur(2))


def jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=97)
    return out.getvalue()


def opened(content: bytes) -> Any:
    return np.asarray(Image.open(io.BytesIO(content)))


def inside() -> tuple[Any, Any]:
    """(H, W) bool: the disc and the box."""
    y, x = np.mgrid[0:600, 0:800]
    return (x - 250) ** 2 + (y - 300) ** 2 < 150**2, (x >= 520) & (x <= 700) & (y >= 200) & (y <= 400)


def test_what_the_model_knows_stays_and_the_rest_is_transparent(run: Path) -> None:
    made = cut_out(run, jpeg(shapes()))
    found, (disc, box) = opened(made.content), inside()
    assert made.format == "PNG" and found.shape == (600, 800, 4) and (made.width, made.height) == (800, 600)
    solid = found[..., 3] > 127
    both = disc | box
    assert (solid & both).sum() / (solid | both).sum() > 0.985  # 80 places lie 10 pixels apart, edges far closer
    assert made.share == pytest.approx(both.mean(), abs=0.01)
    soft = (found[..., 3] > 20) & (found[..., 3] < 235)
    assert 0.002 < soft.mean() < 0.05, "the border is soft, and nothing else"
    one = cut_out(run, jpeg(shapes()), label="blue")
    left = opened(one.content)[..., 3] > 127
    assert left[disc].mean() < 0.01 and left[box].mean() > 0.97


def test_no_rim_of_the_old_background_stays() -> None:
    """Where half of a pixel is the background's, its own colour is the thing's."""
    image, y = shapes(), np.mgrid[0:600, 0:800][1]
    exact = np.asarray(Image.fromarray(np.uint8(255 * (inside()[0] | inside()[1]))).filter(
        ImageFilter.GaussianBlur(2)), np.float32) / 255
    own = np.asarray(matting.own_colours(image, exact), np.float32)
    rim = (exact > 0.25) & (exact < 0.6) & (y < 450)  # of the disc
    before = np.abs(np.asarray(image, np.float32)[rim] - RED).mean()
    assert np.abs(own[rim] - RED).mean() < before / 4 and before > 40
    assert np.array_equal(own[exact == 0], np.asarray(image, np.float32)[exact == 0])


def test_what_comes_behind(run: Path) -> None:
    disc, box = inside()
    around = ~(widened(disc | box))
    white = cut_out(run, jpeg(shapes()), background="white")
    assert white.format == "JPEG" and np.abs(opened(white.content)[around].astype(int) - 255).mean() < 1
    assert np.abs(opened(white.content)[disc].astype(int) - RED).mean() < 12
    striped = shapes()
    pixels = np.array(striped)
    pixels[around & ((np.mgrid[0:600, 0:800][0] // 6) % 2 == 0)] = (20, 60, 20)
    blurred = opened(cut_out(run, jpeg(Image.fromarray(pixels)), background="blur").content).astype(float)
    assert blurred[around].std(0).max() < pixels[around].std(0).max() / 4
    near = around & widened(disc | box, 41)  # what is kept leaves no glow of red in it
    assert blurred[near][:, 0].mean() < 60
    with pytest.raises(BadConfig, match="no background 'sunset'"):
        cut_out(run, jpeg(shapes()), background="sunset")
    with pytest.raises(BadConfig, match="does not know the class 'dog'"):
        cut_out(run, jpeg(shapes()), label="dog")


def widened(mask: Any, by: int = 21) -> Any:
    return np.asarray(Image.fromarray(np.uint8(255 * mask)).filter(ImageFilter.MaxFilter(by))) > 0


@pytest.mark.parametrize("radius", [1, 3, 50])
def test_windows_are_means_of_what_there_is(radius: int) -> None:
    values = np.random.default_rng(0).random((7, 11)).astype(np.float32)
    found = matting.windowed(values, radius)
    for y in range(7):
        for x in range(11):
            part = values[max(0, y - radius):y + radius + 1, max(0, x - radius):x + radius + 1]
            assert found[y, x] == pytest.approx(part.mean(), abs=1e-5)


def test_the_guided_filter_is_the_least_squares_line_of_each_window() -> None:
    """By numpy's own least squares (ridge by a row more), window by window, then averaged."""
    rng = np.random.default_rng(1)
    guide, values = (rng.random((9, 8)).astype(np.float32) for _ in range(2))
    slopes, offsets = np.zeros((9, 8)), np.zeros((9, 8))
    for y in range(9):
        for x in range(8):
            rows = (slice(max(0, y - 2), y + 3), slice(max(0, x - 2), x + 3))
            g, v = guide[rows].ravel(), values[rows].ravel()
            system = np.concatenate([np.stack([g, np.ones_like(g)], 1), [[np.sqrt(0.01 * len(g)), 0]]])
            slopes[y, x], offsets[y, x] = np.linalg.lstsq(system, np.append(v, 0), rcond=None)[0]
    slope, offset = matting.lines(guide, values, 2, 0.01)
    assert np.allclose(slope, matting.windowed(slopes, 2), atol=1e-4)
    assert np.allclose(offset, matting.windowed(offsets, 2), atol=1e-4)


def test_a_small_photo_and_one_on_which_nothing_is(run: Path) -> None:
    found = cut_out(run, jpeg(Image.new("RGB", (9, 40), GREEN)))
    assert found.share == 0 and not opened(found.content)[..., 3].any()
    whole = cut_out(run, jpeg(Image.new("RGB", (4000, 30), RED)))
    assert (whole.width, whole.height) == (3072, 23) and whole.share == 1
    with pytest.raises(BadFile, match="no picture"):
        cut_out(run, b"this is no picture at all")


def test_by_command_and_of_a_film(run: Path, tmp_path: Path) -> None:
    path = film(tmp_path / "film.mp4", ["green"] * 8 + ["red"] * 4, size=(96, 64))
    asked = [str(run), str(path), "--out", str(tmp_path / "film.png")]
    refused = CliRunner().invoke(main, ["vision", "cutout", *asked])
    assert refused.exit_code == 1 and "Say which frame" in refused.output
    shares = []
    for k, at in enumerate((0.0, 0.7, 0.75, 1.1)):
        out = tmp_path / f"{k}.png"
        done = CliRunner().invoke(main, ["vision", "cutout", *asked[:2], "--out", str(out), "--at", str(at), "--json"])
        assert done.exit_code == 0, done.output
        shares.append(json.loads(done.stdout)["share"])
        assert opened(out.read_bytes()).shape == (64, 96, 4)
    assert shares == [0, 0, 1, 1]
    with pytest.raises(BadConfig, match=r"it ends at 1\.10 s"):
        vision.cutout(run, path, tmp_path / "later.png", at_s=1.2)
    shapes().save(tmp_path / "photo.png")
    made = vision.cutout(run, tmp_path / "photo.png", tmp_path / "blue.jpg", label="blue", background="#ffffff")
    assert opened((tmp_path / "blue.jpg").read_bytes()).shape == (600, 800, 3) and 0 < made["share"] < 0.1
    with pytest.raises(NameTaken):
        vision.cutout(run, tmp_path / "photo.png", tmp_path / "blue.jpg", background="blur")
    with pytest.raises(BadConfig, match="a JPEG"):
        vision.cutout(run, tmp_path / "photo.png", tmp_path / "other.jpg")
    with pytest.raises(BadConfig, match="can't hold"):
        vision.cutout(run, tmp_path / "photo.png", tmp_path / "other.gif", background="blur")
    assert not list(tmp_path.glob("other*")) and not (tmp_path / "later.png").exists()
