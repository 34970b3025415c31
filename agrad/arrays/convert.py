"""`asarray`: conversion between backends, which nothing but a call of it does; gradients are converted back."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import cache
from typing import Any

from agrad.arrays.namespaces import Namespace, array_namespace, namespace, owner
from agrad.arrays.tensors import Tensor
from agrad.declare import POINTWISE, Op, Parameter
from agrad.errors import DtypeError
from agrad.interpret.apply import apply, raw_of
from agrad.interpret.bound import Bound
from agrad.ops._shapes import device_of
from agrad.ops.standard import DTYPES

__all__ = ["asarray", "dtype_name", "has_dtype"]

HOST = 1
"""DLPack's number for the host's memory."""


def asarray(
    x: Any, *, backend: str | None = None, dtype: Any = None, device: Any = None, copy: bool | None = None
) -> Tensor:
    """Make a Tensor of one backend from data of any: a Tensor, an array, nested lists or a number.

    The conversion is differentiable: gradients come back to `x` as arrays of its own backend, on its own device.

    Parameters
    ----------
    x : Tensor, array of any installed backend, number, or nested list of them
    backend : str, optional
        The backend to convert to; by default that of `x`, else the default one.
    dtype : dtype, optional
        Of that backend; by default that of `x`, which is never narrowed without being asked.
    device : device, optional
        Of that backend. By default an accelerator's data stay where they are, if both libraries can use it, and the
        host's go where the backend makes new arrays.
    copy : bool, optional
        Between backends, data are copied: neither library would know of the other's changes. With False the memory is
        shared, by DLPack, or an error raised. Within a backend as in ``xp.asarray``, where the default copies if it
        must.

    Returns
    -------
    Tensor

    Raises
    ------
    DtypeError
        The backend does not have the dtype, as `float64` where JAX has not been told to.
    ValueError
        The memory cannot be shared, and ``copy=False``.

    Examples
    --------
    >>> import agrad, numpy
    >>> agrad.asarray(numpy.asarray([1.0, 2.0]), backend="numpy", dtype=numpy.float32)
    Tensor([1. 2.], dtype=float32)
    """
    target = None if backend is None else namespace(backend)
    if isinstance(x, list | tuple):
        arrays = _arrays(x)
        target = target or array_namespace(*arrays)
        return _stacked(target, x, dtype, device, copy) if arrays else _plain(target, x, dtype, device, copy)
    source = x._space if isinstance(x, Tensor) else owner(x)
    target = target or source or namespace()
    if source is None or source is target:
        return _plain(target, x, dtype, device, copy)
    name = dtype_name(source, x.dtype)
    wanted = "" if dtype is None else dtype_name(target, dtype)
    if dtype is not None and not has_dtype(target, dtype):
        raise DtypeError(f"asarray got dtype={wanted}, which {target!r} does not have, as its library is set up")
    if has_dtype(target, getattr(target._raw, name, None)):
        made = _converted(source, target, x, device, copy)
        if dtype is None or made.dtype == dtype:
            return made
        _refuse_sharing(copy, f"data of dtype {name} as {wanted}")
        return target.astype(made, dtype)  # type: ignore[no-any-return]
    if dtype is None:
        raise DtypeError(
            f"asarray got data of dtype {name}, which {target!r} does not have, as its library is set up; name one "
            f"that it has with dtype=, or enable {name} in the library"
        )
    _refuse_sharing(copy, f"data of dtype {name} as {wanted}")
    near = source.astype(source.asarray(x), getattr(source._raw, wanted))
    return _converted(source, target, near, device, copy)


def has_dtype(space: Namespace, dtype: Any) -> bool:
    """Whether a backend has a dtype, as its library is set up now; it may export one and narrow it."""
    if dtype is None:
        return False
    if any(known == dtype for known in space.__array_namespace_info__().dtypes().values()):
        return True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of being narrowed
        try:
            return bool(space._raw.zeros((0,), dtype=dtype).dtype == dtype)
        except Exception:  # no dtype of this library
            return False


def dtype_name(space: Namespace, dtype: Any) -> str:
    """The standard's name of a dtype; of one that is not in the standard, its own."""
    return next((name for name in DTYPES if getattr(space._raw, name, None) == dtype), str(dtype))


def _plain(space: Namespace, x: Any, dtype: Any, device: Any, copy: bool | None) -> Tensor:
    made: Tensor = space.asarray(x, dtype=dtype, device=device, copy=copy)
    return made


def _refuse_sharing(copy: bool | None, what: str) -> None:
    if copy is False:
        raise ValueError(f"asarray(copy=False) cannot share {what}; leave out copy=False")


# Lists ------------------------------------------------------------------------------------------------


def _arrays(items: Any) -> list[Any]:
    """The Tensors and arrays in nested lists."""
    if isinstance(items, list | tuple):
        return [array for item in items for array in _arrays(item)]
    return [items] if isinstance(items, Tensor) or owner(items) is not None else []


def _stacked(target: Namespace, items: Any, dtype: Any, device: Any, copy: bool | None) -> Tensor:
    """Nested lists that hold arrays, each of which is converted first."""
    _refuse_sharing(copy, "several arrays as one")

    def converted(item: Any) -> Any:
        if isinstance(item, list | tuple):
            return [converted(i) for i in item]
        return asarray(item, backend=target._backend.name, dtype=dtype, device=device) if _arrays(item) else item

    return _plain(target, converted(items), dtype, device, None)


# One array --------------------------------------------------------------------------------------------


def _converted(source: Namespace, target: Namespace, x: Any, device: Any, copy: bool | None) -> Tensor:
    made: Tensor = target._wrap(_cross(source, target, x, device, copy))
    return made


def _cross(source: Namespace, target: Namespace, x: Any, device: Any, copy: bool | None) -> Any:
    """Apply the conversion as an op: a Tensor gives a Tensor, an array an array."""
    params = {"device": device, "copy": copy, "origin": device_of(raw_of(x))}
    return apply(_conversion(source, target), [x], params)


@cache
def _conversion(source: Namespace, target: Namespace) -> Bound:
    """The conversion as an op. Its transpose is the way back; both copy, as gradients share memory with nothing."""

    def convert(x: Any, device: Any, copy: bool | None, origin: Any) -> Any:
        return _moved(source, target, x, device, copy)

    def vjp(ct: Any, origin: Any) -> Any:
        return _cross(target, source, ct, origin, True)

    def jvp(t: Any, device: Any) -> Any:
        return _cross(source, target, t, device, True)

    parameters = [Parameter(p, "either", None) for p in ("x", "device", "copy", "origin")]
    return Bound(
        Op("asarray", "general", tuple(parameters), 1, vjp=(vjp,), jvp=(jvp,), axes=POINTWISE),
        _Crossing(source, target),
        convert,
    )


class _Crossing:
    """What the interpretations see as the namespace of an op whose argument is of one and whose result of another."""

    def __init__(self, source: Namespace, target: Namespace) -> None:
        self._backend, self._owns, self._tensor = source._backend, source._owns, source._tensor
        self._plain, self._array_types, self._stale = source._plain, source._array_types, source._stale
        self._target, self._raw, self._aval_of, self._one = target, target._raw, target._aval_of, target._one
        self._box, self._wrap = target._box, target._wrap

    @staticmethod
    def _rebuild(like: Any, items: Sequence[Any]) -> Any:
        return Namespace._rebuild(like, items)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._target, name)

    def __repr__(self) -> str:
        return "agrad"


def _moved(source: Namespace, target: Namespace, x: Any, device: Any, copy: bool | None) -> Any:
    """A plain array of one backend as one of another: by DLPack to share memory or to stay on an accelerator."""
    array, raw = source._backend.array(x), target._raw
    value: Any = None
    if copy is False:
        try:
            value = raw.from_dlpack(array, copy=False)
        except Exception as error:  # each library has its own
            _refuse_sharing(copy, f"this array of {source!r} with {target!r} ({error})")
        if device is not None and str(value.device) != str(device):
            _refuse_sharing(copy, f"data on {value.device} with {device}")
    elif _on_accelerator(array):
        try:
            value = raw.asarray(raw.from_dlpack(array), copy=True)
        except Exception:  # the other library cannot use that device
            value = None
        if value is not None and device is not None:
            value = raw.to_device(value, device, origin=value.device)
    if value is None:
        import numpy  # the form in which the host's memory passes between libraries

        own = numpy.array(source._backend.host(array), order="C")
        value = raw.asarray(own, dtype=getattr(raw, dtype_name(source, x.dtype)), device=device)
    return value


def _on_accelerator(array: Any) -> bool:
    """Whether DLPack reaches the array, and not in the host's memory."""
    try:
        return int(array.__dlpack_device__()[0]) != HOST
    except Exception:  # no DLPack, no values, or several devices
        return False
