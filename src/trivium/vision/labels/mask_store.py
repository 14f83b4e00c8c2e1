"""Where a project's masks lie: PNGs by their sha256."""

from __future__ import annotations

from trivium.core.blobs import BlobStore
from trivium.vision.project import Project

MASKS = "masks"  # of a project's folder


def store_of(project: Project) -> BlobStore:
    """Where the project's masks lie."""
    return BlobStore(project.folder / MASKS)
