"""What the vision studio's routes take and give."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from trivium.core.views import Name, RunView
from trivium.vision.activity.views import VideoView, video_view
from trivium.vision.api.mask_views import MaskView, mask_view
from trivium.vision.classification.data import is_blurred
from trivium.vision.collect.taking import Taking
from trivium.vision.labels.boxes import MAX_BOXES
from trivium.vision.labels.painting import mask_size
from trivium.vision.project import NAME, Project

MOST_ROWS = 200  # of a kind that an import's report lists; it says how many there are

ProjectName = Annotated[str, Field(pattern=f"^{NAME.pattern}$", description="Letters, digits, dots, dashes, _.")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
ClassName = Annotated[str, Field(min_length=1, max_length=100)]
Pictures = Annotated[list[Sha256], Field(min_length=1, max_length=20_000)]
Show = Literal["all", "labelled", "unlabelled", "doubtful", "blurred"]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ClassView(BaseModel):
    """A class and how many photos show it; for detection, how many boxes it has as well; for segmentation, its share of
    all labelled pixels."""

    name: str
    photos: int
    boxes: int = 0
    area: float = 0.0


class ProjectView(BaseModel):
    """A project at a glance."""

    name: str
    task: str
    created_at: float
    photos: int
    labelled: int
    doubtful: int
    classes: list[ClassView]
    cover: list[str] = Field(description="Photos to show it by, by their sha256.")


class NewProject(_Body):
    """A project to make."""

    name: ProjectName
    task: Literal["classification", "detection", "segmentation", "activity", "anomaly"] = "classification"


class NewClass(_Body):
    """A class to make."""

    name: ClassName


class RenamedClass(_Body):
    """Another name for a class; where that is a class already, the two become one."""

    name: ClassName
    to: ClassName


class BoxView(_Body):
    """An object and its corners: left, top, right, bottom as shares of the upright photo."""

    label: ClassName
    xyxy: Annotated[list[float], Field(min_length=4, max_length=4)]


class PhotoView(BaseModel):
    """A photo of a project."""

    sha256: str
    name: str
    label: str | None
    version: int = Field(description="Rises with everything that is done to it; to be sent along with a new label.")
    width: int
    height: int
    blurred: bool
    doubts: list[str] = Field(description="Why a person should look at its label.")
    boxes: list[BoxView] | None = Field(None, description="For detection: [] where nothing is there, null where nobody "
                                                          "has looked yet.")
    video: VideoView | None = Field(None, description="Of a video.")
    mask: MaskView | None = Field(None, description="For segmentation; null where nobody has looked yet.")
    mask_size: Annotated[list[int], Field(min_length=2, max_length=2,
                                          description="Width and height of its mask, in pixels.")]


class PhotoPage(BaseModel):
    """Some photos of a project, and how many there are of their kind."""

    total: int
    items: list[PhotoView]


class FindingsView(BaseModel):
    """What to look at before training. Photos by their sha256."""

    near_copies: list[list[str]] = Field(description="Groups that show nearly the same, the sharpest first.")
    blurred: list[str]
    doubtful: list[str]
    warnings: list[str]


class LabelChange(_Body):
    """A label for a photo, or none; `version` is the one its labeller has seen, left out where that doesn't matter."""

    sha256: Sha256
    label: ClassName | None
    version: int | None = None


class Labelling(_Body):
    """Photos and what they show."""

    changes: Annotated[list[LabelChange], Field(min_length=1, max_length=20_000)]


class LabelOutcome(BaseModel):
    """The photos as they are now: those that got the label, and those that somebody else has changed meanwhile."""

    done: list[PhotoView]
    refused: list[PhotoView]
    gone: list[str] = Field(description="No longer in the project.")


class PhotoBoxes(_Body):
    """All boxes of a photo; `version` is the one that was seen, left out where that doesn't matter."""

    boxes: Annotated[list[BoxView], Field(max_length=MAX_BOXES)] | None
    version: int | None = None


class BoxesChange(PhotoBoxes):
    """All boxes of one of several photos."""

    sha256: Sha256


class Drawing(_Body):
    """Photos and where what is on them."""

    changes: Annotated[list[BoxesChange], Field(min_length=1, max_length=20_000)]


class PhotoChoice(_Body):
    """Photos by their sha256."""

    photos: Pictures


class Changed(BaseModel):
    """The photos that something was done to."""

    photos: list[str]


class FileRemark(BaseModel):
    """A file and what is to be said of it."""

    file: str
    message: str


class AnnotationReport(BaseModel):
    """What annotation files have given: COCO, Pascal VOC, YOLO, .lst CSV, or mask files."""

    format: Literal["coco", "voc", "yolo", "lst", "csv", "ranges", "masks"]
    photos: int = Field(description="Photos that got boxes, or were said to show nothing.")
    boxes: int
    notes: list[str] = Field(description="What came of it, in plain sentences.")


class ImportReport(BaseModel):
    """What came of an import. Lists are cut; the counts are not."""

    added: int
    relabelled: int
    known: int = Field(description="Were here already.")
    conflicts: int = Field(description="Came under two classes; the first was kept, look at them.")
    left_out: int
    passed_over: list[FileRemark]
    remarks: list[FileRemark]
    split_folders: bool
    annotations: AnnotationReport | None


class ImportView(BaseModel):
    """Photos on their way into a project, or what became of them."""

    id: str
    project: str
    file: str
    state: Literal["waiting", "working", "done", "failed"]
    read: int
    total: int
    message: str | None
    hint: str | None
    report: ImportReport | None


class SuggestionView(BaseModel):
    """What a model thinks that a photo shows, which has no label or another one."""

    sha256: str
    name: str
    label: str | None
    predicted: str
    confidence: float


class VisionSettings(BaseModel):
    """The JSON Schemas that forms are made from: of a training's settings for each task, and of watching."""

    train: dict[str, Any]
    detect: dict[str, Any]
    act: dict[str, Any]
    segment: dict[str, Any]
    anomaly: dict[str, Any]
    ready: dict[str, Any]
    watch: dict[str, Any]


class VisionTraining(_Body):
    """A training to start."""

    project: ProjectName
    name: Name | None = None
    config: dict[str, Any] = Field(default_factory=dict, description="As the schema says.")
    seed: Annotated[int, Field(ge=0, le=2**31 - 1, description="Same seed, same training.")] = 1


class ProjectTraining(BaseModel):
    """A training of a project, and its score where it has a result: how often it is right, for detection mAP50, for
    segmentation mIoU, for anomaly AUROC."""

    run: RunView
    accuracy: float | None
    map50: float | None
    miou: float | None
    auroc: float | None = None
    interval: tuple[float, float] | None
    n: int | None


class ClassScore(BaseModel):
    """How well a class is known, with 95 % intervals."""

    name: str
    n: int
    recall: float
    interval: tuple[float, float]
    precision: float
    f1: float


class Fold(BaseModel):
    fold: int
    n: int
    accuracy: float


class CalibrationBin(BaseModel):
    """Photos of which the model was about as sure, and how often it was right there."""

    confidence: float
    n: int
    accuracy: float
    interval: tuple[float, float]


class Baseline(BaseModel):
    name: str
    accuracy: float


class VisionEvaluation(BaseModel):
    """How good a classifier is on photos that it has not learned from."""

    project: str
    how: str
    accuracy: float
    interval: tuple[float, float]
    n: int
    macro_recall: float
    macro_f1: float
    baseline: Baseline
    classes: list[str]
    confusion: list[list[int]] = Field(description="Rows: what a photo shows. Columns: what the model said.")
    per_class: list[ClassScore]
    folds: list[Fold]
    calibration_error: float
    calibration: list[CalibrationBin]
    left_out: int | None = Field(description="Photos of another project that the model had learned from.")


class JudgedPhoto(BaseModel):
    """A photo and what was said of it while it was held out."""

    sha256: str
    name: str
    label: str
    predicted: str
    confidence: float
    truth: float = Field(description="The probability that was given to its own class.")
    start_s: float | None = Field(None, description="Of a clip: where it begins in its video.")
    end_s: float | None = None
    video: VideoView | None = None


class JudgedPage(BaseModel):
    total: int
    items: list[JudgedPhoto]


class Guess(BaseModel):
    label: str
    probability: float


class Verdict(BaseModel):
    """The likeliest classes of a picture, and whether the model knows such pictures at all."""

    predicted: str
    confidence: float
    top: list[Guess]
    known: bool | None = None  # null where it has not learned to tell
    oddness: float | None = Field(None, description="Of an anomaly model: how odd it is; 1 is the threshold.")
    odd_map: list[list[float]] | None = Field(None, description="Where it is odd, row by row, in the same unit.")


def project_view(project: Project) -> ProjectView:
    items = list(project.items.values())
    labelled, boxes, areas = project.labelled(), project.box_counts(), project.area_shares()
    cover: dict[str, str] = {}
    for item in items:
        cover.setdefault(next(iter(item.shown), ""), item.sha256)
    return ProjectView(
        name=project.name, task=project.task, created_at=project.created_at, photos=len(items), labelled=len(labelled),
        doubtful=sum(bool(item.doubts) for item in items), cover=list(cover.values())[:4],
        classes=[ClassView(name=name, photos=count, boxes=boxes[name], area=areas[name])
                 for name, count in project.counts().items()])


def photo_view(project: Project, sha256: str) -> PhotoView:
    item = project.items[sha256]
    return PhotoView(sha256=sha256, name=item.name, label=item.label, version=project.versions[sha256],
                     width=item.width, height=item.height, blurred=is_blurred(item), doubts=item.doubts,
                     boxes=None if item.boxes is None else [BoxView(label=box.label, xyxy=list(box.xyxy))
                                                            for box in item.boxes],
                     video=video_view(item), mask=mask_view(item.mask),
                     mask_size=list(mask_size(item.width, item.height)))


def import_view(taking: Taking) -> ImportView:
    found, (read, total) = taking.result, taking.count
    report = None
    if found:
        read = total = found["added"] + sum(len(found[kind]) for kind in ("known", "conflicts", "passed_over"))
        report = ImportReport(
            added=found["added"], relabelled=found["relabelled"], known=len(found["known"]),
            conflicts=len(found["conflicts"]), left_out=len(found["passed_over"]),
            passed_over=found["passed_over"][:MOST_ROWS], remarks=found["remarks"][:MOST_ROWS],
            split_folders=found["split_folders"],
            annotations=AnnotationReport.model_validate(found["annotations"], extra="ignore")
            if found["annotations"] else None)
    return ImportView(id=taking.id, project=taking.name, file=taking.file, state=taking.state, read=read,
                      total=total, message=taking.message, hint=taking.hint, report=report)


def evaluation_view(report: dict[str, Any]) -> VisionEvaluation:
    rows = [ClassScore(name=name, **report["per_class"][name]) for name in report["classes"]]
    rest = {name: report.get(name) for name in VisionEvaluation.model_fields if name != "per_class"}
    return VisionEvaluation.model_validate({**rest, "calibration": report.get("calibration") or [], "per_class": rows})
