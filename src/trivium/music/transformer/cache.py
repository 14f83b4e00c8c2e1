"""The Transformer step by step: keys and values of what was read are kept, so that a new cell needs no new reading of
the piece. It says exactly what the whole network says (tested), in compiled arithmetic (`kernels.py`).

Several pieces can be written side by side (particles); `choose` makes them copies of some of them.
P particles, T steps read so far, L capacity, H heads, D width, C classes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from trivium.music.transformer import kernels
from trivium.music.transformer.kernels import Array
from trivium.music.transformer.network import LEAP, Block, ChoraleTransformer, angles
from trivium.music.transformer.sampling import Floats
from trivium.music.transformer.tokens import CELL_ROWS, MEMORY_ROWS, PITCHES, STEP_ROWS, Bools, Ints, Past, Piece


def plain(tensor: Tensor) -> Array:
    """As an array for the kernels."""
    return np.ascontiguousarray(tensor.detach().cpu().numpy(), dtype=np.float32)


@dataclass
class Kept:
    """Keys and values of one attention layer, (P, H, L, D / H), filled from the left."""

    keys: Array
    values: Array
    filled: int = 0

    def add(self, keys: Tensor, values: Tensor) -> None:
        """Append (1 or P, H, N, D / H)."""
        end = self.filled + keys.shape[2]
        self.keys[:, :, self.filled:end], self.values[:, :, self.filled:end] = keys.numpy(), values.numpy()
        self.filled = end

    def choose(self, particles: Ints) -> None:
        """Keep copies of the particles with these numbers."""
        for kept in (self.keys, self.values):
            kept[:, :, :self.filled] = kept[particles, :, :self.filled]


class Layer:
    """One block's weights, and what it has kept."""

    def __init__(self, block: Block, kept: Kept | None) -> None:
        self.kept, attention = kept, block.attention
        if attention is not None:
            self.query, self.key_value = plain(attention.query.weight), plain(attention.key_value.weight)
            self.out, self.sharpness = plain(attention.out.weight), plain(attention.sharpness).ravel()
        self.up, self.down = plain(block.mlp.up.weight), plain(block.mlp.down.weight)

    def remember(self, x: Array, cosines: Array, sines: Array) -> None:
        """Keep keys and values of x, (P, D)."""
        if self.kept is not None:
            kernels.remember(x, self.key_value, self.kept.keys, self.kept.values, self.kept.filled, cosines, sines)
            self.kept.filled += 1

    def __call__(self, x: Array, cosines: Array, sines: Array) -> Array:
        """(P, D) -> (P, D)."""
        if self.kept is not None:
            x = x + kernels.attend(x, self.query, self.out, self.sharpness, self.kept.keys, self.kept.values,
                                   self.kept.filled, cosines, sines)
        return np.asarray(x + kernels.mlp(x, self.up, self.down))


class Decoder:
    """Reads a piece step by step. For each step: `begin`, then `logits` of each voice in turn, then `end`."""

    def __init__(self, network: ChoraleTransformer, particles: int, capacity: int) -> None:
        self.network = network.eval()
        heads = network.width // network.head_width
        shape = (particles, heads, capacity + 1, network.head_width)

        def kept() -> Kept:
            return Kept(np.zeros(shape, np.float32), np.zeros(shape, np.float32))

        looks = network.memory_facts is not None
        self.steps = [Layer(block, kept()) for block in network.step_blocks]
        self.cells = [Layer(block, kept() if looks else None) for block in network.cell_blocks]
        self.step_table, self.cell_table = (plain(facts.table.weight)
                                            for facts in (network.step_facts, network.cell_facts))
        self.memory_table = None if network.memory_facts is None else plain(network.memory_facts.table.weight)
        self.to_cell, self.by_name, self.bias = (plain(t) for t in (network.to_cell.weight, network.by_name,
                                                                    network.by_name_bias))
        self.by_distance, self.distance_bias = plain(network.by_distance.weight), plain(network.by_distance.bias)
        cosines, sines = angles(0, capacity + 1, network.head_width, torch.device("cpu"))
        self.cosines, self.sines = plain(cosines), plain(sines)
        self.past, self.step = Past.nothing(particles), 0
        self.known = self.base = np.zeros((particles, network.width), np.float32)
        for layer in self.cells:
            layer.remember(self.known, self.cosines[0], self.sines[0])

    @torch.inference_mode()
    def read(self, piece: Piece) -> None:
        """The first steps of all particles at once; only at the beginning."""
        assert self.step == 0
        count = len(piece)
        rows = torch.from_numpy(STEP_ROWS(piece.past, np.arange(count))[None])
        known = self.network.read(rows, lambda layer, made: kept_of(self.steps[layer]).add(*made))
        memory = self.network.memorise(known, torch.from_numpy(MEMORY_ROWS(piece.sounding, piece.onset)[None]))
        if memory is not None:
            at = angles(1, count, self.network.head_width, torch.device("cpu"))
            for block, layer in zip(self.network.cell_blocks, self.cells, strict=True):
                made = block.remember(memory, at)
                assert made is not None, "where there is a memory, cell blocks attend"
                kept_of(layer).add(*made)
        last = np.full(len(self.known), count - 1)  # for every particle
        self.past = piece.past.of(last).after(piece.sounding[last], piece.onset[last])
        self.step = count

    def begin(self) -> None:
        """Read what the past says of the step that comes now."""
        cosines, sines = self.cosines[self.step], self.sines[self.step]
        rows = STEP_ROWS(self.past, np.full(len(self.past.age), self.step))
        x = kernels.norm(kernels.summed(self.step_table, rows))
        for layer in self.steps:
            layer.remember(kernels.norm(x), cosines, sines)
            x = layer(x, cosines, sines)
        self.known = kernels.norm(x)
        self.base = kernels.linear(self.known, self.to_cell)

    def logits(self, voice: int, sounding: Ints, onset: Bools) -> Floats:
        """Of the voice's classes, (P, C), given the voices above it in `sounding` and `onset`, (P, 4)."""
        rows = CELL_ROWS(voice, self.past, np.full(len(sounding), self.step), sounding, onset)
        x = self.base + kernels.summed(self.cell_table, rows)
        for layer in self.cells:
            x = layer(x, self.cosines[self.step], self.sines[self.step])
        said = kernels.answer(x, self.by_name[voice], self.bias[voice], self.by_distance, self.distance_bias,
                              self.past.reference()[:, voice], LEAP, PITCHES)
        return np.asarray(said, dtype=np.float64)

    def end(self, sounding: Ints, onset: Bools) -> None:
        """The step's cells are known, (P, 4)."""
        if self.memory_table is not None:
            memory = kernels.norm(self.known + kernels.summed(self.memory_table, MEMORY_ROWS(sounding, onset)))
            for layer in self.cells:
                layer.remember(memory, self.cosines[self.step + 1], self.sines[self.step + 1])
        self.past = self.past.after(sounding, onset)
        self.step += 1

    def take(self, particles: Ints) -> None:
        """Go on with copies of the particles with these numbers, however many they are."""
        for layer in (*self.steps, *self.cells):
            if layer.kept is not None:
                layer.kept.keys, layer.kept.values = layer.kept.keys[particles], layer.kept.values[particles]
        self._follow(particles)

    def choose(self, particles: Ints) -> None:
        """Go on with copies of the particles with these numbers, as many as before."""
        for layer in (*self.steps, *self.cells):
            if layer.kept is not None:
                layer.kept.choose(particles)
        self._follow(particles)

    def _follow(self, particles: Ints) -> None:
        self.past = self.past.of(particles)
        self.known, self.base = self.known[particles], self.base[particles]


def kept_of(layer: Layer) -> Kept:
    """Of a layer that attends."""
    assert layer.kept is not None
    return layer.kept
