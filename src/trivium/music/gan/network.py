"""The two networks of the GAN: a U-Net that writes accompaniment tracks to a melody, and the critic that judges them.

WGAN-GP (Gulrajani et al. 2017, arXiv 1704.00028). The U-Net has the original technique's plan: halvings by convolutions
of width 4 and stride 2, noise at the bottom, upsampling with skips, tanh; a critic without normalisation. What is
different, to learn on two cores in minutes:

- the melody is no track that the generator writes: it is copied by construction, as is what is given of the others;
- two planes a track, what sounds and what begins, so repeated notes stay apart;
- convolutions run over beats alone. All pitches of a beat are its channels, so a chord is one vector and harmony needs
  no depth; in return every piece is moved to one key first (`roll.to_one_key`);
- group normalisation in the generator: it is the same network while it learns and while it composes.

B clips, T steps, P pitches, K = 6 planes of the accompaniment, C channels.
"""

from __future__ import annotations

from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from trivium.music.gan.config import GanConfig
from trivium.music.gan.roll import BEAT, PITCHES, STEPS, TRACKS

PLANES = 2 * TRACKS
DEPTH = 3  # how often the U-Net halves the eight beats
SLOPE = 0.2  # of the leaky ReLUs
SILENCE = -3.0  # the first logits: most cells of a roll are silent, and nobody has to learn that


def folded(x: Tensor) -> Tensor:
    """(B, C, T, P) -> (B, 4 C P, T/4): all that there is in a beat as its channels."""
    b, c, t, p = x.shape
    return x.reshape(b, c, t // BEAT, BEAT, p).permute(0, 1, 3, 4, 2).reshape(b, c * BEAT * p, t // BEAT)


def unfolded(x: Tensor, pitches: int = PITCHES) -> Tensor:
    """The way back."""
    b, _, beats = x.shape
    x = x.reshape(b, -1, BEAT, pitches, beats).permute(0, 1, 4, 2, 3)
    return x.reshape(b, -1, beats * BEAT, pitches)


def down(channels_in: int, channels_out: int) -> nn.Conv1d:
    """(B, C, T) -> (B, C, T/2)."""
    return nn.Conv1d(channels_in, channels_out, 4, stride=2, padding=1)


class Generator(nn.Module):
    """Melody, what is given of the accompaniment, and noise -> (B, K, T, P) logits of the accompaniment."""

    def __init__(self, config: GanConfig) -> None:
        super().__init__()
        w = config.width
        self.noise = config.noise
        self.first = nn.Conv1d(BEAT * ((2 + PLANES) * PITCHES + 2), w, 1)
        self.downs = nn.ModuleList(down(w, w) for _ in range(DEPTH))
        self.ups = nn.ModuleList(nn.Conv1d(2 * w + (config.noise if level == DEPTH - 1 else 0), w, 3, padding=1)
                                 for level in range(DEPTH))
        self.norms = nn.ModuleList(nn.GroupNorm(4, w) for _ in range(2 * DEPTH))
        self.last = nn.Conv1d(w, BEAT * PLANES * PITCHES, 1)
        nn.init.constant_(cast(Tensor, self.last.bias), SILENCE)

    def noise_shape(self, clips: int) -> tuple[int, int, int]:
        """Of the noise for so many clips."""
        return clips, self.noise, STEPS // BEAT >> DEPTH

    def forward(self, melody: Tensor, given: Tensor, is_given: Tensor, bars: Tensor, noise: Tensor) -> Tensor:
        """Melody (B, 2, T, P); given (B, K, T, P), 0 where nothing is; is_given and bars (B, T); noise (B, C, 1)."""
        flags = torch.stack([is_given, bars], dim=1)[..., None]  # (B, 2, T, 1)
        beats = torch.cat([folded(torch.cat([(melody + 1) / 2, given], dim=1)), folded(flags)], dim=1)
        x = functional.leaky_relu(self.first(beats), SLOPE)  # (B, C, 8)
        skips = []
        for level, conv in enumerate(self.downs):
            skips.append(x)
            x = functional.leaky_relu(self.norms[level](conv(x)), SLOPE)
        x = torch.cat([x, noise], dim=1)  # (B, C, 1)
        for level in range(DEPTH - 1, -1, -1):
            x = torch.cat([functional.interpolate(x, scale_factor=2, mode="nearest"), skips[level]], dim=1)
            x = functional.relu(self.norms[DEPTH + level](self.ups[level](x)))
        return unfolded(self.last(x))


def written(logits: Tensor, given: Tensor, is_given: Tensor) -> Tensor:
    """The accompaniment, -1 to 1: what is given stays as it is."""
    return torch.where(is_given[:, None, :, None] > 0, given, torch.tanh(logits))


class Critic(nn.Module):
    """How real an accompaniment looks beside its melody: (B, K, T, P), (B, 2, T, P), (B, T) -> (B,)."""

    def __init__(self, config: GanConfig) -> None:
        super().__init__()
        w = config.critic_width
        self.first = nn.Conv1d(BEAT * ((PLANES + 2) * PITCHES + 1), w, 1)
        self.downs = nn.ModuleList([nn.Conv1d(w, w, 3, padding=1), *(down(a, b) for a, b in pairwise((w, w, w, w)))])
        self.judge = nn.Linear(w * (STEPS // BEAT >> DEPTH), 1)

    def forward(self, accompaniment: Tensor, melody: Tensor, bars: Tensor) -> Tensor:
        music = torch.cat([accompaniment, melody], dim=1)
        x = functional.leaky_relu(self.first(torch.cat([folded(music), folded(bars[:, None, :, None])], dim=1)), SLOPE)
        for conv in self.downs:
            x = functional.leaky_relu(conv(x), SLOPE)
        found: Tensor = self.judge(x.flatten(1))
        return found[:, 0]


def gradient_penalty(critic: nn.Module, real: Tensor, fake: Tensor, share: Tensor, *condition: Tensor) -> Tensor:
    """Mean of (|gradient| - 1)^2 at random points between real and fake, `share` of the way; the condition is fixed."""
    mix = share.reshape(-1, *[1] * (real.dim() - 1))
    between = (mix * real + (1 - mix) * fake).detach().requires_grad_(True)
    slope = torch.autograd.grad(critic(between, *condition).sum(), between, create_graph=True)[0]
    return ((slope.flatten(1).square().sum(dim=1) + 1e-8).sqrt() - 1).square().mean()


def parameters(network: nn.Module) -> int:
    """How many numbers it has learned."""
    return sum(p.numel() for p in network.parameters())
