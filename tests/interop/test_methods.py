"""Methods and attributes of NumPy's arrays on Tensors of the NumPy backend: results, derivatives, views."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import agrad
from following import XP, compare, follows, tensors

RNG = np.random.default_rng(5)
V = RNG.normal(size=6)
M = RNG.normal(size=(3, 4))
T = RNG.normal(size=(2, 3, 4))
C = RNG.normal(size=(2, 3)) + 1j * RNG.normal(size=(2, 3))
MASK = np.asarray([[True, False, True, True], [False, True, True, False], [True, True, False, True]])

CALLS: dict[str, tuple[Callable[..., Any], list[Any]]] = {
    "T": (lambda a: a.T, [T]),
    "T of a vector": (lambda a: a.T, [V]),
    "astype": (lambda a: [a.astype(float), a.astype("complex128", order="C", copy=False)], [M]),
    "choose": (lambda a: (a > 0).astype(int).choose([a, 2 * a]), [M]),
    "clip": (lambda a: [a.clip(-0.5, 0.5), a.clip(min=0.1), a.clip(None, 0.3)], [M]),
    "compress": (lambda a: a.compress([True, False, True], axis=0), [M]),
    "conj": (lambda a: [a.conj(), a.conjugate()], [C]),
    "copy": (lambda a: a.copy(), [M]),
    "cumprod": (lambda a: a.cumprod(1), [M]),
    "cumsum": (lambda a: [a.cumsum(), a.cumsum(axis=0)], [M]),
    "diagonal": (lambda a: [a.diagonal(), a.diagonal(1)], [M]),
    "divmod": (lambda a: [*divmod(a, 0.3), *divmod(2.0, a)], [V]),
    "dot": (lambda a, b: a.dot(b), [M, V[:4].copy()]),
    "fill": (lambda a: _changed(a, lambda y: y.fill(a[0, 0])), [M]),
    "flat": (lambda a: [a.flat[2:5], sum(x * x for x in a.flat)], [M]),
    "flat written": (lambda a: _changed(a.T, lambda y: y.flat.__setitem__(slice(1, 4), a[0, 0])), [M]),
    "flat filled": (lambda a: _changed(a, lambda y: setattr(y, "flat", a[0, :2])), [M]),
    "flatten": (lambda a: [a.flatten(), a.flatten("F")], [M]),
    "max": (lambda a: [a.max(), a.max(0), a.min(axis=1, keepdims=True), a.max(initial=0.5)], [M]),
    "mean": (lambda a: [a.mean(), a.mean(axis=(0, 1)), a.mean(1, dtype=np.float64), a.mean(where=MASK)], [M]),
    "partition": (lambda a: _changed(a, lambda y: y.partition(2)), [V]),
    "prod": (lambda a: [a.prod(), a.prod(1, None, None, True)], [M]),
    "put": (lambda a: _changed(a, lambda y: y.put([0, 2], a[1, :2])), [M]),
    "ravel": (lambda a: [a.ravel(), a.ravel("F")], [M]),
    "real": (lambda a: [a.real, a.imag], [C]),
    "real of real": (lambda a: [a.real, a.imag], [M]),
    "repeat": (lambda a: a.repeat(2, axis=1), [M]),
    "reshape": (lambda a: [a.reshape(2, 6), a.reshape((2, -1)), a.reshape(2, 6, order="F")], [M]),
    "sort": (lambda a: _changed(a, lambda y: y.sort(axis=0)), [M]),
    "squeeze": (lambda a: a[None, :, :, None].squeeze(), [M]),
    "std": (lambda a: [a.std(), a.std(1, ddof=1), a.var(0, None, None, 1)], [M]),
    "sum": (lambda a: [a.sum(), a.sum(0), a.sum(axis=-1, dtype=float, keepdims=True), a.sum(where=MASK)], [M]),
    "swapaxes": (lambda a: a.swapaxes(0, 2), [T]),
    "take": (lambda a: [a.take([0, 5]), a.take([[0, 1]], axis=1)], [M]),
    "trace": (lambda a: [a.trace(), a.trace(1)], [M]),
    "transpose": (lambda a: [a.transpose(), a.transpose(1, 0, 2), a.transpose((2, 0, 1)), a.transpose(None)], [T]),
    "view": (lambda a: a.view(), [M]),
}


def _changed(x: Any, change: Callable[[Any], Any]) -> Any:
    y = x * 1.5
    change(y)
    return y


@pytest.mark.parametrize("name", CALLS)
def test_results_and_derivatives(name: str) -> None:
    f, args = CALLS[name]
    follows(f, *args, batched=name not in ("choose", "partition"))


PLAIN: dict[str, Callable[..., Any]] = {
    "argmax": lambda a: [a.argmax(), a.argmin(1), a.argmax(axis=0, keepdims=True)],
    "argsort": lambda a: [a.argsort(), a.argsort(axis=0), a.argpartition(1)],
    "item": lambda a: [a[0, 0].item(), a.item(3), a.item(1, 2), a.item((0, 1))],
    "memory": lambda a: [a.itemsize, a.nbytes, a.strides, a.T.strides, len(a.flat)],
    "nonzero": lambda a: (a > 0).nonzero(),
    "round": lambda a: [a.round(), a.round(1), a.round(decimals=2)],
    "searchsorted": lambda a: np.sort(a.ravel()).searchsorted([0.0, 0.5], side="right"),
    "tests": lambda a: [(a > 0).all(), (a > 0).any(axis=1, keepdims=True), (a > 9).any(where=MASK)],
    "tolist": lambda a: a.tolist(),
}


@pytest.mark.parametrize("name", PLAIN)
def test_results(name: str) -> None:
    compare(PLAIN[name](XP.asarray(M)), PLAIN[name](M))


VIEWS: dict[str, Callable[[Any], Any]] = {
    "T": lambda a: a.T,
    "diagonal of copy": lambda a: a.copy().diagonal(),
    "flatten": lambda a: a.flatten(),
    "imag": lambda a: a.imag,
    "ravel": lambda a: a.ravel(),
    "ravel of a transpose": lambda a: a.T.ravel(),
    "real": lambda a: a.real,
    "reshape F": lambda a: a.T.reshape(6, order="F"),
    "split": lambda a: np.split(a, 2)[0],
    "squeeze": lambda a: a[None].squeeze(),
    "swapaxes": lambda a: a.swapaxes(0, 1),
    "take": lambda a: a.take([0, 1]),
    "view": lambda a: a.view(),
}


@pytest.mark.parametrize("name", VIEWS)
def test_views_are_numpys(name: str) -> None:
    """What is written into a result reaches the original exactly where NumPy's memory does."""
    array, t = C.copy(), tensors(C)
    for x in (array, t):
        out = VIEWS[name](x)
        if name != "diagonal of copy":
            out[...] = 7.0
    compare(t, array)


def test_out() -> None:
    t, out = XP.asarray(M, requires_grad=True), XP.zeros(3)
    assert t.sum(axis=1, out=out) is out
    XP.sum(out * out).backward()
    np.testing.assert_allclose(t.grad.array, 2 * M.sum(axis=1, keepdims=True) + 0 * M)
    with pytest.raises(TypeError, match=r"numpy\.ndarray\.sum was to write.*out="):
        t.sum(axis=1, out=np.zeros(3))


def test_messages() -> None:
    t = XP.asarray(M, requires_grad=True)
    with pytest.raises(TypeError, match=r"write \.astype, \.real or \.imag"):
        t.view(np.int64)
    with pytest.raises(TypeError, match=r"casting='safe'"):
        t.astype(np.float32, casting="safe")


def test_other_backends_keep_the_standards() -> None:
    pytest.importorskip("array_api_strict", reason="array-api-strict is not installed")
    t = agrad.namespace("array-api-strict").ones((2, 3, 4))
    assert not hasattr(t, "dot") and not hasattr(t, "swapaxes")
    with pytest.raises(agrad.ShapeError, match="mT"):
        t.T  # noqa: B018
    t = t.clone().requires_grad_()
    with pytest.raises(TypeError, match="would lose"):
        np.concatenate([t, t])
