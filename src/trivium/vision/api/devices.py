"""The routes of devices: for the pages, and, each with the device's own credential, for the devices themselves.

The latter stand on the gate's public list and ask for the credential here: `device_join`, `device_desired`,
`device_bundle`, `device_messages`.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path as Folder
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Path, Query, Request, Response
from fastapi.responses import FileResponse
from starlette.concurrency import run_in_threadpool

from trivium.core.once import once
from trivium.vision.api.state import Index
from trivium.vision.broker.folder import BrokerFolder
from trivium.vision.devices import here
from trivium.vision.devices.bell import Bell
from trivium.vision.devices.handle import HereHandle, address
from trivium.vision.devices.registry import Registry
from trivium.vision.devices.setup import Setup
from trivium.vision.devices.views import (
    Delivery,
    Deployment,
    Desired,
    DeviceEvent,
    DeviceView,
    JoinCode,
    Joined,
    Joining,
    Taken,
    Wanted,
)


@asynccontextmanager
async def this_machine(app: FastAPI) -> AsyncIterator[None]:
    """The agent beside the studio, where this machine is a device."""
    handle = handle_of(app)
    handle.start()
    try:
        yield
    finally:
        await asyncio.to_thread(handle.close)


router = APIRouter(tags=["vision devices"], lifespan=this_machine)

DeviceId = Annotated[str, Path(pattern=r"^[0-9A-Za-z_-]{1,64}$", description="A device's id.")]
Project = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$", description="A project on the device.")]


def registry(request: Request) -> Registry:
    """One for the whole server: it counts wrong codes."""
    return registry_of(request.app)


def registry_of(app: Any) -> Registry:
    state = app.state
    return once(state, "vision_devices", lambda: Registry(state.db, state.blobs, BrokerFolder(state.settings.data)))


Devices = Annotated[Registry, Depends(registry)]


def handle_of(app: Any) -> HereHandle:
    settings, registry = app.state.settings, registry_of(app)
    return once(app.state, "vision_here", lambda: HereHandle(registry, here.folder(settings.data),
                                                             address(settings.host, settings.port)))


def beside(request: Request) -> HereHandle:
    return handle_of(request.app)


Beside = Annotated[HereHandle, Depends(beside)]


def explained(view: DeviceView, handle: HereHandle) -> DeviceView:
    """With the reason why the agent beside the studio does not work."""
    return view.model_copy(update={"trouble": handle.message}) if view.here else view


def bell(request: Request, devices: Devices) -> Bell:
    """One for the whole server, which the registry rings."""
    return once(request.app.state, "vision_bell", lambda: hung_up(request.app.state.hub, devices))


def hung_up(hub: Any, devices: Registry) -> Bell:
    made = Bell(devices.marks)
    devices.changed = made.ring
    hub.farewells.append(made.close)
    return made


def device(request: Request, devices: Devices) -> str:
    """The device that asks, by its credential."""
    scheme, _, credential = request.headers.get("authorization", "").partition(" ")
    return devices.known(credential.strip() if scheme.lower() == "bearer" else "")


Asking = Annotated[str, Depends(device)]


@router.get("/devices")
def list_devices(devices: Devices, handle: Beside) -> list[DeviceView]:
    """The devices, what each is to run, and how it is."""
    return [explained(view, handle) for view in devices.devices()]


@router.post("/devices/here", status_code=201)
def use_this_machine(devices: Devices, handle: Beside) -> DeviceView:
    """Make the machine that the studio runs on a device, at once and without a code; there is one such at most."""
    view = here.use(devices)
    handle.wake()
    return view


@router.post("/devices/codes", status_code=201)
def new_device_code(devices: Devices, request: Request) -> JoinCode:
    """A code by which one machine can join, within ten minutes."""
    return devices.new_code(str(request.base_url).rstrip("/"))


@router.get("/devices/events")
def list_device_events(devices: Devices, device: str | None = None, project: str | None = None,
                       kind: str | None = None, limit: Annotated[int, Query(ge=1, le=1000)] = 100
                       ) -> list[DeviceEvent]:
    """What devices said, newest first."""
    return devices.events(device, project, kind, limit)


@router.get("/devices/{device_id}")
def get_device(devices: Devices, handle: Beside, device_id: DeviceId) -> DeviceView:
    """One device."""
    return explained(devices.get(device_id), handle)


@router.delete("/devices/{device_id}", status_code=204)
def revoke_device(devices: Devices, handle: Beside, device_id: DeviceId) -> Response:
    """Take a device's credential back; what it said stays."""
    devices.revoke(device_id)
    handle.wake()
    return Response(status_code=204)


@router.post("/devices/{device_id}/projects", status_code=201)
def deploy_to_device(devices: Devices, index: Index, device_id: DeviceId, body: Deployment) -> Wanted:
    """Let a device run a training's model; the bundle is tried once more before it goes."""
    from trivium.vision.deploy import deploy

    folder = index.folder(body.run)
    with tempfile.TemporaryDirectory(prefix="trivium-") as scratch:
        bundle = Folder(scratch) / "bundle.zip"
        deploy(folder, bundle)
        return devices.deploy(device_id, bundle, body.project, body.setup)


@router.put("/devices/{device_id}/projects/{project}/setup")
def set_up_device_project(devices: Devices, device_id: DeviceId, project: Project, body: Setup) -> Wanted:
    """Change what a project on a device watches, and its rules."""
    return devices.set_up(device_id, project, body)


@router.post("/devices/{device_id}/projects/{project}/rollback")
def roll_back_device_project(devices: Devices, device_id: DeviceId, project: Project) -> Wanted:
    """Let the version run again that ran before."""
    return devices.roll_back(device_id, project)


@router.delete("/devices/{device_id}/projects/{project}", status_code=204)
def remove_device_project(devices: Devices, device_id: DeviceId, project: Project) -> Response:
    """Take a project off a device."""
    devices.remove(device_id, project)
    return Response(status_code=204)


@router.post("/device/join", status_code=201)
def device_join(devices: Devices, body: Joining) -> Joined:
    """For a machine that wants to become a device: its code for a credential."""
    return devices.join(body.code, body.name)


@router.get("/device/desired")
async def device_desired(devices: Devices, asking: Asking, bell: Annotated[Bell, Depends(bell)],
                         known: Annotated[str, Query(max_length=64, description="The mark of what it has.")] = "",
                         wait_s: Annotated[float, Query(ge=0.0, le=60.0)] = 0.0) -> Desired:
    """For a device: what it is to run. As long as that is what it has, the answer waits, `wait_s` seconds at most."""
    if known and wait_s:
        await bell.wait(asking, known, wait_s)
    return await run_in_threadpool(devices.desired, asking)


@router.get("/device/bundles/{sha256}", response_class=FileResponse)
def device_bundle(devices: Devices, asking: Asking,
                  sha256: Annotated[str, Path(pattern="^[0-9a-f]{64}$")]) -> FileResponse:
    """For a device: a bundle that it is to run."""
    return FileResponse(devices.bundle(asking, sha256), media_type="application/zip")


@router.post("/device/messages")
def device_messages(devices: Devices, asking: Asking, body: Delivery) -> Taken:
    """For a device: what it has to say; each message is kept once, however often it comes."""
    return Taken(acknowledged=devices.take(asking, body))
