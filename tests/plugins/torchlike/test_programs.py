"""Random programs of views and in-place changes run on the layer and on PyTorch: values, gradients and errors alike."""

from __future__ import annotations

import re
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import agrad_torchlike

sys.path.insert(0, str(Path(__file__).parent))

from programs import program

UNSUPPORTED = ("UnsupportedError", "InPlaceError", "more than one element of the written-to tensor")
"""What the layer refuses, and PyTorch does not in every case."""

REFUSED = ("A view was created in no_grad mode", "Expected size for first two dimensions of batch2")
"""What PyTorch refuses, and the layer does not in every case, or in other words."""


def run(torch: Any, lines: list[str], names: dict[str, Any] | None = None) -> list[Any]:
    """What is seen after each line: the error, or values and places of all variables; then the gradients."""
    names = {"torch": torch} if names is None else names
    seen: list[Any] = []
    for line in lines:
        try:
            exec(line, names)
        except Exception as error:
            seen.append((type(error).__name__, str(error).partition("\n")[0]))
            target = line.partition(" = ")[0]
            names.setdefault(target, names["v0"]) if target.startswith("v") and "[" not in target else None
            continue
        try:
            seen.append({n: looked(v) for n, v in names.items() if isinstance(v, torch.Tensor)})
        except RuntimeError as error:  # one of several views, whose memory was changed
            return [*seen, str(error)]
    try:
        total = sum(v.sum() for n, v in sorted(names.items()) if isinstance(v, torch.Tensor))
        total.backward()
    except RuntimeError as error:
        return [*seen, worded(error)]
    seen.append({n: None if names[n].grad is None else np.asarray(names[n].grad.tolist()) for n in ("v1", "v2")})
    return seen


def worded(error: Exception) -> str:
    """A message as both have it: the layer's says more at its end, and PyTorch names assignments in several ways."""
    text = str(error).partition(" (")[0]
    return re.sub("of (torch::autograd::Copy(Slices|Backwards)|Fill.),", "of an assignment,", text)


def looked(v: Any) -> Any:
    steps = tuple([step for n, step in zip(v.shape, v.stride(), strict=True) if n != 1])
    return np.asarray(v.detach().tolist()), v.requires_grad, v.is_leaf, tuple(v.shape), steps


def agree(found: Any, expected: Any) -> bool:
    """Whether two observations are alike."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return found.keys() == expected.keys() and all(agree(found[n], v) for n, v in expected.items())
    if isinstance(expected, np.ndarray):
        return isinstance(found, np.ndarray) and np.allclose(found, expected, 1e-4, 1e-5, equal_nan=True)
    if isinstance(expected, tuple) and isinstance(found, tuple) and len(expected) == 5:
        return agree(found[0], expected[0]) and found[1:] == expected[1:]
    return bool(found == expected)


def reads_what_it_writes(torch: Any, lines: list[str]) -> bool:
    """Whether the last line changes memory by another view of it, which PyTorch reads as it is written."""
    names: dict[str, Any] = {"torch": torch}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run(torch, lines[:-1], names)
    x, *others = [names.get(n) for n in re.findall(r"v\d+", lines[-1])]
    place = None if x is None else x.untyped_storage().data_ptr()
    return any(y is not None and y is not x and y.untyped_storage().data_ptr() == place for y in others)


def compared(seeds: range) -> None:
    torch = pytest.importorskip("torch")
    agrad_torchlike.set_default_backend("numpy")
    for seed in seeds:
        lines = program(seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected, found = run(torch, lines), run(agrad_torchlike, lines)
        changes_data = ".data" in "".join(lines)
        for k, (a, b) in enumerate(zip(found, expected, strict=False)):
            if isinstance(a, tuple) and any(word in str(a) for word in UNSUPPORTED):
                break
            if isinstance(b, str | tuple) and any(word in str(b) for word in REFUSED):
                break
            if changes_data and k == len(lines) and isinstance(a, dict):
                break  # PyTorch's gradients are of the changed data then; the layer's are right
            if changes_data and isinstance(a, str) and "Output" in a:
                break  # the record of a view was made anew, with another name
            if not agree(a, b):
                if k < len(lines) and reads_what_it_writes(torch, lines[: k + 1]):
                    break
                text = "\n".join(lines[: k + 1])
                raise AssertionError(f"program {seed}, line {k}:\n{text}\nlayer: {a}\nPyTorch: {b}")


def test_programs() -> None:
    compared(range(250))


@pytest.mark.slow
def test_more_programs() -> None:
    compared(range(250, 4000))
