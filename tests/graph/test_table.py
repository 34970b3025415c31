"""Every op of the table in a graph: on other values, in gradients, in a file, on another backend it is the op."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import agrad
from agrad_conformance.sample import Sample
from graph_samples import FIRST, SMOOTH, USABLE, called, double_precision, near, total


@pytest.mark.parametrize("s", USABLE, ids=repr)
def test_a_graph_is_the_op(s: Sample) -> None:
    f = called(s)
    graph = agrad.trace(f, *s.followed)
    moved = [a * 1.03125 if s.case.smooth else a for a in s.followed]
    with np.errstate(all="ignore"):
        near(graph(*moved), f(*map(agrad.asarray, moved)))


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
