"""NumPy's own protocols on Tensors: what `numpy.concatenate(...)`, `numpy.add.reduce(...)` and `t.dot(u)` do."""

from __future__ import annotations

from typing import Any

__all__ = ["members"]


def members() -> dict[str, Any]:
    """The special methods, methods and attributes that a Tensor of the NumPy backend has besides the standard's."""
    from agrad_numpy.interop.methods import METHODS
    from agrad_numpy.interop.ufuncs import array_ufunc

    return {"__array_ufunc__": array_ufunc, "__array_priority__": 1000, **METHODS}
