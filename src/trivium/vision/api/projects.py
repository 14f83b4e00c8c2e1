"""The routes of projects: list, make, look into, delete; their classes; photos on their way in."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from trivium.core.task_queue import UPLOAD, receive
from trivium.errors import NameTaken
from trivium.vision.api.state import CHOOSE, Arriving, Data, FileName, Name, Projects, upload_body
from trivium.vision.api.views import (
    FindingsView,
    ImportView,
    NewClass,
    NewProject,
    ProjectView,
    RenamedClass,
    import_view,
    project_view,
)
from trivium.vision.deleting import delete_project
from trivium.vision.export.packing import formats_of, packed
from trivium.vision.labels import labelling
from trivium.vision.project import create, place_of

router = APIRouter(tags=["vision"])

ImportId = Annotated[str, Path(pattern=r"^[0-9A-Z]{1,64}$", description="An import's id.")]


@router.get("/projects")
def list_vision_projects(kept: Projects) -> list[ProjectView]:
    """The projects, by name."""
    found: list[ProjectView] = []
    kept.each(lambda project: found.append(project_view(project)))
    return found


@router.post("/projects", status_code=201)
def create_vision_project(body: NewProject, kept: Projects, data: Data) -> ProjectView:
    """Make a project that has no photos yet."""
    if place_of(data, body.name).exists():
        raise NameTaken(f"There is already a project called {body.name}.", "Choose another name.")
    create(data, body.name, body.task)
    with kept.open(body.name) as project:
        return project_view(project)


@router.get("/projects/{name}")
def get_vision_project(name: Name, kept: Projects) -> ProjectView:
    """One project at a glance."""
    with kept.open(name) as project:
        return project_view(project)


@router.delete("/projects/{name}", status_code=204)
def delete_vision_project(name: Name, kept: Projects, arriving: Arriving, data: Data) -> Response:
    """Delete a project with its photos, except those that another project has too; trainings keep their figures."""
    for taking in list(arriving.all.values()):
        if taking.name == name:
            arriving.drop(taking.id)
    delete_project(data, name)
    kept.forget(name)
    return Response(status_code=204)


@router.get("/projects/{name}/export-formats")
def list_export_formats(name: Name, kept: Projects) -> list[str]:
    """The formats that the project can leave in."""
    with kept.open(name) as project:
        return formats_of(project.task)


ZIP: dict[int | str, dict[str, Any]] = {200: {"content": {"application/zip": {}}, "description": "The project."}}
Format = Annotated[str, Query(max_length=40, description="One of those that export-formats lists.")]


@router.get("/projects/{name}/export", response_class=Response, responses=ZIP)
def export_vision_project(name: Name, kept: Projects, format: Format) -> FileResponse:
    """Photos and what is known of them as a zip for other programs."""
    with kept.open(name) as project:
        now = replace(project, items=dict(project.items))  # to write many takes long, and nobody has to wait for it
    made = packed(now, kept.store, format)
    return FileResponse(made, media_type="application/zip", filename=f"{name}-{format}.zip",
                        background=BackgroundTask(shutil.rmtree, made.parent, ignore_errors=True))


@router.get("/projects/{name}/findings")
def get_findings(name: Name, kept: Projects) -> FindingsView:
    """What to look at before training: near-copies, blur, doubtful labels, classes that are too small."""
    found = kept.findings(name)
    return FindingsView(near_copies=found.near_copies, blurred=found.blurred, doubtful=found.doubtful,
                        warnings=found.warnings)


# classes


@router.post("/projects/{name}/classes", status_code=201)
def create_class(name: Name, body: NewClass, kept: Projects) -> ProjectView:
    """Make a class that has no photos yet."""
    with kept.open(name) as project:
        labelling.add_class(project, body.name)
        return project_view(project)


@router.post("/projects/{name}/classes:rename")
def rename_class(name: Name, body: RenamedClass, kept: Projects) -> ProjectView:
    """Give a class another name; where that is a class already, the two become one."""
    with kept.open(name) as project:
        labelling.rename_class(project, body.name, body.to)
        return project_view(project)


@router.post("/projects/{name}/classes:delete")
def delete_class(name: Name, body: NewClass, kept: Projects) -> ProjectView:
    """Delete a class; its photos stay and have none."""
    with kept.open(name) as project:
        labelling.delete_class(project, body.name)
        return project_view(project)


# photos on their way in


@router.post("/projects/{name}/imports", status_code=202,
             openapi_extra=upload_body("A photo, or a zip of photos with a folder for each class."))
async def import_into_project(
    request: Request, name: Name, kept: Projects, arriving: Arriving, file: FileName,
    label: Annotated[str | None, Query(min_length=1, max_length=100, alias="class",
                                       description="What all of them show, whatever folder they lie in.")] = None,
) -> ImportView:
    """Take a photo or a zip of photos into a project. They are read afterwards; the import tells how it goes."""
    wanted = None if label is None else labelling.class_name(label)
    await run_in_threadpool(get_vision_project, name, kept)  # refused before anything is sent for nothing
    folder = arriving.room()
    try:
        await receive(request.stream(), folder / UPLOAD, CHOOSE)
    except BaseException:
        arriving.clear(folder)
        raise
    return import_view(await run_in_threadpool(arriving.begin, folder, name, file, wanted))


@router.get("/imports")
def list_imports(arriving: Arriving) -> list[ImportView]:
    """Photos that are being read, and what became of the last ones."""
    return [import_view(each) for each in list(arriving.all.values())]


@router.get("/imports/{import_id}")
def get_import(import_id: ImportId, arriving: Arriving) -> ImportView:
    """One import."""
    return import_view(arriving.get(import_id))


@router.delete("/imports/{import_id}", status_code=204)
def drop_import(import_id: ImportId, arriving: Arriving) -> Response:
    """Break an import off, or forget what became of it; photos that are in the project stay."""
    arriving.drop(import_id)
    return Response(status_code=204)
