"""The music studio: a melody becomes a composition, with models that add, accompany and continue."""

from trivium.core.studio import Studio

STUDIO = Studio(
    id="music",
    title="Music",
    tagline="Turn a melody into a composition with generative models.",
    accent="#6a3ccc",
    api="trivium.music.api:router",
    commands="trivium.music.commands:music",
)
