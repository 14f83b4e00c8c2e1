"""The tracks at hand: the gallery's own, the imported ones in the data folder's ``tracks/``, and the copy in a run.

An imported track is two files that anyone can copy: ``ID.npy``, the (N, 6) rows, and ``ID.json`` with its title.
NumPy is imported where it is used, so that a server starts without it.
"""

from __future__ import annotations

import contextlib
import io
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from trivium.core import files
from trivium.errors import BadFile, BadTrack, NameTaken, NotFound

if TYPE_CHECKING:
    from trivium.core.run import Run
    from trivium.racing.track import Track

TRACK_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
FOLDER = "tracks"


def gallery_ids() -> list[str]:
    """The ids of Trivium's own tracks, easiest first."""
    from trivium.racing.tracks import gallery

    return list(gallery.ids())


def imported_ids(data: Path) -> list[str]:
    """The ids of the imported tracks."""
    return sorted(path.stem for path in (data / FOLDER).glob("*.npy") if TRACK_ID.fullmatch(path.stem))


def list_tracks(data: Path | None = None) -> list[Track]:
    """The gallery, easiest first, then the imported tracks."""
    from trivium.racing.tracks.loading import load_track

    tracks = [load_track(track_id) for track_id in gallery_ids()]
    for track_id in imported_ids(data) if data is not None else []:
        with contextlib.suppress(BadTrack, NotFound):  # a spoilt file, or one just deleted, must not hide the others
            tracks.append(library_track(data, track_id))
    return tracks


def library_track(data: Path | None, track_id: str) -> Track:
    """A track of the gallery or an imported one, by its id only: never a path that somebody sent."""
    from trivium.racing.tracks.loading import load_track

    if TRACK_ID.fullmatch(track_id):
        if track_id in gallery_ids():
            return load_track(track_id)
        path = data / FOLDER / f"{track_id}.npy" if data is not None else None
        if path is not None and path.is_file():
            return replace(load_track(path), id=track_id, title=_title(path))
    raise NotFound(f"There is no track called '{track_id[:64]}'.", "Choose one of the gallery, or import it first.")


def resolve(track: str | Path | Track, data: Path | None = None) -> Track:
    """For the command line and Python: an id of the library, the path of a .npy file, or a track itself."""
    from trivium.racing.track import Track
    from trivium.racing.tracks.loading import load_track

    if isinstance(track, Track):
        return track
    try:
        return library_track(data, str(track))
    except NotFound:
        found = load_track(track)
    with contextlib.suppress(BadFile, KeyError, TypeError):  # a run's own copy lies beside its card
        card = files.read_json(Path(track).with_suffix(".json"))
        found = replace(found, id=str(card["id"])[:64], title=str(card["title"])[:100])
    return found


def save_track(data: Path, content: bytes, name: str) -> Track:
    """Check the bytes of a community .npy file and keep it under an id made from its name; refused where taken."""
    from trivium.racing.tracks.importing import import_track

    track = import_track(content, name)
    if not TRACK_ID.fullmatch(track.id):
        raise BadTrack("This name can't be used for a track.", "Use letters, digits, dashes and underscores.")
    if track.id in gallery_ids() or track.id in imported_ids(data):
        raise NameTaken(f"There is already a track called '{track.id}'.", "Import it under another name.")
    folder = data / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    files.write_json(folder / f"{track.id}.json", {"id": track.id, "title": track.title, "is_loop": track.is_loop})
    files.atomic_write(folder / f"{track.id}.npy", rows_npy(track))
    return track


def delete_track(data: Path, track_id: str) -> None:
    """Forget an imported track. Runs keep their own copy of the track they were made with."""
    if track_id in gallery_ids():
        raise NameTaken("This track belongs to the gallery.", "Only imported tracks can be deleted.", code="not_yours")
    path = data / FOLDER / f"{track_id}.npy"
    if not TRACK_ID.fullmatch(track_id) or not path.is_file():
        raise NotFound("There is no such imported track.", "It may have been deleted already.")
    path.unlink()
    path.with_suffix(".json").unlink(missing_ok=True)


def rows_npy(track: Track) -> bytes:
    """The track's rows as the bytes of a .npy file, (N, 6) float64."""
    import numpy as np

    buffer = io.BytesIO()
    np.save(buffer, np.asarray(track.rows, dtype=np.float64), allow_pickle=False)
    return buffer.getvalue()


def track_of_run(run: Run) -> Track:
    """The track that was copied into a run when it was made: inputs/track.npy and track.json."""
    import numpy as np

    from trivium.racing.track import Track

    card = files.read_json(run.input("track.json"))
    rows = np.load(run.input("track.npy"), allow_pickle=False)
    return Track(str(card["id"]), str(card["title"]), rows, bool(card["is_loop"]))


def _title(path: Path) -> str:
    with contextlib.suppress(BadFile, KeyError, TypeError):
        return str(files.read_json(path.with_suffix(".json"))["title"])[:100]
    return path.stem
