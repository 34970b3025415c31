"""The Graph: a function as a flat list of equations on values of known shapes and dtypes, of no library."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from agrad.arrays.convert import asarray, dtype_name
from agrad.arrays.imperative import handed_out
from agrad.arrays.namespaces import Namespace, array_namespace, namespace, owner
from agrad.arrays.tensors import Tensor
from agrad.errors import BackendError, DtypeError, GuardError, ShapeError
from agrad.graph.text import written
from agrad.interpret.apply import apply, raw_of, replaced, stopped
from agrad.interpret.bound import Bound
from agrad.interpret.levels import no_grad
from agrad.ops._shapes import device_of
from agrad.transforms.containers import flatten, place, unflatten

__all__ = [
    "GUARD", "HERE", "PASSING", "REPLACE", "STOP", "VALUES", "Capture", "Constant", "Dtype", "Equation", "Graph", "Var",
    "at_home", "mapped", "needed", "parameter", "variables",
]  # fmt: skip

GUARD = "guard"
"""The op of an equation that has no result: a truth value that Python has asked for must be what it was."""

STOP, REPLACE = "stop_gradient", "replace"
"""Of those that pass a value on: no derivative goes through it; it has the second argument's data and the first's."""


def _replaced(old: Any, new: Any) -> Any:
    """A value with another one's data and its own derivative; one that is followed itself takes its place whole."""
    node = new._node if isinstance(new, Tensor) else None
    if node is not None and node.trace.differentiates:
        return new
    with no_grad():
        return replaced(old, new._value if isinstance(new, Tensor) and node is None else new)


PASSING: dict[str, Callable[..., Any]] = {STOP: stopped, REPLACE: _replaced}

Operand = Any
"""A `Var`, `Constant`, `Capture` or `Dtype`, or a number, text, slice or None; in lists and tuples, too."""


class Var:
    """A value of a graph: an input, or what an equation computes."""

    __slots__ = ("dtype", "name", "shape", "weak")

    def __init__(self, shape: tuple[int, ...], dtype: str, weak: bool = False, name: str = "") -> None:
        self.shape = shape
        self.dtype = dtype
        self.weak = weak
        """Whether the input is a Python number."""
        self.name = name

    @property
    def kind(self) -> str:
        """Dtype and shape, as one reads them: ``float64[2, 3]``."""
        return f"{self.dtype}{list(self.shape)}"

    def __repr__(self) -> str:
        return f"<Var {self.name} {self.kind}>"


class Constant:
    """An array that does not depend on the inputs: what it held when the graph was recorded."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class Capture:
    """A leaf that the function closes over: graphs use what it holds when they are called, and it gets gradients."""

    __slots__ = ("tensor",)

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor


class Dtype(str):
    """A dtype by its name in the standard, as a parameter of an equation."""

    __slots__ = ()
    __repr__ = str.__str__


class _Here:
    """The device that the arguments are on, as a parameter of an equation."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "here"


HERE = _Here()


class Equation(NamedTuple):
    """One op on operands.

    Parameters
    ----------
    op : str
        Its name in the table, with its plugin's before it where it is one's: ``"sin"``, ``"special.erf"``.
    inputs : tuple
        Its data arguments: `Var`, `Constant`, `Capture`, Python numbers, indices; lists and tuples of them.
    params : dict
        Its parameters.
    outputs : tuple of Var
        Its results; of a guard, none.
    several : type or None
        The container of the results, where the op returns one.
    source : str
        The line of the user's source that called it, as ``"path:line"``.
    own : Bound or None
        An op that is in no table, such as one of `agrad.custom_op`.
    """

    op: str
    inputs: tuple[Operand, ...]
    params: dict[str, Operand]
    outputs: tuple[Var, ...]
    several: Any = None
    source: str = ""
    own: Bound | None = None


class Graph:
    """A function as it ran once: inputs, constants, a flat list of equations, and outputs.

    Made by `agrad.trace`. It is called as the function is, on arrays of any backend that have the shapes and dtypes it
    was recorded with, and every transform takes it.

    Attributes
    ----------
    name : str
        Of the function.
    backend : str
        The backend that it was recorded on.
    inputs : list of Var
        The arrays and numbers among the arguments, in order.
    equations : list of Equation
        In the order in which they ran.
    outputs : list
        What stands in the results: `Var`, `Constant`, or what is no array.

    Examples
    --------
    >>> import agrad, numpy
    >>> graph = agrad.trace(lambda x: (x * 2.0).sum(), numpy.ones(3))
    >>> [equation.op for equation in graph.equations]
    ['multiply', 'sum']
    >>> float(graph(numpy.asarray([1.0, 2.0, 3.0])))
    12.0
    """

    def __init__(
        self,
        name: str,
        backend: str,
        inputs: list[Var],
        fixed: dict[int, Any],
        structure: Any,
        equations: list[Equation],
        outputs: list[Operand],
        result: Any,
    ) -> None:
        self.name = name
        self.backend = backend
        self.inputs = inputs
        self.equations = equations
        self.outputs = outputs
        self.structure = structure
        """Of the arguments, ``(args, kwargs)``."""
        self.fixed = fixed
        """Leaves of the arguments that are neither arrays nor floats, by their place: they are part of the graph."""
        self.result = result
        """The structure of the results."""
        self._plans: dict[Namespace, _Plan] = {}

    # Parts ----------------------------------------------------------------------------------------

    @property
    def operands(self) -> Iterator[Operand]:
        """Every operand of the equations and results, out of their lists and tuples."""
        for e in self.equations:
            yield from needed(e)
        yield from variables(self.outputs)

    @cached_property
    def constants(self) -> list[Constant]:
        """The constants that are used, in order."""
        return list(dict.fromkeys(v for v in self.operands if isinstance(v, Constant)))

    @cached_property
    def captures(self) -> list[Capture]:
        """The leaves that the function closes over, in order."""
        return list(dict.fromkeys(v for v in self.operands if isinstance(v, Capture)))

    @property
    def guards(self) -> list[Equation]:
        """The equations that only check a truth value."""
        return [e for e in self.equations if e.op == GUARD]

    def replaced(self, equations: list[Equation], outputs: list[Operand] | None = None) -> Graph:
        """The same function by other equations."""
        outs = self.outputs if outputs is None else outputs
        return Graph(self.name, self.backend, self.inputs, self.fixed, self.structure, equations, outs, self.result)

    def __repr__(self) -> str:
        return written(self)

    def draw(self) -> Any:
        """A picture of the graph, as `agrad.draw` makes it."""
        from agrad.graph.draw import draw  # few programs draw

        return draw(self)

    def _repr_svg_(self) -> str:
        return str(self.draw().svg)

    def size(self) -> Any:
        """How many operations there are, how many bytes they write, and about how many floating-point operations.

        Returns
        -------
        Size
            With ``operations``, ``bytes``, ``peak``, ``flops`` and ``uncounted``. Counted are one operation for each
            element of what is pointwise, whatever the function, one for each element that a reduction takes, and the
            leading terms of linear algebra and of Fourier transforms; four times as many for complex numbers.

        Examples
        --------
        >>> import agrad, numpy
        >>> xp = agrad.namespace("numpy")
        >>> agrad.trace(xp.linalg.cholesky, numpy.eye(30)).size().flops
        9000
        """
        from agrad.graph.size import size  # few programs ask

        return size(self)

    def save(self, path: str | Path) -> None:
        """Write the graph to a file, which `agrad.load` reads on any backend.

        It is one zip of JSON and npz: nothing in it runs when it is read. Ops stand in it by name, those of plugins
        with their plugin's.

        Parameters
        ----------
        path : str or Path
            ``.agrad`` is the usual ending. A file that is there is replaced when the new one is whole.

        Raises
        ------
        FileError
            A part has no portable form: a custom op, a leaf that the function closes over, a device, a container of
            the user's own.
        """
        from agrad.graph.files import save  # which reads graphs, too

        save(self, path)

    # Calling --------------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The function, by its equations; plain arrays for plain arrays."""
        leaves, plain = self.matched(args, kwargs)
        space = self._space(leaves)
        known: dict[Any, Any] = {
            v: space._backend.lean(space._raw.asarray(x)) if type(x) in (float, complex) else x
            for v, x in zip(self.inputs, leaves, strict=True)
        }
        for c in self.captures:
            known[c] = c.tensor if c.tensor._space is space else asarray(c.tensor, backend=space._backend.name)
        results = self.evaluated(space, known, apply, self._checked, PASSING)
        assert results is not None  # a guard that does not hold has raised
        if plain and not any(isinstance(r, Tensor) and r._node is not None for r in results):
            results = self.handed_out(space, results, leaves)
        return unflatten(self.result, results)

    def evaluated(
        self,
        space: Namespace,
        known: dict[Any, Any],
        call: Callable[[Bound, list[Any], dict[str, Any]], Any],
        holds: Callable[[Equation, Any], bool],
        passing: Mapping[str, Callable[..., Any]],
    ) -> list[Any] | None:
        """The values of the outputs, an equation at a time; None where a guard does not hold.

        Parameters
        ----------
        space : Namespace
        known : dict
            The values of the inputs and of the captured leaves; it is filled with all others.
        call : callable
            How an op is called, with data and parameters.
        holds : callable
            Whether a guard, given with the value of its condition, holds.
        passing : mapping
            What `STOP` and `REPLACE` do.
        """
        plan = self._plans.get(space)
        if plan is None:
            plan = self._plans[space] = self._plan(space)
        known |= plan.constants

        def value(a: Operand) -> Any:
            return known[a] if type(a) in VALUES else a

        for e, f, params, located in plan.steps:
            given = [known[a] if type(a) is Var else mapped(value, a) for a in e.inputs]
            if f is None:
                if e.op != GUARD:
                    known[e.outputs[0]] = passing[e.op](*given)
                elif not holds(e, given[0]):
                    return None
                continue
            if located:
                here = next(device_of(raw_of(known[v])) for v in self.inputs if hasattr(known[v], "dtype"))
                params = {n: here if v is HERE else v for n, v in params.items()}
            out = call(f, given, params)
            for v, item in zip(e.outputs, out if e.several else (out,), strict=True):
                known[v] = item
        return [mapped(value, a) for a in self.outputs]

    def handed_out(self, space: Namespace, results: list[Any], given: Sequence[Any], boxed: bool = False) -> list[Any]:
        """Results as users get them, sharing memory with nothing: plain arrays, or Tensors where `boxed`."""
        kept = [v.value if type(v) is Constant else v.tensor for v in self.outputs if type(v) in (Constant, Capture)]
        places = [i for i, v in enumerate(self.outputs) if type(v) in VALUES]
        owned = handed_out([(space, raw_of(results[i])) for i in places], [*given, *kept])
        for i, array in zip(places, owned, strict=True):
            results[i] = space._wrap(array) if boxed else array
        return results

    def matched(self, args: Any, kwargs: Any) -> tuple[list[Any], bool]:
        """The values of the inputs, checked, and whether all of them are plain."""
        leaves, structure = flatten((args, kwargs), none_is_leaf=True)
        if structure != self.structure:
            raise BackendError(
                f"{self.name!r} was recorded with arguments of the structure {self.structure}, and got {structure}; "
                "trace it again with arguments like these"
            )
        found, plain = [], True
        inputs = iter(self.inputs)
        for i, leaf in enumerate(leaves):
            if i in self.fixed:
                if type(leaf) is not type(self.fixed[i]) or leaf != self.fixed[i]:
                    raise BackendError(
                        f"{self.name!r} was recorded with {self._place(i)} = {self.fixed[i]!r}, which is part of the "
                        f"graph, and got {leaf!r}; trace it again with this value"
                    )
                continue
            v = next(inputs)
            plain &= not isinstance(leaf, Tensor)
            found.append(self._fitting(v, leaf, i))
        return found, plain

    def _fitting(self, v: Var, leaf: Any, i: int) -> Any:
        if v.weak and type(leaf) in (float, complex):
            return leaf
        space = leaf._space if isinstance(leaf, Tensor) else owner(leaf)
        if space is None:
            raise BackendError(
                f"{self.name!r} got a {type(leaf).__name__} as {self._place(i)}; it was recorded with {v.kind}"
            )
        shape, dtype = tuple(leaf.shape), dtype_name(space, leaf.dtype)
        if shape != v.shape:
            raise ShapeError(
                f"{self.name!r} was recorded with shape {v.shape} for {self._place(i)}, and got {shape}; trace it "
                "again, or use agrad.compile, which does so for each shape"
            )
        if dtype != v.dtype:
            raise DtypeError(
                f"{self.name!r} was recorded with dtype {v.dtype} for {self._place(i)}, and got {dtype}; trace it "
                "again, or use agrad.compile, which does so for each dtype"
            )
        return leaf

    def _place(self, i: int) -> str:
        return place(self.structure, i, "").replace("[0][", "args[", 1).replace("[1][", "kwargs[", 1)

    def _space(self, leaves: Sequence[Any]) -> Namespace:
        arrays = [x for x in leaves if isinstance(x, Tensor) or owner(x) is not None]
        return array_namespace(*arrays) if arrays else namespace(self.backend)

    def _checked(self, guard: Equation, value: Any) -> bool:
        expected = guard.params["is"]
        if bool(value) != expected:
            raise GuardError(
                f"the graph was recorded where the condition at {guard.source} was {expected}, and it is "
                f"{not expected} now: the function branches otherwise there; trace it again, choose with xp.where, or "
                "use agrad.compile"
            )
        return True

    def _plan(self, space: Namespace) -> _Plan:
        """What is looked up once for a namespace."""
        steps: list[tuple[Equation, Bound | None, dict[str, Any], bool]] = []
        for e in self.equations:
            if e.own is not None and e.own.space is not space:
                raise BackendError(
                    f"{self.name!r} calls {e.op!r}, an op that its own declaration alone knows; it runs on "
                    f"{self.backend!r}, where it was recorded"
                )
            f = None if e.op == GUARD or e.op in PASSING else e.own or space._bind(e.op)
            params = {n: parameter(space, v) for n, v in e.params.items()}
            steps.append((e, f, params, any(v is HERE for v in params.values())))
        return _Plan(steps, {c: at_home(space, c) for c in self.constants})


class _Plan(NamedTuple):
    """A graph in one namespace: its steps with their ops and parameters, and its constants."""

    steps: list[tuple[Equation, Bound | None, dict[str, Any], bool]]
    constants: dict[Any, Any]


VALUES = (Var, Constant, Capture)
"""What stands for an array."""


def variables(a: Operand) -> Iterator[Any]:
    """What stands for an array in an operand."""
    if type(a) in VALUES:
        yield a
    elif type(a) is tuple or type(a) is list:
        for item in a:
            yield from variables(item)


def needed(e: Equation) -> list[Operand]:
    """What stands for an array in an equation's operands and parameters, quickly for the usual ones."""
    found = []
    for a in (*e.inputs, *e.params.values()):
        if type(a) in VALUES:
            found.append(a)
        elif type(a) is tuple or type(a) is list:
            found += variables(a)
    return found


def mapped(change: Callable[[Any], Any], a: Operand) -> Any:
    """An operand with each part changed, in the same lists and tuples."""
    kind = type(a)
    if kind is tuple or kind is list:
        return kind([mapped(change, item) for item in a])
    return change(a)


def parameter(space: Namespace, value: Any) -> Any:
    """A parameter as a namespace has it: dtypes by their names."""
    return getattr(space._raw, value) if type(value) is Dtype else value


def at_home(space: Namespace, constant: Constant) -> Any:
    """A constant as an array of a namespace."""
    value = constant.value
    own = value._space if isinstance(value, Tensor) else owner(value)
    if own is space:
        return value
    made = asarray(value, backend=space._backend.name)
    return made if made._node is not None else made._value
