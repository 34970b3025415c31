"""``torch.autograd.gradcheck``: derivatives compared with differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agrad_torchlike.autograd.calls import grad
from agrad_torchlike.autograd.grad_mode import enable_grad, no_grad
from agrad_torchlike.tensors import Tensor

__all__ = ["gradcheck", "gradgradcheck"]


def _listed(out: Any) -> list[Any]:
    return [out] if isinstance(out, Tensor) else list(out)


def _flat(x: Any) -> list[float]:
    found: list[float] = x.detach().reshape(-1).tolist()
    return found


def _numerical(func: Callable[..., Any], args: list[Any], place: int, eps: float) -> list[list[list[float]]]:
    """A column for each element of an input, of every result: central differences."""
    columns = []
    x = args[place]
    flat = _flat(x)
    for k in range(len(flat)):
        ends = []
        for step in (eps, -eps):
            moved = x.detach().clone().reshape(-1)
            moved[k] = flat[k] + step
            given = [*args[:place], moved.reshape(x.shape), *args[place + 1 :]]
            ends.append([_flat(y) for y in _listed(func(*given))])
        columns.append([[(a - b) / (2 * eps) for a, b in zip(p, m, strict=True)] for p, m in zip(*ends, strict=True)])
    return columns


def _analytical(y: Any, x: Any) -> list[list[float]]:
    """A row for each element of a result."""
    rows = []
    for k in range(y.numel()):
        unit = y.detach().clone().zero_().reshape(-1)
        unit[k] = 1.0
        (g,) = grad(y, x, unit.reshape(y.shape), retain_graph=True, allow_unused=True, materialize_grads=True)
        rows.append(_flat(g))
    return rows


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    **options: Any,
) -> bool:
    """Compare the gradients of a function with differences; inputs are best float64.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> x = torch.tensor([0.5, 2.0], dtype=torch.float64, requires_grad=True)
    >>> torch.autograd.gradcheck(lambda x: x.sin() * x, (x,))
    True
    """
    args = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    places = [k for k, a in enumerate(args) if isinstance(a, Tensor) and a.requires_grad]
    if not places:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of the them have "
            "requires_grad=True."
        )
    with enable_grad():
        outs = _listed(func(*args))
    for j, place in enumerate(places):
        with no_grad():
            columns = _numerical(func, args, place, eps)
        for i, y in enumerate(outs):
            if not y.requires_grad:
                continue
            for row, found in enumerate(_analytical(y, args[place])):
                for column, slope in enumerate(found):
                    difference = columns[column][i][row]
                    if not abs(slope - difference) <= atol + rtol * abs(difference):
                        if not raise_exception:
                            return False
                        raise RuntimeError(
                            f"Jacobian mismatch for output {i} with respect to input {j},\nnumerical: {difference}\n"
                            f"analytical: {slope}\n(element {row} of the output, {column} of the input)"
                        )
    return True


def gradgradcheck(func: Callable[..., Any], inputs: Any, **options: Any) -> bool:
    """Compare second derivatives with differences of the first ones.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> x = torch.tensor([0.5, 2.0], dtype=torch.float64, requires_grad=True)
    >>> torch.autograd.gradgradcheck(lambda x: x.sin() * x, (x,))
    True
    """
    args = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    places = [k for k, a in enumerate(args) if isinstance(a, Tensor) and a.requires_grad]

    def slope(*given: Any) -> Any:
        with enable_grad():
            wrt = [given[k] if given[k].requires_grad else given[k].requires_grad_() for k in places]
            outs = [y for y in _listed(func(*given)) if y.requires_grad]
            seeds = [y.detach().clone().fill_(1.0) for y in outs]
            found = grad(outs, wrt, seeds, create_graph=True, allow_unused=True, materialize_grads=True)
        return found

    return gradcheck(slope, args, **options)
