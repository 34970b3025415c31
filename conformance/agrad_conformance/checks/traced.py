"""Graphs of ops, tried: on other values, and with other cotangents, a graph gives what the op does.

Every array that a sample is given is an input of the graph, indices and masks too, as far as shapes do not depend on
what they hold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import agrad
from agrad.axes import POINTWISE
from agrad.declare import Op
from agrad.interpret.batching import treatment
from agrad_conformance.checks.batched import difference, directions, is_free, varied
from agrad_conformance.checks.wrong import Wrong
from agrad_conformance.problem import Problem
from agrad_conformance.reference import Reference

__all__ = ["traced"]

Array = np.ndarray[Any, np.dtype[Any]]
Values = Callable[..., list[Any]]


def traced(p: Problem, r: Reference) -> float:
    """A graph of the sample equals it on other values: called, pulled back, as the graph of its pullback, compiled."""
    arrays, f = p.whole()
    n = len(p.inputs)
    try:
        return _claim(p, arrays, f)
    except agrad.UnsupportedError:
        fixed = [p.to_backend(x) for x in arrays[n:]]
    try:
        return _claim(p, arrays[:n], lambda *xs: f(*xs, *fixed)) if n and fixed else _refused(p)
    except agrad.UnsupportedError:
        return _refused(p)


def _refused(p: Problem) -> float:
    """No graph holds what has a shape of values, and no other op is refused."""
    if p.sample.case.static:
        raise Wrong(f"{p.sample.op!r} cannot be traced, and its shapes do not depend on values")
    return 0.0


def _claim(p: Problem, arrays: Sequence[Array], f: Values) -> float:
    """The largest difference between graphs and what they were recorded from, in units of rounding."""
    op = agrad.plugins.find(p.sample.op)
    others = [_other(x, op) for x in arrays]
    first, then = ([p.to_backend(x) for x in xs] for xs in (arrays, others))

    def values(*xs: Any) -> list[Any]:
        return [y for y in f(*map(p.space.asarray, xs)) if isinstance(y, agrad.Tensor) or p.backend.owns(y)]

    def check(what: str, found: Sequence[Any], wanted: Sequence[Array]) -> float:
        hosted = [p.to_host(y) for y in found]
        if op is not None and op.name == "empty_like":  # which holds anything
            hosted, wanted = ([np.zeros_like(y) for y in ys] for ys in (hosted, wanted))
        return difference(p, what, "", hosted, wanted)

    with agrad.no_grad():
        right = [p.to_host(p.space.asarray(y).array) for y in values(*then)]
    graph = agrad.trace(values, *first)
    errors = [check("the graph", graph(*then), right)]
    ends = [i for i, y in enumerate(right) if y.dtype.kind in "fc"]
    if op is None or op.kind == "constant" or not p.inputs or not ends:
        return max(*errors, *_compiled(values, first, then, lambda found: check("what is compiled", found, right)))

    def pulled(f: Values, xs: Sequence[Any], cts: Sequence[Any]) -> list[Any]:
        """Results, and the gradients of all that is followed."""
        n = len(p.inputs)

        def moving(*given: Any) -> list[Any]:
            out = f(*given, *xs[n:])
            return [out[i] for i in ends]

        ys, pull = agrad.vjp(moving, *xs[:n])
        return [*ys, *pull(list(cts))]

    def of_sample(xs: Sequence[Any], cts: Sequence[Any]) -> list[Any]:
        return pulled(values, xs, cts)

    cts, other_cts = ([p.to_backend(directions(right[i], k)) for i in ends] for k in (0, 1))
    slopes = [p.to_host(y) for y in of_sample(then, other_cts)]
    errors += [
        check("the pullback of the graph", pulled(graph, then, other_cts), slopes),
        check("the graph of the pullback", agrad.trace(of_sample, first, cts)(then, other_cts), slopes),
        *_compiled(
            of_sample, (first, cts), (then, other_cts), lambda found: check("the compiled pullback", found, slopes)
        ),
    ]
    return max(errors)


def _other(x: Array, op: Op | None) -> Array:
    """Other numbers of the same kind: those in between keep their order where the op may need it."""
    if x.dtype.kind not in "fc":
        y = np.asarray(np.roll(x.ravel(), 1).reshape(x.shape))  # a mask has as many hits as before
        return np.asarray(~x) if x.dtype.kind == "b" and np.array_equal(x, y) else y
    if op is None or not is_free(op):
        return varied(x, 1, False)
    y = np.asarray(-1.75 * np.roll(x.ravel(), 1).reshape(x.shape)).astype(x.dtype)
    if treatment(op) == POINTWISE:
        y.flat[:1], y.flat[1:2] = np.nan, np.inf
    elif y.ndim > 1:
        y[..., -1:, :] = 0
    return y


def _compiled(f: Values, first: Sequence[Any], then: Sequence[Any], check: Callable[[list[Any]], float]) -> list[float]:
    """The errors of what is compiled for the first arguments, and called with the others: twice, for what it keeps."""
    step = agrad.compile(f)
    step(*first)
    errors = [check(step(*then)), check(step(*then))]
    if step.stats().graphs != 1:
        raise Wrong(f"{step.stats().graphs} graphs were recorded for arguments of one kind")
    return errors
