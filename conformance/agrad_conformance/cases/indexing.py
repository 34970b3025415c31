"""Cases of the indexing functions, and of reading, writing and adding at a key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from agrad.cases import Case
from agrad_conformance.cases.row import ALL, COMPLEX, row

__all__ = ["CASES"]

INDEX = np.asarray([2, -1, 0, 2, -3])
MASK = np.asarray([[True, False, True], [False, True, True]])
SOME = np.asarray([True, False, True])

Key = Callable[[Any], Any]
"""A key, which may need the arrays of the library that are arguments."""


def _read(make: Callable[[Any], tuple[Any, ...]], key: Key, **options: Any) -> Case:
    return row("getitem", make, call=lambda xp, x, *arrays: x[key(arrays)], **options)


def _write(make: Callable[[Any], tuple[Any, ...]], key: Key, dtypes: Any = ALL, **options: Any) -> Case:
    return row("setitem", make, dtypes, call=lambda xp, x, value, *arrays: xp.setitem(x, key(arrays), value), **options)


def _add(make: Callable[[Any], tuple[Any, ...]], key: Key, shape: tuple[int, ...]) -> Case:
    return row("scatter", make, call=lambda xp, values, *arrays: xp.scatter(values, key(arrays), shape=shape))


CASES: list[Case] = [
    row("take", lambda g: (g(4), INDEX)),
    row("take", lambda g: (g(3, 4), INDEX[:3]), axis=1),
    row("take", lambda g: (g(3, 4), INDEX), axis=-2),
    row("take", lambda g: (g(3, 4), INDEX[:0]), axis=0),
    row("take_along_axis", lambda g: (g(3, 4), np.asarray([[0, 2, 2], [-1, 1, 3], [1, -4, 0]]))),
    row("take_along_axis", lambda g: (g(3, 4), np.asarray([[0, 2, 2, 1]])), axis=0),
    row("take_along_axis", lambda g: (g(2, 3, 2), np.asarray([[[1, 0], [1, 1]]] * 2)), axis=-2),
    row("take_along_axis", lambda g: (g(3), INDEX), axis=0),
    _read(lambda g: (g(3, 4),), lambda a: (1, slice(None, None, -2))),
    _read(lambda g: (g(3, 4),), lambda a: (slice(1, None), slice(0, 4, 2))),
    _read(lambda g: (g(3, 4),), lambda a: (..., None, 2)),
    _read(lambda g: (g(3, 4),), lambda a: (-1, 2)),
    _read(lambda g: (g(),), lambda a: ()),
    _read(lambda g: (g(),), lambda a: (None, ...)),
    _read(lambda g: (g(3, 4),), lambda a: (slice(2, 2), ...)),
    _read(lambda g: (g(3, 4), g.real(3, 4) > 0), lambda a: a[0], static=False),
    _read(lambda g: (g(3, 4), np.zeros((3, 4), dtype=bool)), lambda a: a[0], static=False),
    _read(lambda g: (g(3, 4), SOME), lambda a: a[0], static=False),
    _read(lambda g: (g(4), INDEX), lambda a: a[0]),
    _read(lambda g: (g(3, 4), INDEX[[0, 2, 0]], INDEX[[1, 3, 1]]), tuple),
    _read(lambda g: (g(3, 4), np.asarray([[0], [2]]), np.asarray([1, 3, 1])), tuple),
    _read(lambda g: (g(3, 4), INDEX), lambda a: (-1, a[0])),
    _read(lambda g: (g(3, 4), INDEX), lambda a: (slice(None), a[0]), standard=False),
    _read(lambda g: (g(2, 3, 2), np.asarray([0, 1, 0])), lambda a: (..., a[0]), standard=False),
    _read(lambda g: (g(3, 4),), lambda a: [0, 2, 2], standard=False),
    _read(lambda g: (g(3, 4),), lambda a: 1, standard=False),
    _add(lambda g: (g(2, 3), np.asarray([1, 1, 0])), lambda a: (slice(None), a[0]), (2, 2)),
    _add(lambda g: (g(3),), lambda a: slice(1, 4), (5,)),
    _add(lambda g: (g(3), INDEX[:3]), lambda a: (a[0],), (4,)),
    _add(lambda g: (g(2), np.asarray([17, 17])), lambda a: (a[0],), (20,)),
    _add(lambda g: (g(0), INDEX[:0]), lambda a: (a[0],), (4,)),
    _write(lambda g: (g(3, 4), g(4)), lambda a: (1, ...)),
    _write(lambda g: (g(3, 4), g()), lambda a: (slice(None), slice(1, 3))),
    _write(lambda g: (g(3, 4), g(2, 1)), lambda a: (slice(0, 2), slice(0, 4, 2))),
    _write(lambda g: (g(3, 4), g(3, 2)), lambda a: (slice(None), slice(3, 0, -2))),
    _write(lambda g: (g(3, 4), g(1, 4)), lambda a: (0, ...)),
    _write(lambda g: (g(), g()), lambda a: ()),
    _write(lambda g: (g(3, 4), 1.5), lambda a: (slice(1, 3), -1)),
    _write(lambda g: (g(2, 3), g(), MASK), lambda a: a[0]),
    _write(lambda g: (g(2, 3), g(4), MASK), lambda a: a[0]),
    _write(lambda g: (g(3, 3), g(2, 3), SOME), lambda a: a[0]),
    _write(lambda g: (g(3, 4), g(2, 3), np.asarray([2, 0, 1])), lambda a: (slice(2), a[0]), standard=False),
    _write(lambda g: (g(3, 4), g(2, 3)), lambda a: (slice(2), [1, 2, 1]), standard=False),
    _write(lambda g: (g(3, 4), g(5), np.asarray([0, 1, 0, 2, 0]), np.asarray([1, 1, -3, 0, 1])), tuple, standard=False),
    _write(lambda g: (g(3, 4), g(3, 1), np.asarray([1, 1, 0])), lambda a: a[0], standard=False),
    _write(lambda g: (g(3, 4), g(2)), lambda a: (slice(0, 2), 1), COMPLEX),
    _write(lambda g: (g(3, 4), g.real(3)), lambda a: (slice(None), 1), COMPLEX, standard=False),
]
