"""Functions beside the ops: a module with other parameters, and dropout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import agrad
from agrad_nn.modules.module import Module
from agrad_nn.rng import generator

__all__ = ["dropout", "functional_call"]


def functional_call(module: Module, parameters: Mapping[str, Any], *args: Any, **options: Any) -> Any:
    """Call a module with other parameters in place of its own, which keep their values.

    So every transform takes a module's parameters as a container. One call at a time: the module is changed during it.

    Parameters
    ----------
    module : Module
    parameters : mapping of str to array or Tensor
        By dotted names, as `Module.named_parameters` and `Module.state_dict` have them; buffers may be among them, and
        those that are left out are the module's own. A parameter with several names needs one of them.
    *args, **options
        Of the module.

    Returns
    -------
    Any
        What the module returns.

    Raises
    ------
    KeyError
        The module has no parameter or buffer of that name.

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> layer, x = nn.Linear(3, 1), agrad.tensor([[1.0, 2.0, 3.0]])
    >>> def loss(parameters):
    ...     return nn.functional_call(layer, parameters, x).sum()
    >>> gradient = agrad.grad(loss)(layer.state_dict())
    >>> gradient["weight"].tolist(), gradient["bias"].tolist()
    ([[1.0, 2.0, 3.0]], [1.0])
    """
    places: dict[str, tuple[Module, str]] = {}
    shared: dict[int, list[tuple[Module, str]]] = {}
    for name, owner, attribute in module.places():
        places[name] = owner, attribute
        shared.setdefault(id(vars(owner)[attribute]), []).append((owner, attribute))
    unknown = [name for name in parameters if name not in places]
    if unknown:
        raise KeyError(f"{type(module).__name__} has no parameter or buffer {', '.join(map(repr, unknown))}")
    chosen: list[tuple[Module, str, Any]] = []
    for name, value in parameters.items():
        owner, attribute = places[name]
        for each_owner, each in shared[id(vars(owner)[attribute])]:
            chosen.append((each_owner, each, value))
    chosen += [(*places[name], value) for name, value in parameters.items()]  # a name of its own counts more
    before = [(owner, attribute, vars(owner)[attribute]) for owner, attribute, _ in chosen]
    try:
        for owner, attribute, value in chosen:
            vars(owner)[attribute] = value
        return module(*args, **options)
    finally:
        for owner, attribute, value in before:
            vars(owner)[attribute] = value


def dropout(x: Any, p: float = 0.5, training: bool = True, *, rng: Any = None) -> Any:
    """Set elements to zero at random, and divide the others by the share that is left.

    Parameters
    ----------
    x : Tensor or array
    p : float
        The probability of being set to zero, from 0 to 1.
    training : bool
        Without it, `x` is returned.
    rng : Generator or int, optional
        The generator or its seed; by default the backend's, see `agrad_nn.seed`.

    Returns
    -------
    Tensor

    Raises
    ------
    ValueError
        `p` is no probability.

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> y = nn.dropout(agrad.namespace("numpy").ones((1000,)), p=0.2, rng=7)
    >>> sorted(set(y.tolist()))
    [0.0, 1.25]
    """
    return dropped(x, x.shape, p, training, rng)


def dropped(x: Any, shape: tuple[int, ...], p: float, training: bool, rng: Any) -> Any:
    """Dropout with one draw for each element of a shape that broadcasts with `x`."""
    if not 0 <= p <= 1:
        raise ValueError(f"dropout got p={p}; it is a probability, from 0 to 1")
    if not training or p == 0:
        return x
    xp = agrad.array_namespace(x)
    if p == 1:
        return x * 0.0
    drawn = generator(rng, agrad.backend_name(xp)).uniform(shape)
    kept = xp.astype(drawn >= p, x.dtype)
    return x * (kept / (1 - p))
