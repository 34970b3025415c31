"""What all optimizers have: groups of parameters with settings, a state for each parameter, and how a step is done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from typing import Any

import agrad
from agrad.errors import GraphError
from agrad_nn.errors import StateError
from agrad_nn.modules.loading import fitting

__all__ = ["Optimizer"]

Array = Any
Group = dict[str, Any]

OPTIONAL = {"initial_lr", "name"}
"""Entries of a group that a schedule or the user adds."""
EXECUTION = {"params", "foreach", "fused", "capturable", "differentiable", "decoupled_weight_decay"}
"""Entries of PyTorch's groups that say how it computes, and not what."""


class Optimizer:
    """Changes parameters by their gradients.

    A subclass writes `_change`: what one parameter is to be lessened by.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        Parameters, as from ``model.parameters()``; or groups, each a dict of ``"params"`` and of settings of its own.
    defaults : dict
        The settings of groups that do not have them.
    """

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if isinstance(params, agrad.Tensor):
            raise TypeError(f"{type(self).__name__} takes an iterable of parameters; it got one Tensor: write [p]")
        self.defaults = defaults
        self.param_groups: list[Group] = []
        self.state: dict[Any, dict[str, Any]] = {}
        self._complex: set[Any] = set()
        given = list(params)
        if not given:
            raise ValueError(f"{type(self).__name__} got no parameters; model.parameters() is used up after one loop")
        for group in given if isinstance(given[0], Mapping) else [{"params": given}]:
            self.add_param_group(group)

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """Train further parameters, with settings of their own.

        Parameters
        ----------
        group : mapping
            ``"params"``, one or several, and settings; those that are left out are the optimizer's.
        """
        params = group["params"]
        params = [params] if isinstance(params, agrad.Tensor) else [p[1] if isinstance(p, tuple) else p for p in params]
        known = {id(p) for held in self.param_groups for p in held["params"]}
        for p in params:
            if not isinstance(p, agrad.Tensor):
                raise TypeError(
                    f"{type(self).__name__} got a {type(p).__name__} among the parameters; they are Tensors"
                )
            if not p.is_leaf:
                raise GraphError(f"{type(self).__name__} got the result of an operation; parameters are leaves")
            if id(p) in known:
                raise ValueError(f"{type(self).__name__} got a parameter twice, of shape {p.shape}")
            known.add(id(p))
        made = {**self.defaults, **group, "params": params}
        unknown = made.keys() - self.defaults.keys() - {"params"} - OPTIONAL
        if unknown:
            raise TypeError(f"{type(self).__name__} has no setting {', '.join(map(repr, sorted(unknown)))}")
        self._check(made)
        self.param_groups.append(made)
        self._complex.update(p for p in params if _is_complex(p))

    def _check(self, group: Group) -> None:
        """Refuse settings that make no sense."""
        for name in ("lr", "weight_decay", "momentum", "eps", "lr_decay", "initial_accumulator_value"):
            if name in group and not group[name] >= 0:
                raise ValueError(f"{type(self).__name__} got {name}={group[name]}; it is at least 0")
        for beta in group.get("betas", ()):
            if not 0 <= beta < 1:
                raise ValueError(f"{type(self).__name__} got betas={group['betas']}; they are at least 0 and below 1")

    def zero_grad(self) -> None:
        """Clear the gradients of all parameters."""
        for group in self.param_groups:
            for p in group["params"]:
                p.grad = None

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient.

        Parameters
        ----------
        closure : callable, optional
            Computes the loss and calls ``backward()`` before the step.

        Returns
        -------
        Any
            What `closure` returned.
        """
        loss = None if closure is None else closure()
        with agrad.no_grad():
            for group in self.param_groups:
                for p in group["params"]:
                    g = p.grad
                    if g is not None:
                        self._update(p, g.array, group)
        return loss

    def _update(self, p: Any, g: Array, group: Group) -> None:
        """Change one parameter; complex numbers count as pairs of real ones."""
        xp = p.__array_namespace__()
        state = self.state.get(p)
        if state is None:
            state = self.state[p] = {}
        if group.get("maximize"):
            g = -g
        if p not in self._complex:
            p -= self._change(xp, p.array, g, state, group)
            return
        change = self._change(xp, _pairs(xp, p.array), _pairs(xp, g), state, group)
        p -= xp.astype(change[..., 0], p.dtype) + 1j * change[..., 1]

    def _change(self, xp: Any, value: Array, g: Array, state: dict[str, Any], group: Group) -> Array:
        """What to lessen a parameter by.

        Arrays are the backend's own. The state's are changed in place, where they can be; the result is a new array.
        """
        raise NotImplementedError

    # State ----------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Return settings and states, with parameters by their numbers; `agrad_nn.save` writes it to a file.

        Returns
        -------
        dict
            ``{"state": {number: {...}}, "param_groups": [{..., "params": [number, ...]}]}``, of copies.
        """
        numbers = {p: i for i, p in enumerate(self._parameters())}
        groups = [
            {
                **{k: deepcopy(v) for k, v in group.items() if k != "params"},
                "params": [numbers[p] for p in group["params"]],
            }
            for group in self.param_groups
        ]
        state = {
            numbers[p]: {k: _handed(p.__array_namespace__(), v) for k, v in held.items()}
            for p, held in self.state.items()
            if held
        }
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from a state of the same optimizer, with parameters of the same shapes in the same order.

        Everything is checked first: where something does not fit, nothing is changed.

        Parameters
        ----------
        state_dict : mapping
            What `state_dict` returned.

        Raises
        ------
        StateError
            It is of other groups or shapes.
        """
        what = type(self).__name__
        for key in ("state", "param_groups"):
            if key not in state_dict:
                raise StateError(f"{what}: the state lacks {key!r}")
        saved, groups = state_dict["param_groups"], []
        sizes = [[len(g["params"]) for g in held] for held in (saved, self.param_groups)]
        if sizes[0] != sizes[1]:
            raise StateError(f"{what}: the state has groups of {sizes[0]} parameters; this optimizer has {sizes[1]}")
        targets: dict[Any, Any] = {}
        for i, (theirs, own) in enumerate(zip(saved, self.param_groups, strict=True)):
            unlike = (theirs.keys() ^ own.keys()) - OPTIONAL - EXECUTION
            if unlike:
                raise StateError(
                    f"{what}: group {i} of the state and of this optimizer differ in {', '.join(sorted(unlike))}; it "
                    "is of another kind"
                )
            settings = {k: deepcopy(v) for k, v in theirs.items() if k not in EXECUTION}
            groups.append({**own, **settings, "params": own["params"]})
            targets.update(zip(theirs["params"], own["params"], strict=True))
        state: dict[Any, dict[str, Any]] = {}
        for number, held in state_dict["state"].items():
            if number not in targets:
                raise StateError(f"{what}: the state has an entry for the unknown parameter {number!r}")
            p = targets[number]
            state[p] = {k: self._loaded(v, p, f"{what}: the entry state[{number}][{k!r}]") for k, v in held.items()}
        self.param_groups[:] = groups
        self.state = state

    def _loaded(self, value: Any, p: Any, entry: str) -> Any:
        """An entry of a state: an array like the parameter, a list of them, or anything else as it is."""
        if isinstance(value, list):
            return [self._loaded(v, p, f"{entry}[{i}]") for i, v in enumerate(value)]
        if not hasattr(value, "shape"):
            return deepcopy(value)
        target = self._target(p)
        if not value.shape and target.shape:  # PyTorch's counter of steps
            return int(value.item())
        return fitting(value, target, entry, "its parameter").array

    def _target(self, p: Any) -> Any:
        """What the arrays of a parameter's state are like."""
        xp = p.__array_namespace__()
        return _pairs(xp, p.detach()) if p in self._complex else p.detach()

    def _parameters(self) -> list[Any]:
        return [p for group in self.param_groups for p in group["params"]]

    def __repr__(self) -> str:
        lines = []
        for i, group in enumerate(self.param_groups):
            lines.append(f"  group {i}: {len(group['params'])} parameters")
            lines += [f"    {name}: {group[name]}" for name in sorted(group) if name != "params"]
        return "\n".join([f"{type(self).__name__}(", *lines, ")"])


def _is_complex(p: Any) -> bool:
    return bool(p.__array_namespace__().isdtype(p.dtype, "complex floating"))


def _pairs(xp: Any, x: Array) -> Array:
    """Complex numbers as pairs of real ones, on a last axis."""
    return xp.stack([xp.real(x), xp.imag(x)], axis=-1)


def _handed(xp: Any, value: Any) -> Any:
    """An entry of a state for a user's hands: arrays as Tensors of their own."""
    if isinstance(value, list):
        return [_handed(xp, v) for v in value]
    return xp.asarray(value, copy=True) if hasattr(value, "shape") else deepcopy(value)


def copied(xp: Any, x: Array) -> Array:
    """A copy of a plain array, to be changed in place."""
    return xp.asarray(x, copy=True).array
