"""Functions of each element: a table of PyTorch's name, agrad's, the derivative's, and what becomes of integers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import agrad
from agrad_torchlike import dtypes
from agrad_torchlike.arithmetic import promoted, tensor_of
from agrad_torchlike.errors import argument_must_be_tensor, axis_of
from agrad_torchlike.graph import edge
from agrad_torchlike.layout import arranged
from agrad_torchlike.registry import METHODS, add, attribute, into, op, record, settled, tensor_op
from agrad_torchlike.tensors import Tensor, new
from agrad_torchlike.versions import OWN, SAVES, counter_of, saved

__all__: list[str] = []

FLOAT = """
    acos acos Acos  acosh acosh Acosh  asin asin Asin  asinh asinh Asinh  atan atan Atan  atanh atanh Atanh
    arccos acos Acos  arcsin asin Asin  arctan atan Atan  cos cos Cos  cosh cosh Cosh  sin sin Sin  sinh sinh Sinh
    tan tan Tan  tanh tanh Tanh  exp exp Exp  expm1 expm1 Expm1  log log Log  log2 log2 Log2  log10 log10 Log10
    log1p log1p Log1P  sqrt sqrt Sqrt  reciprocal reciprocal Reciprocal
    sigmoid nn.sigmoid Sigmoid  erf special.erf Erf  erfc special.erfc Erfc  erfinv special.erfinv Erfinv
    lgamma special.gammaln Lgamma  digamma special.digamma Digamma  logit special.logit Logit
"""
"""Triples: the results of integers are float."""

SAME = """
    abs abs Abs  absolute abs Abs  neg negative Neg  negative negative Neg  floor floor Floor  ceil ceil Ceil
    trunc trunc Trunc  fix trunc Trunc  sign sign Sign  sgn sign Sign  square square Pow  relu nn.relu Relu
    bitwise_not bitwise_invert Not  conj conj Conj
"""
"""Triples: the results are of the same dtype."""


def _found(xp: Any, name: str) -> Callable[..., Any]:
    for part in name.split("."):
        xp = getattr(xp, part)
    return xp  # type: ignore[no-any-return]


RESULT = SAVES["ExpBackward0"]


def _unary(name: str, core: str, node: str, to_float: bool) -> Callable[..., Any]:
    found: dict[type, Any] = {}
    plan = SAVES.get(node)

    def call(*args: Any, **options: Any) -> Any:
        if options:
            args, options, out = settled(args, options)
            if out is not None:
                return into(out, call(*args, **options))
        if len(args) != 1 or options:
            if not args:
                raise argument_must_be_tensor(name, args)
            raise TypeError(f"{name}() takes 1 positional argument but {len(args) + len(options)} were given")
        x = args[0]
        try:
            t = x._t
        except AttributeError:
            raise argument_must_be_tensor(name, args) from None
        try:
            function = found[type(t)]
        except KeyError:
            function = found[type(t)] = _found(t.__array_namespace__(), core)
        if to_float and not t.aval.inexact:
            xp = t.__array_namespace__()
            t = xp.astype(t, dtypes.to_backend(dtypes.default(), xp))
        t = function(t)
        y = new(Tensor)
        y._t = t
        if t.node is not None:
            before = x._op or x
            if plan is None:
                y._op = (node, before)
            elif plan is RESULT:
                y._counter = c = [0, "", ""]
                y._op = (node, before, [t.node, c, 0, t.aval, OWN])
            else:
                c = x._counter or counter_of(x)
                y._op = (node, before, [t.node, c, c[0], x._t.aval, before])
        if x._view is not None or x._strides is not None:
            arranged(y, x)
        return y

    return call


for _table, _to_float in ((FLOAT, True), (SAME, False)):
    _words = _table.split()
    for _name, _core, _node in zip(_words[::3], _words[1::3], _words[2::3], strict=True):
        add(_name, _unary(_name, _core, f"{_node}Backward0", _to_float))

for _dunder, _name in {"neg": "neg", "abs": "abs", "invert": "bitwise_not"}.items():
    _core = {"neg": "negative", "abs": "abs", "bitwise_not": "bitwise_invert"}[_name]
    attribute(f"__{_dunder}__", _unary(_name, _core, f"{_name.capitalize()}Backward0", False))


def positive(input: Any) -> Any:
    """The tensor itself."""
    return input


add("positive", positive)
attribute("__pos__", positive)


PAIRS = """
    maximum maximum Maximum  minimum minimum Minimum  fmax maximum Fmax  fmin minimum Fmin  atan2 atan2 Atan2
    arctan2 atan2 Atan2  hypot hypot Hypot  logaddexp logaddexp Logaddexp  copysign copysign Copysign
    nextafter nextafter Nextafter  xlogy special.xlogy Xlogy
"""
"""The same for functions of two tensors."""


def _pair(name: str, core: str, node: str) -> Callable[..., Any]:
    def call(*args: Any, **options: Any) -> Any:
        if options:
            args, options, out = settled(args, options)
            if out is not None:
                return into(out, call(*args, **options))
        x, y = args[0], args[1] if len(args) > 1 else options["other"]
        if not isinstance(x, Tensor):
            raise argument_must_be_tensor(name, args)
        x, y = tensor_of(x), tensor_of(y)
        a, b = promoted(x, y, divides=name not in ("maximum", "minimum", "fmax", "fmin"))
        xp = a.__array_namespace__()
        b = b if isinstance(b, agrad.Tensor) else xp.asarray(b, dtype=a.dtype)
        if name in ("fmax", "fmin"):  # a nan counts for nothing
            nan_a, nan_b = xp.isnan(a), xp.isnan(b)
            a, b = xp.where(nan_a, b, a), xp.where(nan_b, a, b)
        return arranged(record(_found(xp, core)(a, b), node, (x, y)), x, y)

    return call


_words = PAIRS.split()
for _name, _core, _node in zip(_words[::3], _words[1::3], _words[2::3], strict=True):
    add(_name, _pair(_name, _core, f"{_node}Backward0"))


@op("RsqrtBackward0", pointwise=True)
def rsqrt(xp: Any, x: Any) -> Any:
    """One over the square root."""
    return 1.0 / xp.sqrt(x)


@op("Exp2Backward0", pointwise=True)
def exp2(xp: Any, x: Any) -> Any:
    """Two to the power of each element."""
    return 2.0**x


@tensor_op()
def round_(input: Any, *, decimals: int = 0) -> Any:
    """The nearest integer, of two equally near ones the even one."""
    t = input._t
    xp = t.__array_namespace__()
    if not decimals:
        return arranged(record(xp.round(t), "RoundBackward0", [input]), input)
    return record(xp.round(t * 10.0**decimals) / 10.0**decimals, "RoundBackward1", [input])


@op("FracBackward0", pointwise=True)
def frac(xp: Any, x: Any) -> Any:
    """The part behind the point."""
    return x - xp.trunc(x)


@op("FmodBackward0", pointwise=True)
def fmod(xp: Any, x: Any, other: Any) -> Any:
    """The remainder with the sign of the first."""
    return x - xp.trunc(x / other) * other


@op("ClampBackward1", pointwise=True)
def clamp(xp: Any, x: Any, min: Any = None, max: Any = None) -> Any:
    """Each element, no smaller than `min` and no greater than `max`."""
    if min is None and max is None:
        raise ValueError("torch.clamp: At least one of 'min' or 'max' must not be None")
    bounds = [b for b in (min, max) if b is not None and not isinstance(b, agrad.Tensor)]
    if dtypes.rank(x) < 2 and float in map(type, bounds):
        x = xp.astype(x, dtypes.to_backend(dtypes.default(), xp))
    if len(bounds) == 2 and min > max:
        return xp.full_like(x, max)
    return xp.clip(x, min, max)


def _within(name: str, general: Callable[..., Any]) -> None:
    """The short way for numbers as bounds."""

    def call(*args: Any, **options: Any) -> Any:
        if len(args) != 1 or type(args[0]) is not Tensor or not _ordered(**options) or not args[0]._t.aval.inexact:
            return general(*args, **options)
        x = args[0]
        y = new(Tensor)
        y._t = t = x._t.__array_namespace__().clip(x._t, options.get("min"), options.get("max"))
        if t.node is not None:
            y._op = ("ClampBackward1", edge(x), *saved("ClampBackward1", y, (x,)))
        return y if x._view is None and x._strides is None else arranged(y, x)

    add(name, call)


def _ordered(min: Any = None, max: Any = None, **others: Any) -> bool:
    """Whether the bounds are one number, or two that are in order."""
    if others or type(min) not in NUMBERS or type(max) not in NUMBERS:
        return False
    return (max is not None) if min is None else max is None or bool(min <= max)


NUMBERS = (int, float, type(None))
op("ClampBackward1", name="clip", pointwise=True)(lambda xp, x, min=None, max=None: xp.clip(x, min, max))
for _name in ("clamp", "clip"):
    _within(_name, METHODS[_name])
op("ClampMinBackward0", name="clamp_min", pointwise=True)(lambda xp, x, min: xp.clip(x, min, None))
op("ClampMaxBackward0", name="clamp_max", pointwise=True)(lambda xp, x, max: xp.clip(x, None, max))


@op("LerpBackward0", pointwise=True)
def lerp(xp: Any, x: Any, end: Any, weight: Any) -> Any:
    """``input + weight * (end - input)``."""
    return x + weight * (end - x)


@op("AddcmulBackward0", pointwise=True)
def addcmul(xp: Any, x: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
    """``input + value * tensor1 * tensor2``."""
    return x + value * tensor1 * tensor2


@op("AddcdivBackward0", pointwise=True)
def addcdiv(xp: Any, x: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
    """``input + value * tensor1 / tensor2``."""
    return x + value * tensor1 / tensor2


@op("NanToNumBackward0", pointwise=True)
def nan_to_num(xp: Any, x: Any, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Any:
    """Numbers in place of nan and infinities."""
    limits = xp.finfo(x.dtype)
    x = xp.where(xp.isnan(x), xp.asarray(nan, dtype=x.dtype), x)
    x = xp.where(x == float("inf"), xp.asarray(limits.max if posinf is None else posinf, dtype=x.dtype), x)
    return xp.where(x == -float("inf"), xp.asarray(limits.min if neginf is None else neginf, dtype=x.dtype), x)


@op("NotImplemented", pointwise=True)
def heaviside(xp: Any, x: Any, values: Any) -> Any:
    """0 for negative elements, 1 for positive ones, and `values` where they are zero."""
    return xp.where(x == 0, values, xp.astype(x > 0, x.dtype))


def _over_axis(name: str, node: str) -> None:
    def compute(xp: Any, x: Any, dim: Any = None, *, dtype: Any = None) -> Any:
        if dim is None:
            raise TypeError(f'{name}() missing 1 required positional arguments: "dim"')
        if dtype is not None:
            x = xp.astype(x, dtypes.to_backend(dtype, xp))
        axis_of(dim, x.ndim)
        if not x.ndim:
            return xp.reshape(getattr(xp.nn, name)(xp.reshape(x, (1,)), axis=0), ())
        return getattr(xp.nn, name)(x, axis=dim)

    op(node, name=name)(compute)


_over_axis("softmax", "SoftmaxBackward0")
_over_axis("log_softmax", "LogSoftmaxBackward0")
