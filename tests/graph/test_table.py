"""Every op of the table in a graph: on other values, in gradients, in a file, on another backend it is the op."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

import agrad
from agrad_conformance.cases import standard_samples
from agrad_conformance.sample import Sample, filled

SIZED = {"nonzero", "unique_all", "unique_counts", "unique_inverse", "unique_values"}
"""Ops that no graph holds: their results have as many elements as the values say."""


def usable(s: Sample) -> bool:
    counts = s.op == "repeat" and any(isinstance(a, np.ndarray) for a in (*s.args[1:], *s.params.values()))
    return bool(s.followed) and s.op not in SIZED and not counts and s.dtypes[0] in ("float64", "complex128")


USABLE = [s for s in standard_samples() if usable(s)]
SMOOTH = [s for s in USABLE if s.case.smooth and agrad.plugins.find(s.op).kind != "constant"]


def called(s: Sample, backend: str = "numpy") -> Callable[..., Any]:
    """The op of a sample as a function of its floating-point arrays."""
    space: Any = agrad.namespace(backend)

    def constant(leaf: Any) -> Any:
        if isinstance(leaf, np.ndarray):
            return space._raw.asarray(leaf)
        known = isinstance(leaf, str) and leaf.startswith(("float", "complex", "int", "uint"))
        return getattr(space, leaf) if known else leaf

    def f(*arrays: Any) -> Any:
        values = iter(arrays)
        args, params = filled((s.args, s.params), values, constant)
        return s.invariant(space, *args, **params)

    return f


def double_precision(backend: str) -> AbstractContextManager[Any]:
    """A context in which a library that has to be told to has float64; skips where it is not installed."""
    if not find_spec(backend.replace("-", "_")):
        pytest.skip(f"{backend} is not installed")
    return importlib.import_module("jax").enable_x64(True) if backend == "jax" else nullcontext()


def near(found: Any, expected: Any, tolerance: float = 1e-10) -> None:
    def leaves(out: Any) -> list[Any]:
        if isinstance(out, tuple | list):
            return [leaf for item in out for leaf in leaves(item)]
        return [agrad.asarray(out, backend="numpy").array] if hasattr(out, "dtype") else [out]

    for a, b in zip(leaves(found), leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)
        if hasattr(a, "dtype"):
            assert (a.shape, a.dtype) == (b.shape, b.dtype)


@pytest.mark.parametrize("s", USABLE, ids=repr)
def test_a_graph_is_the_op(s: Sample) -> None:
    f = called(s)
    graph = agrad.trace(f, *s.followed)
    moved = [a * 1.03125 if s.case.smooth else a for a in s.followed]
    with np.errstate(all="ignore"):
        near(graph(*moved), f(*map(agrad.asarray, moved)))


def total(f: Callable[..., Any]) -> Callable[..., Any]:
    def summed(*arrays: Any) -> Any:
        out = f(*arrays)
        xp = agrad.namespace("numpy")
        parts = [o for o in (out if isinstance(out, tuple | list) else (out,)) if hasattr(o, "dtype")]
        parts = [xp.real(o) if xp.isdtype(o.dtype, "complex floating") else o for o in parts]
        return sum(xp.sum(xp.cos(o)) for o in parts if xp.isdtype(o.dtype, "real floating"))

    return summed


FIRST = {(s.op, s.kind): s for s in reversed(SMOOTH)}


@pytest.mark.parametrize(
    "s", [s if s in FIRST.values() else pytest.param(s, marks=pytest.mark.slow) for s in SMOOTH], ids=repr
)
def test_a_gradient_in_a_graph_is_the_gradient(s: Sample) -> None:
    f = total(called(s))
    numbers = list(range(len(s.followed)))
    slope = agrad.grad(f, numbers)
    moved = [a * 1.03125 for a in s.followed]
    with np.errstate(all="ignore"):
        near(agrad.trace(slope, *s.followed)(*moved), slope(*moved), 1e-8)
        near(agrad.grad(agrad.trace(f, *s.followed), numbers)(*moved), slope(*moved), 1e-8)


@pytest.mark.parametrize("every", [12, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("backend", ["array-api-strict", "torch", "jax", "dask"])
def test_a_file_runs_on_another_backend(backend: str, every: int, tmp_path: Any) -> None:
    with double_precision(backend):
        _run_files(backend, every, tmp_path)


def _run_files(backend: str, every: int, tmp_path: Any) -> None:
    space: Any = agrad.namespace(backend)
    tried = 0
    for k, s in enumerate(USABLE):
        if k % every or space._backend.reason(s.op):
            continue
        path = tmp_path / f"{k}.agrad"
        agrad.trace(called(s), *s.followed).save(path)
        arrays = [space._raw.asarray(a) for a in s.followed]
        try:
            expected = called(s, backend)(*map(agrad.asarray, arrays))
        except Exception:  # what this backend does not take of the standard
            continue
        near(agrad.load(path)(*arrays), expected, 1e-7)
        tried += 1
    assert tried > 300 / every
