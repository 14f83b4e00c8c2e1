"""One kernel, cached on disk as the simulator's are."""

import numba


@numba.njit(cache=True)
def double(x: float) -> float:
    """Twice x."""
    return x * 2
