"""``torch.cuda``: there is none here; another backend's arrays are on an accelerator."""

from __future__ import annotations

__all__ = ["device_count", "is_available", "manual_seed", "manual_seed_all"]


def is_available() -> bool:
    """Return False.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> torch.cuda.is_available()
    False
    """
    return False


def device_count() -> int:
    """Return 0."""
    return 0


def manual_seed(seed: int) -> None:
    """Do nothing: there is no generator of a device."""


def manual_seed_all(seed: int) -> None:
    """Do nothing: there are no generators of devices."""
