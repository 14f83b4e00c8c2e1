"""Old masks leave the disk, and undo still works: as far as it may, to the pixel, and never to a file that is gone."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from trivium.errors import NotFound
from trivium.vision import project
from trivium.vision.labels import pruning
from trivium.vision.labels.labelling import add_classes, remove, rename_class, restore
from trivium.vision.labels.mask_store import store_of
from trivium.vision.labels.painting import MaskChange, plane_of, repaint, undo
from trivium.vision.project import Item, Project

ONE, TWO = "1" * 64, "2" * 64
WEEKS = 30 * 86_400.0


@pytest.fixture
def painted(tmp_path: Path) -> Project:
    """Two photos of one size; 50 masks for the first, one after the other, one for the second, equal to the 5th."""
    made = project.create(tmp_path, "street", "segmentation")
    add_classes(made, ["car", "road"])
    project.add(made, [Item(sha256, f"{sha256[0]}.png", None, 10, 8, "0" * 64, 50.0) for sha256 in (ONE, TWO)])
    for number in range(50):
        repaint(made, [MaskChange(ONE, plane(number))])
    repaint(made, [MaskChange(TWO, plane(5))])
    return made


def plane(number: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """(8, 10): another one for each number below 80."""
    made = np.zeros((8, 10), np.uint8)
    made.ravel()[:number + 1] = 1 + number % 2
    return made


def files(made: Project) -> set[str]:
    return {path.name for path in store_of(made).folder.glob("??/*")}


def test_the_last_ones_stay_and_undo_leads_back_through_them(painted: Project, tmp_path: Path) -> None:
    assert len(files(painted)) == 50
    done = pruning.prune(painted, time.time() + WEEKS)
    assert done.forgotten == 30 and done.files == 28 and done.bytes > 0  # 50 earlier, one of them none; one is TWO's
    again = project.load(tmp_path, "street")  # from the log alone
    for made in (painted, again):
        assert len(made.past_masks[ONE]) == 20 and files(made) == pruning.wanted(made) and len(files(made)) == 22
    for number in range(48, 28, -1):
        undo(again, ONE)
        found = plane_of(again, again.items[ONE])
        assert found is not None and np.array_equal(found, plane(number))
    with pytest.raises(NotFound, match="no earlier mask"):
        undo(again, ONE)
    kept = plane_of(again, again.items[TWO])
    assert kept is not None and np.array_equal(kept, plane(5)), "another photo has the same mask"


def test_what_is_of_this_week_stays_however_much_it_is(painted: Project) -> None:
    assert pruning.prune(painted, time.time() + 3 * 86_400) == pruning.Pruned(0, 0, 0)
    assert len(painted.past_masks[ONE]) == 50
    for _ in range(49):
        undo(painted, ONE)
    first = plane_of(painted, painted.items[ONE])
    assert first is not None and np.array_equal(first, plane(0))


def test_a_removed_photo_keeps_its_masks_and_classes_their_names(painted: Project) -> None:
    remove(painted, [ONE])
    rename_class(painted, "car", "van")
    pruning.prune(painted, time.time() + WEEKS)
    restore(painted, [ONE])
    found = plane_of(painted, painted.items[ONE])
    assert found is not None and np.array_equal(found, plane(49))
    undo(painted, ONE)
    assert painted.items[ONE].mask is not None and painted.items[ONE].mask.labels == ["van"]


def test_a_file_that_no_line_names_yet_stays_for_a_day(painted: Project) -> None:
    """Somebody's mask is on disk a moment before the log tells of it."""
    coming = store_of(painted).put([b"on its way"], 100).sha256
    pruning.prune(painted, time.time() + 3600)
    assert coming in files(painted)
    pruning.prune(painted, time.time() + WEEKS)
    assert coming not in files(painted)


def test_it_is_done_by_itself_once_it_is_worth_it(painted: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "KEPT_DAYS", 0)
    monkeypatch.setattr(pruning, "FRESH_S", -60.0)
    repaint(painted, [MaskChange(TWO, plane(60))])
    assert len(painted.past_masks[ONE]) == 50, "nobody has painted on it"
    repaint(painted, [MaskChange(ONE, plane(60))])
    assert len(painted.past_masks[ONE]) == 20 and files(painted) == pruning.wanted(painted)
    seen = painted.versions[ONE]
    done, refused = repaint(painted, [MaskChange(ONE, plane(61), seen)])
    assert (done, refused) == ([ONE], []), "to forget is no change that others must know of"
