"""What every test stands on: its own data folder, quiet threads, the benchmark data where it is present."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

# Before torch, numba or a BLAS is imported: threads that wait must sleep, or tests on few cores crawl.
for variable, value in {"OMP_NUM_THREADS": "1", "GOMP_SPINCOUNT": "0", "OMP_WAIT_POLICY": "PASSIVE"}.items():
    os.environ.setdefault(variable, value)
os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # ONNX Runtime reads it when it is imported

ROOT = Path(__file__).resolve().parents[1]
BENCHMARK_DATA = ROOT.parent / "shared" / "data"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """`make test` uses all cores but one browser: its tests stay together, all others go where there is room."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "browser" if nodeid.startswith("tests/e2e/") else nodeid

    return Scheduling(config, log) if config.getoption("dist") == "loadscope" else None


@pytest.fixture(autouse=True, scope="session")
def never_the_users_data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test may touch the data folder of the person who runs it."""
    before = os.environ.get("TRIVIUM_DATA")
    os.environ["TRIVIUM_DATA"] = str(tmp_path_factory.mktemp("data"))
    yield
    if before is None:
        del os.environ["TRIVIUM_DATA"]
    else:
        os.environ["TRIVIUM_DATA"] = before


@pytest.fixture
def benchmark_data() -> Callable[[str], Path]:
    """`benchmark_data("racing/tracks")` is that folder or file; where it is absent, the test is skipped."""

    def find(path: str) -> Path:
        found = BENCHMARK_DATA / path
        if not found.exists():
            pytest.skip(f"benchmark data not present: ../shared/data/{path}")
        return found

    return find


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 3 MB, where this user may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount")
    if mount is None or not hasattr(os, "getuid") or os.getuid() != 0:
        pytest.skip("mounting a small disk needs Linux and root")
    done = subprocess.run([mount, "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)
