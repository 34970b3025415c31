"""Completeness: every op is accounted for, and every declared limit is one."""

from __future__ import annotations

from typing import Any

import numpy as np

import agrad
from agrad.command.support import support
from agrad.interpret.batching import treatment
from agrad_conformance.checks.wrong import Wrong
from agrad_conformance.reference import Reference, leaves, pack
from agrad_conformance.sample import Sample

__all__ = ["declared", "limit"]


def declared(backend: str, op: str, has_cases: bool) -> float:
    """The op has a rule, is composed of others, or says why it has no derivative; it says how it treats axes; and the
    backend computes it or says why it cannot."""
    found = agrad.plugins.find(op)
    if found is None:
        raise Wrong(f"there is no op {op!r}")
    if found.kind == "constant" and not found.reason:
        raise Wrong(f"{op!r} has no derivative and no reason for that")
    if found.kind not in ("constant", "creation") and not has_cases:
        raise Wrong(f"{op!r} has a derivative and no case that tries it")
    if found.arguments and found.kind != "composite" and treatment(found) is None:
        raise Wrong(f"{op!r} does not say how it treats axes: give axes= or batch=")
    how = support(backend, op)
    if how.startswith("unsupported") and not agrad.plugins.backends()[backend].reason(op) and not found.native:
        raise Wrong(f"the backend does not have {op!r} and does not declare that it lacks it: {how}")
    return 0.0


def limit(backend: str, sample: Sample, r: Reference) -> float:
    """An op that the backend declares to lack does not work: else the declaration is out of date."""
    record = agrad.plugins.backends()[backend]
    library: Any = record.load()
    space = agrad.namespace(backend)
    try:
        args, params = sample.at(sample.dtypes[0])
        given = [space.asarray(x).array if isinstance(x, np.ndarray) else x for x in args]
        found = pack([np.asarray(record.host(y)) for y in leaves(sample.invariant(library, *given, **params))])
    except Exception:
        return 0.0  # it does not work, as declared
    if found.shape == r.values.high.shape and np.allclose(found, r.values.high, rtol=1e-3, atol=1e-3):
        raise Wrong(f"the backend declares that it lacks {sample.op!r} ({record.reason(sample.op)}), and it works")
    return 0.0
