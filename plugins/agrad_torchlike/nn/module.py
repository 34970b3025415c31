"""The Module with PyTorch's methods and text: agrad_nn's, with this layer's tensors in it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any, Self

from agrad_nn.modules.hooks import Handle
from agrad_nn.modules.module import Module as Base
from agrad_nn.modules.module import _converted
from agrad_torchlike import dtypes
from agrad_torchlike.nn.loading import Loaded, load
from agrad_torchlike.nn.parameter import Buffer, Parameter
from agrad_torchlike.tensors import Tensor

__all__ = ["Module"]

KINDS = {
    "parameter": ("parameter", "torch.nn.Parameter"),
    "module": ("child module", "torch.nn.Module"),
    "buffer": ("buffer", "torch.Tensor"),
}
"""What holds what, in PyTorch's words."""


class Module(Base):
    """A part of a network: write a class with parameters and modules as attributes, and a method `forward`.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> class Net(torch.nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.hidden = torch.nn.Linear(2, 3)
    ...         self.act = torch.nn.ReLU()
    ...
    ...     def forward(self, x):
    ...         return self.act(self.hidden(x))
    >>> Net()
    Net(
      (hidden): Linear(in_features=2, out_features=3, bias=True)
      (act): ReLU()
    )
    """

    dump_patches = False

    def forward(self, *args: Any, **options: Any) -> Any:
        """Compute the result: every module writes its own."""
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')

    def __setattr__(self, name: str, value: Any) -> None:
        roles = self._roles
        if isinstance(value, Parameter):
            roles[name] = "parameter"
        elif isinstance(value, Base):
            roles[name] = "module"
        elif isinstance(value, Buffer):
            roles[name] = "buffer"
            if not vars(value)["persistent"]:
                self._transient.add(name)
        elif name in roles and value is not None:
            role, kind = KINDS[roles[name]]
            if role != "buffer" or not isinstance(value, Tensor):
                given = f"{type(value).__module__}.{type(value).__name__}".removeprefix("builtins.")
                raise TypeError(f"cannot assign '{given}' as {role} '{name}' ({kind} or None expected)")
        object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    # What belongs to it ---------------------------------------------------------------------------

    def register_parameter(self, name: str, param: Any) -> None:
        """Set an attribute to a parameter, or to None, which is one that is left out."""
        self._register(name, param, "parameter", Parameter)

    def register_module(self, name: str, module: Any) -> None:
        """Set an attribute to a module, or to None."""
        self._register(name, module, "module", Base)

    add_module = register_module

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True) -> None:
        """Set an attribute to a tensor that is part of the module's state and is not trained."""
        self._register(name, tensor, "buffer", Tensor)
        if not persistent:
            self._transient.add(name)

    def _register(self, name: str, value: Any, role: str, kind: type) -> None:
        what = "module" if role == "module" else role
        if not isinstance(name, str):
            raise TypeError(f"{what} name should be a string. Got {type(name).__name__}")
        if "." in name:
            raise KeyError(f'{what} name can\'t contain ".", got: {name}' if role == "module" else
                           f'{what} name can\'t contain "."')  # fmt: skip
        if not name:
            raise KeyError(f'{what} name can\'t be empty string ""')
        if hasattr(self, name) and self._roles.get(name) != role:
            raise KeyError(f"attribute '{name}' already exists")
        if value is not None and not isinstance(value, kind):
            raise TypeError(
                f"cannot assign '{type(value).__name__}' object to {role} '{name}' ({KINDS[role][1]} or None required)"
            )
        self._roles[name] = role
        object.__setattr__(self, name, value)

    def _held(self, role: str) -> dict[str, Any]:
        return {name: vars(self)[name] for name, r in self._roles.items() if r == role}

    @property
    def _parameters(self) -> dict[str, Any]:
        return self._held("parameter")

    @property
    def _buffers(self) -> dict[str, Any]:
        return self._held("buffer")

    @property
    def _modules(self) -> dict[str, Any]:
        return self._held("module")

    def get_submodule(self, target: str) -> Any:
        """Return the module of a dotted name."""
        found: Any = self
        for name in target.split(".") if target else []:
            if not isinstance(getattr(found, name, None), Base):
                raise AttributeError(f"{type(found).__name__} has no attribute `{name}`")
            found = getattr(found, name)
        return found

    def get_parameter(self, target: str) -> Any:
        """Return the parameter of a dotted name."""
        owner, _, name = target.rpartition(".")
        found = self.get_submodule(owner)
        if name not in found._parameters:
            raise AttributeError(f"{type(found).__name__} has no attribute `{name}`")
        return getattr(found, name)

    def named_modules(  # type: ignore[override] # PyTorch's order of arguments
        self, memo: set[Any] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Any]]:
        """Yield this module and all within it, with dotted names."""
        seen = set() if memo is None else memo
        for name, module in self._walk(prefix):
            if not remove_duplicate or module not in seen:
                seen.add(module)
                yield name, module

    def _all(self, role: str, prefix: str, recurse: bool) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        for path, module in self.named_modules(prefix=prefix) if recurse else ((prefix, self),):
            for name, value in module._own(role):
                if id(value) not in seen:
                    seen.add(id(value))
                    yield f"{path}.{name}" if path else name, value

    # State ----------------------------------------------------------------------------------------

    def state_dict(self, *, prefix: str = "", keep_vars: bool = False) -> dict[str, Any]:
        """Return parameters and buffers by their dotted names, detached unless ``keep_vars=True``."""
        return OrderedDict(
            (prefix + name, vars(module)[attribute] if keep_vars else vars(module)[attribute].detach())
            for name, module, attribute in self.places()
            if attribute not in module._transient
        )

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False) -> Loaded:
        """Give parameters and buffers the values of a state; where an entry does not fit, nothing is changed."""
        if assign:
            raise NotImplementedError("load_state_dict got assign=True; leave it out: values are copied")
        return load(self, state_dict, strict)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Clear the gradients of all parameters, or fill them with zeros."""
        for p in self.parameters():
            p.grad = None if set_to_none or p.grad is None else p.grad.detach() * 0

    def to(  # type: ignore[override] # PyTorch's arguments
        self, *args: Any, dtype: Any = None, device: Any = None, non_blocking: bool = False
    ) -> Self:
        """Convert parameters and buffers of real numbers to a dtype; the device is always the CPU."""
        from agrad_torchlike.sizes import check_device

        for given in args:
            if isinstance(given, Tensor):
                dtype = given.dtype
            elif isinstance(given, dtypes.dtype):
                dtype = given
            elif not isinstance(given, bool):
                device = given
        check_device(device)
        if dtype is not None:
            if not (dtype.is_floating_point or dtype.is_complex):
                raise TypeError(
                    f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={dtype}"
                )
            for _, owner, attribute in self.places():
                t = vars(owner)[attribute]
                t._t = _converted(t._t, None, dtype.name, None)
        return self

    def float(self) -> Self:
        """Convert to float32."""
        return self.to(dtypes.float32)

    def double(self) -> Self:
        """Convert to float64."""
        return self.to(dtypes.float64)

    def cpu(self) -> Self:
        """Return this module: it is on the CPU."""
        return self

    def cuda(self, device: Any = None) -> Self:
        """Refuse, as PyTorch does where it has no CUDA."""
        return self.to("cuda")

    # Hooks and text -------------------------------------------------------------------------------

    def register_full_backward_hook(self, hook: Any, prepend: bool = False) -> Handle:
        """Refuse: tensors have hooks."""
        raise NotImplementedError(
            "register_full_backward_hook is not supported; use y.register_hook(...) on a tensor in forward"
        )

    def extra_repr(self) -> str:
        """Return what stands in the brackets of the module's text: its settings."""
        return ""

    def _get_name(self) -> str:
        return type(self).__name__

    def _title(self) -> str:
        return self._get_name()

    def _lines(self) -> list[str]:
        return [self._line(name, repr(module)) for name, module in self._held("module").items()]
