"""Keeping imported tracks in a data folder, and finding any track by one word."""

import numpy as np
import pytest

from trivium.errors import BadTrack, NameTaken, NotFound, StudioError
from trivium.racing import data
from trivium.racing.data import rows_npy
from trivium.racing.tracks.loading import load_track

KIDNEY = rows_npy(load_track("kidney"))


def test_an_imported_track_is_kept_found_listed_and_deleted(tmp_path):
    kept = data.save_track(tmp_path, KIDNEY, "School Track.npy")
    assert kept.id == "school-track"
    names = sorted(path.name for path in (tmp_path / "tracks").iterdir())
    assert names == ["school-track.json", "school-track.npy"]
    again = data.resolve("school-track", tmp_path)
    assert (again.id, again.title) == ("school-track", "School Track")
    assert np.array_equal(again.rows, kept.rows)
    assert [track.id for track in data.list_tracks(tmp_path)][-1] == "school-track"
    data.delete_track(tmp_path, "school-track")
    assert list((tmp_path / "tracks").iterdir()) == []
    with pytest.raises(BadTrack):
        data.resolve("school-track", tmp_path)


def test_a_taken_name_is_refused(tmp_path):
    data.save_track(tmp_path, KIDNEY, "mine.npy")
    for name in ("mine.npy", "Mine.npy", "oval.npy"):
        with pytest.raises(NameTaken):
            data.save_track(tmp_path, KIDNEY, name)


def test_a_bad_file_leaves_nothing_behind(tmp_path):
    with pytest.raises(BadTrack):
        data.save_track(tmp_path, KIDNEY[:-10], "mine.npy")
    assert not (tmp_path / "tracks").exists()


def test_the_gallery_and_files_outside_the_folder_cannot_be_deleted(tmp_path):
    outside = tmp_path / "precious.npy"
    outside.write_bytes(KIDNEY)
    for track_id in ("oval", "../precious", "precious", "", str(outside.with_suffix(""))):
        with pytest.raises(StudioError):
            data.delete_track(tmp_path, track_id)
    assert outside.exists()


def test_one_spoilt_file_does_not_hide_the_others(tmp_path):
    data.save_track(tmp_path, KIDNEY, "good.npy")
    (tmp_path / "tracks" / "bad.npy").write_bytes(b"spoilt")
    (tmp_path / "tracks" / "good.json").write_text("not json")
    listed = [track.id for track in data.list_tracks(tmp_path)]
    assert listed == [*(track.id for track in data.list_tracks()), "good"]


def test_resolve_takes_ids_paths_and_tracks(tmp_path):
    path = tmp_path / "file.npy"
    path.write_bytes(KIDNEY)
    oval = load_track("oval")
    assert data.resolve(oval) is oval
    assert data.resolve("oval").id == data.resolve("oval", tmp_path).id == "oval"
    assert data.resolve(path).id == data.resolve(str(path), tmp_path).id == "file"
    with pytest.raises((BadTrack, NotFound)):
        data.resolve("nothing", tmp_path)
