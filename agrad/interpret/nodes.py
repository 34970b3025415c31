"""Node classes for the common cases: what one is to keep of an operation, and how it pulls a cotangent back.

The general path has a class of its own, in `record`. Here is what `fast` records: real numbers, one result, one or two
data arguments. Each function returns a class and says which values its `pull` reads, so that no other is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any, NamedTuple

from agrad.declare import select
from agrad.interpret.bound import Bound, names_of
from agrad.interpret.record import node_name
from agrad.interpret.reverse import Node
from agrad.interpret.rules import caller, checked, restore, times

__all__ = ["Kept", "node_of_one", "node_of_parameters", "nodes_of_two"]

Pull = Callable[[Any, Any], Any]


class Kept(NamedTuple):
    """A node class, and which values it keeps: arguments and the result."""

    node: type[Node]
    x1: bool
    x2: bool
    out: bool


def _class(f: Bound, pull: Pull, retrack: Callable[[Any], Any], single: bool = True) -> type[Node]:
    body = {"__slots__": (), "single": single, "pull": staticmethod(pull), "retrack": retrack}
    return type(node_name(f.op.name), (Node,), body)


# One elementwise argument ---------------------------------------------------------------------------


def node_of_one(f: Bound) -> Kept:
    """For an elementwise function of one argument: ``saved`` is the argument, the result, or the pair."""
    space, rule = f.space, f.op.vjp[0]
    Tensor, wrap, raw = space._tensor, space._wrap, space._raw  # noqa: N806 - a class
    names = names_of(rule)
    values = [n for n in names if n != "xp"]
    keeps_x, keeps_out = f.arguments[0] in values, "out" in values
    if not callable(rule):
        slope: Any = rule

        def pull(saved: Any, ct: Any) -> Any:
            return ct if slope == 1 else -ct if slope == -1 else ct * slope if slope else None

    elif names == ("xp", *values[:1]):

        def pull(saved: Any, ct: Any) -> Any:
            if type(ct) is Tensor or type(saved) is Tensor:
                return rule(space, wrap(saved)) * wrap(ct)
            return rule(raw, saved) * ct

    elif names == (*values[:1],):

        def pull(saved: Any, ct: Any) -> Any:
            if type(ct) is Tensor or type(saved) is Tensor:
                return rule(wrap(saved)) * wrap(ct)
            return rule(saved) * ct

    else:
        call, x = caller(rule), f.arguments[0]

        def pull(saved: Any, ct: Any) -> Any:
            env = {x: saved, "out": saved} if len(values) < 2 else {x: saved[0], "out": saved[1]}
            if type(ct) is Tensor or any(type(v) is Tensor for v in env.values()):
                env = {n: wrap(v) for n, v in env.items()}
                return call({**env, "xp": space}) * wrap(ct)
            return call({**env, "xp": raw}) * ct

    def retrack(node: Node) -> Any:
        def followed(v: Any, origin: Node) -> Any:
            return space._box(v, space._aval_of(v), origin)

        if keeps_x and keeps_out:
            return followed(node.saved[0], node.parents), followed(node.saved[1], node)
        return followed(node.saved, node.parents) if keeps_x else followed(node.saved, node) if keeps_out else None

    return Kept(_class(f, pull, retrack), keeps_x, False, keeps_out)


# One argument and parameters ------------------------------------------------------------------------


def node_of_parameters(f: Bound) -> Kept:
    """For one data argument of any kind: ``saved`` is the names that the rule is given, and the argument's aval."""
    space, rule, x, own = f.space, f.op.vjp[0], f.arguments[0], f.own[0]
    Tensor, wrap, raw = space._tensor, space._wrap, space._raw  # noqa: N806
    names = names_of(rule)
    keeps_x, keeps_out = x in names and f.op.kind != "bilinear", "out" in names
    term: Any = times(rule) if f.op.kind == "elementwise" else caller(rule)
    elementwise, custom = f.op.kind == "elementwise", f.op.custom

    def pull(saved: Any, ct: Any) -> Any:
        env, aval = saved
        if type(ct) is Tensor or (keeps_x and type(env[x]) is Tensor) or (keeps_out and type(env["out"]) is Tensor):
            env = dict(env)
            if keeps_x and not own:
                env[x] = wrap(env[x])
            if keeps_out:
                env["out"] = wrap(env["out"])
            ct = wrap(ct)
            xp: Any = space
        else:
            env = env.copy()
            xp = raw
        env["xp"] = xp
        env["ct"] = ct
        g = term(env, ct, False) if elementwise else term(env)
        if custom:
            g = checked(f, ct, g, (aval,), f"the VJP rule for {x!r}")
        return restore(f, xp, g, aval)

    def retrack(node: Node) -> Any:
        env, aval = node.saved
        env = dict(env)
        if keeps_x and not own:
            env[x] = space._box(env[x], aval, node.parents)
        if keeps_out:
            env["out"] = space._box(env["out"], space._aval_of(env["out"]), node)
        return env, aval

    return Kept(_class(f, pull, retrack), keeps_x, False, keeps_out)


# Two arguments --------------------------------------------------------------------------------------


def nodes_of_two(f: Bound, fits: bool) -> tuple[Kept, Kept, Kept]:
    """For two data arguments: where both, the first or the second is followed; ``saved`` is (x1, x2, out, a1, a2).

    `fits`: no broadcasting and one dtype, so that cotangents are right as they are.
    """
    return _node_of_two(f, (0, 1), fits), _node_of_two(f, (0,), fits), _node_of_two(f, (1,), fits)


def _node_of_two(f: Bound, followed: tuple[int, ...], fits: bool) -> Kept:
    space = f.space
    Tensor, wrap, raw = space._tensor, space._wrap, space._raw  # noqa: N806
    needed = f.needs(followed)
    first, second = (_term(f, followed[0]), _term(f, followed[-1]))
    one, other = followed[0], followed[-1]

    def boxed(saved: Any, ct: Any) -> Any:
        v1, v2, out, *avals = saved
        v1, v2, out, ct = wrap(v1), wrap(v2), wrap(out), wrap(ct)
        gs = [first(space, v1, v2, out, *avals, ct)]
        if one != other:
            gs.append(second(space, v1, v2, out, *avals, ct))
        if not fits:
            gs = [restore(f, space, g, avals[i]) for g, i in zip(gs, followed, strict=True)]
        return gs if one != other else gs[0]

    if one == other and fits:

        def pull(saved: Any, ct: Any) -> Any:
            v1, v2, out, a1, a2 = saved
            if type(ct) is Tensor or type(v1) is Tensor or type(v2) is Tensor or type(out) is Tensor:
                return boxed(saved, ct)
            return first(raw, v1, v2, out, a1, a2, ct)

    elif one == other:

        def pull(saved: Any, ct: Any) -> Any:
            v1, v2, out, a1, a2 = saved
            if type(ct) is Tensor or type(v1) is Tensor or type(v2) is Tensor or type(out) is Tensor:
                return boxed(saved, ct)
            return restore(f, raw, first(raw, v1, v2, out, a1, a2, ct), a2 if one else a1)

    elif fits:

        def pull(saved: Any, ct: Any) -> Any:
            v1, v2, out, a1, a2 = saved
            if type(ct) is Tensor or type(v1) is Tensor or type(v2) is Tensor or type(out) is Tensor:
                return boxed(saved, ct)
            return first(raw, v1, v2, out, a1, a2, ct), second(raw, v1, v2, out, a1, a2, ct)

    else:

        def pull(saved: Any, ct: Any) -> Any:
            v1, v2, out, a1, a2 = saved
            if type(ct) is Tensor or type(v1) is Tensor or type(v2) is Tensor or type(out) is Tensor:
                return boxed(saved, ct)
            return (
                restore(f, raw, first(raw, v1, v2, out, a1, a2, ct), a1),
                restore(f, raw, second(raw, v1, v2, out, a1, a2, ct), a2),
            )

    def retrack(node: Node) -> Any:
        saved = list(node.saved)
        parents = (node.parents,) if one == other else node.parents
        for i, parent in zip(followed, parents, strict=True):
            if saved[i] is not None:
                saved[i] = space._box(saved[i], saved[3 + i], parent)
        if saved[2] is not None:
            saved[2] = space._box(saved[2], space._aval_of(saved[2]), node)
        return tuple(saved)

    keeps = [name in needed for name in (*f.arguments, "out")]
    return Kept(_class(f, pull, retrack, one == other), *keeps)


def _term(f: Bound, i: int) -> Callable[..., Any]:
    """The cotangent of one argument: a function of ``(xp, x1, x2, out, a1, a2, ct)``."""
    rule: Any = f.op.vjp[i]
    places = {"xp": 0, f.arguments[0]: 1, f.arguments[1]: 2, "out": 3, "ct": 6}
    if f.op.kind == "bilinear":
        places[f.arguments[i]] = 4 + i  # of its own argument, such a rule gets the aval
    names = names_of(rule)
    if isinstance(rule, select):
        by_name = times(rule)

        def selected(*given: Any) -> Any:
            return by_name({name: given[k] for name, k in places.items()}, given[6], False)

        return selected
    if not callable(rule):
        slope = rule
        if slope == 1:
            return lambda xp, x1, x2, out, a1, a2, ct: ct
        if slope == -1:
            return lambda xp, x1, x2, out, a1, a2, ct: -ct
        return lambda xp, x1, x2, out, a1, a2, ct: ct * slope if slope else None
    if f.op.kind == "elementwise":
        if names == f.arguments[1:]:
            return lambda xp, x1, x2, out, a1, a2, ct: rule(x2) * ct
        if names == f.arguments[:1]:
            return lambda xp, x1, x2, out, a1, a2, ct: rule(x1) * ct
        if len(names) > 1:
            pick = itemgetter(*[places[n] for n in names])
            return lambda *given: rule(*pick(given)) * given[6]
        return lambda *given: rule(*[given[places[n]] for n in names]) * given[6]
    chosen = [places[n] for n in names]
    return lambda *given: rule(*[given[k] for k in chosen])
