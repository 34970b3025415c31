"""Error messages as PyTorch words them, so that what a course quotes is what a reader sees."""

from __future__ import annotations

from typing import Any

import agrad

__all__ = ["AGAIN", "argument_must_be_tensor", "axes_of", "axis_of", "broadcasting", "missing", "translated"]

INSTEAD = {
    "compile": "leave it out, or compile agrad's own functions with the backend's compiler",
    "vmap": "func.vmap",
    "jit": "leave it out",
    "map_": "apply a function to the whole tensor",
    "apply_": "apply a function to the whole tensor",
    "set_default_tensor_type": "set_default_dtype",
    "as_strided": "slices, view and transpose",
    "set_": "copy_",
    "resize_": "reshape",
    "sparse": "dense tensors",
    "sparse_coo_tensor": "dense tensors",
    "distributed": "one process",
    "multiprocessing": "one process",
    "bfloat16": "float32",
    "half": "float32",
    "float16": "float32",
    "quantize_per_tensor": "float32",
    "symeig": "linalg.eigh",
}
"""What to use in place of names that this layer has not."""


AGAIN = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have already been "
    "freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify "
    "retain_graph=True if you need to backward through the graph a second time or if you need to access saved tensors "
    "after calling backward."
)
"""PyTorch's error for a graph that was freed."""


def missing(name: str, what: str) -> str:
    """The sentence about a name that is not supported."""
    instead = INSTEAD.get(name, "an operation of docs/torchlike.md, or agrad's own functions on the tensor's ._t")
    if what == "method":
        return f"'Tensor' object has no attribute '{name}': agrad_torchlike does not support it; use {instead}"
    return f"module 'agrad_torchlike' has no attribute '{name}': it is not supported; use {instead}"


def argument_must_be_tensor(name: str, args: tuple[Any, ...]) -> TypeError:
    """The error for a call without a tensor in front."""
    if not args:
        return TypeError(f'{name}() missing 1 required positional arguments: "input"')
    return TypeError(f"{name}(): argument 'input' (position 1) must be Tensor, not {type(args[0]).__name__}")


def axis_of(dim: Any, ndim: int) -> int:
    """An axis from the front, or PyTorch's error; a 0-d tensor has the axes 0 and -1."""
    n = max(ndim, 1)
    try:
        axis = int(dim.__index__())
    except AttributeError:
        raise TypeError(f"argument 'dim' must be int, not {type(dim).__name__}") from None
    if not -n <= axis < n:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {axis})")
    return axis % n


def axes_of(dim: Any, ndim: int) -> tuple[int, ...]:
    """Axes given as one or as a sequence."""
    dims = dim if isinstance(dim, tuple | list) else (dim,)
    return tuple([axis_of(d, ndim) for d in dims])


def broadcasting(a: Any, b: Any) -> RuntimeError | None:
    """The error for shapes that do not go together, if they do not."""
    pairs = list(zip(reversed(a.shape), reversed(b.shape), strict=False))
    for k, (m, n) in enumerate(pairs):
        if m != n and 1 not in (m, n):
            place = max(len(a.shape), len(b.shape)) - 1 - k
            return RuntimeError(
                f"The size of tensor a ({m}) must match the size of tensor b ({n}) at non-singleton dimension {place}"
            )
    return None


def translated(error: Exception, name: str, args: tuple[Any, ...]) -> Exception:
    """PyTorch's error for what went wrong below."""
    if type(error) is TypeError and "()" in str(error) and "argument" in str(error):
        given = ", ".join("Tensor" if hasattr(a, "_t") else type(a).__name__ for a in args)
        return TypeError(
            f"{name}() received an invalid combination of arguments - got ({given}): "
            f"{str(error).partition('() ')[2] or error}"
        )
    if type(error) in (RuntimeError, IndexError, TypeError) or isinstance(error, agrad.UnsupportedError):
        return error
    tensors = [a for a in args if hasattr(a, "_t")]
    if len(tensors) >= 2:
        found = broadcasting(tensors[0], tensors[1])
        if found is not None:
            return found
    if isinstance(error, agrad.AgradError | IndexError):
        return error
    return RuntimeError(f"{name}(): {error}")
