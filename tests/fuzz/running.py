"""Runs programs: on plain arrays of a library, on agrad's Tensors, and on PyTorch's own autograd.

Plain runs use the libraries' own namespaces, without agrad. What `stop_gradient` and `no_grad` hold fast is recorded in
one plain run and replayed in others, so that difference quotients leave it alone, too.
"""

from __future__ import annotations

import copy
import functools
import importlib
import operator
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

import agrad
import strict

__all__ = ["BACKENDS", "Cell", "Freeze", "Library", "dtype_name", "is_array", "library", "to_numpy", "torch_side"]

BACKENDS = ("numpy", "jax", "torch", "array-api-strict")


def is_array(value: Any) -> bool:
    """Whether a value of a plain run is an array or a scalar of a library."""
    return hasattr(value, "dtype") and hasattr(value, "shape")


def dtype_name(dtype: Any) -> str:
    """What a library calls a dtype; kept, since asking takes longer than many an operation."""
    return _dtype_name(type(dtype), dtype)


@functools.cache
def _dtype_name(library: type, dtype: Any) -> str:  # of one library: dtypes of two are not to be compared
    return str(dtype)


def to_numpy(value: Any) -> np.ndarray:
    """Any array, number or Tensor as NumPy's."""
    if isinstance(value, np.ndarray):
        return value
    while isinstance(value, agrad.Tensor | Cell):
        value = value._value if isinstance(value, agrad.Tensor) else value.array
    library = type(value).__module__.partition(".")[0]
    if library == "torch":
        value = value.detach().numpy()
    elif library == "array_api_strict":
        value = value._array
    return np.asarray(value)


# JAX --------------------------------------------------------------------------------------------------


class Cell:
    """A handle on an array that never changes: ``cell[key] = value`` puts a new array into it, ``+=`` makes a new cell.

    It is what a Tensor is on a library of immutable arrays, where plain arrays have no assignment to compare with.
    """

    __hash__ = object.__hash__

    def __init__(self, array: Any) -> None:
        self.array = array

    def __getitem__(self, key: Any) -> Cell:
        return wrapped(self.array[unwrapped(key)])

    def __setitem__(self, key: Any, value: Any) -> None:
        key, value = unwrapped(key), unwrapped(value)
        if hasattr(self.array, "at"):
            value = value.astype(self.array.dtype) if hasattr(value, "astype") else value
            self.array = self.array.at[key].set(value)
        else:
            made = np.array(self.array)
            made[key] = value
            self.array = made

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "array":
            raise AttributeError(name)
        return wrapped(getattr(self.array, name))

    def __iter__(self) -> Iterator[Cell]:
        return (self[i] for i in range(len(self.array)))

    def __len__(self) -> int:
        return len(self.array)

    def __bool__(self) -> bool:
        return bool(self.array)

    def __deepcopy__(self, memo: Any) -> Cell:
        return Cell(self.array)


def _binary(name: str, reflected: bool) -> Callable[[Cell, Any], Cell]:
    compute = getattr(operator, f"__{name}__")
    if reflected:
        return lambda self, other: wrapped(compute(unwrapped(other), self.array))
    return lambda self, other: wrapped(compute(self.array, unwrapped(other)))


def _unary(name: str) -> Callable[[Cell], Cell]:
    compute = getattr(operator, f"__{name}__")
    return lambda self: wrapped(compute(self.array))


for _name in "add sub mul truediv pow matmul and or xor".split():
    setattr(Cell, f"__{_name}__", _binary(_name, False))
    setattr(Cell, f"__r{_name}__", _binary(_name, True))
for _name in "eq ne lt le gt ge".split():
    setattr(Cell, f"__{_name}__", _binary(_name, False))
for _name in "neg pos abs invert".split():
    setattr(Cell, f"__{_name}__", _unary(_name))
setattr(Cell, "__hash__", object.__hash__)  # noqa: B010 - setting __eq__ took it away


def wrapped(value: Any) -> Any:
    """Arrays in cells, inside tuples and lists, too."""
    if isinstance(value, tuple | list):
        return [wrapped(item) for item in value] if is_array(next(iter(value), None)) else value
    return Cell(value) if isinstance(value, np.ndarray | np.generic) or hasattr(value, "at") else value


def unwrapped(value: Any) -> Any:
    """Arrays out of their cells."""
    if isinstance(value, Cell):
        return value.array
    if isinstance(value, tuple | list):
        return type(value)(unwrapped(item) for item in value)
    return value


class CellNamespace:
    """The functions of a namespace, on cells."""

    def __init__(self, namespace: Any) -> None:
        self._namespace = namespace

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._namespace, name)
        if name == "linalg":
            value = CellNamespace(value)
        elif callable(value) and not isinstance(value, type) and not name.startswith(("float", "int")):
            value = self._function(value)
        setattr(self, name, value)
        return value

    @staticmethod
    def _function(f: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args, **kwargs: wrapped(f(*map(unwrapped, args), **kwargs))


# Plain runs -------------------------------------------------------------------------------------------


class Freeze:
    """Stands for agrad in plain runs: what must stay constant is recorded in the first run and replayed in later ones.

    What an operation under `no_grad` returns is constant. An array that is changed there in place moves by a constant:
    its derivative stays as it was.
    """

    def __init__(self) -> None:
        self.kept: list[Any] | None = None
        self.made: list[Any] = []

    def replay(self) -> Freeze:
        """For a run that takes the values that this one had."""
        again = Freeze()
        again.kept = self.made
        return again

    def _constant(self, value: Any) -> Any:
        self.made.append(copy.deepcopy(value))
        return value if self.kept is None else copy.deepcopy(self.kept[len(self.made) - 1])

    def stop_gradient(self, value: Any) -> Any:
        """The value as it was when it was recorded."""
        return self._constant(value)

    @staticmethod
    def grad(f: Callable[..., Any]) -> Callable[..., Any]:
        """agrad's own: a derivative inside a program is a value of the plain run."""
        return lambda *args: _inside(agrad.grad(f), args)

    def enter(self, scope: dict[str, Any], names: Sequence[str]) -> dict[str, tuple[Any, Any]]:
        """What is there before a `no_grad` block, and copies of it."""
        return {name: (scope[name], copy.deepcopy(scope[name])) for name in names if name in scope}

    def leave(self, seen: dict[str, tuple[Any, Any]], scope: dict[str, Any], names: Sequence[str]) -> list[Any]:
        """What stands after a `no_grad` block for each name."""
        left = []
        for name in names:
            now = scope[name]
            before, copied = seen.get(name, (None, None))
            if _is_real(before) and (now is before or hasattr(type(before), "__setitem__")):
                moved = self._constant(before - copied)
                if self.kept is not None:
                    before[...] = copied + moved
            left.append(now if now is before or not _is_real(now) else self._constant(now))
        return left


def _is_real(value: Any) -> bool:
    return is_array(value) and "float" in dtype_name(value.dtype)


def _inside(f: Callable[..., Any], args: Sequence[Any]) -> Any:
    return wrapped(f(*map(unwrapped, args))) if any(isinstance(a, Cell) for a in args) else f(*args)


class Library:
    """How programs run on plain arrays of one backend."""

    def __init__(self, name: str, xp: Any, asarray: Callable[[np.ndarray], Any], element: Callable[[Any], Any]) -> None:
        self.name = name
        self.xp = xp
        self._asarray = asarray
        self.own = element

    def each(self, x: Any) -> Iterable[Any]:
        """The elements of an array, each a value."""
        return map(self.own, x)

    def asarray(self, value: Any) -> Any:
        """A NumPy array as this library's; numbers stay as they are."""
        return self._asarray(value) if isinstance(value, np.ndarray) else value

    def scope(self) -> dict[str, Any]:
        """What plain source finds by name."""
        return {"own": self.own, "each": self.each}


def _copied(value: Any) -> Any:
    """An element that shares memory with its array, on its own."""
    return value.clone() if is_array(value) and not value.ndim else value


def _same(value: Any) -> Any:
    return value


@functools.cache
def library(name: str, drafting: bool = False) -> Library:
    """The plain side of a backend; `drafting` for the many runs in which any library with the same meaning will do."""
    if name == "numpy":
        return Library(name, np, np.array, _same)
    if name == "array-api-strict":
        strict.install()
        agrad.namespace(name)
        xp = importlib.import_module("array_api_strict")
        return Library(name, xp, lambda a: xp.asarray(a, copy=True), _copied_strict)
    if name == "torch":
        torch = importlib.import_module("torch")
        return Library(name, importlib.import_module("array_api_compat.torch"), torch.tensor, _copied)
    os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")  # it compiles more than it computes
    jax = importlib.import_module("jax")
    jax.config.update("jax_enable_x64", True)
    if drafting:
        return Library(name, CellNamespace(np), lambda a: Cell(np.array(a)), _same)
    return Library(name, CellNamespace(jax.numpy), lambda a: Cell(jax.numpy.asarray(a)), _same)


def _copied_strict(value: Any) -> Any:
    return copy.deepcopy(value) if not value.ndim else value


# PyTorch's autograd -----------------------------------------------------------------------------------


def torch_side() -> SimpleNamespace:
    """What stands for agrad where PyTorch itself differentiates."""
    torch = importlib.import_module("torch")
    return SimpleNamespace(stop_gradient=lambda x: x.detach() if hasattr(x, "detach") else x, no_grad=torch.no_grad)
