"""What scenarios are played on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import agrad
from agrad_conformance.checks.wrong import Wrong
from agrad_conformance.problem import Unsupported

__all__ = ["Ground"]


class Ground:
    """A backend to play a scenario on, in one dtype."""

    def __init__(self, backend: str, dtype: str) -> None:
        self.backend = agrad.plugins.backends()[backend]
        self.xp = agrad.namespace(backend)
        self.dtype = dtype
        self.need_dtype(dtype)

    def need_dtype(self, dtype: str) -> None:
        """End the scenario as unsupported where the backend has no such dtype."""
        if dtype not in self.xp.__array_namespace_info__().dtypes():
            raise Unsupported(self.backend.lacks.get("float64") or f"there is no {dtype} here")

    def need(self, *names: str) -> None:
        """End the scenario as unsupported where the backend lacks one of these ops or capabilities."""
        for name in names:
            if why := self.backend.reason(name):
                raise Unsupported(why)

    def array(self, values: Any, dtype: str = "") -> Any:
        """A plain array of the backend, of the ground's dtype unless another one is named."""
        return self.xp.asarray(np.array(values), dtype=getattr(self.xp, dtype or self.dtype)).array  # a fresh one

    def expect(self, found: Any, wanted: Any, what: str, dtype: str = "") -> None:
        """Equal up to rounding, in this dtype or the named one, on this backend."""
        dtype = dtype or self.dtype
        array = found.array if isinstance(found, agrad.Tensor) else found
        if not self.backend.owns(array):
            raise Wrong(f"{what} is a {type(array).__name__}, which is no array of the backend")
        host, wanted = np.asarray(self.backend.host(array)), np.asarray(wanted)
        if host.dtype.name != dtype or host.shape != wanted.shape:
            raise Wrong(f"{what} is {host.dtype}{list(host.shape)}; expected is {dtype}{list(wanted.shape)}")
        tolerance = 64 * float(np.finfo(dtype).eps)
        if not np.allclose(host, wanted, rtol=tolerance, atol=tolerance):
            raise Wrong(f"{what} is {host.tolist()}; expected is {wanted.tolist()}")

    def refused(self, what: str, kind: type[Exception], action: Callable[[], Any]) -> None:
        """An action raises an exception of a kind."""
        try:
            action()
        except kind:
            return
        raise Wrong(f"{what} did not raise {kind.__name__}")

    def leaf(self, values: Any) -> Any:
        """A Tensor that collects its gradient."""
        return self.xp.asarray(self.array(values), requires_grad=True)
