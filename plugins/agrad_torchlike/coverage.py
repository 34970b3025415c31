"""The page of what the layer covers, name by name: ``python -m agrad_torchlike.coverage`` writes docs/torchlike.md."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from agrad_torchlike import creation, dtypes, errors, registry
from agrad_torchlike.tensors import Tensor

__all__ = ["page"]

HEAD = """# PyTorch's names

```python
>>> import agrad_torchlike as torch
>>> torch.set_default_backend("numpy")  # or "jax", "cupy", ...; or AGRAD_BACKEND=jax in the environment
>>> x = torch.tensor([1.0, 2.0], requires_grad=True)
>>> y = (x * x).sum()
>>> y.backward()
>>> y, x.grad
(tensor(5., grad_fn=<SumBackward0>), tensor([2., 4.]))
```

The layer runs programs that were written for PyTorch on any backend of agrad's. A tensor is a handle on agrad's own,
which is its attribute `_t`. Names, results, printed text and error messages are held to PyTorch 2.13's. This page
lists every name that there is; another one raises an error that says what to use. It is written by `python -m
agrad_torchlike.coverage`, and a test compares it with the code.

## What differs

- **Devices.** There is one, `cpu`, wherever the backend's arrays are. The backend is chosen, not the device.
- **64-bit numbers on JAX.** PyTorch's integers have 64 bits. Choosing the JAX backend switches `jax_enable_x64` on,
  for the whole process. Real numbers are float32 unless asked for otherwise.
- **Shared memory.** Views share memory on every backend, gradients included. `torch.from_numpy` and `.numpy()` share
  it on NumPy. Elsewhere they copy, and the array that `.numpy()` returns is read-only.
- **In-place changes after an operation has kept a value** are errors of the backward pass, in PyTorch's cases and
  words, which end with the operation that has kept the value and the one that has changed it. The graph that
  `create_graph=True` makes of gradients is right without, and raises nothing. With `.data`, PyTorch's gradient is
  silently that of the changed values; the layer's is that of the values computed with.
- **Views that were taken in `no_grad`** may be changed, and so may their base, where PyTorch refuses to guess.
- **`autograd.Function`**: a derivative of second order through a tensor that `forward` has kept and that is neither an
  argument nor a result is an error; PyTorch's is silently without that part. `mark_dirty` is not supported.
- **Anomaly detection** names an operation by what it is made of, where PyTorch has one derivative for the whole.
- **A second backward** raises for every graph that was not retained, where PyTorch allows it if the graph kept no
  values.
- **Overlapping memory.** Writing into a part of an expanded tensor raises.
- **Views taken before `requires_grad_()`** of their base stay constants.
- **Files** are safe ones, and never pickles: see `torch.save`.
- **Random numbers on Intel's processors.** There PyTorch draws scalar `bernoulli_`, dropout masks, `exponential_` and
  `multinomial` without replacement by MKL, and the layer's are those of other processors.
- **Random numbers inside `vmap`**: `randomness="same"` draws once for all examples, as PyTorch's stream does;
  `"different"` raises.
- **Parameters copy**: `nn.Parameter(t)` does not share the memory of t.
- **NumPy's warnings**, such as of a division by zero, are NumPy's own, and are shown.
- `torch.compile`, sparse, quantised and 16-bit tensors are not supported.
"""


def page() -> str:
    """Return the text of the page."""
    registry.load()
    functions = {name for name in registry.FUNCTIONS if "." not in name}
    methods = set(registry.METHODS)
    both = {name for name in functions & methods}
    attributes = {name for name, value in vars(Tensor).items() if isinstance(value, property) and name[0] != "_"}
    rooms = {
        "torch.linalg": import_module("agrad_torchlike.linalg"),
        "torch.special": import_module("agrad_torchlike.special"),
        "torch.autograd": import_module("agrad_torchlike.autograd"),
        "torch.autograd.functional": import_module("agrad_torchlike.autograd.functional"),
        "torch.func": import_module("agrad_torchlike.func"),
        "torch.cuda": import_module("agrad_torchlike.cuda"),
    }
    for room in (
        "nn",
        "nn.functional",
        "nn.init",
        "nn.utils",
        "optim",
        "optim.lr_scheduler",
        "utils.checkpoint",
        "utils.data",
    ):
        try:
            rooms[f"torch.{room}"] = import_module(f"agrad_torchlike.{room}")
        except ModuleNotFoundError:
            continue
    parts = [
        HEAD,
        _section("Functions and methods", both),
        _section("Functions only", functions - both),
        _section("Methods only", {name for name in methods - both if not name.endswith("_")}),
        _section("In-place methods", {name for name in methods if name.endswith("_")}),
        _section("Attributes of a tensor", attributes),
        _section("Classes and settings", {*_top(), *creation.TYPED}),
        _section("Dtypes", set(dtypes.NAMES)),
        *[_section(f"`{name}`", set(_public(room))) for name, room in rooms.items()],
        "## Names with something in their place\n\n| name | use |\n|---|---|\n"
        + "".join(f"| `{name}` | {use} |\n" for name, use in sorted(errors.INSTEAD.items())),
    ]
    return "\n".join(parts)


def _top() -> list[str]:
    package: Any = sys.modules["agrad_torchlike"]
    return list(package._HOMES)


def _public(room: Any) -> list[str]:
    names = getattr(room, "__all__", None) or dir(room)
    return [name for name in names if not name.startswith("_")]


def _section(title: str, names: set[str]) -> str:
    return f"## {title}\n\n" + _wrapped([f"`{name}`" for name in sorted(names)]) + "\n"


def _wrapped(words: list[str]) -> str:
    lines, line = [], ""
    for word in words:
        if line and len(line) + 1 + len(word) > 118:
            lines.append(line)
            line = ""
        line = f"{line} {word}" if line else word
    return "\n".join([*lines, line])


if __name__ == "__main__":
    path = Path(__file__).parents[2] / "docs" / "torchlike.md"
    path.write_text(page())
