"""The card that goes with a trained model, model.json: how to use it, where it comes from, and what it has shown.

The scores are those of the drives after which training kept this checkpoint. They are honest about that: the same
drives chose it among others, so they flatter it, and the card says so.
"""

from __future__ import annotations

import json
import statistics
from typing import Any

import trivium
from trivium.core import files
from trivium.core.events import read_events
from trivium.core.intervals import wilson
from trivium.core.run import Run
from trivium.racing.config import TrainConfig

HOW = ("Drives without curiosity on the track of the training, one from each start of its evaluation. They also chose "
       "this checkpoint among others, so they flatter it: for a figure that does not, evaluate the run.")


def model_card(config: TrainConfig, run: Run, step: int, difference: float) -> dict[str, Any]:
    """What somebody must know to use the model."""
    track = json.loads(run.input("track.json").read_text(encoding="utf-8"))
    car = config.car
    actions = ([a.model_dump() for a in car.action_table()] if car.action_space_type == "discrete" else
               {"steering_angle": [-car.steering_max_deg, car.steering_max_deg],
                "speed": [car.speed_min_mps, car.speed_max_mps]})
    return {
        "Description": f"Drives a car by its camera; trained on {track['title']} for {step} steps with PPO.",
        "Inputs": "camera: float32 (1, 120, 160, 1), grey 0..255, rows from the top",
        "Outputs": "policy: probabilities of the actions below" if car.action_space_type == "discrete" else
                   "policy: steering and speed, to be clipped to -1..1 and scaled to the ranges below",
        "actions": actions, "network": car.network, "track": track, "step": step, "seed": run.seed, "run": run.spec.id,
        "config": config.model_dump(mode="json"), "onnx_parity": difference, "trivium": trivium.__version__,
        "scores": scores(run, step), "inputs_sha256": dict(run.spec.inputs),
        "Source and licence": "Trained by the owner of this run; theirs to license.", "files": {},
    }


def scores(run: Run, step: int) -> dict[str, Any]:
    """What the checkpoint of that step came to; null where nothing was measured, as for a run stopped at once."""
    path = run.folder / files.EVENTS
    drives = [event["data"] for event in read_events(path, kind="sample", name="episode")
              if event.get("step") == step and event["data"].get("phase") == "evaluation"]
    drives = list({drive["episode"]: drive for drive in drives}.values())  # a resumed run may have driven them twice
    laps = [drive["time_s"] for drive in drives if drive["status"] == "lap_complete"]
    # a process that was killed between the checkpoint and the status has left an older best there
    found = run.best if run.best and run.best["step"] == step else None
    if not drives:
        return {"best": found, "evaluation": None}
    evaluated = {event["step"] for event in read_events(path, kind="metric")}
    return {"best": found, "evaluation": {
        "how": HOW, "n": len(drives), "completion_rate": len(laps) / len(drives),
        "interval": list(wilson(len(laps), len(drives))),
        "completion_percentage": round(statistics.fmean(drive["progress"] for drive in drives), 4),
        "best_lap_s": min(laps, default=None), "median_lap_s": statistics.median(laps) if laps else None,
        "mean_reward": round(statistics.fmean(drive["reward"] for drive in drives), 4),
        "checkpoints_to_choose_from": len(evaluated)}}
