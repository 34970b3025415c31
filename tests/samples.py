"""Sample inputs for every op of the table that has a derivative: rows of data, free of any test.

A row says how an op is called, in which dtypes, and what may be expected of it. ``samples()`` multiplies rows
by dtypes; the arrays of a sample are NumPy's and always the same.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import inf, prod
from typing import Any

import numpy as np

__all__ = ["BINARY", "ROWS", "UNARY", "Arrays", "Row", "Sample", "filled", "followed", "samples"]

Arrays = list[np.ndarray]

REAL = ("float64", "float32")
COMPLEX = ("complex128", "complex64")
ALL = ("float64", "complex128", "float32", "complex64")
Array = np.ndarray


class Draw:
    """Random arrays of one dtype, from a seed."""

    def __init__(self, dtype: str, seed: int) -> None:
        self.dtype = np.dtype(dtype)
        self.random = np.random.default_rng(seed)

    def __call__(self, *shape: int) -> Array:
        """Normal numbers."""
        return self._cast(self.random.normal(size=shape), self.random.normal(size=shape))

    def _cast(self, x: Any, imaginary: Any = 0) -> Array:
        return np.asarray(x + 1j * imaginary if self.dtype.kind == "c" else x).astype(self.dtype)

    def real(self, *shape: int) -> Array:
        """Normal numbers, real ones of the same precision."""
        return self.random.normal(size=shape).astype(np.finfo(self.dtype).dtype)

    def within(self, low: float, high: float, *shape: int) -> Array:
        """Real parts in an interval; imaginary parts, if any, away from the real axis."""
        return self._cast(self.random.uniform(low, high, size=shape), self.random.uniform(0.2, 0.6, size=shape))

    def positive(self, *shape: int) -> Array:
        return self.within(0.5, 2.0, *shape)

    def apart(self, *shape: int) -> Array:
        """Values without near ties, none of them near an integer or 0."""
        n = prod(shape)
        x = (self.random.permutation(n).reshape(shape) - n // 2) * 0.333 + 0.085
        return self._cast(x, self.random.normal(size=shape))

    def slender(self, *shape: int) -> Array:
        """Matrices of full rank, their singular values apart."""
        diagonal = np.eye(*shape[-2:]) * np.arange(1, shape[-1] + 1) * 2.0
        return (self(*shape) / 2 + diagonal).astype(self.dtype)

    def hermitian(self, *shape: int) -> Array:
        x = self(*shape)
        return (x + adjoint(np, x)) / 2

    def definite(self, *shape: int) -> Array:
        """Hermitian, positive definite, of a condition that small precision can bear."""
        x = self(*shape)
        return (x @ adjoint(np, x) / 2 + 2 * np.eye(shape[-1])).astype(self.dtype)

    def regular(self, *shape: int) -> Array:
        """Square matrices far from singular, their eigenvalues apart."""
        n = shape[-1]
        return (self(*shape) / 2 + np.diag(np.arange(1, n + 1) * 2.0)).astype(self.dtype)


@dataclass(frozen=True)
class Row:
    """One way to call an op.

    Parameters
    ----------
    op : str
        Its name in the table.
    make : callable
        ``make(draw)`` returns the positional arguments.
    params : dict
        The keyword arguments, callables of `draw` among them; names of dtypes stand for the dtypes.
    dtypes : sequence of str
        Those the row is tried in.
    call : callable, optional
        ``call(xp, *args, **params)``, where it is not plainly the function of the op's name.
    of : callable, optional
        ``of(xp, call, *args)``: a function that no choice of factors (gauge) changes, to compare numbers by.
    smooth : bool
        There are derivatives of second order, and differences find them.
    standard : bool
        The standard has this call, not only NumPy.
    static : bool
        The shape of the result does not depend on values.
    torch : str
        Why PyTorch cannot be compared with, where it cannot.
    """

    op: str
    make: Callable[[Draw], tuple[Any, ...]]
    params: dict[str, Any]
    dtypes: Sequence[str]
    call: Callable[..., Any] | None = None
    of: Callable[..., Any] | None = None
    smooth: bool = True
    standard: bool = True
    static: bool = True
    torch: str = ""


class Sample:
    """A row in one dtype."""

    def __init__(self, row: Row, dtype: str, label: str) -> None:
        self.row = row
        self.dtype = dtype
        self.label = label
        draw = Draw(dtype, zlib.crc32(label.encode()))
        self.args = _arrays(row.make(draw))
        self.params = {k: _arrays(v(draw)) if callable(v) else v for k, v in row.params.items()}

    def __repr__(self) -> str:
        return self.label

    @property
    def op(self) -> str:
        return self.row.op

    def call(self, xp: Any, *args: Any, **params: Any) -> Any:
        """The op on arrays of a namespace."""
        if self.row.call is not None:
            return self.row.call(xp, *args, **params)
        f = xp
        for part in self.row.op.split("."):
            f = getattr(f, part)
        return f(*args, **params)

    def invariant(self, xp: Any, *args: Any, **params: Any) -> Any:
        """What numbers may be compared by."""
        if self.row.of is None:
            return self.call(xp, *args, **params)
        return self.row.of(xp, lambda *a: self.call(xp, *a, **params), *args)


def _arrays(x: Any) -> Any:
    """NumPy's scalars as arrays."""
    if isinstance(x, tuple | list):
        return type(x)(_arrays(item) for item in x)
    return np.asarray(x) if isinstance(x, np.generic) else x


def samples() -> Iterator[Sample]:
    """All rows in all their dtypes; of each row, the first one is the one to try if only one is."""
    counts: dict[str, int] = {}
    for row in ROWS:
        k = counts[row.op] = counts.get(row.op, -1) + 1
        # rows take turns in which of their precise dtypes comes first
        first = [d for d in row.dtypes if d in ("float64", "complex128")] or list(row.dtypes)
        first = first[k % len(first) :] + first[: k % len(first)]
        for dtype in [*first, *(d for d in row.dtypes if d not in first)]:
            yield Sample(row, dtype, f"{row.op}-{k}-{dtype}")


ROWS: list[Row] = []


def row(op: str, make: Callable[[Draw], tuple[Any, ...]], dtypes: Sequence[str] = ALL, **options: Any) -> None:
    """Enter a row; what is not an option of `Row` is a parameter of the op."""
    known = {k: options.pop(k) for k in ("call", "of", "smooth", "standard", "static", "torch") if k in options}
    ROWS.append(Row(op, make, options, dtypes, **known))


def adjoint(xp: Any, x: Any) -> Any:
    """The conjugate transpose."""
    y = x.mT if hasattr(x, "mT") else xp.matrix_transpose(x)
    return xp.conj(y) if "complex" in str(x.dtype) else y


# Creation and data types --------------------------------------------------------------------------

for op in ("tril", "triu"):
    row(op, lambda g: (g(3, 4),))
    row(op, lambda g: (g(2, 3, 3),), k=1)
    row(op, lambda g: (g(2, 4, 2),), k=-2)
    row(op, lambda g: (g(0, 3),), k=9)
row("asarray", lambda g: (g(2, 3),), copy=True, torch="PyTorch's detaches")
row("asarray", lambda g: ([[g(), g()], [g(), g()]],), torch="PyTorch's detaches", standard=False)
row("full", lambda g: ((2, 3), g()), torch="PyTorch's detaches")
row("full_like", lambda g: (g.real(2, 3), g.real()), torch="PyTorch's detaches")
row("meshgrid", lambda g: (g(2), g(3)))
row("meshgrid", lambda g: (g(2), g(3), g(4)), indexing="ij")
row("meshgrid", lambda g: (g(2),))
row("meshgrid", lambda g: (g(0), g(3)))
row("astype", lambda g: (g(2, 3), "float32"), REAL)
row("astype", lambda g: (g(2, 3), "float64"), REAL)
row("astype", lambda g: (g(3), "complex128"), ("float64", "float32", "complex128", "complex64"))
row("astype", lambda g: (g(), "complex64"), ALL, copy=False)
row("astype", lambda g: (g(0, 2), "float32"), REAL, copy=True)

# Elementwise --------------------------------------------------------------------------------------

UNARY: dict[str, tuple[Callable[[Draw, tuple[int, ...]], Array], Sequence[str]]] = {
    "abs": (lambda g, s: g.apart(*s), ALL),
    "acos": (lambda g, s: g.within(-0.9, 0.9, *s), ALL),
    "acosh": (lambda g, s: g.within(1.1, 3.0, *s), ALL),
    "asin": (lambda g, s: g.within(-0.9, 0.9, *s), ALL),
    "asinh": (lambda g, s: g(*s), ALL),
    "atan": (lambda g, s: g(*s), ALL),
    "atanh": (lambda g, s: g.within(-0.9, 0.9, *s), ALL),
    "ceil": (lambda g, s: g.apart(*s), REAL),
    "conj": (lambda g, s: g(*s), ALL),
    "cos": (lambda g, s: g(*s), ALL),
    "cosh": (lambda g, s: g(*s), ALL),
    "exp": (lambda g, s: g(*s), ALL),
    "expm1": (lambda g, s: g(*s), ALL),
    "floor": (lambda g, s: g.apart(*s), REAL),
    "imag": (lambda g, s: g(*s), COMPLEX),
    "log": (lambda g, s: g.positive(*s), ALL),
    "log1p": (lambda g, s: g.within(-0.7, 2.0, *s), ALL),
    "log2": (lambda g, s: g.positive(*s), ALL),
    "log10": (lambda g, s: g.positive(*s), ALL),
    "negative": (lambda g, s: g(*s), ALL),
    "positive": (lambda g, s: g(*s), ALL),
    "real": (lambda g, s: g(*s), ALL),
    "reciprocal": (lambda g, s: g.positive(*s), ALL),
    "round": (lambda g, s: g.apart(*s), ALL),
    "sign": (lambda g, s: g.apart(*s), ALL),
    "sin": (lambda g, s: g(*s), ALL),
    "sinh": (lambda g, s: g(*s), ALL),
    "sqrt": (lambda g, s: g.positive(*s), ALL),
    "square": (lambda g, s: g(*s), ALL),
    "tan": (lambda g, s: g.within(-1.2, 1.2, *s), ALL),
    "tanh": (lambda g, s: g(*s), ALL),
    "trunc": (lambda g, s: g.apart(*s), REAL),
}
"""Data inside the domain, away from poles, jumps and kinks."""

for op, (make, dtypes) in UNARY.items():
    for shape in [(2, 3), (), (0, 3), (1,)]:
        row(op, lambda g, make=make, shape=shape: (make(g, shape),), dtypes)

BINARY: dict[str, tuple[Callable[[Draw, tuple[int, ...]], Array], Callable[[Draw, tuple[int, ...]], Array], Any]] = {
    "add": (lambda g, s: g(*s), lambda g, s: g(*s), ALL),
    "atan2": (lambda g, s: g(*s), lambda g, s: g(*s), REAL),
    "copysign": (lambda g, s: g.apart(*s), lambda g, s: g.apart(*s), REAL),
    "divide": (lambda g, s: g(*s), lambda g, s: g.positive(*s), ALL),
    "floor_divide": (lambda g, s: g.within(10.2, 10.4, *s), lambda g, s: g.within(2.9, 3.1, *s), REAL),
    "hypot": (lambda g, s: g(*s), lambda g, s: g(*s), REAL),
    "logaddexp": (lambda g, s: g(*s), lambda g, s: g(*s), REAL),
    "maximum": (lambda g, s: g.apart(*s), lambda g, s: g.apart(*s) + g.dtype.type(0.11), REAL),
    "minimum": (lambda g, s: g.apart(*s), lambda g, s: g.apart(*s) + g.dtype.type(0.11), REAL),
    "multiply": (lambda g, s: g(*s), lambda g, s: g(*s), ALL),
    "pow": (lambda g, s: g.positive(*s), lambda g, s: g(*s), ALL),
    "remainder": (lambda g, s: g.within(-10.4, -10.2, *s), lambda g, s: g.within(2.9, 3.1, *s), REAL),
    "subtract": (lambda g, s: g(*s), lambda g, s: g(*s), ALL),
}
ONLY_REAL = {name for name, (_, _, dtypes) in BINARY.items() if dtypes is not ALL}

SHAPES = [((2, 3), (2, 3)), ((2, 3), (3,)), ((2, 1), (3,)), ((), (2, 3)), ((0, 3), (1, 3)), ((), ()), ((1,), ())]
NO_DERIVATIVE = "PyTorch has no derivative"

for op, (left, right, dtypes) in BINARY.items():
    torch = NO_DERIVATIVE if op == "floor_divide" else ""
    for s1, s2 in [
        ((2, 3), (2, 3)),
        ((2, 3), (3,)),
        ((2, 1), (3,)),
        ((), (2, 3)),
        ((0, 3), (1, 3)),
        ((), ()),
        ((1,), ()),
    ]:
        row(op, lambda g, left=left, right=right, s1=s1, s2=s2: (left(g, s1), right(g, s2)), dtypes, torch=torch)
    row(op, lambda g, left=left: (left(g, (2, 3)), 1.75), dtypes, torch=torch)
    lone = torch or (NO_DERIVATIVE if op == "remainder" else "")
    row(op, lambda g, right=right: (1.75, right(g, (3,))), dtypes, torch=lone)
    if op in ONLY_REAL:
        mixed = [lambda g, left=left, right=right: (left(g, (3,)).astype("float32"), right(g, (2, 1))),
                 lambda g, left=left, right=right: (left(g, (3,)), right(g, ()).astype("float32"))]  # fmt: skip
        for make in mixed:
            row(op, make, ("float64",), torch=torch)
    else:
        row(op, lambda g, left=left: (left(g, (3,)), np.abs(g.real(2, 1)) + g.real().dtype.type(0.5)), COMPLEX)
        row(op, lambda g, right=right: (np.abs(g.real(2, 3)) + g.real().dtype.type(0.5), right(g, (3,))), COMPLEX)
for op in ("maximum", "minimum"):
    row(op, lambda g: (np.asarray([1.0, 2.0, 3.0], g.dtype), np.asarray([2.0, 2.0, 1.0], g.dtype)), REAL, smooth=False)
for exponent in (0, 1, 2, 3, -1, -2, 0.5, 2.0, 1.5):
    row("pow_scalar", lambda g: (g.positive(2, 3),), call=lambda xp, x, e=exponent: x**e)
row("pow_scalar", lambda g: (g.positive(),), call=lambda xp, x: x**3)
row("pow_scalar", lambda g: (np.asarray([0.0, -1.5, 2.0], g.dtype),), REAL, call=lambda xp, x: x**3)
row("pow", lambda g: (np.asarray([-1.5, 2.0, 0.5]), np.asarray([2, 3, -1])), ["float64"], standard=False)
row("pow", lambda g: (np.asarray([0.0, 0.0, 0.0]), np.asarray([0, 1, 3])), ["float64"], standard=False)
row("clip", lambda g: (g.apart(3, 4), -0.6, 0.8), REAL)
row("clip", lambda g: (g.apart(3, 4),), REAL, min=-0.6)
row("clip", lambda g: (g.apart(3, 4), None, 0.8), REAL)
row("clip", lambda g: (g.apart(3, 4),), REAL)
row("clip", lambda g: (g.apart(3, 4), g.within(-1, -0.5, 4), g.within(0.5, 1, 3, 1)), REAL)
row("clip", lambda g: (g.apart(3, 4),), REAL, min=lambda g: g.within(-1, -0.5, 4), max=lambda g: g.within(0.5, 1))
row("clip", lambda g: (g.apart(0, 4), g.within(-1, -0.5), None), REAL)
row("clip", lambda g: (g.apart(), g.within(-1, -0.5), g.within(0.5, 1)), REAL)
row("clip", lambda g: (np.asarray([-1.0, 0.0, 1.0], g.dtype), np.asarray(-1.0, g.dtype), np.asarray([1.0], g.dtype)),
    REAL, smooth=False)  # fmt: skip


PROMOTED = "PyTorch fails where real arguments have a complex cotangent"

# Statistical --------------------------------------------------------------------------------------

for op in ("max", "min", "mean", "prod", "std", "sum", "var"):
    dtypes = ALL if op in ("mean", "prod", "sum") else REAL
    for shape, params in [
        ((2, 3, 4), {}),
        ((2, 3, 4), {"axis": 1}),
        ((2, 3, 4), {"axis": -1, "keepdims": True}),
        ((2, 3, 4), {"axis": (-1, 0)}),
        ((2, 3, 4), {"axis": (0, 2), "keepdims": True}),
        ((2, 3), {"keepdims": True}),
        ((2, 3), {"axis": ()}),
        ((0, 3), {"axis": 1}),
        ((3, 1), {"axis": 1}),
        ((), {}),
    ]:
        lone = op == "std" and (params.get("axis") == () or shape in ((), (3, 1)))
        torch = "PyTorch has nan" if lone else ""
        row(op, lambda g, shape=shape: (g.apart(*shape),), dtypes, smooth=not lone, torch=torch, **params)
for op in ("prod", "sum"):
    row(op, lambda g: (g(0, 3),), axis=0)
    row(op, lambda g: (g(0),))
    row(op, lambda g: (g(2, 3),), ("float32",), dtype="float64", axis=0)
    row(op, lambda g: (g(2, 3),), ("float32", "float64", "complex64"), dtype="complex128", torch=PROMOTED)
for op in ("max", "min"):
    row(op, lambda g: (np.asarray([[1, 2, 2], [3, 3, 3], [5, 4, 5]], g.dtype),), REAL, axis=1, smooth=False)
for op in ("std", "var"):
    whole = "PyTorch takes whole corrections" if op == "std" else ""
    row(op, lambda g: (g(4, 3),), REAL, axis=0, correction=1)
    row(op, lambda g: (g(4, 3),), REAL, correction=1.5, keepdims=True, torch=whole)
row(
    "std", lambda g: (np.asarray([[7, 7, 7], [1, 3, 4]], g.dtype),), REAL, axis=1, smooth=False, torch="PyTorch has nan"
)
for zeros in ([1], [0, 2], [0, 1, 2, 3]):
    for op, params in (("prod", {}), ("cumulative_prod", {"axis": 0})):
        row(op, lambda g, zeros=zeros: (with_zeros(g(4), zeros),), **params)
for op in ("cumulative_prod", "cumulative_sum"):
    row(op, lambda g: (g(7),))
    row(op, lambda g: (g(1),))
    row(op, lambda g: (g(8),), include_initial=True)
    row(op, lambda g: (g(3, 5),), axis=0)
    row(op, lambda g: (g(3, 5),), axis=-1, include_initial=True)
    row(op, lambda g: (g(2, 3, 4),), axis=1)
    row(op, lambda g: (g(6),), ("float32",), dtype="float64")
    torch = PROMOTED if op == "cumulative_prod" else ""
    row(op, lambda g: (g(4),), ("float64", "float32"), dtype="complex128", torch=torch)
    row(op, lambda g: (g(0),))
    row(op, lambda g: (g(2, 0),), axis=1, include_initial=True)


def with_zeros(x: Array, where: list[int]) -> Array:
    x[where] = 0
    return x


# Manipulation -------------------------------------------------------------------------------------

row("broadcast_arrays", lambda g: (g(3, 1), g(4), g()))
row("broadcast_arrays", lambda g: (g(3),))
row("broadcast_arrays", lambda g: (g(1, 3), g(0, 1)))
row("broadcast_to", lambda g: (g(3, 1), (2, 3, 4)))
row("broadcast_to", lambda g: (g(), (2, 0)))
row("broadcast_to", lambda g: (g(2, 3), (2, 3)))
row("concat", lambda g: ([g(2, 3), g(0, 3), g(1, 3)],))
row("concat", lambda g: ([g(2, 3), g(2, 1)],), axis=-1)
row("concat", lambda g: ([g(2, 3), g(), g(2)],), axis=None)
row("concat", lambda g: ([g(2, 3)],), axis=1)
row("concat", lambda g: ([g(2), g.real(3)],), COMPLEX)
row("expand_dims", lambda g: (g(3, 4),), axis=0)
row("expand_dims", lambda g: (g(3, 4),), axis=(0, -1))
row("expand_dims", lambda g: (g(),), axis=-1)
row("flip", lambda g: (g(3, 4),))
row("flip", lambda g: (g(3, 4),), axis=-1)
row("flip", lambda g: (g(2, 3, 2),), axis=(0, -1))
row("flip", lambda g: (g(0, 4),), axis=1)
row("moveaxis", lambda g: (g(2, 3, 4, 5), (0, -1), (2, 0)))
row("moveaxis", lambda g: (g(3, 4), 0, -1))
row("permute_dims", lambda g: (g(2, 3, 4), (2, 0, 1)))
row("permute_dims", lambda g: (g(2, 3, 4), (-1, 0, 1)))
row("permute_dims", lambda g: (g(), ()))
row("repeat", lambda g: (g(2, 3), 2))
row("repeat", lambda g: (g(2, 3), 3), axis=-1)
row("repeat", lambda g: (g(2, 3), 0), axis=0)
row("repeat", lambda g: (g(0, 3), 2), axis=0)
row("repeat", lambda g: (g(3, 4), np.asarray([2, 0, 3])), axis=0, static=False)
row("repeat", lambda g: (g(4), np.asarray([0, 2, 0, 1])), static=False)
row("repeat", lambda g: (g(3, 2), np.asarray([2])), axis=1, static=False)
row("reshape", lambda g: (g(3, 4), (2, -1)))
row("reshape", lambda g: (g(0, 3), (3, 0)), copy=True)
row("reshape", lambda g: (g(), (1, 1)))
row("reshape", lambda g: (g(1, 1), ()))
row("roll", lambda g: (g(3, 4), 5))
row("roll", lambda g: (g(3, 4), -1), axis=-1)
row("roll", lambda g: (g(3, 4), (1, -2)), axis=(0, -1))
row("roll", lambda g: (g(0), 1))
row("squeeze", lambda g: (g(1, 3, 1), (0, -1)))
row("squeeze", lambda g: (g(1), 0))
row("stack", lambda g: ([g(2, 3), g(2, 3)],), axis=-1)
row("stack", lambda g: ([g(2, 3), g(2, 3), g(2, 3)],), axis=1)
row("stack", lambda g: ([g(), g()],))
row("stack", lambda g: ([g(0, 2)],), axis=-3)
row("stack", lambda g: ([g(2), g.real(2)],), COMPLEX)
row("tile", lambda g: (g(2, 3), (2,)))
row("tile", lambda g: (g(2, 3), (2, 1, 3)))
row("tile", lambda g: (g(), (2, 2)))
row("tile", lambda g: (g(2, 3), (0, 2)))
row("tile", lambda g: (g(2, 3), ()))
row("unstack", lambda g: (g(3, 4),))
row("unstack", lambda g: (g(3, 4),), axis=-1)
row("unstack", lambda g: (g(2, 0),))
row("unstack", lambda g: (g(1),))

# Searching, sorting, utility ----------------------------------------------------------------------

row("where", lambda g: (g.real(3, 4) > 0, g(3, 4), g(3, 4)))
row("where", lambda g: (g.real(3, 1) > 0, g(4), g(2, 1, 1)))
row("where", lambda g: (np.asarray(True), g(), g(2)))
row("where", lambda g: (g.real(0, 4) > 0, g(4), g()))
row("where", lambda g: (g.real(3) > 0, g(3), 1.5))
row("where", lambda g: (g.real(3) > 0, 1.5, g(3)))
row("where", lambda g: (g.real(3) > 0, g.real(3), g(3)), COMPLEX, torch=PROMOTED)
row("sort", lambda g: (g.apart(3, 4),), REAL)
row("sort", lambda g: (g.apart(3, 4),), REAL, axis=0, descending=True)
row("sort", lambda g: (g.apart(7),), REAL, stable=False)
row("sort", lambda g: (g.apart(0, 2),), REAL, axis=0)
row("sort", lambda g: (np.asarray([5.0, 2.0, 5.0, 2.0], g.dtype),), REAL, descending=True, smooth=False)
row("diff", lambda g: (g(3, 4),))
row("diff", lambda g: (g(3, 4),), axis=0, n=2)
row("diff", lambda g: (g(3, 4),), n=0)
row("diff", lambda g: (g(3, 4),), n=9)
row("diff", lambda g: (g(3, 4),), n=2, prepend=lambda g: g(3, 1), append=lambda g: g(3, 2))
row("diff", lambda g: (g(5),), append=lambda g: g(1))

# Indexing -----------------------------------------------------------------------------------------

index = np.asarray([2, -1, 0, 2, -3])
mask = np.asarray([[True, False, True], [False, True, True]])
STEPS = "PyTorch has no negative steps"
REPEATS = "PyTorch does not say which of several values is kept"
UNKNOWN = "PyTorch has no such function"
row("take", lambda g: (g(4), index))
row("take", lambda g: (g(3, 4), index[:3]), axis=1)
row("take", lambda g: (g(3, 4), index), axis=-2)
row("take", lambda g: (g(3, 4), index[:0]), axis=0)
row("take", lambda g: (g(3, 4), np.asarray([1, 1, 0])), axis=0)
row("take_along_axis", lambda g: (g(3, 4), np.asarray([[0, 2, 2], [-1, 1, 3], [1, -4, 0]])))
row("take_along_axis", lambda g: (g(3, 4), np.asarray([[0, 2, 2, 1]])), axis=0)
row("take_along_axis", lambda g: (g(2, 3, 2), np.asarray([[[1, 0], [1, 1]]] * 2)), axis=-2)
row("take_along_axis", lambda g: (g(3), index), axis=0)


def read(key: Callable[[Any], Any], **options: Any) -> dict[str, Any]:
    """A row of getitem whose key may need an array of the library."""
    return {"call": lambda xp, x, *arrays: x[key(arrays)], **options}


def write(key: Callable[[Any], Any], **options: Any) -> dict[str, Any]:
    """A row of setitem whose key may need an array of the library."""
    return {"call": lambda xp, x, value, *arrays: xp.setitem(x, key(arrays), value), **options}


row("getitem", lambda g: (g(3, 4),), **read(lambda a: (1, slice(None, None, -2)), torch=STEPS))
row("getitem", lambda g: (g(3, 4),), **read(lambda a: (slice(1, None), slice(0, 4, 2))))
row("getitem", lambda g: (g(3, 4),), **read(lambda a: (..., None, 2)))
row("getitem", lambda g: (g(3, 4),), **read(lambda a: (-1, 2)))
row("getitem", lambda g: (g(),), **read(lambda a: ()))
row("getitem", lambda g: (g(),), **read(lambda a: (None, ...)))
row("getitem", lambda g: (g(3, 4),), **read(lambda a: (slice(2, 2), ...)))
row("getitem", lambda g: (g(3, 4), g.real(3, 4) > 0), **read(lambda a: a[0]))
row("getitem", lambda g: (g(3, 4), np.zeros((3, 4), dtype=bool)), **read(lambda a: a[0]))
row("getitem", lambda g: (g(3, 4), np.asarray([True, False, True])), **read(lambda a: a[0]))
row("getitem", lambda g: (g(4), index), **read(lambda a: a[0]))
row("getitem", lambda g: (g(3, 4), index[[0, 2, 0]], index[[1, 3, 1]]), **read(tuple))
row("getitem", lambda g: (g(3, 4), np.asarray([[0], [2]]), np.asarray([1, 3, 1])), **read(tuple))
row("getitem", lambda g: (g(3, 4), index), **read(lambda a: (-1, a[0])))
row("getitem", lambda g: (g(3, 4), index), **read(lambda a: (slice(None), a[0]), standard=False))
row("getitem", lambda g: (g(3, 4, 2), np.asarray([0, 1, 0])), **read(lambda a: (..., a[0]), standard=False))
row("getitem", lambda g: (g(3, 4),), **read(lambda a: [0, 2, 2], standard=False))
row("getitem", lambda g: (g(3, 4),), **read(lambda a: 1, standard=False))
row("scatter", lambda g: (g(2, 3), np.asarray([1, 1, 0])),
    call=lambda xp, v, i: xp.scatter(v, (slice(None), i), shape=(2, 2)), torch=UNKNOWN)  # fmt: skip
row("scatter", lambda g: (g(3),), call=lambda xp, v: xp.scatter(v, slice(1, 4), shape=(5,)), torch=UNKNOWN)
row("scatter", lambda g: (g(3), index[:3]), call=lambda xp, v, i: xp.scatter(v, (i,), shape=(4,)), torch=UNKNOWN)
row("scatter", lambda g: (g(0), index[:0]), call=lambda xp, v, i: xp.scatter(v, (i,), shape=(4,)), torch=UNKNOWN)
row("setitem", lambda g: (g(3, 4), g(4)), **write(lambda a: (1, ...)))
row("setitem", lambda g: (g(3, 4), g()), **write(lambda a: (slice(None), slice(1, 3))))
row("setitem", lambda g: (g(3, 4), g(2, 1)), **write(lambda a: (slice(0, 2), slice(0, 4, 2))))
row("setitem", lambda g: (g(3, 4), g(3, 2)), **write(lambda a: (slice(None), slice(3, 0, -2)), torch=STEPS))
row("setitem", lambda g: (g(3, 4), g(1, 4)), **write(lambda a: (0, ...)))
row("setitem", lambda g: (g(), g()), **write(lambda a: ()))
row("setitem", lambda g: (g(3, 4), 1.5), **write(lambda a: (slice(1, 3), -1)))
row("setitem", lambda g: (g(2, 3), g(), mask), **write(lambda a: a[0]))
row(
    "setitem",
    lambda g: (g(2, 3), g(4), mask),
    **write(lambda a: a[0]),
)
row("setitem", lambda g: (g(4, 3), g(2, 3), np.asarray([True, False, True, False])), **write(lambda a: a[0]))
row("setitem", lambda g: (g(3, 4), g(2, 3), np.asarray([2, 0, 1])), **write(lambda a: (slice(2), a[0]), standard=False))
row("setitem", lambda g: (g(3, 4), g(2, 3)), **write(lambda a: (slice(2), [1, 2, 1]), standard=False, torch=REPEATS))
row("setitem", lambda g: (g(3, 4), g(5), np.asarray([0, 1, 0, 2, 0]), np.asarray([1, 1, -3, 0, 1])),
    **write(tuple, standard=False, torch=REPEATS))  # fmt: skip
row(
    "setitem",
    lambda g: (g(3, 4), g(3, 1), np.asarray([1, 1, 0])),
    **write(lambda a: a[0], standard=False, torch=REPEATS),
)
row("setitem", lambda g: (g(3, 4), g(2)), COMPLEX, call=lambda xp, x, v: xp.setitem(x, (slice(0, 2), 1), v))
row("setitem", lambda g: (g(3, 4), g.real(3)), COMPLEX, standard=False,
    call=lambda xp, x, v: xp.setitem(x, (slice(None), 1), v))  # fmt: skip
row("to_device", lambda g: (g(2, 3),), call=lambda xp, x: x.to_device(x.device), torch="its method is called to")
row("to_device", lambda g: (g(),), call=lambda xp, x: x.to_device(x.device), torch="its method is called to")

# Products -----------------------------------------------------------------------------------------

for s1, s2 in [
    ((3, 4), (4, 2)), ((4,), (4,)), ((4,), (4, 2)), ((3, 4), (4,)), ((4,), (5, 4, 2)), ((5, 3, 4), (4,)),
    ((5, 3, 4), (4, 2)), ((3, 4), (5, 4, 2)), ((5, 1, 3, 4), (2, 4, 2)), ((0, 4), (4, 2)), ((3, 0), (0, 2)),
    ((0,), (0,)), ((5, 0, 4), (4, 2)), ((1, 1), (1, 1)),
]:  # fmt: skip
    row("matmul", lambda g, s1=s1, s2=s2: (g(*s1), g(*s2)))
row("matmul", lambda g: (g.real(3, 4), g(4, 2)), COMPLEX)
row("matmul", lambda g: (g(3, 4).astype("float32"), g(4)), ("float64",))
row("matrix_transpose", lambda g: (g(2, 3, 4),))
row("matrix_transpose", lambda g: (g(0, 2),))
row("tensordot", lambda g: (g(2, 3, 4), g(3, 4, 5)))
row("tensordot", lambda g: (g(2, 3), g(3)), axes=1)
row("tensordot", lambda g: (g(2, 3), g(2)), axes=0)
row("tensordot", lambda g: (g(), g(2)), axes=0)
row("tensordot", lambda g: (g(3, 2, 4), g(4, 5, 3)), axes=((0, -1), (2, 0)))
row("tensordot", lambda g: (g(2, 3, 4), g(4, 2, 3)), axes=((2, 0, 1), (0, 1, 2)))
row("tensordot", lambda g: (g(3, 0), g(0, 2)), axes=1)
row("tensordot", lambda g: (g(3), g.real(3)), COMPLEX, axes=1)
row("vecdot", lambda g: (g(3), g(3)))
row("vecdot", lambda g: (g(2, 3), g(3)))
row("vecdot", lambda g: (g(3, 1), g(5, 3, 4)), axis=-2)
row("vecdot", lambda g: (g(2, 0), g(2, 0)))
row("vecdot", lambda g: (g(3), g.real(2, 3)), COMPLEX)
row("linalg.outer", lambda g: (g(3), g(2)))
row("linalg.outer", lambda g: (g(0), g(2)))
row("linalg.cross", lambda g: (g(4, 3), g(4, 3)))
row("linalg.cross", lambda g: (g(3), g(3)))
row("linalg.cross", lambda g: (g(2, 3, 4), g(1, 3, 4)), axis=1)
row("linalg.cross", lambda g: (g(3, 2), g(3, 2)), axis=-2)

# Linear algebra -----------------------------------------------------------------------------------


def of_hermitian(xp: Any, call: Any, x: Any) -> Any:
    """A function of the Hermitian part, which is what the derivative is taken of."""
    return call((x + adjoint(xp, x)) / 2)


def of_eigh(xp: Any, call: Any, x: Any) -> Any:
    w, v = call((x + adjoint(xp, x)) / 2)
    return w, (v * xp.sin(w)[..., None, :]) @ adjoint(xp, v)


def of_eig(xp: Any, call: Any, x: Any) -> Any:
    w, v = call(x)
    return symmetric(xp, w), (v * w[..., None, :] ** 2) @ adjoint(xp, v)


def of_eigenvalues(xp: Any, call: Any, x: Any) -> Any:
    return symmetric(xp, call(x))


def symmetric(xp: Any, w: Any) -> Any:
    """Functions that no order of the eigenvalues changes."""
    return xp.sum(w**3, axis=-1), xp.sum(xp.abs(w) ** 2, axis=-1)


def of_qr(xp: Any, call: Any, x: Any) -> Any:
    q, r = call(x)
    k = min(x.shape[-2:])
    q1, rest, r1 = q[..., :k], q[..., k:], r[..., :k, :]
    # each column of q and row of r with itself: without its sign or phase
    return (
        q1[..., :, None, :] * xp.conj(q1)[..., None, :, :],
        r1[..., :, :, None] * xp.conj(r1)[..., :, None, :],
        rest @ adjoint(xp, rest),
    )


def of_svd(xp: Any, call: Any, x: Any) -> Any:
    u, s, vh = call(x)
    k = s.shape[-1]
    rest_u, rest_v = u[..., k:], vh[..., k:, :]
    return (
        s,
        (u[..., :k] * xp.exp(-s)[..., None, :]) @ vh[..., :k, :],
        rest_u @ adjoint(xp, rest_u),
        adjoint(xp, rest_v) @ rest_v,
    )


for shape in [(3, 3), (2, 4, 4), (1, 1), (0, 0), (0, 2, 2)]:
    row("linalg.cholesky", lambda g, shape=shape: (g.definite(*shape),), of=of_hermitian)
    row("linalg.cholesky", lambda g, shape=shape: (g.definite(*shape),), of=of_hermitian, upper=True)
    row("linalg.det", lambda g, shape=shape: (g.regular(*shape),))
    row("linalg.slogdet", lambda g, shape=shape: (g.regular(*shape),))
    row("linalg.inv", lambda g, shape=shape: (g.regular(*shape),))
    row("linalg.eigh", lambda g, shape=shape: (g.hermitian(*shape),), of=of_eigh)
    row("linalg.eigvalsh", lambda g, shape=shape: (g.hermitian(*shape),), of=of_hermitian)
    row("linalg.eig", lambda g, shape=shape: (g.regular(*shape),), of=of_eig)
    row("linalg.eigvals", lambda g, shape=shape: (g.regular(*shape),), of=of_eigenvalues)
row("linalg.det", lambda g: (g(5, 5),))
singular = [[1, 2, 3, 0], [2, 4, 6, 0], [1, 0, 1, 2], [0, 1, 1, 1]]
row("linalg.det", lambda g: (np.asarray(singular, g.dtype),), REAL)
row("linalg.det", lambda g: (np.asarray(singular, g.dtype),), COMPLEX, torch="PyTorch loses this gradient")
for n in (0, 1, 2, 3, 5, -1, -2):
    row("linalg.matrix_power", lambda g, n=n: (g.regular(2, 3, 3), n))
row("linalg.matrix_power", lambda g: (g(0, 0), 2))
for s1, s2 in [((3, 3), (3,)), ((3, 3), (3, 2)), ((2, 3, 3), (2, 3, 4)), ((2, 3, 3), (3,)), ((2, 3, 3), (5, 1, 3, 1)),
               ((3, 3), (4, 3, 2)), ((3, 3), (3, 0)), ((0, 0), (0, 2))]:  # fmt: skip
    row("linalg.solve", lambda g, s1=s1, s2=s2: (g.regular(*s1), g(*s2)))
row("linalg.solve", lambda g: (g.regular(3, 3), g.real(3, 2)), COMPLEX)
for offset in (0, 1, -2, 9, -9):
    row("linalg.diagonal", lambda g: (g(2, 3, 4),), offset=offset)
    row("linalg.trace", lambda g: (g(2, 3, 4),), offset=offset)
row("linalg.diagonal", lambda g: (g(0, 3),))
row("linalg.trace", lambda g: (g(3, 3),), ("float32",), dtype="float64")
for shape in [(3, 3), (4, 2), (2, 3, 4), (1, 3), (3, 0), (0, 3, 2)]:
    row("linalg.pinv", lambda g, shape=shape: (g.slender(*shape),))
    row("linalg.svdvals", lambda g, shape=shape: (g.slender(*shape),))
    completed = "PyTorch takes no derivative of completing columns" if shape[-2] > shape[-1] else ""
    row("linalg.qr", lambda g, shape=shape: (g.slender(*shape),), of=of_qr)
    row("linalg.qr", lambda g, shape=shape: (g.slender(*shape),), of=of_qr, mode="complete", torch=completed)
    row("linalg.svd", lambda g, shape=shape: (g.slender(*shape),), of=of_svd, full_matrices=False)
    completed = "PyTorch ignores completing columns" if shape[-2] != shape[-1] and 0 not in shape else ""
    row("linalg.svd", lambda g, shape=shape: (g.slender(*shape),), of=of_svd, torch=completed)
row("linalg.pinv", lambda g: (g(3, 2),), rtol=1e-3)
for ord in ("fro", "nuc", 1, -1, 2, -2, inf, -inf):
    row("linalg.matrix_norm", lambda g: (g(2, 3, 4),), ord=ord)
    row("linalg.matrix_norm", lambda g: (g(3, 3),), ord=ord, keepdims=True)
for ord in (0, 1, 2, 3, 0.5, -1, -2.5, 1.5, inf, -inf):
    row("linalg.vector_norm", lambda g: (g.apart(5),), ord=ord)
    row("linalg.vector_norm", lambda g: (g.apart(2, 3, 4),), ord=ord, axis=-1, keepdims=True)
    row("linalg.vector_norm", lambda g: (g.apart(2, 3, 4),), ord=ord, axis=(0, 2))
    if ord not in (inf, -inf):
        row("linalg.vector_norm", lambda g: (g.apart(),), ord=ord)
row("linalg.vector_norm", lambda g: (g(0, 3),), axis=0)
row("linalg.vector_norm", lambda g: (g(2, 3),))
row("linalg.vector_norm", lambda g: (np.zeros((2, 3), g.dtype),), axis=1, smooth=False)
row("linalg.vector_norm", lambda g: (np.asarray([0, 3, -4], g.dtype),), ord=3, smooth=False)

# Fourier transforms -------------------------------------------------------------------------------

NORMS = ("backward", "ortho", "forward")
for op in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"):
    dtypes = REAL if op in ("rfft", "ihfft") else COMPLEX
    for norm in NORMS:
        for n in (None, 3, 4, 7, 8):
            row(f"fft.{op}", lambda g: (g(2, 5),), dtypes, n=n, norm=norm)
        row(f"fft.{op}", lambda g: (g(6, 2),), dtypes, axis=0, norm=norm)
    row(f"fft.{op}", lambda g: (g(2, 4, 3),), dtypes, axis=-2, n=5)
    row(f"fft.{op}", lambda g: (g(2),), dtypes, n=1)
    row(f"fft.{op}", lambda g: (g(0, 4),), dtypes, torch="PyTorch transforms no empty arrays")
for op in ("fftn", "ifftn", "rfftn", "irfftn"):
    dtypes = REAL if op == "rfftn" else COMPLEX
    for norm in NORMS:
        row(f"fft.{op}", lambda g: (g(3, 4),), dtypes, norm=norm)
        row(f"fft.{op}", lambda g: (g(2, 3, 5),), dtypes, s=(4, 4), axes=(0, -1), norm=norm)
    row(f"fft.{op}", lambda g: (g(2, 3, 5),), dtypes, s=(2, 7), axes=(-1, 1))
    row(f"fft.{op}", lambda g: (g(2, 3, 4),), dtypes, axes=(2, 0))
    row(f"fft.{op}", lambda g: (g(2, 3, 4),), dtypes, axes=(1,))
for op in ("fftshift", "ifftshift"):
    row(f"fft.{op}", lambda g: (g(3, 4),))
    row(f"fft.{op}", lambda g: (g(3, 5),), axes=(1,))
    row(f"fft.{op}", lambda g: (g(3, 5),), axes=0)
    row(f"fft.{op}", lambda g: (g(0, 5),))


def followed(x: Any) -> Arrays:
    """The floating-point arrays among arguments, in order: what derivatives are taken of."""
    if isinstance(x, np.ndarray):
        return [x] if x.dtype.kind in "fc" else []
    if isinstance(x, dict):
        x = list(x.values())
    return [leaf for item in x for leaf in followed(item)] if isinstance(x, tuple | list) else []


def filled(x: Any, values: Iterator[Any], constant: Callable[[Any], Any]) -> Any:
    """Arguments with other arrays in the place of the followed ones."""
    if isinstance(x, np.ndarray) and x.dtype.kind in "fc":
        return next(values)
    if isinstance(x, dict):
        return {k: filled(v, values, constant) for k, v in x.items()}
    if isinstance(x, tuple | list):
        return type(x)(filled(item, values, constant) for item in x)
    return constant(x)
