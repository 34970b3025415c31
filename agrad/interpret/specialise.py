"""Source code for each function of a namespace: the common case inlined, everything else through `apply`.

An eager library lives or dies by what happens between the user's call and the backend's: here that is a few
type tests, one call, and two small objects. Inlined is what real floating-point code mostly does: one or two
data arguments of one dtype, followed by one reverse trace. The code is generated when a function is first used.

In the generated code an argument ``x2`` has its parent node in ``p1``, its aval in ``a1``, its value in ``v1``.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

from agrad.declare import Op, select
from agrad.interpret.apply import apply, compose, evaluate, raw_of
from agrad.interpret.bound import Bound, names_of
from agrad.interpret.levels import OFF
from agrad.interpret.record import node_name
from agrad.interpret.reverse import Node, rank
from agrad.interpret.rules import SYMBOLS, checked, restore
from agrad.ops._shapes import place_of

__all__ = ["creation_signature", "function"]

STATIC_EXPONENT = """\
    if type(x2) is int or (type(x2) is float and type(x1) is Tensor and x1._aval.inexact):
        return space.square(x1) if x2 == 2 else space.pow_scalar(x1, x2)
"""


def function(f: Bound, other: Callable[..., Any], operator: str = "") -> Callable[..., Any]:
    """The public function of an op, with the standard's signature.

    `other` handles what is not an operation on arrays: creation, and (`operator`: "plain" or "reflected")
    operands that an operator has to leave to somebody else.
    """
    op, space = f.op, f.space
    name = op.name.split(".")[-1]
    signature = op.signature
    parameters = "{" + ", ".join(f"{p.name!r}: {p.name}" for p in op.parameters[op.arity :]) + "}"
    arguments = "(" + "".join(f"{a}, " for a in op.arguments) + ")"
    env: dict[str, Any] = {
        "f": f, "tail": other, "Tensor": space._tensor, "OFF": OFF, "rank": rank, "impl": f.impl, "raw": space._raw,
        "space": space, "aval_of": space._aval_of, "arrays": space._array_types, "restore": restore,
        "wrap": space._wrap, "plain": space._plain, "raw_of": raw_of, "admit": space._backend.admit,
        "place_of": place_of,
    }  # fmt: skip
    body = ""
    tail = f"return tail(f, {arguments}, {parameters})"
    if op.kind == "creation":
        signature = creation_signature(op)
        tail = f"return tail(f, {parameters}, requires_grad)"
    elif op.kind in ("composite", "constant") and not operator:
        tail = f"return tail(f, {parameters})"
        env["tail"] = compose if op.kind == "composite" else evaluate
    elif not operator:
        env["tail"] = apply
    if operator == "reflected":
        signature = f"({', '.join(p.name for p in reversed(op.parameters))}, /)"
    if op.name == "pow":
        body = STATIC_EXPONENT
    elif op.name == "setitem":
        signature = "(x, key, value)"
    if op.kind == "constant":
        body = _constant(op)
    elif operator == "reflected":  # the left operand is no Tensor
        if scalar := _with_scalar(f, env, 1):
            body = f"    if not OFF:\n{scalar}"
    elif not body and _specialised(op):
        body = _unary(f, env) if op.arity == 1 else _binary(f, env)
    exec(f"def {name}{signature}:\n{body}    {tail}\n", env)
    made: FunctionType = env[name]
    made.__module__ = repr(space)
    made.__qualname__ = name
    return made


def creation_signature(op: Op) -> str:
    """The standard's signature with ``requires_grad=``."""
    return op.signature[:-1] + (", requires_grad=False)" if "*" in op.signature else ", *, requires_grad=False)")


def _specialised(op: Op) -> bool:
    """Ops with one result of one or two data arguments, none of them a list or optional."""
    if op.kind not in ("elementwise", "linear", "bilinear", "general") or op.joint or op.several:
        return False
    if op.arity > 2 or any(p.kind == "star" or p.name == "arrays" or p.default for p in op.parameters[: op.arity]):
        return False
    return any(rule is not None for rule in op.vjp)


def _same_dtype(op: Op) -> bool:
    """Whether the op, of arguments of one aval, has a result of that aval."""
    return op.kind == "elementwise"


def _compute(f: Bound, symbols: bool = True) -> str:
    """The op itself, one level further out; as an operator only where nothing is to be promoted."""
    op = f.op
    if op.name in SYMBOLS and symbols and f.space._backend.defers:
        return f"v0 {SYMBOLS[op.name]} v1"
    values = [f"v{i}" for i in range(op.arity)]
    passed = ", ".join(
        values[i] if i < op.arity else f"{p.name}={p.name}" if p.kind == "keyword" else p.name
        for i, p in enumerate(op.parameters)
    )
    boxed = " or ".join(f"type({v}) is Tensor" for v in values)
    name = op.name.split(".")[-1]
    again = "setitem(v0, key, v1)" if op.name == "setitem" else f"{name}({passed})"
    return f"{again} if {boxed} else impl({passed})"


RECORD = """\
{indent}y = Tensor()
{indent}y._value = out
{indent}y._aval = {aval}
{indent}y._node = node = {node}()
{indent}node.rank = rank()
{indent}node.trace = trace
{indent}node.parents = {parents}
{indent}node.saved = {saved}
{indent}return y
"""


def _record(f: Bound, env: dict[str, Any], tracked: tuple[int, ...], plain: bool, indent: int) -> str:
    node, saved = _node(f, env, tracked, plain)
    parents = f"p{tracked[0]}" if len(tracked) == 1 else f"({', '.join(f'p{i}' for i in tracked)})"
    return RECORD.format(indent=" " * indent, aval="a" if plain else "aval", node=node, parents=parents, saved=saved)


def _unary(f: Bound, env: dict[str, Any]) -> str:
    x = f.op.arguments[0]
    if _same_dtype(f.op):
        finish = "                a = a0\n" + _record(f, env, (0,), True, 16)
    else:
        finish = "                aval = aval_of(out)\n                if aval.real:\n"
        finish += _record(f, env, (0,), False, 20)
    return f"""\
    if type({x}) is Tensor and not OFF:
        p0 = {x}._node
        if p0 is None:
            v0 = {x}._value
            return wrap({_compute(f)})
        else:
            a0 = {x}._aval
            trace = p0.trace
            if a0.real and trace.recording:
                v0 = {x}._value
                out = {_compute(f)}
{finish}"""


def _constant(op: Op) -> str:
    """Comparisons and their kind: take the values out of their boxes."""
    data = [p.name for p in op.parameters if p.kind == "positional" and p.name in ("x", "x1", "x2")]
    if not data:
        return ""
    passed = ", ".join(
        p.name if p.kind != "keyword" else f"{p.name}={p.name}" for p in op.parameters if p.kind != "star"
    )
    boxed = " or ".join(f"type({x}) is Tensor" for x in data)
    known = " and ".join(f"(type({x}) is Tensor or (type({x}) in plain and {x} is not None))" for x in data)
    known += "".join(f" and type({p.name}) is not Tensor" for p in op.parameters if p.kind == "keyword")
    code = f"    if ({boxed}) and {known}:\n"
    for x in data:
        code += f"        if type({x}) is Tensor:\n            {x} = {x}._value if {x}._node is None else raw_of({x})\n"
    return code + f"        return wrap(impl({passed}))\n"


def _operand(f: Bound, i: int) -> str:
    """Code that takes one of two operands apart; its aval is None for a Python scalar, False for anything else."""
    op, x = f.op, f.op.arguments[i]
    admitted = f"admit({x})" if f.space._backend.admit else x
    scalar = ""
    if _takes_scalars(op):
        number = f"type({x}) is float or type({x}) is int"
        if op.name == "divide":
            number = f"({number}) and {x}"  # 1 / 0 is an error in Python, and inf as an array
        value = x if op.name in SYMBOLS else None
        scalar = f"""\
        elif {number}:
            p{i} = a{i} = None; v{i} = {value}
"""
    return f"""\
        if type({x}) is Tensor:
            p{i} = {x}._node; a{i} = {x}._aval; v{i} = {x}._value
{scalar}\
        elif type({x}) in arrays:
            p{i} = None; a{i} = aval_of({x}); v{i} = {admitted}
        else:
            a{i} = False
"""


def _takes_scalars(op: Op) -> bool:
    return op.kind == "elementwise" or op.name == "setitem"


def _binary(f: Bound, env: dict[str, Any]) -> str:
    """Both operands taken apart, then a case for each set of them that is followed."""
    cases = "".join(_case(f, env, tracked) for tracked in ((0, 1), (0,), (1,)))
    return f"""\
    if not OFF:
{_with_scalar(f, env, 0)}\
{_operand(f, 0)}\
{_operand(f, 1)}\
        if a0 is False or a1 is False:
            p0 = p1 = None
        elif p0 is None and p1 is None and v0 is not None and v1 is not None and (
            type({f.op.arguments[0]}) is Tensor or type({f.op.arguments[1]}) is Tensor
        ):
            return wrap({_compute(f, symbols=False)})
{cases}"""


def _case(f: Bound, env: dict[str, Any], tracked: tuple[int, ...]) -> str:
    """Record with these operands followed: without fuss where avals are the same, else with a look at the result's."""
    op, i = f.op, tracked[0]
    if any(op.vjp[k] is None for k in tracked):
        return ""
    others = [j for j in (0, 1) if j not in tracked]
    if others:
        j = others[0]
        test = f"p{i} is not None and p{j} is None and a{i}.real"
        same, known = f"a0 is a1 or a{j} is None", f"a{j} is not None"
    else:
        test = "p0 is not None and p1 is not None and p0.trace is p1.trace and a0.real"
        same, known = "a0 is a1", "a1.real"
    boxed = ""
    if others and _takes_scalars(op) and op.name not in SYMBOLS:
        boxed = f"""\
                if v{j} is None:
                    v{j} = raw.asarray({op.arguments[j]}, dtype=a{i}.dtype, device=place_of(v{i}))
"""
        if not _same_dtype(op):
            boxed += f"                    a{j} = aval_of(v{j})\n"
    short = ""
    if _same_dtype(op):
        short = f"""\
                if {same}:
                    out = {_compute(f)}
                    a = a{i}
{_record(f, env, tracked, True, 20)}"""
    return f"""\
        if {test}:
            trace = p{i}.trace
            if trace.recording:
{boxed}\
{short}\
                if {known}:
                    out = {_compute(f, symbols=False)}
                    aval = aval_of(out)
                    if aval.real:
{_record(f, env, tracked, False, 24)}"""


def _with_scalar(f: Bound, env: dict[str, Any], i: int) -> str:
    """The shortest way of all, for what formulas are full of: a Python scalar and, as operand `i`, a Tensor."""
    if f.op.name not in SYMBOLS:
        return ""
    x, scalar = (f.op.arguments[k] for k in (i, 1 - i))
    nonzero = f" and {scalar}" if f.op.name == "divide" and i == 0 else ""  # as in _operand
    return f"""\
        if (type({scalar}) is float or type({scalar}) is int) and type({x}) is Tensor{nonzero}:
            p{i} = {x}._node
            if p{i} is not None:
                a = {x}._aval
                trace = p{i}.trace
                if a.real and trace.recording:
                    v{i} = {x}._value
                    v{1 - i} = {scalar}
                    out = {_compute(f)}
{_record(f, env, (i,), True, 20)}"""


def _node(f: Bound, env: dict[str, Any], tracked: tuple[int, ...], plain: bool) -> tuple[str, str]:
    """Make the node class for these tracked arguments; return its name in `env` and what to save.

    `plain`: no broadcasting and one dtype, so that cotangents fit as they are.
    """
    op = f.op
    needed = {n for i in tracked for n in f.vjp_names[i]} - {"xp", "ct"}
    layout: dict[str, str] = {}  # name in the VJP: expression where it is recorded
    for i, name in enumerate(op.arguments):
        if name in needed:
            layout[name] = f"a{i}" if op.kind == "linear" and op.vjp[i] is not None else f"v{i}"
    layout |= {p.name: p.name for p in op.parameters[op.arity :] if p.name in needed}
    if "out" in needed:
        layout["out"] = "out"
    if not plain:
        layout |= {f"a{i}": f"a{i}" for i in tracked}
    names = list(layout)
    left = names[0] if len(names) == 1 else ", ".join(names)
    values = list(layout.values())
    saved = values[0] if len(values) == 1 else f"({', '.join(values)})" if values else "None"
    lines = [f"{left} = saved"] if names else []
    constants = {a for i, a in enumerate(op.arguments) if op.vjp[i] is None}
    followed = [n for n in names if n == "out" or (n in op.arguments and n not in constants and layout[n][0] == "v")]
    terms = [_term(f, env, i) for i in tracked]
    if not plain or followed or any("xp" in term for term in terms):
        boxed = " or ".join(f"type({n}) is Tensor" for n in ("ct", *followed))
        wrapped = "; ".join(f"{n} = wrap({n})" for n in ("ct", *followed))
        lines += [f"if {boxed}:", f"    xp = space; {wrapped}"]
        if not plain or any("xp" in term for term in terms):
            lines += ["else:", "    xp = raw"]
    if not plain:
        terms = [f"restore(f, xp, {term}, a{i})" for i, term in zip(tracked, terms, strict=True)]
    lines.append(f"return {', '.join(terms)}")
    scope = dict(env)
    exec("def pull(saved, ct):\n    " + "\n    ".join(lines), scope)
    body = {
        "__slots__": (),
        "single": len(tracked) == 1,
        "pull": staticmethod(scope["pull"]),
        "retrack": _retracker(f, tracked, layout),
    }
    name = f"N{''.join(map(str, tracked))}{'' if plain else 'b'}"
    env[name] = type(node_name(op.name), (Node,), body)
    return name, saved


def _term(f: Bound, env: dict[str, Any], i: int) -> str:
    """The cotangent of one argument as an expression."""
    rule = f.op.vjp[i]
    if rule == 0:
        return "None"
    if isinstance(rule, select):
        env[f"rule{i}"], env[f"tie{i}"] = rule.condition, rule.tie
        taken = f"xp.where(rule{i}({', '.join(names_of(rule.condition))}), ct, 0)"
        if rule.tie is None:
            return taken
        return f"{taken} + xp.where(tie{i}({', '.join(names_of(rule.tie))}), ct * 0.5, 0)"
    env[f"rule{i}"] = rule
    own = {f.op.arguments[i]: f"a{i}"} if f.op.kind == "bilinear" else {}
    call = f"rule{i}({', '.join(own.get(n, n) for n in names_of(rule))})"
    if f.op.custom:
        env["checked"] = checked
        call = f"checked(f, ct, {call})"
    if f.op.kind != "elementwise":
        return call
    if callable(rule):
        return f"{call} * ct"
    return "ct" if rule == 1 else "-ct" if rule == -1 else f"ct * {rule!r}"


def _retracker(f: Bound, tracked: tuple[int, ...], layout: dict[str, str]) -> Callable[[Node], Any]:
    """How such a node boxes its saved values again with the nodes that they came from."""
    space = f.space
    origins = {f"v{i}": k for k, i in enumerate(tracked)}
    expressions = list(layout.values())

    def retrack(node: Node) -> Any:
        if not expressions:
            return None
        values = [node.saved] if len(expressions) == 1 else list(node.saved)
        for k, expression in enumerate(expressions):
            if expression == "out":
                origin: Any = node
            elif expression in origins:
                origin = node.parents if len(tracked) == 1 else node.parents[origins[expression]]
            else:
                continue
            values[k] = space._box(values[k], space._aval_of(values[k]), origin)
        return values[0] if len(expressions) == 1 else tuple(values)

    return retrack
