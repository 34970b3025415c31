"""Dropout, of single elements and of whole channels."""

from __future__ import annotations

from typing import Any

from agrad_nn.functional import dropped
from agrad_nn.modules.module import Module

__all__ = ["Dropout", "Dropout1d", "Dropout2d"]


class Dropout(Module):
    """Set elements to zero at random while training, and divide the others by the share that is left.

    Parameters
    ----------
    p : float
        The probability of being set to zero.
    rng : Generator or int, optional
        The generator or its seed; by default the backend's, see `agrad_nn.seed`.

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> x = agrad.tensor([1.0, 2.0])
    >>> bool((nn.Dropout(0.5).eval()(x) == x).all())
    True
    """

    def __init__(self, p: float = 0.5, *, rng: Any = None) -> None:
        if not 0 <= p <= 1:
            raise ValueError(f"{type(self).__name__} got p={p}; it is a probability, from 0 to 1")
        self.p = p
        self.rng = rng
        self._seeded: Any = None

    def forward(self, x: Any) -> Any:
        """Drop elements while training."""
        return dropped(x, self._shape(x), self.p, self.training, self._generator(x))

    def _shape(self, x: Any) -> tuple[int, ...]:
        return tuple(x.shape)

    def _generator(self, x: Any) -> Any:
        """An integer is the seed of one generator, which draws at every call."""
        if isinstance(self.rng, int) and self.training:
            from agrad import backend_name
            from agrad_nn.rng import generator

            self._seeded = self._seeded or generator(self.rng, backend_name(x))
            return self._seeded
        return self.rng

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"p={self.p}"


class Dropout1d(Dropout):
    """Dropout of whole channels of ``(N, C, L)``."""

    def _shape(self, x: Any) -> tuple[int, ...]:
        return (*x.shape[:-1], 1)


class Dropout2d(Dropout):
    """Dropout of whole channels of ``(N, C, H, W)``."""

    def _shape(self, x: Any) -> tuple[int, ...]:
        return (*x.shape[:-2], 1, 1)
