"""The photos that a fine-tuning takes along, and how many views of them there is room for."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from trivium.errors import BadConfig
from trivium.vision.backbone.efficientnet import entering
from trivium.vision.collect.pictures import FORMATS, upright_rgb
from trivium.vision.collect.store import PictureStore
from trivium.vision.tuning.config import FineTuneConfig

PICTURES = "pictures.zip"  # of a run's inputs: each photo as it is trained on, by sha256
MOST_BYTES = 1_500_000_000  # of what enters the stages that learn


def views_that_fit(config: FineTuneConfig, photos: int) -> int:
    """How many views beside the photo itself there is room for."""
    _, channels, height, width = entering(config.from_stage)
    room = MOST_BYTES // (photos * channels * height * width * 2) - 1
    if room < 1:
        raise BadConfig(f"{photos:,} photos are too many to fine-tune on this machine.",
                        "Set fine_tune.from_stage=7, or fine_tune.on=false.")
    return int(min(config.views, room))


def pack_pictures(sha256: Sequence[str], store: PictureStore, out: Path) -> None:
    """The photos, as they are trained on, into one file for a run to take along."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for each in sha256:
            archive.writestr(zipfile.ZipInfo(each), store.view(each).read_bytes())


def opened(content: bytes) -> Image.Image:
    """A photo that came through the import."""
    with Image.open(io.BytesIO(content), formats=FORMATS) as image:
        return upright_rgb(image)
