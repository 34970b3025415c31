"""Calls of array-api-extra: what has a derivative."""

from __future__ import annotations

from client import calls_of

CALLS = calls_of(
    "array_api_extra",
    {
        "angle": ("real other", lambda f, x, y: f(x + 1j * y)),
        "apply_where": ("real", lambda f, x: f(x > 0, x, lambda v: v**2, lambda v: 3 * v)),
        "at": ("real", lambda f, x: f(x, slice(2, 4)).multiply(x[:2])),
        "atleast_nd": ("real", lambda f, x: f(x, ndim=3)),
        "cov": "matrix",
        "create_diagonal": "real",
        "deg2rad": "real",
        "rad2deg": "real",
        "expand_dims": ("matrix", lambda f, x: f(x, axis=(0, 2))),
        "kron": "matrix square",
        "nan_to_num": "real",
        "nanmax": "matrix",
        "nanmean": "matrix",
        "nanmin": "matrix",
        "nansum": "matrix",
        "pad": ("matrix", lambda f, x: f(x, 2, constant_values=0.5)),
        "partition": ("real", lambda f, x: f(x, 4)[4]),
        "sinc": "real",
        "union1d": "real other",
        "setdiff1d": ("real other", lambda f, x, y: f(x, y)),
    },
)
