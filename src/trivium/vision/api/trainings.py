"""The routes of trainings: the schema of their settings, start one, what came of it, and its model tried out."""

from __future__ import annotations

import contextlib
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool

from trivium.core import files
from trivium.core.task_queue import UPLOAD, receive
from trivium.core.views import RunView
from trivium.errors import BadConfig, BadFile, StudioError
from trivium.vision import STUDIO
from trivium.vision.activity.config import ActivityConfig
from trivium.vision.activity.views import video_view
from trivium.vision.anomaly.config import AnomalyConfig
from trivium.vision.api.mask_views import MaskEvaluation, mask_evaluation_view
from trivium.vision.api.state import (
    CHOOSE,
    IS_NEAR,
    Arriving,
    Data,
    FileName,
    Index,
    Limit,
    Name,
    Offset,
    Projects,
    RunId,
    upload_body,
)
from trivium.vision.api.views import (
    JudgedPage,
    JudgedPhoto,
    ProjectTraining,
    Verdict,
    VisionEvaluation,
    VisionSettings,
    VisionTraining,
    evaluation_view,
)
from trivium.vision.classification.config import TrainConfig
from trivium.vision.collect.store import PICTURE_CAP_BYTES
from trivium.vision.detection.config import DetectConfig
from trivium.vision.evaluate import SINGLE, evaluate
from trivium.vision.finished import FIGURES, REPORT, of_a_class, training
from trivium.vision.library import Library
from trivium.vision.project import SEGMENTATION
from trivium.vision.ready_made.config import ReadyMadeConfig
from trivium.vision.segmentation.config import SegmentConfig
from trivium.vision.stream.config import WatchConfig
from trivium.vision.submit import project_of, submit_training
from trivium.vision.tasks import task_of, training_settings

router = APIRouter(tags=["vision"])

MOST_TRAININGS = 200
FRAME_SIDE = 1024  # pixels
Top = Annotated[int, Query(ge=1, le=100, description="Likeliest classes to tell.")]
Class = Annotated[str | None, Query(max_length=100)]


@router.get("/schema")
def get_vision_settings() -> VisionSettings:
    """The settings of trainings and of watching: ranges, defaults, and what more and less of each does."""
    return VisionSettings(train=TrainConfig.model_json_schema(), detect=DetectConfig.model_json_schema(),
                          act=ActivityConfig.model_json_schema(), segment=SegmentConfig.model_json_schema(),
                          anomaly=AnomalyConfig.model_json_schema(), ready=ReadyMadeConfig.model_json_schema(),
                          watch=WatchConfig.model_json_schema())


@router.post("/trainings", status_code=201)
def create_vision_training(body: VisionTraining, index: Index, data: Data) -> RunView:
    """Make a training on a project's labelled photos and start it, at once or as soon as there is room."""
    config = training_settings(data, body.project, body.config)
    run = index.create(
        STUDIO.id, "train", body.name and body.name.strip(),
        lambda name: submit_training(data, body.project, config, body.seed, name)[0], usual=body.project)
    return index.launch(run.id)


@router.get("/projects/{name}/trainings", dependencies=IS_NEAR)
def list_project_trainings(name: Name, index: Index) -> list[ProjectTraining]:
    """The trainings of a project, newest first, with their scores."""
    found = []
    for run in index.page(STUDIO.id, "train", MOST_TRAININGS, None).items:
        folder = index.folder(run.id)
        try:
            if project_of(folder) != name:
                continue
            report = files.read_json(folder / files.OUT / REPORT) if run.state == "succeeded" else {}
        except StudioError:  # damaged; its own page says so
            continue
        found.append(ProjectTraining(run=run, **{figure: report.get(figure) for figure in FIGURES}))
    return found


@router.get("/trainings/{run_id}/evaluation")
def get_vision_evaluation(
    run_id: RunId, index: Index, data: Data,
    on: Annotated[str | None, Query(max_length=64, description="Another project to judge the model on.")] = None,
) -> VisionEvaluation | MaskEvaluation:
    """How good a classifier or a segmentation model is on photos that it has not learned from."""
    _, spec = training(index.folder(run_id), (*SINGLE, SEGMENTATION))  # of a detector the figures are others
    view = mask_evaluation_view if task_of(spec) == SEGMENTATION else evaluation_view
    return view(evaluate(index.folder(run_id), on, data))


@router.get("/trainings/{run_id}/judged")
def list_judged(run_id: RunId, index: Index, kept: Projects, label: Class = None, predicted: Class = None,
                wrong: bool = False, offset: Offset = 0, limit: Limit = 60) -> JudgedPage:
    """The photos of a cell of the table of confusions, or all; those whose own class was thought least likely first.

    Of the wrong ones, those that the model was surest of come first.
    """
    from trivium.vision.classification.results import judged

    rows = judged(index.folder(run_id), label, predicted, wrong)
    page = [JudgedPhoto(**row) for row in rows[offset:offset + limit]]
    return JudgedPage(total=len(rows), items=with_videos(page, kept, project_of(index.folder(run_id))))


def with_videos(rows: list[JudgedPhoto], kept: Library, project: str | None) -> list[JudgedPhoto]:
    """Clips with what pages play them by, as long as their project is there."""
    if project is None or not any(row.end_s is not None for row in rows):
        return rows
    with contextlib.suppress(StudioError), kept.open(project) as found:
        return [row.model_copy(update={"video": video_view(found.items[row.sha256])}) if row.sha256 in found.items
                else row for row in rows]
    return rows


# the model at work


@router.post("/trainings/{run_id}/classify", openapi_extra=upload_body("A photo.", PICTURE_CAP_BYTES))
async def classify_photo(request: Request, run_id: RunId, index: Index, arriving: Arriving, file: FileName,
                         top: Top = 5) -> Verdict:
    """What is on a photo. It is read in a confined process, and not kept."""
    from trivium.vision.classification.classify import classify

    run = await run_in_threadpool(index.folder, run_id)
    await run_in_threadpool(of_a_class, run)
    folder = arriving.room()
    try:
        await receive(request.stream(), folder / UPLOAD, CHOOSE)
        found = await run_in_threadpool(lambda: classify(run, folder / UPLOAD, top, called=file))
    finally:
        arriving.clear(folder)
    if found["passed_over"]:
        message, _, hint = found["passed_over"][0]["message"].partition(". ")
        raise BadFile(f"{message.rstrip('.')}.", hint)
    if found["n"] != 1:
        raise BadConfig("This is more than one photo.", "Choose a single one.")
    return Verdict.model_validate(found["results"][0], extra="ignore")


@router.post("/trainings/{run_id}/classify:frame",
             openapi_extra=upload_body("Pixels, row by row, RGBA with 8 bits each.", 4 * FRAME_SIDE**2))
async def classify_frame(request: Request, run_id: RunId, index: Index, kept: Projects,
                         width: Annotated[int, Query(ge=8, le=FRAME_SIDE)],
                         height: Annotated[int, Query(ge=8, le=FRAME_SIDE)], top: Top = 5) -> Verdict:
    """What is on a frame of a camera. Pixels and not a file, so nothing has to be decoded and nothing can go wrong."""
    from trivium.vision.classification.ready import classify_pixels

    pixels = await request.body()
    if len(pixels) != 4 * width * height:
        raise BadFile("These are not as many pixels as width and height say.", "Send width x height x 4 bytes.")
    folder = await run_in_threadpool(index.folder, run_id)
    found = await run_in_threadpool(classify_pixels, folder, pixels, (width, height), top)
    return Verdict.model_validate(found, extra="ignore")
