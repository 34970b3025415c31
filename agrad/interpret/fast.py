"""The common cases of `apply`, inlined: arrays, one result, followed by one trace or by none.

An eager library lives or dies by what happens between the user's call and the backend's: here that is a few type tests,
one call, and two small objects. There is a closure for each shape of op: one or two data arguments, one with
parameters, and tests, which have no derivative. What a closure does not cover it hands to the door, `other`.

In all of them an argument ``x`` has its node in ``p``, its aval in ``a`` and its value, one level out, in ``v``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agrad.interpret.bound import Bound
from agrad.interpret.forward import carried
from agrad.interpret.levels import LIFTING, OFF, enabled
from agrad.interpret.nodes import node_of_one, node_of_parameters, term
from agrad.interpret.pairs import of_two
from agrad.interpret.parameters import settled
from agrad.interpret.record import node_class as general_node
from agrad.interpret.reverse import rank
from agrad.interpret.rules import environment
from agrad.interpret.watching import CALLS

__all__ = ["block", "closure"]

Params = dict[str, Any]
BASIC = frozenset({int, slice, type(None), type(Ellipsis)})
"""What an index that selects a regular block consists of."""
Door = Callable[[Bound, tuple[Any, ...], Params], Any]


def closure(f: Bound, other: Door, operator: bool = False) -> Callable[..., Any]:
    """The op as a function of its data arguments and, where it has parameters, of a dict of them.

    `operator`: Python's numbers leave weak what is weak, and types that nobody knows get their turn.
    """
    op, other = f.op, _unless_off(f, other)
    bare = len(op.parameters) == len(f.arguments)
    usual = op.outputs == 1 and not op.joint and not op.residual and not op.keywords
    usual = usual and all(p.kind != "star" and p.default is None for p in op.parameters[: op.arity])
    if usual and op.kind == "constant" and bare and op.arity in (1, 2):
        return _test_of_one(f, other) if op.arity == 1 else _test_of_two(f, other)
    if usual and op.vjp and None not in op.vjp:
        if op.arity == 1 and bare and op.kind == "elementwise":
            return _one(f, other, operator)
        if op.arity == 1:
            return _parameters(f, other, bare)
        if op.arity == 2 and bare and op.kind in ("elementwise", "bilinear") and not op.custom:
            return of_two(f, other, operator)
    if op.vjp and op.outputs == 1 and not (op.joint or op.residual or op.keywords or op.custom):
        return _several(f, other, bare)
    if not bare:
        return lambda *args: other(f, args[:-1], args[-1])
    if len(f.arguments) == 1:  # as many as there are: no shell may count them
        return lambda x, /: other(f, (x,), {})
    if len(f.arguments) == 2:
        return lambda x1, x2, /: other(f, (x1, x2), {})
    return lambda *args: other(f, args, {})


def _unless_off(f: Bound, door: Door) -> Door:
    """The door, and before it, where recording is switched off, the backend's function on what nothing follows then."""
    if f.keeps:
        return door
    call, space, admit = f.call, f.space, f.space._backend.admit
    Tensor, plain, arrays = space._tensor, space._plain, space._array_types  # noqa: N806

    def entered(f: Bound, args: tuple[Any, ...], params: Params) -> Any:
        if not OFF or LIFTING or CALLS:
            return door(f, args, params)
        values: list[Any] = []
        for a in args:
            kind = type(a)
            if kind is Tensor:
                node = a._node
                if a._aval.weak or (node is not None and (enabled(node.trace) or not node.trace.alive)):
                    return door(f, args, params)
                a = a._value
                if type(a) is Tensor:
                    return door(f, args, params)
            elif kind in arrays:
                a = a if admit is None else admit(a)
            elif kind not in plain:
                return door(f, args, params)
            values.append(a)
        if any([type(a) is Tensor for a in args]):
            return space._wrap(call(values, settled(f, params) if params else params))
        return door(f, args, params)

    return entered


def _one(f: Bound, other: Door, operator: bool) -> Callable[..., Any]:
    """An elementwise function of one argument: ``sin``."""
    impl, space = f.impl, f.space
    Tensor, aval_of = space._tensor, space._aval_of  # noqa: N806 - a class
    node_class, keeps_x, _, keeps_out = node_of_one(f)
    complex_node = node_of_one(f, conjugate=True).node
    slope, raw = term(f, f.arguments, 0), space._raw

    def run(x: Any, /) -> Any:
        if type(x) is Tensor and not OFF:
            p = x._node
            if p is None:
                out = impl(x._value)
                y = Tensor()
                y._value = out
                y._aval = aval_of(out)
                y._node = None
                return y
            trace = p.trace
            a = x._aval
            if trace.recording and a.inexact:
                v = x._value
                out = run(v) if type(v) is Tensor else impl(v)
                y = Tensor()
                y._value = out
                y._aval = a if operator else a.strong
                y._node = node = node_class() if a.real else complex_node()
                node.rank = rank()
                node.trace = trace
                node.parents = p
                node.saved = (v, out) if keeps_x and keeps_out else v if keeps_x else out if keeps_out else None
                return y
            if trace.carrying and a.inexact and type(x._value) is not Tensor and type(p.tangent) is not Tensor:
                v = x._value
                out = impl(v)
                return carried(
                    f, out, a if operator else a.strong, trace, slope(raw, (v, None, out, a, None), p.tangent)
                )
        return other(f, (x,), {})

    return run


def _parameters(f: Bound, other: Door, bare: bool) -> Callable[..., Any]:
    """One data argument, and parameters unless `bare`: ``sum``, ``reshape``, ``abs``."""
    call, space = f.call, f.space
    Tensor, aval_of, plain = space._tensor, space._aval_of, space._settings  # noqa: N806
    (node_class, keeps_x, _, keeps_out), wanted = node_of_parameters(f)
    complex_node = node_of_parameters(f, conjugate=True)[0].node
    own, linear = f.own[0], f.op.kind == "linear"

    def run(x: Any, params: Params, /) -> Any:
        if type(x) is Tensor and not OFF:
            for value in params.values():
                if type(value) not in plain:
                    if type(value) is not tuple:
                        return other(f, (x,), params)
                    for item in value:
                        if type(item) not in plain:
                            return other(f, (x,), params)
            p = x._node
            if p is None:
                out = call((x._value,), params)
                y = Tensor()
                y._value = out
                y._aval = aval_of(out)
                y._node = None
                return y
            trace = p.trace
            a = x._aval
            if trace.recording and a.inexact:
                v = x._value
                out = run(v, params) if type(v) is Tensor else call((v,), params)
                aval = aval_of(out)
                if aval.inexact:
                    y = Tensor()
                    y._value = out
                    y._aval = aval
                    y._node = node = node_class() if aval.real else complex_node()
                    node.rank = rank()
                    node.trace = trace
                    node.parents = p
                    node.saved = wanted(params), (a if own else v) if keeps_x else None, out if keeps_out else None, a
                    return y
            elif trace.carrying and linear and type(x._value) is not Tensor and type(p.tangent) is not Tensor:
                out = call((x._value,), params)
                aval = aval_of(out)
                return carried(f, out, aval, trace, call((p.tangent,), params) if aval.inexact else None)
        return other(f, (x,), params)

    if not bare:
        return run
    none: Params = {}
    return lambda x, /: run(x, none)


def block(f: Bound, door: Door) -> Callable[[Any, Any], Any]:
    """Reading at an index without arrays, ``x[1:]``, which is then a parameter, one as it should be."""
    impl, space, general = f.impl, f.space, closure(f, door)
    Tensor, aval_of = space._tensor, space._aval_of  # noqa: N806
    node_class, complex_node = (node_of_parameters(f, conjugate)[0].node for conjugate in (False, True))

    def run(x: Any, key: Any, /) -> Any:
        if type(x) is Tensor and not OFF:
            p = x._node
            a = x._aval
            v = x._value
            if p is None or not a.inexact:
                pass
            elif p.trace.recording:
                out = run(v, key) if type(v) is Tensor else impl(v, key)
                y = Tensor()
                y._value = out
                y._aval = aval_of(out)
                y._node = node = node_class() if a.real else complex_node()
                node.rank = rank()
                node.trace = p.trace
                node.parents = p
                node.saved = (key,), a, None, a
                return y
            elif p.trace.carrying and type(v) is not Tensor and type(p.tangent) is not Tensor:
                out = impl(v, key)
                return carried(f, out, aval_of(out), p.trace, impl(p.tangent, key))
        return general(x, {"key": key})

    return run


def _several(f: Bound, other: Door, bare: bool) -> Callable[..., Any]:
    """Any number of data arguments, optional ones and indices among them: ``where``, ``clip``, an assignment."""
    call, space, rules, keeps, admit = f.call, f.space, f.rules, f.keeps, f.space._backend.admit
    Tensor, aval_of, plain, arrays = space._tensor, space._aval_of, space._plain, space._array_types  # noqa: N806
    node_of = general_node(f)
    none: Params = {}

    def run(*given: Any) -> Any:
        args, params = (given, none) if bare else (given[:-1], given[-1])
        trace = None
        values: list[Any] = []
        slots: list[tuple[int, int]] = []
        parents: list[Any] = []
        avals: list[Any] = []
        for i, a in enumerate(args):
            kind = type(a)
            if kind is Tensor:
                p = a._node
                if p is not None:
                    if trace is None:
                        trace = p.trace
                    elif p.trace is not trace:
                        return other(f, args, params)
                    if not a._aval.inexact or rules[i] is None:
                        return other(f, args, params)
                    slots.append((i, -1))
                    parents.append(p)
                    avals.append(a._aval)
                a = a._value
                if type(a) is Tensor:
                    return other(f, args, params)
            elif kind in arrays:
                if admit is not None:
                    admit(a)
                if i in keeps:
                    a = space._copied(a)
            elif kind not in plain and (kind is not tuple or not all([type(item) in BASIC for item in a])):
                return other(f, args, params)
            values.append(a)
        if OFF or trace is None or not trace.recording:
            return other(f, args, params)
        if params:
            params = settled(f, params)
        out = call(values, params)
        aval = aval_of(out)
        if not aval.inexact:
            return other(f, args, params)
        y = Tensor()
        y._value = out
        y._aval = aval
        y._node = node = node_of()
        node.rank = rank()
        node.trace = trace
        node.parents = parents
        env = environment(f, f.needs(tuple([i for i, _ in slots])), values, params, out, None)
        node.saved = env, slots, avals, [aval]
        return y

    return run


def _test_of_one(f: Bound, other: Door) -> Callable[..., Any]:
    """A test of one argument, ``isnan``: what reverse mode follows is taken out of its box."""
    impl, space = f.impl, f.space
    Tensor, aval_of = space._tensor, space._aval_of  # noqa: N806

    def run(x: Any, /) -> Any:
        if type(x) is Tensor and (x._node is None or x._node.trace.recording):
            v = x._value
            if type(v) is not Tensor:
                out = impl(v)
                y = Tensor()
                y._value = out
                y._aval = aval_of(out)
                y._node = None
                return y
        return other(f, (x,), {})

    return run


def _test_of_two(f: Bound, other: Door) -> Callable[..., Any]:
    """A test of two arguments: a comparison, with a Tensor on its left."""
    impl, space = f.impl, f.space
    Tensor, aval_of, arrays = space._tensor, space._aval_of, space._array_types  # noqa: N806

    def run(x1: Any, x2: Any, /) -> Any:
        if type(x1) is not Tensor or (x1._node is not None and not x1._node.trace.recording):
            return other(f, (x1, x2), {})
        kind = type(x2)
        if kind is Tensor:
            if x2._node is not None and not x2._node.trace.recording:
                return other(f, (x1, x2), {})
            v2 = x2._value
            alike = x1._aval is x2._aval or not (x1._aval.weak or x2._aval.weak)
        else:
            v2 = x2
            alike = kind is float or kind is int or (kind in arrays and not x1._aval.weak)
        v1 = x1._value
        if not alike or type(v1) is Tensor or type(v2) is Tensor:
            return other(f, (x1, x2), {})
        out = impl(v1, v2)
        y = Tensor()
        y._value = out
        y._aval = aval_of(out)
        y._node = None
        return y

    return run
