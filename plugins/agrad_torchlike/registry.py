"""Where the operations are found: one callable serves as a function and as a method."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import Any

import agrad
from agrad_torchlike.errors import argument_must_be_tensor, missing, translated
from agrad_torchlike.graph import edges
from agrad_torchlike.layout import arranged
from agrad_torchlike.tensors import Tensor, raw, wrap
from agrad_torchlike.versions import SAVES, saved

__all__ = [
    "FUNCTIONS",
    "METHODS",
    "add",
    "attribute",
    "function",
    "into",
    "lift",
    "load",
    "method",
    "op",
    "record",
    "settled",
    "tensor_op",
]

FUNCTIONS: dict[str, Callable[..., Any]] = {}
METHODS: dict[str, Callable[..., Any]] = {}

_HOMES = (
    "arithmetic comparing conversions creation drawn elementwise grads indexing inplace joining linear reductions "
    "selecting shapes sorting views"
).split()

_WORDS = {"axis": "dim", "keepdims": "keepdim", "self": "input", "a": "input", "x": "input"}
"""NumPy's names of options, which PyTorch takes, too."""


_loaded: list[bool] = []


def load() -> None:
    """Fill the tables, and give the Tensor its operators."""
    if not _loaded:
        _loaded.append(True)
        for home in _HOMES:
            import_module(f"agrad_torchlike.{home}")


def function(name: str) -> Callable[..., Any] | None:
    """The function of that name, ``torch.exp``."""
    load()
    return FUNCTIONS.get(name)


def method(name: str) -> Any:
    """The method of that name; an unknown one says so."""
    if name not in METHODS:
        load()
        if name not in METHODS:
            raise AttributeError(missing(name, "method"))
    return METHODS[name]


def add(name: str, made: Callable[..., Any], function: bool = True, method: bool = True) -> None:
    """Enter a callable under a name."""
    if not hasattr(made, "of"):
        made.__name__ = made.of = name  # type: ignore[attr-defined] # others are its aliases
    if function:
        FUNCTIONS[name] = made
    if method:
        METHODS[name] = made


def op(
    node: str = "", *, name: str = "", function: bool = True, method: bool = True, pointwise: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter a function of agrad's namespace and Tensors as an operation, whose derivative is called `node`."""

    def enter(compute: Callable[..., Any]) -> Callable[..., Any]:
        word = name or compute.__name__.rstrip("_")
        made = lift(word, compute, node, pointwise)
        add(word, made, function, method)
        return made

    return enter


def attribute(name: str, value: Any) -> None:
    """Give the Tensor an attribute: an operator or a property."""
    setattr(Tensor, name, value)


def tensor_op(
    *, function: bool = True, method: bool = True, name: str = ""
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter a function of this layer's own tensors."""

    def enter(compute: Callable[..., Any]) -> Callable[..., Any]:
        word = name or compute.__name__.rstrip("_")

        @wraps(compute)
        def checked(*args: Any, **options: Any) -> Any:
            if options:
                args, options, out = settled(args, options)
                if out is not None:
                    return into(out, checked(*args, **options))
            if not args or not isinstance(args[0], Tensor):
                raise argument_must_be_tensor(word, args)
            return compute(*args, **options)

        add(word, checked, function, method)
        return checked

    return enter


def settled(args: tuple[Any, ...], options: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any], Any]:
    """Options under PyTorch's names, the tensor in front, and ``out=``."""
    options = {_WORDS.get(k, k): v for k, v in options.items()}
    if "input" in options:
        args = (options.pop("input"), *args)
    return args, options, options.pop("out", None)


def into(out: Tensor, result: Any) -> Tensor:
    """A result in the tensor that was given as ``out=``."""
    if result.shape != out.shape or out._t.node is not None:
        if out._t.size and result.shape != out.shape:
            raise RuntimeError(
                f"out= has shape {list(out.shape)} and the result {list(result.shape)}; leave out out= and assign it"
            )
        out._t, out._op, out._view = result._t, result._op, None
        return out
    out.copy_(result)
    return out


def lift(name: str, compute: Callable[..., Any], node: str, pointwise: bool = False) -> Callable[..., Any]:
    """A function of agrad's namespace and Tensors as one of this layer's tensors."""

    @wraps(compute)
    def call(*args: Any, **options: Any) -> Any:
        if options:
            args, options, out = settled(args, options)
            if out is not None:
                return into(out, call(*args, **options))
        if not args or not isinstance(args[0], Tensor):
            raise argument_must_be_tensor(name, args)
        xp = args[0]._t.__array_namespace__()
        try:
            result = compute(xp, *[raw(a) for a in args], **{k: raw(v) for k, v in options.items()})
        except Exception as error:
            raise translated(error, name, args) from error
        given = (*args, *options.values())
        made = record(result, node, given, name if name in SAVES else node)
        return arranged(made, *given) if pointwise else made

    del call.__wrapped__  # its signature is another one
    return call


def record(result: Any, node: str, args: Any, plan: str = "") -> Any:
    """What an operation returned, as tensors of this layer that know the operation; `plan` names what it keeps."""
    if isinstance(result, tuple):
        parts = [record(item, node, args, plan) for item in result]
        return type(result)(*parts) if hasattr(result, "_fields") else tuple(parts)
    if not isinstance(result, agrad.Tensor):
        return result
    y = wrap(result)
    if result.node is not None:
        y._op = (node, *edges(args, inexact=True), *saved(plan or node, y, args))
    return y
