"""Masks by the routes, the commands and in Python: three ways to one thing, and two people at once lose nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient

import trivium.vision as vision
from trivium.cli import main
from trivium.errors import BadConfig
from trivium.vision import project
from trivium.vision.labels import labelling
from trivium.vision.labels.painting import mask_size
from trivium.vision.labels.planes import packed, unpacked

V = "/api/v1/vision/projects"
SHA = [f"{number:064x}" for number in range(3)]


@pytest.fixture
def street(client: TestClient, data: Path) -> Iterator[TestClient]:
    """Three photos of 64 x 48; the classes road and tree."""
    assert client.post(V, json={"name": "street", "task": "segmentation"}).status_code == 201
    kept = project.load(data, "street")
    project.add(kept, [project.Item(sha, f"{sha[-1]}.png", None, 64, 48, "0" * 64, 50.0) for sha in SHA])
    labelling.add_classes(kept, ["road", "tree"])
    yield client


def drawn(**values: int) -> Any:
    """A mask with a block of each value: a=1 makes the first 8 rows 1, and so on."""
    plane = np.zeros((48, 64), np.uint8)
    for k, value in enumerate(values.values()):
        plane[8 * k:8 * k + 8] = value
    return plane


def put(client: TestClient, sha: str, plane: Any, name: str = "street", **query: Any) -> Any:
    return client.put(f"{V}/{name}/photos/{sha}/mask", content=packed(plane), params=query)


def got(client: TestClient, sha: str) -> Any:
    answer = client.get(f"{V}/street/photos/{sha}/mask")
    assert answer.status_code == 200 and answer.headers["content-type"] == "image/png"
    return unpacked(answer.content)


def test_what_one_paints_another_does_not_paint_over_unseen(street: TestClient) -> None:
    photo = f"{V}/street/photos/{SHA[0]}"
    seen = street.get(photo).json()
    assert seen["mask"] is None and seen["mask_size"] == [64, 48]
    assert street.get(f"{photo}/mask").status_code == 404
    plane = drawn(a=1, b=2, c=2, d=255)
    painted = put(street, SHA[0], plane, version=seen["version"])
    assert painted.status_code == 200
    assert painted.json()["mask"] == {"areas": [{"label": "tree", "share": 1 / 3}, {"label": "road", "share": 1 / 6}],
                                      "unlabelled": 1 / 6}
    assert np.array_equal(got(street, SHA[0]), plane)
    assert street.get(f"{photo}/mask").headers["etag"] == f'"{painted.json()["version"]}"'
    late = put(street, SHA[0], drawn(), version=seen["version"])
    assert late.status_code == 409 and late.json()["code"] == "changed_meanwhile"
    assert street.delete(f"{photo}/mask", params={"version": seen["version"]}).status_code == 409
    assert np.array_equal(got(street, SHA[0]), plane)
    assert put(street, SHA[1], drawn()).json()["mask"] == {"areas": [], "unlabelled": 0.0}  # looked at, nothing there
    view = street.get(f"{V}/street").json()
    assert (view["task"], view["labelled"]) == ("segmentation", 2)
    assert [(row["name"], row["photos"]) for row in view["classes"]] == [("road", 1), ("tree", 1)]
    assert [row["area"] for row in view["classes"]] == pytest.approx([512 / 5632, 1024 / 5632])
    page = street.get(f"{V}/street/photos", params={"show": "unlabelled"}).json()
    assert [row["sha256"] for row in page["items"]] == [SHA[2]]
    page = street.get(f"{V}/street/photos", params={"class": "tree"}).json()
    assert [row["sha256"] for row in page["items"]] == [SHA[0]]


def test_every_change_can_be_undone_after_a_restart(street: TestClient, data: Path) -> None:
    photo = f"{V}/street/photos/{SHA[0]}"
    put(street, SHA[0], drawn(a=1))
    put(street, SHA[0], drawn(a=2))
    version = street.delete(f"{photo}/mask").json()["version"]
    assert street.get(f"{photo}/mask").status_code == 404
    assert street.post(f"{photo}/mask:undo", params={"version": version - 1}).status_code == 409
    assert street.post(f"{photo}/mask:undo", params={"version": version}).json()["version"] == version + 1
    assert np.array_equal(got(street, SHA[0]), drawn(a=2))
    vision.undo_mask("street", "0.png", data=data)  # by another process: the project is read from its log
    assert np.array_equal(got(street, SHA[0]), drawn(a=1))
    assert street.post(f"{photo}/mask:undo").json()["mask"] is None
    answer = street.post(f"{photo}/mask:undo")
    assert answer.status_code == 404 and "no earlier mask" in answer.json()["detail"]


def test_classes_that_change_change_no_pixel(street: TestClient, data: Path) -> None:
    put(street, SHA[0], drawn(a=1, b=2))
    put(street, SHA[1], drawn(a=2))
    seen = street.get(f"{V}/street/photos/{SHA[2]}").json()["version"]
    street.post(f"{V}/street/classes:rename", json={"name": "tree", "to": "oak"})
    assert street.get(f"{V}/street/photos/{SHA[2]}").json()["version"] == seen  # numbers are as they were
    assert street.get(f"{V}/street/photos/{SHA[0]}").json()["mask"]["areas"][1]["label"] == "oak"
    street.post(f"{V}/street/classes:delete", json={"name": "road"})
    assert np.array_equal(got(street, SHA[0]), drawn(a=0, b=1))  # oak is the first class now
    assert np.array_equal(got(street, SHA[1]), drawn(a=1))
    late = put(street, SHA[2], drawn(a=2), version=seen)
    assert late.status_code == 409  # it was painted with the old numbers
    street.post(f"{V}/street/classes", json={"name": "lamp"})
    put(street, SHA[0], drawn(a=1, b=2))
    street.post(f"{V}/street/classes:rename", json={"name": "lamp", "to": "oak"})
    assert np.array_equal(got(street, SHA[0]), drawn(a=1, b=1))
    assert project.load(data, "street").counts() == {"oak": 2}
    street.post(f"{V}/street/photos/{SHA[0]}/mask:undo")
    assert np.array_equal(got(street, SHA[0]), drawn(a=0, b=1))


@pytest.mark.parametrize(("plane", "said"), [
    (drawn(a=3), "value 3, and the project has 2 classes"), (drawn()[:, :63], "63 x 48 pixels"),
    (drawn().T, "48 x 64 pixels"),
])
def test_what_is_no_mask_is_refused_whole(street: TestClient, plane: Any, said: str) -> None:
    answer = put(street, SHA[0], plane)
    assert answer.status_code == 422 and said in answer.json()["detail"] and answer.json()["hint"]
    assert street.get(f"{V}/street/photos/{SHA[0]}").json()["mask"] is None


def test_masks_need_their_photo_and_their_task(street: TestClient, data: Path) -> None:
    assert put(street, "f" * 64, drawn()).status_code == 404
    assert put(street, SHA[0], np.full((48, 64), 255, np.uint8)).json()["mask"] is None  # says nothing
    assert street.put(f"{V}/street/photos/{SHA[0]}/mask", content=b"none").status_code == 422
    street.post(V, json={"name": "trash"})
    project.add(project.load(data, "trash"), [project.Item(SHA[0], "0.png", None, 64, 48, "0" * 64, 50.0)])
    answer = put(street, SHA[0], drawn(), name="trash")
    assert answer.status_code == 422 and "has no masks" in answer.json()["detail"]
    with pytest.raises(BadConfig, match="at most 254"):
        labelling.add_classes(project.load(data, "street"), [f"c{k}" for k in range(253)])


def test_a_mask_is_no_larger_than_what_is_trained_on() -> None:
    assert mask_size(640, 480) == (640, 480)
    assert mask_size(4000, 3000) == (1024, 768)
    assert mask_size(12000, 8) == (1024, 1)


def test_the_same_on_the_command_line_and_in_python(street: TestClient, data: Path, tmp_path: Path) -> None:
    def trivium(*words: str) -> Any:
        done = CliRunner().invoke(main, ["--data", str(data), "vision", *words, "--json"], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    assert trivium("mask", "street", "0.png")["areas"] is None
    (tmp_path / "in.png").write_bytes(packed(drawn(a=1)))
    found = trivium("mask", "street", "0.png", "--set", str(tmp_path / "in.png"), "--out", str(tmp_path / "out.png"))
    assert found == {"areas": [{"label": "road", "share": 1 / 6}], "unlabelled": 0.0, "classes": ["road", "tree"],
                     "size": [64, 48]}
    assert np.array_equal(unpacked((tmp_path / "out.png").read_bytes()), drawn(a=1))
    assert np.array_equal(got(street, SHA[0]), drawn(a=1))
    assert vision.set_mask("street", "1.png", drawn(a=2), data=data) == [SHA[1]]
    assert np.array_equal(vision.mask_of("street", "1.png", data=data)["plane"], drawn(a=2))
    assert trivium("mask", "street", "0.png", "--undo")["areas"] is None
    assert trivium("mask", "street", "1.png", "--unseen")["areas"] is None
    assert vision.photos("street", data=data)[0]["areas"] is None
    with pytest.raises(BadConfig, match="no mask"):
        vision.set_mask("street", "1.png", np.zeros((48, 64)), data=data)
