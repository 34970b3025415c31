"""How an op treats axes: facts that stand in its declaration, beside its derivative.

They say what becomes of a stack of calls, which has one more axis in front. An op that fits none of them has a rule,
``batch=``; what is composed of other ops needs nothing, for it is computed as they are.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["NONE", "POINTWISE", "Axes", "Core", "Over", "Unbatchable"]


class Core(NamedTuple):
    """The op is of the last axes of its arguments; all axes in front of them are a stack, and stacks broadcast.

    Parameters
    ----------
    arguments : int or tuple of int
        How many axes of an argument the op takes together: one number for all arguments, or one for each.
    results : int or tuple of int
        How many axes a result has behind the stack.

    Examples
    --------
    >>> determinant = Core(2, 0)
    >>> eigh = Core(2, results=(1, 2))
    >>> POINTWISE  # each number of the result is made from the numbers at its place
    Core(arguments=0, results=0)
    """

    arguments: int | tuple[int, ...]
    results: int | tuple[int, ...]


POINTWISE = Core(0, 0)

NONE = ("all", "flat", "only")
"""What None may mean: all axes; the axis of the array made flat; the one axis of an array that has no other."""


class Over(NamedTuple):
    """The op runs over the axes that a parameter names, and treats all places along the others alike.

    Parameters
    ----------
    parameter : str
        Its name. It counts axes from either end.
    none : str
        What None stands for: "all", "flat" or "only", as in `NONE`; empty where it is no value of the parameter.
    new : bool
        Whether the parameter counts axes of the result, which has those that it names besides the argument's.

    Examples
    --------
    >>> total = Over("axis", "all")
    >>> stack = Over("axis", new=True)
    >>> stack.parameter, stack.none
    ('axis', '')
    """

    parameter: str
    none: str = ""
    new: bool = False


class Unbatchable(NamedTuple):
    """There is no such op on stacks.

    Parameters
    ----------
    reason : str
        Why, for the error message: a clause without a full stop.

    Examples
    --------
    >>> Unbatchable("the shape of its result depends on the data").reason
    'the shape of its result depends on the data'
    """

    reason: str


Axes = Core | Over | Unbatchable
