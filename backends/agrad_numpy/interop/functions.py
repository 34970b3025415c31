"""`__array_function__`: the table from NumPy's names to functions with gradients, and what to say of the others."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

import agrad
from agrad_numpy.interop.common import followed, plain, refuse, write

__all__ = ["array_function", "call", "rows"]

Row = Callable[..., Any]

REFUSED = {
    "numpy.einsum_path": ("which it cannot plan for", "give it arrays of the same shapes"),
    "numpy.histogram2d": ("and has no rule for it", "count with agrad.stop_gradient(t), or sum a smooth kernel"),
    "numpy.histogramdd": ("and has no rule for it", "count with agrad.stop_gradient(t), or sum a smooth kernel"),
    "numpy.polydiv": ("and has no rule for it", "solve for the quotient with numpy.linalg.solve"),
    "numpy.linalg.tensorsolve": ("and has no rule for it", "reshape to matrices and use numpy.linalg.solve"),
}
"""Why a function is not in the table, where there is something better to say than what is said of any."""


def array_function(self: Any, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
    """What NumPy calls for its functions of arrays, when a Tensor is among the arguments."""
    name = f"{function.__module__}.{function.__name__}"
    for kind in types:
        if not issubclass(kind, agrad.Tensor | np.ndarray):
            return NotImplemented
        if kind is not np.ndarray and issubclass(kind, np.ndarray):
            raise refuse(name, f"beside a {kind.__name__}", "convert that with numpy.asarray first")
    xp = self.__array_namespace__()
    row = rows().get(name)
    if row is not None:
        return call(xp, name, row, args, kwargs)
    if name not in REFUSED and not followed(args) and not followed(kwargs):
        return function(*plain(args), **plain(kwargs))  # what is constant NumPy may have
    why, remedy = REFUSED.get(
        name,
        (
            "and agrad has no rule for it",
            "write it with functions of agrad.array_namespace(t), or give NumPy the constant agrad.stop_gradient(t)",
        ),
    )
    raise refuse(name, why, remedy)


def call(xp: Any, name: str, row: Row, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A row of the table, and its result written into ``out=``."""
    place = _place_of_out(row)
    out = kwargs.get("out")
    if place is not None and len(args) > place:
        out = args[place]
        args = (*args[:place], None, *args[place + 1 :])
    else:
        kwargs = {key: value for key, value in kwargs.items() if key != "out"}
    if out is None:
        return row(xp, *args, **kwargs)
    out = out[0] if isinstance(out, tuple) else out
    if not isinstance(out, agrad.Tensor):
        write(name, out, None)  # which raises
    return write(name, out, row(xp, *args, **kwargs), kwargs.get("casting", "same_kind"))


@cache
def _place_of_out(row: Row) -> int | None:
    """Which of the positional arguments, after the namespace, is ``out``."""
    names = [p.name for p in inspect.signature(row).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    return names.index("out") - 1 if "out" in names else None


@cache
def rows() -> dict[str, Row]:
    """The whole table, by module and name."""
    from agrad_numpy.interop import (
        algebra,
        comparing,
        joining,
        numerics,
        ordering,
        polynomials,
        reducing,
        selecting,
        shaping,
        transforms,
    )

    chapters = (
        algebra, comparing, joining, numerics, ordering, polynomials, reducing, selecting, shaping, transforms,
    )  # fmt: skip
    table: dict[str, Row] = {}
    for chapter in chapters:
        for name, row in chapter.ROWS.items():
            full = f"numpy.{name}"
            assert full not in table, full
            table[full] = row
    return table
