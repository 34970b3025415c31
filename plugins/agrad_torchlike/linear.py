"""Products of matrices and vectors, and ``torch.linalg``."""

from __future__ import annotations

from math import prod
from typing import Any

from agrad_torchlike import dtypes
from agrad_torchlike.arithmetic import promoted
from agrad_torchlike.graph import edge
from agrad_torchlike.reductions import vector_norm
from agrad_torchlike.registry import add, attribute, op, record, tensor_op
from agrad_torchlike.tensors import Tensor, new
from agrad_torchlike.versions import counter_of, maker_of

__all__: list[str] = []


def _alike(x: Any, y: Any) -> None:
    if x.dtype is not y.dtype:
        raise RuntimeError(f"expected m1 and m2 to have the same dtype, but got: {_c(x.dtype)} != {_c(y.dtype)}")


def _c(d: dtypes.dtype) -> str:
    return {"float32": "float", "float64": "double", "int64": "long long", "int32": "int"}.get(d.name, d.name)


FIRST_FIRST = ("DotBackward0", "MvBackward0")
"""Derivatives that look at the first operand first, of those that they have kept."""


def _product(x: Any, y: Any, node: str) -> Any:
    made = new(Tensor)
    made._t = t = x._t @ y._t
    followed = t.node
    if followed is not None:
        first, second = edge(x), edge(y)
        kept = [followed]
        if first is not None:
            c = y._counter or counter_of(y)
            kept += (c, c[0], y._t.aval, maker_of(y) if second is None else second)
        if second is not None:
            c = x._counter or counter_of(x)
            own = (c, c[0], x._t.aval, maker_of(x) if first is None else first)
            kept[1:1] = own if node in FIRST_FIRST else ()
            kept += () if node in FIRST_FIRST else own
        made._op = (node, first, second, kept)
    return made


def _cannot(x: Any, y: Any) -> RuntimeError:
    return RuntimeError(
        f"mat1 and mat2 shapes cannot be multiplied ({'x'.join(map(str, x._t.shape))} and "
        f"{'x'.join(map(str, y._t.shape))})"
    )


def _cannot_stacked(x: tuple[int, ...], y: tuple[int, ...]) -> RuntimeError | None:
    """The error of a product with a vector on the left, or with a stack there, which PyTorch takes for one matrix."""
    rows = prod(x[:-1])
    if len(y) == 1:
        return RuntimeError(f"size mismatch, got input ({rows}), mat ({rows}x{x[-1]}), vec ({y[0]})")
    if len(y) == 2:
        return RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({rows}x{x[-1]} and {y[0]}x{y[1]})")
    return None


@tensor_op()
def mm(input: Any, mat2: Any) -> Any:
    """The product of two matrices."""
    a, b = input._t.aval, mat2._t.aval
    if a.ndim == b.ndim == 2 and a.shape[1] == b.shape[0] and a.dtype is b.dtype:
        return _product(input, mat2, "MmBackward0")
    if input._t.ndim != 2:
        raise RuntimeError("self must be a matrix")
    if mat2._t.ndim != 2:
        raise RuntimeError("mat2 must be a matrix")
    _alike(input, mat2)
    if input._t.shape[1] != mat2._t.shape[0]:
        raise _cannot(input, mat2)
    return _product(input, mat2, "MmBackward0")


@tensor_op()
def mv(input: Any, vec: Any) -> Any:
    """The product of a matrix and a vector."""
    if input._t.ndim != 2 or vec._t.ndim != 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got 1, {input._t.ndim}, {vec._t.ndim}")
    _alike(input, vec)
    if input._t.shape[1] != vec._t.shape[0]:
        m, n = input._t.shape
        raise RuntimeError(f"size mismatch, got input ({m}), mat ({m}x{n}), vec ({vec._t.shape[0]})")
    return _product(input, vec, "MvBackward0")


@tensor_op()
def dot(input: Any, tensor: Any) -> Any:
    """The sum of the products of two vectors."""
    if input._t.ndim != 1 or tensor._t.ndim != 1:
        raise RuntimeError(f"1D tensors expected, but got {input._t.ndim}D and {tensor._t.ndim}D tensors")
    if input.dtype is not tensor.dtype:
        raise RuntimeError(
            f"dot : expected both vectors to have same dtype, but found {input.dtype.word} and {tensor.dtype.word}"
        )
    m, n = input._t.size, tensor._t.size
    if m != n:
        raise RuntimeError(
            f"inconsistent tensor size, expected tensor [{m}] and src [{n}] to have the same number of elements, but "
            f"got {m} and {n} elements respectively"
        )
    return _product(input, tensor, "DotBackward0")


@tensor_op()
def bmm(input: Any, mat2: Any) -> Any:
    """The products of the matrices in two stacks."""
    if input._t.ndim != 3:
        raise RuntimeError("batch1 must be a 3D tensor")
    if mat2._t.ndim != 3:
        raise RuntimeError("batch2 must be a 3D tensor")
    b, _, n = input._t.shape
    if mat2._t.shape[:2] != (b, n):
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: [{b}, {n}] but got: "
            f"[{mat2._t.shape[0]}, {mat2._t.shape[1]}]."
        )
    _alike(input, mat2)
    return _product(input, mat2, "BmmBackward0")


@tensor_op()
def matmul(input: Any, other: Any) -> Any:
    """The product of vectors, matrices, or stacks of matrices."""
    if not isinstance(other, Tensor):
        raise TypeError(f"matmul(): argument 'other' (position 2) must be Tensor, not {type(other).__name__}")
    x, y = input._t, other._t
    m, n = x.ndim, y.ndim
    if m == 2 and n == 2:
        return mm(input, other)
    if m == 2 and n == 1:
        return mv(input, other)
    if m == 1 and n == 1:
        return dot(input, other)
    if not m or not n:
        raise RuntimeError(f"both arguments to matmul need to be at least 1D, but they are {m}D and {n}D")
    _alike(input, other)
    if x.shape[-1] != y.shape[-2 if n > 1 else 0]:
        raise _cannot_stacked(tuple(x.shape), tuple(y.shape)) or _cannot(input, other)
    y = _product(input, other, "MmBackward0" if 2 in (m, n) else "BmmBackward0")
    if y._op is not None:
        y._op = ("SqueezeBackward4" if m == 1 and n == 2 else "UnsafeViewBackward0", y._op)
    return y


def _operator(self: Any, other: Any) -> Any:
    """``@``: the short way for a matrix on the left; where it fails, the long way says why."""
    if not isinstance(other, Tensor):
        return NotImplemented
    x, y = self._t, other._t
    a, b = x.aval, y.aval
    if a.ndim == 2 and b.ndim in (1, 2) and a.shape[1] == b.shape[0] and a.dtype is b.dtype:
        return _product(self, other, "MmBackward0" if b.ndim == 2 else "MvBackward0")
    return matmul(self, other)


attribute("__matmul__", _operator)


@op("AddmmBackward0")
def addmm(xp: Any, x: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """``beta * input + alpha * (mat1 @ mat2)``."""
    if mat1.shape[-1] != mat2.shape[0]:
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied ({'x'.join(map(str, mat1.shape))} and "
            f"{'x'.join(map(str, mat2.shape))})"
        )
    product = mat1 @ mat2
    return (x if beta == 1 else x * beta) + (product if alpha == 1 else product * alpha)


@op("AddmvBackward0")
def addmv(xp: Any, x: Any, mat: Any, vec: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """``beta * input + alpha * (mat @ vec)``."""
    return x * beta + (mat @ vec) * alpha


@op("BaddbmmBackward0")
def baddbmm(xp: Any, x: Any, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """``beta * input + alpha * (batch1 @ batch2)``."""
    return x * beta + (batch1 @ batch2) * alpha


for _name in ("outer", "ger"):

    @tensor_op(name=_name)
    def _outer(input: Any, vec2: Any) -> Any:
        """All products of the elements of two vectors."""
        return input.view(-1, 1) * vec2


@op("UnsafeViewBackward0")
def kron(xp: Any, x: Any, other: Any) -> Any:
    """The Kronecker product."""
    n = max(x.ndim, other.ndim)
    a = xp.reshape(x, (*[1] * (n - x.ndim), *x.shape))
    b = xp.reshape(other, (*[1] * (n - other.ndim), *other.shape))
    shape = tuple([m * k for m, k in zip(a.shape, b.shape, strict=True)])
    wide = [v for m in a.shape for v in (m, 1)]
    high = [v for k in b.shape for v in (1, k)]
    return xp.reshape(xp.reshape(a, tuple(wide)) * xp.reshape(b, tuple(high)), shape)


@op("ViewBackward0")
def tensordot(xp: Any, x: Any, other: Any, dims: Any = 2) -> Any:
    """Sums of products over axes of both."""
    return xp.tensordot(x, other, axes=tuple([tuple(d) for d in dims]) if isinstance(dims, tuple | list) else dims)


@op("LinalgCrossBackward0")
def cross(xp: Any, x: Any, other: Any, dim: int = -1) -> Any:
    """The vector product."""
    return xp.linalg.cross(x, other, axis=dim)


@op("TraceBackward0")
def trace(xp: Any, x: Any) -> Any:
    """The sum of the diagonal."""
    return xp.linalg.trace(x)


@op("TrilBackward0")
def tril(xp: Any, x: Any, diagonal: int = 0) -> Any:
    """Zeros above the diagonal."""
    return xp.tril(x, k=diagonal)


@op("TriuBackward0")
def triu(xp: Any, x: Any, diagonal: int = 0) -> Any:
    """Zeros below the diagonal."""
    return xp.triu(x, k=diagonal)


@tensor_op()
def diag(input: Any, diagonal: int = 0) -> Any:
    """The diagonal of a matrix, or a matrix with this diagonal."""
    t = input._t
    xp = t.__array_namespace__()
    if t.ndim == 2:
        y = input.diagonal(diagonal)
        return record(y._t.clone(), "DiagonalBackward0_copy", [input])
    if t.ndim != 1:
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {t.ndim}D")
    n = t.size + abs(diagonal)
    made = xp.zeros((n, n), dtype=t.dtype)
    at = xp.arange(t.size)
    made[at + max(-diagonal, 0), at + max(diagonal, 0)] = t
    return record(made, "DiagEmbedBackward0", [input])


# torch.linalg -----------------------------------------------------------------------------------------

LINALG = """
    inv inv LinalgInvExBackward0  det det LinalgDetBackward0  cholesky cholesky LinalgCholeskyExBackward0
    matrix_power matrix_power MmBackward0  matrix_rank matrix_rank -  pinv pinv LinalgPinvBackward0
    eigvalsh eigvalsh LinalgEighBackward0  svdvals svdvals LinalgSvdBackward0  solve solve LinalgSolveExBackward0
    slogdet slogdet LinalgSlogdetBackward0  eigh eigh LinalgEighBackward0  svd svd LinalgSvdBackward0
    qr qr LinalgQrBackward0
"""
"""Triples: the name in ``torch.linalg``, in the standard's ``linalg``, and the derivative's."""

_ALSO = {"inv": "inverse", "det": "det", "pinv": "pinverse", "matrix_power": "matrix_power", "cholesky": "cholesky"}
"""Those of them that are functions in ``torch``, and methods, too."""


def _linalg(name: str, core: str, node: str) -> None:
    def compute(xp: Any, x: Any, *args: Any, **options: Any) -> Any:
        return getattr(xp.linalg, core)(x, *args, **options)

    for each in (f"linalg.{name}", _ALSO.get(name, "")):
        if each:
            op(node, name=each, method="." not in each)(compute)


_words = LINALG.split()
for _name, _core, _node in zip(_words[::3], _words[1::3], _words[2::3], strict=True):
    _linalg(_name, _core, _node)


@op("LinalgVectorNormBackward0", name="linalg.norm", method=False)
def _norm(xp: Any, x: Any, ord: Any = None, dim: Any = None, keepdim: bool = False) -> Any:
    if ord is not None and (isinstance(ord, str) or (x.ndim == 2 and dim is None)):
        return xp.linalg.matrix_norm(x, ord=ord, keepdims=keepdim)
    return vector_norm(xp, x, 2 if ord is None else ord, dim, keepdim)


@op("LinalgVectorNormBackward0", name="linalg.vector_norm", method=False)
def _vector_norm(xp: Any, x: Any, ord: Any = 2, dim: Any = None, keepdim: bool = False) -> Any:
    return vector_norm(xp, x, ord, dim, keepdim)


@op("LinalgMatrixNormBackward0", name="linalg.matrix_norm", method=False)
def _matrix_norm(xp: Any, x: Any, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False) -> Any:
    if dim not in ((-2, -1), (x.ndim - 2, x.ndim - 1)):
        raise RuntimeError("linalg.matrix_norm(dim=) is not supported but for the last two axes; permute them first")
    return xp.linalg.matrix_norm(x, ord=ord, keepdims=keepdim)


# einsum -----------------------------------------------------------------------------------------------


def einsum(equation: str, *operands: Any) -> Any:
    """Sums of products over named axes, ``"ij,jk->ik"``."""
    given = operands[0] if len(operands) == 1 and isinstance(operands[0], tuple | list) else operands
    xp = given[0]._t.__array_namespace__()
    _checked(equation, given)
    raws = promoted(*given) if len(given) > 1 else [given[0]._t]
    return record(xp.einsum.einsum(equation, *raws), "ViewBackward0", given, "einsum")


def _checked(equation: str, operands: Any) -> None:
    """PyTorch's error for lengths that differ under one letter."""
    seen: dict[str, int] = {}
    for k, (letters, x) in enumerate(
        zip(equation.partition("->")[0].replace(" ", "").split(","), operands, strict=False)
    ):
        if "." in letters:
            return
        if len(letters) != x.ndim:
            raise RuntimeError(
                "einsum(): the number of subscripts in the equation "
                f"({len(letters)}) does not match the number of dimensions ({x.ndim}) for operand {k} and no "
                "ellipsis was given"
            )
        for letter, n in zip(letters, x.shape, strict=True):
            if seen.setdefault(letter, n) != n and 1 not in (n, seen[letter]):
                raise RuntimeError(
                    f"einsum(): subscript {letter} has size {n} for operand {k} which does not broadcast with "
                    f"previously seen size {seen[letter]}"
                )


add("einsum", einsum, method=False)
