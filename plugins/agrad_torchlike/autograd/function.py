"""``torch.autograd.Function``: operations with derivatives that the user writes."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, Signature
from types import SimpleNamespace
from typing import Any

import agrad
from agrad_torchlike.graph import edges
from agrad_torchlike.tensors import Tensor, wrap

__all__ = ["Function", "FunctionCtx", "once_differentiable"]


class FunctionCtx(SimpleNamespace):
    """What the forward computation leaves for the backward one: `ctx`."""

    needs_input_grad: tuple[bool, ...] = ()
    _saved: tuple[Any, ...] = ()
    _plain: frozenset[int] = frozenset()
    _materialize: bool = True

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep tensors: ``ctx.saved_tensors`` has them in the backward computation."""
        self._saved = tensors

    save_for_forward = save_for_backward

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """The tensors that were saved."""
        return self._saved

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """Say which results have no derivative."""
        self._plain = frozenset(map(id, tensors))

    def mark_dirty(self, *tensors: Any) -> None:
        """Say which inputs are changed in place: unsupported."""
        raise agrad.UnsupportedError(
            "ctx.mark_dirty is not supported; return a new tensor instead of changing an input"
        )

    def set_materialize_grads(self, value: bool) -> None:
        """Whether a missing gradient is zeros in `backward`, which it always is here."""
        self._materialize = value


class Function:
    """A function with a derivative of its own: a class with the static methods `forward` and `backward`.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> class Exp(torch.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         result = x.exp()
    ...         ctx.save_for_backward(result)
    ...         return result
    ...
    ...     @staticmethod
    ...     def backward(ctx, grad_output):
    ...         (result,) = ctx.saved_tensors
    ...         return grad_output * result
    >>> x = torch.tensor(0.0, requires_grad=True)
    >>> Exp.apply(x).backward()
    >>> x.grad.item()
    1.0
    """

    @staticmethod
    def forward(*args: Any, **options: Any) -> Any:
        """Compute the result: every function writes its own."""
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        """Return the gradients of the arguments, None for one that has none."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom autograd.Function."
        )

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Call the function on tensors and other values."""
        ctx = FunctionCtx()
        places = [k for k, a in enumerate(args) if isinstance(a, Tensor) and a._t.aval.inexact]
        ctx.needs_input_grad = tuple([isinstance(a, Tensor) and a._t.node is not None for a in args])
        with agrad.no_grad():
            if hasattr(cls, "setup_context"):
                result = cls.forward(*args)
                cls.setup_context(ctx, args, result)
            else:
                result = cls.forward(ctx, *args)
        several = isinstance(result, tuple)
        outs = list(result) if several else [result]
        if not any(ctx.needs_input_grad):
            return result
        made = _op(cls, ctx, args, places, outs)
        tensors = [y for y in outs if isinstance(y, Tensor)]
        followed = made(*[args[k]._t for k in places])
        record = (f"{cls.__name__}Backward", *edges([args[k] for k in places]))
        for y, t in zip(tensors, followed if len(tensors) > 1 else (followed,), strict=True):
            plain = id(y) in ctx._plain or not y._t.aval.inexact
            if any(y is a for a in args):  # the argument itself was returned
                outs[outs.index(y)] = y = wrap(y._t)
            y._t, y._view = (agrad.stop_gradient(t) if plain else t), None
            y._op = None if plain else record
        return tuple(outs) if several else outs[0]


def _op(cls: Any, ctx: FunctionCtx, args: tuple[Any, ...], places: list[int], outs: list[Any]) -> Callable[..., Any]:
    """The function as an op of agrad's, whose result is known already."""
    values = [agrad.stop_gradient(y._t) for y in outs if isinstance(y, Tensor)]
    names = [f"x{k}" for k in range(len(places))]

    def pulled(ct: Any) -> tuple[Any, ...]:
        """The gradients of the data arguments, each agrad's Tensor, its array or None: as the cotangents are."""
        given = ct if isinstance(ct, tuple) else (ct,)
        boxed = [isinstance(g, agrad.Tensor) for g in given]
        space = args[places[0]]._t.__array_namespace__()
        cts = iter([wrap(space.asarray(g)) for g in given])
        grads = [next(cts) if isinstance(y, Tensor) else None for y in outs]
        with agrad.enable_grad() if any(boxed) else agrad.no_grad():
            found = cls.backward(ctx, *grads)
        found = found if isinstance(found, tuple) else (found,)
        if len(found) > len(args) and all(g is None for g in found[len(args) :]):
            found = found[: len(args)]
        if len(found) != len(args):
            raise RuntimeError(
                f"function {cls.__name__}Backward returned an incorrect number of gradients (expected {len(args)}, got "
                f"{len(found)})"
            )
        parts = [found[k] for k in places]
        if any(boxed):
            return tuple([None if g is None else g._t for g in parts])
        return tuple([None if g is None else g._t.array for g in parts])

    def pushed(k: int) -> Callable[[Any], Any]:
        def push(t: Any) -> Any:
            if not hasattr(cls, "jvp"):
                raise agrad.GraphError(f"{cls.__name__} has no static method jvp: write one for forward mode")
            space = args[places[k]]._t.__array_namespace__()
            tangents: list[Any] = [None] * len(args)
            tangents[places[k]] = wrap(space.asarray(t))
            out = cls.jvp(ctx, *tangents)
            parts = out if isinstance(out, tuple) else (out,)
            made = tuple([p._t if isinstance(t, agrad.Tensor) else p._t.array for p in parts])
            return made if len(values) > 1 else made[0]

        return push

    def known(*data: Any) -> Any:
        found = tuple([v.array for v in values])
        return found if len(found) > 1 else found[0]

    known.__name__ = cls.__name__
    known.__signature__ = Signature([Parameter(n, Parameter.POSITIONAL_ONLY) for n in names])  # type: ignore[attr-defined]
    one = len(places) == 1

    def vjp(ct: Any) -> Any:
        found = pulled(ct)
        return found[0] if one else found

    rules = tuple([pushed(k) for k in range(len(places))])
    return agrad.custom_op(vjp=vjp, jvp=rules[0] if one else rules, outputs=len(values))(known)


def once_differentiable(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a `backward` that cannot itself be differentiated: doing so is an error.

    Examples
    --------
    >>> from agrad_torchlike.autograd.function import once_differentiable
    >>> class F:
    ...     @staticmethod
    ...     @once_differentiable
    ...     def backward(ctx, grad):
    ...         return grad
    """

    @wraps(function)
    def called(ctx: Any, *grads: Any) -> Any:
        with agrad.no_grad():
            out = function(ctx, *grads)
        followed = [g for g in grads if isinstance(g, Tensor) and g._t.node is not None]
        return _refusing(out, followed[0]) if followed else out

    return called


def _refusing(out: Any, followed: Any) -> Any:
    """Results that raise when they are differentiated."""

    def refuse(xp: Any, ct: Any) -> Any:
        raise RuntimeError("trying to differentiate twice a function that was marked with @once_differentiable")

    def one(g: Any) -> Any:
        if not isinstance(g, Tensor):
            return g
        value = g._t.array

        def known(x: Any) -> Any:
            return value

        return wrap(agrad.custom_op(vjp=refuse)(known)(followed._t))

    return tuple([one(g) for g in out]) if isinstance(out, tuple) else one(out)
