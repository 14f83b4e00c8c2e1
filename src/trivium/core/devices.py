"""Which device trains: cpu, cuda or mps. torch is imported only when the answer needs it."""

from __future__ import annotations

from trivium.errors import BadConfig

DEVICES = ("cpu", "cuda", "mps", "auto")


def pick(wanted: str = "auto") -> str:
    """The device to use; "auto" takes the fastest there is, an absent one is refused with what there is."""
    if wanted == "cpu":
        return "cpu"
    if wanted not in DEVICES:
        raise BadConfig(f"There is no device {wanted!r}.", f"Use one of: {', '.join(DEVICES)}.")
    present = available()
    if wanted == "auto":
        return present[0]
    if wanted not in present:
        raise BadConfig(f"This machine has no {wanted} device that torch can use.",
                        f"Use one of: {', '.join(present)}.")
    return wanted


def available() -> list[str]:
    """The devices torch can use here, fastest first."""
    import torch

    present = ["cpu"]
    if torch.backends.mps.is_available():
        present.insert(0, "mps")
    if torch.cuda.is_available():
        present.insert(0, "cuda")
    return present
