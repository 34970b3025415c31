"""`custom_op`: a function of the user's own with the derivative that the user gives it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

from agrad.arrays.namespaces import Namespace, array_namespace
from agrad.axes import Axes
from agrad.declare import Op, Parameter, Rule
from agrad.errors import BackendError
from agrad.interpret.bound import Bound, names_of
from agrad.interpret.parameters import enter

__all__ = ["custom_op"]

KINDS = {
    inspect.Parameter.POSITIONAL_ONLY: "positional",
    inspect.Parameter.POSITIONAL_OR_KEYWORD: "either",
    inspect.Parameter.KEYWORD_ONLY: "keyword",
}


def custom_op(
    *,
    vjp: Rule | tuple[Rule | None, ...],
    jvp: Rule | tuple[Rule | None, ...] | None = None,
    outputs: int = 1,
    axes: Axes | None = None,
    batch: Rule | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a function derivatives of your own: a decorator.

    The function is a black box: it gets the backend's own arrays and returns such arrays, and may call any library on
    the way. Its first positional parameters, as many as there are rules, are its data; the others are passed on.

    Parameters
    ----------
    vjp : callable or tuple of callable
        Rules for the cotangents of the data arguments, one an argument, or one for all that returns a tuple (then
        `jvp` is a tuple). A rule names what it needs: ``xp``, ``ct``, ``out``, and parameters of the function. It is
        the adjoint, Re<v, J w> = Re<J* v, w>; broadcasting and dtypes are restored for it.
    jvp : callable or tuple of callable, optional
        Rules for the tangent of the result, one a data argument: they name ``t`` instead of ``ct``, and are summed.
        Without them, forward mode raises.
    outputs : int
        How many results the function returns; several in a tuple, as are then ``ct`` and ``out``.
    axes : Core, Over or Unbatchable, optional
        How the function treats axes, as in `agrad.axes`: ``POINTWISE``, where it takes arrays of any shape and computes
        each number by itself. Inside `vmap` it is then called once, with stacks; otherwise once for each example.
    batch : callable, optional
        The function of a stack, where no fact of `agrad.axes` says it: a rule that names ``xp``, ``batched``, ``size``
        and parameters of the function, as ``batch=`` of a declaration does.

    Returns
    -------
    callable
        Turns the function into one that takes Tensors too, and that every transform differentiates. To any order, if
        the rules compute with ``xp`` and operators alone.

    Raises
    ------
    GraphError
        When differentiated: in forward mode without `jvp`; twice, where a rule left ``xp`` and lost the derivative.

    Examples
    --------
    >>> import agrad, math, numpy
    >>> @agrad.custom_op(vjp=lambda xp, ct, x: ct * xp.cos(x), jvp=lambda xp, t, x: t * xp.cos(x))
    ... def sine(x):
    ...     return numpy.vectorize(math.sin)(x)
    >>> agrad.grad(lambda x: sine(x).sum())(numpy.asarray([0.0, math.pi]))
    array([ 1., -1.])
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        signature = _signature(function)
        parameters = []
        for p in signature.parameters.values():
            if p.kind not in KINDS:
                raise TypeError(
                    f"custom_op got {function.__name__}{signature}; it takes named parameters only, without * and **"
                )
            parameters.append(Parameter(p.name, KINDS[p.kind], None))
        pulls = vjp if isinstance(vjp, tuple) else (vjp,)
        pushes = jvp if isinstance(jvp, tuple) else (jvp,) if jvp is not None else (None,) * len(pulls)
        if len(pushes) > len(parameters) or (len(pulls) not in (1, len(pushes))):
            raise TypeError(
                f"custom_op got {len(pulls)} VJP and {len(pushes)} JVP rules for {function.__name__}{signature}; "
                "it takes one of each a data argument"
            )
        op = Op(
            function.__name__, "general", tuple(parameters), len(pushes), vjp=pulls, jvp=pushes,
            joint=len(pulls) < len(pushes), outputs=outputs, custom=True, axes=axes, batch=batch,
        )  # fmt: skip
        if batch is not None:
            words = frozenset({"xp", "batched", "size", *signature.parameters})
            _check_rule(batch, f"the batch rule of {function.__name__}{signature}", words)
        for rules, kind, others in ((pulls, "VJP", {"kept", "t"}), (pushes, "JVP", {"kept", "ct", "given"})):
            known = op.words - others | set(signature.parameters)
            for rule in rules:
                _check_rule(rule, f"the {kind} rule of {function.__name__}{signature}", known)
        taken = sorted(op.words.intersection(op.arguments))
        if taken:
            raise TypeError(
                f"custom_op got {function.__name__}{signature}, whose argument {taken[0]!r} no rule could name, for it "
                "means something else there; call it something else"
            )
        named = frozenset[str]().union(*map(names_of, (*pulls, *pushes))) - op.words
        bounds: dict[Namespace, Bound] = {}

        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            given = signature.bind(*args, **kwargs)
            chosen = set(given.arguments)
            given.apply_defaults()
            data = [given.arguments.pop(name) for name in op.arguments]
            # a default that no rule asks for is the function's own affair: a ufunc's may not even be passed
            params = {n: v for n, v in given.arguments.items() if n in chosen or n in named}
            space = array_namespace(*data)
            if space not in bounds:
                bounds[space] = Bound(op, space, function)
                bounds[space].call = _caller(op, space, function)
            return enter(bounds[space], data, params)

        return call

    return decorate


def _check_rule(rule: Any, what: str, known: frozenset[str]) -> None:
    """Refuse a rule that asks for what there is not."""
    if rule is not None and not hasattr(rule, "__code__"):
        raise TypeError(f"{what} is a {type(rule).__name__}; it must be a plain function")
    unknown = [n for n in names_of(rule) if n not in known]
    if unknown:
        raise TypeError(f"{what} names {', '.join(map(repr, unknown))}; it may name {', '.join(sorted(known))}")


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    """The signature of a function; ufuncs have had one since NumPy 2.4 only."""
    try:
        return inspect.signature(function)
    except ValueError:
        count = getattr(function, "nin", 0)
        names = ["x"] if count == 1 else [f"x{i + 1}" for i in range(count)]
        return inspect.Signature([inspect.Parameter(n, inspect.Parameter.POSITIONAL_ONLY) for n in names])


def _caller(op: Op, space: Namespace, function: Callable[..., Any]) -> Callable[..., Any]:
    """The user's function, of data and parameters; a Python number that it returns becomes an array."""
    listed = [p.name for p in op.parameters[op.arity :] if p.kind == "positional"]

    def array(y: Any) -> Any:
        if type(y) in (bool, int, float, complex):
            return space._raw.asarray(y)
        if not space._owns(y):
            raise BackendError(
                f"the custom op {op.name!r} returned a {type(y).__name__}; of arguments of {space!r} it must return "
                + (f"a tuple of {op.outputs} arrays of that backend" if op.several else "an array of that backend")
            )
        return y

    def call(args: Any, params: dict[str, Any]) -> Any:
        rest = {n: v for n, v in params.items() if n not in listed}
        out = function(*args, *[params[n] for n in listed if n in params], **rest)
        if not op.several:
            return array(out)
        if not isinstance(out, tuple):
            array(None)
        return type(out)(*map(array, out)) if hasattr(out, "_fields") else tuple(map(array, out))

    return call
