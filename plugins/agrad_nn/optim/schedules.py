"""Schedules: what changes the learning rates of an optimizer, epoch by epoch or step by step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from math import cos, inf, pi
from typing import Any

from agrad_nn.optim.optimizer import Optimizer

__all__ = [
    "CosineAnnealingLR",
    "ExponentialLR",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "OneCycleLR",
    "ReduceLROnPlateau",
    "Schedule",
    "StepLR",
]


class Schedule:
    """Sets the learning rates of an optimizer's groups each time that ``step()`` is called.

    Each changes the rates that it finds, so that several may act on one optimizer.

    Parameters
    ----------
    optimizer : Optimizer
    """

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        for group in optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])
        self.base_lrs: list[float] = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = 0
        """How many steps were made."""
        self._set(self._first())

    def step(self) -> None:
        """Go on to the next epoch, or whatever a step is taken for."""
        self.last_epoch += 1
        self._set(self._next())

    def get_last_lr(self) -> list[float]:
        """Return the learning rates of the groups."""
        return list(self._last_lr)

    def _first(self) -> list[float]:
        """The learning rates before the first step."""
        return self._now()

    def _next(self) -> list[float]:
        """The learning rates at `last_epoch`, from those before it."""
        raise NotImplementedError

    def _now(self) -> list[float]:
        return [group["lr"] for group in self.optimizer.param_groups]

    def _scaled(self, factor: float) -> list[float]:
        return [lr * factor for lr in self._now()]

    def _set(self, lrs: Sequence[float]) -> None:
        for group, lr in zip(self.optimizer.param_groups, lrs, strict=True):
            group["lr"] = lr
        self._last_lr = self._now()

    def state_dict(self) -> dict[str, Any]:
        """Return where the schedule is; functions and the optimizer are not in it."""
        kept = {k: v for k, v in vars(self).items() if k != "optimizer" and not _calls(v)}
        return {k: dict(v) if isinstance(v, Counter) else v for k, v in kept.items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from where a schedule of the same kind was; the optimizer's state has the learning rates."""
        unknown = state.keys() ^ self.state_dict().keys()
        if unknown:
            raise ValueError(
                f"{type(self).__name__}: the state is of another kind of schedule, it differs in "
                f"{', '.join(sorted(unknown))}"
            )
        for name, value in state.items():
            setattr(self, name, Counter(value) if isinstance(getattr(self, name), Counter) else value)


def _calls(value: Any) -> bool:
    return callable(value) or (isinstance(value, list) and any(map(callable, value)))


class StepLR(Schedule):
    """Multiply the learning rates by `gamma` every `step_size` steps.

    Parameters
    ----------
    optimizer : Optimizer
    step_size : int
    gamma : float

    Examples
    --------
    >>> import agrad_nn as nn
    >>> optimizer = nn.optim.SGD([nn.Parameter(1.0)], lr=8.0)
    >>> schedule = nn.optim.StepLR(optimizer, step_size=2, gamma=0.5)
    >>> for _ in range(4):
    ...     schedule.step()
    >>> schedule.get_last_lr()
    [2.0]
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer)

    def _next(self) -> list[float]:
        return self._now() if self.last_epoch % self.step_size else self._scaled(self.gamma)


class MultiStepLR(Schedule):
    """Multiply the learning rates by `gamma` at each milestone.

    Parameters
    ----------
    optimizer : Optimizer
    milestones : iterable of int
        Steps; one that is there twice counts twice.
    gamma : float

    Examples
    --------
    >>> import agrad_nn as nn
    >>> optimizer = nn.optim.SGD([nn.Parameter(1.0)], lr=8.0)
    >>> schedule = nn.optim.MultiStepLR(optimizer, milestones=[1, 3], gamma=0.5)
    >>> for _ in range(4):
    ...     schedule.step()
    >>> optimizer.param_groups[0]["lr"]
    2.0
    """

    def __init__(self, optimizer: Optimizer, milestones: Sequence[int], gamma: float = 0.1) -> None:
        self.milestones, self.gamma = Counter(milestones), gamma
        super().__init__(optimizer)

    def _next(self) -> list[float]:
        times = self.milestones[self.last_epoch]
        return self._scaled(self.gamma**times) if times else self._now()


class LambdaLR(Schedule):
    """Multiply the first learning rates by a function of the number of steps.

    Parameters
    ----------
    optimizer : Optimizer
    lr_lambda : callable, or list of them
        ``factor = lr_lambda(step)``; one for all groups, or one each.

    Examples
    --------
    >>> import agrad_nn as nn
    >>> optimizer = nn.optim.SGD([nn.Parameter(1.0)], lr=8.0)
    >>> schedule = nn.optim.LambdaLR(optimizer, lambda step: 1 / (1 + step))
    >>> schedule.step()
    >>> optimizer.param_groups[0]["lr"]
    4.0
    """

    def __init__(
        self, optimizer: Optimizer, lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]]
    ) -> None:
        n = len(optimizer.param_groups)
        self.lr_lambdas = [lr_lambda] * n if callable(lr_lambda) else list(lr_lambda)
        if len(self.lr_lambdas) != n:
            raise ValueError(f"LambdaLR got {len(self.lr_lambdas)} functions; the optimizer has {n} groups")
        super().__init__(optimizer)

    def _first(self) -> list[float]:
        return self._next()

    def _next(self) -> list[float]:
        return [lr * f(self.last_epoch) for lr, f in zip(self.base_lrs, self.lr_lambdas, strict=True)]


class LinearLR(Schedule):
    """Let the factor of the learning rates go from one number to another along a line.

    Parameters
    ----------
    optimizer : Optimizer
    start_factor, end_factor : float
    total_iters : int
        After how many steps the second is reached.

    Examples
    --------
    >>> import agrad_nn as nn
    >>> optimizer = nn.optim.SGD([nn.Parameter(1.0)], lr=8.0)
    >>> schedule = nn.optim.LinearLR(optimizer, start_factor=0.5, total_iters=2)
    >>> optimizer.param_groups[0]["lr"]
    4.0
    >>> schedule.step()
    >>> optimizer.param_groups[0]["lr"]
    6.0
    """

    def __init__(
        self, optimizer: Optimizer, start_factor: float = 1.0 / 3, end_factor: float = 1.0, total_iters: int = 5
    ) -> None:
        if not 0 < start_factor <= 1 or not 0 <= end_factor <= 1:
            raise ValueError(
                f"LinearLR got start_factor={start_factor} and end_factor={end_factor}; they are at most 1, the first "
                "above 0, the second at least 0"
            )
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
        super().__init__(optimizer)

    def _first(self) -> list[float]:
        return self._scaled(self.start_factor)

    def _next(self) -> list[float]:
        if self.last_epoch > self.total_iters:
            return self._now()
        rise = self.end_factor - self.start_factor
        return self._scaled(1 + rise / (self.total_iters * self.start_factor + (self.last_epoch - 1) * rise))


class ExponentialLR(Schedule):
    """Multiply the learning rates by `gamma` at every step.

    Parameters
    ----------
    optimizer : Optimizer
    gamma : float

    Examples
    --------
    >>> import agrad_nn as nn
    >>> optimizer = nn.optim.SGD([nn.Parameter(1.0)], lr=8.0)
    >>> schedule = nn.optim.ExponentialLR(optimizer, gamma=0.5)
    >>> schedule.step()
    >>> optimizer.param_groups[0]["lr"]
    4.0
    """

    def __init__(self, optimizer: Optimizer, gamma: float) -> None:
        self.gamma = gamma
        super().__init__(optimizer)

    def _next(self) -> list[float]:
        return self._scaled(self.gamma)


class CosineAnnealingLR(Schedule):
    """Let the learning rates fall along half a wave of the cosine (Loshchilov and Hutter, 2017), and rise again.

    Parameters
    ----------
    optimizer : Optimizer
    T_max : int
        After how many steps they are lowest.
    eta_min : float
        How low that is.

    Examples
    --------
    >>> import agrad_nn as nn
    >>> optimizer = nn.optim.SGD([nn.Parameter(1.0)], lr=8.0)
    >>> schedule = nn.optim.CosineAnnealingLR(optimizer, T_max=2)
    >>> schedule.step()
    >>> round(optimizer.param_groups[0]["lr"], 9)
    4.0
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:  # noqa: N803 - the usual name
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer)

    def _next(self) -> list[float]:
        n, low = self.last_epoch, self.eta_min
        if (n - 1 - self.T_max) % (2 * self.T_max) == 0:  # from the lowest point, where a ratio would be 0 / 0
            rise = (1 - cos(pi / self.T_max)) / 2
            return [lr + (base - low) * rise for base, lr in zip(self.base_lrs, self._now(), strict=True)]
        ratio = (1 + cos(pi * n / self.T_max)) / (1 + cos(pi * (n - 1) / self.T_max))
        return [ratio * (lr - low) + low for lr in self._now()]


class OneCycleLR(Schedule):
    """Let the learning rates rise, and fall far below where they began, once (Smith and Topin, 2019).

    Parameters
    ----------
    optimizer : Optimizer
    max_lr : float or list of float
        The highest learning rate, of all groups or of each.
    total_steps : int
        The length of the cycle.
    pct_start : float
        The share of it in which they rise.
    anneal_strategy : {"cos", "linear"}
    cycle_momentum : bool
        Whether the momentum (of Adam, the first beta) falls and rises meanwhile.
    base_momentum, max_momentum : float
        Between which numbers.
    div_factor : float
        The highest learning rate over the first.
    final_div_factor : float
        The first learning rate over the last.
    three_phase : bool
        Whether they fall to the first again before they fall to the last.

    Examples
    --------
    >>> import agrad_nn as nn
    >>> optimizer = nn.optim.SGD([nn.Parameter(1.0)], lr=1.0, momentum=0.9)
    >>> schedule = nn.optim.OneCycleLR(optimizer, max_lr=10.0, total_steps=10)
    >>> rates = schedule.get_last_lr()
    >>> for _ in range(2):
    ...     schedule.step()
    ...     rates += schedule.get_last_lr()
    >>> [round(rate, 9) for rate in rates]
    [0.4, 5.2, 10.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | Sequence[float],
        total_steps: int,
        *,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float = 0.85,
        max_momentum: float = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
    ) -> None:
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"OneCycleLR got anneal_strategy={anneal_strategy!r}; it is 'cos' or 'linear'")
        if total_steps < 1 or not 0 <= pct_start <= 1:
            raise ValueError(
                f"OneCycleLR got total_steps={total_steps} and pct_start={pct_start}; the first is above 0, the second "
                "from 0 to 1"
            )
        self._momentum = next((name for name in ("betas", "momentum") if name in optimizer.defaults), "")
        if cycle_momentum and not self._momentum:
            raise ValueError(f"{type(optimizer).__name__} has no momentum; give OneCycleLR cycle_momentum=False")
        n = len(optimizer.param_groups)
        self.max_lrs = [max_lr] * n if isinstance(max_lr, int | float) else list(max_lr)
        if len(self.max_lrs) != n:
            raise ValueError(f"OneCycleLR got {len(self.max_lrs)} rates as max_lr; the optimizer has {n} groups")
        self.total_steps, self.anneal_strategy, self.cycle_momentum = total_steps, anneal_strategy, cycle_momentum
        self.div_factor, self.final_div_factor = div_factor, final_div_factor
        self.momenta = base_momentum, max_momentum
        rise, last = pct_start * total_steps, total_steps - 1
        # where each phase ends, and which rates and momenta it leads to
        self.phases = [(0.0, "initial", 1), (rise - 1, "max", 0)]
        if three_phase:
            self.phases.append((2 * rise - 2, "initial", 1))
        self.phases.append((last, "min", 1))
        for group, high in zip(optimizer.param_groups, self.max_lrs, strict=True):
            group["initial_lr"] = high / div_factor
        super().__init__(optimizer)

    def _first(self) -> list[float]:
        return self._next()

    def _next(self) -> list[float]:
        if self.last_epoch > self.total_steps:
            raise ValueError(f"OneCycleLR made {self.last_epoch} steps; it was given total_steps={self.total_steps}")
        k = next((k for k in range(1, len(self.phases)) if self.last_epoch <= self.phases[k][0]), len(self.phases) - 1)
        (start, lr_from, m_from), (end, lr_to, m_to) = self.phases[k - 1], self.phases[k]
        share = (self.last_epoch - start) / (end - start) if end != start else 1.0
        if self.cycle_momentum:
            momentum = self._between(self.momenta[m_from], self.momenta[m_to], share)
            for group in self.optimizer.param_groups:
                group[self._momentum] = (momentum, *group["betas"][1:]) if self._momentum == "betas" else momentum
        rates = [
            {"initial": low, "max": high, "min": low / self.final_div_factor}
            for low, high in zip(self.base_lrs, self.max_lrs, strict=True)
        ]
        return [self._between(rate[lr_from], rate[lr_to], share) for rate in rates]

    def _between(self, start: float, end: float, share: float) -> float:
        if self.anneal_strategy == "linear":
            return (end - start) * share + start
        return end + (start - end) / 2.0 * (cos(pi * share) + 1)


class ReduceLROnPlateau(Schedule):
    """Multiply the learning rates by `factor` when a measure has not become better for some steps.

    Parameters
    ----------
    optimizer : Optimizer
    mode : {"min", "max"}
        Which is better: less, or more.
    factor : float
        Below 1.
    patience : int
        How many steps without a better measure are let pass.
    threshold : float
        By how much a better measure is to be better.
    threshold_mode : {"rel", "abs"}
        Whether that is a share of the best one, or a difference.
    cooldown : int
        How many steps are not looked at after a change.
    min_lr : float or list of float
        The lowest learning rate, of all groups or of each.
    eps : float
        Changes that are not larger are left out.

    Examples
    --------
    >>> import agrad_nn as nn
    >>> optimizer = nn.optim.SGD([nn.Parameter(1.0)], lr=8.0)
    >>> schedule = nn.optim.ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
    >>> for loss in (1.0, 1.0, 1.0):
    ...     schedule.step(loss)
    >>> optimizer.param_groups[0]["lr"]
    4.0
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | Sequence[float] = 0.0,
        eps: float = 1e-8,
    ) -> None:
        if mode not in ("min", "max") or threshold_mode not in ("rel", "abs"):
            raise ValueError(
                f"ReduceLROnPlateau got mode={mode!r} and threshold_mode={threshold_mode!r}; they are 'min' or 'max', "
                "and 'rel' or 'abs'"
            )
        if factor >= 1:
            raise ValueError(f"ReduceLROnPlateau got factor={factor}; it is below 1")
        n = len(optimizer.param_groups)
        self.min_lrs = [min_lr] * n if isinstance(min_lr, int | float) else list(min_lr)
        if len(self.min_lrs) != n:
            raise ValueError(f"ReduceLROnPlateau got {len(self.min_lrs)} rates as min_lr; the optimizer has {n} groups")
        self.mode, self.threshold, self.threshold_mode = mode, threshold, threshold_mode
        self.factor, self.patience, self.cooldown, self.eps = factor, patience, cooldown, eps
        self.best = inf if mode == "min" else -inf
        self.num_bad_epochs = self.cooldown_counter = 0
        super().__init__(optimizer)

    def step(self, measure: Any) -> None:  # type: ignore[override] # the only schedule that looks at one
        """Look at a measure, such as the loss on data that were held out."""
        measure = measure.item() if hasattr(measure, "item") else float(measure)
        self.last_epoch += 1
        if self._better(measure):
            self.best, self.num_bad_epochs = measure, 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
            lower = [max(lr * self.factor, low) for lr, low in zip(self._now(), self.min_lrs, strict=True)]
            self._set([new if lr - new > self.eps else lr for lr, new in zip(self._now(), lower, strict=True)])

    def _better(self, measure: float) -> bool:
        share = self.threshold if self.threshold_mode == "rel" else 0.0
        difference = self.threshold if self.threshold_mode == "abs" else 0.0
        if self.mode == "min":
            return measure < self.best * (1 - share) - difference
        return measure > self.best * (1 + share) + difference
