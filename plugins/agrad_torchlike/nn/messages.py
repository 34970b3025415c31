"""PyTorch's errors for what a layer cannot take, where courses and forums quote them."""

from __future__ import annotations

from math import prod
from typing import Any

import agrad
from agrad_torchlike.sizes import Size
from agrad_torchlike.tensors import Tensor

__all__ = ["classes", "convolution", "linear", "normalisation", "same_dtypes", "tensor_first"]


def tensor_first(name: str, x: Any) -> None:
    """Refuse what is no tensor."""
    if not isinstance(x, Tensor):
        kind = type(x)
        given = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
        raise TypeError(f"{name}(): argument 'input' (position 1) must be Tensor, not {given}")


def same_dtypes(x: Any, weight: Any) -> None:
    """Refuse to multiply numbers of two dtypes, as PyTorch does: they would be converted without a word."""
    if x._t.dtype != weight._t.dtype:
        raise RuntimeError(f"mat1 and mat2 must have the same dtype, but got {x.dtype.word} and {weight.dtype.word}")


def linear(x: Any, weight: Any) -> Exception | None:
    """The error for shapes that do not go together."""
    if x.ndim == 0 or x.shape[-1] == weight.shape[-1]:
        return None
    rows, (out, features) = prod(x.shape[:-1]), tuple(weight.shape)
    return RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({rows}x{x.shape[-1]} and {features}x{out})")


def convolution(x: Any, weight: Any, groups: int, axes: int, transposed: bool) -> Exception | None:
    """The error for channels that do not go together."""
    if x.ndim not in (axes + 1, axes + 2):
        name = f"conv{'_transpose' if transposed else ''}{axes}d"
        return RuntimeError(
            f"Expected {axes + 1}D (unbatched) or {axes + 2}D (batched) input to {name}, but got input of size: "
            f"{list(x.shape)}"
        )
    channels = weight.shape[0] if transposed else weight.shape[1] * groups
    given = x.shape[-axes - 1]
    if given == channels:
        return None
    word = "transposed=1, " if transposed else ""
    shape = list(x.shape) if x.ndim == axes + 2 else [1, *x.shape]
    return RuntimeError(
        f"Given {word}{'' if transposed else f'groups={groups}, '}weight of size {list(weight.shape)}, expected "
        f"input{shape} to have {channels} channels, but got {given} channels instead"
    )


def normalisation(x: Any, features: int, ndims: tuple[int, ...], training: bool) -> Exception | None:
    """The error for shapes that batch normalisation does not take."""
    if x.ndim not in ndims:
        wanted = " or ".join(f"{n}D" for n in ndims)
        return ValueError(f"expected {wanted} input (got {x.ndim}D input)")
    if x.shape[1] != features:
        return RuntimeError(f"running_mean should contain {x.shape[1]} elements not {features}")
    if training and x._t.size <= features:
        return ValueError(f"Expected more than 1 value per channel when training, got input size {Size(x.shape)}")
    return None


def classes(x: Any, target: Any, ignored: int) -> Exception | None:
    """The error for targets that are no classes of scores."""
    if not isinstance(target, Tensor) or target.dtype.is_floating_point:
        return None
    if x.ndim == 2 and target.ndim == 1 and x.shape[0] != target.shape[0]:
        return ValueError(f"Expected input batch_size ({x.shape[0]}) to match target batch_size ({target.shape[0]}).")
    found = agrad.asarray(target._t, backend="numpy").array
    wrong = found[((found < 0) | (found >= x.shape[1 if x.ndim > 1 else 0])) & (found != ignored)]
    return IndexError(f"Target {int(wrong.flat[0])} is out of bounds.") if wrong.size else None
