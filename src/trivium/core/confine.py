"""Keep a run's process, and the learner's code in it, inside its run folder.

Linux: Landlock for files, seccomp for network, processes and the rest, rlimits for memory and size. Two steps, because
Landlock binds only the threads that come after it: enclose() before any library is loaded, so that every thread is
bound; confine() after the trusted preparation, which may write compiled kernels to the cache, takes that away too.
macOS and Windows get what they have of the limits ("limits"); that has not been tried there.
"""

from __future__ import annotations

import contextlib
import os
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from trivium.core import landlock, seccomp
from trivium.core.process import thread_count
from trivium.core.spec import Limits

FULL = "confined: files, network, processes"
PARTIAL = "limits only: this system cannot keep a program inside its folder"
NO_FILES = "confined: network, processes; limits only for files"
NONE = "not confined"
MB = 1 << 20
SYSTEM_READABLE = (
    "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/etc/localtime",
    "/usr/share/zoneinfo", "/dev/urandom", "/dev/random", "/dev/zero", "/proc/self", "/proc/cpuinfo", "/proc/meminfo",
    "/proc/stat", "/proc/sys/vm/overcommit_memory", "/sys/devices/system/cpu", "/sys/devices/system/node",
    "/sys/kernel/mm/transparent_hugepage",
)
GPU_READABLE = ("/proc/driver/nvidia", "/sys/bus/pci", "/sys/devices", "/sys/module/nvidia", "/usr/share/nvidia",
                "/sys/class/drm", "/proc/devices", "/proc/sys/vm/mmap_min_addr")
GPU_DEVICES = ("nvidia*", "nvidia-caps/*", "dri/*", "kfd")


@dataclass(frozen=True)
class Confinement:
    """What holds the process: level is full, limits or none; text is the badge."""

    level: str
    text: str


def probe() -> Confinement:
    """What this machine can do; asks the kernel and changes nothing."""
    if landlock.abi() >= 1 and seccomp.available():
        return Confinement("full", FULL)
    if seccomp.available():
        return Confinement("limits", NO_FILES)
    return Confinement("limits", PARTIAL) if sys.platform != "win32" else Confinement("none", NONE)


def enclose(folder: Path, cache: Path, device: str = "cpu", also: Sequence[Path] = (),
            cameras: Sequence[Path] = (), network: bool = False) -> bool:
    """First step, before any thread: read Python and the system's libraries, write run and cache.

    `also` may be read besides; `cameras` are devices that may be opened and controlled; with `network` TCP stays open.
    False where that can't be done, or where other threads were there already: they are not bound.
    """
    is_alone = thread_count() <= 1
    with contextlib.suppress(OSError):
        cache.mkdir(parents=True, exist_ok=True)
    on_path = [Path(entry) for entry in sys.path if entry]
    return landlock.restrict([*readable(), *on_path, *also, *_gpu(device, GPU_READABLE)], [folder, cache],
                             [Path("/dev/null"), *cameras, *_gpu_devices(device)], execute=True,
                             network=network) and is_alone


def confine(folder: Path, limits: Limits, cache: Path | None = None, device: str = "cpu",
            enclosed: bool = True, also: Sequence[Path] = (), cameras: Sequence[Path] = (),
            network: bool = False) -> Confinement:
    """Second step, before the learner's code: only the run folder can be changed, no network, no processes, limits.

    With `network` connections to other machines may be made, of IP alone; nothing listens.
    """
    held = landlock.restrict(
        [*readable(), *also, *([cache] if cache else []), *_gpu(device, GPU_READABLE)], [folder],
        [Path("/dev/null"), *cameras, *_gpu_devices(device)], network=network) and enclosed
    limited = limit(limits)
    silenced = landlock.no_new_privileges() and seccomp.install(network)
    if held and silenced and limited:
        return Confinement("full", FULL)
    if silenced and limited:
        return Confinement("limits", NO_FILES)
    return Confinement("limits", PARTIAL) if limited else Confinement("none", NONE)


def readable() -> list[Path]:
    """Where Python, its packages, this package and the system's libraries lie."""
    import trivium

    places = [Path(place) for place in (*SYSTEM_READABLE, sys.executable)]
    places += [Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    for prefix in {sys.prefix, sys.base_prefix}:
        places += [Path(prefix) / name for name in ("lib", "lib64", "Lib", "DLLs", "pyvenv.cfg")]
    places += [Path(entry) for entry in sys.path if Path(entry).name in ("site-packages", "dist-packages")]
    places += [Path(entry) for entry in os.environ.get("LD_LIBRARY_PATH", "").split(":") if entry]
    places.append(Path(trivium.__file__).parent)
    return places


def limit(limits: Limits) -> bool:
    """Bound memory (on top of what is loaded), file size and open files; no core dumps.

    Not the number of processes: that would count the user's others and stop threads too.
    """
    if sys.platform == "win32":
        return False
    import resource

    bounds = [(resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, limits.file_mb * MB), (resource.RLIMIT_NOFILE, 1024)]
    size = _virtual_bytes()
    if size is not None:
        bounds.append((resource.RLIMIT_AS, size + limits.mem_mb * MB))
    for kind, wanted in bounds:
        _, hard = resource.getrlimit(kind)
        bound = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (bound, bound))
    return True


def _virtual_bytes() -> int | None:
    """This process's virtual memory; None where RLIMIT_AS is not to be relied upon (macOS)."""
    if sys.platform != "linux":
        return None
    return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def _gpu(device: str, places: tuple[str, ...]) -> list[Path]:
    return [] if device == "cpu" else [Path(place) for place in places]


def _gpu_devices(device: str) -> list[Path]:
    return [] if device == "cpu" else [path for pattern in GPU_DEVICES for path in Path("/dev").glob(pattern)]


PROOF = """
import os, socket, sys, tempfile
from pathlib import Path
from trivium.core.confine import confine, enclose
from trivium.core.spec import Limits
folder = Path(sys.argv[1])
level = confine(folder, Limits(), None, "cpu", enclose(folder, folder / "cache"))
def refused(action):
    try:
        action()
    except PermissionError:
        return True
    return False
files = refused(lambda: open("/etc/passwd")) and refused(lambda: open(sys.argv[1] + "-outside", "w"))
network = refused(socket.socket)
processes = refused(os.fork)
print(level.level, files and network and processes)
"""


def prove() -> Confinement:
    """What this machine really does: a child process confines itself and tries to get out. Takes a moment."""
    import subprocess
    import tempfile

    claimed = probe()
    if claimed.level != "full":
        return claimed
    with tempfile.TemporaryDirectory(prefix="trivium-") as folder:
        done = subprocess.run([sys.executable, "-P", "-c", PROOF, folder], capture_output=True, text=True, timeout=60)
    return claimed if done.stdout.split() == ["full", "True"] else Confinement("limits", PARTIAL)
