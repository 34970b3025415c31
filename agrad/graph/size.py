"""The size of a graph: how many operations, how many bytes, and about how many floating-point operations.

The counts of linear algebra are those of the usual algorithms (Golub and Van Loan, Matrix Computations), leading terms
only. What a library does may differ: it blocks, reduces to Hessenberg form first, or iterates as the values ask.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log2, prod
from typing import Any, NamedTuple

from agrad.axes import POINTWISE, Over
from agrad.declare import Op
from agrad.graph.graph import GUARD, PASSING, Constant, Equation, Graph, Var, variables
from agrad.interpret.batching import treatment
from agrad.plugins import find

__all__ = ["Size", "size"]

Shape = tuple[int, ...]


@dataclass(frozen=True, repr=False)
class Size:
    """How large a graph is.

    Parameters
    ----------
    operations : int
        Equations that compute something.
    bytes : int
        Of all their results, were each an array of its own.
    peak : int
        The most bytes of results that there are at a time, where each is dropped after it was used last.
    flops : int
        About how many operations on floating-point numbers.
    uncounted : tuple of str
        Ops that `flops` knows nothing of.

    Examples
    --------
    >>> import agrad, numpy
    >>> agrad.trace(lambda a, x: a @ x + x, numpy.ones((100, 100)), numpy.ones(100)).size()
    <2 operations, 1.6 kB of results, 1.6 kB at most at a time, about 20.1 kflop>
    """

    operations: int
    bytes: int
    peak: int
    flops: int
    uncounted: tuple[str, ...] = ()

    def __repr__(self) -> str:
        parts = [
            f"{self.operations} operation{'s' * (self.operations != 1)}",
            f"{_short(self.bytes)}B of results",
            f"{_short(self.peak)}B at most at a time",
            f"about {_short(self.flops)}flop" + (f" and those of {', '.join(self.uncounted)}" * bool(self.uncounted)),
        ]
        return f"<{', '.join(parts)}>"


def size(graph: Graph) -> Size:
    """What `Graph.size` returns."""
    steps = [e for e in graph.equations if e.op != GUARD and e.op not in PASSING]
    counts = {id(e): _flops(e) for e in steps}
    return Size(
        operations=len(steps),
        bytes=sum(_bytes(v) for e in steps for v in e.outputs),
        peak=_peak(graph),
        flops=round(sum(n for n in counts.values() if n is not None)),
        uncounted=tuple(dict.fromkeys(e.op for e in steps if counts[id(e)] is None)),
    )


def _short(n: float) -> str:
    """A number with three digits and the prefix of its unit."""
    for prefix in ("", "k", "M", "G"):
        if n < 999.5:
            return f"{n:.3g} {prefix}"
        n /= 1000
    return f"{n:.3g} T" if n < 999.5 else f"{n:.0f} T"


def _bytes(v: Var) -> int:
    digits = "".join(c for c in v.dtype if c.isdigit())
    return prod(v.shape) * (int(digits) // 8 if digits else 1)


def _peak(graph: Graph) -> int:
    """The most that results take together, from where each is made to where it is read last."""
    last: dict[Any, int] = {}
    for i, e in enumerate(graph.equations):
        last.update(dict.fromkeys((*e.outputs, *variables(e.inputs), *variables(tuple(e.params.values()))), i))
    kept = set(variables(graph.outputs))
    dropped: dict[int, int] = {}
    made = {v for e in graph.equations for v in e.outputs if e.op not in PASSING}
    for v in made - kept:
        dropped[last[v]] = dropped.get(last[v], 0) + _bytes(v)
    most = now = 0
    for i, e in enumerate(graph.equations):
        now += sum(_bytes(v) for v in e.outputs if v in made)
        most = max(most, now)
        now -= dropped.get(i, 0)
    return most


# Floating-point operations ------------------------------------------------------------------------------


class Call(NamedTuple):
    """What a count is made from: the shapes of the arrays that an op is given and returns, and its parameters."""

    given: Sequence[Shape]
    made: Sequence[Shape]
    params: dict[str, Any]


def _flops(e: Equation) -> float | None:
    """How many floating-point operations an equation takes; None where nothing is known."""
    arrays = [v if type(v) is Var else v.value if type(v) is Constant else v.tensor for v in variables(e.inputs)]
    dtypes = [str(v.dtype) for v in (*arrays, *e.outputs)]
    if not any("float" in d or "complex" in d for d in dtypes):
        return 0
    op = e.own.op if e.own is not None else find(e.op)
    count = COUNTS.get(e.op) or _usual(op)
    if count is None:
        return None
    found: float = count(Call([tuple(v.shape) for v in arrays], [v.shape for v in e.outputs], e.params))
    return found * (4 if any("complex" in d for d in dtypes) and not e.op.startswith("fft.") else 1)


Count = Callable[[Call], float]


def _usual(op: Op | None) -> Count | None:
    """What follows from how an op treats axes: pointwise, or along some of them."""
    if op is None:
        return None
    if op.kind == "creation":
        return nothing
    how = treatment(op)
    return each(1) if how == POINTWISE else every(1) if isinstance(how, Over) else None


def nothing(c: Call) -> float:
    """Of what moves data, and of what looks at signs and bits."""
    return 0


def each(k: float) -> Count:
    """So many for each element of the result."""
    return lambda c: k * prod(c.made[0])


def every(k: float) -> Count:
    """So many for each element of the first argument."""
    return lambda c: k * prod(c.given[0]) if c.given else 0


def compared(c: Call) -> float:
    """Of sorting along an axis."""
    axis = c.params.get("axis", -1)
    n = prod(c.given[0]) if axis is None else c.given[0][axis] if c.given[0] else 1
    return prod(c.given[0]) * log2(max(n, 1))


def matrices(count: Callable[[int, int], float]) -> Count:
    """For each matrix of the first argument, by its longer and its shorter side."""

    def counted(c: Call) -> float:
        *stack, m, n = c.given[0]
        return prod(stack) * count(max(m, n), min(m, n))

    return counted


def transforms(k: float, result: bool) -> Count:
    """Of Fourier transforms: `k` times n log2 n for each, n its length in the result or in the argument."""

    def counted(c: Call) -> float:
        shape = c.made[0] if result else c.given[0]
        axes = c.params.get("axes", c.params.get("axis", range(len(shape))))
        axes = range(len(shape)) if axes is None else (axes,) if isinstance(axes, int) else axes
        n = prod(shape[a] for a in axes)
        return k * prod(shape) * log2(max(n, 1))

    return counted


def _product(c: Call) -> float:
    return 2 * prod(c.made[0]) * c.given[0][-1]


def _tensordot(c: Call) -> float:
    axes = c.params["axes"]
    contracted = c.given[0][len(c.given[0]) - axes :] if isinstance(axes, int) else [c.given[0][a] for a in axes[0]]
    return 2 * prod(c.made[0]) * prod(contracted)


def _vecdot(c: Call) -> float:
    axis: int = c.params["axis"]
    return 2 * prod(c.made[0]) * c.given[0][axis]


def _searched(c: Call) -> float:
    return prod(c.made[0]) * log2(max(prod(c.given[0]), 1))


def _scattered(c: Call) -> float:
    return prod(c.given[0])


def _norm(c: Call) -> float:
    order = c.params["ord"]
    return _values(c) if order in ("nuc", 2, -2) else every(2 if order == "fro" else 1)(c)


def _power(c: Call) -> float:
    n = abs(c.params["n"])
    products = n.bit_length() + n.bit_count() - 2 if n else 0
    each_costs = products + (c.params["n"] < 0)  # an inverse as much as a product
    return matrices(lambda m, _: 2 * m**3 * each_costs)(c)


def _solved(c: Call) -> float:
    a, b = c.given
    vector = len(b) == 1
    n, stack = a[-1], c.made[0][: -1 if vector else -2]
    return prod(stack) * (2 / 3 * n**3 + 2 * n**2 * (1 if vector else b[-1]))


_values = matrices(lambda m, n: 4 * m * n**2 - 4 / 3 * n**3)
_factors = matrices(lambda m, n: 14 * m * n**2 + 8 * n**3)


COUNTS: dict[str, Count] = {
    # creation
    "tril": nothing, "triu": nothing,
    # data types
    "astype": nothing, "to_device": nothing,
    # elementwise: one for each element of the result, whatever the function, but for
    "conj": nothing, "copysign": nothing, "imag": nothing, "isfinite": nothing, "isinf": nothing, "isnan": nothing,
    "positive": nothing, "real": nothing, "signbit": nothing,
    # indexing
    "take": nothing, "take_along_axis": nothing, "getitem": nothing, "setitem": nothing, "scatter": _scattered,
    # linear algebra
    "matmul": _product, "matrix_transpose": nothing, "tensordot": _tensordot, "vecdot": _vecdot,
    # manipulation
    "broadcast_arrays": nothing, "broadcast_to": nothing, "concat": nothing, "expand_dims": nothing, "flip": nothing,
    "meshgrid": nothing, "moveaxis": nothing, "permute_dims": nothing, "repeat": nothing, "reshape": nothing,
    "roll": nothing, "squeeze": nothing, "stack": nothing, "tile": nothing, "unstack": nothing,
    # searching
    "searchsorted": _searched, "where": nothing,
    # sets
    "isin": _searched,
    # sorting
    "argsort": compared, "sort": compared,
    # statistical: one for each element of the argument, but for
    "std": every(4), "var": every(4),
    # utility
    "diff": lambda c: c.params["n"] * prod(c.made[0]),
    # linalg
    "linalg.cholesky": matrices(lambda n, _: n**3 / 3),
    "linalg.cross": each(3),
    "linalg.det": matrices(lambda n, _: 2 / 3 * n**3),
    "linalg.diagonal": nothing,
    "linalg.eig": matrices(lambda n, _: 25 * n**3),
    "linalg.eigh": matrices(lambda n, _: 9 * n**3),
    "linalg.eigvals": matrices(lambda n, _: 10 * n**3),
    "linalg.eigvalsh": matrices(lambda n, _: 4 / 3 * n**3),
    "linalg.inv": matrices(lambda n, _: 2 * n**3),
    "linalg.matrix_norm": _norm,
    "linalg.matrix_power": _power,
    "linalg.matrix_rank": _values,
    "linalg.outer": each(1),
    "linalg.pinv": lambda c: _factors(c) + matrices(lambda m, n: 2 * m * n**2)(c),
    "linalg.qr": matrices(lambda m, n: 4 * m * n**2 - 4 / 3 * n**3),
    "linalg.slogdet": matrices(lambda n, _: 2 / 3 * n**3),
    "linalg.solve": _solved,
    "linalg.svd": _factors,
    "linalg.svdvals": _values,
    "linalg.trace": matrices(lambda _, n: n),
    "linalg.vector_norm": every(2),
    # fft
    "fft.fft": transforms(5, result=True), "fft.fftn": transforms(5, result=True), "fft.fftshift": nothing,
    "fft.hfft": transforms(2.5, result=True), "fft.ifft": transforms(5, result=True),
    "fft.ifftn": transforms(5, result=True), "fft.ifftshift": nothing, "fft.ihfft": transforms(2.5, result=False),
    "fft.irfft": transforms(2.5, result=True), "fft.irfftn": transforms(2.5, result=True),
    "fft.rfft": transforms(2.5, result=False), "fft.rfftn": transforms(2.5, result=False),
}  # fmt: skip
"""In the order of the standard. What is not here is counted by how it treats axes: see `_usual`."""
