"""The comparison of references with PyTorch and JAX, and every disagreement with its reason."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

import numpy as np

from agrad_conformance.reference import Reference
from agrad_conformance.sample import Sample
from agrad_conformance.systems import SYSTEMS

__all__ = ["KNOWN", "Finding", "Known", "compare", "explain"]

TOLERANCE = 1e-9
"""By how much float64 may differ from a reference, as a fraction of its largest number, at condition 1."""


class Finding(NamedTuple):
    """What a comparison of one sample with one system found.

    Parameters
    ----------
    id, system : str
        The sample and the system.
    error : float
        The largest difference, as a fraction of the largest number of what is compared.
    message : str
        What is wrong: "" for agreement.
    """

    id: str
    system: str
    error: float
    message: str


class Known(NamedTuple):
    """A disagreement that is known: a system, a pattern of ids of samples, and why."""

    system: str
    pattern: str
    reason: str


DETACHED = "PyTorch makes the array without its history"
FLOOR_DIVIDE = "PyTorch has no derivative of floor_divide"
COFACTORS = "it solves with the matrix itself, which is singular, and loses the cofactors"
COMPLETING = "it takes no derivative of completing columns, or leaves out how they turn"
EIG = "JAX takes no derivative of non-symmetric eigenproblems unless told to; PyTorch alone agrees"
NEGATIVE_STEP = "PyTorch's slices have no negative steps"
NO_METHOD = "its arrays have no method of this name, or not while derivatives are taken"
POWER = "its formula for the second derivative of a power has 0 times infinity at 0"
PROMOTED = "PyTorch fails where a real argument is promoted and has a complex cotangent"
REPEATS = "PyTorch does not say which of several values written to one position is kept"
TRACED = "JAX cannot trace a result whose shape depends on values"
SIGN = "JAX takes the sign of a complex number for a constant; agrad lets it turn"

KNOWN: tuple[Known, ...] = (
    Known("torch", "asarray-2-*", DETACHED),
    Known("torch", "full-*", DETACHED),
    Known("torch", "full_like-[01]-*", DETACHED),
    Known("jax", "sign-[01]-complex", SIGN),
    Known("torch", "floor_divide-*", FLOOR_DIVIDE),
    Known("torch", "pow-10-real", POWER),
    Known("jax", "pow-10-real", POWER),
    Known("torch", "remainder-5-real", "PyTorch has no derivative of the remainder of a plain number"),
    Known("torch", "getitem-0-*", NEGATIVE_STEP),
    Known("jax", "getitem-16-*", "JAX takes no lists as keys"),
    Known("torch", "setitem-3-*", NEGATIVE_STEP),
    Known("jax", "setitem-4-*", "JAX assigns no value that has more axes than its place"),
    Known("torch", "setitem-1[123]-*", REPEATS),
    Known("jax", "permute_dims-1-*", "JAX takes no negative axes here"),
    Known("torch", "to_device-*", NO_METHOD),
    Known("jax", "to_device-*", NO_METHOD),
    Known("torch", "where-6-complex", PROMOTED),
    Known("torch", "nextafter-*", "PyTorch takes nextafter for the identity; it is a step function"),
    Known("jax", "nextafter-*", "JAX has no derivative of nextafter"),
    Known("torch", "unique_all-*", "PyTorch does not say where unique values occur first"),
    Known("torch", "unique_*-[12]-*", "PyTorch has no derivative of unique, and none of complex numbers"),
    Known("jax", "unique_*", TRACED),
    Known("jax", "linalg.matrix_rank-2-*", "to JAX the tolerance of matrix_rank is absolute"),
    Known("jax", "nonzero-*", TRACED),
    Known("torch", "isin-*-complex", "PyTorch's isin takes no complex numbers"),
    Known("torch", "cumulative_prod-7-real", PROMOTED),
    Known("torch", "prod-11-real", PROMOTED),
    Known("torch", "sum-11-real", PROMOTED),
    Known("jax", "std-[467]-real", "JAX has nan: the root of 0; a convention is 0 where data are equal"),
    Known("torch", "fft.*fft-10-*", "PyTorch transforms no empty arrays"),
    Known("jax", "linalg.det-5-*", COFACTORS),
    Known("jax", "linalg.det-6-*", "JAX takes no derivative of the determinant of an empty matrix"),
    Known("torch", "linalg.det-5-complex", COFACTORS),
    Known("jax", "linalg.eig-*", EIG),
    Known("jax", "linalg.eigvals-*", EIG),
    Known("torch", "linalg.qr-[379]-*", COMPLETING),
    Known("torch", "linalg.qr-10-*", COMPLETING),
    Known("torch", "linalg.svd-[24]-*", COMPLETING),
    Known("torch", "linalg.svd-10-*", COMPLETING),
    Known("jax", "linalg.svd-[2468]-*", COMPLETING),
    Known("jax", "linalg.svd-10-*", COMPLETING),
    Known("torch", "std-9-real", "the wrapper of PyTorch takes no correction that is not whole"),
)


def compare(sample: Sample, reference: Reference, system: str) -> Finding:
    """Compare values, Jacobian and second derivative of a sample with those of another system."""
    try:
        with warnings.catch_warnings(action="ignore"):
            found = SYSTEMS[system](sample, reference)
    except Exception as error:  # whatever a library raises where it lacks a function
        return Finding(sample.id, system, 0.0, f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}")
    second = None if reference.second is None else reference.second.high
    largest, wrong = 0.0, ""
    for name, a, b in [
        ("values", found.values, reference.values.high),
        ("Jacobian", found.jacobian, reference.jacobian.high),
        ("second derivative", found.second, second),
    ]:
        if a is None or b is None:
            continue
        if a.shape != b.shape:
            return Finding(sample.id, system, 0.0, f"{name} of shape {a.shape}, not {b.shape}")
        size = _difference(a, b)
        largest = max(largest, size)
        if not size <= TOLERANCE * sample.case.condition:
            wrong = wrong or f"{name}: a difference of {size:.1e}"
    return Finding(sample.id, system, largest, wrong)


def _difference(a: Any, b: Any) -> float:
    if not a.size:
        return 0.0
    size = float(np.max(np.abs(a - b)) / max(1.0, float(np.max(np.abs(b)))))
    return size if np.isfinite(size) else np.inf


def explain(findings: Iterable[Finding]) -> tuple[dict[str, list[Finding]], list[str]]:
    """Sort disagreements by known reasons; and list what has none, and reasons that nothing needs.

    Only reasons whose pattern fits one of the samples can be needed.
    """
    findings = list(findings)
    reasons: dict[str, list[Finding]] = {}
    problems = []
    for f in findings:
        known = [k for k in KNOWN if k.system == f.system and fnmatchcase(f.id, k.pattern)]
        if f.message and not known:
            problems.append(f"{f.id}: {f.system} disagrees, and no reason is known: {f.message}")
        elif known and not f.message:
            problems.append(f"{f.id}: {f.system} agrees, but a disagreement is listed: {known[0].reason}")
        elif known:
            reasons.setdefault(f"{f.system}: {known[0].reason}", []).append(f)
    return reasons, problems
