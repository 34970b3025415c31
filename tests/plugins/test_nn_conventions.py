"""The conventions of agrad_nn's ops at kinks and ties: a test a row of the table in docs/conventions.md."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from math import nan
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import agrad
import agrad_nn
import strict
from agrad.plugins import ops, register

strict.install()
if not ops("nn"):
    register(agrad_nn, "nn")

PAGE = Path(__file__).parents[2] / "docs" / "conventions.md"


def _entropy(nn: Any, x: Any, classes: list[int]) -> Any:
    return nn.cross_entropy(x, x.__array_namespace__().asarray(classes), ignore_index=-100)


def _certain(nn: Any) -> Callable[[Any], Any]:
    def loss(x: Any) -> Any:
        target = x.__array_namespace__().asarray([0.0, 1.0, 1.0, 0.0], dtype=x.dtype)
        return nn.binary_cross_entropy(x, target, reduction="sum")

    return loss


ROWS: dict[str, list[tuple[Callable[..., Any], Any, Any, Any]]] = {
    "nn.relu": [(lambda nn: nn.relu, [0.0, -0.0], [0, 0], [0, 0])],
    "nn.relu6": [
        (lambda nn: nn.relu6, [0.0, 6.0], [0, 0], [0, 0]),
        (lambda nn: nn.hardtanh, [-1.0, 1.0], [0, 0], [0, 0]),
    ],
    "nn.leaky_relu": [(lambda nn: partial(nn.leaky_relu, negative_slope=0.25), [0.0, 1.0], [0.25, 1], [0, 0])],
    "nn.elu": [
        (lambda nn: nn.elu, [0.0], [1], None),
        (lambda nn: nn.selu, [0.0], [1.0507009873554805 * 1.6732632423543772], None),
    ],
    "nn.softsign": [(lambda nn: nn.softsign, [0.0], [1], [0])],
    "nn.l1_loss": [(lambda nn: lambda x: nn.l1_loss(x, x * 0 + 1, reduction="sum"), [1.0, 2.0], [0, 1], [0, 0])],
    "nn.smooth_l1_loss": [
        (lambda nn: lambda x: nn.smooth_l1_loss(x, x * 0, beta=2.0, reduction="sum"), [2.0, -2.0], [1, -1], [0, 0]),
        (lambda nn: lambda x: nn.huber_loss(x, x * 0, reduction="sum"), [1.0, -1.0], [1, -1], [0, 0]),
    ],
    "nn.max_pool": [
        (lambda nn: partial(nn.max_pool1d, kernel_size=3), [[2.0, 3.0, 3.0]], [[0, 1, 0]], [[0] * 3]),
        (lambda nn: partial(nn.max_pool2d, kernel_size=2), [[1.0, 4.0], [4.0, 4.0]], [[0, 1], [0, 0]], [[0, 0]] * 2),
        (lambda nn: partial(nn.adaptive_max_pool1d, output_size=1), [[3.0, 3.0]], [[1, 0]], [[0, 0]]),
    ],
    "nn.max_pool_nan": [(lambda nn: partial(nn.max_pool1d, kernel_size=3), [[2.0, nan, 3.0]], [[0, 1, 0]], [[0] * 3])],
    "nn.max_pool_overlap": [
        (lambda nn: partial(nn.max_pool1d, kernel_size=2, stride=1), [[1.0, 3.0, 2.0]], [[0, 2, 0]], [[0] * 3]),
    ],
    "nn.binary_cross_entropy": [(_certain, [0.0, 1.0, 0.0, 1.0], [0, 0, -1e12, 1e12], None)],
    "nn.cross_entropy": [
        (lambda nn: lambda x: _entropy(nn, x, [0, -100]), [[0.0, 0.0], [1.0, 5.0]], [[-0.5, 0.5], [0, 0]], None),
    ],
}
"""Of each row: an op, a point, its derivative there and, where it is pinned, the second one."""


@pytest.mark.parametrize("backend", ["numpy", "jax", "torch", "array-api-strict"])
@pytest.mark.parametrize("row", ROWS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_row(row: str, backend: str) -> None:
    pytest.importorskip(backend.replace("-", "_"))
    xp = agrad.namespace(backend)
    for op, at, first, second in ROWS[row]:
        f = op(xp.nn)
        x = xp.asarray(at)

        def total(x: Any, f: Any = f) -> Any:
            return xp.sum(f(x))

        def curve(x: Any, total: Any = total) -> Any:
            return xp.sum(agrad.grad(total)(x))

        np.testing.assert_allclose(agrad.grad(total)(x).tolist(), first, rtol=1e-6, atol=1e-7)
        np.testing.assert_allclose(_pushed(xp, total, x), first, rtol=1e-6, atol=1e-7)
        if second is not None:
            np.testing.assert_allclose(agrad.grad(curve)(x).tolist(), second, atol=1e-7)


def _pushed(xp: Any, total: Callable[[Any], Any], x: Any) -> Any:
    """The gradient by forward mode, an entry at a time."""
    units = np.eye(x.size).reshape((x.size, *x.shape))
    slopes = [agrad.jvp(total, (x,), (xp.asarray(u.tolist(), dtype=x.dtype),))[1].item() for u in units]
    return np.reshape(slopes, x.shape)


def test_the_page_and_the_tests_have_the_same_rows() -> None:
    documented = re.findall(r"^\| `(nn\.\w+)` \|.*\|.*\|.*\|(.*)\|.*\|$", PAGE.read_text(), flags=re.MULTILINE)
    assert [row for row, _ in documented] == list(ROWS)
    for row, column in documented:
        assert bool(column.strip()) == any(second is not None for *_, second in ROWS[row]), row
