"""Strangers' track files: what is read, what is mended; each refusal has a reason and a way out."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trivium.errors import BadTrack
from trivium.racing.tracks import importing, limits
from trivium.racing.tracks.importing import import_track
from trivium.racing.tracks.limits import TRACK_CAP_BYTES
from trivium.racing.tracks.loading import load_track

KIDNEY = load_track("kidney").rows
LOOP = KIDNEY[:-1]


def npy(array: np.ndarray, **options) -> bytes:
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def swapped(rows: np.ndarray, columns: list[int]) -> np.ndarray:
    return rows[:, columns]


def changed(row: int, column: int, value: float) -> np.ndarray:
    rows = KIDNEY.copy()
    rows[row, column] = value
    return rows


def squeezed(share: float) -> np.ndarray:
    """KIDNEY with a road of that share of its width, which is 1 m."""
    centre = KIDNEY[:, [0, 1] * 3]
    return centre + share * (KIDNEY - centre)


def figure_eight() -> np.ndarray:
    t = np.linspace(0, 2 * np.pi, 120)
    centre = 3 * np.stack((np.sin(t), np.sin(t) * np.cos(t)), axis=1)
    ahead = np.gradient(centre, axis=0)
    left = np.stack((-ahead[:, 1], ahead[:, 0]), axis=1) / np.hypot(*ahead.T)[:, None]
    rows = np.concatenate((centre, centre + 0.3 * left, centre - 0.3 * left), axis=1)
    rows[-1] = rows[0]
    return rows


def knotted_border() -> np.ndarray:
    rows = KIDNEY.copy()
    rows[[20, 23], 4:6] = rows[[23, 20], 4:6]  # two outer points exchanged
    return rows


REFUSALS = {
    "not an npy": (b"x,y\n1,2\n", "not a NumPy .npy file"),
    "empty": (b"", "not a NumPy .npy file"),
    "npz": (b"PK\x03\x04rest", "zip archive"),
    "only the magic": (b"\x93NUMPY", "header"),
    "bad header": (b"\x93NUMPY\x01\x00\x10\x00{'descr': [[[[[[[", "header"),
    "header that is code": (b"\x93NUMPY\x01\x00\x20\x00" + b"__import__('os').system('true') \n", "header"),
    "future version": (b"\x93NUMPY\x09\x00\x10\x00" + b" " * 16, "header"),
    "truncated": (npy(KIDNEY)[:-100], "cut off"),
    "huge shape, no data": (
        npy(KIDNEY).replace(b"(99, 6)", b"(1999, 6)")[:300], "cut off"),
    "huge file": (b"\x93NUMPY" + b"0" * TRACK_CAP_BYTES, "larger than 8 MB"),
    "too many rows": (npy(np.zeros((limits.MAX_ROWS + 1, 6))), "waypoints, more than"),
    "objects": (npy(np.array([[{}] * 6] * 20, dtype=object), allow_pickle=True), "pickled"),
    "text": (npy(np.array([["a"] * 6] * 20)), "not plain numbers"),
    "complex": (npy(KIDNEY.astype(complex)), "not plain numbers"),
    "records": (npy(np.zeros(20, dtype=[("x", float)])), "not plain numbers"),
    "three columns": (npy(KIDNEY[:, :3]), "six columns, this array has 3 columns"),
    "one axis": (npy(KIDNEY.ravel()), "six columns"),
    "a number": (npy(np.array(1.0)), "six columns"),
    "one point": (npy(KIDNEY[:1]), "at least 8 waypoints, this one has 1"),
    "no point": (npy(KIDNEY[:0]), "has 0"),
    "too few points": (npy(KIDNEY[:5]), "this one has 5"),
    "one point repeated": (npy(np.repeat(KIDNEY[:1], 50, axis=0)), "Only 1 different"),
    "nan": (npy(changed(12, 3, np.nan)), "Row 12"),
    "infinity": (npy(changed(0, 0, np.inf)), "Row 0"),
    "far away": (npy(KIDNEY + 1e9), "from the origin"),
    "centimetres": (npy(KIDNEY * 100), "far too large"),
    "millimetres": (npy(KIDNEY * 1000), "far too large"),
    "real-world size": (npy(KIDNEY * 12), "far too large"),
    "tiny": (npy(KIDNEY / 100), "too small"),
    "no width": (npy(swapped(KIDNEY, [0, 1, 2, 3, 2, 3])), "no width"),
    "border on the centre": (npy(swapped(KIDNEY, [0, 1, 0, 1, 4, 5])), "no width"),
    "narrower than the car": (npy(squeezed(0.15)), "the car is"),
    "borders swapped": (npy(swapped(KIDNEY, [0, 1, 4, 5, 2, 3])), "swapped"),
    "centre and inner swapped": (npy(swapped(KIDNEY, [2, 3, 0, 1, 4, 5])), "same side"),
    "shuffled": (npy(np.random.default_rng(1).permutation(LOOP)), "turns back"),
    "sorted by x": (npy(LOOP[np.argsort(LOOP[:, 0])]), "turns back"),
    "a part out of order": (npy(np.concatenate((LOOP[:30], LOOP[60:], LOOP[30:60]))), "jumps"),
    "figure of eight": (npy(figure_eight()), "centre line crosses itself"),
    "knotted border": (npy(knotted_border()), "outer border crosses itself"),
    "border across the centre": (npy(changed(30, 2, -9.0)), "crosses"),
}


@pytest.mark.parametrize("data, message", REFUSALS.values(), ids=REFUSALS)
def test_refused_with_a_reason_and_a_way_out(data, message):
    with pytest.raises(BadTrack) as error:
        import_track(data, "some.npy")
    assert message in error.value.message
    assert error.value.hint.endswith(".") or error.value.hint.endswith(").")
    assert error.value.message.count(". ") == 0  # one sentence


def test_centimetres_are_told_to_divide_by_100():
    with pytest.raises(BadTrack) as error:
        import_track(npy(KIDNEY * 100), "some.npy")
    assert "divide all values by 100." in error.value.hint


def test_a_header_alone_cannot_take_memory():
    """Four billion promised rows in a file of 128 bytes."""
    header = npy(np.zeros((9, 6))).replace(b"(9, 6), }         ", b"(4000000000, 6), }")
    assert b"4000000000" in header
    with pytest.raises(BadTrack, match="more than 2000"):
        import_track(header, "some.npy")


@pytest.mark.parametrize("convert", [
    lambda rows: rows.astype(">f8"), np.asfortranarray, lambda rows: np.round(rows * 1e4).astype(np.int64)],
    ids=["big-endian", "fortran order", "integers"])
def test_other_ways_to_store_numbers_are_read(convert):
    stored = convert(KIDNEY)
    if stored.dtype.kind == "i":
        with pytest.raises(BadTrack, match="far too large"):  # read as numbers, refused for their size
            import_track(npy(stored), "some.npy")
        return
    assert np.array_equal(import_track(npy(stored), "some.npy").rows, KIDNEY)


def test_repeated_rows_are_dropped_and_the_closing_row_stays():
    repeated = np.insert(KIDNEY, [5, 40, 40], KIDNEY[[5, 40, 40]], axis=0)
    assert np.array_equal(import_track(npy(repeated), "some.npy").rows, KIDNEY)


def test_a_loop_without_its_closing_row_is_closed_and_says_so():
    track = import_track(npy(LOOP), "some.npy")
    assert track.is_loop
    assert np.array_equal(track.rows, KIDNEY)
    assert "the loop has been closed" in track.warnings[0]


def test_more_rows_than_corners_are_fine():
    """Rows put on the straight lines between others: neighbours are parallel but for rounding."""
    at = np.linspace(0, len(KIDNEY) - 1, 1500)
    dense = np.stack([np.interp(at, np.arange(len(KIDNEY)), KIDNEY[:, k]) for k in range(6)], axis=1)
    track = import_track(npy(dense), "some.npy")
    assert len(track.rows) == 1500
    assert track.is_loop


def test_half_a_loop_is_an_open_track():
    track = import_track(npy(KIDNEY[:50]), "some.npy")
    assert not track.is_loop
    assert track.direction == "open"
    assert any("Not a loop" in warning for warning in track.warnings)


def test_a_reversed_file_is_clockwise():
    assert import_track(npy(KIDNEY[::-1]), "some.npy").direction == "clockwise"


def test_what_is_hard_to_drive_becomes_a_warning():
    narrow = import_track(npy(squeezed(0.35)), "some.npy")
    assert "Very narrow: the road is 0.35 m wide" in narrow.warnings[0]
    small = load_track("harbour").rows * 0.8
    assert any("Very tight" in warning for warning in import_track(npy(small), "some.npy").warnings)


def test_the_card_of_an_imported_track():
    track = import_track(npy(KIDNEY), "../Some Dir/My_first Track.npy")
    assert (track.id, track.title) == ("my_first-track", "My first Track")
    assert track.card is not None
    assert track.card.source == "imported"
    assert "16.6 m long and 1.00 m wide" in track.card.description


@pytest.mark.parametrize("name, expected", [
    ("Monaco.npy", "monaco"), ("../../etc/passwd", "passwd"), ("C:\\x\\Old Track.NPY", "old-track"),
    ("...", "track"), ("", "track"), ("con.npy", "track-con"),
    ("Zürich ★.npy", "z-rich"), ("x" * 300, "x" * 48)])
def test_ids_are_safe_file_names(name, expected):
    assert importing.safe_id(name) == expected
    assert importing.safe_id(expected) == expected


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(npy(KIDNEY)) - 1), st.binary(min_size=1, max_size=12))
def test_a_damaged_file_is_read_or_refused_never_a_crash(at, noise):
    data = npy(KIDNEY)
    try:
        track = import_track(data[:at] + noise + data[at + len(noise):], "some.npy")
    except BadTrack as error:
        assert error.hint
    else:
        assert np.isfinite(track.rows).all()
