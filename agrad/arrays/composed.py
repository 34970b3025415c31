"""What a composite returns is made of other functions, and is to be as the library's one function would have made it.

It shares memory with an argument where that does, and nowhere else; and its elements lie as that puts them, since
`reshape` shares or copies by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from agrad.arrays.tensors import Tensor
from agrad.arrays.views import laid_like, lens_of
from agrad.interpret.apply import is_batched, raw_of
from agrad.interpret.bound import Bound

if TYPE_CHECKING:
    from agrad.arrays.namespaces import Namespace

__all__ = ["own_results"]

Params = dict[str, Any]


def own_results(space: Namespace, f: Bound, args: Sequence[Any], params: Params, out: Any) -> Any:
    """The results of a composite of these boxed arguments, as the library's own."""
    several = type(out) is tuple or type(out) is list
    results = list(out) if several else [out]
    if not any(isinstance(r, Tensor) and r.ndim for r in results):
        return out
    raws = [raw_of(a) for a in args]
    known = [] if any(map(is_batched, args)) else _known(space, f, raws, params)
    if not known:
        return out
    given = [item for a in args for item in (a if type(a) in (list, tuple) else (a,))]
    layout = space._backend.layout
    library: list[Any] | None = None
    for i, r in enumerate(results):
        if not isinstance(r, Tensor) or not r.ndim:
            continue
        lies, shares = known[i]
        if not shares and (lens_of(r) or any(r is a for a in given)):
            r = space.asarray(r, copy=True)
        if lies is not None and layout is not None and layout(raw_of(r)) != lies:
            library = library or _library(f, raws, params)
            r = laid_like(library[i], r)
        results[i] = r
    return space._rebuild(out, results) if several else results[0]


def _known(space: Namespace, f: Bound, raws: Sequence[Any], params: Params) -> list[Any]:
    """Of each result how it lies, where that matters, and whether it shares memory; the library's function tells once.

    It is empty where the library has no such function, or takes less than the standard has.
    """
    layout = space._backend.layout
    key = repr(params), *[_shown(layout, a) for a in raws]
    known = f.lies.get(key)
    if known is None:
        if len(f.lies) >= 1024:
            f.lies.clear()
        known = f.lies[key] = _looked_up(space, f, raws, params)
    return known


def _looked_up(space: Namespace, f: Bound, raws: Sequence[Any], params: Params) -> list[Any]:
    if space._support(f.op.name) != "native":
        return []
    try:
        results = _library(f, raws, params)
    except Exception:  # such as a positive axis that a library refuses
        return []
    layout, shares, numbers = space._backend.layout, space._backend.shares, space._numbers
    arrays = [a for item in raws for a in (item if type(item) in (list, tuple) else (item,))]
    arrays = [a for a in arrays if space._owns(a) and type(a) not in numbers]
    return [
        (
            layout(out) if layout is not None and out.ndim > 1 else None,
            any(out is a or shares(out, a) for a in arrays),
        )
        if space._owns(out) and type(out) not in numbers
        else (None, False)
        for out in results
    ]


def _shown(layout: Any, a: Any) -> Any:
    if type(a) is list or type(a) is tuple:
        return tuple([_shown(layout, item) for item in a])
    return (a.shape, a.dtype, layout and layout(a)) if hasattr(a, "shape") else type(a)


def _library(f: Bound, raws: Sequence[Any], params: Params) -> list[Any]:
    """What the library's own function returns."""
    out = f.call(raws, params)
    return list(out) if isinstance(out, tuple | list) else [out]
