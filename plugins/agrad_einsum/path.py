"""The order in which operands are contracted, pair by pair: opt_einsum's, the caller's own, or left to right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

from agrad.errors import PluginError
from agrad.origin import install_command
from agrad_einsum.subscripts import Label, Labels

__all__ = ["contraction_order"]


def contraction_order(
    terms: Sequence[Labels], output: Labels, sizes: dict[Label, int], optimize: Any
) -> Iterator[tuple[int, int]]:
    """Yield the numbers of two arrays at a time: operands count from 0, and results on from them.

    Examples
    --------
    >>> from agrad_einsum.path import contraction_order
    >>> list(contraction_order([("i", "j"), ("j", "k"), ("k",)], ("i",), {"i": 9, "j": 9, "k": 9}, "auto"))
    [(1, 2), (0, 3)]
    """
    n = len(terms)
    if isinstance(optimize, tuple):
        path = optimize[1:] if optimize[:1] == ("einsum_path",) else optimize  # as numpy.einsum_path has it
    elif n > 2 and optimize is not False:
        path = _opt_einsum(terms, output, sizes, optimize)
    else:
        path = (tuple(range(n)),)
    live = list(range(n))
    for step in path:
        if len({*step}) != len(step) or not step or not all(0 <= i < len(live) for i in step):
            raise ValueError(_malformed(optimize, n))
        done, *others = [live[i] for i in sorted(step)]
        live = [i for i in live if i not in (done, *others)]
        for other in others:
            yield done, other
            done, n = n, n + 1
        live.append(done)
    if len(live) != 1:
        raise ValueError(_malformed(optimize, len(terms)))


def _opt_einsum(terms: Sequence[Labels], output: Labels, sizes: dict[Label, int], optimize: Any) -> Any:
    if not isinstance(optimize, (str, bool)) and not callable(optimize):
        raise ValueError(
            f"einsum got optimize={optimize!r}; it takes a path, a name or an object by which opt_einsum finds one, or "
            "False for left to right"
        )
    try:
        opt_einsum: Any = import_module("opt_einsum")
    except ImportError as error:
        raise PluginError(
            "einsum of three or more operands asks opt_einsum for the order of contraction, and it is not installed; "
            f"install it with {install_command('einsum')}, or pass optimize=False to contract from left to right"
        ) from error
    symbols = {label: opt_einsum.get_symbol(i) for i, label in enumerate(sizes)}
    left, right = (",".join("".join(symbols[label] for label in term) for term in each) for each in (terms, [output]))
    shapes = [tuple(sizes[label] or 1 for label in term) for term in terms]  # costs are products
    try:
        return opt_einsum.contract_path(f"{left}->{right}", *shapes, shapes=True, optimize=optimize)[0]
    except KeyError as error:
        if not isinstance(optimize, str):
            raise
        raise ValueError(f"einsum got optimize={optimize!r}, of which opt_einsum says: {error.args[0]}") from error


def _malformed(optimize: Any, n: int) -> str:
    return (
        f"einsum got the path {optimize!r} for {n} operands; each step names the positions of those to contract among "
        "the ones that are left, their result goes to the end, and one is left at last"
    )
