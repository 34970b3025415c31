"""Functions written down as graphs: replayed, differentiated and compiled, and how often they factorise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import numpy as np

import agrad
from agrad_conformance.checks.ground import Ground
from agrad_conformance.checks.wrong import Wrong
from agrad_conformance.problem import Unsupported

__all__ = ["GRAPHS"]

POINT, OTHER = np.asarray([1.0, 2.0, -1.0]), np.asarray([0.5, 3.0, 2.0])
MATRIX = np.asarray([[4.0, 1.0, 0.5], [1.0, 3.0, -0.5], [0.5, -0.5, 2.0]])

ONCE = {
    "linalg.cholesky": {"linalg.cholesky": 1, "linalg.inv": 1},  # of the factor, as the standard knows no triangles
    "linalg.eigh": {"linalg.eigh": 1},
    "linalg.eigvalsh": {"linalg.eigh": 1},
    "linalg.inv": {"linalg.inv": 1},
    "linalg.pinv": {"linalg.pinv": 1},
    "linalg.qr": {"linalg.qr": 1, "linalg.solve": 1},
    "linalg.slogdet": {"linalg.slogdet": 1, "linalg.inv": 1},
    "linalg.solve": {"linalg.solve": 2},  # one for the transposed system: the standard has no factors to keep
    "linalg.svd": {"linalg.svd": 1},
    "linalg.svdvals": {"linalg.svd": 1},
    "sort": {"argsort": 1},
}
"""Which factorizations and searches a value with its gradient takes, and how many of each."""
WORK = {"linalg.det", "linalg.eig", "linalg.eigvals", "argmax", "argmin", *ONCE, "argsort"}


def factorised_once(g: Ground) -> None:
    """A value and its gradient share what the forward computation has factorised or sorted."""
    for name, allowed in ONCE.items():
        try:
            g.need(name, *allowed)
        except Unsupported:
            continue
        graph = agrad.trace(agrad.grad(lambda x, name=name: _total(g, name, x)), g.array(MATRIX))
        found = Counter(e.op for e in graph.equations if e.op in WORK)
        if +(found - Counter(allowed)):
            raise Wrong(f"a gradient through {name!r} computes {dict(found)}; expected is at most {allowed}")


def _total(g: Ground, name: str, x: Any) -> Any:
    f: Any = g.xp
    for part in name.split("."):
        f = getattr(f, part)
    out = f(x, x[0, :]) if name == "linalg.solve" else f(x)
    last = out[-1] if isinstance(out, tuple) else out
    return g.xp.sum(last * last)


def _program(g: Ground) -> Callable[[Any], Any]:
    def f(x: Any) -> Any:
        y = x * 2.0
        y[1:] = y[:2] * x[0]
        y = g.xp.where(y > 1.0, y, g.xp.sin(y))
        return g.xp.sum(y * y) + g.xp.max(y)

    return f


def replayed(g: Ground) -> None:
    """A graph gives on other values what the function gives, as do its gradient and the graph of its gradient."""
    f = _program(g)
    graph, slope = agrad.trace(f, g.array(POINT)), agrad.trace(agrad.value_and_grad(f), g.array(POINT))
    value, gradient = agrad.value_and_grad(f)(g.array(OTHER))
    wanted, right = np.asarray(g.backend.host(value)), np.asarray(g.backend.host(gradient))
    g.expect(graph(g.array(OTHER)), wanted, "the value")
    g.expect(agrad.grad(graph)(g.array(OTHER)), right, "the gradient of the graph")
    found = slope(g.array(OTHER))
    g.expect(found[0], wanted, "the value beside the gradient")
    g.expect(found[1], right, "the gradient as a graph")


def compiled(g: Ground) -> None:
    """So does what is compiled, at once and later, and what it was given stays as it is."""
    f = _program(g)
    step = agrad.compile(agrad.value_and_grad(f))
    for point in (POINT, OTHER, POINT):
        x = g.array(point)
        value, gradient = agrad.value_and_grad(f)(g.array(point))
        found = step(x)
        g.expect(found[0], np.asarray(g.backend.host(value)), "the value")
        g.expect(found[1], np.asarray(g.backend.host(gradient)), "the gradient")
        g.expect(x, point, "the argument")
    if step.stats().graphs != 1:
        raise Wrong(f"{step.stats().graphs} graphs were recorded for arguments of one kind")


def guarded(g: Ground) -> None:
    """A branch is a guard of the graph, and another graph for what is compiled."""

    def f(x: Any) -> Any:
        return g.xp.sum(x * x) if g.xp.sum(x) > 3.0 else g.xp.sum(x)

    graph = agrad.trace(f, g.array(OTHER))
    g.expect(graph(g.array(OTHER)), 13.25, "the value on the way that was recorded")
    g.refused("the graph, on the other way,", agrad.GuardError, lambda: graph(g.array(POINT)))
    step = agrad.compile(agrad.grad(f))
    for point, wanted in ((OTHER, 2 * OTHER), (POINT, np.ones(3)), (OTHER, 2 * OTHER)):
        g.expect(step(g.array(point)), wanted, "the gradient of what is compiled")


def what_is_not_followed_in_graphs(g: Ground) -> None:
    """What `no_grad` and `stop_gradient` keep from being followed is not followed through a graph either."""

    def f(x: Any) -> Any:
        y = x * 1.0
        rest = y[1:]
        with agrad.no_grad():
            y *= 3.0
            rest += x[0]
            z = x * 2.0
        return g.xp.sum(y**3) + g.xp.sum(rest) + g.xp.sum(z * agrad.stop_gradient(x) * x)

    value, gradient = agrad.value_and_grad(f)(g.array(OTHER))
    found = agrad.value_and_grad(agrad.trace(f, g.array(POINT)))(g.array(OTHER))
    g.expect(found[0], np.asarray(g.backend.host(value)), "the value")
    g.expect(found[1], np.asarray(g.backend.host(gradient)), "the gradient of the graph")


def leaves_in_graphs(g: Ground) -> None:
    """Of a leaf that a function closes over, a graph and what is compiled use what it holds, and it gets gradients."""
    w = g.leaf(POINT)

    def f(x: Any) -> Any:
        return g.xp.sum(w * w * x) + g.xp.sum(g.xp.stack([agrad.stop_gradient(w), x]))

    graph, step = agrad.trace(f, g.array(OTHER)), agrad.compile(f)
    with agrad.no_grad():  # for else the function itself runs
        step(g.array(OTHER))
        w *= 2.0
    held = 2 * POINT
    loss = graph(g.array(OTHER))
    wanted = (held * held * OTHER + held + OTHER).sum()
    g.expect(loss.detach(), wanted, "the value of the graph")
    with agrad.no_grad():
        g.expect(step(g.array(OTHER)), wanted, "the value of what is compiled")
    loss.backward()
    g.expect(w.grad, 2 * held * OTHER, "the leaf's gradient")


def what_a_graph_is_given(g: Ground) -> None:
    """Floats are inputs, integers are not; of other shapes and dtypes a graph is refused, and compiled anew."""

    def f(x: Any, scale: Any, n: Any) -> Any:
        return scale * x**n

    graph, step = agrad.trace(f, g.array(POINT), 2.0, 2), agrad.compile(f)
    g.expect(graph(g.array(OTHER), 3.0, 2), 3 * OTHER**2, "the graph with another float")
    slope = agrad.grad(lambda x, scale: g.xp.sum(graph(x, scale, 2)), argnums=1)(g.array(OTHER), 3.0)
    if abs(float(slope) - (OTHER**2).sum()) > 1e-3:
        raise Wrong(f"the float has the derivative {float(slope)} in the graph; expected is {(OTHER**2).sum()}")
    g.refused("another integer", agrad.BackendError, lambda: graph(g.array(OTHER), 3.0, 3))
    g.refused("another shape", agrad.ShapeError, lambda: graph(g.array(MATRIX), 3.0, 2))
    g.refused("another dtype", agrad.DtypeError, lambda: graph(g.array([1, 2, 3], "int32"), 3.0, 2))
    for x, scale, n in ((POINT, 2.0, 2), (OTHER, 3.0, 2), (OTHER, 3.0, 3), (MATRIX, -1.0, 2), (POINT, 2.0, 2)):
        g.expect(step(g.array(x), scale, n), scale * x**n, "the result of what is compiled")
    integers = np.asarray(g.backend.host(step(g.array([1, 2, 3], "int32"), 2, 2)))
    if integers.dtype.name != "int32" or integers.tolist() != [2, 8, 18]:
        raise Wrong(f"of integers, the result of what is compiled is {integers.dtype}{integers.tolist()}")


def what_a_graph_hands_out(g: Ground) -> None:
    """Results share memory with no argument, constant or other result; arguments and what is closed over stay."""
    for what, made in (("the graph", agrad.trace), ("what is compiled", lambda f, x: agrad.compile(f))):
        kept, given = g.array(OTHER), g.array(POINT)

        def f(x: Any, kept: Any = kept) -> Any:
            y = x[::-1]
            x *= 2.0
            return x, x, g.xp.asarray(kept), y

        run = made(f, given)
        for _ in range(2):
            found = run(given)
            first = [np.array(g.backend.host(y)) for y in found]
            for y in found:
                _overwritten(y)
            for y, wanted in zip(first, (2 * POINT, 2 * POINT, OTHER, first[3]), strict=True):
                g.expect(g.array(y), wanted, f"a result of {what}")
            g.expect(given, POINT, f"the argument of {what}")
        g.expect(kept, OTHER, "what it closes over")
        if g.backend.mutable:
            _overwritten(kept)
            g.expect(run(given)[2], OTHER, f"a constant of {what}, after its array has changed,")


def _overwritten(y: Any) -> None:
    """Write into an array behind agrad's back, where its library lets one."""
    with suppress(Exception):  # arrays that nobody can write into share what they like
        y[...] = 99.0


GRAPHS: Mapping[str, Callable[[Ground], None]] = {f.__name__: f for f in (
    replayed, compiled, guarded, what_is_not_followed_in_graphs, leaves_in_graphs, what_a_graph_is_given,
    what_a_graph_hands_out, factorised_once,
)}  # fmt: skip
"""By name."""
