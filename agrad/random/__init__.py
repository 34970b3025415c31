"""Random numbers on every backend, as Tensors: `agrad.random.Generator`."""

from agrad.random.generator import Generator, examples_of_draw

__all__ = ["Generator", "examples_of_draw"]
