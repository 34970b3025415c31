"""Shapes and devices as PyTorch shows them."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import Any

__all__ = ["Size", "device"]


class Size(tuple[int, ...]):
    """A shape: a tuple of integers that prints as PyTorch's.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> torch.zeros(2, 3).shape
    torch.Size([2, 3])
    >>> torch.zeros(2, 3).size().numel()
    6
    """

    __slots__ = ()

    def numel(self) -> int:
        """Return the number of elements that a tensor of this shape has."""
        return prod(self)

    def __getitem__(self, key: Any) -> Any:
        found = tuple.__getitem__(self, key)
        return Size(found) if isinstance(key, slice) else found

    def __add__(self, other: Any) -> Any:
        return Size(tuple.__add__(self, tuple(other)))

    def __mul__(self, times: Any) -> Any:
        return Size(tuple.__mul__(self, times))

    def __repr__(self) -> str:
        return f"torch.Size([{', '.join(map(str, self))}])"


class device:  # noqa: N801 - PyTorch's name
    """Where a tensor is. This layer's is always "cpu": another device is another backend's matter.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> torch.device("cuda" if torch.cuda.is_available() else "cpu")
    device(type='cpu')
    """

    __slots__ = ("index", "type")
    type: str
    index: int | None

    def __init__(self, type: Any, index: int | None = None) -> None:
        if isinstance(type, device):
            self.type, self.index = type.type, type.index
            return
        name, _, number = str(type).partition(":")
        if name not in ("cpu", "cuda", "mps", "meta", "xpu"):
            raise RuntimeError(
                f"Expected one of cpu, cuda, xpu, mps, meta device type at start of device string: {type}"
            )
        self.type = name
        self.index = int(number) if number else index

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __repr__(self) -> str:
        return f"device(type='{self.type}'" + (")" if self.index is None else f", index={self.index})")


def check_device(given: Any) -> None:
    """Refuse what is not the CPU, as PyTorch does where it was built without CUDA."""
    if given is not None and device(given).type != "cpu":
        raise AssertionError(
            f"Torch not compiled with CUDA enabled: this layer has no device {given}; use torch.set_default_backend, "
            'for example with "cupy" or "jax", whose arrays are on an accelerator'
        )


def shape_of(args: Iterable[Any]) -> tuple[int, ...]:
    """The shape that was given as separate integers or as one sequence."""
    sizes = tuple(args)
    if len(sizes) == 1 and not hasattr(sizes[0], "__index__"):
        sizes = tuple(sizes[0])
    return tuple([s.__index__() for s in sizes])
