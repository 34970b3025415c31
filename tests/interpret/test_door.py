"""One door: an interpretation that takes no derivatives sees every op that is given one of its values.

`docs/how-it-works.md` shows the same one as the example of how to write an interpretation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import agrad
from agrad.interpret.apply import execute, raw_of, split
from agrad.interpret.bound import Bound
from agrad.interpret.levels import Trace
from agrad.ops import INTERNAL, table
from agrad.ops.standard import DTYPES
from agrad_conformance.cases import standard_cases
from samples import Sample


class Seen:
    """What the trace knows of a value: that it is one of its own."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace


class Watch(Trace):
    """A run that lists the ops that it sees, each with the shapes of its arguments."""

    differentiates = False

    def __init__(self) -> None:
        super().__init__()
        self.ops: list[str] = []
        self.shapes: list[Any] = []

    def box(self, space: Any, out: Any) -> Any:
        """A result, or each of several, as a value of this trace."""
        if isinstance(out, tuple | list):
            return space._rebuild(out, [self.box(space, item) for item in out])
        data = isinstance(out, agrad.Tensor) or space._owns(out)
        return space._box(out, space._aval_of(out), Seen(self)) if data else out

    def process(self, f: Bound, args: Sequence[Any], params: dict[str, Any]) -> Any:
        """Compute one level out, note the op and box the result."""
        values, _, _ = split(f, self, args)
        self.ops.append(f.op.name)
        self.shapes.append([a.shape for a in args if hasattr(a, "shape")])
        return self.box(f.space, execute(f, values, params))


def watched(f: Callable[..., Any], *arrays: Any, backend: str = "numpy") -> list[str]:
    """The ops that are seen while `f` runs on arrays that are boxed."""
    space = agrad.namespace(backend)
    with Watch() as trace:
        f(*[trace.box(space, a) for a in arrays])
    return trace.ops


xp = agrad.namespace("numpy")
X = np.asarray([3.0, 1.0, 2.0])
M = np.asarray([[2.0, 1.0], [1.0, 3.0]])
I = np.asarray([0, 2])  # noqa: E741
B = np.asarray([True, False, True])


OPS = {
    "arithmetic": (lambda x: 2.0 * x - x / 3 + x**2, ["multiply", "divide", "subtract", "pow_scalar", "add"]),
    "reflected": (
        lambda x: (1.0 / x, 2 - x, 2.0**x, X * x, X @ x),
        ["divide", "subtract", "pow", "multiply", "matmul"],
    ),
    "comparisons": (lambda x: (x > 1.0, x <= 2.0, x == X, np.less(X, x)), ["greater", "less_equal", "equal", "less"]),
    "tests": (lambda x: (xp.isnan(x), xp.isfinite(x), xp.signbit(x)), ["isnan", "isfinite", "signbit"]),
    "sets and orders": (lambda x: (xp.argmax(x), xp.sort(x), xp.argsort(x)), ["argmax", "sort", "argsort"]),
    "sums": (lambda x: (xp.sum(x), xp.max(x, axis=0), xp.cumulative_sum(x)), ["sum", "max", "cumulative_sum"]),
    "creation": (lambda x: (xp.zeros_like(x), xp.ones_like(x)), ["zeros_like", "ones_like"]),
    "reading": (lambda x: (x[0], x[1:], x[I], x[B]), ["getitem"] * 4),
    "lists": (lambda x: xp.concat([xp.asarray(X), x]), ["concat"]),
    "stacks": (lambda x: xp.asarray([x[0], 1.0]), ["getitem", "stack"]),
    "shapes": (lambda x: (xp.reshape(x, (3, 1)), xp.flip(x)), ["reshape", "flip"]),
    "dtypes": (lambda x: xp.astype(x, xp.float32), ["astype"]),
    "where": (lambda x: xp.where(xp.asarray(B), x, 0.0), ["where"]),
    "clip": (lambda x: xp.clip(x, 0.0, 2.0), ["clip"]),
}
"""A function of a boxed vector, and what is seen."""


@pytest.mark.parametrize("kind", OPS)
@pytest.mark.parametrize("around", ["nothing", "no_grad", "stop_gradient"])
def test_every_kind_of_op_is_seen(kind: str, around: str) -> None:
    f, expected = OPS[kind]
    if around == "no_grad":
        with agrad.no_grad():
            assert watched(f, X) == expected
    else:
        assert watched(f if around == "nothing" else lambda x: f(agrad.stop_gradient(x)), X) == expected


def test_values_that_are_no_data_are_seen() -> None:
    """Indices, masks, counts and values that are written, alone."""
    x = xp.asarray(X)

    def write(v: Any) -> None:
        y = xp.asarray(X, copy=True)
        y[0] = v[1]
        assert y._node is not None

    assert watched(lambda i: x[i], I) == ["getitem"]
    assert watched(lambda b: x[b], B) == ["getitem"]
    assert watched(lambda b: xp.where(b, x, x), B) == ["where"]
    assert watched(lambda i: xp.take(x, i), I) == ["take"]
    assert watched(lambda n: xp.repeat(x, n), np.asarray([1, 2, 0])) == ["repeat"]
    assert watched(lambda i: i % 2 == 0, I) == ["remainder", "equal"]
    assert watched(write, X) == ["getitem", "setitem"]


def test_composites_and_several_results() -> None:
    assert watched(lambda x: xp.linalg.outer(x, x), X) == ["linalg.outer"]
    assert watched(lambda m: xp.linalg.eigh(m).eigenvalues + 1, M) == ["linalg.eigh", "add"]
    assert watched(lambda m: xp.sum(xp.unstack(m)[1]), M) == ["unstack", "sum"]


def test_in_place_changes_and_views() -> None:
    def f(x: Any) -> Any:
        y = x * 1
        part = y[1:]
        part *= 2
        y[0] = 5.0
        return xp.sum(y)

    with Watch() as trace:
        out = f(trace.box(xp, X))
        assert raw_of(out) == f(X)
    assert trace.ops == ["multiply", "getitem", "multiply", "setitem", "setitem", "sum"]


def test_nothing_else_is_seen() -> None:
    def f(x: Any) -> Any:
        xp.sum(xp.asarray(X) * 2)
        return x + 1

    assert watched(f, X) == ["add"]


def test_inside_a_transform() -> None:
    """A transform around: the ops are seen, and the derivative goes through."""
    seen: list[str] = []

    def f(x: Any) -> Any:
        with Watch() as trace:
            y = trace.box(xp, x)
            out = xp.sum(xp.where(y > 1.5, y * y, 0.0))
            seen.extend(trace.ops)
            return out._value

    np.testing.assert_array_equal(agrad.grad(f)(X), [6.0, 0.0, 4.0])
    np.testing.assert_array_equal(agrad.jvp(f, (X,), (X,))[1], 26.0)
    np.testing.assert_array_equal(agrad.hvp(f, (X,), (X,)), [6.0, 0.0, 4.0])
    assert seen == ["greater", "multiply", "where", "sum"] * 3


def test_around_a_transform() -> None:
    """A transform inside: what it computes of a boxed value is seen, the derivative's own ops included."""

    def gradient(x: Any) -> Any:
        return agrad.grad(lambda x: xp.sum(xp.exp(x) * 2))(x)

    ops = watched(gradient, X)
    assert ops[:3] == ["exp", "multiply", "sum"]
    assert ops.count("multiply") > 1
    assert "exp" in watched(lambda x: agrad.jvp(xp.sin, (x,), (X,))[1] + xp.exp(x), X)
    ops = watched(lambda x: agrad.jvp(xp.sin, (X,), (x,))[1], X)
    assert ops == ["multiply"]  # the tangent alone is boxed


def test_recording_off_around_a_transform_and_in_it() -> None:
    def f(x: Any) -> Any:
        with agrad.no_grad():
            c = x * 2
        return xp.sum(c * agrad.stop_gradient(x * x))

    assert watched(lambda x: agrad.grad(f)(x), X)[:4] == ["multiply", "multiply", "multiply", "sum"]
    with agrad.no_grad():
        assert watched(lambda x: agrad.grad(f)(x), X)[:4] == ["multiply", "multiply", "multiply", "sum"]


def test_shapes_are_those_of_its_values() -> None:
    with Watch() as trace:
        a, b = trace.box(xp, M), trace.box(xp, X)
        xp.sum(a @ a, axis=0)
        xp.where(b > 1.0, b, X)
    assert trace.shapes == [[(2, 2), (2, 2)], [(2, 2)], [(3,)], [(3,), (3,), (3,)]]


CASES = {
    case.op: Sample(case, name, case.dtypes[0])
    for name, case in reversed(list(standard_cases()))
    if table[case.op].arguments
}
MADE_OF = {"full_like": "broadcast_to"}
"""What a value in the place of a Python number makes of an op."""


def boxed(trace: Watch, tree: Any) -> Any:
    """Every NumPy array in a call as a value of the trace."""
    if isinstance(tree, np.ndarray):
        return trace.box(xp, tree)
    if isinstance(tree, list | tuple):
        return type(tree)(boxed(trace, item) for item in tree)
    return getattr(xp, tree) if isinstance(tree, str) and tree in DTYPES else tree


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", sorted(CASES))
def test_every_op_of_the_table_is_seen(name: str) -> None:
    sample = CASES[name]
    with Watch() as trace:
        args = [boxed(trace, a) for a in sample.args]
        params = {k: boxed(trace, v) for k, v in sample.params.items()}
        sample.call(xp, *args, **params)
    assert MADE_OF.get(name, name) in trace.ops


def test_every_op_with_data_is_tried() -> None:
    missing = {name for name, op in table.items() if op.arguments} - {*CASES, *INTERNAL, *MADE_OF}
    assert missing == {"empty_like", "can_cast", "finfo", "iinfo", "isdtype", "result_type"}
    assert watched(lambda x: xp.result_type(x, xp.float32), X) == ["result_type"]
    assert watched(lambda x: (xp.can_cast(x, xp.float64), xp.finfo(x)), X) == ["can_cast", "finfo"]
    assert watched(xp.iinfo, I) == ["iinfo"]
    assert watched(xp.empty_like, X) == ["empty_like"]
    assert watched(lambda x: x.to_device("cpu"), X) == ["to_device"]
    assert watched(xp.distinct, X) == ["distinct"]
