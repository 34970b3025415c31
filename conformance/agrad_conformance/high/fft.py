"""The Fourier transforms in high precision, as the sums that define them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from agrad_conformance.high.numbers import COMPLEX, zero

__all__ = ["FUNCTIONS"]

OPPOSITE = {"backward": "forward", "ortho": "ortho", "forward": "backward"}


def _resized(mp: Any, x: Any, n: int, axis: int) -> Any:
    """Trimmed or padded with zeros at the end of an axis, which becomes the first one."""
    x = np.moveaxis(x, axis, 0)
    y = np.full((n, *x.shape[1:]), zero(mp, x), dtype=object)
    y[: len(x)] = x[:n]
    return y


def _scaled(mp: Any, y: Any, n: int, norm: str, scaled_by: str) -> Any:
    """Divided by the length n where `norm` is the direction that is scaled, by its root for "ortho"."""
    if n < 1:
        raise ValueError(f"a transform of length {n}, where at least 1 is needed")
    if norm not in OPPOSITE:
        raise ValueError(f"norm is {norm!r}, not 'backward', 'ortho' or 'forward'")
    return y / mp.sqrt(n) if norm == "ortho" else y / n if norm == scaled_by else y


def _sums(mp: Any, x: Any, sign: int) -> Any:
    """Of the rows of x, ``y[k] = sum(x[j] * exp(sign * 2 pi i j k / n))``."""
    n = len(x)
    roots = [mp.expjpi(mp.mpf(sign * 2 * k) / n) for k in range(n)]
    y = np.full(x.shape, mp.mpc(0), dtype=COMPLEX)
    for j, k in np.ndindex(n, n):
        y[k] = y[k] + x[j] * roots[j * k % n]
    return y


def _fft(mp: Any, x: Any, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    n = x.shape[axis] if n is None else n
    y = _sums(mp, _resized(mp, x, n, axis), -1)
    return np.moveaxis(_scaled(mp, y, n, norm, "forward"), 0, axis)


def _ifft(mp: Any, x: Any, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    n = x.shape[axis] if n is None else n
    y = _sums(mp, _resized(mp, x, n, axis), 1)
    return np.moveaxis(_scaled(mp, y, n, norm, "backward"), 0, axis)


def _rfft(mp: Any, x: Any, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """The first half of the transform of real numbers; the rest are its conjugates."""
    n = x.shape[axis] if n is None else n
    y = np.moveaxis(_fft(mp, x, n=n, axis=axis, norm=norm), axis, 0)
    return np.moveaxis(y[: n // 2 + 1], 0, axis)


def _irfft(mp: Any, x: Any, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """The real transform back of a first half, whose other half is taken for its conjugates."""
    n = 2 * (x.shape[axis] - 1) if n is None else n
    half = _resized(mp, x, n // 2 + 1, axis)
    full = np.full((n, *half.shape[1:]), mp.mpc(0), dtype=object)
    for k in range(n):
        full[k] = half[k] if k <= n // 2 else np.conj(half[n - k])
    # the mean and, for even n, the highest frequency are their own conjugates: only real parts of them count
    y = np.asarray(np.frompyfunc(mp.re, 1, 1)(_sums(mp, full, 1)), dtype=object)
    return np.moveaxis(_scaled(mp, y, n, norm, "backward"), 0, axis)


def _hfft(mp: Any, x: Any, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    return _irfft(mp, np.conj(x), n=n, axis=axis, norm=OPPOSITE[norm])


def _ihfft(mp: Any, x: Any, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    return np.conj(_rfft(mp, x, n=n, axis=axis, norm=OPPOSITE[norm]))


def _of_axes(x: Any, s: Sequence[int] | None, axes: Sequence[int] | None) -> list[tuple[int, int | None]]:
    """Each axis with its length, None where it stays."""
    if axes is None:
        axes = range(x.ndim) if s is None else range(x.ndim - len(s), x.ndim)
    return list(zip(axes, [None] * len(axes) if s is None else s, strict=True))


def _several(f: Callable[..., Any]) -> Callable[..., Any]:
    """A transform of one axis after the other."""

    def call(mp: Any, x: Any, *, s: Any = None, axes: Any = None, norm: str = "backward") -> Any:
        for axis, n in _of_axes(x, s, axes):
            x = f(mp, x, n=n, axis=axis, norm=norm)
        return x

    return call


def _rfftn(mp: Any, x: Any, *, s: Any = None, axes: Any = None, norm: str = "backward") -> Any:
    """The last axis first, while the numbers are real."""
    *others, (axis, n) = _of_axes(x, s, axes)
    x = _rfft(mp, x, n=n, axis=axis, norm=norm)
    for axis, n in others:
        x = _fft(mp, x, n=n, axis=axis, norm=norm)
    return x


def _irfftn(mp: Any, x: Any, *, s: Any = None, axes: Any = None, norm: str = "backward") -> Any:
    *others, (last, length) = _of_axes(x, s, axes)
    for axis, n in others:
        x = _ifft(mp, x, n=n, axis=axis, norm=norm)
    return _irfft(mp, x, n=length, axis=last, norm=norm)


def _fftfreq(mp: Any, n: int, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Any:
    """0, 1, ... and then the negative frequencies, in units of 1 / (n d)."""
    frequencies = [k if k < (n + 1) // 2 else k - n for k in range(n)]
    return np.asarray([k / (mp.mpf(d) * n) for k in frequencies], dtype=object)


def _rfftfreq(mp: Any, n: int, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Any:
    return np.asarray([k / (mp.mpf(d) * n) for k in range(n // 2 + 1)], dtype=object)


def _shift(half: Callable[[int], int]) -> Callable[..., Any]:
    """Roll each axis by half of its length, rounded one way."""

    def call(mp: Any, x: Any, *, axes: Any = None) -> Any:
        axes = range(x.ndim) if axes is None else np.atleast_1d(axes).tolist()
        return np.roll(x, [half(x.shape[a]) for a in axes], tuple(axes))

    return call


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "fft.fft": _fft,
    "fft.fftfreq": _fftfreq,
    "fft.fftn": _several(_fft),
    "fft.fftshift": _shift(lambda n: n // 2),
    "fft.hfft": _hfft,
    "fft.ifft": _ifft,
    "fft.ifftn": _several(_ifft),
    "fft.ifftshift": _shift(lambda n: -(n // 2)),
    "fft.ihfft": _ihfft,
    "fft.irfft": _irfft,
    "fft.irfftn": _irfftn,
    "fft.rfft": _rfft,
    "fft.rfftfreq": _rfftfreq,
    "fft.rfftn": _rfftn,
}
