"""The format ``.safetensors``, as PyTorch's models are shared; read and written by its own library."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from agrad_nn.errors import StateError
from agrad_nn.state.structure import KEY

__all__ = ["read", "write"]

Array = np.ndarray[Any, Any]

DTYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1", "BOOL": "?", "C64": "<c8", "BF16": "<u2",
}  # fmt: skip

SUMS = "agrad_crc32"
"""Under which name the metadata hold the checksums, which the format has not."""


def write(path: Path, arrays: dict[str, Array], structure: str) -> Callable[[Any], None]:
    """Return a function that writes to an open file."""
    library = _library()
    known = {np.dtype(d) for d in DTYPES.values()}
    for name, array in arrays.items():
        if array.dtype not in known:
            raise StateError(
                f"{path}: the entry {name!r} has dtype {array.dtype}, which safetensors does not have; save it as .npz"
            )
    data = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    sums = {name: zlib.crc32(array.tobytes()) for name, array in data.items()}
    sums[KEY] = zlib.crc32(structure.encode())
    written = library.numpy.save(data, metadata={KEY: structure, SUMS: json.dumps(sums)})
    return lambda file: file.write(written)


def read(path: Path) -> tuple[dict[str, Array], str | None]:
    """Return the arrays of a file and, of our own files, the text that says how the state was built."""
    library = _library()
    data = path.read_bytes()
    header, start = _header(path, data)
    try:
        found = library.deserialize(data)
    except library.SafetensorError as error:
        name = _cut_off(header, len(data) - start)
        what = "the file" if name is None else f"the entry {name!r}"
        raise StateError(f"{path}: {what} is cut off or corrupt ({error})") from error
    metadata = header.get("__metadata__") or {}
    structure = metadata.get(KEY)
    sums = _sums(path, metadata)
    if (KEY in sums) != (KEY in metadata) or (structure and zlib.crc32(structure.encode()) != sums[KEY]):
        raise StateError(f"{path}: the entry {KEY!r}, which says how the state was built, is corrupt")
    return {name: _array(path, name, spec, sums.get(name)) for name, spec in found}, structure


def _sums(path: Path, metadata: dict[str, str]) -> dict[str, int]:
    """The checksums; of other files, none."""
    try:
        sums = json.loads(metadata.get(SUMS, "{}"))
    except ValueError:
        sums = None
    if not isinstance(sums, dict):
        raise StateError(f"{path}: the entry {SUMS!r}, the checksums, is corrupt")
    return sums


def _header(path: Path, data: bytes) -> tuple[dict[str, Any], int]:
    """What stands before the numbers: their names, dtypes, shapes and places; and where the numbers begin."""
    start = 8 + int.from_bytes(data[:8], "little")
    try:
        header = json.loads(data[8:start])
    except ValueError as error:
        raise StateError(f"{path}: the header is cut off or corrupt, or this is no safetensors file") from error
    if not isinstance(header, dict) or start > len(data):
        raise StateError(f"{path}: the header is cut off or corrupt, or this is no safetensors file")
    return header, start


def _cut_off(header: dict[str, Any], size: int) -> str | None:
    """The first entry that reaches beyond the end."""
    for name, spec in header.items():
        offsets = spec.get("data_offsets") if isinstance(spec, dict) and name != "__metadata__" else None
        if isinstance(offsets, list) and offsets and isinstance(offsets[-1], int) and offsets[-1] > size:
            return name
    return None


def _array(path: Path, name: str, spec: dict[str, Any], crc: int | None) -> Array:
    if spec["dtype"] not in DTYPES:
        raise StateError(f"{path}: the entry {name!r} has dtype {spec['dtype']}, which cannot be read")
    if crc is not None and zlib.crc32(spec["data"]) != crc:
        raise StateError(f"{path}: the entry {name!r} is corrupt: its checksum is wrong")
    array: Array = np.frombuffer(spec["data"], dtype=DTYPES[spec["dtype"]]).reshape(spec["shape"])
    if spec["dtype"] == "BF16":  # the upper half of a float32
        return (array.astype(np.uint32) << 16).view(np.float32)
    return array.astype(np.float32) if spec["dtype"] == "F16" else array


def _library() -> Any:
    try:
        import safetensors.numpy
    except ImportError as error:
        raise StateError("files of safetensors need its library: pip install safetensors; or save as .npz") from error
    return safetensors
