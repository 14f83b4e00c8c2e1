"""The tracks at hand: the gallery's own and the imported files of a data folder (kept by `library`)."""

import json
from pathlib import Path

import numpy as np

from trivium.core.run import Run
from trivium.errors import BadTrack
from trivium.racing import library
from trivium.racing.track import Track, import_track, load_track


def list_tracks(data_dir: Path | None = None) -> list[Track]:
    """The gallery, easiest first, then the imported tracks."""
    tracks = [load_track(track_id) for track_id in library.gallery_ids()]
    if data_dir is None:
        return tracks
    for track_id in library.imported_ids(data_dir):
        try:
            tracks.append(library.library_track(data_dir, track_id))
        except BadTrack:
            continue  # a spoilt file must not hide the others
    return tracks


def save_track(data_dir: Path, data: bytes, name: str) -> Track:
    """Checks the bytes of a community .npy file and keeps it under a safe id made from its name."""
    return library.save_track(data_dir, import_track(data, name))


def delete_track(data_dir: Path, track_id: str) -> None:
    library.delete_track(data_dir, track_id)


def resolve(track: str | Path | Track, data_dir: Path | None = None) -> Track:
    """A track by gallery id, by the id of an imported one, or by the path of a .npy file."""
    if isinstance(track, Track):
        return track
    if data_dir is None:
        return load_track(track)
    return library.find_track(data_dir, str(track))


def track_of_run(run: Run) -> Track:
    """The track that was copied into a run when it was made: inputs/track.npy and track.json."""
    card = json.loads(run.input("track.json").read_text(encoding="utf-8"))
    rows = np.load(run.input("track.npy"), allow_pickle=False)
    return Track(str(card["id"]), str(card["title"]), rows, bool(card["is_loop"]))
