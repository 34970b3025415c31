"""Judges a program: values, derivatives of the first and second order, and crashes, against its plain run."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

import numpy as np
import optree

import agrad
from agrad.graph.passes import simplified
from program import Program
from running import Freeze, library, to_numpy, torch_side

__all__ = ["CHECKS", "Failure", "beside", "judge"]

STEP, STEP2 = 1e-5, 1e-3
"""Of difference quotients, of the first and the second order; twice as wide ones tell whether they can be trusted."""


@dataclass(frozen=True)
class Failure:
    """What is wrong with a program, in a word or two by which failures are grouped, in detail, and by which check."""

    kind: str
    detail: str
    check: str = ""


class _WrongError(Exception):
    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(kind, detail)
        self.failure = Failure(kind, detail)


def judge(program: Program, effort: int = 1, off: Collection[str] = ()) -> Failure | None:
    """What is wrong with a program, if anything is.

    Parameters
    ----------
    program : Program
    effort : int
        0: values and gradients, in reverse and in forward mode; 1: pullbacks, imperative Tensors, PyTorch's autograd,
        the second order and nested transforms, too.
    off : collection of str
        Checks that are left out: "imperative", or "feature-imperative" for programs with that feature; all of the
        second order are "second-order".

    Returns
    -------
    Failure or None
    """
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the libraries, about values and their own changes
        try:
            case = _Case(program)
        except Exception as error:
            return Failure("the plain run fails", f"{type(error).__name__}: {error}")
        try:
            for name, check in CHECKS[effort].items():
                if not case.skips(name, off):
                    case.doing = name
                    check(case)
        except _WrongError as error:
            return replace(error.failure, check=case.doing)
        except Exception as error:  # what the traced run raises and the plain run does not
            text = f"{type(error).__name__}: {error}"
            return Failure(f"crash in {case.doing}: {type(error).__name__}", text[:600], case.doing)
    return None


class _Case:
    """One program, its plain run, and what several checks share."""

    gradient: list[np.ndarray]
    """Of the total, in reverse mode."""
    slope: Any
    """The total's derivative in the direction v, in forward mode; `tangents` are those of all results."""
    tangents: list[np.ndarray]
    leaves: list[agrad.Tensor]
    """Of the imperative run; empty where there was none."""
    curvature: np.ndarray
    """The second derivative in the directions u and v."""
    torch_second: np.ndarray | None
    """The same by PyTorch's autograd."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.backend = program.backend
        self.doing = ""
        self.space = agrad.namespace(self.backend)
        self.inputs = [a.value() for a in program.arguments]
        self.constants = [a.value() for a in program.constants]
        side = library(self.backend)
        self.library = side
        f = program.function("plain", side.scope())
        result = f(side.xp, Freeze(), *map(side.asarray, [*self.inputs, *self.constants]))
        self.typed = [hasattr(v, "dtype") for v in optree.tree_leaves(result[1])]
        self.total, self.outputs = _arrays(result)
        rng = random.Random(len(program.statements))
        self.u, self.v = ([_direction(rng, x) for x in self.inputs] for _ in range(2))
        self._plain: Callable[..., Any] | None = None
        self.tolerance = 1e-4 if program.narrow else 1e-9
        self._traced = program.function("shown", {})
        self.numbers = tuple(range(len(self.inputs)))

    def skips(self, check: str, off: Collection[str]) -> bool:
        """Whether a check is off, for this program or for all."""
        names = {check, "second-order"} if check in SECOND else {check}
        used = names | {f"{feature}-{name}" for feature in self.program.features for name in names}
        return any(name in off or f"{self.backend}:{name}" in off for name in used)

    # The traced side ------------------------------------------------------------------------------

    def traced(self, *args: Any) -> Any:
        """The program as a function of its arguments alone."""
        return self._traced(self.space, agrad, *args, *map(self.raw, self.constants))

    def loss(self, *args: Any) -> Any:
        """Its total alone."""
        return self.traced(*args)[0]

    def raw(self, x: Any) -> Any:
        """A NumPy array as the backend's; Python's floats as they are."""
        made = self.library.asarray(x)
        return getattr(made, "array", made)

    def arrays(self, xs: Sequence[Any]) -> tuple[Any, ...]:
        """Fresh arrays of the backend."""
        return tuple(self.raw(np.array(x, copy=True) if isinstance(x, np.ndarray) else x) for x in xs)

    def args(self) -> tuple[Any, ...]:
        """Fresh arguments: a program may change them."""
        return self.arrays(self.inputs)

    # The plain side -------------------------------------------------------------------------------

    def plain(self, *directions: tuple[float, Sequence[Any]]) -> Any:
        """The plain run in float64, some way from the arguments; what is constant stays what it was at them."""
        if self._plain is None:
            side = library(self.backend, drafting=True)
            f = self.program.function("plain", side.scope(), wide=True)

            def run(freeze: Freeze, args: Sequence[Any]) -> Any:
                wide = [side.asarray(a.astype(np.float64) if isinstance(a, np.ndarray) else a) for a in args]
                return _arrays(f(side.xp, freeze, *wide, *map(side.asarray, self.constants)))

            self._base = Freeze()
            self.wide = run(self._base, self.inputs)
            self._plain = run
        if not directions:
            return self.wide
        return self._plain(self._base.replay(), [_moved(x, i, directions) for i, x in enumerate(self.inputs)])

    @property
    def trusted(self) -> bool:
        """Whether the run in float64 is near enough to the program's own for its differences to tell something."""
        total, outputs = self.plain()
        return all(_near(a, b, 1e-4) for a, b in zip([total, *outputs], [self.total, *self.outputs], strict=True))


def _arrays(result: Any) -> tuple[np.ndarray, list[np.ndarray]]:
    total, outputs = result
    return to_numpy(total), [to_numpy(v) for v in optree.tree_leaves(outputs)]


def _moved(x: Any, i: int, directions: Sequence[tuple[float, Sequence[Any]]]) -> Any:
    if isinstance(x, float):
        return x + sum(h * d[i] for h, d in directions)
    return np.asarray(x.astype(np.float64) + sum(h * d[i].astype(np.float64) for h, d in directions))


def _direction(rng: random.Random, x: Any) -> Any:
    if isinstance(x, float):
        return round(rng.uniform(-1, 1), 3)
    return np.asarray([round(rng.uniform(-1, 1), 3) for _ in range(x.size)], dtype=x.dtype).reshape(x.shape)


def _near(a: Any, b: Any, tolerance: float, slack: float = 0.0) -> bool:
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return False
    if a.dtype.kind not in "fc" or not a.size:
        return bool(np.array_equal(a, b))
    scale = 1.0 + max(float(np.max(np.abs(a))), float(np.max(np.abs(b))))
    return bool(np.max(np.abs(a.astype(np.float64) - b.astype(np.float64))) <= tolerance * scale + slack)


def _same(found: Any, expected: Any, tolerance: float, kind: str, what: str = "", slack: float = 0.0) -> None:
    if not _near(found, expected, tolerance, slack):
        raise _WrongError(kind, f"{what}found {np.asarray(found)}, expected {np.asarray(expected)}")


def _values(case: _Case, result: Any, kind: str) -> None:
    """Everything that a program returns, against the plain run: shapes, dtypes and values."""
    total, outputs = result
    leaves, structure = optree.tree_flatten(outputs)
    names = [path[0] for path in optree.treespec_paths(structure)]
    for name, leaf, expected, typed in zip(names, leaves, case.outputs, case.typed, strict=True):
        found = to_numpy(leaf)
        if typed and found.dtype != expected.dtype:
            raise _WrongError(f"dtype ({kind})", f"{name}: found {found.dtype}, expected {expected.dtype}")
        _same(found, expected, case.tolerance, f"value ({kind})", f"{name}: ")
    _same(to_numpy(total), case.total, case.tolerance, f"value ({kind})", "total: ")


def _dot(gradient: Sequence[Any], direction: Sequence[Any]) -> np.ndarray:
    total = sum(np.sum(to_numpy(g).astype(np.float64) * d) for g, d in zip(gradient, direction, strict=True))
    return np.asarray(total)


# The checks -------------------------------------------------------------------------------------------


def reverse(case: _Case) -> None:
    """Values in reverse mode; the gradient has the dtypes and shapes of the arguments."""
    (total, outputs), gradient = agrad.value_and_grad(case.traced, case.numbers, has_aux=True)(*case.args())
    _values(case, (total, outputs), "reverse")
    case.gradient = [to_numpy(g) for g in gradient]
    for g, given in zip(case.gradient, case.inputs, strict=True):
        x = to_numpy(case.space.asarray(given)) if isinstance(given, float) else given
        if (g.shape, g.dtype) != (x.shape, x.dtype):
            raise _WrongError("dtype of a gradient", f"found {g.dtype}{g.shape}, expected {x.dtype}{x.shape}")


def forward(case: _Case) -> None:
    """Values in forward mode."""
    result, (case.slope, tangents) = agrad.jvp(case.traced, case.args(), case.arrays(case.v))
    _values(case, result, "forward")
    case.slope = to_numpy(case.slope)
    case.tangents = [to_numpy(t) for t in optree.tree_leaves(tangents)]


def modes(case: _Case) -> None:
    """Forward mode against reverse mode."""
    _same(case.slope, _dot(case.gradient, case.v), case.tolerance * 100, "forward mode differs from reverse mode")


def differences(case: _Case) -> None:
    """Both modes against difference quotients of the plain run, each output by itself."""
    if not case.trusted:
        return

    def quotient(h: float) -> list[np.ndarray]:
        (a, outs_a), (b, outs_b) = case.plain((h, case.v)), case.plain((-h, case.v))
        pairs = zip([a, *outs_a], [b, *outs_b], strict=True)
        return [(a - b) / (2 * h) if a.dtype.kind == "f" and a.shape == b.shape else np.zeros(()) for a, b in pairs]

    near, far = quotient(STEP), quotient(2 * STEP)
    tolerance = 3e-3 if case.program.narrow else 1e-6
    for i, (q, q2, t) in enumerate(zip(near, far, [case.slope, *case.tangents], strict=True)):
        if q.shape == q2.shape == t.shape and t.dtype.kind == "f" and _near(q, q2, 1e-5):
            slack = 10 * float(np.max(np.abs(q - q2), initial=0))
            _same(t, q, tolerance, "gradient (forward)", f"result {i}: ", slack)
            if not i:
                _same(_dot(case.gradient, case.v), q, tolerance, "gradient (reverse)", "", slack)


def pullback(case: _Case) -> None:
    """A pullback of all results, against forward mode."""
    rng = random.Random(7)
    (_, outputs), pull = agrad.vjp(case.traced, *case.args())
    leaves, structure = optree.tree_flatten(outputs)
    cts = [_direction(rng, to_numpy(v)) if to_numpy(v).dtype.kind == "f" else None for v in leaves]
    given = [
        v if ct is None else case.raw(ct) if hasattr(v, "dtype") else float(ct)
        for ct, v in zip(cts, leaves, strict=True)
    ]
    nothing = case.raw(np.zeros((), dtype=case.total.dtype))
    found = _dot(pull((nothing, optree.tree_unflatten(structure, given))), case.v)
    expected = sum(np.sum(ct * t) for ct, t in zip(cts, case.tangents, strict=True) if ct is not None)
    _same(found, np.asarray(expected), case.tolerance * 100, "pullback of all results differs from forward mode")


def linearized(case: _Case) -> None:
    """A linear approximation of the total, against forward mode."""
    out, push = agrad.linearize(case.loss, *case.args())
    _same(to_numpy(out), case.total, case.tolerance, "value (linearize)")
    _same(to_numpy(push(*case.arrays(case.v))), case.slope, case.tolerance * 100, "linearize differs from forward mode")


def graph(case: _Case) -> None:
    """The program as a graph, and its gradient as another, each called with fresh arguments."""
    try:
        whole = agrad.trace(case.traced, *case.args())
        slope = agrad.trace(agrad.grad(case.loss, case.numbers), *case.args())
    except (agrad.UnsupportedError, agrad.ConcretizationError):  # a shape, or a number, that values decide
        return
    _values(case, whole(*case.args()), "graph")
    found = simplified(slope)(*case.args())
    for a, b in zip(found, case.gradient, strict=True):
        _same(to_numpy(a), b, case.tolerance * 100, "gradient (graph)")
    again = agrad.grad(lambda *args: whole(*args)[0], case.numbers)(*case.args())
    for a, b in zip(again, case.gradient, strict=True):
        _same(to_numpy(a), b, case.tolerance * 100, "gradient of a graph")


def compiled(case: _Case) -> None:
    """The program with its gradient, compiled, called twice: small arrays go through in blocks, too."""
    step = agrad.compile(agrad.value_and_grad(case.traced, case.numbers, has_aux=True))
    small = {"BLOCK": 4, "WORTH": 6, "SMALL": 2} if case.backend == "numpy" else {}
    with ExitStack() as stack:
        for name, size in small.items():
            stack.enter_context(patch(f"agrad_numpy.compiling.sizes.{name}", size))
        for _ in range(2):
            try:
                (total, outputs), gradient = step(*case.args())
            except (agrad.UnsupportedError, agrad.ConcretizationError):  # a shape, or a number, that values decide
                return
            _values(case, (total, outputs), "compiled")
            for a, b in zip(gradient, case.gradient, strict=True):
                _same(to_numpy(a), b, case.tolerance * 100, "gradient (compiled)")


def imperative(case: _Case) -> None:
    """Tensors that require gradients: values and gradients."""
    case.leaves = []
    if any(isinstance(x, float) for x in case.inputs) or not _same_imperatively(case.program):
        return
    case.leaves = [agrad.tensor(x, requires_grad=True) for x in case.args()]
    total, outputs = case.traced(*(leaf * 1 for leaf in case.leaves))
    _values(case, (total, outputs), "imperative")
    if not isinstance(total, agrad.Tensor) or not total.requires_grad:
        return
    total.backward(create_graph=True)
    for found, expected in zip(_gradients(case.leaves), case.gradient, strict=True):
        _same(found, expected, case.tolerance * 100, "gradient (imperative)")


def _gradients(leaves: Sequence[agrad.Tensor]) -> list[np.ndarray]:
    return [np.zeros(leaf.shape) if leaf.grad is None else to_numpy(leaf.grad) for leaf in leaves]


def imperative_second(case: _Case) -> None:
    """A second backward, through the gradients that the first one left."""
    slopes = [leaf.grad for leaf in case.leaves]
    for leaf in case.leaves:
        leaf.grad = None
    for slope, v in zip(slopes, case.arrays(case.v), strict=False):
        if slope is not None and slope.requires_grad:
            case.space.sum(slope * v).backward(retain_graph=True)
    if any(slope is not None for slope in slopes):
        found = _dot(_gradients(case.leaves), case.u)
        _same(found, case.curvature, case.tolerance * 1000, "second backward differs from hvp")


def _same_imperatively(program: Program) -> bool:
    """Imperatively a followed 0-d Tensor is a handle that changes in place, whatever its library's scalars do."""
    if program.backend in ("torch", "array-api-strict"):
        return True
    return not program.features & {
        "augmented-0d", "element-augmented", "loop-over-elements", "iterator", "unpack", "helper", "tuple-state",
        "dict-state", "best-so-far",
    } and not any(a.data is None or np.ndim(a.data) == 0 for a in program.arguments)  # fmt: skip


def hvp(case: _Case) -> None:
    """The Hessian-vector product, against forward mode of a gradient, nested gradients, and second differences."""
    n = case.numbers
    product = agrad.hvp(case.loss, case.args(), case.arrays(case.v))
    case.curvature = _dot(product if isinstance(product, tuple) else (product,), case.u)
    tolerance = case.tolerance * 1000
    _, pushed = agrad.jvp(agrad.grad(case.loss, n), case.args(), case.arrays(case.v))
    _same(_dot(pushed, case.u), case.curvature, tolerance, "jvp of grad differs from hvp")


def nested(case: _Case) -> None:
    """Gradients of gradients and of forward mode, against the Hessian-vector product."""
    n = case.numbers
    v = case.arrays(case.v)
    space = case.space

    def slope(*args: Any) -> Any:
        return sum(space.sum(g * d) for g, d in zip(agrad.grad(case.loss, n)(*args), v, strict=True))

    def pushed(*args: Any) -> Any:
        return agrad.jvp(case.loss, args, v)[1]

    tolerance = case.tolerance * 1000
    for f, kind in ((slope, "grad of grad"), (pushed, "grad of jvp")):
        found = _dot(agrad.grad(f, n)(*case.args()), case.u)
        _same(found, case.curvature, tolerance, f"{kind} differs from hvp")


def second_differences(case: _Case) -> None:
    """The Hessian-vector product, against second differences of the plain run."""
    if not case.trusted:
        return

    def quotient(h: float) -> np.ndarray:
        def at(a: float, b: float) -> Any:
            return case.plain((a, case.u), (b, case.v))[0]

        return np.asarray((at(h, h) - at(h, -h) - at(-h, h) + at(-h, -h)) / (4 * h * h))

    near, far = quotient(STEP2), quotient(2 * STEP2)
    if _near(near, far, 1e-3):
        best = (4 * near - far) / 3
        slack = 0.1 * float(np.max(np.abs(near - far)))
        tolerance = 2e-2 if case.program.narrow else 2e-5
        _same(case.curvature, best, tolerance, "second order differs from differences", "", slack)


def torch_autograd(case: _Case) -> None:
    """PyTorch's own autograd, where it takes the program."""
    case.torch_second = None
    if case.backend != "torch" or any(isinstance(x, float) for x in case.inputs):
        return
    import torch

    side = case.library
    f = case.program.function("marked", side.scope())
    leaves = [side.asarray(x).requires_grad_() for x in case.inputs]
    zeros = [torch.zeros_like(leaf) for leaf in leaves]
    try:
        total, _ = f(side.xp, torch_side(), *(leaf * 1 for leaf in leaves), *map(side.asarray, case.constants))
        if not getattr(total, "requires_grad", False):
            return
        found = torch.autograd.grad(total, leaves, allow_unused=True, create_graph=True)
        slope = sum(torch.sum(g * torch.asarray(d)) for g, d in zip(found, case.v, strict=True) if g is not None)
        again: Any = [None] * len(leaves)
        if getattr(slope, "requires_grad", False):
            again = torch.autograd.grad(slope, leaves, allow_unused=True)
    except (AttributeError, RuntimeError):  # agrad.grad inside, or a change in place that it refuses
        return
    theirs, case.torch_second = (
        _dot([z if g is None else g for g, z in zip(gradient, zeros, strict=True)], case.u)
        for gradient in (found, again)
    )
    _same(_dot(case.gradient, case.u), theirs, case.tolerance * 100, "gradient differs from PyTorch's")


def torch_second(case: _Case) -> None:
    """PyTorch's Hessian-vector product."""
    if case.torch_second is not None:
        _same(case.curvature, case.torch_second, case.tolerance * 1000, "second order differs from PyTorch's")


FIRST = {"reverse": reverse, "forward": forward, "modes": modes, "differences": differences}
MORE = {
    "pullback": pullback,
    "linearize": linearized,
    "graph": graph,
    "compiled": compiled,
    "imperative": imperative,
    "torch": torch_autograd,
}
SECOND = {
    "hvp": hvp,
    "second-differences": second_differences,
    "nested": nested,
    "imperative-second": imperative_second,
    "torch-second": torch_second,
}
CHECKS: list[dict[str, Callable[[_Case], None]]] = [FIRST, FIRST | MORE | SECOND]
"""The checks by effort; what one leaves in the case, later ones use."""


def beside(check: str) -> frozenset[str]:
    """The checks that are not needed to see what one of them finds."""
    needed = {"reverse", "forward", check}
    if check in SECOND:
        needed |= {"hvp"} | ({"imperative", "torch"} & {check.removesuffix("-second")})
    return frozenset(CHECKS[1]) - needed
