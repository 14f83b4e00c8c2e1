"""A project as one file to take away: what `exporting` writes, as a zip."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from pathlib import Path

from trivium.core import files
from trivium.vision.collect.store import PictureStore
from trivium.vision.export.exporting import FORMATS, export
from trivium.vision.project import Project

IS_SMALL_ALREADY = {".jpg", ".png", ".webp", ".gif", ".mp4", ".mkv", ".webm"}  # to pack them again gains nothing


def formats_of(task: str) -> list[str]:
    """The formats that a project can leave in."""
    return [name for each, name in FORMATS if each == task]


def packed(project: Project, store: PictureStore, format: str) -> Path:
    """The zip, in a folder of its own that whoever asked deletes."""
    scratch = Path(tempfile.mkdtemp(prefix="trivium-export-"))
    try:
        folder = scratch / f"{project.name}-{format}"
        export(project, store, folder, format)
        made = scratch / "export.zip"
        with files.disk_full_guard(), zipfile.ZipFile(made, "w") as archive:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    how = zipfile.ZIP_STORED if path.suffix in IS_SMALL_ALREADY else zipfile.ZIP_DEFLATED
                    archive.write(path, path.relative_to(scratch), how)
                    path.unlink()  # nobody needs it twice
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    return made
