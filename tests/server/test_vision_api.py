"""Photos over HTTP: in, whatever lies among them; labelled by two at once; learned from, looked into, tried out."""

from __future__ import annotations

import base64
import io
import stat
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from PIL import Image

from tests.server.conftest import TestClient, wait_for
from tests.vision.drawings import drawing, scene
from trivium.core.run import Run
from trivium.vision import project
from trivium.vision.backbone import efficientnet
from trivium.vision.classification.config import TrainConfig
from trivium.vision.classification.train import train
from trivium.vision.collect.taking import ARRIVING, Takings

VISION = "/api/v1/vision"
needs_backbone = pytest.mark.skipif(not efficientnet.WEIGHTS.is_file(),
                                    reason="the pretrained backbone is not here: python tools/weights.py")


def png(kind: str, number: int, **options: Any) -> bytes:
    out = io.BytesIO()
    drawing(kind, number).save(out, options.pop("format", "PNG"), **options)
    return out.getvalue()


def zipped(members: dict[str, bytes], links: tuple[str, ...] = ()) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        for name in links:
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, "/etc/passwd")
    return buffer.getvalue()


def shapes(count: int, first: int = 0) -> dict[str, bytes]:
    return {f"{kind}/{k}.png": png(kind, k) for kind in ("box", "disc") for k in range(first, first + count)}


def send(client: TestClient, content: bytes, file: str = "photos.zip", name: str = "trash", **more: Any) -> Any:
    return client.post(f"{VISION}/projects/{name}/imports", params={"file": file, **more}, content=content,
                       headers={"content-type": "application/octet-stream"})


def taken(client: TestClient, answer: Any) -> dict[str, Any]:
    """What became of an import."""
    assert answer.status_code == 202, answer.text

    def ended() -> dict[str, Any] | None:
        view: dict[str, Any] = client.get(f"{VISION}/imports/{answer.json()['id']}").json()
        return view if view["state"] in ("done", "failed") else None

    return wait_for(ended, "the photos", 120)


@pytest.fixture
def trash(client: TestClient) -> TestClient:
    """A studio with the empty project `trash`."""
    assert client.post(f"{VISION}/projects", json={"name": "trash"}).status_code == 201
    return client


def photos(client: TestClient, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"{VISION}/projects/trash/photos", params=query).json()["items"]
    return found


def bomb() -> bytes:
    """A PNG of 20,000 x 20,000 pixels in a few bytes."""
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 20_000, 20_000, 1, 0, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(b"\0" * 10_000)) + chunk(b"IEND", b""))


def turned() -> bytes:
    """A picture that stands on its side, and says so."""
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    drawing("disc", 70).resize((120, 80)).save(out, "JPEG", exif=exif)
    return out.getvalue()


def saved(image: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def test_whatever_lies_among_the_photos_is_told_and_the_others_come_in(trash: TestClient, data: Path) -> None:
    good = {"disc/turned.jpg": turned(), "disc/cmyk.jpg": saved(drawing("disc", 71).convert("CMYK"), "JPEG"),
            "box/moving.gif": saved(drawing("box", 72), "GIF"), "box/named.jpg": png("box", 73),
            "box/deep.png": saved(Image.new("I;16", (40, 40), 30_000), "PNG")}
    bad = {"disc/bomb.png": (bomb(), "too many"), "disc/cut.png": (png("disc", 1)[:1500], "cut off"),
           "disc/dot.png": (saved(Image.new("RGB", (1, 1)), "PNG"), "too few"), "box/poem.jpg": (b"poem", "no picture"),
           "box/drawing.svg": (b"<svg><script>alert(1)</script></svg>", "SVG"), "box/none.png": (b"", "empty"),
           "../../escaped.png": (png("box", 74), "leads out")}
    found = taken(trash, send(trash, zipped({**good, **{name: content for name, (content, _) in bad.items()}},
                                            links=("disc/link.png",))))
    assert found["state"] == "done", found["message"]
    told = {row["file"]: row["message"] for row in found["report"]["passed_over"]}
    assert set(told) == {*bad, "disc/link.png"} and found["report"]["left_out"] == len(told)
    assert [name for name, (_, words) in bad.items() if words not in told[name]] == []
    assert all(text.count("\n") == 0 and str(data) not in text for text in told.values())
    here = {row["name"]: row for row in photos(trash)}
    assert set(here) == set(good) and {row["label"] for row in here.values()} == {"box", "disc"}
    assert (here["disc/turned.jpg"]["width"], here["disc/turned.jpg"]["height"]) == (80, 120)
    assert {row["file"] for row in found["report"]["remarks"]} == {"box/named.jpg"}
    assert not list(data.rglob("escaped*")) and not list((data / "vision" / ARRIVING).glob("*"))
    for row in here.values():
        small = trash.get(f"{VISION}/pictures/{row['sha256']}/thumbnail")
        assert small.headers["content-type"] == "image/jpeg" and "immutable" in small.headers["cache-control"]
        whole = trash.get(f"{VISION}/pictures/{row['sha256']}")
        with Image.open(io.BytesIO(whole.content)) as shown:
            assert shown.size == (row["width"], row["height"]) and not shown.getexif()
    assert trash.get(f"{VISION}/pictures/{'0' * 64}").status_code == 404


def test_what_holds_no_photos_says_so_and_a_single_photo_needs_no_zip(trash: TestClient, data: Path) -> None:
    assert send(trash, b"").status_code == 422 and send(trash, b"x", name="none").status_code == 404
    broken = taken(trash, send(trash, zipped(shapes(1))[:-30]))
    assert broken["state"] == "done" and broken["report"]["added"] == 0 and photos(trash) == []
    (row,) = broken["report"]["passed_over"]  # without its end it is no zip, and no photo either
    assert row["file"] == "photos.zip" and row["message"] and str(data) not in row["message"]
    empty = taken(trash, send(trash, zipped({})))
    assert empty["state"] == "failed" and empty["hint"] and str(data) not in empty["message"]
    one = taken(trash, send(trash, png("disc", 5), "seen.png", **{"class": " a   plate "}))
    assert one["report"]["added"] == 1 and photos(trash)[0]["label"] == "a plate"
    again = taken(trash, send(trash, png("disc", 5), "seen.png", **{"class": "disc"}))
    assert again["report"]["relabelled"] == 1 and photos(trash)[0]["label"] == "disc"
    assert not [path for path in (data / "vision" / ARRIVING).rglob("*") if path.is_file()]


def test_what_a_server_left_half_read_is_cleared_away(data: Path) -> None:
    left = data / "vision" / ARRIVING / "01ABC"
    left.mkdir(parents=True)
    Takings(data)
    assert not left.exists()


def test_two_who_label_at_once_lose_nothing(trash: TestClient) -> None:
    taken(trash, send(trash, zipped({f"{k}.png": png("box", k) for k in range(4)})))
    one, two = photos(trash), photos(trash)  # what two tabs show

    def label(row: dict[str, Any], name: str | None) -> dict[str, Any]:
        answer = trash.post(f"{VISION}/projects/trash/labels", json={"changes": [
            {"sha256": row["sha256"], "label": name, "version": row["version"]}]})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    assert [row["label"] for row in label(one[0], "box")["done"]] == ["box"]
    late = label(two[0], "disc")
    assert late["done"] == [] and late["refused"][0]["label"] == "box"  # told what is there, and it stays
    assert label(two[1], "disc")["done"][0]["label"] == "disc"  # another picture is no matter
    assert label(two[0], "box")["refused"] == []  # of one mind
    assert label(late["refused"][0], "disc")["done"][0]["label"] == "disc"  # on seeing it, one may still decide
    assert [row["label"] for row in photos(trash)] == ["disc", "disc", None, None]
    assert [row["name"] for row in photos(trash, show="unlabelled", newest_first=True)] == ["3.png", "2.png"]
    gone = [one[1]["sha256"], one[2]["sha256"]]
    removed = trash.post(f"{VISION}/projects/trash/photos:remove", json={"photos": gone}).json()["photos"]
    assert removed == gone and len(photos(trash)) == 2 and label(one[2], "box")["gone"] == [gone[1]]
    assert trash.post(f"{VISION}/projects/trash/photos:restore", json={"photos": gone}).json()["photos"] == gone
    assert {row["name"]: row["label"] for row in photos(trash)} == {
        "0.png": "disc", "1.png": "disc", "2.png": None, "3.png": None}
    bad = trash.post(f"{VISION}/projects/trash/labels", json={"changes": [{"sha256": gone[0], "label": "\n"}]})
    assert bad.status_code == 422 and "name of a class" in bad.json()["detail"]


def test_what_another_process_writes_is_seen_at_once(trash: TestClient, data: Path) -> None:
    taken(trash, send(trash, zipped(shapes(1))))
    sha256 = photos(trash, **{"class": "box"})[0]["sha256"]
    project.label(project.load(data, "trash"), sha256, "crate")
    assert photos(trash, **{"class": "crate"})[0]["version"] == 2
    assert [row["name"] for row in trash.get(f"{VISION}/projects/trash").json()["classes"]] == ["box", "disc", "crate"]


def test_classes_are_made_renamed_put_together_and_deleted(trash: TestClient, data: Path) -> None:
    taken(trash, send(trash, zipped(shapes(2))))
    at = f"{VISION}/projects/trash/classes"

    def classes() -> dict[str, int]:
        found = {row["name"]: row["photos"] for row in trash.get(f"{VISION}/projects/trash").json()["classes"]}
        assert project.load(data, "trash").counts() == found  # a server that starts anew sees the same
        return found

    assert trash.post(at, json={"name": "ring"}).status_code == 201
    assert trash.post(at, json={"name": "box"}).status_code == 409
    assert trash.post(at, json={"name": " "}).status_code == 422
    assert classes() == {"box": 2, "disc": 2, "ring": 0}
    trash.post(f"{at}:rename", json={"name": "box", "to": "crate"})
    assert classes() == {"crate": 2, "disc": 2, "ring": 0}
    trash.post(f"{at}:rename", json={"name": "crate", "to": "disc"})
    assert classes() == {"disc": 4, "ring": 0}
    trash.post(f"{at}:delete", json={"name": "disc"})
    assert classes() == {"ring": 0} and len(photos(trash, show="unlabelled")) == 4
    assert trash.post(f"{at}:rename", json={"name": "disc", "to": "x"}).status_code == 404


def test_findings_and_the_photos_behind_them(trash: TestClient) -> None:
    members = shapes(3) | {"box/soft.png": saved(drawing("box", 9).resize((12, 12)).resize((96, 96)), "PNG"),
                           "disc/again.png": png("box", 0), "box/one.png": saved(scene(3), "PNG"),
                           "box/near.jpg": saved(scene(3), "JPEG")}
    found = taken(trash, send(trash, zipped(members)))
    assert found["report"]["conflicts"] == 1
    findings = trash.get(f"{VISION}/projects/trash/findings").json()
    by_name = {row["name"]: row for row in photos(trash)}
    assert [set(group) for group in findings["near_copies"]] == [{by_name["box/one.png"]["sha256"],
                                                                  by_name["box/near.jpg"]["sha256"]}]
    assert by_name["box/soft.png"]["sha256"] in findings["blurred"] and by_name["box/soft.png"]["blurred"]
    assert findings["doubtful"] == [row["sha256"] for row in photos(trash, show="doubtful")] and findings["doubtful"]
    assert any("20 or more" in text for text in findings["warnings"])
    trash.post(f"{VISION}/projects/trash/photos:remove", json={"photos": findings["near_copies"][0][1:]})
    assert trash.get(f"{VISION}/projects/trash/findings").json()["near_copies"] == []


def test_a_project_that_is_deleted_takes_its_photos_along_but_not_those_of_another(trash: TestClient,
                                                                                  data: Path) -> None:
    trash.post(f"{VISION}/projects", json={"name": "other"})
    assert trash.post(f"{VISION}/projects", json={"name": "other"}).status_code == 409
    assert trash.post(f"{VISION}/projects", json={"name": "../other"}).status_code == 422
    taken(trash, send(trash, zipped(shapes(2))))
    taken(trash, send(trash, png("box", 0), "same.png", name="other"))
    shared = trash.get(f"{VISION}/projects/other/photos").json()["items"][0]["sha256"]
    assert trash.delete(f"{VISION}/projects/trash").status_code == 204
    assert [row["name"] for row in trash.get(f"{VISION}/projects").json()] == ["other"]
    left = {path.name for path in (data / "vision" / "pictures").rglob("*") if path.is_file()}
    assert left == {shared} and trash.get(f"{VISION}/pictures/{shared}/thumbnail").status_code == 200
    assert {path.name for path in (data / "vision" / "derived").rglob("*") if path.is_file()} == {shared}
    assert trash.get(f"{VISION}/projects/trash/photos").status_code == 404


@pytest.fixture
def trained(trash: TestClient, app: FastAPI) -> str:
    """A training on 24 drawn shapes, one of them under the wrong class; made over HTTP and run here."""
    app.state.index.max_active = 0
    members = shapes(12) | {"disc/wrong.png": png("box", 50), "loose.png": png("disc", 60)}
    taken(trash, send(trash, zipped(members)))
    answer = trash.post(f"{VISION}/trainings", json={"project": "trash", "config": {"folds": 3}, "seed": 4})
    assert answer.status_code == 201, answer.text
    run = Run.open(app.state.index.folder(answer.json()["id"]))
    train(TrainConfig.model_validate(run.spec.config), run)
    return str(answer.json()["id"])


@needs_backbone
def test_a_training_shows_how_good_it_is_and_where_it_errs(trash: TestClient, trained: str) -> None:
    report = trash.get(f"{VISION}/trainings/{trained}/evaluation").json()
    assert report["n"] == 25 and report["project"] == "trash" and len(report["folds"]) == 3
    assert sum(sum(row) for row in report["confusion"]) == 25
    assert sum(row["n"] for row in report["calibration"]) == 25
    assert all(row["interval"][0] <= row["recall"] <= row["interval"][1] for row in report["per_class"])
    wrong = trash.get(f"{VISION}/trainings/{trained}/judged", params={"wrong": True}).json()
    assert wrong["total"] == 25 - round(report["accuracy"] * 25)
    assert "disc/wrong.png" in [row["name"] for row in wrong["items"]]
    for i, label in enumerate(report["classes"]):
        for j, predicted in enumerate(report["classes"]):
            cell = trash.get(f"{VISION}/trainings/{trained}/judged", params={"label": label, "predicted": predicted})
            assert cell.json()["total"] == report["confusion"][i][j]
    listed = trash.get(f"{VISION}/projects/trash/trainings").json()
    assert [row["run"]["id"] for row in listed] == [trained]
    suggested = trash.get(f"{VISION}/projects/trash/suggestions", params={"run": trained}).json()
    assert {row["name"]: (row["label"], row["predicted"]) for row in suggested
            if row["name"] in ("loose.png", "disc/wrong.png")} == {"loose.png": (None, "disc"),
                                                                   "disc/wrong.png": ("disc", "box")}


@needs_backbone
def test_a_training_says_why_and_whether_more_photos_would_help(trash: TestClient, trained: str) -> None:
    at = f"{VISION}/trainings/{trained}"
    rows = trash.get(f"{at}/judged").json()["items"]
    photo = next(row["sha256"] for row in rows if row["name"] == "disc/3.png")
    why = trash.get(f"{at}/saliency", params={"photo": photo, "label": "disc", "against": "box"}).json()
    cells = [value for row in why["map"] for value in row]
    assert sum(cells) / len(cells) == pytest.approx(why["logit"], abs=1e-3)  # each place's share of the score
    assert Image.open(io.BytesIO(base64.b64decode(why["picture"]))).format == "PNG"
    alike = trash.get(f"{at}/neighbours", params={"photo": photo, "count": 5}).json()
    cosines = [row["cosine"] for row in alike["neighbours"]]
    assert alike["label"] == "disc" and cosines == sorted(cosines, reverse=True) and len(cosines) == 5
    assert photo not in [row["sha256"] for row in alike["neighbours"]]
    more = trash.get(f"{at}/few-shot", params={"draws": 2}).json()
    assert [row["per_class"] for row in more["points"]] == [5, 10] and more["photos"] == 25 and more["chance"] == 0.5
    assert more["verdict"].startswith("Twice as many photos")
    assert trash.get(f"{at}/unknown").json()["detail"] == "Leaving out a class needs at least three classes."
    assert trash.get(f"{at}/saliency", params={"photo": "0" * 64}).status_code == 404


@needs_backbone
def test_the_model_says_the_same_of_a_file_and_of_its_pixels(trash: TestClient, trained: str) -> None:
    at = f"{VISION}/trainings/{trained}/classify"
    binary = {"content-type": "application/octet-stream"}
    image = drawing("disc", 81).convert("RGBA")
    file = trash.post(at, params={"file": "new.png"}, content=png("disc", 81), headers=binary).json()
    frame = trash.post(f"{at}:frame", params={"width": 96, "height": 96}, content=image.tobytes(), headers=binary)
    assert file["predicted"] == "disc" and frame.json()["predicted"] == "disc"
    assert frame.json()["confidence"] == pytest.approx(file["confidence"], abs=1e-4)
    assert sum(row["probability"] for row in file["top"]) == pytest.approx(1.0, abs=1e-4)
    short = trash.post(f"{at}:frame", params={"width": 96, "height": 95}, content=image.tobytes(), headers=binary)
    assert short.status_code == 422
    for content, words in ((b"poem", "no picture"), (bomb(), "too many"), (b"", "No file"),
                           (zipped(shapes(2)), "more than one")):
        refused = trash.post(at, params={"file": "x.png"}, content=content, headers=binary)
        assert refused.status_code == 422 and words in refused.json()["detail"] and refused.json()["hint"]


@pytest.mark.parametrize(("body", "status"), [
    ({"project": "none"}, 404), ({"project": "trash", "config": {"fold": 3}}, 422), ({"project": "trash"}, 422),
    ({"project": "../trash"}, 422)])
def test_a_training_that_can_not_be_is_refused(trash: TestClient, body: dict[str, Any], status: int) -> None:
    answer = trash.post(f"{VISION}/trainings", json=body)
    assert answer.status_code == status and answer.json()["hint"], answer.text
    assert trash.get("/api/v1/runs").json()["items"] == []


def test_a_large_upload_is_taken_and_too_large_a_one_refused(trash: TestClient) -> None:
    """The gate finds what a route says of itself behind routers within routers; music's sets go the same way."""
    big = saved(Image.effect_noise((1400, 1400), 90), "PNG")
    assert len(big) > 1_000_000
    assert taken(trash, send(trash, big, "large.png"))["report"]["added"] == 1
    song = trash.post("/api/v1/music/sets:upload", params={"name": "a", "file": "a.mid"}, content=b"x" * 1_500_000,
                      headers={"content-type": "application/octet-stream"})
    assert song.status_code == 202
    frame = trash.post(f"{VISION}/trainings/none/classify:frame", params={"width": 8, "height": 8},
                       content=b"x" * 4_300_000, headers={"content-type": "application/octet-stream"})
    assert frame.status_code == 413


@needs_backbone
def test_a_template_becomes_a_project_and_can_be_given_up(client: TestClient, data: Path,
                                                          monkeypatch: pytest.MonkeyPatch) -> None:
    listed = {row["id"]: row for row in client.get(f"{VISION}/templates").json()}
    assert listed["drawings"]["draws"] and listed["counter"]["rules"][0]["count"] == 3
    picture = client.get(f"{VISION}/templates/drawings/picture")
    assert picture.headers["content-type"] == "image/jpeg"
    with Image.open(io.BytesIO(picture.content)) as opened:
        assert opened.size == (480, 320)
    assert client.get(f"{VISION}/templates/castle/picture").status_code == 404
    asked = f"{VISION}/templates/drawings/makings"
    made = client.post(asked, json={"name": "sketches", "seed": 3})
    assert made.status_code == 202
    other = client.post(asked, json={"name": "never"}).json()  # waits for the first
    assert client.delete(f"{VISION}/makings/{other['id']}").status_code == 204

    def over() -> Any:
        now = client.get(f"{VISION}/makings/{made.json()['id']}").json()
        assert now["state"] != "failed", now
        return now if now["state"] == "done" else None

    found = wait_for(over, "the project", 120.0)
    assert found["project"] == "sketches" and found["share"] == 1.0 and "draw" in found["next"]
    assert client.get(f"{VISION}/projects/sketches").json()["photos"] == 180
    assert client.post(asked, json={"name": "sketches"}).status_code == 409
    assert [row["name"] for row in client.get(f"{VISION}/projects").json()] == ["sketches"]
