"""Rows of the table of Fourier transforms: `numpy.fft`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agrad_numpy.interop.common import array_of, promoted

__all__ = ["ROWS"]


def _one(name: str) -> Callable[..., Any]:
    """A transform along one axis."""

    def row(xp: Any, a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
        return getattr(xp.fft, name)(_prepared(xp, name, a), n=n, axis=axis, norm=norm or "backward")

    return row


def _several(name: str, default: Any = None) -> Callable[..., Any]:
    """A transform along several axes; those of the plane are the last two."""

    def row(xp: Any, a: Any, s: Any = None, axes: Any = default, norm: Any = None, out: Any = None) -> Any:
        s = None if s is None else tuple(s)
        a = _prepared(xp, name, a)
        if s is not None and axes is None:
            axes = tuple(range(-len(s), 0))
        return getattr(xp.fft, name)(a, s=s, axes=None if axes is None else tuple(axes), norm=norm or "backward")

    return row


def _prepared(xp: Any, name: str, a: Any) -> Any:
    """Numbers of the kind that the transform takes."""
    a = promoted(xp, a)
    if name in ("rfft", "rfftn", "ihfft") or a.dtype.kind == "c":
        return a
    return xp.astype(a, xp.complex64 if a.dtype == xp.float32 else xp.complex128)


ROWS: dict[str, Callable[..., Any]] = {
    **{f"fft.{name}": _one(name) for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")},
    **{f"fft.{name}": _several(name) for name in ("fftn", "ifftn", "rfftn", "irfftn")},
    **{f"fft.{name}2": _several(f"{name}n", (-2, -1)) for name in ("fft", "ifft", "rfft", "irfft")},
    "fft.fftshift": lambda xp, x, axes=None: xp.fft.fftshift(array_of(xp, x), axes=axes),
    "fft.ifftshift": lambda xp, x, axes=None: xp.fft.ifftshift(array_of(xp, x), axes=axes),
}
