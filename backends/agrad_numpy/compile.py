"""Graphs as straight-line Python on NumPy arrays: temporaries are used again, pointwise runs go through in blocks.

This module alone generates source. Every name in it is a letter and a number: none is an op's, a parameter's or the
user's.
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from math import isfinite, prod
from typing import Any

import numpy as np

from agrad.axes import POINTWISE
from agrad.graph.graph import GUARD, HERE, REPLACE, STOP, Constant, Equation, Graph, Var, at_home, parameter, variables

__all__ = ["compiled"]

BLOCK = 8192
"""Elements that go through a pointwise run together: a few such arrays fit into a processor's nearest caches."""
WORTH = 4 * BLOCK
"""From how many elements on blocks are worth their Python."""
SMALL = 64
"""Below so many elements new memory costs less than an argument that says where to write."""
SYMBOLS = {operator.add: "+", operator.sub: "-", operator.mul: "*", operator.truediv: "/", operator.matmul: "@"}


def compiled(graph: Graph, space: Any) -> Callable[[Sequence[Any]], list[Any] | None]:
    """A function of the values of inputs and captured leaves that returns those of the outputs.

    It returns None where a guard does not hold.
    """
    return _Writer(_with_sums_in_place(graph), space).function()


ADD_AT = "add_at"
"""The op of what `_with_sums_in_place` makes: an array, an index without arrays, and what is added there."""


def _with_sums_in_place(graph: Graph) -> Graph:
    """With ``y[key] += v`` for ``scatter(v, key) + y``, where nobody else reads what was scattered."""
    uses = Counter(v for e in graph.equations for v in variables(e.inputs)) + Counter(variables(graph.outputs))
    by = {v: e for e in graph.equations for v in e.outputs if e.op == "scatter" and uses[v] == 1}
    made: list[Equation] = []
    gone: set[Any] = set()
    for e in graph.equations:
        if e.op == "add" and not e.params:
            x1, x2 = e.inputs
            x1, x2 = (x1, x2) if isinstance(x1, Var) and x1 in by else (x2, x1)
            spread = by.get(x1) if isinstance(x1, Var) else None
            whole = isinstance(x2, Var) and (x2.shape, x2.dtype) == (e.outputs[0].shape, e.outputs[0].dtype)
            if spread is not None and whole and x2.shape and not any(True for _ in variables(spread.inputs[1])):
                gone.add(x1)
                e = Equation(ADD_AT, (x2, spread.inputs[1], spread.inputs[0]), {}, e.outputs)
        made.append(e)
    return graph.replaced([e for e in made if not e.outputs or e.outputs[0] not in gone])


class _Writer:
    """Writes the lines of one graph."""

    def __init__(self, graph: Graph, space: Any) -> None:
        self.graph = graph
        self.space = space
        self.lines: list[str] = []
        self.known: dict[str, Any] = {"empty": np.empty, "copyto": np.copyto}
        self.names: dict[Any, str] = {}
        self.numbers = count()
        self.last: dict[Any, int] = {}
        """The number of the last part that reads a value; of results, one that no part has."""
        self.owned: set[Var] = set()
        """Values in memory of their own, which nobody outside of the function knows."""
        self.dies: dict[Any, int] = {}

    def function(self) -> Callable[[Sequence[Any]], list[Any] | None]:
        graph = self.graph
        given = [*graph.inputs, *graph.captures]
        for v in given:
            self.names[v] = self._name("x")
        parts = list(_parts(graph.equations, self.space))
        for i, part in enumerate(parts):
            for e in part.equations if isinstance(part, _Run) else (part,):
                self.last.update(dict.fromkeys((*variables(e.inputs), *variables(tuple(e.params.values()))), i))
        self.last.update(dict.fromkeys(variables(graph.outputs), len(parts)))
        self.dies = self._lifetimes(parts)
        for i, part in enumerate(parts):
            if isinstance(part, _Run):
                self._run(i, part)
            else:
                self._equation(i, part)
        results = ", ".join(self._text(v) for v in graph.outputs)
        first = f"    {', '.join(self.names[v] for v in given)}, = values" if given else "    pass"
        source = "\n".join(
            ["def run(values):", first, *[f"    {line}" for line in self.lines], f"    return [{results}]"]
        )
        exec(compile(source, f"<graph of {graph.name!r}>", "exec"), self.known)  # noqa: S102 - what this module is for
        made: Callable[[Sequence[Any]], list[Any] | None] = self.known["run"]
        return made

    def _lifetimes(self, parts: Sequence[Any]) -> dict[Any, int]:
        """The number of the last part that reads a value's memory: through results, too, that may share it."""
        dies = dict(self.last)
        for part in reversed(parts):
            if isinstance(part, _Run) or self._is_fresh(part):
                continue
            end = max([dies.get(v, -1) for v in part.outputs], default=-1)
            for v in variables(part.inputs):
                dies[v] = max(dies[v], end)
        return dies

    def _is_fresh(self, e: Equation) -> bool:
        """Whether a result is in new memory for certain; other functions may return an argument, or a view of it."""
        if e.op in (GUARD, STOP, REPLACE, ADD_AT):
            return e.op in (GUARD, ADD_AT)
        return isinstance((e.own or self.space._bind(e.op)).impl, np.ufunc) and not e.params

    # Names ----------------------------------------------------------------------------------------

    def _name(self, letter: str) -> str:
        return f"{letter}{next(self.numbers)}"

    def _constant(self, value: Any) -> str:
        name = self._name("c")
        self.known[name] = value
        return name

    def _text(self, a: Any) -> str:
        """An operand as source."""
        kind = type(a)
        if kind is tuple or kind is list:
            items = ", ".join(self._text(item) for item in a)
            return f"({items}{',' if a else ''})" if kind is tuple else f"[{items}]"
        if kind.__hash__ is not None and a in self.names:
            return self.names[a]
        if a is None or kind in (int, bool) or (kind is float and isfinite(a)):
            return f"({a!r})" if kind in (int, float) and a < 0 else repr(a)
        if kind is Constant:
            self.names[a] = self._constant(at_home(self.space, a))
            return self.names[a]
        return self._constant(self._parameter(a))

    def _parameter(self, a: Any) -> Any:
        """A parameter as NumPy takes it, whose arrays are all on one device."""
        return "cpu" if a is HERE else parameter(self.space, a)

    # Equations ------------------------------------------------------------------------------------

    def _equation(self, i: int, e: Equation) -> None:
        if e.op == GUARD:
            self.lines.append(f"if bool({self._text(e.inputs[0])}) is not {e.params['is']}: return None")
            return
        if e.op in (STOP, REPLACE):
            self.names[e.outputs[0]] = self._text(e.inputs[-1])
            return
        if e.op == ADD_AT:
            self._add_at(i, e)
            return
        names = []
        f = e.own or self.space._bind(e.op)
        call = self._reusing(i, e, f) or self._call(e, f)
        for v in e.outputs:
            self.names[v] = self._name("v")
            names.append(self.names[v])
            if self._is_fresh(e):
                self.owned.add(v)
        self.lines.append(f"{', '.join(names)}{',' if e.several else ''} = {call}")

    def _add_at(self, i: int, e: Equation) -> None:
        """Add to a part of an array: in its own memory, where nobody reads it any more."""
        (v,) = e.outputs
        y, key, added = e.inputs
        if self._is_free(y, i):
            self.owned.discard(y)
            self.names[v] = self.names[y]
        else:
            self.names[v] = self._name("v")
            self.lines.append(f"{self.names[v]} = {self._text(y)}.copy()")
        self.owned.add(v)
        self.lines.append(f"{self.names[v]}[{self._text(key)}] += {self._text(added)}")

    def _call(self, e: Equation, f: Any) -> str:
        if e.op == "getitem" and not any(True for _ in variables(e.inputs[1])):
            return f"{self._text(e.inputs[0])}[{self._text(e.inputs[1])}]"
        if e.op == "pow_scalar" and e.params["exponent"] == 2:
            x = self._text(e.inputs[0])
            return f"{x} * {x}"
        if f.op.operator in SYMBOLS and len(e.inputs) == 2 and not e.params and isinstance(f.impl, np.ufunc):
            x1, x2 = map(self._text, e.inputs)
            if any(isinstance(a, Var | Constant) for a in e.inputs):
                return f"{x1} {SYMBOLS[f.op.operator]} {x2}"
        data = [self._text(a) for a in e.inputs]
        leading = [p for p in f.op.parameters if p.kind != "keyword"]
        plain = not f.op.keywords and all(p.kind != "star" for p in leading) and f.op.arguments
        if not plain or len(data) != f.op.arity:
            named = "{" + ", ".join(f"{self._constant(n)}: {self._text(v)}" for n, v in e.params.items()) + "}"
            return f"{self._constant(f.call)}([{', '.join(data)}], {named})"
        rest = [p.name for p in leading[f.op.arity :]]
        data += [self._text(e.params[n]) for n in rest]
        named_rest = {n: v for n, v in e.params.items() if n not in rest}
        if named_rest:
            data.append(f"**{self._constant({n: self._parameter(v) for n, v in named_rest.items()})}")
        return f"{self._constant(f.impl)}({', '.join(data)})"

    def _reusing(self, i: int, e: Equation, f: Any) -> str:
        """The call into the memory of an operand that nobody reads any more; empty where there is none."""
        if not self._is_fresh(e) or f.op.axes is not POINTWISE:
            return ""
        (out,) = e.outputs
        if prod(out.shape) < SMALL:
            return ""
        for a in e.inputs:
            if self._is_free(a, i) and (a.shape, a.dtype) == (out.shape, out.dtype):
                self.owned.discard(a)
                given = ", ".join(self._text(x) for x in e.inputs)
                return f"{self._constant(f.impl)}({given}, out={self.names[a]})"
        return ""

    def _is_free(self, a: Any, i: int) -> bool:
        return isinstance(a, Var) and a in self.owned and self.dies[a] <= i

    # Pointwise runs -------------------------------------------------------------------------------

    def _run(self, i: int, run: _Run) -> None:
        """A loop over blocks of the elements of a run's values, which are all of one shape."""
        n = prod(run.shape)
        outside = {v: None for e in run.equations for v in variables(e.inputs) if v not in run.inside}
        arrays = [v for v in outside if _is_whole(v, run.shape)]
        flat: dict[Any, str] = {}
        for v in arrays:
            flat[v] = self._name("a")
            self.lines.append(f"{flat[v]} = {self._text(v)}.reshape(-1)")
        made = [v for e in run.equations for v in e.outputs if v in run.inside]
        kept = [v for v in made if self.last.get(v, i) > i and v not in run.scalars]
        for v in made:
            if self.last.get(v, i) > i and v in run.scalars:  # who reads it elsewhere gets the array that it is
                self.names[v] = self._name("v")
                self.lines.append(
                    f"{self.names[v]} = {self._constant(np.full)}({v.shape!r}, {self._text(run.scalars[v])})"
                )
        for v in kept:
            self.names[v], flat[v] = self._name("v"), self._name("a")
            dtype = self._constant(np.dtype(v.dtype))
            self.lines.append(f"{self.names[v]} = empty({v.shape!r}, {dtype})")
            self.lines.append(f"{flat[v]} = {self.names[v]}.reshape(-1)")
            self.owned.add(v)
        sums = {}
        for e in run.equations:
            if e.op == "sum":
                sums[e.outputs[0]] = self._name("s")
                self.lines.append(f"{sums[e.outputs[0]]} = []")
        body, scratch = self._body(run, flat, set(kept), sums)
        for name, dtype in scratch:
            self.lines.append(f"{name} = empty({BLOCK}, {self._constant(np.dtype(dtype))})")
        start, stop = self._name("i"), self._name("i")
        self.lines.append(f"for {start} in range(0, {n}, {BLOCK}):")
        self.lines.append(f"    {stop} = {start} + {BLOCK}")
        if n % BLOCK and scratch:
            self.lines.append(f"    if {stop} > {n}:")
            self.lines += [f"        {name} = {name}[:{n % BLOCK}]" for name, _ in scratch]
        self.lines += [f"    {line}".replace("START", start).replace("STOP", stop) for line in body]
        for v, name in sums.items():
            self.names[v] = self._name("v")
            total = f"{self._constant(np.add.reduce)}({name})"
            self.lines.append(f"{self.names[v]} = {self._constant(np.dtype(v.dtype).type)}({total})")

    def _body(
        self, run: _Run, flat: dict[Any, str], kept: set[Var], sums: dict[Any, str]
    ) -> tuple[list[str], list[tuple[str, str]]]:
        lines: list[str] = []
        scratch: list[tuple[str, str]] = []
        free: dict[str, list[str]] = {}
        here: dict[Any, str] = {}
        last: dict[Any, int] = {}
        for k, e in enumerate(run.equations):
            last.update(dict.fromkeys(variables(e.inputs), k))
        for v, name in flat.items():
            if v not in kept:
                here[v] = self._name("b")
                lines.append(f"{here[v]} = {name}[START:STOP]")

        def text(a: Any) -> str:
            if isinstance(a, Var | Constant) and a in here:
                return here[a]
            return run_scalar(a)

        def run_scalar(a: Any) -> str:
            while isinstance(a, Var) and a in run.scalars:
                a = run.scalars[a]
            return here[a] if isinstance(a, Var) and a in here else self._text(a)

        for k, e in enumerate(run.equations):
            (v,) = e.outputs
            if v in run.scalars:
                continue
            if e.op == "sum":
                lines.append(f"{sums[v]}.append({self._constant(np.add.reduce)}({text(e.inputs[0])}))")
            else:
                if v in kept:
                    target = self._name("b")
                    lines.append(f"{target} = {flat[v]}[START:STOP]")
                elif pool := free.get(v.dtype):
                    target = pool.pop()
                else:
                    target = self._name("b")
                    scratch.append((target, v.dtype))
                lines += self._pointwise(e, [text(a) for a in e.inputs], target)
                here[v] = target
            for a in set(variables(e.inputs)):
                if a in run.inside and a not in kept and last.get(a) == k and a in here:
                    free.setdefault(a.dtype, []).append(here[a])
        return lines, scratch

    def _pointwise(self, e: Equation, given: list[str], target: str) -> Iterator[str]:
        f = e.own or self.space._bind(e.op)
        if e.op == "where":
            condition, x1, x2 = given
            if target in (condition, x1):
                yield f"{target}[:] = {self._constant(np.where)}({condition}, {x1}, {x2})"
            else:
                if target != x2:
                    yield f"copyto({target}, {x2})"
                yield f"copyto({target}, {x1}, where={condition})"
        elif e.op == "pow_scalar" and e.params["exponent"] == 2:
            yield f"{self._constant(np.multiply)}({given[0]}, {given[0]}, out={target})"
        elif isinstance(f.impl, np.ufunc) and not e.params:
            yield f"{self._constant(f.impl)}({', '.join(given)}, out={target})"
        else:
            params = {n: self._parameter(v) for n, v in e.params.items()}
            yield f"{target}[:] = {self._constant(f.call)}([{', '.join(given)}], {self._constant(params)})"


# Which equations go through together ------------------------------------------------------------------


class _Run:
    """Pointwise equations on arrays of one shape, and sums of them, in an order of their own."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self.equations: list[Equation] = []
        self.inside: set[Any] = set()
        """What they compute of that shape."""
        self.sums: set[Any] = set()
        self.scalars: dict[Any, Any] = {}
        """Numbers that are spread out to the shape: operands are taken as the numbers that they are."""

    def add(self, e: Equation) -> None:
        """One more."""
        (v,) = e.outputs
        self.equations.append(e)
        if e.op == "sum":
            self.sums.add(v)
            return
        self.inside.add(v)
        if _is_spread(e):
            self.scalars[v] = e.inputs[0]

    def reads(self, values: set[Any]) -> bool:
        """Whether any of these values is computed here."""
        return not values.isdisjoint(self.inside) or not values.isdisjoint(self.sums)


def _parts(equations: Sequence[Equation], space: Any) -> Iterator[Any]:
    """Equations and runs of them; what reads nothing of a run goes before it, and what does after it."""
    run: _Run | None = None
    after: list[Equation] = []
    late: set[Any] = set()
    for e in equations:
        reads = {*variables(e.inputs), *variables(tuple(e.params.values()))}
        shape = _shape(e, space)
        if run is not None and e.op != GUARD:
            if reads.isdisjoint(late):
                if _joins(run, e, shape):
                    run.add(e)
                    continue
                if not run.reads(reads) and (shape is None or prod(shape) < WORTH):
                    yield e
                    continue
            if shape is None or prod(shape) < WORTH:
                after.append(e)
                late.update(e.outputs)
                continue
        if run is not None:
            yield from _closed(run, after)
            run, after, late = None, [], set()
        if shape is not None and prod(shape) >= WORTH:
            run = _Run(shape)
            run.add(e)
        else:
            yield e
    if run is not None:
        yield from _closed(run, after)


def _closed(run: _Run, after: list[Equation]) -> Iterator[Any]:
    if len(run.inside) - len(run.scalars) + len(run.sums) > 1:
        yield run
    else:
        yield from run.equations
    yield from after


def _shape(e: Equation, space: Any) -> tuple[int, ...] | None:
    """The shape of a pointwise op whose operands are arrays of that shape, or numbers."""
    if len(e.outputs) != 1 or e.several or e.op in (GUARD, STOP, REPLACE):
        return None
    (v,) = e.outputs
    if e.op == "broadcast_to" and _is_spread(e):
        return v.shape
    if e.op == ADD_AT:
        return None
    f = e.own or space._bind(e.op)
    if f.op.axes is not POINTWISE or f.op.custom or f.op.kind == "composite" or f.op.write or f.op.keywords:
        return None
    given = [a for a in variables(e.inputs)]
    fits = all(_is_whole(a, v.shape) or _is_number(a) for a in given)
    return v.shape if fits and any(_is_whole(a, v.shape) for a in given) else None


def _joins(run: _Run, e: Equation, shape: tuple[int, ...] | None) -> bool:
    if e.op == "sum":
        (x,) = e.inputs
        whole = e.params.get("axis") is None and not e.params.get("keepdims") and e.params.get("dtype") is None
        return whole and x in run.inside and x not in run.scalars and x.dtype.startswith(("float", "complex"))
    return shape == run.shape and not any(a in run.sums for a in variables(e.inputs))


def _is_spread(e: Equation) -> bool:
    return e.op == "broadcast_to" and _is_number(e.inputs[0])


def _is_whole(a: Any, shape: tuple[int, ...]) -> bool:
    return (isinstance(a, Var) and a.shape == shape) or (isinstance(a, Constant) and tuple(a.value.shape) == shape)


def _is_number(a: Any) -> bool:
    if isinstance(a, Var):
        return a.shape == ()
    return not isinstance(a, Constant) or not a.value.shape
