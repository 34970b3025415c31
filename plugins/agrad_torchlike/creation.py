"""New tensors: from data, filled with numbers, counting, and like others."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from math import ceil
from typing import Any

import agrad
from agrad_torchlike import dtypes
from agrad_torchlike.backends import space
from agrad_torchlike.registry import add
from agrad_torchlike.sizes import check_device, shape_of
from agrad_torchlike.tensors import Tensor, wrap

__all__ = ["as_tensor", "from_numpy", "legacy", "made", "tensor"]


def made(t: Any, requires_grad: bool = False) -> Any:
    """A new tensor around agrad's, as a leaf on request."""
    y = wrap(t)
    return y.requires_grad_() if requires_grad else y


def is_array(data: Any) -> bool:
    """Whether data are an array with axes, of NumPy or of a library that turns into NumPy's."""
    return hasattr(data, "__array__") and bool(getattr(data, "shape", False))


def _category(data: Any) -> int:
    """The kind of the numbers in nested lists; PyTorch's errors for what is none, and for ragged lists."""
    if isinstance(data, list | tuple):
        found = [_category(item) for item in data]
        return max(found, default=2)
    if isinstance(data, Tensor):
        return data.dtype.rank
    rank = dtypes.category(data)
    if rank < 0 and hasattr(data, "dtype") and hasattr(data, "item"):
        rank = dtypes.category(data.item())
    if rank < 0:
        if isinstance(data, str):
            raise TypeError(f"new(): invalid data type '{type(data).__name__}'")
        raise RuntimeError(f"Could not infer dtype of {type(data).__name__}")
    return rank


def _even(data: Any, depth: int = 0) -> None:
    """Refuse lists whose parts differ in length."""
    if not isinstance(data, list | tuple) or not data:
        return
    first = data[0]
    n = len(first) if isinstance(first, list | tuple) else None
    for item in data:
        m = len(item) if isinstance(item, list | tuple) else None
        if m != n:
            if n is None or m is None:
                raise TypeError(f"not a sequence: the parts of the list at dim {depth + 1} are lists and numbers")
            raise ValueError(f"expected sequence of length {n} at dim {depth + 1} (got {m})")
        _even(item, depth + 1)


def _numbers(data: Any) -> Any:
    if isinstance(data, list | tuple):
        return [_numbers(item) for item in data]
    if isinstance(data, Tensor):
        return data.tolist()
    return data.item() if hasattr(data, "item") and not isinstance(data, bool | int | float | complex) else data


def _from_data(data: Any, dtype: Any, copy: bool) -> Any:
    xp = space()
    if isinstance(data, Tensor):
        wanted = dtypes.to_backend(dtype or data.dtype, data._t.__array_namespace__())
        t = agrad.stop_gradient(data._t) if copy else data._t
        return agrad.asarray(t, dtype=wanted, copy=copy or None)
    if isinstance(data, agrad.Tensor):
        return agrad.asarray(
            agrad.stop_gradient(data), dtype=dtypes.to_backend(dtype, data.__array_namespace__()), copy=True
        )
    if is_array(data):
        array = _array(data)
        t = agrad.asarray(array, backend=agrad.backend_name(xp), copy=copy or None)
        return t if dtype is None else xp.astype(t, dtypes.to_backend(dtype, xp))
    if isinstance(data, range):
        data = list(data)
    if hasattr(data, "tolist"):  # pandas, array.array, NumPy's numbers
        numpy_dtype = str(getattr(data, "dtype", ""))
        data = data.tolist()
        dtype = dtype or dtypes.NAMES.get(numpy_dtype)
    rank = _category(data)
    _even(data)
    d = dtype or dtypes.of_category(rank)
    if isinstance(data, list | tuple):
        data = _numbers(data)
    if d.rank == 1 and rank == 2:
        t = xp.astype(xp.asarray(data, dtype=xp.float64), dtypes.to_backend(d, xp))
    elif d.rank == 0 and rank > 0:
        t = xp.asarray(data) != 0
    else:
        t = xp.asarray(data, dtype=dtypes.to_backend(d, xp))
    return t


def _array(data: Any) -> Any:
    import numpy

    array = data if isinstance(data, numpy.ndarray) else numpy.asarray(data)
    if array.dtype == object or array.dtype.kind in "US":
        word = "object_" if array.dtype.kind == "O" else array.dtype.name
        raise TypeError(
            f"can't convert np.ndarray of type numpy.{word}. The only supported types are: float64, float32, "
            "complex64, complex128, int64, int32, int16, int8, uint8, and bool."
        )
    if any(step < 0 for step in array.strides):
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors with negative strides are not "
            "currently supported. (You can probably work around this by making a copy of your array with array.copy().)"
        )
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def tensor(
    data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False
) -> Any:
    """Make a tensor of data, which are copied: lists of floats are float32, arrays keep their dtype."""
    check_device(device)
    if isinstance(data, Tensor):
        warnings.warn(
            "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
            "sourceTensor.detach().clone().requires_grad_(True), rather than torch.tensor(sourceTensor).",
            UserWarning,
            stacklevel=2,
        )
    return _leaf(_from_data(data, dtype, True), requires_grad)


def _leaf(t: Any, requires_grad: bool) -> Any:
    y = wrap(t)
    if requires_grad:
        if not t.aval.inexact:
            raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
        t.requires_grad_()
    return y


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Any:
    """Make a tensor of data, which are shared where possible."""
    check_device(device)
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype)
    if is_array(data) and not isinstance(data, agrad.Tensor):
        y = from_numpy(_array(data))
        return y if dtype is None else y.to(dtype)
    return wrap(_from_data(data, dtype, True))


def from_numpy(array: Any) -> Any:
    """Make a tensor of a NumPy array: of the same memory on the NumPy backend, else a copy."""
    import numpy

    if not isinstance(array, numpy.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(array).__name__})")
    array = _array(array)
    xp = space()
    if agrad.backend_name(xp) != "numpy":
        return wrap(agrad.asarray(array, backend=agrad.backend_name(xp)))
    y = wrap(xp.asarray(array))
    y._memory = bool(array.flags.writeable)
    return y


def legacy(d: Any, args: tuple[Any, ...], **options: Any) -> Any:
    """``torch.FloatTensor(...)``: of sizes, or of data, which are converted."""
    check_device(options.pop("device", None))
    if len(args) == 1 and not isinstance(args[0], int | dtypes.dtype):
        data = args[0]
        if type(data).__name__ == "Size":
            args = tuple(data)
        elif isinstance(data, Tensor):
            return data if data.dtype is d else data.to(d)
        else:
            return wrap(_from_data(data, d, True))
    xp = space()
    shape = shape_of(args) if args else (0,)
    return wrap(xp.zeros(shape, dtype=dtypes.to_backend(d, xp)))


class _Typed(type):
    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, Tensor) and value.dtype is cls.dtype  # type: ignore[attr-defined]


def typed(d: dtypes.dtype) -> Any:
    """The class ``torch.FloatTensor`` of a dtype."""
    return _Typed(f"{d.word}Tensor", (), {"dtype": d, "__new__": lambda cls, *args, **o: legacy(d, args, **o)})


TYPED = {f"{d.word}Tensor": d for d in dtypes.ALL if not d.is_complex}


# Filled with numbers ----------------------------------------------------------------------------------


def _options(options: dict[str, Any], like: Any = None) -> tuple[Any, Any, bool]:
    """The namespace, the backend's dtype and `requires_grad` among options."""
    check_device(options.pop("device", None))
    for ignored in ("layout", "memory_format", "pin_memory"):
        options.pop(ignored, None)
    xp = like._t.__array_namespace__() if like is not None else space()
    d = options.pop("dtype", None) or (like.dtype if like is not None else None)
    requires_grad = options.pop("requires_grad", False)
    return xp, d, requires_grad


def _filler(name: str, value: Any) -> None:
    def of_shape(*size: Any, **options: Any) -> Any:
        xp, d, requires_grad = _options(options)
        out = options.pop("out", None)
        sizes = options.pop("size", size)
        shape = shape_of(sizes if isinstance(sizes, tuple | list) else (sizes,))
        if any(n < 0 for n in shape):
            raise RuntimeError(f"Trying to create tensor with negative dimension {min(shape)}: {list(shape)}")
        t = xp.full(shape, value, dtype=dtypes.to_backend(d or dtypes.default(), xp))
        y = _leaf(t, requires_grad)
        return y if out is None else out.copy_(y)

    def like(input: Any, **options: Any) -> Any:
        xp, d, requires_grad = _options(options, input)
        return _leaf(xp.full(input._t.shape, value, dtype=dtypes.to_backend(d, xp)), requires_grad)

    def new(self: Any, *size: Any, **options: Any) -> Any:
        return of_shape(*size, **{"dtype": self.dtype, **options})

    add(name, of_shape, method=False)
    add(f"{name}_like", like, method=False)
    add(f"new_{name}", new, function=False)


for _name, _value in {"zeros": 0, "ones": 1, "empty": 0}.items():
    _filler(_name, _value)


def full(size: Any, fill_value: Any, **options: Any) -> Any:
    """A tensor of a shape with one value everywhere."""
    xp, d, requires_grad = _options(options)
    value = fill_value.item() if hasattr(fill_value, "item") else fill_value
    d = d or dtypes.of_category(dtypes.category(value))
    return _leaf(xp.full(shape_of((size,)), value, dtype=dtypes.to_backend(d, xp)), requires_grad)


def full_like(input: Any, fill_value: Any, **options: Any) -> Any:
    """The same, of the shape and dtype of another tensor."""
    return full(input.shape, fill_value, **{"dtype": input.dtype, **options})


def new_full(self: Any, size: Any, fill_value: Any, **options: Any) -> Any:
    """The same, of the dtype of another tensor."""
    return full(size, fill_value, **{"dtype": self.dtype, **options})


def new_tensor(self: Any, data: Any, **options: Any) -> Any:
    """A tensor of data in the dtype of another tensor."""
    return tensor(data, **{"dtype": self.dtype, **options})


def eye(n: int, m: int | None = None, **options: Any) -> Any:
    """The unit matrix."""
    xp, d, requires_grad = _options(options)
    return _leaf(xp.eye(n, m, dtype=dtypes.to_backend(d or dtypes.default(), xp)), requires_grad)


# Counting ---------------------------------------------------------------------------------------------


def _number(x: Any) -> Any:
    return x.item() if hasattr(x, "item") else x


def arange(*bounds: Any, start: Any = 0, end: Any = None, step: Any = 1, **options: Any) -> Any:
    """The numbers from `start` in steps, without `end`."""
    xp, d, requires_grad = _options(options)
    if len(bounds) == 1 and end is None:
        end = bounds[0]
    else:
        start, end, step = (*bounds, *(start, end, step)[len(bounds) :])
    start, end, step = _number(start), _number(end), _number(step)
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    whole = all(isinstance(v, int) for v in (start, end, step))
    d = d or (dtypes.int64 if whole else dtypes.default())
    return _leaf(_counted(xp, start, step, ceil((end - start) / step), d), requires_grad)


def _counted(xp: Any, start: Any, step: Any, n: int, d: dtypes.dtype) -> Any:
    if d.rank == 1:
        return xp.astype(xp.arange(n, dtype=xp.int64) * int(step) + int(start), dtypes.to_backend(d, xp))
    return xp.astype(xp.arange(n, dtype=xp.float64) * float(step) + float(start), dtypes.to_backend(d, xp))


def range_(start: Any = 0, end: Any = None, step: Any = 1, **options: Any) -> Any:
    """The numbers from `start` in steps, `end` included."""
    warnings.warn(
        "torch.range is deprecated and will be removed in a future release because its behavior is inconsistent with "
        "Python's range builtin. Instead, use torch.arange, which produces values in [start, end).",
        UserWarning,
        stacklevel=2,
    )
    xp, d, requires_grad = _options(options)
    if end is None:
        start, end = 0, start
    n = int((end - start) / step) + 1
    return _leaf(_counted(xp, start, step, n, d or dtypes.default()), requires_grad)


def linspace(start: Any, end: Any, steps: int, **options: Any) -> Any:
    """So many numbers from `start` to `end`, at equal distances."""
    xp, d, requires_grad = _options(options)
    return _leaf(_spaced(xp, _number(start), _number(end), steps, d or dtypes.default()), requires_grad)


def _spaced(xp: Any, start: Any, end: Any, steps: int, d: dtypes.dtype) -> Any:
    """As PyTorch counts: from both ends towards the middle, in the dtype itself."""
    wanted = dtypes.to_backend(d, xp)
    if steps == 1 or d.rank != 2:
        return xp.linspace(start, end, steps, dtype=wanted)
    step = (end - start) / (steps - 1)
    i = xp.arange(steps, dtype=wanted)
    low = xp.full((), start, dtype=wanted) + i * xp.full((), step, dtype=wanted)
    high = xp.full((), end, dtype=wanted) - (steps - 1 - i) * xp.full((), step, dtype=wanted)
    return xp.where(i < steps // 2, low, high)


def logspace(start: Any, end: Any, steps: int, base: float = 10.0, **options: Any) -> Any:
    """Powers of a base whose exponents are at equal distances."""
    xp, d, requires_grad = _options(options)
    d = d or dtypes.default()
    t = base ** _spaced(xp, _number(start), _number(end), steps, dtypes.float64)
    return _leaf(xp.astype(t, dtypes.to_backend(d, xp)), requires_grad)


def tril_indices(row: int, col: int, offset: int = 0, **options: Any) -> Any:
    """The places on and below a diagonal, as two rows."""
    return _places(space().tril, row, col, offset)


def triu_indices(row: int, col: int, offset: int = 0, **options: Any) -> Any:
    """The places on and above a diagonal, as two rows."""
    return _places(space().triu, row, col, offset)


def _places(part: Callable[..., Any], row: int, col: int, offset: int) -> Any:
    xp = space()
    found = xp.nonzero(part(xp.ones((row, col)), k=offset))
    return wrap(xp.astype(xp.stack(list(found)), xp.int64))


def complex_(real: Any, imag: Any) -> Any:
    """The tensor of these real and imaginary parts."""
    return real + imag * 1j


def scalar_tensor(s: Any, **options: Any) -> Any:
    """A tensor without axes."""
    return tensor(s, dtype=options.pop("dtype", None) or dtypes.default(), **options)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "tensor": tensor,
    "as_tensor": as_tensor,
    "asarray": as_tensor,
    "from_numpy": from_numpy,
    "full": full,
    "full_like": full_like,
    "eye": eye,
    "arange": arange,
    "range": range_,
    "linspace": linspace,
    "logspace": logspace,
    "tril_indices": tril_indices,
    "triu_indices": triu_indices,
    "complex": complex_,
    "scalar_tensor": scalar_tensor,
}
for _name, _made in _FUNCTIONS.items():
    add(_name, _made, method=False)
add("new_full", new_full, function=False)
add("new_tensor", new_tensor, function=False)
