"""Blocks of a Jacobian: derivatives along all unit directions, many of them together, as one batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

from agrad.arrays.imperative import handed_out
from agrad.arrays.tensors import Tensor
from agrad.errors import DtypeError, UnsupportedError
from agrad.interpret.apply import raw_of
from agrad.interpret.aval import Aval
from agrad.interpret.batch import BatchTrace
from agrad.interpret.record import ReverseTrace
from agrad.interpret.reverse import Leaf, Node, walk
from agrad.ops._shapes import place_of
from agrad.transforms.boxing import Inputs
from agrad.transforms.containers import flatten, is_array
from agrad.transforms.forward import pushed
from agrad.transforms.holomorphic import check_holomorphic, not_holomorphic
from agrad.transforms.reverse import Recorded

__all__ = ["dense_blocks"]

FEW = 2
"""Up to so many directions a loop is faster than a batch."""

CACHED = 2**17
"""How many numbers an array of a batch may have: beyond what a processor's cache holds, a loop is as fast."""

Blocks = list[list[Any]]
Move = Callable[[list[Any]], Sequence[Any]]


def dense_blocks(f: Callable[..., Any], inputs: Inputs, mode: str | None, chunk_size: int | None) -> tuple[Blocks, Any]:
    """Blocks of the Jacobian, one list a result with one block an input, and the structure of the results."""
    if mode == "fwd":
        blocks, structure = _pushed(f, inputs, chunk_size)
    else:
        run = Recorded(f, inputs)
        if None in run.avals:
            raise _no_derivative(inputs)
        structure = run.structure
        if mode == "rev" or _size(run.avals) <= _size(inputs.avals):
            blocks = _rows(run, chunk_size)
        else:
            try:
                blocks = _columns(run, chunk_size)
            except DtypeError:
                raise
            except Exception:  # a user's rule that leaves its xp cannot be transposed
                blocks = _pushed(f, inputs, chunk_size)[0]
    flat = handed_out([(inputs.space, block) for row in blocks for block in row], ())
    width = len(inputs.avals)
    return [flat[k * width : (k + 1) * width] for k in range(len(blocks))], structure


def _size(avals: Sequence[Any]) -> int:
    return sum(aval.size for aval in avals)


def _no_derivative(inputs: Inputs) -> DtypeError:
    return DtypeError(f"{inputs.what} of a function with an integer, boolean or non-array result")


# Three ways -----------------------------------------------------------------------------------------


def _rows(run: Recorded, chunk_size: int | None) -> Blocks:
    """By pulling unit cotangents of the results back."""
    inputs, space = run.inputs, run.inputs.space

    def move(cts: list[Any]) -> list[Any]:
        return run.pull(cts, sweep.watched)

    sweep = _Sweep(space, run.avals, run.results, inputs.avals, inputs.leaves_followed, move, chunk_size)
    found: dict[int, list[Any]] = {}
    for aval in run.avals:
        if aval is not None and not aval.complex and any(source.complex for source in inputs.avals):
            raise not_holomorphic(run)
    real, complex_ones = _by_kind(run.avals)
    found |= sweep.parted(real, sweep.along(real))
    if complex_ones:
        along, turned = sweep.along(complex_ones), sweep.along(complex_ones, 1j)
        whole = [j for j, source in enumerate(inputs.avals) if source.complex]

        def chosen(stacks: Sequence[Any]) -> list[Any]:
            return [stacks[j] for j in whole]

        if not check_holomorphic(space, chosen(along), chosen(turned), lambda c: chosen(sweep.along(complex_ones, c))):
            raise not_holomorphic(run)
        joined = [
            _plain(space, space.conj(a) if source.complex else a + 1j * b)
            for a, b, source in zip(along, turned, inputs.avals, strict=True)
        ]
        found |= sweep.parted(complex_ones, joined)
    return [found[k] for k in range(len(run.avals))]


def _columns(run: Recorded, chunk_size: int | None) -> Blocks:
    """By transposing the pullback, which is recorded once, as `linearize` does."""
    inputs, space = run.inputs, run.inputs.space
    with ReverseTrace() as trace:
        ends = [Leaf(trace, aval) for aval in run.avals if aval is not None]
        pulled = run.pull([space._box(run.zeros(k), end.aval, end) for k, end in enumerate(ends)])
    nodes = [ct._node if isinstance(ct, Tensor) else None for ct in pulled]

    def move(tangents: list[Any]) -> list[Any]:
        roots = [
            (node, t)
            for node, t in zip(nodes, tangents, strict=True)
            if t is not None and node is not None and node.trace is trace
        ]
        with space._backend.quiet():
            found = walk(roots, retain=True, visit=sweep.watched)
        return [found.get(end) for end in ends]

    sweep = _Sweep(space, inputs.avals, inputs.leaves_followed, run.avals, run.results, move, chunk_size)
    return _of_columns(sweep, lambda: run)


def _pushed(f: Callable[..., Any], inputs: Inputs, chunk_size: int | None) -> tuple[Blocks, Any]:
    """By forward mode along unit tangents of the inputs."""
    space = inputs.space
    seen: list[Any] = []

    def move(tangents: list[Any]) -> list[Any]:
        ys, ts = pushed(f, inputs, tangents)
        results, structure = flatten(ys)
        avals = [space._aval_of(y if hasattr(y, "dtype") else space._raw.asarray(y)) for y in results if is_array(y)]
        if len(avals) < len(results) or not all(aval.inexact for aval in avals):
            raise _no_derivative(inputs)
        seen[:] = structure, results
        sweep.ends, sweep.like = avals, results
        return flatten(ts)[0]

    sweep = _Sweep(space, inputs.avals, inputs.leaves_followed, [], [], move, chunk_size)
    if not _size(inputs.avals):
        move([None] * len(inputs.avals))
    blocks = _of_columns(sweep, lambda: Recorded(f, inputs))
    return blocks, seen[0]


def _of_columns(sweep: _Sweep, recorded: Callable[[], Recorded]) -> Blocks:
    """Blocks from derivatives along units of the inputs, turned round."""
    real, complex_ones = _by_kind(sweep.parts)
    found = sweep.parted(real, sweep.along(real))
    if complex_ones:
        along = sweep.along(complex_ones)
        if not all(end.complex for end in sweep.ends) or not check_holomorphic(
            sweep.space, along, sweep.along(complex_ones, 1j), lambda c: sweep.along(complex_ones, c)
        ):
            raise not_holomorphic(recorded())
        found |= sweep.parted(complex_ones, along)
    return [
        [_turned(sweep.space, found[j][k], source.ndim) for j, source in enumerate(sweep.parts)]
        for k in range(len(sweep.ends))
    ]


def _by_kind(avals: Sequence[Any]) -> tuple[list[int], list[int]]:
    """The numbers of the real ones, and of the complex ones."""
    return [k for k, a in enumerate(avals) if not a.complex], [k for k, a in enumerate(avals) if a.complex]


def _turned(space: Any, block: Any, first: int) -> Any:
    """A block with its first axes at the end."""
    order = (*range(first, block.ndim), *range(first))
    return block if not first or first == block.ndim else _xp(space, block).permute_dims(block, order)


# All directions -------------------------------------------------------------------------------------


class _TooLarge(Exception):  # noqa: N818 - no error: fewer directions are tried
    """An array on the way is larger than those that were known of."""


class _Sweep:
    """Derivatives at several ends along every unit direction of several parts.

    `move` takes one direction for each part, None for zeros, and returns a derivative for each end.
    """

    def __init__(
        self,
        space: Any,
        parts: Sequence[Any],
        where: Sequence[Any],
        ends: Sequence[Any],
        like: Sequence[Any],
        move: Move,
        chunk_size: int | None,
    ) -> None:
        self.space = space
        self.parts: Sequence[Aval] = parts
        self.where = where
        self.ends: Sequence[Aval] = ends
        self.like = like
        self.move = move
        self.chunk_size = chunk_size
        self.largest = max((aval.size for aval in (*parts, *ends)), default=1)
        """The most numbers that an array on the way was seen to have, of one direction."""
        self.most = 0
        """How many it may have while a stack is moved; 0 where all are moved whatever their sizes."""

    def along(self, chosen: Sequence[int], factor: complex = 1) -> list[Any]:
        """For each end, the derivatives along the units of the chosen parts, times a factor, one after the other."""
        total, found = sum(self.parts[k].size for k in chosen), []
        start = 0
        while start < total:
            count = min(total - start, self.chunk_size or max(1, CACHED // max(1, self.largest)))
            try:
                found.append(self._moved(self._units(chosen, start, count, factor), count))
            except _TooLarge:
                continue
            start += count
        if not found:
            return [self._zeros(e, 0) for e in range(len(self.ends))]
        return [_joined(self.space, [stacks[e] for stacks in found]) for e in range(len(self.ends))]

    def watched(self, node: Node, ct: Any) -> Any:
        """What is called at every node of a walk: give up where so many directions together take too much memory."""
        if self.most and (size := getattr(ct, "size", 0)) > self.most:
            self.largest = size
            raise _TooLarge
        return ct

    def _units(self, chosen: Sequence[int], start: int, count: int, factor: complex) -> list[Any]:
        """A stack of directions for each part: those from number `start` on."""
        raw = self.space._raw
        directions: list[Any] = [None] * len(self.parts)
        for k, stop in zip(chosen, accumulate(self.parts[k].size for k in chosen), strict=True):
            aval = self.parts[k]
            first = stop - aval.size
            if start < stop and first < start + count:
                device = place_of(raw_of(self.where[k]))
                units = raw.eye(count, aval.size, k=start - first, dtype=aval.dtype, device=device)
                units = units if aval.ndim == 1 else raw.reshape(units, (count, *aval.shape))
                directions[k] = units if factor == 1 else units * factor
        return directions

    def _moved(self, directions: list[Any], count: int) -> list[Any]:
        """The derivatives along a stack of directions: a stack for each end."""
        space = self.space
        if count > FEW:
            self.most = 0 if self.chunk_size else CACHED // count
            try:
                with BatchTrace(count) as trace:
                    found = self.move([None if d is None else trace.box(space, d) for d in directions])
                return [self._zeros(e, count) if v is None else trace.unboxed(space, v) for e, v in enumerate(found)]
            except UnsupportedError:  # a rule that nothing can be said of for many at once
                pass
            finally:
                self.most = 0
        rows = [self.move([None if d is None else d[i, ...] for d in directions]) for i in range(count)]
        found = []
        for e in range(len(self.ends)):
            column = [self._zeros(e) if row[e] is None else row[e] for row in rows]
            found.append(_xp(space, *column).stack([_array(space, v) for v in column]))
        return found

    def _zeros(self, e: int, *count: int) -> Any:
        aval = self.ends[e]
        device = place_of(raw_of(self.like[e]))
        return self.space._raw.zeros((*count, *aval.shape), dtype=aval.dtype, device=device)

    def parted(self, chosen: Sequence[int], stacks: Sequence[Any]) -> dict[int, list[Any]]:
        """Of each chosen part, the derivatives at each end, in the shape of both."""
        blocks: dict[int, list[Any]] = {}
        start = 0
        for k in chosen:
            part = self.parts[k]
            stop = start + part.size
            blocks[k] = []
            for stack, end in zip(stacks, self.ends, strict=True):
                xp = _xp(self.space, stack)
                piece = stack if len(chosen) == 1 else xp.getitem(stack, (slice(start, stop), ...))
                shape = (*part.shape, *end.shape)
                blocks[k].append(piece if piece.shape == shape else xp.reshape(piece, shape))
            start = stop
        return blocks


def _joined(space: Any, stacks: list[Any]) -> Any:
    return stacks[0] if len(stacks) == 1 else _xp(space, *stacks).concat(stacks)


def _xp(space: Any, *values: Any) -> Any:
    """The namespace to compute in: agrad's where a value is followed."""
    return space if any(isinstance(v, Tensor) for v in values) else space._raw


def _array(space: Any, v: Any) -> Any:
    return v if hasattr(v, "dtype") else space._raw.asarray(v)


def _plain(space: Any, v: Any) -> Any:
    """A constant out of its box."""
    return v._value if isinstance(v, Tensor) and v._node is None else v
