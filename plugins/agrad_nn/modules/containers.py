"""Modules made of others: Sequential, ModuleList, ModuleDict; and ParameterList."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

from agrad_nn.modules.module import Module
from agrad_nn.modules.parameter import Parameter

__all__ = ["ModuleDict", "ModuleList", "ParameterList", "Sequential"]


class _Numbered(Module):
    """What is held under the names "0", "1", ..."""

    _role = "module"

    def _items(self) -> list[Any]:
        return [value for _, value in self._own(self._role)]

    def _names(self) -> list[str]:
        return [name for name, _ in self._own(self._role)]

    def _hold(self, items: Iterable[Any]) -> None:
        """Hold these, in this order, and nothing else."""
        items = list(items)
        for name in self._names():
            delattr(self, name)
        for i, item in enumerate(items):
            self._put(str(i), item)

    def _put(self, name: str, item: Any) -> None:
        self.register_module(name, item)

    def __len__(self) -> int:
        return len(self._names())

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items())

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return self._like(dict(list(self._own(self._role))[index]))
        return self._items()[operator.index(index)]

    def _like(self, chosen: dict[str, Any]) -> Any:
        return type(self)(chosen.values())

    def __setitem__(self, index: int, item: Any) -> None:
        self._put(self._names()[operator.index(index)], item)

    def __delitem__(self, index: Any) -> None:
        items = self._items()
        del items[index]
        self._hold(items)

    def append(self, item: Any) -> Self:
        """Add one at the end; return this container."""
        self._put(str(len(self)), item)
        return self

    def extend(self, items: Iterable[Any]) -> Self:
        """Add several at the end; return this container."""
        for item in list(items):
            self.append(item)
        return self

    def insert(self, index: int, item: Any) -> Self:
        """Add one before the one at `index`; return this container."""
        items = self._items()
        items.insert(index, item)
        self._hold(items)
        return self


class Sequential(_Numbered):
    """Modules that are called one after the other.

    Parameters
    ----------
    *modules : Module, or one dict of str to Module
        A dict gives them names.

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> model = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 1))
    >>> model
    Sequential(
      (0): Linear(in_features=2, out_features=4, bias=True)
      (1): ReLU()
      (2): Linear(in_features=4, out_features=1, bias=True)
    )
    >>> model(agrad.tensor([[1.0, 2.0]])).shape
    (1, 1)
    """

    def __init__(self, *modules: Any) -> None:
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            for name, module in modules[0].items():
                self.register_module(name, module)
        else:
            self._hold(modules)

    def forward(self, x: Any) -> Any:
        """Call the modules in turn."""
        for module in self._items():
            x = module(x)
        return x

    def _like(self, chosen: dict[str, Any]) -> Any:
        return Sequential(chosen)


class ModuleList(_Numbered):
    """A list of modules, for a `forward` of one's own to call.

    Parameters
    ----------
    modules : iterable of Module

    Examples
    --------
    >>> import agrad_nn as nn
    >>> layers = nn.ModuleList(nn.Linear(2, 2) for _ in range(3))
    >>> layers.append(nn.Tanh())
    ModuleList(
      (0-2): 3 x Linear(in_features=2, out_features=2, bias=True)
      (3): Tanh()
    )
    """

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        self._hold(modules)

    def _lines(self) -> list[str]:
        """Neighbours that read alike on one line."""
        runs: list[list[Any]] = []
        for i, text in enumerate(map(repr, self._items())):
            if runs and runs[-1][2] == text:
                runs[-1][1] = i
            else:
                runs.append([i, i, text])
        return [
            self._line(str(i), text) if i == k else self._line(f"{i}-{k}", f"{k - i + 1} x {text}")
            for i, k, text in runs
        ]


class ModuleDict(Module):
    """Modules by name, for a `forward` of one's own to choose from.

    Parameters
    ----------
    modules : mapping of str to Module

    Examples
    --------
    >>> import agrad_nn as nn
    >>> heads = nn.ModuleDict({"left": nn.Linear(2, 1)})
    >>> heads["right"] = nn.Linear(2, 3)
    >>> list(heads), heads["right"].out_features
    (['left', 'right'], 3)
    """

    def __init__(self, modules: Mapping[str, Module] | None = None) -> None:
        self.update(modules or {})

    def __getitem__(self, name: str) -> Module:
        return dict(self.items())[name]

    def __setitem__(self, name: str, module: Module) -> None:
        self.register_module(name, module)

    def __delitem__(self, name: str) -> None:
        delattr(self, name)

    def __len__(self) -> int:
        return len(self.items())

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __contains__(self, name: object) -> bool:
        return name in self.keys()

    def keys(self) -> list[str]:
        """Return the names."""
        return [name for name, _ in self.items()]

    def values(self) -> list[Module]:
        """Return the modules."""
        return [module for _, module in self.items()]

    def items(self) -> list[tuple[str, Module]]:
        """Return names and modules."""
        return list(self._own("module"))

    def update(self, modules: Mapping[str, Module]) -> None:
        """Take over the modules of a mapping."""
        for name, module in modules.items():
            self.register_module(name, module)


class ParameterList(_Numbered):
    """A list of parameters, for a `forward` of one's own.

    Parameters
    ----------
    parameters : iterable of Tensor or array
        What is no `Parameter` is copied into one.

    Examples
    --------
    >>> import agrad_nn as nn
    >>> factors = nn.ParameterList([[1.0, 2.0], 3.0])
    >>> factors
    ParameterList(
      (0): Parameter of shape (2,), float64
      (1): Parameter of shape (), float64
    )
    """

    _role = "parameter"

    def __init__(self, parameters: Iterable[Any] = ()) -> None:
        self._hold(parameters)

    def _put(self, name: str, item: Any) -> None:
        self.register_parameter(name, item if isinstance(item, Parameter) else Parameter(item))

    def _lines(self) -> list[str]:
        return [self._line(name, f"Parameter of shape {p.shape}, {p.dtype}") for name, p in self._own("parameter")]
