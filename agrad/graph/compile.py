"""`compile`: a function that is recorded once for each kind of arguments, and replayed as its backend does it best."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Sequence
from functools import partial, update_wrapper
from time import perf_counter
from typing import Any, NamedTuple

from agrad.arrays.namespaces import Namespace, array_namespace, namespace, owner
from agrad.arrays.tensors import Tensor
from agrad.graph.graph import Graph
from agrad.graph.passes import simplified
from agrad.graph.record import check_fixed, trace
from agrad.graph.replay import Replay, replayed
from agrad.interpret.apply import raw_of
from agrad.interpret.levels import enabled
from agrad.interpret.record import BASE, recording
from agrad.ops._shapes import device_of
from agrad.transforms.containers import flatten, unflatten

__all__ = ["Compiled", "compile"]

BRANCHES = 8
"""How many graphs there are for one kind of arguments; where values lead elsewhere again, the function runs itself."""


def compile(f: Callable[..., Any] | None = None, /, *, static_argnames: Sequence[str] = ()) -> Any:
    """Record a function when it is first called, and replay it after that.

    Around ``agrad.value_and_grad(f)`` it replays value and gradient as one straight-line program.

    Parameters
    ----------
    f : callable
        Of arrays, numbers and containers of them. Without it, a decorator is returned.
    static_argnames : sequence of str
        Arguments whose values select the graph: anything that can be hashed.

    Returns
    -------
    Compiled
        A function of the same arguments and results, with ``stats()`` and ``clear()``.

    Notes
    -----
    What becomes of what is no array among the arguments, and of what the function closes over:

    - A graph is recorded for each structure, shape, dtype and device of the arguments, and for each value of an
      integer, truth value, text or None. Floats are inputs: others are taken without recording again.
    - Arrays and numbers that the function closes over are frozen as they were when it was recorded; leaves (Tensors
      with ``requires_grad``) are not: what they hold when the function is called is used.
    - ``print``, ``append`` and their kind run when the function is recorded, and never else.
    - Where Python branches by a value, each way gets a graph, up to eight; after that the function runs itself.
    - Arguments are never written to, and what was handed out is never overwritten. Any number of threads may call it.
    - Sums may be added up in another order than without it, so that results agree to rounding.
    - Where a transform follows an argument, or a leaf is followed, the function itself runs: compile what the transform
      returns, ``compile(grad(f))``, rather than transform what is compiled.

    On NumPy, straight-line Python uses temporaries again and takes pointwise runs through in blocks that fit into a
    cache; on JAX the graph is handed to ``jax.jit``; elsewhere ops are called in turn, everything looked up before.

    Examples
    --------
    >>> import agrad, numpy
    >>> @agrad.compile
    ... @agrad.value_and_grad
    ... def f(x):
    ...     xp = agrad.array_namespace(x)
    ...     return xp.sum(xp.sin(x) ** 2)
    >>> value, gradient = f(numpy.asarray([0.0, 1.0]))
    >>> gradient
    array([0.        , 0.90929743])
    >>> f.stats().graphs
    1
    """
    if f is None:
        return lambda f: Compiled(f, static_argnames)
    return Compiled(f, static_argnames)


class Stats(NamedTuple):
    """What a compiled function has done so far.

    Parameters
    ----------
    graphs : int
        That were recorded and are kept.
    hits : int
        Calls that were replayed.
    misses : int
        Calls that recorded a graph, or ran the function itself.
    seconds : float
        Spent on recording and compiling.
    """

    graphs: int
    hits: int
    misses: int
    seconds: float


class _Entry(NamedTuple):
    graph: Graph
    run: Replay
    leaves: list[Tensor]


class Compiled:
    """A function that `compile` has made; called as the function is."""

    def __init__(self, f: Callable[..., Any], static_argnames: str | Sequence[str] = ()) -> None:
        if not callable(f):
            raise TypeError(f"agrad.compile takes a function; it got a {type(f).__name__}")
        update_wrapper(self, f, updated=())
        self._name = getattr(f, "__name__", type(f).__name__)
        self._f = f
        self._static = (static_argnames,) if isinstance(static_argnames, str) else tuple(static_argnames)
        self._entries: dict[Any, list[_Entry]] = {}
        self._full: set[Any] = set()
        self._hits = self._misses = 0
        self._seconds = 0.0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The function, replayed where it was recorded for such arguments."""
        f, fixed, arguments = self._split(args, kwargs) if self._static else (self._f, (), (args, kwargs))
        leaves, structure = flatten(arguments, none_is_leaf=True)
        space, kinds, values, boxed = _looked_at(leaves, structure)
        if space is None or recording():  # something follows the arguments
            return self._f(*args, **kwargs)
        key = structure, kinds, fixed
        for entry in [*self._entries.get(key, ())]:
            if any(enabled(BASE) for _ in entry.leaves):
                return self._f(*args, **kwargs)
            out = self._replay(space, entry, values)
            if out is not None:
                self._hits += 1
                return unflatten(entry.graph.result, entry.graph.handed_out(space, out, leaves, boxed))
        self._misses += 1
        if len(self._entries.get(key, ())) < BRANCHES:
            self._entries.setdefault(key, []).append(self._recorded(f, space, arguments))
            return self(*args, **kwargs)
        if key not in self._full:
            self._full.add(key)
            warnings.warn(
                f"{self._name!r} has branched in {BRANCHES} ways for one kind of arguments, and runs itself from now "
                "on where none of their graphs fits; choose with xp.where, or compile the parts between the branches",
                stacklevel=2,
            )
        return self._f(*args, **kwargs)

    def _split(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Callable[..., Any], Any, Any]:
        """The function of the arguments that are not static, those that are, and the others by name."""
        signature = inspect.signature(self._f)
        bound = signature.bind(*args, **kwargs)
        if unknown := [name for name in self._static if name not in signature.parameters]:
            raise ValueError(f"static_argnames names {unknown}; {self._name!r} has {list(signature.parameters)}")
        fixed = {n: bound.arguments.pop(n) for n in self._static if n in bound.arguments}

        def f(**rest: Any) -> Any:
            whole = inspect.BoundArguments(signature, {n: (rest | fixed)[n] for n in names})
            return self._f(*whole.args, **whole.kwargs)

        names = [n for n in signature.parameters if n in fixed or n in bound.arguments]
        f.__name__ = self._name
        return f, tuple(fixed.items()), ((), dict(bound.arguments))

    def _recorded(self, f: Callable[..., Any], space: Namespace, arguments: Any) -> _Entry:
        start = perf_counter()
        args, kwargs = arguments
        graph = simplified(trace(f, *args, **kwargs))
        make = space._backend.compile or replayed
        entry = _Entry(graph, make(graph, space), [c.tensor for c in graph.captures])
        self._seconds += perf_counter() - start
        return entry

    @staticmethod
    def _replay(space: Namespace, entry: _Entry, values: list[Any]) -> list[Any] | None:
        with space._backend.quiet():
            return entry.run([*values, *[raw_of(t) for t in entry.leaves]])

    def stats(self) -> Stats:
        """How often it was recorded and replayed.

        Returns
        -------
        Stats
        """
        return Stats(sum(map(len, self._entries.values())), self._hits, self._misses, self._seconds)

    def clear(self) -> None:
        """Forget all graphs."""
        self._entries.clear()
        self._full.clear()

    @property
    def graphs(self) -> list[Graph]:
        """The graphs, with all passes done."""
        return [entry.graph for entries in self._entries.values() for entry in entries]

    def __repr__(self) -> str:
        return f"<agrad.compile of {self._name}>"

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else partial(self, instance)


def _looked_at(leaves: Sequence[Any], structure: Any) -> tuple[Namespace | None, tuple[Any, ...], list[Any], bool]:
    """The namespace, what selects a graph, the values of the inputs, and whether there is a Tensor.

    Without a namespace where something follows one of them.
    """
    kinds: list[Any] = []
    values: list[Any] = []
    boxed = False
    found: Namespace | None = None
    for i, x in enumerate(leaves):
        if isinstance(x, Tensor):
            if x._node is not None:
                return None, (), [], True
            boxed = True
            space: Namespace | None = x._space
            x = x._value
        else:
            space = owner(x)
        if space is not None:
            if found is not None and space is not found:
                array_namespace(*[a for a in leaves if isinstance(a, Tensor) or owner(a) is not None])  # which raises
            found = space
            kinds.append((space, tuple(x.shape), x.dtype, device_of(x)))
            values.append(x)
        elif type(x) in (float, complex):
            kinds.append(type(x))
            values.append(x)
        else:
            check_fixed(x, structure, i)
            kinds.append((type(x), x))
    if found is None:
        found = namespace()
    values = [found._backend.lean(found._raw.asarray(x)) if type(x) in (float, complex) else x for x in values]
    return found, tuple(kinds), values, boxed
