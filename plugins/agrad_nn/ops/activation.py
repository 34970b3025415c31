"""Activations: pointwise functions with PyTorch's conventions where they have no derivative."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agrad.cases import Case
from agrad.declare import POINTWISE, composite, elementwise, general
from agrad_nn.compute.activation import (
    CUBE,
    SELU_ALPHA,
    SELU_SCALE,
    elu,
    elu_slope,
    gelu,
    gelu_slope,
    leaky,
    log_sigmoid,
    sigmoid,
    softplus,
    softplus_slope,
)
from agrad_nn.compute.common import reals
from agrad_nn.natives import functional
from agrad_special.text import described

__all__ = ["OPS"]


def _tried(*settings: Mapping[str, Any]) -> tuple[Case, ...]:
    """Numbers on both sides of what kinks there are: a matrix, with each of the settings, a 0-d array and none."""
    return (
        *(Case(lambda draw: (draw.apart(3, 4),), given) for given in settings or ({},)),
        Case(lambda draw: (draw.apart(),)),
        Case(lambda draw: (draw(0, 2),)),
    )


def _given(call: str, result: str, slope: str) -> str:
    """Examples of an op: its values and its slopes at -2, 0 and 2."""
    f = call if call.startswith("xp") else f"xp.nn.{call}"
    return (
        f">>> x = xp.asarray([-2.0, 0.0, 2.0])\n>>> f = {f}\n"
        f">>> [round(v, 4) for v in f(x).tolist()]\n{result}\n"
        f">>> [round(v, 4) for v in agrad.grad(lambda x: xp.sum(f(x)))(x).tolist()]\n{slope}"
    )


def _high_elu(mp: Any, x: Any, alpha: Any) -> Any:
    return x if x > 0 else alpha * mp.expm1(x)


def _high_softplus(mp: Any, x: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    return x if beta * x > threshold else mp.log1p(mp.exp(beta * x)) / beta


def _high_gelu(mp: Any, x: Any, approximate: str = "none") -> Any:
    if approximate == "none":
        return x * mp.ncdf(x)
    return x * (1 + mp.tanh(mp.sqrt(2 / mp.pi) * (x + mp.mpf(CUBE) * x**3))) / 2


def _open(x: Any, low: float, high: float) -> Any:
    """Whether x is inside of an interval, its ends left out."""
    return (x > low) & (x < high)


def _real(xp: Any, name: str, x: Any) -> Any:
    (x,) = reals(xp, name, x)
    return x


def _hardtanh(xp: Any, x: Any, min_val: float, max_val: float) -> Any:
    if not min_val < max_val:
        raise ValueError(f"nn.hardtanh got min_val={min_val} and max_val={max_val}; the first must be the smaller one")
    return xp.clip(_real(xp, "hardtanh", x), min_val, max_val)


OPS = (
    general(
        "relu(x, /)",
        vjp=lambda xp, ct, out: xp.where(out > 0, ct, 0),
        jvp=lambda xp, t, out: xp.where(out > 0, t, 0),
        forward=lambda xp, x: xp.maximum(_real(xp, "relu", x), 0),
        native={"torch": "torch:relu"},
        axes=POINTWISE,
        reference=lambda mp, x: _each(lambda v: max(v, mp.mpf(0)), x),
        cases=_tried(),
        doc=described(
            "Rectified linear unit: the positive part, max(x, 0).",
            "1 where x is positive, 0 elsewhere, at 0 too.",
            _given("relu", "[0.0, 0.0, 2.0]", "[0.0, 0.0, 1.0]"),
        ),
    ),
    elementwise(
        "sigmoid(x, /)",
        lambda out: out * (1 - out),
        forward=lambda xp, x: sigmoid(xp, _real(xp, "sigmoid", x)),
        native={"jax": "jax.nn:sigmoid", "torch": "torch:sigmoid"},
        reference=lambda mp, x: 1 / (1 + mp.exp(-x)),
        cases=_tried(),
        doc=described(
            "Logistic function: 1 / (1 + exp(-x)).",
            "out * (1 - out), which is 0 where the function is 1 to rounding; xp.special.expit keeps its digits there.",
            _given("sigmoid", "[0.1192, 0.5, 0.8808]", "[0.105, 0.25, 0.105]"),
        ),
    ),
    elementwise(
        "log_sigmoid(x, /)",
        lambda xp, x: sigmoid(xp, -x),
        forward=lambda xp, x: log_sigmoid(xp, _real(xp, "log_sigmoid", x)),
        native=functional("logsigmoid", jax="log_sigmoid"),
        reference=lambda mp, x: -mp.log1p(mp.exp(-x)),
        cases=_tried(),
        doc=described(
            "Logarithm of the logistic function: -log(1 + exp(-x)).",
            "sigmoid(-x).",
            _given("log_sigmoid", "[-2.1269, -0.6931, -0.1269]", "[0.8808, 0.5, 0.1192]"),
        ),
    ),
    elementwise(
        "gelu(x, /, *, approximate='none')",
        lambda xp, x, kept, approximate: gelu_slope(xp, x, kept, approximate),
        residual=lambda xp, x, approximate: gelu(xp, x, approximate),
        forward=lambda xp, x, approximate: gelu(xp, x, approximate)[0],
        reference=_high_gelu,
        cases=_tried({}, {"approximate": "tanh"}),
        doc=described(
            "Gaussian error linear unit: x times the probability that a normal number is less than x.",
            "That probability, plus x times the density; with approximate='tanh', the derivative of that formula.",
            _given("gelu", "[-0.0455, 0.0, 1.9545]", "[-0.0852, 0.5, 1.0852]"),
            x="The numbers.",
            approximate=(
                "{'none', 'tanh'}, optional",
                "Whether to compute it, or x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2.",
            ),
            raises=("ValueError", "`approximate` is something else."),
        ),
    ),
    elementwise(
        "silu(x, /)",
        lambda xp, x, out: _silu_slope(xp, out, sigmoid(xp, x)),
        forward=lambda xp, x: _silu(xp, _real(xp, "silu", x)),
        native=functional("silu"),
        reference=lambda mp, x: x / (1 + mp.exp(-x)),
        cases=_tried(),
        doc=described(
            "Sigmoid linear unit, or swish: x * sigmoid(x).",
            "sigmoid(x) * (1 + x * (1 - sigmoid(x))).",
            _given("silu", "[-0.2384, 0.0, 1.7616]", "[-0.0908, 0.5, 1.0908]"),
        ),
    ),
    composite(
        "mish(x, /)",
        lambda xp, x: x * xp.tanh(xp.nn.softplus(x)),
        reference=lambda mp, x: _each(lambda v: v * mp.tanh(mp.log1p(mp.exp(v))), x),
        cases=_tried(),
        doc=described(
            "x * tanh(softplus(x)).",
            "That of the composition.",
            _given("mish", "[-0.2525, 0.0, 1.944]", "[-0.1084, 0.6, 1.0693]"),
        ),
    ),
    elementwise(
        "softplus(x, /, *, beta=1.0, threshold=20.0)",
        lambda xp, x, beta, threshold: softplus_slope(xp, x, beta, threshold),
        forward=lambda xp, x, beta, threshold: softplus(xp, _real(xp, "softplus", x), beta, threshold),
        native={"torch": "torch.nn.functional:softplus"},
        reference=_high_softplus,
        cases=_tried({}, {"beta": 2.5}, {"beta": 4.0, "threshold": 3.0}),
        doc=described(
            "A smooth relu: log(1 + exp(beta * x)) / beta.",
            "sigmoid(beta * x), and 1 beyond the threshold.",
            _given("softplus", "[0.1269, 0.6931, 2.1269]", "[0.1192, 0.5, 0.8808]"),
            x="The numbers.",
            beta=("float, optional", "How sharp the bend is."),
            threshold=(
                "float, optional",
                "Where beta * x is greater, the result is x. At 20, the default, that is off by 2e-9, as in PyTorch; "
                "math.inf leaves the function as it is.",
            ),
        ),
    ),
    elementwise(
        "softsign(x, /)",
        lambda xp, x: 1 / xp.square(1 + xp.abs(x)),
        forward=lambda xp, x: _softsign(xp, _real(xp, "softsign", x)),
        reference=lambda mp, x: x / (1 + abs(x)),
        cases=_tried(),
        doc=described(
            "x / (1 + abs(x)).",
            "1 / (1 + abs(x))**2; the second derivative at 0 is 0.",
            _given("softsign", "[-0.6667, 0.0, 0.6667]", "[0.1111, 1.0, 0.1111]"),
        ),
    ),
    general(
        "leaky_relu(x, /, *, negative_slope=0.01)",
        vjp=lambda xp, ct, x, negative_slope: leaky(xp, x, ct, negative_slope),
        jvp=lambda xp, t, x, negative_slope: leaky(xp, x, t, negative_slope),
        forward=lambda xp, x, negative_slope: _leaky_relu(xp, _real(xp, "leaky_relu", x), negative_slope),
        native=functional("leaky_relu"),
        axes=POINTWISE,
        reference=lambda mp, x, negative_slope=0.01: _each(lambda v: v if v > 0 else mp.mpf(negative_slope) * v, x),
        cases=_tried({}, {"negative_slope": 0.25}, {"negative_slope": 1.5}),
        doc=described(
            "x where it is positive, and a multiple of it elsewhere.",
            "1 where x is positive, `negative_slope` elsewhere, at 0 too.",
            _given("leaky_relu", "[-0.02, 0.0, 2.0]", "[0.01, 0.01, 1.0]"),
            x="The numbers.",
            negative_slope=("float, optional", "The factor for negative numbers."),
        ),
    ),
    elementwise(
        "elu(x, /, *, alpha=1.0)",
        lambda xp, x, alpha: elu_slope(xp, x, alpha),
        forward=lambda xp, x, alpha: elu(xp, _real(xp, "elu", x), alpha),
        native=functional("elu"),
        reference=lambda mp, x, alpha=1.0: _high_elu(mp, x, mp.mpf(alpha)),
        cases=_tried({}, {"alpha": 0.5}),
        doc=described(
            "Exponential linear unit: x where it is positive, alpha * (exp(x) - 1) elsewhere.",
            "1 where x is positive, alpha * exp(x) elsewhere, at 0 too.",
            _given("elu", "[-0.8647, 0.0, 2.0]", "[0.1353, 1.0, 1.0]"),
            x="The numbers.",
            alpha=("float, optional", "The factor for negative numbers."),
        ),
    ),
    elementwise(
        "selu(x, /)",
        lambda xp, x: SELU_SCALE * elu_slope(xp, x, SELU_ALPHA),
        forward=lambda xp, x: SELU_SCALE * elu(xp, _real(xp, "selu", x), SELU_ALPHA),
        native=functional("selu"),
        reference=lambda mp, x: mp.mpf(SELU_SCALE) * _high_elu(mp, x, mp.mpf(SELU_ALPHA)),
        cases=_tried(),
        doc=described(
            "Scaled exponential linear unit, which keeps mean 0 and variance 1 (Klambauer et al., 2017).",
            "That of elu with alpha = 1.6733, times 1.0507.",
            _given("selu", "[-1.5202, 0.0, 2.1014]", "[0.2379, 1.7581, 1.0507]"),
        ),
    ),
    general(
        "relu6(x, /)",
        vjp=lambda xp, ct, x: xp.where(_open(x, 0, 6), ct, 0),
        jvp=lambda xp, t, x: xp.where(_open(x, 0, 6), t, 0),
        forward=lambda xp, x: xp.clip(_real(xp, "relu6", x), 0, 6),
        axes=POINTWISE,
        reference=lambda mp, x: _each(lambda v: min(max(v, mp.mpf(0)), mp.mpf(6)), x),
        cases=(*_tried(), Case(lambda draw: (4 * draw.apart(5),))),
        doc=described(
            "relu that ends at 6.",
            "1 inside of the interval from 0 to 6, 0 elsewhere, at its ends too.",
            _given("relu6", "[0.0, 0.0, 2.0]", "[0.0, 0.0, 1.0]"),
        ),
    ),
    general(
        "hardtanh(x, /, *, min_val=-1.0, max_val=1.0)",
        vjp=lambda xp, ct, x, min_val, max_val: xp.where(_open(x, min_val, max_val), ct, 0),
        jvp=lambda xp, t, x, min_val, max_val: xp.where(_open(x, min_val, max_val), t, 0),
        forward=_hardtanh,
        axes=POINTWISE,
        reference=lambda mp, x, min_val=-1.0, max_val=1.0: _each(
            lambda v: min(max(v, mp.mpf(min_val)), mp.mpf(max_val)), x
        ),
        cases=_tried({}, {"min_val": -0.5, "max_val": 0.25}),
        doc=described(
            "x, cut at the ends of an interval.",
            "1 inside of the interval, 0 elsewhere, at its ends too; that of xp.clip is 1 there.",
            _given("hardtanh", "[-1.0, 0.0, 1.0]", "[0.0, 1.0, 0.0]"),
            x="The numbers.",
            min_val=("float, optional", "The lower end."),
            max_val=("float, optional", "The upper end."),
            raises=("ValueError", "The lower end is not below the upper one."),
        ),
    ),
)


def _each(function: Any, x: Any) -> Any:
    import numpy as np

    return np.frompyfunc(function, 1, 1)(x)


def _silu(xp: Any, x: Any) -> Any:
    return x * sigmoid(xp, x)


def _silu_slope(xp: Any, out: Any, s: Any) -> Any:
    return s + out * (1 - s)


def _softsign(xp: Any, x: Any) -> Any:
    return x / (1 + xp.abs(x))


def _leaky_relu(xp: Any, x: Any, slope: float) -> Any:
    return xp.maximum(x, 0) + slope * xp.minimum(x, 0)
