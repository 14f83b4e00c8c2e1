"""Masks of other programs, in and out: what each file says comes in, what says nothing is told, nothing is lost."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import trivium.vision as vision
from trivium.errors import BadFile
from trivium.vision.annotation.mask_files import FileMask, FileMasks
from trivium.vision.annotation.mask_names import VOC, masks_among, names_in, voc_colours
from trivium.vision.annotation.mask_reading import read_mask
from trivium.vision.annotation.painted import painted
from trivium.vision.annotation.records import Drawn, Shape
from trivium.vision.labels.planes import packed

W, H = 48, 32


def photo(path: Path, seed: int, size: tuple[int, int] = (W, H)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3)).astype(np.uint8)
    Image.fromarray(noise).save(path)


def plane(**rows: int) -> Any:
    """A mask with a band of 8 rows for each value."""
    found = np.zeros((H, W), np.uint8)
    for k, value in enumerate(rows.values()):
        found[8 * k:8 * k + 8] = value
    return found


def png(array: Any, mode: str | None = None, palette: Any = None) -> bytes:
    out, image = io.BytesIO(), Image.fromarray(array)
    if palette is not None:
        image = image.copy()
        image.putpalette(list(np.asarray(palette).ravel()))
    (image.convert(mode) if mode else image).save(out, "PNG")
    return out.getvalue()


def write(path: Path, content: bytes | str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def planes_of(data: Path, name: str) -> dict[str, Any]:
    return {row["name"].rpartition("/")[2]: vision.mask_of(name, row["name"], data=data)["plane"]
            for row in vision.photos(name, data=data)}


# which files, and what their classes are called


def test_masks_are_told_from_photos_by_their_names() -> None:
    def told(*names: str) -> dict[str, str]:
        return masks_among(names)[0]

    assert told("images/1.jpg", "masks/1.png") == {"masks/1.png": "1"}
    assert told("JPEGImages/1.jpg", "SegmentationClass/1.png") == {"SegmentationClass/1.png": "1"}
    assert told("1.jpg", "1_mask.png", "2.png") == {"1_mask.png": "1"}
    assert told("1.jpg", "1.png", "2.png") == {"1.png": "1"}
    assert told("labels/1.png", "labels/2.png") == {}  # a folder of that name alone holds photos
    assert masks_among(["a/1.jpg", "SegmentationObject/1.png"]) == ({}, ["SegmentationObject/1.png"])


@pytest.mark.parametrize(("name", "content", "values", "colours"), [
    ("classes.txt", "road\ntree\n", {1: "road", 2: "tree"}, {}),
    ("classes.txt", "__ignore__\n_background_\nroad\n", {0: "", 1: "road"}, {}),
    ("labels.json", '{"road": 1, "tree": 4}', {1: "road", 4: "tree"}, {}),
    ("labels.json", '{"1": "road", "255": "void"}', {1: "road", 255: None}, {}),
    ("labels.json", '{"road": [128, 64, 128], "background": [0, 0, 0]}', {}, {(128, 64, 128): "road", (0, 0, 0): ""}),
    ("labels.json", '[{"id": 3, "name": "road", "color": [1, 2, 3]}]', {3: "road"}, {(1, 2, 3): "road"}),
    ("labelmap.txt", "# label:color_rgb:parts:actions\nroad:128,64,128::\n", {}, {(128, 64, 128): "road"}),
    ("labels.json", "{damaged", {}, {}), ("classes.json", "[1, 2]", {}, {}), ("labels.json", '{"road": 300}', {}, {}),
])
def test_names_of_classes_in_every_form(name: str, content: str, values: Any, colours: Any) -> None:
    found = names_in(name, content.encode())
    assert {key: found.by_value[key] for key in values} == values and found.by_colour == colours
    assert bool(found) == bool(values or colours)


def read(content: bytes, file: str = "masks/1.png") -> FileMask:
    found = read_mask(content)
    return FileMask(file, packed(found.plane), found.width, found.height, found.values, found.colours, found.by_colour)


def test_every_kind_of_png_says_the_same() -> None:
    wanted, colours = plane(a=1, b=2), [(0, 0, 0), (200, 10, 10), (10, 200, 10)]
    names = names_in("labels.json", json.dumps([{"id": k, "name": name, "color": colours[k]} for k, name in
                                                enumerate(["background", "road", "tree"])]).encode())
    rgb = np.asarray(colours, np.uint8)[wanted]
    for content in (png(wanted), png(wanted, palette=colours), png(rgb), png(rgb, "RGBA"),
                    png(wanted.astype(np.uint16)), png(np.repeat(wanted[..., None], 3, 2))):
        masks = FileMasks({"1.jpg": read(content)}, names)
        assert masks.classes == ["road", "tree"]
        assert np.array_equal(masks.plane("1.jpg", W, H, 1, masks.classes), wanted)


def test_without_names_values_speak_for_themselves() -> None:
    def classes(content: bytes, file: str = "masks/1.png", known: list[str] | None = None) -> list[str]:
        return FileMasks({"1.jpg": read(content, file)}, known=known or []).classes

    assert classes(png(plane(a=255))) == ["foreground"] and classes(png(plane(a=255) > 0)) == ["foreground"]
    assert classes(png(plane(a=255)), known=["person"]) == ["person"]
    assert classes(png(plane(a=1, b=7, c=255))) == ["class 1", "class 7"]
    assert classes(png(plane(a=1, b=2)), known=["road", "tree", "sky"]) == ["road", "tree"]
    assert classes(png(plane(a=12, b=15, c=255), palette=voc_colours()), "SegmentationClass/1.png") == ["dog", "person"]
    voc = np.asarray([*voc_colours()[:255], (224, 224, 192)], np.uint8)
    assert classes(png(voc[plane(a=12, b=15, c=255)]), "SegmentationClass/1.png") == ["dog", "person"]
    assert classes(png(np.asarray([(0, 0, 0), (255, 0, 128)], np.uint8)[plane(a=1)])) == ["foreground"]
    assert VOC[14] == "person" and voc_colours()[15] == (192, 128, 128)


@pytest.mark.parametrize(("content", "said"), [
    (b"", "no mask"), (b"\xff\xd8\xff\xe0", "JPEG"), (png(plane(a=1))[:60], "damaged"),
    (png(plane(a=1).astype(np.uint16) * 300), "more than 8 bits"),
    (png(np.random.default_rng(0).integers(0, 256, (H, W, 3)).astype(np.uint8)), "colours"),
])
def test_what_is_no_mask_is_told_in_a_sentence(content: bytes, said: str) -> None:
    with pytest.raises(BadFile, match=said) as refused:
        read_mask(content)
    assert refused.value.hint


def test_a_mask_of_another_size_and_of_another_shape() -> None:
    small = FileMasks({"1.jpg": read(png(plane(a=1, b=2)))})
    larger = small.plane("1.jpg", 2 * W, 2 * H, 1, small.classes)
    assert np.array_equal(larger, np.repeat(np.repeat(plane(a=1, b=2), 2, 0), 2, 1))
    turned = small.plane("1.jpg", H, W, 6, small.classes)  # the photo was turned clockwise as its EXIF data say
    assert np.array_equal(turned, np.rot90(plane(a=1, b=2), -1))
    with pytest.raises(BadFile, match="48 x 32 pixels, and the photo of 48 x 48"):
        small.plane("1.jpg", W, W, 1, small.classes)


def test_smaller_things_lie_on_larger_ones() -> None:
    inner, outer = [10, 10, 20, 10, 20, 20, 10, 20], [0, 0, W, 0, W, H, 0, H]
    shapes = [Shape(label="b", rings=[inner]), Shape(label="a", rings=[outer])]
    drawn = Drawn(source="a", picture="1.jpg", shapes=shapes)
    found = painted(drawn, W, H, 1, ["a", "b"])
    assert (found[10:20, 10:20] == 2).all() and (found == 2).sum() == 100 and (found == 1).sum() == W * H - 100
    half = painted(drawn.model_copy(update={"size": (2.0 * W, 2.0 * H)}), W, H, 1, ["a", "b"])
    assert (half[5:10, 5:10] == 2).all() and (half == 2).sum() == 25


# whole imports


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the project `street`, of a folder in which some masks can't be read."""
    folder, data = tmp_path_factory.mktemp("street"), tmp_path_factory.mktemp("data")
    for k in range(5):
        photo(folder / "images" / f"{k}.png", k)
    write(folder / "masks" / "0.png", png(plane(a=1, b=2, c=255)))
    write(folder / "masks" / "1.png", png(plane(a=2, b=9)))  # 9 has no class
    write(folder / "masks" / "2.png", png(plane(a=1)[:, :20]))  # of another shape
    write(folder / "masks" / "3.png", b"\x89PNG damaged")
    write(folder / "masks" / "nobody.png", png(plane(a=1)))
    write(folder / "classes.txt", "background\nroad\ntree\nlamp\n")
    found = vision.import_photos(folder, name="street", task="segmentation", data=data)
    (data / "report.json").write_text(json.dumps(found))
    return data


def test_a_folder_of_photos_and_masks(street: Path) -> None:
    report, planes = json.loads((street / "report.json").read_text()), planes_of(street, "street")
    assert report["added"] == 5 and report["annotations"]["photos"] == 2
    assert np.array_equal(planes["0.png"], plane(a=1, b=2, c=255))
    assert np.array_equal(planes["1.png"], plane(a=2, b=255))
    assert all(planes[f"{k}.png"] is None for k in (2, 3, 4))
    said = {row["file"]: row["message"] for row in [*report["passed_over"], *report["remarks"]]}
    assert "no photo for this mask" in said["masks/nobody.png"] and "masks/3.png" in said
    assert "another shape" in said["images/2.png"]
    assert any("value 9 has no class" in note and "masks/1.png" in note for note in report["annotations"]["notes"])
    assert vision.classes("street", data=street) == {"road": 1, "tree": 2, "lamp": 0}
    assert {row["label"] for row in vision.photos("street", data=street)} == {None}


@pytest.mark.parametrize("format", ["masks", "coco"])
def test_what_leaves_comes_back_the_same(street: Path, tmp_path: Path, format: str) -> None:
    done = vision.export_project("street", tmp_path / "out", format, data=street)
    assert done["photos"] == 2 and done["left_out"] == 3
    vision.import_photos(tmp_path / "out", name="again", task="segmentation", data=tmp_path / "data")
    before, after = planes_of(street, "street"), planes_of(tmp_path / "data", "again")
    assert len(after) == 2
    for name, found in after.items():
        wanted = before[f"{name[0]}.png"]
        assert np.array_equal(found, wanted if format == "masks" else np.where(wanted == 255, 0, wanted))
    assert list(vision.classes("again", data=tmp_path / "data"))[:2] == ["road", "tree"]
    if format == "masks":
        paletted = Image.open(next((tmp_path / "out" / "masks").glob("0-*.png")))
        assert paletted.mode == "P" and paletted.convert("RGB").getpixel((0, 0)) == voc_colours()[1]
    else:
        theirs = pytest.importorskip("pycocotools.mask")
        for row in json.loads((tmp_path / "out" / "annotations.json").read_text())["annotations"]:
            assert row["area"] == theirs.area(row["segmentation"]) > 0
            assert row["bbox"] == theirs.toBbox(row["segmentation"]).tolist()


def test_masks_that_come_later_leave_those_of_people(street: Path, tmp_path: Path) -> None:
    vision.set_mask("street", "images/4.png", plane(a=3), data=street)
    write(tmp_path / "masks" / "4.png", png(plane(a=1)))
    write(tmp_path / "masks" / "3.png", png(plane(a=1)))
    found = vision.import_photos(tmp_path, name="street", data=street)
    planes = planes_of(street, "street")
    assert np.array_equal(planes["4.png"], plane(a=3)) and np.array_equal(planes["3.png"], plane(a=1))
    assert [row["file"] for row in found["conflicts"]] == ["images/4.png"]


def test_outlines_of_yolo_and_coco(tmp_path: Path) -> None:
    for k in range(2):
        photo(tmp_path / "yolo" / "images" / f"{k}.png", k)
    write(tmp_path / "yolo" / "labels" / "0.txt", "1 0 0 0.5 0 0.5 1 0 1\n")
    write(tmp_path / "yolo" / "labels" / "1.txt", "")
    write(tmp_path / "yolo" / "data.yaml", "names: [road, tree]\n")
    vision.import_photos(tmp_path / "yolo", name="yolo", task="segmentation", data=tmp_path / "data")
    planes, classes = planes_of(tmp_path / "data", "yolo"), list(vision.classes("yolo", data=tmp_path / "data"))
    wanted = np.zeros((H, W), np.uint8)
    wanted[:, :W // 2] = 1 + classes.index("tree")
    assert np.array_equal(planes["0.png"], wanted) and not planes["1.png"].any()
