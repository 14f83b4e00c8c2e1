"""What the training loops share, beside torch's own and by hand."""

from __future__ import annotations

import copy
from itertools import pairwise

import pytest
import torch
from torch import nn

from trivium.core.learning import (
    adam_state,
    arrays_of,
    follow,
    newness,
    part,
    rate,
    restore_adam,
    tensors_of,
    whole,
)


def test_the_rate_is_a_line_and_half_a_cosine() -> None:
    """Beside torch's own cosine, down to a hundredth."""
    wanted = torch.optim.lr_scheduler.CosineAnnealingLR(
        (plain := torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)), T_max=100, eta_min=0.01)
    for update in range(100):
        assert rate(update, 100, 1) == pytest.approx(plain.param_groups[0]["lr"], rel=1e-6)
        plain.step()
        wanted.step()
    assert rate(0, 1000, 10) == pytest.approx(0.1, rel=1e-3) and rate(4, 1000, 10) == pytest.approx(0.5, rel=1e-3)
    assert all(a < b for a, b in pairwise(rate(update, 1000, 10) for update in range(10)))


def test_the_average_is_torchs_own_and_short_early_on() -> None:
    network = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    ours = copy.deepcopy(network)
    theirs = torch.optim.swa_utils.AveragedModel(network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.9))
    theirs.update_parameters(network)
    for _ in range(3):
        network(torch.randn(4, 3, generator=torch.Generator().manual_seed(1)))
        with torch.no_grad():
            for weight in network.parameters():
                weight += 1.0
        theirs.update_parameters(network)
        follow(ours.state_dict().values(), network.state_dict().values(), 1.0 - 0.9)
    for held, wanted in zip(ours.parameters(), theirs.module.parameters(), strict=True):
        assert torch.allclose(held, wanted, atol=1e-6)
    assert int(ours[1].num_batches_tracked) == 3  # a count, not a mean of counts
    assert float(ours[1].running_mean[0]) not in (0.0, float(network[1].running_mean[0]))
    assert newness(0.999, 0) == 0.9 and newness(0.999, 100_000) == pytest.approx(0.001)


def test_a_network_and_its_optimiser_go_on_from_a_checkpoint_to_the_same_bits() -> None:
    def step(network: nn.Linear, adam: torch.optim.AdamW) -> None:
        adam.zero_grad()
        network(torch.ones(2, 3)).square().sum().backward()
        adam.step()

    torch.manual_seed(1)
    first = nn.Linear(3, 2)
    adam = torch.optim.AdamW(first.parameters(), lr=0.1)
    for _ in range(3):
        step(first, adam)
    stored = arrays_of(whole(network=first.state_dict(), adam=adam_state(adam)))
    assert {name.partition(".")[0] for name in stored} == {"network", "adam"} and "adam.1.exp_avg_sq" in stored
    step(first, adam)
    assert not (stored["network.weight"] == first.weight.detach().numpy()).all()  # copies
    second = nn.Linear(3, 2)
    again = torch.optim.AdamW(second.parameters(), lr=0.1)
    found = tensors_of(stored)
    second.load_state_dict(part(found, "network."))
    restore_adam(again, part(found, "adam."))
    step(second, again)
    assert torch.equal(first.weight, second.weight) and torch.equal(first.bias, second.bias)
