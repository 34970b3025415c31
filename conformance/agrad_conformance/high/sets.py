"""Set functions in high precision: those whose results are truth values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["FUNCTIONS"]


def _isin(mp: Any, x1: Any, x2: Any, *, invert: bool = False) -> Any:
    return np.asarray([any(x == y for y in x2.flat) != invert for x in x1.flat]).reshape(x1.shape)


FUNCTIONS: dict[str, Callable[..., Any]] = {"isin": _isin}
