"""Where random numbers come from: a generator that the caller gives, or one that a backend has by default."""

from __future__ import annotations

import secrets
from typing import Any

import agrad
from agrad.random import Generator

__all__ = ["generator", "seed"]

_defaults: dict[str, Generator] = {}
_seed: list[int] = []


def seed(number: int) -> None:
    """Start the default generators of all backends anew: initial weights, dropout and shuffling repeat themselves.

    Parameters
    ----------
    number : int
        At least 0 and less than 2**64.

    Examples
    --------
    >>> import agrad_nn as nn
    >>> nn.seed(7)
    >>> first = nn.Linear(2, 3).weight
    >>> nn.seed(7)
    >>> bool((nn.Linear(2, 3).weight == first).all())
    True
    """
    Generator(number, backend="numpy")  # refuses what is no seed
    _seed[:] = [number]
    _defaults.clear()


def generator(rng: Any = None, backend: str | None = None) -> Any:
    """Find the generator that is meant.

    Parameters
    ----------
    rng : Generator, int or None
        A generator, or an object with its methods, is returned as it is; an integer is the seed of a new one; None is
        the backend's default generator, which `seed` starts anew and whose first seed is a random one.
    backend : str, optional

    Returns
    -------
    Generator

    Examples
    --------
    >>> generator(7, "numpy")
    Generator(7, backend='numpy')
    """
    if rng is None:
        name = agrad.backend_name(agrad.namespace(backend))
        found = _defaults.get(name)
        if found is None:
            found = _defaults[name] = Generator(_seed[0] if _seed else secrets.randbits(64), backend=name)
        return found
    return Generator(rng, backend=backend) if isinstance(rng, int) else rng
