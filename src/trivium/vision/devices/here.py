"""The device that is this very machine: no code, an agent beside the studio, its folder in the studio's data folder.

    DATA/vision/here/    like any device's folder (`place`)

Whoever wants it adds a row to the database; the studio gives it a credential and runs its agent (`handle`).
"""

from __future__ import annotations

import platform
import secrets
from pathlib import Path
from typing import Any

from sqlalchemy import select

from trivium.core import files
from trivium.core.records import DeviceRecord
from trivium.core.spec import new_id
from trivium.errors import NameTaken, StudioError
from trivium.vision.broker.accounts import hashed
from trivium.vision.devices.place import CARD
from trivium.vision.devices.registry import Registry
from trivium.vision.devices.views import DeviceView

NAME = "this machine"


def folder(data: Path) -> Path:
    """Where it keeps what it has."""
    return data / "vision" / "here"


def use(registry: Registry) -> DeviceView:
    """Make this machine a device; NameTaken where it is one already."""
    with registry.db.write() as session:
        if (there := _row(session)) is not None:
            raise NameTaken(f"This machine is a device already: {there.name}.", "Deploy a model to it.")
        device = new_id()
        registry.add(session, device, platform.node() or NAME, secrets.token_urlsafe(32), here=True)
    registry.write_accounts()
    return registry.get(device)


def wanted(registry: Registry) -> str | None:
    """The id of the device that is this machine."""
    with registry.db.read() as session:
        row = _row(session)
        return row.id if row else None


def write_card(registry: Registry, device: str, place: Path, url: str) -> None:
    """Let the agent know who it is and where the studio listens now; a credential is made where it has none."""
    try:
        before = files.read_json(place / CARD)
        credential = str(before["credential"])
    except (StudioError, OSError, KeyError, TypeError):
        before, credential = None, ""
    made = False
    with registry.db.write() as session:
        row: DeviceRecord | None = session.get(DeviceRecord, device)
        if row is None:
            return
        if hashed(credential) != row.credential_hash:
            credential, made = secrets.token_urlsafe(32), True
            row.credential_hash = hashed(credential)
        card = {"id": row.id, "name": row.name, "url": url, "credential": credential}
    if made:
        registry.write_accounts()
    if card != before:
        place.mkdir(parents=True, exist_ok=True)
        files.write_json(place / CARD, card, mode=files.OWNER_ONLY)


def id_there(place: Path) -> str | None:
    """Of the device that the folder belongs to; None where there is none, or nobody can read it."""
    try:
        return str(files.read_json(place / CARD)["id"])
    except (StudioError, OSError, KeyError, TypeError):
        return None


def _row(session: Any) -> DeviceRecord | None:
    row: DeviceRecord | None = session.scalar(select(DeviceRecord).where(DeviceRecord.here,
                                                                         DeviceRecord.revoked_at.is_(None)))
    return row
