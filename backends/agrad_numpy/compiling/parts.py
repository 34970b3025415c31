"""Which equations go through together: runs over blocks of rows, of operations that treat rows alike."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

from agrad.axes import POINTWISE
from agrad.graph.graph import GUARD, Equation, needed, variables
from agrad_numpy.compiling import sizes
from agrad_numpy.compiling.calls import ADD_WHERE, CONTRACT, INTERNAL, REDUCTIONS, TOTAL, Source, reduced_axes, shape_of

__all__ = ["RESHAPING", "Run", "is_pointwise", "parts", "reads", "whole_shape"]

RESHAPING = ("reshape", "expand_dims", "squeeze")
"""Ops that leave rows alone where the leading axes stay as they are."""
WINDOW = 100
"""How many equations that have to wait for a run are looked past for more that belong to it."""


class Run:
    """Equations on arrays that share their leading axes, whose elements, the rows, are taken a block at a time.

    Pointwise ops, reductions along other axes, sums over all rows, and changes of shape within a row. An operand that
    has no such axes is the same for all rows.
    """

    def __init__(self, source: Source, shape: tuple[int, ...]) -> None:
        self.source = source
        self.lead = shape
        """The leading axes."""
        self.equations: list[Equation] = []
        self.inside: set[Any] = set()
        """What is computed row by row."""
        self.sums: set[Any] = set()
        """What is known when all rows are done."""
        self.shapes: set[tuple[int, ...]] = set()

    @property
    def count(self) -> int:
        """How many rows there are."""
        return prod(self.lead)

    @property
    def rows(self) -> int:
        """How many of them make a block."""
        return self._rows(len(self.lead))

    def _rows(self, axes: int) -> int:
        within = [prod(s[axes:]) for s in self.shapes] or [1]
        mixed = 4 if max(within) >= 8 * min(within) else 1  # blocks of the smaller ones are not to be too small
        return max(mixed * sizes.BLOCK // max(within), 1)

    def joins(self, e: Equation) -> bool:
        """Take an equation in, where it fits."""
        found = self._axes(e)
        if found is None or not found[0]:
            return False
        axes, shapes, done = found
        before = self.shapes
        self.shapes = before | shapes
        rows = self._rows(axes)
        within = max([prod(s[axes:]) for s in self.shapes], default=1)
        if within > 2 * sizes.BLOCK or 2 * rows > prod(self.lead[:axes]):
            self.shapes = before
            return False
        self.lead = self.lead[:axes]
        self.equations.append(e)
        (self.sums if done else self.inside).update(e.outputs)
        return True

    def _axes(self, e: Equation) -> tuple[int, set[tuple[int, ...]], bool] | None:
        """How many leading axes rows may have at most, the shapes of what has rows, and whether it is a sum of all."""
        if len(e.outputs) != 1 or e.several or e.own is not None:
            return None
        (v,) = e.outputs
        given = list(variables(e.inputs))
        if not given or any(a in self.sums for a in given):
            return None
        if e.op == TOTAL:
            shape = shape_of(given[0])
            return self._shared(shape), {shape}, True
        if e.op in REDUCTIONS and self.source.writes(e):
            shape = shape_of(given[0])
            axes = reduced_axes(e)
            n = self._shared(shape)
            if 0 not in axes:
                return (min(n, min(axes)) if axes else 0), {shape, v.shape}, False
            together = next(k for k in range(len(axes) + 1) if k not in axes)
            return (min(n, together) if e.op == "sum" else 0), {shape}, True
        if e.op in RESHAPING and given[0] in self.inside:
            shape = shape_of(given[0])
            return min(self._shared(shape), self._shared(v.shape)), {v.shape}, False
        if e.op == CONTRACT:
            n, shapes = self._together(e.params["shape"], given)
            axes = e.params["axis"]
            together = next(k for k in range(len(axes) + 1) if k not in axes)
            if not together:
                shapes.add(v.shape)
            return min(n, together or min(axes)), shapes, bool(together)
        if not is_pointwise(self.source, e):
            return None
        n, shapes = self._together(v.shape, given)
        return n, shapes | {v.shape}, False

    def _together(self, shape: tuple[int, ...], given: list[Any]) -> tuple[int, set[tuple[int, ...]]]:
        """Of operands that broadcast to a shape: how many axes rows may have, and the shapes of what has rows."""
        n = self._shared(shape)
        shapes = set()
        for a in given:
            own = shape_of(a)
            full = (1,) * (len(shape) - len(own)) + own
            if full and full[0] == shape[0]:
                n = min(n, _common(full, shape))
                shapes.add(full)
            elif a in self.inside:
                return 0, shapes
            else:
                n = min(n, _common(full, (1,) * len(full)))
        return n, shapes

    def _shared(self, shape: tuple[int, ...]) -> int:
        """How many axes a shape begins with that rows have, too."""
        return _common(shape, self.lead) if shape and shape[0] != 1 else 0


def _common(a: tuple[int, ...], b: tuple[int, ...]) -> int:
    n = min(len(a), len(b))
    return next((k for k in range(n) if a[k] != b[k]), n)


def is_pointwise(source: Source, e: Equation) -> bool:
    """Whether an equation is a pointwise op of the backend, with one result."""
    if e.op == ADD_WHERE:
        return True
    if e.op in INTERNAL or e.op == "broadcast_to" or e.own is not None or e.several or len(e.outputs) != 1:
        return False
    op = source.bound(e).op
    if op.axes is not POINTWISE or op.custom or op.kind == "composite":
        return False
    return not (op.write or op.keywords) or (e.op == "astype" and source.writes(e))


def reads(e: Equation) -> set[Any]:
    """The values that an equation needs."""
    return set(needed(e))


def parts(equations: Sequence[Equation], source: Source) -> Iterator[Equation | Run]:
    """Equations and runs of them; what needs nothing of a run goes before it, and what does after it."""
    pending = deque(equations)
    while pending:
        e = pending.popleft()
        run = _started(source, e)
        if run is None:
            yield e
            continue
        waiting: list[Equation] = []
        unknown: set[Any] = set()
        while pending and pending[0].op != GUARD and len(waiting) < WINDOW:
            e = pending.popleft()
            needed = reads(e)
            if needed.isdisjoint(unknown):
                within = not needed.isdisjoint(run.inside)
                if (within or _is_worth(e)) and run.joins(e):
                    continue
                if not within and needed.isdisjoint(run.sums) and _started(source, e) is None:
                    yield e
                    continue
            waiting.append(e)
            unknown.update(e.outputs)
        pending.extendleft(reversed(waiting))
        if len(run.equations) > 1:
            yield run
        else:
            yield from run.equations


def _started(source: Source, e: Equation) -> Run | None:
    """A run of one equation, where it may begin with it."""
    if not _is_worth(e):
        return None
    run = Run(source, whole_shape(e))
    return run if run.joins(e) else None


def _is_worth(e: Equation) -> bool:
    """Whether an equation is of arrays that are large enough."""
    return len(e.outputs) == 1 and prod(whole_shape(e)) >= sizes.WORTH


def whole_shape(e: Equation) -> tuple[int, ...]:
    """The shape of what an equation goes through: of a reduction, what is reduced."""
    if e.op == CONTRACT:
        shape: tuple[int, ...] = e.params["shape"]
        return shape
    if e.op in REDUCTIONS or e.op == TOTAL:
        return shape_of(next(variables(e.inputs)))
    return e.outputs[0].shape
