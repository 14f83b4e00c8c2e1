"""How what comes in is looked at: by which confined process, with which network, and what that said is cached under."""

from __future__ import annotations

from collections.abc import Sequence

from trivium.errors import BadFile, NotFound
from trivium.vision.activity.sampling import CLIP_CPU_S, CLIP_READER
from trivium.vision.collect.reading import Told, read_batch
from trivium.vision.project import ACTIVITY


class Looking:
    """Photos."""

    called = "photos"

    def key(self) -> str:
        """What the backbone said is cached under this."""
        from trivium.vision.backbone.features import KEY

        return KEY

    def network(self) -> bytes:
        """What looks at them."""
        from trivium.vision.backbone.features import backbone_bytes

        return backbone_bytes()

    def read(self, batch: Sequence[tuple[str, bytes]], network: bytes | None, told: Told) -> int:
        """Look at as many of the first as one confined process manages; how many that were."""
        return read_batch(batch, network, told)


class LookingAtClips(Looking):
    """Clips: at each moment."""

    called = "clips"

    def key(self) -> str:
        from trivium.vision.activity.frame_network import KEY

        return KEY

    def network(self) -> bytes:
        from trivium.vision.activity.frame_network import frame_bytes

        return frame_bytes()

    def read(self, batch: Sequence[tuple[str, bytes]], network: bytes | None, told: Told) -> int:
        return read_batch(batch, network, told, CLIP_READER, CLIP_CPU_S)


PHOTOS = Looking()
LOOKING = {ACTIVITY: LookingAtClips()}


def network_if_there(looking: Looking) -> bytes | None:
    """What looks at what comes in; without it that comes in all the same, and training says what is missing."""
    try:
        return looking.network()
    except (NotFound, BadFile):
        return None
