"""The smallest training there is: it calls the learner's reward function on the states of the oval, again and again."""

from __future__ import annotations

from typing import Any

from trivium.core import files
from trivium.core.run import Run
from trivium.core.studio import Studio
from trivium.racing.params import ParamsBuilder
from trivium.racing.reward import RewardFunction
from trivium.racing.reward_limits import Watchdog
from trivium.racing.reward_samples import samples
from trivium.racing.reward_source import preload
from trivium.racing.tracks.loading import load_track

CALLS = 300
_prepared: dict[str, Any] = {}


def prepare(config: dict[str, Any], run: Run) -> None:
    """What has to be there before the run is confined."""
    preload(run.input("reward.py").read_bytes())
    _prepared["track"] = load_track("oval")
    _prepared["watchdog"] = Watchdog(run.folder / files.CRASH, 1.0)


def train(config: dict[str, Any], run: Run) -> None:
    track = _prepared["track"]
    builder = ParamsBuilder(track)
    rows = [sample.row for sample in samples(track)]
    function = RewardFunction(run.input("reward.py").read_bytes(), watchdog=_prepared["watchdog"])
    for call in range(CALLS):
        with function.time_limit():
            run.log(call, {"reward": function(builder.build(rows[call % len(rows)]))})
        for text in function.drain_prints():
            run.note(text, level="print", step=call)


STUDIO = Studio(id="rewards", title="Rewards", tagline="", accent="#000000",
                entries={"train": "tests.racing.reward_toy:train"})
