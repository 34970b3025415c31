"""The sections of the report: who takes part in each, and whose times are compared with whose."""

from __future__ import annotations

from dataclasses import dataclass

from workloads import Target, Workload

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
    targets : tuple of Target
        The goals of every row that has one; by default each row's own.
    costs : bool
        Whether the compiled programs of the last pair are compared, too.
    """

    name: str
    title: str
    contestants: tuple[str, ...]
    ratios: tuple[tuple[str, str], ...]
    targets: tuple[Target, ...] = ()
    costs: bool = False

    def goals(self, workload: Workload) -> tuple[Target, ...]:
        """A row's targets in this section."""
        return self.targets or workload.targets if workload.targets else ()

    def takes(self, workload: Workload) -> bool:
        """Whether any contestant of the section runs this."""
        return any(name in workload.steps and name not in workload.skipped for name in self.contestants)


SECTIONS = {
    section.name: section
    for section in (
        Section(
            name="numpy",
            title="NumPy",
            contestants=("numpy", "agrad", "agrad.grad", "autograd", "torch", "jax", "jax.jit"),
            ratios=(
                ("agrad", "torch"),
                ("agrad", "numpy"),
                ("agrad", "autograd"),
                ("agrad", "jax"),
                ("agrad", "jax.jit"),
                ("agrad.grad", "agrad"),
            ),
        ),
        Section(
            name="jax",
            title="JAX",
            contestants=("agrad.jax", "jax", "agrad.jax.jit", "jax.jit"),
            ratios=(("agrad.jax", "jax"), ("agrad.jax.jit", "jax.jit")),
            targets=(
                Target("jax", 0.8, contestant="agrad.jax"),
                Target("jax.jit", 1.05, contestant="agrad.jax.jit"),
            ),
            costs=True,
        ),
        Section(
            name="torch",
            title="PyTorch",
            contestants=("agrad.torch", "torch"),
            ratios=(("agrad.torch", "torch"),),
            targets=(Target("torch", 2.0, contestant="agrad.torch"),),
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
