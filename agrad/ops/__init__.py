"""The table of ops, chapter by chapter in the order of the standard."""

from agrad.ops import (  # noqa: F401 - each chapter enters its ops in the table
    creation,
    data_type,
    elementwise,
    indexing,
    linear_algebra,
    manipulation,
    searching,
    sets,
    sorting,
    statistical,
    utility,
    linalg,
    fft,
    methods,
)
from agrad.ops.declare import Op, table

__all__ = ["INTERNAL", "Op", "table"]

INTERNAL = frozenset({"getitem", "setitem", "scatter", "pow_scalar", "to_device"})
"""Ops that the array object needs and the standard has no function for."""
