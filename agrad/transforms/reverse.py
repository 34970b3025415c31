"""Reverse mode: `vjp`, `grad`, `value_and_grad`, and `linearize` by transposing twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any

from agrad.arrays.imperative import seed_of
from agrad.arrays.namespaces import Namespace
from agrad.arrays.tensors import Tensor
from agrad.arrays.views import current
from agrad.errors import DtypeError, NonScalarError
from agrad.interpret.apply import raw_of
from agrad.interpret.aval import Aval
from agrad.interpret.record import ReverseTrace
from agrad.interpret.reverse import Leaf, Node, walk
from agrad.transforms.boxing import Inputs, zeros_like
from agrad.transforms.containers import flatten, is_array, unflatten

__all__ = ["Recorded", "grad", "gradient_of", "linearize", "positions", "value_and_grad", "vjp"]


def grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Callable[..., Any]:
    """Return a function that computes the gradient of a scalar function.

    Parameters
    ----------
    f : callable
        Returns a real scalar (0-d), or ``(scalar, aux)`` with `has_aux`.
    argnums : int or sequence of int
        The positional arguments to differentiate; each is an array of any backend, a Tensor, a Python
        float, or a nested container of them.
    has_aux : bool
        `f` returns a pair, the second of which is handed through.

    Returns
    -------
    callable
        Takes the arguments of `f` and returns the gradient: the shape, dtype and container of the
        argument (a tuple of gradients where `argnums` is a sequence), followed by aux with `has_aux`.
        For complex arguments it is the direction of steepest ascent, so that ``z - lr * grad`` descends.

    Raises
    ------
    NonScalarError
        The result is not a scalar.
    DtypeError
        The result is complex, or an argument is integer or boolean.
    BackendError
        A container holds an object of which nothing is known; the message says where.

    Notes
    -----
    Containers are lists, tuples (named ones too), dictionaries, dataclasses (by their fields) and types that are
    registered with optree in the namespace "agrad". Integers, masks, texts, functions, dtypes and enums in them pass
    through, with None for a gradient. Arguments are independent of each other: of one array that is given twice, each
    has its own gradient, and a change of one in place is not seen through the other, nor by the caller.

    Examples
    --------
    >>> import agrad, numpy
    >>> agrad.grad(lambda x: (x**2).sum())(numpy.asarray([1.0, 2.0]))
    array([2., 4.])
    """

    return gradient_of(f, argnums, "grad", has_aux)


def value_and_grad(
    f: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """Return a function that computes a scalar function's value and its gradient; see `grad`.

    Returns
    -------
    callable
        Returns ``(value, gradient)``, or ``((value, aux), gradient)`` with `has_aux`.

    Examples
    --------
    >>> import agrad
    >>> value, slope = agrad.value_and_grad(lambda x: x * x)(3.0)
    >>> float(value), float(slope)
    (9.0, 6.0)
    """

    @wraps(f)
    def both(*args: Any, **kwargs: Any) -> Any:
        g, value, aux = _differentiated(f, argnums, "value_and_grad", has_aux, True, args, kwargs)
        return (value, aux) if has_aux else value, g

    return both


def gradient_of(
    f: Callable[..., Any], argnums: int | Sequence[int], what: str, has_aux: bool = False
) -> Callable[..., Any]:
    """`grad`, on behalf of a transform that messages name."""

    @wraps(f)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        g, _, aux = _differentiated(f, argnums, what, has_aux, False, args, kwargs)
        return (g, aux) if has_aux else g

    return gradient


def _differentiated(
    f: Callable[..., Any],
    argnums: int | Sequence[int],
    what: str,
    has_aux: bool,
    has_value: bool,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> tuple[Any, Any, Any]:
    """Call a function and walk back: the gradient, and the value and aux as users get them, None if not asked for."""
    numbers = positions(argnums, len(args), what)
    inputs = Inputs([args[i] for i in numbers], what, args, numbers)
    with ReverseTrace() as trace:
        nodes, trees = inputs.follow(trace, lambda k, aval: Leaf(trace, aval))
        full = list(args)
        for i, tree in zip(numbers, trees, strict=True):
            full[i] = tree
        out = f(*full, **kwargs)
        out, aux = out if has_aux else (out, ())
        others, structure = flatten(aux)
        current([out, *others])
        inputs.check_results([out])
        roots = _scalar_root(inputs.space, trace, out, what)
    with inputs.space._backend.quiet():
        leaves = walk(roots, retain=False)
    gradients = inputs.trees(inputs.hand_out([leaves.get(node) for node in nodes]))
    g = gradients[0] if isinstance(argnums, int) else gradients
    if not (has_value or has_aux):
        return g, None, None
    value, *others = inputs.results(trace, [out, *others])
    return g, value, unflatten(structure, others)


def _scalar_root(space: Namespace, trace: ReverseTrace, out: Any, what: str) -> list[tuple[Node, Any]]:
    """Where to start the walk for a gradient: nowhere if the result does not depend on the arguments."""
    if isinstance(out, Tensor) and out._node is not None and out._node.trace is trace:
        aval = out._aval
        if not aval.ndim and aval.real:
            return [(out._node, space._one(raw_of(out), aval))]
    elif isinstance(out, Tensor):
        raw_of(out)  # raises for a Tensor whose transform has finished
    if not is_array(out):
        pair = " (with has_aux=True it may return a pair)" if what in ("grad", "value_and_grad") else ""
        raise NonScalarError(
            f"{what} takes a function that returns a scalar array; this one returned a {type(out).__name__}{pair}"
        )
    if isinstance(out, int | float | complex) and not hasattr(out, "dtype"):
        if isinstance(out, complex):
            raise _complex_output(what)
        return []
    if out.shape != ():
        raise NonScalarError(
            f"{what} takes a function that returns a scalar; this one returned shape {tuple(out.shape)}: reduce it, "
            "for example with xp.sum, or use jacobian or vjp"
        )
    if space._aval_of(out).complex:
        raise _complex_output(what)
    return []


def _complex_output(what: str) -> DtypeError:
    return DtypeError(
        f"{what} takes a function that returns a real scalar; this one returned a complex one: take xp.real(...) or "
        "xp.abs(...) of it, or use jacobian (holomorphic functions) or vjp"
    )


def vjp(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """Evaluate a function and return its pullback, the vector-Jacobian product.

    Parameters
    ----------
    f : callable
        A function of the primals that returns an array or a nested container of arrays.
    *primals : array, Tensor, float, or container of them

    Returns
    -------
    out
        ``f(*primals)``.
    pullback : callable
        Takes a cotangent, shaped as `out`, and returns a tuple of cotangents, one a primal. It may be
        called any number of times. The convention for complex numbers is Re<v, J w> = Re<J* v, w>. What it needs of
        the primals and of `out` it has copied: they may change.

    Examples
    --------
    >>> import agrad, numpy
    >>> out, pullback = agrad.vjp(lambda x: x * x, numpy.asarray([1.0, 2.0]))
    >>> pullback(numpy.asarray([1.0, 10.0]))
    (array([ 2., 40.]),)
    """
    run = Recorded(f, Inputs(primals, "vjp", keep=True))
    return run.out(), run.pullback


class Recorded:
    """One call of a function, recorded: its results, and the walk back from any of them."""

    def __init__(self, f: Callable[..., Any], inputs: Inputs) -> None:
        self.inputs = inputs
        with ReverseTrace() as self.trace:
            self._leaves, trees = inputs.follow(self.trace, lambda k, aval: Leaf(self.trace, aval))
            results, self.structure = flatten(f(*trees))
            current(results)
        inputs.check_results(results, self.structure)
        self.avals = [self._aval(y) for y in results]
        self._nodes = [y._node if isinstance(y, Tensor) else None for y in results]
        self.results = inputs.results(self.trace, results)

    def _aval(self, y: Any) -> Aval | None:
        if not is_array(y):
            return None
        aval = self.inputs.space._aval_of(y if hasattr(y, "dtype") else self.inputs.space._raw.asarray(y))
        return aval if aval.inexact else None

    def out(self) -> Any:
        """The results as users get them."""
        return unflatten(self.structure, self.results)

    def pull(self, cts: Sequence[Any], visit: Callable[[Node, Any], Any] | None = None) -> list[Any]:
        """Cotangents of the followed inputs for cotangents of the results; None stands for zeros."""
        roots = [
            (node, ct)
            for node, ct in zip(self._nodes, cts, strict=True)
            if ct is not None and node is not None and node.trace is self.trace
        ]
        with self.inputs.space._backend.quiet():
            found = walk(roots, retain=True, visit=visit)
        return [found.get(leaf) for leaf in self._leaves]

    def pullback(self, ct: Any) -> tuple[Any, ...]:
        """Cotangents of the inputs, one an argument, for a user's cotangent of the results."""
        where = "the pullback's cotangent"
        given, found = flatten(ct)
        if found != self.structure:
            raise DtypeError(f"{where} has the structure {found}; it must have the result's, {self.structure}")
        cts = [
            None if aval is None else seed_of(self.inputs.space, c, aval, where)
            for c, aval in zip(given, self.avals, strict=True)
        ]
        tensors = any(isinstance(c, Tensor) for c in given)
        return self.inputs.trees(self.inputs.hand_out(self.pull(cts), given, tensors))

    def zeros(self, k: int) -> Any:
        """Zeros like a result, on its device; None for one that is no array."""
        y = self.results[k]
        return zeros_like(self.inputs.space, y) if is_array(y) else None


def linearize(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """Evaluate a function and return its linear approximation at the primals, `f_jvp`.

    `f` runs once. Its pullback is linear in the cotangent; it is recorded once as well, and transposed.

    Parameters
    ----------
    f : callable
        As for `vjp`.
    *primals : array, Tensor, float, or container of them

    Returns
    -------
    out
        ``f(*primals)``.
    f_jvp : callable
        Takes one tangent a primal and returns the tangent of the result; may be called any number of times.

    Examples
    --------
    >>> import agrad
    >>> out, f_jvp = agrad.linearize(lambda x: x**3, 2.0)
    >>> float(out), float(f_jvp(1.0)), float(f_jvp(0.5))
    (8.0, 12.0, 6.0)
    """
    run = Recorded(f, Inputs(primals, "linearize", keep=True))
    inputs, space = run.inputs, run.inputs.space
    with ReverseTrace() as trace:
        leaves = [None if aval is None else Leaf(trace, aval) for aval in run.avals]
        pulled = run.pull(
            [
                None if aval is None else space._box(run.zeros(k), aval, leaf)
                for k, (aval, leaf) in enumerate(zip(run.avals, leaves, strict=True))
            ]
        )
    nodes = [ct._node if isinstance(ct, Tensor) else None for ct in pulled]

    def f_jvp(*tangents: Any) -> Any:
        roots = [
            (node, t)
            for node, t in zip(nodes, inputs.given(tangents), strict=True)
            if t is not None and node is not None and node.trace is trace
        ]
        with space._backend.quiet():
            found = walk(roots, retain=True)
        moved: list[Any] = []
        for k, leaf in enumerate(leaves):
            t = None if leaf is None else found.get(leaf)
            moved.append(run.zeros(k) if t is None else t)
        given = flatten(tangents)[0]
        return unflatten(run.structure, inputs.handed_out(moved, given, any(isinstance(t, Tensor) for t in given)))

    return run.out(), f_jvp


def positions(argnums: int | Sequence[int], count: int, what: str) -> tuple[int, ...]:
    """The positional arguments that argnums names."""
    if isinstance(argnums, int) and 0 <= argnums < count:
        return (argnums,)
    if isinstance(argnums, str) or not (hasattr(argnums, "__index__") or isinstance(argnums, Iterable)):
        raise TypeError(
            f"{what} got argnums={argnums!r}; it takes the position of an argument, such as 0, or a tuple of positions "
            "(arguments that are passed by name are not followed)"
        )
    numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    if not all(hasattr(i, "__index__") for i in numbers):
        raise TypeError(f"{what} got argnums={argnums!r}; positions of arguments are integers")
    for i in numbers:
        if not -count <= i < count:
            raise TypeError(f"{what} was asked for argument {i} of a call with {count} positional arguments")
    found = tuple(i % count for i in numbers)
    if len(set(found)) < len(found):
        raise ValueError(f"{what} was asked for an argument twice, argnums={argnums!r}; name each once")
    return found
