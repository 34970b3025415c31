"""A program in the making: what its statements have computed so far, on plain arrays, and choices among it."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from running import Library, dtype_name, is_array, to_numpy

__all__ = ["NothingFitsError", "Scene"]

Shape = tuple[int, ...]


class NothingFitsError(Exception):
    """Nothing in the scene is what a form needs."""


class Scene:
    """The variables of a program, and random choices among them.

    Parameters
    ----------
    rng : random.Random
        All choices come from it.
    library : Library
        Of the plain run.
    env : dict
        The variables and their values.
    off : collection of str
        Features that are not to be used.
    """

    def __init__(self, rng: random.Random, library: Library, env: dict[str, Any], off: Collection[str] = ()) -> None:
        self.rng = rng
        self.library = library
        self.env = env
        self.off = off
        self.constants: list[str] = []
        self._count = 0

    @property
    def backend(self) -> str:
        """The backend's name."""
        return self.library.name

    def on(self, feature: str) -> bool:
        """Whether programs may use a feature."""
        return feature not in self.off and f"{self.backend}:{feature}" not in self.off

    def one(self, items: Collection[Any]) -> Any:
        """Any of them."""
        if not items:
            raise NothingFitsError
        return self.rng.choice(list(items))

    def chance(self, probability: float) -> bool:
        """Whether something happens."""
        return self.rng.random() < probability

    def number(self) -> str:
        """A Python number."""
        return self.rng.choice(["0.5", "1.5", "-0.75", "0.25", "2", "-1", "1.25", "0.9"])

    def constant(self) -> str:
        """A Python number of three digits, for a constant that has no exact neighbours."""
        return f"{self.rng.uniform(-1.5, 1.5):.3f}"

    # Names ----------------------------------------------------------------------------------------

    def fresh(self) -> str:
        """A name that nothing has."""
        self._count += 1
        return f"t{self._count}"

    def target(self) -> str:
        """A name to bind: a new one, or one that is in use; always one in use where there are many."""
        used = [name for name in self.env if self.floating(name)]
        return self.one(used) if used and self.chance(0.25 if len(used) < 12 else 0.9) else self.fresh()

    def floating(self, name: str) -> bool:
        """Whether a variable is an array or a scalar of real numbers."""
        value = self.env[name]
        return name not in self.constants and is_array(value) and "float" in dtype_name(value.dtype)

    def names(self, fits: Callable[[Any], bool], kind: str = "float") -> list[str]:
        """The variables whose value fits, of dtypes that are called something like `kind`."""
        return [
            name
            for name, value in self.env.items()
            if is_array(value) and name not in self.constants and kind in dtype_name(value.dtype) and fits(value)
        ]

    def array(self, *ndims: int, least: int = 1, fits: Callable[[Any], bool] | None = None) -> str:
        """A variable of real numbers that has one of these numbers of axes (any, if none is given)."""
        return self.one(
            self.names(
                lambda v: (
                    (not ndims or v.ndim in ndims)
                    and min(v.shape, default=least) >= least
                    and (fits is None or fits(v))
                )
            )
        )

    def changeable(self) -> str:
        """A variable that may be changed in place."""
        return self.array() if self.on("augmented-0d") else self.array(1, 2, 3)

    def shape(self, name: str) -> Shape:
        """Of a variable."""
        return tuple(self.env[name].shape)

    def values(self, name: str) -> np.ndarray:
        """Of a variable."""
        return to_numpy(self.env[name])

    def peers(self, shape: Shape) -> list[str]:
        """Variables that broadcast to a shape."""
        return self.names(lambda v: broadcasts(tuple(v.shape), shape))

    # Pieces of expressions ------------------------------------------------------------------------

    def operand(self, shape: Shape) -> str:
        """Something that broadcasts to a shape: a number, a variable, a small expression."""
        roll = self.rng.random()
        if roll < 0.2:
            return self.number()
        name = self.one(self.peers(shape))
        if roll < 0.45:
            return str(name)
        if roll < 0.6:
            return f"xp.{self.one(('sin', 'cos', 'tanh'))}({name})"
        if roll < 0.75:
            return f"{name} * {self.number()}"
        vectors = self.names(lambda v: v.ndim == 1 and v.shape[0] > 0)
        if roll < 0.9 and vectors:
            vector = self.one(vectors)
            return f"{vector}[{self.index(self.shape(vector)[0])}] * {self.number()}"
        return f"({name} + {self.number()})"

    def index(self, n: int) -> int:
        """Of an axis of length n, sometimes from the end."""
        i = self.rng.randrange(n)
        return i - n if self.chance(0.3) else i

    def slice(self, n: int) -> str:
        """A slice of an axis of length n that is not empty."""
        choices = [":", "1:", ":-1", "::2", f":{max(n - 1, 1)}"]
        if self.backend != "torch":
            choices += ["::-1", "::-2"]
        return str(self.one(choices if n > 1 else [":", ":1"]))

    def block(self, shape: Shape) -> str:
        """A key of slices, ellipses and integers that does not pick one element."""
        if len(shape) == 1:
            return self.slice(shape[0]) if self.chance(0.9) else "..."
        parts = [self.slice(n) if self.chance(0.6) else str(self.index(n)) for n in shape]
        roll = self.rng.random()
        if roll < 0.3:
            return parts[0] if self.backend != "array-api-strict" else f"{parts[0]}, ..."
        if roll < 0.4:
            return f"..., {parts[-1]}"
        if all(part.lstrip("-").isdigit() for part in parts):
            parts[0] = ":"
        return ", ".join(parts)

    def threshold(self, name: str) -> str:
        """A number that parts the values of an array, with no value near it."""
        values = np.unique(self.values(name).ravel())
        if not values.size:
            raise NothingFitsError
        if values.size == 1:
            return f"{values[0] - 0.37:.3f}"
        gaps = np.diff(values)
        k = int(np.argmax(gaps))
        if gaps[k] < 0.05:
            return f"{values[0] - 0.37:.3f}"
        return f"{(values[k] + values[k + 1]) / 2:.3f}"

    def apart(self, *names: str, by: float = 0.03) -> None:
        """Refuse arrays of which two values are nearly the same."""
        values = np.sort(np.concatenate([self.values(name).ravel() for name in names]))
        if values.size > 1 and np.min(np.diff(values)) < by:
            raise NothingFitsError


def broadcasts(shape: Shape, to: Shape) -> bool:
    """Whether one shape broadcasts to another."""
    if len(shape) > len(to):
        return False
    return all(m in (1, n) for m, n in zip(shape[::-1], to[::-1], strict=False))
