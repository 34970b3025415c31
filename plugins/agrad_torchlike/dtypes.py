"""PyTorch's dtypes: names for those of every backend, and the rules by which they meet."""

from __future__ import annotations

from typing import Any

import agrad
from agrad_torchlike.backends import space

__all__ = [
    "NAMES",
    "category",
    "default",
    "dtype",
    "from_backend",
    "named",
    "rank",
    "set_default",
    "to_backend",
    "truth",
]


class dtype:  # noqa: N801 - PyTorch's name
    """The type of a tensor's elements; there is one object for each.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> torch.float32, torch.float, torch.tensor(1).dtype
    (torch.float32, torch.float32, torch.int64)
    """

    __slots__ = ("__weakref__", "is_complex", "is_floating_point", "itemsize", "name", "rank", "word")

    def __init__(self, name: str, rank: int, itemsize: int, word: str) -> None:
        self.name = name
        self.rank = rank
        """0 for truth values, 1 for integers, 2 for real and 3 for complex floating-point numbers."""
        self.itemsize = itemsize
        self.word = word
        """As in ``FloatTensor`` and in error messages."""
        self.is_floating_point = rank == 2
        self.is_complex = rank == 3

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> str:
        return self.name


bool_ = dtype("bool", 0, 1, "Bool")
uint8 = dtype("uint8", 1, 1, "Byte")
int8 = dtype("int8", 1, 1, "Char")
int16 = dtype("int16", 1, 2, "Short")
int32 = dtype("int32", 1, 4, "Int")
int64 = dtype("int64", 1, 8, "Long")
float32 = dtype("float32", 2, 4, "Float")
float64 = dtype("float64", 2, 8, "Double")
complex64 = dtype("complex64", 3, 8, "ComplexFloat")
complex128 = dtype("complex128", 3, 16, "ComplexDouble")

ALL = (bool_, uint8, int8, int16, int32, int64, float32, float64, complex64, complex128)
_BY_NAME = {each.name: each for each in ALL}

NAMES: dict[str, dtype] = {
    **_BY_NAME,
    "short": int16,
    "int": int32,
    "long": int64,
    "float": float32,
    "double": float64,
    "cfloat": complex64,
    "cdouble": complex128,
}
"""What each dtype is called in the namespace: ``torch.float``."""

_default = float32


def default() -> dtype:
    """Return the dtype of new tensors of real numbers."""
    return _default


def set_default(d: dtype) -> None:
    """Set the dtype of new tensors of real numbers, ``torch.float32`` to begin with.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> torch.set_default_dtype(torch.float64)
    >>> torch.tensor(0.5).dtype
    torch.float64
    >>> torch.set_default_dtype(torch.float32)
    """
    global _default
    if not isinstance(d, dtype) or not d.is_floating_point:
        raise TypeError(f"only floating-point types are supported as the default type, got {d!r}")
    _default = d


_found: dict[tuple[type, Any], dtype] = {}
"""By the kind of the backend's dtype, too: those of two libraries may have one hash, and must not be compared."""


def from_backend(d: Any) -> dtype:
    """The dtype that a backend's dtype is."""
    try:
        return _found[type(d), d]
    except KeyError:
        made = _BY_NAME.get(str(d).rpartition(".")[2].strip("'<>"))
        if made is None:
            raise TypeError(f"a dtype {d} has no name in this layer; it has {', '.join(_BY_NAME)}") from None
        _found[type(d), d] = made
        return made


def rank(t: Any) -> int:
    """The rank of the dtype of agrad's Tensor."""
    return from_backend(t.dtype).rank


def truth(t: Any) -> Any:
    """Where agrad's Tensor is not zero."""
    return t if from_backend(t.dtype).rank == 0 else t != 0


def to_backend(d: dtype | None, xp: Any = None) -> Any:
    """The backend's own object for a dtype; for None, None."""
    if d is None:
        return None
    if not isinstance(d, dtype):
        raise TypeError(
            f"dtype= got a {type(d).__name__}, {d!r}; it takes a dtype of this layer, such as torch.float32"
        )
    xp = space() if xp is None else xp
    try:
        return getattr(xp, d.name)
    except AttributeError:
        raise agrad.UnsupportedError(f"{xp!r} has no dtype {d.name}; use another one") from None


def named(word: Any) -> dtype:
    """The dtype of ``"torch.FloatTensor"``, or of a dtype itself."""
    if isinstance(word, dtype):
        return word
    text = str(word).removeprefix("torch.").removesuffix("Tensor")
    for each in ALL:
        if each.word == text:
            return each
    raise ValueError(f"invalid type: {word!r}")


def category(value: Any) -> int:
    """The rank of a Python number: 0 for bool, 1 for int, 2 for float, 3 for complex."""
    kind = type(value)
    if kind is bool:
        return 0
    if kind is float:
        return 2
    if kind is int:
        return 1
    if kind is complex:
        return 3
    found = [rank for rank, base in enumerate((bool, int, float, complex)) if isinstance(value, base)]
    return found[0] if found else -1


def of_category(rank: int) -> dtype:
    """The dtype that Python numbers of a category have."""
    if rank == 3:
        return complex128 if _default is float64 else complex64
    return (bool_, int64, _default)[rank]


def promote(a: dtype, b: dtype) -> dtype:
    """The smallest dtype that holds the values of both, as PyTorch counts: of an integer and a float, the float.

    Examples
    --------
    >>> promote(int64, float32), promote(uint8, int8)
    (torch.float32, torch.int16)
    """
    if a is b:
        return a
    if a.rank == b.rank:
        low, high = sorted((a, b), key=lambda d: d.itemsize)
        if a.rank == 1 and uint8 in (a, b):
            return int16 if high.itemsize == 1 else high
        return high
    low, high = sorted((a, b), key=lambda d: d.rank)
    return complex128 if high is complex64 and low is float64 else high


def result_of(operands: Any) -> dtype:
    """The dtype of an operation on tensors and numbers: those with axes decide, unless others are of a higher kind."""
    best: list[dtype | None] = [None, None, None]
    for x in operands:
        t = getattr(x, "_t", None)
        if t is not None:
            place, d = (0 if t.ndim else 1), from_backend(t.dtype)
        else:
            place, d = 2, of_category(category(x))
        old = best[place]
        best[place] = d if old is None else promote(old, d)
    out = best[0]
    for other in best[1:]:
        if other is not None and (out is None or other.rank > out.rank):
            out = other if out is None else promote(out, other)
    assert out is not None
    return out


class _Info:
    """Limits of a dtype, under PyTorch's names."""

    def __init__(self, kind: str, d: dtype) -> None:
        found = getattr(space(), kind)(to_backend(d))
        self.bits = int(found.bits)
        self.dtype = d.name
        convert = float if kind == "finfo" else int
        self.min, self.max = convert(found.min), convert(found.max)
        if kind == "finfo":
            self.eps = float(found.eps)
            self.tiny = self.smallest_normal = float(found.smallest_normal)
            self.resolution = 1e-6 if d is float32 else 1e-15
        self._kind = kind

    def __repr__(self) -> str:
        names = (
            ("resolution", "min", "max", "eps", "smallest_normal", "tiny") if self._kind == "finfo" else ("min", "max")
        )
        values = ", ".join(f"{name}={getattr(self, name):g}" for name in names)
        return f"{self._kind}({values}, dtype={self.dtype})"


def finfo(d: dtype | None = None) -> _Info:
    """Return the limits of a floating-point dtype.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> torch.finfo(torch.float32).eps
    1.1920928955078125e-07
    """
    return _Info("finfo", _default if d is None else d)


def iinfo(d: dtype) -> _Info:
    """Return the limits of an integer dtype.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> torch.iinfo(torch.int32).max
    2147483647
    """
    return _Info("iinfo", d)
