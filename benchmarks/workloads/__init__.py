"""What is measured: one module a subject, each with a function ``workloads(tiny)``."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from contestants import Prepare

__all__ = ["SUBJECTS", "Workload", "collect"]

SUBJECTS = (
    "chain",
    "elementwise",
    "expression",
    "network",
    "regression",
    "convolution",
    "logistic",
    "black_scholes",
    "mixture",
    "rosenbrock",
    "dense",
    "per_sample",
    "blocks",
    "recurrent",
    "gaussian_process",
    "attention",
    "in_place",
    "products",
)

TOLERANCE = {"float32": 1e-4, "float64": 1e-9, "complex128": 1e-9}


@dataclass(frozen=True, kw_only=True)
class Workload:
    """One row of the table: the same work, prepared for each contestant.

    Parameters
    ----------
    name : str
        What ``--only`` calls it.
    title : str
        What the table calls it.
    steps : mapping
        For each contestant, a function that prepares its step (`contestants.Step`).
    operations : int
        Times are divided by this number, which the title explains.
    goal : str, optional
        The entry of `targets.ROWS` that holds for the row, by default that of its name.
    needs : tuple of str
        Packages without which the row is left out.
    skipped : mapping
        Contestants that sit this one out, and why.
    tolerance : mapping
        By dtype: the largest error allowed, relative to the largest element of the reference.
    baseline : mapping, optional
        Steps that are measured in the same rounds and whose times are taken off.
    group : str
        ``--only`` takes this name as well; rows of a group are summed up, not printed.
    """

    name: str
    title: str
    steps: Mapping[str, Prepare]
    operations: int = 1
    goal: str | None = None
    needs: tuple[str, ...] = ()
    skipped: Mapping[str, str] = field(default_factory=dict)
    tolerance: Mapping[str, float] = field(default_factory=lambda: TOLERANCE)
    baseline: Mapping[str, Prepare] | None = None
    group: str = ""


def collect(tiny: bool = False) -> list[Workload]:
    """All workloads, in the order of the table; `tiny` ones to check that the gradients agree."""
    return [w for subject in SUBJECTS for w in importlib.import_module(f"workloads.{subject}").workloads(tiny)]
