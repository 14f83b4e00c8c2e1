"""Keep what a run of composing has made as a composition below the one that it began with."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from trivium.core.runfolder import find_run
from trivium.errors import NotFound
from trivium.music.composing import step_of
from trivium.music.compositions import Compositions
from trivium.music.kept import kept_in
from trivium.music.views import CompositionView
from trivium.settings import data_folder


def keep(run: str | Path, taken_back: Sequence[int] = (), *, data: Path | str | None = None) -> CompositionView:
    """Keep a step without the edits taken back; `run` is its folder, id or name."""
    root = data_folder(data)
    return keep_step(kept_in(root), find_run(root, str(run)), taken_back)


def keep_step(kept: Compositions, folder: Path, taken_back: Sequence[int] = ()) -> CompositionView:
    """The same, for a run's folder."""
    step = step_of(folder, taken_back)
    with suppress(NotFound):  # deleted meanwhile: the step then begins a tree of its own
        return kept.add(step.piece, step.technique, parent=step.source, settings=step.settings, seed=step.seed,
                        model=step.model, training=step.training)
    return kept.add(step.piece, step.technique, settings=step.settings, seed=step.seed, model=step.model,
                    training=step.training)
