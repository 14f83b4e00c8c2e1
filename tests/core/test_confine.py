"""What a learner's code cannot do, tried out by a process that is confined for real."""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.core.conftest import MakeRun
from trivium.core import confine, files, jobs, landlock, seccomp
from trivium.core.events import read_events

pytestmark = pytest.mark.skipif(confine.probe().level != "full",
                                reason="this kernel has no Landlock or no seccomp: " + confine.probe().text)
RunCode = Callable[..., Path]

REFUSED = """
def attempt():
{body}
try:
    result = ("done", attempt())
except (OSError, ValueError) as error:  # ValueError is how Python reports a refused setrlimit
    result = ("refused", type(error).__name__)
"""


def attempted(run_code: RunCode, body: str, **more: object) -> str:
    """What became of `body` (an indented function body): the note that the run left."""
    folder = run_code(REFUSED.format(body="\n".join("    " + line for line in body.splitlines())), **more)
    status = jobs.status(folder)
    assert status.state == "succeeded", (status, (folder / files.LOG).read_text())
    assert status.confinement["level"] == "full"
    return str(read_events(folder / files.EVENTS, kind="log")[-1]["message"])


ATTACKS = {
    "read /etc/passwd": "return open('/etc/passwd').read()",
    "read it by way of /proc/self/root": "return open('/proc/self/root/etc/passwd').read()",
    "list the home folder": "import os, pwd\nreturn os.listdir('/root' if os.getuid() == 0 else '/home')",
    "read the parent's environment": "import os\nreturn open(f'/proc/{os.getppid()}/environ', 'rb').read()",
    "TCP": "import socket\nreturn socket.socket()",
    "UDP": "import socket\nreturn socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "unix socket": "import socket\nreturn socket.socket(socket.AF_UNIX)",
    "fork": "import os\npid = os.fork()\nif pid == 0:\n    os._exit(0)\nreturn pid",
    "exec": "import os\nos.execv('/bin/true', ['true'])",
    "posix_spawn": "import os\nreturn os.posix_spawn('/bin/true', ['true'], {})",
    "subprocess": "import subprocess\nreturn subprocess.run(['/bin/true'])",
    "popen through numpy": "import numpy.f2py\nreturn numpy.f2py.os.popen('id').read()",
    "kill the parent": "import os\nos.kill(os.getppid(), 9)",
    "kill the whole group": "import os\nos.kill(0, 0)",
    "kill everything": "import os\nos.kill(-1, 0)",
    "raise its own limits": "import resource\n"
                            "resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))\nreturn 'set'",
    "chmod a file outside": "import os\nos.chmod('/etc/hostname', 0o600)",
    "change times outside": "import os\nos.utime('/etc/hostname')",
    "symbolic link in its own folder": "import os\nos.symlink('/etc/passwd', run.folder / 'out' / 'link')",
    "hard link from outside": "import os, sys\nos.link(sys.executable, run.folder / 'out' / 'link')",
    "shared memory": "from multiprocessing import shared_memory\n"
                     "return shared_memory.SharedMemory(create=True, size=1000).name",
    "memfd": "import os\nreturn os.memfd_create('x')",
    "mount": "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
             "if libc.mount(b'none', b'/mnt', b'tmpfs', 0, None):\n"
             "    raise OSError(ctypes.get_errno(), 'mount')",
    "ptrace": "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
              "if libc.ptrace(16, os.getppid(), 0, 0):\n    raise OSError(ctypes.get_errno(), 'ptrace')",
    "io_uring": "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
                "if libc.syscall(425, 8, 0) < 0:\n    raise OSError(ctypes.get_errno(), 'io_uring')",
    "write into Python's packages": "import numpy\nopen(numpy.__file__, 'a').close()",
    "write to the kernel cache": "import os\nopen(os.environ['NUMBA_CACHE_DIR'] + '/evil', 'w').close()",
}


@pytest.mark.parametrize("body", ATTACKS.values(), ids=ATTACKS.keys())
def test_is_refused(run_code: RunCode, body: str) -> None:
    assert "'refused'" in attempted(run_code, body)


def test_os_system_by_way_of_random_runs_nothing(run_code: RunCode, tmp_path: Path) -> None:
    sign = tmp_path / "sign"
    message = attempted(run_code, f"import random\nreturn random._os.system('touch {sign}; touch sign')")
    assert "('done', 0)" not in message
    assert not sign.exists()


def test_another_runs_folder_can_neither_be_read_nor_written(run_code: RunCode, tmp_path: Path) -> None:
    other = run_code("result = 1")
    before = {path: path.read_bytes() for path in other.rglob("*") if path.is_file()}
    assert "refused" in attempted(run_code, f"return open({str(other / files.SPEC)!r}).read()")
    assert "refused" in attempted(run_code, f"import os\nreturn os.listdir({str(other)!r})")
    assert "refused" in attempted(run_code, f"open({str(other / 'x')!r}, 'w')")
    assert "refused" in attempted(run_code, f"import shutil\nshutil.rmtree({str(other)!r})")
    assert {path: path.read_bytes() for path in other.rglob("*") if path.is_file()} == before


def test_nothing_outside_is_written_or_truncated(run_code: RunCode, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    for body in (f"open({str(victim)!r}, 'w')", f"import os\nos.truncate({str(victim)!r}, 0)",
                 f"import os\nos.remove({str(victim)!r})", f"import os\nos.rename({str(victim)!r}, 'x')",
                 f"import os\nos.mkdir({str(tmp_path / 'new')!r})"):
        assert "refused" in attempted(run_code, body)
    assert victim.read_text() == "precious" and not (tmp_path / "new").exists()


def test_a_server_on_this_machine_is_out_of_reach(run_code: RunCode) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        body = f"import urllib.request\nreturn urllib.request.urlopen('http://127.0.0.1:{port}/').read()"
        assert "refused" in attempted(run_code, body)


def test_threads_started_before_confinement_are_held_too(run_code: RunCode) -> None:
    # numpy's BLAS starts its threads when it is imported; the heartbeat is one of Python's
    message = attempted(run_code, """
import os
lines = []
for task in os.listdir('/proc/self/task'):
    for line in open(f'/proc/self/task/{task}/status'):
        if line.startswith(('Seccomp:', 'NoNewPrivs:')):
            lines.append(line.split()[1])
return sorted(set(lines))""", threads=2)
    assert "['1', '2']" in message  # NoNewPrivs 1, Seccomp 2 (filter) in every thread


def test_numpy_torch_and_numba_work_afterwards(run_code: RunCode) -> None:
    message = attempted(run_code, """
import numpy as np, torch, numba, shapely, scipy.linalg
torch.set_num_threads(2)
a = torch.ones(400, 400)
b = np.ones((400, 400))
@numba.njit
def double(x):
    return 2 * x
line = shapely.LineString([(0, 0), (3, 4)])
return float((a @ a)[0, 0]), float((b @ b)[0, 0]), double(21), line.length, float(scipy.linalg.det(np.eye(3)))""",
                        threads=2, timeout_s=120.0)
    assert "(400.0, 400.0, 42, 5.0, 1.0)" in message


def test_a_kernel_compiled_late_works_and_leaves_the_cache_alone(make_run: MakeRun, tmp_path: Path) -> None:
    results = []
    for _ in range(2):  # the second finds the first one's kernel in the cache
        folder = make_run({}, kind="kernel")
        jobs.start(folder)
        assert jobs.wait(folder, 120.0).state == "succeeded", (folder / files.LOG).read_text()
        results.append(read_events(folder / files.EVENTS, kind="log")[-1]["message"])
    assert results == ["result: 2 3.0"] * 2
    assert len(list((tmp_path / "cache").rglob("*.nbc"))) == 1  # of prepare(), which may write there


def test_too_much_memory_ends_the_run_with_the_reason(run_code: RunCode) -> None:
    status = jobs.status(run_code("x = bytearray(10_000_000_000)"))
    assert (status.state, status.reason) == ("failed", "out_of_memory")
    assert status.detail is not None and status.detail["line"] == 1


def test_a_file_that_is_too_large_ends_the_run_with_the_reason(run_code: RunCode) -> None:
    from trivium.core.spec import Limits

    code = "with open(run.folder / 'out' / 'big', 'wb') as f:\n    while True:\n        f.write(bytes(1 << 20))"
    folder = run_code(code, limits=Limits(mem_mb=1024, file_mb=4))
    assert (jobs.status(folder).state, jobs.status(folder).reason) == ("failed", "disk_full")
    assert (folder / "out" / "big").stat().st_size <= 4 << 20


@pytest.mark.parametrize(("code", "line"), [("x = 1\nimport sys\nsys.exit(3)", 3), ("import os\nos._exit(0)", None),
                                            ("raise SystemExit", 1), ("1\n1/0", 2)])
def test_leaving_early_is_the_learners_error(run_code: RunCode, code: str, line: int | None) -> None:
    status = jobs.status(run_code(code))
    assert (status.state, status.reason) == ("failed", "user_code_error")
    assert status.message and status.hint
    if line is not None:
        assert status.detail is not None and (status.detail["file"], status.detail["line"]) == ("code.py", line)


def test_a_crash_of_the_interpreter_is_the_learners_error(run_code: RunCode) -> None:
    status = jobs.status(run_code("x = 1\nimport ctypes\nctypes.string_at(0)"))
    assert (status.state, status.reason) == ("failed", "user_code_error")
    assert status.detail is not None and status.detail["line"] == 3


def test_killing_itself_reads_as_interrupted(run_code: RunCode) -> None:
    status = jobs.status(run_code("import os\nos.kill(os.getpid(), 9)"))
    assert status.state == "interrupted"


def test_the_parent_lives(run_code: RunCode) -> None:
    run_code("import os, signal\nfor s in (signal.SIGTERM, signal.SIGKILL):\n    try:\n"
             "        os.kill(os.getppid(), s)\n    except PermissionError:\n        pass")
    assert os.getpid() and threading.main_thread().is_alive()


def test_a_gigabyte_of_prints_stays_small(run_code: RunCode) -> None:
    folder = run_code("for _ in range(40):\n    print('x' * (1 << 20))")
    assert jobs.status(folder).state == "succeeded"
    assert (folder / files.LOG).stat().st_size <= 9 << 20


def test_the_environment_holds_no_secrets(run_code: RunCode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_TOKEN", "secret")
    message = attempted(run_code, "import os\nreturn sorted(os.environ), open('/proc/self/environ').read()")
    assert "MY_TOKEN" not in message and "secret" not in message
    assert "OMP_NUM_THREADS" in message


def test_probe_and_proof_agree() -> None:
    assert confine.prove() == confine.probe()


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_program_is_well_formed(machine: str) -> None:
    code = seccomp.program(machine, 4321)
    assert len(code) % 8 == 0 and len(code) // 8 < 4096
    assert answer(code, machine, "socket") == seccomp.ERRNO | 1
    assert answer(code, machine, "clone3") == seccomp.ERRNO | 38
    clone, kill, prlimit = (calls[seccomp.COLUMN[machine]] for calls in (seccomp.CLONE, seccomp.KILL,
                                                                          seccomp.PRLIMIT))
    assert evaluate(code, machine, clone, [0x10000 | 0x100]) == seccomp.ALLOW
    assert evaluate(code, machine, clone, [17]) == seccomp.ERRNO | 1
    assert evaluate(code, machine, kill, [4321]) == seccomp.ALLOW
    assert evaluate(code, machine, kill, [1]) == seccomp.ERRNO | 1
    assert evaluate(code, machine, prlimit, [0, 7, 0]) == seccomp.ALLOW
    assert evaluate(code, machine, prlimit, [0, 7, 1 << 32]) == seccomp.ERRNO | 1
    assert evaluate(code, machine, 999, []) == seccomp.ERRNO | 38
    assert evaluate(code, "other", clone, []) == seccomp.ERRNO | 1


def answer(code: bytes, machine: str, name: str) -> int:
    calls = {**seccomp.REFUSED, **seccomp.ABSENT}
    number = calls[name][seccomp.COLUMN[machine]]
    assert number is not None
    return evaluate(code, machine, number, [])


def evaluate(code: bytes, machine: str, number: int, arguments: list[int]) -> int:
    """A BPF interpreter of a few lines: what the kernel would answer."""
    import struct

    args = (arguments + [0] * 6)[:6]
    data = struct.pack("=IIQ6Q", number, seccomp.AUDIT_ARCH.get(machine, 1), 0, *args)
    lines = [struct.unpack_from("=HBBI", code, at) for at in range(0, len(code), 8)]
    at, value = 0, 0
    while True:
        operation, if_true, if_false, k = lines[at]
        at += 1
        if operation == seccomp.LOAD:
            value = struct.unpack_from("=I", data, k)[0]
        elif operation == seccomp.RETURN:
            return int(k)
        else:
            holds = {seccomp.JUMP_EQUAL: value == k, seccomp.JUMP_AT_LEAST: value >= k,
                     seccomp.JUMP_ANY_BIT: bool(value & k)}[operation]
            at += if_true if holds else if_false


def test_system_call_numbers_are_those_of_the_headers() -> None:
    header = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
    if not header.exists():
        pytest.skip("the kernel's headers are not installed: " + str(header))
    known = {line.split()[1].removeprefix("__NR_"): int(line.split()[2])
             for line in header.read_text().splitlines() if line.startswith("#define __NR_")}
    for name, (number, _) in {**seccomp.REFUSED, **seccomp.ABSENT}.items():
        if name in known:
            assert known[name] == number, name


def test_landlock_version_is_known() -> None:
    assert landlock.abi() >= 1 and sys.platform == "linux"
