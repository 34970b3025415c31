"""Loading a state into a module, with PyTorch's messages; all is checked before anything is changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from agrad_nn.errors import StateError
from agrad_nn.modules.loading import fitting
from agrad_torchlike.inplace import settle
from agrad_torchlike.sizes import Size
from agrad_torchlike.tensors import raw

__all__ = ["Loaded", "load"]


class Loaded(NamedTuple):
    """Which names a state did not have, and which it had too many."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


def load(module: Any, state: Mapping[str, Any], strict: bool) -> Loaded:
    """Give a module's parameters and buffers the values of a state."""
    what = type(module).__name__
    if not isinstance(state, Mapping):
        raise TypeError(f"Expected state_dict to be dict-like, got {type(state)}.")
    targets = {
        name: vars(owner)[attribute] for name, owner, attribute in module.places() if attribute not in owner._transient
    }
    missing = [name for name in targets if name not in state and not name.endswith("num_batches_tracked")]
    found = Loaded(missing, [name for name in state if name not in targets])
    wrong = []
    if strict:
        for verb, names in (("Missing", found.missing_keys), ("Unexpected", found.unexpected_keys)):
            if names:
                wrong.append(f"{verb} key(s) in state_dict: {_quoted(names)}. ")
    values = []
    for name, target in targets.items():
        if name not in state:
            continue
        given = raw(state[name])
        shape = getattr(given, "shape", None)
        if shape is not None and tuple(shape) != target._t.shape:
            wrong.append(
                f"size mismatch for {name}: copying a param with shape {Size(shape)} from checkpoint, the shape in "
                f"current model is {Size(target.shape)}."
            )
            continue
        try:
            values.append((target, fitting(given, target._t, f"the entry {name!r}", "this module")))
        except StateError as error:
            wrong.append(str(error))
    if wrong:
        raise RuntimeError(f"Error(s) in loading state_dict for {what}:\n\t" + "\n\t".join(wrong))
    for target, value in values:
        settle(target, value, "load_state_dict")
    return found


def _quoted(names: list[str]) -> str:
    return ", ".join([f'"{name}"' for name in names])
