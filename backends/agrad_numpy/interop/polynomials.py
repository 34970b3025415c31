"""Rows of the table about polynomials, the highest power first: `polyval`, `polyfit`, `roots`, `vander`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from agrad_numpy.interop.algebra import lstsq
from agrad_numpy.interop.common import array_of, plain, promoted, refuse
from agrad_numpy.interop.numerics import convolve

__all__ = ["ROWS"]


def polyval(xp: Any, p: Any, x: Any) -> Any:
    """``numpy.polyval``, by Horner's scheme."""
    p, x = array_of(xp, p), array_of(xp, x)
    out = xp.zeros_like(x)
    for k in range(p.shape[0]):
        out = out * x + p[k]
    return out


def _vector(xp: Any, p: Any) -> Any:
    p = array_of(xp, p)
    return p if p.ndim else xp.reshape(p, (1,))


def _added(sign: int) -> Callable[..., Any]:
    def row(xp: Any, a1: Any, a2: Any) -> Any:
        a1, a2 = _vector(xp, a1), _vector(xp, a2)
        n = max(a1.shape[0], a2.shape[0])
        a1, a2 = (xp.concat([xp.zeros((n - a.shape[0],), dtype=a.dtype), a]) for a in (a1, a2))
        return a1 + a2 if sign > 0 else a1 - a2

    return row


def polymul(xp: Any, a1: Any, a2: Any) -> Any:
    """``numpy.polymul``."""
    return convolve(xp, _vector(xp, a1), _vector(xp, a2))


def polyder(xp: Any, p: Any, m: int = 1) -> Any:
    """``numpy.polyder``."""
    p = array_of(xp, p)
    for _ in range(int(m)):
        n = p.shape[0] - 1
        p = p[:-1] * xp.asarray(np.arange(n, 0, -1))
    return p


def polyint(xp: Any, p: Any, m: int = 1, k: Any = None) -> Any:
    """``numpy.polyint``."""
    p = promoted(xp, p)
    constants = xp.zeros((int(m),), dtype=p.dtype) if k is None else xp.broadcast_to(_vector(xp, k), (int(m),))
    for i in range(int(m)):
        n = p.shape[0]
        p = xp.concat([p / xp.asarray(np.arange(n, 0, -1.0)), xp.astype(constants[i : i + 1], p.dtype)])
    return p


def vander(xp: Any, x: Any, N: Any = None, increasing: bool = False) -> Any:  # noqa: N803 - NumPy's name
    """``numpy.vander``."""
    x = array_of(xp, x)
    powers = [xp.ones_like(x)]
    for _ in range(1, x.shape[0] if N is None else int(N)):
        powers.append(powers[-1] * x)
    return xp.stack(powers if increasing else powers[::-1], axis=1)


def polyfit(
    xp: Any, x: Any, y: Any, deg: Any, rcond: Any = None, full: bool = False, w: Any = None, cov: Any = False
) -> Any:
    """``numpy.polyfit``: the coefficients."""
    if full or cov:
        raise refuse("numpy.polyfit with full= or cov=", "and returns the coefficients alone", "leave them out")
    x, y = promoted(xp, x), promoted(xp, y)
    rcond = x.shape[0] * np.finfo(x.dtype).eps if rcond is None else rcond
    matrix = vander(xp, x, int(deg) + 1)
    if w is not None:
        w = promoted(xp, w)
        matrix = matrix * w[:, None]
        y = y * (w if y.ndim == 1 else w[:, None])
    scale = xp.sqrt(xp.sum(matrix * matrix, axis=0))
    found = lstsq(xp, matrix / scale, y, rcond)[0]
    return found / (scale if found.ndim == 1 else scale[:, None])


def roots(xp: Any, p: Any) -> Any:
    """``numpy.roots``: the eigenvalues of the companion matrix."""
    p = promoted(xp, p)
    places = np.flatnonzero(plain(p))
    if not places.size:
        return xp.zeros((0,), dtype=p.dtype)
    first, last = int(places[0]), int(places[-1])
    zeros = p.shape[0] - 1 - last
    p = p[first : last + 1]
    n = p.shape[0]
    if n < 2:
        return xp.zeros((zeros,), dtype=p.dtype)
    below = xp.asarray(np.eye(n - 1, k=-1)[1:], dtype=p.dtype)
    found = xp.linalg.eigvals(xp.concat([-p[None, 1:] / p[0], below], axis=0))
    return xp.concat([found, xp.zeros((zeros,), dtype=found.dtype)])


def poly(xp: Any, seq_of_zeros: Any) -> Any:
    """``numpy.poly``: of roots, or of the eigenvalues of a matrix."""
    zeros = promoted(xp, seq_of_zeros)
    zeros = xp.linalg.eigvals(zeros) if zeros.ndim == 2 else _vector(xp, zeros)
    out = xp.ones((1,), dtype=zeros.dtype)
    for k in range(zeros.shape[0]):
        out = convolve(xp, out, xp.stack([xp.ones_like(zeros[k]), -zeros[k]]))
    if out.dtype.kind == "c":
        values = plain(zeros)
        if np.array_equal(np.sort(values), np.sort(values.conjugate())):
            out = xp.real(out)
    return out


ROWS: dict[str, Callable[..., Any]] = {
    "poly": poly,
    "polyadd": _added(1),
    "polyder": polyder,
    "polyfit": polyfit,
    "polyint": polyint,
    "polymul": polymul,
    "polysub": _added(-1),
    "polyval": polyval,
    "roots": roots,
    "vander": vander,
}
