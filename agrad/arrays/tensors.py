"""The Tensor: the standard's array object, a handle on a value and on the node that follows it."""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from agrad.arrays import imperative
from agrad.arrays.clients import advice
from agrad.arrays.views import (
    SLICE,
    Family,
    Lens,
    attach,
    is_written,
    key_of,
    lens_of,
    rebind,
    refresh,
    refuse_leaf,
)
from agrad.elsewhere import METHODS, Elsewhere
from agrad.errors import ConcretizationError, DtypeError, GraphError, NestingError, ShapeError
from agrad.interpret.apply import escaped, is_batched, is_tracked, raw_of
from agrad.interpret.aval import Aval
from agrad.interpret.record import BASE, recording
from agrad.interpret.reverse import Leaf, Node
from agrad.interpret.space import Space
from agrad.ops._shapes import device_of

__all__ = ["Tensor", "specialised_tensor", "stale_tensor"]


class Tensor:
    """An array of a backend whose history is followed, so that it can be differentiated.

    Made by `agrad.tensor`, by the functions of a namespace, and by operations; never by calling the
    class. It has every operator, attribute and method of the array API standard, mixes with Python
    scalars and with plain arrays of its backend, and refuses those of another.

    Examples
    --------
    >>> import agrad
    >>> x = agrad.tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    Tensor([2. 4.], dtype=float64)
    """

    __slots__ = ("__weakref__", "_aval", "_leaf", "_node", "_ties", "_value")

    _space: ClassVar[Any]
    _value: Any
    """The backend's array, or the Tensor of the next transform further out."""
    _aval: Aval
    _node: Any
    """None for a constant; a Node (reverse) or a Dual (forward) for a followed value."""
    _ties: Lens | Family
    """Set where memory is shared: on a view, whose it shows and how; on the root, who its views are."""
    _leaf: Leaf
    """Set by ``requires_grad_(False)``: the leaf that ``requires_grad_()`` takes up again, with its gradient."""

    aval: Aval
    """Its shape, dtype and kind of numbers in one object, whose attributes are quicker to read: for plugins."""
    node: Any
    """What follows it: its `grad_fn`, a leaf of the graph, or a transform's own; None for a constant. Read only."""

    __hash__ = object.__hash__

    # Attributes -----------------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the axes."""
        return self._aval.shape

    @property
    def dtype(self) -> Any:
        """The data type, the backend's own object."""
        return self._aval.dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._aval.ndim

    @property
    def size(self) -> int:
        """The number of elements."""
        return self._aval.size

    @property
    def device(self) -> Any:
        """Where the data are."""
        return device_of(raw_of(self))

    @property
    def T(self) -> Tensor:  # noqa: N802 - the standard's name
        """The transpose of a matrix."""
        if self.ndim != 2:
            raise ShapeError(f".T takes a matrix, this Tensor has {self.ndim} axes; .mT transposes stacked matrices")
        return self._space.permute_dims(self, (1, 0))  # type: ignore[no-any-return]

    @property
    def mT(self) -> Tensor:  # noqa: N802 - the standard's name
        """The transposes of stacked matrices: the last two axes exchanged."""
        return self._space.matrix_transpose(self)  # type: ignore[no-any-return]

    @property
    def array(self) -> Any:
        """The backend's array. Changing it in place is unsupported; `agrad.debug` notices."""
        return self._space._backend.array(self._concrete(".array"))

    @property
    def requires_grad(self) -> bool:
        """Whether operations on this Tensor are followed, to take derivatives of them."""
        node = self._node
        if node is None or node.trace.differentiates:
            return node is not None
        return isinstance(self._value, Tensor) and self._value.requires_grad

    @property
    def grad_fn(self) -> Node | None:
        """The node that made this Tensor; None for a constant or a leaf."""
        node = self._node
        return node if isinstance(node, Node) and type(node) is not Leaf else None

    @property
    def is_leaf(self) -> bool:
        """Whether this Tensor was made by the user rather than by a followed operation."""
        return self._node is None or type(self._node) is Leaf

    @property
    def base(self) -> Tensor | None:
        """Of a view, the Tensor whose memory it shows; None for one that has memory of its own.

        Examples
        --------
        >>> import agrad
        >>> x = agrad.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> x[0][1:].base is x, x.base
        (True, None)
        """
        lens = lens_of(self)
        return None if lens is None else lens.root

    @property
    def grad(self) -> Tensor | None:
        """The gradient that backward passes have accumulated here; ``x.grad = None`` clears it."""
        return imperative.gradient_of(self)  # type: ignore[no-any-return]

    @grad.setter
    def grad(self, value: Any) -> None:
        if type(self._node) is not Leaf:
            if value is None:
                imperative.forget_gradient(self)
                return
            raise GraphError(".grad can be set on leaves with requires_grad=True only")
        if value is not None:
            value = self._space.asarray(value)
            if value.shape != self.shape:
                raise ShapeError(f".grad was set to shape {value.shape}; it must have shape {self.shape}")
        self._node.grad = value

    # The imperative side --------------------------------------------------------------------------

    def backward(self, gradient: Any = None, retain_graph: bool = False, create_graph: bool = False) -> None:
        """Accumulate in ``.grad`` of every leaf the gradient of this Tensor.

        Parameters
        ----------
        gradient : array or Tensor, optional
            The cotangent of this Tensor, of its shape; needed where it is not a real scalar.
        retain_graph : bool
            Keep the graph, so that it can be walked again.
        create_graph : bool
            Follow the backward pass itself, so that the gradients can be differentiated.

        Raises
        ------
        GraphError
            Nothing was followed, or an earlier backward freed the graph.
        NonScalarError, ShapeError, DtypeError
            The cotangent is missing or does not fit.
        NestingError
            Inside a transform.

        Examples
        --------
        >>> import agrad
        >>> x = agrad.tensor(3.0, requires_grad=True)
        >>> (x**2).backward()
        >>> x.grad.item()
        6.0
        """
        imperative.backward(self, gradient, retain_graph, create_graph)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Make this Tensor a leaf that is followed, or stop following it; return it.

        One that was a leaf before is the same again: graphs that it is part of reach it, and it has its ``.grad``.
        """
        if self._node is None:
            return imperative.make_leaf(self) if requires_grad else self
        if self._node.trace is not BASE:
            raise NestingError(
                "requires_grad_() on a Tensor that a transform follows; use agrad.grad inside it, or stop_gradient"
            )
        if not requires_grad:
            if not self.is_leaf:
                raise GraphError("requires_grad_(False) on the result of an operation; use .detach() instead")
            self._leaf, self._node = self._node, None
        return self

    def detach(self) -> Tensor:
        """Return a constant Tensor of the same data; outside a transform only (there: stop_gradient)."""
        node = self._node
        if node is None or not node.trace.batches or not node.trace.alive:
            return self._space._wrap(self._concrete("detach()"))  # type: ignore[no-any-return]
        value = self._value.detach() if isinstance(self._value, Tensor) else self._value
        inner = value._value if isinstance(value, Tensor) and value._node is None else value
        return self._space._box(inner, self._aval, node)  # type: ignore[no-any-return]

    def retain_grad(self) -> None:
        """Keep ``.grad`` for this Tensor although it is not a leaf."""
        imperative.retain_gradient(self)

    def register_hook(self, function: Callable[[Tensor], Any]) -> imperative.HookHandle:
        """Call a function with this Tensor's gradient in every backward; what it returns replaces it."""
        return imperative.add_hook(self, function)

    # Conversions ----------------------------------------------------------------------------------

    def _concrete(self, what: str) -> Any:
        """The backend's array of a constant, or of a user's own leaves and their results."""
        node = self._node
        if node is not None and (node.trace is not BASE or recording()):
            if not node.trace.alive:
                raise escaped(self)
            if node.trace.batches:
                raise _many(what)
            if recording():
                raise ConcretizationError(
                    f"{what} in a function that is recorded (agrad.trace, agrad.compile) would be frozen in the graph; "
                    "compute with Tensors, take agrad.stop_gradient(x) for a constant one, or call it outside"
                )
            done, instead = advice(what, "use agrad.stop_gradient(x) first if a constant is meant")
            raise ConcretizationError(
                f"{done} of a Tensor that a transform (agrad.grad, jvp, ...) follows would lose its derivative; "
                f"{instead}"
            )
        return self._value

    def _detached(self, what: str) -> Any:
        """The backend's array of a constant only."""
        if self._node is not None and self._node.trace is not BASE:
            self._concrete(what)
        if self._node is not None:
            done, instead = advice(what, "use .detach() first, or .item() for a Python number")
            raise ConcretizationError(f"{done} of a Tensor that requires gradients would lose them; {instead}")
        return self._value

    def item(self) -> Any:
        """The one element as a Python number."""
        if self.size != 1:
            raise ShapeError(f".item() takes a Tensor of one element; this one has shape {self.shape}")
        return _item(self._space._raw, self._concrete(".item()"))

    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers."""
        array = self._space._backend.array(self._concrete(".tolist()"))
        return array.tolist() if hasattr(array, "tolist") else self._space._backend.host(array).tolist()

    def __bool__(self) -> bool:
        if self._node is not None and is_batched(self):
            raise _many("bool()")
        value = bool(raw_of(self))
        t: Any = self
        while isinstance(t, Tensor):
            if t._node is not None:
                t._node.trace.decided(t, value)
            t = t._value
        return value

    def __float__(self) -> float:
        return float(self._detached("float()"))

    def __int__(self) -> int:
        return int(self._detached("int()"))

    def __complex__(self) -> complex:
        return complex(self._detached("complex()"))

    def __index__(self) -> int:
        return operator.index(self._detached("an index"))

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError("len() of a 0-d Tensor")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        if not self.ndim:
            raise TypeError("iteration over a 0-d Tensor")
        return (self[i] for i in range(self.shape[0]))

    def __contains__(self, item: Any) -> bool:
        return bool(self._space.any(self == item))

    def __format__(self, spec: str) -> str:
        known = not is_batched(self)
        return format(_item(self._space._raw, raw_of(self)), spec) if spec and known else str(self)

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if name not in METHODS or hasattr(self, name)]

    def __repr__(self) -> str:
        value = self._value
        while isinstance(value, Tensor):
            value = value._value
        text = str(value).replace("\n", "\n       ")
        grad_fn = self.grad_fn
        if grad_fn is not None:
            return f"Tensor({text}, dtype={self.dtype}, grad_fn={grad_fn!r})"
        return f"Tensor({text}, dtype={self.dtype}{', requires_grad=True' if self.requires_grad else ''})"

    def __reduce__(self) -> Any:
        if not self.is_leaf or (self._node is not None and self._node.trace is not BASE):
            raise GraphError("only leaves can be copied and pickled; use .detach() for a copy without the graph")
        return _rebuilt, (self._space, self._value, self.requires_grad, self.grad)

    def __copy__(self) -> Tensor:
        space, value, requires_grad, grad = self.__reduce__()[1]
        return _rebuilt(space, value, requires_grad, None if grad is None else copy.copy(grad))

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        space, value, requires_grad, grad = self.__reduce__()[1]
        value = space._raw.asarray(value, copy=True)
        memo[id(self)] = made = _rebuilt(space, value, requires_grad, copy.deepcopy(grad, memo))
        return made

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        """The namespace of this Tensor's backend, `agrad.namespace(name)`."""
        if api_version not in (None, "2021.12", "2022.12", "2023.12", "2024.12", "2025.12"):
            raise ValueError(f"array API version {api_version!r} is not known; agrad implements 2025.12")
        return self._space

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        array = self._space._backend.array(self._detached("numpy.asarray()"))
        given = () if dtype is None else (dtype,)  # an explicit None is float64 for NumPy before 2.3
        return array.__array__(*given) if copy is None else array.__array__(*given, copy=copy)

    def __dlpack__(
        self,
        *,
        stream: Any = None,
        max_version: tuple[int, int] | None = None,
        dl_device: Any = None,
        copy: bool | None = None,
    ) -> Any:
        array = self._space._backend.array(self._detached("__dlpack__()"))
        return array.__dlpack__(stream=stream, max_version=max_version, dl_device=dl_device, copy=copy)

    def __dlpack_device__(self) -> Any:
        return self._space._backend.array(raw_of(self)).__dlpack_device__()

    def to_device(self, device: Any, /, *, stream: Any = None) -> Tensor:
        """The same values on another device; gradients come back to this one."""
        return self._space.to_device(self, device, origin=self.device, stream=stream)  # type: ignore[no-any-return]

    # Indexing and assignment ----------------------------------------------------------------------

    def __getitem__(self, key: Any) -> Tensor:
        space = self._space
        if type(key) is not slice:
            key, basic = key_of(key)
            if not basic:
                return space._getitem(self, key)  # type: ignore[no-any-return]
        out: Tensor = space._slice(self, key)
        ndim = self._aval.ndim
        if type(key) is int:
            if ndim == 1:
                return out  # an element is a value
        elif type(key) is tuple and len(key) == ndim and all([type(k) is int for k in key]):
            return out
        attach(self, out, getattr(self, "_ties", None), SLICE, key)
        return out

    def __setitem__(self, key: Any, value: Any) -> None:
        if is_written(self, key, value):  # asked first, since any look brings a stale Tensor up to date
            return
        refuse_leaf(self)
        if not self._aval.inexact and is_tracked(value):
            raise DtypeError(
                f"a Tensor of dtype {self.dtype} cannot hold a value that requires gradients; make it floating first"
            )
        _check_kind(self, value)
        rebind(self, self._space._setitem(self, key_of(key)[0], value))

    # Everyday methods -----------------------------------------------------------------------------

    def reshape(self, *shape: Any, copy: bool | None = None) -> Tensor:
        """``xp.reshape``; the shape as one tuple or as separate integers."""
        if len(shape) == 1 and isinstance(shape[0], tuple | list):
            shape = tuple(shape[0])
        return self._space.reshape(self, shape, copy=copy)  # type: ignore[no-any-return]

    def flatten(self) -> Tensor:
        """All elements on one axis."""
        return self.reshape(-1)

    def astype(self, dtype: Any, *, copy: bool = True) -> Tensor:
        """``xp.astype``."""
        return self._space.astype(self, dtype, copy=copy)  # type: ignore[no-any-return]

    def clone(self) -> Tensor:
        """A copy of the data that stays in the graph."""
        return self._space.asarray(self, copy=True)  # type: ignore[no-any-return]


for _name in ("aval", "node"):
    setattr(Tensor, _name, Tensor.__dict__[f"_{_name}"])  # the slots themselves: no property is as fast
SLOTS = ("_value", "_aval", "_node", "aval", "node")
"""What is different once the memory of a Tensor was changed through another one."""


def _reduction(name: str) -> Callable[..., Tensor]:
    def method(self: Tensor, axis: Any = None, **options: Any) -> Tensor:
        return getattr(self._space, name)(self, axis=axis, **options)  # type: ignore[no-any-return]

    method.__name__ = name
    method.__doc__ = f"``xp.{name}`` of this Tensor over `axis`."
    return method


def _method(name: str) -> Callable[..., Tensor]:
    def method(self: Tensor, *args: Any, **options: Any) -> Tensor:
        return getattr(self._space, name)(self, *args, **options)  # type: ignore[no-any-return]

    method.__name__ = name
    method.__doc__ = f"``xp.{name}`` of this Tensor."
    return method


for _name in ("all", "any", "argmax", "argmin", "max", "mean", "min", "prod", "std", "sum", "var"):
    setattr(Tensor, _name, _reduction(_name))
for _name in ("abs", "clip", "conj", "cos", "exp", "log", "pow", "round", "sign", "sin", "sqrt", "squeeze", "tanh"):
    setattr(Tensor, _name, _method(_name))
for _name in METHODS:
    setattr(Tensor, _name, Elsewhere(_name))

# Helpers --------------------------------------------------------------------------------------------


def specialised_tensor(space: Space) -> type[Tensor]:
    """The Tensor class of one namespace."""
    methods = space._backend.methods
    body = {"__slots__": (), "__module__": "agrad", "_space": space, **(methods() if callable(methods) else methods)}
    return type("Tensor", (Tensor,), body)


def stale_tensor(current: type[Tensor]) -> type[Tensor]:
    """The class of Tensors whose memory was changed through another one: they come up to date when looked at."""

    def slot(name: str) -> property:
        held = getattr(Tensor, name)

        def look(self: Tensor) -> Any:
            refresh(self)
            return held.__get__(self)

        return property(look, held.__set__)

    body = {"__slots__": (), "__module__": "agrad", **{name: slot(name) for name in SLOTS}}
    return type("Tensor", (current,), body)


def _item(xp: Any, value: Any) -> Any:
    """The one element of a backend's array as a Python number; the standard's own arrays have no ``item()``."""
    if hasattr(value, "item"):
        return value.item()
    kinds = {"bool": bool, "integral": int, "real floating": float, "complex floating": complex}
    return next(number for kind, number in kinds.items() if xp.isdtype(value.dtype, kind))(xp.reshape(value, ()))


def _rebuilt(space: Space, value: Any, requires_grad: bool, grad: Any) -> Tensor:
    made: Tensor = space._box(value, space._aval_of(value), None)
    if requires_grad:
        imperative.make_leaf(made)
        made._node.grad = grad
    return made


def _many(what: str) -> ConcretizationError:
    """The error for a conversion to one value, of what stands for many."""
    return ConcretizationError(
        f"{what} of a Tensor that vmap batches would have another result for each example; write "
        "xp.where(condition, a, b) in place of a branch, and compute with Tensors alone: xp.asarray(table)[i] reads an "
        "array of yours at batched positions"
    )


def _check_kind(t: Tensor, value: Any) -> None:
    """Refuse to assign what would lose its imaginary part; a fraction goes as it does in the library's arrays."""
    raw = t._space._raw
    dtype = getattr(value, "dtype", t.dtype)
    if not t._aval.complex and (
        type(value) is complex or (dtype != t.dtype and raw.isdtype(dtype, "complex floating"))
    ):
        raise DtypeError(f"a Tensor of dtype {t.dtype} cannot hold complex floating values; take xp.real of them first")
