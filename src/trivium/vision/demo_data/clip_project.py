"""A project of drawn clips, each in the folder of what is done in it, to try activity recognition with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from trivium.errors import BadConfig, NameTaken
from trivium.vision.collect import importing
from trivium.vision.demo_data.clips import clip
from trivium.vision.demo_data.moves import MOVES
from trivium.vision.demo_data.project import SYNTHETIC
from trivium.vision.project import ACTIVITY, place_of

USUAL_CLIPS = 160
HOW = "Synthetic: a drawn figure, another one in each clip, before drawn backgrounds in which other things move too."


def demo_clips(data: Path, name: str, clips: int = USUAL_CLIPS, kinds: Sequence[str] = tuple(MOVES), seed: int = 1,
               say: Callable[[str], None] = lambda _text: None,
               count: Callable[[int, int], None] = lambda _done, _all: None) -> dict[str, Any]:
    """Make the project: {"project", "clips", "classes", "how"}."""
    unknown = [kind for kind in kinds if kind not in MOVES]
    if unknown or not kinds:
        raise BadConfig(f"There are no clips of {unknown[0]!r}." if unknown else "No kind of clip was named.",
                        f"There are: {', '.join(MOVES)}.")
    if place_of(data, name).exists():
        raise NameTaken(f"There is already a project called {name}.", "Choose another name.")
    with TemporaryDirectory(prefix="trivium-demo-") as folder:
        for number in range(clips):
            label = kinds[number % len(kinds)]
            place = Path(folder) / label
            place.mkdir(exist_ok=True)
            (place / f"{SYNTHETIC}-{seed}-{number:04}.mp4").write_bytes(clip(label, seed, number))
            count(number + 1, 2 * clips)
            if (number + 1) % 20 == 0:
                say(f"{number + 1} of {clips} clips drawn ...")
        project, _ = importing.import_photos(data, Path(folder), name, ACTIVITY, say,
                                             count=lambda done, _all: count(clips + done, 2 * clips))
    return {"project": name, "clips": clips, "classes": project.counts(), "how": HOW}
