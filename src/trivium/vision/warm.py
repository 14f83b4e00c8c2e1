"""What a process that is kept ready for a training loads ahead: libraries, the backbone, and a first head."""

from __future__ import annotations

from collections.abc import Iterator


def load() -> Iterator[None]:
    """What a head's training needs, in memory; on one thread, as it learns."""
    from trivium.vision.classification.train import prepare_head

    yield
    prepare_head(1)
    yield
