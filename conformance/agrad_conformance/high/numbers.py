"""What an object array does not say by itself: whether its numbers are complex, even where it has none."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["COMPLEX", "alike", "is_complex", "zero"]

COMPLEX = np.dtype(object, metadata={"complex": True})
"""The dtype of an empty array of complex numbers; views of it keep it."""


def is_complex(mp: Any, x: Any) -> bool:
    """Whether an array holds complex numbers, or would."""
    x = np.asarray(x)
    return any(isinstance(v, mp.mpc) for v in x.flat) or bool((x.dtype.metadata or {}).get("complex"))


def zero(mp: Any, *xs: Any) -> Any:
    """The 0 of the numbers in some arrays: complex where one of them is."""
    return mp.mpc(0) if any(is_complex(mp, x) for x in xs) else mp.mpf(0)


def alike(mp: Any, *xs: Any) -> list[Any]:
    """Arrays or numbers as arrays of one kind: all complex where one is."""
    given = [np.asarray(x, dtype=None if isinstance(x, np.ndarray) else object) for x in xs]
    if any(is_complex(mp, x) for x in given):
        return [np.asarray(np.frompyfunc(mp.mpc, 1, 1)(x), dtype=COMPLEX) for x in given]
    return [np.asarray(np.frompyfunc(mp.mpf, 1, 1)(x), dtype=object) for x in given]
