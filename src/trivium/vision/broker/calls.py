"""The broker as plain functions, for commands, routes, notebooks and scripts.

    from trivium.vision.broker import calls
    calls.switch(True)
    calls.add("home-assistant")["password"]
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from trivium.core.studio import parse_config
from trivium.errors import BadConfig, NameTaken, NotFound
from trivium.settings import DEFAULT_HOST
from trivium.vision.broker.accounts import Account, hashed
from trivium.vision.broker.handle import BrokerHandle
from trivium.vision.broker.settings import EVERYTHING, RESERVED, Client
from trivium.vision.broker.views import BrokerAccount, BrokerView, MadeBrokerAccount, NewBrokerAccount, Refusal
from trivium.vision.devices.calls import registry_in
from trivium.vision.devices.registry import Registry

NEW = "trivium.vision.broker.views:NewBrokerAccount"
NOT_UP = "It runs while the studio does: trivium up"


def broker(data: Path | str | None = None) -> dict[str, Any]:
    """The broker: whether it runs, where, who may come in, what was refused."""
    with registry_in(data) as registry:
        return view_of(registry).model_dump(mode="json")


def switch(on: bool, port: int | None = None, data: Path | str | None = None) -> dict[str, Any]:
    """Switch it on or off; a studio that runs does so at once."""
    with registry_in(data) as registry:
        switched(registry, on, port)
        return view_of(registry).model_dump(mode="json")


def add(name: str, read: Sequence[str] | None = None, write: Sequence[str] | None = None,
        data: Path | str | None = None) -> dict[str, Any]:
    """Make an account for a program: {"name", "password", "address", "example"}. The password is told this once."""
    with registry_in(data) as registry:
        wanted: Any = parse_config(NEW, {"name": name, "read": list(read) if read else None,
                                         "write": list(write) if write else None})
        return added(registry, wanted).model_dump(mode="json")


def remove(name: str, data: Path | str | None = None) -> None:
    """Take a program's account away; where it is connected, its connection ends."""
    with registry_in(data) as registry:
        removed(registry, name)


def switched(registry: Registry, on: bool, port: int | None) -> None:
    """Write down what is wanted; the studio's handle sees to it."""
    with registry.broker.changing() as settings:
        settings.on, settings.port = on, settings.port if port is None else port
    registry.write_accounts()


def added(registry: Registry, wanted: NewBrokerAccount) -> MadeBrokerAccount:
    """A new account of a client."""
    if (wrong := wanted.wrong()) is not None:
        raise BadConfig(f"{wrong!r} is no topic.", "A topic looks like trivium/kitchen/#; # stands at its end alone.")
    password = secrets.token_urlsafe(24)
    with registry.broker.changing() as settings:
        taken = {*RESERVED, *(each.name for each in settings.clients), *(each.name for each in registry.accounts())}
        if wanted.name in taken:
            raise NameTaken(f"{wanted.name} has an account already.", "Choose another name.")
        settings.clients.append(Client(
            name=wanted.name, hash=hashed(password), read=list(EVERYTHING) if wanted.read is None else wanted.read,
            write=[f"trivium/{wanted.name}/#"] if wanted.write is None else wanted.write, created_at=time.time()))
    registry.write_accounts()
    host, port = where(registry)
    return MadeBrokerAccount(
        name=wanted.name, password=password, address=f"mqtt://{host}:{port}",
        example=f"mosquitto_sub -h {host} -p {port} -u {wanted.name} -P {password} -t 'trivium/#' -v")


def removed(registry: Registry, name: str) -> None:
    """An account of a client goes."""
    with registry.broker.changing() as settings:
        if settings.client(name) is None:
            raise NotFound(f"There is no account {name[:64]} that can be removed.",
                           "Devices have theirs until they are removed: trivium vision devices revoke")
        settings.clients = [each for each in settings.clients if each.name != name]
    registry.write_accounts()


def where(registry: Registry) -> tuple[str, int]:
    """Where it listens, or is to."""
    said = registry.broker.status() or {}
    return str(said.get("host", DEFAULT_HOST)), int(said.get("port", registry.broker.settings().port))


def view_of(registry: Registry, handle: BrokerHandle | None = None) -> BrokerView:
    """The broker as it is; without the studio's handle, as far as its folder tells."""
    settings, said = registry.broker.settings(), registry.broker.status() or {}
    runs = handle.state == "running" if handle else bool(said)
    state, message = (handle.state, handle.message) if handle else (
        "running" if runs else "off", "" if runs or not settings.on else NOT_UP)
    here = {each["account"] for each in said.get("clients", [])} if runs else set()
    host, port = where(registry)
    everybody = [("client", Account(each.name, "", tuple(each.read), tuple(each.write))) for each in settings.clients]
    everybody += [("device", each) for each in registry.accounts()]
    return BrokerView.model_validate({
        "on": settings.on, "port": settings.port, "state": state, "message": message,
        "address": f"mqtt://{host}:{port}" if runs else None, "messages": said.get("messages", 0) if runs else 0,
        "waiting": registry.unpublished_count(),
        "accounts": [BrokerAccount.model_validate({"name": each.name, "kind": kind, "read": list(each.read),
                                                   "write": list(each.write), "here": each.name in here})
                     for kind, each in everybody],
        "refused": [Refusal.model_validate(row) for row in said.get("refused", [])]})
