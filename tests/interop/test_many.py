"""Functions with many cases of their own, against NumPy on whatever hypothesis finds: values and derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import agrad
from following import XP, compare

few = settings(max_examples=25, deadline=None, database=None, derandomize=True)
seeds, sizes = st.integers(0, 10_000), st.integers(1, 6)
shapes = st.lists(st.integers(2, 4), min_size=1, max_size=3).map(tuple)


def drawn(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def check(f: Any, *args: Any) -> None:
    compare(f(*map(XP.asarray, args)), f(*args))
    agrad.check_grads(f, args, order=1)


@few
@given(seeds, st.integers(2, 9), st.floats(0, 1), st.sampled_from(["linear", "hazen", "weibull", "lower", "midpoint"]))
def test_quantile(seed: int, n: int, q: float, method: str) -> None:
    check(lambda a: np.quantile(a, [q, 0.5], axis=0, method=method), drawn(seed, n, 2))


@few
@given(seeds, sizes, sizes, st.sampled_from(["full", "same", "valid"]))
def test_convolve_and_correlate(seed: int, n: int, m: int, mode: Any) -> None:
    a, v = drawn(seed, n), drawn(seed + 1, m)
    check(lambda a, v: [np.convolve(a, v, mode), np.correlate(a, v, mode)], a, v)


@few
@given(seeds, shapes, st.integers(0, 3), st.integers(0, 3), st.sampled_from(["edge", "reflect", "symmetric", "wrap"]))
def test_pad(seed: int, shape: tuple[int, ...], before: int, after: int, mode: Any) -> None:
    a = drawn(seed, *shape)
    check(lambda a: [np.pad(a, (before, after), mode), np.pad(a, (before, after), constant_values=(0.5, 2.0))], a)


@few
@given(seeds, st.integers(2, 6), st.integers(1, 5))
def test_interp(seed: int, n: int, m: int) -> None:
    places = np.cumsum(0.1 + np.random.default_rng(seed).random(n))
    x = np.random.default_rng(seed + 1).uniform(places[0] - 0.5, places[-1] + 0.5, m)
    check(np.interp, x, places, drawn(seed, n))
    compare(
        np.interp(XP.asarray(places), places, XP.asarray(x[:1].repeat(n))), np.interp(places, places, x[:1].repeat(n))
    )


@few
@given(seeds, shapes, st.data())
def test_reductions(seed: int, shape: tuple[int, ...], data: st.DataObject) -> None:
    axes = tuple(data.draw(st.sets(st.integers(-len(shape), -1), min_size=1)))
    keepdims = data.draw(st.booleans())
    where = np.random.default_rng(seed).random(shape) > 0.3
    check(
        lambda a: [
            np.sum(a, axis=axes, keepdims=keepdims, where=where),
            np.var(a, axis=axes, keepdims=keepdims),
            np.max(a, axis=axes, keepdims=keepdims, where=where, initial=-9.0),
            np.median(a, axis=axes, keepdims=keepdims),
        ],
        drawn(seed, *shape),
    )


@few
@given(seeds, shapes, st.data())
def test_order_and_shape(seed: int, shape: tuple[int, ...], data: st.DataObject) -> None:
    i, j = (data.draw(st.integers(-len(shape), len(shape) - 1)) for _ in range(2))
    k = data.draw(st.integers(-3, 3))
    check(
        lambda a: [
            np.moveaxis(a, i, j), np.swapaxes(a, i, j), np.rollaxis(a, i), np.roll(a, k, axis=j), np.flip(a, i),
            np.diff(a, axis=i, append=1.0), np.gradient(a, axis=j), np.take(a, [0, -1, k % 2], axis=i),
            np.repeat(a, 2, axis=j), np.insert(a, abs(k) % 2, 3.0, axis=i), np.cumsum(a, axis=j),
            *np.array_split(a, 2, axis=i), np.resize(a, (2, 3)), np.sort(a, axis=j),
        ],
        drawn(seed, *shape),
    )  # fmt: skip
