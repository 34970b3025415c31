"""Mutants that put results on the default device; array-api-strict, whose devices do not mix, is the referee."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from agrad.declare import Op
from sabotage.engine import mutants_of
from sabotage.mutant import Damage, Mutant, Row
from sabotage.rules import differentiable
from sabotage.wrapping import around, as_general, each

__all__ = ["device_mutants"]

REFEREE = "array-api-strict"
LEAK = "device leak"

ENGINE_ROWS = (
    Row("zeros", LEAK, "rules:zeros", "device=device_of(like)", "device=None"),
    Row("environment", LEAK, "rules:environment", "device=place_of(out)", "device=None"),
    Row("scalar", LEAK, "specialise:_case", ", device=place_of(v{i})", ""),
    Row("backward", LEAK, "/imperative:_filled", "device=held.device", "device=None"),
    Row("device_of", LEAK, "//agrad.ops._shapes:device_of", 'getattr(x, "device", None)', "None"),
    Row("place_of", LEAK, "//agrad.ops._shapes:place_of", "device_of(x)", "None"),
)
OP_ROWS = {
    "take_along_axis": (Row("grid", LEAK, "/ops.indexing:_put_along_axis", "place_of(indices)", "None"),),
    "repeat": (Row("positions", LEAK, "/ops.manipulation:_sum_of_repeats", "device=place_of(ct)", "device=None"),),
    "linalg.diagonal": (
        Row(
            "zeros",
            LEAK,
            "/ops._matrices:place_diagonal",
            "dtype=values.dtype, device=device_of(values)",
            "dtype=values.dtype",
        ),
        Row(
            "grid",
            LEAK,
            "/ops._matrices:place_diagonal",
            "xp.arange(size, device=device_of(values))",
            "xp.arange(size)",
        ),
    ),
    "linalg.det": (
        Row("eye", LEAK, "/ops._matrices:identity", ", device=device_of(like)", ""),
        Row("last", LEAK, "/ops.linalg:_adjugate", "xp.arange(n, device=device_of(x))", "xp.arange(n)"),
    ),
    "fft.fft": (Row("zeros", LEAK, "/ops.fft:_resize", ", device=device_of(y)", ""),),
    "fft.rfft": (
        Row(
            "bins",
            LEAK,
            "/ops.fft:_multiplicity",
            "xp.arange(n // 2 + 1, device=device_of(like))",
            "xp.arange(n // 2 + 1)",
        ),
        Row("counts", LEAK, "/ops.fft:_multiplicity", "dtype=real, device=device_of(like)", "dtype=real"),
    ),
}


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
