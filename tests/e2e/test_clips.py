"""Clips in the browser: ranges that can not overlap, and a film that a model tells from when to when."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import axe, pages
from tests.e2e.conftest import picture
from tests.e2e.studio_process import StudioProcess
from tests.vision import mover
from trivium.core.status import Status, write_status
from trivium.vision.collect import importing
from trivium.vision.labels import labelling

NAME = "hall"
AT = f"/vision/projects/{NAME}"


@pytest.fixture
def model(studio: StudioProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A project with one film of four seconds, and a training that ended with the model that knows bright and dark."""
    monkeypatch.setattr(importing, "network_if_there", lambda _looking: None)
    (tmp_path / "films").mkdir()
    (tmp_path / "films" / "film.mp4").write_bytes(mover.lit(250, 5, 250, 5))
    project, _ = importing.import_photos(studio.data, tmp_path / "films", NAME, "activity")
    labelling.add_classes(project, mover.CLASSES)
    run = mover.finished(studio.data, NAME)
    write_status(run, Status(state="succeeded"))
    return run.name


@pytest.mark.timeout(240)
def test_ranges_are_trimmed_at_their_neighbours_and_a_film_is_told(visit: Callable[..., Any], model: str,
                                                                   tmp_path: Path) -> None:
    page = visit(f"{AT}/label")
    page.get_by_role("slider", name="Place in the video").wait_for()

    def chosen(first: int, last: int, key: str) -> None:
        """From one moment to another, eight a second, then a class."""
        slider = page.get_by_role("slider", name="Place in the video")
        for moment, set_ in ((first, "i"), (last, "o")):
            slider.fill(str(moment / 8))
            page.keyboard.press(set_)
        page.keyboard.press(key)

    def listed(*rows: str) -> None:
        for row in rows:
            page.get_by_role("listitem").filter(has_text=row).wait_for()

    chosen(8, 16, "1")
    listed("1.00 s to 2.00 s")
    chosen(12, 28, "2")  # ends, at its begin, where bright ends
    listed("1.00 s to 2.00 s", "2.00 s to 3.50 s")
    chosen(9, 14, "2")  # nothing is left of it
    page.get_by_text("All of that has another name already.").wait_for()
    assert page.get_by_text("2.00 s to 3.50 s").count() == 1
    assert axe.violations(page) == []
    picture(page, "clips-ranges-1280")

    for width, dark in ((1280, True), (360, False), (360, True)):
        shown = visit(f"{AT}/label", width=width, dark=dark)
        shown.get_by_text("2.00 s to 3.50 s").wait_for()
        assert not pages.sideways(shown)
        picture(shown, f"clips-ranges-{width}-{'dark' if dark else 'light'}")

    film = tmp_path / "new.mp4"
    film.write_bytes(mover.lit(250, 5, 127))
    for width, dark in ((1280, False), (360, True)):
        tried = visit(f"{AT}/try?run={model}", width=width, dark=dark)
        tried.get_by_label("A film to try").set_input_files(str(film))
        told = tried.get_by_role("list", name="What it shows from when to when").get_by_role("listitem")
        told.nth(3).wait_for()
        said = [" ".join(text.split()) for text in told.all_inner_texts()]
        wanted = ("bright", "I don't know", "dark", "I don't know")
        assert len(said) == 4 and all(words in row for words, row in zip(wanted, said, strict=True)), said
        assert not pages.sideways(tried)
        assert axe.violations(tried) == []
        picture(tried, f"clips-try-{width}-{'dark' if dark else 'light'}")
