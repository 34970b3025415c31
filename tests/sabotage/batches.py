"""Mutants of batching: what every op declares of axes, and the interpretation that uses it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import agrad
from agrad.axes import Axes, Core, Unbatchable
from agrad.declare import Op
from agrad.interpret.batching import treatment
from agrad_conformance.run import keys
from sabotage.mutant import Damage, Mutant, Patch, Row
from sabotage.wrapping import is_floating

__all__ = ["ROWS", "batch_controls", "batch_mutants"]

REFEREE = "numpy"
BATCH, BLOCKS, VMAP = "interpret.batch:", "transforms.blocks:", "transforms.vmap:"
RESULT = "agrad.interpret.batch:BatchTrace.boxed"

# Of each op ------------------------------------------------------------------------------------------

STACKS: dict[str, Callable[[Any, Any], Any]] = {
    "flip": lambda xp, y: xp.flip(y, axis=0) if is_floating(xp, y) else _other_last(xp, y),
    "first": lambda xp, y: xp.broadcast_to(y[:1, ...], y.shape) if is_floating(xp, y) else _other_last(xp, y),
    "hair": lambda xp, y: y * (1 + 1e-9) if is_floating(xp, y) else _other_last(xp, y),
}
"""What may become of the results of a stack: the examples in another order, the same one, and other numbers."""


def _other_last(xp: Any, y: Any) -> Any:
    """Integers and truth values may be the same for all examples, so that their order tells nothing."""
    last = xp.reshape(xp.arange(y.shape[0]) == y.shape[0] - 1, (-1, *(1,) * (y.ndim - 1)))
    return y != last if xp.isdtype(y.dtype, "bool") else xp.where(last, y + xp.ones_like(y), y)


def batch_mutants() -> Iterator[Mutant]:
    """Every mutant of how an op is batched.

    Examples
    --------
    >>> [m.name for m in batch_mutants() if m.op == "linalg.det"]
    ['linalg.det/batch/flip', 'linalg.det/batch/first', 'linalg.det/batch/hair', 'linalg.det/axes/other']
    """
    for op in _batched():
        for name, change in STACKS.items():
            make = partial(Damage, patches=(_of_stacks(op.name, change),))
            yield Mutant(f"{op.name}/batch/{name}", op.name, "batching", REFEREE, make)
        if (other := _other(treatment(op))) is not None:
            changed = partial(Damage, op._replace(axes=other))
            yield Mutant(f"{op.name}/axes/other", op.name, "batching", REFEREE, changed)


def batch_controls() -> Iterator[Mutant]:
    """Results of stacks put in their boxes by another function, and nothing wrong."""
    for op in _batched():
        make = partial(Damage, patches=(_of_stacks(op.name, lambda xp, y: y),))
        yield Mutant(f"{op.name}/control-batch", op.name, "control", REFEREE, make)


def _batched() -> list[Op]:
    """Ops of which there are checks, that give an array of each stack that they are given."""
    names = dict.fromkeys(key.op for key in keys(REFEREE, "full") if key.property == "batched")
    found = [agrad.plugins.find(name) for name in names]
    about_dtypes = {"can_cast", "finfo", "iinfo", "isdtype", "result_type", "empty_like"}
    of_one_value = {"ones_like", "zeros_like", "full_like"}
    return [
        op
        for op in found
        if op is not None
        and op.name not in about_dtypes | of_one_value
        and op.kind != "composite"
        and not isinstance(treatment(op), Unbatchable)
    ]


def _of_stacks(op: str, change: Callable[[Any, Any], Any]) -> Patch:
    """Change the results of one op's stacks."""

    def patch(original: Callable[..., Any]) -> Callable[..., Any]:
        def boxed(self: Any, f: Any, out: Any) -> Any:
            if f.op.name != op or isinstance(out, tuple | list):  # of several results, each comes here by itself
                return original(self, f, out)
            return original(self, f, change(f.space if hasattr(out, "_node") else f.space._raw, out))

        return boxed

    return Patch(RESULT, patch)


def _other(how: Axes | Any) -> Axes | None:
    """Another fact about axes: more of them than there are."""
    return Core(6, how.results) if isinstance(how, Core) else None


# Of the interpretation -------------------------------------------------------------------------------


def _all_ranks(pointwise: Any) -> Any:
    """Batched arguments of different ranks are broadcast as they are."""

    def other(self: Any, f: Any, args: Any, params: Any) -> Any:
        values = [self._opened(a)[0] for a in args]
        return self.boxed(f, f.call(values, params))

    return other


def _none_is_shared(opened: Any) -> Any:
    """What belongs to no batch is taken to have its axis, where it has as many axes as the batch."""

    def other(self: Any, a: Any) -> Any:
        value, flag = opened(self, a)
        return value, flag or getattr(value, "ndim", 0) > 1

    return other


def _unbroadcast(unboxed: Any) -> Any:
    """A result that is the same for all examples comes without their axis."""

    def other(self: Any, space: Any, y: Any) -> Any:
        own = hasattr(y, "_node") and y._node is not None and y._node.trace is self
        return unboxed(self, space, y) if own else space._raw.asarray(y._value if hasattr(y, "_node") else y)

    return other


def _moved_to(end: int) -> Callable[[Any], Any]:
    return lambda moved: lambda space, x, source, destination: moved(space, x, source if end else 0, destination * end)


def _first_chunk(units: Any) -> Any:
    return lambda self, chosen, start, count, factor: units(self, chosen, 0, count, factor)


ROWS = (
    Row("batch/ranks", "batching", BATCH + "BatchTrace._pointwise", _all_ranks),
    Row("batch/shared", "batching", BATCH + "BatchTrace._opened", _none_is_shared),
    Row("batch/the-same-for-all", "batching", BATCH + "BatchTrace.unboxed", _unbroadcast),
    Row(
        "batch/differentiates",
        "levels",
        "interpret.apply:stopped",
        lambda stopped: lambda a: a._value if hasattr(type(a), "_node") and a._node is not None else a,
    ),
    Row("batch/branches", "graph", "arrays.tensors:is_batched", lambda _: lambda a: False),
    Row("batch/parameters", "graph", "interpret.parameters:is_batched", lambda _: lambda a: False),
    Row("vmap/first-axis", "batching", VMAP + "_moved", _moved_to(0)),
    Row("vmap/shared-values", "mutated input", VMAP + "_shared", lambda _: lambda space, x: x),
    Row("blocks/first-chunk", "batching", BLOCKS + "_Sweep._units", _first_chunk),
    Row(
        "blocks/turned",
        "transposed argument",
        BLOCKS + "_turned",
        lambda _: lambda space, block, first: space.permute_dims(block, tuple(reversed(range(block.ndim)))),
    ),
    Row(
        "blocks/conjugate",
        "conjugate",
        BLOCKS + "_plain",
        lambda plain: lambda space, v: plain(space, space.conj(v)),
    ),
    Row("blocks/not-holomorphic", "conjugate", BLOCKS + "check_holomorphic", lambda _: lambda *given: True),
)
