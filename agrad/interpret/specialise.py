"""Source code for each function of a namespace: the common case inlined, everything else through `apply`.

An eager library lives or dies by what happens between the user's call and the backend's: here that is a few
type tests, one call, and two small objects. The code is generated once, when a function is first used.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agrad.interpret.apply import apply, compose, evaluate, node_name
from agrad.interpret.bound import Bound, names_of
from agrad.interpret.levels import OFF
from agrad.interpret.reverse import Node, rank
from agrad.ops.declare import Op, select

__all__ = ["function"]

SYMBOLS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}
"""Binary ops that are written as operators: NumPy's scalars are ten times faster that way."""


def function(f: Bound, other: Callable[..., Any], operator: str = "") -> Callable[..., Any]:
    """The public function of an op, with the standard's signature.

    `other` handles what is not an operation on arrays: creation, and (`operator`: "plain" or "reflected")
    operands that an operator has to leave to somebody else.
    """
    op, space = f.op, f.space
    env: dict[str, Any] = {
        "f": f, "apply": apply, "compose": compose, "evaluate": evaluate, "other": other,
        "Tensor": space._tensor, "OFF": OFF, "rank": rank, "impl": f.impl, "aval_of": space._aval_of,
        "space": space, "raw": space._raw,
    }  # fmt: skip
    signature, fast = op.signature, ""
    parameters = "{" + ", ".join(f"{p.name!r}: {p.name}" for p in op.parameters[op.arity :]) + "}"
    arguments = "(" + "".join(f"{a}, " for a in op.arguments) + ")"
    if operator:
        tail = f"return other(f, {', '.join(p.name for p in op.parameters)})"
        if operator == "reflected":
            signature = f"({', '.join(p.name for p in reversed(op.parameters))}, /)"
    elif op.kind in ("composite", "constant"):
        tail = f"return {'compose' if op.kind == 'composite' else 'evaluate'}(f, {parameters})"
    elif op.kind == "creation":
        tail = f"return other(f, {parameters}, requires_grad)"
        signature = signature[:-1] + (", requires_grad=False)" if "*" in signature else ", *, requires_grad=False)")
    else:
        tail = f"return apply(f, {arguments}, {parameters})"
    if op.name == "pow":
        fast = "    if type(x2) in (int, float):\n        return space.square(x1) if x2 == 2 else space.pow_scalar(x1, x2)\n"
    elif _specialised(op):
        fast = _unary(f, env) if op.arity == 1 else _binary(f, env)
    name = op.name.split(".")[-1]
    exec(f"def {name}{signature}:\n{fast}    {tail}\n", env)
    made: Callable[..., Any] = env[name]
    made.__module__ = repr(space)
    made.__qualname__ = name
    return made


def _specialised(op: Op) -> bool:
    """Elementwise ops of floats to floats with nothing but data for arguments, at most two of them."""
    return (
        op.kind == "elementwise"
        and op.arity == len(op.parameters) <= 2
        and all(p is not None and (callable(p) or isinstance(p, select) or p != 0) for p in op.vjp)
        and all(p.kind == "positional" and p.default is None for p in op.parameters)
    )


RECORD = """\
{indent}out = {compute}
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


def _unary(f: Bound, env: dict[str, Any]) -> str:
    node, saved = _node(f, env, (0,))
    name = f.op.name
    argument = f.op.arguments[0]
    record = RECORD.format(
        indent=" " * 16,
        compute=f"impl({argument}) if type({argument}) is not Tensor else {name}({argument})",
        aval="aval",
        node=node,
        parents="parent",
        saved=saved,
    )
    return f"""\
    if type({argument}) is Tensor:
        parent = {argument}._node
        if parent is not None and not OFF:
            aval = {argument}._aval
            trace = parent.trace
            if aval.real and trace.recording:
                {argument} = {argument}._value
{record}"""


def _binary(f: Bound, env: dict[str, Any]) -> str:
    a, b = f.op.arguments
    symbol = SYMBOLS.get(f.op.name)
    boxed = f"type({a}) is Tensor or type({b}) is Tensor"
    compute = f"{a} {symbol} {b}" if symbol else f"{f.op.name}({a}, {b}) if {boxed} else impl({a}, {b})"

    def record(tracked: tuple[int, ...], parents: str, indent: int) -> str:
        node, saved = _node(f, env, tracked)
        return RECORD.format(
            indent=" " * indent, compute=compute, aval="aval", node=node, parents=parents, saved=saved
        )

    scalar_left = scalar_right = ""
    if symbol:
        scalar_right = f"""\
            elif (type({b}) is float or type({b}) is int) and pa is not None and aval.real:
                trace = pa.trace
                if trace.recording:
                    {a} = {a}._value
{record((0,), "pa", 20)}"""
        scalar_left = f"""\
        elif type({a}) is float or type({a}) is int:
            if type({b}) is Tensor and (pb := {b}._node) is not None and (aval := {b}._aval).real:
                trace = pb.trace
                if trace.recording:
                    {b} = {b}._value
{record((1,), "pb", 20)}"""
    return f"""\
    if not OFF:
        if type({a}) is Tensor:
            pa = {a}._node
            aval = {a}._aval
            if type({b}) is Tensor:
                if aval is {b}._aval and aval.real:
                    pb = {b}._node
                    if pa is not None:
                        trace = pa.trace
                        if trace.recording:
                            if pb is None:
                                {a} = {a}._value; {b} = {b}._value
{record((0,), "pa", 32)}\
                            elif pb.trace is trace:
                                {a} = {a}._value; {b} = {b}._value
{record((0, 1), "(pa, pb)", 32)}\
                    elif pb is not None:
                        trace = pb.trace
                        if trace.recording:
                            {a} = {a}._value; {b} = {b}._value
{record((1,), "pb", 28)}\
{scalar_right}\
{scalar_left}"""


def _node(f: Bound, env: dict[str, Any], tracked: tuple[int, ...]) -> tuple[str, str]:
    """Make the node class for these tracked arguments; its name in `env`, and what to save."""
    needed = {n for i in tracked for n in f.vjp_names[i]} - {"xp"}
    layout = tuple(n for n in (*f.op.arguments, "out") if n in needed)
    saved = layout[0] if len(layout) == 1 else f"({', '.join(layout)})" if layout else "None"
    terms = []
    for i in tracked:
        partial = f.op.vjp[i]
        env[f"p{i}"] = partial.condition if isinstance(partial, select) else partial
        call = f"p{i}({', '.join(names_of(partial))})"
        if isinstance(partial, select):
            terms.append(f"xp.where({call}, ct, 0)")
        elif callable(partial):
            terms.append(f"{call} * ct")
        else:
            terms.append({1: "ct", -1: "-ct"}.get(partial, f"ct * {partial!r}"))  # type: ignore[arg-type]
    lines = []
    if layout:
        lines.append(f"{saved} = saved")
    if any("xp" in names_of(f.op.vjp[i]) or isinstance(f.op.vjp[i], select) for i in tracked):
        boxed = " or ".join(f"type({n}) is Tensor" for n in ("ct", *layout))
        lines.append(f"xp = space if {boxed} else raw")
    lines.append(f"return {', '.join(terms)}")
    scope = dict(env)
    exec("def pull(saved, ct):\n    " + "\n    ".join(lines), scope)
    body = {
        "__slots__": (),
        "single": len(tracked) == 1,
        "pull": staticmethod(scope["pull"]),
        "retrack": _retracker(f, tracked, layout),
    }
    name = f"N{''.join(map(str, tracked))}"
    env[name] = type(node_name(f.op.name), (Node,), body)
    return name, saved


def _retracker(f: Bound, tracked: tuple[int, ...], layout: tuple[str, ...]) -> Callable[[Node], Any]:
    """How such a node boxes its saved values again with the nodes that they came from."""
    space = f.space
    position = {f.op.arguments[i]: k for k, i in enumerate(tracked)}

    def retrack(node: Node) -> Any:
        if not layout:
            return None
        values = [node.saved] if len(layout) == 1 else list(node.saved)
        for k, name in enumerate(layout):
            if name == "out":
                origin: Any = node
            elif name in position:
                origin = node.parents if len(tracked) == 1 else node.parents[position[name]]
            else:
                continue
            values[k] = space._box(values[k], space._aval_of(values[k]), origin)
        return values[0] if len(layout) == 1 else tuple(values)

    return retrack
