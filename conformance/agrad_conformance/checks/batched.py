"""Batching, tried: `vmap` of an op gives the stack of its single results, in value, pullback and derivative.

The ops that a sample is computed by, those within a composite among them, are caught by an interpretation that follows
its arrays and takes no derivatives. So what each declares of axes is tried by itself, indices and masks batched, too.
Those within a composite are tried further with samples of their own.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np

import agrad
from agrad.axes import Core, Unbatchable
from agrad.declare import Op
from agrad.interpret.apply import apply, decompose, execute, split
from agrad.interpret.batching import treatment
from agrad.interpret.bound import Bound
from agrad.interpret.levels import Trace
from agrad_conformance.checks.wrong import Wrong
from agrad_conformance.compare import error_of
from agrad_conformance.problem import Problem
from agrad_conformance.reference import Pair, Reference, leaves, pack

__all__ = ["batched", "claim", "difference", "directions", "is_free", "varied"]

Array = np.ndarray[Any, np.dtype[Any]]
Place = tuple[int, ...]

FACTORS = (1.0, 1.0625, 0.9375)
"""By what the numbers of a sample are multiplied in the examples of a stack."""

SIZE = len(FACTORS)

FLAT = ("sign",)
"""Ops that have a rule, and results that do not change with the size of their arguments."""

ORDERED = ("searchsorted",)
"""Ops without a derivative that take numbers in order."""


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
        self.calls: dict[str, Call] = {}

    def process(self, f: Bound, args: Sequence[Any], params: dict[str, Any]) -> Any:
        """Compute one level further out; the results are followed, too."""
        if f.op.kind == "composite":
            return decompose(f, args, params)
        values = split(f, self, args)[0]
        self.calls.setdefault(f"{f!r} {_form(values)} {params}", Call(f, values, params))
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


def _form(tree: Any) -> Any:
    """What tells calls of an op apart: shapes, dtypes, and all that is no array."""
    if isinstance(tree, tuple | list):
        return [_form(item) for item in tree]
    return (tuple(tree.shape), str(tree.dtype)) if hasattr(tree, "shape") else tree


def batched(p: Problem, r: Reference) -> float:
    """Every op that the sample is computed by equals, under `vmap`, the stack of single results.

    In value, with each argument batched alone and with all; in vjp and jvp, with one of these in turn. The axis is in
    one of its places in turn. What is tried of one sample so is tried of another, or of another dtype, otherwise.
    """
    with Watch() as watch, agrad.no_grad():
        p.call(lambda x: watch.follow(p.space, x))
    return max((claim(p, call) for call in watch.calls.values()), default=0.0)


def claim(p: Problem, call: Call) -> float:
    """The largest difference between an op under `vmap` and the stack of its results, in units of rounding."""
    args = [_plain(a) for a in call.args]
    call = Call(call.f, args, call.params)
    f, how = call.f, treatment(call.f.op)
    own = f.op.name == p.sample.op
    places = list(_places(p, args))
    if isinstance(how, Core):
        _ranks(f, how, args, leaves(f.call(args, call.params)), bool(call.params.get("keepdims")))
    errors, refused = [], agrad.UnsupportedError("it has no data")
    turn = crc32(f"{p.sample.id} {p.dtype}".encode())  # what is tried of one sample here is tried of another there
    sets = [*([place] for place in places if own), *([places] if len(places) > 1 or (places and not own) else [])]
    for i, chosen in enumerate(sets):
        stack = Stack(p, call, chosen)
        try:
            errors.append(stack.values(turn + i))
        except agrad.UnsupportedError as error:
            refused = error
        else:
            if own and i == turn % len(sets):
                errors.append(stack.derivatives())
    if isinstance(how, Unbatchable):
        if errors:
            raise Wrong(f"{f.op.name!r} is declared to have no stacks, because {how.reason}, and was batched")
        return 0.0
    if own and places and not errors:
        raise Wrong(f"{f.op.name!r} can be batched over none of its arguments and does not declare it: {refused}")
    return max(errors, default=0.0)


class Stack:
    """An op of examples that differ in the arrays at some places, and share the others."""

    def __init__(self, p: Problem, call: Call, chosen: Sequence[Place]) -> None:
        self.p = p
        self.call = call
        self.chosen = chosen
        originals = [p.to_host(_at(call.args, place)) for place in chosen]
        free = is_free(call.f.op)
        self.examples = [[varied(x, k, free) for x in originals] for k in range(SIZE)]
        self.single = [
            leaves(call.f.call(self.filled([p.to_backend(x) for x in one]), call.params)) for one in self.examples
        ]

    def filled(self, xs: Sequence[Any]) -> list[Any]:
        """The op's arguments with other arrays at the chosen places."""
        found: list[Any] = _replaced(self.call.args, (), dict(zip(self.chosen, xs, strict=True)))
        return found

    def results(self, *xs: Any) -> list[Any]:
        """The op's results, as agrad computes them of arrays or Tensors."""
        return leaves(apply(self.call.f, self.filled(xs), self.call.params))

    def values(self, turn: int) -> float:
        """The difference in value, with the batch axis in one of the places of arguments and results."""
        p, f = self.p, self.call.f
        if not all(p.backend.owns(y) for y in self.single[0]):
            self.vmapped(self.results, self.examples)  # a dtype, whatever the axes
            return 0.0
        expected = [np.stack([p.to_host(one[e]) for one in self.single]) for e in range(len(self.single[0]))]
        most = max(x.ndim for x in (*self.examples[0], *self.single[0]))
        at = turn % (most + 1)
        found = [p.to_host(y) for y in self.vmapped(self.results, self.examples, at)]
        back = [np.moveaxis(y, min(at, y.ndim - 1), 0) for y in found]
        return difference(p, f"{f.op.name!r} of a stack", f.op.name, back, expected)

    def derivatives(self) -> float:
        """The difference in the cotangents and the tangents of those arguments that have any."""
        p, f = self.p, self.call.f
        moving = [
            i
            for i, place in enumerate(self.chosen)
            if self._is_floating(self.examples[0][i]) and f.rules[place[0]] is not None
        ]
        ends = [e for e, y in enumerate(self.single[0]) if p.backend.owns(y) and p.is_floating(y)]
        if not moving or not ends or f.op.kind == "constant":
            return 0.0

        def pulled(xs: Sequence[Any], cts: Sequence[Any]) -> list[Any]:
            return list(agrad.vjp(self.along(xs, moving, ends), *[xs[i] for i in moving])[1](list(cts)))

        def pushed(xs: Sequence[Any], ts: Sequence[Any]) -> list[Any]:
            return list(agrad.jvp(self.along(xs, moving, ends), [xs[i] for i in moving], ts)[1])

        cts = [[directions(p.to_host(one[e]), k) for e in ends] for k, one in enumerate(self.single)]
        ts = [[directions(one[i], k) for i in moving] for k, one in enumerate(self.examples)]
        errors, n = [], len(self.chosen)

        def both_of(rule: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
            return lambda *xs: rule(xs[:n], xs[n:])

        for what, rule, ways in (("pullback", pulled, cts), ("derivative", pushed, ts)):
            singles = [
                [p.to_host(g) for g in rule(*[[p.to_backend(x) for x in part] for part in (one, along)])]
                for one, along in zip(self.examples, ways, strict=True)
            ]
            both = [[*one, *along] for one, along in zip(self.examples, ways, strict=True)]
            found = self.vmapped(both_of(rule), both)
            expected = [np.stack([one[i] for one in singles]) for i in range(len(singles[0]))]
            errors.append(
                difference(p, f"the {what} of {f.op.name!r} of a stack", "", [p.to_host(y) for y in found], expected)
            )
        return max(errors)

    def along(self, xs: Sequence[Any], moving: Sequence[int], ends: Sequence[int]) -> Callable[..., list[Any]]:
        """The floating-point results as a function of the floating-point arguments."""

        def function(*moved: Any) -> list[Any]:
            whole = list(xs)
            for i, x in zip(moving, moved, strict=True):
                whole[i] = x
            results = self.results(*whole)
            return [results[e] for e in ends]

        return function

    def vmapped(self, f: Callable[..., Any], examples: Sequence[Sequence[Array]], at: int = 0) -> list[Any]:
        """A function under `vmap`, of examples stacked along an axis, or along the last where there are fewer."""
        p, n = self.p, len(examples[0])
        axes = [min(at, examples[0][i].ndim) for i in range(n)]
        stacks = [p.to_backend(np.stack([one[i] for one in examples], axis=axis)) for i, axis in enumerate(axes)]
        ends = [min(at, getattr(y, "ndim", 0)) for y in self.single[0]] if at else 0
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "vmap runs")
            found: list[Any] = agrad.vmap(f, in_axes=tuple(axes), out_axes=ends)(*stacks)
        return found

    def _is_floating(self, x: Array) -> bool:
        return x.dtype.kind in "fc"


def difference(p: Problem, what: str, op: str, found: Sequence[Array], expected: Sequence[Array]) -> float:
    shown, wanted = ([(y.dtype.name, y.shape) for y in ys] for ys in (found, expected))
    if shown != wanted:
        raise Wrong(f"{what} gives {shown}; the stack of its results is {wanted}")
    if op == "empty_like":
        return 0.0
    pair = pack(expected)
    finite = np.abs(pair[np.isfinite(pair)])
    return error_of(pack(found), Pair(pair, np.zeros(pair.shape)), np.full(pair.shape, finite.max(initial=0.0)), p.eps)


def _ranks(f: Bound, how: Core, args: Sequence[Any], results: Sequence[Any], keepdims: bool) -> None:
    """A result has the axes of the stack and those that it is declared to have."""
    cores = how.arguments if isinstance(how.arguments, tuple) else (how.arguments,) * len(args)
    stack = max((a.ndim - core for a, core in zip(args, cores, strict=True) if hasattr(a, "ndim")), default=0)
    ends = how.results if isinstance(how.results, tuple) else (how.results,) * len(results)
    wanted = [stack + (cores[0] if keepdims else end) for end in ends]
    found = [getattr(y, "ndim", rank) for y, rank in zip(results, wanted, strict=True)]
    if found != wanted:
        raise Wrong(f"{f.op.name!r} gives results of {found} axes; as it declares, they would have {wanted}")


# Stacks of examples -------------------------------------------------------------------------------


def _plain(a: Any) -> Any:
    """An argument without the boxes of constants."""
    if isinstance(a, tuple | list):
        return type(a)([_plain(item) for item in a])
    return a.array if isinstance(a, agrad.Tensor) else a


def _places(p: Problem, tree: Sequence[Any], at: Place = ()) -> Iterator[Place]:
    """Where there are arrays among arguments."""
    for i, a in enumerate(tree):
        if isinstance(a, tuple | list):
            yield from _places(p, a, (*at, i))
        elif p.backend.owns(a):
            yield (*at, i)


def _at(tree: Any, place: Place) -> Any:
    for i in place:
        tree = tree[i]
    return tree


def _replaced(tree: Any, at: Place, others: dict[Place, Any]) -> Any:
    """Arguments with others at some places."""
    if isinstance(tree, tuple | list):
        return type(tree)([_replaced(a, (*at, i), others) for i, a in enumerate(tree)])
    return others.get(at, tree)


def is_free(op: Op) -> bool:
    """Whether results tell of numbers little more than their order, so that examples have to differ in that."""
    flat = op.name in FLAT or all(rule is None or rule == 0 for rule in op.rules)  # as of `floor`
    return flat and op.kind != "composite" and op.name not in ORDERED


def varied(x: Array, k: int, free: bool) -> Array:
    """Other floating-point numbers in the same order; other numbers, such as positions, in another one.

    `free`: in another order, and other truth values, too, where results tell no more of the arguments than that.
    """
    if free and x.dtype.kind == "b":
        return np.asarray(np.roll(x, k, axis=-1) if x.ndim and k < SIZE - 1 else ~x if k else x)
    if x.dtype.kind in "fc":
        y = np.asarray(x * x.dtype.type(FACTORS[k]))
        if free and not x.ndim:
            return -y if k == SIZE - 1 else y
        return np.roll(y, k, axis=-1) if free else y
    return np.roll(x, k, axis=-1) if x.ndim else x


def directions(like: Array, k: int) -> Array:
    """Cotangents or tangents, others for each example."""
    numbers: Any = np.cos(1.0 + k + np.arange(like.size)).reshape(like.shape)
    if like.dtype.kind == "c":
        numbers = numbers + 1j * np.sin(2.0 * k + np.arange(like.size)).reshape(like.shape)
    directions: Array = numbers.astype(like.dtype)
    return directions
