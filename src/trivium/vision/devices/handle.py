"""The studio's hand on the device that is this machine: its agent runs while the device is there and the studio works.

Commands add and remove that device too, so the database is asked now and then.
"""

from __future__ import annotations

from pathlib import Path

from trivium.core import files
from trivium.core.keeper import Keeper
from trivium.errors import StudioError
from trivium.vision.devices import here
from trivium.vision.devices.place import CARD, LEAVE, STATE
from trivium.vision.devices.registry import Registry

PROGRAM = "trivium.vision.devices.program"
AGAIN = "The agent on this machine ended by itself (code {}), and is started again."


class HereHandle(Keeper):
    """Keeps the agent as it is wanted."""

    name, look_s, heard = "this machine", 1.0, False

    def __init__(self, registry: Registry, place: Path, url: str) -> None:
        super().__init__()
        self.registry, self.place, self.url = registry, place, url
        self.device: str | None = None  # whose agent runs
        self.leaving = False

    def look(self) -> None:
        """As the database says."""
        wanted = here.wanted(self.registry)
        if wanted != self.device:
            self.end()
            self.device, self.message = wanted, ""
        if (ended := self.died()) is not None and not self.leaving:
            self.message = self._trouble() or AGAIN.format(ended[0])
        if self.may_begin:
            self._begin(wanted)
        elif self.process is not None and (self.place / STATE).is_file():
            self.state, self.message = "running", ""

    def _begin(self, wanted: str | None) -> None:
        there = (self.place / CARD).is_file()  # of a device that was removed: nothing secret of it stays
        self.leaving = there and (wanted is None or here.id_there(self.place) not in (wanted, None))
        if self.leaving:
            self.begin(self.place, PROGRAM, str(self.place), LEAVE)
        elif wanted is not None:
            here.write_card(self.registry, wanted, self.place, self.url)
            (self.place / STATE).unlink(missing_ok=True)
            self.begin(self.place, PROGRAM, str(self.place))
        else:
            self.state = "off"

    def _trouble(self) -> str:
        """What the agent wrote before it ended."""
        try:
            return str(files.read_json(self.place / STATE).get("trouble") or "")
        except (StudioError, OSError, AttributeError):
            return ""


def address(host: str, port: int) -> str:
    """Where the agent reaches the studio."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
