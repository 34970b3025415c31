"""Docstrings of the pools and of the ops of windows."""

from __future__ import annotations

__all__ = [
    "WINDOW_MAX",
    "WINDOW_MAX_TRANSPOSE",
    "WINDOW_SUM",
    "WINDOW_SUM_TRANSPOSE",
    "adaptive_avg_pool",
    "adaptive_max_pool",
    "adaptive_max_pool_indices",
    "avg_pool",
    "max_pool",
    "max_pool_indices",
]

AXES = {1: "the last axis", 2: "the last two axes"}
SETTING = {1: "int or tuple of int", 2: "int or tuple of int, one for each axis"}
TIES = "Where several numbers of a window are the greatest, the first of them counts, row by row, as in PyTorch."
EXAMPLES = """Examples
--------
>>> import agrad
>>> xp = agrad.namespace("numpy")"""


def _x(n: int, kind: str = "real") -> str:
    return f"""x : array, {kind}
    With windows along {AXES[n]}; all axes in front, such as examples and channels, are a stack."""


def _settings(n: int, dilation: bool) -> str:
    spread = f"""
dilation : {SETTING[n]}
    How far the numbers of a window are apart."""
    return f"""kernel_size : {SETTING[n]}
    The size of the windows.
stride : {SETTING[n]}, optional
    How far one window is from the next; as far as it is long, by default.
padding : {SETTING[n]}
    How much is added on both sides, at most half of a window.{spread if dilation else ""}
ceil_mode : bool
    Whether what is left over at the end has a window, too, if that starts within x or the padding before it."""


RAISES = """Raises
------
ShapeError
    A window reaches over more than there is.
ValueError
    A setting is not such a number."""


def max_pool(n: int) -> str:
    """Of the greatest number of each window."""
    example = {
        1: """>>> x = xp.asarray([1.0, 3.0, 3.0, 2.0, 0.0])
>>> xp.nn.max_pool1d(x, kernel_size=2).tolist()
[3.0, 3.0]
>>> agrad.grad(lambda x: xp.sum(xp.nn.max_pool1d(x, kernel_size=3, stride=1)))(x).tolist()
[0.0, 2.0, 1.0, 0.0, 0.0]""",
        2: """>>> x = xp.asarray([[1.0, 2.0, 5.0], [4.0, 3.0, 0.0]])
>>> xp.nn.max_pool2d(x, kernel_size=2, stride=1).tolist()
[[4.0, 5.0]]
>>> agrad.grad(lambda x: xp.sum(xp.nn.max_pool2d(x, kernel_size=2, stride=1)))(x).tolist()
[[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]""",
    }
    return f"""
The greatest number of each window along {AXES[n]}.

Parameters
----------
{_x(n)}
{_settings(n, dilation=True)}

Returns
-------
array
    Of the dtype of x. Padding is never the greatest; a nan is.

{RAISES}

Notes
-----
Derivative: 1 for the number that is taken, 0 for the others. {TIES}
(``max`` shares evenly instead.)

{EXAMPLES}
{example[n]}
"""


def max_pool_indices(n: int) -> str:
    """Of the positions of the numbers that it takes."""
    example = {
        1: """>>> xp.nn.max_pool1d_indices(xp.asarray([1.0, 3.0, 3.0, 2.0]), kernel_size=2).tolist()
[1, 2]""",
        2: """>>> x = xp.asarray([[1.0, 2.0, 5.0], [4.0, 3.0, 0.0]])
>>> xp.nn.max_pool2d_indices(x, kernel_size=2, stride=1).tolist()
[[3, 2]]""",
    }
    return f"""
Where the greatest number of each window is: the positions of what ``max_pool{n}d`` takes.

Parameters
----------
{_x(n)}
{_settings(n, dilation=True)}

Returns
-------
array
    Integers that count {"along the axis" if n == 1 else "the positions of both axes, row by row"}. {TIES}

{RAISES}

Notes
-----
Derivative: none, for positions are integers.

{EXAMPLES}
{example[n]}
"""


def avg_pool(n: int) -> str:
    """Of the mean of each window."""
    example = {
        1: """>>> x = xp.asarray([1.0, 3.0, 5.0, 2.0])
>>> xp.nn.avg_pool1d(x, kernel_size=2, padding=1).tolist()
[0.5, 4.0, 1.0]
>>> xp.nn.avg_pool1d(x, kernel_size=2, padding=1, count_include_pad=False).tolist()
[1.0, 4.0, 2.0]
>>> agrad.grad(lambda x: xp.sum(xp.nn.avg_pool1d(x, kernel_size=2, stride=1)))(x).tolist()
[0.5, 1.0, 1.0, 0.5]""",
        2: """>>> x = xp.reshape(xp.arange(12.0), (3, 4))
>>> xp.nn.avg_pool2d(x, kernel_size=(3, 2)).tolist()
[[4.5, 6.5]]
>>> agrad.grad(lambda x: xp.sum(xp.nn.avg_pool2d(x, kernel_size=2)))(x).tolist()
[[0.25, 0.25, 0.25, 0.25], [0.25, 0.25, 0.25, 0.25], [0.0, 0.0, 0.0, 0.0]]""",
    }
    return f"""
The mean of each window along {AXES[n]}.

Parameters
----------
{_x(n, "floating-point")}
{_settings(n, dilation=False)}
count_include_pad : bool
    Whether zeros of the padding count in the mean.

Returns
-------
array
    Of the dtype of x.

{RAISES}

Notes
-----
Derivative: it is linear; one over the count for all that the window counts.

{EXAMPLES}
{example[n]}
"""


def adaptive_avg_pool(n: int) -> str:
    """Of means, by the number of windows."""
    example = {
        1: """>>> xp.nn.adaptive_avg_pool1d(xp.asarray([1.0, 3.0, 5.0, 7.0, 9.0]), output_size=2).tolist()
[3.0, 7.0]
>>> agrad.grad(lambda x: xp.nn.adaptive_avg_pool1d(x, output_size=1)[0])(xp.ones(4)).tolist()
[0.25, 0.25, 0.25, 0.25]""",
        2: """>>> x = xp.reshape(xp.arange(12.0), (3, 4))
>>> xp.nn.adaptive_avg_pool2d(x, output_size=1).tolist()
[[5.5]]
>>> xp.nn.adaptive_avg_pool2d(x, output_size=(2, 2)).tolist()
[[2.5, 4.5], [6.5, 8.5]]""",
    }
    return _adaptive(
        n, "The mean", "floating-point", "Of the dtype of x.", "it is linear, as for ``avg_pool``.", example[n]
    )


def adaptive_max_pool(n: int) -> str:
    """Of maxima, by the number of windows."""
    example = {
        1: """>>> x = xp.asarray([1.0, 3.0, 5.0, 4.0, 2.0])
>>> xp.nn.adaptive_max_pool1d(x, output_size=2).tolist()
[5.0, 5.0]
>>> agrad.grad(lambda x: xp.sum(xp.nn.adaptive_max_pool1d(x, output_size=2)))(x).tolist()
[0.0, 0.0, 2.0, 0.0, 0.0]""",
        2: """>>> xp.nn.adaptive_max_pool2d(xp.reshape(xp.arange(12.0), (3, 4)), output_size=(None, 1)).tolist()
[[3.0], [7.0], [11.0]]""",
    }
    return _adaptive(
        n,
        "The greatest number",
        "real",
        "Of the dtype of x.",
        f"1 for the number that is taken, 0 for the others.\n{TIES}",
        example[n],
    )


def adaptive_max_pool_indices(n: int) -> str:
    """Of the positions of maxima, by the number of windows."""
    example = {
        1: """>>> xp.nn.adaptive_max_pool1d_indices(xp.asarray([1.0, 3.0, 5.0, 4.0, 2.0]), output_size=2).tolist()
[2, 2]""",
        2: """>>> xp.nn.adaptive_max_pool2d_indices(xp.reshape(xp.arange(12.0), (3, 4)), output_size=1).tolist()
[[11]]""",
    }
    return _adaptive(
        n,
        "The position of the greatest number",
        "real",
        f"Integers that count {'along the axis' if n == 1 else 'the positions of both axes, row by row'}.",
        "none, for positions are integers.",
        example[n],
    )


def _adaptive(n: int, what: str, kind: str, returns: str, derivative: str, example: str) -> str:
    sizes = {1: "int or None", 2: "int, None, or tuple of these, one for each axis"}
    return f"""
{what} of each of so many windows, which cover {AXES[n]} evenly.

Window i of m, of an axis of length n, sees the positions from ``floor(i * n / m)`` to ``ceil((i + 1) * n / m) - 1``.

Parameters
----------
{_x(n, kind)}
output_size : {sizes[n]}
    How many windows; None is as many as there are positions.

Returns
-------
array
    {returns}

Raises
------
ValueError
    output_size is not such a number.

Notes
-----
Derivative: {derivative}

{EXAMPLES}
{example}
"""


WINDOW_MAX = f"""
The greatest number of each window along the last axes, and its position: what max pools are made of.

Parameters
----------
x : array, real
    With windows along as many axes as the settings have numbers.
kernel_size, stride, dilation : tuple of int
    For each axis the size of a window, how far one is from the next, and how far its numbers are apart.

Returns
-------
values, positions : array
    The numbers, and integers that count the positions of these axes, row by row.

Notes
-----
Derivative: 1 for the number that is taken, 0 for the others. {TIES}

{EXAMPLES}
>>> xp.nn.window_max(xp.asarray([1.0, 3.0, 2.0]), kernel_size=(2,), stride=(1,), dilation=(1,))
(Tensor([3. 3.], dtype=float64), Tensor([1 1], dtype=int64))
"""

WINDOW_MAX_TRANSPOSE = f"""
Zeros with numbers added at their positions: the transpose of taking the maxima of windows.

Parameters
----------
y : array
    The numbers.
positions : array, integer
    For each of them a position that its window sees.
shape : tuple of int
    Of the axes of windows that the result has.
kernel_size, stride, dilation : tuple of int
    As for ``window_max``.

Returns
-------
array
    Of the dtype of y.

Notes
-----
Derivative: it is linear in y; the cotangents at the positions.

{EXAMPLES}
>>> y, positions = xp.asarray([1.0, 10.0]), xp.asarray([1, 1])
>>> settings = dict(kernel_size=(2,), stride=(1,), dilation=(1,))
>>> xp.nn.window_max_transpose(y, positions, shape=(3,), **settings).tolist()
[0.0, 11.0, 0.0]
"""

WINDOW_SUM = f"""
The sum of each window along an axis: what pools of means are made of.

Parameters
----------
x : array, numeric
axis : int
    The axis of the windows.
kernel_size, stride : int
    The size of a window, and how far one is from the next.

Returns
-------
array
    Of the dtype of x.

Notes
-----
Derivative: it is linear; its transpose is ``window_sum_transpose``.

{EXAMPLES}
>>> xp.nn.window_sum(xp.asarray([1.0, 2.0, 3.0, 4.0]), axis=0, kernel_size=3, stride=1).tolist()
[6.0, 9.0]
"""

WINDOW_SUM_TRANSPOSE = f"""
Each number added to all positions of its window along an axis: the transpose of the sums of windows.

Parameters
----------
y : array, numeric
    A number for each window.
axis : int
    The axis of the windows.
kernel_size, stride : int
    The size of a window, and how far one is from the next.
length : int
    That of the axis of the result.

Returns
-------
array
    Of the dtype of y.

Notes
-----
Derivative: it is linear; its transpose is ``window_sum``.

{EXAMPLES}
>>> xp.nn.window_sum_transpose(xp.asarray([1.0, 10.0]), axis=0, kernel_size=3, stride=1, length=4).tolist()
[1.0, 11.0, 11.0, 10.0]
"""
