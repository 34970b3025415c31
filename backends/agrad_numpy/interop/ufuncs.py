"""`__array_ufunc__`: NumPy's ufuncs on Tensors, and `reduce`, `accumulate`, `outer`, `at` and `reduceat` of them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import reduce
from itertools import accumulate
from typing import Any

import numpy as np

import agrad
from agrad_numpy.interop.common import along, array_of, axes_of, axis_of, followed, plain, refuse, write

__all__ = ["array_ufunc"]

NAMES = {
    "absolute": "abs", "arccos": "acos", "arccosh": "acosh", "arcsin": "asin", "arcsinh": "asinh", "arctan": "atan",
    "arctan2": "atan2", "arctanh": "atanh", "conjugate": "conj", "invert": "bitwise_invert",
    "left_shift": "bitwise_left_shift", "mod": "remainder", "power": "pow", "right_shift": "bitwise_right_shift",
    "true_divide": "divide",
}  # fmt: skip
"""NumPy's names of ufuncs that the standard calls something else."""

OPERATORS = {
    "add": "add", "divide": "truediv", "floor_divide": "floordiv", "matmul": "matmul", "multiply": "mul",
    "power": "pow", "remainder": "mod", "subtract": "sub",
}  # fmt: skip
"""Ufuncs that NumPy's arrays call for an operator of Python."""

IGNORED = frozenset({"casting", "order", "subok"})
"""Options that say how memory is laid out, or what is an error."""

REDUCTIONS = {
    "add": "sum", "logical_and": "all", "logical_or": "any", "maximum": "max", "minimum": "min", "multiply": "prod",
}  # fmt: skip
CUMULATIVE = {"add": "cumulative_sum", "multiply": "cumulative_prod"}
MISSING: Any = np._NoValue


def array_ufunc(self: Any, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
    """What NumPy calls for a ufunc, or an operator of its own arrays, that meets a Tensor."""
    xp = self.__array_namespace__()
    if method == "__call__" and not options:
        return _call(xp, ufunc, inputs)
    given = _named(ufunc) if method == "__call__" else f"{_named(ufunc)}.{method}"
    casting = options.get("casting", "same_kind")
    options = {name: value for name, value in options.items() if name not in IGNORED}
    out = options.pop("out", None)
    if out is not None:
        for one in out if isinstance(out, tuple) else (out,):
            if one is not None and not isinstance(one, agrad.Tensor):
                write(given, one, None)  # which raises
    value = METHODS[method](xp, ufunc, given, out, *inputs, **options)
    if out is None:
        return value
    outs = out if isinstance(out, tuple) else (out,)
    values = value if isinstance(value, tuple) else (value,)
    written = [v if one is None else write(given, one, v, casting) for one, v in zip(outs, values, strict=True)]
    return written[0] if len(written) == 1 else tuple(written)


def _call(xp: Any, ufunc: Any, inputs: tuple[Any, ...]) -> Any:
    """A plain call of a ufunc."""
    name = ufunc.__name__
    if len(inputs) == 2 and name in OPERATORS:
        # Python's numbers are weak in operators and in their ufuncs, and not in the standard's functions
        left, right = inputs
        word = OPERATORS[name]
        if isinstance(left, agrad.Tensor):
            out = getattr(left, f"__{word}__")(right)
        else:
            out = getattr(right, f"__r{word}__")(left)
        if out is not NotImplemented:
            return out
    function = _function(xp, ufunc)
    if function is None:
        return _of_values(xp, ufunc, inputs)
    return function(*[array_of(xp, x) if isinstance(x, list | tuple) else x for x in inputs])


def _function(xp: Any, ufunc: Any) -> Callable[..., Any] | None:
    """The function that a ufunc is with gradients, if agrad has one."""
    name = ufunc.__name__
    if _is_of(ufunc, np, name):
        found: Callable[..., Any] | None = getattr(xp, NAMES.get(name, name), None)
        if found is not None:
            return found
        from agrad_numpy.interop.ufunc_table import COMPOSED  # once one is needed

        composed = COMPOSED.get(name)
        return None if composed is None else lambda *args: composed(xp, *args)
    special = sys.modules.get("scipy.special._ufuncs")
    if special is not None and _is_of(ufunc, special, name) and hasattr(xp, "special"):
        return getattr(xp.special, name.lstrip("_"), None) or (_function(xp, np.cbrt) if name == "cbrt" else None)
    return None


def _is_of(ufunc: Any, module: Any, name: str) -> bool:
    return getattr(module, name, None) is ufunc


def _named(ufunc: Any) -> str:
    """How a user calls it."""
    name = ufunc.__name__
    if _is_of(ufunc, np, name):
        return f"numpy.{name}"
    special = sys.modules.get("scipy.special._ufuncs")
    return f"scipy.special.{name}" if special is not None and _is_of(ufunc, special, name) else f"the ufunc {name}"


def _of_values(xp: Any, ufunc: Any, inputs: tuple[Any, ...], **options: Any) -> Any:
    """A ufunc without a derivative that agrad knows: of constants only."""
    if followed(inputs):
        raise refuse(
            _named(ufunc),
            "of which agrad knows no derivative",
            "write it with functions of agrad.array_namespace(t), give it a derivative of your own with "
            "agrad.custom_op, or give it the constant t.detach().array",
        )
    out = ufunc(*map(plain, inputs), **options)
    return tuple(map(xp.asarray, out)) if isinstance(out, tuple) else xp.asarray(out)


# With options -----------------------------------------------------------------------------------------


def _called(
    xp: Any, ufunc: Any, given: str, out: Any, *inputs: Any, where: Any = True, dtype: Any = None, **more: Any
) -> Any:
    if set(more) - ({"axis"} if ufunc.__name__ == "vecdot" else set()):
        raise refuse(
            f"{given} with {', '.join(f'{name}=' for name in more)}", "which takes where=, dtype=, out= and casting=",
            "leave the others out",
        )  # fmt: skip
    if more:
        return xp.vecdot(*inputs, **more)
    if ufunc.signature is None and dtype is not None:
        inputs = tuple(_cast(xp, x, dtype) for x in inputs)
    if where is True:
        return _call(xp, ufunc, inputs)
    shape = np.broadcast_shapes(*[np.shape(x) for x in inputs], np.shape(where))
    where = array_of(xp, where)
    # what is not computed is computed of ones: no nan of it reaches a gradient
    safe = [xp.where(where, array_of(xp, x), xp.ones_like(array_of(xp, x))) for x in inputs]
    value = _call(xp, ufunc, tuple(safe))
    if out is None:  # NumPy leaves memory as it is there; here it is zeros
        return xp.where(where, value, xp.zeros_like(value))
    return xp.where(where, value, xp.broadcast_to(xp.astype(out[0], value.dtype, copy=False), shape))


def _cast(xp: Any, x: Any, dtype: Any) -> Any:
    return xp.astype(array_of(xp, x), np.dtype(dtype), copy=False)


# Methods ----------------------------------------------------------------------------------------------


def _reduce(
    xp: Any, ufunc: Any, given: str, out: Any, x: Any, axis: Any = 0, dtype: Any = None, keepdims: bool = False,
    initial: Any = MISSING, where: Any = True,
) -> Any:  # fmt: skip
    x = array_of(xp, x)
    axes = axes_of(axis, x.ndim)
    name = ufunc.__name__
    if dtype is not None:
        x = _cast(xp, x, dtype)
    if where is not True:
        start = ufunc.identity if ufunc.identity is not None or initial is MISSING else initial
        if start is None:
            raise ValueError(f"{given} with where= needs initial=, as {ufunc.__name__} has no identity")
        x = xp.where(array_of(xp, where), x, xp.asarray(start, dtype=x.dtype))
    if name in REDUCTIONS:
        value = getattr(xp, REDUCTIONS[name])(x, axis=axes, keepdims=keepdims) if x.ndim else _numbers(xp, name, x)
    elif name == "logaddexp":
        top = agrad.stop_gradient(xp.max(x, axis=axes, keepdims=True))
        top = xp.where(xp.isfinite(top), top, xp.zeros_like(top))
        value = xp.log(xp.sum(xp.exp(x - top), axis=axes, keepdims=True)) + top
        value = value if keepdims else xp.squeeze(value, axis=axes)
    else:
        if len(axes) != 1:
            raise refuse(given, "and reduces over one axis at a time", "give an integer for axis=")
        items = xp.unstack(x, axis=axes[0])
        if not items:
            raise ValueError(f"{given} of an axis of length 0 needs initial=")
        value = reduce(lambda a, b: _call(xp, ufunc, (a, b)), items)
        value = xp.expand_dims(value, axis=axes[0]) if keepdims else value
    return value if initial is MISSING or initial is None else _call(xp, ufunc, (value, initial))


def _numbers(xp: Any, name: str, x: Any) -> Any:
    """The reduction of a number: itself, and of a truth value what adding makes of it."""
    return getattr(xp, REDUCTIONS[name])(xp.reshape(x, (1,)))


def _accumulate(xp: Any, ufunc: Any, given: str, out: Any, x: Any, axis: int = 0, dtype: Any = None) -> Any:
    x = array_of(xp, x)
    axis = axis_of(axis, x.ndim)
    if dtype is not None:
        x = _cast(xp, x, dtype)
    if ufunc.__name__ in CUMULATIVE:
        return getattr(xp, CUMULATIVE[ufunc.__name__])(x, axis=axis)
    items = list(accumulate(xp.unstack(x, axis=axis), lambda a, b: _call(xp, ufunc, (a, b))))
    return xp.stack(items, axis=axis) if items else x


def _outer(xp: Any, ufunc: Any, given: str, out: Any, x: Any, y: Any, **options: Any) -> Any:
    x, y = array_of(xp, x), array_of(xp, y)
    x = xp.reshape(x, (*x.shape, *(1,) * y.ndim))
    return _called(xp, ufunc, given, out, x, y, **options)


def _at(xp: Any, ufunc: Any, given: str, out: Any, x: Any, key: Any, value: Any = None) -> None:
    """Change `x` at an index, repeated positions included."""
    if not isinstance(x, agrad.Tensor):
        write(given, x, None)
    name = ufunc.__name__
    if ufunc.nin == 1:
        x[key] = _call(xp, ufunc, (x[key],))
    elif name in ("add", "subtract"):
        spread = xp.broadcast_to(xp.astype(array_of(xp, value), x.dtype, copy=False), x[key].shape)
        moved = xp.scatter(spread, key, shape=x.shape)
        x[...] = x + moved if name == "add" else x - moved
    else:
        spread = xp.broadcast_to(array_of(xp, value), x[key].shape)
        positions = np.arange(x.size).reshape(x.shape)[plain(key)]
        if np.unique(positions).size == positions.size:
            x[key] = _call(xp, ufunc, (x[key], spread))
            return
        changed, spread = xp.reshape(x, (-1,)), xp.reshape(spread, (-1,))
        items: dict[int, Any] = {}
        for i, position in enumerate(positions.reshape(-1).tolist()):
            items[position] = _call(xp, ufunc, (items.get(position, changed[position]), spread[i]))
        new = xp.stack([items.get(i, changed[i]) for i in range(x.size)])
        x[...] = xp.reshape(new, x.shape)


def _reduceat(xp: Any, ufunc: Any, given: str, out: Any, x: Any, indices: Any, axis: int = 0, dtype: Any = None) -> Any:
    x = array_of(xp, x)
    axis = axis_of(axis, x.ndim)
    starts = [int(i) for i in plain(indices)]
    parts = []
    for start, stop in zip(starts, [*starts[1:], x.shape[axis]], strict=True):
        part = x[along(x.ndim, axis, slice(start, max(stop, start + 1)))]
        parts.append(_reduce(xp, ufunc, given, None, part, axis, dtype))
    return xp.stack(parts, axis=axis)


METHODS: dict[str, Callable[..., Any]] = {
    "__call__": _called,
    "accumulate": _accumulate,
    "at": _at,
    "outer": _outer,
    "reduce": _reduce,
    "reduceat": _reduceat,
}
