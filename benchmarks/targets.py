"""The targets, as data: whose time may be how many times whose, in each section and for each row."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["FIXED", "ROWS", "SECTIONS", "Target", "ahead", "goals"]


@dataclass(frozen=True)
class Target:
    """A row's goal: the time of `contestant` is at most `limit` times that of `reference`."""

    reference: str
    limit: float
    contestant: str = "agrad"
    strict: bool = False
    """Whether `limit` itself misses the target ("ahead of")."""

    @property
    def text(self) -> str:
        """The limit as the tables say it."""
        return f"{'<' if self.strict else '≤'} {self.limit:g}"

    def met(self, ratio: float) -> bool:
        """Whether a measured ratio meets the target."""
        return ratio < self.limit if self.strict else ratio <= self.limit

    def verdict(self, ratio: float | None) -> str:
        """Whether the target is met, and if not, how far beyond it the ratio is."""
        if ratio is None:
            return "not measured"
        if self.met(ratio):
            return "met"
        excess = ratio / self.limit
        if excess >= 2:
            return f"MISSED by a factor of {excess:.{0 if excess >= 10 else 1}f}"
        percentage = 100 * (excess - 1)
        return f"MISSED by {percentage:.{0 if percentage >= 1.5 else 1}f} %"


def ahead(reference: str) -> Target:
    """The target of being faster than `reference`."""
    return Target(reference, 1.0, strict=True)


FIXED = {"1 ms": 1e-3}
"""References that are an amount of time, not a contestant."""

PLAIN = "agrad.plain"
"""agrad without what a row is about: a loop in the place of `vmap`, a run that keeps everything for `checkpoint`."""

FUNCTIONAL = Target("agrad", 1.2, contestant="agrad.grad")
"""The functional `grad` against the imperative `backward`."""
COMPARISONS = "less less_equal greater greater_equal equal not_equal lt le gt ge eq ne".split()
OTHERS = "clip where pow logaddexp conj positive".split()

ROWS: dict[str, tuple[Target, ...]] = {
    "multiply-scalar": (Target("torch", 0.2), Target("autograd", 0.2), FUNCTIONAL),
    "multiply-100": (Target("torch", 0.35), Target("autograd", 0.2), FUNCTIONAL),
    "mixed-scalar": (Target("torch", 0.2), Target("autograd", 0.2), FUNCTIONAL),
    "mixed-100": (Target("torch", 0.35), Target("autograd", 0.2), FUNCTIONAL),
    "adds": (FUNCTIONAL,),
    "expression": (Target("numpy", 1.7), ahead("torch"), FUNCTIONAL),
    "network-float32": (Target("numpy", 1.15), FUNCTIONAL),
    "network-float64": (Target("numpy", 1.15), FUNCTIONAL),
    "linear-regression": (Target("torch", 0.6),),
    "convnet": (Target("torch", 2.0), FUNCTIONAL),
    "logistic": (Target("numpy", 1.15), FUNCTIONAL),
    "black-scholes": (Target("numpy", 1.5), FUNCTIONAL),
    "mixture": (FUNCTIONAL,),
    "rosenbrock": (Target("torch", 0.5), FUNCTIONAL),
    "rosenbrock-hvp": (Target("torch", 0.5),),
    "hessian": (Target("numpy", 12.0), ahead("torch")),
    "jacobian": (Target("numpy", 8.0),),
    "per-sample": (ahead("torch"), Target(PLAIN, 0.1)),
    "blocks-checkpoint": (Target(PLAIN, 1.5),),
    "recurrent": (Target("numpy", 1.4), FUNCTIONAL),
    "gaussian-process": (ahead("torch"), FUNCTIONAL),
    "attention": (Target("numpy", 1.5), FUNCTIONAL),
    "elementwise-scalar": (Target("torch", 0.2), Target("autograd", 0.2)),
    "elementwise-100": (Target("torch", 0.35), Target("autograd", 0.2)),
    **{f"elementwise-{name}-scalar": (Target("torch", 1.0),) for name in (*COMPARISONS, *OTHERS)},
    "import": (Target("numpy", 1.2),),
    "memory": (Target("torch", 1.0),),
    "memory-work-blocks-checkpoint": (Target(PLAIN, 0.3),),
    "plugin-more": (Target("1 ms", 1.0, contestant="added"),),
    "plugin-installed": (Target("1 ms", 1.0, contestant="added"),),
    "plugin-call": (Target("without", 1.05, contestant="with"),),
}
"""By row, or by the entry that several rows share (`Workload.goal`)."""

SECTIONS: dict[str, tuple[Target, ...]] = {
    "jax": (Target("jax", 0.8, contestant="agrad.jax"), Target("jax.jit", 1.05, contestant="agrad.jax.jit")),
    "torch": (Target("torch", 2.0, contestant="agrad.torch"),),
}
"""The same for every row of a section, but for those named in `WITHOUT`."""

WITHOUT = {
    *("hessian", "jacobian", "per-sample", "blocks", "blocks-checkpoint", "add-at", "slices", "gaussian-process-best"),
    *(f"elementwise-{name}-scalar" for name in COMPARISONS),
    "",
}
"""Rows without a target on other backends."""


def goals(section: str, name: str) -> tuple[Target, ...]:
    """The targets of a row, or of the entry that it shares with others."""
    if section in SECTIONS:
        return () if name in WITHOUT else SECTIONS[section]
    return ROWS.get(name, ())
