"""The batch interpretation of an op: compute it one level further out, of all examples at once."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from agrad.axes import POINTWISE
from agrad.errors import UnsupportedError
from agrad.interpret.apply import decompose, execute
from agrad.interpret.batching import Flags, batched_call, treatment
from agrad.interpret.bound import Bound
from agrad.interpret.levels import Trace
from agrad.ops._shapes import place_of

__all__ = ["BatchTrace", "Batched", "by_example"]

Params = dict[str, Any]

_named: set[str] = set()
"""Ops that a warning has named."""


class BatchTrace(Trace):
    """A run of the batch interpretation; its values have an axis in front that their Tensors do not show.

    Parameters
    ----------
    size : int
        The length of that axis: how many examples there are.
    randomness : {"error", "different", "same", ""}
        What becomes of random numbers that are drawn; empty where nothing of a user's runs inside.
    """

    __slots__ = ("randomness", "size")
    differentiates = False
    batches = True

    def __init__(self, size: int, randomness: str = "") -> None:
        super().__init__()
        self.size = size
        self.randomness = randomness

    def process(self, f: Bound, args: Sequence[Any], params: Params) -> Any:
        """Compute the op of all examples one level out."""
        how = treatment(f.op)
        if how is POINTWISE and (out := self._pointwise(f, args, params)) is not None:
            return out
        if how is None and f.op.kind == "composite":
            return decompose(f, args, params)
        values: list[Any] = []
        batched: list[Flags] = []
        for a in args:
            value, flag = self._opened(a)
            values.append(value)
            batched.append(flag)
        if how is None:
            self.warn(
                f.op.name, "it has no batch rule: say how it treats axes in its declaration, with axes= or batch="
            )
            return self._looped(f, values, params, batched)
        return self.boxed(f, batched_call(f, values, params, batched, self.size))

    def _pointwise(self, f: Bound, args: Sequence[Any], params: Params) -> Any:
        """The result of an op on elements, in the common case: all that is batched is of one rank, the others of less.

        They broadcast then as they are.
        """
        space = f.space
        tensor, own, others, inside = space._tensor, -1, 0, False
        values: list[Any] = []
        for a in args:
            if type(a) is tensor:
                ndim = a._aval.ndim
                node = a._node
                v = a if node is not None and node.trace is not self else a._value
                if node is None or node.trace is not self:
                    others = max(others, ndim)
                elif own < 0 or own == ndim:
                    own = ndim
                else:
                    return None
                inside = inside or type(v) is tensor
            elif type(a) is list or type(a) is tuple:
                return None
            else:
                v = a
                others = max(others, getattr(a, "ndim", 0))
            values.append(v)
        if others > own:
            return None
        return self.boxed(f, execute(f, values, params) if inside else f.call(values, params))

    def _opened(self, a: Any) -> tuple[Any, Flags]:
        """A value one level out, and whether it has a batch axis."""
        if type(a) is list or type(a) is tuple:
            pairs = [self._opened(item) for item in a]
            return type(a)([value for value, _ in pairs]), tuple([flag for _, flag in pairs])
        if not hasattr(type(a), "_node"):
            return a, False
        node = a._node
        if node is None:
            return a._value, False
        return (a._value, True) if node.trace is self else (a, False)

    def boxed(self, f: Bound, out: Any) -> Any:
        """Results with a batch axis as values of this run."""
        space = f.space
        if isinstance(out, tuple | list):
            return space._rebuild(out, [self.boxed(f, item) for item in out])
        if hasattr(type(out), "_node"):
            return self.box(space, out if out._node is not None else out._value)
        # not asked of the backend: a conversion's result is of another one
        data = hasattr(out, "shape") and hasattr(out, "dtype") and not isinstance(out, type)
        return self.box(space, out) if data else out

    def box(self, space: Any, value: Any) -> Any:
        """A value with the batch axis in front as a Tensor that shows one example."""
        return space._box(value, space._aval_of(_Example(tuple(value.shape[1:]), value.dtype)), Batched(self))

    def unboxed(self, space: Any, y: Any) -> Any:
        """A value one level out, with the batch axis in front; along it, one that is none of this run's is the same."""
        if type(y) is space._tensor and y._node is not None and y._node.trace is self:
            y = y._value
            return y._value if type(y) is space._tensor and y._node is None else y
        y = y._value if type(y) is space._tensor and y._node is None else y
        xp = space if type(y) is space._tensor else space._raw
        y = xp.asarray(y)
        return xp.broadcast_to(y, (self.size, *y.shape))

    # What has to be computed one by one ----------------------------------------------------------

    def warn(self, name: str, why: str) -> None:
        """Name an op that runs in a loop, once."""
        if self.randomness and name not in _named:
            _named.add(name)
            warnings.warn(
                f"vmap runs {name!r} once for each example, since {why}",
                stacklevel=2,
            )

    def _looped(self, f: Bound, values: Sequence[Any], params: Params, batched: Sequence[Flags]) -> Any:
        """The stack of an op's results for each example."""
        if not self.size:
            raise UnsupportedError(f"{f.op.name!r} has no batch rule (axes= or batch=), and there are no examples")

        def example(v: Any, flag: Flags, k: int) -> Any:
            if isinstance(flag, tuple):
                return type(v)([example(item, own, k) for item, own in zip(v, flag, strict=True)])
            return self._example(f, v, k) if flag else v

        found = [
            execute(f, [example(v, flag, k) for v, flag in zip(values, batched, strict=True)], params)
            for k in range(self.size)
        ]
        return self._stacked(f, found)

    def _example(self, f: Bound, v: Any, k: int) -> Any:
        """The k-th of a stack."""
        if type(v) is f.space._tensor:
            return f.space.getitem(v, k)
        return f.space._raw.getitem(v, k)

    def _stacked(self, f: Bound, found: Sequence[Any]) -> Any:
        """Results for each example as values of this run; of what is no array, that of the first."""
        first = found[0]
        space = f.space
        if isinstance(first, tuple | list):
            parts = zip(*found, strict=True)
            return space._rebuild(first, [self._stacked(f, part) for part in parts])
        if first is None or not all(type(y) in (int, float, complex) or hasattr(y, "dtype") for y in found):
            return first
        like = next((y for y in found if hasattr(y, "dtype")), None)
        if any(type(y) is space._tensor for y in found):
            return self.boxed(f, space.stack([space.asarray(y) for y in found]))
        return self.boxed(f, space._raw.stack([space._raw.asarray(y, device=place_of(like)) for y in found]))

    def rule_by_example(self, f: Bound, rule: Callable[[Params], Any], env: Params) -> Any:
        """A rule's result from those for each example."""

        def example(v: Any, k: int) -> Any:
            if isinstance(v, list | tuple):
                return f.space._rebuild(v, [example(item, k) for item in v])
            if type(v) is not f.space._tensor or v._node is None:
                return v._value if type(v) is f.space._tensor else v
            return self._example(f, v._value, k) if v._node.trace is self else v

        found = []
        for k in range(self.size):
            one = {name: example(v, k) for name, v in env.items()}
            one["xp"] = f.space if _held(f, one.values()) else f.space._raw
            found.append(rule(one))
        return self._stacked(f, found)


class _Example(NamedTuple):
    """What an aval is made of."""

    shape: tuple[int, ...]
    dtype: Any


class Batched:
    """What a batch trace knows of a value: that it has a batch axis.

    One of no axes is a number, as an element of an array is, or an `array` that in-place operators change.
    """

    __slots__ = ("__weakref__", "array", "trace")

    def __init__(self, trace: Trace, array: bool = False) -> None:
        self.trace = trace
        self.array = array

    def __repr__(self) -> str:
        return "<Batched>"


def _held(f: Bound, values: Any) -> list[Any]:
    """The followed Tensors among values."""
    found: list[Any] = []
    for v in values:
        if isinstance(v, list | tuple):
            found += _held(f, v)
        elif type(v) is f.space._tensor and v._node is not None:
            found.append(v)
    return found


def by_example(f: Bound, rule: Callable[[Params], Any]) -> Callable[[Params], Any]:
    """A user's rule, which may leave its xp: where it fails on values of many examples, it gets one after the other."""

    def run(env: Params) -> Any:
        try:
            return rule(env)
        except Exception:
            held = _held(f, env.values())
            trace = max((v._node.trace for v in held), key=lambda trace: trace.level, default=None)
            if not isinstance(trace, BatchTrace) or not trace.size:
                raise
        trace.warn(f.op.name, "its rule for derivatives fails on many at once: compute with its xp and operators alone")
        return trace.rule_by_example(f, run, env)

    return run
