"""A nested state as flat arrays and a text: the text says where the arrays belong, and holds all else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import agrad
from agrad.errors import AgradError
from agrad_nn.errors import StateError

__all__ = ["KEY", "packed", "unpacked"]

KEY = "agrad"
"""Under which name a file holds the text."""

PLAIN = (bool, int, float, str, type(None))


def packed(state: Any) -> tuple[dict[str, Any], str]:
    """Take a state apart.

    Parameters
    ----------
    state : Any

    Returns
    -------
    arrays, structure
        NumPy arrays by dotted names, and a text in JSON.

    Examples
    --------
    >>> import numpy
    >>> packed({"w": numpy.asarray([1.0]), "epoch": 3})
    ({'w': array([1.])}, '{"dict": [["w", {"array": "w"}], ["epoch", 3]]}')
    """
    arrays: dict[str, Any] = {}
    return arrays, json.dumps(_encoded(state, (), arrays))


def _encoded(value: Any, path: tuple[Any, ...], arrays: dict[str, Any]) -> Any:
    if type(value) in PLAIN:
        return value
    if type(value) is complex:
        return {"complex": [value.real, value.imag]}
    if isinstance(value, Mapping):
        for key in value:
            if type(key) not in PLAIN:
                raise StateError(f"{_place(path)} has a {type(key).__name__} as a key; keys are texts and numbers")
        return {"dict": [[k, _encoded(v, (*path, k), arrays)] for k, v in value.items()]}
    if isinstance(value, list | tuple):
        kind = "list" if isinstance(value, list) else "tuple"
        return {kind: [_encoded(v, (*path, i), arrays) for i, v in enumerate(value)]}
    name = ".".join(map(str, path)) or "state"
    while name in arrays or name == KEY:
        name += "_"
    arrays[name] = _on_host(value, path)
    return {"array": name}


def _on_host(value: Any, path: tuple[Any, ...]) -> Any:
    """A Tensor, or an array of any backend, as a NumPy array."""
    if not hasattr(value, "dtype"):
        raise StateError(
            f"{_place(path)} is a {type(value).__name__}; saved are arrays, numbers, texts, None, and dicts, lists and "
            "tuples of them"
        )
    try:
        given = value.detach() if isinstance(value, agrad.Tensor) else value
        return agrad.asarray(given, backend="numpy").array
    except AgradError as error:
        raise StateError(f"{_place(path)} cannot be saved: {error}") from error


def _place(path: tuple[Any, ...]) -> str:
    return "state" + "".join(f"[{key!r}]" for key in path)


def unpacked(structure: str, arrays: dict[str, Any], where: str) -> Any:
    """Put a state together again.

    Parameters
    ----------
    structure : str
        In JSON.
    arrays : dict of str to Tensor
    where : str
        Of what file, for messages.

    Returns
    -------
    Any

    Raises
    ------
    StateError
        The text is corrupt, or an array is missing.

    Examples
    --------
    >>> unpacked('{"dict": [["w", {"array": "w"}], ["epoch", 3]]}', {"w": 1.0}, "a file")
    {'w': 1.0, 'epoch': 3}
    """
    try:
        return _decoded(json.loads(structure), arrays, where)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, StateError):
            raise
        raise StateError(f"{where}: the entry {KEY!r}, which says how the state was built, is corrupt") from error


def _decoded(value: Any, arrays: dict[str, Any], where: str) -> Any:
    if type(value) in PLAIN:
        return value
    ((kind, content),) = value.items()
    if kind == "array":
        if content not in arrays:
            raise StateError(f"{where}: the entry {content!r} is missing")
        return arrays[content]
    if kind == "complex":
        return complex(*content)
    if kind == "dict":
        return {k: _decoded(v, arrays, where) for k, v in content}
    items = [_decoded(v, arrays, where) for v in content]
    return {"list": list, "tuple": tuple}[kind](items)
