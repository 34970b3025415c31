"""The PyTorch backend of agrad: its one record, made without importing PyTorch."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from operator import methodcaller
from typing import Any

from agrad.backend import Backend
from agrad.errors import BackendError
from agrad.plugins import hookimpl

__all__ = ["agrad_backends"]


VIEWS = (
    "astype", "broadcast_to", "conj", "expand_dims", "imag", "linalg.diagonal", "matrix_transpose", "moveaxis",
    "permute_dims", "real", "reshape", "squeeze", "unstack",
)  # fmt: skip
"""Functions whose results share memory with their argument, unless they have to copy it."""


@hookimpl
def agrad_backends() -> Iterable[Backend]:
    """Return the record of the PyTorch backend."""
    return [
        Backend(
            name="torch",
            load=_load,
            owns=_owns,
            own=_own,
            lean=_plain,
            admit=_plain,
            array=_plain,
            host=_host,
            views=VIEWS,
            read_only=("broadcast_to",),
            shares=_shares,
            layout=methodcaller("stride"),
            library="torch",
            expected_failures={"isin-*-complex*": "PyTorch's takes no complex numbers"},
            methods={"__torch_function__": classmethod(_torch_function)},
        )
    ]


def _load() -> Any:
    from agrad_torch import namespace

    return namespace


def _owns(x: object) -> bool:
    torch = sys.modules.get("torch")  # where PyTorch was never imported, nothing is a tensor of its
    if torch is None or not isinstance(x, torch.Tensor):
        return False
    _plain(x)
    return True


def _plain(array: Any) -> Any:
    """The same tensor, unless PyTorch's autograd follows it: two libraries would record one computation."""
    if array.requires_grad:
        raise BackendError(
            "agrad got a torch.Tensor with requires_grad=True, which PyTorch's own autograd follows; "
            "pass x.detach(), and let agrad follow it: agrad.tensor(x.detach(), requires_grad=True)"
        )
    return array


def _own(array: Any) -> Any:
    _plain(array)
    storage = array.untyped_storage()
    # a view, or (which an expanded tensor can be, too) one of several in a memory; inference mode does not tell; or in
    # the memory of another library
    if array.is_inference() or array._is_view() or storage.nbytes() != array.nbytes or not storage.resizable():
        return array.clone(memory_format=sys.modules["torch"].contiguous_format)
    return array


def _shares(out: Any, x: Any) -> bool:
    return bool(out.untyped_storage().data_ptr() == x.untyped_storage().data_ptr())


def _host(array: Any) -> Any:
    return _plain(array).cpu().resolve_conj().resolve_neg().numpy()


def _torch_function(cls: type, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
    """What PyTorch calls for a function, or an operator of its own tensors, that meets a Tensor of agrad's."""
    from torch.overrides import resolve_name

    name = resolve_name(function) or repr(function)
    method = name.removeprefix("torch.Tensor.")
    if method != name and method not in ("__getitem__", "__setitem__"):
        return NotImplemented  # the reflected operator of agrad's Tensor gets its turn
    raise TypeError(
        f"{name} got a Tensor of agrad's, whose gradients PyTorch cannot follow; use the function of the array API "
        "standard from agrad.array_namespace(t), or give PyTorch the constant t.detach().array"
    )
