"""Reads DeepRacer's own files into our config: model_metadata.json and hyperparameters.json.

Lenient where their writers differed (numbers as text, either spelling of the loss), strict where a value could not
mean what its owner thinks.
"""

from __future__ import annotations

from typing import Any

from trivium.errors import BadConfig

NETWORKS = {
    "DEEP_CONVOLUTIONAL_NETWORK_SHALLOW": "shallow",
    "TRIVIUM_LIGHT": "light",
}
ALGORITHMS = {"clipped_ppo": "ppo", "ppo": "ppo"}
PASSED_ON = ("num_epochs", "lr", "beta_entropy", "discount_factor", "num_episodes_between_training",
             "exploration_type", "e_greedy_value", "epsilon_steps", "batch_size")
# read by the old service without effect here, or about something a later studio brings
IGNORED = ("stack_size", "term_cond_max_episodes", "term_cond_avg_score", "sac_alpha")


def number(value: Any, name: str) -> float:
    """A number, though it may be written as text."""
    try:
        return float(value)
    except (TypeError, ValueError):
        raise BadConfig(f"{name}: {value!r} is not a number.", "Correct it in the file.") from None


def ends_of(space: dict[str, Any], name: str) -> tuple[float, float]:
    """(low, high) of one side of a continuous action space."""
    limits = space.get(name)
    if not isinstance(limits, dict) or not {"low", "high"} <= limits.keys():
        raise BadConfig(f"action_space: {name} needs low and high.", "Correct action_space in the file.")
    return number(limits["low"], f"{name} low"), number(limits["high"], f"{name} high")


def from_metadata(metadata: dict[str, Any]) -> dict[str, Any]:
    """Fields of `TrainConfig` for a model_metadata.json."""
    network = str(metadata.get("neural_network", "DEEP_CONVOLUTIONAL_NETWORK_SHALLOW"))
    if network not in NETWORKS:
        raise BadConfig(f"The network {network} is not built in.", f"Use one of: {', '.join(NETWORKS)}.")
    algorithm = str(metadata.get("training_algorithm", "clipped_ppo"))
    if algorithm not in ALGORITHMS:
        raise BadConfig(f"The algorithm {algorithm} is not built in.", "Use clipped_ppo.")
    sensors = metadata.get("sensor", ["FRONT_FACING_CAMERA"])
    if sensors not in (["FRONT_FACING_CAMERA"], ["observation"], ["LEFT_CAMERA"]):
        raise BadConfig(f"The sensors {sensors} are not built in.", "Use FRONT_FACING_CAMERA alone.")
    car: dict[str, Any] = {"network": NETWORKS[network]}
    space = metadata.get("action_space")
    kind = str(metadata.get("action_space_type", "discrete"))
    if kind == "continuous":
        if not isinstance(space, dict):
            raise BadConfig("A continuous action space needs speed and steering_angle, each with low and high.",
                            "Correct action_space in the file.")
        low, high = ends_of(space, "steering_angle")
        if low != -high:
            raise BadConfig(f"The steering range {low:g} to {high:g} is not the same to both sides.",
                            f"Use {-max(abs(low), abs(high)):g} to {max(abs(low), abs(high)):g}.")
        slow, fast = ends_of(space, "speed")
        car |= {"action_space_type": "continuous", "steering_max_deg": high, "speed_min_mps": slow,
                "speed_max_mps": fast}
    elif isinstance(space, list) and all(isinstance(action, dict) for action in space):
        car["actions"] = [{"steering_angle": number(a.get("steering_angle"), "steering_angle"),
                           "speed": number(a.get("speed"), "speed")} for a in space]
    else:
        raise BadConfig("action_space is missing or is not a list of actions.", "Correct action_space in the file.")
    return {"algorithm": ALGORITHMS[algorithm], "car": car}


def from_hyperparameters(values: dict[str, Any]) -> dict[str, Any]:
    """Fields of `TrainConfig` for a hyperparameters.json; unknown keys go on, so that they are refused by name."""
    fields: dict[str, Any] = {}
    for key, value in values.items():
        if key in IGNORED:
            continue
        if key == "loss_type":
            fields[key] = str(value).replace("_", " ").lower()
        elif key == "exploration_type":
            fields[key] = str(value).lower()
        elif key in PASSED_ON:
            exact = number(value, key)
            fields[key] = int(exact) if exact.is_integer() else exact
        else:
            fields[key] = value
    return fields
