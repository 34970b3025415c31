"""What can go wrong, by name: each error is also the built-in class a Python user would catch."""

from __future__ import annotations

__all__ = [
    "AgradError",
    "AnomalyError",
    "BackendError",
    "ConcretizationError",
    "DtypeError",
    "EscapedTensorError",
    "FileError",
    "GraphError",
    "GuardError",
    "InPlaceError",
    "NestingError",
    "NonScalarError",
    "PluginError",
    "ShapeError",
    "UnsupportedError",
]


class AgradError(Exception):
    """Base class of every error that agrad raises on purpose.

    Examples
    --------
    >>> import agrad
    >>> try:
    ...     agrad.namespace("nowhere")
    ... except agrad.AgradError as error:
    ...     print(type(error).__name__)
    PluginError
    """


class AnomalyError(AgradError, FloatingPointError):
    """A nan or an inf that was made while `detect_anomaly` looked for them.

    Examples
    --------
    >>> import agrad, numpy
    >>> try:
    ...     with numpy.errstate(all="ignore"), agrad.detect_anomaly():
    ...         agrad.tensor(0.0).log()
    ... except FloatingPointError as error:
    ...     print(type(error).__name__)
    AnomalyError
    """


class BackendError(AgradError, TypeError):
    """Arrays of different libraries in one operation, or an object that no backend owns.

    Examples
    --------
    >>> import agrad
    >>> try:
    ...     agrad.array_namespace("text")
    ... except TypeError as error:
    ...     print(type(error).__name__)
    BackendError
    """


class ConcretizationError(AgradError, TypeError):
    """A conversion that would drop a gradient without a word: ``float(t)``, ``numpy.asarray(t)``.

    Examples
    --------
    >>> import agrad
    >>> try:
    ...     float(agrad.tensor(1.0, requires_grad=True))
    ... except TypeError as error:
    ...     print(type(error).__name__)
    ConcretizationError
    """


class DtypeError(AgradError, TypeError):
    """A dtype that has no gradient where one was asked for.

    Examples
    --------
    >>> import agrad
    >>> try:
    ...     agrad.tensor(1, requires_grad=True)
    ... except TypeError as error:
    ...     print(type(error).__name__)
    DtypeError
    """


class EscapedTensorError(AgradError, RuntimeError):
    """An operation on a Tensor whose transform has finished.

    Examples
    --------
    >>> import agrad
    >>> kept = []
    >>> slope = agrad.grad(lambda x: kept.append(x) or 2 * x)(1.0)
    >>> try:
    ...     kept[0] * 2
    ... except RuntimeError as error:
    ...     print(type(error).__name__)
    EscapedTensorError
    """


class FileError(AgradError, ValueError):
    """A file that cannot be read, or something that cannot be written to one.

    Examples
    --------
    >>> import agrad, pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "notes.agrad"
    >>> _ = path.write_text("no graph")
    >>> try:
    ...     agrad.load(path)
    ... except ValueError as error:
    ...     print(type(error).__name__)
    FileError
    """


class GraphError(AgradError, RuntimeError):
    """A graph that cannot be walked: already freed, or never recorded.

    Examples
    --------
    >>> import agrad
    >>> try:
    ...     agrad.tensor(1.0).backward()
    ... except RuntimeError as error:
    ...     print(type(error).__name__)
    GraphError
    """


class GuardError(GraphError):
    """A recorded graph called where its function would branch otherwise.

    Examples
    --------
    >>> import agrad, numpy
    >>> graph = agrad.trace(lambda x: x if x > 0 else -x, numpy.asarray(1.0))
    >>> try:
    ...     graph(numpy.asarray(-1.0))
    ... except RuntimeError as error:
    ...     print(type(error).__name__)
    GuardError
    """


class InPlaceError(AgradError, RuntimeError):
    """An in-place change that would make a gradient wrong.

    Examples
    --------
    >>> import agrad
    >>> x = agrad.tensor([1.0], requires_grad=True)
    >>> try:
    ...     x[0] = 2.0
    ... except RuntimeError as error:
    ...     print(type(error).__name__)
    InPlaceError
    """


class NestingError(AgradError, RuntimeError):
    """The imperative interface used where a transform is following the values.

    Examples
    --------
    >>> import agrad
    >>> try:
    ...     agrad.grad(lambda x: (x * x).backward())(1.0)
    ... except RuntimeError as error:
    ...     print(type(error).__name__)
    NestingError
    """


class ShapeError(AgradError, ValueError):
    """A cotangent or tangent of the wrong shape.

    Examples
    --------
    >>> import agrad
    >>> try:
    ...     agrad.jvp(lambda x: x, (agrad.tensor([1.0, 2.0]),), (agrad.tensor([1.0]),))
    ... except ValueError as error:
    ...     print(type(error).__name__)
    ShapeError
    """


class NonScalarError(ShapeError, RuntimeError):
    """The gradient of something that is not a scalar.

    Examples
    --------
    >>> import agrad
    >>> try:
    ...     agrad.tensor([1.0, 2.0], requires_grad=True).backward()
    ... except ValueError as error:
    ...     print(type(error).__name__)
    NonScalarError
    """


class PluginError(AgradError, ImportError):
    """A plugin or backend that is missing, broken or in conflict with another.

    Examples
    --------
    >>> import agrad
    >>> try:
    ...     agrad.namespace("nowhere")
    ... except ImportError as error:
    ...     print(type(error).__name__)
    PluginError
    """


class UnsupportedError(AgradError, NotImplementedError):
    """Something that a backend cannot do, and says so.

    Examples
    --------
    >>> import agrad
    >>> try:
    ...     raise agrad.UnsupportedError("the backend 'x' cannot compute 'y': it is only an example")
    ... except NotImplementedError as error:
    ...     print(type(error).__name__)
    UnsupportedError
    """
