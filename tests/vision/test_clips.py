"""Clips come in whatever form, keep their ranges, go out and come back; what can't be a clip is told in a sentence."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from trivium.errors import BadConfig
from trivium.vision.activity.data import groups_of
from trivium.vision.activity.given import read, write_csv
from trivium.vision.activity.ranges import LabelledRange
from trivium.vision.activity.ranging import RangeChange, clips_in, rerange
from trivium.vision.activity.sampling import ticks_before, ticks_in
from trivium.vision.activity.strips import STRIP, tile_count
from trivium.vision.collect import importing
from trivium.vision.collect.importing import Import
from trivium.vision.collect.store import PictureStore
from trivium.vision.export import exporting
from trivium.vision.labels import labelling
from trivium.vision.project import Item, Project, load

from .moving import SIDE, moving, pictures


@pytest.fixture(autouse=True)
def without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here asks what the backbone says."""
    monkeypatch.setattr(importing, "network_if_there", lambda _looking: None)


def brought(data: Path, folder: Path, **more: Any) -> tuple[Project, Import]:
    return importing.import_photos(data, folder, "moves", "activity", **more)


def by_name(project: Project) -> dict[str, Item]:
    return {item.name: item for item in project.items.values()}


def test_the_clock_means_the_same_at_any_frame_rate() -> None:
    """By hand: at 8 moments a second, moment k is at k / 8 s and belongs to the newest frame up to then."""
    assert [ticks_before(t) for t in (0.0, 0.01, 0.125, 0.1251, 1.0)] == [0, 1, 1, 2, 8]
    assert ticks_before(0.25000001) == 2  # as files round
    assert ticks_in(0.5, 1.0, 80) == (4, 8) and ticks_in(0.51, 0.52, 80) == (5, 6) and ticks_in(9.9, 99, 80) == (79, 80)


def test_every_form_of_clip_comes_in_goes_out_and_comes_back(tmp_path: Path) -> None:
    folder = tmp_path / "clips"
    for name in ("across/a.mp4", "up/b.mp4", "long.mp4", "up/v_up_g03_c01.mp4"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / "across" / "a.mp4").write_bytes(moving("across", 1))
    (folder / "up" / "v_up_g03_c01.mp4").write_bytes(moving("up", 2))
    (folder / "long.mp4").write_bytes(moving("up", 3, 4.0))
    frames = folder / "up" / "shown"
    frames.mkdir()
    for k, picture in enumerate(pictures("up", 4)[:12]):  # frame 10 comes after frame 9, not after frame 1
        Image.fromarray(picture).save(frames / f"frame{k}.png")
    (folder / "ranges.csv").write_text("video,start,end,class\nlong.mp4,0:00.5,1.5,up\nlong.mp4,2,9,across\n"
                                       "long.mp4,7,8,up\nlong.mp4,x,8,up\nelse.mp4,1,2,up\n")
    Image.new("RGB", (32, 32)).save(folder / "across" / "alone.png")
    data = tmp_path / "data"
    project, result = brought(data, folder)
    items = by_name(project)
    assert set(items) == {"across/a.mp4", "up/v_up_g03_c01.mp4", "long.mp4", "up/shown"}
    assert items["across/a.mp4"].duration_s == pytest.approx(1.5) and items["long.mp4"].duration_s == pytest.approx(4.0)
    assert (items["up/shown"].label, items["up/shown"].duration_s, items["up/shown"].width) == ("up", 1.2, SIDE)
    assert items["long.mp4"].ranges == [LabelledRange("up", 0.5, 1.5), LabelledRange("across", 2.0, 4.0)]
    assert result.annotations is not None and result.annotations["missing"] == ["else.mp4"]
    assert [text.partition(" ")[0] for text in result.annotations["notes"]] == ["2", "1", "1", "1", "1"]
    assert "'up' from 7 to 8 s was left out: the video is 4 s long." in [row["message"] for row in result.remarks]
    assert [row["file"] for row in result.passed_over] == ["across/alone.png"]
    assert project.counts() == {"up": 3, "across": 2}
    store = PictureStore(data)
    with Image.open(store.derived(STRIP, items["long.mp4"].sha256)) as strip:
        assert tile_count(4.0) == 32 and strip.size == (10 * 144, 4 * 144)

    for format in ("clips", "csv"):
        out = tmp_path / f"out-{format}"
        exporting.export(project, store, out, format)
        again, back = importing.import_photos(tmp_path / f"{format}-data", out, "moves", "activity")
        assert not back.passed_over and not back.remarks

        def seen(found: Project) -> dict[str, list[LabelledRange]]:
            return {item.sha256: clips_in(item) for item in found.items.values()}

        assert seen(again) == seen(project)


def test_what_can_be_no_clip_is_told_in_a_sentence_and_the_others_come_in(tmp_path: Path) -> None:
    folder = tmp_path / "clips"
    folder.mkdir()
    whole = moving("up", 1, 3.0)
    (folder / "good.mp4").write_bytes(whole)
    (folder / "text.mp4").write_bytes(b"no video at all")
    (folder / "short.mp4").write_bytes(moving("up", 2, 0.25))
    (folder / "empty.mp4").write_bytes(b"")
    for name, side in [*((f"grows/{k}.png", 32 + k // 4 * 8) for k in range(8))]:
        (folder / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (side, side), (9, 9, 9 + side)).save(folder / name)
    film = avi(pictures("up", 5, 3.0))
    (folder / "cut.avi").write_bytes(film[:len(film) // 2])
    project, result = brought(tmp_path / "data", folder)
    told = {row["file"]: row["message"] for row in result.passed_over}
    assert set(told) == {"text.mp4", "short.mp4", "empty.mp4", "grows"}
    assert told["text.mp4"].startswith("It is no video that can be read, or it is cut off.")
    assert told["short.mp4"].startswith("It lasts 0.25 s, too short to show anything.")
    assert told["grows"].startswith("Its pictures change their size, from 32 x 32 to 40 x 40 pixels.")
    assert set(by_name(project)) == {"good.mp4", "cut.avi"}
    assert 0.5 < by_name(project)["cut.avi"].duration_s < 3.0
    assert [row["file"] for row in result.remarks] == ["cut.avi"] and "What could be read was taken" in \
        result.remarks[0]["message"]


def avi(frames: list[Any]) -> bytes:
    """As a file that can be read up to where it is cut off."""
    import av

    out = io.BytesIO()
    with av.open(out, "w", format="avi") as container:
        stream: Any = container.add_stream("mjpeg", rate=16)
        stream.width, stream.height, stream.pix_fmt = SIDE, SIDE, "yuvj420p"
        for picture in frames:
            for packet in stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return out.getvalue()


def test_ranges_have_versions_take_turns_with_a_class_and_lie_in_their_video(tmp_path: Path) -> None:
    folder = tmp_path / "clips"
    folder.mkdir()
    (folder / "a.mp4").write_bytes(moving("up", 1, 2.0))
    project, _ = brought(tmp_path / "data", folder)
    sha = next(iter(project.items))
    first = [LabelledRange("up", 0.25, 1.0), LabelledRange("down", 1.0, 2.0)]
    assert rerange(project, [RangeChange(sha, first, 1)]) == ([sha], [])
    assert rerange(project, [RangeChange(sha, [], 1)]) == ([], [sha])  # somebody who has seen the version before
    assert project.items[sha].ranges == first and project.classes == ["down", "up"]
    labelling.rename_class(project, "down", "jump")
    assert load(tmp_path / "data", "moves").items[sha].ranges == [first[0], replace(first[1], label="jump")]
    labelling.relabel(project, [labelling.Change(sha, "up")])
    assert (project.items[sha].label, project.items[sha].ranges) == ("up", None)
    assert clips_in(project.items[sha]) == [LabelledRange("up", 0.0, 2.0)]
    rerange(project, [RangeChange(sha, first)])
    assert (project.items[sha].label, project.items[sha].ranges) == (None, first)
    for start, end in ((1.0, 3.5), (-1.0, 1.0), (1.0, 1.1), (float("nan"), 1.0)):
        with pytest.raises(BadConfig, match=r"does not lie in the video, which is 2 s long\."):
            rerange(project, [RangeChange(sha, [LabelledRange("up", start, end)])])
    assert project.items[sha].ranges == first


def test_clips_of_one_video_stay_together() -> None:
    item = Item("a" * 64, "x/v_Jump_g01_c01.avi", "Jump", 9, 9, "", 0.0)
    others = [replace(item, sha256=letter * 64, name=name) for letter, name in
              zip("bcd", ("x/v_Jump_g01_c02.avi", "x/v_Jump_g02_c01.avi", "x/plain.avi"), strict=True)]
    assert groups_of([item, *others, others[2]]).tolist() == [0, 0, 1, 2, 2]


def test_a_list_of_ranges_is_read_as_it_was_written() -> None:
    rows = [("a.mp4", LabelledRange("jump, high", 0.125, 2.5)), ("b/c.mp4", LabelledRange("sit", 3.0, 61.25))]
    found, broken = read("ranges.csv", write_csv(rows).encode())
    assert broken == 0 and found == [(file, each.label, each.start_s, each.end_s) for file, each in rows]
