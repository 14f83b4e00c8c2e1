"""The pseudo-likelihood of an AR-CNN by hand, and `trivium music score` on pieces that it never saw."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from torch import Tensor, nn

from tests.music.arcnn_toy import chord_set, chord_sheet
from tests.music.test_arcnn_learns import arcnn_run
from trivium.core import files
from trivium.errors import BadConfig
from trivium.music import models
from trivium.music.arcnn.corruption import Window, windows_of
from trivium.music.arcnn.grid import KINDS, LENGTHS, LOWEST, PITCHES, WINDOW, Sheet
from trivium.music.arcnn.pseudo_likelihood import NOTES, counted, masked, nats, surprise
from trivium.music.arcnn.train import train
from trivium.music.commands.score import score as command
from trivium.music.dataset.sets import keep
from trivium.music.ship import ship
from trivium.settings import Settings

EDITS = KINDS * WINDOW * PITCHES
LENGTH_CLASS = {steps: int(kind) for kind, steps in enumerate(LENGTHS)}


def window_of(*notes: tuple[int, int, int]) -> Window:
    """A window with notes of (step, MIDI pitch, steps)."""
    return Window(np.array([(*note, 0) for note in notes], dtype=np.int64), np.zeros(WINDOW, dtype=bool))


class Fixed(nn.Module):
    """The same logits whatever it sees; it remembers what it saw."""

    def __init__(self, logits: dict[tuple[int, int, int], float]) -> None:
        super().__init__()
        self.logits = torch.zeros(KINDS, WINDOW, PITCHES)
        for (kind, step, pitch), value in logits.items():
            self.logits[kind, step, pitch - LOWEST] = value
        self.seen: list[Tensor] = []

    def forward(self, planes: Tensor, _bars: Tensor) -> Tensor:
        self.seen.append(planes)
        return self.logits.expand(len(planes), *self.logits.shape)


def test_a_note_costs_what_the_edit_that_puts_it_back_costs() -> None:
    window = window_of((0, 60, 4), (8, 64, 2))
    four, two = LENGTH_CLASS[4], LENGTH_CLASS[2]
    network = Fixed({(four, 0, 60): 9.0, (two, 8, 64): 7.0, (two, 0, 60): 8.0})
    whole = math.log(EDITS - 3 + math.exp(9) + math.exp(7) + math.exp(8))
    assert nats(network, window, masked(window)) == pytest.approx([whole - 9, whole - 7], rel=1e-4)  # single precision
    onset = network.seen[0][:, 0]  # (N, T, P): each time one note is gone, and the other is there
    assert onset.sum(dim=(1, 2)).tolist() == [1, 1]
    assert (onset[0, 8, 64 - LOWEST], onset[1, 0, 60 - LOWEST]) == (1, 1)
    assert window.grid[0, 60 - LOWEST] == four  # the window itself is as it was


def test_counting_says_how_often_a_pitch_and_length_come() -> None:
    train_piece = Sheet(np.array([(0, 60, 4, 0), (4, 60, 4, 0), (8, 60, 2, 0)]), np.array([0]))
    table = counted([train_piece])
    cells = PITCHES * (KINDS - 1)  # each counted once before any is seen
    assert table[60 - LOWEST, LENGTH_CLASS[4]] == pytest.approx(math.log(WINDOW) - math.log(3 / (cells + 3)))
    assert table[61 - LOWEST, LENGTH_CLASS[4]] == pytest.approx(math.log(WINDOW) - math.log(1 / (cells + 3)))
    assert WINDOW * np.exp(-table).sum() == pytest.approx(1.0)  # a distribution over all that can be put somewhere


def test_knowing_nothing_is_the_logarithm_of_all_edits_with_no_interval() -> None:
    windows = [window for seed in range(3) for window in windows_of(chord_sheet(seed))]
    found = surprise(Fixed({}), windows, [chord_sheet(9)])
    assert found is not None
    assert found.nats == found.low == found.high == pytest.approx(math.log(EDITS))
    assert found.notes == NOTES * len(windows) and found.counted < math.log(EDITS)
    assert surprise(Fixed({}), windows, [], stopped=lambda: True) is None


def test_a_training_is_scored_by_the_command_and_its_card_says_the_same(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.set_num_threads(1)
    config, run = arcnn_run(tmp_path / "run", 30, 30, lr=0.02)
    train(config, run)

    def scored(*arguments: str) -> dict[str, object]:
        done = CliRunner().invoke(command, [*arguments, "--json"], obj=Settings(tmp_path), standalone_mode=False)
        if done.exception is not None:
            raise done.exception
        found: dict[str, object] = json.loads(done.stdout)
        return found

    found = scored(str(run.folder))
    card = files.read_json(run.folder / files.MODEL / "model.json")
    assert found["pseudo_nats_per_note"] == card["pseudo_nats_per_note/valid"]
    assert card["pseudo_nats_per_note/valid"] < card["pseudo_nats_per_note/counted"] < math.log(EDITS)
    assert found["xor_cross_entropy"] == pytest.approx(card["xor_cross_entropy/valid"])
    shown = CliRunner().invoke(command, [str(run.folder)], obj=Settings(tmp_path), standalone_mode=False).stdout
    assert "counting pitches and lengths" in shown and "20 % of the notes spoilt" in shown

    monkeypatch.setattr(models, "TRAINED", tmp_path / "trained")
    ship(run.folder, "Toys")
    with pytest.raises(BadConfig, match="no music with it"):
        scored("arcnn-default")
    keep(chord_set(24), "toys", tmp_path)
    keep(chord_set(23), "others", tmp_path)
    packaged = scored("arcnn-default", "--data", "toys")
    assert packaged["pseudo_nats_per_note"] == pytest.approx(found["pseudo_nats_per_note"], abs=0.05)  # half precision
    with pytest.raises(BadConfig, match="another set"):
        scored("arcnn-default", "--data", "others")
    with pytest.raises(BadConfig, match="has its music with it"):
        scored(str(run.folder), "--data", "toys")
