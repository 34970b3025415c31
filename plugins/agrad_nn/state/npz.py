"""The format ``.npz``: NumPy's arrays in a zip file, whose checksums are looked at."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from agrad_nn.errors import StateError
from agrad_nn.state.structure import KEY

__all__ = ["read", "write"]

Array = np.ndarray[Any, Any]


def write(path: Path, arrays: dict[str, Array], structure: str) -> Callable[[Any], None]:
    """Return a function that writes to an open file."""

    def into(file: Any) -> None:
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr(KEY, structure)
            for name, array in arrays.items():
                with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                    np.lib.format.write_array(entry, np.asarray(array), allow_pickle=False)

    return into


def read(path: Path) -> tuple[dict[str, Array], str | None]:
    """Return the arrays of a file and, of our own files, the text that says how the state was built."""
    arrays: dict[str, Array] = {}
    structure: str | None = None
    try:
        archive = zipfile.ZipFile(path)
    except OSError:
        raise
    except Exception as error:  # a corrupt directory is met in many ways
        raise StateError(f"{path} is cut off, corrupt, or no .npz file ({error})") from error
    with archive:
        for entry in archive.namelist():
            name = entry.removesuffix(".npy")
            try:
                data = archive.read(entry)
                if entry == KEY:
                    structure = data.decode()
                else:
                    arrays[name] = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
            except Exception as error:  # each part of the format has its own
                raise StateError(f"{path}: the entry {name!r} is corrupt, or no plain array ({error})") from error
            if entry != KEY and arrays[name].dtype.kind not in "biufc":
                raise StateError(f"{path}: the entry {name!r} has dtype {arrays[name].dtype}, which is none of numbers")
    return {name: _widened(a) for name, a in arrays.items()}, structure


def _widened(array: Array) -> Array:
    native = array.astype(array.dtype.newbyteorder("="), copy=False)
    return native.astype(np.float32) if native.dtype == np.float16 else native
