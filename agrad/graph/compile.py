"""`compile`: a function that is recorded once for each kind of arguments, and replayed as its backend does it best."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Sequence
from functools import partial, update_wrapper
from threading import Lock
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


def compile(
    f: Callable[..., Any] | None = None,
    /,
    *,
    static_argnames: str | Sequence[str] = (),
    threads: int = 1,
    memory: int | None = None,
) -> Any:
    """Record a function when it is first called, and replay it after that.

    Around ``agrad.value_and_grad(f)`` it replays value and gradient as one straight-line program.

    Parameters
    ----------
    f : callable
        Of arrays, numbers and containers of them. Without it, a decorator is returned.
    static_argnames : sequence of str
        Arguments whose values select the graph: anything that can be hashed.
    threads : int
        How many may work at a run of elementwise operations, on NumPy; other libraries have their own.
    memory : int
        How many bytes may be kept between calls, for graphs and for arrays that the next call uses again. The graphs
        that were not used for longest are forgotten first. Without it there is no limit.

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
        return lambda f: Compiled(f, static_argnames, threads, memory)
    return Compiled(f, static_argnames, threads, memory)


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
    bytes : int
        Kept between calls: constants of the graphs, and arrays that are used again.
    """

    graphs: int
    hits: int
    misses: int
    seconds: float
    bytes: int


class Budget:
    """Bytes that may be kept between calls: who keeps some takes them from here, and gives them back."""

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self.used = 0
        self._lock = Lock()

    def take(self, n: int) -> bool:
        """Whether there is room for so many bytes, which are kept from now on."""
        with self._lock:
            if self.limit is not None and self.used + n > self.limit:
                return False
            self.used += n
            return True

    def give(self, n: int) -> None:
        """So many bytes are kept no longer."""
        with self._lock:
            self.used -= n


class _Entry:
    """One graph, ready to run."""

    __slots__ = ("graph", "kinds", "leaves", "owned", "plain", "run", "size", "space", "used")

    def __init__(self, graph: Graph, run: Replay, space: Namespace, arguments: Any) -> None:
        self.graph = graph
        self.run = run
        self.space = space
        self.leaves: list[Tensor] = [c.tensor for c in graph.captures]
        self.owned: bool = getattr(run, "owned", False)
        """Whether results are arrays in memory of their own already."""
        self.size = sum(getattr(c.value, "nbytes", 0) for c in graph.constants) + EQUATION * len(graph.equations)
        self.used = 0
        """How many calls were replayed up to its last one."""
        args, kwargs = arguments
        self.plain = not kwargs and all(owner(x) is not None and not isinstance(x, Tensor) for x in args)
        """Whether the arguments are arrays of the library, one by one, so that they are compared without more ado."""
        self.kinds = [(type(x), x.shape, x.dtype, device_of(x)) for x in args] if self.plain else []


EQUATION = 1000
"""About how many bytes an equation takes, with the code that it becomes."""


class Compiled:
    """A function that `compile` has made; called as the function is."""

    def __init__(
        self,
        f: Callable[..., Any],
        static_argnames: str | Sequence[str] = (),
        threads: int = 1,
        memory: int | None = None,
    ) -> None:
        if not callable(f):
            raise TypeError(f"agrad.compile takes a function; it got a {type(f).__name__}")
        if type(threads) is not int or threads < 1:
            raise ValueError(f"agrad.compile(..., threads={threads!r}): a number of threads, 1 or more, was expected")
        if memory is not None and (type(memory) is not int or memory < 0):
            raise ValueError(f"agrad.compile(..., memory={memory!r}): a number of bytes, or None, was expected")
        update_wrapper(self, f, updated=())
        self._name = getattr(f, "__name__", type(f).__name__)
        self._f = f
        self._static = (static_argnames,) if isinstance(static_argnames, str) else tuple(static_argnames)
        self._threads = threads
        self._budget = Budget(memory)
        self._entries: dict[Any, list[_Entry]] = {}
        self._last: _Entry | None = None
        self._full: set[Any] = set()
        self._hits = self._misses = 0
        self._seconds = 0.0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The function, replayed where it was recorded for such arguments."""
        last = self._last
        if last is not None and not kwargs and len(args) == len(last.kinds) and not recording():
            for x, (kind, shape, dtype, device) in zip(args, last.kinds, strict=True):
                if type(x) is not kind or x.shape != shape or x.dtype != dtype or device_of(x) != device:
                    break
            else:
                if not (last.leaves and enabled(BASE)):
                    out = self._replay(last, args)
                    if out is not None:
                        self._hits += 1
                        last.used = self._hits
                        if not last.owned:
                            out = last.graph.handed_out(last.space, out, args)
                        return unflatten(last.graph.result, out)
        return self._selected(args, kwargs)

    def _selected(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The function, replayed by the graph for such arguments, which is looked up, or recorded."""
        f, fixed, arguments = self._split(args, kwargs) if self._static else (self._f, (), (args, kwargs))
        leaves, structure = flatten(arguments, none_is_leaf=True)
        space, kinds, values, boxed = _looked_at(leaves, structure)
        if space is None or recording():  # something follows the arguments
            return self._f(*args, **kwargs)
        key = structure, kinds, fixed
        for entry in [*self._entries.get(key, ())]:
            if entry.leaves and enabled(BASE):
                return self._f(*args, **kwargs)
            out = self._replay(entry, values)
            if out is not None:
                self._hits += 1
                self._used(entry)
                if boxed or not entry.owned:
                    out = entry.graph.handed_out(space, out, leaves, boxed)
                return unflatten(entry.graph.result, out)
        self._misses += 1
        if len(self._entries.get(key, ())) >= BRANCHES:
            self._warn(key, f"has branched in {BRANCHES} ways for one kind of arguments", "none of their graphs fits")
            return self._f(*args, **kwargs)
        entry = self._recorded(f, space, arguments)
        if not self._fits(entry):
            self._warn(key, f"has a graph of {entry.size} bytes, more than memory= allows", "its graph does not fit")
            return self._f(*args, **kwargs)
        self._entries.setdefault(key, []).append(entry)
        return self._selected(args, kwargs)

    def _warn(self, key: Any, what: str, where: str) -> None:
        """Say once for a kind of arguments that the function runs itself."""
        if key not in self._full:
            self._full.add(key)
            warnings.warn(
                f"{self._name!r} {what}, and runs itself from now on where {where}; choose with xp.where, or compile "
                "smaller parts",
                stacklevel=4,
            )

    def _used(self, entry: _Entry) -> None:
        """Note that a graph was used last."""
        self._last = entry if entry.plain and not self._static else None
        entry.used = self._hits

    def _fits(self, entry: _Entry) -> bool:
        """Whether there is room for a graph, where those that were not used for longest may go."""
        while not self._budget.take(entry.size):
            self._last = None
            for old in self._entries.values():
                for e in old:
                    _cleared(e)
            if self._budget.take(entry.size):
                return True
            entries = [*self._entries.items()]
            if not entries:
                return False
            first, _ = min(entries, key=lambda item: max(e.used for e in item[1]))
            for e in self._entries.pop(first, ()):
                self._budget.give(e.size)
        return True

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
        taken = inspect.signature(make).parameters
        options = {"threads": self._threads, "budget": self._budget}
        run = make(graph, space, **{n: v for n, v in options.items() if n in taken})
        entry = _Entry(graph, run, space, arguments)
        self._seconds += perf_counter() - start
        return entry

    @staticmethod
    def _replay(entry: _Entry, values: Sequence[Any]) -> list[Any] | None:
        with entry.space._backend.quiet():
            return entry.run([*values, *[raw_of(t) for t in entry.leaves]] if entry.leaves else values)

    def stats(self) -> Stats:
        """How often it was recorded and replayed, and what it keeps.

        Returns
        -------
        Stats
        """
        graphs = sum(map(len, self._entries.values()))
        return Stats(graphs, self._hits, self._misses, self._seconds, self._budget.used)

    def clear(self) -> None:
        """Forget all graphs, and let go of the memory that is kept."""
        self._last = None
        entries = [e for old in self._entries.values() for e in old]
        self._entries.clear()
        self._full.clear()
        for e in entries:
            _cleared(e)
            self._budget.give(e.size)

    @property
    def graphs(self) -> list[Graph]:
        """The graphs, with all passes done."""
        return [entry.graph for entries in self._entries.values() for entry in entries]

    def __repr__(self) -> str:
        return f"<agrad.compile of {self._name}>"

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else partial(self, instance)


def _cleared(entry: _Entry) -> None:
    """Let go of the arrays that a graph keeps for its next call."""
    clear = getattr(entry.run, "clear", None)
    if clear is not None:
        clear()


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
