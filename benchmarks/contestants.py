"""How each library is asked for a value and its gradients: one function a contestant.

An expression is a function ``loss(xp, *parameters, *constants)`` that returns a scalar. Each function
here prepares a *step*: a callable without arguments that computes the value and the gradient of every
parameter and returns them as a flat tuple of the library's own arrays.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

__all__ = ["LIBRARIES", "Prepare", "Step", "differentiate", "missing", "to_numpy"]

Step = Callable[[], tuple[Any, ...]]
Prepare = Callable[[], Step]
Expression = Callable[..., Any]
Arrays = Sequence[Any]

LIBRARIES = {
    "numpy": "numpy",
    "agrad": "agrad",
    "agrad.grad": "agrad",
    "autograd": "autograd",
    "torch": "torch",
    "jax": "jax",
    "jax.jit": "jax",
}
"""The contestants, and the package that each one imports."""


def missing(contestant: str) -> str | None:
    """Import what a contestant needs; the reason if that fails, else None."""
    try:
        module = importlib.import_module(LIBRARIES[contestant])
        if contestant.startswith("agrad"):
            module.namespace("numpy")
    except Exception as error:  # whatever is wrong with one library, the others go on
        return f"{type(error).__name__}: {error}"
    return None


def differentiate(
    expression: Expression,
    parameters: Arrays,
    constants: Arrays = (),
    *,
    by_hand: Callable[..., tuple[Any, ...]],
    **own: Expression,
) -> dict[str, Prepare]:
    """Steps of every contestant for one expression.

    Parameters
    ----------
    expression : callable
        ``expression(xp, *parameters, *constants)`` in names that all libraries share.
    parameters, constants : sequence of array
        The arrays to differentiate in, and the others.
    by_hand : callable
        ``by_hand(*parameters, *constants)``: the value and the gradients, in plain NumPy.
    **own : callable
        The same expression in a library's own words, where they differ: ``torch=``, ``jax=`` ...
    """
    contestants = {
        "agrad": _agrad,
        "agrad.grad": _agrad_grad,
        "autograd": _autograd,
        "torch": _torch,
        "jax": _jax,
        "jax.jit": partial(_jax, jit=True),
    }
    steps: dict[str, Prepare] = {"numpy": lambda: partial(by_hand, *parameters, *constants)}
    for name, prepare in contestants.items():
        steps[name] = partial(prepare, own.get(LIBRARIES[name], expression), parameters, constants)
    return steps


def _agrad(expression: Expression, parameters: Arrays, constants: Arrays) -> Step:
    import agrad

    xp = agrad.namespace("numpy")
    leaves = [agrad.tensor(p, requires_grad=True) for p in parameters]
    others = [xp.asarray(c) for c in constants]

    def step() -> tuple[Any, ...]:
        for leaf in leaves:
            leaf.grad = None
        value = expression(xp, *leaves, *others)
        value.backward()
        return value, *[leaf.grad for leaf in leaves]

    return step


def _agrad_grad(expression: Expression, parameters: Arrays, constants: Arrays) -> Step:
    import agrad

    xp = agrad.namespace("numpy")
    count = len(parameters)

    def loss(*values: Any) -> Any:
        return expression(xp, *values, *constants)

    function = agrad.value_and_grad(loss, argnums=tuple(range(count)))

    def step() -> tuple[Any, ...]:
        value, gradients = function(*parameters)
        return value, *gradients

    return step


def _autograd(expression: Expression, parameters: Arrays, constants: Arrays) -> Step:
    import autograd
    import autograd.numpy as anp

    def loss(*values: Any) -> Any:
        return expression(anp, *values, *constants)

    function = autograd.value_and_grad(loss, argnum=tuple(range(len(parameters))))

    def step() -> tuple[Any, ...]:
        value, gradients = function(*parameters)
        return value, *gradients

    return step


def _torch(expression: Expression, parameters: Arrays, constants: Arrays) -> Step:
    import torch

    leaves = [torch.tensor(p, requires_grad=True) for p in parameters]
    others = [torch.tensor(c) for c in constants]

    def step() -> tuple[Any, ...]:
        for leaf in leaves:
            leaf.grad = None
        value = expression(torch, *leaves, *others)
        value.backward()
        return value.detach(), *[leaf.grad for leaf in leaves]

    return step


def _jax(expression: Expression, parameters: Arrays, constants: Arrays, *, jit: bool = False) -> Step:
    import jax
    import jax.numpy as jnp

    arrays = [jnp.asarray(a) for a in (*parameters, *constants)]
    function = jax.value_and_grad(partial(expression, jnp), argnums=tuple(range(len(parameters))))
    if jit:
        function = jax.jit(function)

    def step() -> tuple[Any, ...]:
        value, gradients = jax.block_until_ready(function(*arrays))
        return value, *gradients

    return step


def to_numpy(value: Any) -> np.ndarray:
    """A result of any contestant as a NumPy array."""
    if hasattr(value, "detach"):  # a Tensor of torch or of agrad
        value = value.detach()
    return np.asarray(getattr(value, "array", value))
