"""Rows of a table by their numbers, and the other way round: numbers as unit vectors."""

from __future__ import annotations

from math import prod
from typing import Any

from agrad.cases import Case
from agrad.declare import composite

__all__ = ["OPS"]

EMBEDDING = """
Rows of a table, one for each index.

Parameters
----------
weight : array
    The table, of shape (rows, ...).
indices : array, integer
    Numbers of rows, from 0 on, of any shape. What a number that names no row gives is left to the array library, as it
    is with ``take``.

Returns
-------
array
    Of the dtype of `weight` and the shape of `indices`, followed by the shape of a row.

Notes
-----
Derivative: a row that is taken several times gets the sum of what arrives at its places; the other rows get 0.

Examples
--------
>>> import agrad
>>> xp = agrad.namespace("numpy")
>>> weight = xp.asarray([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
>>> xp.nn.embedding(weight, xp.asarray([2, 0, 2])).tolist()
[[5.0, 6.0], [1.0, 2.0], [5.0, 6.0]]
>>> agrad.grad(lambda w: xp.sum(xp.nn.embedding(w, xp.asarray([2, 0, 2]))))(weight).tolist()
[[1.0, 1.0], [0.0, 0.0], [2.0, 2.0]]
"""

ONE_HOT = """
Numbers of classes as vectors: 1 at the place of the class, 0 elsewhere.

Parameters
----------
indices : array, integer
    Classes, from 0 on, of any shape. One that there is not gives zeros.
num_classes : int
    How many there are: the length of the vectors.
dtype : dtype, optional
    That of the result; that of `indices` where it is None, the default.

Returns
-------
array
    Of the shape of `indices`, with one more axis at the end.

Notes
-----
Derivative: none, for classes are integers.

Examples
--------
>>> import agrad
>>> xp = agrad.namespace("numpy")
>>> xp.nn.one_hot(xp.asarray([2, 0]), num_classes=3).tolist()
[[0, 0, 1], [1, 0, 0]]
>>> xp.nn.one_hot(xp.asarray(1), num_classes=2, dtype=xp.float32)
Tensor([0. 1.], dtype=float32)
"""

FLOATS = ("float64", "float32", "complex128", "complex64")
INDICES = [[2, 0, 1], [2, 2, 0]]


def _integers(numbers: Any) -> Any:
    import numpy as np

    return np.asarray(numbers, dtype="int64")


def _embedding(xp: Any, weight: Any, indices: Any) -> Any:
    rows = xp.take(weight, xp.reshape(indices, (prod(indices.shape),)), axis=0)  # the standard's `take` wants a vector
    return rows if indices.ndim == 1 else xp.reshape(rows, (*indices.shape, *weight.shape[1:]))


def _one_hot(xp: Any, indices: Any, num_classes: int, dtype: Any) -> Any:
    classes = xp.astype(xp.arange(num_classes, device=getattr(indices, "device", None)), indices.dtype)
    return xp.astype(xp.expand_dims(indices, axis=-1) == classes, indices.dtype if dtype is None else dtype)


def _rows_of_unity(indices: Any, num_classes: int) -> Any:
    import numpy as np

    return np.eye(num_classes, dtype="int64")[_integers(indices)]


OPS = (
    composite(
        "embedding(weight, indices, /)",
        _embedding,
        reference=lambda mp, weight, indices: weight[_integers(indices)],
        cases=(
            Case(lambda draw: (draw(3, 2), _integers(INDICES)), dtypes=FLOATS),
            Case(lambda draw: (draw(4, 3), _integers([3, 1, 1]))),
            Case(lambda draw: (draw(3, 2, 2), _integers(1))),
            Case(lambda draw: (draw(3), _integers(INDICES)[:, :0])),
        ),
        doc=EMBEDDING,
    ),
    composite(
        "one_hot(indices, /, *, num_classes, dtype=None)",
        _one_hot,
        reference=lambda mp, indices, num_classes, dtype=None: _rows_of_unity(indices, num_classes),
        cases=(
            Case(lambda draw: (_integers(INDICES),), {"num_classes": 3}),
            Case(lambda draw: (_integers(1),), {"num_classes": 4}),
        ),
        doc=ONE_HOT,
    ),
)
