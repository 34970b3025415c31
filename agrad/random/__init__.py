"""Random numbers on every backend, as Tensors: `agrad.random.Generator`."""

from agrad.random.generator import Generator

__all__ = ["Generator"]
