"""The sections of the report: who takes part in each, and whose times are compared with whose."""

from __future__ import annotations

from dataclasses import dataclass

from targets import Target, goals
from workloads import Workload

__all__ = ["SECTIONS", "Section"]


@dataclass(frozen=True, kw_only=True)
class Section:
    """The same workloads, run by some of the contestants.

    Parameters
    ----------
    name : str
        What ``--only`` calls it.
    title : str
        What the tables call it.
    contestants : tuple of str
        Those that run in turns.
    ratios : tuple of (str, str)
        Whose times are divided by whose; the first pair ranks the rows of a group.
    budget : float
        Seconds for a row at most.
    costs : bool
        Whether the compiled programs of the last pair are compared, too.
    """

    name: str
    title: str
    contestants: tuple[str, ...]
    ratios: tuple[tuple[str, str], ...]
    budget: float = 20.0
    costs: bool = False

    def goals(self, workload: Workload) -> tuple[Target, ...]:
        """A row's targets in this section."""
        return goals(self.name, workload.name if workload.goal is None else workload.goal)

    def takes(self, workload: Workload) -> bool:
        """Whether any contestant of the section runs this."""
        return any(name in workload.steps and name not in workload.skipped for name in self.contestants)


SECTIONS = {
    section.name: section
    for section in (
        Section(
            name="numpy",
            title="NumPy",
            contestants=(
                "numpy",
                "agrad",
                "agrad.grad",
                "agrad.compile",
                "agrad.plain",
                "autograd",
                "torch",
                "jax",
                "jax.jit",
            ),
            ratios=(
                ("agrad", "torch"),
                ("agrad", "numpy"),
                ("agrad", "autograd"),
                ("agrad", "jax"),
                ("agrad", "jax.jit"),
                ("agrad.grad", "agrad"),
                ("agrad.compile", "numpy"),
                ("agrad.compile", "jax.jit"),
            ),
        ),
        Section(
            name="jax",
            title="JAX",
            contestants=("agrad.jax", "jax", "agrad.jax.jit", "jax.jit"),
            ratios=(("agrad.jax", "jax"), ("agrad.jax.jit", "jax.jit")),
            budget=6.0,
            costs=True,
        ),
        Section(
            name="torch",
            title="PyTorch",
            contestants=("agrad.torch", "torch"),
            ratios=(("agrad.torch", "torch"),),
            budget=6.0,  # two contestants or four take more rounds to the second than seven
        ),
        Section(
            name="plugins",
            title="one more plugin",
            contestants=("without", "with", "added"),
            ratios=(("with", "without"),),
        ),
    )
}
"""By name, in the order of the report."""
