"""The Module: parameters, buffers and modules within it, found by the attributes that hold them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self

import agrad
from agrad_nn.modules.hooks import Handle
from agrad_nn.modules.loading import load
from agrad_nn.modules.parameter import Parameter, dtype_of, mark

__all__ = ["Module"]


class Module:
    """A part of a network: a function with parameters.

    Write a class with the parameters and modules as attributes, and a method `forward`; call the object. A `Parameter`
    or a module that is set as an attribute belongs to this module from then on, under the attribute's name.

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> class Scale(nn.Module):
    ...     def __init__(self):
    ...         self.factor = nn.Parameter(2.0)
    ...
    ...     def forward(self, x):
    ...         return self.factor * x
    >>> model = Scale()
    >>> model(agrad.tensor([1.0, 2.0])).sum().backward()
    >>> [(name, p.grad.item()) for name, p in model.named_parameters()]
    [('factor', 3.0)]
    """

    training: bool
    """Whether it is being trained, rather than used: `train` and `eval` set it."""

    _roles: dict[str, str]
    """What the attributes of that name hold: "parameter", "buffer" or "module"; the values are in ``__dict__``."""
    _transient: set[str]
    """Buffers that are no part of the state."""
    _before: dict[int, Any]
    _after: dict[int, Any]

    def __new__(cls, *args: Any, **options: Any) -> Self:
        made = super().__new__(cls)
        vars(made).update(training=True, _roles={}, _transient=set(), _before={}, _after={})
        return made

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take over the state of a copied or unpickled module; its parameters are new Tensors, and known as such."""
        vars(self).update(state)
        for _, p in self._own("parameter"):
            mark(p)

    def forward(self, *args: Any, **options: Any) -> Any:
        """Compute the result: every module writes its own."""
        raise NotImplementedError(f"{type(self).__name__} has no method forward; write one")

    def __call__(self, *args: Any, **options: Any) -> Any:
        if not (self._before or self._after):
            return self.forward(*args, **options)
        for hook in list(self._before.values()):
            changed = hook(self, args)
            if changed is not None:
                args = changed if isinstance(changed, tuple) else (changed,)
        out = self.forward(*args, **options)
        for hook in list(self._after.values()):
            changed = hook(self, args, out)
            out = out if changed is None else changed
        return out

    # Attributes -----------------------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        roles = self._roles
        if isinstance(value, Module):
            roles[name] = "module"
        elif isinstance(value, Parameter):
            roles[name] = "parameter"
        elif name in roles and value is not None:
            role = roles[name]
            if role != "buffer" or not isinstance(value, agrad.Tensor):
                raise TypeError(
                    f"{type(self).__name__}.{name} is a {role}; it was set to a {type(value).__name__}: set it to a "
                    f"{'Tensor' if role == 'buffer' else role.capitalize()} or None, or delete it first"
                )
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        self._roles.pop(name, None)
        self._transient.discard(name)

    def register_parameter(self, name: str, parameter: Any) -> None:
        """Set an attribute to a parameter, or to None, which is one that is left out."""
        self._register(name, parameter, "parameter", Parameter)

    def register_module(self, name: str, module: Module | None) -> None:
        """Set an attribute to a module, or to None."""
        self._register(name, module, "module", Module)

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True) -> None:
        """Set an attribute to a constant Tensor that is part of the module's state, such as a running mean.

        Parameters
        ----------
        name : str
        tensor : Tensor or None
        persistent : bool
            Whether `state_dict` has it.

        Examples
        --------
        >>> import agrad, agrad_nn as nn
        >>> m = nn.Module()
        >>> m.register_buffer("mean", agrad.tensor([0.0, 0.0]))
        >>> list(m.state_dict())
        ['mean']
        """
        self._register(name, tensor, "buffer", agrad.Tensor)
        if not persistent:
            self._transient.add(name)

    def _register(self, name: str, value: Any, role: str, kind: type) -> None:
        if not name or "." in name:
            raise ValueError(f"a {role} was named {name!r}; a name is not empty and has no dot")
        if hasattr(self, name) and self._roles.get(name) != role:
            raise ValueError(f"{type(self).__name__} has an attribute {name!r} already; choose another name")
        if value is not None and not isinstance(value, kind):
            raise TypeError(f"the {role} {name!r} is a {type(value).__name__}; it must be a {kind.__name__} or None")
        self._roles[name] = role
        object.__setattr__(self, name, value)

    # What is in it --------------------------------------------------------------------------------

    def _own(self, role: str) -> Iterator[tuple[str, Any]]:
        """The attributes of a role that are not None."""
        values = vars(self)
        return ((name, values[name]) for name, r in self._roles.items() if r == role and values[name] is not None)

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Yield the modules directly within this one, with their names."""
        seen: set[int] = set()
        for name, module in self._own("module"):
            if id(module) not in seen:
                seen.add(id(module))
                yield name, module

    def children(self) -> Iterator[Module]:
        """Yield the modules directly within this one."""
        return (module for _, module in self.named_children())

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """Yield this module and all within it, each once, with dotted names; this one's is the prefix."""
        seen: set[int] = set()
        for name, module in self._walk(prefix):
            if id(module) not in seen:
                seen.add(id(module))
                yield name, module

    def modules(self) -> Iterator[Module]:
        """Yield this module and all within it, each once."""
        return (module for _, module in self.named_modules())

    def named_parameters(self, prefix: str = "", recurse: bool = True) -> Iterator[tuple[str, Any]]:
        """Yield the parameters of this module and of all within it, each once, with dotted names.

        Examples
        --------
        >>> import agrad_nn as nn
        >>> [name for name, _ in nn.Sequential(nn.Linear(2, 3), nn.Tanh()).named_parameters()]
        ['0.weight', '0.bias']
        """
        return self._all("parameter", prefix, recurse)

    def parameters(self, recurse: bool = True) -> Iterator[Any]:
        """Yield the parameters of this module and of all within it, each once."""
        return (p for _, p in self.named_parameters(recurse=recurse))

    def named_buffers(self, prefix: str = "", recurse: bool = True) -> Iterator[tuple[str, Any]]:
        """Yield the buffers of this module and of all within it, each once, with dotted names."""
        return self._all("buffer", prefix, recurse)

    def buffers(self, recurse: bool = True) -> Iterator[Any]:
        """Yield the buffers of this module and of all within it, each once."""
        return (b for _, b in self.named_buffers(recurse=recurse))

    def _walk(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module and all within it under every name that they have."""
        yield prefix, self
        for name, module in self._own("module"):
            yield from module._walk(f"{prefix}.{name}" if prefix else name)

    def _all(self, role: str, prefix: str, recurse: bool) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        for path, module in self.named_modules(prefix) if recurse else ((prefix, self),):
            for name, value in module._own(role):
                if id(value) not in seen:
                    seen.add(id(value))
                    yield f"{path}.{name}" if path else name, value

    def places(self) -> Iterator[tuple[str, Module, str]]:
        """Yield where each parameter and buffer is, under every name it has: dotted name, module, attribute."""
        for path, module in self._walk():
            for role in ("parameter", "buffer"):
                for name, _ in module._own(role):
                    yield f"{path}.{name}" if path else name, module, name

    # State ----------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Return parameters and buffers by their dotted names, as constants that training does not change.

        Returns
        -------
        dict of str to Tensor

        Examples
        --------
        >>> import agrad_nn as nn
        >>> list(nn.Sequential(nn.Linear(2, 3), nn.Tanh()).state_dict())
        ['0.weight', '0.bias']
        """
        return {
            name: vars(module)[attribute].detach()
            for name, module, attribute in self.places()
            if attribute not in module._transient
        }

    def load_state_dict(self, state: Mapping[str, Any], strict: bool = True) -> Any:
        """Give parameters and buffers the values of a state.

        Everything is checked first: where an entry does not fit, nothing is changed.

        Parameters
        ----------
        state : mapping of str to array
            What `state_dict` returned, or arrays of any backend.
        strict : bool
            Whether names must agree. Without, those that are missing keep their values and others are passed over.

        Returns
        -------
        Loaded
            The named tuple ``(missing_keys, unexpected_keys)``.

        Raises
        ------
        StateError
            A name is missing or unknown, or an entry has another shape or kind of dtype.

        Examples
        --------
        >>> import agrad_nn as nn
        >>> one, other = nn.Linear(2, 3), nn.Linear(2, 3)
        >>> other.load_state_dict(one.state_dict())
        Loaded(missing_keys=[], unexpected_keys=[])
        >>> bool((one.weight == other.weight).all())
        True
        """
        return load(self, state, strict)

    def train(self, mode: bool = True) -> Self:
        """Prepare this module, and all within it, for training, or for use; return it."""
        for module in self.modules():
            module.training = bool(mode)
        return self

    def eval(self) -> Self:
        """Prepare this module, and all within it, for use: no dropout, running statistics; return it."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Freeze all parameters, or thaw them; return this module."""
        for p in self.parameters():
            p.requires_grad_(requires_grad)
        return self

    def zero_grad(self) -> None:
        """Clear the gradients of all parameters."""
        for p in self.parameters():
            p.grad = None

    def apply(self, function: Callable[[Module], Any]) -> Self:
        """Call a function with every module within this one and then with this one; return it.

        Examples
        --------
        >>> import agrad_nn as nn
        >>> def still(module):
        ...     if isinstance(module, nn.Linear):
        ...         nn.init.zeros(module.weight)
        >>> model = nn.Sequential(nn.Linear(1, 1)).apply(still)
        >>> model[0].weight.item()
        0.0
        """
        for module in self.children():
            module.apply(function)
        function(self)
        return self

    def to(self, *, backend: str | None = None, dtype: Any = None, device: Any = None) -> Self:
        """Convert parameters and buffers to another backend, dtype or device; return this module.

        They are new Tensors then: make the optimizer afterwards.

        Parameters
        ----------
        backend : str, optional
        dtype : dtype or str, optional
            Of floating-point numbers; integers keep theirs, but for 64 bits that the backend does not have.
        device : device, optional
            Of the backend.

        Returns
        -------
        Module
            This one.

        Examples
        --------
        >>> import agrad_nn as nn
        >>> nn.Linear(2, 3).to(dtype="float32").weight.dtype
        dtype('float32')
        """
        made: dict[int, Any] = {}
        for module in self.modules():
            for role in ("parameter", "buffer"):
                for name, old in list(module._own(role)):
                    if id(old) not in made:
                        made[id(old)] = _converted(old, backend, dtype, device)
                    object.__setattr__(module, name, made[id(old)])
        return self

    # Hooks ----------------------------------------------------------------------------------------

    def register_forward_pre_hook(self, hook: Callable[[Module, tuple[Any, ...]], Any]) -> Handle:
        """Call ``hook(module, args)`` before every call; what it returns, unless None, replaces the arguments."""
        return Handle(self._before, hook)

    def register_forward_hook(self, hook: Callable[[Module, tuple[Any, ...], Any], Any]) -> Handle:
        """Call ``hook(module, args, result)`` after every call; what it returns, unless None, replaces the result.

        Returns
        -------
        Handle
            ``handle.remove()`` takes the hook off again.

        Examples
        --------
        >>> import agrad, agrad_nn as nn
        >>> layer = nn.Linear(2, 3)
        >>> handle = layer.register_forward_hook(lambda module, args, out: print(out.shape))
        >>> y = layer(agrad.tensor([[1.0, 2.0]]))
        (1, 3)
        >>> handle.remove()
        """
        return Handle(self._after, hook)

    # Text -----------------------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """Return what stands in the brackets of the module's text: its settings."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr().splitlines()
        lines = self._lines()
        if not lines and len(extra) < 2:
            return f"{self._title()}({''.join(extra)})"
        return "\n".join([f"{self._title()}(", *("  " + line for line in extra), *lines, ")"])

    def _title(self) -> str:
        return type(self).__name__

    def _lines(self) -> list[str]:
        return [self._line(name, repr(module)) for name, module in self._own("module")]

    @staticmethod
    def _line(name: str, text: str) -> str:
        return f"  ({name}): " + text.replace("\n", "\n  ")


def _converted(old: Any, backend: str | None, dtype: Any, device: Any) -> Any:
    """A Tensor like an old one elsewhere: a parameter with its gradient, or a buffer."""
    xp = old.__array_namespace__() if backend is None else agrad.namespace(backend)
    floating = agrad.array_namespace(old).isdtype(old.dtype, ("real floating", "complex floating"))
    wanted = {"backend": backend, "dtype": dtype_of(xp, dtype) if floating else _narrow(xp, old), "device": device}
    new = agrad.asarray(old.detach(), **wanted)
    if not isinstance(old, Parameter) and not old.requires_grad:
        return new
    if old.requires_grad:
        new.requires_grad_()
        new.grad = None if old.grad is None else agrad.asarray(old.grad.detach(), **wanted)
    return mark(new)


def _narrow(xp: Any, old: Any) -> Any:
    """The backend's default integers, where it has none of 64 bits and they hold the values; else None."""
    source, info = agrad.array_namespace(old), xp.__array_namespace_info__()
    if old.dtype != source.int64 or "int64" in info.dtypes():
        return None
    dtype = info.default_dtypes()["integral"]
    limits = xp.iinfo(dtype)
    fits = source.all((old >= int(limits.min)) & (old <= int(limits.max)))
    return dtype if fits else None
