"""Layers: agrad_nn's modules, which compute, under PyTorch's names and with this layer's tensors."""

from __future__ import annotations

from typing import Any

import agrad_nn
from agrad_torchlike.errors import translated
from agrad_torchlike.inplace import settle
from agrad_torchlike.nn.drawing import Masks
from agrad_torchlike.nn.module import Module
from agrad_torchlike.nn.parameter import adopt
from agrad_torchlike.registry import record
from agrad_torchlike.tensors import raw, wrap

__all__ = ["Layer"]

OWN = {"training", "rng", "_roles", "_transient", "_before", "_after", "_seeded"}


class Layer(Module):
    """A module that one of agrad_nn's computes for: this one has the tensors, that one the settings and the rules."""

    _inner: Any
    _node: str = ""
    _plan: str = ""
    """What it keeps, where its node does not say so: see `agrad_torchlike.versions`."""
    """The name of the derivative of what it computes."""

    def _build(self, *args: Any, **options: Any) -> None:
        """Make agrad_nn's module of the same name, and take over its settings, parameters and buffers."""
        self._take(getattr(agrad_nn, self._of())(*args, **options))

    def _of(self) -> str:
        return next(c.__name__ for c in type(self).__mro__ if c.__name__ in agrad_nn.__dir__())

    def _take(self, inner: Any) -> None:
        if hasattr(inner, "rng"):
            inner.rng = Masks()
        own = self.__dict__
        own["_inner"] = inner
        for name, value in vars(inner).items():
            role = inner._roles.get(name)
            if role is None and name not in OWN:
                own[name] = value
            elif role == "parameter":
                self.register_parameter(name, None if value is None else adopt(value))
                if value is not None:
                    own[name]._counter = [1, "reset_parameters", ""]  # PyTorch has filled it by then
            elif role == "buffer":
                self.register_buffer(name, None if value is None else wrap(value))

    def _lend(self) -> tuple[Any, list[Any]]:
        """agrad_nn's module with the tensors that this one has now, and those tensors."""
        own = self.__dict__
        inner = own["_inner"]
        held, tensors = inner.__dict__, []
        for name, role in own["_roles"].items():
            value = own[name]
            if role == "module":
                held[name] = value._lend()[0]
            elif value is None:
                held[name] = None
            else:
                held[name] = value._t
                tensors.append(value)
        held["training"] = own["training"]
        return inner, tensors

    def forward(self, *args: Any, **options: Any) -> Any:
        """Compute the result."""
        inner, tensors = self._lend()
        try:
            if options:
                options = {k: raw(v) for k, v in options.items()}
            result = inner.forward(*[raw(a) for a in args], **options)
        except Exception as error:
            raise self._explained(args) or translated(error, type(self).__name__, args) from error
        if self.training:
            self._keep(inner)
        sources = (*args, *tensors)
        if type(result) is tuple:
            return record(result[0], self._node_of(args), sources), record(result[1], self._rest_of(args), sources)
        return record(result, self._node_of(args), sources, self._plan)

    def _explained(self, args: tuple[Any, ...]) -> Exception | None:
        """PyTorch's error for such arguments, where it is known."""
        return None

    def _keep(self, inner: Any) -> None:
        """Take over running statistics."""
        own, held = self.__dict__, inner.__dict__
        for name, role in own["_roles"].items():
            if role == "buffer" and held[name] is not None and held[name] is not own[name]._t:
                if own[name]._memory:
                    settle(own[name], held[name], "batch_norm")
                else:
                    own[name]._t = held[name]

    def _node_of(self, args: tuple[Any, ...]) -> str:
        return self._node

    def _rest_of(self, args: tuple[Any, ...]) -> str:
        """That of the second result, of those that have two."""
        return self._node_of(args)

    def reset_parameters(self) -> None:
        """Draw the initial values anew."""
        from agrad_torchlike.nn.drawing import Initial

        self._lend()[0].reset_parameters(Initial())

    def extra_repr(self) -> str:
        """Return the settings."""
        return self._lend()[0].extra_repr()  # type: ignore[no-any-return]

    def __getstate__(self) -> dict[str, Any]:
        """What is copied: agrad_nn's module without tensors, which are here."""
        state = dict(vars(self))
        inner = state["_inner"]
        bare = object.__new__(type(inner))
        vars(bare).update({**vars(inner), **{n: None for n, r in inner._roles.items() if r != "module"}})
        state["_inner"] = bare
        return state
