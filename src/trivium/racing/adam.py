"""Adam (arXiv 1412.6980), the plain form, over all parameters at once.

PyTorch's own does the same sums, but making one imports its compiler: 800 modules and over a second of every training's
start, for something that is never compiled here. Compared with it step by step in the tests.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor

BETA1, BETA2 = 0.9, 0.999


class Adam:
    """Follows the gradients of `parameters`; `first` and `second` are the running moments, laid out like them."""

    def __init__(self, parameters: Iterable[Tensor], lr: float, eps: float = 1e-8) -> None:
        self.parameters = list(parameters)
        self.lr, self.eps, self.steps = lr, eps, 0
        self.first = [torch.zeros_like(p) for p in self.parameters]
        self.second = [torch.zeros_like(p) for p in self.parameters]

    def zero_grad(self) -> None:
        for parameter in self.parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """One update; every parameter must have a gradient."""
        gradients = [p.grad for p in self.parameters if p.grad is not None]
        self.steps += 1
        torch._foreach_lerp_(self.first, gradients, 1.0 - BETA1)
        torch._foreach_mul_(self.second, BETA2)
        torch._foreach_addcmul_(self.second, gradients, gradients, 1.0 - BETA2)
        unbias1, unbias2 = 1.0 - BETA1**self.steps, 1.0 - BETA2**self.steps
        divisor = torch._foreach_sqrt(self.second)
        torch._foreach_div_(divisor, math.sqrt(unbias2))
        torch._foreach_add_(divisor, self.eps)
        torch._foreach_addcdiv_(self.parameters, self.first, divisor, -self.lr / unbias1)
