"""Bessel functions of any order: modified ones with derivatives in the order, the others in their argument."""

from __future__ import annotations

from typing import Any

from agrad.cases import Case
from agrad.declare import composite, elementwise
from agrad_special.cases import each
from agrad_special.compute import bessel_order as compute
from agrad_special.compute.common import reals
from agrad_special.incomplete import scipy_alone
from agrad_special.refused import refused
from agrad_special.text import described

__all__ = ["OPS"]

ORDER = "no closed form of it is in use; the order is taken as a constant"
ALONE = "SciPy has it, and CuPy where it is there; no computation in the standard: other backends raise."
MEMORY = "On the way 160 times the memory of the arguments is taken."
ACCURACY = (
    f"10 units of rounding and what rounding the arguments makes of it, for orders up to 100 and x to 300. {MEMORY}"
)
"""That of first and second kind alike; second kind from 1e-14 on."""


def orders(low: float, high: float) -> list[Case]:
    """Orders and numbers that are both followed."""
    return [
        Case(lambda draw, s=s: (draw.within(0.2, 3, *s), draw.within(low, high, *s)), condition=64)  # type: ignore[misc]
        for s in ((2, 3), (), (0, 2))
    ]


def fixed(order: float, low: float, high: float) -> list[Case]:
    """Orders that are plain numbers."""
    return [
        Case(lambda draw, s=s: (order, draw.within(low, high, *s)), condition=64)  # type: ignore[misc]
        for s in ((2, 3), (), (0, 2))
    ]


def _second_kind(name: str, order: int, scaled: bool, recurrence: Any) -> Any:
    factor = " times exp(x)" if scaled else ""
    function = compute.kve if scaled else compute.kv
    return elementwise(
        f"{name}(x, /)",
        recurrence,
        forward=lambda xp, x: function(xp, xp.full_like(reals(xp, name, x)[0], float(order)), reals(xp, name, x)[0]),
        native=scipy_alone(name),
        reference=lambda mp, x: (mp.exp(x) if scaled else 1) * mp.besselk(order, x),
        cases=[Case(lambda draw, s=s: (draw.within(0.2, 9, *s),), condition=32) for s in ((2, 3), (), (0, 2))],  # type: ignore[misc]
        doc=described(
            f"Modified Bessel function of the second kind of order {order}{factor}.",
            "That of kve(v, x) for x." if scaled else "-k1(x)." if order == 0 else "-k0(x) - k1(x) / x (DLMF 10.29.2).",
            f">>> round(float(xp.special.{name}(xp.asarray(1.0))), 6)\n{_AT_1[name]}",
            accuracy=f"6 units of rounding from 1e-14 on. {MEMORY}",
            returns="Infinite at 0, nan for negative numbers; of the dtype and shape of x.",
        ),
    )


_AT_1 = {"k0": "0.421024", "k0e": "1.144463", "k1": "0.601907", "k1e": "1.636153"}

OPS = (
    elementwise(
        "jv(v, x, /)",
        refused("jv", "v", ORDER),
        lambda xp, v, x: 0.5 * (xp.special.jv(v - 1, x) - xp.special.jv(v + 1, x)),
        native={"numpy": "scipy.special:jv", "dask": "scipy.special:jv"},
        reference=lambda mp, v, x: mp.besselj(v, x),
        cases=[*fixed(0.5, 0.5, 9), *fixed(2.0, 0.5, 9)],
        doc=described(
            "Bessel function of the first kind of real order.",
            "(jv(v - 1, x) - jv(v + 1, x)) / 2 for x (DLMF 10.6.1). There is none for the order: it is refused.",
            ">>> round(float(xp.special.jv(0.5, xp.asarray(1.0))), 6)\n0.671397",
            notes=ALONE,
            v="The order.",
            x="The numbers.",
        ),
    ),
    elementwise(
        "yv(v, x, /)",
        refused("yv", "v", ORDER),
        lambda xp, v, x: 0.5 * (xp.special.yv(v - 1, x) - xp.special.yv(v + 1, x)),
        native={"numpy": "scipy.special:yv", "dask": "scipy.special:yv"},
        reference=lambda mp, v, x: mp.bessely(v, x),
        cases=[*fixed(0.5, 0.8, 9), *fixed(2.0, 0.8, 9)],
        doc=described(
            "Bessel function of the second kind of real order.",
            "(yv(v - 1, x) - yv(v + 1, x)) / 2 for x (DLMF 10.6.1). There is none for the order: it is refused.",
            ">>> round(float(xp.special.yv(0.5, xp.asarray(1.0))), 6)\n-0.431099",
            notes=ALONE,
            v="The order.",
            x="The numbers.",
            returns="Minus infinity at 0, nan for negative numbers; of the shape that the arguments broadcast to.",
        ),
    ),
    composite(
        "jn(n, x, /)",
        lambda xp, n, x: xp.special.jv(n, x),
        reference=lambda mp, n, x: each(lambda v: mp.besselj(n, v), x),
        cases=fixed(2.0, 0.5, 9),
        doc=described(
            "Bessel function of the first kind, by its other name.",
            "That of jv.",
            ">>> round(float(xp.special.jn(1, xp.asarray(1.0))), 6)\n0.440051",
            notes=ALONE,
            n="The order.",
            x="The numbers.",
        ),
    ),
    composite(
        "yn(n, x, /)",
        lambda xp, n, x: xp.special.yv(n, x),
        reference=lambda mp, n, x: each(lambda v: mp.bessely(n, v), x),
        cases=fixed(2.0, 0.8, 9),
        doc=described(
            "Bessel function of the second kind of integer order.",
            "That of yv.",
            ">>> round(float(xp.special.yn(1, xp.asarray(1.0))), 6)\n-0.781213",
            notes=ALONE,
            n="The order.",
            x="The numbers.",
        ),
    ),
    elementwise(
        "iv(v, x, /)",
        lambda xp, v, x: compute.iv_by_order(xp, v, x, False),
        lambda xp, v, x: 0.5 * (xp.special.iv(v - 1, x) + xp.special.iv(v + 1, x)),
        forward=compute.iv,
        native=scipy_alone("iv"),
        reference=lambda mp, v, x: mp.besseli(v, x),
        cases=[*orders(0.2, 9), *fixed(1.0, 0.2, 9)],
        doc=described(
            "Modified Bessel function of the first kind of real order.",
            "(iv(v - 1, x) + iv(v + 1, x)) / 2 for x (DLMF 10.29.1). For v, where x is positive, the series DLMF "
            "10.38.1 up to 6 and the derivative of the integral DLMF 10.32.12 beyond; nan where x is not positive.",
            ">>> round(float(xp.special.iv(0.5, xp.asarray(1.0))), 6)\n0.937675\n"
            ">>> round(float(agrad.grad(xp.special.iv)(0.5, 1.0)), 6)\n-0.780126",
            accuracy=ACCURACY,
            v="The order.",
            x="The numbers; negative ones for integer orders alone.",
        ),
    ),
    elementwise(
        "ive(v, x, /)",
        lambda xp, v, x: compute.iv_by_order(xp, v, x, True),
        lambda xp, out, v, x: _ive_slope(xp, out, v, x),
        forward=compute.ive,
        native=scipy_alone("ive"),
        reference=lambda mp, v, x: mp.exp(-abs(x)) * mp.besseli(v, x),
        cases=[*orders(0.2, 9), *fixed(1.0, 0.2, 9)],
        doc=described(
            "Modified Bessel function of the first kind without its exponential growth: exp(-abs(x)) * iv(v, x).",
            "For v as iv. For x (ive(v - 1, x) + ive(v + 1, x)) / 2 - ive(v, x), and the integral of that where x is "
            "large and v is not negative.",
            ">>> round(float(xp.special.ive(0.5, xp.asarray(100.0))), 6)\n0.039894",
            accuracy=ACCURACY,
            v="The order.",
            x="The numbers; negative ones for integer orders alone.",
        ),
    ),
    elementwise(
        "kv(v, x, /)",
        lambda xp, v, x: _kv_by_order(xp, "kv", v, x, False),
        lambda xp, v, x: -0.5 * (xp.special.kv(v - 1, x) + xp.special.kv(v + 1, x)),
        forward=compute.kv,
        native={"numpy": "scipy.special:kv", "dask": "scipy.special:kv"},
        reference=lambda mp, v, x: mp.besselk(v, x),
        cases=[*orders(0.2, 9), *fixed(1.0, 0.2, 9)],
        doc=described(
            "Modified Bessel function of the second kind of real order.",
            "-(kv(v - 1, x) + kv(v + 1, x)) / 2 for x (DLMF 10.29.1). For v the integral of t exp(-x cosh(t)) "
            "sinh(v t) from 0 on, the derivative of DLMF 10.32.9.",
            ">>> round(float(xp.special.kv(0.5, xp.asarray(1.0))), 6)\n0.461069\n"
            ">>> float(agrad.grad(xp.special.kv)(0.0, 1.0))\n0.0",
            accuracy=ACCURACY,
            v="The order.",
            x="The numbers.",
            returns="Infinite at 0, nan for negative numbers; of the shape that the arguments broadcast to.",
        ),
    ),
    elementwise(
        "kve(v, x, /)",
        lambda xp, v, x: _kv_by_order(xp, "kve", v, x, True),
        lambda xp, v, x: _kve_slope(xp, "kve", v, x),
        forward=compute.kve,
        native={"numpy": "scipy.special:kve", "dask": "scipy.special:kve"},
        reference=lambda mp, v, x: mp.exp(x) * mp.besselk(v, x),
        cases=[*orders(0.2, 9), *fixed(1.0, 0.2, 9)],
        doc=described(
            "Modified Bessel function of the second kind without its exponential fall: exp(x) * kv(v, x).",
            "For v as kv. For x the integral of -(cosh(t) - 1) exp(x - x cosh(t)) cosh(v t), without a difference.",
            ">>> round(float(xp.special.kve(0.5, xp.asarray(1.0))), 6)\n1.253314",
            accuracy=ACCURACY,
            v="The order.",
            x="The numbers.",
            returns="Infinite at 0, nan for negative numbers; of the shape that the arguments broadcast to.",
        ),
    ),
    _second_kind("k0", 0, False, lambda xp, x: -xp.special.k1(x)),
    _second_kind("k0e", 0, True, lambda xp, x: _kve_slope(xp, "k0e", 0.0, x)),
    _second_kind("k1", 1, False, lambda xp, out, x: -xp.special.k0(x) - out / x),
    _second_kind("k1e", 1, True, lambda xp, x: _kve_slope(xp, "k1e", 1.0, x)),
    elementwise(
        "spherical_jn(n, z, /)",
        refused("spherical_jn", "n", "it is an integer"),
        lambda xp, n, z: _spherical_slope(xp, n, z),
        native={"numpy": "agrad_special.natives:scipy_spherical_jn"},
        reference=lambda mp, n, z: mp.sqrt(mp.pi / (2 * z)) * mp.besselj(n + mp.mpf(1) / 2, z),
        cases=[
            Case(lambda draw, n=n: (n, draw.within(0.5, 9, 2, 3)), condition=64)  # type: ignore[misc]
            for n in (0, 1, 3)
        ],
        doc=described(
            "Spherical Bessel function of the first kind.",
            "(n spherical_jn(n - 1, z) - (n + 1) spherical_jn(n + 1, z)) / (2 n + 1) for z (DLMF 10.51.2). The order "
            "is refused one.",
            ">>> round(float(xp.special.spherical_jn(1, xp.asarray(1.0))), 6)\n0.301169",
            notes=ALONE,
            n=("int", "The order, 0 or more."),
            z="The numbers.",
            returns="Of the dtype and shape of z.",
        ),
    ),
)


def _kv_by_order(xp: Any, name: str, v: Any, x: Any, scaled: bool) -> Any:
    v, x = reals(xp, name, v, x)
    weight = lambda t, order: -0.5 * t * xp.expm1(-2 * order * t)  # noqa: E731
    slope = compute.second(xp, v, x, weight, scaled)
    return xp.where((x > 0) & xp.isfinite(x), xp.where(v < 0, -slope, slope), xp.where(x == xp.inf, 0 * v, xp.nan))


def _kve_slope(xp: Any, name: str, v: Any, x: Any) -> Any:
    (x,) = reals(xp, name, x)
    v = v if hasattr(v, "dtype") else xp.full_like(x, float(v))
    weight = lambda t, order: -xp.square(xp.sinh(0.5 * t)) * (1 + xp.exp(-2 * order * t))  # noqa: E731
    slope = compute.second(xp, v, x, weight)
    ends = xp.where(x == xp.inf, 0 * slope, xp.where(x == 0, xp.full_like(slope, -xp.inf), xp.nan))
    return xp.where((x > 0) & xp.isfinite(x), slope, ends)


def _ive_slope(xp: Any, out: Any, v: Any, x: Any) -> Any:
    v, x = reals(xp, "ive", v, x)
    far = (x > 6) & (v >= 0) & xp.isfinite(x) & xp.isfinite(v)
    large = compute.first(xp, xp.where(far, v, 0), xp.where(far, x, 7), "x")
    near = xp.where(far, 1, x)
    plain = 0.5 * (xp.special.ive(v - 1, near) + xp.special.ive(v + 1, near)) - xp.sign(near) * out
    return xp.where(far, large, plain)


def _spherical_slope(xp: Any, n: Any, z: Any) -> Any:
    zero = n == 0
    lower = n - 1 + xp.astype(zero, n.dtype) if hasattr(n, "dtype") else max(n - 1, 0)
    return (n * xp.special.spherical_jn(lower, z) - (n + 1) * xp.special.spherical_jn(n + 1, z)) / (2 * n + 1)
