"""A finished segmentation model by the routes: its cut-outs, what it sees, how good it is."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image

from tests.vision import segmenter
from trivium.vision.labels.planes import unpacked

TRAININGS = "/api/v1/vision/trainings"


@pytest.fixture
def model(app: FastAPI, data: Path) -> str:
    """The address of a training that ended with the model that knows red and blue."""
    run = segmenter.finished(data)
    app.state.index.add(run)
    return f"{TRAININGS}/{run.name}"


def picture() -> Any:
    """(48, 64, 3): the left half red, then blue, then green."""
    pixels = np.full((48, 64, 3), (60, 160, 60), np.uint8)
    pixels[:, :32], pixels[:, 32:48] = (220, 30, 30), (30, 30, 220)
    return pixels


def jpeg(pixels: Any) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=97)
    return out.getvalue()


def test_a_photo_is_cut_out(client: TestClient, model: str, data: Path) -> None:
    found = client.post(f"{model}/cutout", content=jpeg(picture()))
    assert found.status_code == 200 and found.headers["content-type"] == "image/png"
    alpha = np.asarray(Image.open(io.BytesIO(found.content)))[..., 3]
    assert alpha.shape == (48, 64) and (alpha[:, :44] > 200).all() and (alpha[:, 52:] < 50).all()
    assert float(found.headers["x-share-kept"]) == pytest.approx(0.75, abs=0.03)
    red = client.post(f"{model}/cutout", content=jpeg(picture()), params={"label": "red", "background": "#ffffff"})
    shown = np.asarray(Image.open(io.BytesIO(red.content)), int)
    assert red.headers["content-type"] == "image/jpeg" and shown[:, 40:].min() > 230 > 80 > shown[:, :24, 1].max()
    assert not list((data / "vision").rglob("upload*")), "nothing of it is kept"


def test_what_can_not_be_cut_out_is_told(client: TestClient, model: str) -> None:
    for asked, words in (({"label": "dog"}, "does not know the class"), ({"background": "sunset"}, "no background")):
        refused = client.post(f"{model}/cutout", content=jpeg(picture()), params=asked)
        assert refused.status_code == 422 and words in refused.json()["detail"]
    broken = client.post(f"{model}/cutout", content=b"no picture at all")
    assert broken.status_code == 422 and "no picture" in broken.json()["detail"]


def test_what_is_where_on_a_frame(client: TestClient, model: str) -> None:
    rgba = np.dstack([picture(), np.full((48, 64), 255, np.uint8)]).tobytes()
    seen = client.post(f"{model}/look:frame", content=rgba, params={"width": 64, "height": 48}).json()
    assert seen["label"] == "red" and seen["boxes"] is None
    assert [mask["label"] for mask in seen["masks"]] == ["red", "blue"]
    for mask, share, columns in zip(seen["masks"], (0.5, 0.25), (slice(0, 78), slice(82, 118)), strict=True):
        plane = unpacked(base64.b64decode(mask["png"]))
        assert mask["share"] == pytest.approx(share, abs=0.02)
        assert plane.shape == (160, 160) and plane[:, columns].all()
        assert (plane > 0).mean() == pytest.approx(share, abs=0.02)
    none = client.post(f"{model}/look:frame", content=rgba, params={"width": 64, "height": 48, "threshold": 1}).json()
    assert none["label"] is None and none["masks"] == []
    short = client.post(f"{model}/look:frame", content=rgba[4:], params={"width": 64, "height": 48})
    assert short.status_code == 422


def test_how_good_it_is(client: TestClient, model: str) -> None:
    found = client.get(f"{model}/evaluation")
    assert found.status_code == 200, found.text
    said = found.json()
    assert said["miou"] == 1.0 and [row["name"] for row in said["per_class"]] == ["background", "red", "blue"]
    assert said["confusion"][1] == [0, 1, 0] and "accuracy" not in said
