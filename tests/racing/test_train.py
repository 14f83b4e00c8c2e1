"""Trainings learn, are the same for the same seed, and no stop, kill, full disk or bad reward spoils them."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.racing.conftest import CENTRE, TINY, MakeTraining, events, run_to_end

from trivium.core import checkpoint, files, jobs
from trivium.core.confine import probe
from trivium.core.run import Run
from trivium.core.runfolder import create_run
from trivium.errors import NameTaken
from trivium.racing import STUDIO
from trivium.racing.config import TrainConfig
from trivium.racing.submit import track_inputs
from trivium.racing.track import Track
from trivium.racing.tracks.loading import load_track
from trivium.racing.train import prepare, train

# Remembers, draws random numbers of three kinds, and grows: any step lost, repeated or drawn anew changes it.
STATEFUL = """
import random
import numpy as np

calls, seen, own = 0, [], np.random.default_rng(5)

class Memory:
    best = 0.0

def reward_function(params):
    global calls
    calls += 1
    seen.append(params["progress"])
    del seen[:-20]
    Memory.best = max(Memory.best, params["progress"])
    noise = random.random() + np.random.rand() + own.random()
    return 0.1 * noise + 0.001 * (calls % 100) + 0.01 * len(seen) + 0.001 * Memory.best
"""


def last(folder: Path) -> tuple[bytes, dict[str, Any]]:
    """Weights and state of the newest checkpoint."""
    step = checkpoint.last_step(folder / files.CHECKPOINTS)
    place = folder / files.CHECKPOINTS / f"step-{step}"
    return (place / checkpoint.WEIGHTS).read_bytes(), json.loads((place / checkpoint.STATE).read_text())


def metrics(folder: Path) -> dict[int, dict[str, float]]:
    """By step, the latest wins; how quick the machine was is left out."""
    return {row["step"]: {k: v for k, v in row["values"].items() if k != "charts/sps"}
            for row in events(folder, "metric")}


class Halting(Run):
    """A run that somebody stops when it asks for the nth time."""

    asks_left = -1

    @property
    def stopped(self) -> bool:
        self.asks_left -= 1
        if self.asks_left == 0:
            self.request_stop()
        return self.stop_reason is not None


def here(folder: Path, halt_at_ask: int = -1) -> Run:
    """Train in this process, unconfined."""
    run = Halting.open(folder)
    assert isinstance(run, Halting)
    run.asks_left = halt_at_ask
    config = TrainConfig.model_validate(run.spec.config)
    prepare(config, run)
    train(config, run)
    run._events.close()
    return run


def test_it_learns_to_drive_the_oval(make_training: MakeTraining):
    folder = make_training(seed=3, num_episodes_between_training=16, max_steps_per_iteration=2500, eval_trials=6,
                           batch_size=64, num_epochs=6, max_iterations=20, stop_at_completion=90,
                           car={"steering_count": 3, "speed_count": 1, "speed_max_mps": 1.5})
    status = run_to_end(folder)
    assert status.state == "succeeded", status
    rows = list(metrics(folder).values())
    assert rows[0]["completion/evaluation"] < 40
    assert rows[-1]["completion/evaluation"] >= 90
    assert status.best["metric"] == "completion/evaluation" and status.best["value"] >= 90
    assert {p.name for p in (folder / "model").iterdir()} == {"model.onnx", "weights.safetensors", "model.json"}
    drives = [row["data"] for row in events(folder, "sample")]
    assert {d["phase"] for d in drives} == {"training", "evaluation"}
    assert [d["episode"] for d in drives if d["phase"] == "training"] == list(range(16 * len(rows)))
    starts = [d["start_ndist"] for d in drives if d["phase"] == "training"][:40]
    assert starts == pytest.approx([0.05 * i % 1.0 for i in range(40)], abs=1e-4)


def test_metrics_are_those_of_the_contract(tiny_run: Path):
    names = {"iteration", "reward/training", "completion/training", "reward/evaluation", "completion/evaluation",
             "episodes", "losses/policy_loss", "losses/value_loss", "losses/entropy", "losses/approx_kl",
             "losses/clipfrac", "losses/explained_variance", "charts/sps", "charts/sim_s"}
    rows = events(tiny_run, "metric")
    assert [row["values"]["iteration"] for row in rows] == [1, 2]
    assert all(names <= set(row["values"]) for row in rows)
    status = jobs.status(tiny_run)
    assert (status.state, status.progress, status.step) == ("succeeded", 1.0, rows[-1]["step"])


def test_same_seed_same_weights_another_seed_others(make_training: MakeTraining, tiny_run: Path):
    again, other = make_training(seed=1), make_training(seed=2)
    assert {run_to_end(folder).state for folder in (again, other)} == {"succeeded"}
    assert last(again) == last(tiny_run)
    assert metrics(again) == metrics(tiny_run)
    assert last(other)[0] != last(tiny_run)[0]


@pytest.mark.slow
def test_killed_again_and_again_it_ends_with_the_same_weights(make_training: MakeTraining):
    settings: dict[str, Any] = {"max_iterations": 16, "best_model_metric": "reward", "transfer": {"light": 0.5}}
    whole = make_training(STATEFUL, **settings)
    assert run_to_end(whole).state == "succeeded"
    broken = make_training(STATEFUL, **settings)
    moments, kills = random.Random(7), 0
    jobs.start(broken)
    while kills < 4:
        deadline = time.monotonic() + 60
        while jobs.status(broken).state == "starting" and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(moments.uniform(0.0, 1.2))
        jobs.kill(broken)
        if jobs.recover(broken).state != "interrupted":
            break  # it was quicker
        kills += 1
        jobs.resume(broken)
    assert kills >= 2
    assert jobs.wait(broken, 120.0).state == "succeeded", (broken / files.LOG).read_text()
    assert last(broken) == last(whole)
    assert metrics(broken) == metrics(whole)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A training that nobody stopped, and how often it asked whether to."""
    folder = copy_of_stateful(tmp_path_factory.mktemp("whole") / "run")
    run = here(folder)
    assert isinstance(run, Halting)
    return folder, -1 - run.asks_left


def copy_of_stateful(folder: Path) -> Path:
    config = TrainConfig.model_validate({**TINY, "max_iterations": 3, "transfer": {"light": 0.5}})
    return create_run(STUDIO, "train", "stateful", config, out=folder, seed=4, threads=1,
                      inputs={"reward.py": STATEFUL, **track_inputs(load_track("oval"))})


@pytest.mark.parametrize("share", [0.0, 0.01, 0.2, 0.33, 0.5, 0.75, 0.999])
def test_stopped_anywhere_and_resumed_it_ends_the_same(whole: tuple[Path, int], tmp_path: Path, share: float):
    """Before the first step, among the drives that explore, and among those that judge."""
    folder = copy_of_stateful(tmp_path / "run")
    run = here(folder, halt_at_ask=max(1, int(share * whole[1])))
    assert run.stop_reason == "stopped_by_user"
    here(folder)
    assert last(folder) == last(whole[0])
    assert metrics(folder) == metrics(whole[0])


def test_stop_and_resume_by_the_worker(make_training: MakeTraining):
    folder = make_training(STATEFUL, max_iterations=200)
    jobs.start(folder)
    deadline = time.monotonic() + 120
    while not events_so_far(folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    status = jobs.stop(folder)
    assert (status.state, status.reason) == ("stopped", "stopped_by_user")
    done = [row["values"]["iteration"] for row in events(folder, "metric")]
    assert last(folder)[1]["counters"]["iteration"] == done[-1] >= 1
    assert (folder / "model" / "model.onnx").is_file()  # what was learned so far can be used
    jobs.resume(folder)
    deadline = time.monotonic() + 120
    while len(events_so_far(folder)) <= len(done) and time.monotonic() < deadline:
        time.sleep(0.05)
    jobs.stop(folder)
    assert [row["values"]["iteration"] for row in events(folder, "metric")][: len(done) + 1] == [*done, done[-1] + 1]


def events_so_far(folder: Path) -> list[dict[str, Any]]:
    return events(folder, "metric") if (folder / files.EVENTS).exists() else []


def error_after(calls: int, statement: str) -> str:
    return (f"calls = 0\ndef reward_function(params):\n    global calls\n    calls += 1\n"
            f"    if calls == {calls}:\n        {statement}\n    return 1.0\n")


confined = pytest.mark.skipif(probe().level != "full", reason="this system cannot confine a process")


@pytest.mark.parametrize(("statement", "reason", "says"), [
    ("return params['sped']", "user_code_error", "sped"),
    ("return float('nan')", "user_code_error", "nan"),
    pytest.param("import os; os.fork()", "user_code_error", "PermissionError", marks=confined),
    ("while True: pass", "user_code_timeout", "did not come back"),
])
def test_a_mistake_in_the_reward_function_ends_the_run_with_line_step_and_parameters(
        make_training: MakeTraining, statement: str, reason: str, says: str):
    folder = make_training(error_after(57, statement))
    status = run_to_end(folder)
    assert (status.state, status.reason) == ("failed", reason), status
    assert says in status.message and status.hint
    assert status.detail["file"] == "reward.py"
    lines = {"return float('nan')": (6, 7), "while True: pass": (5, 6)}  # Python does not tell which return it was
    assert status.detail["line"] in lines.get(statement, (6,))
    if reason == "user_code_error":
        assert status.detail["step"] is not None
        assert status.detail["params"]["track_length"] == pytest.approx(load_track("oval").length_m)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk on which two checkpoints have room, where this user may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount")
    if mount is None or not hasattr(os, "getuid") or os.getuid() != 0:
        pytest.skip("mounting a small disk needs Linux and root")
    options = [mount, "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)]
    done = subprocess.run(options, capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_keeps_the_last_good_checkpoint(make_training: MakeTraining, small_disk: Path):
    growing = "calls = 0\ndef reward_function(params):\n    global calls\n    calls += 1\n    return 0.01 * calls\n"
    folder = make_training(growing, out=small_disk / "run", best_model_metric="reward", max_iterations=50)
    status = run_to_end(folder)
    assert (status.state, status.reason) == ("failed", "disk_full"), status
    assert "resume" in status.hint.lower()
    kept = checkpoint.load_last(folder / files.CHECKPOINTS)
    assert kept is not None and kept.step > 0
    assert not list((folder / files.CHECKPOINTS).glob(".tmp-*"))


def test_two_trainings_may_be_called_alike_but_not_share_a_folder(make_training: MakeTraining, tmp_path: Path):
    one, two = make_training(name="my car"), make_training(name="my car")
    assert one != two
    make_training(out=tmp_path / "own")
    with pytest.raises(NameTaken):
        make_training(out=tmp_path / "own")


OPEN_ROAD = np.stack([np.linspace(0, 6, 61), np.zeros(61), np.linspace(0, 6, 61), np.full(61, 0.4),
                      np.linspace(0, 6, 61), np.full(61, -0.4)], axis=1)


@pytest.mark.parametrize("more", [
    {"alternate_direction": True, "max_iterations": 2},
    {"reverse_direction": True},
    {"exploration_type": "e-greedy", "epsilon_steps": 50},
    {"car": {"action_space_type": "continuous"}},
    {"car": {"network": "shallow", "steering_count": 3}},
    {"transfer": {"light": 1.0, "texture": 1.0, "camera": 1.0}},
    {"loss_type": "mean squared error", "best_model_metric": "laptime"},
    {"discount_factor": 0.0, "num_episodes_between_training": 1, "eval_trials": 1, "start_advance": 0.0},
], ids=lambda more: next(iter(more)))
def test_every_kind_of_training_runs_and_stays_finite(tmp_path: Path, more: dict[str, Any]):
    folder = tiny(tmp_path, load_track("oval"), more)
    here(folder)
    rows = events(folder, "metric")
    assert len(rows) == more.get("max_iterations", 1)
    assert all(value is not None for row in rows for value in row["values"].values())
    assert (folder / "model" / "model.json").is_file()


def tiny(tmp_path: Path, track: Track, more: dict[str, Any], reward: str = CENTRE) -> Path:
    config = TrainConfig.model_validate({**TINY, "max_iterations": 1, **more})
    return create_run(STUDIO, "train", "kind", config, out=tmp_path / "run", threads=1,
                      inputs={"reward.py": reward, **track_inputs(track)})


def test_an_open_road_is_always_started_at_its_beginning(tmp_path: Path):
    folder = tiny(tmp_path, Track("road", "Road", OPEN_ROAD, is_loop=False), {})
    here(folder)
    assert {row["data"]["start_ndist"] for row in events(folder, "sample")} == {0.0}


def test_directions_alternate_and_the_reward_is_told(tmp_path: Path):
    say = "def reward_function(params):\n    if params['steps'] == 2.0: print(params['is_reversed'])\n    return 1.0\n"
    folder = tiny(tmp_path, load_track("oval"), {"alternate_direction": True, "max_iterations": 3}, say)
    here(folder)
    said = [row["message"].strip() for row in events(folder, "log") if row["level"] == "print"]
    per_iteration = TINY["num_episodes_between_training"] + TINY["eval_trials"]
    words = " ".join(said).split()
    assert words == (["False"] * per_iteration + ["True"] * per_iteration + ["False"] * per_iteration)


def test_each_stop_condition_ends_a_training_in_words(tmp_path: Path):
    for number, (limits, says) in enumerate([({"max_steps": 50}, "steps are done"),
                                             ({"max_minutes": 1e-6}, "time limit"),
                                             ({"stop_at_completion": 0.1}, "by itself")]):
        folder = tiny(tmp_path / str(number), load_track("oval"), {"max_iterations": 40, **limits})
        here(folder)
        notes = [row["message"] for row in events(folder, "log")]
        rows = events(folder, "metric")
        assert len(rows) == 1 and says in notes[-1]  # a time that is over already still gives a first model
        assert (folder / "model" / "model.json").is_file()
