"""Docstrings of the convolutions."""

from __future__ import annotations

__all__ = ["conv_doc", "transpose_doc", "weight_doc"]

AXES = {1: "length", 2: "height, width"}
SETTING = {1: "int or tuple of int", 2: "int or tuple of int, one for each axis"}


def _settings(n: int) -> str:
    return f"""stride : {SETTING[n]}
    How far the kernel moves from one number of the result to the next.
padding : {SETTING[n]}, "same" or "valid"
    How many zeros are added on both sides. ``"same"`` adds as many as keep the size, the odd one at the end, and is for
    stride 1 alone; ``"valid"`` adds none. Pairs, one for each axis, give each side its own number; one less than 0
    cuts off.
dilation : {SETTING[n]}
    How far the numbers of the kernel are apart where it is applied.
groups : int
    Into how many groups the channels of x and of the result are divided; each group of the result sees one of x."""


def conv_doc(n: int) -> str:
    """Of the convolution over n axes."""
    example = {
        1: """>>> x, w = xp.asarray([[[1.0, 2.0, 4.0, 8.0]]]), xp.asarray([[[1.0, -1.0]]])
>>> xp.nn.conv1d(x, w).tolist()
[[[-1.0, -2.0, -4.0]]]
>>> agrad.grad(lambda w: xp.sum(xp.nn.conv1d(x, w, stride=2)))(w).tolist()
[[[5.0, 10.0]]]""",
        2: """>>> x = xp.reshape(xp.arange(9.0), (1, 1, 3, 3))
>>> xp.nn.conv2d(x, xp.asarray([[[[0.0, 1.0], [1.0, 0.0]]]])).tolist()
[[[[4.0, 6.0], [10.0, 12.0]]]]
>>> agrad.grad(lambda x: xp.sum(xp.nn.conv2d(x, xp.ones((1, 1, 2, 2)))))(x).tolist()
[[[[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]]]]""",
    }
    return f"""
Convolution with kernels over {n} {"axis" if n == 1 else "axes"}, as networks have it: the kernels are not flipped.

Parameters
----------
x : array, floating-point
    Of shape (N, C, {AXES[n]}), or (C, {AXES[n]}) for one example.
w : array, floating-point
    The kernels, of shape (O, C / groups, {AXES[n]}).
{_settings(n)}

Returns
-------
array
    Of shape (N, O, {AXES[n]}), or (O, {AXES[n]}) for one example. There is no bias: add one.

Raises
------
ShapeError
    The channels do not fit, or the kernel reaches over more than there is.

Notes
-----
Derivative: it is linear in x and in w. For x it is the transpose, ``conv_transpose{n}d``; for w, ``conv{n}d_weight``.

Examples
--------
>>> import agrad
>>> xp = agrad.namespace("numpy")
{example[n]}
"""


def transpose_doc(n: int) -> str:
    """Of its transpose for x."""
    example = {
        1: """>>> x, w = xp.asarray([[[1.0, 2.0]]]), xp.asarray([[[1.0, 10.0, 100.0]]])
>>> xp.nn.conv_transpose1d(x, w, stride=2).tolist()
[[[1.0, 10.0, 102.0, 20.0, 200.0]]]
>>> agrad.grad(lambda x: xp.sum(xp.nn.conv_transpose1d(x, w, stride=2)))(x).tolist()
[[[111.0, 111.0]]]""",
        2: """>>> x = xp.asarray([[[[1.0, 2.0], [3.0, 4.0]]]])
>>> xp.nn.conv_transpose2d(x, xp.ones((1, 1, 1, 2)), stride=(1, 2)).tolist()
[[[[1.0, 1.0, 2.0, 2.0], [3.0, 3.0, 4.0, 4.0]]]]
>>> agrad.grad(lambda w: xp.sum(xp.nn.conv_transpose2d(x, w)))(xp.ones((1, 1, 1, 2))).tolist()
[[[[10.0, 10.0]]]]""",
    }
    return f"""
Transpose of a convolution over {n} {"axis" if n == 1 else "axes"}: each number of x adds a kernel to the result.

Parameters
----------
x : array, floating-point
    Of shape (N, O, {AXES[n]}), or (O, {AXES[n]}) for one example.
w : array, floating-point
    The kernels, of shape (O, C / groups, {AXES[n]}): those of a convolution from C channels to O.
stride : {SETTING[n]}
    How far the kernels are apart in the result.
padding : {SETTING[n]}
    How much is cut off on both sides: what the convolution adds. Pairs, one for each axis, give each side its own
    number.
output_padding : {SETTING[n]}
    How much longer the result is at the end: the sizes that a convolution makes one of differ by less than its stride.
groups : int
    Into how many groups the channels are divided.
dilation : {SETTING[n]}
    How far the numbers of the kernel are apart where it is applied.

Returns
-------
array
    Of shape (N, C, {AXES[n]}), or (C, {AXES[n]}) for one example, each axis of length
    ``stride * (n - 1) + dilation * (kernel - 1) + 1 - 2 * padding + output_padding``.

Raises
------
ShapeError
    The channels do not fit, or nothing is left of the result.

Notes
-----
Derivative: it is linear in x and in w. For x it is the convolution, ``conv{n}d``; for w, ``conv{n}d_weight``.

Examples
--------
>>> import agrad
>>> xp = agrad.namespace("numpy")
{example[n]}
"""


def weight_doc(n: int) -> str:
    """Of its transpose for w."""
    tail = ("[0.0, 1.0, 2.0]", "[[0.0, 1.0, 2.0]]")[n - 1]
    array = (f"[[{tail}]]", f"[[{tail}]]")[n - 1]
    ones = ("(1, 1, 2)", "(1, 1, 1, 2)")[n - 1]
    kernel = ("2", "(1, 2)")[n - 1]
    found = ("[[[1.0, 3.0]]]", "[[[[1.0, 3.0]]]]")[n - 1]
    slope = ("[[[1.0, 2.0, 1.0]]]", "[[[[1.0, 2.0, 1.0]]]]")[n - 1]
    return f"""
Sums of products of y and what its positions see of x: the derivative of a convolution in its kernels.

It is the cotangent of w in ``conv{n}d(x, w)`` for the cotangent y of the result, and linear in x and in y.

Parameters
----------
x : array, floating-point
    What is convolved, of shape (N, C, {AXES[n]}), or (C, {AXES[n]}) for one example.
y : array, floating-point
    Of the shape of the result, (N, O, {AXES[n]}) or (O, {AXES[n]}).
kernel_size : {SETTING[n]}
    The size of the kernels.
{_settings(n)}

Returns
-------
array
    Of shape (O, C / groups, {AXES[n]}).

Raises
------
ShapeError
    No convolution of x with such kernels has a result of the shape of y.

Notes
-----
Derivative: for x it is ``conv_transpose{n}d`` and for y, ``conv{n}d``, each with the cotangent as kernels.

Examples
--------
>>> import agrad
>>> xp = agrad.namespace("numpy")
>>> x, y = xp.asarray({array}), xp.ones({ones})
>>> xp.nn.conv{n}d_weight(x, y, kernel_size={kernel}).tolist()
{found}
>>> agrad.grad(lambda x: xp.sum(xp.nn.conv{n}d_weight(x, y, kernel_size={kernel})))(x).tolist()
{slope}
"""
