"""Runs: started, stopped, killed, found again, resumed to the same bits, cloned, deleted."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.core.conftest import MakeRun
from trivium.core import checkpoint, files, jobs
from trivium.core.events import metrics, read_events
from trivium.core.process import FolderLock, birth, boot_id
from trivium.core.spec import Limits, new_id, read_spec
from trivium.core.status import Status, read_status, write_status
from trivium.errors import BadFile, NameTaken, NotFound, RunActive, RunNotResumable

STEPS = 60


def finish(folder: Path, timeout_s: float = 60.0) -> Status:
    return jobs.wait(folder, timeout_s)


def weights(folder: Path) -> bytes:
    return (folder / "model" / "weights.npy").read_bytes()


def wait_for(folder: Path, step: int, timeout_s: float = 30.0) -> None:
    deadline = time.monotonic() + timeout_s
    while checkpoint.last_step(folder / files.CHECKPOINTS) is None or \
            (checkpoint.last_step(folder / files.CHECKPOINTS) or 0) < step:
        assert time.monotonic() < deadline and jobs.is_alive(folder), (folder / files.LOG).read_text()
        time.sleep(0.005)


def test_a_run_from_start_to_end(make_run: MakeRun) -> None:
    folder = make_run({"steps": STEPS})
    assert jobs.status(folder).state == "queued" and not jobs.is_alive(folder)
    pid = jobs.start(folder)
    assert jobs.is_alive(folder)
    status = finish(folder)
    assert (status.state, status.reason, status.attempt, status.pid) == ("succeeded", None, 1, pid)
    assert status.progress == 1.0 and status.wall_s > 0 and status.best is not None
    states = [event["state"] for event in read_events(folder / files.EVENTS, kind="state")]
    assert states == ["starting", "running", "succeeded"]
    assert [row[0] for row in metrics(read_events(folder / files.EVENTS))["loss"]] == list(range(1, STEPS + 1))
    left = {p.name for p in folder.iterdir()}
    assert left == {"spec.json", "status.json", "events.jsonl", "checkpoints", "model", "out", "inputs", "lock",
                    "runner.log", "crash.txt"}
    with pytest.raises(RunNotResumable):
        jobs.resume(folder)
    with pytest.raises(RunNotResumable):
        jobs.start(folder)


def test_same_seed_same_weights_whatever_the_folder(make_run: MakeRun, tmp_path: Path) -> None:
    one, two = make_run({"steps": 10}), make_run({"steps": 10}, out=tmp_path / "träining run")
    other = make_run({"steps": 10}, seed=2)
    for folder in (one, two, other):
        jobs.start(folder)
    assert {finish(folder).state for folder in (one, two, other)} == {"succeeded"}
    assert weights(one) == weights(two) != weights(other)


def killed_until_done(folder: Path, moments: random.Random, kills: int, span_s: float) -> int:
    """Start, kill -9 at random moments, resume, until `kills` have hit; returns how many hit a live process."""
    hit = 0
    jobs.start(folder)
    while hit < kills:
        time.sleep(moments.uniform(0.0, span_s))
        if not jobs.is_alive(folder):
            break
        jobs.kill(folder)
        status = jobs.recover(folder)
        if status.state == "succeeded":
            break
        assert status.state == "interrupted" and status.reason == "node_lost"
        assert not [p for p in folder.rglob(".tmp-*") if p.exists()]
        hit += 1
        jobs.resume(folder)
    assert finish(folder, 120.0).state == "succeeded", (folder / files.LOG).read_text()
    return hit


def assert_unharmed(folder: Path, undisturbed: Path) -> None:
    assert weights(folder) == weights(undisturbed)
    assert metrics(read_events(folder / files.EVENTS)) == metrics(read_events(undisturbed / files.EVENTS))
    for step in checkpoint.steps(folder / files.CHECKPOINTS):
        checkpoint.load(folder / files.CHECKPOINTS / f"step-{step}")
    assert checkpoint.best_step(folder / files.CHECKPOINTS) == checkpoint.best_step(undisturbed / files.CHECKPOINTS)
    ids = [event["id"] for event in read_events(folder / files.EVENTS)]
    assert ids == sorted(set(ids))


@pytest.fixture
def undisturbed(make_run: MakeRun) -> Path:
    folder = make_run({"steps": STEPS}, seed=3)
    jobs.start(folder)
    assert finish(folder).state == "succeeded"
    return folder


def test_killed_at_random_moments_it_ends_the_same(make_run: MakeRun, undisturbed: Path) -> None:
    # 60 x 0.07 s is more work than three spans hold, so that at least three kills hit, however quick the machine is
    folder = make_run({"steps": STEPS, "pause_s": 0.07}, seed=3)
    assert killed_until_done(folder, random.Random(11), kills=4, span_s=1.2) >= 3
    assert_unharmed(folder, undisturbed)


@pytest.mark.parametrize("place", ["weights", "manifest", "rename", "pointer", "prune"])
def test_killed_inside_a_checkpoint_it_ends_the_same(make_run: MakeRun, undisturbed: Path, place: str) -> None:
    folder = make_run({"steps": STEPS, "kill_at": 20, "kill_in": place}, seed=3)
    jobs.start(folder)
    assert finish(folder).state == "interrupted"
    jobs.resume(folder)
    assert finish(folder).state == "succeeded", (folder / files.LOG).read_text()
    assert_unharmed(folder, undisturbed)


@pytest.mark.chaos
@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(20))
def test_a_hundred_kills(make_run: MakeRun, undisturbed: Path, seed: int) -> None:
    # more work than three spans hold, as above
    folder = make_run({"steps": STEPS, "pause_s": 0.06}, seed=3)
    assert killed_until_done(folder, random.Random(seed), kills=5, span_s=1.0) >= 3
    assert_unharmed(folder, undisturbed)


def test_stop_saves_and_resume_ends_the_same(make_run: MakeRun, undisturbed: Path) -> None:
    folder = make_run({"steps": STEPS, "pause_s": 0.02}, seed=3)
    jobs.start(folder)
    wait_for(folder, 5)
    status = jobs.stop(folder)
    assert (status.state, status.reason) == ("stopped", "stopped_by_user")
    assert 0 < status.step < STEPS and checkpoint.last_step(folder / files.CHECKPOINTS) == status.step
    jobs.resume(folder)
    status = finish(folder)
    assert (status.state, status.attempt) == ("succeeded", 2)
    assert weights(folder) == weights(undisturbed)


def test_a_run_that_ignores_the_stop_is_killed_and_resumable(make_run: MakeRun) -> None:
    code = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True:\n    time.sleep(0.01)"
    folder = make_run({}, kind="code", inputs={"code.py": code})
    pid = jobs.start(folder)
    while jobs.status(folder).state != "running":
        time.sleep(0.02)
    status = jobs.stop(folder, timeout_s=0.5)
    assert (status.state, status.reason) == ("stopped", "stopped_by_user") and status.resumable
    assert birth(pid) is None


def test_a_queued_run_is_stopped_at_once(make_run: MakeRun) -> None:
    assert jobs.stop(make_run()).state == "stopped"


def test_the_wall_limit_stops_it_resumable(make_run: MakeRun) -> None:
    folder = make_run({"steps": 10_000, "pause_s": 0.01}, limits=Limits(wall_s=0.5, mem_mb=1024))
    jobs.start(folder)
    status = finish(folder)
    assert (status.state, status.reason) == ("stopped", "limit_wall")


def test_it_outlives_the_process_that_started_it(make_run: MakeRun) -> None:
    folder = make_run({"steps": STEPS, "pause_s": 0.02})
    code = f"from trivium.core import jobs; import os; jobs.start({str(folder)!r}); os.kill(os.getpid(), 9)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == -signal.SIGKILL
    assert jobs.is_alive(folder)
    assert finish(folder).state == "succeeded"


def test_a_second_worker_for_the_same_run_goes_away(make_run: MakeRun) -> None:
    folder = make_run({"steps": 10_000, "pause_s": 0.02})
    pid = jobs.start(folder)
    wait_for(folder, 5)
    with pytest.raises(RunActive):
        jobs.start(folder)
    done = subprocess.run([sys.executable, "-P", "-m", "trivium.core.worker", str(folder)], capture_output=True,
                          text=True)
    assert done.returncode == 1 and "another process" in done.stderr
    assert jobs.status(folder).pid == pid and jobs.is_alive(folder)
    jobs.stop(folder)
    done = subprocess.run(done.args, capture_output=True, text=True)
    assert done.returncode == 1 and "stopped already" in done.stderr


def test_a_stale_lock_file_is_no_obstacle(make_run: MakeRun) -> None:
    folder = make_run({"steps": 5})
    (folder / files.LOCK).write_text("999999")
    jobs.start(folder)
    assert finish(folder).state == "succeeded"


def test_a_lock_is_free_once_its_holder_is_dead(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    code = ("import sys, time; from pathlib import Path; from trivium.core.process import FolderLock\n"
            "print(FolderLock(Path(sys.argv[1])).acquire(), flush=True); time.sleep(60)")
    holder = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None and holder.stdout.readline() == "True\n"
    assert not FolderLock(path).acquire()
    holder.kill()
    holder.communicate()
    assert FolderLock(path).acquire()


@pytest.mark.parametrize("change", [{"boot_id": "another boot"}, {"create_time": 1.0}, {"pid": 2**22 - 1}])
def test_a_run_of_a_dead_process_is_interrupted(make_run: MakeRun, change: dict[str, object]) -> None:
    folder = make_run()
    alive = {"pid": os.getpid(), "create_time": birth(os.getpid()), "boot_id": boot_id()}
    write_status(folder, replace(Status(state="running"), **{**alive, **change}))  # type: ignore[arg-type]
    assert jobs.recover(folder).state == "interrupted"
    assert read_events(folder / files.EVENTS)[-1]["state"] == "interrupted"


def test_recover_all_finds_what_a_power_cut_left(make_run: MakeRun, tmp_path: Path) -> None:
    lost, fine = make_run(), make_run()
    write_status(lost, Status(state="running", pid=1, create_time=-1.0, boot_id="before"))
    (lost / files.STATUS).write_bytes(b"")  # as some file systems leave it
    assert jobs.status(lost).state == "interrupted"
    write_status(lost, Status(state="running", pid=1, create_time=-1.0, boot_id="before"))
    assert jobs.recover_all(tmp_path / "data") == [lost]
    assert jobs.status(fine).state == "queued"


def test_automatic_attempts_end_after_three_without_progress(make_run: MakeRun) -> None:
    folder = make_run({}, kind="code", inputs={"code.py": "import os\nos.kill(os.getpid(), 9)"})
    jobs.start(folder)
    for _ in range(3):
        assert finish(folder).state == "interrupted"
        jobs.resume(folder, automatic=True)
    assert finish(folder).state == "interrupted"
    with pytest.raises(RunNotResumable):
        jobs.resume(folder, automatic=True)
    jobs.resume(folder)  # a person may
    assert finish(folder).state == "interrupted"


def test_a_full_disk_ends_the_run_and_it_goes_on_when_there_is_room(make_run: MakeRun, small_disk: Path) -> None:
    folder = make_run({"steps": STEPS, "size": 50_000}, out=small_disk / "run")  # 0.8 MB a checkpoint
    jobs.start(folder)
    status = finish(folder)
    assert (status.state, status.reason) == ("failed", "disk_full")
    good = checkpoint.load_last(folder / files.CHECKPOINTS)
    assert good is not None and not list(folder.rglob(".tmp-*"))
    subprocess.run(["mount", "-o", "remount,size=30m", str(small_disk)], check=True)
    jobs.resume(folder)
    assert finish(folder).state == "succeeded"


def test_a_status_that_no_trivium_wrote_does_no_harm(make_run: MakeRun) -> None:
    folder = make_run()
    for text in ("[]", "null", '{"state": "hacked"}', '{"state": "running", "pid": "x"}', "[" * 100_000, "NaN",
                 '{"state": "running", "progress": Infinity}'):
        (folder / files.STATUS).write_text(text)
        assert jobs.status(folder).state == "interrupted"


def test_a_forged_pid_kills_nobody(make_run: MakeRun) -> None:
    folder = make_run()
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    try:
        write_status(folder, Status(state="running", pid=bystander.pid, create_time=birth(bystander.pid),
                                    boot_id=boot_id(), updated_at=time.time()))
        jobs.stop(folder, timeout_s=0.2)
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_changed_input_is_refused(make_run: MakeRun) -> None:
    folder = make_run({}, kind="code", inputs={"code.py": "result = 1"})
    (folder / "inputs" / "code.py").write_text("result = 2")
    jobs.start(folder)
    status = finish(folder)
    assert status.state == "failed" and "code.py was changed" in str(status.message)


def test_two_runs_of_the_same_name_both_work(make_run: MakeRun, tmp_path: Path) -> None:
    one, two = make_run({"steps": 5}, name="same"), make_run({"steps": 5}, name="same")
    for folder in (one, two):
        jobs.start(folder)
    assert [finish(folder).state for folder in (one, two)] == ["succeeded", "succeeded"]
    with pytest.raises(NotFound, match="2 runs are called"):
        jobs.find_run(tmp_path / "data", "same")
    assert jobs.find_run(tmp_path / "data", read_spec(one).id.lower()) == one
    assert jobs.unique_name(["Same", "same 2"], "same") == "same 3" and jobs.unique_name([], "same") == "same"


def test_a_folder_that_is_not_empty_is_refused(make_run: MakeRun, tmp_path: Path) -> None:
    out = tmp_path / "run-a"
    make_run(out=out)
    before = (out / files.SPEC).read_bytes()
    with pytest.raises(NameTaken, match="not empty"):
        make_run(out=out)
    assert (out / files.SPEC).read_bytes() == before


def test_clone_keeps_inputs_changes_config_and_starts_from_the_weights(make_run: MakeRun) -> None:
    parent = make_run({"steps": 20, "extra": {"a": 1, "b": 2}}, inputs={"reward.py": "x = 1"})
    with pytest.raises(NotFound, match="no checkpoint"):
        jobs.clone(parent, start_weights=True)
    jobs.start(parent)
    assert finish(parent).state == "succeeded"
    child = jobs.clone(parent, config={"steps": 5, "extra": {"b": 3}}, seed=9, start_weights=True)
    spec = read_spec(child)
    assert (spec.parent, spec.seed, spec.name) == (read_spec(parent).id, 9, "walk copy")
    assert spec.config == {"steps": 5, "extra": {"a": 1, "b": 3}}
    assert set(spec.inputs) == {"reward.py", "start/weights.safetensors", "start/state.json", "start/manifest.json"}
    start = checkpoint.load(child / "inputs" / "start")
    assert start.step == 20 and np.array_equal(start.tensors["weights"], np.load(parent / "model" / "weights.npy"))
    jobs.start(child)
    assert finish(child).state == "succeeded"
    shutil.rmtree(child)


def test_delete_only_what_is_a_run_and_stands_still(make_run: MakeRun, tmp_path: Path) -> None:
    folder = make_run({"steps": 1000, "pause_s": 0.02})
    jobs.start(folder)
    with pytest.raises(RunActive):
        jobs.delete(folder)
    jobs.stop(folder)
    jobs.delete(folder)
    assert not folder.exists() and jobs.list_runs(tmp_path / "data") == []
    with pytest.raises(NotFound):
        jobs.delete(tmp_path)
    assert tmp_path.exists()


def test_lists_newest_first_and_passes_over_damaged_ones(make_run: MakeRun, tmp_path: Path) -> None:
    made = [make_run(name=f"run {i}") for i in range(3)]
    (made[1] / files.SPEC).write_text("{")
    (tmp_path / "data" / "runs" / "stray").mkdir()
    assert [info.spec.name for info in jobs.list_runs(tmp_path / "data")] == ["run 2", "run 0"]


def test_export_holds_everything_but_locks(make_run: MakeRun, tmp_path: Path) -> None:
    import zipfile

    folder = make_run({"steps": 5})
    jobs.start(folder)
    finish(folder)
    target = jobs.export(folder, tmp_path / "out" / "run.zip")
    names = {name.split("/", 1)[1] for name in zipfile.ZipFile(target).namelist()}
    assert {"spec.json", "status.json", "events.jsonl", "model/weights.npy"} <= names
    assert "lock" not in names
    with pytest.raises(NameTaken):
        jobs.export(folder, target)


def test_ids_sort_by_birth() -> None:
    ids = [new_id(now) for now in (1.0, 1e9, 1.7e9, 1.9e9, 2.2e9)]
    assert ids == sorted(ids) and all(len(i) == 26 for i in ids) and len(set(new_id(1.0) for _ in range(100))) == 100


def test_a_spec_of_a_newer_version_is_refused(make_run: MakeRun) -> None:
    folder = make_run()
    values = json.loads((folder / files.SPEC).read_text())
    (folder / files.SPEC).write_text(json.dumps({**values, "later": 1}))
    assert read_spec(folder).name == "walk"
    (folder / files.SPEC).write_text(json.dumps({**values, "api": 2}))
    with pytest.raises(BadFile, match="newer"):
        read_spec(folder)


@pytest.mark.slow
def test_code_that_never_comes_back_is_ended_with_its_line(make_run: MakeRun) -> None:
    code = "import re\n\nre.match('(a+)+$', 'a' * 60 + 'b')"  # never lets another thread run
    folder = make_run({}, kind="code", inputs={"code.py": code})
    jobs.start(folder)
    status = finish(folder)
    assert (status.state, status.reason) == ("failed", "user_code_timeout")
    assert status.detail is not None and (status.detail["file"], status.detail["line"]) == ("code.py", 3)


def test_status_survives_being_read_while_written(make_run: MakeRun) -> None:
    folder = make_run({"steps": 200})
    jobs.start(folder)
    seen = set()
    while True:
        status = read_status(folder)
        seen.add(status.state)
        if status.final:
            break
    assert "interrupted" not in seen and status.state == "succeeded"
