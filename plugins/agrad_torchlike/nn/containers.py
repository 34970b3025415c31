"""Modules made of others, with PyTorch's methods and texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from agrad_nn.modules import containers
from agrad_torchlike.nn.module import Module
from agrad_torchlike.nn.parameter import Parameter

__all__ = ["ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential"]


class Sequential(Module, containers.Sequential):
    """Modules that are called one after the other.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> nn = torch.nn
    >>> nn.Sequential(nn.Linear(2, 4), nn.ReLU())
    Sequential(
      (0): Linear(in_features=2, out_features=4, bias=True)
      (1): ReLU()
    )
    """

    def forward(self, input: Any) -> Any:
        """Call the modules in turn."""
        return containers.Sequential.forward(self, input)

    def _like(self, chosen: dict[str, Any]) -> Any:
        return Sequential(chosen)


class ModuleList(Module, containers.ModuleList):
    """A list of modules, for a `forward` of one's own to call."""

    def __init__(self, modules: Iterable[Any] | None = None) -> None:
        containers.ModuleList.__init__(self, modules or ())

    def _lines(self) -> list[str]:
        return containers.ModuleList._lines(self)


class ModuleDict(Module, containers.ModuleDict):
    """Modules by name, for a `forward` of one's own to choose from."""

    def pop(self, key: str) -> Any:
        """Take a module out, and return it."""
        found = self[key]
        del self[key]
        return found


class ParameterList(Module, containers.ParameterList):
    """A list of parameters, for a `forward` of one's own."""

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        containers.ParameterList.__init__(self, values or ())

    def _put(self, name: str, item: Any) -> None:
        self.register_parameter(name, item if isinstance(item, Parameter) else Parameter(item))

    def _lines(self) -> list[str]:
        return [f"    ({name}): {_described(p, p.dtype)}" for name, p in self._own("parameter")]


class ParameterDict(Module):
    """Parameters by name."""

    def __init__(self, parameters: Mapping[str, Any] | None = None) -> None:
        self.update(parameters or {})

    def __getitem__(self, key: str) -> Any:
        return self._parameters[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.register_parameter(key, value if isinstance(value, Parameter) else Parameter(value))

    def __delitem__(self, key: str) -> None:
        delattr(self, key)

    def __len__(self) -> int:
        return len(self._parameters)

    def __iter__(self) -> Any:
        return iter(self._parameters)

    def __contains__(self, key: object) -> bool:
        return key in self._parameters

    def keys(self) -> Any:
        """Return the names."""
        return self._parameters.keys()

    def values(self) -> Any:
        """Return the parameters."""
        return self._parameters.values()

    def items(self) -> Any:
        """Return names and parameters."""
        return self._parameters.items()

    def update(self, parameters: Mapping[str, Any]) -> None:
        """Take over the parameters of a mapping."""
        for key, value in parameters.items():
            self[key] = value

    def __repr__(self) -> str:
        lines = [f"  ({key}): {_described(p, f'torch.{p.dtype.word}Tensor')}" for key, p in self.items()]
        return "ParameterDict(" + "\n".join(lines) + ")"


def _described(p: Any, kind: Any) -> str:
    """A parameter in one line."""
    return f"Parameter containing: [{kind} of size {'x'.join(map(str, p.shape))}]"
