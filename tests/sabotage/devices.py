"""Mutants that put results on the default device; array-api-strict, whose devices do not mix, is the referee."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from agrad.declare import Op
from sabotage.mutant import Damage, Mutant, Row, mutants_of
from sabotage.rules import differentiable
from sabotage.wrapping import around, as_general, each

__all__ = ["device_mutants"]

REFEREE = "array-api-strict"
LEAK = "device leak"

DEVICE_OF, PLACE_OF = "ops._shapes:device_of", "ops._shapes:place_of"


def _nowhere(place: Any) -> Any:
    """No array says where it is, so that what is made beside it is on the default device."""
    return lambda x: None


def _zeros_nowhere(filled: Any) -> Any:
    def other(held: Any, ct: Any) -> Any:
        if ct is not None:
            return ct
        return held.tensor._space._raw.zeros(held.aval.shape, dtype=held.aval.dtype)

    return other


ENGINE_ROWS = (
    Row("zeros", LEAK, DEVICE_OF, _nowhere, "interpret.rules"),
    Row("environment", LEAK, PLACE_OF, _nowhere, "interpret.rules"),
    Row("backward", LEAK, "arrays.imperative:_filled", _zeros_nowhere),
    Row("device_of", LEAK, DEVICE_OF, _nowhere),
    Row("place_of", LEAK, PLACE_OF, _nowhere),
)
OP_ROWS = {
    "take_along_axis": (Row("grid", LEAK, PLACE_OF, _nowhere, "ops.indexing"),),
    "repeat": (Row("positions", LEAK, PLACE_OF, _nowhere, "ops.manipulation"),),
    "linalg.diagonal": (Row("grid", LEAK, DEVICE_OF, _nowhere, "ops._matrices"),),
    "linalg.det": (
        Row("eye", LEAK, DEVICE_OF, _nowhere, "ops._matrices"),
        Row("last", LEAK, DEVICE_OF, _nowhere, "ops.linalg"),
    ),
    "fft.fft": (Row("zeros", LEAK, DEVICE_OF, _nowhere, "ops.fft"),),
    "fft.rfft": (Row("bins", LEAK, DEVICE_OF, _nowhere, "ops.fft"),),
}
"""What the rules of an op make themselves."""


def device_mutants() -> Iterator[Mutant]:
    """Every mutant that moves data."""
    yield from mutants_of("device", ENGINE_ROWS, REFEREE)
    for name, rows in OP_ROWS.items():
        yield from mutants_of(f"device/{name}", rows, REFEREE, name)
    for op in differentiable():
        if op.name.partition(".")[0] in ("special", "einsum") or op.kind == "composite":
            continue
        for i, rule in enumerate(op.vjp):
            if rule is not None and rule != 0:
                yield Mutant(f"{op.name}/vjp-{i}/device", op.name, LEAK, REFEREE, partial(_moved, op, i))


def _moved(op: Op, i: int) -> Damage:
    general = as_general(op) if op.kind == "elementwise" else op
    rule = around(general.vjp[i], _to_default)  # type: ignore[arg-type]
    return Damage(general._replace(vjp=(*general.vjp[:i], rule, *general.vjp[i + 1 :])))


def _to_default(call: Callable[[dict[str, Any]], Any], given: dict[str, Any]) -> Any:
    import array_api_strict

    default = array_api_strict.__array_namespace_info__().default_device()
    return each(lambda g: g.to_device(default) if hasattr(g, "to_device") else g, call(given))
