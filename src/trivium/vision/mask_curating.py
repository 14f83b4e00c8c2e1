"""Functions on the masks of a project, for notebooks and the command line.

    import trivium.vision as vision
    vision.set_mask("street", "1.jpg", plane)  # (H, W) bytes: 0 background, k the k-th class, 255 not labelled
    vision.mask_of("street", "1.jpg")["areas"]
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from trivium.errors import BadConfig, BadFile
from trivium.settings import data_folder
from trivium.vision.api.mask_views import mask_view
from trivium.vision.curating import Folder, named
from trivium.vision.labels.painting import MaskChange, mask_size, plane_of, repaint, undo
from trivium.vision.labels.planes import Plane, unpacked
from trivium.vision.project import load


def mask_of(project: str, photo: str, data: Folder = None) -> dict[str, Any]:
    """{"plane", "areas", "unlabelled", "classes", "size"}: which class each pixel of a photo belongs to.

    "plane" is (H, W): 0 background, k the k-th of "classes", 255 not labelled; None where nobody has looked yet.
    """
    found = load(data_folder(data), project)
    item = found.items[named(found.items, photo)]
    view = mask_view(item.mask)
    return {"plane": plane_of(found, item), "classes": found.classes, "size": list(mask_size(item.width, item.height)),
            **({"areas": None, "unlabelled": None} if view is None else view.model_dump())}


def set_mask(project: str, photo: str, mask: Plane | Path | str | None, data: Folder = None) -> list[str]:
    """Say which class each pixel belongs to: by an array (H, W), or a PNG of one channel; None where nobody has looked.

    The photo, as a list, if the mask was taken.
    """
    found = load(data_folder(data), project)
    done, _ = repaint(found, [MaskChange(named(found.items, photo), None if mask is None else _plane(mask))])
    return done


def undo_mask(project: str, photo: str, data: Folder = None) -> list[str]:
    """Give a photo the mask that it had before the last change to it; the photo, as a list."""
    found = load(data_folder(data), project)
    sha256 = named(found.items, photo)
    undo(found, sha256)
    return [sha256]


def _plane(mask: Plane | Path | str) -> Plane:
    if isinstance(mask, str | Path):
        try:
            return unpacked(Path(mask).read_bytes())
        except OSError as error:
            raise BadFile(f"{mask} can't be read: {error.strerror}.", "Check the path.") from None
    plane = np.asarray(mask)
    if plane.ndim != 2 or plane.dtype.kind not in "iub" or plane.min(initial=0) < 0 or plane.max(initial=0) > 255:
        raise BadConfig("This is no mask.", "A mask is an array (height, width) of whole numbers from 0 to 255.")
    return plane.astype(np.uint8)
