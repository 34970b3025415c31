"""Programs: made at random from a seed, printed as Python, and shrunk to what makes them fail."""

from __future__ import annotations

import random
import time
import warnings
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import optree

from forms import FORMS
from running import Freeze, is_array, library, to_numpy
from scene import NothingFitsError, Scene
from statements import Block, Line, Statement, features, marked_lines, shown_lines

__all__ = ["WHOLE", "Argument", "Program", "generate", "listing", "shrink", "written"]

WHOLE = ("argument-0d", "argument-float", "argument-float32", "linear-total")
"""The features of a program that no statement makes."""

LARGEST = 6.0
"""Values stay below, so that difference quotients and float32 mean something."""

RAW_NAMES = {"numpy": "numpy", "torch": "array_api_compat.torch", "array-api-strict": "array_api_strict"}


@dataclass(frozen=True)
class Argument:
    """One argument of a program: nested lists of numbers, and a dtype; "float" is Python's."""

    name: str
    data: Any
    dtype: str = "float64"

    def value(self) -> Any:
        """As NumPy has it."""
        return self.data if self.dtype == "float" else np.asarray(self.data, dtype=self.dtype)

    def source(self) -> str:
        """As a reader would write it."""
        return repr(self.data) if self.dtype == "float" else f"xp.asarray({self.data}, dtype=xp.{self.dtype})"


@dataclass(frozen=True)
class Program:
    """A function of some arrays: statements, and the variables that it returns beside a total of all of them.

    Attributes
    ----------
    backend : str
    arguments : tuple of Argument
        What is differentiated.
    constants : tuple of Argument
        Plain arrays that are handed in and never followed.
    statements : tuple of Statement
    outputs : tuple of str
        Names that are returned.
    summed : tuple of str
        Those of them that the total, which has a gradient, is made of.
    linear : tuple of str
        Those of them that enter it as they are, so that their cotangents are constants; the others' sine does.
    """

    backend: str
    arguments: tuple[Argument, ...]
    constants: tuple[Argument, ...]
    statements: tuple[Statement, ...]
    outputs: tuple[str, ...]
    summed: tuple[str, ...]
    linear: tuple[str, ...] = ()

    @property
    def features(self) -> frozenset[str]:
        """The names of what it makes use of."""
        inputs = {f"argument-{a.dtype}" for a in self.arguments if a.dtype != "float64"}
        inputs |= {"argument-0d" for a in self.arguments if not np.ndim(a.data)}
        return features(self.statements) | inputs | ({"linear-total"} if self.linear else set())

    def source(self, kind: str = "shown") -> str:
        """The function: "shown" as read and traced, "plain" for plain arrays, "marked" for PyTorch's own autograd."""
        parameters = ", ".join(["xp", "agrad", *(a.name for a in (*self.arguments, *self.constants))])
        lines = [f"def f({parameters}):"]
        if kind == "shown":
            lines += shown_lines(self.statements, "    ")
        else:
            lines += marked_lines(self.statements, "    ", plain=kind == "plain")
        terms = [
            f"{0.3 + 0.1 * (i % 7):.1f} * xp.sum({name if name in self.linear else f'xp.sin({name})'})"
            for i, name in enumerate(self.summed)
        ]
        lines.append(f"    total = {' + '.join(terms) or '0.0'}")
        lines.append(f"    return total, {{{', '.join(f'{name!r}: {name}' for name in self.outputs)}}}")
        return "\n".join(lines) + "\n"

    def function(self, kind: str, scope: dict[str, Any], wide: bool = False) -> Callable[..., Any]:
        """The function, compiled; `wide` with float64 for float32."""
        source = self.source(kind)
        exec(compile(source.replace("xp.float32", "xp.float64") if wide else source, "<program>", "exec"), scope)
        made: Callable[..., Any] = scope["f"]
        return made

    @property
    def narrow(self) -> bool:
        """Whether it computes in float32 somewhere; PyTorch does so with Python's floats."""
        small = ("float32", "float") if self.backend == "torch" else ("float32",)
        return any(a.dtype in small for a in self.arguments) or "xp.float32" in self.source()


def listing(program: Program) -> str:
    """A script that a person can paste: the program, run plain and traced."""
    everything = ", ".join(a.name for a in (*program.arguments, *program.constants))
    numbers = ", ".join(str(i) for i in range(len(program.arguments)))
    lines = ["import agrad", "", program.source(), ""]
    if program.backend in RAW_NAMES:
        lines += [f"import {RAW_NAMES[program.backend]} as xp", ""]
        call = f"f(xp, agrad, {everything})"
    else:
        lines += ["import jax", "import jax.numpy as xp", "jax.config.update('jax_enable_x64', True)", ""]
        call = ""
    space = f"agrad.namespace({program.backend!r})"
    lines += [f"{a.name} = {a.source()}" for a in (*program.arguments, *program.constants)]
    traced = f"lambda {everything}: f({space}, agrad, {everything})"
    lines += [f"print(agrad.value_and_grad({traced}, argnums=[{numbers}], has_aux=True)({everything}))"]
    lines += [f"print({call})  # the plain run, last: it may change its arguments"] if call else []
    return "\n".join(lines)


# Generation -------------------------------------------------------------------------------------------

SHAPES: tuple[tuple[int, ...], ...] = ((3,), (3,), (4,), (3, 3), (2, 3), (2, 2), (1, 3))
FEW_SHAPES: tuple[tuple[int, ...], ...] = ((3,), (3, 3))
"""For JAX, which compiles every operation anew for every shape."""


def _data(rng: random.Random, shape: Sequence[int]) -> Any:
    if not shape:
        return round(rng.uniform(0.2, 1.8) * rng.choice((1, 1, -1)), 3)
    return [_data(rng, shape[1:]) for _ in range(shape[0])]


def _inputs(
    rng: random.Random, on: Callable[[str], bool], shapes: Sequence[tuple[int, ...]]
) -> tuple[list[Argument], list[Argument]]:
    arguments = []
    for name in "xyz"[: rng.randint(1, 3)]:
        shape = rng.choice(shapes)
        dtype = "float32" if rng.random() < 0.12 and shapes is SHAPES and on("argument-float32") else "float64"
        if rng.random() < 0.1 and on("argument-0d"):
            shape = ()
        elif rng.random() < 0.06 and name != "x" and on("argument-float"):
            shape, dtype = (), "float"
        arguments.append(Argument(name, _data(rng, shape), dtype))
    return arguments, [Argument("c", _data(rng, (3,)))]


class _Draft:
    """A program in the making: the scene, and the statements that led to it."""

    def __init__(self, inputs: Sequence[Argument], scene: Scene) -> None:
        self.inputs = inputs
        self.scene = scene
        self.accepted: list[tuple[Statement, Any]] = []
        self.start()

    def start(self) -> None:
        """Bring the scene to where the accepted statements lead."""
        library = self.scene.library
        env = self.scene.env
        env.clear()
        env.update({a.name: library.asarray(a.value()) for a in self.inputs})
        self.hidden = {"xp": library.xp, "agrad": Freeze(), **library.scope()}
        for _, code in self.accepted:
            self.execute(code)

    def execute(self, code: Any) -> None:
        """Run a statement in the scene."""
        names = {**self.hidden, **self.scene.env}
        exec(code, names)
        for name, value in names.items():
            if name not in self.hidden and name not in ("__builtins__", "seen", "k", "e"):
                self.scene.env[name] = value

    def attempt(self, statement: Statement) -> bool:
        """Run a statement, and take it in where the values stay in bounds."""
        code = compile("\n".join(marked_lines([statement], plain=True)), "<statement>", "exec")
        try:
            self.execute(code)
            good = all(_tame(value) for value in self.scene.env.values())
        except Exception:  # what the plain library refuses is no program
            good = False
        if good:
            self.accepted.append((statement, code))
        else:
            self.start()
        return good

    def program(self, arguments: Sequence[Argument], constants: Sequence[Argument], linear: bool) -> Program:
        """The statements so far, and everything that they have computed."""
        scene, hidden = self.scene, {a.name for a in constants}
        outputs = tuple(name for name, value in scene.env.items() if name not in hidden and _shown(value))
        summed = tuple(name for name in outputs if scene.floating(name))
        return Program(
            scene.backend,
            tuple(arguments),
            tuple(constants),
            tuple(statement for statement, _ in self.accepted),
            outputs,
            summed,
            summed[1::2] if linear else (),
        )


def _tame(value: Any) -> bool:
    if not is_array(value):
        return not isinstance(value, float) or abs(value) < LARGEST
    array = to_numpy(value)
    return array.size <= 36 and (array.dtype.kind != "f" or bool((np.abs(array) < LARGEST).all()))


def generate(backend: str, seed: int, off: Collection[str] = (), size: tuple[int, int] = (20, 60)) -> Program:
    """The program of a seed: 20 to 60 statements, of forms that are not off."""
    rng = random.Random(f"{backend} {seed}")
    scene = Scene(rng, library(backend, drafting=True), {}, off)
    scene.constants = ["c"]
    arguments, constants = _inputs(rng, scene.on, FEW_SHAPES if backend == "jax" else SHAPES)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        draft = _Draft([*arguments, *constants], scene)
        forms = [f for f in FORMS.values() if scene.on(f.name)]
        weights = [f.weight for f in forms]
        count, tries = rng.randint(*size), 0
        while len(draft.accepted) < count and tries < 4 * count:
            tries += 1
            try:
                statement = rng.choices(forms, weights)[0].statement(scene)
            except NothingFitsError:
                continue
            draft.attempt(statement)
    return draft.program(arguments, constants, scene.on("linear-total") and scene.chance(0.7))


def written(backend: str, text: str, *arguments: Argument) -> Program:
    """A program that somebody wrote: the statements of a text; everything that it binds is returned."""
    scene = Scene(random.Random(0), library(backend, drafting=True), {})
    draft = _Draft(arguments, scene)
    for statement in _parsed(text):
        if not draft.attempt(statement):
            raise ValueError(f"on plain arrays this fails, or its values are large: {statement}")
    return draft.program(arguments, (), linear=True)


def _parsed(text: str) -> list[Statement]:
    chunks: list[list[str]] = []
    for line in text.strip("\n").split("\n"):
        if line.startswith((" ", "else")):
            chunks[-1].append(line)
        else:
            chunks.append([line])
    made: list[Statement] = []
    for head, *body in chunks:
        if "no_grad" in head:
            lines = (Line("\n".join(line.removeprefix("    ") for line in body)),)
            made.append(Block(head, lines, frozenset(["no-grad-change"])))
        else:
            made.append(Line("\n".join([head, *body])))
    return made


def _shown(value: Any) -> bool:
    """Whether a value can be compared: arrays and numbers, and containers of them."""
    return all(is_array(v) or isinstance(v, int | float) for v in optree.tree_leaves(value))


# Shrinking --------------------------------------------------------------------------------------------


def shrink(program: Program, fails: Callable[[Program], bool], seconds: float = 20) -> Program:
    """A smaller program that still fails: outputs and statements go while it does, blocks leave what they hold."""
    end = time.monotonic() + seconds
    progress = True
    while progress:
        progress = False
        for candidate in _smaller(program):
            if time.monotonic() > end:
                return program
            if fails(candidate):
                program, progress = candidate, True
                break
    return program


def _smaller(program: Program) -> Iterator[Program]:
    n = len(program.statements)
    size = n // 2
    while size >= 1:
        for start in range(n - size, -1, -size):
            rest = program.statements[:start] + program.statements[start + size :]
            yield _without(program, rest)
        size //= 2
    for name in program.outputs:
        if len(program.outputs) > 1:
            yield _with_outputs(program, [other for other in program.outputs if other != name])
    if program.linear:
        yield replace(program, linear=())
    for i, s in enumerate(program.statements):
        for smaller in _pieces(s):
            yield _without(program, (*program.statements[:i], *smaller, *program.statements[i + 1 :]))
    used = program.source()
    for i, a in enumerate(program.arguments):
        if used.count(a.name) == 1 and len(program.arguments) > 1:
            yield replace(program, arguments=program.arguments[:i] + program.arguments[i + 1 :])


def _pieces(s: Statement) -> Iterator[Sequence[Statement]]:
    if isinstance(s, Line):
        lines = s.text.split("\n")
        for k in range(len(lines) if len(lines) > 1 else 0):
            yield [replace(s, text="\n".join(lines[:k] + lines[k + 1 :]))]
        return
    if not s.head.startswith("def"):
        yield s.body
    if s.tail.startswith("else"):
        yield [replace(s, tail="")]
    for k, inner in enumerate(s.body):
        if len(s.body) > 1:
            yield [replace(s, body=s.body[:k] + s.body[k + 1 :])]
        for smaller in _pieces(inner):
            yield [replace(s, body=(*s.body[:k], *smaller, *s.body[k + 1 :]))]


def _without(program: Program, statements: tuple[Statement, ...]) -> Program:
    """The program of these statements; names that nothing binds any more are not returned."""
    text = "\n".join(marked_lines(statements))
    bound = {a.name for a in program.arguments}
    kept = [name for name in program.outputs if name in bound or _binds(text, name)]
    return _with_outputs(replace(program, statements=statements), kept)


def _with_outputs(program: Program, outputs: Sequence[str]) -> Program:
    summed, linear = (tuple(n for n in names if n in outputs) for names in (program.summed, program.linear))
    return replace(program, outputs=tuple(outputs), summed=summed, linear=linear)


def _binds(text: str, name: str) -> bool:
    return any(
        name in line.split("=")[0].replace(",", " ").replace("*", " ").replace("+", " ").replace("-", " ").split()
        for line in text.split("\n")
        if "=" in line
    )
