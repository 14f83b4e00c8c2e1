"""The Transformer of the music studio: four-part music, one cell after the other.

- Two parts. A Transformer over *steps* reads the past once a sixteenth; a small decoder then says the four cells of
  the step in the order soprano, alto, tenor, bass, each knowing the ones above it. Four times less work than a token
  a cell, and still an exact likelihood: the product over cells of p(cell | all earlier cells).
- A moment is the sum of table rows (`tokens.py`): pitches, intervals between and within the voices, ages, phase.
- Positions are rotations of queries and keys (RoPE, arXiv 2104.09864), so only distances count.
- With `look_back` the decoder asks the past again once it knows the upper voices: what did the others sing then?
- The answer is a sum of two: one for each pitch by its name, one for each distance from the voice's last pitch. "Stay"
  and "a step up" are then the same in every key.
- Pre-norm without learned scales, normalised queries and keys (arXiv 2010.04245), no biases in the blocks.

B pieces, T steps, V = 4 voices, D width, H heads, C classes, F facts (table rows).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trivium.music.config import TransformerConfig
from trivium.music.transformer.tokens import CELL_ROWS, CLASSES, CLASSES_WITH_HOLD, MEMORY_ROWS, PITCHES, STEP_ROWS, V

LEAP = 24  # the largest distance from a voice's last pitch that has an answer of its own, semitones
Angles = tuple[Tensor, Tensor]
Remembered = tuple[Tensor, Tensor]  # keys and values


@dataclass
class Batch:
    """Pieces side by side; what is past the end of a shorter one has target -100."""

    steps: Tensor  # (B, T, F) rows of StepRows
    cells: Tensor  # (B, T, V, F) rows of CellRows
    memory: Tensor  # (B, T, F) rows of MemoryRows
    reference: Tensor  # (B, T, V) the pitch class that each voice's next one is compared with
    target: Tensor  # (B, T, V)

    def to(self, device: str) -> Batch:
        """The same on another device."""
        return Batch(*(getattr(self, name).to(device, non_blocking=True) for name in self.__dataclass_fields__))


def norm(x: Tensor) -> Tensor:
    """Layer norm without learned scale and shift; on CPUs much faster than RMS norm, which has no kernel there."""
    return F.layer_norm(x, x.shape[-1:])


def angles(first: int, count: int, head: int, device: torch.device) -> Angles:
    """Cosine and sine of each position's rotation, (count, head / 2)."""
    rates = 10_000.0 ** (-torch.arange(head // 2, device=device) / (head // 2))
    turned = torch.arange(first, first + count, device=device)[:, None] * rates
    return turned.cos(), turned.sin()


def rotated(x: Tensor, at: Angles) -> Tensor:
    """(B, H, T, D / H) turned by the angles of its positions."""
    one, two = x.chunk(2, dim=-1)
    cos, sin = at
    return torch.cat([one * cos - two * sin, one * sin + two * cos], dim=-1)


class Dropout(nn.Module):
    """torch's dropout; on CPUs with one random byte for each number, which takes a quarter of the time."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.share == 0.0:
            return x
        if x.is_cuda:
            return F.dropout(x, self.share)
        words = torch.empty(-(-x.numel() // 8), dtype=torch.int64).random_(-(2**63), None)
        dropped = round(256 * self.share)  # of 256
        kept = words.view(torch.uint8)[:x.numel()].view(x.shape) >= dropped
        return x * kept.to(x.dtype).mul_(256 / (256 - dropped))


class Attention(nn.Module):
    """Queries from one place, keys and values from another (or the same)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width, bias=False)
        self.key_value = nn.Linear(width, 2 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.sharpness = nn.Parameter(torch.full((heads, 1, 1), 2.0))
        nn.init.zeros_(self.out.weight)

    def split(self, x: Tensor) -> Tensor:
        """(B, T, D) -> (B, H, T, D / H)."""
        return x.view(*x.shape[:-1], self.heads, -1).transpose(1, 2)

    def remember(self, x: Tensor, at: Angles) -> Remembered:
        """Keys and values of x, (B, H, T, D / H) each."""
        keys, values = self.key_value(x).chunk(2, dim=-1)
        return rotated(norm(self.split(keys)), at), self.split(values)

    def forward(self, x: Tensor, keys: Tensor, values: Tensor, at: Angles, mask: Tensor | None = None,
                is_causal: bool = False) -> Tensor:
        queries = rotated(norm(self.split(self.query(x))), at) * self.sharpness
        seen = F.scaled_dot_product_attention(queries, keys, values, attn_mask=mask, is_causal=is_causal)
        return self.out(seen.transpose(1, 2).flatten(2))  # type: ignore[no-any-return]


class Mlp(nn.Module):
    """Two layers with a bend between them."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.up = nn.Linear(width, inner, bias=False)
        self.down = nn.Linear(inner, width, bias=False)
        nn.init.zeros_(self.down.weight)

    def forward(self, x: Tensor) -> Tensor:
        return self.down(F.gelu(self.up(x)))  # type: ignore[no-any-return]


class Block(nn.Module):
    """Attention, if it has one, and MLP, each added to what is there."""

    def __init__(self, width: int, heads: int, inner: int, dropout: float, attends: bool = True) -> None:
        super().__init__()
        self.attention = Attention(width, heads) if attends else None
        self.mlp, self.drop = Mlp(width, inner), Dropout(dropout)

    def remember(self, x: Tensor, at: Angles) -> Remembered | None:
        """Keys and values of x, if there is anybody to ask for them."""
        return None if self.attention is None else self.attention.remember(x, at)

    def forward(self, x: Tensor, memory: Remembered | None, at: Angles, mask: Tensor | None = None,
                is_causal: bool = False) -> Tensor:
        if self.attention is not None and memory is not None:
            x = x + self.drop(self.attention(norm(x), *memory, at, mask, is_causal))
        changed: Tensor = self.drop(self.mlp(norm(x)))
        return x + changed


class Blocks(nn.ModuleList):
    """Blocks, one after the other."""

    def __iter__(self) -> Iterator[Block]:
        return super().__iter__()  # type: ignore[return-value]


class Facts(nn.Module):
    """A table whose rows are summed: (..., F) rows -> (..., D). While learning, a share of the facts is dropped."""

    def __init__(self, rows: int, width: int, dropout: float, empty: int | None = None) -> None:
        super().__init__()
        self.dropout = dropout
        self.table = nn.EmbeddingBag(rows, width, mode="sum", padding_idx=empty)
        nn.init.normal_(self.table.weight, std=0.3)
        if empty is not None:
            with torch.no_grad():
                self.table.weight[empty].zero_()

    def forward(self, rows: Tensor) -> Tensor:
        flat, weights = rows.flatten(0, -2), None
        if self.training and self.dropout > 0.0:
            weights = (torch.rand(flat.shape, device=flat.device) >= self.dropout) / (1.0 - self.dropout)
        summed: Tensor = self.table(flat, per_sample_weights=weights)
        return summed.view(*rows.shape[:-1], -1)


class ChoraleTransformer(nn.Module):
    """p(cell | all earlier cells), for four voices on a grid of sixteenths."""

    def __init__(self, config: TransformerConfig, with_hold: bool = False) -> None:
        super().__init__()
        width, heads = config.width, config.width // config.head_width
        self.with_hold, self.width, self.head_width = with_hold, width, config.head_width
        self.classes = CLASSES_WITH_HOLD if with_hold else CLASSES
        self.step_facts = Facts(STEP_ROWS.rows, width, config.input_dropout)
        self.cell_facts = Facts(CELL_ROWS.rows, width, config.input_dropout, CELL_ROWS.empty)
        self.memory_facts = Facts(MEMORY_ROWS.rows, width, config.input_dropout) if config.look_back else None
        self.step_blocks = Blocks(Block(width, heads, 4 * width, config.dropout)
                                  for _ in range(config.step_layers))
        self.cell_blocks = Blocks(Block(width, heads, 2 * width, config.dropout, attends=config.look_back)
                                  for _ in range(config.cell_layers))
        self.to_cell = nn.Linear(width, width, bias=False)
        self.by_name = nn.Parameter(torch.zeros(V, self.classes, width))
        self.by_name_bias = nn.Parameter(torch.zeros(V, self.classes))
        self.by_distance = nn.Linear(width, 2 * LEAP + 1)
        nn.init.zeros_(self.by_distance.weight)
        self.drop = Dropout(config.dropout)

    def read(self, rows: Tensor, watch: Callable[[int, Remembered], None] = lambda _layer, _made: None) -> Tensor:
        """(B, T, F) step rows -> (B, T, D), what is known before each step. `watch` sees each layer's memory."""
        at = angles(0, rows.shape[1], self.head_width, rows.device)
        x = self.drop(norm(self.step_facts(rows)))
        for layer, block in enumerate(self.step_blocks):
            made = block.remember(norm(x), at)
            assert made is not None, "step blocks attend"
            watch(layer, made)
            x = block(x, made, at, is_causal=True)
        return norm(x)

    def memorise(self, known: Tensor, rows: Tensor) -> Tensor | None:
        """What the decoder looks back on, (B, T, D): each step's past together with what was sung then."""
        return None if self.memory_facts is None else norm(known + self.memory_facts(rows))

    def logits(self, cells: Tensor, reference: Tensor, voices: slice = slice(None)) -> Tensor:
        """(B, T, V, D) -> (B, T, V, C): by name, and by distance from `reference`, (B, T, V)."""
        x = norm(cells)
        named = torch.einsum("btvd,vcd->btvc", x, self.by_name[voices]) + self.by_name_bias[voices]
        pitches = torch.arange(PITCHES, device=x.device)
        distance = (pitches - reference[..., None]).clamp(-LEAP, LEAP) + LEAP  # (B, T, V, 46)
        by_distance = self.by_distance(x).gather(-1, distance)
        return torch.cat([named[..., :PITCHES] + by_distance, named[..., PITCHES:]], dim=-1)

    def forward(self, batch: Batch) -> Tensor:
        """Logits of every cell, (B, T, V, C), each from the cells before it."""
        known = self.read(batch.steps)
        b, t, d = known.shape
        x = self.drop(self.to_cell(known)[:, :, None] + self.cell_facts(batch.cells)).flatten(1, 2)  # (B, T V, D)
        at = angles(0, t, self.head_width, x.device)
        at_cells = (at[0].repeat_interleave(V, 0), at[1].repeat_interleave(V, 0))
        mask = torch.ones(t, t, dtype=torch.bool, device=x.device).tril().repeat_interleave(V, 0)  # (T V, T)
        memory = self.memorise(known, batch.memory)
        if memory is not None:
            memory = torch.cat([memory.new_zeros(b, 1, d), memory[:, :-1]], dim=1)  # place s holds step s - 1
        for block in self.cell_blocks:
            x = block(x, None if memory is None else block.remember(memory, at), at_cells, mask)
        return self.logits(x.unflatten(1, (t, V)), batch.reference)

    def loss(self, batch: Batch) -> Tensor:
        """Nats per note, the mean over all cells."""
        logits = self.forward(batch)
        return F.cross_entropy(logits.flatten(0, 2), batch.target.flatten(), ignore_index=-100)


def parameters(network: nn.Module) -> int:
    """How many numbers are learned."""
    return sum(math.prod(p.shape) for p in network.parameters())
