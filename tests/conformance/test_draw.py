"""Random inputs of the conformance suite: exact in every precision, and the same everywhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from agrad_conformance.draw import Draw

WAYS = ["", "real", "within", "positive", "apart", "slender", "hermitian", "definite", "regular"]
SINGLE = {"float64": "float32", "complex128": "complex64"}
PINNED = [(4860 - 4908j), (4919 + 1426j), (348 + 8003j)]


def drawn(kind: str, way: str, shape: tuple[int, ...], seed: int = 3) -> Any:
    draw = Draw(kind, seed)
    if way == "within":
        return draw.within(-2.0, 5.0, *shape)
    return (getattr(draw, way) if way else draw)(*shape)


@pytest.mark.parametrize("kind", ["real", "complex"])
@pytest.mark.parametrize("way", WAYS)
def test_single_precision_holds_all_numbers(kind: str, way: str) -> None:
    for shape in [(3, 3), (2, 2, 2), (0, 2, 2)]:
        x = drawn(kind, way, shape)
        assert x.shape == shape
        assert x.dtype == ("complex128" if kind == "complex" and way != "real" else "float64")
        np.testing.assert_array_equal(x.astype(SINGLE[x.dtype.name]), x)


@pytest.mark.parametrize("way", ["", "real", "within", "positive", "apart"])
def test_single_numbers(way: str) -> None:
    x = drawn("complex", way, ())
    assert x.shape == ()
    assert isinstance(x, np.ndarray)


def test_numbers_depend_on_the_seed_alone() -> None:
    np.testing.assert_array_equal(Draw("real", 7)(4), Draw("real", 7)(4))
    assert np.all(Draw("real", 7)(4) != Draw("real", 8)(4))
    draw = Draw("real", 7)
    assert np.all(draw(4) != draw(4))


def test_numbers_are_the_same_on_every_machine() -> None:
    """A change here makes all stored references useless."""
    draw = Draw("complex", 2026)
    found = [draw(), draw.within(0.5, 2.0), draw.apart(3)[1]]
    np.testing.assert_array_equal(np.asarray(found) * 4096, PINNED)


def test_numbers_look_normal() -> None:
    x = Draw("real", 1)(4000)
    assert abs(np.mean(x)) < 0.05
    assert abs(np.std(x) - 1) < 0.05
    assert 2.5 < np.max(np.abs(x)) <= 3.5


def test_domains() -> None:
    x = drawn("complex", "within", (50,))
    assert np.all((x.real >= -2) & (x.real <= 5))
    assert np.all((x.imag >= 0.2 - 1e-3) & (x.imag <= 0.6 + 1e-3))
    assert np.all((drawn("real", "positive", (50,)) >= 0.5) & (drawn("real", "positive", (50,)) <= 2))
    apart = np.sort(drawn("real", "apart", (20,)))
    assert np.min(np.diff(apart)) > 0.3
    assert np.min(np.abs(2 * apart - np.round(2 * apart))) > 0.005


@pytest.mark.parametrize("kind", ["real", "complex"])
def test_matrices(kind: str) -> None:
    for seed in range(20):
        x = drawn(kind, "hermitian", (3, 3), seed)
        np.testing.assert_array_equal(x, np.conj(x.T))
        x = drawn(kind, "definite", (3, 3), seed)
        np.testing.assert_array_equal(x, np.conj(x.T))
        assert np.min(np.linalg.eigvalsh(x)) > 1.5
        assert np.linalg.cond(drawn(kind, "regular", (3, 3), seed)) < 200
        assert np.linalg.cond(drawn(kind, "slender", (3, 2), seed)) < 100
