"""Tensors as others: of another dtype, as NumPy's arrays and lists, copied, moved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import agrad
from agrad_torchlike import dtypes
from agrad_torchlike.graph import edge
from agrad_torchlike.layout import like, root_of
from agrad_torchlike.registry import add, record, tensor_op
from agrad_torchlike.sizes import check_device, device
from agrad_torchlike.tensors import Tensor, wrap

__all__ = ["in_dtype"]


def in_dtype(x: Any, d: dtypes.dtype, copy: bool = False) -> Any:
    """The tensor in a dtype: itself, where it has it."""
    if x.dtype is d:
        return x.clone() if copy else x
    xp = x._t.__array_namespace__()
    if x.dtype.rank == 3 and d.rank < 3:
        made = xp.astype(xp.real(x._t), dtypes.to_backend(d, xp))
    else:
        made = xp.astype(x._t, dtypes.to_backend(d, xp))
    y = wrap(made)
    if made.node is not None:
        y._op = ("ToCopyBackward0", edge(x))
    return y


def to(self: Any, *args: Any, **options: Any) -> Any:
    """In a dtype, on a device, or as another tensor is."""
    given = [*args, *[v for k, v in options.items() if k in ("dtype", "device", "other")]]
    copy = bool(options.get("copy", False))
    d = self.dtype
    for value in given:
        if isinstance(value, dtypes.dtype):
            d = value
        elif isinstance(value, Tensor):
            d = value.dtype
        elif isinstance(value, str | device):
            check_device(value)
    return in_dtype(self, d, copy)


def type_(self: Any, dtype: Any = None, non_blocking: bool = False) -> Any:
    """The name of the tensor's type, or the tensor in another one."""
    return f"torch.{self.dtype.word}Tensor" if dtype is None else in_dtype(self, dtypes.named(dtype))


def type_as(self: Any, other: Any) -> Any:
    """In the dtype of another tensor."""
    return in_dtype(self, other.dtype)


def _caster(name: str) -> None:
    add(name, lambda self: in_dtype(self, dtypes.NAMES[name]), function=False)


for _name in "bool short int long float double cfloat cdouble".split():
    _caster(_name)
add("byte", lambda self: in_dtype(self, dtypes.uint8), function=False)
add("char", lambda self: in_dtype(self, dtypes.int8), function=False)


def cpu(self: Any, memory_format: Any = None) -> Any:
    """The tensor itself: it is on the CPU."""
    return self


def cuda(self: Any, device: Any = None) -> Any:
    """An error: this layer has no such device."""
    check_device("cuda")


def numpy(self: Any, *, force: bool = False) -> Any:
    """The tensor as a NumPy array: of the same memory on the NumPy backend, else a read-only copy."""
    if self._t.node is not None:
        if not force:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
        return numpy(self.detach())
    if self._t.__array_namespace__() is not agrad.namespace("numpy"):
        array = agrad.asarray(self._t, backend="numpy").array
        array.flags.writeable = False
        return array
    root = root_of(self)
    if not root._memory:
        with agrad.no_grad():
            root._t[...] = root._t.clone()  # an array of its own, that all views are views of
        root._memory = True
    return self._t.array


@tensor_op()
def clone(input: Any, *, memory_format: Any = None) -> Any:
    """A copy that stays in the graph."""
    return like(record(input._t.clone(), "CloneBackward0", [input]), input)


_METHODS: dict[str, Callable[..., Any]] = {
    "to": to, "type": type_, "type_as": type_as, "cpu": cpu, "cuda": cuda, "numpy": numpy,
}  # fmt: skip
for _name, _made in _METHODS.items():
    add(_name, _made, function=False)
