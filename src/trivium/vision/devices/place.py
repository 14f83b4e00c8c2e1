"""What lies in a device's folder. The studio knows it too, where it is its own device, without loading the agent.

    PLACE/device.json    which studio, and the credential; only its owner can read it
    PLACE/outbox.db      what has not been delivered yet
    PLACE/projects/      the shelf
    PLACE/seen/          the diaries: every frame's event
    PLACE/state.json     how it is now, for `trivium vision agent status`
"""

from __future__ import annotations

CARD, OUTBOX, SEEN, INCOMING, LOCK = "device.json", "outbox.db", "seen", "incoming.zip", "agent.lock"
STATE = "state.json"
LEAVE = "--leave"  # by which the studio asks the program of its own machine to tidy up and end
