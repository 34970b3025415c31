"""Saving and loading under PyTorch's names, on safe files only: nothing in a file is executed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import agrad
import agrad_nn
from agrad_torchlike.backends import get_default_backend
from agrad_torchlike.tensors import Tensor, wrap

__all__ = ["load", "save"]

ZIP = b"PK"


def save(obj: Any, f: str | os.PathLike[str]) -> None:
    """Write a state to a file: safetensors where its name ends so, else NumPy's ``.npz`` under any name.

    Parameters
    ----------
    obj : Any
        ``model.state_dict()``, ``optimizer.state_dict()``, or dicts, lists and tuples of such, of tensors, numbers and
        texts. A module itself is refused: PyTorch writes it by pickle, which runs what it reads.
    f : path

    Examples
    --------
    >>> import tempfile, pathlib
    >>> import agrad_torchlike as torch
    >>> model, path = torch.nn.Linear(2, 1), pathlib.Path(tempfile.mkdtemp()) / "model.pth"
    >>> torch.save(model.state_dict(), path)
    >>> model.load_state_dict(torch.load(path))
    <All keys matched successfully>
    """
    if isinstance(obj, agrad_nn.Module | agrad_nn.optim.Optimizer):
        raise TypeError(
            f"torch.save got a {type(obj).__name__}; save its state_dict(): whole objects need pickle, which this "
            "layer neither writes nor reads"
        )
    agrad_nn.save(_path("save", f), _plain(obj), format=_format(Path(f)))


def load(f: str | os.PathLike[str], map_location: Any = None, *, weights_only: bool = True, mmap: Any = None) -> Any:
    """Read what `save` wrote, PyTorch's and anybody's safetensors files, and NumPy's ``.npz``.

    A file that ``torch.save`` of PyTorch wrote is a pickle, and refused: write it as safetensors there.
    """
    path = _path("load", f)
    start = path.read_bytes()[:2] if path.stat().st_size < 2 else _start(path)
    if start != ZIP and path.suffix != ".safetensors" and start[:1] == b"\x80":
        raise RuntimeError(_PICKLE.format(path))
    try:
        found = agrad_nn.load(path, backend=get_default_backend(), format=_format(path))
    except agrad.AgradError as error:
        if start == ZIP and "data.pkl" in str(error):
            raise RuntimeError(_PICKLE.format(path)) from error
        raise RuntimeError(str(error)) from error
    return _wrapped(found)


_PICKLE = (
    "{} is a pickle, as PyTorch's torch.save writes; this layer loads safe files only: save the state with "
    "safetensors.torch.save_file there"
)


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(2)


def _path(name: str, f: Any) -> Path:
    if not isinstance(f, str | os.PathLike):
        raise TypeError(f"torch.{name} got a {type(f).__name__}; it takes the path of a file")
    return Path(f)


def _format(path: Path) -> str:
    return "safetensors" if path.suffix == ".safetensors" else "npz"


def _plain(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value._t.detach()
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_plain(v) for v in value)
    return value


def _wrapped(value: Any) -> Any:
    if isinstance(value, agrad.Tensor):
        return wrap(value)
    if isinstance(value, dict):
        return {k: _wrapped(v) for k, v in value.items()}
    return type(value)(_wrapped(v) for v in value) if isinstance(value, list | tuple) else value
