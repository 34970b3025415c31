"""PyTorch and JAX with their own automatic differentiation, which references are compared with when they are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from agrad_conformance.reference import Reference, leaves, pack, unpack
from agrad_conformance.sample import Sample, filled

__all__ = ["SYSTEMS", "Derivatives", "Torch", "jax_derivatives", "torch_derivatives"]

Array = np.ndarray[Any, np.dtype[Any]]

DOUBLE = {"float32": "float64", "complex64": "complex128"}


class Derivatives(NamedTuple):
    """Packed values, Jacobian and second derivative, as `Reference` has them; what was not asked for is None."""

    values: Array
    jacobian: Array
    second: Array | None


def torch_derivatives(sample: Sample, reference: Reference) -> Derivatives:
    """A sample by PyTorch: a backward pass a row, and two on top of each other."""
    import torch

    xp = Torch(torch)
    x = torch.tensor(pack(sample.followed), requires_grad=True)
    results = leaves(_call(sample, xp, x, torch.asarray, lambda name: getattr(torch, name)))
    values = torch.cat([torch.zeros(0), *(_real(torch, y).double() for y in results)])
    rows = torch.cat([x[:0], *(_real(torch, y) for y in results if y.dtype.is_floating_point or y.dtype.is_complex)])

    def gradient(y: Any, **options: Any) -> Any:
        if not y.requires_grad:
            return torch.zeros_like(x)
        g = torch.autograd.grad(y, x, allow_unused=True, retain_graph=True, **options)[0]
        return torch.zeros_like(x) if g is None else g

    jacobian = np.stack([np.zeros(len(x)), *(gradient(row).numpy() for row in rows)])[1:]
    second = None
    if reference.second is not None:
        first = gradient(torch.dot(torch.tensor(reference.w), rows), create_graph=True)
        second = gradient(torch.dot(first, torch.tensor(reference.v))).numpy()
    return Derivatives(values.detach().numpy(), jacobian, second)


def jax_derivatives(sample: Sample, reference: Reference) -> Derivatives:
    """A sample by JAX: the Jacobian in forward mode, and forward over reverse."""
    import jax
    import jax.numpy as jnp

    xp = _Jax(jax)

    def f(x: Any) -> tuple[Any, Any]:
        results = leaves(_call(sample, xp, x, np.asarray, jnp.dtype))  # constants of NumPy stay known while tracing
        values = jnp.concatenate([x[:0], *(_real(jnp, y).astype(x.dtype) for y in results)])
        rows = [_real(jnp, y) for y in results if jnp.issubdtype(y.dtype, jnp.inexact)]
        return jnp.concatenate([x[:0], *rows]), values

    def derivatives(x: Any) -> tuple[Any, ...]:
        jacobian, values = jax.jacfwd(f, has_aux=True)(x)
        if reference.second is None:
            return values, jacobian, None
        slope = jax.grad(lambda x: jnp.dot(reference.w, f(x)[0]))
        return values, jacobian, jax.jvp(slope, (x,), (reference.v,))[1]

    with jax.enable_x64(True):
        found = jax.jit(derivatives)(jnp.asarray(pack(sample.followed)))
    values, jacobian, second = found
    return Derivatives(np.asarray(values), np.asarray(jacobian), None if second is None else np.asarray(second))


SYSTEMS: Mapping[str, Callable[[Sample, Reference], Derivatives]] = {
    "torch": torch_derivatives,
    "jax": jax_derivatives,
}


def _call(sample: Sample, xp: Any, x: Any, asarray: Callable[..., Any], dtype: Callable[[str], Any]) -> Any:
    """The sample as a function of its packed arguments, all in double precision."""
    kinds = ["complex" if a.dtype.kind == "c" else "real" for a in sample.followed]
    values = iter(unpack(x, [a.shape for a in sample.followed], kinds))

    def constant(leaf: Any) -> Any:
        if isinstance(leaf, str) and leaf.startswith(("float", "complex")):
            return dtype(DOUBLE.get(leaf, leaf))
        return asarray(leaf) if isinstance(leaf, np.ndarray) else leaf

    args = filled(sample.args, values, constant)
    params = filled(sample.params, values, constant)
    return sample.invariant(xp, *args, **params)


def _real(xp: Any, y: Any) -> Any:
    """One result, packed."""
    y = y.reshape(-1)
    return xp.concatenate([y.real, y.imag]) if "complex" in str(y.dtype) else y


class Torch:
    """PyTorch as a namespace of the standard, with the functions that the standard leaves out."""

    def __init__(self, torch: Any) -> None:
        import array_api_compat.torch as compat

        self._torch = torch
        self._compat = compat

    def __getattr__(self, name: str) -> Any:
        return getattr(self._compat, name)

    def setitem(self, x: Any, key: Any, value: Any) -> Any:
        y = x.clone()
        y[key] = value
        return y

    def scatter(self, values: Any, key: Any, *, shape: tuple[int, ...]) -> Any:
        """Read positions off with the key, and add there."""
        places = self._torch.arange(int(np.prod(shape))).reshape(shape)[key].broadcast_to(values.shape)
        zeros = self._torch.zeros(int(np.prod(shape)), dtype=values.dtype)
        return zeros.index_add(0, places.reshape(-1), values.reshape(-1)).reshape(shape)


class _Jax:
    """JAX as a namespace of the standard, with the functions that the standard leaves out."""

    def __init__(self, jax: Any) -> None:
        self._jnp = jax.numpy

    def __getattr__(self, name: str) -> Any:
        return getattr(self._jnp, name)

    def setitem(self, x: Any, key: Any, value: Any) -> Any:
        return x.at[key].set(value)

    def scatter(self, values: Any, key: Any, *, shape: tuple[int, ...]) -> Any:
        return self._jnp.zeros(shape, dtype=values.dtype).at[key].add(values)
