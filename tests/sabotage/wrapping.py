"""Rules around rules: the same names asked for, another result handed back.

The engine hands a rule what its parameters name, so that a rule around another one is made with these names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agrad.declare import Op, select

__all__ = ["around", "as_function", "as_general", "each", "is_complex", "is_floating", "named"]

Given = dict[str, Any]
Rule = Callable[..., Any]
Body = Callable[[Callable[[Given], Any], Given], Any]


def named(rule: Any) -> tuple[str, ...]:
    """The names that a rule asks for.

    Examples
    --------
    >>> named(lambda xp, ct: ct)
    ('xp', 'ct')
    """
    if isinstance(rule, select):
        return tuple(dict.fromkeys(named(rule.condition) + named(rule.tie)))
    if not callable(rule):
        return ()
    code = rule.__code__
    return tuple(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])


def around(rule: Rule, body: Body, *more: str) -> Rule:
    """A rule that asks for the names of another and `more`; ``body(call, given)`` makes its result.

    Examples
    --------
    >>> twice = around(lambda x: x + 1, lambda call, given: 2 * call(given), "xp")
    >>> named(twice), twice(3, None)
    (('x', 'xp'), 8)
    """
    own = named(rule)
    names = dict.fromkeys((*own, *more))

    def call(given: Given) -> Any:
        return rule(*[given[n] for n in own])

    scope: dict[str, Any] = {"body": body, "call": call}
    given = ", ".join(f"{n!r}: {n}" for n in names)
    exec(f"def mutant({', '.join(names)}):\n    return body(call, {{{given}}})\n", scope)
    made: Rule = scope["mutant"]
    return made


def as_function(partial: Any) -> Rule:
    """An elementwise partial of any form as a function that returns an array, or a number where it does so itself."""
    if isinstance(partial, select):
        chosen = partial

        def condition_and_tie(call: Callable[[Given], Any], given: Given) -> Any:
            xp, ones = given["xp"], given["xp"].ones_like(given["out"])
            d = xp.where(_called(chosen.condition, given), ones, 0)
            return d if chosen.tie is None else d + xp.where(_called(chosen.tie, given), ones * 0.5, 0)

        return around(lambda xp, out: None, condition_and_tie, *named(partial))
    if callable(partial):
        return around(partial, lambda call, given: call(given))
    return around(lambda xp, out: partial * xp.ones_like(out), lambda call, given: call(given))


def _called(rule: Rule, given: Given) -> Any:
    return rule(*[given[n] for n in named(rule)])


def as_general(op: Op) -> Op:
    """An elementwise op with its VJP and its JVP apart."""

    def pull(partial: Any) -> Rule | None:
        if partial is None:
            return None

        def product(call: Callable[[Given], Any], given: Given) -> Any:
            d = _slope(partial, call, _boxed(op, given, given["ct"]))
            return given["ct"] * (d.conjugate() if isinstance(d, complex) else _conj(given["xp"], d))

        return around(_base(partial), product, "xp", "ct")

    def push(partial: Any) -> Rule | None:
        if partial is None:
            return None

        def product(call: Callable[[Given], Any], given: Given) -> Any:
            return given["t"] * _slope(partial, call, _boxed(op, given, given["t"]))

        return around(_base(partial), product, "xp", "t")

    return op._replace(kind="general", vjp=tuple(map(pull, op.vjp)), jvp=tuple(map(push, op.vjp)))


def _boxed(op: Op, given: Given, like: Any) -> Given:
    """Python numbers among the arguments as arrays: the engine makes them such for elementwise ops alone."""
    numbers = [n for n in op.arguments if type(given.get(n)) in (int, float, complex)]
    return given | {n: given["xp"].asarray(given[n], dtype=like.dtype) for n in numbers}


def _base(partial: Any) -> Rule:
    return as_function(partial) if isinstance(partial, select) or callable(partial) else lambda xp: partial


def _slope(partial: Any, call: Callable[[Given], Any], given: Given) -> Any:
    return call(given) if callable(partial) or isinstance(partial, select) else partial


def _conj(xp: Any, x: Any) -> Any:
    return xp.conj(x) if hasattr(x, "dtype") and is_complex(xp, x) else x


def each(change: Callable[[Any], Any], found: Any) -> Any:
    """Change every array of what a rule or a function returned."""
    if found is None:
        return None
    if isinstance(found, tuple | list):
        items = [each(change, item) for item in found]
        return type(found)(*items) if hasattr(found, "_fields") else type(found)(items)
    return change(found)


def is_complex(xp: Any, x: Any) -> bool:
    """Whether an array is complex."""
    return bool(xp.isdtype(x.dtype, "complex floating"))


def is_floating(xp: Any, x: Any) -> bool:
    """Whether it is an array of real or complex floating-point numbers."""
    return hasattr(x, "dtype") and bool(xp.isdtype(x.dtype, ("real floating", "complex floating")))
