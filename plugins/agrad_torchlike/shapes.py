"""What is asked of a tensor: its size, its axes, its elements."""

from __future__ import annotations

from typing import Any

from agrad_torchlike import dtypes
from agrad_torchlike.errors import axis_of
from agrad_torchlike.registry import add, attribute, record

__all__: list[str] = []


def size(self: Any, dim: int | None = None) -> Any:
    """The shape, or the length of an axis."""
    return self.shape if dim is None else self._t.shape[axis_of(dim, self._t.ndim)]


def dim(self: Any) -> int:
    """The number of axes."""
    return self._t.ndim  # type: ignore[no-any-return]


def item(self: Any) -> Any:
    """The one element as a Python number."""
    if self._t.size != 1:
        raise RuntimeError(f"a Tensor with {self._t.size} elements cannot be converted to Scalar")
    return self._t.item()


def tolist(self: Any) -> Any:
    """The elements as nested lists of Python numbers."""
    return self._t.item() if not self._t.ndim else self._t.tolist()


def element_size(self: Any) -> int:
    """How many bytes an element takes."""
    return self.dtype.itemsize  # type: ignore[no-any-return]


def get_device(self: Any) -> int:
    """-1: the CPU."""
    return -1


for _name, _made in {"size": size, "dim": dim, "ndimension": dim, "item": item, "tolist": tolist,
                     "element_size": element_size, "get_device": get_device}.items():  # fmt: skip
    add(_name, _made, function=False)

attribute("itemsize", property(element_size))
attribute("nbytes", property(lambda x: x._t.size * x.dtype.itemsize))
attribute("real", property(lambda x: _part(x, "real")))
attribute("imag", property(lambda x: _part(x, "imag")))


def _part(x: Any, name: str) -> Any:
    """The real or imaginary part."""
    if not x.dtype.is_complex:
        if name == "real":
            return x
        raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")
    return record(getattr(x._t.__array_namespace__(), name)(x._t), f"{name.capitalize()}Backward0", [x])


def promote_types(type1: Any, type2: Any) -> Any:
    """The dtype that holds the values of both."""
    return dtypes.promote(type1, type2)


def result_type(tensor1: Any, tensor2: Any) -> Any:
    """The dtype of an operation on two tensors or numbers."""
    return dtypes.result_of((tensor1, tensor2))


add("promote_types", promote_types, method=False)
add("result_type", result_type, method=False)
