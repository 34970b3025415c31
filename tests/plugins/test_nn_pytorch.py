"""Values and derivatives of the ops of agrad_nn are PyTorch's to rounding: stored ones, and those of one installed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import agrad
import agrad_nn
import strict
from agrad.plugins import ops, register
from nn_calls import Call, by_agrad, by_torch, calls, stored

strict.install()
if not ops("nn"):
    register(agrad_nn, "nn")

CALLS = calls()
ROUNDING = {"float64": 2e-13, "float32": 1e-4}
LOOSE = {"binary_cross_entropy": 1e-10}
"""PyTorch adds 1e-12 to the numbers that the second derivative is made of."""

pytestmark = pytest.mark.filterwarnings("ignore:reduction. 'mean':UserWarning")  # what PyTorch says of kl_div


def assert_equal(found: list[Any], expected: list[Any], call: Call, dtype: str = "float64") -> None:
    """In each derivative, as exact as the greatest number that stands beside it."""
    assert len(found) == len(expected)
    for order, (a, b) in enumerate(zip(found, expected, strict=True)):
        assert a.shape == b.shape, (call, order)
        assert str(a.dtype) == dtype
        scale = max(ROUNDING[dtype], LOOSE.get(call.name, 0)) * (1 + np.max(np.abs(b), initial=0))
        np.testing.assert_allclose(a, b, rtol=0, atol=scale, err_msg=f"{call.name}, array {order}")


def test_every_call_is_stored() -> None:
    assert set(stored()) == set(CALLS)


@pytest.mark.parametrize("backend", ["numpy", "array-api-strict"])
@pytest.mark.parametrize("name", CALLS)
def test_stored_numbers(name: str, backend: str) -> None:
    assert_equal(by_agrad(agrad.namespace(backend), CALLS[name]), stored()[name], CALLS[name])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", CALLS)
def test_installed_pytorch(name: str, dtype: str) -> None:
    pytest.importorskip("torch")
    call = CALLS[name]
    assert_equal(by_agrad(agrad.namespace("numpy"), call, dtype), by_torch(call, dtype), call, dtype)


@pytest.mark.parametrize("name", CALLS)
def test_on_pytorch(name: str) -> None:
    pytest.importorskip("torch")
    assert_equal(by_agrad(agrad.namespace("torch"), CALLS[name]), stored()[name], CALLS[name])
