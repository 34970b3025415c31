"""Plans an einsum from subscripts and shapes alone: calls of the standard's functions, made once and kept."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

from agrad.errors import ShapeError
from agrad_einsum.path import contraction_order
from agrad_einsum.subscripts import Label, Labels, parse

__all__ = ["Calls", "Pair", "Plan", "plan"]

Shape = tuple[int, ...]
Calls = tuple[tuple[str, Any], ...]
"""Functions of one array, called one after the other: their names and their second arguments."""


class Pair(NamedTuple):
    """The contraction of two arrays by one call of the standard, which `left`, `right` and `after` fit to it."""

    first: int
    second: int
    left: Calls
    right: Calls
    how: str  # "multiply", "matmul", "vecdot" or "tensordot"
    axes: Any  # of tensordot
    after: Calls


class Plan(NamedTuple):
    """What to do with each operand alone, then pair by pair; the result of a pair takes the next free number."""

    alone: tuple[Calls, ...]
    pairs: tuple[Pair, ...]


@lru_cache(maxsize=1024)
def plan(subscripts: str, shapes: tuple[Shape, ...], optimize: Any) -> Plan:
    """Plan the contraction of operands of these shapes.

    Examples
    --------
    >>> from agrad_einsum.plan import plan
    >>> plan("ij,kj->ik", ((2, 3), (4, 3)), "auto").pairs
    (Pair(first=0, second=1, left=(), right=(('permute_dims', (1, 0)),), how='matmul', axes=None, after=()),)
    """
    terms, output = parse(subscripts, [len(shape) for shape in shapes])
    sizes = _sizes(subscripts, terms, shapes)
    alone: list[Calls] = []
    for i, (labels, shape) in enumerate(zip(terms, shapes, strict=True)):
        terms[i], calls = _without_repetition(labels, shape, sizes)
        alone.append(calls)
    for i, labels in enumerate(terms):
        wanted = set(output).union(*terms[:i], *terms[i + 1 :])
        kept = tuple(label for label in labels if label in wanted)
        if kept != labels:
            alone[i] += (("sum", tuple(axis for axis, label in enumerate(labels) if label not in wanted)),)
            terms[i] = kept
    pairs: list[Pair] = []
    live = dict(enumerate(terms))
    for first, second in contraction_order(terms, output, sizes, optimize):
        a, b = live.pop(first), live.pop(second)
        wanted = set(output).union(*live.values())
        last = not live
        if last and _swapped(a, b, output):
            first, second, a, b = second, first, b, a
        how, axes, left, right, after, labels = _pair(a, b, wanted, output if last else (*a, *b), sizes)
        if last:
            after += _permuted(labels, output)
        live[len(terms) + len(pairs)] = labels
        pairs.append(Pair(first, second, left, right, how, axes, after))
    if not pairs:
        alone[0] += _permuted(terms[0], output) or (() if alone[0] else (("permute_dims", tuple(range(len(output)))),))
    return Plan(tuple(alone), tuple(pairs))


def _sizes(subscripts: str, terms: Sequence[Labels], shapes: Sequence[Shape]) -> dict[Label, int]:
    """The length of each index; axes of length 1 fit to any."""
    sizes: dict[Label, int] = {}
    for i, (labels, shape) in enumerate(zip(terms, shapes, strict=True)):
        own: dict[Label, int] = {}
        for label, n in zip(labels, shape, strict=True):
            name = "of '...'" if isinstance(label, int) else repr(label)
            if n is None or n != n:
                raise ShapeError(
                    f"einsum got {subscripts!r} and operand {i}, in which the length of the index {name} is unknown; "
                    "compute the shape of the operand first"
                )
            if own.setdefault(label, n) != n:  # within an operand, not even 1 fits
                raise ShapeError(
                    f"einsum got {subscripts!r} and operand {i} of shape {shape}, in which the index {name} has the "
                    f"lengths {own[label]} and {n}; they must be equal"
                )
            known = sizes.setdefault(label, n)
            if known == 1:
                sizes[label] = n
            elif n not in (1, known):
                raise ShapeError(
                    f"einsum got {subscripts!r} and operand {i} of shape {shape}, in which the index {name} has the "
                    f"length {n}, but {known} in an operand before it; they must be equal, or one of them 1"
                )
    return sizes


def _without_repetition(labels: Labels, shape: Shape, sizes: dict[Label, int]) -> tuple[Labels, Calls]:
    """Take diagonals of indices that an operand has several times; drop axes of length 1 that broadcast."""
    calls: Calls = ()
    for label in dict.fromkeys(labels):
        count = labels.count(label)
        if count > 1:  # on flattened axes, a diagonal is a slice
            n = shape[labels.index(label)]
            others = tuple(other for other in labels if other != label)
            lengths = tuple(n for other, n in zip(labels, shape, strict=True) if other != label)
            calls += _permuted(labels, (*others, *[label] * count))
            calls += (("reshape", (*lengths, n**count)),)
            calls += (("getitem", (..., slice(None, None, sum(n**k for k in range(count))))),)
            labels, shape = (*others, label), (*lengths, n)
    kept = tuple(label for label, n in zip(labels, shape, strict=True) if n == sizes[label])
    if kept != labels:
        calls += (("reshape", tuple(sizes[label] for label in kept)),)
    return kept, calls


def _swapped(a: Labels, b: Labels, output: Labels) -> bool:
    """Whether the result wants the axes of the second array first."""
    firsts = [[output.index(label) for label in x if label in output and label not in y] for x, y in ((a, b), (b, a))]
    return all(firsts) and min(firsts[1]) < min(firsts[0])


def _pair(
    a: Labels, b: Labels, wanted: set[Label], order: Labels, sizes: dict[Label, int]
) -> tuple[str, Any, Calls, Calls, Calls, Labels]:
    """Choose the call that contracts two arrays, and what fits them to it; also the labels of the result."""
    in_order = sorted({*a, *b} & wanted, key=order.index)
    batch = tuple(label for label in in_order if label in a and label in b)
    free_a = tuple(label for label in in_order if label not in b)
    free_b = tuple(label for label in in_order if label not in a)
    contracted = tuple(label for label in a if label in b and label not in wanted)
    labels = (*batch, *free_a, *free_b)
    if not contracted:
        labels = tuple(in_order)
        return "multiply", None, _spread(a, labels, sizes), _spread(b, labels, sizes), (), labels
    if not batch and max(len(contracted), len(free_a), len(free_b)) > 1:
        axes = (tuple(map(a.index, contracted)), tuple(map(b.index, contracted)))
        return "tensordot", axes, (), (), (), (*(x for x in a if x in free_a), *(x for x in b if x in free_b))
    if batch and not free_a and not free_b:
        left, right = (_merged(x, (*((label,) for label in batch), contracted), sizes) for x in (a, b))
        return "vecdot", None, left, right, (), labels
    if batch:  # one matrix each, in stacks
        stack = tuple((label,) for label in batch)
        after: Calls = ()
        if len(free_a) != 1 or len(free_b) != 1:
            after = (("reshape", tuple(sizes[label] for label in labels)),)
        left = _merged(a, (*stack, free_a, contracted), sizes)
        return "matmul", None, left, _merged(b, (*stack, contracted, free_b), sizes), after, labels
    return "matmul", None, _permuted(a, (*free_a, *contracted)), _permuted(b, (*contracted, *free_b)), (), labels


def _permuted(labels: Labels, order: Labels) -> Calls:
    """Put axes in order, if they are not; labels may repeat."""
    if labels == order:
        return ()
    places = sorted(range(len(labels)), key=lambda i: order.index(labels[i]))
    return (("permute_dims", tuple(places)),)


def _spread(labels: Labels, target: Labels, sizes: dict[Label, int]) -> Calls:
    """Fit an array to broadcast against the axes of `target`."""
    own = tuple(label for label in target if label in labels)
    calls = _permuted(labels, own)
    shape = tuple(sizes[label] if label in own else 1 for label in target)
    while shape and target[len(target) - len(shape)] not in own:  # broadcasting adds axes on the left itself
        shape = shape[1:]
    return calls if len(shape) == len(own) else (*calls, ("reshape", shape))


def _merged(labels: Labels, groups: Sequence[Labels], sizes: dict[Label, int]) -> Calls:
    """Make one axis of each group of axes."""
    calls = _permuted(labels, tuple(label for group in groups for label in group))
    if all(len(group) == 1 for group in groups):
        return calls
    return (*calls, ("reshape", tuple(prod(sizes[label] for label in group) for group in groups)))
