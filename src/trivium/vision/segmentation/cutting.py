"""Cuts things out of a photo, in a confined process: python -P -m trivium.vision.segmentation.cutting FOLDER

What is wanted stands in the place of the file's name, as JSON: which classes stay, what comes behind them (nothing,
"blur" or a colour), and the format to write.
"""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from trivium.errors import BadFile
from trivium.vision.backbone.efficientnet import Floats
from trivium.vision.backbone.graph import LIKELIHOODS
from trivium.vision.collect import pictures
from trivium.vision.segmentation.matting import alpha_of, blurred, own_colours

MODULE = "trivium.vision.segmentation.cutting"
MOST_SIDE = 3072  # pixels of what leaves; larger photos are made smaller
MADE = ".cutout"
BLUR, PNG, JPEG = "blur", "PNG", "JPEG"
QUALITY = 92
SOLID = 0.5


def cut(image: Image.Image, likely: Floats, behind: Any) -> tuple[Image.Image, float]:
    """The photo with transparency, or before `behind` (a colour or "blur"), and the share of it that is kept."""
    alpha = alpha_of(image, likely)
    kept, mask = own_colours(image, alpha), Image.fromarray(np.uint8(alpha * 255 + 0.5))
    share = float((alpha > SOLID).mean())
    if behind is None:
        kept.putalpha(mask)
        return kept, share
    whole = blurred(image, alpha) if behind == BLUR else Image.new("RGB", image.size, tuple(behind))
    whole.paste(kept, (0, 0), mask)
    return whole, share


def facts_of(path: Path, name: str, network: Any) -> dict[str, Any]:
    """The cut-out is written beside the photo."""
    wish = json.loads(name)
    try:
        content = path.read_bytes()
        seen = pictures.read(content).image  # as the model was shown pictures when it learned
        large = pictures.read_large(content, MOST_SIDE)
    except BadFile as error:
        return {"error": f"{error.message} {error.hint}".strip()}
    said = network.outputs(pictures.squashed(seen, network.side)[None])[LIKELIHOODS][0]
    made, share = cut(large, said[wish["kept"]].sum(0), wish["behind"])
    out = io.BytesIO()
    made.save(out, wish["format"], **({"quality": QUALITY} if wish["format"] == JPEG else {"compress_level": 4}))
    path.with_suffix(MADE).write_bytes(out.getvalue())
    return {"width": made.width, "height": made.height, "share": round(share, 5)}


def main(folder: Path) -> int:
    """In the process: cut out of every photo of the folder."""
    from trivium.core.spec import Limits
    from trivium.vision.collect.reading import MEMORY_MB, RESULT_MB, read_all

    def preload() -> None:
        pictures.preload()
        with Image.new("RGB", (16, 12)) as blank:  # what Pillow loads when it is first used
            for behind in (None, BLUR):
                cut(blank, np.full((4, 4), 0.5, np.float32), behind)[0].save(io.BytesIO(), PNG)

    return read_all(folder, facts_of, preload, Limits(mem_mb=MEMORY_MB, file_mb=RESULT_MB))


if __name__ == "__main__":
    exit_code = main(Path(sys.argv[1]))
    os._exit(exit_code)
