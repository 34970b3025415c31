"""The fast paths of two arguments: arrays, or an array and a Python number, on either side.

As in `fast`, an argument ``x2`` has its node in ``p2``, its aval in ``a2`` and its value, one level out, in ``v2``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agrad.interpret.bound import Bound
from agrad.interpret.forward import carried
from agrad.interpret.levels import OFF
from agrad.interpret.nodes import node_of_number, nodes_of_two, term
from agrad.interpret.reverse import rank

__all__ = ["by_number", "of_two", "reflected"]

Params = dict[str, Any]
Door = Callable[[Bound, tuple[Any, ...], Params], Any]


def of_two(f: Bound, other: Door, operator: bool) -> Callable[..., Any]:
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
                    return carried(f, out, a1 if operator else a1.strong, p1.trace, t)
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
                    return carried(f, out, a1 if operator else a1.strong, trace, t)
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


def by_number(
    f: Bound, run: Callable[..., Any], scalar: Bound, general: Callable[..., Any], operator: bool
) -> Callable[..., Any]:
    """An op that a Python number as its second argument makes another one, of a parameter: ``x**2``."""
    impl, number = scalar.impl, scalar.op.parameters[-1].name
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
                    return carried(scalar, out, a if operator else a.strong, p.trace, t)
                if kind is int or a.inexact:
                    return general(x1, {number: x2})
        return run(x1, x2)

    return numbered


def reflected(f: Bound, run: Callable[..., Any], other: Door) -> Callable[..., Any]:
    """The operator of a Tensor on the right; the shortest way is for a Python number on the left, as in ``1.0 / x``."""
    space, compute = f.space, f.op.operator
    if compute is None or f.op.kind == "general":  # whose rules are no partials
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
                return carried(f, out, a, p.trace, slope(raw, (x1, v, out, None, a), p.tangent))
        return run(x1, x2)

    return swapped
