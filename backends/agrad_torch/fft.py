"""The fft extension of the standard on PyTorch's own tensors."""

# ruff: noqa: F401 - what is imported is what others find here

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from array_api_compat.torch.fft import fftshift, ifftshift
from torch.fft import fftfreq, rfftfreq

from agrad_torch.namespace import Array


def _one(transform: Callable[..., Array]) -> Callable[..., Array]:
    def function(x: Array, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Array:
        return _transformed(transform, x, n, axis, norm)

    return function


def _several(transform: Callable[..., Array]) -> Callable[..., Array]:
    def function(x: Array, /, *, s: Any = None, axes: Any = None, norm: str = "backward") -> Array:
        return _transformed(transform, x, s, axes, norm)

    return function


def _transformed(transform: Callable[..., Array], x: Array, *options: Any) -> Array:
    if x.numel():
        return transform(x, *options)
    # MKL refuses what is empty; a tensor without data knows the result's shape and dtype
    return torch.zeros_like(transform(x.to("meta"), *options), device=x.device)


fft, ifft, rfft, irfft, hfft, ihfft = map(
    _one, (torch.fft.fft, torch.fft.ifft, torch.fft.rfft, torch.fft.irfft, torch.fft.hfft, torch.fft.ihfft)
)
fftn, ifftn, rfftn, irfftn = map(_several, (torch.fft.fftn, torch.fft.ifftn, torch.fft.rfftn, torch.fft.irfftn))
