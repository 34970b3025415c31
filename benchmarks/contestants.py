"""How each library is asked for a value and its gradients: one function a contestant.

An expression is a function ``loss(xp, *parameters, *constants)`` that returns a scalar. Each function
here prepares a *step*: a callable without arguments that computes the value and the gradient of every
parameter and returns them as a flat tuple of the library's own arrays.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

__all__ = [
    "BACKENDS",
    "LIBRARIES",
    "Compiled",
    "Prepare",
    "Step",
    "differentiate",
    "eager",
    "missing",
    "native",
    "to_numpy",
]

Step = Callable[[], tuple[Any, ...]]
Prepare = Callable[[], Step]
Expression = Callable[..., Any]
Arrays = Sequence[Any]

LIBRARIES = {
    "numpy": "numpy",
    "agrad": "agrad",
    "agrad.grad": "agrad",
    "agrad.compile": "agrad",
    "agrad.plain": "agrad",
    "autograd": "autograd",
    "torch": "torch",
    "jax": "jax",
    "jax.jit": "jax",
    "agrad.jax": "agrad",
    "agrad.jax.jit": "agrad",
    "agrad.torch": "agrad",
}
"""The contestants, and the package that each one imports."""

BACKENDS = {
    "agrad": "numpy",
    "agrad.grad": "numpy",
    "agrad.compile": "numpy",
    "agrad.plain": "numpy",
    "agrad.jax": "jax",
    "agrad.jax.jit": "jax",
    "agrad.torch": "torch",
}
"""The contestants that are agrad, and the backend of each, which is named as the package it imports."""


def missing(contestant: str) -> str | None:
    """Import what a contestant needs; the reason if that fails, else None."""
    try:
        module = importlib.import_module(LIBRARIES[contestant])
        if contestant in BACKENDS:
            importlib.import_module(BACKENDS[contestant])  # a backend's record imports no library
            module.namespace(BACKENDS[contestant])
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
        "agrad.compile": partial(_agrad_grad, compiled=True),
        "autograd": _autograd,
        "torch": _torch,
        "jax": _jax,
        "jax.jit": partial(_jax, jit=True),
        "agrad.jax": _agrad_jax,
        "agrad.jax.jit": partial(_agrad_jax, jit=True),
        "agrad.torch": partial(_agrad, backend="torch"),
    }
    steps: dict[str, Prepare] = {"numpy": lambda: partial(by_hand, *parameters, *constants)}
    for name, prepare in contestants.items():
        steps[name] = partial(prepare, own.get(LIBRARIES[name], expression), parameters, constants)
    return steps


def native(array: Any, backend: str) -> Any:
    """A NumPy array, or scalar, as the backend's own array."""
    if backend == "jax":
        import jax.numpy as jnp

        return jnp.asarray(array)
    if backend == "torch":
        import torch

        return torch.tensor(array)
    return array


def _agrad(expression: Expression, parameters: Arrays, constants: Arrays, backend: str = "numpy") -> Step:
    import agrad

    xp = agrad.namespace(backend)
    leaves = [agrad.tensor(native(p, backend), requires_grad=True) for p in parameters]
    others = [xp.asarray(native(c, backend)) for c in constants]

    def step() -> tuple[Any, ...]:
        for leaf in leaves:
            leaf.grad = None
        value = expression(xp, *leaves, *others)
        value.backward()
        return value, *[leaf.grad for leaf in leaves]

    return step


def _agrad_grad(expression: Expression, parameters: Arrays, constants: Arrays, *, compiled: bool = False) -> Step:
    import agrad

    xp = agrad.namespace("numpy")
    count = len(parameters)

    def loss(*values: Any) -> Any:
        return expression(xp, *values, *constants)

    function = agrad.value_and_grad(loss, argnums=tuple(range(count)))
    if compiled:
        function = agrad.compile(function)

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
    return (Compiled if jit else eager)(function, arrays)


def _agrad_jax(expression: Expression, parameters: Arrays, constants: Arrays, *, jit: bool = False) -> Step:
    import agrad

    arrays = [native(a, "jax") for a in (*parameters, *constants)]
    function = agrad.value_and_grad(partial(expression, agrad.namespace("jax")), argnums=tuple(range(len(parameters))))
    return (Compiled if jit else eager)(function, arrays)


def eager(function: Callable[..., Any], arrays: Arrays) -> Step:
    """The step of a function of JAX arrays, which returns a value and gradients, or an array alone."""
    import jax

    return lambda: _flat(jax.block_until_ready(function(*arrays)))


class Compiled:
    """The step of a function of JAX arrays that `jax.jit` compiles; it knows what the compiled program costs."""

    def __init__(self, function: Callable[..., Any], arrays: Arrays) -> None:
        import jax

        self._function = jax.jit(function)
        self._arrays = arrays
        self._wait = jax.block_until_ready

    def __call__(self) -> tuple[Any, ...]:
        return _flat(self._wait(self._function(*self._arrays)))

    def cost(self) -> dict[str, float]:
        """XLA's own estimate for the optimised program, and how many instructions the program has."""
        program = self._function.lower(*self._arrays).compile()
        found = program.cost_analysis()
        estimate: Mapping[str, float] = found[0] if isinstance(found, list) else found
        instructions = sum(" = " in line for line in program.as_text().splitlines())
        return {
            "flops": estimate.get("flops", 0.0),
            "bytes": estimate.get("bytes accessed", 0.0),
            "instructions": float(instructions),
        }


def _flat(result: Any) -> tuple[Any, ...]:
    """A value and a tuple of gradients as one tuple."""
    if not isinstance(result, tuple):
        return (result,)
    value, gradients = result
    return value, *gradients


def to_numpy(value: Any) -> np.ndarray:
    """A result of any contestant as a NumPy array."""
    if hasattr(value, "detach"):  # a Tensor of torch or of agrad
        value = value.detach()
    return np.asarray(getattr(value, "array", value))
