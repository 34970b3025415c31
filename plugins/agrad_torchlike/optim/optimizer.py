"""What agrad_nn's optimizers need to work on this layer's tensors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

import agrad
from agrad_nn.optim import Optimizer as Base
from agrad_torchlike.inplace import settle
from agrad_torchlike.layout import root_of
from agrad_torchlike.tensors import Tensor, raw, wrap
from agrad_torchlike.versions import changed

__all__ = ["STEP", "Optimizer"]

STEP = "an optimizer's step"
"""What changed a parameter, in messages."""


class Optimizer(Base):
    """Changes parameters by their gradients: agrad_nn's rules, on this layer's tensors.

    A class of one's own is written as in PyTorch: ``super().__init__(params, defaults)`` and a method `step` over
    ``self.param_groups``.
    """

    _plain: ClassVar[dict[str, Any]] = {}
    """Settings of PyTorch's that say how it computes; they stand in the groups, and change nothing."""

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
                "torch.FloatTensor"
            )
        given = list(params)
        if not given:
            raise ValueError("optimizer got an empty parameter list")
        super().__init__(given, {**defaults, **self._plain})

    def _check(self, group: dict[str, Any]) -> None:
        for name, word in (
            ("lr", "learning rate"),
            ("momentum", "momentum value"),
            ("weight_decay", "weight_decay value"),
        ):
            if name in group and not float(group[name]) >= 0:
                raise ValueError(f"Invalid {word}: {group[name]}")
        super()._check(group)

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        """Train further parameters, with settings of their own."""
        params = param_group["params"]
        params = [params] if isinstance(params, Tensor) else [p[1] if isinstance(p, tuple) else p for p in params]
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(f"optimizer can only optimize Tensors, but one of the params is {type(p).__name__}")
            if not p._t.is_leaf:
                raise ValueError("can't optimize a non-leaf Tensor")
            if any(p is held for group in self.param_groups for held in group["params"]):
                raise ValueError("some parameters appear in more than one parameter group")
        super().add_param_group({**param_group, "params": [p._t for p in params]})
        self.param_groups[-1]["params"] = params

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Clear the gradients of all parameters, or fill them with zeros."""
        for p in self._parameters():
            p.grad = None if set_to_none or p.grad is None else p.grad.detach() * 0

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient."""
        with agrad.no_grad():
            loss = None if closure is None else agrad.enable_grad()(closure)()
            for group in self.param_groups:
                for p in group["params"]:
                    g = p._t.grad
                    if g is not None:
                        self._apply(p, g.array, group)
        return loss

    def _apply(self, p: Any, g: Any, group: dict[str, Any]) -> None:
        """Change one parameter: agrad_nn's rule, with the state kept under this layer's tensor."""
        t = p._t
        state = self.state.get(p)
        if state is None:
            state = self.state[p] = {}
        xp = t.__array_namespace__()
        if group.get("maximize"):
            g = -g
        if t not in self._complex:
            change = self._change(xp, t.array, g, state, group)
        else:
            pairs = [xp.stack([xp.real(x), xp.imag(x)], axis=-1) for x in (t.array, g)]
            parts = self._change(xp, pairs[0], pairs[1], state, group)
            change = xp.astype(parts[..., 0], t.dtype) + 1j * parts[..., 1]
        if root_of(p)._memory:
            settle(p, t.detach() - change, STEP)
            return
        p._changes += 1
        changed(p, STEP)
        t -= change

    # State ----------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Return settings and states, with parameters by their numbers."""
        return dict(_wrapped(self._raw_state(super().state_dict)))

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from a state of the same optimizer; where something does not fit, nothing is changed."""
        given = _unwrapped(state_dict)
        try:
            self._raw_state(lambda: super(Optimizer, self).load_state_dict(given))
        except agrad.AgradError as error:
            raise ValueError(str(error)) from error

    def _raw_state(self, call: Callable[[], Any]) -> Any:
        """Call one of agrad_nn's methods while groups and states are of its tensors."""
        self._wrappers = wrappers = {p._t: p for p in self._parameters()}
        before = [group["params"] for group in self.param_groups]
        for group in self.param_groups:
            group["params"] = [p._t for p in group["params"]]
        self.state = {p._t: held for p, held in self.state.items()}
        try:
            return call()
        finally:
            for group, params in zip(self.param_groups, before, strict=True):
                group["params"] = params
            self.state = {wrappers[t]: held for t, held in self.state.items()}

    def __repr__(self) -> str:
        text = type(self).__name__ + " ("
        for i, group in enumerate(self.param_groups):
            text += f"\nParameter Group {i}\n"
            text += "".join(f"    {name}: {group[name]}\n" for name in sorted(group) if name != "params")
        return text + ")"


def _wrapped(value: Any) -> Any:
    """Agrad's tensors in a state as this layer's."""
    if isinstance(value, dict):
        return {k: _wrapped(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_wrapped(v) for v in value]
    return wrap(value) if isinstance(value, agrad.Tensor) else value


def _unwrapped(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _unwrapped(v) for k, v in value.items()}
    return [_unwrapped(v) for v in value] if isinstance(value, list) else raw(value)
