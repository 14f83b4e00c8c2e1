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
from trivium.core.run import Run
from trivium.core.runfolder import Content, create_run
from trivium.core.spec import read_spec
from trivium.core.studio import parse_config
from trivium.errors import BadConfig, NotFound
from trivium.music import STUDIO
from trivium.music.compose_config import ComposeConfig
from trivium.music.midi_write import write_midi
from trivium.music.notes import Composition
from trivium.music.techniques import Composed, Model, Tell, find_technique
from trivium.settings import data_folder

PIECE, SOURCE, WEIGHTS, CARD = "piece.json", "source.json", "model.safetensors", "model.json"
COMPOSITION, MIDI, STORY, RESULT = "composition.json", "composition.mid", "story.json", "result.json"


def submit_composing(data: Path, name: str, config: ComposeConfig, piece: Composition, seed: int,
                     model: str | None = None, source: dict[str, Any] | None = None) -> Path:
    """A queued step in DATA/runs; `source` says which composition the piece was, and which training the model is of."""
    found = find_technique(config.technique).model(data, model)
    inputs: dict[str, Content] = {
        PIECE: piece.model_dump_json(), SOURCE: json.dumps(source or {}), WEIGHTS: found.weights,
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
    """A finished step as a run leaves it."""

    piece: Composition
    technique: str
    settings: dict[str, Any]
    source: str | None  # the composition that it was made from
    seed: int
    model: str
    training: str | None  # the run that trained the model, where it is one of this studio's


def step_of(folder: Path, taken_back: Sequence[int] = ()) -> Step:
    """What a run has composed, with some of its edits taken back."""
    spec = read_spec(folder)
    if (spec.studio, spec.kind) != (STUDIO.id, "compose"):
        raise BadConfig("This run has composed nothing.", "Choose a run of composing.")
    if not (folder / files.OUT / RESULT).is_file():
        raise NotFound("This run has composed nothing yet.", "Wait until it is done.")
    out, config = folder / files.OUT, ComposeConfig.model_validate(spec.config)
    piece = Composition.model_validate_json(files.read_file(out / COMPOSITION))
    settings: dict[str, Any] = {config.technique: spec.config[config.technique]}
    if taken_back:
        begin = Composition.model_validate_json(files.read_file(folder / files.INPUTS / PIECE))
        piece = find_technique(config.technique).retold(begin, files.read_json(out / STORY), taken_back)
        settings["taken_back"] = sorted(taken_back)
    result = files.read_json(out / RESULT)
    source = files.read_json(folder / files.INPUTS / SOURCE)
    return Step(piece, config.technique, settings, source.get("composition"), spec.seed, str(result["model"]),
                source.get("training"))


def result(composed: Composed, model: Model, seed: int) -> dict[str, Any]:
    """What there is to say of a step, beside its notes."""
    return {"seed": seed, "model": model.name, "added": composed.added, "removed": composed.removed,
            "is_whole": composed.is_whole, **composed.facts}


def compose(piece: Composition, technique: str = "arcnn", controls: Mapping[str, Any] | None = None, *,
            model: str | None = None, seed: int = 1, data: Path | str | None = None, tell: Tell = lambda *_: None,
            cancelled: Callable[[], bool] = lambda: False) -> tuple[Composition, dict[str, Any]]:
    """One step right here: the composition, and {"seed", "model", "added", "removed", ...}.

    `model` is a training's folder, name or id, or left out for the one in the package; `tell(kind, news, fraction)`
    hears of each edit or note.
    """
    found = find_technique(technique)
    checked = parse_config(found.controls, controls or {})
    trained = found.model(data_folder(data), model)
    composed = found.composer()(piece, checked, trained, seed, tell, cancelled)
    return composed.piece, result(composed, trained, seed)
