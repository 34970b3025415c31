"""Operations and errors, one by one, are PyTorch's: values, dtypes, names of derivatives, gradients, messages."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from calls import ERRORS, OPERATIONS, STORED, calls, close, outcome

PLAIN = ("einsum", "tensordot", "kron", "matrix_power", "take_along", "x[i,0]")
"""Where PyTorch's graph has more operations than this layer's, of which the last one is named alike."""

stored = json.loads(STORED.read_text())


backends = pytest.mark.parametrize("torch", ["numpy", pytest.param("jax", marks=pytest.mark.slow)], indirect=True)


def test_stored_results_are_pytorch_s() -> None:
    torch = pytest.importorskip("torch")
    if not torch.__version__.startswith("2.13"):
        pytest.skip("the stored results are of PyTorch 2.13")
    for call in calls(OPERATIONS) + calls(ERRORS):
        found = outcome(torch, call)
        assert set(found) == set(stored[call]) and all(close(found[k], v) for k, v in stored[call].items()), call


@backends
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("call", calls(OPERATIONS))
def test_operation(torch: Any, call: str) -> None:
    found, expected = outcome(torch, call), stored[call]
    if "grads" not in expected:  # PyTorch has no derivative of it
        found.pop("grads", None)
    assert set(found) == set(expected), found
    if any(word in call for word in PLAIN):
        found["next"] = expected.get("next")
    for part, value in expected.items():
        assert close(found[part], value), (part, found[part], value)


@backends
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("call", calls(ERRORS))
def test_error(torch: Any, call: str) -> None:
    assert outcome(torch, call) == stored[call]
