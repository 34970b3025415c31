"""What an op declares of axes, tried: of arguments stacked along a new axis, it gives the stack of its results.

The ops that a sample is computed by, those within a composite among them, are caught by an interpretation that follows
its arrays and takes no derivatives.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

import agrad
from agrad.axes import Core, Unbatchable
from agrad.interpret.apply import decompose, execute, split
from agrad.interpret.batching import Flags, batched_call, treatment
from agrad.interpret.bound import Bound
from agrad.interpret.levels import Trace
from agrad_conformance.checks.wrong import Wrong
from agrad_conformance.compare import error_of
from agrad_conformance.problem import Problem
from agrad_conformance.reference import Pair, Reference, leaves, pack

__all__ = ["axes", "claim"]

Array = np.ndarray[Any, np.dtype[Any]]

FACTORS = (1.0, 1.0625, 0.9375)
"""By what the numbers of a sample are multiplied in the examples of a stack."""

SIZE = len(FACTORS)


class Call(NamedTuple):
    """One op, and what it was given."""

    f: Bound
    args: list[Any]
    params: dict[str, Any]


class Watch(Trace):
    """An interpretation that computes, and keeps which ops were called."""

    __slots__ = ("calls",)
    differentiates = False

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Call] = []

    def process(self, f: Bound, args: Sequence[Any], params: dict[str, Any]) -> Any:
        """Compute one level further out; the results are followed, too."""
        if f.op.kind == "composite":
            return decompose(f, args, params)
        values = split(f, self, args)[0]
        self.calls.append(Call(f, values, params))
        out = execute(f, values, params)
        if isinstance(out, tuple | list):
            return f.space._rebuild(out, [self.follow(f.space, y) for y in out])
        return self.follow(f.space, out)

    def follow(self, space: Any, x: Any) -> Any:
        """A Tensor that this interpretation sees."""
        return space._box(x, space._aval_of(x), Watched(self)) if space._owns(x) else x


class Watched:
    """What the interpretation knows of a value: nothing but that it follows it."""

    __slots__ = ("__weakref__", "trace")

    def __init__(self, trace: Watch) -> None:
        self.trace = trace


def axes(p: Problem, r: Reference) -> float:
    """Every op that the sample is computed by treats stacks as it declares: each argument stacked alone, and all."""
    with Watch() as watch, agrad.no_grad():
        p.call(lambda x: watch.follow(p.space, x))
    return max((claim(p, call) for call in watch.calls), default=0.0)


def claim(p: Problem, call: Call) -> float:
    """The largest difference between an op of a stack and the stack of its results, in units of rounding."""
    f, args, params = call
    how = treatment(f.op)
    if how is None or isinstance(how, Unbatchable):
        return 0.0  # nothing is claimed
    args = [_plain(a) for a in args]
    if isinstance(how, Core):
        _ranks(f, how, args, leaves(f.call(args, params)))
    places = list(_places(p, args))
    errors, refused = [], agrad.UnsupportedError("it has no data")
    for chosen in [*([place] for place in places), *([places] if len(places) > 1 else [])]:
        examples = [_example(p, args, (), chosen, k) for k in range(SIZE)]
        expected = [leaves(f.call(example, params)) for example in examples]
        stacks = _example(p, args, (), chosen, None)
        try:
            found = leaves(batched_call(f, stacks, params, [_flags(a, (i,), chosen) for i, a in enumerate(args)], SIZE))
        except agrad.UnsupportedError as error:
            refused = error
        else:
            errors.append(_difference(p, f, found, expected))
    if places and not errors:
        raise Wrong(f"{f.op.name!r} can be batched over none of its arguments and does not declare it: {refused}")
    return max(errors, default=0.0)


def _difference(p: Problem, f: Bound, found: Sequence[Any], expected: Sequence[Sequence[Any]]) -> float:
    if not all(p.backend.owns(y) for y in found):
        return 0.0  # a dtype, whatever the axes
    stacked = [np.stack([p.to_host(example[k]) for example in expected]) for k in range(len(expected[0]))]
    hosts = [p.to_host(y) for y in found]
    shown, wanted = ([(y.dtype.name, y.shape) for y in ys] for ys in (hosts, stacked))
    if shown != wanted:
        raise Wrong(f"{f.op.name!r} of a stack gives {shown}; the stack of its results is {wanted}")
    if f.op.name == "empty_like":
        return 0.0
    pair = pack(stacked)
    finite = np.abs(pair[np.isfinite(pair)])
    return error_of(pack(hosts), Pair(pair, np.zeros(pair.shape)), np.full(pair.shape, finite.max(initial=0.0)), p.eps)


def _ranks(f: Bound, how: Core, args: Sequence[Any], results: Sequence[Any]) -> None:
    """A result has the axes of the stack and those that it is declared to have."""
    cores = how.arguments if isinstance(how.arguments, tuple) else (how.arguments,) * len(args)
    stack = max((a.ndim - core for a, core in zip(args, cores, strict=True) if hasattr(a, "ndim")), default=0)
    ends = how.results if isinstance(how.results, tuple) else (how.results,) * len(results)
    wanted = [stack + end for end in ends]
    found = [getattr(y, "ndim", rank) for y, rank in zip(results, wanted, strict=True)]
    if found != wanted:
        raise Wrong(f"{f.op.name!r} gives results of {found} axes; as it declares, they would have {wanted}")


# Stacks of examples -------------------------------------------------------------------------------


def _plain(a: Any) -> Any:
    """An argument without the boxes of constants."""
    if isinstance(a, tuple | list):
        return type(a)([_plain(item) for item in a])
    return a.array if isinstance(a, agrad.Tensor) else a


def _places(p: Problem, tree: Sequence[Any], at: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    """Where there are arrays among arguments."""
    for i, a in enumerate(tree):
        if isinstance(a, tuple | list):
            yield from _places(p, a, (*at, i))
        elif p.backend.owns(a):
            yield (*at, i)


def _example(p: Problem, tree: Any, at: tuple[int, ...], chosen: Sequence[tuple[int, ...]], k: int | None) -> Any:
    """Arguments with other numbers at the chosen places: those of example k, or of all in a stack."""
    if isinstance(tree, tuple | list):
        return type(tree)([_example(p, a, (*at, i), chosen, k) for i, a in enumerate(tree)])
    if at not in chosen:
        return tree
    x = p.to_host(tree)
    return p.to_backend(np.stack([_varied(x, n) for n in range(SIZE)]) if k is None else _varied(x, k))


def _varied(x: Array, k: int) -> Array:
    """Other floating-point numbers in the same order; other numbers, such as positions, in another one."""
    if x.dtype.kind in "fc":
        return np.asarray(x * x.dtype.type(FACTORS[k]))
    return np.roll(x, k, axis=-1) if x.ndim else x


def _flags(tree: Any, at: tuple[int, ...], chosen: Sequence[tuple[int, ...]]) -> Flags:
    if isinstance(tree, tuple | list):
        return tuple(_flags(a, (*at, i), chosen) for i, a in enumerate(tree))
    return at in chosen
