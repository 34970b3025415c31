"""Graphs of numbers alone, in Python's floats: several times as fast as NumPy's, and the same arithmetic.

Where NumPy would warn of what a number becomes, Python raises, or the result is no finite number: then the graph is
computed again, as NumPy does it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from agrad.graph.graph import GUARD, REPLACE, STOP, VALUES, Capture, Constant, Equation, Graph, Var, at_home
from agrad_numpy.compiling.calls import Source
from agrad_numpy.compiling.program import Replay, function_of

__all__ = ["in_floats"]

FUNCTIONS = (
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "copysign", "cos", "cosh", "exp", "expm1", "hypot",
    "log", "log10", "log1p", "log2", "sin", "sinh", "sqrt", "tan", "tanh",
)  # fmt: skip
"""Ops that Python's `math` has by the same name."""

FORMS = {
    "abs": "abs({0})",
    "add": "{0} + {1}",
    "divide": "{0} / {1}",
    "equal": "{0} == {1}",
    "greater": "{0} > {1}",
    "greater_equal": "{0} >= {1}",
    "less": "{0} < {1}",
    "less_equal": "{0} <= {1}",
    "logical_and": "{0} and {1}",
    "logical_not": "not {0}",
    "logical_or": "{0} or {1}",
    "maximum": "{0} if {0} >= {1} or {0} != {0} else {1}",
    "minimum": "{0} if {0} <= {1} or {0} != {0} else {1}",
    "multiply": "{0} * {1}",
    "negative": "-{0}",
    "not_equal": "{0} != {1}",
    "positive": "{0}",
    "reciprocal": "1.0 / {0}",
    "sign": "1.0 if {0} > 0.0 else -1.0 if {0} < 0.0 else {0}",
    "square": "{0} * {0}",
    "subtract": "{0} - {1}",
    "where": "{1} if {0} else {2}",
}
"""Expressions of operands, which are names or numbers."""

LENGTH = 8
"""From how many equations on numbers are worth being made Python's, and NumPy's again."""


def in_floats(graph: Graph, space: Any, otherwise: Callable[[], Replay]) -> Replay | None:
    """The graph in Python's floats, or None where it has other values, or ops that are not known here."""
    if len(graph.equations) < LENGTH or not all(_is_float(v) for v in [*graph.inputs, *graph.captures]):
        return None
    source = Source(space)
    lines = []
    given = [*graph.inputs, *graph.captures]
    for v in given:
        source.names[v] = source.name("x")
        lines.append(f"{source.names[v]} = float({source.names[v]})")
    for c in graph.constants:
        value = at_home(space, c)
        if value.shape or value.dtype not in (np.float64, np.bool):
            return None
        source.names[c] = source.constant(value.item())
    for e in graph.equations:
        if e.op == GUARD:
            lines.append(f"if bool({source.text(e.inputs[0])}) is not {e.params['is']}: return None")
            continue
        text = _text(source, e)
        if text is None:
            return None
        (v,) = e.outputs
        if text.isidentifier():
            source.names[v] = text
            continue
        source.names[v] = source.name("v")
        lines.append(f"{source.names[v]} = {text}")
    results = []
    number, truth = source.constant(np.float64), source.constant(np.bool)
    for v in graph.outputs:
        text = source.text(v)
        if type(v) in VALUES:
            if _is_float(v):
                lines.append(f"if {text} - {text} != 0.0: raise ArithmeticError")
            text = f"{number if _is_float(v) else truth}({text})"
        results.append(text)
    names = f"{', '.join([source.names[v] for v in given])}, = values" if given else "pass"
    body = [names, *lines, f"return [{', '.join(results)}]"]
    run: Any = function_of("run(values)", body, source.known, graph.name)
    return _Careful(run, otherwise).replay()


class _Careful:
    """Python's arithmetic, and NumPy's where that finds something to complain of."""

    def __init__(self, run: Replay, otherwise: Callable[[], Replay]) -> None:
        self._run = run
        self._make = otherwise
        self._other: Replay | None = None

    def replay(self) -> Replay:
        run = self._run

        def careful(values: Sequence[Any]) -> list[Any] | None:
            try:
                return run(values)
            except (ArithmeticError, ValueError):
                return self._otherwise()(values)

        replay: Any = careful
        replay.owned = True
        return replay  # type: ignore[no-any-return]

    def _otherwise(self) -> Replay:
        if self._other is None:
            self._other = self._make()
        return self._other


def _text(source: Source, e: Equation) -> str | None:
    """An equation as Python computes it; None where it does not."""
    if e.op in (STOP, REPLACE):
        return source.text(e.inputs[-1])
    if not source.is_standard(e) or len(e.outputs) != 1 or e.several:
        return None
    (v,) = e.outputs
    if v.shape or v.dtype not in ("float64", "bool") or not all(_fits(a) for a in e.inputs):
        return None
    given = [source.text(float(a) if type(a) is int else a) for a in e.inputs]
    if e.op == "pow_scalar" and type(e.params["exponent"]) in (int, float):
        power = e.params["exponent"]
        if power in (1, 2, 3):
            return " * ".join(given * int(power))
        return f"{source.constant(math.pow)}({given[0]}, {source.text(float(power))})"
    if e.params:
        return None
    kinds = {"bool" if _is_truth(a) else "float" for a in e.inputs}
    if (e.op in TRUTHS) != (kinds == {"bool"}) and e.op != "where":
        return None
    if e.op in FUNCTIONS:
        return f"{source.constant(getattr(math, e.op))}({', '.join(given)})"
    form = FORMS.get(e.op)
    return None if form is None else form.format(*given)


TRUTHS = ("logical_and", "logical_not", "logical_or")


def _is_truth(a: Any) -> bool:
    return isinstance(a, bool) or (type(a) is Var and a.dtype == "bool")


def _is_float(a: Any) -> bool:
    """Whether a value is one number of double precision."""
    if type(a) is Var:
        return a.shape == () and a.dtype == "float64"
    value = a.tensor if type(a) is Capture else a.value
    return tuple(value.shape) == () and str(value.dtype) == "float64"


def _fits(a: Any) -> bool:
    if type(a) in (Constant, Capture, Var):
        return _is_float(a) or (type(a) is Var and a.shape == () and a.dtype == "bool") or _is_constant_truth(a)
    return type(a) in (int, float, bool)


def _is_constant_truth(a: Any) -> bool:
    return type(a) is Constant and tuple(a.value.shape) == () and str(a.value.dtype) == "bool"
