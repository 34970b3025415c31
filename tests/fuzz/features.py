"""What programs do not use by default, since agrad does not keep its word there yet; each with a program.

A name is that of a form in forms.py, of a check in judging.py, or of both, ``form-check``; ``backend:name`` is about
one backend. ``--all`` of the command turns everything on. The tests expect each program here to fail, and say so when
it no longer does: then its entry goes.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["FEATURES_OFF", "Known"]


@dataclass(frozen=True)
class Known:
    """Why a feature is off, and the statements of a program that fails: x is [1, 2, 3], m a matrix of 3 x 3, s 0-d.

    Element reads carry the marks of statements.py.
    """

    why: str
    program: str
    backend: str = "numpy"


ASSIGNED = (
    "JAX has no assignment: on Tensors it writes through slices and aliases, as everywhere, and += makes a new value"
)
PROMOTION = "PyTorch's operators keep float32 beside a 0-d float64; on Tensors they promote as the standard says"


def _jax(program: str) -> Known:
    return Known(ASSIGNED, program, "jax")


FEATURES_OFF: dict[str, Known] = {
    "jax:slice": _jax("y = x[1:]\ny[0] = 0.5"),
    "jax:new-axis": _jax("y = x[None, :]\ny[0, 0] = 0.5"),
    "jax:swap-rows": _jax("m[0], m[1] = m[1], m[0]"),
    "jax:asarray": _jax("y = xp.asarray(x)\ny[0] = 0.5"),
    "torch:broadcast-to": Known(
        "PyTorch writes into parts of a broadcast view that do not overlap; on Tensors such views are read-only",
        "y = xp.broadcast_to(x, (2, 3))\nz = y[0]\nz += 0.5",
        "torch",
    ),
    "torch:positive": Known(
        "PyTorch's own returns its argument; the backend's is a copy, as of every other library",
        "y = +x\ny += 0.5",
        "torch",
    ),
    "torch:cast": Known(PROMOTION, "y = xp.astype(x, xp.float32) * xp.mean(x) * 0.5", "torch"),
    "torch:argument-float32": Known(PROMOTION, "y = xp.astype(x, xp.float32) * s", "torch"),
}
