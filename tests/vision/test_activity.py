"""An activity model learns what moves how, goes on exactly where it stopped, leaves checked, and judges a stream."""

from __future__ import annotations

import contextlib
import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from click.testing import CliRunner

import trivium.vision as vision
from trivium.cli import main
from trivium.core import files
from trivium.core.run import Run
from trivium.errors import BadConfig, BadFile
from trivium.vision.activity import fit
from trivium.vision.activity.config import ActivityAugmentConfig, ActivityConfig
from trivium.vision.activity.data import clips_of, held_out
from trivium.vision.activity.frame_network import CHANNELS, NUMBERS, SIDE
from trivium.vision.activity.spans import nearest, spans_of
from trivium.vision.activity.train import train
from trivium.vision.activity.watching import SlidingWindow
from trivium.vision.activity.windows import changed, drawn_window, plain_windows
from trivium.vision.collect import importing
from trivium.vision.collect.store import PictureStore
from trivium.vision.demo_data.clips import film as moves_of
from trivium.vision.deploy import check, read_bundle
from trivium.vision.project import load
from trivium.vision.stream.source import Shot
from trivium.vision.submit import submit_training

from .moving import FPS, KINDS, moving, pictures, write_films
from .moving import SIDE as FILM_SIDE

SETTINGS: dict[str, Any] = {"window_s": 1.0, "stride_s": 0.25, "held_out": 0.34,
                            "learn": {"updates": 40, "batch": 8, "channels": 16}, "augment": {"mirror": False}}


@pytest.fixture(scope="module")
def moves(pretrained: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the project `moves`: nine films of each kind."""
    data = tmp_path_factory.mktemp("moves")
    films = write_films(tmp_path_factory.mktemp("films") / "all", 9)
    importing.import_photos(data, films, "moves", "activity")
    return data


def begun(data: Path, folder: Path, **settings: Any) -> ActivityConfig:
    """The run folder of a training; its settings."""
    config = ActivityConfig.model_validate({**SETTINGS, **settings})
    submit_training(data, "moves", config, 1, folder=folder, threads=1)
    return config


def here(data: Path, folder: Path, **settings: Any) -> Path:
    """A training in this process, which spares the start of another."""
    train(begun(data, folder, **settings), Run.open(folder))
    return folder


@pytest.fixture(scope="module")
def trained(moves: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished training."""
    return here(moves, tmp_path_factory.mktemp("trained") / "run")


def test_it_learns_what_no_single_frame_shows(trained: Path) -> None:
    report = vision.evaluate(trained)
    assert report["n"] == 6 and report["accuracy"] >= 5 / 6
    assert report["task"] == "activity" and report["classes"] == list(KINDS)
    rows = vision.judged(trained)
    assert len(rows) == 6 and {(row["start_s"], row["end_s"]) for row in rows} == {(0.0, 1.5)}
    confusion = np.zeros((2, 2), int)
    for row in rows:
        confusion[KINDS.index(row["label"]), KINDS.index(row["predicted"])] += 1
    assert report["confusion"] == confusion.tolist()
    assert report["accuracy"] == pytest.approx(np.trace(confusion) / 6)


def test_what_leaves_gives_the_answers_of_the_training_and_a_spoiled_one_does_not_go_out(trained: Path) -> None:
    card, parts = read_bundle(trained)
    assert check(parts) < 1e-3
    assert card["window"] == {"s": 1.0, "stride_s": 0.25, "moments_per_s": 8, "rule": card["window"]["rule"]}
    head = onnx.load_from_string(parts["head.onnx"])
    bias = next(each for each in head.graph.initializer if each.name == "out.bias")
    bias.raw_data = (np.frombuffer(bias.raw_data, np.float32) + np.float32([90.0, 0.0])).tobytes()
    with pytest.raises(BadFile, match="other answers"):
        check({**parts, "head.onnx": head.SerializeToString()})


def test_broken_off_it_ends_the_same(moves: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short = {"learn": {**SETTINGS["learn"], "updates": 5}}
    whole = here(moves, tmp_path / "whole", **short)
    config = begun(moves, tmp_path / "broken", **short)

    class Killed(BaseException):
        """As if by kill -9: nothing is saved on the way out."""

    learn = fit.Learner.learn

    def dies(self: Any, moments: Any, labels: Any, weights: Any, update: int, share: float) -> Any:
        if update == 3:
            raise Killed
        return learn(self, moments, labels, weights, update, share)

    with monkeypatch.context() as patch:
        patch.setattr(fit, "SAVE_EVERY_S", 0.0)
        patch.setattr(fit.Learner, "learn", dies)
        with contextlib.suppress(Killed):
            train(config, Run.open(tmp_path / "broken"))
    saved = Run.open(tmp_path / "broken").load_last()
    assert saved is not None and saved.state["update"] == 3
    train(config, Run.open(tmp_path / "broken"))
    for name in ("model/weights.safetensors", "model/head.onnx", "out/predictions.npz"):
        assert (tmp_path / "broken" / name).read_bytes() == (whole / name).read_bytes(), name


def test_a_film_is_judged_by_a_sliding_window_and_a_short_one_at_its_end(trained: Path, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(moving("up", 77, 3.0))
    done = CliRunner().invoke(main, ["vision", "run", str(trained), "--source", str(film), "--json",
                                    "--out", str(tmp_path / "seen")])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["n"] == 48  # every frame of the film
    events = [json.loads(line) for line in (tmp_path / "seen" / "events.jsonl").read_text().splitlines()]
    assert [event["label"] for event in events[:15]] == [None] * 15 and not events[0]["top"]
    judged = [events[k] for k in range(1, 48) if events[k]["top"] != events[k - 1]["top"]]
    # the window is full after 8 moments, at the frame that follows 7 / 8 s; then every quarter of a second
    assert [event["time_s"] for event in judged] == pytest.approx([0.9375 + 0.25 * k for k in range(len(judged))])
    assert len(judged) == 9 and {event["task"] for event in events} == {"activity"}
    assert events[-1]["settled"]["label"] == "up"

    film.write_bytes(moving("across", 78, 0.75))
    short = vision.watch(trained, film)
    assert short["n"] == 13 and short["results"][-1]["top"][0]["label"] in KINDS


def test_a_film_is_told_from_when_to_when(trained: Path, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(moves_of([*pictures("up", 77, 2.5), *pictures("across", 78, 2.5)], (FILM_SIDE, FILM_SIDE), FPS))
    found = vision.spans(trained, film)
    rows = found["spans"]
    assert found["duration_s"] == 5.0 and found["tiles"] == 40
    assert rows[0]["start_s"] == 0.0 and rows[-1]["end_s"] == 5.0
    assert all(a["end_s"] == b["start_s"] and a["label"] != b["label"] for a, b in itertools.pairwise(rows))
    named = [row for row in rows if row["label"]]
    assert [named[0]["label"], named[-1]["label"]] == ["up", "across"]
    assert named[0]["end_s"] <= 3.0 and named[-1]["start_s"] >= 2.0, "half a window is what it may be late or early by"
    done = CliRunner().invoke(main, ["vision", "spans", str(trained), str(film), "--json"])
    assert done.exit_code == 0 and json.loads(done.stdout)["spans"] == rows
    for content, message in ((b"no video", "It is no video that can be"), (moving("up", 1, 0.25), "It lasts 0.25 s")):
        film.write_bytes(content)
        with pytest.raises(BadFile, match=message):
            vision.spans(trained, film)


def test_spans_by_hand() -> None:
    """Windows of four moments, every second one: their middles are 1.5, 3.5 and 4.5 of seven moments."""
    windows = plain_windows(7, 4, 2)
    assert [int(each[0]) for each in windows] == [0, 2, 3]
    assert nearest(windows, 7).tolist() == [0, 0, 0, 1, 2, 2, 2]
    said = np.float32([[0.9, 0.1], [0.7, 0.3], [0.4, 0.6], [0.2, 0.8], [0.1, 0.9]])
    rows = spans_of(said, ["a", "b"], 0.65, 0.6)
    assert rows == [{"label": "a", "start_s": 0.0, "end_s": 0.25, "confidence": pytest.approx(0.8)},
                    {"label": None, "start_s": 0.25, "end_s": 0.375, "confidence": pytest.approx(0.6)},
                    {"label": "b", "start_s": 0.375, "end_s": 0.6, "confidence": pytest.approx(0.85)}]
    assert [row["label"] for row in spans_of(said, ["a", "b"], None, 0.6)] == ["a", "b"]


def test_photos_are_not_judged_by_it(trained: Path, tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="looks at films and cameras, not at single photos"):
        vision.run(trained, tmp_path)


class Counting:
    """Networks that say how they were asked: a frame's number, and the window that was judged."""

    def __init__(self) -> None:
        self.windows: list[list[int]] = []

    def run(self, pictures: Any, _output: str) -> Any:
        return np.full((1, 1), pictures[0, 0, 0, 0], np.float32)

    def said(self, _output: str, inputs: dict[str, Any]) -> Any:
        self.windows.append([int(value) for value in inputs["moments"][0, :, 0]])
        return np.float32([[1.0]])


def shot(number: int, time_s: float) -> Shot:
    return Shot(number, 0.0, time_s, 8, 8, None, np.full((8, 8, 3), number, np.uint8), None)


@pytest.mark.parametrize(("fps", "windows"), [
    (8, [[0, 1, 2, 3], [2, 3, 4, 5], [4, 5, 6, 7]]),
    (16, [[0, 2, 4, 6], [4, 6, 8, 10]]),  # every other frame
    (4, [[0, 0, 1, 1], [1, 1, 2, 2], [2, 2, 3, 3]]),  # each frame stands for two moments
])
def test_the_window_holds_the_newest_frame_of_each_moment(fps: int, windows: list[list[int]]) -> None:
    """Four moments, judged every second one, worked out by hand."""
    network: Any = Counting()
    window = SlidingWindow(network, network, {"s": 0.5, "stride_s": 0.25})
    for number in range(13 if fps == 16 else 9 if fps == 8 else 5):
        window.see(shot(number, number / fps))
    assert network.windows == windows and window.end() is None


def test_windows_lie_in_their_clip_and_speed_and_shift_change_them_as_said() -> None:
    assert [each.tolist() for each in plain_windows(3, 5, 2)] == [[0, 0, 1, 2, 2]]
    assert [each[0] for each in plain_windows(10, 4, 4)] == [0, 4, 6]
    rng, plain = np.random.default_rng(0), ActivityAugmentConfig(mirror=False, speed=2.0, shift=0, light=0.0)
    steps = [np.diff(drawn_window(100, 9, plain, rng)).mean() for _ in range(200)]
    assert 0.5 <= min(steps) < 0.6 and 1.8 < max(steps) <= 2.0
    moments = np.random.default_rng(1).normal(size=(2, NUMBERS)).astype(np.float32)
    assert np.array_equal(changed(moments, plain, rng), moments)
    maps = moments.reshape(2, CHANNELS, SIDE, SIDE)
    shifting = plain.model_copy(update={"shift": 1})
    seen = {tuple(np.argwhere(changed(moments, shifting, np.random.default_rng(k)).reshape(maps.shape)[0, 0]
                              == maps[0, 0, 7, 7])[0]) for k in range(60)}
    assert seen == {(7 + down, 7 + right) for down in (-1, 0, 1) for right in (-1, 0, 1)}


def test_what_teaches_nothing_is_refused_in_a_sentence(moves: Path, tmp_path: Path) -> None:
    project, store = load(moves, "moves"), PictureStore(moves)
    clips = clips_of(project, store)
    aside = held_out(clips, ActivityConfig().held_out, 3)
    assert 0 < aside.sum() < len(aside) and set(clips.labels[aside]) == set(clips.labels[~aside]) == {0, 1}
    one = replace(project, items={sha256: item for sha256, item in project.items.items() if item.label == "up"})
    with pytest.raises(BadConfig, match="needs at least two classes, and only 'up' has clips"):
        clips_of(one, store)
    first = next(item for item in project.items.values() if item.label == "across")
    with pytest.raises(BadConfig, match="All clips of 'across' come from one video"):
        clips_of(replace(one, items={**one.items, first.sha256: first}), store)


def test_the_demo_is_the_same_each_time_and_says_that_it_is_drawn(tmp_path: Path,
                                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "network_if_there", lambda _looking: None)
    made = [vision.make_demo("demo", task="activity", photos=4, seed=5, data=tmp_path / str(k)) for k in range(2)]
    assert made[0] == made[1] and made[0]["how"].startswith("Synthetic")
    assert made[0]["classes"] == {"hand wave": 1, "jump": 1, "sit": 1, "stand": 1}
    first, second = (load(tmp_path / str(k), "demo").items for k in range(2))
    assert list(first) == list(second)
    assert all("/synthetic-5-" in item.name for item in first.values())
    assert files.read_json(tmp_path / "0" / "vision" / "projects" / "demo" / "project.json")["task"] == "activity"
