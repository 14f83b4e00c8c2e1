"""Reads a community track file, a NumPy .npy array of shape (N, 6) in metres, and says plainly what is wrong.

Nothing in the file is trusted: no pickles, size and header are checked before any array is made. What can
be mended without guessing is mended (repeated rows, a loop left a step open); what is merely hard to drive
becomes a warning.
"""

import io
import re
import warnings
from dataclasses import replace
from pathlib import Path
from tokenize import TokenError

import numpy as np

from trivium.errors import BadTrack
from trivium.racing.ground import TEXEL_M, finest_level
from trivium.racing.track import Floats, Track, TrackCard, nearest_on_line, signed_area
from trivium.racing.tracks.crossings import first_crossing
from trivium.racing.tracks.limits import (
    MAX_LENGTH_M,
    MAX_ROWS,
    MAX_WIDTH_M,
    MIN_LENGTH_M,
    MIN_ROWS,
    MIN_WIDTH_M,
    TRACK_CAP_BYTES,
)

CAR_WIDTH_M = 0.2
NARROW_M = 0.5
TURNING_RADIUS_M = 0.55  # of the car at full steering, 30 degrees
COLUMNS = "centre x, y, inner x, y, outer x, y, in metres"


def read_track(path: Path) -> Track:
    """The track in a .npy file; its id is the file's name."""
    try:
        with path.open("rb") as file:
            data = file.read(TRACK_CAP_BYTES + 1)
    except OSError as error:
        raise BadTrack(f'The track file "{path}" cannot be read: {error.strerror}.',
                       "Check the path, and that you may read the file.") from None
    return import_track(data, path.name)


def import_track(data: bytes, name: str) -> Track:
    """Bytes of a .npy file -> Track with a card and warnings, or BadTrack."""
    rows = drop_repeats(check_numbers(read_array(data)))
    check_order(rows)
    rows, is_loop, closed_by_us = close_loop(rows)
    check_scale(rows)
    check_crossings(rows, is_loop)
    check_borders(rows, is_loop)
    title = re.sub(r"[_\s]+", " ", Path(name).stem).strip()[:60] or "Imported track"
    track = Track(safe_id(name), title, rows, is_loop)
    check_width(track)
    warnings = find_warnings(track)
    if closed_by_us:
        warnings.insert(0, "The last waypoint was a step short of the first; the loop has been closed.")
    return replace(track, card=write_card(track), warnings=tuple(warnings))


def safe_id(name: str) -> str:
    """A short id of small letters, digits, "-" and "_" that is safe as a file name on every system."""
    stem = re.sub(r"\.npy$", "", Path(name.replace("\\", "/")).name, flags=re.IGNORECASE)
    text = re.sub(r"[^a-z0-9_-]+", "-", stem.lower()).strip("-_")[:48].strip("-_")
    if re.fullmatch(r"(con|prn|aux|nul|com\d|lpt\d)?", text):  # empty, or a device name on Windows
        return f"track-{text}".rstrip("-")
    return text


def read_array(data: bytes) -> Floats:
    """The (N, 6) array in a .npy file. The header is checked first: it decides how much memory is taken."""
    resave = 'Save it again with numpy.save("my_track.npy", array).'
    if len(data) > TRACK_CAP_BYTES:
        raise BadTrack(f"The file is larger than {TRACK_CAP_BYTES // 1_000_000} MB, too large for a track.",
                       "500 waypoints take about 24 kB: choose the right file, or thin out the waypoints.")
    if data[:2] == b"PK":
        raise BadTrack("This is an .npz or zip archive, not a single .npy array.",
                       'Save just the (N, 6) array with numpy.save("my_track.npy", array).')
    if data[:6] != b"\x93NUMPY":
        raise BadTrack("This is not a NumPy .npy file.", resave)
    file = io.BytesIO(data)
    try:
        with warnings.catch_warnings(action="ignore"):  # about headers written by Python 2
            version = np.lib.format.read_magic(file)
            known = {1: np.lib.format.read_array_header_1_0}
            read_header = known.get(version[0], np.lib.format.read_array_header_2_0)
            shape, _, dtype = read_header(file)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError, TokenError):
        raise BadTrack("The header of this .npy file cannot be read.", resave) from None
    if dtype.hasobject:
        raise BadTrack("The file holds pickled Python objects, which Trivium never opens: they can run code.",
                       'Make it plain numbers first: numpy.save("my_track.npy", array.astype(float)).')
    if dtype.kind not in "fiu" or dtype.itemsize > 8:
        raise BadTrack(f"The file holds values of type {dtype}, not plain numbers.",
                       "Save the array as float64: array.astype(float).")
    check_shape(shape)
    if len(data) - file.tell() < dtype.itemsize * shape[0] * shape[1]:
        raise BadTrack("The file ends before its last waypoint: it was cut off.",
                       "Download it or save it again.")
    file.seek(0)
    return np.asarray(np.lib.format.read_array(file, allow_pickle=False), dtype=np.float64)


def check_shape(shape: tuple[int, ...]) -> None:
    if len(shape) != 2 or shape[1] != 6:
        got = f"{shape[1]} columns" if len(shape) == 2 else f"the shape {shape}"
        raise BadTrack(f"A track has six columns, this array has {got}.", f"The columns are: {COLUMNS}.")
    if shape[0] < MIN_ROWS:
        raise BadTrack(f"A track needs at least {MIN_ROWS} waypoints, this one has {shape[0]}.",
                       "Use one row about every 0.15 m along the road.")
    if shape[0] > MAX_ROWS:
        raise BadTrack(f"The track has {shape[0]} waypoints, more than {MAX_ROWS}.",
                       "One row about every 0.15 m is enough; keep every n-th row.")


def check_numbers(rows: Floats) -> Floats:
    bad = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if len(bad):
        raise BadTrack(f"Row {bad[0]} holds a value that is not a finite number (NaN or infinity).",
                       f"Remove or mend it ({len(bad)} such rows; rows are counted from 0).")
    if np.abs(rows).max() > 1e6:
        raise BadTrack("Some coordinates are more than 1,000 km from the origin.",
                       f"Check the file: the columns are {COLUMNS}.")
    return rows


def drop_repeats(rows: Floats) -> Floats:
    """Without rows whose centre repeats the row before. The closing row of a loop stays."""
    step = np.hypot(*np.diff(rows[:, :2], axis=0).T)
    kept = rows[np.concatenate(([True], step > 1e-9))]
    if len(kept) < MIN_ROWS:
        raise BadTrack(f"Only {len(kept)} different waypoints are left after dropping repeated ones.",
                       f"A track needs at least {MIN_ROWS}, about one every 0.15 m along the road.")
    return kept


def close_loop(rows: Floats) -> tuple[Floats, bool, bool]:
    """(rows, is a loop, was closed here). A loop that lacks its closing row is given one."""
    gap = float(np.hypot(*(rows[-1, :2] - rows[0, :2])))
    steps = np.hypot(*np.diff(rows[:, :2], axis=0).T)
    if gap <= 1e-9:
        return np.concatenate((rows[:-1], rows[:1])), True, False  # borders closed exactly, too
    ahead = rows[1, :2] - rows[0, :2]
    behind = rows[0, :2] - rows[-1, :2]
    if gap <= 2.5 * float(np.median(steps)) and float(ahead @ behind) > 0:
        return np.concatenate((rows, rows[:1])), True, True
    return rows, False, False


def check_scale(rows: Floats) -> None:
    length_m = float(np.hypot(*np.diff(rows[:, :2], axis=0).T).sum())
    width_m = float(np.median(np.hypot(*(rows[:, 2:4] - rows[:, 4:6]).T)))
    halves_m = [float(np.median(np.hypot(*(rows[:, k : k + 2] - rows[:, :2]).T))) for k in (2, 4)]
    if min(width_m, *halves_m) < 1e-6:
        raise BadTrack("The road has no width: a border lies on the other one or on the centre line.",
                       f"The columns are: {COLUMNS}.")
    if width_m > MAX_WIDTH_M or length_m > MAX_LENGTH_M:
        unit = ("It looks like centimetres: divide all values by 100." if 30 <= width_m <= 300 else
                "It looks like millimetres: divide all values by 1000." if 300 < width_m <= 3000 else
                "The car is 0.2 m wide; scale the track so that its road is 0.6 to 1.1 m wide.")
        raise BadTrack(f"The track is {length_m:.0f} m long and {width_m:.3g} m wide, far too large.", unit)
    if length_m < MIN_LENGTH_M or width_m < MIN_WIDTH_M / 2:
        raise BadTrack(f"The track is {length_m:.3g} m long and {width_m:.3g} m wide, too small for the car.",
                       "Values are in metres; scale the track so that its road is 0.6 to 1.1 m wide.")


def check_order(rows: Floats) -> None:
    """Waypoints follow the road: no jump, and hardly any turning back from one step to the next."""
    step = np.diff(rows[:, :2], axis=0)
    size = np.hypot(*step.T)
    length_m = float(size.sum())
    back = np.flatnonzero((step[:-1] * step[1:]).sum(axis=1) < -0.5 * size[:-1] * size[1:])
    if len(back):
        raise BadTrack(f"The centre line turns back on itself at row {back[0] + 1}.",
                       "The rows must follow the road in driving order; sort them.")
    far = int(size.argmax())
    if size[far] > max(12 * float(np.median(size)), 2.0) and size[far] > 0.1 * length_m:
        raise BadTrack(f"The centre line jumps {size[far]:.1f} m between rows {far} and {far + 1}.",
                       "Sort the rows along the road, or add the missing ones.")


def check_crossings(rows: Floats, is_loop: bool) -> None:
    lines = {"centre line": rows[:, 0:2], "inner border": rows[:, 2:4], "outer border": rows[:, 4:6]}
    for name, line in lines.items():
        found = first_crossing(line, line, is_loop)
        if found:
            raise BadTrack(f"The {name} crosses itself between rows {found[0]} and {found[1]}, "
                           f"near x {found[2]:.2f}, y {found[3]:.2f}.",
                           "Bridges and crossings cannot be driven here; check the order of the rows.")
    names = list(lines)
    for a, b in ((0, 1), (0, 2), (1, 2)):
        found = first_crossing(lines[names[a]], lines[names[b]], is_loop)
        if found:
            raise BadTrack(f"The {names[a]} crosses the {names[b]} near x {found[2]:.2f}, y {found[3]:.2f} "
                           f"(row {found[0]}).",
                           "The centre line must run between the two borders without touching them.")


def check_borders(rows: Floats, is_loop: bool) -> None:
    """Inner and outer lie on the two sides of the centre line, and on a loop inner is inside."""
    ahead = np.gradient(rows[:, :2], axis=0)

    def side(border: Floats) -> Floats:
        aside = border - rows[:, :2]
        return np.asarray(np.sign(ahead[:, 0] * aside[:, 1] - ahead[:, 1] * aside[:, 0]))

    inner, outer = side(rows[:, 2:4]), side(rows[:, 4:6])
    if np.median(inner) * np.median(outer) >= 0:
        raise BadTrack("Both borders lie on the same side of the centre line.",
                       f"The columns are: {COLUMNS}.")
    if is_loop and abs(signed_area(rows[:, 2:4])) > abs(signed_area(rows[:, 4:6])):
        raise BadTrack("The borders are swapped: the inner border lies outside the outer one.",
                       "Exchange columns 2, 3 with columns 4, 5: rows[:, [0, 1, 4, 5, 2, 3]].")
    mixed = np.flatnonzero(inner * outer > 0)
    if len(mixed) > 0.1 * len(rows):
        raise BadTrack(f"The borders change sides in {len(mixed)} rows, the first is row {mixed[0]}.",
                       f"Check that every row holds {COLUMNS}.")


def check_width(track: Track) -> None:
    if track.min_width_m < CAR_WIDTH_M:
        place = int(track.widths_m.argmin()) / len(track.widths_m) * track.length_m
        raise BadTrack(f"The road is only {track.min_width_m:.2f} m wide, {place:.1f} m after the start; "
                       f"the car is {CAR_WIDTH_M} m wide.", "Make the road at least 0.5 m wide everywhere.")


def find_warnings(track: Track) -> list[str]:
    """What makes the track hard to drive or odd, though it can be used."""
    found = []
    if track.min_width_m < NARROW_M:
        found.append(f"Very narrow: the road is {track.min_width_m:.2f} m wide at its narrowest place.")
    if track.min_radius_m < TURNING_RADIUS_M:
        found.append(f"Very tight: one bend has a radius of {track.min_radius_m:.2f} m, "
                     f"the car at full steering needs {TURNING_RADIUS_M} m.")
    steps = np.diff(track.arc_m)
    if steps.max() > 1.0:
        found.append(f"Coarse: two waypoints are {steps.max():.1f} m apart.")
    middle = (nearest_on_line(track.inner, track.centre) + nearest_on_line(track.outer, track.centre)) / 2
    off_m = float(np.hypot(*(middle - track.centre).T).max())
    if off_m > 0.15:
        found.append(f"The centre line is up to {off_m:.2f} m away from the middle of the road.")
    if (level := finest_level(track)) > 0:
        found.append(f"Very large: the camera sees its ground in points of {100 * TEXEL_M * 2**level:.0f} cm instead "
                     f"of {100 * TEXEL_M:.1f} cm, so that it fits into memory.")
    if not track.is_loop:
        found.append("Not a loop: an episode runs from the first waypoint to the last.")
    return found


def write_card(track: Track) -> TrackCard:
    """A card for an imported track, judged by its numbers alone."""
    radius_m = min(track.min_radius_m, 99.0)
    hardness = 1 + (track.length_m > 25) + (radius_m < 0.9) + (radius_m < 0.6) + (track.width_m < 0.7)
    return TrackCard(
        track.id, track.title, difficulty=int(hardness), teaches="Driving a track from outside Trivium.",
        description=f"An imported track, {track.length_m:.1f} m long and {track.width_m:.2f} m wide.",
        corners=f"The tightest bend has a radius of {radius_m:.2f} m.",
        source="imported", licence="as given by whoever made the file",
    )
