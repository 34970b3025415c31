"""Whether a function of NumPy's does on Tensors what it does on arrays, and is differentiated: every mode and order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import agrad

__all__ = ["XP", "compare", "follows", "tensors"]

XP = agrad.namespace("numpy")


def tensors(tree: Any) -> Any:
    """The same with a Tensor for every array of floating-point numbers."""
    if isinstance(tree, np.ndarray) and tree.dtype.kind in "fc":
        return XP.asarray(tree.copy())
    return type(tree)(map(tensors, tree)) if isinstance(tree, list | tuple) else tree


def compare(got: Any, expected: Any, rtol: float = 1e-12) -> None:
    """A result of Tensors is that of arrays: in structure, shape, dtype and value."""
    if isinstance(expected, list | tuple):
        assert len(got) == len(expected)
        for g, e in zip(got, expected, strict=True):
            compare(g, e, rtol)
        return
    values = agrad.stop_gradient(got).array if isinstance(got, agrad.Tensor) else got
    assert np.shape(values) == np.shape(expected)
    if hasattr(expected, "dtype"):
        assert values.dtype == expected.dtype
    if np.asarray(expected).dtype.kind in "fc":
        np.testing.assert_allclose(values, expected, rtol=rtol, atol=1e-13)
    else:
        np.testing.assert_array_equal(values, expected)


def follows(f: Callable[..., Any], *args: Any, order: int = 2, batched: bool = True) -> None:
    """Its values are NumPy's; its derivatives those of differences of the plain run, nested in both modes.

    `args`: arrays of float64 or complex128. The same for examples one by one and in a batch, and imperatively.
    """
    plain = f(*args)
    compare(f(*tensors(args)), plain)
    agrad.check_grads(f, args, order=order)
    if batched:
        stacks = [np.stack([a, 0.9 * a + 0.01]) for a in args]
        got = agrad.vmap(f)(*stacks)
        one_by_one = [_listed(f(*[s[k] for s in stacks])) for k in range(2)]
        for g, *each in zip(_listed(got), *one_by_one, strict=True):
            np.testing.assert_allclose(g, np.stack(each), rtol=1e-12, atol=1e-13)
    leaves = [XP.asarray(a, requires_grad=True) for a in args]
    total = _total(f(*leaves))
    if total.requires_grad:
        total.backward()
    gradients = agrad.grad(lambda *xs: _total(f(*xs)), argnums=tuple(range(len(args))))(*args)
    for leaf, expected in zip(leaves, gradients, strict=True):
        imperative = np.zeros(leaf.shape) if leaf.grad is None else leaf.grad.array
        np.testing.assert_allclose(imperative, expected, rtol=1e-12, atol=1e-13)


def _listed(out: Any) -> list[Any]:
    return [*out] if isinstance(out, list | tuple) else [out]


def _total(out: Any) -> Any:
    """A real number of a result, or of several."""
    xp, total = XP, XP.asarray(0.0)
    for item in _listed(out):
        total = total + xp.sum(xp.real(item) + 2 * xp.imag(item) if "complex" in str(item.dtype) else item)
    return total
