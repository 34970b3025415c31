"""Fourier transforms: the extension ``fft``.

A discrete Fourier transform is a symmetric matrix, so that the transpose of a transform is the transform,
once padding and trimming are undone. The transforms between reals and half spectra are linear over the
reals only. Their adjoints are each other, up to the weight of a bin: all but the first and, for even n,
the last stand for two bins of the full spectrum. ``irfft`` ignores the imaginary part of those one or two;
its gradient there is zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agrad.declare import Over, composite, creation, general, linear
from agrad.ops import _batch
from agrad.ops._shapes import device_of

INVERSE = {"backward": "forward", "ortho": "ortho", "forward": "backward"}
"""The normalisation under which an inverse transform has the scale of the forward one."""

OPS = (
    linear(
        "fft.fft(x, /, *, n=None, axis=-1, norm='backward')",
        lambda xp, ct, x, axis, norm: _resize(xp, xp.fft.fft(ct, axis=axis, norm=norm), x.shape),
        axes=Over("axis"),
    ),
    creation("fft.fftfreq(n, /, *, d=1.0, dtype=None, device=None)"),
    linear(
        "fft.fftn(x, /, *, s=None, axes=None, norm='backward')",
        lambda xp, ct, x, s, axes, norm: _resize(xp, xp.fft.fftn(ct, axes=_axes(s, axes, x.ndim), norm=norm), x.shape),
        batch=_batch.fourier("fftn"),
    ),
    linear(
        "fft.fftshift(x, /, *, axes=None)",
        lambda xp, ct, axes: xp.fft.ifftshift(ct, axes=axes),
        axes=Over("axes", "all"),
    ),
    composite(
        "fft.hfft(x, /, *, n=None, axis=-1, norm='backward')",
        lambda xp, x, n, axis, norm: xp.fft.irfft(xp.conj(x), n=n, axis=axis, norm=INVERSE[norm]),
    ),
    linear(
        "fft.ifft(x, /, *, n=None, axis=-1, norm='backward')",
        lambda xp, ct, x, axis, norm: _resize(xp, xp.fft.ifft(ct, axis=axis, norm=norm), x.shape),
        axes=Over("axis"),
    ),
    linear(
        "fft.ifftn(x, /, *, s=None, axes=None, norm='backward')",
        lambda xp, ct, x, s, axes, norm: _resize(xp, xp.fft.ifftn(ct, axes=_axes(s, axes, x.ndim), norm=norm), x.shape),
        batch=_batch.fourier("ifftn"),
    ),
    linear(
        "fft.ifftshift(x, /, *, axes=None)",
        lambda xp, ct, axes: xp.fft.fftshift(ct, axes=axes),
        axes=Over("axes", "all"),
    ),
    composite(
        "fft.ihfft(x, /, *, n=None, axis=-1, norm='backward')",
        lambda xp, x, n, axis, norm: xp.conj(xp.fft.rfft(x, n=n, axis=axis, norm=INVERSE[norm])),
    ),
    general(
        "fft.irfft(x, /, *, n=None, axis=-1, norm='backward')",
        vjp=lambda xp, ct, x, axis, norm: _resize(
            xp, xp.fft.rfft(ct, axis=axis, norm=INVERSE[norm]) * _multiplicity(xp, ct, ct.shape[axis], axis), x.shape
        ),
        jvp=lambda xp, t, n, axis, norm: xp.fft.irfft(t, n=n, axis=axis, norm=norm),
        axes=Over("axis"),
    ),
    general(
        "fft.irfftn(x, /, *, s=None, axes=None, norm='backward')",
        vjp=lambda xp, ct, x, s, axes, norm: _irfftn_vjp(xp, ct, x, _axes(s, axes, x.ndim), norm),
        jvp=lambda xp, t, s, axes, norm: xp.fft.irfftn(t, s=s, axes=axes, norm=norm),
        batch=_batch.fourier("irfftn"),
    ),
    general(
        "fft.rfft(x, /, *, n=None, axis=-1, norm='backward')",
        vjp=lambda xp, ct, x, n, axis, norm: _rfft_vjp(xp, ct, x, n or x.shape[axis], axis, norm),
        jvp=lambda xp, t, n, axis, norm: xp.fft.rfft(t, n=n, axis=axis, norm=norm),
        axes=Over("axis"),
    ),
    creation("fft.rfftfreq(n, /, *, d=1.0, dtype=None, device=None)"),
    general(
        "fft.rfftn(x, /, *, s=None, axes=None, norm='backward')",
        vjp=lambda xp, ct, x, s, axes, norm: _rfftn_vjp(xp, ct, x, s, _axes(s, axes, x.ndim), norm),
        jvp=lambda xp, t, s, axes, norm: xp.fft.rfftn(t, s=s, axes=axes, norm=norm),
        batch=_batch.fourier("rfftn"),
    ),
)


def _axes(s: Sequence[int] | None, axes: Sequence[int] | None, ndim: int) -> tuple[int, ...]:
    """The axes that are transformed; sizes without axes are those of the last ones."""
    if axes is not None:
        return tuple(axes)
    return tuple(range(ndim - (ndim if s is None else len(s)), ndim))


def _resize(xp: Any, y: Any, shape: tuple[int, ...]) -> Any:
    """Trim or pad with zeros, at the end of each axis, to a shape."""
    for axis, size in enumerate(shape):
        have = y.shape[axis]
        if have > size:
            y = y[(slice(None),) * axis + (slice(0, size), ...)]
        elif have < size:
            zeros = xp.zeros((*y.shape[:axis], size - have, *y.shape[axis + 1 :]), dtype=y.dtype, device=device_of(y))
            y = xp.concat([y, zeros], axis=axis)
    return y


def _multiplicity(xp: Any, like: Any, n: int, axis: int) -> Any:
    """How many bins of the full spectrum of n samples each bin of the half spectrum stands for."""
    bins = xp.arange(n // 2 + 1, device=device_of(like))
    real = xp.finfo(like.dtype).dtype
    counts = xp.where((bins == 0) | (2 * bins == n), xp.ones((), dtype=real, device=device_of(like)), 2.0)
    return xp.reshape(counts, (-1,) + (1,) * (like.ndim - 1 - axis % like.ndim))


def _rfft_vjp(xp: Any, ct: Any, x: Any, n: int, axis: int, norm: str) -> Any:
    half = ct / _multiplicity(xp, ct, n, axis)
    return _resize(xp, xp.fft.irfft(half, n=n, axis=axis, norm=INVERSE[norm]), x.shape)


def _rfftn_vjp(xp: Any, ct: Any, x: Any, s: Sequence[int] | None, axes: tuple[int, ...], norm: str) -> Any:
    sizes = [x.shape[a] if s is None or s[i] == -1 else s[i] for i, a in enumerate(axes)]
    half = ct / _multiplicity(xp, ct, sizes[-1], axes[-1])
    return _resize(xp, xp.fft.irfftn(half, s=sizes, axes=axes, norm=INVERSE[norm]), x.shape)


def _irfftn_vjp(xp: Any, ct: Any, x: Any, axes: tuple[int, ...], norm: str) -> Any:
    half = xp.fft.rfftn(ct, axes=axes, norm=INVERSE[norm])
    return _resize(xp, half * _multiplicity(xp, ct, ct.shape[axes[-1]], axes[-1]), x.shape)
