"""Whether a function of complex arguments has a complex derivative: the Cauchy-Riemann equations, entry by entry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from agrad.errors import DtypeError
from agrad.interpret.apply import raw_of, stopped
from agrad.interpret.reverse import Node
from agrad.transforms.reverse import Recorded

__all__ = ["check_holomorphic", "not_holomorphic"]

NOT_HOLOMORPHIC = {"Abs", "Conj", "Real", "Imag", "Sign"}
PROBES = (0.6 + 0.8j, -0.28 + 0.96j, 0.352 - 0.936j)
"""Numbers of modulus one with which rounding is measured: not powers of i, for which it would cancel."""


def check_holomorphic(
    space: Any, along: Sequence[Any], turned: Sequence[Any], derivative: Callable[[complex], Sequence[Any]]
) -> bool:
    """Whether the derivatives along i are i times those along 1.

    Every entry is judged by itself, however large others are. One that does not hold to its own rounding may be the
    small difference of large numbers: then the rounding is measured, as how far that entry is from being linear over
    the real numbers, which every derivative is.
    """

    def fixed(v: Any) -> Any:
        return space._wrap(stopped(v))

    pairs = [(fixed(a), fixed(b)) for a, b in zip(along, turned, strict=True)]
    gaps = [space.abs(b - 1j * a) for a, b in pairs]
    allowed = [1000 * space.finfo(a.dtype).eps * (space.abs(a) + space.abs(b)) for a, b in pairs]

    def holds() -> bool:
        return not any(
            bool(space._raw.any(raw_of(space.any(gap > most)))) for gap, most in zip(gaps, allowed, strict=True)
        )

    if holds():
        return True
    for c in PROBES:
        for i, ((a, b), t) in enumerate(zip(pairs, derivative(c), strict=True)):
            allowed[i] = allowed[i] + 1000 * space.abs(fixed(t) - (c.real * a + c.imag * b))
    return holds()


def not_holomorphic(run: Recorded) -> DtypeError:
    """Name the operations that break holomorphy."""
    names: set[str] = set()

    def visit(node: Node, ct: Any) -> Any:
        names.add(type(node).__name__.removesuffix("Backward"))
        return ct

    run.pull([None if a is None else run.inputs.space._raw.zeros(a.shape, dtype=a.dtype) for a in run.avals], visit)
    culprits = ", ".join(sorted(n.lower() for n in names & NOT_HOLOMORPHIC)) or "an operation in it"
    return DtypeError(
        f"{run.inputs.what} of a function of a complex argument that is not holomorphic: {culprits} has no complex "
        "derivative; use vjp or jvp, or take the real and imaginary parts as separate real arguments"
    )
