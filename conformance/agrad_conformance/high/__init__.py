"""The standard in high precision: a namespace of functions on NumPy arrays of mpmath's numbers, independent of agrad.

Each module holds a chapter in `FUNCTIONS`: ``f(mp, *args, **params)`` takes and returns object arrays of ``mpf`` or
``mpc``, tuples of them for several results. They follow the text of the standard and are as plain as can be; speed
counts for nothing.
"""

from __future__ import annotations

from ast import literal_eval
from collections.abc import Callable, Mapping
from importlib import import_module
from inspect import Parameter, signature
from types import SimpleNamespace
from typing import Any

import numpy as np

from agrad.declare import Op

__all__ = ["CHAPTERS", "arrays", "functions", "namespace", "of_op"]

CHAPTERS = (
    "creation", "data_type", "elementwise", "indexing", "linear_algebra", "manipulation", "searching", "sets",
    "sorting", "statistical", "utility", "linalg", "fft",
)  # fmt: skip
"""The chapters of the standard, named as agrad's are."""


def functions() -> dict[str, Callable[..., Any]]:
    """Every function of the standard that is there in high precision, by the op's name."""
    return {name: f for c in CHAPTERS for name, f in import_module(f"agrad_conformance.high.{c}").FUNCTIONS.items()}


def namespace(mp: Any, given: Mapping[str, Callable[..., Any]]) -> Any:
    """A namespace of functions that compute with `mp`; a name ``"linalg.det"`` is in a namespace of its own.

    Examples
    --------
    >>> import mpmath
    >>> xp = namespace(mpmath.mp, functions())
    >>> with mpmath.workdps(15):
    ...     print(xp.sqrt(np.asarray(2)))
    1.4142135623731
    """
    xp = SimpleNamespace(pi=mp.pi, inf=mp.inf, newaxis=None)
    for name, f in given.items():
        *path, last = name.split(".")
        place = xp
        for part in path:
            place = place.__dict__.setdefault(part, SimpleNamespace())
        setattr(place, last, _bound(mp, f))
    return xp


def _bound(mp: Any, f: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **params: Any) -> Any:
        return arrays(mp, f(mp, *(arrays(mp, a) for a in args), **{k: arrays(mp, v) for k, v in params.items()}))

    return call


def arrays(mp: Any, tree: Any) -> Any:
    """A tree with its numbers of floating point as object arrays of mpmath's; Python's own numbers stay."""
    if isinstance(tree, tuple | list):
        return type(tree)([arrays(mp, item) for item in tree])
    if isinstance(tree, mp.mpf | mp.mpc):
        y = np.empty((), dtype=object)
        y[()] = tree
        return y
    if isinstance(tree, np.generic):
        tree = np.asarray(tree)
    if isinstance(tree, np.ndarray) and tree.dtype.kind in "fc":
        return np.asarray(np.frompyfunc(mp.mpmathify, 1, 1)(tree.astype(object)), dtype=object)
    return tree


def of_op(op: Op) -> Callable[..., Any] | None:
    """The reference that an op of a plugin brings along, as a function of `mp` and of the call's arguments.

    Examples
    --------
    >>> import mpmath
    >>> from agrad.declare import elementwise
    >>> op = elementwise("twice(x, /)", 2, reference=lambda mp, x: 2 * x)
    >>> of_op(op)(mpmath.mp, np.asarray([1.5]))
    array([mpf('3.0')], dtype=object)
    """
    f = op.reference
    if f is None:
        return None
    names = [p.name for p in op.parameters]
    kinds = (Parameter.KEYWORD_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    taken = {p.name for p in signature(f).parameters.values() if p.kind in kinds}
    defaults = {p.name: literal_eval(p.default) for p in op.parameters if p.default is not None and p.name in taken}

    def of_numbers(mp: Any, *args: Any, **params: Any) -> Any:
        rest = {**defaults, **dict(zip(names[op.arity :], args[op.arity :], strict=False)), **params}
        g = np.frompyfunc(lambda *xs: f(mp, *map(mp.mpmathify, xs), **rest), op.arity, 1)
        return np.asarray(g(*(np.asarray(a, dtype=object) for a in args[: op.arity])), dtype=object)

    def of_arrays(mp: Any, *args: Any, **params: Any) -> Any:
        given = {name: v for name, v in defaults.items() if name not in names[: len(args)]}
        return f(mp, *args, **{**given, **params})

    return of_numbers if op.kind == "elementwise" else of_arrays
