"""One step of composing: in a run of its own, as the pages do it, or right here, as the command line does.

A run takes the piece and the model along in inputs/ and tells each edit or note as a sample event, so the page hears of
it at once over the live stream. It ends with out/composition.json and .mid, out/story.json (all that was told) and
out/result.json; stopped half-way it leaves what there was so far. This module is light: the server makes the runs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trivium.core import files
from trivium.core.events import read_events
from trivium.core.run import Run
from trivium.core.runfolder import Content, create_run, find_run
from trivium.core.spec import Spec, read_spec
from trivium.core.status import ACTIVE, read_status
from trivium.core.studio import parse_config
from trivium.errors import BadConfig, NotFound
from trivium.music import STUDIO
from trivium.music.compose_config import ComposeConfig
from trivium.music.files.midi_write import write_midi
from trivium.music.models import is_shipped
from trivium.music.notes import Composition
from trivium.music.techniques import Composed, Model, Tell, find_technique
from trivium.settings import data_folder

PIECE, SOURCE, WEIGHTS, CARD = "piece.json", "source.json", "model.safetensors", "model.json"
COMPOSITION, MIDI, STORY, RESULT = "composition.json", "composition.mid", "story.json", "result.json"


def submit_composing(data: Path, name: str, config: ComposeConfig, piece: Composition, seed: int,
                     model: str | None = None, source: dict[str, Any] | None = None) -> Path:
    """A queued step in DATA/runs; `source` says which composition the piece was, and which training the model is of.

    The model in the package counts as nobody's training, even where a run has it.
    """
    found = find_technique(config.technique).model(data, model)
    known = dict(source or {})
    if known.get("training") and is_shipped(found):
        known["training"] = None
    inputs: dict[str, Content] = {
        PIECE: piece.model_dump_json(), SOURCE: json.dumps(known), WEIGHTS: found.weights,
        CARD: json.dumps({"name": found.name, "card": found.card}, ensure_ascii=False)}
    return create_run(STUDIO, "compose", name, config, data=data, seed=seed, inputs=inputs, threads=1)


def prepare(config: ComposeConfig, run: Run) -> None:
    """Load the technique, while the run may still read files outside its folder."""
    find_technique(config.technique).composer()


def compose_run(config: ComposeConfig, run: Run) -> None:
    """Do the step of a run."""
    piece = Composition.model_validate_json(files.read_file(run.input(PIECE)))
    card = files.read_json(run.input(CARD))
    model = Model(str(card["name"]), files.read_file(run.input(WEIGHTS)), card["card"])
    story: list[dict[str, Any]] = []

    def tell(name: str, news: dict[str, Any], fraction: float) -> None:
        story.append({"name": name, "news": news})
        run.sample(len(story), name, news)
        run.progress(len(story), fraction)

    composed = find_technique(config.technique).composer()(piece, config.controls, model, run.seed, tell,
                                                           lambda: run.stopped)
    files.atomic_write(run.out(COMPOSITION), composed.piece.model_dump_json())
    files.atomic_write(run.out(MIDI), write_midi(composed.piece))
    files.atomic_write(run.out(STORY), json.dumps(story))
    files.atomic_write(run.out(RESULT), json.dumps(result(composed, model, run.seed), ensure_ascii=False))


@dataclass(frozen=True)
class Step:
    """A step as a run leaves it."""

    piece: Composition
    technique: str
    settings: dict[str, Any]
    source: str | None  # the composition that it was made from
    seed: int
    model: str
    training: str | None  # the run that trained the model, where it is one of this studio's


def step_of(folder: Path, taken_back: Sequence[int] = ()) -> Step:
    """What a run has composed, with some of its edits taken back.

    A run that was cut off has no result, but it has told what it did: that is kept.
    """
    spec = spec_of(folder)
    whole = (folder / files.OUT / RESULT).is_file()
    story = [] if whole and not taken_back else story_of(folder)
    if not whole and (not story or read_status(folder).state in ACTIVE):
        raise NotFound("This run has composed nothing yet.", "Wait until it is done.")
    technique = ComposeConfig.model_validate(spec.config).technique
    settings: dict[str, Any] = {technique: spec.config[technique]}
    if story:
        piece = find_technique(technique).retold(begin_of(folder), story, taken_back)
    else:
        piece = Composition.model_validate_json(files.read_file(folder / files.OUT / COMPOSITION))
    if taken_back:
        settings["taken_back"] = sorted(taken_back)
    source = source_of(folder)
    return Step(piece, technique, settings, source.get("composition"), spec.seed, model_of(folder),
                source.get("training"))


def spec_of(folder: Path) -> Spec:
    """The spec of a run of composing."""
    spec = read_spec(folder)
    if (spec.studio, spec.kind) != (STUDIO.id, "compose"):
        raise BadConfig("This run has composed nothing.", "Choose a run of composing.")
    return spec


def story_of(folder: Path) -> list[dict[str, Any]]:
    """What a run of composing has told so far, in order: {"name", "news"}."""
    if (folder / files.OUT / STORY).is_file():
        told: list[dict[str, Any]] = files.read_json(folder / files.OUT / STORY)
        return told
    return [{"name": event["name"], "news": event["data"]}
            for event in read_events(folder / files.EVENTS, kind="sample")]


def begin_of(folder: Path) -> Composition:
    """The piece that a run of composing began with."""
    return Composition.model_validate_json(files.read_file(folder / files.INPUTS / PIECE))


def source_of(folder: Path) -> dict[str, Any]:
    """Where piece and model came from: {"composition": id, "training": id}, as far as they were kept ones."""
    found: dict[str, Any] = files.read_json(folder / files.INPUTS / SOURCE)
    return found


def model_of(folder: Path) -> str:
    """The name of the model that composes."""
    return str(files.read_json(folder / files.INPUTS / CARD)["name"])


def story(run: str | Path, *, data: Path | str | None = None) -> list[dict[str, Any]]:
    """What a step of composing did, one edit or passage after the other; `run` is its folder, id or name."""
    folder = find_run(data_folder(data), str(run))
    spec_of(folder)
    return story_of(folder)


def result(composed: Composed, model: Model, seed: int) -> dict[str, Any]:
    """What there is to say of a step, beside its notes."""
    return {"seed": seed, "model": model.name, "added": composed.added, "removed": composed.removed,
            "is_whole": composed.is_whole, **composed.facts}


def compose(piece: Composition, technique: str = "arcnn", controls: Mapping[str, Any] | None = None, *,
            preset: str | None = None, model: str | None = None, seed: int = 1, data: Path | str | None = None,
            tell: Tell = lambda *_: None,
            cancelled: Callable[[], bool] = lambda: False) -> tuple[Composition, dict[str, Any]]:
    """One step right here: the composition, and {"seed", "model", "added", "removed", ...}.

    `preset` is "gentle", "balanced" or "bold"; what `controls` names goes before it. `model` is a training's folder,
    name or id, or left out for the one in the package; `tell(kind, news, fraction)` hears of each edit or note.
    """
    found = find_technique(technique)
    checked = parse_config(found.controls, found.settings(controls or {}, preset))
    trained = found.model(data_folder(data), model)
    composed = found.composer()(piece, checked, trained, seed, tell, cancelled)
    return composed.piece, result(composed, trained, seed)
