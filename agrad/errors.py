"""What can go wrong, by name: each error is also the built-in class a Python user would catch."""

from __future__ import annotations

__all__ = [
    "AgradError",
    "BackendError",
    "ConcretizationError",
    "DtypeError",
    "EscapedTensorError",
    "GraphError",
    "InPlaceError",
    "NestingError",
    "NonScalarError",
    "PluginError",
    "ShapeError",
    "UnsupportedError",
]


class AgradError(Exception):
    """Base class of every error that agrad raises on purpose."""


class BackendError(AgradError, TypeError):
    """Arrays of different libraries in one operation, or an object that no backend owns."""


class ConcretizationError(AgradError, TypeError):
    """A conversion that would drop a gradient without a word: ``float(t)``, ``numpy.asarray(t)``."""


class DtypeError(AgradError, TypeError):
    """A dtype that has no gradient where one was asked for."""


class EscapedTensorError(AgradError, RuntimeError):
    """An operation on a Tensor whose transform has finished."""


class GraphError(AgradError, RuntimeError):
    """A graph that cannot be walked: already freed, or never recorded."""


class InPlaceError(AgradError, RuntimeError):
    """An in-place change that would make a gradient wrong."""


class NestingError(AgradError, RuntimeError):
    """The imperative interface used where a transform is following the values."""


class ShapeError(AgradError, ValueError):
    """A cotangent or tangent of the wrong shape."""


class NonScalarError(ShapeError, RuntimeError):
    """The gradient of something that is not a scalar."""


class PluginError(AgradError, ImportError):
    """A plugin or backend that is missing, broken or in conflict with another."""


class UnsupportedError(AgradError, NotImplementedError):
    """Something that a backend cannot do, and says so."""
