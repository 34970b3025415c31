"""``torch.autograd.functional``: Jacobians, Hessians and products with them, of functions of tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agrad_torchlike import func as transforms
from agrad_torchlike.tensors import Tensor

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]

F = Callable[..., Any]


def _several(inputs: Any) -> tuple[tuple[Any, ...], bool]:
    return (tuple(inputs), True) if isinstance(inputs, tuple | list) else ((inputs,), False)


def _detached(out: Any, create_graph: bool) -> Any:
    if isinstance(out, tuple):
        return tuple([_detached(item, create_graph) for item in out])
    return out if create_graph else out.detach()


def jacobian(func: F, inputs: Any, create_graph: bool = False, strict: bool = False, vectorize: bool = False) -> Any:
    """Return the derivatives of each element of the result with respect to each of the inputs.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> torch.autograd.functional.jacobian(lambda x: x * x, torch.tensor([1.0, 3.0])).tolist()
    [[2.0, 0.0], [0.0, 6.0]]
    """
    args, several = _several(inputs)
    out = transforms.jacrev(func, argnums=tuple(range(len(args))))(*args)
    if several:
        return _detached(out, create_graph)
    one = tuple([row[0] for row in out]) if isinstance(out[0], tuple) else out[0]
    return _detached(one, create_graph)


def hessian(func: F, inputs: Any, create_graph: bool = False, strict: bool = False, vectorize: bool = False) -> Any:
    """Return the second derivatives of a function of one number.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> torch.autograd.functional.hessian(lambda x: (x**3).sum(), torch.tensor([1.0, 2.0])).tolist()
    [[6.0, 0.0], [0.0, 12.0]]
    """
    args, several = _several(inputs)
    out = transforms.hessian(func, argnums=tuple(range(len(args))))(*args)
    return _detached(out if several else out[0][0], create_graph)


def vjp(func: F, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """Return the result, and the product of a vector with the Jacobian.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> torch.autograd.functional.vjp(lambda x: x * x, torch.tensor([1.0, 3.0]), torch.ones(2))[1].tolist()
    [2.0, 6.0]
    """
    args, several = _several(inputs)
    out, pull = transforms.vjp(func, *args)
    if v is None:
        if not isinstance(out, Tensor) or out.numel() != 1:
            raise RuntimeError("The vector v can only be None if the user-provided function returns a single element.")
        v = out.new_ones(out.shape)
    found = pull(v)
    return _detached(out, create_graph), _detached(found if several else found[0], create_graph)


def jvp(func: F, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """Return the result, and the product of the Jacobian with a vector.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> torch.autograd.functional.jvp(lambda x: x * x, torch.tensor([1.0, 3.0]), torch.ones(2))[1].tolist()
    [2.0, 6.0]
    """
    args, _ = _several(inputs)
    if v is None:
        if len(args) != 1 or args[0].numel() != 1:
            raise RuntimeError(
                "The vector v can only be None if the input to the user-provided function is a single element."
            )
        v = args[0].new_ones(args[0].shape)
    out, tangent = transforms.jvp(func, args, _several(v)[0])
    return _detached(out, create_graph), _detached(tangent, create_graph)


def hvp(func: F, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """Return the result of a function of one number, and the product of its Hessian with a vector.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> torch.autograd.functional.hvp(lambda x: (x**3).sum(), torch.tensor([1.0, 2.0]), torch.ones(2))[1].tolist()
    [6.0, 12.0]
    """
    args, several = _several(inputs)
    places = tuple(range(len(args)))
    if v is None:
        v = args[0].new_ones(args[0].shape)
    _, found = transforms.jvp(transforms.grad(func, argnums=places), args, _several(v)[0])
    out = func(*args)
    return _detached(out, create_graph), _detached(found if several else found[0], create_graph)


vhp = hvp
