"""The Transformer step by step: keys and values of what was read are kept, so a new cell costs the same however long the
piece is. It says exactly what the whole network says (tested).

Several pieces can be written side by side (particles); `choose` makes them copies of some of them.
P particles, T steps read so far, L capacity, H heads, D width, C classes.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from trivium.music.tokens import CELL_ROWS, MEMORY_ROWS, STEP_ROWS, Bools, Ints, Past, Piece
from trivium.music.transformer import Angles, ChoraleTransformer, Remembered, angles, norm
from trivium.music.transformer_sampling import Floats


class Kept:
    """Keys and values of one attention layer, (P, H, L, D / H), filled from the left."""

    def __init__(self, shape: tuple[int, int, int, int]) -> None:
        self.keys, self.values, self.filled = torch.zeros(shape), torch.zeros(shape), 0

    def add(self, new: Remembered) -> None:
        """Append (P, H, N, D / H)."""
        end = self.filled + new[0].shape[2]
        self.keys[:, :, self.filled:end], self.values[:, :, self.filled:end] = new
        self.filled = end

    def all(self) -> Remembered:
        """What is there."""
        return self.keys[:, :, :self.filled], self.values[:, :, :self.filled]

    def choose(self, particles: Tensor) -> None:
        """Keep copies of the particles with these numbers."""
        for kept in (self.keys, self.values):
            kept[:, :, :self.filled] = kept[particles, :, :self.filled]


class Decoder:
    """Reads a piece step by step. For each step: `begin`, then `logits` of each voice in turn, then `end`."""

    def __init__(self, network: ChoraleTransformer, particles: int, capacity: int) -> None:
        self.network = network.eval()
        heads = network.width // network.head_width
        shape = (particles, heads, capacity, network.head_width)
        self.steps = [Kept(shape) for _ in network.step_blocks]
        self.looks = [Kept((particles, heads, capacity + 1, network.head_width)) for _ in network.cell_blocks
                      if network.memory_facts is not None]
        self.cosines, self.sines = angles(0, capacity + 1, network.head_width, torch.device("cpu"))
        self.past, self.step = Past.nothing(particles), 0
        self.known = torch.zeros(particles, 1, network.width)
        self._look_at(torch.zeros(particles, 1, network.width), 0)

    @torch.inference_mode()
    def read(self, piece: Piece) -> None:
        """The first steps of all particles at once; only at the beginning."""
        assert self.step == 0
        count = len(piece)
        rows = torch.from_numpy(STEP_ROWS(piece.past, np.arange(count))[None])
        known = self.network.read(rows, lambda layer, made: self.steps[layer].add(made))
        if self.looks:
            memory = self.network.memorise(known, torch.from_numpy(MEMORY_ROWS(piece.sounding, piece.onset)[None]))
            assert memory is not None
            self._look_at(memory, 1)
        last = np.full(len(self.known), count - 1)  # for every particle
        self.past = piece.past.of(last).after(piece.sounding[last], piece.onset[last])
        self.step = count

    @torch.inference_mode()
    def begin(self) -> None:
        """Read what the past says of the step that comes now."""
        at = self._at(self.step)
        rows = STEP_ROWS(self.past, np.full(len(self.past.age), self.step))
        x = norm(self.network.step_facts(torch.from_numpy(rows[:, None])))  # (P, 1, D)
        for block, kept in zip(self.network.step_blocks, self.steps, strict=True):
            kept.add(block.remember(norm(x), at))
            x = block(x, kept.all(), at)
        self.known = norm(x)
        self.base = self.network.to_cell(self.known)

    @torch.inference_mode()
    def logits(self, voice: int, sounding: Ints, onset: Bools) -> Floats:
        """Of the voice's classes, (P, C), given the voices above it in `sounding` and `onset`, (P, 4)."""
        rows = CELL_ROWS(voice, self.past, np.full(len(sounding), self.step), sounding, onset)
        x = self.base + self.network.cell_facts(torch.from_numpy(rows[:, None]))  # (P, 1, D)
        looks = iter(self.looks)
        for block in self.network.cell_blocks:
            x = block(x, next(looks).all() if self.looks else None, self._at(self.step))
        reference = torch.from_numpy(self.past.reference()[:, None, voice:voice + 1])
        said = self.network.logits(x[:, :, None], reference, slice(voice, voice + 1))
        return said[:, 0, 0].double().numpy()

    @torch.inference_mode()
    def end(self, sounding: Ints, onset: Bools) -> None:
        """The step's cells are known, (P, 4)."""
        if self.looks:
            memory = self.network.memorise(self.known, torch.from_numpy(MEMORY_ROWS(sounding, onset)[:, None]))
            assert memory is not None
            self._look_at(memory, self.step + 1)
        self.past = self.past.after(sounding, onset)
        self.step += 1

    def choose(self, particles: Ints) -> None:
        """Go on with copies of the particles with these numbers."""
        numbers = torch.from_numpy(particles)
        for kept in (*self.steps, *self.looks):
            kept.choose(numbers)
        self.past = self.past.of(particles)
        self.known, self.base = self.known[numbers], self.base[numbers]

    def _at(self, first: int, count: int = 1) -> Angles:
        return self.cosines[first:first + count], self.sines[first:first + count]

    def _look_at(self, memory: Tensor, place: int) -> None:
        with torch.inference_mode():
            attending = [block for block in self.network.cell_blocks if block.attention is not None]
            for block, kept in zip(attending, self.looks, strict=True):
                kept.add(block.remember(memory, self._at(place, memory.shape[1])))
