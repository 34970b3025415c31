"""Node classes for the common cases: what one is to keep of an operation, and how it pulls a cotangent back.

The general path has a class of its own, in `record`. Here is what `fast` records: real numbers, one result, one or two
data arguments. Each function returns a class and says which values its `pull` reads, so that no other is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from agrad.declare import select
from agrad.interpret.bound import Bound, names_of
from agrad.interpret.record import node_name
from agrad.interpret.reverse import Node
from agrad.interpret.rules import caller, checked, restore, times

__all__ = ["Kept", "node_of_number", "node_of_one", "node_of_parameters", "nodes_of_two", "term"]

Pull = Callable[[Any, Any], Any]


class Kept(NamedTuple):
    """A node class, and which values it keeps: arguments and the result."""

    node: type[Node]
    x1: bool
    x2: bool
    out: bool


def is_stack(kind: Any, ct: Any) -> bool:
    """Whether a cotangent is one for each of many examples, which no other level follows.

    An elementwise rule may take it as the array that it is, its axis of examples in front, where all examples share
    the values that the node has kept.
    """
    if type(ct) is not kind or ct._node is None:
        return False
    return ct._node.trace.batches and type(ct._value) is not kind


def _class(f: Bound, pull: Pull, retrack: Callable[[Any], Any], single: bool = True) -> type[Node]:
    body = {"__slots__": (), "single": single, "pull": staticmethod(pull), "retrack": retrack}
    return type(node_name(f.op.name), (Node,), body)


# One elementwise argument ---------------------------------------------------------------------------


def node_of_one(f: Bound, conjugate: bool = False) -> Kept:
    """For an elementwise function of one argument: ``saved`` is the argument, the result, or the pair.

    `conjugate`, here and below: the result is complex, so that partials and transposes are conjugated.
    """
    rule: Any = f.op.vjp[0]
    space = f.space
    Tensor, wrap, raw = space._tensor, space._wrap, space._raw  # noqa: N806 - a class
    names = names_of(rule)
    values = [n for n in names if n != "xp"]
    keeps_x, keeps_out = f.arguments[0] in values, "out" in values
    if isinstance(rule, select) or (callable(rule) and conjugate):
        by_name, place = times(rule), f.arguments[0]

        def pull(saved: Any, ct: Any) -> Any:
            v, out = saved if keeps_x and keeps_out else (saved, saved)
            if type(ct) is Tensor or type(v) is Tensor or type(out) is Tensor:
                return by_name({"xp": space, place: wrap(v), "out": wrap(out)}, wrap(ct), conjugate)
            return by_name({"xp": raw, place: v, "out": out}, ct, conjugate)

    elif not callable(rule):
        slope: Any = rule

        def pull(saved: Any, ct: Any) -> Any:
            return ct if slope == 1 else -ct if slope == -1 else ct * slope if slope else None

    elif names == ("xp", *values[:1]):

        def pull(saved: Any, ct: Any) -> Any:
            if type(ct) is Tensor or type(saved) is Tensor:
                if type(saved) is not Tensor and is_stack(Tensor, ct):
                    return space._box(rule(raw, saved) * ct._value, ct._aval, ct._node)
                return rule(space, wrap(saved)) * wrap(ct)
            return rule(raw, saved) * ct

    elif names == (*values[:1],):

        def pull(saved: Any, ct: Any) -> Any:
            if type(ct) is Tensor or type(saved) is Tensor:
                if type(saved) is not Tensor and is_stack(Tensor, ct):
                    return space._box(rule(saved) * ct._value, ct._aval, ct._node)
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


def node_of_parameters(f: Bound, conjugate: bool = False) -> tuple[Kept, Callable[[Any], tuple[Any, ...]]]:
    """For one data argument of any kind, and what of its parameters the rule reads.

    ``saved`` is (those parameters, x, out, a), where the x of a linear op is its aval.
    """
    rule: Any = f.op.vjp[0]
    space, x, own = f.space, f.arguments[0], f.own[0]
    Tensor, wrap, raw = space._tensor, space._wrap, space._raw  # noqa: N806
    names = names_of(rule)
    keeps_x, keeps_out = x in names and f.op.kind != "bilinear", "out" in names
    wanted = [n for n in names if n not in ("xp", "ct", x, "out")]
    fields = ("xp", "ct", x, "out", *wanted)
    elementwise, custom = f.op.kind == "elementwise", f.op.custom
    pick, by_name = _picked([fields.index(n) for n in names]), times(rule)
    called = callable(rule) and not isinstance(rule, select) and not (elementwise and conjugate)
    conjugate = conjugate and f.op.kind != "general"

    def pull(saved: Any, ct: Any) -> Any:
        params, v, out, aval = saved
        xp: Any = raw
        if type(ct) is Tensor or type(v) is Tensor or type(out) is Tensor:
            xp, ct = space, wrap(ct)
            v = v if own else wrap(v)
            out = wrap(out)
        if not called:
            g = by_name(dict(zip(fields, (xp, ct, v, out, *params), strict=True)), ct, conjugate)
        elif elementwise:
            g = rule(*pick((xp, ct, v, out, *params))) * ct
        else:
            g = rule(*pick((xp, xp.conj(ct) if conjugate else ct, v, out, *params)))
            if custom:
                g = checked(f, ct, g, (aval,), f"the VJP rule for {x!r}")
            if conjugate and g is not None:
                g = xp.conj(g)
        return restore(f, xp, g, aval)

    def retrack(node: Node) -> Any:
        params, v, out, aval = node.saved
        if keeps_x and not own:
            v = space._box(v, aval, node.parents)
        if keeps_out:
            out = space._box(out, space._aval_of(out), node)
        return params, v, out, aval

    return Kept(_class(f, pull, retrack), keeps_x, False, keeps_out), _picked(wanted)


def _picked(keys: Sequence[Any]) -> Callable[[Any], tuple[Any, ...]]:
    """These items of a mapping or a sequence, as a tuple."""
    if len(keys) > 1:
        return itemgetter(*keys)
    return (lambda held: (held[keys[0]],)) if keys else lambda held: ()


# Two arguments --------------------------------------------------------------------------------------


def nodes_of_two(f: Bound, fits: bool, conjugate: bool = False) -> tuple[Kept, Kept, Kept]:
    """For two data arguments: where both, the first or the second is followed; ``saved`` is (x1, x2, out, a1, a2).

    `fits`: no broadcasting and one dtype, so that cotangents are right as they are.
    """
    first, second, both = [_node_of_two(f, f.arguments, which, fits, conjugate) for which in ((0,), (1,), (0, 1))]
    return both, first, second


def node_of_number(f: Bound, number: str) -> Kept:
    """For one data argument and a parameter that is a number, ``x**2``, kept as the second of two arguments is."""
    return _node_of_two(f, (f.arguments[0], number), (0,), True)


def _node_of_two(
    f: Bound, names: Sequence[str], followed: tuple[int, ...], fits: bool, conjugate: bool = False
) -> Kept:
    space = f.space
    Tensor, wrap, raw = space._tensor, space._wrap, space._raw  # noqa: N806
    needed = f.needs(followed)
    keeps = [name in needed for name in (*names, "out")]
    terms = [term(f, names, i, conjugate) for i in followed]
    first, second = terms[0], terms[-1]
    i, j = followed[0], followed[-1]
    held = [k for k in range(3) if keeps[k]]
    h1, h2 = (held[0], held[-1]) if held else (0, 0)  # two places cover what most rules read

    def boxed(saved: Any, ct: Any) -> Any:
        if fits and is_stack(Tensor, ct) and not any([type(saved[k]) is Tensor for k in held]):
            # one number to one: what all examples share broadcasts against the stack of cotangents
            stacks = [one(raw, saved, ct._value) for one in terms]
            gs = [None if g is None else space._box(g, saved[3 + k], ct._node) for g, k in zip(stacks, followed)]  # noqa: B905
            return gs if i != j else gs[0]
        values, avals = list(saved), saved[3:]
        for k in held:
            if type(values[k]) is not Tensor:
                values[k] = wrap(values[k])
        saved, ct = values, wrap(ct)
        gs = [one(space, saved, ct) for one in terms]
        if not fits:
            gs = [restore(f, space, g, avals[k]) for g, k in zip(gs, followed, strict=True)]
        return gs if i != j else gs[0]

    rules: list[Any] = [f.op.vjp[i] for i in followed]
    reads = [_only(f, names, i) for i in followed]
    if fits and None not in reads and not conjugate:  # what most of a program is made of
        (rule_1, rule_2), (r1, r2) = (rules[0], rules[-1]), (reads[0], reads[-1])

        def pull(saved: Any, ct: Any) -> Any:
            a = saved[r1]
            b = saved[r2]
            if type(ct) is Tensor or type(a) is Tensor or type(b) is Tensor:
                return boxed(saved, ct)
            return rule_1(a) * ct, rule_2(b) * ct

        def pull_one(saved: Any, ct: Any) -> Any:
            a = saved[r1]
            if type(ct) is Tensor or type(a) is Tensor:
                return boxed(saved, ct)
            return rule_1(a) * ct

        pull = pull if i != j else pull_one

    elif fits and i != j and rules == [1, 1]:

        def pull(saved: Any, ct: Any) -> Any:
            return ct, ct

    elif fits and i != j and rules == [1, -1]:

        def pull(saved: Any, ct: Any) -> Any:
            return ct, -ct

    elif len(held) == 3:  # all of them, which is rare

        def pull(saved: Any, ct: Any) -> Any:
            if type(ct) is Tensor or any(type(saved[k]) is Tensor for k in held):
                return boxed(saved, ct)
            gs = [one(raw, saved, ct) for one in terms]
            if not fits:
                gs = [restore(f, raw, g, saved[3 + k]) for g, k in zip(gs, followed, strict=True)]
            return gs if i != j else gs[0]

    elif i == j and fits:

        def pull(saved: Any, ct: Any) -> Any:
            if type(ct) is Tensor or type(saved[h1]) is Tensor or type(saved[h2]) is Tensor:
                return boxed(saved, ct)
            return first(raw, saved, ct)

    elif i == j:

        def pull(saved: Any, ct: Any) -> Any:
            if type(ct) is Tensor or type(saved[h1]) is Tensor or type(saved[h2]) is Tensor:
                return boxed(saved, ct)
            return restore(f, raw, first(raw, saved, ct), saved[3 + i])

    elif fits:

        def pull(saved: Any, ct: Any) -> Any:
            if type(ct) is Tensor or type(saved[h1]) is Tensor or type(saved[h2]) is Tensor:
                return boxed(saved, ct)
            return first(raw, saved, ct), second(raw, saved, ct)

    else:

        def pull(saved: Any, ct: Any) -> Any:
            if type(ct) is Tensor or type(saved[h1]) is Tensor or type(saved[h2]) is Tensor:
                return boxed(saved, ct)
            return (
                restore(f, raw, first(raw, saved, ct), saved[3]),
                restore(f, raw, second(raw, saved, ct), saved[4]),
            )

    def retrack(node: Node) -> Any:
        saved = list(node.saved)
        parents = (node.parents,) if i == j else node.parents
        for k, parent in zip(followed, parents, strict=True):
            if saved[k] is not None:
                saved[k] = space._box(saved[k], saved[3 + k], parent)
        if saved[2] is not None:
            saved[2] = space._box(saved[2], space._aval_of(saved[2]), node)
        return tuple(saved)

    return Kept(_class(f, pull, retrack, i == j), *keeps)


def _only(f: Bound, arguments: Sequence[str], i: int) -> int | None:
    """The place of the one value that an elementwise partial is a function of, if it is so simple."""
    rule, places = f.op.vjp[i], (*arguments, "out")
    if f.op.kind != "elementwise" or not callable(rule) or isinstance(rule, select):
        return None
    read = names_of(rule)
    return places.index(read[0]) if len(read) == 1 and read[0] in places else None


def term(f: Bound, arguments: Sequence[str], i: int, conjugate: bool = False) -> Callable[[Any, Any, Any], Any]:
    """The cotangent of one argument: a function of ``(xp, saved, ct)``, where ``saved`` is (x1, x2, out, a1, a2).

    Of an elementwise function it makes the argument's tangent that of the result, too.
    """
    rule: Any = f.op.vjp[i]
    places = {name: k for k, name in enumerate(arguments)} | {"out": 2}
    if f.op.kind == "bilinear":
        places[arguments[i]] = 3 + i  # of its own argument, such a rule gets the aval
    names = names_of(rule)
    if isinstance(rule, select) or (f.op.kind == "elementwise" and conjugate):
        by_name = times(rule)
        return lambda xp, saved, ct: by_name({"xp": xp, **{n: saved[k] for n, k in places.items()}}, ct, conjugate)
    if not callable(rule):
        if rule == 1:
            return lambda xp, saved, ct: ct
        if rule == -1:
            return lambda xp, saved, ct: -ct
        return lambda xp, saved, ct: ct * rule if rule else None
    places |= {"xp": 5, "ct": 6}
    chosen = [places[n] for n in names]
    if f.op.kind != "elementwise" and conjugate:
        return lambda xp, saved, ct: xp.conj(rule(*[(*saved, xp, xp.conj(ct))[k] for k in chosen]))
    if f.op.kind != "elementwise":
        return lambda xp, saved, ct: rule(*[(*saved, xp, ct)[k] for k in chosen])
    if "xp" in names:
        return lambda xp, saved, ct: rule(*[(*saved, xp)[k] for k in chosen]) * ct
    if len(chosen) == 1:
        (only,) = chosen
        return lambda xp, saved, ct: rule(saved[only]) * ct
    if len(chosen) == 2:
        a, b = chosen
        return lambda xp, saved, ct: rule(saved[a], saved[b]) * ct
    return lambda xp, saved, ct: rule(*[saved[k] for k in chosen]) * ct
