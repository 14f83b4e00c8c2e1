"""Spare runners: a run that takes one is the same run, as confined, as hard to lose, and with the same result."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from tests.core import toy
from tests.core.conftest import MakeRun
from tests.core.test_confine import ATTACKS
from tests.core.test_jobs import assert_unharmed, finish, wait_for, weights
from trivium.core import confine, files, jobs
from trivium.core.events import read_events
from trivium.core.process import birth, works_on
from trivium.core.spares import Spares
from trivium.core.studio import Studio

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="spare runners are kept on Linux only")
Keep = Callable[..., Spares]


def studio(load: str) -> Studio:
    return replace(toy.STUDIO, spare=f"tests.core.toy:{load}")


@pytest.fixture
def keep(make_run: MakeRun, tmp_path: Path) -> Iterator[Keep]:
    """keep("load") -> spares of the toy studio, with one in the making."""
    made: list[Spares] = []

    def start(load: str = "load", **more: float) -> Spares:
        spares = Spares(tmp_path / "data" / "runs", **{"needed_bytes": 0, **more})
        made.append(spares)
        spares.expect(studio(load))
        return spares

    yield start
    for spares in made:
        spares.close()


def waiting(spares: Spares) -> int:
    """The pid of the spare that waits."""
    return spares._waiting["toy"].process.pid


def gone(pid: int, timeout_s: float = 20.0) -> bool:
    deadline = time.monotonic() + timeout_s
    while birth(pid) is not None and time.monotonic() < deadline:
        time.sleep(0.02)
    return birth(pid) is None


def said(folder: Path) -> str:
    assert finish(folder).state == "succeeded", (folder / files.LOG).read_text()
    return str(read_events(folder / files.EVENTS, kind="log")[-1]["message"])


IS_LOADED = "from tests.core import toy\nresult = toy.is_loaded"


def test_a_run_takes_the_spare_and_the_next_comes_when_it_has_ended(make_run: MakeRun, keep: Keep) -> None:
    spares = keep()
    spare = waiting(spares)
    folder = make_run({"steps": 40, "pause_s": 0.02})
    assert jobs.start(folder, spares) == spare
    assert jobs.is_alive(folder)
    spares.tidy()
    assert not spares._waiting  # it would take time from the run
    status = finish(folder)
    assert (status.state, status.reason, status.attempt, status.pid) == ("succeeded", None, 1, spare)
    states = [event["state"] for event in read_events(folder / files.EVENTS, kind="state")]
    assert states == ["starting", "running", "succeeded"]
    assert {path.name for path in folder.iterdir()} == {
        "spec.json", "status.json", "events.jsonl", "checkpoints", "model", "out", "inputs", "lock", "runner.log",
        "crash.txt"}
    assert gone(spare)
    jobs.reap()
    spares.tidy()
    assert waiting(spares) != spare


# what a process has of its surroundings, but for the names of its own folder and process
SURROUNDINGS = """
import os, resource, signal, sys
limits = {name: resource.getrlimit(value) for name, value in vars(resource).items()
          if name.startswith("RLIMIT_") and name != "RLIMIT_AS"}
fds = sorted(os.readlink(path) for fd in os.listdir("/proc/self/fd") if os.path.lexists(path := f"/proc/self/fd/{fd}"))
words = open("/proc/self/cmdline").read().split(chr(0))
signals = [(number, str(signal.getsignal(number)).split(" at ")[0]) for number in sorted(signal.valid_signals())]
result = (sorted(os.environ.items()), open("/proc/self/environ").read().count("MY_TOKEN"), sys.argv, sys.path,
          sys.flags, os.getcwd(), os.getpriority(0, 0), os.getsid(0) == os.getpid(), limits, hash("a"), signals,
          os.umask(0o22), fds, [word for word in words if word.strip()],
          run.spec.threads, __import__("tempfile").gettempdir())
"""


def test_it_stands_where_a_fresh_worker_stands(make_run: MakeRun, keep: Keep, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_TOKEN", "secret")
    spares = keep()
    found = []
    for given in (None, spares):
        folder = make_run({}, kind="code", inputs={"code.py": SURROUNDINGS})
        jobs.start(folder, given)
        found.append(said(folder).replace(str(folder), "RUN"))
    assert found[0] == found[1]
    assert not spares._waiting  # it was taken, then


def test_it_is_confined_as_any_other(make_run: MakeRun, keep: Keep, tmp_path: Path) -> None:
    if confine.probe().level != "full":
        pytest.skip("this kernel has no Landlock or no seccomp")
    other = make_run({"steps": 5})
    attacks = {**ATTACKS, "read another run": f"return open({str(other / files.SPEC)!r}).read()",
               "write into another run": f"open({str(other / 'x')!r}, 'w')",
               "list the runs": f"import os\nreturn os.listdir({str(other.parent)!r})",
               "make a run": f"import os\nos.mkdir({str(other.parent / 'x')!r})",
               "write beside the runs": f"open({str(tmp_path / 'x')!r}, 'w')",
               "from a thread": f"import concurrent.futures as c\nwith c.ThreadPoolExecutor() as pool:\n"
                                f"    return pool.submit(open, {str(other / files.SPEC)!r}).result()"}
    code = f"""
import os
result = [] if __import__('tests.core.toy', fromlist=['x']).is_loaded else ["was not loaded before"]
for name, body in {attacks!r}.items():
    scope = {{"run": run}}
    exec("def attempt():" + chr(10) + chr(10).join("    " + line for line in body.splitlines()), scope)
    try:
        result.append((name, scope["attempt"]()))
    except (OSError, ValueError) as error:
        pass
for task in os.listdir('/proc/self/task'):
    for line in open(f'/proc/self/task/{{task}}/status'):
        if line.startswith(('Seccomp:', 'NoNewPrivs:')) and line.split()[1] not in ('2' if line[0] == 'S' else '1'):
            result.append(line)
"""
    spares = keep()
    folder = make_run({}, kind="code", inputs={"code.py": code})
    spare = waiting(spares)
    assert jobs.start(folder, spares) == spare
    assert said(folder) == "result: []"
    assert jobs.status(folder).confinement == {"level": "full", "text": confine.FULL}
    assert not (other / "x").exists() and not (tmp_path / "x").exists()


@pytest.mark.parametrize("load", ["load_with_a_thread", "load_nothing"])
def test_one_that_cannot_be_bound_or_loaded_starts_over(make_run: MakeRun, keep: Keep, load: str) -> None:
    spares = keep(load)
    folder = make_run({}, kind="code", inputs={"code.py": IS_LOADED})
    spare = waiting(spares)
    assert jobs.start(folder, spares) == spare
    assert said(folder) == "result: False"
    status = jobs.status(folder)
    assert status.pid == spare and status.confinement["level"] == confine.probe().level


def test_a_thread_that_is_there_already_is_not_called_confined(tmp_path: Path) -> None:
    code = """
import sys, threading
from pathlib import Path
from trivium.core.confine import confine, enclose
from trivium.core.spec import Limits
if sys.argv[2] == "two":
    threading.Thread(target=threading.Event().wait, daemon=True).start()
folder = Path(sys.argv[1])
print(confine(folder, Limits(), enclosed=enclose(folder, folder)).level)
open("/etc/passwd")
"""
    for threads, level in (("one", confine.probe().level), ("two", "limits")):
        done = subprocess.run([sys.executable, "-c", code, str(tmp_path), threads], capture_output=True, text=True)
        assert done.stdout == f"{level}\n", done.stderr
        assert confine.probe().level != "full" or "PermissionError" in done.stderr  # this thread is bound either way


def test_a_run_may_take_it_while_it_still_loads(make_run: MakeRun, keep: Keep) -> None:
    spares = keep("load_slowly")
    folder = make_run({}, kind="code", inputs={"code.py": IS_LOADED})
    spare = waiting(spares)
    assert jobs.start(folder, spares) == spare
    status = jobs.status(folder)
    assert (status.state, status.pid) == ("starting", spare) and jobs.is_alive(folder)
    assert said(folder) == "result: True"


def test_a_run_that_is_stopped_before_its_spare_has_loaded_never_begins(make_run: MakeRun, keep: Keep) -> None:
    spares = keep("load_slowly")
    folder = make_run({"steps": 5})
    spare = jobs.start(folder, spares)
    assert jobs.stop(folder, timeout_s=0.1).state == "stopped"
    assert gone(spare)
    assert jobs.status(folder).state == "stopped"
    assert [event["state"] for event in read_events(folder / files.EVENTS)] == ["stopped"]


START = """
import os, sys, json
from pathlib import Path
from trivium.core import jobs
from trivium.core.spares import Spares
from tests.core.test_spares import studio, waiting
folder = Path(sys.argv[1])
spares = Spares(folder.parent, needed_bytes=0)
spares.expect(studio("load"))
spare = waiting(spares)
if sys.argv[2] == "run":
    assert jobs.start(folder, spares) == spare
print(spare, flush=True)
os.kill(os.getpid(), 9)
"""


def spare_of_a_killed_server(folder: Path, what: str) -> int:
    done = subprocess.run([sys.executable, "-c", START, str(folder), what], capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    return int(done.stdout)


def test_a_run_outlives_the_server_and_is_stopped_killed_and_resumed(make_run: MakeRun, keep: Keep) -> None:
    undisturbed = make_run({"steps": 60}, seed=3)  # by fresh workers
    jobs.start(undisturbed)
    folder = make_run({"steps": 60, "pause_s": 0.05}, seed=3)
    pid = spare_of_a_killed_server(folder, "run")
    wait_for(folder, 5)
    assert jobs.status(folder).pid == pid and jobs.is_alive(folder) and works_on(pid, folder)
    assert not works_on(pid, undisturbed)
    status = jobs.stop(folder)
    assert (status.state, status.reason) == ("stopped", "stopped_by_user") and gone(pid)

    spares = keep()
    spare = waiting(spares)
    assert jobs.resume(folder, spares=spares) == spare
    wait_for(folder, status.step + 5)
    jobs.kill(folder)
    assert gone(spare) and jobs.recover(folder).state == "interrupted"
    jobs.resume(folder)
    assert (finish(folder).state, finish(undisturbed).state) == ("succeeded", "succeeded")
    assert weights(folder) == weights(undisturbed)
    assert_unharmed(folder, undisturbed)


def test_one_that_nobody_took_ends_with_the_server(make_run: MakeRun) -> None:
    assert gone(spare_of_a_killed_server(make_run(), "wait"))


def test_it_ends_when_nobody_comes_any_more_and_when_the_server_closes(keep: Keep) -> None:
    spares = keep(idle_s=0.0)
    spare = waiting(spares)
    spares.tidy()
    assert not spares._waiting and gone(spare, 1.0)
    spares = keep()
    spare = waiting(spares)
    spares.expect(studio("load"))
    spares.tidy()
    assert waiting(spares) == spare  # one, and not another each time
    spares.close()
    assert gone(spare, 1.0)


@pytest.mark.parametrize("more", [{"threads": 2}, {"device": "cuda"}, {"out": "elsewhere"}])
def test_a_run_that_needs_other_surroundings_starts_afresh(make_run: MakeRun, keep: Keep, tmp_path: Path,
                                                           more: dict[str, object]) -> None:
    spares = keep()
    folder = make_run({}, **{**more, **({"out": tmp_path / "elsewhere"} if "out" in more else {})})
    assert spares.take(folder, jobs.read_spec(folder)) is None


def test_a_changed_environment_is_not_passed_over(make_run: MakeRun, keep: Keep,
                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    spares = keep()
    folder = make_run()
    monkeypatch.setenv("LD_LIBRARY_PATH", "/opt/other")
    assert spares.take(folder, jobs.read_spec(folder)) is None
    monkeypatch.delenv("LD_LIBRARY_PATH")
    taken = spares.take(folder, jobs.read_spec(folder))
    assert taken is not None
    taken.end()


def test_one_that_has_died_is_no_obstacle(make_run: MakeRun, keep: Keep) -> None:
    spares = keep()
    os.kill(waiting(spares), signal.SIGKILL)
    spares._waiting["toy"].process.wait()
    folder = make_run({"steps": 5})
    jobs.start(folder, spares)
    assert finish(folder).state == "succeeded"

    spares = keep()
    folder = make_run({"steps": 5})
    spare = spares.take(folder, jobs.read_spec(folder))
    assert spare is not None
    os.kill(spare.process.pid, signal.SIGKILL)
    spare.process.wait()
    assert not spare.work_on(folder)


def test_none_is_kept_where_memory_is_short(keep: Keep) -> None:
    assert not keep(needed_bytes=psutil.virtual_memory().total * 2)._waiting


def test_a_studio_without_one_keeps_none(make_run: MakeRun, keep: Keep) -> None:
    spares = keep()
    spares.close()
    spares.expect(toy.STUDIO)
    assert not spares._waiting
    assert json.dumps(spares.take(make_run(), jobs.read_spec(make_run()))) == "null"
