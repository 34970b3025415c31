"""The op of a stack: a call with one more axis in front, by the declared facts about axes and by batch rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from agrad.axes import Axes, Core, Over, Unbatchable
from agrad.declare import Op, Rule
from agrad.errors import ShapeError, UnsupportedError
from agrad.interpret.apply import execute
from agrad.interpret.bound import Bound
from agrad.interpret.rules import caller
from agrad.ops import lookup
from agrad.ops._stacks import aligned, flat, full, shifted

__all__ = ["Flags", "batched_call", "treatment"]

Params = dict[str, Any]
Flags = bool | tuple[Any, ...]
"""Whether an argument has a batch axis; of a list or an index, for each item."""


def treatment(op: Op) -> Axes | Rule | None:
    """How an op treats axes: its batch rule, its fact, or those of the standard's op that a backend's rule is for."""
    found = op.batch or op.axes
    if found is None and (standard := lookup(op.name)) is not None:
        found = standard.batch or standard.axes
    return found


def batched_call(f: Bound, args: Sequence[Any], params: Params, batched: Sequence[Flags], size: int) -> Any:
    """Compute an op of a stack of calls.

    Parameters
    ----------
    f : Bound
        The op; a composite is to be decomposed instead.
    args : sequence
        Its data arguments. Those that are batched have the batch axis in front; the others are shared by all calls.
    params : dict
        Its parameters, the same for all calls.
    batched : sequence of bool or tuple
        For each argument, whether it has a batch axis; for a list or an index, a tuple with one entry an item.
    size : int
        The length of the batch axis.

    Returns
    -------
    array or tuple of array
        With the batch axis in front.

    Raises
    ------
    UnsupportedError
        There is no such op on stacks, or nothing says how it treats axes.

    Examples
    --------
    >>> import agrad, numpy
    >>> f = agrad.namespace("numpy")._bind("sum")
    >>> batched_call(f, [numpy.ones((2, 3, 4))], {"axis": None, "dtype": None, "keepdims": False}, [True], 2)
    array([12., 12.])
    """
    how = treatment(f.op)
    if how is None or isinstance(how, Unbatchable):
        reason = how.reason if how else "its declaration does not say how it treats axes (axes= or batch=)"
        raise UnsupportedError(f"{f.op.name!r} cannot be batched: {reason}")
    xp, args = _space_of(f, args)
    if isinstance(how, Core):
        cores = how.arguments if isinstance(how.arguments, tuple) else (how.arguments,) * len(args)
        return execute(f, _of_stacks(f, xp, args, batched, cores, size), params)
    if isinstance(how, Over):
        return _over(f, how, xp, args, params, batched, size)
    given = dict(zip(f.arguments, args, strict=True))
    return _called(how)({**given, **params, "xp": xp, "batched": tuple(batched), "size": size})


_called = cache(caller)


def _space_of(f: Bound, args: Sequence[Any]) -> tuple[Any, Sequence[Any]]:
    """The namespace that a rule computes in: agrad's where a value is still followed, and then all arrays are Tensors,
    so that an operator never meets one that does not know them."""
    if not _holds_tensor(f, args):
        return f.space._raw, args
    return f.space, [_boxed(f, a) for a in args]


def _holds_tensor(f: Bound, items: Iterable[Any]) -> bool:
    tensor = f.space._tensor
    return any([type(a) is tensor or (type(a) in (list, tuple) and _holds_tensor(f, a)) for a in items])


def _boxed(f: Bound, a: Any) -> Any:
    if type(a) is list or type(a) is tuple:
        return type(a)([_boxed(f, item) for item in a])
    return f.space._wrap(a)


def _of_stacks(
    f: Bound, xp: Any, args: Sequence[Any], batched: Sequence[Flags], cores: Sequence[int], size: int
) -> list[Any]:
    """Arguments of an op that takes stacks itself. Those that are lists have nothing to do with axes."""
    plain = [i for i, flags in enumerate(batched) if not isinstance(flags, tuple)]
    found = list(args)
    if plain:
        made = aligned(xp, [args[i] for i in plain], [bool(batched[i]) for i in plain], [cores[i] for i in plain], size)
        for i, a in zip(plain, made, strict=True):
            found[i] = a
    return found


def _over(
    f: Bound, how: Over, xp: Any, args: Sequence[Any], params: Params, batched: Sequence[Flags], size: int
) -> Any:
    """An op along axes that a parameter names: along the same ones of a stack."""

    def stack(a: Any, flags: Flags) -> Any:
        if isinstance(flags, tuple):
            return type(a)([stack(item, flag) for item, flag in zip(a, flags, strict=True)])
        return full(xp, a, flags, size)

    args = [stack(a, flags) for a, flags in zip(args, batched, strict=True)]
    first = args[0][0] if isinstance(args[0], (list, tuple)) else args[0]
    ndim, axis = first.ndim - 1, params[how.parameter]
    if axis is not None:
        rank = ndim + ((1 if isinstance(axis, int) else len(axis)) if how.new else 0)
        return execute(f, args, params | {how.parameter: shifted(axis, rank)})
    if how.none == "only" and ndim > 1:
        raise ShapeError(f"{f.op.name!r} got an array of {ndim} dimensions and no {how.parameter}; name one")
    if how.none == "all" and ndim:
        return execute(f, args, params | {how.parameter: tuple(range(1, ndim + 1))})
    out = execute(f, [_flat(xp, a, size) for a in args], params | {how.parameter: 1})
    if how.none == "all":  # a number has no axes, and its result is one
        return xp.reshape(out, (size,))
    return xp.reshape(out, (size, *(1,) * ndim)) if params.get("keepdims") else out


def _flat(xp: Any, a: Any, size: int) -> Any:
    return [flat(xp, item, size) for item in a] if isinstance(a, (list, tuple)) else flat(xp, a, size)
