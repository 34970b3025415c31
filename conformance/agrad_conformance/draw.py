"""Random inputs that every precision holds exactly, the same on every machine and with every release of NumPy."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

__all__ = ["Draw"]

Array = np.ndarray[Any, np.dtype[Any]]

STEP = 2.0**-12
"""What all numbers are multiples of: below 4096, float32 holds them exactly."""


class Draw:
    """Random arrays of real or of complex numbers, from a seed.

    Only the raw bits of the generator are random; all that is made of them is exact arithmetic, so that stored
    references fit for good.

    Parameters
    ----------
    kind : {"real", "complex"}
        What kind of numbers.
    seed : int
        Equal seeds give equal numbers.

    Examples
    --------
    >>> draw = Draw("real", 7)
    >>> x = draw(2, 3)
    >>> x.shape, x.dtype.name
    ((2, 3), 'float64')
    >>> bool((x == x.astype("float32")).all())
    True
    """

    def __init__(self, kind: str, seed: int) -> None:
        self.dtype: np.dtype[Any] = np.dtype("complex128" if kind == "complex" else "float64")
        self._bits = np.random.PCG64(seed)

    def __call__(self, *shape: int) -> Array:
        """Numbers of mean 0 and variance 1, about normal, none beyond 3.5."""
        return self._number(self.real(*shape), self.real(*shape))

    def real(self, *shape: int) -> Array:
        """Numbers as those of a call, real for either kind."""
        raw = self._raw(prod(shape))
        quarters = np.stack([(raw >> np.uint64(16 * i)) & np.uint64(0xFFFF) for i in range(4)])
        return _exact((quarters.sum(axis=0).astype("float64") / 2**16 - 2) * 1.75, shape)

    def within(self, low: float, high: float, *shape: int) -> Array:
        """Real parts in an interval; imaginary parts, if any, away from the real axis."""
        return self._number(self._uniform(low, high, shape), self._uniform(0.2, 0.6, shape))

    def positive(self, *shape: int) -> Array:
        """Numbers between 0.5 and 2."""
        return self.within(0.5, 2.0, *shape)

    def apart(self, *shape: int) -> Array:
        """Numbers without near ties, none of them near an integer or a half."""
        n = prod(shape)
        order = np.argsort(self._raw(n), kind="stable")
        return self._number(_exact((order - n // 2) * 0.333 + 0.085, shape), self.real(*shape))

    def slender(self, *shape: int) -> Array:
        """Matrices of full rank, their singular values apart."""
        diagonal = np.eye(shape[-2], shape[-1]) * np.arange(1, shape[-1] + 1) * 2.0
        return _exact(self(*shape) / 2 + diagonal, shape)

    def hermitian(self, *shape: int) -> Array:
        """Symmetric or Hermitian matrices, their eigenvalues apart."""
        x = self(*shape)
        return _exact((x + _adjoint(x)) / 2 + np.diag(np.arange(shape[-1]) * 2.0), shape)

    def definite(self, *shape: int) -> Array:
        """Hermitian positive definite matrices, of a condition that small precision can bear."""
        x = np.round(self(*shape) * 64) / 64  # few bits, whose products are exact: the order of summation is the BLAS's
        return _exact(x @ _adjoint(x) / 2 + 2 * np.eye(shape[-1]), shape)

    def regular(self, *shape: int) -> Array:
        """Square matrices far from singular, their eigenvalues apart."""
        return _exact(self(*shape) / 2 + np.diag(np.arange(1, shape[-1] + 1) * 2.0), shape)

    def _raw(self, n: int) -> Any:
        return self._bits.random_raw(n)

    def _uniform(self, low: float, high: float, shape: tuple[int, ...]) -> Array:
        return _exact(low + (high - low) * ((self._raw(prod(shape)) >> np.uint64(11)) * 2.0**-53), shape)

    def _number(self, real: Array, imaginary: Array) -> Array:
        return np.asarray(real + 1j * imaginary) if self.dtype.kind == "c" else real


def _exact(x: Array, shape: tuple[int, ...]) -> Array:
    """The nearest multiples of STEP; 0 has no sign."""
    if x.dtype.kind == "c":
        return _exact(x.real, shape) + 1j * _exact(x.imag, shape)
    return np.asarray(np.round(np.asarray(x, "float64") / STEP) * STEP + 0.0).reshape(shape)


def _adjoint(x: Array) -> Array:
    return np.conj(np.swapaxes(x, -1, -2))
