"""Corrupt music on purpose, so that a network can learn to mend it: take notes away, put wrong ones in.

Training draws how much from wide ranges, nothing at all included, because people bring clean music. The test of a
model uses fixed shares with a fixed seed, half of it missing notes and half of it wrong ones.

N notes, rows of step, MIDI pitch, length in steps, voice; B windows, K kinds of edit, T steps, P pitches.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trivium.music.arcnn.config import ArcnnConfig
from trivium.music.arcnn.grid import (
    LENGTHS,
    LOWEST,
    PITCHES,
    WINDOW,
    Bools,
    Floats,
    Ints,
    Sheet,
    bar_plane,
    grid_of,
    planes_of,
    target_edits,
)

NEAR_SEMITONES = 7  # a wrong note that grew from a right one lies at most so far from it
TRANSPOSE = (-6, 5)
TEST_SEED = 20_200_813
TEST_SHARES = (5, 10, 20)  # per cent of a window's notes


@dataclass(frozen=True)
class Window:
    """Eight bars of a piece: its notes, steps counted from its beginning, and where bars begin, (WINDOW,)."""

    notes: Ints
    bars: Bools

    @property
    def grid(self) -> Ints:
        """The window as it should be."""
        return grid_of(self.notes, 0)


@dataclass(frozen=True)
class Batch:
    """Spoilt windows, and every edit that is needed to mend them."""

    planes: Floats  # (B, 2, T, P): where notes begin, where they go on
    bars: Floats  # (B, T): where bars begin
    target: Bools  # (B, K, T, P)


def windows_of(piece: Sheet) -> list[Window]:
    """The piece in windows of 8 bars, each moved on by 4, from a bar on; at least one."""
    starts = piece.bars[piece.bars < max(piece.steps - WINDOW // 4, 1)]
    found, next_step = [], -1
    for start in starts:
        if start >= next_step:
            found.append(window_at(piece, int(start)))
            next_step = int(start) + WINDOW // 2
    return found


def window_at(piece: Sheet, first: int) -> Window:
    """The window that begins at this step."""
    inside = (piece.notes[:, 0] >= first) & (piece.notes[:, 0] < first + WINDOW)
    notes = piece.notes[inside] - np.array([first, 0, 0, 0])
    return Window(notes, bar_plane(piece.bars, first))


def random_window(piece: Sheet, rng: np.random.Generator, transpose: bool) -> Window:
    """A window from some bar of the piece, in some key in which every note can be seen."""
    fitting = piece.bars[piece.bars <= max(piece.steps - WINDOW, 0)]
    window = window_at(piece, int(rng.choice(fitting)))
    pitches = window.notes[:, 1]
    if not transpose or not len(pitches):
        return window
    low = max(TRANSPOSE[0], LOWEST - int(pitches.min()))
    high = min(TRANSPOSE[1], LOWEST + PITCHES - 1 - int(pitches.max()))
    move = int(rng.integers(low, high + 1)) if low <= high else 0
    return Window(window.notes + np.array([0, move, 0, 0]), window.bars)


def corrupted(window: Window, config: ArcnnConfig, rng: np.random.Generator) -> Ints:
    """The grid of the window with notes gone and wrong ones in, as the settings say."""
    notes = window.notes
    share = rng.random()
    stays = rng.random(len(notes)) >= share
    if len(notes) and 100 * rng.random() < config.keep_voice_percent:
        stays |= notes[:, 3] == kept_voice(notes, rng)
    at_most = config.max_wrong_percent / 100 * len(notes)
    return with_wrong_notes(grid_of(notes[stays], 0), notes, int(rng.integers(0, int(at_most) + 1)), rng)


def kept_voice(notes: Ints, rng: np.random.Generator) -> int:
    """Mostly the highest voice, which carries the tune; at times another one."""
    voices = np.unique(notes[:, 3])
    if rng.random() < 0.5:
        return int(rng.choice(voices))
    return int(max(voices, key=lambda voice: notes[notes[:, 3] == voice, 1].mean()))


def with_wrong_notes(grid: Ints, notes: Ints, count: int, rng: np.random.Generator) -> Ints:
    """The grid with so many notes on empty cells: half anywhere, half beside a right one or of a wrong length."""
    grid = grid.copy()
    for _ in range(count):
        if len(notes) and rng.random() < 0.5:
            step, pitch, length, _ = rng.choice(notes)
            step, pitch = step + rng.integers(-2, 3), pitch - LOWEST + rng.integers(-NEAR_SEMITONES, NEAR_SEMITONES + 1)
        else:
            low, high = (notes[:, 1].min(), notes[:, 1].max()) if len(notes) else (48, 72)
            step, pitch = rng.integers(0, WINDOW), rng.integers(low, high + 1) - LOWEST
            length = rng.choice(LENGTHS[1:])
        step, pitch = int(np.clip(step, 0, WINDOW - 1)), int(np.clip(pitch, 0, PITCHES - 1))
        if grid[step, pitch] == 0:
            grid[step, pitch] = int(np.abs(LENGTHS[1:] - length).argmin()) + 1
    return grid


def training_batch(pieces: list[Sheet], config: ArcnnConfig, rng: np.random.Generator) -> Batch:
    """One batch: windows of different pieces where there are enough, each spoilt in its own way."""
    count = config.batch_windows
    chosen = rng.choice(len(pieces), count, replace=count > len(pieces))
    windows = [random_window(pieces[i], rng, config.transpose) for i in chosen]
    return batch_of(windows, [corrupted(window, config, rng) for window in windows])


def batch_of(windows: list[Window], grids: list[Ints]) -> Batch:
    """Spoilt grids beside what they should be."""
    stacked = np.stack(grids)
    return Batch(planes_of(stacked), np.stack([w.bars for w in windows]).astype(np.float32),
                  target_edits(stacked, np.stack([w.grid for w in windows])))


def corrupted_by(window: Window, percent: float, rng: np.random.Generator) -> Ints:
    """The window with this share of its notes spoilt: half of them gone, as many wrong ones put in."""
    grid = window.grid
    begins = np.argwhere(grid > 0)
    count = max(2, round(percent / 100 * len(begins)))
    gone = begins[rng.permutation(len(begins))[:count // 2]]
    grid[gone[:, 0], gone[:, 1]] = 0
    empty = window.grid > 0  # a wrong note must not stand where a right one belongs
    grid_with = with_wrong_notes(np.where(empty, 1, 0), window.notes, count - count // 2, rng)
    return np.where(empty, grid, grid_with)
