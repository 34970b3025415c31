"""Names of the standard that are no functions of their own: aliases, operators, constants, dtypes."""

from __future__ import annotations

__all__ = ["ALIASES", "BINARY", "COMPARISONS", "CONSTANTS", "DTYPES", "UNARY", "WIDER"]

ALIASES = {f"linalg.{name}": name for name in ("matmul", "matrix_transpose", "tensordot", "vecdot")}
"""Functions that the standard has in two places."""

BINARY = {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "floordiv": "floor_divide",
    "pow": "pow", "matmul": "matmul", "mod": "remainder", "and": "bitwise_and", "or": "bitwise_or",
    "xor": "bitwise_xor", "lshift": "bitwise_left_shift", "rshift": "bitwise_right_shift",
}  # fmt: skip
"""Operators with a reflected and an in-place form, and the functions they stand for."""

COMPARISONS = {
    "eq": "equal", "ne": "not_equal", "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal",
}  # fmt: skip
UNARY = {"neg": "negative", "pos": "positive", "abs": "abs", "invert": "bitwise_invert"}

CONSTANTS = ("e", "inf", "nan", "newaxis", "pi")
DTYPES = (
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float32", "float64", "complex64", "complex128",
)  # fmt: skip

WIDER = {"diff": "(x, /, n=1, *, axis=-1, prepend=None, append=None)"}
"""Signatures by which more calls are taken than the standard asks for: ``diff(x, 2)``, as array libraries do."""
