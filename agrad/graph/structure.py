"""The pass that knows triangular matrices: systems of equations with one are solved as such, where a plugin can.

Triangular is what `cholesky`, `tril`, `triu` and `qr` return, and what becomes of that by transposing it, by Python's
numbers, by sums and by products with others of its kind.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any

from agrad.graph.graph import Equation, Graph, Var
from agrad.plugins import find

__all__ = ["triangular"]

SOLVE = "linalgx.solve_triangular"
"""An op of agrad's own plugin of linear algebra."""

LOWER, UPPER = "lower", "upper"
OTHER = {LOWER: UPPER, UPPER: LOWER}
Known = dict[Any, str]
"""Which triangle of a value is not 0."""


def triangular(graph: Graph) -> Graph:
    """With `solve` of a triangular matrix as `solve_triangular`; as it is, where no plugin has that.

    Examples
    --------
    >>> import agrad, numpy
    >>> xp = agrad.namespace("numpy")
    >>> graph = agrad.trace(lambda a, b: xp.linalg.solve(xp.linalg.cholesky(a), b), numpy.eye(2), numpy.ones(2))
    >>> triangular(graph).equations[-1].op
    'linalgx.solve_triangular'
    """
    if not any(e.op == "linalg.solve" for e in graph.equations) or find(SOLVE) is None:
        return graph
    known: Known = {}
    made = []
    for e in graph.equations:
        rule = RULES.get(e.op)
        if rule is not None and (side := rule(e, known)):
            known[e.outputs[-1]] = side  # of several factors, the last one
        made.append(_solved(e, known))
    return graph.replaced(made)


def _solved(e: Equation, known: Known) -> Equation:
    side = _side(e.inputs[0], known) if e.op == "linalg.solve" else ""
    if not side:
        return e
    return e._replace(op=SOLVE, params={"trans": 0, "lower": side == LOWER, "unit_diagonal": False})


def _side(a: Any, known: Known) -> str:
    return known.get(a, "") if type(a) is Var else ""


# What is triangular: which triangle of the result is not 0, or nothing ---------------------------------------


def _cholesky(e: Equation, known: Known) -> str:
    return UPPER if e.params["upper"] else LOWER


def _tril(e: Equation, known: Known) -> str:
    return LOWER if e.params["k"] <= 0 else _same(e, known)


def _triu(e: Equation, known: Known) -> str:
    return UPPER if e.params["k"] >= 0 else _same(e, known)


def _same(e: Equation, known: Known) -> str:
    return _side(e.inputs[0], known)


def _transposed(e: Equation, known: Known) -> str:
    return OTHER.get(_same(e, known), "")


def _permuted(e: Equation, known: Known) -> str:
    axes = [a % len(e.params["axes"]) for a in e.params["axes"]]
    last = len(axes) - 1
    if len(axes) < 2 or axes[:-2] != list(range(last - 1)):
        return ""
    return _transposed(e, known) if axes[-2:] == [last, last - 1] else _same(e, known)


def _product(e: Equation, known: Known) -> str:
    first, second = (_side(a, known) for a in e.inputs)
    return first if first == second else ""


def _scaled(e: Equation, known: Known) -> str:
    first, second = e.inputs
    if _is_number(second):
        return _side(first, known)
    return _side(second, known) if _is_number(first) else ""


def _divided(e: Equation, known: Known) -> str:
    return _same(e, known) if _is_number(e.inputs[1]) else ""


def _is_number(a: Any) -> bool:
    """Whether an operand keeps zeros what they are: infinities and nan do not, and a value may be one."""
    return isinstance(a, int | float | complex) and isfinite(abs(a)) and a != 0


def _sum(e: Equation, known: Known) -> str:
    first, second = (_side(a, known) for a in e.inputs)
    same = first == second and all(type(a) is Var and a.shape == e.outputs[0].shape for a in e.inputs)
    return first if same else ""


RULES: dict[str, Callable[[Equation, Known], str]] = {
    "add": _sum,
    "astype": _same,
    "conj": _same,
    "divide": _divided,
    "linalg.cholesky": _cholesky,
    "linalg.qr": lambda e, known: UPPER,
    "matmul": _product,
    "matrix_transpose": _transposed,
    "multiply": _scaled,
    "negative": _same,
    "permute_dims": _permuted,
    "positive": _same,
    "subtract": _sum,
    "tril": _tril,
    "triu": _triu,
}
