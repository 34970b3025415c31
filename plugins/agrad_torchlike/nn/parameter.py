"""Parameters: tensors that modules find among their attributes."""

from __future__ import annotations

from typing import Any

from agrad_nn.modules.parameter import mark
from agrad_torchlike.tensors import Tensor

__all__ = ["Buffer", "Parameter", "adopt"]


class Parameter(Tensor):
    """A tensor to be trained: set as an attribute of a module, it is one of the module's parameters.

    Parameters
    ----------
    data : Tensor, optional
        It is copied, where PyTorch shares its memory.
    requires_grad : bool

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> torch.nn.Parameter(torch.tensor([1.0, 2.0]))
    Parameter containing:
    tensor([1., 2.], requires_grad=True)
    """

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Any:
        import agrad
        from agrad_torchlike.backends import space

        held = space().zeros(0, dtype=space().float32) if data is None else data._t.detach()
        return adopt(agrad.tensor(held, requires_grad=requires_grad), cls)

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()


class _BufferKind(type(Tensor)):  # type: ignore[misc] # the metaclass of tensors
    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, Tensor) and getattr(value, "_is_buffer", False)


class Buffer(metaclass=_BufferKind):
    """A tensor that is part of a module's state and is not trained: set it as an attribute.

    Parameters
    ----------
    data : Tensor
    persistent : bool
        Whether the module's `state_dict` has it.
    """

    def __new__(cls, data: Tensor, *, persistent: bool = True) -> Any:
        made = data.detach()
        made._is_buffer, made.persistent = True, persistent
        return made


def adopt(t: Any, kind: Any = Parameter) -> Any:
    """A parameter around a leaf of agrad's."""
    made = object.__new__(kind)
    made._t = mark(t)
    return made
