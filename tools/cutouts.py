"""Puts the cut-outs of the demo photos into the package: Fluent emoji in 3-D, (c) Microsoft Corporation, MIT.

    python tools/cutouts.py            take them from their pinned package, unless they are there already
    python tools/cutouts.py --check    exit 1 where they are not there

The package is one of npm's; `npm pack` fetches it without running or installing anything of it. Checksums of the
package and of what is written are pinned. Only the standard library is needed.
"""

from __future__ import annotations

import hashlib
import io
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import node

SOURCE = "@lobehub/fluent-emoji-3d@1.1.0"
SOURCE_SHA256 = "c1bb7eee7de090205a232518a9ab4adb3df458bfbe8a1f78232991194c8b2e58"
PATH = Path(__file__).resolve().parents[1] / "src" / "trivium" / "vision" / "demo_data" / "cutouts.zip"
# of what is written; `trivium.vision.demo_data.cutouts` holds the same
SHA256 = "4e500cb2870c330256b2304df3d17f96d7fd2019d614bc332e16c5634f441abd"
MOMENT = (2020, 1, 1, 0, 0, 0)  # the same pictures make the same archive

# kind -> the emoji that show it, by code point
KINDS = {
    "fruit": "1f34e 1f34f 1f34a 1f34b 1f34c 1f350 1f351 1f353 1f95d 1f96d 1f34d 1f347",
    "cup": "2615 1f375 1f95b 1f37a 1f964 1f9cb",
    "vehicle": "1f697 1f695 1f699 1f693 1f68c 1f692 1f69a 1f69c 1f690",
    "ball": "26bd 1f3c0 1f3c8 26be 1f94e 1f3d0 1f3b1",
    "animal": "1f436 1f431 1f42d 1f430 1f98a 1f43b 1f43c 1f428 1f42f 1f981 1f42e 1f437 1f438 1f435",
    "tool": "1f528 1f527 2702 1fa9b 1f58a 1f511",
    "packaging": "1f96b 1f4e6 1f4f0 1f37e 1f9c3",
    "shoe": "1f97e 1f45f 1f462 1f460",
    "flower": "1f33b 1f337 1f339 1f33c",
}
LICENCE = """MIT License

Copyright (c) Microsoft Corporation.

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


def present() -> bool:
    """Whether the right file is there."""
    return PATH.is_file() and hashlib.sha256(PATH.read_bytes()).hexdigest() == SHA256


def bring() -> None:
    """Fetch the package and write the archive."""
    package = downloaded()
    if hashlib.sha256(package).hexdigest() != SOURCE_SHA256:
        raise SystemExit(f"The pictures in {SOURCE} are not the ones that were chosen: their sha256 differs.")
    packed = archive_of(package)
    found = hashlib.sha256(packed).hexdigest()
    if found != SHA256:
        raise SystemExit(f"The archive of cut-outs has the sha256 {found}, not the one that was chosen.")
    temporary = PATH.with_suffix(".part")
    temporary.write_bytes(packed)
    temporary.replace(PATH)


def downloaded() -> bytes:
    """The package as npm has it."""
    with tempfile.TemporaryDirectory() as folder:
        code = node.run("npm", "pack", "--silent", "--pack-destination", folder, SOURCE, cwd=Path(folder))
        found = list(Path(folder).glob("*.tgz"))
        if code != 0 or not found:
            raise SystemExit(f"The cut-outs of the demo photos could not be downloaded ({SOURCE}, 16 MB).\n"
                             "Do this: check the connection, then run the same command again.")
        return found[0].read_bytes()


def archive_of(package: bytes) -> bytes:
    """The chosen pictures, a folder for each kind, and the licence; stored, for they are compressed already."""
    out = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(package)) as tar, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        there = set(tar.getnames())
        archive.writestr(zipfile.ZipInfo("LICENSE.txt", MOMENT), LICENCE)
        for kind, points in KINDS.items():
            for point in points.split():
                name = next(each for each in (f"package/assets/{point}.webp", f"package/assets/{point}-fe0f.webp")
                            if each in there)
                picture = tar.extractfile(name)
                assert picture is not None
                archive.writestr(zipfile.ZipInfo(f"{kind}/{point}.webp", MOMENT), picture.read())
    return out.getvalue()


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        sys.exit(0 if present() else 1)
    if not present():
        bring()
