"""How the ops of a graph are written in Python: as expressions, or as lines that compute into memory at hand."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from math import copysign, isfinite, prod
from typing import Any

import numpy as np

from agrad.graph.graph import GUARD, HERE, REPLACE, STOP, VALUES, Capture, Equation, Var, at_home, parameter, variables

__all__ = [
    "ADD_WHERE",
    "BITS",
    "CONTRACT",
    "REDUCTIONS",
    "TOTAL",
    "WRITE_AT",
    "Source",
    "dtype_of",
    "reduced_axes",
    "shape_of",
]

SYMBOLS = {operator.add: "+", operator.sub: "-", operator.mul: "*", operator.truediv: "/", operator.matmul: "@"}

TOTAL = "total"
"""The op of a sum of products of two arrays of one shape, which rewriting makes."""

CONTRACT = "contract"
"""The op of a sum over the axes `axis` of an array, or of a product of two, which broadcast to `shape`."""

ADD_WHERE = "add_where"
"""The op of an array and, where a condition holds, which is seldom, another one times a number."""

WRITE_AT = "write_at"
"""The op, which rewriting makes, of an array with other elements at an index: `how` is ``=`` or ``+=``."""

REDUCTIONS: dict[str, Any] = {
    "sum": np.add, "prod": np.multiply, "max": np.maximum, "min": np.minimum, "mean": np.add, "any": np.logical_or,
    "all": np.logical_and, "count_nonzero": np.add,
}  # fmt: skip
"""Reductions of the standard by ufuncs whose ``reduce`` computes them."""

KINDS = ("bool", "int", "uint", "float", "complex")


class Source:
    """The names of values, of constants and of memory, and how an equation is written with them."""

    def __init__(self, space: Any) -> None:
        self.space = space
        self.known: dict[str, Any] = {"empty": np.empty, "copyto": np.copyto}
        """Constants by their names in the source."""
        self.names: dict[Any, str] = {}
        self._count = 0
        self._constants: dict[int, str] = {}
        self._standard: dict[str, bool] = {}

    # Names ----------------------------------------------------------------------------------------

    def name(self, letter: str) -> str:
        """A new one."""
        self._count += 1
        return f"{letter}{self._count}"

    def constant(self, value: Any) -> str:
        """The name of an object."""
        found = self._constants.get(id(value))
        if found is None:
            found = self._constants[id(value)] = self.name("c")
            self.known[found] = value
        return found

    def text(self, a: Any) -> str:
        """An operand as source."""
        kind = type(a)
        if kind is tuple or kind is list:
            items = ", ".join([self.text(item) for item in a])
            return f"({items}{',' if a else ''})" if kind is tuple else f"[{items}]"
        if kind in VALUES:
            found = self.names.get(a)
            if found is None:
                value = at_home(self.space, a)  # the only one that has no name yet is a Constant
                found = self.names[a] = self.constant(value if value.shape else value[()])
            return found
        if a is None or a is Ellipsis or kind in (int, bool) or (kind is float and isfinite(a)):
            return f"({a!r})" if kind in (int, float) and a < 0 else repr(a)
        if kind is slice and all(x is None or type(x) is int for x in (a.start, a.stop, a.step)):
            return f"slice({a.start}, {a.stop}, {a.step})"
        return self.constant(self.parameter(a))

    def key(self, key: Any) -> str:
        """An index as it stands in brackets."""
        items = key if type(key) is tuple else (key,)
        if not items or any(type(k) is slice and type(self._sliced(k)) is not str for k in items):
            return self.text(key)
        return ", ".join([str(self._sliced(k)) if type(k) is slice else self.text(k) for k in items])

    def _sliced(self, k: slice) -> str | None:
        parts = (k.start, k.stop, k.step)
        if any(x is not None and type(x) is not int for x in parts):
            return None
        start, stop, step = ["" if x is None else str(x) for x in parts]
        return f"{start}:{stop}:{step}" if step else f"{start}:{stop}"

    def parameter(self, a: Any) -> Any:
        """A parameter as NumPy takes it, whose arrays are all on one device."""
        return "cpu" if a is HERE else parameter(self.space, a)

    def bound(self, e: Equation) -> Any:
        """The op of an equation in the namespace."""
        return e.own or self.space._bind(e.op)

    def is_standard(self, e: Equation) -> bool:
        """Whether an equation calls a function of this backend, of which is known what it does."""
        if e.own is not None or e.op in INTERNAL:
            return False
        found = self._standard.get(e.op)
        if found is None:
            impl = self.space._bind(e.op).impl
            own = getattr(self.space._raw, e.op, None)
            found = self._standard[e.op] = impl is own or e.op == "pow_scalar"
        return found

    def ufunc(self, e: Equation) -> Any:
        """The ufunc that an equation is a call of, if it is."""
        if e.params or e.own is not None or e.op in INTERNAL:
            return None
        impl = self.space._bind(e.op).impl
        return impl if isinstance(impl, np.ufunc) and impl.nout == 1 else None

    def texts(self, e: Equation) -> list[str]:
        """The operands of an equation; whole numbers in floating-point arithmetic as what they are there."""
        return [self.text(a) for a in self.numbers(e)]

    def numbers(self, e: Equation) -> Sequence[Any]:
        """The operands, with Python's floats for whole numbers in floating-point arithmetic: NumPy is slow at those."""
        (v,) = e.outputs
        arithmetic = e.op in ARITHMETIC and v.dtype.startswith("float") and any(type(a) is int for a in e.inputs)
        if arithmetic and all(dtype_of(a) == v.dtype for a in e.inputs if type(a) in VALUES):
            return [float(a) if type(a) is int and abs(a) < 2**53 else a for a in e.inputs]
        return e.inputs

    # Expressions ----------------------------------------------------------------------------------

    def expression(self, e: Equation) -> str:
        """The call, whose result is in memory that the function chooses."""
        if e.op == TOTAL:
            return self.total([self.text(a) for a in e.inputs], flat=len(shape_of(e.inputs[0])) == 1)
        if e.op == ADD_WHERE:
            x, condition, term, number = [self.text(a) for a in e.inputs]
            return f"{x} + {self.constant(np.where)}({condition}, {term} * {number}, 0.0)"
        if e.op == CONTRACT:
            made = self.contracted(e, [self.text(a) for a in e.inputs])
            return f"{made}.reshape({e.outputs[0].shape!r})" if e.params["keepdims"] and e.outputs[0].shape else made
        standard = self.is_standard(e)
        if standard and e.op == "getitem" and not any(True for _ in variables(e.inputs[1])):
            return f"{self.text(e.inputs[0])}[{self.key(e.inputs[1])}]"
        if standard and e.op == "pow_scalar" and e.params["exponent"] == 2:
            x = self.text(e.inputs[0])
            return f"{x} * {x}"
        f = self.bound(e)
        ufunc = self.ufunc(e)
        if ufunc is not None and f.op.operator in SYMBOLS and len(e.inputs) == 2:
            x1, x2 = self.texts(e)
            if any(type(a) in VALUES for a in e.inputs):
                return f"{x1} {SYMBOLS[f.op.operator]} {x2}"
        if ufunc is np.negative:
            return f"-{self.text(e.inputs[0])}"
        if standard and e.op in REDUCTIONS and e.op not in ("mean", "count_nonzero") and not e.params.get("dtype"):
            axis, keepdims = e.params.get("axis"), e.params.get("keepdims", False)
            rest = ", None, None, True" if keepdims else ""
            return f"{self.constant(REDUCTIONS[e.op].reduce)}({self.text(e.inputs[0])}, {self.text(axis)}{rest})"
        return self._call(e, f)

    def _call(self, e: Equation, f: Any) -> str:
        data = [self.text(a) for a in e.inputs]
        leading = [p for p in f.op.parameters if p.kind != "keyword"]
        plain = not f.op.keywords and all(p.kind != "star" for p in leading) and f.op.arguments
        if not plain or len(data) != f.op.arity:
            named = "{" + ", ".join(f"{self.constant(n)}: {self.text(v)}" for n, v in e.params.items()) + "}"
            return f"{self.constant(f.call)}([{', '.join(data)}], {named})"
        rest = [p.name for p in leading[f.op.arity :]]
        data += [self.text(e.params[n]) for n in rest]
        named_rest = {n: v for n, v in e.params.items() if n not in rest}
        if named_rest:
            data.append(f"**{self.constant({n: self.parameter(v) for n, v in named_rest.items()})}")
        return f"{self.constant(f.impl)}({', '.join(data)})"

    def total(self, given: list[str], flat: bool) -> str:
        """The sum of the products of two arrays, which have one axis where they are `flat`."""
        return f"{self.constant(np.dot)}({', '.join(given if flat else [f'{x}.reshape(-1)' for x in given])})"

    def contracted(self, e: Equation, given: list[str], out: str = "", axes: int = 0) -> str:
        """A sum of products by `einsum`, of operands whose first `axes` axes are one, of rows, where they have them."""
        shape, summed = e.params["shape"], e.params["axis"]
        letters = "".join([chr(ord("b") + d) for d in range(len(shape))])
        within = range(axes, len(shape))
        operands, subscripts = [], []
        for a, text in zip(e.inputs, given, strict=True):
            full = (1,) * (len(shape) - len(shape_of(a))) + shape_of(a)
            kept = [d for d in within if full[d] == shape[d]]
            rowed = bool(axes) and full[:axes] == shape[:axes]
            now = shape_of(a)[axes:] if rowed else shape_of(a)[-len(within) :] if len(within) else ()
            wanted = tuple([shape[d] for d in kept])
            if now != wanted or (axes and not rowed and len(shape_of(a)) > len(within)):
                text = f"{text}.reshape({(-1, *wanted) if rowed else wanted!r})"
            operands.append(text)
            subscripts.append(("a" if rowed else "") + "".join([letters[d] for d in kept]))
        left = ("a" if axes and 0 not in summed else "") + "".join([letters[d] for d in within if d not in summed])
        if out and e.params["keepdims"]:
            rest = tuple([shape[d] for d in within if d not in summed])
            out = f"{out}.reshape({(-1, *rest) if axes and 0 not in summed else rest!r})"
        how = self.constant(f"{','.join(subscripts)}->{left}")
        return f"{self.constant(np.einsum)}({', '.join([how, *operands])}{f', out={out}' if out else ''})"

    def into_rows(self, e: Equation, given: list[str], out: str, axes: int) -> list[str]:
        """What `into` writes, of operands whose first `axes` axes are one, of rows."""
        if e.op == CONTRACT:
            return [self.contracted(e, given, out, axes)]
        if e.op in REDUCTIONS:
            return self.into(e, given, out, tuple([a - axes + 1 for a in reduced_axes(e)]))
        return self.into(e, given, out)

    # Into memory ----------------------------------------------------------------------------------

    def writes(self, e: Equation) -> bool:
        """Whether `into` knows the equation."""
        if len(e.outputs) != 1 or e.several or e.own is not None:
            return False
        (v,) = e.outputs
        if self.ufunc(e) is not None:
            return any(type(a) in VALUES for a in e.inputs)
        if e.op in (CONTRACT, ADD_WHERE):
            return True
        if not self.is_standard(e):
            return False
        given = [a for a in e.inputs if type(a) in VALUES]
        if e.op == "pow_scalar":
            return e.params["exponent"] in (2, 3, 4) and dtype_of(given[0]) == v.dtype
        if e.op == "where":
            return type(e.inputs[0]) in VALUES and dtype_of(e.inputs[0]) == "bool"
        if e.op == "clip":
            return v.dtype.startswith("float") and all(a is None or type(a) in (int, float) for a in e.inputs[1:])
        if e.op == "astype":
            return dtype_of(given[0]).startswith(KINDS[:4])
        if e.op == "count_nonzero":
            return dtype_of(given[0]) == "bool"
        if e.op in REDUCTIONS and not e.params.get("dtype") and 0 not in shape_of(given[0]):
            same = dtype_of(given[0]) == v.dtype
            return same and (e.op in ("max", "min") or v.dtype.startswith(("float", "complex", "bool")))
        if e.op == "scatter":
            return is_basic(e.inputs[1]) and dtype_of(given[0]) == v.dtype
        return e.op == "concat" and all(type(a) is Var and a.dtype == v.dtype for a in variables(e.inputs))

    def into(self, e: Equation, given: list[str], out: str, axis: Any = False) -> list[str]:
        """Lines that compute an equation of the named operands into an array.

        `axis` is that of a reduction, where it is another one for these arrays.
        """
        ufunc = self.ufunc(e)
        if ufunc is not None:
            by_name = "out=" if ufunc in (np.maximum, np.minimum) else ""
            return [f"{self.constant(ufunc)}({', '.join(given)}, {by_name}{out})"]
        if e.op == CONTRACT:
            return [self.contracted(e, given, out)]
        x = given[0]
        if e.op == ADD_WHERE:
            _, condition, term, number = given
            term = term if number == "1.0" else f"{term} * {number}"
            added = f"{self.constant(np.add)}({out}, {self.constant(np.where)}({condition}, {term}, 0.0), {out})"
            return [*([f"copyto({out}, {x})"] if out != x else []), f"if {condition}.any(): {added}"]
        if e.op == "pow_scalar":
            times = self.constant(np.multiply)
            first = f"{times}({x}, {x}, out={out})"
            second = {3: [f"{times}({out}, {x}, out={out})"], 4: [f"{times}({out}, {out}, out={out})"]}
            return [first, *second.get(e.params["exponent"], [])]
        if e.op == "where":
            condition, x1, x2 = given
            chosen = self._masked(e)
            if chosen:
                mask = f"{out}.view({self.constant(BITS[dtype_of(chosen)])})"
                kept = x1 if chosen is e.inputs[1] else x2
                turned = f"{self.constant(np.negative)}({mask}, {mask})"
                if kept is x2:
                    turned = f"{self.constant(np.subtract)}({mask}, 1, {mask})"
                bits = f"{kept}.view({self.constant(BITS[dtype_of(chosen)])})"
                both = f"{self.constant(np.bitwise_and)}({mask}, {bits}, {mask})"
                return [f"copyto({mask}, {condition})", turned, both]
            return [*([f"copyto({out}, {x2})"] if out != x2 else []), f"copyto({out}, {x1}, where={condition})"]
        if e.op == "clip":
            lines = []
            for ufunc, bound in zip((np.maximum, np.minimum), e.inputs[1:], strict=True):
                if bound is not None:
                    lines.append(f"{self.constant(ufunc)}({x}, {self.text(bound)}, out={out})")
                    x = out
            return lines or [f"copyto({out}, {x})"]
        if e.op == "astype":
            return [f'copyto({out}, {x}, casting="unsafe")']
        if e.op == "scatter":
            return [f"{out}.fill(0)", f"{out}[{self.key(e.inputs[1])}] = {x}"]
        if e.op == "concat":
            return [f"{self.constant(np.concatenate)}({x}, {self.text(e.params['axis'])}, out={out})"]
        axis = e.params.get("axis") if axis is False else axis
        dtype = "int" if e.op == "count_nonzero" else "None"
        reduce = f"{self.constant(REDUCTIONS[e.op].reduce)}({x}, {self.text(axis)}, {dtype}, {out}"
        lines = [f"{reduce}{', True' if e.params.get('keepdims') else ''})"]
        if e.op == "mean":
            n = prod(shape_of(e.inputs[0])[a] for a in reduced_axes(e))
            lines.append(f"{self.constant(np.divide)}({out}, {n}, out={out})")
        return lines

    def _masked(self, e: Equation) -> Any:
        """Of a choice between an array and zero, the array: a mask of bits is faster than a condition for each."""
        _, x1, x2 = e.inputs
        for x, zero in ((x1, x2), (x2, x1)):
            array = type(x) in VALUES and shape_of(x) and dtype_of(x) == e.outputs[0].dtype in BITS
            if array and type(zero) in (int, float) and zero == 0 and copysign(1.0, zero) > 0:
                return x
        return None

    def overwrites(self, e: Equation, a: Any) -> bool:
        """Whether an equation can be computed into the memory of its operand `a`."""
        if e.op == "where":
            if self._masked(e) is not None:  # the mask is made there
                return False
            return dtype_of(a) != "bool" and a is e.inputs[2] and a is not e.inputs[0] and a is not e.inputs[1]
        if e.op == ADD_WHERE:
            return a is e.inputs[0] and a is not e.inputs[2]
        if e.op in ("clip", "astype"):
            return self.is_standard(e)
        if e.op == "pow_scalar":
            return bool(e.params["exponent"] != 3)
        ufunc = self.ufunc(e)
        return ufunc is not None and ufunc.signature is None


BITS = {"float32": np.dtype("int32"), "float64": np.dtype("int64")}
"""Whole numbers of as many bits."""

ARITHMETIC = ("add", "subtract", "multiply", "divide")

INTERNAL = (GUARD, STOP, REPLACE, WRITE_AT, TOTAL, CONTRACT, ADD_WHERE)
"""What is no op of the table."""


def reduced_axes(e: Equation) -> tuple[int, ...]:
    """The axes that a reduction goes over, counted from the left."""
    axis = e.params.get("axis")
    ndim = len(e.params["shape"] if e.op == CONTRACT else shape_of(e.inputs[0]))
    if axis is None:
        return tuple(range(ndim))
    return tuple(sorted({a % ndim for a in (axis if isinstance(axis, tuple | list) else (axis,))}))


def is_basic(key: Any) -> bool:
    """Whether an index is of numbers and slices: it reaches no element twice, and what it reads is a view."""
    return all(type(k) in (int, slice, type(None), type(Ellipsis)) for k in (key if type(key) is tuple else (key,)))


def dtype_of(a: Any) -> str:
    """The dtype of a value, by name."""
    return str(a.dtype if type(a) is Var else (a.tensor if type(a) is Capture else a.value).dtype)


def shape_of(a: Any) -> tuple[int, ...]:
    """The shape of a value."""
    return a.shape if type(a) is Var else tuple((a.tensor if type(a) is Capture else a.value).shape)
