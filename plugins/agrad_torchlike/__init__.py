"""PyTorch's names over agrad: ``import agrad_torchlike as torch``."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

__all__ = ["Size", "Tensor", "device", "dtype", "get_default_backend", "set_default_backend", "tensor"]

__version__ = "2.13.0+agrad"

pi, e, inf, nan = 3.141592653589793, 2.718281828459045, float("inf"), float("nan")
newaxis = None
strided, contiguous_format, preserve_format = "torch.strided", "contiguous", "preserve"

_LATER = {
    "autograd.anomaly_mode": "is_anomaly_check_nan_enabled is_anomaly_enabled set_anomaly_enabled",
    "autograd.grad_mode": "enable_grad inference_mode is_grad_enabled is_inference_mode_enabled no_grad "
    "set_grad_enabled",
    "backends": "get_default_backend set_default_backend",
    "dtypes": "dtype finfo iinfo",
    "printing": "set_printoptions",
    "random": "Generator default_generator get_rng_state initial_seed manual_seed seed set_rng_state",
    "serialization": "load save",
    "sizes": "Size device",
    "tensors": "Tensor",
}
_HOMES = {name: home for home, names in _LATER.items() for name in names.split()}
_ROOMS = ("autograd", "cuda", "func", "linalg", "nn", "optim", "random", "serialization", "special", "utils")


def __getattr__(name: str) -> Any:
    value = _found(name)
    globals()[name] = value
    return value


def _found(name: str) -> Any:
    """What the name stands for: imported when first used."""
    if name in _ROOMS:
        return import_module(f"agrad_torchlike.{name}")
    if find_spec(f"agrad_torchlike.{name}") is not None:  # a module of this package, which is being imported
        raise AttributeError(name)
    import_module("agrad_torchlike.registry").load()
    if name in _HOMES:
        return getattr(import_module(f"agrad_torchlike.{_HOMES[name]}"), name)
    import agrad_torchlike.creation as creation
    import agrad_torchlike.dtypes as dtypes
    from agrad_torchlike.errors import missing
    from agrad_torchlike.registry import function

    if name in dtypes.NAMES:
        return dtypes.NAMES[name]
    if name == "get_default_dtype":
        return dtypes.default
    if name == "set_default_dtype":
        return dtypes.set_default
    if name in creation.TYPED:
        return creation.typed(creation.TYPED[name])
    made = function(name)
    if made is None:
        raise AttributeError(missing(name, "function"))
    return made


def __dir__() -> list[str]:
    import agrad_torchlike.creation as creation
    import agrad_torchlike.dtypes as dtypes
    import agrad_torchlike.registry as registry

    registry.load()
    functions = [name for name in registry.FUNCTIONS if "." not in name]
    return sorted({*__all__, *_HOMES, *_ROOMS, *dtypes.NAMES, *creation.TYPED, *functions})
