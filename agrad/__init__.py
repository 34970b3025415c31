"""agrad: gradients for any array library that speaks the Python array API standard."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from agrad import plugins
from agrad.arrays.imperative import is_grad_enabled
from agrad.arrays.namespaces import Namespace, array_namespace, backend_name, namespace
from agrad.arrays.tensors import Tensor
from agrad.backend import Backend, BackendRule
from agrad.elsewhere import TRANSFORMS, hint
from agrad.errors import (
    AgradError,
    AnomalyError,
    BackendError,
    ConcretizationError,
    DtypeError,
    EscapedTensorError,
    FileError,
    GraphError,
    GuardError,
    InPlaceError,
    NestingError,
    NonScalarError,
    PluginError,
    ShapeError,
    UnsupportedError,
)
from agrad.interpret.levels import enable_grad, no_grad
from agrad.interpret.watching import from_environment
from agrad.plugins import hookimpl

if TYPE_CHECKING:
    from agrad import random
    from agrad.arrays.convert import asarray
    from agrad.arrays.sharing import view
    from agrad.arrays.walks import backward, gradients
    from agrad.graph.compile import compile
    from agrad.graph.draw import draw
    from agrad.graph.files import load
    from agrad.graph.graph import Graph
    from agrad.graph.record import trace
    from agrad.interpret.anomaly import detect_anomaly
    from agrad.interpret.mutation import debug
    from agrad.transforms.check import GradientCheckError, check_grads
    from agrad.transforms.checkpoint import checkpoint
    from agrad.transforms.custom import custom_op
    from agrad.transforms.dense import hessian, hvp, jacobian
    from agrad.transforms.forward import jvp
    from agrad.transforms.function import Function
    from agrad.transforms.reverse import grad, linearize, value_and_grad, vjp
    from agrad.transforms.stop import stop_gradient
    from agrad.transforms.vmap import vmap

__version__ = "0.1.0"

__all__ = [
    "AgradError",
    "AnomalyError",
    "Backend",
    "BackendError",
    "BackendRule",
    "ConcretizationError",
    "DtypeError",
    "EscapedTensorError",
    "FileError",
    "Function",
    "GradientCheckError",
    "Graph",
    "GraphError",
    "GuardError",
    "InPlaceError",
    "Namespace",
    "NestingError",
    "NonScalarError",
    "PluginError",
    "ShapeError",
    "Tensor",
    "UnsupportedError",
    "array_namespace",
    "asarray",
    "backend_name",
    "backward",
    "check_grads",
    "checkpoint",
    "compile",
    "custom_op",
    "debug",
    "detect_anomaly",
    "draw",
    "enable_grad",
    "grad",
    "gradients",
    "hessian",
    "hookimpl",
    "hvp",
    "is_grad_enabled",
    "jacobian",
    "jvp",
    "linearize",
    "load",
    "namespace",
    "no_grad",
    "plugins",
    "random",
    "stop_gradient",
    "tensor",
    "trace",
    "value_and_grad",
    "view",
    "vjp",
    "vmap",
]


def tensor(
    data: Any, requires_grad: bool = False, dtype: Any = None, device: Any = None, backend: str | None = None
) -> Tensor:
    """Make a Tensor from an array, nested lists or a scalar; the data are copied.

    Parameters
    ----------
    data : array, Tensor, nested list or scalar
    requires_grad : bool
        Follow operations on it, so that ``backward()`` accumulates in ``.grad``.
    dtype : dtype, optional
        Of the backend; by default that of the data.
    device : device, optional
        Of the backend; by default that of the data.
    backend : str, optional
        The backend's name; by default the one that the data belong to, else the default namespace.

    Returns
    -------
    Tensor

    Raises
    ------
    DtypeError
        Gradients were asked for, of integers or booleans.

    Examples
    --------
    >>> import agrad
    >>> agrad.tensor([1.0, 2.0], requires_grad=True)
    Tensor([1. 2.], dtype=float64, requires_grad=True)
    """
    if backend is not None:
        space = namespace(backend)
    elif isinstance(data, list | tuple):
        space = namespace()
    else:
        space = array_namespace(data)
    made: Tensor = space.asarray(data, dtype=dtype, device=device, copy=True, requires_grad=requires_grad)
    return made


_LATER = {
    "Function": "transforms.function",
    "GradientCheckError": "transforms.check",
    "Graph": "graph.graph",
    "asarray": "arrays.convert",
    "backward": "arrays.walks",
    "check_grads": "transforms.check",
    "checkpoint": "transforms.checkpoint",
    "compile": "graph.compile",
    "custom_op": "transforms.custom",
    "debug": "interpret.mutation",
    "detect_anomaly": "interpret.anomaly",
    "draw": "graph.draw",
    "grad": "transforms.reverse",
    "gradients": "arrays.walks",
    "hessian": "transforms.dense",
    "hvp": "transforms.dense",
    "jacobian": "transforms.dense",
    "jvp": "transforms.forward",
    "linearize": "transforms.reverse",
    "load": "graph.files",
    "stop_gradient": "transforms.stop",
    "trace": "graph.record",
    "value_and_grad": "transforms.reverse",
    "view": "arrays.sharing",
    "vjp": "transforms.reverse",
    "vmap": "transforms.vmap",
}
"""Where the rest is: imported when first used, since the imperative side does without."""


def __getattr__(name: str) -> Any:
    if name == "random":
        return import_module("agrad.random")
    if name not in _LATER:
        raise AttributeError(f"module 'agrad' has no attribute {name!r}{hint(TRANSFORMS, name)}", name=name)
    value = getattr(import_module(f"agrad.{_LATER[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


from_environment()
