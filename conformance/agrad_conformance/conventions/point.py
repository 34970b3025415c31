"""One point whose derivative is pinned."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Point", "nan_inf", "raises", "value"]

REAL = ("float64", "float32")
COMPLEX = {"float64": "complex128", "float32": "complex64"}


class Point(NamedTuple):
    """A call of an op at a point, and the derivative it has there.

    Parameters
    ----------
    row : str
        The row of the table of conventions.
    op : str
        The op in question.
    args : tuple
        Numbers, lists and dictionaries of them; they become arrays of the dtype that the point is tried in. Arrays
        stay as they are.
    outcome : {"value", "nan/inf", "error"}
        What the derivative is: finite numbers, numbers with nan or inf among them, or an error.
    gradients : tuple
        The VJP for each floating-point argument. Forward mode gives the same: entry j is the real inner product of the
        cotangent and the tangent of the results along the j-th unit vector.
    reason : str
        Why it is so.
    params : mapping
        The keyword arguments.
    call : callable, optional
        ``call(xp, *args, **params)``, where it is not plainly the function of the op's name.
    cotangent
        One for the result, as `args` are given; None: ones.
    dtypes : tuple of str
        The real dtypes that the point is tried in; complex arguments take the complex dtype of the same precision.
    forward : tuple, optional
        What forward mode gives, where it is not the same.
    transform : {"vjp", "grad", "jacobian", "leaf"}
        What is asked: "jacobian" compares with a Jacobian, the others are for errors. "leaf" is ``requires_grad=True``.
    error : str
        The name of the error's class in `agrad.errors`.
    second : tuple, optional
        The derivative of the gradients as all arguments move by ones, where that is pinned, too.
    condition : float
        By how much rounding errors are magnified there.

    Examples
    --------
    >>> tie = value("maximum-tie", "maximum", (2.0, 2.0), (0.5, 0.5), "even shares")
    >>> tie.at("float32")
    (array(2., dtype=float32), array(2., dtype=float32))
    """

    row: str
    op: str
    args: tuple[Any, ...]
    outcome: str
    gradients: tuple[Any, ...]
    reason: str
    params: Mapping[str, Any] = MappingProxyType({})
    call: Callable[..., Any] | None = None
    cotangent: Any = None
    dtypes: tuple[str, ...] = REAL
    forward: tuple[Any, ...] | None = None
    transform: str = "vjp"
    error: str = ""
    second: tuple[Any, ...] | None = None
    condition: float = 1.0

    def at(self, dtype: str) -> tuple[Any, ...]:
        """The arguments with new arrays of one dtype."""
        return tuple(arrays(x, dtype) for x in self.args)

    def expected(self, dtype: str, forward: bool = False) -> tuple[Any, ...]:
        """The gradients, in forward mode if asked so, with arrays of one dtype."""
        given = self.gradients if self.forward is None or not forward else self.forward
        return tuple(arrays(g, dtype) for g in given)

    def curved(self, dtype: str) -> tuple[Any, ...]:
        """The pinned second derivatives with arrays of one dtype."""
        return tuple(arrays(g, dtype) for g in self.second or ())

    def weights(self, dtype: str) -> Any:
        """The cotangent in one dtype; None stands for ones."""
        return None if self.cotangent is None else arrays(self.cotangent, dtype)

    def apply(self, xp: Any, *args: Any) -> Any:
        """The op on arrays of a namespace."""
        if self.call is not None:
            return self.call(xp, *args, **self.params)
        f = xp
        for part in self.op.split("."):
            f = getattr(f, part)
        return f(*args, **self.params)


def value(row: str, op: str, args: tuple[Any, ...], gradients: tuple[Any, ...], reason: str, **options: Any) -> Point:
    """A point with a derivative of finite numbers."""
    return Point(row, op, args, "value", gradients, reason, **options)


def nan_inf(row: str, op: str, args: tuple[Any, ...], gradients: tuple[Any, ...], reason: str, **options: Any) -> Point:
    """A point whose derivative is infinite, or for which there is none."""
    return Point(row, op, args, "nan/inf", gradients, reason, **options)


def raises(row: str, op: str, args: tuple[Any, ...], error: str, transform: str, reason: str, **options: Any) -> Point:
    """A point where asking for a derivative is an error."""
    return Point(row, op, args, "error", (), reason, error=error, transform=transform, **options)


def arrays(tree: Any, dtype: str) -> Any:
    """A tree with numbers and lists as arrays of a precision; a Python integer, a string or None stays."""
    if isinstance(tree, dict):
        return {k: arrays(v, dtype) for k, v in tree.items()}
    if isinstance(tree, np.ndarray):
        return tree.copy()
    if not isinstance(tree, float | complex | list):
        return tree
    x = np.asarray(tree)
    return x.astype(COMPLEX[dtype] if x.dtype.kind == "c" else dtype)
