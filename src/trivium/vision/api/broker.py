"""The routes of the embedded MQTT broker, which lives as long as the server does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Path, Request, Response

from trivium.vision.api.devices import Devices, registry_of
from trivium.vision.broker import calls
from trivium.vision.broker.handle import BrokerHandle
from trivium.vision.broker.republisher import Republisher
from trivium.vision.broker.settings import NAME
from trivium.vision.broker.views import BrokerSwitch, BrokerView, MadeBrokerAccount, NewBrokerAccount


@asynccontextmanager
async def broker_of(app: FastAPI) -> AsyncIterator[None]:
    """The broker, where it is wanted, and the studio's line to it."""
    registry, host = registry_of(app), app.state.settings.host
    handle = app.state.vision_broker = BrokerHandle(registry.broker, host, registry.accounts)
    republisher = Republisher(registry, host, lambda: handle.port)
    handle.start()
    republisher.start()
    try:
        yield
    finally:
        await asyncio.to_thread(republisher.close)
        await asyncio.to_thread(handle.close)


router = APIRouter(tags=["vision broker"], lifespan=broker_of)


def handle_of(request: Request) -> BrokerHandle:
    handle: BrokerHandle = request.app.state.vision_broker
    return handle


Handle = Annotated[BrokerHandle, Depends(handle_of)]


@router.get("/broker")
def get_broker(devices: Devices, handle: Handle) -> BrokerView:
    """The broker: whether it runs, where, who may come in, what it refused."""
    return calls.view_of(devices, handle)


@router.put("/broker")
def switch_broker(devices: Devices, handle: Handle, body: BrokerSwitch) -> BrokerView:
    """Switch it on or off, or let it listen elsewhere."""
    calls.switched(devices, body.on, body.port)
    return calls.view_of(devices, handle)


@router.post("/broker/accounts", status_code=201)
def add_broker_account(devices: Devices, body: NewBrokerAccount) -> MadeBrokerAccount:
    """Make an account for a program of one's own; its password is told this once."""
    return calls.added(devices, body)


@router.delete("/broker/accounts/{name}", status_code=204)
def remove_broker_account(devices: Devices, name: Annotated[str, Path(pattern=NAME)]) -> Response:
    """Take such an account away; its connection ends."""
    calls.removed(devices, name)
    return Response(status_code=204)
