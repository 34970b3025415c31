"""Containers and their leaves: what optree knows, dataclasses by their fields, and what may stand among arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import Field, fields
from enum import Enum
from functools import cached_property, partial
from threading import Lock
from types import EllipsisType, NoneType
from typing import Any

import optree

from agrad.arrays.namespaces import owner
from agrad.arrays.tensors import Tensor
from agrad.errors import BackendError

__all__ = ["flatten", "is_array", "passes", "place", "unflatten"]

Tree = Any

NAME = "agrad"
"""The namespace in which optree is told of dataclasses; it knows there what is registered everywhere, too."""

NUMBERS = (Tensor, float, complex, int)
PASSING = (str, bytes, int, NoneType, Enum, slice, range, EllipsisType, partial)

_met: set[type] = set()
"""Types of leaves that are no dataclasses."""
_registered: set[type] = set()
_meeting = Lock()


def flatten(tree: Tree, none_is_leaf: bool = False) -> tuple[list[Any], Any]:
    """The leaves of nested containers, and their structure."""
    leaves, structure = optree.tree_flatten(tree, none_is_leaf=none_is_leaf, namespace=NAME)
    for x in leaves:
        if type(x) not in _met and _meet(x):  # a dataclass, which is a container from now on
            return flatten(tree, none_is_leaf)
    return leaves, structure


def unflatten(structure: Any, leaves: Sequence[Any]) -> Tree:
    """The containers with these leaves."""
    return optree.tree_unflatten(structure, leaves)


def is_array(x: Any) -> bool:
    """Whether a leaf of a container is data: a Tensor, an array of a backend, a Python number."""
    return (isinstance(x, NUMBERS) and not isinstance(x, bool)) or owner(x) is not None


def passes(x: Any) -> bool:
    """Whether a leaf that is no array may stand among them: it holds nothing that could have a derivative."""
    if isinstance(x, PASSING) or "dtype" in type(x).__name__.lower():
        return True
    return callable(x) and hasattr(x, "__name__")  # functions and classes, and not a layer that can be called


def place(structure: Any, i: int, root: str, numbers: Sequence[int] | None = None) -> str:
    """Where a leaf is, as one would write it: ``args[0]['w'][1]``; `numbers` are those of the outermost items."""
    path = structure.accessors()[i]
    if numbers is None:
        return str(path.codify(root))
    return f"{root}[{numbers[path[0].entry]}]{path[1:].codify('')}"


# Dataclasses ------------------------------------------------------------------------------------------


def _meet(x: Any) -> bool:
    """Look at a leaf of a new type; whether it is a dataclass, which optree has been told of by now."""
    kind = type(x)
    if not hasattr(kind, "__dataclass_fields__") or owner(x) is not None:
        _met.add(kind)
        return False
    with _meeting:
        if kind not in _registered:  # by another thread, after this one had looked
            optree.register_pytree_node(
                kind, _taken_apart, partial(_rebuilt, kind), path_entry_type=optree.GetAttrEntry, namespace=NAME
            )
            _registered.add(kind)
    return True


class _Rest:
    """What a dataclass has besides the fields that are its parts; two are alike if those fields are."""

    __slots__ = ("fixed", "names", "others")

    def __init__(self, names: tuple[str, ...], fixed: dict[str, Any], others: dict[str, Any]) -> None:
        self.names = names
        self.fixed = fixed
        self.others = others

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Rest) and (self.names, self.fixed) == (other.names, other.fixed)

    def __hash__(self) -> int:
        return hash(self.names)

    def __repr__(self) -> str:
        return ", ".join(f"{name}={value!r}" for name, value in self.fixed.items())


def _taken_apart(x: Any) -> tuple[list[Any], _Rest, tuple[str, ...]]:
    kind = type(x)
    declared = {f.name: _is_part(f) for f in fields(kind) if hasattr(x, f.name)}
    names = tuple(name for name, part in declared.items() if part)
    fixed = {name: getattr(x, name) for name, part in declared.items() if not part}
    others = {
        name: value
        for name, value in getattr(x, "__dict__", {}).items()
        if name not in declared and not isinstance(getattr(kind, name, None), cached_property)  # computed anew
    }
    for name, value in others.items():
        if any(is_array(v) and not isinstance(v, int) for v in flatten(value)[0]):
            raise BackendError(
                f"a {kind.__name__} has data in its attribute {name!r}, which is no field of the dataclass and would "
                f"be a constant: declare it, for example as {name}: Any = field(init=False), or make it a property"
            )
    return [getattr(x, name) for name in names], _Rest(names, fixed, others), names


def _is_part(f: Field[Any]) -> bool:
    """Whether a field is a part and not fixed, as other libraries' dataclasses say in its metadata."""
    return bool(f.metadata.get("pytree_node", not f.metadata.get("static", False)))


def _rebuilt(kind: type, rest: _Rest, parts: Sequence[Any]) -> Any:
    """An instance with these parts; neither a constructor nor a check of it runs, and frozen ones are made as well."""
    made: Any = object.__new__(kind)
    for name, value in (*rest.fixed.items(), *rest.others.items(), *zip(rest.names, parts, strict=True)):
        object.__setattr__(made, name, value)
    return made
