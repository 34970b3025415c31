"""The pass that knows triangular matrices: where it applies, where not, and that it changes no number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import agrad
import agrad_linalg
from agrad.graph.graph import Equation, Var
from agrad.graph.passes import simplified
from agrad.graph.structure import LOWER, RULES, UPPER, triangular
from agrad.plugins import ops, register
from graph_samples import double_precision, near, xp

if not ops("linalgx"):
    register(agrad_linalg, "linalgx")

RNG = np.random.default_rng(0)
ROOT = RNG.standard_normal((4, 4))
A = ROOT @ ROOT.T + 4 * np.eye(4)
B = RNG.standard_normal((4, 2))
V = RNG.standard_normal(4)

SOLVED: dict[str, tuple[Callable[[Any, Any], Any], bool]] = {
    "cholesky": (lambda a, b: xp.linalg.solve(xp.linalg.cholesky(a), b), True),
    "upper cholesky": (lambda a, b: xp.linalg.solve(xp.linalg.cholesky(a, upper=True), b), False),
    "transposed": (lambda a, b: xp.linalg.solve(xp.linalg.cholesky(a).T, b), False),
    "permuted": (lambda a, b: xp.linalg.solve(xp.permute_dims(xp.linalg.cholesky(a), (1, 0)), b), False),
    "tril": (lambda a, b: xp.linalg.solve(xp.tril(a), b), True),
    "triu": (lambda a, b: xp.linalg.solve(xp.triu(a), b), False),
    "triu of a lower one": (lambda a, b: xp.linalg.solve(xp.triu(xp.linalg.cholesky(a), k=-2), b), True),
    "scaled": (lambda a, b: xp.linalg.solve(-2.0 * xp.tril(a) / 3.0, b), True),
    "qr": (lambda a, b: xp.linalg.solve(xp.linalg.qr(a)[1], b), False),
    "a product": (lambda a, b: xp.linalg.solve(xp.tril(a) @ xp.linalg.cholesky(a), b), True),
    "a sum": (lambda a, b: xp.linalg.solve(xp.tril(a) + xp.linalg.cholesky(a), b), True),
    "a stack": (lambda a, b: xp.linalg.solve(xp.linalg.cholesky(xp.stack([a, 2.0 * a])), b), True),
}

AS_THEY_ARE: dict[str, Callable[[Any, Any], Any]] = {
    "any matrix": lambda a, b: xp.linalg.solve(a, b),
    "more than a triangle": lambda a, b: xp.linalg.solve(xp.tril(a, k=1), b),
    "of two kinds": lambda a, b: xp.linalg.solve(xp.tril(a) @ xp.triu(a), b),
    "a sum of two kinds": lambda a, b: xp.linalg.solve(xp.tril(a) + xp.triu(a), b),
    "plus a number": lambda a, b: xp.linalg.solve(xp.tril(a) + 1.0, b),
    "times a value, which may be infinite": lambda a, b: xp.linalg.solve(xp.tril(a) * b[0, 0], b),
    "times a matrix": lambda a, b: xp.linalg.solve(xp.tril(a) + a * xp.tril(a).T, b),
}


@pytest.mark.parametrize("name", SOLVED)
@pytest.mark.parametrize("b", [B, V], ids=["matrix", "vector"])
def test_triangular_systems(name: str, b: Any) -> None:
    f, lower = SOLVED[name]
    graph = simplified(agrad.trace(f, A, b))
    (found,) = [e for e in graph.equations if "solve" in e.op]
    assert found.op == "linalgx.solve_triangular" and found.params["lower"] is lower
    near(graph(A + np.eye(4), b), f(xp.asarray(A + np.eye(4)), b))


@pytest.mark.parametrize("name", AS_THEY_ARE)
def test_other_systems(name: str) -> None:
    graph = simplified(agrad.trace(AS_THEY_ARE[name], A, B))
    assert [e.op for e in graph.equations if "solve" in e.op] == ["linalg.solve"]


@pytest.mark.parametrize("backend", ["numpy", "array-api-strict", "torch", "jax"])
def test_gradients(backend: str) -> None:
    with double_precision(backend):
        space: Any = agrad.namespace(backend)

        def loss(a: Any, b: Any) -> Any:
            factor = space.linalg.cholesky(a)
            y = space.linalg.solve(factor, b)
            return space.sum(y * y) + space.sum(space.linalg.solve(space.matrix_transpose(factor), y))

        given = [space._raw.asarray(x) for x in (A, B)]
        whole = agrad.value_and_grad(loss, argnums=(0, 1))
        step = agrad.compile(whole)
        near(step(*given), whole(*given), 1e-9)
        ops = [e.op for e in step.graphs[0].equations]
        assert "linalg.solve" not in ops and ops.count("linalgx.solve_triangular") >= 2
        near(agrad.grad(triangular(agrad.trace(loss, *given)), argnums=(0, 1))(*given), whole(*given)[1], 1e-9)


def test_scipy_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    linalg = pytest.importorskip("scipy.linalg")
    calls: list[int] = []
    solve = linalg.solve_triangular
    monkeypatch.setattr(linalg, "solve_triangular", lambda *given, **more: calls.append(1) or solve(*given, **more))
    slope = agrad.value_and_grad(lambda a: xp.sum(xp.linalg.solve(xp.tril(a), B)))
    slope(A)
    assert not calls
    step = agrad.compile(slope)
    for k in (1, 2):
        step(A)
        assert len(calls) == 2 * k  # one for the value, one for the gradient


def test_axes_in_another_order() -> None:
    stack = Var((4, 4, 4), "float64")

    def side(*axes: int) -> str:
        return RULES["permute_dims"](Equation("permute_dims", (stack,), {"axes": axes}, (stack,)), {stack: LOWER})

    assert [side(0, 2, 1), side(0, 1, 2), side(0, -1, -2)] == [UPPER, LOWER, UPPER]
    assert [side(2, 1, 0), side(1, 0, 2), side(1, 2, 0)] == ["", "", ""]


def test_without_the_plugin_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agrad.graph.structure.find", lambda name: None)
    graph = agrad.trace(SOLVED["cholesky"][0], A, B)
    assert triangular(graph) is graph
