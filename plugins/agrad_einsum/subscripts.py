"""Reads the subscripts of an einsum: the label of each axis of each operand, and of the result."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from string import ascii_lowercase, ascii_uppercase
from typing import Any

__all__ = ["Label", "Labels", "joined", "parse"]

Label = str | int
"""A letter; or an axis that an ellipsis stands for, as a negative number counted from the right."""
Labels = tuple[Label, ...]

TERM = re.compile(r"([^\W\d_]*)(\.\.\.)?([^\W\d_]*)")
LETTERS = ascii_uppercase + ascii_lowercase


def parse(subscripts: str, ndims: Sequence[int]) -> tuple[list[Labels], Labels]:
    """Return the labels of each operand and those of the result.

    Parameters
    ----------
    subscripts : str
        Such as ``"ij,jk->ik"``, ``"...i,i"``. Without ``->``, the axes of the result are those of the ellipsis and
        then, in alphabetical order, the letters that appear once.
    ndims : sequence of int
        How many axes each operand has.

    Examples
    --------
    >>> from agrad_einsum.subscripts import parse
    >>> parse("...ij,jk", (3, 2))
    ([(-1, 'i', 'j'), ('j', 'k')], (-1, 'i', 'k'))
    """
    left, arrow, right = "".join(subscripts.split()).partition("->")
    terms = left.split(",")
    if len(terms) != len(ndims):
        raise ValueError(
            f"einsum got {len(ndims)} operands for {subscripts!r}, which has terms for {len(terms)}; "
            "give one term an operand, with commas between them"
        )
    inputs = [_labels(subscripts, term, ndim, i) for i, (term, ndim) in enumerate(zip(terms, ndims, strict=True))]
    seen = Counter(label for labels in inputs for label in labels)
    rest = sorted(label for label in seen if isinstance(label, int))  # what the ellipses stand for
    if not arrow:
        once = sorted(label for label, n in seen.items() if isinstance(label, str) and n == 1)
        return inputs, (*rest, *once)
    before, dots, after = _split(subscripts, right)
    if rest and not dots:
        raise ValueError(
            f"einsum got {subscripts!r}, whose result leaves out the {len(rest)} axes that '...' stands for; write "
            "'...' in the result too, or sum over those axes by giving them letters"
        )
    for label in before + after:
        if label not in seen:
            raise ValueError(f"einsum got {subscripts!r}, whose result has the index {label!r} that no operand has")
        if (before + after).count(label) > 1:
            raise ValueError(f"einsum got {subscripts!r}, whose result has the index {label!r} twice; name it once")
    return inputs, (*before, *rest, *after)


def joined(*arguments: Any) -> tuple[str, tuple[Any, ...]]:
    """Turn NumPy's other form, ``x, [0, 1], y, [1, 2], [0, 2]``, into subscripts and operands."""
    operands, lists = arguments[0::2], arguments[1::2]
    terms = []
    for axes in lists if len(operands) == len(lists) else (*lists, operands[-1]):
        if not isinstance(axes, (list, tuple)):
            raise TypeError(
                f"einsum got a {type(axes).__name__} where a list of axes belongs; it takes subscripts and operands, "
                "as in einsum('ij,jk', x, y), or each operand followed by its axes, as in einsum(x, [0, 1], y, [1, 2])"
            )
        for axis in axes:
            if axis is not Ellipsis and not (isinstance(axis, int) and 0 <= axis < len(LETTERS)):
                raise ValueError(f"einsum got {axis!r} in a list of axes; it takes integers from 0 to 51, and Ellipsis")
        terms.append("".join("..." if axis is Ellipsis else LETTERS[axis] for axis in axes))
    if len(operands) == len(lists):
        return ",".join(terms), operands
    return ",".join(terms[:-1]) + "->" + terms[-1], operands[:-1]


def _labels(subscripts: str, term: str, ndim: int, operand: int) -> Labels:
    before, dots, after = _split(subscripts, term)
    more = ndim - len(before) - len(after)
    if more < 0 or (more and not dots):
        raise ValueError(
            f"einsum got {subscripts!r} and operand {operand} of {ndim} dimensions, for which {term!r} has "
            f"{len(before) + len(after)} letters; give {'at most ' if dots else ''}one letter a dimension"
            + ("" if dots else ", or '...' for several")
        )
    return (*before, *range(-more, 0), *after)


def _split(subscripts: str, term: str) -> tuple[str, str, str]:
    """The letters before an ellipsis, the ellipsis if there is one, and the letters after it."""
    match = TERM.fullmatch(term)
    if match is None:
        raise ValueError(
            f"einsum got {subscripts!r}, in which {term!r} is not a term; a term is letters and at most one '...', "
            "commas separate terms, and the result may follow after one '->'"
        )
    return match[1], match[2] or "", match[3]
