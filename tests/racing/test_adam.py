"""Our Adam against PyTorch's, step by step."""

import torch

from trivium.racing.adam import Adam


def test_takes_the_same_steps_as_pytorchs():
    torch.manual_seed(0)
    ours = [torch.randn(5, 3, requires_grad=True), torch.randn(4, requires_grad=True)]
    theirs = [p.detach().clone().requires_grad_() for p in ours]
    mine, reference = Adam(ours, lr=3e-3, eps=1e-5), torch.optim.Adam(theirs, lr=3e-3, eps=1e-5)
    for step in range(50):
        for parameters, optimizer in ((ours, mine), (theirs, reference)):
            optimizer.zero_grad()
            (sum((p**2).sum() for p in parameters) + (parameters[0] * step).sin().sum()).backward()
            optimizer.step()
        for a, b in zip(ours, theirs, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-7)


def test_follows_a_gradient_to_the_bottom():
    x = torch.tensor([5.0], requires_grad=True)
    adam = Adam([x], lr=0.1)
    for _ in range(400):
        adam.zero_grad()
        ((x - 2.0) ** 2).sum().backward()
        adam.step()
    assert abs(x.item() - 2.0) < 0.01
