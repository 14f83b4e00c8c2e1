"""`trivium doctor`: what is here, what is missing, and the command that mends it."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import sys
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

import click

from trivium import __version__
from trivium.settings import DEFAULT_PORT, Settings

NEEDED_FREE_GB = 2.0
MARKS = {"ok": "ok  ", "warning": "note", "error": "FAIL"}


@dataclass(frozen=True)
class Check:
    """One finding. level is ok, warning or error; mend is a command, or what to do."""

    name: str
    level: str
    text: str
    mend: str | None = None


def check_python() -> Check:
    """Python's version."""
    return Check("python", "ok", f"Python {platform.python_version()} on {platform.system()} {platform.machine()}")


def check_torch() -> Check:
    """Which build of torch is installed; read from its metadata, for importing it takes seconds."""
    try:
        version = metadata.version("torch")
    except metadata.PackageNotFoundError:
        return Check("torch", "error", "torch is not installed", 'pip install "torch>=2.9,<2.14"')
    _, _, build = version.partition("+")
    nvidia = any((dist.metadata["Name"] or "").startswith("nvidia-") for dist in metadata.distributions())
    if build == "cpu" or (not build and not nvidia):
        return Check("torch", "ok", f"torch {version}, CPU build")
    return Check("torch", "ok", f"torch {version}, GPU build (about 5 GB on disk)")


def check_backbone() -> Check:
    """Whether the vision studio's pretrained network is in the package."""
    from trivium.vision.backbone.efficientnet import NAME, WEIGHTS

    text = f"{NAME}, with which the vision studio looks at photos"
    return Check("backbone", "ok", text) if WEIGHTS.is_file() else Check("backbone", "warning", f"{text}, is missing",
                                                                         "make setup")


def check_confinement() -> Check:
    """Whether a learner's code really is kept inside its folder: tried out in a child process."""
    from trivium.core.confine import prove

    held = prove()
    if held.level == "full":
        return Check("confinement", "ok", held.text)
    mend = ("Use Linux 5.13 or newer with Landlock switched on; until then run only code that you trust"
            if sys.platform == "linux" else "Run only code that you trust on this system")
    return Check("confinement", "warning", held.text, mend)


def check_disk(data: Path) -> Check:
    """Room and permission in the data folder."""
    place = data
    while not place.exists():
        place = place.parent
    free_gb = shutil.disk_usage(place).free / 1e9
    text = f"{free_gb:.1f} GB free for {data}"
    if not os.access(place, os.W_OK):
        return Check("disk", "error", f"{data} cannot be written", "trivium --data FOLDER up")
    if free_gb < NEEDED_FREE_GB:
        return Check("disk", "warning", text, f"Free {NEEDED_FREE_GB - free_gb:.1f} GB, or: trivium --data FOLDER up")
    return Check("disk", "ok", text)


def check_pages() -> Check:
    """Whether the web pages are built into the package."""
    if (Path(__file__).parent / "static" / "index.html").is_file():
        return Check("pages", "ok", "the web pages are built")
    return Check("pages", "error", "the web pages are not built", "make web")


def check_browser() -> Check:
    """Whether there is a browser to open."""
    import webbrowser

    try:
        return Check("browser", "ok", f"{getattr(webbrowser.get(), 'name', 'browser')} opens the studio")
    except webbrowser.Error:
        return Check("browser", "warning", "no browser found on this machine",
                     "Open the printed address in a browser of your own")


def check_port(port: int = DEFAULT_PORT) -> Check:
    """Whether the studio's port is free."""
    with socket.socket() as probe:
        if os.name != "nt":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return Check("port", "warning", f"port {port} is in use (perhaps by Trivium itself)",
                         f"trivium up --port {port + 1}")
    return Check("port", "ok", f"port {port} is free")


def examine(data: Path) -> list[Check]:
    """Every finding about this machine and the data folder."""
    return [check_python(), check_torch(), check_backbone(), check_confinement(), check_disk(data), check_pages(),
            check_browser(), check_port()]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.pass_obj
def doctor(settings: Settings, as_json: bool) -> None:
    """Say what is here, what is missing, and the command that mends it."""
    checks = examine(settings.data)
    good = all(check.level != "error" for check in checks)
    if as_json:
        from trivium.run_commands import print_json

        print_json({"ok": good, "version": __version__, "checks": [asdict(check) for check in checks]})
    else:
        for check in checks:
            click.echo(f"{MARKS[check.level]}  {check.name:<12} {check.text}")
            if check.mend:
                click.echo(f"{'':<6}{'':<12} -> {check.mend}")
    sys.exit(0 if good else 1)
