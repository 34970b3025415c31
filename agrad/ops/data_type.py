"""Data type functions."""

from __future__ import annotations

from agrad.declare import POINTWISE, constant, linear

OPS = (
    # the engine casts back
    linear("astype(x, dtype, /, *, copy=True, device=None)", lambda ct: ct, write=lambda value: value, axes=POINTWISE),
    constant("can_cast(from_, to, /)", "it is about dtypes"),
    constant("finfo(type, /)", "it is about dtypes"),
    constant("iinfo(type, /)", "it is about dtypes"),
    constant("isdtype(dtype, kind)", "it is about dtypes"),
    constant("result_type(*arrays_and_dtypes)", "it is about dtypes"),
)
