"""``torch.autograd.Function``: operations with derivatives that the user writes, on `agrad.Function`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from types import SimpleNamespace
from typing import Any, ClassVar

import agrad
from agrad_torchlike.graph import edges
from agrad_torchlike.tensors import Tensor, wrap
from agrad_torchlike.versions import kept

__all__ = ["Function", "FunctionCtx", "once_differentiable"]


class FunctionCtx(SimpleNamespace):
    """What the forward computation leaves for the backward one: `ctx`."""

    needs_input_grad: tuple[bool, ...] = ()
    _saved: tuple[Any, ...] = ()
    _plain: frozenset[int] = frozenset()
    _materialize: bool = True

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep tensors: ``ctx.saved_tensors`` has them in the backward computation."""
        for k, x in enumerate(tensors):
            if x is not None and not isinstance(x, Tensor):
                raise TypeError(
                    f"save_for_backward can only save variables, but argument {k} is of type {type(x).__name__}"
                )
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
        """Say whether a gradient that is not there is zeros in `backward`, and not None."""
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

    _core: ClassVar[Any]
    """The same as agrad's own Function."""

    @staticmethod
    def forward(*args: Any, **options: Any) -> Any:
        """Compute the result: every function writes its own."""
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        """Return the gradients of the arguments, None for one that has none."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom autograd.Function to use it with "
            "backward mode AD."
        )

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Call the function on tensors and other values."""
        if "_core" not in cls.__dict__:
            cls._core = type(cls.__name__, (_Core,), {})
        call = _Call(cls, args)
        if not any(call.ctx.needs_input_grad):
            call.run()
            return call.result
        followed = cls._core.apply(call, *[a._t if isinstance(a, Tensor) else None for a in args])
        made = followed if isinstance(followed, tuple) else (followed,)
        record = (f"{cls.__name__}Backward", *edges([a for a in args if isinstance(a, Tensor) and a._t.aval.inexact]))
        outs = list(call.outs)
        for k, t in zip(call.places, made, strict=True):
            y = outs[k]
            plain = id(y) in call.ctx._plain or not y._t.aval.inexact
            if any(y is a for a in args):  # the argument itself was returned
                outs[k] = y = wrap(y._t)
            y._t, y._view = (agrad.stop_gradient(t) if plain else t), None
            y._op = None if plain else (*record, *_kept(call, y))
        return tuple(outs) if isinstance(call.result, tuple) else outs[0]


def _kept(call: _Call, y: Any) -> tuple[Any, ...]:
    """What ``save_for_backward`` has kept, for the end of a result's record."""
    saved = [x for x in call.ctx._saved if x is not None]
    return kept([(-1 if x is y else k, -1) for k, x in enumerate(saved)], y, saved)


class _Call:
    """One call: its context and arguments, its results, and which tensors were kept."""

    def __init__(self, cls: Any, args: tuple[Any, ...]) -> None:
        self.cls, self.args, self.ctx = cls, args, FunctionCtx()
        self.ctx.needs_input_grad = tuple([isinstance(a, Tensor) and a._t.node is not None for a in args])

    def run(self) -> tuple[list[Any], list[Any]]:
        """Compute; the arrays of the results, and of the tensors that `ctx` has, anywhere."""
        cls, ctx = self.cls, self.ctx
        with agrad.no_grad():
            if hasattr(cls, "setup_context"):
                self.result = cls.forward(*self.args)
                cls.setup_context(ctx, self.args, self.result)
            else:
                self.result = cls.forward(ctx, *self.args)
        self.outs = self.result if isinstance(self.result, tuple) else (self.result,)
        self.places = [k for k, y in enumerate(self.outs) if isinstance(y, Tensor)]
        return [agrad.stop_gradient(self.outs[k]._t).array for k in self.places], [
            agrad.stop_gradient(x._t).array for x in _held(vars(ctx))
        ]

    def context(self, kept: tuple[Any, ...], space: Any) -> Any:
        """`ctx` with other values in the tensors that it has."""
        made = FunctionCtx(**vars(self.ctx))
        values = iter(kept)
        vars(made).update({name: _exchanged(v, values, space) for name, v in vars(self.ctx).items()})
        return made


def _held(value: Any) -> Iterator[Any]:
    """The tensors in a value, lists, tuples and dicts searched."""
    if isinstance(value, Tensor):
        yield value
    elif type(value) in (list, tuple, dict):
        for item in value.values() if type(value) is dict else value:
            yield from _held(item)


def _exchanged(value: Any, values: Iterator[Any], space: Any) -> Any:
    """The same with other values in its tensors, in the order of `_held`."""
    if isinstance(value, Tensor):
        y = wrap(space.asarray(next(values)))
        y._view = value._view  # where its elements lie
        return y
    if type(value) is dict:
        return {k: _exchanged(item, values, space) for k, item in value.items()}
    return type(value)([_exchanged(item, values, space) for item in value]) if type(value) in (list, tuple) else value


class _Core(agrad.Function):
    """A call as agrad's own Function, whose first argument it is, before the tensors."""

    @staticmethod
    def forward(ctx: Any, call: _Call, *data: Any) -> Any:
        """Compute on the tensors that were given, not on their arrays: they know more."""
        outs, kept = call.run()
        ctx.call = call
        ctx.save_for_backward(*kept)
        return tuple(outs) if len(outs) != 1 else outs[0]

    @staticmethod
    def backward(ctx: Any, *cts: Any) -> tuple[Any, ...]:
        """Call the user's `backward` with tensors."""
        call, cls = ctx.call, ctx.call.cls
        space = _space(call)
        followed = any(isinstance(g, agrad.Tensor) for g in cts)
        inner = call.context(ctx.saved, space)
        grads: list[Any] = [None] * len(call.outs)
        for k, g, there in zip(call.places, cts, ctx.given, strict=True):
            grads[k] = wrap(space.asarray(g)) if there or inner._materialize else None
        with agrad.enable_grad() if followed else agrad.no_grad():
            found = cls.backward(inner, *grads)
        found = found if isinstance(found, tuple) else (found,)
        n = len(call.args)
        if len(found) > n and all(g is None for g in found[n:]):
            found = found[:n]
        if len(found) != n:
            raise RuntimeError(
                f"function {cls.__name__}Backward returned an incorrect number of gradients (expected {n}, got "
                f"{len(found)})"
            )
        made: list[Any] = [None]
        for k, (g, a) in enumerate(zip(found, call.args, strict=True)):
            if g is None:
                made.append(None)
                continue
            if not isinstance(a, Tensor):
                raise RuntimeError(
                    f"function {cls.__name__}Backward returned a gradient different than None at position {k + 1}, but "
                    "the corresponding forward input was not a Variable"
                )
            if not isinstance(g, Tensor):
                raise RuntimeError(f"expected Variable or None (got {type(g).__name__})")
            if call.ctx.needs_input_grad[k] and g._t.shape != a._t.shape:
                g = _summed(cls, k, g, a)
            made.append(_out(g, followed))
        return tuple(made)

    @staticmethod
    def jvp(ctx: Any, _: None, *tangents: Any) -> Any:
        """Call the user's `jvp` with tensors."""
        call, space = ctx.call, _space(ctx.call)
        if not hasattr(call.cls, "jvp"):
            raise agrad.GraphError(f"{call.cls.__name__} has no static method jvp: write one for forward mode")
        followed = any(isinstance(t, agrad.Tensor) for t in tangents)
        given = [None if t is None else wrap(space.asarray(t)) for t in tangents]
        found = call.cls.jvp(call.context(ctx.saved, space), *given)
        parts = found if isinstance(found, tuple) else (found,)
        made = tuple([None if p is None else _out(p, followed) for p in parts])
        return made if len(call.places) != 1 else made[0]


def _space(call: _Call) -> Any:
    return next(a for a in call.args if isinstance(a, Tensor))._t.__array_namespace__()


def _out(g: Any, followed: bool) -> Any:
    """What the engine expects: agrad's Tensors for cotangents that are followed, else arrays."""
    return g._t if followed else g._t.array


def _summed(cls: Any, k: int, g: Any, a: Any) -> Any:
    """A gradient that broadcasting has made larger, summed; any other shape is refused."""
    small, large = tuple(a._t.shape), tuple(g._t.shape)
    new = len(large) - len(small)
    if new < 0 or any(m not in (n, 1) for m, n in zip(small, large[new:], strict=True)):
        raise RuntimeError(
            f"Function {cls.__name__}Backward returned an invalid gradient at index {k} - got {list(large)} but "
            f"expected shape compatible with {list(small)}"
        )
    axes = (*range(new), *[new + i for i, (m, n) in enumerate(zip(small, large[new:], strict=True)) if m != n])
    return g.sum(axes, keepdim=True).reshape(small) if axes else g


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
        if not followed:
            return out
        parts = [_Once.apply(followed[0], g) if isinstance(g, Tensor) else g for g in _tuple(out)]
        return tuple(parts) if isinstance(out, tuple) else parts[0]

    return called


def _tuple(out: Any) -> tuple[Any, ...]:
    return out if isinstance(out, tuple) else (out,)


class _Once(Function):
    """A result that cannot be differentiated."""

    @staticmethod
    def forward(ctx: Any, followed: Any, value: Any) -> Any:
        return value.clone()

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        raise RuntimeError("trying to differentiate twice a function that was marked with @once_differentiable")
