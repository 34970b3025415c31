"""`solve_triangular` against SciPy and PyTorch, on every backend, and that it does not read what it should not."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

import agrad
import agrad_linalg
from agrad.plugins import ops, register
from graph_samples import double_precision, near

if not ops("linalgx"):
    register(agrad_linalg, "linalgx")

scipy_linalg = pytest.importorskip("scipy.linalg")

RNG = np.random.default_rng(0)
A = RNG.standard_normal((4, 4)) + 4 * np.eye(4)
B = RNG.standard_normal((4, 3))
MODES = [*product(("N", "T", "C"), (False, True), (False, True))]
BACKENDS = ["numpy", "array-api-strict", "torch", "jax", "dask"]


def solve(backend: str, a: Any, b: Any, **given: Any) -> Any:
    xp: Any = agrad.namespace(backend)
    return xp.linalgx.solve_triangular(xp.asarray(a), xp.asarray(b), **given)


@pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning")  # from dask's own triu
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", [float, complex])
def test_values_are_those_of_scipy(backend: str, kind: type) -> None:
    a, b = (x + 0.5j * x[::-1] if kind is complex else x for x in (A, B))
    with double_precision(backend):
        for trans, lower, unit in MODES:
            for right in (b, b[:, 0]):
                found = solve(backend, a, right, trans=trans, lower=lower, unit_diagonal=unit)
                near(found, scipy_linalg.solve_triangular(a, right, trans, lower, unit))


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_other_triangle_is_not_read(backend: str) -> None:
    with double_precision(backend):
        for lower in (False, True):
            spoilt = np.where(np.tri(4) > 0 if lower else np.tri(4).T > 0, A, np.nan)
            near(solve(backend, spoilt, B, lower=lower), solve(backend, A, B, lower=lower))
            without = np.where(np.eye(4) > 0, np.nan, spoilt)
            near(
                solve(backend, without, B, lower=lower, unit_diagonal=True),
                solve(backend, A, B, lower=lower, unit_diagonal=True),
            )


@pytest.mark.parametrize("backend", BACKENDS)
def test_stacks_broadcast_as_those_of_solve(backend: str) -> None:
    stack = np.stack([A, 2 * A, A.T])
    with double_precision(backend):
        for b in (B, B[:, 0], np.stack([[B], [2 * B]])):
            found = solve(backend, stack, b, lower=True, trans=1)
            near(found, agrad.namespace("numpy").linalg.solve(np.swapaxes(np.tril(stack), -1, -2), b))


@pytest.mark.parametrize(("trans", "lower", "unit"), MODES)
def test_gradients_are_those_of_pytorch(trans: str, lower: bool, unit: bool) -> None:
    torch = pytest.importorskip("torch")
    a, b = torch.tensor(A, requires_grad=True), torch.tensor(B, requires_grad=True)
    given = {"N": a, "T": a.mT, "C": a.mH}[trans]
    upper = lower != (trans == "N")
    torch.linalg.solve_triangular(given, b, upper=upper, unitriangular=unit).sin().sum().backward()
    xp = agrad.namespace("numpy")

    def loss(a: Any, b: Any) -> Any:
        return xp.sum(xp.sin(xp.linalgx.solve_triangular(a, b, trans=trans, lower=lower, unit_diagonal=unit)))

    for found, expected in zip(agrad.grad(loss, argnums=(0, 1))(A, B), (a.grad, b.grad), strict=True):
        np.testing.assert_allclose(found, expected.numpy(), rtol=1e-10, atol=1e-12)


def test_batches_of_vectors_share_one_factorisation(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Any] = []
    original = scipy_linalg.solve_triangular
    monkeypatch.setattr(
        scipy_linalg,
        "solve_triangular",
        lambda a, b, *given, **more: calls.append(b.shape) or original(a, b, *given, **more),
    )
    xp = agrad.namespace("numpy")
    found = agrad.vmap(lambda b: xp.linalgx.solve_triangular(A, b, lower=True))(B.T)
    near(found, original(A, B, lower=True).T)
    assert calls == [(4, 3)]


def test_what_it_does_not_take() -> None:
    with pytest.raises(ValueError, match="takes 0 or 'N', 1 or 'T', 2 or 'C'"):
        solve("numpy", A, B, trans="H")
    with pytest.raises(ValueError, match=r"matrices of shape \(4, 4\) and right sides of shape \(3,\)"):
        solve("numpy", A, B[:3, 0])


def test_singular_matrices_raise_on_numpy_as_solve_does() -> None:
    with pytest.raises(np.linalg.LinAlgError):
        solve("numpy", np.zeros((2, 2)), np.ones(2))
