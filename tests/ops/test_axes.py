"""Ops of stacks against loops over the examples: keys, mixed arguments, and what has to be refused."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import agrad
from agrad.axes import POINTWISE, Core, Over, Unbatchable
from agrad.declare import elementwise, general
from agrad.errors import PluginError, ShapeError, UnsupportedError
from agrad.interpret.batching import batched_call
from agrad.plugins.validate import check_op

SIZE = 3
GENERATOR = np.random.default_rng(9)
X = GENERATOR.normal(size=(SIZE, 4, 5, 2))
ROWS, ENDS = GENERATOR.integers(-4, 4, size=(SIZE, 3)), GENERATOR.integers(0, 2, size=(SIZE, 3))
COLUMN = GENERATOR.integers(0, 5, size=(SIZE, 2, 1))
NUMBER = np.asarray([1, -2, 3])
MASK = GENERATOR.normal(size=(4, 5)) > 0
ALL = slice(None)

ARRAYS: dict[str, Any] = {"i": ROWS, "j": ENDS, "column": COLUMN, "number": NUMBER}

KEYS: dict[str, tuple[Any, ...]] = {
    "one array": ("i",),
    "arrays side by side": ("i", "j"),
    "an array after a slice": (ALL, "i"),
    "arrays around a slice": ("i", ALL, "j"),
    "a number and an array around a slice": (0, ALL, "j"),
    "an array and a number around a slice": ("i", ALL, -1),
    "an array after an ellipsis": (..., "j"),
    "a number": ("number",),
    "a number and slices": ("number", None, slice(3, None, -2)),
    "a new axis and an array": (None, "i", slice(1, 3)),
    "arrays that broadcast": ("i", "column"),
    "a number between arrays": ("i", 1, "j"),
    "a list": ([0, 2, 2], ALL, "j"),
    "a column between slices": (ALL, "column", slice(0, 1)),
}


def bound(op: str, backend: str = "numpy") -> Any:
    return agrad.namespace(backend)._bind(op)


def key_at(key: tuple[Any, ...], batched: tuple[str, ...], k: int | None) -> tuple[tuple[Any, ...], tuple[bool, ...]]:
    """A key with arrays for names: those of one example, or where they are batched, those of the stack."""

    def at(item: Any) -> Any:
        if not isinstance(item, str):
            return item
        stack = ARRAYS[item]
        return stack[0 if item not in batched else ALL if k is None else k]

    return tuple(map(at, key)), tuple(isinstance(item, str) and item in batched for item in key)


def choices(key: tuple[Any, ...]) -> list[tuple[str, ...]]:
    held = [item for item in key if isinstance(item, str)]
    return [names for n in range(len(held) + 1) for names in itertools.combinations(held, n)]


CASES = [
    pytest.param(key, names, id=f"{name}-{'+'.join(names)}") for name, key in KEYS.items() for names in choices(key)
]


def of(backend: str, tree: Any) -> Any:
    if isinstance(tree, tuple | list):
        return type(tree)(of(backend, item) for item in tree)
    return agrad.namespace(backend).asarray(tree).array if isinstance(tree, np.ndarray | np.generic) else tree


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("of_x", [True, False])
@pytest.mark.parametrize(("key", "names"), CASES)
def test_reading_at_keys(key, names, of_x, backend):
    pytest.importorskip(backend)
    if not (names or of_x):
        return
    f = bound("getitem", backend)
    xs = X if of_x else X[0]
    stack, flags = key_at(key, names, None)
    found = batched_call(f, of(backend, [xs, stack]), {}, [of_x, flags], SIZE)
    expected = [f.call(of(backend, [xs[k] if of_x else xs, key_at(key, names, k)[0]]), {}) for k in range(SIZE)]
    np.testing.assert_array_equal(np.asarray(found), np.stack(expected))


@pytest.mark.parametrize(("key", "names"), CASES)
def test_writing_and_adding_at_keys(key, names):
    at = [key_at(key, names, k)[0] for k in range(SIZE)]
    stack, flags = key_at(key, names, None)
    read = np.stack([X[0][k] for k in at])
    values = GENERATOR.normal(size=read.shape)
    few = GENERATOR.normal(size=(SIZE, *read.shape[-1:]))
    more = values[:, None]
    for of_x, value, of_value in itertools.product((True, False), (values, few, more, 1.5), (True, False)):
        if (isinstance(value, float) and of_value) or not (names or of_x or of_value):
            continue
        xs, one = (X if of_x else X[0]), (value if of_value or isinstance(value, float) else value[0])
        found = batched_call(bound("setitem"), [xs, stack, one], {}, [of_x, flags, of_value], SIZE)
        for k in range(SIZE):
            wanted = (xs[k] if of_x else xs).copy()
            wanted[at[k]] = one[k] if of_value else one
            np.testing.assert_array_equal(found[k], wanted)
    for of_value in (True, False):
        if of_value or names:
            one = values if of_value else values[0]
            found = batched_call(bound("scatter"), [one, stack], {"shape": X.shape[1:]}, [of_value, flags], SIZE)
            for k in range(SIZE):
                wanted = np.zeros(X.shape[1:])
                np.add.at(wanted, at[k], one[k] if of_value else one)
                np.testing.assert_allclose(found[k], wanted)


def test_masks():
    getitem, setitem = bound("getitem"), bound("setitem")
    np.testing.assert_array_equal(batched_call(getitem, [X, MASK], {}, [True, False], SIZE), X[:, MASK])
    masks = np.stack([MASK, ~MASK, np.roll(MASK, 1)])
    rows = GENERATOR.normal(size=(SIZE, 2))
    for value, of_value in ((0.0, False), (rows[0], False), (rows, True), (rows[:, None], True)):
        found = batched_call(setitem, [X, masks, value], {}, [True, True, of_value], SIZE)
        for k in range(SIZE):
            wanted = X[k].copy()
            wanted[masks[k]] = value[k] if of_value else value
            np.testing.assert_array_equal(found[k], wanted)
    values = GENERATOR.normal(size=(SIZE, int(MASK.sum()), 2))
    found = batched_call(setitem, [X[0], MASK, values], {}, [False, False, True], SIZE)
    for k in range(SIZE):
        wanted = X[0].copy()
        wanted[MASK] = values[k]
        np.testing.assert_array_equal(found[k], wanted)
    with pytest.raises(UnsupportedError, match="cannot be batched over a mask"):
        batched_call(getitem, [X, masks], {}, [True, True], SIZE)
    with pytest.raises(UnsupportedError, match="cannot be batched over a mask"):
        batched_call(setitem, [X, masks, values], {}, [True, True, True], SIZE)


def test_bounds_are_those_of_an_example():
    with pytest.raises(IndexError):
        batched_call(bound("getitem"), [X, (np.asarray([[4], [0], [0]]),)], {}, [True, (True,)], SIZE)
    reduction = {"axis": -4, "keepdims": False}
    with pytest.raises(ShapeError, match=r"axis -4 .* 3 dimensions"):
        batched_call(bound("max"), [X], reduction, [True], SIZE)
    with pytest.raises(ShapeError, match=r"axis 0 .* 0 dimensions"):
        batched_call(bound("max"), [X[:, 0, 0, 0]], {**reduction, "axis": 0}, [True], SIZE)
    for op in ("linalg.det", "matrix_transpose"):
        with pytest.raises(ShapeError, match="takes 2 axes together; an argument has 1"):
            batched_call(bound(op), [np.ones((3, 3))], {}, [True], SIZE)
    with pytest.raises(ShapeError, match="and no axis"):
        batched_call(
            bound("cumulative_sum"), [X], {"axis": None, "dtype": None, "include_initial": False}, [True], SIZE
        )


MIXED = [
    ("matmul", ((4,), (4,)), {}),
    ("matmul", ((2, 4), (4,)), {}),
    ("matmul", ((4,), (3, 4, 2)), {}),
    ("matmul", ((5, 1, 2, 4), (3, 4, 2)), {}),
    ("vecdot", ((5, 2, 3), (2, 3)), {"axis": -1}),
    ("vecdot", ((2, 3), (5, 2, 1)), {"axis": -2}),
    ("tensordot", ((2, 3, 4), (4, 3, 5)), {"axes": ((1, 2), (1, 0))}),
    ("tensordot", ((2,), (3,)), {"axes": 0}),
    ("linalg.solve", ((3, 3), (3,)), {}),
    ("linalg.solve", ((2, 3, 3), (3,)), {}),
    ("linalg.solve", ((3, 3), (2, 3, 2)), {}),
    ("add", ((2, 3), ()), {}),
    ("where", ((3,), (2, 3), ()), {}),
    ("searchsorted", ((7,), (2, 3)), {"side": "left"}),
    ("searchsorted", ((8,), (4,)), {"side": "right"}),
    ("isin", ((2, 3), (4,)), {"invert": False}),
]


@pytest.mark.parametrize(("op", "shapes", "params"), MIXED)
def test_batched_and_shared_arguments_together(op, shapes, params):
    f = bound(op)
    stacks = [np.round(GENERATOR.normal(size=(SIZE, *shape)), 1) for shape in shapes]
    if op == "searchsorted":
        stacks[0][..., -1] = np.nan
        stacks[0].sort(axis=-1)
        stacks[1][0, ..., 0] = np.nan
        stacks[1][1, ..., 0] = stacks[0][1, 1]
        stacks.append(None)
    if op == "isin":
        stacks[1][:, 0] = stacks[0][:, 0, 0]
    data = [i for i, x in enumerate(stacks) if x is not None]
    for n in range(1, len(data) + 1):
        for chosen in itertools.combinations(data, n):
            given = [x if i in chosen or x is None else x[0] for i, x in enumerate(stacks)]
            found = batched_call(f, given, params, [i in chosen for i in range(len(given))], SIZE)
            each = [[x[k] if i in chosen else x for i, x in enumerate(given)] for k in range(SIZE)]
            np.testing.assert_allclose(found, np.stack([f.call(args, params) for args in each]), rtol=1e-12, atol=1e-14)


def test_a_sorter_may_be_batched():
    x = GENERATOR.normal(size=(SIZE, 6))
    order, wanted = np.argsort(x, axis=1), GENERATOR.normal(size=(4,))
    found = batched_call(bound("searchsorted"), [x, wanted, order], {"side": "left"}, [True, False, True], SIZE)
    expected = np.stack([np.searchsorted(x[k], wanted, sorter=order[k]) for k in range(SIZE)])
    np.testing.assert_array_equal(found, expected)


def test_what_has_no_stacks_says_why():
    with pytest.raises(UnsupportedError, match="'nonzero' cannot be batched: how many positions there are depends"):
        batched_call(bound("nonzero"), [X], {}, [True], SIZE)
    with pytest.raises(UnsupportedError, match="'repeat' cannot be batched over its counts"):
        batched_call(bound("repeat"), [np.ones(3), np.ones((SIZE, 3), int)], {"axis": 0}, [False, True], SIZE)


def test_a_backends_rule_leaves_the_axes_to_the_op():
    pytest.importorskip("dask")
    f = bound("sum", "dask")
    assert f.op.axes is None
    found = batched_call(f, of("dask", [X]), {"axis": -1, "dtype": None, "keepdims": False}, [True], SIZE)
    np.testing.assert_allclose(found, X.sum(axis=-1))


def test_followed_values_are_computed_on():
    """One level further out there may be Tensors: gradients go through the op of a stack."""
    xp = agrad.namespace("numpy")
    a, b = GENERATOR.normal(size=(SIZE, 3, 3)), GENERATOR.normal(size=(SIZE, 3))

    def stacked(a: Any) -> Any:
        return xp.sum(batched_call(bound("linalg.solve"), [a, b], {}, [True, True], SIZE) ** 2)

    def looped(a: Any) -> Any:
        return sum(xp.sum(xp.linalg.solve(a[k], b[k]) ** 2) for k in range(SIZE))

    np.testing.assert_allclose(agrad.grad(stacked)(a), agrad.grad(looped)(a), rtol=1e-9)
    rows = agrad.grad(lambda x: xp.sum(batched_call(bound("getitem"), [x, (ROWS,)], {}, [True, (True,)], SIZE) ** 2))(X)
    expected = agrad.grad(lambda x: sum(xp.sum(x[k][ROWS[k]] ** 2) for k in range(SIZE)))(X)
    np.testing.assert_allclose(rows, expected)


def op_with(**facts: Any) -> Any:
    return general("f(x, /, *, axis=None)", vjp=lambda ct: ct, jvp=lambda t: t, forward=lambda x, axis: x, **facts)


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"axes": "pointwise"}, r"has axes='pointwise'; it takes POINTWISE"),
        ({"axes": Over("axes")}, r"runs over 'axes', which is no parameter"),
        ({"axes": Over("x")}, r"runs over 'x', which is no parameter"),
        ({"axes": Over("axis", "last")}, r"None is 'last' of its axes"),
        ({"axes": Core((1, 2), 0)}, r"has 1 arguments, and axes= has 2 numbers"),
        ({"axes": Core(1, (0, 0))}, r"has 1 results, and axes= has 2 numbers"),
        ({"axes": Unbatchable("")}, r"must be a text that is not empty"),
        ({"batch": lambda xp, x, ct: x}, r"names 'ct'; it may name"),
        ({"batch": 3}, r"has batch=3; it must be a function"),
    ],
)
def test_facts_that_do_not_fit_are_refused(facts, message):
    with pytest.raises(PluginError, match=message):
        check_op(op_with(**facts))


def test_words_of_batch_rules_are_taken():
    with pytest.raises(PluginError, match="'size'"):
        check_op(elementwise("f(x, /, size=3)", 1, forward=lambda x, size: x, batch=lambda x, size: x))
    assert check_op(elementwise("f(x, /, size=3)", 1, forward=lambda x, size: x)).axes == POINTWISE


def test_facts_that_fit_are_taken():
    assert check_op(op_with(axes=Over("axis", "all"))).axes == Over("axis", "all")
    assert check_op(op_with(batch=lambda xp, x, axis, batched, size: x)).batch is not None
    assert elementwise("g(x, /)", 1).axes == POINTWISE
