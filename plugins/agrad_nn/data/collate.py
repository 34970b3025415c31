"""Collation: samples as one batch, whatever containers their arrays are in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import agrad
from agrad.errors import ShapeError

__all__ = ["collate"]


def collate(samples: Sequence[Any]) -> Any:
    """Make a batch of samples.

    Arrays are stacked, numbers become an array, texts a list; tuples, lists and dicts are gone through.

    Parameters
    ----------
    samples : sequence
        At least one, all built alike.

    Returns
    -------
    Any
        Built like a sample.

    Raises
    ------
    ShapeError, TypeError, ValueError
        The samples are not built alike, or of something that no array can be made of; where it is, is said.

    Examples
    --------
    >>> import agrad
    >>> from agrad_nn.data import collate
    >>> batch = collate([{"x": agrad.tensor([1.0]), "name": "a"}, {"x": agrad.tensor([2.0]), "name": "b"}])
    >>> batch["x"].tolist(), batch["name"]
    ([[1.0], [2.0]], ['a', 'b'])
    """
    return _collated(list(samples), "sample")


def _collated(items: list[Any], where: str) -> Any:
    first = items[0]
    if isinstance(first, bool | int | float | complex) and not hasattr(first, "dtype"):
        return agrad.namespace().asarray(items)
    if isinstance(first, str | bytes):
        return items
    if isinstance(first, Mapping):
        if any(item.keys() != first.keys() for item in items):
            raise ValueError(f"the samples' dicts have different keys, at {where}")
        return {key: _collated([item[key] for item in items], f"{where}[{key!r}]") for key in first}
    if isinstance(first, tuple | list):
        if any(len(item) != len(first) for item in items):
            raise ValueError(f"the samples have different lengths, {[len(item) for item in items]}, at {where}")
        parts = [_collated([item[i] for item in items], f"{where}[{i}]") for i in range(len(first))]
        return type(first)(*parts) if hasattr(first, "_fields") else type(first)(parts)
    if not hasattr(first, "shape"):
        raise TypeError(
            f"a batch of {type(first).__name__} cannot be made, at {where}; samples are arrays, numbers, texts, and "
            "tuples, lists and dicts of them: convert it in the dataset, or give the loader a collate= of your own"
        )
    shapes = {tuple(item.shape) for item in items}
    if len(shapes) > 1:
        raise ShapeError(f"the samples' arrays have different shapes, {sorted(shapes)}, at {where}")
    xp = agrad.array_namespace(*items)
    return xp.stack([xp.asarray(item) for item in items])
