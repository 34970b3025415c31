"""Data type functions in high precision: only real and complex differ."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from agrad_conformance.high.numbers import COMPLEX

__all__ = ["FUNCTIONS"]


def _astype(mp: Any, x: Any, dtype: str, copy: bool = True) -> Any:
    f = mp.mpc if dtype.startswith("complex") else mp.mpf
    return np.asarray(np.frompyfunc(f, 1, 1)(x), dtype=COMPLEX if f is mp.mpc else object)


FUNCTIONS: dict[str, Callable[..., Any]] = {"astype": _astype}
