"""Distribution functions: binomial, chi-square, F, negative binomial, Poisson, Student."""

from __future__ import annotations

from typing import Any

from agrad.cases import Case
from agrad.declare import composite, elementwise
from agrad_special.cases import binary, each, few, root
from agrad_special.compute import incomplete_beta, incomplete_gamma, student
from agrad_special.compute.common import reals, whole
from agrad_special.incomplete import scipy_alone
from agrad_special.refused import refused
from agrad_special.text import described

__all__ = ["OPS"]

COUNT = "it is a count"
BETA = "As accurate as betainc, by which it is computed where a backend has no function of its own."
GAMMA = "As accurate as gammainc, by which it is computed where a backend has no function of its own."


def counts(*fixed: float) -> list[Case]:
    """Counts that are plain numbers, and probabilities."""
    return [
        Case(lambda draw, s=s: (*fixed, draw.within(0.1, 0.9, *s)), condition=64)  # type: ignore[misc]
        for s in ((2, 3), (), (0, 2))
    ]


OPS = (
    elementwise(
        "bdtr(k, n, p, /)",
        refused("bdtr", "k", COUNT),
        refused("bdtr", "n", COUNT),
        lambda xp, k, n, p: -_binomial(xp, k, n, p),
        forward=lambda xp, k, n, p: _bdtr(xp, "bdtr", k, n, p, True),
        reference=lambda mp, k, n, p: mp.betainc(n - k, k + 1, 0, 1 - p, regularized=True),
        cases=counts(2.0, 5.0),
        doc=described(
            "Binomial distribution function: the probability of at most k successes in n trials.",
            "-(n - k) binomial(n, k) p**k (1 - p)**(n - k - 1) for p. There is none for the counts.",
            ">>> round(float(xp.special.bdtr(1, 2, xp.asarray(0.5))), 6)\n0.75",
            notes=BETA,
            k="How many successes; rounded down.",
            n="How many trials.",
            p="The probability of one success.",
        ),
    ),
    elementwise(
        "bdtrc(k, n, p, /)",
        refused("bdtrc", "k", COUNT),
        refused("bdtrc", "n", COUNT),
        lambda xp, k, n, p: _binomial(xp, k, n, p),
        forward=lambda xp, k, n, p: _bdtr(xp, "bdtrc", k, n, p, False),
        reference=lambda mp, k, n, p: mp.betainc(k + 1, n - k, 0, p, regularized=True),
        cases=counts(2.0, 5.0),
        doc=described(
            "Complement of bdtr: the probability of more than k successes in n trials.",
            "Minus that of bdtr.",
            ">>> round(float(xp.special.bdtrc(1, 2, xp.asarray(0.5))), 6)\n0.25",
            notes=BETA,
            k="How many successes; rounded down.",
            n="How many trials.",
            p="The probability of one success.",
        ),
    ),
    composite(
        "fdtr(dfn, dfd, x, /)",
        lambda xp, dfn, dfd, x: _fdtr(xp, *reals(xp, "fdtr", dfn, dfd, x)),
        reference=lambda mp, dfn, dfd, x: each(lambda m, n, x: _high_f(mp, m, n, x), dfn, dfd, x),
        cases=few((0.8, 6), (0.8, 6), (0.3, 3), condition=64),
        doc=described(
            "Distribution function of the F distribution.",
            "Those of betainc(dfn / 2, dfd / 2, dfn x / (dfd + dfn x)), in all three arguments.",
            ">>> round(float(xp.special.fdtr(xp.asarray(2.0), xp.asarray(4.0), xp.asarray(1.0))), 6)\n0.555556",
            notes=BETA,
            dfn="Degrees of freedom of the numerator, positive.",
            dfd="Degrees of freedom of the denominator, positive.",
            x="The numbers, 0 or more.",
        ),
    ),
    composite(
        "fdtrc(dfn, dfd, x, /)",
        lambda xp, dfn, dfd, x: _fdtrc(xp, *reals(xp, "fdtrc", dfn, dfd, x)),
        reference=lambda mp, dfn, dfd, x: each(lambda m, n, x: 1 - _high_f(mp, m, n, x), dfn, dfd, x),
        cases=few((0.8, 6), (0.8, 6), (0.3, 3), condition=64),
        doc=described(
            "Complement of fdtr, with its digits where that is near 1.",
            "Minus those of fdtr.",
            ">>> round(float(xp.special.fdtrc(xp.asarray(2.0), xp.asarray(4.0), xp.asarray(1.0))), 6)\n0.444444",
            notes=BETA,
            dfn="Degrees of freedom of the numerator, positive.",
            dfd="Degrees of freedom of the denominator, positive.",
            x="The numbers, 0 or more.",
        ),
    ),
    elementwise(
        "nbdtr(k, n, p, /)",
        refused("nbdtr", "k", COUNT),
        refused("nbdtr", "n", COUNT),
        lambda xp, k, n, p: incomplete_beta.density(xp, *_negative(xp, "nbdtr", k, n, p)),
        forward=lambda xp, k, n, p: xp.special.betainc(*_negative(xp, "nbdtr", k, n, p)),
        reference=lambda mp, k, n, p: mp.betainc(n, k + 1, 0, p, regularized=True),
        cases=counts(3.0, 2.0),
        doc=described(
            "Negative binomial distribution function: the probability of at most k failures before n successes.",
            "p**(n - 1) (1 - p)**k / beta(n, k + 1) for p. There is none for the counts.",
            ">>> round(float(xp.special.nbdtr(1, 2, xp.asarray(0.5))), 6)\n0.5",
            notes=BETA,
            k="How many failures; rounded down.",
            n="How many successes.",
            p="The probability of one success.",
        ),
    ),
    composite(
        "chdtr(v, x, /)",
        lambda xp, v, x: _halved(xp, "chdtr", v, x, xp.special.gammainc),
        reference=lambda mp, v, x: each(lambda v, x: mp.gammainc(v / 2, 0, x / 2, regularized=True), v, x),
        cases=binary(0.8, 6, condition=64),
        doc=described(
            "Distribution function of the chi-square distribution.",
            "Those of gammainc(v / 2, x / 2), in both arguments.",
            ">>> round(float(xp.special.chdtr(xp.asarray(2.0), xp.asarray(2.0))), 6)\n0.632121",
            notes=GAMMA,
            v="Degrees of freedom, positive.",
            x="The numbers, 0 or more.",
        ),
    ),
    composite(
        "chdtrc(v, x, /)",
        lambda xp, v, x: _halved(xp, "chdtrc", v, x, xp.special.gammaincc),
        reference=lambda mp, v, x: each(lambda v, x: mp.gammainc(v / 2, x / 2, mp.inf, regularized=True), v, x),
        cases=binary(0.8, 6, condition=64),
        doc=described(
            "Complement of chdtr, with its digits where that is near 1.",
            "Minus those of chdtr.",
            ">>> round(float(xp.special.chdtrc(xp.asarray(2.0), xp.asarray(2.0))), 6)\n0.367879",
            notes=GAMMA,
            v="Degrees of freedom, positive.",
            x="The numbers, 0 or more.",
        ),
    ),
    elementwise(
        "pdtr(k, m, /)",
        refused("pdtr", "k", COUNT),
        lambda xp, k, m: -incomplete_gamma.density(xp, *_events(xp, "pdtr", k, m)),
        forward=lambda xp, k, m: xp.special.gammaincc(*_events(xp, "pdtr", k, m)),
        reference=lambda mp, k, m: mp.gammainc(k + 1, m, mp.inf, regularized=True),
        cases=counts(2.0),
        doc=described(
            "Poisson distribution function: the probability of at most k events where m are expected.",
            "-exp(-m) m**k / k! for m. There is none for the count.",
            ">>> round(float(xp.special.pdtr(1, xp.asarray(1.0))), 6)\n0.735759",
            notes=GAMMA,
            k="How many events; rounded down.",
            m="How many are expected.",
        ),
    ),
    elementwise(
        "pdtrc(k, m, /)",
        refused("pdtrc", "k", COUNT),
        lambda xp, k, m: incomplete_gamma.density(xp, *_events(xp, "pdtrc", k, m)),
        forward=lambda xp, k, m: xp.special.gammainc(*_events(xp, "pdtrc", k, m)),
        reference=lambda mp, k, m: mp.gammainc(k + 1, 0, m, regularized=True),
        cases=counts(2.0),
        doc=described(
            "Complement of pdtr: the probability of more than k events.",
            "Minus that of pdtr.",
            ">>> round(float(xp.special.pdtrc(1, xp.asarray(1.0))), 6)\n0.264241",
            notes=GAMMA,
            k="How many events; rounded down.",
            m="How many are expected.",
        ),
    ),
    elementwise(
        "stdtr(df, x, /)",
        lambda xp, df, x: student.slope(xp, df, x),
        lambda xp, df, x: student.density(xp, df, x),
        forward=student.stdtr,
        native=scipy_alone("stdtr"),
        reference=lambda mp, df, x: _high_student(mp, df, x),
        cases=binary(0.5, 4, condition=256),
        doc=described(
            "Distribution function of Student's t distribution.",
            "The density for x. For df that of the incomplete beta function, of which it is made (DLMF 8.17.1); it has "
            "about 1 / df of its digits where df is large.",
            ">>> [round(v, 6) for v in xp.special.stdtr(xp.asarray(3.0), xp.asarray([0.0, 1.0])).tolist()]\n"
            "[0.5, 0.804499]",
            accuracy="As betainc.",
            df="Degrees of freedom, positive; infinity means the normal distribution.",
            x="The numbers.",
        ),
    ),
    elementwise(
        "stdtrit(df, p, /)",
        lambda xp, out, df: -student.slope(xp, df, out) / student.density(xp, df, out),
        lambda xp, out, df: 1 / student.density(xp, df, out),
        native=scipy_alone("stdtrit"),
        reference=lambda mp, df, p: _quantile(mp, df, p),
        cases=few((1, 6), (0.6, 0.9), condition=2048),
        doc=described(
            "Quantile of Student's t distribution: the inverse of stdtr in x.",
            "By the implicit function theorem, from those of stdtr.",
            ">>> round(float(xp.special.stdtrit(xp.asarray(3.0), xp.asarray(0.75))), 6)\n0.764892",
            notes="SciPy and CuPy have it, and no computation in the standard: other backends raise.",
            df="Degrees of freedom, positive.",
            p="Probabilities.",
        ),
    ),
)


def _bdtr(xp: Any, name: str, k: Any, n: Any, p: Any, lower: bool) -> Any:
    k, n, p = reals(xp, name, whole(xp, k, p), whole(xp, n, p), p)
    k = xp.floor(k)
    valid = (k >= 0) & (n >= 0) & (k <= n) & (p >= 0) & (p <= 1)
    some = valid & (k < n)
    a, b, x = xp.where(some, k + 1, 1), xp.where(some, n - k, 1), xp.where(some, p, 0.5)
    out = xp.special.betaincc(a, b, x) if lower else xp.special.betainc(a, b, x)
    return xp.where(valid, xp.where(some, out, xp.full_like(out, 1.0 if lower else 0.0)), xp.nan)


def _binomial(xp: Any, k: Any, n: Any, p: Any) -> Any:
    """The derivative of bdtrc for p."""
    k, n, p = reals(xp, "bdtr", whole(xp, k, p), whole(xp, n, p), p)
    k = xp.floor(k)
    some = (k >= 0) & (k < n)
    slope = incomplete_beta.density(xp, xp.where(some, k + 1, 1), xp.where(some, n - k, 1), p)
    return xp.where(some, slope, xp.where(k == n, 0 * p, xp.nan))


def _negative(xp: Any, name: str, k: Any, n: Any, p: Any) -> tuple[Any, Any, Any]:
    k, n, p = reals(xp, name, whole(xp, k, p), whole(xp, n, p), p)
    return xp.where((k >= 0) & (n > 0), n, xp.nan), xp.floor(k) + 1, p


def _events(xp: Any, name: str, k: Any, m: Any) -> tuple[Any, Any]:
    k, m = reals(xp, name, whole(xp, k, m), m)
    return xp.where(k >= 0, xp.floor(k) + 1, xp.nan), m


def _halved(xp: Any, name: str, v: Any, x: Any, function: Any) -> Any:
    v, x = reals(xp, name, v, x)
    return function(0.5 * v, 0.5 * x)


def _shares(xp: Any, dfn: Any, dfd: Any, x: Any) -> tuple[Any, Any, Any]:
    """Whether x is beyond the ratio of the degrees of freedom, and the smaller share there, 1/2 elsewhere."""
    far = dfn * x > dfd
    z = xp.where(far, 1, dfn * x / (dfd + dfn * xp.where(far, 1, x)))
    w = xp.where(far, dfd / (dfd + dfn * xp.where(far, x, 1)), 0.5)
    return far, xp.where(far, 0.5, z), w


def _fdtr(xp: Any, dfn: Any, dfd: Any, x: Any) -> Any:
    far, z, w = _shares(xp, dfn, dfd, x)
    low = xp.special.betainc(0.5 * dfn, 0.5 * dfd, z)
    return xp.where(far, xp.special.betaincc(0.5 * dfd, 0.5 * dfn, w), low)


def _fdtrc(xp: Any, dfn: Any, dfd: Any, x: Any) -> Any:
    far, z, w = _shares(xp, dfn, dfd, x)
    low = xp.special.betaincc(0.5 * dfn, 0.5 * dfd, z)
    return xp.where(far, xp.special.betainc(0.5 * dfd, 0.5 * dfn, w), low)


def _high_f(mp: Any, m: Any, n: Any, x: Any) -> Any:
    return mp.betainc(m / 2, n / 2, 0, m * x / (n + m * x), regularized=True)


def _high_student(mp: Any, df: Any, t: Any) -> Any:
    tail = mp.betainc(df / 2, mp.mpf(1) / 2, 0, df / (df + t * t), regularized=True) / 2
    return 1 - tail if t > 0 else tail


def _quantile(mp: Any, df: Any, p: Any) -> Any:
    density = lambda t: (1 + t * t / df) ** (-(df + 1) / 2) / mp.sqrt(df) / mp.beta(df / 2, mp.mpf(1) / 2)  # noqa: E731
    return root(mp, lambda t: _high_student(mp, df, t) - p, density, 0.001, 20)
