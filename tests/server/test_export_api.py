"""A project as a zip for other programs: what is in it, in every format, and that nothing of it is left behind."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from trivium.core import files
from trivium.vision import project
from trivium.vision.collect.store import PictureStore
from trivium.vision.labels.boxes import LabelledBox
from trivium.vision.labels.boxing import BoxChange, rebox

V = "/api/v1/vision/projects"


@pytest.fixture
def fruits(client: TestClient, data: Path) -> bytes:
    """A project of one photo with a box and one that nobody has looked at; the first one's file."""
    client.post(V, json={"name": "fruits", "task": "detection"})
    made, contents = project.load(data, "fruits"), []
    for k in range(2):
        out = io.BytesIO()
        Image.new("RGB", (40, 20), (200, k, 0)).save(out, "PNG")
        contents.append(out.getvalue())
        PictureStore(data).put([contents[k]])
        project.add(made, [project.Item(files.sha256_bytes(contents[k]), f"{k}.png", None, 40, 20, "0" * 64, 50.0)])
    rebox(made, [BoxChange(next(iter(made.items)), [LabelledBox("apple", (0.1, 0.2, 0.5, 0.6))])])
    return contents[0]


def test_a_project_leaves_as_a_zip(client: TestClient, data: Path, fruits: bytes, tmp_path: Path,
                                   monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    formats = client.get(f"{V}/fruits/export-formats").json()
    assert {"coco", "voc", "yolo"} <= set(formats) and "imagefolder" not in formats
    for format in formats:
        answer = client.get(f"{V}/fruits/export", params={"format": format})
        assert answer.status_code == 200 and f"fruits-{format}.zip" in answer.headers["content-disposition"]
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            photos = [name for name in archive.namelist() if name.endswith(".png")]
            assert len(photos) == 1 and archive.read(photos[0]) == fruits  # byte for byte, without the other
            assert all(name.startswith(f"fruits-{format}/") for name in archive.namelist())
            if format == "coco":
                (box,) = json.loads(archive.read("fruits-coco/annotations.json"))["annotations"]
                assert box["bbox"] == pytest.approx([4, 4, 16, 8])
    assert list(scratch.iterdir()) == []


def test_what_it_cannot_leave_in_is_said(client: TestClient, fruits: bytes) -> None:
    answer = client.get(f"{V}/fruits/export", params={"format": "imagefolder"})
    assert answer.status_code == 422 and "There are: coco" in answer.json()["hint"]
    assert client.get(f"{V}/nothing/export", params={"format": "coco"}).status_code == 404
