"""Parameters: leaves that require gradients, known to be meant for training; and how a module makes its own."""

from __future__ import annotations

from typing import Any, NamedTuple, TypedDict
from weakref import WeakValueDictionary

import agrad
from agrad_nn.rng import generator

__all__ = ["Options", "Parameter", "Place", "dtype_of", "mark", "placed"]

_known: WeakValueDictionary[int, agrad.Tensor] = WeakValueDictionary()
"""The parameters that exist, by identity: Tensors compare element by element."""


class _Kind(type):
    def __instancecheck__(cls, value: object) -> bool:
        return value is not None and _known.get(id(value)) is value


class Parameter(metaclass=_Kind):
    """A Tensor to be trained: set as an attribute of a module, it is one of the module's parameters.

    It is a plain leaf of agrad's, ``agrad.tensor(data, requires_grad=True)``, that is remembered as a parameter, so
    that it costs what any Tensor costs. ``isinstance(x, Parameter)`` says whether a Tensor is one.

    Parameters
    ----------
    data : array, Tensor, nested list or number
        Copied.
    requires_grad : bool
        False freezes it: ``p.requires_grad_()`` thaws it.
    dtype, device, backend
        As for `agrad.tensor`.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> from agrad_nn import Parameter
    >>> p = Parameter([1.0, 2.0])
    >>> p, isinstance(p, Parameter)
    (Tensor([1. 2.], dtype=float64, requires_grad=True), True)
    """

    def __new__(
        cls, data: Any, requires_grad: bool = True, *, dtype: Any = None, device: Any = None, backend: str | None = None
    ) -> Any:
        data = data.detach() if isinstance(data, agrad.Tensor) else data
        if backend is not None:
            data = agrad.asarray(data, backend=backend)  # from any other
        return mark(agrad.tensor(data, requires_grad, dtype, device))


def mark(t: Any) -> Any:
    """Remember a leaf as a parameter, and return it."""
    _known[id(t)] = t
    return t


class Options(TypedDict, total=False):
    """Where a module's parameters live and how they are drawn: the keywords that every layer takes."""

    backend: str | None
    dtype: Any
    device: Any
    rng: Any


class Place(NamedTuple):
    """The same, as a value."""

    backend: str | None = None
    dtype: Any = None
    device: Any = None
    rng: Any = None

    @property
    def xp(self) -> Any:
        """The namespace of the backend."""
        return agrad.namespace(self.backend)

    @property
    def generator(self) -> Any:
        """The generator that initial values are drawn with."""
        return generator(self.rng, self.backend)

    @property
    def options(self) -> Options:
        """To pass on to the layers that a module is made of, which draw one after the other."""
        return {"backend": self.backend, "dtype": self.dtype, "device": self.device, "rng": self.generator}

    def zeros(self, *shape: int) -> Any:
        """Return a constant of zeros."""
        return self.xp.zeros(shape, dtype=dtype_of(self.xp, self.dtype), device=self.device)

    def parameter(self, *shape: int) -> Any:
        """Return a parameter of zeros, to be filled."""
        return mark(self.zeros(*shape).requires_grad_())


def placed(options: Options) -> Place:
    """Look at a layer's keywords; names that are none of them are refused, and a seed is one generator from now on."""
    place = Place(**options)
    return place._replace(rng=place.generator) if isinstance(place.rng, int) else place


def dtype_of(xp: Any, dtype: Any) -> Any:
    """A dtype of a namespace, which may be given by its name, ``"float32"``; None stays the default."""
    return getattr(xp, dtype) if isinstance(dtype, str) else dtype
