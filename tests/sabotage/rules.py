"""Mutants of every rule of every op that has a derivative, made from the table of ops."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from functools import partial, reduce
from typing import Any

import agrad
from agrad.command.support import every_op
from agrad.declare import Op, select
from agrad_conformance.run import keys
from sabotage.changes import CHANGES, HABITS, double, noisy, ones, parameter, without_slopes, writing
from sabotage.engine_of import dropped_shapes, leaking, leaking_tangent, pushed
from sabotage.mutant import Damage, Mutant
from sabotage.wrapping import around, as_function, as_general, each, is_floating, named

__all__ = ["differentiable", "rule_controls", "rule_mutants"]

REFEREE = "numpy"
Rule = Callable[..., Any]
Found = Iterator[tuple[str, str, Callable[[], Damage]]]

JVP_CHANGES = ("half", "hair", "minus", "conj", "flip", "half-slope")
BOTH_MODES = ("half", "minus")
"""Changes of an elementwise op's VJP alone, and of its JVP alone; its partial, changed, changes both."""

MEANT: dict[str, Callable[[Any], Any]] = {
    "axes": lambda v: tuple(reversed(v)) if isinstance(v, tuple | list) else v + 1,
    "destination": lambda v: tuple(reversed(v)) if isinstance(v, tuple | list) else v + 1,
    "exponent": lambda v: v + 1,
    "n": lambda v: v if v is None else v + 1,
    "shift": lambda v: tuple(s + 1 for s in v) if isinstance(v, tuple | list) else v + 1,
    "source": lambda v: tuple(reversed(v)) if isinstance(v, tuple | list) else v + 1,
}
"""Other values for parameters that have no default to fall back to."""


def rule_mutants() -> Iterator[Mutant]:
    """Every mutant of a rule.

    Examples
    --------
    >>> [m.name for m in rule_mutants() if m.op == "negative"][:3]
    ['negative/partial-0/half', 'negative/partial-0/minus', 'negative/partial-0/hair']
    """
    for op in differentiable():
        for name, kind, make in _of(op):
            yield Mutant(f"{op.name}/{name}", op.name, kind, REFEREE, make)


def rule_controls() -> Iterator[Mutant]:
    """Rules made anew, and nothing wrong."""
    for op in differentiable():
        yield Mutant(f"{op.name}/control", op.name, "control", REFEREE, partial(_control, op))
        if op.kind == "elementwise":
            yield Mutant(f"{op.name}/control-general", op.name, "control", REFEREE, partial(Damage, as_general(op)))


def _control(op: Op) -> Damage:
    def same(rule: Any) -> Any:
        if op.kind == "elementwise" and rule is not None:
            return as_function(rule)
        return around(rule, lambda call, given: call(given), "xp") if callable(rule) else rule

    decomposition = same(op.decomposition) if op.decomposition else None
    changed = op._replace(vjp=tuple(map(same, op.vjp)), jvp=tuple(map(same, op.jvp)), decomposition=decomposition)
    return Damage(changed, patches=(*pushed(op.name, lambda xp, t: t), *leaking(op.name, lambda xp, g: g)))


def differentiable() -> list[Op]:
    """Ops with rules that there are checks of: the standard's, the array object's and those of plugins."""
    checked = dict.fromkeys(key.op for key in keys(REFEREE, "full") if key.property == "vjp")
    found = [agrad.plugins.find(name) for name in dict.fromkeys([*every_op(), *checked]) if name in checked]
    return [op for op in found if op is not None and op.kind not in ("constant", "creation")]


def _has_complex(name: str) -> bool:
    return any(key.dtype.startswith("complex") for key in _checks_of(name))


def _checks_of(name: str) -> Sequence[Any]:
    from sabotage.judging import checks

    return checks(REFEREE, name)


def _of(op: Op) -> Found:
    """Mutants of an op: none of rules that refuse, which compute nothing."""
    refusing = [i for i, rule in enumerate(op.vjp) if getattr(rule, "refuses", False)]
    idle = tuple(f"{what}-{i}/" for i in refusing for what in ("partial", "vjp", "jvp"))
    for name, kind, make in _every(op):
        if not idle or not name.startswith(idle):
            yield name, kind, make


def _every(op: Op) -> Found:
    families = {"elementwise": _elementwise, "general": _general, "composite": _composite}
    yield from families.get(op.kind, _linear)(op)
    slopes = [rule for rule in op.vjp if rule is not None and rule != 0]
    if slopes:
        yield "pull/leak", "float64 leak", lambda: Damage(patches=leaking(op.name, double))
        yield "push/leak", "float64 leak", lambda: Damage(patches=leaking_tangent(op.name))
        if len(slopes) > 1 and op.kind in ("elementwise", "bilinear"):
            yield "pull/broadcast", "missing unbroadcast", lambda: Damage(patches=dropped_shapes(op.name))
    yield "value/part-in-a-million", "forward value", lambda: Damage(_valued(op, lambda xp, y: y * (1 + 1e-6)))
    yield "value/double", "float64 leak", lambda: Damage(_valued(op, double))


def _replaced(rules: tuple[Any, ...], i: int, rule: Any) -> tuple[Any, ...]:
    return (*rules[:i], rule, *rules[i + 1 :])


# Elementwise: a partial serves both modes ----------------------------------------------------------------


def _elementwise(op: Op) -> Found:
    for i, rule in enumerate(op.vjp):
        if rule is None:
            continue

        def with_partial(made: Any, i: int = i) -> Damage:
            return Damage(op._replace(vjp=_replaced(op.vjp, i, made)))

        for name, kind, made in _partials(op, rule):
            yield f"partial-{i}/{name}", kind, partial(with_partial, made)
        if rule != 0:
            yield f"partial-{i}/dropped", "dropped argument", partial(with_partial, None)
            yield from _apart(op, as_general(op), i)
    yield from _exchanged(op)


def _partials(op: Op, rule: Any) -> Iterator[tuple[str, str, Any]]:
    if isinstance(rule, int | float) and rule == 0:
        yield "one", "factor", 1
        yield "minus-one", "sign", -1
        yield "hair", "factor", 1e-9
        return
    if isinstance(rule, int | float):
        yield "half", "factor", 0.5 * rule
        yield "minus", "sign", -rule
        yield "hair", "factor", rule * (1 + 1e-9)
    if isinstance(rule, select):
        yield from _selects(rule)
    function = as_function(rule)
    for name, change in _changes(op):
        if name in ("half", "minus", "hair") and not callable(rule) and not isinstance(rule, select):
            continue
        if isinstance(rule, int | float) and name in ("conj", "columns", "flip", "roll", "half-slope"):
            continue  # ones in another order
        yield name, change.kind, change(function)
    for name, (kind, habit) in HABITS.items():
        if name != "stale" or not isinstance(rule, int | float):  # the same ones whenever shape and dtype are
            yield name, kind, habit(function)
    if op.arity < 3 and op.name != "pow" and len(op.parameters) == op.arity:  # else the engine casts partials
        yield "leak", "float64 leak", around(function, lambda call, given: double(given["xp"], call(given)), "xp")
    if callable(rule):
        yield from _on_values(op, rule)


def _selects(rule: select) -> Iterator[tuple[str, str, Any]]:
    opposite = around(rule.condition, lambda call, given: call(given) == False)  # noqa: E712 - of arrays
    yield "opposite", "wrong tie rule", select(opposite, rule.tie)
    if rule.tie is not None:
        either = around(
            rule.condition,
            lambda call, given: call(given) | rule.tie(*[given[n] for n in named(rule.tie)]),  # type: ignore[misc]
            *named(rule.tie),
        )
        yield "tie-none", "wrong tie rule", select(rule.condition)
        yield "tie-all", "wrong tie rule", select(either)


def _apart(op: Op, general: Op, i: int) -> Found:
    """One of both modes wrong, or right for ones only."""

    def with_vjp(made: Any) -> Damage:
        return Damage(general._replace(vjp=_replaced(general.vjp, i, made)))

    def with_jvp(made: Any) -> Damage:
        return Damage(general._replace(jvp=_replaced(general.jvp, i, made)))

    for name in BOTH_MODES:
        yield f"vjp-{i}/{name}", "one mode wrong", partial(with_vjp, CHANGES[name](general.vjp[i]))  # type: ignore[arg-type]
        yield f"jvp-{i}/{name}", "one mode wrong", partial(with_jvp, CHANGES[name](general.jvp[i]))  # type: ignore[arg-type]
    yield f"vjp-{i}/ones", "missing cotangent", partial(with_vjp, ones(general.vjp[i], "ct"))  # type: ignore[arg-type]
    yield f"jvp-{i}/ones", "missing cotangent", partial(with_jvp, ones(general.jvp[i], "t"))  # type: ignore[arg-type]
    yield f"vjp-{i}/write-ct", "mutated input", partial(with_vjp, writing(general.vjp[i], "ct"))  # type: ignore[arg-type]
    yield f"jvp-{i}/write-t", "mutated input", partial(with_jvp, writing(general.jvp[i], "t"))  # type: ignore[arg-type]


# Linear and bilinear: the JVP is the op itself -------------------------------------------------------------


def _linear(op: Op) -> Found:
    for i, rule in enumerate(op.vjp):
        if rule is None:
            continue

        def with_vjp(made: Any, i: int = i) -> Damage:
            return Damage(op._replace(vjp=_replaced(op.vjp, i, made)))

        yield f"vjp-{i}/dropped", "dropped argument", partial(with_vjp, None)
        yield from _rules(op, f"vjp-{i}", rule, "ct", with_vjp, [*dict(_changes(op))])
    yield from _exchanged(op)
    for name, change in _changes(op, JVP_CHANGES):
        yield f"jvp/{name}", "one mode wrong", partial(_pushed, op.name, change.change)
    yield "jvp/noise", "non-determinism", partial(_pushed, op.name, noisy(lambda xp, t: t))


def _pushed(op: str, change: Callable[[Any, Any], Any]) -> Damage:
    return Damage(patches=pushed(op, change))


# General: VJP and JVP are rules of their own ---------------------------------------------------------------


def _general(op: Op) -> Found:
    for i, rule in enumerate(op.vjp):
        if rule is None:
            continue

        def with_vjp(made: Any, i: int = i) -> Damage:
            return Damage(op._replace(vjp=_replaced(op.vjp, i, made)))

        yield from _rules(op, f"vjp-{i}", rule, "ct", with_vjp, [*dict(_changes(op))])
        if not op.joint:
            yield f"vjp-{i}/dropped", "dropped argument", partial(with_vjp, None)
        for k in range(op.arity if op.joint else 0):
            lost = around(rule, lambda call, given, k=k: _replaced(tuple(call(given)), k, None))  # type: ignore[misc,arg-type]
            yield f"vjp-{i}/dropped-{k}", "dropped argument", partial(with_vjp, lost)
    for i, rule in enumerate(op.jvp):
        if rule is None:
            continue

        def with_jvp(made: Any, i: int = i) -> Damage:
            return Damage(op._replace(jvp=_replaced(op.jvp, i, made)))

        yield from _rules(op, f"jvp-{i}", rule, "t", with_jvp, JVP_CHANGES)
    yield from _exchanged(op)


def _rules(op: Op, where: str, rule: Any, seed: str, make: Callable[[Any], Damage], names: Sequence[str]) -> Found:
    """Mutants of one VJP or JVP, a function of its `seed`, the cotangent or tangent."""
    for name, change in _changes(op, names):
        yield f"{where}/{name}", change.kind, partial(make, change(rule))
    for name, (kind, habit) in HABITS.items():
        yield f"{where}/{name}", kind, partial(make, habit(rule))
    yield f"{where}/ones", "missing cotangent", partial(make, ones(rule, seed))
    yield f"{where}/write-{seed}", "mutated input", partial(make, writing(rule, seed))
    yield f"{where}/constant-{seed}", "second order", partial(make, without_slopes(rule, seed))
    for name, kind, made in _on_values(op, rule):
        yield f"{where}/{name}", kind, partial(make, made)


# Composites ------------------------------------------------------------------------------------------------


def _composite(op: Op) -> Found:
    rule = op.decomposition
    assert rule is not None

    def with_rule(made: Any) -> Damage:
        return Damage(op._replace(decomposition=made))

    names = [name for name, _ in _changes(op) if name != "half-slope"]
    for name, change in _changes(op, names):
        yield f"decomposition/{name}", change.kind, partial(with_rule, change(rule))
    yield "decomposition/noise", "non-determinism", partial(with_rule, noisy(rule))
    added = around(rule, lambda call, given: each(lambda y: y + 1, call(given)))
    yield "decomposition/plus-one", "forward value", partial(with_rule, added)
    leak = around(rule, lambda call, given: each(lambda y: double(given["xp"], y), call(given)), "xp")
    yield "decomposition/leak", "float64 leak", partial(with_rule, leak)
    for p in op.parameters:
        if p.kind in ("positional", "star") and p.name in named(rule) and p.default is None and p.name not in MEANT:
            yield (
                f"decomposition/constant-{p.name}",
                "dropped argument",
                partial(with_rule, without_slopes(rule, p.name)),
            )
    for name, kind, made in _parameters(op, rule):
        yield f"decomposition/{name}", kind, partial(with_rule, made)


# What they share -------------------------------------------------------------------------------------------


def _changes(op: Op, names: Sequence[str] = tuple(CHANGES)) -> Iterator[tuple[str, Any]]:
    for name in names:
        if name != "conj" or _has_complex(op.name):
            yield name, CHANGES[name]


def _on_values(op: Op, rule: Rule) -> Iterator[tuple[str, str, Any]]:
    """Mutants of how a rule treats what it is given besides its seed."""
    linear = op.kind == "linear"
    values = [n for n in named(rule) if n == "out" or (n in op.arguments and not linear)]
    if values:
        yield "constant-values", "second order", without_slopes(rule, *values)
        yield f"write-{values[0]}", "mutated input", writing(rule, values[0])
    yield from _parameters(op, rule)


def _parameters(op: Op, rule: Rule) -> Iterator[tuple[str, str, Any]]:
    for p in op.parameters[op.arity :]:
        if (
            p.name in op.keywords
            or p.name not in named(rule)
            or (op.kind == "composite" and p.kind in ("positional", "star"))
        ):
            continue
        if p.default is not None:
            default = ast.literal_eval(p.default)
            made = parameter(rule, p.name, lambda v, default=default: default)  # type: ignore[misc]
            yield f"{p.name}-ignored", "dropped parameter", made
        if p.name in MEANT:
            yield f"{p.name}-other", "dropped parameter", parameter(rule, p.name, MEANT[p.name])


def _exchanged(op: Op) -> Found:
    """The rules of the first two arguments that have one, exchanged."""
    own = [i for i, rule in enumerate(op.vjp) if rule is not None]
    if op.joint or len(own) < 2 or op.vjp[own[0]] == op.vjp[own[1]]:
        return
    i, j = own[:2]
    vjp = _replaced(_replaced(op.vjp, i, op.vjp[j]), j, op.vjp[i])
    yield "exchanged", "transposed argument", lambda: Damage(op._replace(vjp=vjp))


def _valued(op: Op, change: Callable[[Any, Any], Any]) -> Op:
    """The backend's function with other values, and the right rules."""
    space = agrad.namespace(REFEREE)
    right: Any = reduce(getattr, op.name.split("."), space)  # on plain arrays it is the backend's own

    def changed(found: Any) -> Any:
        return each(lambda y: change(space, y) if is_floating(space, y) else y, found)

    def wrong(*args: Any, **params: Any) -> Any:
        return changed(right(*args, **params))

    def value(call: Any, given: Any) -> Any:
        out, kept = call(given)
        return changed(out), kept

    residual = None if op.residual is None else around(op.residual, value)
    return op._replace(native={**op.native, REFEREE: wrong}, operator=None, residual=residual)
