"""A stand-in for CuPy over NumPy, with which the adapter's logic is tried where there is no GPU.

It has the names that CuPy 14.2.0 has (listed in ``tests/data`` by ``cupy_listing.py``), so that the use of any other
fails, takes their arguments by the same names, and its ufuncs have the same loops. Like CuPy's, its arrays convert to
NumPy's only when asked to, live on the device that was current when they were made, and are computed with on that
one. What copies to the host is noted in `copied_to_host`. The numbers are NumPy's: of CuPy's it says nothing.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from agrad_numpy import namespace as standard

__all__ = ["DEVICES", "copied_to_host", "modules", "ndarray"]

LISTING = json.loads((Path(__file__).parents[1] / "data" / "cupy-14.2.0.json").read_text())
DEVICES = 2
current = [0]
"""The devices that were entered; the last is the current one."""
copied_to_host: list[str] = []
"""What copied from the device to the host, in order."""


class CUDARuntimeError(RuntimeError):
    """What calls of CUDA raise."""


class Device:
    """A device, which is the current one in its ``with`` block."""

    def __init__(self, device: Any = None) -> None:
        self.id = current[-1] if device is None else int(device)
        if not 0 <= self.id < DEVICES:
            raise CUDARuntimeError("cudaErrorInvalidDevice: invalid device ordinal")

    def __int__(self) -> int:
        return self.id

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) and self.id == other.id

    def __hash__(self) -> int:
        return self.id

    def __repr__(self) -> str:
        return f"<CUDA Device {self.id}>"

    def __enter__(self) -> Device:
        current.append(self.id)
        return self

    def __exit__(self, *error: object) -> None:
        current.pop()


# Arrays -----------------------------------------------------------------------------------------------


def plain(x: Any) -> Any:
    """A NumPy array of an argument, which may hold others, for a computation on the current device."""
    if isinstance(x, ndarray):
        if x.device.id != current[-1]:
            raise RuntimeError(f"an array of {x.device} met the current device {current[-1]}")
        return x._array
    if isinstance(x, np.ndarray):
        raise TypeError("Unsupported type <class 'numpy.ndarray'>")
    return type(x)(map(plain, x)) if type(x) in (tuple, list) else x


def wrapped(y: Any) -> Any:
    """A result as arrays of the current device; named tuples stay such."""
    if isinstance(y, np.ndarray | np.generic):
        return ndarray(y)
    if isinstance(y, tuple | list):
        return type(y)(*map(wrapped, y)) if hasattr(y, "_fields") else type(y)(map(wrapped, y))
    return y


def on_host(x: ndarray, what: str) -> np.ndarray:
    copied_to_host.append(what)
    return x._array


def operator(name: str) -> Any:
    """The method of an operator, which leaves those that want to be asked first their turn."""

    def method(self: ndarray, other: Any) -> Any:
        if getattr(other, "__array_ufunc__", ...) is None:
            return NotImplemented
        return namespaces["cupy"].__dict__[name](
            *((other, self) if method.__name__.startswith("__r") else (self, other))
        )

    return method


class ndarray:  # noqa: N801 - its name in CuPy
    """An array on a device."""

    __slots__ = ("_array", "data", "device")

    def __init__(self, array: Any, memory: type = SimpleNamespace) -> None:
        self._array = np.asarray(array)
        self.device = Device()
        self.data = SimpleNamespace(mem=memory())

    dtype, shape, ndim, size, strides = (
        property(lambda self, n=n: getattr(self._array, n)) for n in ("dtype", "shape", "ndim", "size", "strides")
    )
    T = property(lambda self: wrapped(plain(self).T))
    mT = property(lambda self: wrapped(plain(self).mT))  # noqa: N815

    @property
    def base(self) -> Any:
        return None if self._array.base is None else self

    @property
    def real(self) -> ndarray:
        return wrapped(plain(self).real)

    @real.setter
    def real(self, value: Any) -> None:
        plain(self).real = plain(value)

    @property
    def imag(self) -> ndarray:
        return wrapped(plain(self).imag)

    @imag.setter
    def imag(self, value: Any) -> None:
        plain(self).imag = plain(value)

    def copy(self, order: str = "C") -> ndarray:
        return ndarray(self._array.copy(order))  # from any device to the current one

    def astype(
        self, dtype: Any, order: str = "K", casting: Any = None, subok: Any = None, copy: bool = True
    ) -> ndarray:
        return self if not copy and self.dtype == dtype else wrapped(plain(self).astype(dtype))

    def reshape(self, *shape: Any) -> ndarray:
        return wrapped(plain(self).reshape(*shape))

    def ravel(self) -> ndarray:
        return wrapped(plain(self).ravel())

    def view(self, dtype: Any) -> ndarray:
        return wrapped(plain(self).view(dtype))

    def take(self, indices: Any, axis: int | None = None) -> ndarray:
        return wrapped(plain(self).take(plain(indices), axis, mode="wrap"))

    def __getitem__(self, key: Any) -> ndarray:
        return wrapped(plain(self)[looked_up(key)])

    def __setitem__(self, key: Any, value: Any) -> None:
        key, array, value = looked_up(key), plain(self), plain(value)
        array[key] = value
        positions = np.arange(array.size).reshape(array.shape)[key].ravel()
        if len(set(positions.tolist())) < positions.size:  # which value stays is left open: here the first
            array.flat[positions[::-1]] = np.broadcast_to(value, array[key].shape).ravel()[::-1]

    def __len__(self) -> int:
        return len(self._array)

    def get(self) -> np.ndarray:
        return on_host(self, "get").copy()

    def item(self) -> Any:
        return on_host(self, "item").item()

    def tolist(self) -> Any:
        return on_host(self, "tolist").tolist()

    def __bool__(self) -> bool:
        return bool(on_host(self, "bool"))

    def __int__(self) -> int:
        return int(on_host(self, "int"))

    def __float__(self) -> float:
        return float(on_host(self, "float"))

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        raise TypeError("Implicit conversion to a NumPy array is not allowed. Please use `.get()`.")

    def __array_ufunc__(self, *args: Any, **options: Any) -> Any:
        raise TypeError("a ufunc of NumPy met an array of CuPy")

    def __abs__(self) -> Any:
        return namespaces["cupy"].abs(self)

    def __neg__(self) -> Any:
        return namespaces["cupy"].negative(self)

    def __invert__(self) -> Any:
        return namespaces["cupy"].invert(self)

    __hash__ = None  # type: ignore[assignment]


OPERATORS = {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "true_divide", "floordiv": "floor_divide",
    "mod": "remainder", "pow": "power", "matmul": "matmul", "and": "bitwise_and", "or": "bitwise_or",
    "xor": "bitwise_xor", "lshift": "left_shift", "rshift": "right_shift",
}  # fmt: skip
COMPARISONS = {
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
    "eq": "equal",
    "ne": "not_equal",
}

for short, ufunc in [*OPERATORS.items(), *(("r" + k, v) for k, v in OPERATORS.items()), *COMPARISONS.items()]:
    made = operator(ufunc)
    made.__name__ = f"__{short}__"
    setattr(ndarray, made.__name__, made)


def looked_up(key: Any) -> Any:
    """A key of NumPy's; to know how many elements a mask has, CuPy copies their number."""
    items = key if isinstance(key, tuple) else (key,)
    if any(isinstance(k, ndarray) and k.dtype == bool for k in items):
        copied_to_host.append("count of a mask")
    return plain(key)


# Functions ----------------------------------------------------------------------------------------------


def ufunc_of(name: str, loops: str) -> Callable[..., Any]:
    """NumPy's ufunc for the dtypes that CuPy has loops for."""
    kinds = [loop.split("->") for loop in loops.split() if "E" not in loop]  # E is bfloat16

    def function(*args: Any) -> Any:
        for x in args:
            if not isinstance(x, ndarray | np.generic | bool | int | float | complex):
                raise TypeError(f"Unsupported type {type(x)}")
        given = [plain(x) for x in args]
        dtype = np.result_type(*(x.dtype if isinstance(x, np.ndarray | np.generic) else x for x in given))
        whole = [np.result_type(dtype, x) if type(x) in (bool, int, float, complex) else x.dtype for x in given]
        for taken, out in kinds:
            if len(taken) == len(args) and all(np.can_cast(a, b) for a, b in zip(whole, taken, strict=True)):
                with np.errstate(all="ignore"):
                    return wrapped(np.asarray(getattr(np, name)(*given)).astype(out))
        raise TypeError(f"cupy.{name} has no loop for {whole}")

    return function


def function_of(name: str, parameters: str, compute: Callable[..., Any]) -> Callable[..., Any]:
    """A function of NumPy's that is called as CuPy's is."""
    scope: dict[str, Any] = {}
    exec(f"def called{parameters}: pass", scope)
    signature = inspect.signature(scope["called"])

    def function(*args: Any, **options: Any) -> Any:
        signature.bind(*args, **options)
        with np.errstate(all="ignore"):
            return wrapped(compute(*map(plain, args), **{k: plain(v) for k, v in options.items()}))

    return function


def lacking(name: str) -> Callable[..., Any]:
    def function(*args: Any, **options: Any) -> Any:
        raise NotImplementedError(f"the stand-in for CuPy has no {name} yet")

    return function


def noted(compute: Callable[..., Any], what: str) -> Callable[..., Any]:
    """A function whose result has a shape that depends on values, which therefore go to the host."""

    def function(*args: Any, **options: Any) -> Any:
        copied_to_host.append(what)
        return compute(*args, **options)

    return function


def without(compute: Callable[..., Any], *unknown: str) -> Callable[..., Any]:
    """A function of NumPy's that lacks some parameters of CuPy's."""
    return lambda *args, **options: compute(*args, **{k: v for k, v in options.items() if k not in unknown})


def like(create: Callable[..., Any]) -> Callable[..., Any]:
    """A function to which the device of an array is all the same."""
    return lambda a, *args, **options: wrapped(create(a._array, *args, **options))


def repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    if isinstance(repeats, np.ndarray):
        copied_to_host.append("sum of repeats")
    return np.repeat(a, repeats, axis)


def reshape(a: Any, newshape: Any, order: str = "C", *, copy: Any = None) -> Any:
    return standard.reshape(a, newshape, copy=copy)


def searchsorted(a: Any, v: Any, side: Any = "left", sorter: Any = None) -> Any:
    return np.searchsorted(a, v, side, sorter)


def linspace(start: Any, stop: Any, num: int, endpoint: bool = True, retstep: bool = False, dtype: Any = None) -> Any:
    float(stop - start)  # which a complex number refuses
    return np.linspace(start, stop, num, endpoint, dtype=dtype)


def where(condition: Any, x: Any, y: Any) -> Any:
    return np.where(condition.astype(bool), x, y)


def isin(element: Any, test_elements: Any, assume_unique: bool = False, invert: bool = False) -> Any:
    return np.isin(element.reshape(element.shape), test_elements.reshape(-1), invert=invert)


def real_solve(a: Any, b: Any) -> Any:
    if b.ndim > 1 and a.shape[:-1] != b.shape[:-1]:
        raise ValueError("a must have (..., M, M) shape and b must have (..., M, K) for multidimensional b")
    return np.linalg.solve(a, b)


def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    if not (a.ndim and b.ndim) and axes != 0 and axes != ((), ()):
        raise ValueError("An input is zero-dim while axes has dimensions")
    return np.tensordot(a, b, axes)


def several(compute: Callable[..., Any]) -> Callable[..., Any]:
    """A function that returns a plain tuple where NumPy's has names."""

    def function(*args: Any, **options: Any) -> Any:
        found = compute(*args, **options)
        return tuple(found) if isinstance(found, tuple) else found

    return function


def scattered(ufunc: np.ufunc, dtypes: str) -> Callable[..., None]:
    """A function that changes an array at positions, by atomic operations of a few dtypes."""

    def function(a: ndarray, slices: Any, value: Any) -> None:
        if a.dtype.name not in dtypes.split():
            raise TypeError(f"cupy.{ufunc.__name__}.at only supports {dtypes} as data type")
        ufunc.at(plain(a), looked_up(slices), plain(value))

    return function


scatter_add = scattered(np.add, "int32 float32 float64 uint32 uint64")
scatter_max = scattered(np.maximum, "int32 float32 float64 uint32 uint64")


def array(
    obj: Any,
    dtype: Any = None,
    copy: Any = True,
    order: str = "K",
    subok: bool = False,
    ndmin: int = 0,
    *,
    blocking: Any = False,
) -> Any:
    if isinstance(obj, ndarray):
        return (
            obj.copy().astype(obj.dtype if dtype is None else dtype)
            if copy
            else obj.astype(dtype or obj.dtype, copy=False)
        )
    return ndarray(
        np.array([o._array if isinstance(o, ndarray) else o for o in obj] if type(obj) is list else obj, dtype)
    )


def from_dlpack(x: Any, *, device: Any = None, copy: Any = None) -> ndarray:
    if device is not None:
        raise NotImplementedError("from_dlpack() does not support device yet.")
    return ndarray(np.from_dlpack(x._array if isinstance(x, ndarray) else x).copy(), DLPackMemory)


class DLPackMemory:
    """Memory of another library."""


class Random:
    """What ``cupy.random.default_rng`` returns."""

    def __init__(self, seed: int) -> None:
        self._numpy = np.random.default_rng(seed)

    def random(self, size: Any = None, dtype: Any = np.float64, out: Any = None) -> Any:
        return wrapped(np.asarray(self._numpy.random(size, dtype)))

    def standard_normal(self, size: Any = None, dtype: Any = np.float64, out: Any = None) -> Any:
        return wrapped(np.asarray(self._numpy.standard_normal(size, dtype)))

    def integers(
        self, low: int, high: Any = None, size: Any = None, dtype: Any = np.int64, endpoint: bool = False
    ) -> Any:
        return wrapped(np.asarray(self._numpy.integers(low, high, size, dtype, endpoint)))


COMPUTED: dict[str, Callable[..., Any]] = {
    "argmax": without(np.argmax, "dtype"), "argmin": without(np.argmin, "dtype"),
    "argsort": lambda a, axis=-1, kind=None: np.argsort(a, axis, "stable"),
    "sort": lambda a, axis=-1, kind=None: np.sort(a, axis, "stable"),
    "cumulative_sum": standard.cumulative_sum, "cumulative_prod": standard.cumulative_prod, "diff": standard.diff,
    "isin": isin, "linspace": linspace, "meshgrid": lambda *xi, **options: list(np.meshgrid(*xi, **options)),
    "nonzero": noted(standard.nonzero, "nonzero"), "repeat": repeat, "reshape": reshape, "searchsorted": searchsorted,
    "tensordot": tensordot, "where": where, "linalg.solve": real_solve,
    **{f"unique_{name}": noted(getattr(np, f"unique_{name}"), name) for name in ("all", "counts", "inverse")},
    "unique_values": noted(standard.unique_values, "values"),
    **{f"linalg.{name}": several(getattr(np.linalg, name)) for name in ("eig", "eigh", "qr", "slogdet", "svd")},
}  # fmt: skip
"""What is not simply NumPy's function of the same name."""

SAME = {"bool", "float32", "float64", "complex64", "complex128", "newaxis", "e", "pi", "inf", "nan"} | {
    f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)
}
"""What CuPy has from NumPy as it is."""


def module(name: str, given: dict[str, Any]) -> ModuleType:
    """A module with the names that CuPy's has."""
    made = ModuleType(name)
    prefix = name.partition(".")[2]
    for key, described in LISTING[name].items():
        full = f"{prefix}.{key}" if prefix else key
        source = getattr(np, prefix) if prefix else np
        if key in given:
            value = given[key]
        elif key in SAME:
            value = getattr(np, key)
        elif described is None or (full not in COMPUTED and not hasattr(source, key)):
            value = lacking(f"{name}.{key}")
        elif not described.startswith("("):
            value = ufunc_of(key, described)
        else:
            value = function_of(key, described, COMPUTED.get(full) or getattr(source, key))
        setattr(made, key, value)
    return made


def modules() -> dict[str, ModuleType]:
    """What ``import cupy`` and ``import cupyx`` find, by name."""
    found = {name: module(name, {}) for name in ("cupy.linalg", "cupy.fft")}
    runtime = SimpleNamespace(getDeviceCount=lambda: DEVICES, CUDARuntimeError=CUDARuntimeError)
    given = {
        "ndarray": ndarray, "array": array, "from_dlpack": from_dlpack, "finfo": np.finfo, "dtype": np.dtype,
        "can_cast": lambda a, to: np.can_cast(a.dtype if isinstance(a, ndarray) else a, to),
        "result_type": lambda *xs: np.result_type(*(x.dtype if isinstance(x, ndarray) else x for x in xs)),
        "broadcast_shapes": np.broadcast_shapes, "cuda": SimpleNamespace(Device=Device, runtime=runtime),
        "random": SimpleNamespace(default_rng=Random), "linalg": found["cupy.linalg"], "fft": found["cupy.fft"],
        "asnumpy": lambda a: a.get(),
        **{f"{name}_like": like(getattr(np, f"{name}_like")) for name in ("empty", "full", "ones", "zeros")},
    }  # fmt: skip
    return {
        "cupy": module("cupy", given),
        **found,
        "cupyx": module("cupyx", {"scatter_add": scatter_add, "scatter_max": scatter_max}),
    }


namespaces = modules()
