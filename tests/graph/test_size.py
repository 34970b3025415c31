"""`Graph.size`: counts against closed forms, and what is not counted."""

from __future__ import annotations

from collections.abc import Callable
from math import log2
from typing import Any

import numpy as np
import pytest

import agrad
from agrad.graph.size import COUNTS, _usual
from agrad.ops import table
from graph_samples import xp

N, M, K = 12, 7, 5
RNG = np.random.default_rng(0)


def ones(*shape: int, dtype: str = "float64") -> Any:
    return np.asarray(RNG.uniform(1, 2, shape)).astype(dtype)


SQUARE = np.eye(N) * N + 1
WIDE = ones(3, M, N)

CASES: dict[str, tuple[Callable[..., Any], tuple[Any, ...], float]] = {
    "pointwise": (lambda x: xp.exp(x), (ones(N, M),), N * M),
    "broadcasting": (lambda x, y: x + y, (ones(N, 1), ones(M)), N * M),
    "with a constant": (lambda x: x * ones(N), (ones(N),), N),
    "complex": (lambda x: x * x, (ones(N, dtype="complex128"),), 4 * N),
    "of integers": (lambda x: x + x, (np.arange(N),), 0),
    "reduction": (lambda x: xp.sum(x, axis=0), (ones(N, M),), N * M),
    "variance": (lambda x: xp.var(x), (ones(N, M),), 4 * N * M),
    "moved": (lambda x: xp.permute_dims(xp.flip(x), (1, 0))[1:], (ones(N, M),), 0),
    "scattered": (lambda x: agrad.grad(lambda x: xp.sum(x[2:5]))(x), (ones(N),), 3),
    "product": (lambda a, b: a @ b, (ones(N, M), ones(M, K)), 2 * N * M * K),
    "of a matrix and a vector": (lambda a, b: a @ b, (ones(N, M), ones(M)), 2 * N * M),
    "of stacks": (lambda a, b: a @ b, (ones(3, N, M), ones(M, K)), 3 * 2 * N * M * K),
    "of complex numbers": (lambda a, b: a @ b, (ones(N, M, dtype="complex64"), ones(M, K)), 4 * 2 * N * M * K),
    "tensordot": (lambda a, b: xp.tensordot(a, b, axes=2), (ones(K, N, M), ones(N, M)), 2 * N * M * K),
    "tensordot of named axes": (
        lambda a, b: xp.tensordot(a, b, axes=((0,), (1,))), (ones(N, M), ones(K, N)), 2 * N * M * K,
    ),
    "vecdot": (lambda a, b: xp.vecdot(a, b), (ones(M, N), ones(N)), 2 * M * N),
    "cholesky": (lambda a: xp.linalg.cholesky(a), (SQUARE,), N**3 / 3),
    "det": (lambda a: xp.linalg.det(a), (SQUARE,), 2 / 3 * N**3),
    "solve": (lambda a, b: xp.linalg.solve(a, b), (SQUARE, ones(N, K)), 2 / 3 * N**3 + 2 * N**2 * K),
    "solve a vector": (lambda a, b: xp.linalg.solve(a, b), (SQUARE, ones(N)), 2 / 3 * N**3 + 2 * N**2),
    "inv of a stack": (lambda a: xp.linalg.inv(a), (np.stack([SQUARE, SQUARE]),), 2 * 2 * N**3),
    "power": (lambda a: xp.linalg.matrix_power(a, 5), (SQUARE,), 3 * 2 * N**3),
    "qr": (lambda a: xp.linalg.qr(a), (WIDE,), 3 * (4 * N * M**2 - 4 / 3 * M**3)),
    "svdvals": (lambda a: xp.linalg.svdvals(a), (WIDE,), 3 * (4 * N * M**2 - 4 / 3 * M**3)),
    "norm": (lambda x: xp.linalg.vector_norm(x), (ones(N, M),), 2 * N * M),
    "fft": (lambda x: xp.fft.fft(x), (ones(K, 16, dtype="complex128"),), K * 5 * 16 * 4),
    "rfft": (lambda x: xp.fft.rfft(x), (ones(K, 16),), K * 2.5 * 16 * 4),
    "irfft": (lambda x: xp.fft.irfft(x), (ones(K, 9, dtype="complex128"),), K * 2.5 * 16 * 4),
    "fftn": (lambda x: xp.fft.fftn(x), (ones(8, 16, dtype="complex128"),), 5 * 128 * log2(128)),
    "sorting": (lambda x: xp.sort(x, axis=0), (ones(16, M),), 16 * M * 4),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_closed_forms(name: str) -> None:
    f, args, expected = CASES[name]
    size = agrad.trace(f, *args).size()
    assert size.flops == round(expected) and not size.uncounted


def test_bytes_and_what_is_there_at_a_time() -> None:
    graph = agrad.trace(lambda x: xp.sum(xp.cos(xp.sin(xp.exp(x))) > 0.5), ones(1000, dtype="float32"))
    size = graph.size()
    assert size.operations == 5
    assert size.bytes == 3 * 4000 + 1000 + 8
    assert size.peak == 2 * 4000
    kept = agrad.trace(lambda x: (xp.sin(x), xp.cos(x), xp.exp(xp.exp(x))), ones(1000)).size()
    assert (kept.bytes, kept.peak) == (4 * 8000, 4 * 8000)


def test_guards_and_what_is_about_derivatives_count_nothing() -> None:
    def f(x: Any) -> Any:
        return agrad.stop_gradient(x) * 2.0 if x[0] > 0 else x

    size = agrad.trace(f, ones(10)).size()
    assert (size.operations, size.flops) == (3, 11)  # the element, its comparison, the product
    assert size.bytes == 8 + 1 + 80


def test_a_backward_pass_costs_a_few_times_the_function() -> None:
    a, x = ones(40, 30), ones(30)
    f = agrad.trace(lambda a, x: xp.sum(xp.tanh(a @ x)), a, x).size()
    both = agrad.trace(agrad.value_and_grad(lambda a, x: xp.sum(xp.tanh(a @ x)), argnums=(0, 1)), a, x).size()
    assert 2 * f.flops < both.flops < 4 * f.flops


def test_ops_of_plugins() -> None:
    assert agrad.trace(lambda x: xp.special.erf(x), ones(N)).size().flops == N
    size = agrad.trace(lambda a: xp.einsum.einsum("ij,jk", a, a), SQUARE).size()
    assert size.uncounted == ("einsum.einsum",) and size.flops == 0
    assert repr(size).endswith("about 0 flop and those of einsum.einsum>")


def test_every_op_of_the_standard_is_counted() -> None:
    sized_by_values = {"nonzero", "unique_all", "unique_counts", "unique_inverse", "unique_values", "distinct"}
    unknown = {name for name, op in table.items() if name not in COUNTS and _usual(op) is None}
    assert unknown == sized_by_values | {"broadcast_shapes"}
    assert set(COUNTS) <= set(table)


@pytest.mark.parametrize(
    ("n", "text"), [(1, "8 B"), (125, "1 kB"), (1000, "8 kB"), (125_000, "1 MB"), (999_999, "8 MB")]
)
def test_units(n: int, text: str) -> None:
    assert f", {text} of results" in repr(agrad.trace(lambda x: x * 2.0, np.ones(n)).size())
