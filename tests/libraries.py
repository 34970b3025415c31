"""The library of each backend, by which a test skips where it is not installed."""

from __future__ import annotations

__all__ = ["LIBRARIES"]

LIBRARIES = {
    "numpy": "numpy",
    "jax": "jax",
    "torch": "torch",
    "dask": "dask.array",
    "array-api-strict": "array_api_strict",
}
