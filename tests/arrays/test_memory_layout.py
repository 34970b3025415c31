"""Results of operations lie in memory as those of the library alone do: by that, its `reshape` shares or copies."""

from __future__ import annotations

import importlib
import math
from importlib.util import find_spec

import numpy as np
import pytest

import agrad
from agrad.interpret.apply import raw_of

LAYOUTS = {
    "rows": lambda xp, a: a,
    "columns": lambda xp, a: xp.matrix_transpose(a),
    "columns of a part": lambda xp, a: xp.matrix_transpose(a)[..., :2],
    "flipped": lambda xp, a: xp.flip(a, axis=0),
    "repeated": lambda xp, a: xp.broadcast_to(a[0, :], (3, 3)),
    "axes moved": lambda xp, a: xp.permute_dims(xp.reshape(xp.concat([a, a, a]), (3, 3, 3)), (1, 0, 2)),
}


def add_to(xp, a, b):
    a = a * 1
    a += xp.reshape(xp.arange(math.prod(a.shape), dtype=xp.float64), a.shape)  # whose elements lie in rows
    return a


def add_to_a_view(xp, a, b):
    a = xp.matrix_transpose(a * 1)
    a += xp.reshape(xp.arange(math.prod(a.shape), dtype=xp.float64), a.shape)
    return a


def copy_then_add_to(xp, a, b):
    a = xp.asarray(a, copy=True)
    a *= b
    return a


def assign(xp, a, b):
    a = xp.asarray(a, copy=True)
    a[0, ...] = b[0, ...]
    return a


def assign_through_a_view(xp, a, b):
    a = xp.asarray(a, copy=True)
    v = xp.flip(xp.moveaxis(a, 0, -1), axis=0)
    v += xp.moveaxis(b, 0, -1)
    return a


def assign_through_a_slice(xp, a, b):
    a = a * 1
    a[0, ...] *= 2.0
    return a


OPERATIONS = {
    "copy": lambda xp, a, b: xp.asarray(a, copy=True),
    "negative": lambda xp, a, b: -a,
    "abs": lambda xp, a, b: abs(a),
    "exp": lambda xp, a, b: xp.exp(a),
    "add": lambda xp, a, b: a + b,
    "by a number": lambda xp, a, b: 2.0 * a,
    "reflected": lambda xp, a, b: 1 / (a + 9.0),
    "pow": lambda xp, a, b: a**2,
    "where": lambda xp, a, b: xp.where(b > 4, a, b),
    "clip": lambda xp, a, b: xp.clip(a, 1.0, 7.0),
    "maximum": lambda xp, a, b: xp.maximum(a, b),
    "astype": lambda xp, a, b: xp.astype(a, xp.float32),
    "zeros_like": lambda xp, a, b: xp.zeros_like(a) + 1.0 * a,
    "sort": lambda xp, a, b: xp.sort(a, axis=-1),
    "diff": lambda xp, a, b: xp.diff(a, axis=0),
    "tensordot": lambda xp, a, b: xp.tensordot(a, b, axes=([0], [0])),
    "meshgrid": lambda xp, a, b: xp.meshgrid(a[0, ..., 0], b[..., 0, 0] if b.ndim > 2 else b[:, 0])[0] + a[0, ..., 0],
    "cross": lambda xp, a, b: xp.linalg.cross(a, a * 2.0 + 1.0, axis=-1) if a.shape[-1] == 3 else a,
    "matrix_power": lambda xp, a, b: xp.linalg.matrix_power(a, 0) + a if a.shape[-1] == a.shape[-2] else a,
    "sum": lambda xp, a, b: xp.sum(a, axis=0, keepdims=True) * b,
    "cumulative_sum": lambda xp, a, b: xp.cumulative_sum(a, axis=0),
    "matmul": lambda xp, a, b: a @ xp.matrix_transpose(b),
    "concat": lambda xp, a, b: xp.concat([a, b]),
    "stack": lambda xp, a, b: xp.stack([a, a]),
    "roll": lambda xp, a, b: xp.roll(a, 1, axis=0),
    "tril": lambda xp, a, b: xp.tril(a),
    "take": lambda xp, a, b: xp.take(a, xp.asarray([1, 0]), axis=0),
    "mask": lambda xp, a, b: xp.where(a > 2, a, 0.0),
    "+=": add_to,
    "+= of a view": add_to_a_view,
    "copy, *=": copy_then_add_to,
    "setitem": assign,
    "through a view": assign_through_a_view,
    "through a slice": assign_through_a_slice,
}


def plain_namespace(name):
    return np if name == "numpy" else importlib.import_module("array_api_compat.torch")


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "backend",
    [
        "numpy",
        pytest.param("torch", marks=pytest.mark.skipif(not find_spec("torch"), reason="PyTorch is not installed")),
    ],
)
def test_layouts(backend, layout, operation):
    plain, space = plain_namespace(backend), agrad.namespace(backend)
    seen = []

    def f(xp, x):
        a = LAYOUTS[layout](xp, x)
        b = xp.asarray(a * 1.5, copy=True) if layout != "axes moved" else xp.permute_dims(a, (2, 0, 1)) * 1.5
        out = OPERATIONS[operation](xp, a, b)
        seen.append(space._backend.layout(raw_of(out)))
        return xp.sum(out)

    start = plain.reshape(plain.arange(9, dtype=plain.float64), (3, 3))
    f(plain, plain.asarray(start, copy=True))
    agrad.grad(lambda x: f(space, x))(start)
    agrad.jvp(lambda x: f(space, x), (start,), (start,))
    agrad.hvp(lambda x: f(space, x), (start,), (start,))
    assert seen == seen[:1] * len(seen)


def slice_of_columns(xp, x):
    part = (xp.matrix_transpose(x) * 1)[:, :2]
    part += xp.reshape(xp.arange(6, dtype=xp.float64), (3, 2))
    t = -1 * part
    flat = xp.reshape(t, (-1,))
    t *= 3.0
    return xp.sum(flat**3)


def slice_whose_root_was_looked_at(xp, x):
    whole = x * 1
    part = whole[1:, ::-2]
    part *= -0.75
    whole[:, 0] + 1
    flat = xp.reshape(part, (-1,))
    part[0, :] += 5.0
    return xp.sum(flat**3)


def transposed_in_place(xp, x):
    t = xp.matrix_transpose(x)
    t -= x * 1.25
    kept = -1 * t[..., :2]
    flat = xp.reshape(kept, (-1,))
    kept *= xp.sin(flat[-2])
    return xp.sum(flat**3)


def changed_through_a_flip_without_recording(xp, x):
    t = xp.flip(x, axis=0)
    part = t[:1, 0]
    with agrad.no_grad():
        part += part * 1.5
    flat = xp.reshape(t, (-1,))
    x[0, ...] = 1.5
    return xp.sum(flat**3)


def test_reshape_copies_what_a_change_without_recording_has_left_flipped():
    a = np.arange(9.0).reshape(3, 3)
    expected = changed_through_a_flip_without_recording(np, a.copy())
    for name in ("numpy", "array-api-strict"):
        space = agrad.namespace(name)
        x = space.asarray(a, copy=True).array
        value, _ = agrad.value_and_grad(lambda x, space=space: changed_through_a_flip_without_recording(space, x))(x)
        assert float(value) == expected


@pytest.mark.parametrize("program", [slice_of_columns, slice_whose_root_was_looked_at, transposed_in_place])
def test_reshape_copies_what_does_not_lie_in_order(program):
    a = np.arange(9.0).reshape(3, 3)
    space = agrad.namespace("numpy")
    value, gradient = agrad.value_and_grad(lambda x: program(space, x))(a)
    assert value == program(np, a.copy())
    moved = [program(np, a + d) - program(np, a - d) for d in 1e-4 * np.eye(9).reshape(9, 3, 3)]
    np.testing.assert_allclose(gradient, np.reshape(moved, (3, 3)) / 2e-4, rtol=1e-6, atol=1e-3)
    assert agrad.jvp(lambda x: program(space, x), (a,), (a,))[0] == value


COMPOSITES = {
    "matrix_power": lambda xp, x: xp.linalg.matrix_power(x, 1),
    "the zeroth power": lambda xp, x: xp.linalg.matrix_power(x, 0) * 1.0,
    "meshgrid": lambda xp, x: xp.meshgrid(x[0, :], x[1, :])[0],
    "sort": lambda xp, x: xp.sort(x, axis=0),
    "repeat": lambda xp, x: xp.repeat(x, 1, axis=0),
    "tile": lambda xp, x: xp.tile(x, (1, 1)),
    "take_along_axis": lambda xp, x: xp.take_along_axis(x, xp.argsort(x, axis=0), axis=0),
    "diff": lambda xp, x: xp.diff(x, n=0),
}


@pytest.mark.parametrize("name", COMPOSITES)
def test_results_of_composites_are_changed_as_the_library_changes_its_own(name):
    """Most are new arrays, even where ours is made as a view of the argument; NumPy's `diff` may be that itself."""
    a = np.asarray([[3.0, 1.0, 2.0], [6.0, 5.0, 4.0], [9.0, 8.0, 7.0]])

    def f(xp, x):
        y = COMPOSITES[name](xp, x)
        y += 10.0
        return xp.sum(x * y[0, 0]) + xp.sum(y**2)

    space = agrad.namespace("numpy")
    assert agrad.value_and_grad(lambda x: f(space, x))(a)[0] == f(np, a.copy())
    assert agrad.jvp(lambda x: f(space, x), (a,), (a,))[0] == f(np, a.copy())
    leaf = agrad.tensor(a, requires_grad=True)
    assert f(space, leaf * 1.0).item() == f(np, a.copy()) and np.array_equal(leaf.array, a)
