"""The records by which a backend plugin describes an array library to agrad."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from types import MappingProxyType
from typing import Any, NamedTuple

from agrad.declare import Op
from agrad.origin import how_to_install

__all__ = ["CAPABILITIES", "Backend", "BackendRule"]

CAPABILITIES = (
    "complex", "float64", "linalg", "fft", "boolean indexing", "data-dependent shapes", "in-place", "devices",
    "determinism", "beyond the standard",
)  # fmt: skip
"""What a backend can do besides single functions, unless it `lacks` it."""


def _same(array: Any) -> Any:
    return array


def _always(out: Any, x: Any) -> bool:
    return True


def _host(array: Any) -> Any:
    import numpy  # only who converts between libraries needs it

    return numpy.asarray(array)


class Backend(NamedTuple):
    """An array library, as agrad needs to know it.

    Parameters
    ----------
    name : str
        What users call it: ``agrad.namespace(name)``.
    load : callable
        Imports the library and returns its namespace: every function, constant, dtype and extension
        of the standard under its standard name, on the library's own arrays. It may also define
        ``getitem(x, key)``, ``setitem(x, key, value)`` (a new array), ``scatter(values, key, *,
        shape)`` (zeros with values added at key), ``to_device(x, device)`` and ``Generator(seed)`` (random numbers, see
        `agrad.random`); each has a fallback in the standard alone.
    owns : callable
        Whether an object is an array (or array scalar) of this library. It is called with objects of
        any type and must not import the library.
    scalars : callable
        Returns the types, if any, whose instances are 0-d values of one fixed dtype each.
    own : callable
        Makes an array safe to hand to a user: writable, sharing memory with nothing.
    lean : callable
        Makes a 0-d array as cheap to compute with as the library allows (NumPy: its scalar).
    defers : bool
        Whether an operator of the library's arrays leaves an operation with a Tensor to the Tensor, by returning
        ``NotImplemented``; where it raises instead, agrad calls functions.
    mutable : bool
        Whether an array can be changed in place: what is to outlive a call is copied then, and an in-place operator
        changes a Tensor as it changes an array.
    admit : callable, optional
        Called with every plain array that meets Tensors in an operation, and raises for one that must not; its time is
        spent at each operation, so that libraries whose arrays of a type are all alike leave it out.
    array : callable
        Makes what an operation returned an instance of the library's array type (NumPy returns scalars).
    quiet : callable
        Returns a context manager in which underflow, which is harmless, is not reported.
    guard : callable
        Returns a context manager in which it raises to copy an array to the host, or to compute what was to stay lazy;
        for the conformance suite, which no gradient may do so in. Where a library cannot tell, there is none.
    views : collection of str
        The functions whose results share memory with their first argument, or may do so: ``"reshape"``, ``"flip"``, any
        op whose declaration says how to write through its result. Slices are views everywhere.
    read_only : collection of str
        Those whose results cannot be written to.
    shares : callable
        Whether the result of one of them, given first, shares memory with its argument.
    layout : callable, optional
        What tells apart how the elements of two arrays of one shape lie in memory, such as their strides. What was
        changed in place then keeps its layout, by which the library's ``reshape`` shares memory or copies.
    compile : callable, optional
        Called with an `agrad.Graph` and its namespace, returns a function that takes the values of the inputs, and of
        the leaves that the graph captures, in one sequence, and returns those of the outputs in a list, or None where a
        guard does not hold. Without it, `agrad.compile` calls ops in turn. It may take ``threads=``, how many may work
        at once, and ``budget=``: what it keeps between calls is taken from it by ``budget.take(bytes)``, which says
        whether there is room, and given back by ``budget.give(bytes)``. The function that it returns may have two
        attributes: ``owned``, true where the results are arrays in memory of their own, and ``clear()``.
    methods : mapping or callable
        Further attributes for the backend's Tensor class, by name: the library's own protocols, such as
        ``__array_function__``, and methods that its arrays have and the standard does not. A callable returns the
        mapping, once the library is imported.
    host : callable
        Copies an array to a NumPy array in the host's memory; called only when a user asks for another backend.
    lacks : mapping
        What the library cannot do, each with the reason: names of ops (``"linalg.eig"``) or `CAPABILITIES`. All else
        it is taken to do, and the conformance suite holds it to that.
    expected_failures : mapping
        Checks of the conformance suite that are known to fail, as patterns of their names with the reason, for example
        ``{"linalg.qr-*-second-mylib": "..."}``; one that passes is an error there.
    library : str
        The distribution that the library comes in, for its version.
    install : str
        The command that installs the library; by default ``pip install`` and `library`.

    Examples
    --------
    >>> record = Backend("mylib", load=lambda: None, owns=lambda x: False, lacks={"fft": "it has no transforms"})
    >>> record.reason("fft.rfft"), record.how_to_install
    ('it has no transforms', 'pip install mylib')
    """

    name: str
    load: Callable[[], Any]
    owns: Callable[[object], bool]
    scalars: Callable[[], tuple[type, ...]] = tuple
    own: Callable[[Any], Any] = _same
    lean: Callable[[Any], Any] = _same
    defers: bool = True
    mutable: bool = True
    admit: Callable[[Any], Any] | None = None
    array: Callable[[Any], Any] = _same
    quiet: Callable[[], AbstractContextManager[Any]] = nullcontext
    guard: Callable[[], AbstractContextManager[Any]] = nullcontext
    views: Collection[str] = ()
    read_only: Collection[str] = ()
    shares: Callable[[Any, Any], bool] = _always
    layout: Callable[[Any], Any] | None = None
    compile: Callable[..., Callable[[Any], Any]] | None = None
    methods: Mapping[str, Any] | Callable[[], Mapping[str, Any]] = MappingProxyType({})
    host: Callable[[Any], Any] = _host
    lacks: Mapping[str, str] = MappingProxyType({})
    expected_failures: Mapping[str, str] = MappingProxyType({})
    library: str = ""
    install: str = ""

    def reason(self, op: str) -> str:
        """Why this backend cannot do an op; empty where it can."""
        return self.lacks.get(op) or self.lacks.get(op.partition(".")[0], "")

    @property
    def how_to_install(self) -> str:
        """The command that installs the library."""
        return self.install or how_to_install(self.name, self.library)


class BackendRule(NamedTuple):
    """A declaration that takes the place of an op's on one backend.

    Parameters
    ----------
    backend : str
        The backend's name.
    op : Op
        A declaration of the same name and signature, with any kind of rule; an op of a plugin is named with the
        plugin's name, as in ``"special.erf(x, /)"``.

    Examples
    --------
    >>> from agrad.declare import elementwise
    >>> BackendRule("jax", elementwise("tanh(x, /)", lambda out: (1 - out) * (1 + out))).op.name
    'tanh'
    """

    backend: str
    op: Op
