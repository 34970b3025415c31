"""A sample in one dtype on one backend: a function of its floating-point arguments that can be differentiated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

import agrad
from agrad_conformance.reference import leaves, pack, unpack
from agrad_conformance.sample import Sample, filled, followed

__all__ = ["Problem", "Unsupported", "eps_of"]

Array = np.ndarray[Any, np.dtype[Any]]


class Unsupported(Exception):  # noqa: N818 - no error: a declared limit
    """What the backend says that it cannot do."""


def eps_of(dtype: str) -> float:
    """The distance from 1 to the next number of a dtype."""
    return float(np.finfo(dtype).eps)


class Problem:
    """A sample, ready to be differentiated on a backend.

    Parameters
    ----------
    sample : Sample
    dtype : str
        The dtype of its floating-point arguments.
    backend : str
        The backend's name.
    device : device, optional
        Where its arrays are; by default the backend's default device.

    Raises
    ------
    Unsupported
        The backend declares that it has no such op or dtype; the message is its reason.
    """

    def __init__(self, sample: Any, dtype: str, backend: str, device: Any = None) -> None:
        self.sample: Sample = sample
        self.dtype = dtype
        self.place = device
        self.backend = agrad.plugins.backends()[backend]
        self.space = agrad.namespace(backend)
        self._refuse_unsupported()
        self.args, self.params = sample.at(dtype)
        self.inputs: list[Array] = followed((self.args, self.params))
        self.arrays = [self.to_backend(x) for x in self.inputs]
        self.eps = max([eps_of(dtype), *(eps_of(x.dtype.name) for x in self.inputs)])
        """Of the least precise argument: its gradient has its dtype."""
        self._constants = self._converted()

    def _refuse_unsupported(self) -> None:
        lacks = self.backend.lacks
        why = self.backend.reason(self.sample.op)
        if not why and "." in self.sample.op and self.sample.op.partition(".")[0] not in ("linalg", "fft"):
            plugin, _, name = self.sample.op.partition(".")
            op = agrad.plugins.ops(plugin)[name]
            computable = op.forward is not None or op.decomposition is not None
            if not computable and self.backend.name not in op.native:
                why = "the op has no function for it"
        if not why and self.sample.kind == "complex":
            why = lacks.get("complex", "")
        if not why and not self.sample.case.standard:
            why = lacks.get("beyond the standard", "")
        if not why and not self.sample.case.static:
            why = lacks.get("data-dependent shapes", "")
        for needed in {self.dtype, *(x.dtype.name for x in followed(self.sample.at(self.dtype)))}:
            if not why and needed not in self.space.__array_namespace_info__().dtypes():
                why = lacks.get("float64") or f"there is no {needed} here"
        if why:
            raise Unsupported(why)

    def to_backend(self, x: Array) -> Any:
        """A NumPy array as one of the backend."""
        return self.space.asarray(x, device=self.place).array

    def to_host(self, x: Any) -> Array:
        """An array of the backend as NumPy's."""
        return np.asarray(self.backend.host(x))

    def _converted(self) -> Any:
        def constant(leaf: Any) -> Any:
            if isinstance(leaf, np.ndarray):
                return self.to_backend(leaf)
            known = isinstance(leaf, str) and leaf.startswith(("float", "complex", "int", "uint"))
            return getattr(self.space, leaf) if known else leaf

        marks = iter(_Mark(i) for i in range(len(self.inputs)))
        return filled((self.args, self.params), marks, constant)

    def __call__(self, *xs: Any) -> list[Any]:
        """The floating-point results, of Tensors or plain arrays; what no choice of factors changes."""
        return [y for y in self.results(*xs) if self.is_floating(y)]

    def results(self, *xs: Any, bare: bool = False) -> list[Any]:
        """All results; bare ones are the op's own."""
        args, params = _placed(self._constants, xs)
        f = self.sample.call if bare else self.sample.invariant
        return leaves(f(self.space, *args, **params))

    def call(self, box: Callable[[Any], Any]) -> Any:
        """The op's own results, with every array that it is given in a box, masks and indices too."""
        args, params = _boxed(_placed(self._constants, self.arrays), self.backend.owns, box)
        return self.sample.call(self.space, *args, **params)

    def whole(self) -> tuple[list[Array], Callable[..., list[Any]]]:
        """All arrays that the sample is given, the followed ones first, and its results as a function of them."""
        found = list(self.inputs)

        def mark(x: Any) -> _Mark:
            found.append(self.to_host(x))
            return _Mark(len(found) - 1)

        tree = _boxed(self._constants, self.backend.owns, mark)

        def function(*xs: Any) -> list[Any]:
            args, params = _placed(tree, xs)
            return leaves(self.sample.invariant(self.space, *args, **params))

        return found, function

    @cached_property
    def elementwise(self) -> bool:
        """Whether the sample is of an op on elements, whose arguments are all followed."""
        op = agrad.plugins.find(self.sample.op)
        constants = [x for x in leaves(self._constants) if hasattr(x, "dtype")]
        return op is not None and op.kind == "elementwise" and not constants

    @cached_property
    def precision(self) -> tuple[np.dtype[Any], ...]:
        """The dtypes of which a floating-point result may be, where all arguments are of one precision."""
        given = leaves((self.args, self.params))
        dtypes = {x.dtype.name for x in given if isinstance(x, np.ndarray) and x.dtype.kind in "fc"}
        named = any(isinstance(x, str) and x.startswith(("float", "complex")) for x in given)
        op = agrad.plugins.find(self.sample.op)
        for allowed in (("float32", "complex64"), ("float64", "complex128")):
            if dtypes and dtypes <= set(allowed) and not named and op is not None and op.kind != "creation":
                return tuple(map(np.dtype, allowed))
        return ()

    def is_floating(self, y: Any) -> bool:
        """Whether a result has derivatives."""
        return bool(self.space.isdtype(y.dtype, ("real floating", "complex floating")))

    @cached_property
    def outputs(self) -> list[Array]:
        """The results at the sample's inputs, on the host."""
        with agrad.no_grad():
            found = self.results(*map(self.space.asarray, self.arrays))
            return [self.to_host(self.space.asarray(y).array) for y in found]

    @property
    def floating(self) -> list[Array]:
        """The floating-point ones of the results."""
        return [y for y in self.outputs if y.dtype.kind in "fc"]

    @property
    def device(self) -> str:
        """Where the arrays are, as text."""
        return str(self.space.asarray(self.arrays[0]).device) if self.arrays else ""

    def cotangents(self, packed: Array) -> list[Any]:
        """A packed vector as cotangents of the floating-point results."""
        return [self.to_backend(x) for x in self.shaped(packed, self.floating)]

    def tangents(self, packed: Array) -> list[Any]:
        """A packed vector as tangents of the followed arguments."""
        return [self.to_backend(x) for x in self.shaped(packed, self.inputs)]

    @staticmethod
    def shaped(packed: Array, like: Sequence[Array]) -> list[Array]:
        """The inverse of `packed`: arrays of the shapes and dtypes of others."""
        kinds = ["complex" if y.dtype.kind == "c" else "real" for y in like]
        unpacked = unpack(packed, [y.shape for y in like], kinds)
        return [np.asarray(x).astype(y.dtype) for x, y in zip(unpacked, like, strict=True)]

    def packed(self, xs: Sequence[Any]) -> Array:
        """Arrays of the backend, packed on the host."""
        return pack([self.to_host(x) for x in xs])

    def size(self, arrays: Sequence[Array]) -> int:
        """How many real numbers arrays hold."""
        return sum(x.size * (2 if x.dtype.kind == "c" else 1) for x in arrays)

    def pulled(self, f: Callable[..., Any] | None = None) -> Callable[[Sequence[Any]], list[Any]]:
        """The pullback of the sample at its inputs: cotangents in, a list of gradients out."""
        _, pullback = agrad.vjp(f or self, *self.arrays)
        return lambda cts: list(pullback(list(cts)))


class _Mark:
    """The place of a followed argument."""

    def __init__(self, i: int) -> None:
        self.i = i


def _placed(tree: Any, xs: Sequence[Any]) -> Any:
    if isinstance(tree, _Mark):
        return xs[tree.i]
    if isinstance(tree, dict):
        return {k: _placed(v, xs) for k, v in tree.items()}
    return type(tree)(_placed(v, xs) for v in tree) if isinstance(tree, tuple | list) else tree


def _boxed(tree: Any, owns: Callable[[Any], bool], box: Callable[[Any], Any]) -> Any:
    if isinstance(tree, dict):
        return {k: _boxed(v, owns, box) for k, v in tree.items()}
    if isinstance(tree, tuple | list):
        return type(tree)(_boxed(v, owns, box) for v in tree)
    return box(tree) if owns(tree) else tree
