"""The command line: help at once, one line for an error, the promised exit codes and JSON."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.core.conftest import MakeRun
from trivium.core import files, jobs

TRIVIUM = [sys.executable, "-m", "trivium"]
MODULES = "import sys, trivium.cli; print(*sys.modules)"


def trivium(*arguments: str | Path, data: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **({"TRIVIUM_DATA": str(data)} if data else {}), **more}
    return subprocess.run([*TRIVIUM, *map(str, arguments)], capture_output=True, text=True, env=environment,
                          stdin=subprocess.DEVNULL)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def test_help_imports_nothing_heavy() -> None:
    code = ("import sys\nfrom trivium.cli import main\ntry:\n    main(['--help'])\nexcept SystemExit as end:\n"
            "    print(end.code, *sys.modules, file=sys.stderr)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    loaded = set(done.stderr.split())
    assert "0" in loaded and "click" in loaded
    assert not {"pydantic", "fastapi", "torch", "numpy", "numba", "rich", "sqlalchemy", "uvicorn"} & loaded
    assert {"up", "doctor", "runs"} <= set(done.stdout.split())


def test_every_command_has_help() -> None:
    for arguments in (["up"], ["doctor"], ["runs"], *(["runs", name] for name in
                      ("list", "show", "stop", "resume", "clone", "export", "delete"))):
        done = trivium(*arguments, "--help")
        assert done.returncode == 0 and "Usage:" in done.stdout, arguments


def test_version() -> None:
    from trivium import __version__

    assert trivium("--version").stdout == f"trivium, version {__version__}\n"


@pytest.mark.parametrize("arguments", [["nonsense"], ["runs"], ["runs", "show"], ["runs", "list", "--what"],
                                       ["up", "--port", "x"], ["up", "--port", "99999"]])
def test_wrong_usage_is_exit_2(arguments: list[str]) -> None:
    done = trivium(*arguments)
    assert done.returncode == 2 and done.stdout == "" and "Traceback" not in done.stderr


def test_an_error_is_one_line_and_exit_1(data: Path) -> None:
    done = trivium("runs", "show", "nothing", "--json", data=data)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr == "Error: There is no run 'nothing'. List the runs with: trivium runs list\n"


def test_the_data_option_wins_over_the_variable(make_run: MakeRun, data: Path, tmp_path: Path) -> None:
    make_run(name="here")
    assert json.loads(trivium("runs", "list", "--json", data=data).stdout)["runs"][0]["name"] == "here"
    assert json.loads(trivium("--data", tmp_path / "other", "runs", "list", "--json", data=data).stdout)["runs"] == []


def test_a_runs_life_from_the_command_line(make_run: MakeRun, data: Path, tmp_path: Path) -> None:
    folder = make_run({"steps": 400, "pause_s": 0.01}, name="my walk")
    jobs.start(folder)
    while jobs.status(folder).step < 5:
        time.sleep(0.02)
    stopped = trivium("runs", "stop", "my walk", "--json", data=data)
    assert stopped.returncode == 0 and json.loads(stopped.stdout)["state"] == "stopped"
    shown = trivium("runs", "show", "My Walk", data=data)
    assert "stopped" in shown.stdout and "protection" in shown.stdout
    resumed = trivium("runs", "resume", folder, "--json", data=data)
    assert resumed.returncode == 0, resumed.stderr
    assert json.loads(resumed.stdout)["state"] == "succeeded" and "step 400" in resumed.stderr
    exported = trivium("runs", "export", "my walk", "--out", tmp_path / "walk.zip", "--json", data=data)
    assert json.loads(exported.stdout)["bytes"] == (tmp_path / "walk.zip").stat().st_size
    asked = trivium("runs", "delete", "my walk", data=data)
    assert asked.returncode == 1 and "--yes" in asked.stderr and folder.exists()
    deleted = trivium("runs", "delete", "my walk", "--yes", "--json", data=data)
    assert json.loads(deleted.stdout)["deleted"] is True and not folder.exists()


def test_json_output_is_one_object_even_when_the_run_prints(make_run: MakeRun, data: Path) -> None:
    code = "print('noise'); run.note('a note\\x1b[31m', level='print'); run.log(1, {'loss': float('nan'), 'x': 2})"
    folder = make_run({}, kind="code", inputs={"code.py": code}, name="noisy")
    jobs.start(folder)
    jobs.wait(folder)
    done = trivium("runs", "show", "noisy", "--json", data=data)
    assert json.loads(done.stdout)["state"] == "succeeded"


FOLLOW = "import sys; from trivium.core.follow import follow; sys.exit(follow(sys.argv[1]))"


def test_following_a_failed_run_says_why_on_standard_error(make_run: MakeRun) -> None:
    folder = make_run({}, kind="code", inputs={"code.py": "a = 1\nb = a / 0\n"})
    done = subprocess.run([sys.executable, "-c", FOLLOW, str(folder)], capture_output=True, text=True)
    assert done.returncode == 1 and done.stdout == ""
    assert "code.py, line 2: ZeroDivisionError" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_saves_and_ends_with_130(make_run: MakeRun, number: int) -> None:
    folder = make_run({"steps": 100_000, "pause_s": 0.01})
    follower = subprocess.Popen([sys.executable, "-c", FOLLOW, str(folder)], stderr=subprocess.PIPE, text=True)
    while jobs.status(folder).step < 5:
        assert follower.poll() is None
        time.sleep(0.02)
    follower.send_signal(number)
    _, text = follower.communicate(timeout=30)
    assert follower.returncode == 130 and "Stopping" in text
    status = jobs.status(folder)
    assert (status.state, status.reason) == ("stopped", "stopped_by_user")


def test_a_terminal_gets_a_live_bar(make_run: MakeRun) -> None:
    pty = pytest.importorskip("pty", reason="this system has no terminals to imitate")
    folder = make_run({"steps": 60, "pause_s": 0.01})
    read, write = pty.openpty()
    follower = subprocess.Popen([sys.executable, "-c", FOLLOW, str(folder)], stderr=write, stdout=subprocess.DEVNULL,
                                env={**os.environ, "TERM": "xterm", "COLUMNS": "120"})
    os.close(write)
    seen = b""
    while True:
        try:
            part = os.read(read, 65536)
        except OSError:  # how Linux reports that the other end is closed
            break
        if not part:
            break
        seen += part
    os.close(read)
    assert follower.wait() == 0
    assert b"100%" in seen and b"succeeded" in seen


def test_changes_are_nested_and_typed() -> None:
    from trivium.core.assignment import assigned

    assert assigned(("a=1", "b.c=true", "b.d=text", "e=null", "f=a=b")) == {
        "a": 1, "b": {"c": True, "d": "text"}, "e": None, "f": "a=b"}


def test_many_prints_do_not_bury_the_progress() -> None:
    from trivium.core.follow import SHOWN_PRINTS, Prints

    prints = Prints()
    flood: list[dict[str, object]] = [{"kind": "log", "level": "print", "message": str(n)} for n in range(1500)]
    metric: dict[str, object] = {"kind": "metric", "step": 1, "values": {}}
    shown = [*prints.thinned(flood[:1000]), *prints.thinned([*flood[1000:], metric, flood[0], metric])]
    assert shown[:SHOWN_PRINTS] == flood[:SHOWN_PRINTS]
    assert "1,495 more" in str(shown[SHOWN_PRINTS]["message"])
    assert shown[SHOWN_PRINTS + 1:] == [metric, flood[0], metric]


def test_doctor_says_what_mends_each_finding(data: Path) -> None:
    done = trivium("doctor", "--json", data=data)
    found = json.loads(done.stdout)
    assert {check["name"] for check in found["checks"]} == {"python", "torch", "backbone", "confinement", "disk",
                                                            "pages", "browser", "port"}
    for check in found["checks"]:
        assert (check["mend"] is None) == (check["level"] == "ok"), check
    assert done.returncode == (0 if found["ok"] else 1)
    assert not data.exists() or not (data / files.SPEC).exists()


def test_doctor_finds_an_occupied_port() -> None:
    import socket

    from trivium.doctor import check_port

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        check = check_port(port)
    assert check.level == "warning" and check.mend == f"trivium up --port {port + 1}"


@pytest.mark.parametrize("arguments", [["runs", "export", "walk", "--out", "FILE/a.zip"],
                                       ["racing", "train", "--out", "FILE/run"],
                                       ["up", "--no-browser", "--port", "0", "--data", "FILE/data"]])
def test_a_place_that_cannot_be_written_is_one_line(make_run: MakeRun, data: Path, tmp_path: Path,
                                                     arguments: list[str]) -> None:
    make_run()
    file = tmp_path / "file"
    file.touch()
    done = trivium(*(word.replace("FILE", str(file)) for word in arguments), data=data)
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1 and str(file) in done.stderr and "Check the path" in done.stderr


def test_a_damaged_database_is_one_line_that_says_what_to_do(data: Path) -> None:
    data.mkdir()
    (data / "trivium.db").write_text("this is no database, " * 100)
    done = trivium("up", "--no-browser", "--port", "0", data=data)
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
    assert "damaged" in done.stderr and str(data / "trivium.db") in done.stderr
