"""The racing studio: teach a car to drive from its camera by reinforcement learning."""

from trivium.core.studio import Studio

STUDIO = Studio(
    id="racing",
    title="Racing",
    tagline="Teach a car to drive itself by rewarding what it does well.",
    accent="#e4572e",
    entries={"train": "trivium.racing.train:train", "evaluate": "trivium.racing.evaluate:evaluate"},
    configs={"train": "trivium.racing.config:TrainConfig", "evaluate": "trivium.racing.config:EvaluateConfig"},
    api="trivium.racing.api:router",
    commands="trivium.racing.commands:racing",
    warm="trivium.racing.warm",
)
