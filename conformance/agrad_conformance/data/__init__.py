"""The stored references: how they are read, verified and written.

A chapter is a file ``CHAPTER.npz`` of four arrays: ``high`` and ``low``, the numbers of all its records one after the
other as sums of two doubles, ``scale``, and ``index``, JSON in bytes, which gives the id of each record, the checksum
of the inputs that it belongs to, and its shapes. A record's numbers are its values, Jacobian, second derivative, w and
v, in this order, and its scales are those of values, Jacobian and second derivative (see
`agrad_conformance.reference.Reference`). ``manifest.json`` says how the files were made and what they must hash to.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from agrad_conformance import DATA_VERSION
from agrad_conformance.reference import Pair, Reference
from agrad_conformance.sample import Sample

__all__ = ["DataError", "decode", "encode", "load", "manifest", "reference_of", "verify"]

Array = np.ndarray[Any, np.dtype[Any]]

MANIFEST = "manifest.json"


class DataError(Exception):
    """Stored references that are missing, damaged, or belong to other cases."""


@cache
def manifest() -> dict[str, Any]:
    """How the references were made: versions, date, number of records, checksums, agreement with other systems.

    Examples
    --------
    >>> manifest()["version"] == DATA_VERSION
    True
    """
    found: dict[str, Any] = json.loads(_read(MANIFEST))
    if found["version"] != DATA_VERSION:
        raise DataError(
            f"the stored references have version {found['version']}, but this suite reads version {DATA_VERSION}; "
            "install agrad again"
        )
    return found


@cache
def load(chapter: str) -> Mapping[str, tuple[str, Reference]]:
    """The records of a chapter by id: the checksum of the inputs, and the reference. The file's checksum is verified.

    Examples
    --------
    >>> digest, reference = load("elementwise")["sin-0-real"]
    >>> reference.jacobian.high.shape
    (6, 6)
    """
    if chapter not in manifest()["chapters"]:
        raise DataError(f"no references are stored for a chapter {chapter!r}; there are {[*manifest()['chapters']]}")
    content = _read(f"{chapter}.npz")
    verify(content, manifest()["chapters"][chapter]["sha256"], f"{chapter}.npz")
    return decode(content)


def reference_of(sample: Sample, chapter: str) -> Reference:
    """The stored reference of a sample, after a check that it belongs to the sample's inputs."""
    found = load(chapter).get(sample.id)
    if found is None:
        raise DataError(f"no reference is stored for {sample.id}; make it with {_command(chapter)}")
    digest, reference = found
    if digest != sample.digest:
        raise DataError(
            f"the reference stored for {sample.id} belongs to other inputs than the case has now; make it "
            f"again with {_command(chapter)}"
        )
    return reference


def verify(content: bytes, sha256: str, name: str) -> None:
    """Raise an error unless the content of a file has this checksum."""
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise DataError(
            f"{name} is damaged: its SHA-256 is {found}, but the manifest says {sha256}; install agrad again"
        )


def encode(records: Mapping[str, tuple[str, Reference]]) -> bytes:
    """Records as the content of a file, the same bytes for the same records."""
    index: list[dict[str, Any]] = []
    numbers: list[Pair] = []
    scales: list[Array] = []
    for name, (digest, r) in records.items():
        seeds = [Pair(x, np.zeros_like(x)) for x in (r.w, r.v)]
        numbers += [p for p in (r.values, r.jacobian, r.second, *seeds) if p is not None]
        scales += [x for x in (r.value_scale, r.slope_scale, r.second_scale) if x is not None]
        index.append(
            {
                "id": name,
                "inputs": digest,
                "shapes": r.shapes,
                "kinds": r.kinds,
                "rows": len(r.w),
                "columns": len(r.v),
                "second": r.second is not None,
            }
        )
    text = json.dumps(index, separators=(",", ":")).encode()
    content = {
        "high": np.concatenate([np.zeros(0), *(p.high.ravel() for p in numbers)]),
        "low": np.concatenate([np.zeros(0), *(p.low.ravel() for p in numbers)]),
        "scale": np.concatenate([np.zeros(0), *(x.ravel() for x in scales)]),
        "index": np.frombuffer(text, dtype="uint8"),
    }
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, x in content.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, x, allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy")  # of a fixed date
            archive.writestr(info, member.getvalue(), zipfile.ZIP_DEFLATED, compresslevel=9)
    return target.getvalue()


def decode(content: bytes) -> dict[str, tuple[str, Reference]]:
    """The inverse of `encode`."""
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        high, low, scales = archive["high"], archive["low"], archive["scale"]
        index = json.loads(archive["index"].tobytes())
    start = place = 0

    def take(*shape: int) -> Pair:
        nonlocal start
        stop = start + prod(shape)
        pair = Pair(high[start:stop].reshape(shape), low[start:stop].reshape(shape))
        start = stop
        return pair

    def scale(like: Pair) -> Array:
        nonlocal place
        stop = place + like.high.size
        x: Array = scales[place:stop].reshape(like.high.shape)
        place = stop
        return x

    records = {}
    for entry in index:
        shapes, kinds = tuple(map(tuple, entry["shapes"])), tuple(entry["kinds"])
        rows, columns = entry["rows"], entry["columns"]
        values = take(sum(prod(s) * (2 if k == "complex" else 1) for s, k in zip(shapes, kinds, strict=True)))
        jacobian = take(rows, columns)
        second = take(columns) if entry["second"] else None
        w, v = take(rows).high, take(columns).high
        sizes = scale(values), scale(jacobian), scale(second) if second else None
        records[entry["id"]] = (entry["inputs"], Reference(shapes, kinds, values, jacobian, second, w, v, *sizes))
    return records


def folder() -> Path:
    """Where the files are, to write them."""
    return Path(__file__).parent


def _read(name: str) -> bytes:
    try:
        return files(__name__).joinpath(name).read_bytes()
    except FileNotFoundError:
        raise DataError(f"{name} is missing beside {__file__}; install agrad again") from None


def _command(chapter: str) -> str:
    return f"python -m agrad_conformance.generate --chapter {chapter}"
