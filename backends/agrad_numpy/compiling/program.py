"""A graph as straight-line Python: what is written where, and whose memory is used again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from math import prod
from typing import Any

import numpy as np

from agrad.graph.graph import GUARD, VALUES, Constant, Equation, Graph, Var, variables
from agrad_numpy.compiling import sizes
from agrad_numpy.compiling.blocks import write_run
from agrad_numpy.compiling.calls import ADD_WHERE, CONTRACT, REDUCTIONS, TOTAL, WRITE_AT, Source, is_basic, shape_of
from agrad_numpy.compiling.memory import TAKES_BACK, Arena, Results, Workspaces
from agrad_numpy.compiling.parts import Run, parts, reads

__all__ = ["Program", "Replay", "function_of"]

Replay = Callable[[Sequence[Any]], list[Any] | None]

VIEWS = (
    "reshape", "permute_dims", "matrix_transpose", "expand_dims", "squeeze", "getitem", "broadcast_to", "moveaxis",
    "flip", "real", "imag",
)  # fmt: skip
"""Ops whose result may be their argument's memory, seen otherwise; views of a workspace are made with it."""

numbers = count()


class Program:
    """Writes the source of one graph."""

    def __init__(self, graph: Graph, space: Any, threads: int, budget: Any) -> None:
        self.graph = graph
        self.source = Source(space)
        self.threads = threads
        self.budget = budget
        self.names = self.source.names
        self.lines: list[str] = []
        self.arena = Arena()
        self.memory: dict[str, tuple[int, tuple[int, ...], str]] = {}
        """Arrays of a workspace by name: where they begin, shapes and dtypes."""
        self.named: dict[tuple[int, tuple[int, ...], str], str] = {}
        self.views: dict[str, str] = {}
        """The names of views of them, by their source."""
        self.models: dict[Any, Any] = {}
        """Arrays of no content that lie as those of a workspace will, to see what becomes a view."""
        self.at: dict[Any, str] = {}
        """The names of arrays of the workspace that values have for themselves."""
        self.owned: set[Any] = set()
        """Values in new memory that nobody else knows."""
        self.ending: dict[int, list[Any]] = {}
        self.dies: dict[Any, int] = {}
        """The number of the last part that reads a value, or memory that it may share; of results, one of no part."""
        self.escaping: set[Any] = set()
        """Values whose memory may be seen outside."""
        self.changed: set[Any] = set()
        """Values of which there is another with some elements changed."""
        self.results: dict[Any, Results] = {}
        self.constants: frozenset[int] = frozenset()
        """The identities of what the source names."""

    # The whole ------------------------------------------------------------------------------------

    def function(self) -> Replay:
        """The graph as a function of the values of its inputs and captured leaves."""
        graph = self.graph
        given = [*graph.inputs, *graph.captures]
        for v in given:
            self.names[v] = self.source.name("x")
        found = list(parts(graph.equations, self.source))
        self._look(found)
        for i, part in enumerate(found):
            if isinstance(part, Run):
                write_run(self, i, part)
            else:
                self._equation(i, part)
            for v in self.ending.pop(i, ()):
                self.dropped(self.at.pop(v))
        results = ", ".join(self._results())
        body = [f"{', '.join([self.names[v] for v in given])}, = values"] if given else []
        body += self.lines
        body += [f"{self.source.constant(r.give)}({self.names[v]})" for v, r in self.results.items()]
        body.append(f"return [{results}]")
        known = self.source.known
        self.constants = frozenset(map(id, known.values()))
        spaces = self._workspaces() if self.memory else None
        if spaces is not None:
            names = [*self.memory, *self.views.values()]
            known |= {"take": spaces.take, "give": spaces.give}
            body = ["w = take()", "try:", f"    {', '.join(names)}, = w", *[f"    {line}" for line in body]]
            body += ["finally:", "    give(w)"]
        run: Any = function_of("run(values)", body, known, graph.name)
        run.owned = True
        run.clear = _Clearing([*([spaces] if spaces else []), *self.results.values()])
        return run  # type: ignore[no-any-return]

    def _workspaces(self) -> Workspaces:
        """What makes the memory of a call: one piece, the arrays in it, and views of them."""
        known = self.source.known
        known["memory"] = lambda: _aligned(self.arena.size)
        body = ["m = memory()"]
        for name, (begin, shape, dtype) in self.memory.items():
            end = begin + prod(shape) * np.dtype(dtype).itemsize
            kind = self.source.constant(np.dtype(dtype))
            body.append(f"{name} = m[{begin}:{end}].view({kind}).reshape({shape!r})")
        body += [f"{name} = {text}" for text, name in self.views.items()]
        body.append(f"return ({', '.join([*self.memory, *self.views.values()])},)")
        make = function_of("make()", body, known, self.graph.name)
        return Workspaces(make, self.arena.size, self.budget)

    def _results(self) -> list[str]:
        """The results, in memory that they share with nothing."""
        texts = []
        seen: set[Any] = set()
        for v in self.graph.outputs:
            text = self.source.text(v)
            if type(v) in VALUES:
                if v in seen or type(v) is Constant:
                    text = f"{text}.copy()"
                elif v not in self.owned:
                    text = f"{self.source.constant(self._apart)}({text}, values)"
                seen.add(v)
            texts.append(text)
        return texts

    def _apart(self, x: Any, values: Sequence[Any]) -> Any:
        """A result that may be an argument, a constant or a view; a copy if it is."""
        if isinstance(x, np.ndarray) and (
            x.base is not None or not x.flags.writeable or any(x is v for v in values) or id(x) in self.constants
        ):
            return x.copy()
        return x

    # Lifetimes ------------------------------------------------------------------------------------

    def _look(self, found: Sequence[Any]) -> None:
        """Until when values are needed, and which of them may be seen outside."""
        dies = self.dies
        self.changed = {e.inputs[0] for e in found if isinstance(e, Equation) and e.op == WRITE_AT}
        steps = [(i, e) for i, p in enumerate(found) for e in (p.equations if isinstance(p, Run) else (p,))]
        for i, e in steps:
            dies.update(dict.fromkeys(reads(e), i))
        results = [v for v in variables(self.graph.outputs)]
        dies.update(dict.fromkeys(results, len(found)))
        self.escaping.update(results)
        for _, e in reversed(steps):
            shown = any(v in self.escaping for v in e.outputs)
            if not self._is_fresh(e):
                end = max([dies.get(v, -1) for v in e.outputs], default=-1)
                for v in reads(e):
                    dies[v] = max(dies[v], end)
                if shown or e.own is not None:  # what a user's own op keeps is its affair
                    self.escaping |= reads(e)
            elif e.op == WRITE_AT and shown:
                self.escaping.add(e.inputs[0])

    def _is_fresh(self, e: Equation) -> bool:
        """Whether results are in new memory for certain; other functions may return an argument, or a view of it."""
        if e.op in (GUARD, WRITE_AT, TOTAL, CONTRACT, ADD_WHERE):
            return True
        standard = self.source.is_standard(e)
        if standard and e.op == "getitem" and (_is_number(e) or e.inputs[0] in self.changed):
            return _is_number(e) or self._is_part(e)
        always = standard and (e.op in ("where", "concat", "scatter") or (e.op in REDUCTIONS and self.source.writes(e)))
        return always or self.source.ufunc(e) is not None or self._is_sized(e)

    def _is_part(self, e: Equation) -> bool:
        """Whether a small part is read of an array that is changed: it is copied, so that the array need not be."""
        return 8 * prod(e.outputs[0].shape) <= prod(shape_of(e.inputs[0])) and is_basic(e.inputs[1])

    def _is_sized(self, e: Equation) -> bool:
        """Whether an equation is computed into memory at hand."""
        if not self.source.writes(e):
            return False
        (v,) = e.outputs
        return bool(v.shape) and prod(v.shape) >= sizes.SMALL

    # Memory ---------------------------------------------------------------------------------------

    def place(self, v: Var, i: int) -> str:
        """The name of an array to compute a value into, which is made in part `i`."""
        self.owned.add(v)
        if v not in self.escaping:
            name = self.names[v] = self.at[v] = self.scratch(v.shape, v.dtype)
            self.ending.setdefault(max(self.dies.get(v, i), i), []).append(v)
            return name
        name = self.names[v] = self.source.name("r")
        if TAKES_BACK and v in self.graph.outputs and prod(v.shape) >= sizes.LARGE:
            self.results[v] = Results(v.shape, v.dtype, self.budget)
            self.lines.append(f"{name} = {self.source.constant(self.results[v].take)}()")
        else:
            self.lines.append(f"{name} = empty({v.shape!r}, {self.source.constant(np.dtype(v.dtype))})")
        return name

    def scratch(self, shape: tuple[int, ...], dtype: str) -> str:
        """The name of an array of the workspace that nobody uses now."""
        begin = self.arena.take(prod(shape) * np.dtype(dtype).itemsize)
        key = (begin, shape, dtype)
        name = self.named.get(key)
        if name is None:
            name = self.named[key] = self.source.name("w")
            self.memory[name] = key
        return name

    def dropped(self, name: str) -> None:
        """An array of the workspace is used no longer."""
        begin, shape, dtype = self.memory[name]
        self.arena.give(begin, prod(shape) * np.dtype(dtype).itemsize)

    def shaped(self, a: Any, shape: tuple[int, ...]) -> str:
        """The name of a value in another shape, a view where it can be one."""
        text = self.source.text(a)
        if shape_of(a) == shape:
            return text
        return self._view(a, f"{text}.reshape({shape!r})", lambda x: x.reshape(shape))[0]

    def _view(self, a: Any, text: str, change: Callable[[Any], Any]) -> tuple[str, Any]:
        """The name of what is a view of a value, and how it lies; made once where the value's memory stays."""
        model = self._model(a)
        made = None
        if model is not None:
            made = change(model)
            if isinstance(made, np.ndarray) and np.may_share_memory(made, model):
                found = self.views.get(text)
                if found is None:
                    found = self.views[text] = self.source.name("w")
                return found, made
        name = self.source.name("v")
        self.lines.append(f"{name} = {text}")
        return name, None

    def _model(self, a: Any) -> Any:
        """An array that lies as a value in the workspace does."""
        if a in self.at:
            shape, dtype = a.shape, np.dtype(a.dtype)
            return np.empty(prod(shape) * dtype.itemsize, np.uint8).view(dtype).reshape(shape)
        return self.models.get(a)

    # Equations ------------------------------------------------------------------------------------

    def _equation(self, i: int, e: Equation) -> None:
        if e.op == GUARD:
            self.lines.append(f"if bool({self.source.text(e.inputs[0])}) is not {e.params['is']}: return None")
        elif e.op == WRITE_AT:
            self._write_at(i, e)
        elif self._is_sized(e):
            given = self.source.texts(e)
            self.lines += self.source.into(e, given, self._over(i, e) or self.place(e.outputs[0], i))
        elif e.op in VIEWS and not self._is_fresh(e) and self.source.is_standard(e) and self._is_view(e):
            return
        else:
            names = [self.source.name("v") for _ in e.outputs]
            copied = ".copy()" if e.op == "getitem" and self._is_fresh(e) and not _is_number(e) else ""
            self.lines.append(f"{', '.join(names)}{',' if e.several else ''} = {self.source.expression(e)}{copied}")
            self.names.update(zip(e.outputs, names, strict=True))
            if self._is_fresh(e):
                self.owned.update(e.outputs)

    def _is_view(self, e: Equation) -> bool:
        """Whether an equation only looks at memory of the workspace in another way, which is noted."""
        (v,) = e.outputs
        x = e.inputs[0]
        if v in self.escaping or self._model(x) is None or len(reads(e)) > 1:
            return False
        f = self.source.bound(e)
        params = {n: self.source.parameter(p) for n, p in e.params.items()}
        text = self.source.expression(e)
        self.names[v], model = self._view(x, text, lambda a: f.call([a, *e.inputs[1:]], params))
        if model is not None:
            self.models[v] = model
        return True

    def _over(self, i: int, e: Equation) -> str:
        """The memory of an operand that is needed no longer, which becomes the result's."""
        (v,) = e.outputs
        if v in self.escaping:
            return ""
        for a in e.inputs:
            ends = type(a) is Var and a in self.at and self.dies[a] <= i
            if ends and (a.shape, a.dtype) == (v.shape, v.dtype) and self.source.overwrites(e, a):
                self._take_over(i, v, a)
                return self.names[v]
        return ""

    def _take_over(self, i: int, v: Var, a: Var) -> None:
        """Give an operand's memory, which ends here, to a result."""
        self.names[v] = self.names[a]
        self.owned.discard(a)
        self.owned.add(v)
        if a in self.at:
            self.ending[i].remove(a)
            self.at[v] = self.at.pop(a)
            self.ending.setdefault(max(self.dies.get(v, i), i), []).append(v)

    def _write_at(self, i: int, e: Equation) -> None:
        """Write to a part of an array: in its own memory, where nobody reads it any more."""
        (v,) = e.outputs
        y, key, value = e.inputs
        value = self.source.text(value)
        if type(y) is Var and y in self.owned and self.dies[y] <= i:
            self._take_over(i, v, y)
        else:
            old = self.source.text(y)
            self.lines.append(f"copyto({self.place(v, i)}, {old})")
        part = f"{self.names[v]}[{self.source.key(key)}]"
        items = key if type(key) is tuple else (key,)
        if e.params["how"] == "=":
            self.lines.append(f"{part} = {value}")
        elif all(type(k) is int for k in items) and len(items) == len(v.shape):  # a number, and no view
            self.lines.append(f"{part} += {value}")
        else:
            view = self.source.name("v")
            self.lines += [f"{view} = {part}", f"{self.source.constant(np.add)}({view}, {value}, {view})"]


def _is_number(e: Equation) -> bool:
    """Whether an equation reads one element, which is no view."""
    key = e.inputs[1] if e.op == "getitem" else ()
    items = key if type(key) is tuple else (key,)
    return bool(items) and all(type(k) is int for k in items) and len(items) == len(shape_of(e.inputs[0]))


class _Clearing:
    """Lets go of what a program keeps between calls."""

    def __init__(self, kept: Sequence[Any]) -> None:
        self._kept = kept

    def __call__(self) -> None:
        for one in self._kept:
            one.clear()


def _aligned(size: int) -> Any:
    """So many bytes that begin where a line of the cache does."""
    memory = np.empty(size + 64, np.uint8)
    skipped = -memory.ctypes.data % 64
    return memory[skipped : skipped + size]


def function_of(head: str, body: Sequence[str], known: dict[str, Any], title: str) -> Callable[..., Any]:
    """Compile a function's source."""
    source = "\n".join([f"def {head}:", *[f"    {line}" for line in body], ""])
    place = f"<graph {next(numbers)} of {title!r}>"
    exec(compile(source, place, "exec"), known)  # noqa: S102 - what this package is for
    made: Callable[..., Any] = known[head.partition("(")[0]]
    return made
