"""How sure a share of successes is."""

from __future__ import annotations

import math

Z95 = 1.959963984540054  # two-sided 95 % of a normal distribution


def wilson(successes: int, n: int) -> tuple[float, float]:
    """95 % score interval of a proportion (Wilson 1927): never outside 0..1, and honest at 0 of n and n of n."""
    if n == 0:
        return 0.0, 1.0
    p, z2 = successes / n, Z95 * Z95
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return round(max(0.0, centre - half), 6), round(min(1.0, centre + half), 6)
