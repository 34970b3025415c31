"""`Function`: a computation as a class, with the derivative that its author gives it, which may keep values between."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple

from agrad.arrays.namespaces import Namespace, array_namespace, owner
from agrad.arrays.tensors import Tensor
from agrad.errors import ConcretizationError, DtypeError, GraphError, ShapeError, UnsupportedError
from agrad.interpret.apply import is_tracked, raw_of
from agrad.ops._shapes import device_of
from agrad.transforms.containers import flatten, unflatten
from agrad.transforms.custom import custom_op

__all__ = ["Context", "Function"]


class Context:
    """What `forward` leaves for `backward` and `jvp`: `ctx`. Attributes of any name can be set on it, too.

    Examples
    --------
    >>> from agrad.transforms.function import Context
    >>> Context((True,), None).needs_input_grad
    (True,)
    """

    xp: Any
    """The namespace to compute in."""
    needs_input_grad: tuple[bool, ...]
    """For each argument of `forward`, whether it is followed."""
    given: tuple[bool, ...]
    """In `backward`, which cotangents there are; the others are zeros because nothing depends on those results."""
    saved: tuple[Any, ...]
    """What `save_for_backward` has kept."""

    def __init__(self, needs_input_grad: tuple[bool, ...], xp: Any) -> None:
        self.xp = xp
        self.needs_input_grad = needs_input_grad
        self.given = ()
        self.saved = ()

    def save_for_backward(self, *values: Any) -> None:
        """Keep arguments, results and other values: ``ctx.saved`` has them, in this order."""
        self.saved = values


class Function:
    """A function with a derivative of its own: a class with the static methods `forward` and `backward`.

    ``forward(ctx, ...)`` is a black box, as with `custom_op`: it gets the backend's own arrays in the place of Tensors,
    everything else as it is, and returns an array or a tuple of arrays. It must not change its arguments.
    ``backward(ctx, ct)`` gets the cotangent of the result, one argument for each of several results, and returns the
    cotangents of all positional arguments of `forward`, None for those that have none. ``jvp(ctx, ...)`` is optional:
    it gets a tangent for each argument, None for one that has none, and returns the tangent of the result, or a tuple.
    It is linear in the tangents together, and may be called once for each of them, the others being zeros. Call the
    function by ``apply``.

    Notes
    -----
    `ctx` carries values from `forward` to the derivative: those given to ``ctx.save_for_backward(...)``, which
    ``ctx.saved`` has, and any attribute. ``ctx.xp`` is the namespace to compute in, ``ctx.needs_input_grad`` tells of
    each argument whether its cotangent is asked for, ``ctx.given`` of several results which have a cotangent.

    Higher orders need no more: `backward` is then run on Tensors, and arguments and results that were kept are
    followed. So it must compute with ``ctx.xp`` and operators. The derivative of any other array that was kept is not
    known, and asking for it is an error: return such an array as one more result.

    Raises
    ------
    GraphError
        When differentiated: in forward mode without `jvp`; twice, through a value that is neither an argument nor a
        result, or where `backward` left ``ctx.xp``.
    ShapeError
        The derivative returns too many or too few values, or one of a wrong shape.

    Examples
    --------
    >>> import agrad, numpy, scipy.special
    >>> class LogSumExp(agrad.Function):
    ...     @staticmethod
    ...     def forward(ctx, x, axis):
    ...         out = scipy.special.logsumexp(x, axis=axis, keepdims=True)
    ...         ctx.save_for_backward(x, out)
    ...         return out
    ...
    ...     @staticmethod
    ...     def backward(ctx, ct):
    ...         x, out = ctx.saved
    ...         return ct * ctx.xp.exp(x - out), None
    >>> f = lambda x: LogSumExp.apply(x, 0).sum()
    >>> agrad.grad(f)(numpy.zeros(2))
    array([0.5, 0.5])
    >>> agrad.hessian(f)(numpy.zeros(2)).tolist()
    [[0.25, -0.25], [-0.25, 0.25]]
    """

    _ops: ClassVar[dict[_Kept, Callable[..., Any]]]
    """The function as ops, by what is kept of a call; each class has its own."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls._ops = {}

    @staticmethod
    def forward(ctx: Any, *args: Any, **options: Any) -> Any:
        """Compute the result; every Function writes its own."""
        raise NotImplementedError("a Function needs a static method forward(ctx, ...)")

    @staticmethod
    def backward(ctx: Any, *cts: Any) -> Any:
        """Return the cotangents of the arguments; every Function writes its own."""
        raise NotImplementedError("a Function needs a static method backward(ctx, ...)")

    @classmethod
    def apply(cls, *args: Any, **options: Any) -> Any:
        """Call the function.

        Parameters
        ----------
        *args : Tensor, array or any other object
            The arguments of `forward` after `ctx`. Tensors among them are followed.
        **options : any object
            Passed on to `forward`; they have no gradient.

        Returns
        -------
        Tensor or array, or a tuple of them
            Tensors, where an argument is one.
        """
        data = [i for i, a in enumerate(args) if isinstance(a, Tensor) or owner(a) is not None]
        for name, value in [*enumerate(args), *options.items()]:
            if name not in data and any(map(is_tracked, flatten(value)[0])):
                where = f"inside argument {name}" if isinstance(name, int) else f"as the option {name!r}"
                raise ConcretizationError(
                    f"{cls.__name__}.apply got a Tensor that requires gradients {where}; pass it as a positional "
                    "argument of its own, or agrad.stop_gradient of it if a constant is meant"
                )
        space = array_namespace(*[args[i] for i in data])
        ctx = Context(tuple([i in data and is_tracked(a) for i, a in enumerate(args)]), space._raw)
        values, seen = list(args), set[int]()
        for i in data:
            v = raw_of(args[i])
            values[i] = space._raw.asarray(v, copy=True) if id(v) in seen else v  # what is kept tells which it was
            seen.add(id(v))
        out = cls.forward(ctx, *values, **options)
        if not data:
            return out
        call = _Call(cls, ctx, len(args), data, [values[i] for i in data], out)
        if call.kept not in cls._ops:
            cls._ops[call.kept] = _op(cls, call.kept)
        return cls._ops[call.kept](*[args[i] for i in data], call=call)


class _Kept(NamedTuple):
    """What an op for calls of one kind has to know; its derivative is handed no more than it reads."""

    size: int
    """The number of data arguments."""
    outputs: int
    arguments: tuple[int, ...]
    """Which of the data arguments were kept: all of them where their derivative may be asked for in vain."""
    results: bool
    """Whether results were kept."""


class _Call:
    """One call: `ctx`, which values it keeps, and which of them are arguments or results."""

    once = True
    """For who writes ops down: this one cannot be computed again."""

    def __init__(self, cls: Any, ctx: Context, size: int, data: Sequence[int], values: Sequence[Any], out: Any) -> None:
        self.cls, self.ctx, self.size, self.data, self.out = cls, ctx, size, data, [out]
        results = out if isinstance(out, tuple) else (out,)
        kept = [v for v in flatten(vars(ctx))[0] if owner(v) is not None]
        ids = set(map(id, kept))
        self.names: dict[int, str | int] = {id(v): f"x{k}" for k, v in enumerate(values) if id(v) in ids}
        """What was kept, by its identity: an argument's name, or the number of a result."""
        arguments = tuple([k for k, v in enumerate(values) if id(v) in ids])
        of_results = [k for k, v in enumerate(results) if id(v) in ids and id(v) not in self.names]
        self.names.update([(id(results[k]), k) for k in of_results])
        if any(id(v) not in self.names for v in kept):
            arguments = tuple(range(len(values)))
        outputs = 0 if isinstance(out, tuple) else 1
        self.kept = _Kept(len(values), outputs, arguments, bool(of_results))

    def run(self, *data: Any) -> Any:
        """The results, once: they are of this call's values."""
        if not self.out:
            raise UnsupportedError(
                f"{self.cls.__name__} is an agrad.Function, which cannot be computed again from a record of its call; "
                "declare it with agrad.custom_op instead"
            )
        return self.out.pop()

    def context(self, env: dict[str, Any]) -> Context:
        """`ctx` for the derivative: on Tensors, what was kept is followed as the arguments and results are."""
        ctx = copy.copy(self.ctx)
        if isinstance(env["xp"], Namespace):
            leaves, structure = flatten(vars(ctx), none_is_leaf=True)
            vars(ctx).update(unflatten(structure, [self._followed(v, env) for v in leaves]))
        ctx.xp = env["xp"]
        ctx.given = env.get("given", (True,))
        return ctx

    def _followed(self, v: Any, env: dict[str, Any]) -> Any:
        if owner(v) is None:
            return v
        name = self.names.get(id(v))
        if name is None:
            data = [env[f"x{k}"] for k in range(self.kept.size)]
            return _unknown(self.cls.__name__, v, data) if env["xp"]._aval_of(v).inexact else v
        if isinstance(name, str):
            return env[name]
        return env["out"][name] if self.kept.outputs != 1 else env["out"]


def _op(cls: Any, kept: _Kept) -> Callable[..., Any]:
    """Calls of one kind as an op: a function of the data, and of the `_Call` that has computed it."""
    values = (*[f"x{k}" for k in kept.arguments], *(["out"] if kept.results else []))
    several = kept.outputs != 1
    pulled = ("xp", "ct", *(["given"] if several else []), "call", *values)

    def vjp(*named: Any) -> Any:
        env = dict(zip(pulled, named, strict=True))
        call, ct = env["call"], env["ct"]
        found = cls.backward(call.context(env), *(ct if several else (ct,)))
        parts = list(found) if isinstance(found, tuple | list) else [found]
        if len(parts) != call.size:
            raise ShapeError(
                f"{cls.__name__}.backward returned {len(parts)} values; it must return {call.size}, one for each "
                "positional argument of forward, None for those that have no gradient"
            )
        for i, part in enumerate(parts):
            if part is not None and i not in call.data:
                raise DtypeError(
                    f"{cls.__name__}.backward returned a gradient for argument {i}, which is no array; return None"
                )
        chosen = tuple([parts[i] for i in call.data])
        return chosen if kept.size > 1 else chosen[0]

    vjp.names = pulled  # type: ignore[attr-defined]
    pushes = tuple([_push(cls, kept, k, values) for k in range(kept.size)])

    def run(*data: Any, call: _Call) -> Any:
        return call.run(*data)

    run.__name__ = run.__qualname__ = cls.__name__
    data = [inspect.Parameter(f"x{k}", inspect.Parameter.POSITIONAL_ONLY) for k in range(kept.size)]
    last = inspect.Parameter("call", inspect.Parameter.KEYWORD_ONLY)
    run.__signature__ = inspect.Signature([*data, last])  # type: ignore[attr-defined]
    return custom_op(vjp=vjp, jvp=pushes, outputs=kept.outputs)(run)


def _push(cls: Any, kept: _Kept, k: int, values: Sequence[str]) -> Callable[..., Any]:
    """The JVP rule of one data argument: `jvp` with zeros for the tangents of the others."""
    pushed = ("xp", "t", "call", *dict.fromkeys([*[f"x{j}" for j in range(kept.size)], *values, "out"]))

    def jvp(*named: Any) -> Any:
        if not hasattr(cls, "jvp"):
            raise GraphError(
                f"{cls.__name__} is an agrad.Function without a static method jvp(ctx, ...); write one, or use reverse "
                "mode"
            )
        env = dict(zip(pushed, named, strict=True))
        call, xp = env["call"], env["xp"]
        tangents: list[Any] = [None] * call.size
        for j, i in enumerate(call.data):
            tangents[i] = env["t"] if j == k else _zeros(xp, env[f"x{j}"])
        found = cls.jvp(call.context(env), *tangents)
        if kept.outputs == 1:
            return found
        outs, parts = env["out"], found if isinstance(found, tuple | list) else (found,)
        if len(parts) != len(outs):
            raise ShapeError(f"{cls.__name__}.jvp returned {len(parts)} values; it must return {len(outs)}, as forward")
        return tuple([_zeros(xp, out) if part is None else part for part, out in zip(parts, outs, strict=True)])

    jvp.names = pushed  # type: ignore[attr-defined]
    return jvp


def _zeros(xp: Any, v: Any) -> Any:
    """Zeros for the tangent of a value; None where it has none."""
    inexact = ("real floating", "complex floating")
    return xp.zeros(v.shape, dtype=v.dtype, device=device_of(raw_of(v))) if xp.isdtype(v.dtype, inexact) else None


def _unknown(name: str, value: Any, data: Sequence[Any]) -> Any:
    """An array that depends on the data in a way that nobody knows: differentiating it is an error."""

    def refuse(*named: Any) -> Any:
        raise GraphError(
            f"{name} cannot be differentiated again: its derivative uses an array of shape {tuple(value.shape)} that "
            "forward kept and that is neither an argument nor a result, so that its own derivative is not known; "
            "return it from forward as one more result, or compute it in the derivative from the arguments"
        )

    refuse.names = ("ct",)  # type: ignore[attr-defined]

    def refuse_forward(*named: Any) -> Any:
        refuse()

    refuse_forward.names = ("t",)  # type: ignore[attr-defined]

    def known(*data: Any) -> Any:
        return value

    known.__name__ = known.__qualname__ = name
    names = [inspect.Parameter(f"x{k}", inspect.Parameter.POSITIONAL_ONLY) for k in range(len(data))]
    known.__signature__ = inspect.Signature(names)  # type: ignore[attr-defined]
    made: Namespace = custom_op(vjp=refuse, jvp=(refuse_forward,) * len(data))(known)(*data)
    return made
