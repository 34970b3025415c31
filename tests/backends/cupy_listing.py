"""Lists what CuPy has, for the stand-in of it in fake_cupy.py: run where CuPy is installed, with the file to write."""

from __future__ import annotations

import inspect
import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

MODULES = ("cupy", "cupy.linalg", "cupy.fft", "cupyx")
CLASSES = {"ndarray": "cupy", "Generator": "cupy.random"}


def listed() -> dict[str, Any]:
    """Names of modules with the signatures of functions and the loops of ufuncs, and names of attributes of classes."""
    import cupy

    found: dict[str, Any] = {"version": cupy.__version__}
    for name in MODULES:
        module = import_module(name)
        names = [n for n in sorted(vars(module)) if not n.startswith("_")]
        found[name] = {n: described(getattr(module, n)) for n in names}
    for name, home in CLASSES.items():
        found[name] = [n for n in dir(getattr(import_module(home), name)) if not n.startswith("_")]
    return found


def described(thing: Any) -> Any:
    """The loops of a ufunc, the parameters of a function, or null."""
    import cupy

    if isinstance(thing, cupy.ufunc):
        return " ".join(thing.types)
    if isinstance(thing, type) or not callable(thing):
        return None
    try:
        signature = inspect.signature(thing)
    except (TypeError, ValueError):  # compiled functions have none
        return None
    bare = [
        p.replace(annotation=p.empty, default=p.empty if p.default is p.empty else ...)
        for p in signature.parameters.values()
    ]
    return str(inspect.Signature(bare)).replace("Ellipsis", "...")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(listed(), indent=1) + "\n")
