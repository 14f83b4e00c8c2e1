"""Annotation files of other programs: each format by hand-worked examples, and whatever else people put there."""

from __future__ import annotations

import io
import json
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from trivium.errors import BadFile
from trivium.vision import project
from trivium.vision.annotation import coco, lists, matching, tables, voc, yolo
from trivium.vision.annotation.matching import match, place
from trivium.vision.annotation.reading import format_of, read, read_confined
from trivium.vision.annotation.records import Drawn, Reading
from trivium.vision.collect import importing
from trivium.vision.labels.boxes import LabelledBox

from .drawings import drawing

VOC = """<annotation><folder>VOC2012</folder><filename>{name}</filename>
<size><width>500</width><height>375</height><depth>3</depth></size>
<object><name>person</name><difficult>0</difficult>
 <bndbox><xmin>{x1}</xmin><ymin>1</ymin><xmax>10</xmax><ymax>375</ymax></bndbox>
 <part><name>head</name><bndbox><xmin>2</xmin><ymin>2</ymin><xmax>5</xmax><ymax>5</ymax></bndbox></part></object>
<object><name>dog</name><difficult>1</difficult>
 <bndbox><ymax>20.5</ymax><xmin>11</xmin><ymin>3</ymin><xmax>20</xmax></bndbox></object></annotation>"""


@pytest.fixture
def without_backbone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "network_if_there", lambda _looking: None)


def coco_file(**changes: object) -> dict[str, object]:
    """Two pictures and categories 3 and 90, as COCO itself has gaps."""
    return {"images": [{"id": 7, "file_name": "a.png", "width": 100, "height": 50},
                       {"id": 9, "file_name": "b.png", "width": 100, "height": 50}],
            "categories": [{"id": 90, "name": "pear"}, {"id": 3, "name": " apple"}],
            "annotations": [{"image_id": 7, "category_id": 90, "bbox": [10, 5, 20, 10]},
                            {"image_id": 7, "category_id": 3, "bbox": [0.5, 0, 99.5, 50]}], **changes}


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def png(number: int, size: tuple[int, int] = (100, 50), exif: int | None = None) -> bytes:
    out = io.BytesIO()
    image = drawing("box", number).resize(size)
    if exif is None:
        image.save(out, "PNG")
    else:
        tags = Image.Exif()
        tags[0x0112] = exif
        image.save(out, "JPEG", exif=tags)
    return out.getvalue()


# the formats, by hand


def test_coco_by_hand() -> None:
    counts = Counter[str]()
    found, classes = coco.read("x.json", json.dumps(coco_file()).encode(), counts)
    assert classes == ["apple", "pear"] and not counts
    assert found[0].boxes == [("pear", 10, 5, 30, 15), ("apple", 0.5, 0, 100, 50)]
    assert found[0].size == (100, 50) and found[1].boxes == []
    assert place(found[0], 200, 100).boxes == [LabelledBox("pear", (0.1, 0.1, 0.3, 0.3)),
                                               LabelledBox("apple", (0.005, 0.0, 1.0, 1.0))]


def test_coco_counts_what_it_leaves_out() -> None:
    rows = [{"image_id": 9, "category_id": 3, "bbox": [0, 0, 9, 9], "iscrowd": 1},
            {"image_id": 7, "category_id": 4, "bbox": [0, 0, 9, 9]},
            {"image_id": 77, "category_id": 3, "bbox": [0, 0, 9, 9]},
            {"image_id": 7, "category_id": 3, "bbox": [0, 0, "wide", 9]},
            {"image_id": 7, "category_id": 3, "bbox": [0, 0, 9]},
            {"image_id": [7], "category_id": 3, "bbox": [0, 0, 9, 9]}]
    counts = Counter[str]()
    found, _ = coco.read("x.json", json.dumps(coco_file(annotations=rows)).encode(), counts)
    assert counts == {"crowd": 1, "unknown_class": 1, "broken": 4}
    assert found[0].boxes == [] and found[1].boxes is None  # a crowd is not nothing


@pytest.mark.parametrize(("content", "words"), [
    (b'{"images": [], "annotations": [', "damaged or cut off"),
    (b"[" * 100_000, "nested too deeply"),
    (b"[1]", "no COCO file"),
    (b'{"images": 3, "annotations": [], "categories": []}', "'images' is no list"),
    (b'{"images": [], "annotations": [{"caption": "a dog"}], "categories": []}', "without boxes"),
])
def test_coco_that_is_none(content: bytes, words: str) -> None:
    with pytest.raises(BadFile, match=words):
        coco.read("x.json", content, Counter())


def test_voc_by_hand() -> None:
    """Corners count from 1 and belong to the box: 1 to 10 are the ten pixels between the edges 0 and 10."""
    counts = Counter[str]()
    found = voc.read("Annotations/p.xml", VOC.format(name="p.jpg", x1=1).encode(), counts)
    assert voc.with_edges([found]) is False
    assert found.boxes == [("person", 0, 0, 10, 375), ("dog", 10, 2, 20, 20.5)]  # a head is no person
    assert counts["difficult"] == 1 and found.size == (500, 375)
    placed = place(found, 500, 375).boxes
    assert placed is not None and placed[0].xyxy == (0.0, 0.0, 0.02, 1.0)


def test_voc_of_a_program_that_counts_from_0() -> None:
    found = [voc.read(f"{x1}.xml", VOC.format(name="p.jpg", x1=x1).encode(), Counter()) for x1 in (1, 0)]
    assert voc.with_edges(found) is True
    assert [each.boxes[0] for each in found if each.boxes] == [("person", 1, 1, 10, 375), ("person", 0, 1, 10, 375)]


@pytest.mark.parametrize(("content", "words"), [
    ('<!DOCTYPE a [<!ENTITY x "y">]><annotation><filename>&x;</filename></annotation>', "entities"),
    ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><annotation/>', "entities"),
    ("<annotation><object>", "damaged or cut off"),
    ("<svg><annotation/></svg>", "no Pascal VOC"),
])
def test_voc_that_is_none(content: str, words: str) -> None:
    with pytest.raises(BadFile, match=words):
        voc.read("x.xml", content.encode(), Counter())


def test_yolo_by_hand() -> None:
    counts = Counter[str]()
    text = "1 0.5 0.5 0.2 0.4\r\n0 0.1 0.2 0.2 0.2 0.91\n\n1 0.1 0.1 0.4 0.2 0.3 0.6\n7 0.5 0.5 0.1 0.1\n1 0.5 0.5\n"
    found = yolo.read("labels/train/a.txt", text.encode(), ["apple", "pear"], counts)
    assert [box[0] for box in found.boxes or ()] == ["pear", "apple", "pear"]
    assert [box[1:] for box in found.boxes or ()] == [pytest.approx(row) for row in (
        (0.4, 0.3, 0.6, 0.7), (0.0, 0.1, 0.2, 0.3), (0.1, 0.1, 0.4, 0.6))]
    assert counts == {"polygons": 1, "unknown_class": 1, "broken": 1}
    assert yolo.read("a.txt", b"", [], counts).boxes == []  # nothing is there
    assert (yolo.read("a.txt", b"3 .5 .5 .1 .1", [], counts).boxes or [("",)])[0][0] == "class 3"


@pytest.mark.parametrize(("content", "names"), [
    (b"train: x\nnames: [a, b c]\nnc: 2", ["a", "b c"]),
    (b"names:\n  0: a\n  2: c\n", ["a", "class 1", "c"]),
    (b"names: {0: a, 1: 7}", ["a", "7"]),
])
def test_names_in_yaml(content: bytes, names: list[str]) -> None:
    assert yolo.names_of("data.yaml", content) == names


@pytest.mark.parametrize("content", [b"names: 3", b"- a", b"names: [a", b"names: {999999999: a}",
                                     b"!!python/object/apply:os.system ['true']"])
def test_yaml_that_names_no_classes(content: bytes) -> None:
    with pytest.raises(BadFile):
        yolo.names_of("data.yaml", content)


def test_lst_by_hand() -> None:
    counts = Counter[str]()
    text = ("0\t4\t5\t640\t480\t1\t0.1\t0.2\t0.3\t0.4\t0\t0\t0\t1\t1\timg/a.jpg\n"
            "1\t2\t5\t1\t0.5\t0.5\t0.9\t0.9\timg/b.jpg\n"
            "2\t2\t6\t0\t0.5\t0.5\t0.9\t0.9\t1\t-1\t0\t0\t0\t0\t0\timg/c.jpg\n"
            "3\t4\t5\t640\t480\timg/d.jpg\nno line\n")
    found = lists.read_lst("x.lst", text.encode(), ["apple", "pear"], counts)
    assert [each.boxes for each in found] == [
        [("pear", 0.1, 0.2, 0.3, 0.4), ("apple", 0, 0, 1, 1)], [("pear", 0.5, 0.5, 0.9, 0.9)],
        [("apple", 0.5, 0.5, 0.9, 0.9)], []]
    assert [each.picture for each in found] == [f"img/{x}.jpg" for x in "abcd"] and counts == {"broken": 1}


def test_lst_of_classes_takes_their_names_from_folders_or_a_list() -> None:
    text = b"0\t0.000000\tcat/1.jpg\n1\t1\tdog/2.jpg\n2\t1.0\tdog/3.jpg\n"
    assert [each.label for each in lists.read_lst("x.lst", text, [], Counter())] == ["cat", "dog", "dog"]
    assert [each.label for each in lists.read_lst("x.lst", text, ["A", "B"], Counter())] == ["A", "B", "B"]
    flat = text.replace(b"cat/", b"").replace(b"dog/", b"")
    assert [each.label for each in lists.read_lst("x.lst", flat, [], Counter())] == ["class 0", "class 1", "class 1"]


def test_csv_of_classes() -> None:
    text = b'\xef\xbb\xbfImage;Class\n"a, b.png";cat\nc.png;\nd.png\n'
    found = tables.read_csv("x.csv", text, Counter())
    assert [(each.picture, each.label) for each in found] == [("a, b.png", "cat"), ("c.png", None)]
    with pytest.raises(BadFile, match="name the columns"):
        tables.read_csv("x.csv", b"a.png,cat\n", Counter())


def test_csv_of_boxes_in_pixels_and_in_shares() -> None:
    text = ("filename,width,height,class,xmin,ymin,xmax,ymax\na.png,200,100,fig,20,10,60,50\n"
            "a.png,200,100,plum,100,0,200,100\nb.png,200,100,,,,,\nc.png,200,100,fig,1,nan,3,4\n")
    counts = Counter[str]()
    first, nothing, broken = tables.read_csv("x.csv", text.encode(), counts)
    assert first.boxes == [("fig", 20, 10, 60, 50), ("plum", 100, 0, 200, 100)]
    assert first.in_pixels and first.size == (200, 100)
    assert nothing.boxes == broken.boxes == [] and counts == {"broken": 1}
    shares = tables.read_csv("x.csv", b"image\tx1\ty1\tx2\ty2\tlabel\na.png\t0.1\t0\t1.0\t.5\tfig\n", counts)
    assert [(each.in_pixels, each.size, each.boxes) for each in shares] == [(False, None, [("fig", 0.1, 0, 1, 0.5)])]


# which format, which photo, where on it


@pytest.mark.parametrize(("name", "content", "kind"), [
    ("a.json", json.dumps(coco_file()), "coco"), ("a.json", '{"version": 1}', None),
    ("a.xml", VOC, "voc"), ("a.xml", "<html/>", None),
    ("a.txt", "0 .1 .1 .1 .1", "yolo"), ("a.txt", "Read me.", None), ("a.txt", "", "yolo"), ("notes.txt", "", None),
    ("a.txt", "12 34", None), ("data.yaml", "names: [a]", "names"), ("a.yml", "x: 1", None),
    ("classes.txt", "apple\npear", "names"), ("obj.names", "apple", "names"),
    ("a.lst", "0\t1\ta.jpg", "lst"), ("a.lst", "0 1 a.jpg", None),
    ("a.csv", "file,label\n", "csv"), ("a.csv", "x,y\n", None),
])
def test_formats_are_told_by_content(name: str, content: str, kind: str | None) -> None:
    assert format_of(name, content.encode(), {"a"}) == kind


def test_the_photo_that_is_meant() -> None:
    names = ["set/images/train/1.jpg", "set/images/val/1.jpg", "set/images/val/2.JPG", "a/x.png", "b/x.png"]
    def found(source: str, picture: str, also: str | None = None) -> str | None:
        return matching.Finder(names).find(Drawn(source=source, picture=picture, also=also))

    assert found("set/labels/val/1.txt", "1", "1") == "set/images/val/1.jpg"
    assert found("set/labels/train/1.txt", "1", "1") == "set/images/train/1.jpg"
    assert found("x.json", "val/1.jpg") == "set/images/val/1.jpg"
    assert found("x.json", r"C:\pictures\b\x.png") == "b/x.png"
    assert found("x.json", "2.jpg") == "set/images/val/2.JPG"
    assert found("Annotations/2.xml", "wrong.jpg", "2") == "set/images/val/2.JPG"
    assert found("x.json", "3.jpg") is None


def test_what_two_files_say_of_a_photo_counts_once() -> None:
    one = Drawn(source="a.json", picture="1.jpg", boxes=[("x", 0, 0, 1, 1), ("y", 0, 0, 2, 2)])
    other = one.model_copy(update={"source": "b.json", "boxes": [("y", 0, 0, 2, 2), ("z", 0, 0, 3, 3)]})
    crowd = one.model_copy(update={"boxes": None})
    found = match(Reading(format="coco", drawn=[crowd, one, other, crowd]), ["1.jpg"]).drawn["1.jpg"]
    assert [box[0] for box in found.boxes or ()] == ["x", "y", "z"]


def test_boxes_outside_the_photo_and_over_its_edge() -> None:
    drawn = Drawn(source="", picture="", size=(100, 100), boxes=[
        ("over", -10, 50, 20, 120), ("outside", 100, 0, 120, 20), ("flat", 5, 5, 5, 9), ("backwards", 9, 9, 5, 5)])
    placed = place(drawn, 300, 300)
    assert placed.boxes == [LabelledBox("over", (0.0, 0.5, 0.2, 1.0))]
    assert (placed.clipped, placed.outside) == (1, 3)


def test_a_size_of_another_shape_is_no_size_of_this_photo() -> None:
    drawn = Drawn(source="", picture="", size=(640, 480), boxes=[("a", 0, 0, 320, 240)])
    assert place(drawn, 320, 240).boxes == [LabelledBox("a", (0.0, 0.0, 0.5, 0.5))]  # made smaller
    assert place(drawn, 480, 640).boxes is None and "640 x 480" in str(place(drawn, 480, 640).trouble)
    shares = drawn.model_copy(update={"in_pixels": False, "boxes": [("a", 0, 0, 0.5, 0.5)]})
    assert place(shares, 480, 640).boxes == [LabelledBox("a", (0.0, 0.0, 0.5, 0.5))]


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_boxes_turn_with_a_photo_that_lies_on_its_side(orientation: int) -> None:
    """Independently: a white rectangle is drawn, and Pillow turns the picture."""
    stored = Image.new("L", (80, 40))
    stored.paste(255, (8, 4, 32, 12))  # left, top, right, bottom edges
    stored.getexif()[0x0112] = orientation
    shown = ImageOps.exif_transpose(stored)
    drawn = Drawn(source="", picture="", size=(80, 40), boxes=[("white", 8, 4, 32, 12)])
    boxes = place(drawn, *shown.size, orientation).boxes
    x1, y1, x2, y2 = shown.getbbox()
    assert boxes is not None and boxes[0].xyxy == pytest.approx((x1 / 40, y1 / 80, x2 / 40, y2 / 80))


# whole imports


def test_the_format_with_most_photos_is_taken() -> None:
    found = read([("a.txt", b"0 .5 .5 .1 .1"), ("b.txt", b""), ("one.json", json.dumps(
        coco_file(images=[{"id": 7, "file_name": "a.png"}])).encode()), ("data.yaml", b"names: [fig]")], {"a", "b"})
    assert found.format == "yolo" and found.classes == ["fig"]
    assert [name for name, _ in found.passed_over] == ["one.json"]


def test_annotations_are_read_confined_and_a_bad_one_is_told() -> None:
    files = {"a.xml": VOC.format(name="a.jpg", x1=1), "b.xml": "<annotation><obj", "c.xml": "<html/>"}
    found = read_confined([(name, text.encode) for name, text in files.items()], ["a.jpg"])
    assert [each.picture for each in found.drawn] == ["a.jpg"] and found.used == ["a.xml", "b.xml"]
    assert found.passed_over == [("b.xml", f"Its XML is damaged or cut off. {voc.EXPORT}")]
    with pytest.raises(BadFile, match=r"^b\.xml: Its XML is damaged or cut off\. Export it again"):
        read_confined([("b.xml", files["b.xml"].encode)], [])


def test_a_coco_folder_comes_in(tmp_path: Path, without_backbone: None) -> None:
    rows = [{"image_id": 7, "category_id": 90, "bbox": [90, 5, 20, 10]}, {"image_id": 7, "category_id": 90,
            "bbox": [200, 5, 20, 10]}, {"image_id": 8, "category_id": 3, "bbox": [0, 0, 9, 9]}]
    images = [{"id": 7, "file_name": "a.png", "width": 100, "height": 50}, {"id": 9, "file_name": "b.png", "width": 100,
              "height": 50}, {"id": 8, "file_name": "gone.png", "width": 9, "height": 9}]
    photos = write(tmp_path / "set", {"train/a.png": png(1), "train/b.png": png(2), "train/c.png": png(3),
                                      "train/_annotations.coco.json": json.dumps(coco_file(images=images,
                                                                                           annotations=rows)),
                                      "README.txt": "Hello."})
    made, found = importing.import_photos(tmp_path / "data", photos, "fruits", "detection")
    boxes = {item.name: item.boxes for item in made.items.values()}
    assert boxes == {"train/a.png": [LabelledBox("pear", (0.9, 0.1, 1.0, 0.3))], "train/b.png": [], "train/c.png": None}
    assert {item.label for item in made.items.values()} == {None} and made.classes == ["apple", "pear"]
    assert found.added == 3 and not found.passed_over
    assert found.annotations == {"format": "coco", "photos": 2, "boxes": 1, "missing": ["gone.png"], "notes": [
        "COCO: 1 boxes on 2 photos.", "1 photos have no box there; they count as looked at, with nothing on them.",
        "1 boxes reached over the edge of their photo and were clipped.",
        "1 boxes lay outside their photo, or had no area, and were left out.",
        "1 annotated pictures are not there, such as gone.png."]}


def test_annotations_may_come_later_and_never_take_anothers_place(tmp_path: Path, without_backbone: None) -> None:
    photos = write(tmp_path / "photos", {"a.png": png(1), "b.png": png(2)})
    importing.import_photos(tmp_path / "data", photos, "fruits", "detection")
    boxes = write(tmp_path / "boxes", {"labels/a.txt": "0 0.5 0.5 0.5 0.5", "classes.txt": "fig\n"})
    made, found = importing.import_photos(tmp_path / "data", boxes, "fruits", "detection")
    wanted = [LabelledBox("fig", (0.25, 0.25, 0.75, 0.75))]
    assert [item.boxes for item in made.items.values()] == [wanted, None] and (found.added, found.relabelled) == (0, 1)
    write(boxes, {"labels/a.txt": "0 0.5 0.5 0.1 0.1", "images/a.png": png(1)})
    made, found = importing.import_photos(tmp_path / "data", boxes, "fruits", "detection")
    item = next(iter(made.items.values()))
    assert item.boxes == wanted and len(found.conflicts) == 1 and "also came" in project.load(
        tmp_path / "data", "fruits").items[item.sha256].doubts[0]


def test_a_telephones_photo_that_was_annotated_as_it_is_stored(tmp_path: Path, without_backbone: None) -> None:
    images = [{"id": 7, "file_name": "a.jpg", "width": 100, "height": 50}]
    rows = [{"image_id": 7, "category_id": 3, "bbox": [0, 0, 50, 50]}]
    photos = write(tmp_path / "set", {"a.jpg": png(1, exif=6), "x.json": json.dumps(
        coco_file(images=images, annotations=rows))})
    made, _ = importing.import_photos(tmp_path / "data", photos, "fruits", "detection")
    item = next(iter(made.items.values()))
    assert (item.width, item.height) == (50, 100)
    assert item.boxes == [LabelledBox("apple", (0.0, 0.0, 1.0, 0.5))]  # its left half is the upper one


def test_a_table_says_what_photos_show_and_boxes_need_their_own_task(tmp_path: Path, without_backbone: None) -> None:
    photos = write(tmp_path / "set", {"all/a.png": png(1), "all/b.png": png(2), "all/c.png": png(3),
                                      "labels.csv": "file,label\na.png,fig\nb.png,plum\n"})
    made, found = importing.import_photos(tmp_path / "data", photos, "plums")
    assert [item.label for item in made.items.values()] == ["fig", "plum", "all"] and not found.passed_over
    write(photos, {"labels.csv": "", "x.json": json.dumps(coco_file())})
    _, found = importing.import_photos(tmp_path / "data", photos, "boxless")
    assert found.annotations is not None and "Make one for detection" in found.annotations["notes"][0]
