"""A case with its numbers: the concrete arguments that a check calls an op with."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from agrad.cases import Case
from agrad_conformance.draw import Draw

__all__ = ["KINDS", "Sample", "filled", "followed", "identified", "samples"]

Array = np.ndarray[Any, np.dtype[Any]]

KINDS: Mapping[str, tuple[str, ...]] = {"real": ("float64", "float32"), "complex": ("complex128", "complex64")}
"""The dtypes of a kind, the precise one first."""

SINGLE = {"float64": "float32", "complex128": "complex64"}


class Sample:
    """A case with the numbers of one kind.

    They are NumPy arrays of double precision whose numbers single precision holds too, so that one reference serves
    both.

    Parameters
    ----------
    case : Case
        How the op is called.
    kind : {"real", "complex"}
        What numbers its arguments are.
    name : str
        The case's name, ``"linalg.qr-3"``; the numbers depend on it.

    Attributes
    ----------
    id : str
        Name and kind: ``"linalg.qr-3-real"``.
    args, params
        What the op is called with. Names of dtypes stand for the dtypes.
    dtypes : tuple of str
        Those that the case is tried in.

    Examples
    --------
    >>> import numpy as np
    >>> sample = Sample(Case(lambda draw: (draw(3), 2.0), op="multiply"), "real", "multiply-0")
    >>> sample.id, sample.dtypes
    ('multiply-0-real', ('float64', 'float32'))
    >>> args, params = sample.at("float32")
    >>> sample.call(np, *args, **params).dtype.name
    'float32'
    """

    def __init__(self, case: Case, kind: str, name: str) -> None:
        self.case = case
        self.kind = kind
        self.id = f"{name}-{kind}"
        self.dtypes = tuple(d for d in KINDS[kind] if d in case.dtypes)
        draw = Draw(kind, zlib.crc32(self.id.encode()))
        self.args: tuple[Any, ...] = _rounded(tuple(case.make(draw)))
        self.params: dict[str, Any] = _rounded({k: v(draw) if callable(v) else v for k, v in case.params.items()})

    def __repr__(self) -> str:
        return self.id

    @property
    def op(self) -> str:
        """The op's name."""
        return self.case.op

    @property
    def followed(self) -> list[Array]:
        """The floating-point arrays among arguments and parameters, in order: what derivatives are taken of."""
        return followed((self.args, self.params))

    @property
    def digest(self) -> str:
        """A short checksum of the numbers, by which a stored reference knows that it belongs to them."""
        text = hashlib.sha256()
        _digest((self.args, self.params), text.update)
        return text.hexdigest()[:16]

    def at(self, dtype: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Arguments and parameters in one dtype, freshly copied; what the case gives in single precision stays so."""
        single = dtype in SINGLE.values()

        def one(x: Array) -> Array:
            return x.astype(SINGLE.get(x.dtype.name, x.dtype.name) if single else x.dtype.name)

        args, params = _each_array((self.args, self.params), one)
        return args, params

    def call(self, xp: Any, *args: Any, **params: Any) -> Any:
        """The op on arrays of a namespace."""
        if self.case.call is not None:
            return self.case.call(xp, *args, **params)
        f = xp
        for part in self.op.split("."):
            f = getattr(f, part)
        return f(*args, **params)

    def invariant(self, xp: Any, *args: Any, **params: Any) -> Any:
        """What numbers may be compared by: the op, or the case's function of its results."""
        if self.case.of is None:
            return self.call(xp, *args, **params)
        return self.case.of(xp, lambda *a: self.call(xp, *a, **params), *args)


def identified(cases: Iterable[Case]) -> Iterator[tuple[str, Case]]:
    """Cases with their names: the op and a number that counts from 0."""
    counts: dict[str, int] = {}
    for case in cases:
        k = counts[case.op] = counts.get(case.op, -1) + 1
        yield f"{case.op}-{k}", case


def samples(cases: Iterable[Case]) -> Iterator[Sample]:
    """Cases multiplied by the kinds that they have dtypes of."""
    for name, case in identified(cases):
        for kind, dtypes in KINDS.items():
            if any(d in case.dtypes for d in dtypes):
                yield Sample(case, kind, name)


def followed(tree: Any) -> list[Array]:
    """The floating-point arrays of a tree, in order."""
    if isinstance(tree, np.ndarray):
        return [tree] if tree.dtype.kind in "fc" else []
    if isinstance(tree, dict):
        tree = list(tree.values())
    return [leaf for item in tree for leaf in followed(item)] if isinstance(tree, tuple | list) else []


def filled(tree: Any, values: Iterator[Any], constant: Callable[[Any], Any] = lambda x: x) -> Any:
    """A tree with other arrays in the place of the followed ones, and `constant` of all other leaves."""
    if isinstance(tree, np.ndarray) and tree.dtype.kind in "fc":
        return next(values)
    if isinstance(tree, dict):
        return {k: filled(v, values, constant) for k, v in tree.items()}
    if isinstance(tree, tuple | list):
        return type(tree)(filled(item, values, constant) for item in tree)
    return constant(tree)


def _each_array(tree: Any, f: Callable[[Array], Array]) -> Any:
    if isinstance(tree, np.ndarray):
        return f(tree)
    if isinstance(tree, dict):
        return {k: _each_array(v, f) for k, v in tree.items()}
    return type(tree)(_each_array(v, f) for v in tree) if isinstance(tree, tuple | list) else tree


def _rounded(tree: Any) -> Any:
    """A tree with NumPy's scalars as arrays, and its numbers rounded to single precision."""
    if isinstance(tree, tuple | list):
        return type(tree)(_rounded(item) for item in tree)
    if isinstance(tree, dict):
        return {k: _rounded(v) for k, v in tree.items()}
    if not isinstance(tree, np.ndarray | np.generic):
        return tree
    x = np.asarray(tree)
    return x.astype(SINGLE.get(x.dtype.name, x.dtype)).astype(x.dtype)


def _digest(tree: Any, update: Callable[[bytes], None]) -> None:
    if isinstance(tree, np.ndarray):
        update(f"{tree.dtype.name}{tree.shape}".encode())
        update(tree.astype(tree.dtype.newbyteorder("<")).tobytes())
    elif isinstance(tree, dict):
        for k, v in tree.items():
            update(k.encode())
            _digest(v, update)
    elif isinstance(tree, tuple | list):
        update(type(tree).__name__.encode())
        for item in tree:
            _digest(item, update)
    else:
        update(repr(tree).encode())
