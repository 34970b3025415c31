"""The op: the arguments of a call, the steps of its plan, and what the conformance suite tries it on."""

from __future__ import annotations

from typing import Any

from agrad.cases import Case
from agrad.declare import composite
from agrad_einsum.plan import Calls, plan
from agrad_einsum.subscripts import joined

__all__ = ["OPS"]

DOC = """
Sum products of the elements of arrays over indices: Einstein's convention.

Parameters
----------
subscripts : str
    A letter for each axis of each operand, with commas between operands, then ``->`` and the axes of the result;
    what the result leaves out is summed over. An index that an operand has several times takes its diagonal, and
    ``...`` stands for the axes that have no letter. Without ``->`` the result has the axes of ``...``, then, in
    alphabetical order, the letters that appear once. Axes of length 1 broadcast. NumPy's other form,
    ``einsum(x, [0, 1], y, [1, 2], [0, 2])``, works too.
*operands : array
    Of numeric dtypes that promote; Python scalars count as 0-d.
optimize : str, bool, sequence of tuple of int, or opt_einsum.paths.PathOptimizer
    The order in which three or more operands are contracted: a way for opt_einsum to find it (``"auto"``,
    ``"optimal"``, ``"greedy"``, ...), a path as ``opt_einsum.contract_path`` returns it, or False for left to right.

Returns
-------
out : array
    Of the operands' promoted dtype.

Raises
------
ValueError
    The subscripts are malformed, or do not fit to the operands.

Examples
--------
>>> import agrad
>>> xp = agrad.namespace("numpy")
>>> x, y = xp.asarray([[1.0, 2.0], [3.0, 4.0]]), xp.asarray([1.0, 10.0])
>>> xp.einsum.einsum("ij,j->i", x, y)
Tensor([21. 43.], dtype=float64)
>>> agrad.grad(lambda x: xp.einsum.einsum("ij,jk,k->", x, x, y))(x)
Tensor([[ 25.  83.]
        [ 27. 103.]], dtype=float64)
"""


def _decomposition(xp: Any, subscripts: Any, operands: tuple[Any, ...], optimize: Any) -> Any:
    if not isinstance(subscripts, str):
        subscripts, operands = joined(subscripts, *operands)
    for i, x in enumerate(operands):
        if not hasattr(x, "shape") and not isinstance(x, (int, float, complex)):
            raise TypeError(
                f"einsum got a {type(x).__name__} as operand {i}; it takes arrays: convert it with xp.asarray(x)"
            )
    if isinstance(optimize, list | tuple):
        optimize = tuple(step if isinstance(step, str) else tuple(step) for step in optimize)
    steps = plan(subscripts, tuple([tuple(getattr(x, "shape", ())) for x in operands]), optimize)
    arrays = [_call(xp, x, calls) for x, calls in zip(operands, steps.alone, strict=True)]
    for first, second, left, right, how, axes, after in steps.pairs:
        a, b = _call(xp, arrays[first], left), _call(xp, arrays[second], right)
        arrays[first] = arrays[second] = None  # frees what only this contraction needs
        arrays.append(_call(xp, _contract(xp, how, a, b, axes), after))
    out = arrays[-1]
    return out if hasattr(out, "shape") else xp.asarray(out)


def _call(xp: Any, x: Any, calls: Calls) -> Any:
    for name, argument in calls:
        # small integers stay small in a sum, as they do in a product
        x = xp.sum(x, axis=argument, dtype=x.dtype) if name == "sum" else getattr(xp, name)(x, argument)
    return x


def _contract(xp: Any, how: str, a: Any, b: Any, axes: Any) -> Any:
    if how == "multiply":
        return a * b
    if how == "tensordot":
        return xp.tensordot(a, b, axes=axes)
    if how == "matmul":
        return xp.matmul(a, b)
    return xp.vecdot(xp.conj(a) if xp.isdtype(a.dtype, "complex floating") else a, b)  # vecdot conjugates it once more


def _reference(mp: Any, subscripts: str, *operands: Any, optimize: Any = None) -> Any:
    import numpy

    return numpy.asarray(numpy.einsum(subscripts, *operands))


ANY = ("float64", "complex128", "float32", "complex64")


def _case(subscripts: str, *shapes: tuple[int, ...], **params: Any) -> Case:
    return Case(lambda draw: (subscripts, *(draw(*shape) for shape in shapes)), params, ANY)


OPS = (
    composite(
        "einsum(subscripts, /, *operands, optimize='auto')",
        _decomposition,
        doc=DOC,
        reference=_reference,
        cases=(
            _case("ij,jk->ik", (2, 3), (3, 4)),
            _case("ji,jk->ki", (3, 2), (3, 2)),
            _case("bij,bjk->bik", (2, 2, 3), (2, 3, 2)),
            _case("ij,ij->", (2, 3), (2, 3)),
            _case("bi,bi->b", (3, 2), (3, 2)),
            _case("i,j->ji", (2,), (3,)),
            _case("ijkl,jl->ik", (2, 2, 1, 3), (2, 3)),
            _case("...ij,...jk", (2, 1, 2, 3), (2, 3, 2)),
            _case("ij,jk,kl,l->i", (2, 3), (3, 2), (2, 3), (3,)),
            _case("ij,jk,ki->", (2, 3), (3, 2), (2, 2), optimize=False),
            _case("ii", (3, 3)),
            _case("iij->ji", (2, 2, 3)),
            _case("ij->j", (3, 2)),
            _case("ij,ij->ij", (1, 3), (2, 1)),
            _case(",i->i", (), (3,)),
            _case("ij,jk->ik", (2, 0), (0, 3)),
        ),
    ),
)
