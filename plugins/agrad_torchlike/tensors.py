"""The Tensor under PyTorch's name: a handle on agrad's, with the record of the operation that made it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

import agrad
from agrad_torchlike import dtypes
from agrad_torchlike.graph import GradFn, function_of, refuse_part
from agrad_torchlike.sizes import Size, device

__all__ = ["Tensor", "View", "is_leaf_of_user", "raw", "wrap"]

new = object.__new__


class View(NamedTuple):
    """What a tensor that shares memory knows: with whose, and where in it its elements are."""

    root: Any
    stride: tuple[int, ...]
    offset: int
    detached: bool
    """Whether it shares the data alone, and not the graph: ``detach()``, ``.data``."""


class _Kind(type):
    """Finds the methods that the tables hold when they are first used."""

    def __getattr__(cls, name: str) -> Any:
        from agrad_torchlike.registry import method

        made = method(name)
        setattr(Tensor, name, made)
        return made


class Tensor(metaclass=_Kind):
    """An array with PyTorch's operations, on any backend of agrad's.

    ``torch.tensor(data)`` copies data; ``torch.Tensor(2, 3)`` makes one of that shape, ``torch.Tensor([1, 2])`` one of
    a list, both float32.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad.tolist()
    [2.0, 4.0]
    """

    _t: Any
    """agrad's Tensor."""
    _op: Any = None
    """The record of the operation that made it: see `agrad_torchlike.graph`."""
    _view: View | None = None
    _strides: tuple[int, ...] | None = None
    """Of a result that has memory of its own, in another order than usual: as its operands' elements lie."""
    _grad: Any = None
    _part: tuple[int, int] | None = None
    """Of one of several views that an operation returned: which, and the version of its memory then."""
    _changes: int = 0
    """Of a tensor that others are views of: how often its memory was changed."""
    _seen: int = 0
    """Of a view: at which of the changes its record was made."""
    _counter: Any = None
    """How often its memory was changed in place, and by what; see `agrad_torchlike.versions`."""
    _memory: bool = False
    """Whether NumPy has the memory, too, so that changes are to be made in it."""

    __array_priority__ = 1000
    __hash__ = object.__hash__

    def __new__(cls, *args: Any, **options: Any) -> Any:
        from agrad_torchlike.creation import legacy

        made = new(cls)
        made._t = legacy(dtypes.default(), args, **options)._t
        return made

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
        return getattr(Tensor, name).__get__(self)

    def __dir__(self) -> list[str]:
        from agrad_torchlike.registry import METHODS, load

        load()
        return sorted({*object.__dir__(self), *METHODS})

    # Attributes -----------------------------------------------------------------------------------

    @property
    def shape(self) -> Size:
        """The lengths of the axes."""
        return Size(self._t.shape)

    @property
    def dtype(self) -> dtypes.dtype:
        """The type of the elements."""
        return dtypes.from_backend(self._t.dtype)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._t.ndim  # type: ignore[no-any-return]

    @property
    def device(self) -> device:
        """Always ``device(type='cpu')``."""
        return device("cpu")

    layout = "torch.strided"
    is_cuda = is_sparse = is_quantized = is_mps = is_meta = False

    @property
    def requires_grad(self) -> bool:
        """Whether operations on it are followed."""
        return self._t.node is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    @property
    def is_leaf(self) -> bool:
        """Whether the user made it, rather than an operation that is followed."""
        if self._part is not None:
            refuse_part(self)
        return self._t.is_leaf  # type: ignore[no-any-return]

    @property
    def grad_fn(self) -> GradFn | None:
        """The operation that made it; None for a leaf."""
        return function_of(self)

    @property
    def grad(self) -> Tensor | None:
        """The gradient that was accumulated here, the same object at each read; ``x.grad = None`` clears it."""
        g = self._t.grad
        if g is None:
            self._grad = None
            if self._t.node is not None and not self._t.is_leaf and not self.retains_grad:
                warnings.warn(
                    "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute "
                    "won't be populated during autograd.backward(). If you indeed want the .grad field to be populated "
                    "for a non-leaf Tensor, use .retain_grad() on the non-leaf Tensor. If you access the non-leaf "
                    "Tensor by mistake, make sure you access the leaf Tensor instead.",
                    UserWarning,
                    stacklevel=2,
                )
            return None
        if self._grad is None:
            self._grad = wrap(g)
        elif self._grad._t is not g:  # another backward has added to it
            self._grad._t = g
        return self._grad  # type: ignore[no-any-return]

    @grad.setter
    def grad(self, value: Any) -> None:
        if value is None:
            self._grad = None
            if self._t.node is not None:
                self._t.grad = None
            return
        if not isinstance(value, Tensor):
            raise TypeError(
                f"assigned grad expected to be a Tensor or None but got grad of type {type(value).__name__}"
            )
        if value.shape != self.shape:
            raise RuntimeError("assigned grad has data of a different size")
        if value.dtype is not self.dtype:
            raise RuntimeError("assigned grad has data of a different type")
        self._t.grad = value._t
        self._grad = value

    @property
    def retains_grad(self) -> bool:
        """Whether `retain_grad` was called on it."""
        return bool(self.__dict__.get("_retained"))

    @property
    def data(self) -> Tensor:
        """The same memory without the graph, whose changes are not counted; it can be set."""
        y: Tensor = self.detach()
        y._counter = [0, "", ""]
        return y

    @data.setter
    def data(self, value: Tensor) -> None:
        from agrad_torchlike.inplace import replace_data

        replace_data(self, value)

    @property
    def _version(self) -> int:
        """How often its memory was changed in place."""
        from agrad_torchlike.versions import version

        return version(self)

    # Python's own ---------------------------------------------------------------------------------

    def __bool__(self) -> bool:
        if self._t.size != 1:
            word = "no values" if self._t.size == 0 else "more than one value"
            raise RuntimeError(f"Boolean value of Tensor with {word} is ambiguous")
        return bool(self._t.item())

    def __float__(self) -> float:
        return float(self._number())

    def __int__(self) -> int:
        return int(self._number())

    def __complex__(self) -> complex:
        return complex(self._number())

    def __index__(self) -> int:
        value: Any = self._number() if self._t.size == 1 else None
        if type(value) not in (int, bool):
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(value)

    def _number(self) -> Any:
        if self._t.size != 1:
            raise ValueError("only one element tensors can be converted to Python scalars")
        return self._t.item()

    def __len__(self) -> int:
        if not self._t.ndim:
            raise TypeError("len() of a 0-d tensor")
        return self._t.shape[0]  # type: ignore[no-any-return]

    def __iter__(self) -> Iterator[Tensor]:
        if not self._t.ndim:
            raise TypeError("iteration over a 0-d tensor")
        return iter(self.unbind(0))

    def __contains__(self, item: Any) -> bool:
        return bool((self == item).any())

    def __format__(self, spec: str) -> str:
        return format(self._t.item(), spec) if self._t.ndim == 0 else object.__format__(self, spec)

    def __repr__(self) -> str:
        from agrad_torchlike.shown import shown

        return shown(self)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        array = self.numpy()
        return array if dtype is None else array.astype(dtype, copy=False)

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Tensor:
        """What a NumPy function made of this tensor, as a tensor again."""
        from agrad_torchlike.creation import tensor

        return tensor(array)  # type: ignore[no-any-return]

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if not self._t.is_leaf:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the "
                "moment."
            )
        made = new(type(self))
        made.__dict__.update({k: v for k, v in self.__dict__.items() if k not in ("_t", "_view", "_grad", "_op")})
        made._t = agrad.tensor(self._t.detach(), requires_grad=self.requires_grad)
        memo[id(self)] = made
        if self.grad is not None:
            made.grad = self.grad.detach().clone()
        return made

    def __reduce__(self) -> Any:
        if not self._t.is_leaf:
            raise RuntimeError("only leaves can be copied and pickled; use .detach() first")
        return _rebuilt, (type(self), self._t.detach(), self.requires_grad)


def _rebuilt(kind: type[Tensor], t: Any, requires_grad: bool) -> Any:
    made = new(kind)
    made._t = t.requires_grad_() if requires_grad else t
    return made


def wrap(t: Any) -> Tensor:
    """A tensor of this layer around agrad's."""
    y = new(Tensor)
    y._t = t
    return y


def raw(value: Any) -> Any:
    """agrad's Tensors in place of this layer's, in lists and tuples too."""
    t = getattr(value, "_t", None)
    if t is not None:
        return t
    if type(value) is list or type(value) is tuple:
        return type(value)([raw(item) for item in value])
    return value


def is_leaf_of_user(t: Any) -> bool:
    """Whether agrad's Tensor is a leaf that ``backward()`` accumulates in."""
    return t.node is not None and t.is_leaf and t.node.accumulates
