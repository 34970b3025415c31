"""``torch.autograd.Variable``, PyTorch's old name of a tensor."""

from __future__ import annotations

from typing import Any

from agrad_torchlike.tensors import Tensor

__all__ = ["Variable"]


class _Kind(type):
    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, Tensor)


class Variable(metaclass=_Kind):
    """A tensor: ``Variable(x)`` is one that shares the memory of `x`, and every tensor is an instance.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> from agrad_torchlike.autograd import Variable
    >>> x = Variable(torch.ones(2), requires_grad=True)
    >>> isinstance(x, Variable), x.requires_grad
    (True, True)
    """

    def __new__(cls, data: Any, requires_grad: bool = False, volatile: bool = False) -> Any:
        if not isinstance(data, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(data).__name__}")
        return data.detach().requires_grad_(requires_grad)
