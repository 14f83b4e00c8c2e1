"""Where tracks come from: the gallery by an id, a community file by its path."""

import difflib
from pathlib import Path

from trivium.errors import BadTrack
from trivium.racing.track import Track, TrackCard
from trivium.racing.tracks import gallery as own
from trivium.racing.tracks.importing import read_track


def gallery() -> tuple[TrackCard, ...]:
    """The cards of Trivium's own tracks, easiest first."""
    return own.cards()


def load_track(id_or_path: str | Path) -> Track:
    """A track of the gallery by its id ("oval"), or any community file by its path ("my_track.npy")."""
    name = str(id_or_path)
    if name in own.ids():
        return own.build(name)
    path = Path(name)
    if path.suffix == ".npy" or path.is_file():
        return read_track(path)
    near = difflib.get_close_matches(name, own.ids(), n=1)
    wanted = f'Did you mean "{near[0]}"?' if near else f"The gallery has: {', '.join(own.ids())}."
    raise BadTrack(f'There is no track called "{name}".', f"{wanted} Or give the path of a .npy file.")
