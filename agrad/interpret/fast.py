"""The common cases of `apply`, inlined: arrays, one result, followed by one trace or by none.

An eager library lives or dies by what happens between the user's call and the backend's: here that is a few type tests,
one call, and two small objects. There is a closure for each shape of op: one or two data arguments, one with
parameters, and tests, which have no derivative. What a closure does not cover it hands to the door, `other`.

In all of them an argument ``x2`` has its node in ``p2``, its aval in ``a2`` and its value, one level out, in ``v2``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agrad.interpret.bound import Bound
from agrad.interpret.forward import carried
from agrad.interpret.levels import OFF, enabled
from agrad.interpret.nodes import node_of_number, node_of_one, node_of_parameters, nodes_of_two, term
from agrad.interpret.parameters import settled
from agrad.interpret.record import node_class as general_node
from agrad.interpret.reverse import rank
from agrad.interpret.rules import environment

__all__ = ["block", "by_number", "closure", "reflected"]

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
            return _two(f, other, operator)
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
        if not OFF:
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
                    space, out, a if operator else a.strong, trace, slope(raw, (v, None, out, a, None), p.tangent)
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
                return carried(space, out, aval, trace, call((p.tangent,), params) if aval.inexact else None)
        return other(f, (x,), params)

    if not bare:
        return run
    none: Params = {}
    return lambda x, /: run(x, none)


def _two(f: Bound, other: Door, operator: bool) -> Callable[..., Any]:
    """Two data arguments and no parameters: ``x1 * x2``, ``maximum``, ``matmul``."""
    impl, space, op = f.impl, f.space, f.op
    Tensor, aval_of, arrays, admit = space._tensor, space._aval_of, space._array_types, space._backend.admit  # noqa: N806
    elementwise, compute, numbers = op.kind == "elementwise", op.operator or impl, op.operator is not None
    needs_number = f.arguments[1] in f.needed[0]  # 1 / 0 is an error in Python, and inf as an array
    nodes = [[nodes_of_two(f, fits, conjugate) for conjugate in (False, True)] for fits in (False, True)]
    node_of_both, keeps_1, keeps_2, keeps = nodes[True][False][0]
    node_of_number, keeps_x, _, keeps_out = nodes[True][False][1]
    complex_number = nodes[True][True][1].node
    slopes, raw = [term(f, f.arguments, i) for i in (0, 1)], space._raw

    def run(x1: Any, x2: Any, /) -> Any:
        if OFF:
            return other(f, (x1, x2), {})
        kind = type(x2)
        if type(x1) is Tensor:
            p1 = x1._node
            a1 = x1._aval
            v1 = x1._value
            if numbers and (kind is float or kind is int):
                if p1 is None or not a1.inexact or not (x2 or not needs_number):
                    return other(f, (x1, x2), {})
                if p1.trace.recording:
                    out = run(v1, x2) if type(v1) is Tensor else compute(v1, x2)
                    y = Tensor()
                    y._value = out
                    y._aval = a1 if operator else a1.strong
                    y._node = node = node_of_number() if a1.real else complex_number()
                    node.rank = rank()
                    node.trace = p1.trace
                    node.parents = p1
                    node.saved = v1 if keeps_x else None, x2, out if keeps_out else None, a1, None
                    return y
                if p1.trace.carrying and type(v1) is not Tensor and type(p1.tangent) is not Tensor:
                    out = compute(v1, x2)
                    t = slopes[0](raw, (v1, x2, out, a1, None), p1.tangent)
                    return carried(space, out, a1 if operator else a1.strong, p1.trace, t)
                return other(f, (x1, x2), {})
            if kind is Tensor and a1 is x2._aval and a1.real and elementwise and p1 is not None:
                p2 = x2._node
                trace = p1.trace
                if p2 is not None and p2.trace is trace and trace.recording:  # what most of a program is made of
                    v2 = x2._value
                    out = run(v1, v2) if type(v1) is Tensor or type(v2) is Tensor else compute(v1, v2)
                    y = Tensor()
                    y._value = out
                    y._aval = a1 if operator else a1.strong
                    y._node = node = node_of_both()
                    node.rank = rank()
                    node.trace = trace
                    node.parents = p1, p2
                    node.saved = v1 if keeps_1 else None, v2 if keeps_2 else None, out if keeps else None, a1, a1
                    return y
        elif type(x1) in arrays and kind is Tensor:
            p1 = None
            a1 = aval_of(x1)
            v1 = x1 if admit is None else admit(x1)
        else:
            return other(f, (x1, x2), {})
        if kind is Tensor:
            p2 = x2._node
            a2 = x2._aval
            v2 = x2._value
        elif kind in arrays:
            p2 = None
            a2 = aval_of(x2)
            v2 = x2 if admit is None else admit(x2)
        else:
            return other(f, (x1, x2), {})
        if p1 is None:
            if p2 is None:
                out = impl(v1, v2)
                y = Tensor()
                y._value = out
                y._aval = aval_of(out)
                y._node = None
                return y
            trace = p2.trace
            parents = p2
            which = 2
        elif p2 is None:
            trace = p1.trace
            parents = p1
            which = 1
        else:
            trace = p1.trace
            if p2.trace is not trace:
                return other(f, (x1, x2), {})
            parents = p1, p2
            which = 0
        if not trace.recording:
            if trace.carrying and elementwise and a1 is a2 and a1.inexact:
                t1 = None if p1 is None else p1.tangent
                t2 = None if p2 is None else p2.tangent
                if Tensor not in (type(v1), type(v2), type(t1), type(t2)):
                    out = compute(v1, v2)
                    saved = v1, v2, out, a1, a2
                    t1 = None if t1 is None else slopes[0](raw, saved, t1)
                    t2 = None if t2 is None else slopes[1](raw, saved, t2)
                    t = t2 if t1 is None else t1 if t2 is None else t1 + t2
                    return carried(space, out, a1 if operator else a1.strong, trace, t)
            return other(f, (x1, x2), {})
        if a1 is not a2 and (a1.weak or a2.weak or not (a1.inexact and a2.inexact)):
            return other(f, (x1, x2), {})
        if not (a2.inexact if which == 2 else a1.inexact):
            return other(f, (x1, x2), {})
        boxed = type(v1) is Tensor or type(v2) is Tensor
        same = elementwise and a1 is a2
        if same:
            out = run(v1, v2) if boxed else compute(v1, v2)
            aval = a1 if operator else a1.strong
        else:
            out = run(v1, v2) if boxed else impl(v1, v2)
            aval = aval_of(out)
            if not aval.inexact:
                return other(f, (x1, x2), {})
        made = nodes[same][aval.complex][which]
        y = Tensor()
        y._value = out
        y._aval = aval
        y._node = node = made.node()
        node.rank = rank()
        node.trace = trace
        node.parents = parents
        node.saved = v1 if made.x1 else None, v2 if made.x2 else None, out if made.out else None, a1, a2
        return y

    return run


def by_number(f: Bound, run: Callable[..., Any], scalar: Bound, door: Door, operator: bool) -> Callable[..., Any]:
    """An op that a Python number as its second argument makes another one, of a parameter: ``x**2``."""
    impl, number, general = scalar.impl, scalar.op.parameters[-1].name, closure(scalar, door, operator)
    Tensor = f.space._tensor  # noqa: N806
    node_class, keeps_x, _, keeps_out = node_of_number(scalar, number)
    slope, raw = term(scalar, (scalar.arguments[0], number), 0), f.space._raw

    def numbered(x1: Any, x2: Any, /) -> Any:
        kind = type(x2)
        if (kind is int or kind is float) and type(x1) is Tensor:
            a = x1._aval
            if not (operator and a.weak):
                p = x1._node
                v = x1._value
                if not a.real or p is None or OFF:
                    pass
                elif p.trace.recording:
                    out = numbered(v, x2) if type(v) is Tensor else impl(v, x2)
                    y = Tensor()
                    y._value = out
                    y._aval = a if operator else a.strong
                    y._node = node = node_class()
                    node.rank = rank()
                    node.trace = p.trace
                    node.parents = p
                    node.saved = v if keeps_x else None, x2, out if keeps_out else None, a, None
                    return y
                elif p.trace.carrying and type(v) is not Tensor and type(p.tangent) is not Tensor:
                    out = impl(v, x2)
                    t = slope(raw, (v, x2, out, a, None), p.tangent)
                    return carried(f.space, out, a if operator else a.strong, p.trace, t)
                if kind is int or a.inexact:
                    return general(x1, {number: x2})
        return run(x1, x2)

    return numbered


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
                return carried(space, out, aval_of(out), p.trace, impl(p.tangent, key))
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


def reflected(f: Bound, run: Callable[..., Any], other: Door) -> Callable[..., Any]:
    """The operator of a Tensor on the right; the shortest way is for a Python number on the left, as in ``1.0 / x``."""
    space, compute = f.space, f.op.operator
    if compute is None:
        return lambda x2, x1, /: run(x1, x2)
    Tensor = space._tensor  # noqa: N806
    node_class, _, keeps_x, keeps_out = nodes_of_two(f, fits=True)[2]
    complex_node = nodes_of_two(f, fits=True, conjugate=True)[2].node
    slope, raw = term(f, f.arguments, 1), space._raw

    def swapped(x2: Any, x1: Any, /) -> Any:
        if (type(x1) is float or type(x1) is int) and type(x2) is Tensor and not OFF:
            p = x2._node
            a = x2._aval
            v = x2._value
            if p is None or not a.inexact:
                pass
            elif p.trace.recording:
                out = swapped(v, x1) if type(v) is Tensor else compute(x1, v)
                y = Tensor()
                y._value = out
                y._aval = a
                y._node = node = node_class() if a.real else complex_node()
                node.rank = rank()
                node.trace = p.trace
                node.parents = p
                node.saved = x1, v if keeps_x else None, out if keeps_out else None, None, a
                return y
            elif p.trace.carrying and type(v) is not Tensor and type(p.tangent) is not Tensor:
                out = compute(x1, v)
                return carried(space, out, a, p.trace, slope(raw, (x1, v, out, None, a), p.tangent))
        return run(x1, x2)

    return swapped


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
