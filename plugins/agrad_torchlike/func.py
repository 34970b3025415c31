"""``torch.func``: transforms of functions of tensors, by agrad's own."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import optree

import agrad
from agrad_torchlike.tensors import raw, wrap

__all__ = ["functional_call", "grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "vjp", "vmap"]

F = Callable[..., Any]
Places = int | tuple[int, ...]


def raw_of(tree: Any) -> Any:
    """Containers with agrad's Tensors in place of this layer's."""
    return optree.tree_map(raw, tree, none_is_leaf=True)


def wrapped(tree: Any) -> Any:
    """Containers with this layer's tensors in place of agrad's."""
    return optree.tree_map(lambda v: wrap(v) if isinstance(v, agrad.Tensor) else v, tree, none_is_leaf=True)


def of_raw(func: F) -> F:
    """The function with agrad's Tensors in place of this layer's."""

    @wraps(func)
    def called(*args: Any, **options: Any) -> Any:
        return raw_of(func(*wrapped(args), **wrapped(options)))

    return called


def _transformed(transform: F, func: F) -> F:
    made = transform(of_raw(func))

    @wraps(func)
    def called(*args: Any, **options: Any) -> Any:
        return wrapped(made(*raw_of(args), **raw_of(options)))

    return called


def grad(func: F, argnums: Places = 0, has_aux: bool = False) -> F:
    """Return a function that computes the gradient of a function of one number.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> torch.func.grad(lambda x: x**3)(torch.tensor(2.0)).item()
    12.0
    """
    return _transformed(lambda f: agrad.grad(f, argnums, has_aux=has_aux), func)


def grad_and_value(func: F, argnums: Places = 0, has_aux: bool = False) -> F:
    """Return a function that computes the gradient and the value.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> g, y = torch.func.grad_and_value(lambda x: x**3)(torch.tensor(2.0))
    >>> g.item(), y.item()
    (12.0, 8.0)
    """
    made = _transformed(lambda f: agrad.value_and_grad(f, argnums, has_aux=has_aux), func)

    @wraps(func)
    def called(*args: Any, **options: Any) -> Any:
        value, gradient = made(*args, **options)
        return gradient, value

    return called


def vjp(func: F, *primals: Any, has_aux: bool = False) -> tuple[Any, F]:
    """Return the result, and a function from its cotangent to those of the arguments.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> y, pull = torch.func.vjp(lambda x: x * x, torch.tensor([1.0, 3.0]))
    >>> pull(torch.ones(2))[0].tolist()
    [2.0, 6.0]
    """
    if has_aux:
        raise agrad.UnsupportedError("torch.func.vjp(has_aux=True) is not supported; keep aux in a variable outside")
    out, pull = agrad.vjp(of_raw(func), *raw_of(primals))

    def pulled(*cotangents: Any) -> Any:
        return wrapped(pull(*raw_of(cotangents)))

    return wrapped(out), pulled


def jvp(func: F, primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False) -> Any:
    """Return the result and its derivative along tangents.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> y, t = torch.func.jvp(lambda x: x * x, (torch.tensor(3.0),), (torch.tensor(1.0),))
    >>> t.item()
    6.0
    """
    if has_aux:
        raise agrad.UnsupportedError("torch.func.jvp(has_aux=True) is not supported; keep aux in a variable outside")
    return wrapped(agrad.jvp(of_raw(func), tuple(raw_of(primals)), tuple(raw_of(tangents))))


def jacrev(func: F, argnums: Places = 0, *, chunk_size: int | None = None, **options: Any) -> F:
    """Return a function that computes the Jacobian in reverse mode, so many rows at once.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> torch.func.jacrev(lambda x: x * x)(torch.tensor([1.0, 3.0])).tolist()
    [[2.0, 0.0], [0.0, 6.0]]
    """
    return _transformed(lambda f: agrad.jacobian(f, argnums, mode="rev", chunk_size=chunk_size), func)


def jacfwd(func: F, argnums: Places = 0, **options: Any) -> F:
    """Return a function that computes the Jacobian in forward mode.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> torch.func.jacfwd(lambda x: x * x)(torch.tensor([1.0, 3.0])).tolist()
    [[2.0, 0.0], [0.0, 6.0]]
    """
    return _transformed(lambda f: agrad.jacobian(f, argnums, mode="fwd"), func)


def hessian(func: F, argnums: Places = 0) -> F:
    """Return a function that computes the second derivatives of a function of one number.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> torch.func.hessian(lambda x: (x**3).sum())(torch.tensor([1.0, 2.0])).tolist()
    [[6.0, 0.0], [0.0, 12.0]]
    """
    return _transformed(lambda f: agrad.hessian(f, argnums), func)


def vmap(
    func: F,
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> F:
    """Return a function of a batch of examples, from a function of one; all of them are computed together.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> xs = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> torch.func.vmap(torch.func.grad(lambda x: (x**3).sum()))(xs).tolist()
    [[3.0, 12.0], [27.0, 48.0]]
    """
    if chunk_size is not None:
        raise agrad.UnsupportedError(
            "torch.func.vmap(chunk_size=) is not supported; map the parts of the batch in turn"
        )
    return _transformed(lambda f: agrad.vmap(f, in_dims, out_dims, randomness=randomness), func)


def functional_call(
    module: Any, parameter_and_buffer_dicts: Any, args: Any = None, kwargs: dict[str, Any] | None = None
) -> Any:
    """Call a module with other parameters in place of its own, which keep their values.

    Parameters
    ----------
    module : Module
    parameter_and_buffer_dicts : dict of str to Tensor, or several of them
        By dotted names.
    args : tuple or Any, optional
        The module's arguments; what is no tuple is one of them.
    kwargs : dict, optional

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> layer = torch.nn.Linear(2, 1)
    >>> weights = {"weight": torch.tensor([[1.0, 2.0]]), "bias": torch.tensor([0.5])}
    >>> torch.func.functional_call(layer, weights, torch.tensor([1.0, 1.0]))
    tensor([3.5000])
    """
    import agrad_nn

    dicts = parameter_and_buffer_dicts
    given = dicts if isinstance(dicts, dict) else {name: value for each in dicts for name, value in each.items()}
    positional = () if args is None else (args if isinstance(args, tuple) else (args,))
    return agrad_nn.functional_call(module, given, *positional, **(kwargs or {}))
