"""Derivatives as arrays: `jacobian`, `hessian`, and the Hessian-vector product `hvp`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from agrad.aval import Aval
from agrad.errors import DtypeError, ShapeError
from agrad.interpret.apply import raw_of
from agrad.interpret.reverse import Node
from agrad.ops._shapes import place_of
from agrad.transforms.boxing import Inputs, flatten, unflatten
from agrad.transforms.forward import jvp
from agrad.transforms.reverse import Recorded, grad, positions, vjp

__all__ = ["hessian", "hvp", "jacobian"]


def jacobian(f: Callable[..., Any], argnums: int | Sequence[int] = 0, mode: str | None = None) -> Callable[..., Any]:
    """Return a function that computes the Jacobian.

    Parameters
    ----------
    f : callable
        Returns an array or a nested container of arrays.
    argnums : int or sequence of int
        The positional arguments to differentiate.
    mode : {"rev", "fwd"}, optional
        One pullback an output element, or one `jvp` an input element; by default the cheaper one.

    Returns
    -------
    callable
        Returns, in the container of the result and within it in that of the argument, arrays of shape
        ``out.shape + arg.shape``. For complex arguments: df/dz of a holomorphic function.

    Raises
    ------
    DtypeError
        The function of a complex argument is not holomorphic; the operations that break it are named.

    Examples
    --------
    >>> import agrad, numpy
    >>> agrad.jacobian(lambda x: x * x)(numpy.asarray([1.0, 3.0]))
    array([[2., 0.],
           [0., 6.]])
    """
    if mode not in (None, "rev", "fwd"):
        raise ValueError(f"jacobian got mode={mode!r}; it takes 'rev', 'fwd' or None")

    @wraps(f)
    def dense(*args: Any, **kwargs: Any) -> Any:
        numbers = positions(argnums, len(args), "jacobian")

        def chosen(*selected: Any) -> Any:
            full = list(args)
            for i, tree in zip(numbers, selected, strict=True):
                full[i] = tree
            return f(*full, **kwargs)

        inputs = Inputs([args[i] for i in numbers], "jacobian", args)
        run = Recorded(chosen, inputs)
        height = sum(aval.size for aval in run.avals if aval is not None)
        width = sum(aval.size for aval in inputs.avals)
        reverse = mode == "rev" or (mode is None and height <= width)
        blocks = (_by_rows if reverse else _by_columns)(run, chosen)
        rows = []
        for row in blocks:
            trees = inputs.trees([inputs.space._wrap(b) if inputs.as_tensor else b for b in row])
            rows.append(trees[0] if isinstance(argnums, int) else trees)
        return unflatten(run.structure, rows)

    return dense


def hessian(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """Return a function that computes the Hessian of a scalar function, forward over reverse.

    Parameters
    ----------
    f : callable
        Returns a real scalar.
    argnums : int or sequence of int
        The positional arguments to differentiate twice.

    Returns
    -------
    callable
        Returns arrays of shape ``arg.shape + arg.shape`` (for containers, nested as in `jacobian`).

    Examples
    --------
    >>> import agrad, numpy
    >>> agrad.hessian(lambda x: x[0] * x[1] ** 2)(numpy.asarray([1.0, 3.0]))
    array([[0., 6.],
           [6., 2.]])
    """
    return jacobian(grad(f, argnums), argnums, mode="fwd")


def hvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """Return the product of a scalar function's Hessian with a vector, without forming the Hessian.

    Reverse over reverse: the Hessian is symmetric, so that its transpose will do, and `f` runs once.

    Parameters
    ----------
    f : callable
        Returns a real scalar.
    primals, tangents : sequence
        The arguments of `f`, and one tangent for each.

    Returns
    -------
    array or container, or a tuple of them
        Shaped as the primal where there is one, a tuple where there are several.

    Examples
    --------
    >>> import agrad, numpy
    >>> agrad.hvp(lambda x: (x**3).sum(), (numpy.asarray([1.0, 2.0]),), (numpy.asarray([1.0, 1.0]),))
    array([ 6., 12.])
    """
    argnums = 0 if len(primals) == 1 else tuple(range(len(primals)))
    if len(primals) != len(tangents):
        raise ShapeError(f"hvp got {len(primals)} primals and {len(tangents)} tangents; it takes one tangent a primal")
    _, pullback = vjp(grad(f, argnums), *primals)
    products = pullback(tangents[0] if argnums == 0 else tuple(tangents))
    return products[0] if argnums == 0 else products


# Blocks ---------------------------------------------------------------------------------------------


def _units(space: Any, aval: Aval, like: Any) -> list[Any]:
    """The unit arrays of a shape, on the device of another array."""
    eye = space._raw.eye(aval.size, dtype=aval.dtype, device=place_of(raw_of(like)))
    return [space._raw.reshape(eye[i, :], aval.shape) for i in range(aval.size)]


def _stacked(space: Any, rows: list[Any], shape: tuple[int, ...], dtype: Any) -> Any:
    if not rows:
        return space._raw.zeros(shape, dtype=dtype)
    return space.reshape(space.stack(rows), shape)


def _by_rows(run: Recorded, f: Callable[..., Any]) -> list[list[Any]]:
    """Blocks from pullbacks of unit cotangents, one list a result."""
    space, inputs = run.inputs.space, run.inputs
    blocks = []
    for k, aval in enumerate(run.avals):
        if aval is None:
            raise DtypeError("jacobian of a function with an integer, boolean or non-array result")
        columns: list[list[Any]] = [[] for _ in inputs.avals]
        for unit in _units(space, aval, run.results[k]):
            cts: list[Any] = [None] * len(run.avals)
            cts[k] = unit
            real = _filled(inputs, run.pull(cts))
            imaginary = None
            if aval.complex:
                cts[k] = unit * 1j
                imaginary = _filled(inputs, run.pull(cts))
            for j, source in enumerate(inputs.avals):
                other = None if imaginary is None else imaginary[j]
                columns[j].append(_row(run, source, aval, real[j], other))
        blocks.append(
            [
                _stacked(space, column, aval.shape + source.shape, aval.dtype)
                for column, source in zip(columns, inputs.avals, strict=True)
            ]
        )
    return blocks


def _row(run: Recorded, source: Aval, aval: Aval, real: Any, imaginary: Any) -> Any:
    """df of one output element from the pullbacks of 1 and of i."""
    space = run.inputs.space
    if not source.complex:
        return real if imaginary is None else real + 1j * imaginary
    if not aval.complex or not _proportional(space, imaginary, real):
        raise _not_holomorphic(run)
    return space.conj(real)


def _by_columns(run: Recorded, f: Callable[..., Any]) -> list[list[Any]]:
    """Blocks from directional derivatives along unit tangents, one list a result."""
    space, inputs = run.inputs.space, run.inputs
    rows: list[list[list[Any]]] = [[[] for _ in inputs.avals] for _ in run.avals]
    primals = unflatten(inputs.treedef, inputs.leaves)

    def directional(j: int, unit: Any) -> list[Any]:
        directions: list[Any] = [inputs.zeros(i) for i in inputs.followed]
        directions[j] = unit
        return flatten(jvp(f, primals, inputs.trees(directions))[1])[0]

    for j, source in enumerate(inputs.avals):
        for unit in _units(space, source, inputs.leaves[inputs.followed[j]]):
            found = directional(j, unit)
            if source.complex:
                turned = directional(j, unit * 1j)
                for aval, a, b in zip(run.avals, turned, found, strict=True):
                    if aval is None or not aval.complex or not _proportional(space, a, b):
                        raise _not_holomorphic(run)
            for k, t in enumerate(found):
                rows[k][j].append(t)
    blocks = []
    for k, aval in enumerate(run.avals):
        if aval is None:
            raise DtypeError("jacobian of a function with an integer, boolean or non-array result")
        row = []
        for j, source in enumerate(inputs.avals):
            block = _stacked(space, rows[k][j], source.shape + aval.shape, aval.dtype)
            order = (*range(source.ndim, source.ndim + aval.ndim), *range(source.ndim))
            row.append(space.permute_dims(block, order))
        blocks.append(row)
    return blocks


def _filled(inputs: Inputs, values: list[Any]) -> list[Any]:
    return [inputs.zeros(i) if v is None else v for v, i in zip(values, inputs.followed, strict=True)]


def _proportional(space: Any, turned: Any, straight: Any) -> bool:
    """Whether the derivative along i is i times that along 1: the Cauchy-Riemann equations."""
    xp = space._raw
    a, b = raw_of(turned), raw_of(straight)
    scale = xp.max(xp.abs(b)) + xp.max(xp.abs(a)) if b.size else xp.asarray(0.0)
    gap = xp.max(xp.abs(a - 1j * b)) if b.size else xp.asarray(0.0)
    return not bool(gap > 1000 * xp.finfo(b.dtype).eps * scale)


NOT_HOLOMORPHIC = {"Abs", "Conj", "Real", "Imag", "Sign"}


def _not_holomorphic(run: Recorded) -> DtypeError:
    """Name the operations that break holomorphy."""
    names: set[str] = set()

    def visit(node: Node, ct: Any) -> Any:
        names.add(type(node).__name__.removesuffix("Backward"))
        return ct

    run.pull([None if a is None else run.inputs.space._raw.zeros(a.shape, dtype=a.dtype) for a in run.avals], visit)
    culprits = ", ".join(sorted(n.lower() for n in names & NOT_HOLOMORPHIC)) or "an operation in it"
    return DtypeError(
        f"jacobian of a function of a complex argument that is not holomorphic: {culprits} has no complex derivative; "
        "use vjp or jvp, or take the real and imaginary parts as separate real arguments"
    )
