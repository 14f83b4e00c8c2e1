"""Boxes by the routes, the commands and in Python: three ways to one thing, and two people at once lose nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient

import trivium.vision as vision
from trivium.cli import main
from trivium.errors import BadConfig
from trivium.vision import project

V = "/api/v1/vision/projects"
SHA = [f"{number:064x}" for number in range(3)]
APPLE, PEAR = {"label": "apple", "xyxy": [0.1, 0.2, 0.5, 0.6]}, {"label": "pear", "xyxy": [0.5, 0.5, 1.0, 1.0]}


@pytest.fixture
def fruits(client: TestClient, data: Path) -> Iterator[TestClient]:
    assert client.post(V, json={"name": "fruits", "task": "detection"}).status_code == 201
    project.add(project.load(data, "fruits"), [project.Item(sha, f"{sha[-1]}.png", None, 640, 480, "0" * 64, 50.0)
                                               for sha in SHA])
    yield client


def put(client: TestClient, sha: str, boxes: Any, **more: Any) -> Any:
    return client.put(f"{V}/fruits/photos/{sha}/boxes", json={"boxes": boxes, **more})


def test_what_one_draws_another_does_not_draw_over_unseen(fruits: TestClient) -> None:
    seen = fruits.get(f"{V}/fruits/photos/{SHA[0]}").json()
    assert seen["boxes"] is None and seen["label"] is None
    drawn = put(fruits, SHA[0], [APPLE, PEAR], version=seen["version"])
    assert drawn.status_code == 200 and drawn.json()["boxes"] == [APPLE, PEAR]
    late = put(fruits, SHA[0], [], version=seen["version"])
    assert late.status_code == 409 and "Somebody else" in late.json()["detail"]
    many = fruits.post(f"{V}/fruits/boxes", json={"changes": [
        {"sha256": SHA[0], "boxes": [], "version": seen["version"]}, {"sha256": SHA[1], "boxes": []},
        {"sha256": "f" * 64, "boxes": []}]}).json()
    assert [row["sha256"] for row in many["done"]] == [SHA[1]] and many["gone"] == ["f" * 64]
    assert many["refused"][0]["boxes"] == [APPLE, PEAR]  # they are shown, and one decides
    assert put(fruits, SHA[0], [PEAR], version=many["refused"][0]["version"]).status_code == 200
    view = fruits.get(f"{V}/fruits").json()
    assert (view["task"], view["labelled"]) == ("detection", 2)
    assert view["classes"] == [{"name": "apple", "photos": 0, "boxes": 0, "area": 0.0},
                               {"name": "pear", "photos": 1, "boxes": 1, "area": 0.0}]
    page = fruits.get(f"{V}/fruits/photos", params={"show": "unlabelled"}).json()
    assert [row["sha256"] for row in page["items"]] == [SHA[2]]
    page = fruits.get(f"{V}/fruits/photos", params={"class": "pear"}).json()
    assert [row["boxes"] for row in page["items"]] == [[PEAR]]


@pytest.mark.parametrize("boxes", [
    [{"label": "", "xyxy": [0, 0, 1, 1]}], [{"label": "a", "xyxy": [0, 0, 1]}], [{"label": "a", "xyxy": [1, 1, 0, 0]}],
    [{"label": "a", "xyxy": [2, 2, 3, 3]}], [{"label": "a", "xyxy": [0, 0, "NaN", 1]}], [APPLE] * 1001, {}, "none",
])
def test_what_is_no_box_is_refused_whole(fruits: TestClient, boxes: Any) -> None:
    answer = put(fruits, SHA[0], boxes)
    assert answer.status_code == 422 and answer.json()["detail"]
    assert fruits.get(f"{V}/fruits/photos/{SHA[0]}").json()["boxes"] is None


def test_boxes_need_their_photo_and_their_task(fruits: TestClient, data: Path) -> None:
    assert put(fruits, "f" * 64, []).status_code == 404
    fruits.post(V, json={"name": "trash"})
    project.add(project.load(data, "trash"), [project.Item(SHA[0], "0.png", None, 640, 480, "0" * 64, 50.0)])
    answer = fruits.put(f"{V}/trash/photos/{SHA[0]}/boxes", json={"boxes": []})
    assert answer.status_code == 422 and "has no boxes" in answer.json()["detail"]
    assert fruits.post(f"{V}/fruits/labels", json={"changes": [{"sha256": SHA[0], "label": "x"}]}).status_code == 422


def test_the_same_on_the_command_line_and_in_python(fruits: TestClient, data: Path) -> None:
    def trivium(*words: str) -> Any:
        done = CliRunner().invoke(main, ["--data", str(data), "vision", *words, "--json"], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    assert trivium("boxes", "fruits", "0.png") == {"boxes": None}
    assert trivium("boxes", "fruits", "0.png", "--box", "apple", "0.1", "0.2", "0.5", "0.6") == {"boxes": [APPLE]}
    assert vision.boxes_of("fruits", "0.png", data=data) == [APPLE]
    assert vision.set_boxes("fruits", {"1.png": [PEAR], "2.png": []}, data=data) == SHA[1:]
    assert fruits.get(f"{V}/fruits/photos/{SHA[1]}").json()["boxes"] == [PEAR]
    assert trivium("boxes", "fruits", "0.png", "--nothing") == {"boxes": []}
    assert trivium("boxes", "fruits", "0.png", "--unseen") == {"boxes": None}
    assert [row["boxes"] for row in vision.photos("fruits", show="labelled", data=data)] == [[PEAR], []]
    with pytest.raises(BadConfig, match="no boxes"):
        vision.set_boxes("fruits", {"1.png": [{"label": "pear"}]}, data=data)
