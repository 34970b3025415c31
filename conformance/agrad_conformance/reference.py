"""Reference values and derivatives of a sample, by differences in a precision where differences are exact enough.

All numbers are taken as real ones: `pack` writes arrays in one real vector, each as its real parts, followed by its
imaginary parts where it is complex. The Jacobian has a row for each number of the results and a column for each number
of the followed arguments; its transpose is the adjoint under Re<v, J w> = Re<J* v, w>.

At a working precision of 120 digits, central differences with a step of 1e-30 have an error of about 1e-60, those of
second order too. What is given away is rounded to a pair of doubles, 32 digits.

How much rounding the arguments changes each number is found in the same way, by the change along a few random
directions, in which each argument moves by its own size: what tolerances are derived from.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import mpmath  # type: ignore[import-untyped]
import numpy as np

from agrad_conformance.draw import Draw
from agrad_conformance.high import arrays, functions, namespace
from agrad_conformance.high.numbers import COMPLEX, is_complex
from agrad_conformance.sample import Sample, filled

__all__ = ["DIGITS", "Pair", "Reference", "compute", "leaves", "pack", "unpack"]

Array = np.ndarray[Any, np.dtype[Any]]

DIGITS = 120
"""Working precision in decimal digits."""

STEP = 30
"""The step of differences is ten to the power of minus this."""

NOISE = 40
"""Numbers below ten to the power of minus this are 0."""

PROBES = 2
"""In how many random directions the effect of rounding is looked for."""

KINK = 15
"""One-sided differences that differ by more than ten to the power of minus this have no common limit."""


class Pair(NamedTuple):
    """Numbers as sums of two doubles: the nearest one and the rest."""

    high: Array
    low: Array


class Reference(NamedTuple):
    """What is right at a sample.

    Parameters
    ----------
    shapes, kinds
        Of each result its shape, and "real", "complex", "integer" or "boolean"; "empty" where it has no numbers that
        could tell.
    values : Pair
        All results, packed.
    jacobian : Pair
        A row for each packed number of the real and complex results, a column for each of the followed arguments.
    second : Pair or None
        The derivative of ``w @ jacobian @ v`` for the followed arguments, packed; None where there is none.
    w, v : Array
        A packed cotangent and a packed tangent, independent of the arguments and exact in single precision.
    value_scale, slope_scale, second_scale : Array
        By how much the numbers of `values`, `jacobian` and `second` change, for a relative change of 1 in the
        arguments, were they linear.
    """

    shapes: tuple[tuple[int, ...], ...]
    kinds: tuple[str, ...]
    values: Pair
    jacobian: Pair
    second: Pair | None
    w: Array
    v: Array
    value_scale: Array
    slope_scale: Array
    second_scale: Array | None

    @property
    def outputs(self) -> list[Array]:
        """The results as arrays of double precision."""
        return unpack(self.values.high, self.shapes, self.kinds)


def leaves(tree: Any) -> list[Any]:
    """The leaves of what a call takes or gives: of lists, tuples and dictionaries."""
    if isinstance(tree, dict):
        tree = tuple(tree.values())
    return [leaf for item in tree for leaf in leaves(item)] if isinstance(tree, tuple | list) else [tree]


def pack(xs: Iterable[Any]) -> Array:
    """Arrays in one real vector of double precision.

    Examples
    --------
    >>> pack([np.asarray([1.0, 2.0]), np.asarray([3 + 4j])])
    array([1., 2., 3., 4.])
    """
    parts = [part for x in map(np.asarray, xs) for part in ([x.real, x.imag] if x.dtype.kind == "c" else [x])]
    return np.concatenate([np.zeros(0), *(np.ravel(part).astype("float64") for part in parts)])


def unpack(vector: Array, shapes: Sequence[tuple[int, ...]], kinds: Sequence[str]) -> list[Any]:
    """The inverse of `pack`: arrays of the given shapes, complex ones where the kind says so."""
    found, start = [], 0
    for shape, kind in zip(shapes, kinds, strict=True):
        n = int(np.prod(shape, dtype=int))
        x = vector[start : start + n].reshape(shape)
        start += n
        if kind == "complex":
            x = x + 1j * vector[start : start + n].reshape(shape)
            start += n
        found.append(x)
    return found


def compute(sample: Sample, extra: dict[str, Callable[..., Any]] | None = None) -> Reference:
    """The reference of a sample.

    Parameters
    ----------
    sample : Sample
        A case with its numbers.
    extra : dict, optional
        Functions that the standard does not have: the references of plugins' ops, by name.

    Raises
    ------
    ValueError
        Where there is no derivative. What holds there is a convention, not a reference.
    """
    with mpmath.workdps(DIGITS):
        return _Differences(sample, extra or {}).reference()


class _Differences:
    """A sample as a function of real vectors of high precision, and its difference quotients."""

    def __init__(self, sample: Sample, extra: dict[str, Callable[..., Any]]) -> None:
        self.sample = sample
        self.mp = mpmath.mp
        self.xp = namespace(self.mp, {**functions(), **extra})
        xs = sample.followed
        self.shapes = [x.shape for x in xs]
        self.kinds = ["complex" if x.dtype.kind == "c" else "real" for x in xs]
        self.x = _exact(pack(xs))
        self.sizes = pack([np.abs(x) + 1j * np.abs(x) if x.dtype.kind == "c" else np.abs(x) for x in xs])
        self.h = self.mp.mpf(10) ** -STEP

    def reference(self) -> Reference:
        results = self._call(self.x)
        kinds = tuple(map(self._kind, results))
        floating = [k in FLOATING for k in kinds]
        here = self._at(self.x, floating)
        rows, n = len(here), len(self.x)
        w, v = self._seed("w", rows), self._seed("v", n)
        jacobian = np.zeros((rows, n), dtype=object)
        slope_scale = np.zeros((rows, n))
        second, second_scale = np.zeros(n, dtype=object), np.zeros(n)
        if rows and n:
            jacobian = np.stack([self._first(j, here, floating) for j in range(n)], axis=1)
            second = self._second(_exact(w), _exact(v), floating)
            for k in range(PROBES):
                probe = _exact(self.sizes * np.sign(self._seed(f"probe-{k}", n)))
                slope_scale += _size(np.stack([self._mixed(j, probe, floating) for j in range(n)], axis=1))
                second_scale += _size(self._third(_exact(w), _exact(v), probe, floating))
        smooth = self.sample.case.smooth
        followed = np.repeat(floating, [len(self._numbers(r)) for r in results]).astype(bool)
        value_scale = np.zeros(len(followed))
        value_scale[followed] = _size(jacobian) @ self.sizes
        return Reference(
            tuple(r.shape for r in results),
            kinds,
            _pair(self._packed(results)),
            _pair(jacobian),
            _pair(second) if smooth else None,
            w,
            v,
            value_scale,
            slope_scale,
            second_scale if smooth else None,
        )

    def _call(self, x: Array) -> list[Array]:
        xs = [
            np.asarray(x, dtype=COMPLEX if kind == "complex" and not np.size(x) else object)
            for x, kind in zip(unpack(x, self.shapes, self.kinds), self.kinds, strict=True)
        ]
        values = iter(xs)
        args = filled(self.sample.args, values)
        params = filled(self.sample.params, values)
        return [np.asarray(leaf) for leaf in leaves(arrays(self.mp, self.sample.invariant(self.xp, *args, **params)))]

    def _at(self, x: Array, floating: list[bool]) -> Array:
        return self._packed(r for r, f in zip(self._call(x), floating, strict=True) if f)

    def _first(self, j: int, here: Array, floating: list[bool]) -> Array:
        step = self._unit(j)
        ahead, behind = self._at(self.x + step, floating), self._at(self.x - step, floating)
        kink = max(abs(ahead - 2 * here + behind)) / self.h
        if kink > self.mp.mpf(10) ** -KINK:
            raise ValueError(
                f"{self.sample.id}: the derivatives to the left and right for input {j} differ by "
                f"{self.mp.nstr(kink, 5)}; a point without a derivative belongs to the conventions"
            )
        quotients: Array = (ahead - behind) / (2 * self.h)
        return quotients

    def _second(self, w: Array, v: Array, floating: list[bool], x: Array | None = None) -> Array:
        """The derivative of ``w @ jacobian @ v``."""
        return np.asarray([sum(w * self._mixed(j, v, floating, x)) for j in range(len(self.x))], dtype=object)

    def _mixed(self, j: int, v: Array, floating: list[bool], x: Array | None = None) -> Array:
        """How column j of the Jacobian changes along v."""
        x = self.x if x is None else x
        along, step = v * self.h, self._unit(j)
        corners = [self._at(x + a * along + b * step, floating) * (a * b) for a in (1, -1) for b in (1, -1)]
        quotients: Array = sum(corners) / (4 * self.h**2)
        return quotients

    def _third(self, w: Array, v: Array, probe: Array, floating: list[bool]) -> Array:
        """How the second derivative changes along a direction."""
        ahead, behind = (self._second(w, v, floating, self.x + a * self.h * probe) for a in (1, -1))
        quotients: Array = (ahead - behind) / (2 * self.h)
        return quotients

    def _unit(self, j: int) -> Array:
        e = _exact(np.zeros(len(self.x)))
        e[j] = self.h
        return e

    def _kind(self, y: Array) -> str:
        if not y.size:
            return "empty"
        if y.dtype != object:
            return "boolean" if y.dtype.kind == "b" else "integer"
        return "complex" if is_complex(self.mp, y) else "real"

    def _packed(self, results: Iterable[Array]) -> Array:
        found = [v for y in results for v in self._numbers(y)]
        packed = np.empty(len(found), dtype=object)
        packed[:] = found
        return packed

    def _numbers(self, y: Array) -> list[Any]:
        """One result, packed."""
        numbers = [self.mp.mpmathify(v) if y.dtype == object else self.mp.mpf(int(v)) for v in y.flat]
        return [v.real for v in numbers] + ([v.imag for v in numbers] if self._kind(y) == "complex" else [])

    def _seed(self, name: str, n: int) -> Array:
        return Draw("real", zlib.crc32(f"{self.sample.id}-{name}".encode())).real(n)


FLOATING = ("real", "complex")


def _exact(x: Array) -> Array:
    """Doubles in high precision."""
    y = np.empty(x.shape, dtype=object)
    y[...] = [mpmath.mpf(v) for v in x.tolist()]
    return y


def _size(x: Array) -> Array:
    """Absolute values in double precision, to three digits, without the noise of differences of third order."""
    numbers = [float(mpmath.nstr(abs(v), 3)) for v in x.flat]
    return np.asarray([v if v > 1e-20 else 0.0 for v in numbers], dtype="float64").reshape(x.shape)


def _pair(x: Array) -> Pair:
    """Numbers of high precision, rounded to two doubles each."""
    noise = mpmath.mpf(10) ** -NOISE
    numbers = [mpmath.mpf(0) if abs(v) < noise else mpmath.mpf(v) for v in x.flat]
    high = np.asarray([float(v) for v in numbers], dtype="float64")
    low = np.asarray([float(v - mpmath.mpf(h)) for v, h in zip(numbers, high.tolist(), strict=True)], dtype="float64")
    return Pair(high.reshape(x.shape), low.reshape(x.shape))
