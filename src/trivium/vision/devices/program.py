"""The process of the device that is this machine: `python -P -m trivium.vision.devices.program PLACE`.

The agent as any device runs it, but it ends with whoever started it, by the end of its standard input. With `--leave`
it tidies up after a device that was removed, and ends. What stops it stands in PLACE/state.json.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from trivium.core import files
from trivium.errors import StudioError
from trivium.vision.devices.agent import Agent, forget
from trivium.vision.devices.place import LEAVE, STATE
from trivium.vision.devices.shelf import Shelf

END_S = 4.0  # how long it may take to end; then it is gone all the same
CANNOT = 3


def main(place: Path, *options: str) -> int:
    """Work until standard input ends."""
    try:
        if LEAVE in options:
            tidy(place)
            return 0
        agent = Agent(place)
        threading.Thread(target=_until_left, args=(agent,), daemon=True).start()
        agent.run()
    except StudioError as error:
        files.write_json(place / STATE, {"trouble": str(error), "projects": []}, durable=False)
        return CANNOT
    return 0


def tidy(place: Path) -> None:
    """Forget the credential, what waits and the models, which the studio has; the diaries stay."""
    forget(place)
    shelf = Shelf(place)
    for project in shelf.projects():
        shelf.remove(project)


def _until_left(agent: Agent) -> None:
    while os.read(0, 4096):
        pass
    agent.ended.set()
    agent.client.hang_up()  # it may wait for news of a studio that is gone
    threading.Event().wait(END_S)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
