"""agrad_nn's layers draw with PyTorch's numbers: initial values, and the masks of dropout."""

from __future__ import annotations

from typing import Any

from agrad_torchlike import random
from agrad_torchlike.backends import get_default_backend, space
from agrad_torchlike.dtypes import default, dtype, from_backend

__all__ = ["Initial", "Masks", "place"]


class Initial:
    """Draws initial values, with the methods that agrad_nn's initialisers call."""

    def __init__(self, generator: random.Generator | None = None) -> None:
        self.generator = generator

    def uniform(self, shape: Any, *, low: float = 0.0, high: float = 1.0, dtype: Any = None, device: Any = None) -> Any:
        """Draw from [low, high)."""
        return self._sent(random.uniform, shape, (low, high), dtype, device)

    def normal(self, shape: Any, *, mean: float = 0.0, std: float = 1.0, dtype: Any = None, device: Any = None) -> Any:
        """Draw from the normal distribution."""
        return self._sent(random.normal, shape, (mean, std), dtype, device)

    def _sent(self, draw: Any, shape: Any, settings: tuple[float, float], wanted: Any, device: Any) -> Any:
        name = default().name if wanted is None else from_backend(wanted).name
        drawn = draw(tuple(shape), *settings, name, self.generator)
        xp = space()
        return xp.asarray(drawn, dtype=getattr(xp, name), device=device)


class Masks:
    """Draws what dropout compares with the probability of being dropped, so that PyTorch's elements are dropped."""

    def uniform(self, shape: Any) -> Any:
        """Draw from (0, 1]: PyTorch keeps an element where its number is below the share that is kept."""
        generator = random.source(None)
        n = 1
        for length in shape:
            n *= length
        with generator.lock:
            drawn = generator.doubles(n)
        return space().asarray((1.0 - drawn).reshape(tuple(shape)))


def place(device: Any, wanted: dtype | None) -> dict[str, Any]:
    """The keywords that agrad_nn's layers take, for PyTorch's ``device=`` and ``dtype=``."""
    from agrad_torchlike.sizes import check_device

    check_device(device)
    return {"backend": get_default_backend(), "dtype": (wanted or default()).name, "rng": Initial()}
