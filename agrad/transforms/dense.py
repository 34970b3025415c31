"""Derivatives as arrays: `jacobian`, `hessian`, and the Hessian-vector product `hvp`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial, wraps
from typing import Any

from agrad.arrays.tensors import Tensor
from agrad.errors import DtypeError, ShapeError
from agrad.interpret.apply import raw_of
from agrad.interpret.aval import Aval
from agrad.interpret.reverse import Node
from agrad.ops._shapes import place_of
from agrad.transforms.boxing import Inputs
from agrad.transforms.containers import flatten, unflatten
from agrad.transforms.forward import pushed
from agrad.transforms.reverse import Recorded, gradient_of, positions

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
    return _dense(f, f, argnums, mode, "jacobian")


def _dense(
    wrapped: Callable[..., Any], f: Callable[..., Any], argnums: int | Sequence[int], mode: str | None, what: str
) -> Callable[..., Any]:
    """The Jacobian of `f`, on behalf of a transform of `wrapped` that messages name."""

    @wraps(wrapped)
    def dense(*args: Any, **kwargs: Any) -> Any:
        numbers = positions(argnums, len(args), what)

        def chosen(*selected: Any) -> Any:
            full = list(args)
            for i, tree in zip(numbers, selected, strict=True):
                full[i] = tree
            return f(*full, **kwargs)

        inputs = Inputs([args[i] for i in numbers], what, args, numbers)
        run = Recorded(chosen, inputs)
        if None in run.avals:
            raise DtypeError(f"{what} of a function with an integer, boolean or non-array result")
        reverse = mode == "rev" or (mode is None and _size(run.avals) <= _size(inputs.avals))
        blocks = _by_rows(run) if reverse else _by_columns(run, chosen)
        rows = []
        for row in blocks:
            trees = inputs.trees([inputs.space._wrap(b) if inputs.as_tensor else b for b in row])
            rows.append(trees[0] if isinstance(argnums, int) else trees)
        return unflatten(run.structure, rows)

    return dense


def _size(avals: Sequence[Any]) -> int:
    return sum(aval.size for aval in avals)


def hessian(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """Return a function that computes the Hessian of a scalar function.

    Reverse over reverse: `f` runs once, and the graph of its gradient is walked once an element.

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
    return _dense(f, gradient_of(f, argnums, "hessian"), argnums, "rev", "hessian")


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
    inputs = Inputs(tuple(primals), "hvp")
    directions = inputs.given(tuple(tangents))
    given = flatten(tuple(tangents))[0]
    run = Recorded(gradient_of(f, argnums, "hvp"), inputs)  # whose results are the gradients of the followed inputs
    products = inputs.trees(inputs.hand_out(run.pull(directions), given, any(isinstance(t, Tensor) for t in given)))
    return products[0] if argnums == 0 else products


# Blocks ---------------------------------------------------------------------------------------------


def _units(space: Any, aval: Aval, like: Any) -> Iterator[Any]:
    """The unit arrays of a shape, on the device of another array."""
    eye = space._raw.eye(aval.size, dtype=aval.dtype, device=place_of(raw_of(like)))
    for i in range(aval.size):
        yield eye[i, :] if aval.ndim == 1 else space._raw.reshape(eye[i, :], aval.shape)


def _stacked(space: Any, rows: list[Any], shape: tuple[int, ...], dtype: Any) -> Any:
    if not rows:
        return space._raw.zeros(shape, dtype=dtype)
    xp = space if any(isinstance(row, Tensor) for row in rows) else space._raw
    joined = xp.concat(rows) if rows[0].shape else xp.stack(rows)
    return joined if joined.shape == shape else xp.reshape(joined, shape)


def _by_rows(run: Recorded) -> list[list[Any]]:
    """Blocks from pullbacks of unit cotangents, one list a result."""
    space, inputs = run.inputs.space, run.inputs
    blocks = []
    for k, aval in enumerate(run.avals):
        assert aval is not None
        if not aval.complex and any(source.complex for source in inputs.avals):
            raise _not_holomorphic(run)
        units = _units(space, aval, run.results[k])
        rows = [_complex_row(run, k, unit) for unit in units] if aval.complex else run.rows(k, units)
        block = []
        for j, (i, source) in enumerate(zip(inputs.followed, inputs.avals, strict=True)):
            column = [inputs.zeros(i) if row[j] is None else row[j] for row in rows]
            block.append(_stacked(space, column, aval.shape + source.shape, aval.dtype))
        blocks.append(block)
    return blocks


def _complex_row(run: Recorded, k: int, unit: Any) -> list[Any]:
    """df of one complex output element from the pullbacks of 1 and of i."""
    space, inputs = run.inputs.space, run.inputs

    def pulled(*factors: complex) -> list[list[Any]]:
        rows = run.rows(k, [unit * c for c in factors])
        return [
            [inputs.zeros(i) if v is None else v for v, i in zip(row, inputs.followed, strict=True)] for row in rows
        ]

    def complex_ones(row: list[Any]) -> list[Any]:
        return [v for v, source in zip(row, inputs.avals, strict=True) if source.complex]

    along, turned = pulled(1, 1j)
    _check_holomorphic(run, complex_ones(along), complex_ones(turned), lambda c: complex_ones(pulled(c)[0]))
    return [
        space.conj(a) if source.complex else a + 1j * b
        for a, b, source in zip(along, turned, inputs.avals, strict=True)
    ]


def _by_columns(run: Recorded, f: Callable[..., Any]) -> list[list[Any]]:
    """Blocks from directional derivatives along unit tangents, one list a result."""
    space, inputs = run.inputs.space, run.inputs
    rows: list[list[list[Any]]] = [[[] for _ in inputs.avals] for _ in run.avals]

    def directional(j: int, unit: Any) -> list[Any]:
        return flatten(pushed(f, inputs, [unit if i == j else None for i in range(len(inputs.avals))])[1])[0]

    def turn(j: int, unit: Any, c: complex) -> list[Any]:
        return directional(j, unit * c)

    for j, source in enumerate(inputs.avals):
        if source.complex and any(aval is None or not aval.complex for aval in run.avals):
            raise _not_holomorphic(run)
        for unit in _units(space, source, inputs.leaves[inputs.followed[j]]):
            found = directional(j, unit)
            if source.complex:
                _check_holomorphic(run, found, directional(j, unit * 1j), partial(turn, j, unit))
            for k, t in enumerate(found):
                rows[k][j].append(t)
    blocks = []
    for k, aval in enumerate(run.avals):
        assert aval is not None
        row = []
        for j, source in enumerate(inputs.avals):
            block = _stacked(space, rows[k][j], source.shape + aval.shape, aval.dtype)
            order = (*range(source.ndim, source.ndim + aval.ndim), *range(source.ndim))
            row.append(space.permute_dims(block, order))
        blocks.append(row)
    return blocks


# Holomorphy -----------------------------------------------------------------------------------------

NOT_HOLOMORPHIC = {"Abs", "Conj", "Real", "Imag", "Sign"}
PROBES = (0.6 + 0.8j, -0.28 + 0.96j, 0.352 - 0.936j)
"""Numbers of modulus one with which rounding is measured: not powers of i, for which it would cancel."""


def _check_holomorphic(
    run: Recorded, along: Sequence[Any], turned: Sequence[Any], derivative: Callable[[complex], Sequence[Any]]
) -> None:
    """Refuse derivatives along 1 and i of which the second is not i times the first: the Cauchy-Riemann equations.

    Every entry is judged by itself, however large others are. One that does not hold to its own rounding may be the
    small difference of large numbers: then the rounding is measured, as how far that entry is from being linear over
    the real numbers, which every derivative is.
    """
    xp = run.inputs.space._raw
    pairs = [(raw_of(a), raw_of(b)) for a, b in zip(along, turned, strict=True)]
    gaps = [xp.abs(b - 1j * a) for a, b in pairs]
    allowed = [1000 * xp.finfo(a.dtype).eps * (xp.abs(a) + xp.abs(b)) for a, b in pairs]

    def holds() -> bool:
        return not any(bool(xp.any(gap > most)) for gap, most in zip(gaps, allowed, strict=True))

    if holds():
        return
    for c in PROBES:
        for i, ((a, b), t) in enumerate(zip(pairs, derivative(c), strict=True)):
            allowed[i] = allowed[i] + 1000 * xp.abs(raw_of(t) - (c.real * a + c.imag * b))
    if not holds():
        raise _not_holomorphic(run)


def _not_holomorphic(run: Recorded) -> DtypeError:
    """Name the operations that break holomorphy."""
    names: set[str] = set()

    def visit(node: Node, ct: Any) -> Any:
        names.add(type(node).__name__.removesuffix("Backward"))
        return ct

    run.pull([None if a is None else run.inputs.space._raw.zeros(a.shape, dtype=a.dtype) for a in run.avals], visit)
    culprits = ", ".join(sorted(n.lower() for n in names & NOT_HOLOMORPHIC)) or "an operation in it"
    return DtypeError(
        f"{run.inputs.what} of a function of a complex argument that is not holomorphic: {culprits} has no complex "
        "derivative; use vjp or jvp, or take the real and imaginary parts as separate real arguments"
    )
