"""Pools of few numbers, none of them near another, with every parameter."""

from __future__ import annotations

from typing import Any

from agrad.cases import Case

__all__ = [
    "ADAPTIVE",
    "AVG_POOL",
    "MAX_POOL",
    "WINDOW_MAX",
    "WINDOW_MAX_TRANSPOSE",
    "WINDOW_SUM",
    "WINDOW_SUM_TRANSPOSE",
]


def _case(*shape: int, **params: Any) -> Case:
    return Case(lambda draw: (draw.apart(*shape),), params)


def _at(lengths: tuple[int, ...], positions: Any, **params: Any) -> Case:
    def make(draw: Any) -> tuple[Any, ...]:
        import numpy as np

        return draw(*lengths), np.asarray(positions, dtype="int64").reshape(lengths)

    return Case(make, params)


MAX_POOL = {
    1: (
        _case(2, 2, 6, kernel_size=2),
        _case(1, 7, kernel_size=3, stride=2, padding=1),
        _case(7, kernel_size=2, stride=2, dilation=2, padding=1),
        _case(1, 1, 6, kernel_size=(3,), stride=2, ceil_mode=True),
        _case(0, 2, 4, kernel_size=2),
    ),
    2: (
        _case(2, 1, 4, 3, kernel_size=2),
        _case(1, 4, 4, kernel_size=(3, 2), stride=(2, 1), padding=(1, 0)),
        _case(1, 4, 5, kernel_size=2, stride=1, dilation=(1, 2), padding=1),
        _case(3, 4, kernel_size=2, stride=2, ceil_mode=True),
    ),
}
AVG_POOL = {
    1: (
        _case(2, 2, 6, kernel_size=2),
        _case(1, 7, kernel_size=3, stride=2, padding=1),
        _case(1, 6, kernel_size=3, stride=2, padding=1, count_include_pad=False, ceil_mode=True),
        _case(4, kernel_size=4),
    ),
    2: (
        _case(2, 1, 4, 3, kernel_size=2),
        _case(1, 4, 4, kernel_size=(3, 2), stride=(2, 1), padding=(1, 0)),
        _case(1, 4, 4, kernel_size=3, stride=2, padding=1, ceil_mode=True),
        _case(1, 3, 4, kernel_size=2, padding=1, count_include_pad=False),
    ),
}
ADAPTIVE = {
    1: (_case(2, 5, output_size=3), _case(1, 2, 4, output_size=(2,)), _case(3, output_size=1)),
    2: (
        _case(1, 1, 5, 4, output_size=(3, 2)),
        _case(2, 3, 4, output_size=1),
        _case(1, 2, 5, output_size=(None, 3)),
    ),
}
"""By the number of axes that windows have."""

WINDOW_MAX = (
    _case(2, 6, kernel_size=(2,), stride=(1,), dilation=(2,)),
    _case(1, 4, 5, kernel_size=(2, 2), stride=(2, 2), dilation=(1, 1)),
)
WINDOW_MAX_TRANSPOSE = (
    _at((2, 3), [2, 1, 2, 0, 3, 2], shape=(5,), kernel_size=(2,), stride=(1,), dilation=(2,)),
    _at((1, 2, 2), [1, 3, 10, 12], shape=(3, 5), kernel_size=(2, 2), stride=(1, 2), dilation=(1, 1)),
    _at((1, 2, 2), [1, 7, 15, 12], shape=(5, 5), kernel_size=(2, 2), stride=(2, 2), dilation=(1, 1)),
)
WINDOW_SUM = (
    _case(2, 6, axis=-1, kernel_size=3, stride=2),
    _case(5, 2, axis=0, kernel_size=2, stride=2),
    _case(2, 3, 2, axis=1, kernel_size=1, stride=1),
)
WINDOW_SUM_TRANSPOSE = (
    _case(2, 2, axis=-1, kernel_size=3, stride=2, length=6),
    _case(2, 2, axis=0, kernel_size=2, stride=2, length=5),
    _case(2, 3, axis=1, kernel_size=2, stride=1, length=4),
)
