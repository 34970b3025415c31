"""The completeness ledger: what becomes of every item of the array API standard 2025.12 under differentiation.

``python -m agrad.ops.ledger`` prints the page that stands in the documentation.
"""

from __future__ import annotations

from typing import NamedTuple

from agrad.axes import POINTWISE, Core, Over, Unbatchable
from agrad.ops import Op, table
from agrad.ops.standard import ALIASES, BINARY, COMPARISONS, CONSTANTS, DTYPES, UNARY

__all__ = ["Entry", "ledger", "markdown"]

RULE, COMPOSITE, ZERO, NONE = "rule", "composite", "zero derivative", "not differentiable"

FUNCTIONS = {
    "creation": "arange asarray empty empty_like eye from_dlpack full full_like linspace meshgrid ones ones_like tril "
    "triu zeros zeros_like",
    "data_type": "astype can_cast finfo iinfo isdtype result_type",
    "elementwise": "abs acos acosh add asin asinh atan atan2 atanh bitwise_and bitwise_left_shift bitwise_invert "
    "bitwise_or bitwise_right_shift bitwise_xor ceil clip conj copysign cos cosh divide equal exp expm1 floor "
    "floor_divide greater greater_equal hypot imag isfinite isinf isnan less less_equal log log1p log2 log10 logaddexp "
    "logical_and logical_not logical_or logical_xor maximum minimum multiply negative nextafter not_equal positive pow "
    "real reciprocal remainder round sign signbit sin sinh square sqrt subtract tan tanh trunc",
    "indexing": "take take_along_axis",
    "linear_algebra": "matmul matrix_transpose tensordot vecdot",
    "manipulation": "broadcast_arrays broadcast_shapes broadcast_to concat expand_dims flip moveaxis permute_dims "
    "repeat reshape roll squeeze stack tile unstack",
    "searching": "argmax argmin count_nonzero nonzero searchsorted where",
    "set": "isin unique_all unique_counts unique_inverse unique_values",
    "sorting": "argsort sort",
    "statistical": "cumulative_sum cumulative_prod max mean min prod std sum var",
    "utility": "all any diff",
    "linalg (extension)": "linalg.cholesky linalg.cross linalg.det linalg.diagonal linalg.eig linalg.eigh "
    "linalg.eigvals linalg.eigvalsh linalg.inv linalg.matmul linalg.matrix_norm linalg.matrix_power linalg.matrix_rank "
    "linalg.matrix_transpose linalg.outer linalg.pinv linalg.qr linalg.slogdet linalg.solve linalg.svd linalg.svdvals "
    "linalg.tensordot linalg.trace linalg.vecdot linalg.vector_norm",
    "fft (extension)": "fft.fft fft.ifft fft.fftn fft.ifftn fft.rfft fft.irfft fft.rfftn fft.irfftn fft.hfft fft.ihfft "
    "fft.fftfreq fft.rfftfreq fft.fftshift fft.ifftshift",
}
"""The functions of the standard, by chapter."""

OPERATORS = {**UNARY, **BINARY, **COMPARISONS}

CONVERSIONS = {
    "__array_namespace__": "It returns the namespace.",
    "__bool__": "It reads the value, so that control flow follows it.",
    "__complex__": "It raises where the Tensor requires gradients.",
    "__dlpack__": "It raises where the Tensor requires gradients.",
    "__dlpack_device__": "It returns a device.",
    "__float__": "It raises where the Tensor requires gradients.",
    "__index__": "It raises where the Tensor requires gradients.",
    "__int__": "It raises where the Tensor requires gradients.",
}
METHODS = {"__getitem__": "getitem", "__setitem__": "setitem", "to_device": "to_device"}
ATTRIBUTES = {"T": "permute_dims", "mT": "matrix_transpose"}
DESCRIPTIONS = "dtype device ndim shape size".split()
INSPECTION = "capabilities default_device default_dtypes devices dtypes".split()


class Entry(NamedTuple):
    """One item of the standard and its standing."""

    chapter: str
    name: str
    status: str
    note: str
    axes: str = ""
    """How it treats axes, of those that take arrays."""


def ledger() -> list[Entry]:
    """Every item of the standard, in its order."""
    entries = [_function(chapter, name) for chapter, names in FUNCTIONS.items() for name in names.split()]
    info = "__array_namespace_info__"
    entries.append(Entry("inspection", info, NONE, "It describes the backend."))
    entries += [Entry("inspection", f"{info}().{name}", NONE, "It describes the backend.") for name in INSPECTION]
    for name in sorted([*(f"__{o}__" for o in OPERATORS), *CONVERSIONS, *METHODS]):
        if name in CONVERSIONS:
            entries.append(Entry("array method", f"array.{name}", NONE, CONVERSIONS[name]))
        else:
            entries.append(_same_as("array method", name, METHODS.get(name) or OPERATORS[name.strip("_")]))
    entries += [_same_as("array attribute", name, op) for name, op in ATTRIBUTES.items()]
    entries += [Entry("array attribute", f"array.{name}", NONE, "It describes the array.") for name in DESCRIPTIONS]
    entries += [_same_as("array reflected operator", f"__r{o}__", OPERATORS[o]) for o in BINARY]
    entries += [_same_as("array in-place operator", f"__i{o}__", OPERATORS[o]) for o in BINARY]
    entries += [Entry("constant", name, NONE, "A constant.") for name in CONSTANTS]
    entries += [Entry("dtype", name, NONE, "A data type.") for name in DTYPES]
    return entries


def _function(chapter: str, name: str) -> Entry:
    if name == "asarray":
        return Entry(chapter, name, RULE, "The identity: the graph is kept; a change of dtype is `astype`.")
    op = table.get(ALIASES.get(name, name))
    if op is None:
        return Entry(chapter, name, "missing", "No entry in the table of ops.")
    return Entry(chapter, name, _status(op), _note(op, name), _axes(op))


def _same_as(chapter: str, name: str, op: str) -> Entry:
    return Entry(chapter, f"array.{name}", _status(table[op]), f"As `{op}`.", _axes(table[op]))


def _status(op: Op) -> str:
    if op.kind in ("constant", "creation"):
        return NONE
    if op.kind == "composite":
        return COMPOSITE
    return RULE if any(callable(rule) or hasattr(rule, "condition") or rule for rule in op.vjp) else ZERO


def _note(op: Op, name: str) -> str:
    if name in ALIASES:
        return f"The same function as `{ALIASES[name]}`."
    if op.reason:
        return op.reason[0].upper() + op.reason[1:].rstrip(".") + "."
    return "" if op.kind == "composite" else f"Declared {op.kind}."


def _axes(op: Op) -> str:
    """How an op treats axes, in a few words."""
    if not op.arguments:
        return ""
    if op.kind == "composite":
        return "composed"
    match op.batch or op.axes:
        case Core() as core:
            return "pointwise" if core == POINTWISE else f"the last {_shown(core.arguments)} to {_shown(core.results)}"
        case Over() as over:
            return f"over `{over.parameter}`"
        case Unbatchable():
            return "none"
        case None:
            return "missing"
    return "own rule"


def _shown(counts: int | tuple[int, ...]) -> str:
    return ", ".join(map(str, counts)) if isinstance(counts, tuple) else str(counts)


def markdown() -> str:
    """The ledger as a documentation page."""
    entries = ledger()
    counts = {status: sum(e.status == status for e in entries) for status in (RULE, COMPOSITE, ZERO, NONE, "missing")}
    lines = [
        "# The completeness ledger",
        "",
        "What becomes of every item of the array API standard, version 2025.12, under differentiation. Generated from",
        "the table of ops by `python -m agrad.ops.ledger`; a test keeps it true.",
        "",
        f"{len(entries)} items: " + ", ".join(f"{n} {status}" for status, n in counts.items()) + ".",
        "",
        "*rule*: a derivative of its own, in both modes. *composite*: composed of functions that have one.",
        "*zero derivative*: piecewise constant; it is followed and gives zeros. *not differentiable*: its result is a",
        "constant.",
        "",
        "*axes*: what becomes of a stack of arguments. *pointwise*: each number is made from those at its place. *the",
        "last 2 to 1*: the last two axes of an argument make the last one of a result, those in front are a stack.",
        "*over*: along the axes that the parameter names. *composed*: as the functions that it is composed of. *own",
        "rule*: by a function of its declaration. *none*: the shape of the result depends on the data.",
    ]
    chapter = ""
    for e in entries:
        if e.chapter != chapter:
            chapter = e.chapter
            lines += ["", f"## {chapter.replace('_', ' ')}", "", "| item | status | axes | |", "|---|---|---|---|"]
        lines.append(f"| `{e.name}` | {e.status} | {e.axes} | {e.note} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(markdown(), end="")
