"""Loading a state into a module: everything is checked before anything is changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import agrad
from agrad.errors import AgradError
from agrad_nn.errors import StateError
from agrad_nn.init import fill

__all__ = ["Loaded", "fitting", "load"]

KINDS = ("bool", "integral", "real floating", "complex floating")


class Loaded(NamedTuple):
    """Which names a state did not have, and which it had too many."""

    missing_keys: list[str]
    unexpected_keys: list[str]


def load(module: Any, state: Mapping[str, Any], strict: bool) -> Loaded:
    """Give a module's parameters and buffers the values of a state: see `Module.load_state_dict`."""
    what = type(module).__name__
    targets = {
        name: vars(owner)[attribute] for name, owner, attribute in module.places() if attribute not in owner._transient
    }
    found = Loaded([name for name in targets if name not in state], [name for name in state if name not in targets])
    if strict and (found.missing_keys or found.unexpected_keys):
        parts = [
            f"{verb} {', '.join(map(repr, names))}"
            for verb, names in (("lacks", found.missing_keys), ("has the unknown", found.unexpected_keys))
            if names
        ]
        raise StateError(f"{what}: the state {' and '.join(parts)}; strict=False loads what there is")
    values = [
        (target, fitting(state[name], target, f"{what}: the entry {name!r}", "this module"))
        for name, target in targets.items()
        if name in state
    ]
    for target, value in values:
        fill(target, value)
    return found


def fitting(value: Any, target: Any, entry: str, owner: str) -> Any:
    """An entry as a constant like its target, which may be of another backend; other shapes and kinds are refused."""
    xp = target.__array_namespace__()
    try:
        given = agrad.asarray(value.detach() if isinstance(value, agrad.Tensor) else value)
    except (AgradError, TypeError, ValueError) as error:
        raise StateError(f"{entry} is a {type(value).__name__}, of which no array can be made ({error})") from error
    if given.shape != target.shape:
        raise StateError(f"{entry} has shape {given.shape}; {owner} has shape {target.shape} there")
    if _kind(given) > _kind(target):
        raise StateError(
            f"{entry} has dtype {given.dtype}; {owner} has dtype {target.dtype} there, which cannot hold it"
        )
    return agrad.asarray(given, backend=agrad.backend_name(xp), dtype=target.dtype, device=target.device, copy=True)


def _kind(t: Any) -> int:
    xp = t.__array_namespace__()
    return next(i for i, kind in enumerate(KINDS) if xp.isdtype(t.dtype, kind))
