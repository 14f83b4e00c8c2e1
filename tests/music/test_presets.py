"""Named settings: each is one that its technique takes, and bolder is bolder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.music.gan_toy import toy_piece
from trivium import music
from trivium.core.studio import parse_config
from trivium.errors import NotFound
from trivium.music.techniques import TECHNIQUES, Technique

NOWHERE = Path("nowhere")


@pytest.mark.parametrize("technique", TECHNIQUES, ids=lambda technique: technique.id)
def test_each_preset_is_taken_and_sets_the_same_controls_as_the_others(technique: Technique) -> None:
    presets = technique.named_settings()
    assert [preset.id for preset in presets] == ["gentle", "balanced", "bold"]
    assert len({tuple(preset.controls) for preset in presets}) == 1 and presets[0].controls
    usual = technique.controls_type()().model_dump(mode="json")
    assert presets[1].controls == {name: usual[name] for name in presets[1].controls}
    for preset in presets:
        parse_config(technique.controls, preset.controls)
    risks = [preset.controls["creative_risk"] for preset in presets]
    assert risks == sorted(set(risks))


def test_gentle_keeps_the_melody_and_bold_changes_more() -> None:
    piece = music.load("twinkle")
    gentle = music.compose(piece, preset="gentle", data=NOWHERE)[1]
    fuller = music.compose(piece, preset="gentle", controls={"sampling_iterations": 60}, data=NOWHERE)[1]
    assert gentle["removed"] == 0 < gentle["added"] < fuller["added"]  # what is named goes before the preset
    sparse, full = (music.compose(piece, "gan", preset=name, data=NOWHERE)[1]["added"] for name in ("gentle", "bold"))
    assert sparse < full


def test_an_unknown_preset_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(NotFound, match="no preset 'wild'") as refused:
        music.compose(toy_piece(), preset="wild", data=NOWHERE)
    assert "gentle, balanced, bold" in refused.value.hint
