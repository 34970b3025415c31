"""Saving and loading: states and checkpoints as ``.npz`` or ``.safetensors`` files, never as pickles."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import agrad
from agrad.errors import AgradError
from agrad_nn.errors import StateError
from agrad_nn.state.structure import packed, unpacked

__all__ = ["load", "save"]


def save(path: str | os.PathLike[str], state: Any, *, format: str | None = None) -> None:
    """Write a state to a file: all of it, or where something fails, nothing.

    Parameters
    ----------
    path : path
        Ending in ``.npz`` or ``.safetensors``.
    state : Any
        What ``state_dict()`` of a module, an optimizer or a schedule returned; or dicts, lists and tuples of such, of
        Tensors, arrays, numbers, texts and None.
    format : {"npz", "safetensors"}, optional
        For a path that ends otherwise.

    Raises
    ------
    StateError
        Another ending, or something that cannot be written; where it is, is said.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> import agrad_nn as nn
    >>> model = nn.Linear(2, 1)
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "model.npz"
    >>> nn.save(path, {"model": model.state_dict(), "epoch": 3})
    >>> loaded = nn.load(path)
    >>> loaded["epoch"], model.load_state_dict(loaded["model"])
    (3, Loaded(missing_keys=[], unexpected_keys=[]))
    """
    target = Path(path)
    write = _format(target, format).write
    arrays, structure = packed(state)
    _replace(target, write(target, arrays, structure))


def load(path: str | os.PathLike[str], *, backend: str | None = None, format: str | None = None) -> Any:
    """Read a state from a file: of `save`, of PyTorch's safetensors, or of ``numpy.savez``.

    Nothing in a file is executed. Numbers of 16 bits (float16, bfloat16) become float32.

    Parameters
    ----------
    path : path
    backend : str, optional
        Where the arrays go, by default the default namespace; `load_state_dict` takes those of any.
    format : {"npz", "safetensors"}, optional
        As for `save`.

    Returns
    -------
    Any
        What was saved, arrays as constant Tensors; of other files, a dict of Tensors.

    Raises
    ------
    StateError
        The file is cut off, corrupt or of another kind; the entry is named.
    FileNotFoundError
        There is none.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> import numpy
    >>> import agrad_nn as nn
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "arrays.npz"
    >>> numpy.savez(path, weight=[1.0, 2.0])
    >>> nn.load(path, backend="numpy")
    {'weight': Tensor([1. 2.], dtype=float64)}
    """
    source = Path(path)
    arrays, structure = _format(source, format).read(source)
    name = agrad.backend_name(agrad.namespace(backend))
    made: dict[str, Any] = {}
    for entry, array in arrays.items():
        try:
            made[entry] = agrad.asarray(array, backend=name, copy=True)
        except (AgradError, TypeError, ValueError) as error:
            hint = "" if name == "numpy" else "; load it with backend='numpy', and let load_state_dict convert it"
            raise StateError(f"{source}: the entry {entry!r} cannot be an array of {name!r} ({error}){hint}") from error
    return made if structure is None else unpacked(structure, made, str(source))


def _format(path: Path, named: str | None) -> Any:
    """The module of a file's format."""
    ending = path.suffix if named is None else f".{named}"
    if ending == ".npz":
        from agrad_nn.state import npz

        return npz
    if ending == ".safetensors":
        from agrad_nn.state import tensors

        return tensors
    raise StateError(f"{path} ends in {ending!r}; states are saved as .npz or .safetensors files")


def _replace(path: Path, write: Callable[[Any], None]) -> None:
    """Write a file beside the old one, which it replaces when it is whole."""
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(beside, 0o666 & ~mask)
        os.replace(beside, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(beside)
        raise
