"""The text of tensors as PyTorch writes it: digits, columns, what is left out, and what follows the numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import inf, isfinite
from typing import Any

import numpy as np

__all__ = ["get_printoptions", "printoptions", "set_printoptions", "tensor_text"]

PROFILES: dict[str, dict[str, Any]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": inf, "edgeitems": 3, "linewidth": 80},
}

_options: dict[str, Any] = {**PROFILES["default"], "sci_mode": None}

Format = Callable[[Any], str]


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Say how tensors are written.

    Parameters
    ----------
    precision : int, optional
        Digits after the point; 4 at first.
    threshold : number, optional
        Of more elements than this, some are left out; 1000 at first.
    edgeitems : int, optional
        How many stay at either end of an axis; 3 at first.
    linewidth : int, optional
        80 at first.
    profile : {"default", "short", "full"}, optional
        Sets the four above; those that are given count more.
    sci_mode : bool, optional
        Whether powers of ten are written; None, which every call sets that does not give it, lets the numbers decide.

    Examples
    --------
    >>> set_printoptions(precision=2)
    >>> print(tensor_text(np.array([1.23456], "float32")))
    tensor([1.23])
    >>> set_printoptions(profile="default")
    """
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    _options.update(PROFILES.get(profile or "", {}))
    _options.update({name: value for name, value in given.items() if value is not None}, sci_mode=sci_mode)


def get_printoptions() -> dict[str, Any]:
    """Return how tensors are written, as keywords of `set_printoptions`."""
    return dict(_options)


@contextmanager
def printoptions(**options: Any) -> Iterator[None]:
    """Write tensors in another way within a block; the keywords are those of `set_printoptions`."""
    before = get_printoptions()
    try:
        set_printoptions(**options)
        yield
    finally:
        set_printoptions(**before)


def tensor_text(
    values: Any,
    *,
    dtype: str | None = None,
    default: str = "float32",
    device: str | None = None,
    requires_grad: bool = False,
    grad_fn: str | None = None,
    prefix: str = "tensor(",
) -> str:
    """Write a tensor.

    Parameters
    ----------
    values : ndarray
    dtype : str, optional
        Its dtype's name; by default the array's.
    default : str
        The dtype that a floating-point tensor has without saying so.
    device : str, optional
        Where it is, unless that goes without saying.
    requires_grad : bool
    grad_fn : str, optional
        The name of the function that made it.
    prefix : str
        What stands before the numbers.

    Returns
    -------
    str

    Examples
    --------
    >>> print(tensor_text(np.array([1.0, 2.5], "float32"), requires_grad=True))
    tensor([1.0000, 2.5000], requires_grad=True)
    >>> print(tensor_text(np.array([[1, 2], [3, 4]], "int32")))
    tensor([[1, 2],
            [3, 4]], dtype=torch.int32)
    """
    name = dtype or str(values.dtype)
    usual = [default, "complex128" if default == "float64" else "complex64", "int64", "bool"]
    if values.dtype.kind not in "biufc":
        values = values.astype(np.float32)  # numbers that NumPy knows by a name only, such as bfloat16
    suffixes = [f"device='{device}'"] if device else []
    if values.size == 0:
        suffixes += [f"size={tuple(values.shape)}"] if values.ndim != 1 else []
        suffixes += [f"dtype=torch.{name}"] if name != default else []
    else:
        suffixes += [] if _options["edgeitems"] else [f"size={tuple(values.shape)}"]
        suffixes += [] if name in usual else [f"dtype=torch.{name}"]
    if grad_fn is not None:
        suffixes.append(f"grad_fn=<{grad_fn}>")
    elif requires_grad:
        suffixes.append("requires_grad=True")
    return _ended(prefix + _numbers(values, len(prefix)), suffixes, len(prefix))


def _ended(text: str, suffixes: list[str], indent: int) -> str:
    """Add what follows the numbers, on new lines where it does not fit."""
    length = len(text) - text.rfind("\n") + 1
    for suffix in suffixes:
        if length + len(suffix) + 2 > _options["linewidth"]:
            text += ",\n" + " " * indent + suffix
            length = indent + len(suffix)
        else:
            text += ", " + suffix
            length += len(suffix) + 2
    return text + ")"


def _numbers(x: Any, indent: int) -> str:
    if x.size == 0:
        return "[]"
    shorten = x.size > _options["threshold"]
    shown = _kept(x) if shorten else x
    if x.dtype.kind == "c":
        width, real = _format(shown.real)
        more, imaginary = _format(shown.imag)
        return _nested(x, indent, shorten, width + more + 1, lambda z: _complex(real(z.real), imaginary(z.imag)))
    width, write = _format(shown)
    return _nested(x, indent, shorten, width, write)


def _complex(real: str, imaginary: str) -> str:
    imaginary = imaginary.lstrip() + "j"
    return real + imaginary if imaginary[0] in "+-" else f"{real}+{imaginary}"


def _kept(x: Any) -> Any:
    """The elements that are written of an array that is too large."""
    edge = _options["edgeitems"]
    if x.ndim == 0 or (x.ndim == 1 and len(x) <= 2 * edge):
        return x
    if x.ndim == 1:
        return np.concatenate((x[:edge], x[-edge:]))
    if not edge:
        return np.empty([0] * x.ndim, x.dtype)
    chosen = x if len(x) <= 2 * edge else np.concatenate((x[:edge], x[-edge:]))
    return np.stack([_kept(row) for row in chosen])


def _format(x: Any) -> tuple[int, Format]:
    """How wide a column is, and how one number of it is written."""
    if x.dtype.kind != "f":
        width = max((len(str(value)) for value in x.reshape(-1).tolist()), default=1)
        return width, lambda value: str(value).rjust(width)
    digits, powers = _options["precision"], _options["sci_mode"]
    x = x.reshape(-1)
    x = x[np.isfinite(x) & (x != 0)]
    if not x.size:
        return 1, _whole
    sizes = np.abs(x.astype(np.float64))
    if powers is None:
        with np.errstate(over="ignore"):
            powers = bool(sizes.max() / sizes.min() > 1000.0 or sizes.max() > 1.0e8 or sizes.min() < 1.0e-4)
    if powers:
        width = max(len(f"{value:.{digits}e}") for value in x.tolist())
        return width, lambda value: f"{value:{width}.{digits}e}"
    if (x == np.ceil(x)).all():
        width = max(len(f"{value:.0f}") + 1 for value in x.tolist())
        return width, lambda value: _whole(value).rjust(width)
    width = max(len(f"{value:.{digits}f}") for value in x.tolist())
    return width, lambda value: f"{value:.{digits}f}".rjust(width)


def _whole(value: Any) -> str:
    return f"{value:.0f}." if isfinite(value) else f"{value:.0f}"


def _nested(x: Any, indent: int, shorten: bool, width: int, write: Format) -> str:
    """Write an array within brackets, one bracket an axis."""
    if x.ndim == 0:
        return str(write(x.item()))
    if x.ndim == 1:
        return _row(x, indent, shorten, width, write)
    edge = _options["edgeitems"]
    inner: Callable[[Any], str] = lambda row: _nested(row, indent + 1, shorten, width, write)  # noqa: E731
    if shorten and len(x) > 2 * edge:
        parts = [*map(inner, x[:edge]), "...", *map(inner, x[len(x) - edge :])]
    else:
        parts = [*map(inner, x)]
    lines = "\n" * (int(x.ndim) - 1)
    return "[" + f",{lines}{' ' * (indent + 1)}".join(parts) + "]"


def _row(x: Any, indent: int, shorten: bool, width: int, write: Format) -> str:
    """Write the last axis, on several lines where it is long."""
    edge = _options["edgeitems"]
    if shorten and not edge:
        parts = ["..."]
    elif shorten and len(x) > 2 * edge:
        parts = [*map(write, x[:edge].tolist()), " ...", *map(write, x[-edge:].tolist())]
    else:
        parts = [*map(write, x.tolist())]
    each = max(1, (_options["linewidth"] - indent) // (width + 2))
    lines = [", ".join(parts[i : i + each]) for i in range(0, len(parts), each)]
    return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"
