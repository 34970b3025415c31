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


ELEMENTS = "elements are values, and are written through today"
VIEW = "this function's result shares memory in the plain run, and not on Tensors"
IMMUTABLE = "JAX's arrays do not change: functions and slices give independent ones, and += makes a new value"
PROMOTION = "PyTorch's operators keep float32 beside a 0-d float64; on Tensors they promote as the standard says"


ACCUMULATION = "the backward pass adds a followed cotangent into a constant one in place"
LINEAR = "a = x * 0.5\nb = a ** 1\nd = a + 0.5"


def _jax(program: str) -> Known:
    return Known(IMMUTABLE, program, "jax")


def _view(call: str) -> Known:
    return Known(VIEW, f"y = {call}\ny += 0.5")


FEATURES_OFF: dict[str, Known] = {
    "element": Known(ELEMENTS, "a = own(x[0])\nx[0] = 0.5"),
    "element-augmented": Known(ELEMENTS, "a = own(x[0])\na += x[1]"),
    "element-kept": Known(ELEMENTS, "a = own(x[0])\nx[0] = a * 0.5 + 0.25\nx[1] += a"),
    "swap-elements": Known(ELEMENTS, "x[0], x[2] = own(x[2]), own(x[0])"),
    "unpack": Known(ELEMENTS, "a, b, d = each(x)\na += d * 0.5"),
    "loop-over-elements": Known(ELEMENTS, "for e in each(x):\n    e += 0.5"),
    "iterator": Known(ELEMENTS, "it = iter(each(x))\na = next(it)\na += next(it)"),
    "best-so-far": Known(
        ELEMENTS, "a = own(x[0])\nfor k in range(3):\n    if own(x[k]) > a:\n        a = own(x[k])\n        x[k] = 0"
    ),
    "bubble-sort": Known(
        ELEMENTS, "for k in (0, 1):\n    if x[k] < x[k + 1]:\n        x[k], x[k + 1] = own(x[k + 1]), own(x[k])"
    ),
    "augmented-0d": Known("a scalar is a value: += makes a new one", "a = xp.sum(x) * 0.2\nb = a\nb += 0.5"),
    "reshape": _view("xp.reshape(x, (-1,))"),
    "permute-dims": _view("xp.permute_dims(m, (1, 0))"),
    "T": _view("m.T"),
    "mT": _view("m.mT"),
    "matrix-transpose": _view("xp.matrix_transpose(m)"),
    "moveaxis": _view("xp.moveaxis(m, 0, -1)"),
    "expand-dims": _view("xp.expand_dims(x, axis=0)"),
    "flip": _view("xp.flip(x, axis=0)"),
    "real": _view("xp.real(x)"),
    "astype-same": _view("xp.astype(x, x.dtype, copy=False)"),
    "squeeze": _view("xp.squeeze(x[None, :], axis=0)"),
    "diagonal": Known(VIEW, "y = xp.linalg.diagonal(m)\nm[0, 0] = 0.9"),
    "broadcast-to": Known(VIEW, "y = xp.broadcast_to(x, (2, 3))\nx[0] = 0.5"),
    "unstack": Known(VIEW, "a, b, d = xp.unstack(m)\na += 0.5"),
    "no-grad-change-second-order": Known(
        "an in-place change under no_grad loses the second order",
        "y = x * 0.5\nwith agrad.no_grad():\n    y *= 1.5\nz = y * y * xp.sin(y)",
    ),
    "numpy:linear-total": Known(ACCUMULATION, LINEAR),
    "array-api-strict:linear-total": Known(ACCUMULATION, LINEAR, "array-api-strict"),
    "jax:slice": _jax("y = x[1:]\ny[0] = 0.5"),
    "jax:new-axis": _jax("y = x[None, :]\ny[0, 0] = 0.5"),
    "jax:alias": _jax("y = x\ny += 0.5"),
    "jax:helper": _jax("def step(u):\n    u += 0.5\n    return u\ny = step(x)"),
    "jax:tuple-state": _jax("state = (x, s)\np, q = state\np *= 0.5"),
    "jax:dict-state": _jax('state = {"p": x, "q": [x, s]}\nstate["p"] += 0.5'),
    "jax:swap-rows": _jax("m[0], m[1] = m[1], m[0]"),
    "jax:asarray": _jax("y = xp.asarray(x)\ny[0] = 0.5"),
    "jax:no-grad-change": _jax("y = x * 0.5\nwith agrad.no_grad():\n    y *= 0.5"),
    "torch:positive": Known(VIEW, "y = +x\ny += 0.5", "torch"),
    "torch:conj": Known(VIEW, "y = xp.conj(x)\ny += 0.5", "torch"),
    "torch:cast": Known(PROMOTION, "y = xp.astype(x, xp.float32) * xp.mean(x) * 0.5", "torch"),
    "torch:argument-float32": Known(PROMOTION, "y = xp.astype(x, xp.float32) * s", "torch"),
    "array-api-strict:new-axis": Known(
        "writing through a new axis takes None in an index, which the library refuses in an assignment",
        "y = x[None, ...]\ny *= 0.5",
        "array-api-strict",
    ),
    "array-api-strict:reflected-scalar-second-order": Known(
        "reflected operators swap their operands in the second order where the library does not defer to Tensors",
        "y = 1.0 / x",
        "array-api-strict",
    ),
}
