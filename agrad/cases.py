"""The record by which an op says what the conformance suite shall try it on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

__all__ = ["Case"]


class Case(NamedTuple):
    """One way to call an op.

    Parameters
    ----------
    make : callable
        ``make(draw)`` returns the positional arguments. ``draw(*shape)`` gives normal numbers in the dtype that the
        case is tried in, ``draw.within(low, high, *shape)`` numbers of an interval, ``draw.positive(*shape)`` numbers
        between 0.5 and 2, ``draw.apart(*shape)`` numbers without near ties.
    params : mapping
        The keyword arguments; callables among them are called with `draw`, names of dtypes stand for the dtypes.
    dtypes : sequence of str
        Those that the case is tried in.
    call : callable, optional
        ``call(xp, *args, **params)``, where it is not plainly the function of the op's name.
    of : callable, optional
        ``of(xp, call, *args)``: a function that no choice of factors (gauge) changes, to compare numbers by.
    smooth : bool
        There are derivatives of second order, and differences find them.
    static : bool
        The shape of the result does not depend on values.
    standard : bool
        The standard has this call; not every backend need take another.
    condition : float
        By how much the op magnifies rounding errors there: tolerances are that many times wider.
    expected_failures : mapping
        Checks of this case that are known to fail, as patterns of their names with the reason.
    op : str
        The op's name; a case that an `agrad.declare.Op` brings along may leave it out.

    Examples
    --------
    >>> case = Case(lambda draw: (draw(2, 3),), {"axis": 0}, op="sum")
    >>> case.dtypes
    ('float64', 'float32')
    """

    make: Callable[[Any], tuple[Any, ...]]
    params: Mapping[str, Any] = MappingProxyType({})
    dtypes: Sequence[str] = ("float64", "float32")
    call: Callable[..., Any] | None = None
    of: Callable[..., Any] | None = None
    smooth: bool = True
    static: bool = True
    standard: bool = True
    condition: float = 1.0
    expected_failures: Mapping[str, str] = MappingProxyType({})
    op: str = ""
