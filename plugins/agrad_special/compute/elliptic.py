"""Elliptic integrals of the first and second kind: complete ones by means, incomplete ones by Carlson's duplication."""

from __future__ import annotations

import math
from typing import Any

from agrad_special.compute.common import reals

__all__ = ["ellipe", "ellipeinc", "ellipeinc_slope", "ellipk", "ellipkinc", "ellipkinc_slope", "means", "root"]


def ellipk(xp: Any, m: Any) -> Any:
    """DLMF 19.8.5."""
    (m,) = reals(xp, "ellipk", m)
    out, _ = means(xp, xp.where(m < 1, m, 0))
    return xp.where(m < 1, out, xp.where(m == 1, xp.full_like(m, xp.inf), xp.nan))


def ellipe(xp: Any, m: Any) -> Any:
    """DLMF 19.8.6."""
    (m,) = reals(xp, "ellipe", m)
    inside = xp.where(m < 1, m, 0)
    whole, rest = means(xp, inside)
    return xp.where(m < 1, whole * (1 - inside * (0.5 + rest)), xp.where(m == 1, xp.ones_like(m), xp.nan))


def means(xp: Any, m: Any) -> tuple[Any, Any]:
    """K(m) by arithmetic and geometric means, and the sum of ``2**(n - 1) c_n**2 / m`` over n from 1 on."""
    b = xp.sqrt(1 - m)
    a = 0.5 * (1 + b)
    part = 0.25 * m / xp.square(1 + b)
    b, total, weight = xp.sqrt(b), part, 1.0
    for _ in range(9):
        a, b = 0.5 * (a + b), xp.sqrt(a * b)
        weight = 2 * weight
        part = part * (part * m) / (16 * a * a)
        total = total + weight * part
    return 0.5 * math.pi / a, total


def ellipkinc(xp: Any, phi: Any, m: Any) -> Any:
    """DLMF 19.25.5, periods by DLMF 19.2.10."""
    phi, m = reals(xp, "ellipkinc", phi, m)
    turns, s, x, y, valid = _reduced(xp, phi, m)
    out = s * _first(xp, x, y) + _periods(xp, turns, m, valid, lambda m: means(xp, m)[0])
    return xp.where(valid, out, xp.nan)


def ellipeinc(xp: Any, phi: Any, m: Any) -> Any:
    """DLMF 19.25.9, periods by DLMF 19.2.10."""
    phi, m = reals(xp, "ellipeinc", phi, m)
    turns, s, x, y, valid = _reduced(xp, phi, m)
    out = s * (_first(xp, x, y) - m * s * s / 3 * _second(xp, x, y, xp.ones_like(y)))
    out = out + _periods(xp, turns, m, valid, lambda m: ellipe(xp, m))
    return xp.where(valid, out, xp.nan)


def ellipkinc_slope(xp: Any, phi: Any, m: Any) -> Any:
    """The derivative in m: DLMF 19.25.5 with 19.18.4."""
    phi, m = reals(xp, "ellipkinc", phi, m)
    turns, s, x, y, valid = _reduced(xp, phi, m)
    out = s * s * s / 6 * _second(xp, x, xp.ones_like(y), y)
    return xp.where(valid, out + _periods(xp, turns, m, valid, lambda m: _whole_slope(xp, m)), xp.nan)


def ellipeinc_slope(xp: Any, phi: Any, m: Any) -> Any:
    """The derivative in m: minus half the integral of ``sin**2 / sqrt(1 - m sin**2)``."""
    phi, m = reals(xp, "ellipeinc", phi, m)
    turns, s, x, y, valid = _reduced(xp, phi, m)
    out = -s * s * s / 6 * _second(xp, x, y, xp.ones_like(y))
    return xp.where(valid, out + _periods(xp, turns, m, valid, lambda m: _half_difference(xp, m)), xp.nan)


def root(xp: Any, name: str, phi: Any, m: Any) -> Any:
    """``sqrt(1 - m sin(phi)**2)``, nan where that is not real."""
    phi, m = reals(xp, name, phi, m)
    y = 1 - m * xp.square(xp.sin(phi))
    return xp.where(y >= 0, xp.sqrt(xp.where(y >= 0, y, 1)), xp.nan)


def _whole_slope(xp: Any, m: Any) -> Any:
    whole, rest = means(xp, m)
    return whole * (0.5 - rest) / (2 * (1 - m))


def _half_difference(xp: Any, m: Any) -> Any:
    whole, rest = means(xp, m)
    return -0.5 * whole * (0.5 + rest)


def _reduced(xp: Any, phi: Any, m: Any) -> tuple[Any, Any, Any, Any, Any]:
    """Half turns, and sine, squared cosine and ``1 - m sin**2`` of the rest; whether there is a real value."""
    turns = xp.where(xp.isfinite(phi), xp.round(xp.where(xp.isfinite(phi), phi, 0) / math.pi), 0)
    rest = xp.where(xp.isfinite(phi), phi, 0) - turns * math.pi
    s, c = xp.sin(rest), xp.cos(rest)
    y = 1 - m * s * s
    valid = xp.isfinite(phi) & (y > 0) & ((turns == 0) | (m < 1)) & (c != 0)
    one = xp.ones_like(y)
    return turns, xp.where(valid, s, 0 * y), xp.where(valid, c * c, one), xp.where(valid, y, one), valid


def _periods(xp: Any, turns: Any, m: Any, valid: Any, complete: Any) -> Any:
    some = valid & (turns != 0)
    return xp.where(some, 2 * turns * complete(xp.where(some, m, 0)), 0)


def _first(xp: Any, x: Any, y: Any) -> Any:
    """Carlson's RF(x, y, 1) by duplication (DLMF 19.36.1, 19.26.18)."""
    z = xp.ones_like(y)
    for _ in range(9):
        u, v, w = xp.sqrt(x), xp.sqrt(y), xp.sqrt(z)
        step = u * v + v * w + w * u
        x, y, z = 0.25 * (x + step), 0.25 * (y + step), 0.25 * (z + step)
    mean = (x + y + z) / 3
    p, q = 1 - x / mean, 1 - y / mean
    r = -p - q
    e2, e3 = p * q - r * r, p * q * r
    return (1 - e2 / 10 + e3 / 14 + e2 * e2 / 24 - 3 * e2 * e3 / 44) / xp.sqrt(mean)


def _second(xp: Any, x: Any, y: Any, z: Any) -> Any:
    """Carlson's RD(x, y, z) by duplication (DLMF 19.36.2, 19.26.20)."""
    total, factor = 0 * z, 1.0
    for _ in range(9):
        u, v, w = xp.sqrt(x), xp.sqrt(y), xp.sqrt(z)
        step = u * v + v * w + w * u
        total = total + factor / (w * (z + step))
        x, y, z = 0.25 * (x + step), 0.25 * (y + step), 0.25 * (z + step)
        factor = 0.25 * factor
    mean = (x + y + 3 * z) / 5
    p, q = 1 - x / mean, 1 - y / mean
    r = -(p + q) / 3
    pq, r2 = p * q, r * r
    e2, e3, e4, e5 = pq - 6 * r2, (3 * pq - 8 * r2) * r, 3 * (pq - r2) * r2, pq * r * r2
    series = 1 - 3 * e2 / 14 + e3 / 6 + 9 * e2 * e2 / 88 - 3 * e4 / 22 - 9 * e2 * e3 / 52 + 3 * e5 / 26
    return 3 * total + factor * series / (mean * xp.sqrt(mean))
