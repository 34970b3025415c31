"""L-BFGS, a quasi-Newton method with limited memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import prod
from typing import Any

import agrad
from agrad.errors import DtypeError
from agrad_nn.init import fill
from agrad_nn.optim.linesearch import Point, strong_wolfe
from agrad_nn.optim.optimizer import Optimizer

__all__ = ["LBFGS"]


class LBFGS(Optimizer):
    """L-BFGS (Liu and Nocedal, 1989): for functions that are computed from all data, with few parameters.

    Parameters
    ----------
    params : iterable of Tensor
        Real ones, in one group.
    lr : float
        The length of a step, or the first that the line search tries.
    max_iter : int
        How many steps one call of ``step`` makes at most.
    max_eval : int, optional
        How often it computes the function at most; by default ``max_iter * 5 // 4``.
    tolerance_grad, tolerance_change : float
        It ends when no element of the gradient, or no change of a parameter or of the function, is larger.
    history_size : int
        How many steps are remembered.
    line_search_fn : {None, "strong_wolfe"}
        Whether to search along each direction for a step that fulfils the strong Wolfe conditions.

    Examples
    --------
    >>> import agrad_nn as nn
    >>> x = nn.Parameter([3.0, 4.0])
    >>> optimizer = nn.optim.LBFGS([x], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = ((x - 1) ** 4).sum()
    ...     loss.backward()
    ...     return loss
    >>> first = optimizer.step(closure)
    >>> bool(closure() < 1e-6)
    True
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        if line_search_fn not in (None, "strong_wolfe"):
            raise ValueError(f"LBFGS got line_search_fn={line_search_fn!r}; it is 'strong_wolfe' or None")
        defaults = {
            "lr": lr, "max_iter": max_iter, "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad, "tolerance_change": tolerance_change, "history_size": history_size,
            "line_search_fn": line_search_fn,
        }  # fmt: skip
        super().__init__(params, defaults)

    def add_param_group(self, group: Any) -> None:
        """Take over the parameters; there is one group."""
        if self.param_groups:
            raise ValueError("LBFGS takes one group of parameters")
        super().add_param_group(group)
        for p in self._parameters():
            if not p.__array_namespace__().isdtype(p.dtype, "real floating"):
                raise DtypeError(f"LBFGS got a parameter of dtype {p.dtype}; it takes real ones")

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Make up to `max_iter` steps.

        Parameters
        ----------
        closure : callable
            Clears the gradients, computes the loss, calls ``backward()`` and returns the loss.

        Returns
        -------
        Any
            The loss before.
        """
        if closure is None:
            raise TypeError(
                "LBFGS.step needs a closure, which clears the gradients, computes the loss and its gradient"
            )
        with agrad.no_grad():
            return self._minimise(agrad.enable_grad()(closure), self.param_groups[0])

    def _minimise(self, closure: Callable[[], Any], group: dict[str, Any]) -> Any:
        xp = self._parameters()[0].__array_namespace__()
        state = self.state.setdefault(self._parameters()[0], {"func_evals": 0, "n_iter": 0})
        first = closure()
        loss, g = float(first.item()), self._gradient(xp)
        evaluations = 1
        state["func_evals"] += 1
        if _largest(xp, g) <= group["tolerance_grad"]:
            return first
        for n in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            d = self._direction(xp, g, state, group["history_size"])
            state["d"], state["prev_flat_grad"], before = d, g, loss
            t = group["lr"] * (min(1.0, 1.0 / float(xp.sum(xp.abs(g)))) if state["n_iter"] == 1 else 1.0)
            state["t"] = t
            slope = _dot(xp, g, d)
            if slope > -group["tolerance_change"]:
                break
            start = self._values()
            if group["line_search_fn"]:
                evaluate = self._along(xp, closure, start, d)
                limit = group["max_eval"] - evaluations
                size, tolerance = _largest(xp, d), 1e-9
                found, tried = strong_wolfe(evaluate, Point(0.0, loss, g, slope), t, size, tolerance, limit)
                loss, g, state["t"] = found.f, found.g, found.t
                self._move(xp, start, found.t, d)
            else:
                self._move(xp, start, t, d)
                tried = 0
                if n < group["max_iter"]:
                    loss, g, tried = float(closure().item()), self._gradient(xp), 1
            evaluations += tried
            state["func_evals"] += tried
            change = _largest(xp, d) * abs(state["t"])
            if (
                evaluations >= group["max_eval"]
                or _largest(xp, g) <= group["tolerance_grad"]
                or change <= group["tolerance_change"]
                or abs(loss - before) < group["tolerance_change"]
            ):
                break
        return first

    @staticmethod
    def _direction(xp: Any, g: Any, state: dict[str, Any], history: int) -> Any:
        """The product of the gradient and an approximate inverse Hessian, from the steps before: two loops."""
        if "d" not in state:
            state["old_dirs"], state["old_stps"], state["ro"], state["H_diag"] = [], [], [], 1.0
            return -g
        y, s = g - state["prev_flat_grad"], state["d"] * state["t"]
        changes, steps, ro = state["old_dirs"], state["old_stps"], state["ro"]
        ys = _dot(xp, y, s)
        if ys > 1e-10:
            changes.append(y)
            steps.append(s)
            ro.append(1.0 / ys)
            for kept in (changes, steps, ro):
                del kept[:-history]
            state["H_diag"] = ys / _dot(xp, y, y)
        q = -g
        factors = []
        for y, s, r in zip(reversed(changes), reversed(steps), reversed(ro), strict=True):
            factors.append(_dot(xp, s, q) * r)
            q = q - factors[-1] * y
        q = q * state["H_diag"]
        for y, s, r, factor in zip(changes, steps, ro, reversed(factors), strict=True):
            q = q + (factor - _dot(xp, y, q) * r) * s
        return q

    def _along(self, xp: Any, closure: Callable[[], Any], start: list[Any], d: Any) -> Callable[[float], Point]:
        """The function along a direction; the parameters are as before after each call."""

        def evaluate(t: float) -> Point:
            self._move(xp, start, t, d)
            loss = float(closure().item())
            g = self._gradient(xp)
            for p, value in zip(self._parameters(), start, strict=True):
                self._fill(p, value)
            return Point(t, loss, g, _dot(xp, g, d))

        return evaluate

    def _fill(self, p: Any, value: Any) -> None:
        fill(p, value)

    def _values(self) -> list[Any]:
        return [p.detach() for p in self._parameters()]

    def _move(self, xp: Any, start: list[Any], t: float, d: Any) -> None:
        """Set the parameters to a step away from where they were."""
        at = 0
        for p, value in zip(self._parameters(), start, strict=True):
            n = prod(p.shape)
            self._fill(p, value + t * xp.reshape(xp.asarray(d[at : at + n]), p.shape))
            at += n

    def _gradient(self, xp: Any) -> Any:
        """All gradients as one vector."""
        flat = [
            xp.reshape((xp.zeros_like(p.detach()) if p.grad is None else p.grad.detach()), (-1,))
            for p in self._parameters()
        ]
        return xp.concat(flat).array

    def _target(self, p: Any) -> Any:
        xp = p.__array_namespace__()
        n = sum(prod(q.shape) for q in self._parameters())
        return xp.zeros((n,), dtype=xp.result_type(*[q.dtype for q in self._parameters()]), device=p.device)


def _dot(xp: Any, a: Any, b: Any) -> float:
    return float(xp.sum(a * b))


def _largest(xp: Any, x: Any) -> float:
    return float(xp.max(xp.abs(x)))
