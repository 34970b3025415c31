"""Batch rules of reading, writing and adding at a key.

What names places by arrays of integers becomes an open grid: an array for each axis, the batch axis among them. That is
what the standard has of such keys, and a library then checks the bounds of each axis itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agrad.errors import UnsupportedError
from agrad.ops._shapes import along, place_of
from agrad.ops._stacks import flat, full, ranked

__all__ = ["getitem", "scatter", "setitem", "take"]

Flags = bool | tuple[Any, ...]
"""Whether a key, or an item of it, has a batch axis; of a tuple or a list, for each item."""


def getitem(xp: Any, x: Any, key: Any, batched: tuple[Flags, ...], size: int) -> Any:
    items, flags = _items(xp, key, _of_key(batched), size)
    if batched[0] and _basic(items, flags):
        return xp.getitem(x, (slice(None), *items))
    items, flags = _without_masks(xp, "getitem", items, flags)
    shape = x.shape[1:] if batched[0] else x.shape
    each = len(items) == len(shape) and all(_ndim(item, False) >= 0 for item in items)  # no axis is taken whole
    if any(flags) or (each and max(len(items), _ndim(items[0], False)) > 1):
        return xp.getitem(x, _grid(xp, items, flags, shape, size, _any(batched[0]), place_of(x))[0])
    y = xp.getitem(x, (slice(None), *items))  # the library's own way to take whole slices at once
    return xp.moveaxis(y, _ndim_of_arrays(items, flags), 0) if _first(xp, items, flags) else y


def setitem(xp: Any, x: Any, key: Any, value: Any, batched: tuple[bool, Flags, bool], size: int) -> Any:
    items, flags = _items(xp, key, batched[1], size)
    x = full(xp, x, batched[0], size)
    if len(items) == 1 and _is_mask(xp, items[0]):
        rest = x.ndim - 1 - _ndim(items[0], flags[0])
        rank = getattr(value, "ndim", 0) - batched[2]
        if rank <= rest or all(n == 1 for n in value.shape[batched[2] : value.ndim - rest]):
            return _filled(xp, x, items[0], flags[0], value, batched[2], rest)
    if _basic(items, flags):
        rank = x.ndim - 1 - sum(_ndim(item, False) == 0 for item in items) + sum(item is None for item in items)
        return xp.setitem(x, (slice(None), *items), _fitting(xp, value, batched[2], rank))
    items, flags = _without_masks(xp, "setitem", items, flags)
    grid, rank = _grid(xp, items, flags, x.shape[1:], size, True, place_of(x))
    return xp.setitem(x, grid, _fitting(xp, value, batched[2], rank))


def scatter(xp: Any, values: Any, key: Any, shape: Sequence[int], batched: tuple[Flags, ...], size: int) -> Any:
    items, flags = _items(xp, key, _of_key(batched), size)
    values = full(xp, values, _any(batched[0]), size)
    if _basic(items, flags):
        return xp.scatter(values, (slice(None), *items), shape=(size, *shape))
    items, flags = _without_masks(xp, "scatter", items, flags)
    grid, rank = _grid(xp, items, flags, shape, size, True, place_of(values))
    return xp.scatter(ranked(xp, values, rank), grid, shape=(size, *shape))


def take(xp: Any, x: Any, indices: Any, axis: int | None, batched: tuple[bool, bool], size: int) -> Any:
    if axis is None:
        x, axis = (flat(xp, x, size) if batched[0] else xp.reshape(x, (-1,))), 0
    ndim = x.ndim - batched[0]
    if not batched[1]:
        return xp.take(x, indices, axis=axis % ndim + 1)
    key = along(ndim, axis, indices)
    return getitem(xp, x, key, (batched[0], tuple(k is indices for k in key)), size)


# Keys, taken apart --------------------------------------------------------------------------------


def _items(xp: Any, key: Any, batched: Flags, size: int) -> tuple[list[Any], list[bool]]:
    """The items of a key, lists among them as arrays, and which of them have a batch axis."""
    items = list(key) if isinstance(key, tuple) else [key]
    flags = batched if isinstance(key, tuple) and isinstance(batched, tuple) else (batched,) * len(items)
    made = [_listed(xp, k, f, size) if isinstance(k, list) else k for k, f in zip(items, flags, strict=True)]
    return made, [_any(f) for f in flags]


def _of_key(batched: tuple[Flags, ...]) -> Flags:
    """Which items of a key have a batch axis: none where the key is a parameter, as one without arrays may be."""
    return batched[1] if len(batched) > 1 else False


def _any(flags: Flags) -> bool:
    return any(map(_any, flags)) if isinstance(flags, tuple) else flags


def _listed(xp: Any, items: Any, flags: Any, size: int) -> Any:
    """A list of numbers, and maybe of arrays, as one array; with a batch axis where an item has one."""
    if not _any(flags):
        return xp.asarray(items) if items else xp.zeros((0,), dtype=xp.arange(0).dtype)
    parts = [
        full(xp, _listed(xp, i, f, size) if isinstance(i, list) else i, _any(f), size)
        for i, f in zip(items, flags, strict=True)
    ]
    return xp.stack(parts, axis=1)


def _is_mask(xp: Any, item: Any) -> bool:
    return isinstance(item, bool) or (hasattr(item, "dtype") and xp.isdtype(item.dtype, "bool"))


def _ndim(item: Any, batched: bool) -> int:
    """How many dimensions an index has, 0 if it is a number; -1 for slices, None and an ellipsis."""
    if item is None or item is Ellipsis or isinstance(item, slice):
        return -1
    return getattr(item, "ndim", 0) - batched


def _basic(items: Sequence[Any], flags: Sequence[bool]) -> bool:
    """Whether a key has numbers and slices only, the same for all examples."""
    return not any(flags) and all(_ndim(item, False) <= 0 and not isinstance(item, bool) for item in items)


def _without_masks(xp: Any, op: str, items: Sequence[Any], flags: Sequence[bool]) -> tuple[list[Any], list[bool]]:
    """Masks as the positions where they are true."""
    made: list[Any] = []
    found: list[bool] = []
    for item, batched in zip(items, flags, strict=True):
        if not _is_mask(xp, item):
            made.append(item)
            found.append(batched)
        elif batched:
            raise UnsupportedError(
                f"{op!r} cannot be batched over a mask: how many elements it takes would differ between examples; use "
                "xp.where(mask, x, value)"
            )
        elif not _ndim(item, False):
            raise UnsupportedError(f"{op!r} cannot be batched with a mask of no dimensions in its key")
        else:
            positions = xp.nonzero(item)
            made += positions
            found += [False] * len(positions)
    return made, found


def _filled(xp: Any, x: Any, mask: Any, mask_batched: bool, value: Any, value_batched: bool, rest: int) -> Any:
    """A stack with one value, or one for each of the last `rest` axes, where a mask is true."""
    mask = xp.reshape(xp.asarray(mask), (*mask.shape, *(1,) * rest))
    value = _fitting(xp, value, value_batched, rest)
    if value_batched:
        value = ranked(xp, value, x.ndim - 1)
    elif not hasattr(value, "dtype"):
        value = xp.asarray(value, dtype=x.dtype, device=place_of(x))
    return xp.where(mask, xp.astype(value, x.dtype, copy=False), x)


def _fitting(xp: Any, value: Any, batched: bool, rank: int) -> Any:
    """A value for a place of `rank` axes: its batch axis has to stand in front of all, and it may have more axes, of
    length one."""
    if batched:
        return ranked(xp, value, rank)
    excess = getattr(value, "ndim", 0) - rank
    return xp.reshape(value, value.shape[excess:]) if excess > 0 else value


# Grids --------------------------------------------------------------------------------------------


def _grid(
    xp: Any, items: Sequence[Any], flags: Sequence[bool], shape: Sequence[int], size: int, lead: bool, device: Any
) -> tuple[tuple[Any, ...], int]:
    """A key that names the same places by an array of integers for each axis, and how many axes they have together.

    With `lead`, the array that is read has a batch axis, which has an array, too.
    """
    axes_of_arrays = _ndim_of_arrays(items, flags)
    first = _first(xp, items, flags)
    entries = _expanded(items, flags, len(shape))
    # the axes of what is read: the names of entries, and a block of axes where the arrays go
    order: list[int] = [-1] if first else []
    for i, (item, batched) in enumerate(entries):
        if _ndim(item, batched) < 0:
            order.append(i)
        elif _ndim(item, batched) > 0 and -1 not in order:
            order.append(-1)
    start: dict[int, int] = {}
    rank = 0
    for i in order:
        start[i] = rank
        rank += axes_of_arrays if i == -1 else 1

    def placed(array: Any, at: int, width: int) -> Any:
        """An index whose first axis is the batch axis, its others those from `at` on."""
        own = array.ndim - 1
        before = (1,) * (at + width - own)
        return xp.reshape(array, (array.shape[0], *before, *array.shape[1:], *(1,) * (rank - at - width)))

    grid: list[Any] = []
    if lead:
        grid.append(xp.reshape(xp.arange(size, device=device), (size, *(1,) * rank)))
    axis = 0
    for i, (item, batched) in enumerate(entries):
        if item is None:
            continue
        if isinstance(item, slice):
            places = range(*item.indices(shape[axis]))
            line = xp.arange(places.start, places.stop, places.step, device=device)
            grid.append(placed(line[None, :], start[i], 1))
        elif _ndim(item, batched) or batched:
            grid.append(placed(item if batched else item[None, ...], start.get(-1, 0), axes_of_arrays))
        else:
            grid.append(item)
        axis += 1
    return tuple(grid), rank


def _expanded(items: Sequence[Any], flags: Sequence[bool], ndim: int) -> list[tuple[Any, bool]]:
    """Items and flags with as many whole slices as the ellipsis, or the end of the key, stands for."""
    used = sum(item is not None and item is not Ellipsis for item in items)
    slices: list[tuple[Any, bool]] = [(slice(None), False)] * (ndim - used)
    entries: list[tuple[Any, bool]] = []
    for item, batched in zip(items, flags, strict=True):
        entries += slices if item is Ellipsis else [(item, batched)]
    return entries if any(item is Ellipsis for item in items) else entries + slices


def _ndim_of_arrays(items: Sequence[Any], flags: Sequence[bool]) -> int:
    """How many axes the arrays of a key have together."""
    return max(map(_ndim, items, flags), default=0)


def _first(xp: Any, items: Sequence[Any], flags: Sequence[bool]) -> bool:
    """Whether the axes of arrays go to the front, which they do where something stands between two indices.

    Whether a number counts as one of them is asked of the library: it does in NumPy, and does not in PyTorch.
    """
    ranks = list(map(_ndim, items, flags))
    if max(ranks, default=0) < 1:
        return False
    arrays = [i for i, rank in enumerate(ranks) if rank > 0]
    indices = [i for i, rank in enumerate(ranks) if rank >= 0]
    if all(rank >= 0 for rank in ranks[indices[0] : indices[-1]]):
        return False
    if any(rank < 0 for rank in ranks[arrays[0] : arrays[-1]]):
        return True
    probe = xp.getitem(xp.zeros((1, 1, 1)), (0, slice(None), xp.asarray([0, 0])))
    return bool(tuple(probe.shape) == (2, 1))
