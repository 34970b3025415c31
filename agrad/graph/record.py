"""`trace`: run a function on real values, and keep what it computed as a Graph."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from agrad.arrays.convert import dtype_name
from agrad.arrays.namespaces import Namespace, array_namespace, owner
from agrad.arrays.tensors import Tensor
from agrad.arrays.views import current
from agrad.errors import BackendError, UnsupportedError
from agrad.graph.graph import GUARD, HERE, REPLACE, STOP, Capture, Constant, Dtype, Equation, Graph, Operand, Var
from agrad.interpret.apply import execute, private, raw_of
from agrad.interpret.bound import Bound
from agrad.interpret.levels import OFF, Trace, switched_on
from agrad.interpret.record import BASE, watching_leaves
from agrad.interpret.reverse import Leaf
from agrad.interpret.watching import line_of_user
from agrad.ops import data_type
from agrad.ops._shapes import device_of
from agrad.transforms.containers import flatten, is_array, passes, place, unflatten

__all__ = ["check_fixed", "trace"]

NO_ARRAYS = frozenset({bool, int, float, complex, str, slice, type(None), type(Ellipsis)})
"""Types of operands that stand for themselves."""

SIZED = ("nonzero", "unique_all", "unique_counts", "unique_inverse", "unique_values")
"""Ops whose results have as many elements as the values say."""

ABOUT_DTYPES = frozenset(op.name for op in data_type.OPS if op.kind == "constant")
"""Ops that look at nothing but dtypes."""


def trace(f: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Graph:
    """Run a function on example arguments, and return what it computed as a Graph.

    Parameters
    ----------
    f : callable
        Of arrays, Python numbers and containers of them. Gradients inside are recorded as what they compute:
        ``trace(agrad.value_and_grad(f), x)`` is the whole backward program.
    *args, **kwargs
        Example arguments, with real values. The graph takes others of the same shapes and dtypes. Python floats may be
        others later; integers, truth values, texts and None are part of the graph.

    Returns
    -------
    Graph
        It prints readably, is called as `f` is, on arrays of any backend, and every transform takes it.

    Raises
    ------
    ConcretizationError
        `f` asks a value for its number (`float`, `item`, an index), which would be frozen.
    UnsupportedError
        A shape depends on values, or random numbers are drawn inside.
    BackendError
        An argument or a result is no array, number or container.

    Notes
    -----
    What depends on no argument is a constant, a plain array that `f` closes over included: the graph keeps a copy.
    Leaves that `f` closes over are looked at when the graph is called, and get gradients. Code that changes arrays in
    place, and views, come out as pure equations. Loops are unrolled. Where Python asks for a truth value, as in
    ``if x > 0``, an equation called ``guard`` notes what it was, and a call for which it differs raises `GuardError`.

    Examples
    --------
    >>> import agrad, numpy
    >>> def f(x):
    ...     xp = agrad.array_namespace(x)
    ...     return xp.sum(xp.sin(x) ** 2)
    >>> graph = agrad.trace(f, numpy.asarray([1.0, 2.0]))
    >>> [equation.op for equation in graph.equations]
    ['sin', 'pow_scalar', 'sum']
    >>> agrad.grad(graph)(numpy.asarray([0.0, 1.0]))
    array([0.        , 0.90929743])
    """
    leaves, structure = flatten((args, kwargs), none_is_leaf=True)
    arrays = [x for x in leaves if isinstance(x, Tensor) or owner(x) is not None]
    space = array_namespace(*arrays)
    recorder = Recorder(device_of(raw_of(arrays[0])) if arrays else None)
    inputs: list[Var] = []
    fixed: dict[int, Any] = {}
    boxed = list(leaves)
    names = _names(f, args, kwargs, len(leaves))
    with recorder, watching_leaves(recorder.lifted):
        for i, x in enumerate(leaves):
            weak = type(x) in (float, complex)
            if weak or isinstance(x, Tensor) or owner(x) is not None:
                boxed[i], v = recorder.box_input(space, x, weak, names[i])
                inputs.append(v)
            else:
                check_fixed(x, structure, i)
                fixed[i] = x
        given, options = unflatten(structure, boxed)
        ys, result = flatten(f(*given, **options), none_is_leaf=True)
        current(ys)
        outputs = []
        for i, y in enumerate(ys):
            if not (is_array(y) or passes(y)):
                where = place(result, i, "result")
                raise BackendError(f"trace of a function that returns a {type(y).__name__}, as {where}: return arrays")
            outputs.append(recorder.operand(space, y))
    name = getattr(f, "__name__", type(f).__name__)
    return Graph(name, space._backend.name, inputs, fixed, structure, recorder.equations, outputs, result)


def check_fixed(x: Any, structure: Any, i: int) -> None:
    """Refuse what can be no part of a graph, and is no array either."""
    if not (passes(x) or isinstance(x, int)):
        where = place(structure, i, "arguments")
        raise BackendError(
            f"a function was to be recorded with a {type(x).__name__} as {where}, which is no array, number, text or "
            "container that is known; close over it, or name it in static_argnames of agrad.compile"
        )


class Recorded:
    """What the recorder knows of a value: its place in the graph."""

    __slots__ = ("trace", "var")

    def __init__(self, trace: Recorder, var: Any) -> None:
        self.trace = trace
        self.var = var


class Recorder(Trace):
    """The interpretation that writes down what is computed."""

    differentiates = False

    __slots__ = ("_constants", "_dtypes", "_kept", "_leaves", "device", "equations")

    def __init__(self, device: Any) -> None:
        super().__init__()
        self.device = device
        """Where the arguments are."""
        self.equations: list[Equation] = []
        self._constants: dict[int, Constant] = {}
        self._leaves: dict[int, Tensor] = {}
        self._dtypes: dict[Any, str] = {}
        self._kept: list[Any] = []
        """What constants and leaves were made from, so that its address is not another's meanwhile."""

    # Values ---------------------------------------------------------------------------------------

    def box_input(self, space: Namespace, x: Any, weak: bool, name: str) -> tuple[Tensor, Var]:
        """An argument as a value of this trace."""
        if isinstance(x, Tensor):
            value = private(x) if x._node is not None else x._value
            aval = x._aval
        else:
            value = space._backend.lean(space._raw.asarray(x)) if weak else space._copied(x)
            aval = space._aval_of(value)
            aval = aval.weakened if weak else aval
        v = Var(aval.shape, dtype_name(space, aval.dtype), weak, name)
        return space._box(value, aval, Recorded(self, v)), v

    def operand(self, space: Namespace, a: Any) -> Operand:
        """What stands for a value in an equation."""
        kind = type(a)
        if kind in NO_ARRAYS:
            return a
        if kind is tuple or kind is list:
            return kind([self.operand(space, item) for item in a])
        if isinstance(a, Tensor):
            a = self.lifted(a)
            if a._node is not None and a._node.trace is self:
                return a._node.var
            return self._constant(space, a if a._node is not None else a._value)
        return self._constant(space, a) if owner(a) is not None else a

    def _constant(self, space: Namespace, value: Any) -> Constant:
        made = self._constants.get(id(value))
        if made is None:
            self._kept.append(value)
            kept = private(value) if isinstance(value, Tensor) else space._copied(value)
            made = self._constants[id(value)] = Constant(kept)
        return made

    def lifted(self, a: Any) -> Any:
        """A value that a user's own leaves follow, as one of this trace."""
        kind = type(a)
        if kind is tuple or kind is list:
            return kind([self.lifted(item) for item in a])
        if not isinstance(a, Tensor) or a._node is None or a._node.trace is not BASE:
            return a
        found = self._leaves.get(id(a._node))
        if found is None:
            self._kept.append(a._node)
            leaf = a._node.of() if type(a._node) is Leaf else None
            capture = Capture(a if leaf is None else leaf)
            value = raw_of(a)
            found = self._leaves[id(a._node)] = a._space._box(value, a._aval.strong, Recorded(self, capture))
        return private(found)

    # Ops ------------------------------------------------------------------------------------------

    def process(self, f: Bound, args: Sequence[Any], params: dict[str, Any]) -> Any:
        """Compute one level out, and write the op down."""
        space: Any = f.space
        op = f.op
        args = [self.lifted(a) for a in args]
        self._check_sizes(f, args)
        if any(getattr(v, "once", False) for v in params.values()):
            raise UnsupportedError(
                f"trace met {op.name!r} at {_source()}, an agrad.Function, whose call cannot be computed again with "
                "other values; declare it with agrad.custom_op instead"
            )
        out = execute(f, [self._opened(a) for a in args], params)
        if op.name in ABOUT_DTYPES:  # which are those of the graph's arguments, whatever these hold
            return out
        results = out if isinstance(out, tuple | list) else (out,)
        if not all(space._owns(r) or isinstance(r, Tensor) for r in results):
            raise UnsupportedError(f"{f!r} was traced, and returns a {type(out).__name__}, which no graph can hold")
        avals = [space._aval_of(r) for r in results]
        made = tuple([Var(aval.shape, self._dtype(space, aval.dtype)) for aval in avals])
        known = space._op(op.name)
        data, named = self._call(space, f, known, args, params)
        several = type(out) if isinstance(out, tuple | list) else None
        own = f if known is None or op.custom else None
        self.equations.append(Equation(op.name, data, named, made, several, _source(), own))
        boxed = [space._box(r, aval, Recorded(self, v)) for r, aval, v in zip(results, avals, made, strict=True)]
        if OFF and not switched_on(self.level):  # as no_grad means it for whoever differentiates the graph
            boxed = [self.stopping(t) for t in boxed]
        return space._rebuild(out, boxed) if several else boxed[0]

    def _dtype(self, space: Namespace, dtype: Any) -> str:
        """The name of a dtype, which is looked for once."""
        found = self._dtypes.get(dtype)
        if found is None:
            found = self._dtypes[dtype] = dtype_name(space, dtype)
        return found

    def _call(self, space: Any, f: Bound, known: Any, args: Sequence[Any], params: Any) -> tuple[Any, dict[str, Any]]:
        """Data and parameters as the table declares them: an index without arrays may have come as a parameter."""
        given = dict(zip(f.arguments, args, strict=True)) | params
        arguments = f.arguments if known is None else known.arguments
        data = tuple([self.operand(space, given.pop(n)) for n in arguments])
        return data, {n: self._parameter(space, n, v) for n, v in given.items()}

    def _parameter(self, space: Namespace, name: str, value: Any) -> Any:
        """A parameter that means the same on another backend: dtypes by name, and the arguments' device as such."""
        if name == "dtype" and value is not None and not isinstance(value, str):
            return Dtype(dtype_name(space, value))
        return HERE if name in ("device", "origin") and value is not None and value == self.device else value

    def _opened(self, a: Any) -> Any:
        """A value one level out."""
        kind = type(a)
        if kind is tuple or kind is list:
            return kind([self._opened(item) for item in a])
        if not isinstance(a, Tensor):
            return a
        if a._node is None or a._node.trace is self:
            return a._value
        return private(a)

    def _check_sizes(self, f: Bound, args: Sequence[Any]) -> None:
        """Refuse what has as many elements as the traced values say: another call would have others."""
        name = f.op.name
        key = args[1] if len(args) > 1 else None
        counted = name == "repeat" and isinstance(key, Tensor) and self._is_own(key)
        items = key if isinstance(key, tuple) else (key,)
        tensors = [k for k in items if isinstance(k, Tensor) and k.ndim and self._is_own(k)]
        masked = name == "getitem" and any(f.space._raw.isdtype(k.dtype, "bool") for k in tensors)
        if name in SIZED or counted or masked:
            what = "an index by a mask" if masked else f"{name!r}" + (" by an array of counts" if counted else "")
            raise UnsupportedError(
                f"trace met {what} at {_source()}, whose result has as many elements as the traced values say; keep "
                "the shape with xp.where(mask, x, 0.0), or do this outside of the traced function"
            )

    def _is_own(self, t: Tensor) -> bool:
        return t._node is not None and t._node.trace is self

    def stopping(self, t: Tensor) -> Tensor:
        """Write down that no derivative goes through a value."""
        return self._passed_on(STOP, t, t) if t._aval.inexact else t

    def replacing(self, old: Tensor, new: Tensor) -> Tensor:
        """Write down that a value has other data, where `no_grad` leaves its derivative what it was."""
        if not OFF or switched_on(self.level) or not old._aval.inexact:
            return new
        return self._passed_on(REPLACE, new, old, new)

    def _passed_on(self, op: str, like: Tensor, *given: Tensor) -> Tensor:
        space: Any = like._space
        made = Var(like._aval.shape, dtype_name(space, like._aval.dtype))
        data = tuple([self.operand(space, t) for t in given])
        self.equations.append(Equation(op, data, {}, (made,), None, _source()))
        value = like._value if like._node is None or like._node.trace is self else private(like)
        made_of: Tensor = space._box(value, like._aval, Recorded(self, made))
        return made_of

    def decided(self, t: Tensor, value: bool) -> None:
        """Note what Python was told when it asked for a truth value."""
        self.equations.append(Equation(GUARD, (t._node.var,), {"is": value}, (), None, _source()))


def _source() -> str:
    line = line_of_user()
    return "" if line is None else f"{line[0]}:{line[1]}"


def _names(f: Any, args: tuple[Any, ...], kwargs: dict[str, Any], n: int) -> list[str]:
    """What the function calls its arguments, where an argument is an array itself."""
    names = [""] * n
    try:
        bound = inspect.signature(f).bind(*args, **kwargs).arguments
    except (TypeError, ValueError):
        return names
    at = {id(value): name for name, value in bound.items() if name.isidentifier()}
    leaves = list(args) + list(kwargs.values())
    if len(leaves) == n:
        names = [at.get(id(x), "") for x in leaves]
    return names
