"""Makes gymnasium.make("trivium/Racing-v0") and its vector form known, without importing what they are made of."""

from __future__ import annotations

import gymnasium

ENVIRONMENT = "trivium/Racing-v0"


def register() -> None:
    """Once; a second call changes nothing."""
    if ENVIRONMENT not in gymnasium.registry:
        gymnasium.register(ENVIRONMENT, entry_point="trivium.racing.env:RacingEnv",
                           vector_entry_point="trivium.racing.env:RacingVectorEnv", disable_env_checker=True)
