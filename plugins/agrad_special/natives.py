"""Functions of array libraries, fitted to the signatures of the ops where they do not fit as they are.

A library is imported when the first of its functions is called.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from agrad_special.compute.gamma import reflected_zeta
from agrad_special.compute.logistic import Axis, axes_of

__all__ = [
    "jax_zeta",
    "scipy_special",
    "scipy_spherical_jn",
    "torch_log_softmax",
    "torch_logsumexp",
    "torch_ndtr",
    "torch_softmax",
]


def scipy_special(name: str, **others: Callable[..., Any] | str) -> dict[str, Callable[..., Any] | str]:
    """Where the backends have the function `name`; NumPy's serves the blocks of dask arrays as well.

    `others` replace an entry or, as an empty text, drop it.
    """
    found: dict[str, Callable[..., Any] | str] = {
        "numpy": f"scipy.special:{name}",
        "dask": f"scipy.special:{name}",
        "cupy": f"cupyx.scipy.special:{name}",
        "jax": f"jax.scipy.special:{name}",
        "torch": f"torch.special:{name}",
    }
    return {backend: function for backend, function in {**found, **others}.items() if function}


def scipy_spherical_jn(n: int, z: Any, /) -> Any:
    """SciPy computes in double precision, whatever it is given."""
    from scipy.special import spherical_jn

    return spherical_jn(n, z).astype(z.dtype, copy=False) if hasattr(z, "dtype") else spherical_jn(n, z)


def jax_zeta(x: Any, q: Any, /) -> Any:
    """JAX's own function is wrong for negative q."""
    import jax.numpy as jnp
    from jax.scipy.special import zeta

    return reflected_zeta(jnp, x, q, zeta)


def torch_ndtr(x: Any, /) -> Any:
    """PyTorch's own function is 0 from -10 on down."""
    import torch

    return 0.5 * torch.special.erfc(-math.sqrt(0.5) * x)


def torch_logsumexp(x: Any, /, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """PyTorch takes no axis for all of them, and an empty tuple for that."""
    import torch

    axes = axes_of(axis, x.ndim)
    return torch.logsumexp(x, axes, keepdim=keepdims) if axes or not x.ndim else x.clone()


def torch_softmax(x: Any, /, *, axis: Axis = None) -> Any:
    """PyTorch takes one axis."""
    import torch

    return _on_one_axis(torch.softmax, x, axes_of(axis, x.ndim))


def torch_log_softmax(x: Any, /, *, axis: Axis = None) -> Any:
    """PyTorch takes one axis."""
    import torch

    return _on_one_axis(torch.log_softmax, x, axes_of(axis, x.ndim))


def _on_one_axis(function: Callable[..., Any], x: Any, axes: tuple[int, ...]) -> Any:
    if len(axes) == 1:
        return function(x, axes[0])
    last = tuple(range(x.ndim - len(axes), x.ndim))
    moved = x.movedim(axes, last)
    merged = moved.reshape(*moved.shape[: x.ndim - len(axes)], math.prod(moved.shape[a] for a in last))
    return function(merged, -1).reshape(moved.shape).movedim(last, axes)
