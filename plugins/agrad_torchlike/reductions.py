"""Reductions over all axes or over `dim`, with `keepdim`: sums, means, extremes, norms; some with named results."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from typing import Any

import agrad
from agrad_torchlike import dtypes
from agrad_torchlike.errors import argument_must_be_tensor, axes_of, axis_of
from agrad_torchlike.graph import edges_of
from agrad_torchlike.registry import add, into, op, record, settled
from agrad_torchlike.tensors import Tensor
from agrad_torchlike.versions import saved

__all__ = ["named"]


_namedtuple: Any = namedtuple  # whose fields are literals, for mypy


def named(name: str, fields: str = "values indices") -> Any:
    """The class of a named result, which prints as PyTorch's."""

    def shown(self: Any) -> str:
        parts = ",\n".join(f"{field}={value!r}" for field, value in zip(self._fields, self, strict=True))
        return f"torch.return_types.{name}(\n{parts})"

    base = _namedtuple(name, fields)
    return type(name, (base,), {"__slots__": (), "__repr__": shown, "__module__": "agrad_torchlike.return_types"})


def _axes(x: Any, dim: Any) -> Any:
    """``dim=`` as the core's ``axis=``: of a 0-d tensor there are no axes to reduce over."""
    if dim is None or (isinstance(dim, tuple | list) and not dim):
        return None
    axes = axes_of(dim, x.ndim)
    if len(set(axes)) != len(axes):
        raise RuntimeError("dim appears multiple times in the list of dims")
    return axes if x.ndim else ()


def _in_dtype(xp: Any, x: Any, dtype: Any, small_to: Any = None) -> Any:
    if dtype is not None:
        return xp.astype(x, dtypes.to_backend(dtype, xp))
    if small_to is not None and dtypes.rank(x) < 2:
        return xp.astype(x, dtypes.to_backend(small_to, xp))
    return x


def _total(name: str, node: str, core: str) -> None:
    """``sum``, ``mean``, ``prod``: derivatives of two names, for all axes and for some."""

    whole, part = f"{node}Backward0", f"{node}Backward1"

    def call(*args: Any, **options: Any) -> Any:
        if not options and len(args) == 1 and isinstance(args[0], Tensor) and args[0]._t.aval.inexact:
            x = args[0]
            return record(getattr(x._t, core)(), whole, args)
        if options:
            args, options, out = settled(args, options)
            if out is not None:
                return into(out, call(*args, **options))
        if not args or not isinstance(args[0], Tensor):
            raise argument_must_be_tensor(name, args)
        x = args[0]
        aval = x._t.aval
        if (
            not options
            and len(args) == 2
            and type(args[1]) is int
            and aval.inexact
            and -aval.ndim <= args[1] < aval.ndim
        ):
            return record(getattr(x._t, core)(axis=args[1]), part, (x,))
        return record(total(*args, **options), part if _given(args, options) else whole, (x,))

    def total(x: Any, *dims: Any, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Any:
        if len(dims) >= 2 and type(dims[-1]) is bool:
            *dims, keepdim = dims  # type: ignore[assignment]
        if dims:
            dim = dims[0] if len(dims) == 1 else tuple(dims)
        t = x._t
        xp = t.__array_namespace__()
        if name == "mean":
            t = _in_dtype(xp, t, dtype)
            if dtypes.from_backend(t.dtype).rank < 2:
                raise RuntimeError(
                    "mean(): could not infer output dtype. Input dtype must be either a floating point or complex "
                    f"dtype. Got: {x.dtype.word}"
                )
        else:
            t = _in_dtype(xp, t, dtype, dtypes.int64)
        axes = _axes(t, dim)
        if axes == ():
            return xp.positive(t)
        return getattr(xp, core)(t, axis=axes, keepdims=keepdim)

    add(name, call)


def _given(args: tuple[Any, ...], options: dict[str, Any]) -> bool:
    return len(args) > 1 or options.get("dim") is not None


for _name, _node in {"sum": "Sum", "mean": "Mean", "prod": "Prod"}.items():
    _total(_name, _node, _name)


@op("NansumBackward0")
def nansum(xp: Any, x: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The sum, in which nan counts for nothing."""
    x = xp.where(xp.isnan(x), xp.zeros_like(x), _in_dtype(xp, x, dtype))
    return xp.sum(x, axis=_axes(x, dim), keepdims=keepdim)


def _spread(name: str, node: str) -> None:
    def compute(
        xp: Any, x: Any, dim: Any = None, unbiased: Any = True, keepdim: bool = False, *, correction: Any = None
    ) -> Any:
        if type(dim) is bool:  # std(unbiased)
            dim, unbiased = None, dim
        if dtypes.rank(x) < 2:
            raise RuntimeError(f"{name} only support floating point and complex dtypes")
        counted = (1 if unbiased else 0) if correction is None else correction
        axes = _axes(x, dim)
        return getattr(xp, name)(x, axis=None if axes == () else axes, correction=float(counted), keepdims=keepdim)

    op(node, name=name)(compute)


_spread("std", "StdBackward0")
_spread("var", "VarBackward0")


def _both(name: str, first: str) -> None:
    def call(input: Any, dim: Any = None, *, correction: int = 1, keepdim: bool = False) -> Any:
        options = {"dim": dim, "correction": correction, "keepdim": keepdim}
        pair = getattr(Tensor, first)(input, **options), Tensor.mean(input, dim=dim, keepdim=keepdim)
        for y in pair:
            if y.requires_grad:
                node = f"{first.capitalize()}MeanBackward0"
                y._op = (node, *edges_of(y._op), *saved(node, y, (input,)))
        return pair

    add(name, call, method=False)


_both("std_mean", "std")
_both("var_mean", "var")


@op("LogsumexpBackward0")
def logsumexp(xp: Any, x: Any, dim: Any, keepdim: bool = False) -> Any:
    """The logarithm of the sum of exponentials."""
    return xp.nn.logsumexp(x, axis=_axes(x, dim), keepdims=keepdim)


# Truth values, places ---------------------------------------------------------------------------------


def _truth(name: str) -> None:
    def compute(xp: Any, x: Any, dim: Any = None, keepdim: bool = False) -> Any:
        axes = _axes(x, dim)
        x = dtypes.truth(x)
        return x.clone() if axes == () else getattr(xp, name)(x, axis=axes, keepdims=keepdim)

    op(name=name)(compute)


def _place(name: str) -> None:
    def compute(xp: Any, x: Any, dim: Any = None, keepdim: bool = False) -> Any:
        if dim is None:
            found = getattr(xp, name)(xp.reshape(x, (-1,)))
            return xp.astype(xp.reshape(found, (1,) * x.ndim if keepdim else ()), xp.int64)
        axis = axis_of(dim, x.ndim)
        if not x.ndim:
            return xp.zeros((), dtype=xp.int64)
        return xp.astype(getattr(xp, name)(x, axis=axis, keepdims=keepdim), xp.int64)

    op(name=name)(compute)


for _name in ("all", "any"):
    _truth(_name)
for _name in ("argmax", "argmin"):
    _place(_name)


@op()
def count_nonzero(xp: Any, x: Any, dim: Any = None) -> Any:
    """How many elements are not zero."""
    return xp.astype(xp.count_nonzero(x, axis=_axes(x, dim)), xp.int64)


# Extremes ---------------------------------------------------------------------------------------------


def _extreme(name: str, node: str) -> Callable[..., Any]:
    kind = named(name)
    place, pair = f"arg{name}", f"{name}imum"

    def compute(xp: Any, x: Any, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
        other = dim if isinstance(dim, agrad.Tensor) else other
        if other is not None:
            return getattr(xp, pair)(x, other)
        if dim is None:
            if not x.size:
                raise RuntimeError(
                    f"{name}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction "
                    "dim with the 'dim' argument."
                )
            return getattr(xp, name)(x)
        axis = axis_of(dim, x.ndim)
        if not x.ndim:
            return kind(xp.positive(x), xp.zeros((), dtype=xp.int64))
        at = getattr(xp, place)(x, axis=axis, keepdims=True)
        values = xp.take_along_axis(x, at, axis=axis)
        at = xp.astype(at, xp.int64)
        return kind(values, at) if keepdim else kind(xp.squeeze(values, axis=axis), xp.squeeze(at, axis=axis))

    made = op("", name=name)(compute)

    def call(*args: Any, **options: Any) -> Any:
        out = made(*args, **options)
        if isinstance(out, tuple):
            if out[0].requires_grad:
                out[0]._op = (f"{node}Backward0", *edges_of(out[0]._op))
        elif out.requires_grad:
            both = len(out._op) > 2 or (len(args) > 1 and isinstance(args[1], Tensor))
            whole = f"{node}imumBackward0" if both else f"{node}Backward1"
            out._op = (whole, *edges_of(out._op), *saved(whole, out, (*args, *options.values())))
        return out

    add(name, call)
    return kind  # type: ignore[no-any-return]


for _name in ("max", "min"):
    _extreme(_name, _name.capitalize())


def _extreme_over(name: str, core: str, node: str) -> None:
    def compute(xp: Any, x: Any, dim: Any = None, keepdim: bool = False) -> Any:
        axes = _axes(x, dim)
        return xp.positive(x) if axes == () else getattr(xp, core)(x, axis=axes, keepdims=keepdim)

    op(node, name=name)(compute)


_extreme_over("amax", "max", "AmaxBackward0")
_extreme_over("amin", "min", "AminBackward0")


@op("AminmaxBackward0")
def aminmax(xp: Any, x: Any, *, dim: Any = None, keepdim: bool = False) -> Any:
    """The smallest and the greatest element."""
    axes = _axes(x, dim)
    return named("aminmax", "min max")(xp.min(x, axis=axes, keepdims=keepdim), xp.max(x, axis=axes, keepdims=keepdim))


def _named_by_axis(name: str, compute: Callable[..., Any], nodes: tuple[str, str]) -> None:
    """An operation whose derivative has one name for all axes and one for some."""
    whole, part = (op(node, name=name)(compute) for node in nodes)

    def call(*args: Any, **options: Any) -> Any:
        return (part if _given(args, {**options, "dim": options.get("dim", options.get("axis"))}) else whole)(
            *args, **options
        )

    add(name, call)


def median(xp: Any, x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """The middle element; of an even number, the lower one of the two."""
    if dim is None:
        flat = xp.sort(xp.reshape(x, (-1,)))
        return flat[(x.size - 1) // 2]
    axis = axis_of(dim, x.ndim)
    if not x.ndim:
        return named("median")(xp.positive(x), xp.zeros((), dtype=xp.int64))
    k = (x.shape[axis] - 1) // 2
    at = xp.take(xp.argsort(x, axis=axis), xp.asarray([k]), axis=axis)
    values, at = xp.take_along_axis(x, at, axis=axis), xp.astype(at, xp.int64)
    return named("median")(*((values, at) if keepdim else (xp.squeeze(values, axis=axis), xp.squeeze(at, axis=axis))))


_named_by_axis("median", median, ("MedianBackward0", "MedianBackward1"))


# Norms ------------------------------------------------------------------------------------------------


def vector_norm(xp: Any, x: Any, ord: Any, dim: Any, keepdim: bool) -> Any:
    """The norm of vectors; integers have none."""
    if dtypes.rank(x) < 2:
        raise RuntimeError(
            "linalg.vector_norm: Expected a floating point or complex tensor as input. Got "
            f"{dtypes.from_backend(x.dtype).word}"
        )
    if not x.ndim:
        x, dim = xp.reshape(x, (1,)), None
    return xp.linalg.vector_norm(x, axis=_axes(x, dim), keepdims=keepdim, ord=ord)


@op("LinalgVectorNormBackward0")
def norm(xp: Any, x: Any, p: Any = "fro", dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Any:
    """The norm of all elements, or of those along `dim`."""
    return vector_norm(xp, _in_dtype(xp, x, dtype), 2 if p in ("fro", None) else p, dim, keepdim)


@op("DistBackward0")
def dist(xp: Any, x: Any, other: Any, p: Any = 2) -> Any:
    """The norm of the difference."""
    return vector_norm(xp, x - other, p, None, False)


for _name in ("numel", "nelement"):
    add(_name, lambda input: input._t.size, function=_name == "numel")
