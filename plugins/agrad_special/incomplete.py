"""The incomplete gamma and beta functions, in all their arguments, and their inverses."""

from __future__ import annotations

from typing import Any

from agrad.declare import elementwise
from agrad_special.cases import binary, few, root
from agrad_special.compute import incomplete_beta, incomplete_gamma
from agrad_special.natives import scipy_special
from agrad_special.text import described

__all__ = ["OPS", "scipy_alone"]

A_OF_GAMMA = (
    "For a it is the integral with the factor log(t) - digamma(a), by the rule that computes the function in the "
    "standard; R. J. Moore, Applied Statistics 31 (1982) 330-335, has it by series."
)
OF_BETA = (
    "x**(a - 1) (1 - x)**(b - 1) / beta(a, b) for x (DLMF 8.17.1). For a it is the integral with the factor log(t) - "
    "digamma(a) + digamma(a + b), for b likewise; R. J. Boik and J. F. Robison-Cox, Journal of Statistical Software 3 "
    "(1998), have it by continued fractions."
)
MEMORY = "On the way 150 times the memory of the arguments is taken."
ACCURACY_OF_GAMMA = (
    "3 units of rounding and what rounding the arguments makes of it, for a from 1e-8 to 1e6; derivatives for a 6 "
    f"times that. {MEMORY}"
)
ACCURACY_OF_BETA = (
    "100 units of rounding and what rounding the arguments makes of it, for a and b from 1e-6 to 200, and the "
    "derivatives for them likewise; a relative error of 1e-10 where one is below 0.2 and the other up to 1e5. "
    f"{MEMORY}"
)
INVERSE = "By the implicit function theorem, from the derivatives of {}: one over that for {} for the last argument."
ALONE = "SciPy and CuPy have it, and no computation in the standard: other backends raise."


def scipy_alone(name: str) -> dict[str, Any]:
    """The functions that SciPy has, and CuPy like it."""
    return scipy_special(name, torch="", jax="")


OPS = (
    elementwise(
        "gammainc(a, x, /)",
        lambda xp, a, x: incomplete_gamma.slope(xp, a, x),
        lambda xp, a, x: incomplete_gamma.density(xp, a, x),
        forward=incomplete_gamma.gammainc,
        native=scipy_alone("gammainc"),
        reference=lambda mp, a, x: mp.gammainc(a, 0, x, regularized=True),
        cases=binary(0.3, 5, condition=64),
        doc=described(
            "Regularised lower incomplete gamma function, the integral of t**(a - 1) exp(-t) / gamma(a) up to x.",
            f"x**(a - 1) exp(-x) / gamma(a) for x (DLMF 8.8.13). {A_OF_GAMMA}",
            ">>> round(float(xp.special.gammainc(xp.asarray(1.0), xp.asarray(2.0))), 6)\n0.864665\n"
            ">>> round(float(agrad.grad(xp.special.gammainc)(1.0, 2.0)), 6)\n-0.220825",
            accuracy=ACCURACY_OF_GAMMA,
            a="The first argument, positive.",
            x="Where the integral ends.",
        ),
    ),
    elementwise(
        "gammaincc(a, x, /)",
        lambda xp, a, x: -incomplete_gamma.slope(xp, a, x),
        lambda xp, a, x: -incomplete_gamma.density(xp, a, x),
        forward=incomplete_gamma.gammaincc,
        native=scipy_alone("gammaincc"),
        reference=lambda mp, a, x: mp.gammainc(a, x, mp.inf, regularized=True),
        cases=binary(0.3, 5, condition=64),
        doc=described(
            "Regularised upper incomplete gamma function: 1 - gammainc(a, x), with all digits where that is small.",
            f"Minus that of gammainc. {A_OF_GAMMA}",
            ">>> print(f'{float(xp.special.gammaincc(xp.asarray(1.0), xp.asarray(50.0))):.6g}')\n1.92875e-22",
            accuracy=ACCURACY_OF_GAMMA,
            a="The first argument, positive.",
            x="Where the integral begins.",
        ),
    ),
    elementwise(
        "gammaincinv(a, y, /)",
        lambda xp, out, a: -incomplete_gamma.slope(xp, a, out) / incomplete_gamma.density(xp, a, out),
        lambda xp, out, a: 1 / incomplete_gamma.density(xp, a, out),
        native=scipy_alone("gammaincinv"),
        reference=lambda mp, a, y: _gamma_root(mp, a, y),
        cases=few((0.3, 3), (0.2, 0.8), condition=64),
        doc=described(
            "Inverse of gammainc in x: the quantile of the gamma distribution.",
            INVERSE.format("gammainc", "x"),
            ">>> round(float(xp.special.gammaincinv(xp.asarray(1.0), xp.asarray(0.5))), 6)  # log(2)\n0.693147",
            notes=ALONE,
            a="The first argument, positive.",
            y="Values of gammainc, from 0 to 1.",
        ),
    ),
    elementwise(
        "gammainccinv(a, y, /)",
        lambda xp, out, a: -incomplete_gamma.slope(xp, a, out) / incomplete_gamma.density(xp, a, out),
        lambda xp, out, a: -1 / incomplete_gamma.density(xp, a, out),
        native=scipy_alone("gammainccinv"),
        reference=lambda mp, a, y: _gamma_root(mp, a, 1 - y),
        cases=few((0.3, 3), (0.2, 0.8), condition=64),
        doc=described(
            "Inverse of gammaincc in x.",
            INVERSE.format("gammaincc", "x"),
            ">>> round(float(xp.special.gammainccinv(xp.asarray(1.0), xp.asarray(0.5))), 6)  # log(2)\n0.693147",
            notes=ALONE,
            a="The first argument, positive.",
            y="Values of gammaincc, from 0 to 1.",
        ),
    ),
    elementwise(
        "betainc(a, b, x, /)",
        lambda xp, a, b, x: incomplete_beta.slope(xp, a, b, x, 0),
        lambda xp, a, b, x: incomplete_beta.slope(xp, a, b, x, 1),
        lambda xp, a, b, x: incomplete_beta.density(xp, a, b, x),
        forward=incomplete_beta.betainc,
        native=scipy_alone("betainc"),
        reference=lambda mp, a, b, x: mp.betainc(a, b, 0, x, regularized=True),
        cases=few((0.3, 4), (0.3, 4), (0.1, 0.9), condition=64),
        doc=described(
            "Regularised incomplete beta function, the integral of t**(a - 1) (1 - t)**(b - 1) / beta(a, b) up to x.",
            OF_BETA,
            ">>> round(float(xp.special.betainc(xp.asarray(2.0), xp.asarray(3.0), xp.asarray(0.5))), 6)\n0.6875\n"
            ">>> round(float(agrad.grad(xp.special.betainc)(2.0, 3.0, 0.5)), 6)\n-0.195289",
            accuracy=ACCURACY_OF_BETA,
            a="The first argument, positive.",
            b="The second argument, positive.",
            x="Where the integral ends, from 0 to 1.",
        ),
    ),
    elementwise(
        "betaincc(a, b, x, /)",
        lambda xp, a, b, x: -incomplete_beta.slope(xp, a, b, x, 0),
        lambda xp, a, b, x: -incomplete_beta.slope(xp, a, b, x, 1),
        lambda xp, a, b, x: -incomplete_beta.density(xp, a, b, x),
        forward=incomplete_beta.betaincc,
        native=scipy_alone("betaincc"),
        reference=lambda mp, a, b, x: mp.betainc(a, b, x, 1, regularized=True),
        cases=few((0.3, 4), (0.3, 4), (0.1, 0.9), condition=64),
        doc=described(
            "Complement of betainc: the integral from x to 1, with its digits where that is small.",
            f"Minus that of betainc: {OF_BETA}",
            ">>> round(float(xp.special.betaincc(xp.asarray(2.0), xp.asarray(3.0), xp.asarray(0.5))), 6)\n0.3125",
            accuracy=ACCURACY_OF_BETA,
            a="The first argument, positive.",
            b="The second argument, positive.",
            x="Where the integral begins, from 0 to 1.",
        ),
    ),
    elementwise(
        "betaincinv(a, b, y, /)",
        lambda xp, out, a, b: -incomplete_beta.slope(xp, a, b, out, 0) / incomplete_beta.density(xp, a, b, out),
        lambda xp, out, a, b: -incomplete_beta.slope(xp, a, b, out, 1) / incomplete_beta.density(xp, a, b, out),
        lambda xp, out, a, b: 1 / incomplete_beta.density(xp, a, b, out),
        native=scipy_alone("betaincinv"),
        reference=lambda mp, a, b, y: _beta_root(mp, a, b, y),
        cases=few((0.8, 4), (0.8, 4), (0.2, 0.8), condition=64),
        doc=described(
            "Inverse of betainc in x: the quantile of the beta distribution.",
            INVERSE.format("betainc", "x"),
            ">>> round(float(xp.special.betaincinv(xp.asarray(2.0), xp.asarray(3.0), xp.asarray(0.6875))), 6)\n0.5",
            notes=ALONE,
            a="The first argument, positive.",
            b="The second argument, positive.",
            y="Values of betainc, from 0 to 1.",
        ),
    ),
    elementwise(
        "betainccinv(a, b, y, /)",
        lambda xp, out, a, b: -incomplete_beta.slope(xp, a, b, out, 0) / incomplete_beta.density(xp, a, b, out),
        lambda xp, out, a, b: -incomplete_beta.slope(xp, a, b, out, 1) / incomplete_beta.density(xp, a, b, out),
        lambda xp, out, a, b: -1 / incomplete_beta.density(xp, a, b, out),
        native=scipy_alone("betainccinv"),
        reference=lambda mp, a, b, y: _beta_root(mp, a, b, 1 - y),
        cases=few((0.8, 4), (0.8, 4), (0.2, 0.8), condition=64),
        doc=described(
            "Inverse of betaincc in x.",
            INVERSE.format("betaincc", "x"),
            ">>> round(float(xp.special.betainccinv(xp.asarray(2.0), xp.asarray(3.0), xp.asarray(0.3125))), 6)\n0.5",
            notes=ALONE,
            a="The first argument, positive.",
            b="The second argument, positive.",
            y="Values of betaincc, from 0 to 1.",
        ),
    ),
)


def _gamma_root(mp: Any, a: Any, y: Any) -> Any:
    density = lambda x: x ** (a - 1) * mp.exp(-x) / mp.gamma(a)  # noqa: E731
    return root(mp, lambda x: mp.gammainc(a, 0, x, regularized=True) - y, density, a / 100, 3 * a + 3)


def _beta_root(mp: Any, a: Any, b: Any, y: Any) -> Any:
    density = lambda x: x ** (a - 1) * (1 - x) ** (b - 1) / mp.beta(a, b)  # noqa: E731
    return root(mp, lambda x: mp.betainc(a, b, 0, x, regularized=True) - y, density, 0.01, 0.99)
