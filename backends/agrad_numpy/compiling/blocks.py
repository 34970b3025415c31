"""The loop of a run: blocks of rows, one after the other, or on several threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from agrad.graph.graph import VALUES, Equation, variables
from agrad_numpy.compiling.calls import CONTRACT, REDUCTIONS, TOTAL, reduced_axes, shape_of
from agrad_numpy.compiling.parts import RESHAPING, Run, whole_shape

if TYPE_CHECKING:
    from agrad_numpy.compiling.program import Program

__all__ = ["write_run"]


def write_run(program: Program, i: int, run: Run) -> None:
    """Write the loop of a run, which is part number `i`."""
    _Loop(program, i, run).write()


class _Loop:
    def __init__(self, program: Program, i: int, run: Run) -> None:
        self.program = program
        self.source = program.source
        self.run = run
        self.axes = len(run.lead)
        self.count = run.count
        self.rows = min(run.rows, self.count)
        made = [v for e in run.equations for v in e.outputs]
        self.kept = [v for v in made if program.dies.get(v, -1) > i]
        self.lines: list[str] = []
        """Of the body."""
        self.after: list[str] = []
        self.scratch: list[tuple[str, tuple[int, ...], str]] = []
        """The names of arrays of one block that the loop writes, their shapes and dtypes."""
        self.free: dict[Any, list[str]] = {}
        self.here: dict[Any, str] = {}
        """The names of values in the body."""
        self.pinned: set[Any] = set()
        """Values whose memory another one shares."""
        self.whole: dict[Any, str] = {}
        """The names of whole arrays, of one axis of rows and those within them."""
        self.parallel = min(program.threads, -(-self.count // self.rows))
        self.i = i

    def write(self) -> None:
        program, run = self.program, self.run
        for v in self.kept:
            if v in run.inside and not self._is_reshaped(v):
                program.place(v, self.i)
                self.whole[v] = program.shaped(v, self._rowed(v.shape))
        last = {a: k for k, e in enumerate(run.equations) for a in variables(e.inputs)}
        for k, e in enumerate(run.equations):
            for a in variables(e.inputs):
                self._bring(a, e)
            self._equation(k, e, last)
            for a in set(variables(e.inputs)):
                if last[a] == k and self._is_scratch(a):
                    self.free.setdefault((a.shape[self.axes :], a.dtype), []).append(self.here[a])
        for e in run.equations:  # a change of shape is one of the whole array, too, where others read it
            (v,) = e.outputs
            if e.op in RESHAPING and v in self.kept:
                program.names[v] = program.shaped(e.inputs[0], v.shape)
        self._loop()
        program.lines += self.after

    def _is_reshaped(self, v: Any) -> bool:
        return any(v in e.outputs for e in self.run.equations if e.op in RESHAPING)

    def _rowed(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (self.count, *shape[self.axes :])

    # Operands -------------------------------------------------------------------------------------

    def _bring(self, a: Any, e: Equation) -> None:
        """Name what an operand is in the body, where it comes from outside."""
        shape, ndim = shape_of(a), len(whole_shape(e))
        if a in self.run.inside or (a, ndim) in self.here:
            return
        within = ndim - self.axes
        if len(shape) == ndim and shape[: self.axes] == self.run.lead:
            self.here[a, ndim] = self.source.name("b")
            name = self.program.shaped(a, self._rowed(shape))
            self.lines.append(f"{self.here[a, ndim]} = {name}[START:STOP]")
        elif len(shape) > within:  # axes of length 1 stand where rows would
            self.here[a, ndim] = self.program.shaped(a, shape[len(shape) - within :])

    def _texts(self, e: Equation) -> list[str]:
        ndim = len(whole_shape(e))
        return [(type(a) in VALUES and self.here.get(a)) or self._outside(a, ndim) for a in self.source.numbers(e)]

    def _outside(self, a: Any, ndim: int) -> str:
        """An operand that is not computed in the run, or no array."""
        return (self.here.get((a, ndim)) if type(a) in VALUES else None) or self.source.text(a)

    def _target(self, v: Any) -> str:
        """Memory of a block for a value."""
        if v in self.whole:
            name = self.source.name("b")
            self.lines.append(f"{name} = {self.whole[v]}[START:STOP]")
            return name
        key = (v.shape[self.axes :], v.dtype)
        if pool := self.free.get(key):
            return pool.pop()
        name = self.source.name("b")
        self.scratch.append((name, (self.rows, *v.shape[self.axes :]), v.dtype))
        return name

    # Equations ------------------------------------------------------------------------------------

    def _equation(self, k: int, e: Equation, last: dict[Any, int]) -> None:
        (v,) = e.outputs
        if v in self.run.sums:
            self._sum(e)
            return
        if e.op in RESHAPING:
            x = e.inputs[0]
            self.here[v] = self.source.name("b")
            self.lines.append(f"{self.here[v]} = {self.here[x]}.reshape({(-1, *v.shape[self.axes :])!r})")
            self.pinned |= {x, v}
            return
        given = self._texts(e)
        over = next((a for a in e.inputs if type(a) in VALUES and self._may_overwrite(k, e, a, last)), None)
        if over is None:
            target = self._target(v)
        else:
            target = self.here[over]
            last[over] = -1  # so that nobody gives its memory to another
        self.here[v] = target
        if self.source.writes(e):
            self.lines += self.source.into_rows(e, given, target, self.axes)
        else:
            params = {n: self.source.parameter(p) for n, p in e.params.items()}
            call = self.source.constant(self.source.bound(e).call)
            self.lines.append(f"{target}[...] = {call}([{', '.join(given)}], {self.source.constant(params)})")

    def _may_overwrite(self, k: int, e: Equation, a: Any, last: dict[Any, int]) -> bool:
        """Whether an operand is read here for the last time, and the op may write over it."""
        (v,) = e.outputs
        if v in self.whole or e.op in (*REDUCTIONS, CONTRACT) or not self.source.writes(e) or not self._is_scratch(a):
            return False
        return last[a] == k and (a.shape, a.dtype) == (v.shape, v.dtype) and self.source.overwrites(e, a)

    def _is_scratch(self, a: Any) -> bool:
        """Whether a value is in memory of one block that no other value shares."""
        return a in self.run.inside and a not in self.whole and a not in self.pinned

    def _sum(self, e: Equation) -> None:
        """Add up over all rows: what each block gives is added in their order."""
        (v,) = e.outputs
        add, block = self.source.constant(np.add), self.source.constant(np.add.reduce)
        given = self._texts(e)
        parts = self.source.name("s")
        if e.op == TOTAL:
            one = self.source.total(given, flat=len(whole_shape(e)) == self.axes)
        elif e.op == CONTRACT:
            one = self.source.contracted(e, given, axes=self.axes)
        else:
            one = f"{block}({given[0]}, None)"
        if e.op == TOTAL or len(reduced_axes(e)) == len(whole_shape(e)):
            self.lines.append(self._noted(parts, one))
            total = f"{self.source.constant(np.dtype(v.dtype).type)}({block}({parts}))"
            if v.shape:
                total = f"{self.source.constant(np.full)}({v.shape!r}, {total})"
            self.program.names[v] = self.source.name("v")
            self.program.owned.add(v)
            self.after.append(f"{self.program.names[v]} = {total}")
            return
        axes = (0, *[a - self.axes + 1 for a in reduced_axes(e) if a >= self.axes])
        left = tuple([n for a, n in enumerate(whole_shape(e)) if a not in reduced_axes(e)])
        if e.op != CONTRACT:
            one = f"{block}({given[0]}, {axes})"
        self.program.place(v, self.i)
        out = self.program.shaped(v, left)
        if self.parallel > 1:
            self.lines.append(self._noted(parts, one))
            one = self.source.name("p")
            self.after += [f"{out}.fill(0)", f"for {one} in {parts}:", f"    {add}({out}, {one}, out={out})"]
        else:
            self.program.lines.append(f"{out}.fill(0)")
            self.lines.append(f"{add}({out}, {one}, out={out})")

    def _noted(self, parts: str, one: str) -> str:
        """Note what a block gives, at its place where blocks are computed in no order."""
        blocks = -(-self.count // self.rows)
        self.program.lines.append(f"{parts} = {f'[None] * {blocks}' if self.parallel > 1 else '[]'}")
        return f"{parts}[START // {self.rows}] = {one}" if self.parallel > 1 else f"{parts}.append({one})"

    # The loop -------------------------------------------------------------------------------------

    def _loop(self) -> None:
        start, stop = self.source.name("i"), self.source.name("i")
        rest = self.count % self.rows
        body = [f"{stop} = {start} + {self.rows}"]
        if rest and self.scratch:
            body.append(f"if {stop} > {self.count}:")
            body += [f"    {name} = {name}[:{rest}]" for name, _, _ in self.scratch]
        body += [line.replace("START", start).replace("STOP", stop) for line in self.lines]
        sets = [[self.program.scratch(shape, dtype) for _, shape, dtype in self.scratch] for _ in range(self.parallel)]
        lines = self.program.lines
        if self.parallel > 1:
            first, end, f = self.source.name("i"), self.source.name("i"), self.source.name("f")
            own = [name for name, _, _ in self.scratch]
            lines.append(f"def {f}({', '.join([first, end, *own])}):")
            lines.append(f"    for {start} in range({first}, {end}, {self.rows}):")
            lines += [f"        {line}" for line in body]
            given = ", ".join([f"({', '.join(names)}{',' if names else ''})" for names in sets])
            lines.append(f"{self.source.constant(_spread)}({f}, {self.count}, {self.rows}, ({given},))")
        else:
            if self.scratch:  # names of their own, for the last block may be shorter
                mine = ", ".join([name for name, _, _ in self.scratch])
                lines.append(f"{mine} = {', '.join(sets[0])}")
            lines.append(f"for {start} in range(0, {self.count}, {self.rows}):")
            lines += [f"    {line}" for line in body]
        for names in sets:
            for name in names:
                self.program.dropped(name)


def _spread(f: Any, count: int, rows: int, memory: tuple[tuple[Any, ...], ...]) -> None:
    """Call a loop on several threads, each with its part of the blocks and memory of its own."""
    blocks = -(-count // rows)
    bounds = [min(blocks * k // len(memory) * rows, count) for k in range(len(memory) + 1)]
    pool = _pool(len(memory))
    others = [
        pool.submit(copy_context().run, f, begin, end, *own)
        for begin, end, own in zip(bounds[1:-1], bounds[2:], memory[1:], strict=True)
    ]
    try:
        f(bounds[0], bounds[1], *memory[0])
    finally:
        for other in others:
            other.exception()  # none of them may go on with memory that another call gets
    for other in others:
        other.result()


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads - 1, thread_name_prefix="agrad-compiled")
