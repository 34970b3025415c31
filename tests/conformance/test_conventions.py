"""The pinned points of the conformance suite: every row of the table has one, and agrad on NumPy obeys them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import agrad
from agrad import errors
from agrad_conformance.conventions import POINTS, Point
from agrad_conformance.sample import filled, followed

xp = agrad.namespace("numpy")
PAGE = Path(__file__).parents[2] / "docs" / "conventions.md"
CASES = [pytest.param(p, dtype, id=f"{p.row}-{p.op}-{i}-{dtype}") for i, p in enumerate(POINTS) for dtype in p.dtypes]


def function(p: Point, args: tuple[Any, ...]) -> Any:
    """The point as a function of its followed arrays."""
    return lambda *xs: p.apply(xp, *filled(args, iter(xs)))


def assert_close(found: Any, expected: Any, eps: float) -> None:
    np.testing.assert_allclose(found, expected, rtol=50 * eps, atol=50 * eps)


@pytest.mark.filterwarnings("ignore:Degrees of freedom:RuntimeWarning")
@pytest.mark.parametrize(("p", "dtype"), CASES)
def test_agrad_obeys(p: Point, dtype: str) -> None:
    args = p.at(dtype)
    with np.errstate(all="ignore"):
        if p.outcome == "error":
            check_error(p, args)
        elif p.transform == "jacobian":
            for mode in ("rev", "fwd"):
                found = agrad.jacobian(function(p, args), mode=mode)(*followed(args))
                assert_close(found, p.expected(dtype)[0], p.condition * float(np.finfo(dtype).eps))
        else:
            check_value(p, dtype, args)


def check_error(p: Point, args: tuple[Any, ...]) -> None:
    error = getattr(errors, p.error)
    asked = {
        "grad": lambda: agrad.grad(lambda *xs: p.apply(xp, *xs))(*args),
        "jacobian": lambda: agrad.jacobian(lambda *xs: p.apply(xp, *xs))(*args),
        "leaf": lambda: xp.asarray(args[0], requires_grad=True),
    }
    with pytest.raises(error):
        asked[p.transform]()


def check_value(p: Point, dtype: str, args: tuple[Any, ...]) -> None:
    f, xs = function(p, args), followed(args)
    out, pullback = agrad.vjp(f, *xs)
    ct = p.weights(dtype)
    ct = np.ones_like(out) if ct is None else ct
    expected = followed(p.expected(dtype))
    found = pullback(ct)
    assert any(not np.isfinite(e).all() for e in expected) == (p.outcome == "nan/inf")
    for x, g, e in zip(xs, found, expected, strict=True):
        eps = p.condition * float(np.finfo(x.dtype).eps)
        assert (g.shape, g.dtype) == (x.shape, x.dtype) == (e.shape, e.dtype)
        assert_close(g, e, eps)
    for k, (x, e) in enumerate(zip(xs, followed(p.expected(dtype, forward=True)), strict=True)):
        eps = p.condition * float(np.finfo(x.dtype).eps)
        assert_close(pushed(f, xs, k, ct), e, eps)


@pytest.mark.parametrize(("p", "dtype"), [c for c in CASES if c.values[0].second is not None])
def test_agrad_obeys_twice(p: Point, dtype: str) -> None:
    args = p.at(dtype)
    f, xs = function(p, args), followed(args)
    ones, ct = tuple(np.ones_like(x) for x in xs), p.weights(dtype)
    with np.errstate(all="ignore"):
        ct = np.ones_like(agrad.vjp(f, *xs)[0]) if ct is None else ct
        found = [
            agrad.jvp(lambda *xs: agrad.vjp(f, *xs)[1](ct), tuple(xs), ones)[1],
            agrad.vjp(lambda *xs: agrad.vjp(f, *xs)[1](ct), *xs)[1](ones),
            agrad.vjp(lambda *xs: agrad.jvp(f, xs, ones)[1], *xs)[1](ct),
        ]
    for way in found:
        for x, g, e in zip(xs, way, followed(p.curved(dtype)), strict=True):
            assert (g.shape, g.dtype) == (x.shape, x.dtype) == (e.shape, e.dtype)
            assert_close(g, e, p.condition * float(np.finfo(x.dtype).eps))


def pushed(f: Any, xs: list[Any], k: int, ct: Any) -> Any:
    """Entry by entry the real inner product of the cotangent and the tangents of the result."""
    x = xs[k]
    g = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        parts = []
        for unit in (1, 1j) if x.dtype.kind == "c" else (1,):
            t = np.zeros_like(x)
            t[i] = unit
            along = agrad.jvp(lambda y: f(*xs[:k], y, *xs[k + 1 :]), (x,), (t,))[1]
            parts.append(np.sum(np.real(np.conj(ct) * along if np.iscomplexobj(ct) else ct * np.real(along))))
        g[i] = parts[0] + 1j * parts[1] if len(parts) == 2 else parts[0]
    return g


def test_every_row_of_the_table_has_points() -> None:
    documented = set(re.findall(r"^\| `([\w-]+)` \|", PAGE.read_text(), flags=re.MULTILINE))
    assert {p.row for p in POINTS if not p.row.startswith("extreme")} == documented


def test_the_column_of_second_derivatives_says_what_the_points_pin() -> None:
    table = re.findall(r"^\| `([\w-]+)` \|.*\|.*\|.*\|(.*)\|.*\|$", PAGE.read_text(), flags=re.MULTILINE)
    pinned = {p.row: set() for p in POINTS if p.second is not None}
    for p in POINTS:
        if p.second is not None:
            pinned[p.row] |= {bool(np.isnan(g).any()) for g in followed(p.curved("float64"))}
    for row, column in table:
        assert (row in pinned) == bool(column.strip()) or row == "matrix-norm-tie", row
        assert (True in pinned.get(row, ())) == ("nan" in column), row


def test_every_point_is_declared_in_full() -> None:
    for p in POINTS:
        assert p.outcome in ("value", "nan/inf", "error")
        assert p.reason
        assert bool(p.error) == (p.outcome == "error")
        assert bool(p.gradients) == (p.outcome != "error")
