"""A call of somebody else's function, as data: what is called, on what, and with respect to which argument."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Call", "calls_of", "function_of"]

RNG = np.random.default_rng(20251127)

SAMPLES = {
    "positive": 0.4 + 3 * RNG.random(9),
    "unit": 0.1 + 0.8 * RNG.random(9),
    "real": RNG.normal(size=12),
    "other": RNG.normal(size=12),
    "matrix": RNG.normal(size=(5, 3)),
    "second": RNG.normal(size=(5, 3)),
    "square": RNG.normal(size=(4, 4)) + 3 * np.eye(4),
    "image": RNG.normal(size=(5, 6)),
    "counts": np.asarray([8.0, 12.0, 9.0, 14.0, 11.0]),
    "table": np.asarray([[8.0, 12.0, 9.0], [14.0, 11.0, 6.0]]),
    "signal": RNG.normal(size=32),
    "even": RNG.normal(size=9),
    "quaternion": np.asarray([[0.1, 0.5, -0.3, 0.8], [0.6, -0.2, 0.4, 0.5]]),
    "probabilities": RNG.dirichlet(np.ones(3), size=8),
    "samples": np.concat([RNG.normal(size=(7, 3)), 3 + RNG.normal(size=(7, 3))]),
    "scalar": np.asarray(0.7),
}
"""Small arrays by name, all of float64, whose elements are distinct."""


class Call(NamedTuple):
    """A function of a library, called on samples, the first of which is differentiated."""

    name: str
    """The full name, such as ``scipy.special.erf``; what is in parentheses after it is for the reader."""
    run: Callable[..., Any]
    """Calls it: gets the function and the samples."""
    samples: tuple[str, ...]


def plain(f: Any, x: Any, *more: Any) -> Any:
    """The call that most functions need: of the samples alone."""
    return f(x, *more)


def calls_of(module: str, table: dict[str, Any]) -> list[Call]:
    """The calls of one module from ``{"name": "samples"}`` or ``{"name": ("samples", run)}``."""
    made = []
    for name, entry in table.items():
        samples, run = (entry, plain) if isinstance(entry, str) else entry
        made.append(Call(f"{module}.{name}", run, tuple(samples.split())))
    return made


def function_of(call: Call) -> Any:
    """Import what is called."""
    parts = call.name.partition("(")[0].split(".")
    for n in range(len(parts) - 1, 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:n]))
        except ModuleNotFoundError as error:
            if n == 1 or error.name is None or not call.name.startswith(error.name):
                raise
            continue
        for part in parts[n:]:
            found = getattr(found, part)
        return found
    raise ModuleNotFoundError(call.name)
