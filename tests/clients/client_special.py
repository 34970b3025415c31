"""Calls of scipy.special: what it marks for the array API and has a derivative for the first sample."""

from __future__ import annotations

from typing import Any

from client import calls_of


def after(*head: float) -> Any:
    """Parameters in front, the sample after them."""
    return lambda f, x: f(*head, x)


def before(*tail: float) -> Any:
    """The sample first, parameters after it."""
    return lambda f, x: f(x, *tail)


CALLS = calls_of(
    "scipy.special",
    {
        "betainc": ("unit", after(1.5, 2.5)), "betaincc": ("unit", after(1.5, 2.5)),
        "betaincinv": ("unit", after(1.5, 2.5)), "betaln": ("positive", before(2.0)),
        "binom": ("positive", before(2.0)), "boxcox": ("positive", before(0.3)), "boxcox1p": ("positive", before(0.3)),
        "cbrt": "positive", "chdtr": ("positive", after(2.0)), "chdtrc": ("positive", after(2.0)),
        "chdtri": ("unit", after(2.0)), "cosdg": "real", "cosm1": "real", "cotdg": "positive", "ellipk": "unit",
        "ellipkm1": "unit", "entr": "positive", "erf": "real", "erfc": "real", "erfcx": "real", "erfinv": "unit",
        "exp1": "positive", "exp10": "real", "exp2": "real", "exprel": "real", "expi": "positive", "expit": "real",
        "expn": ("positive", after(2)), "fdtr": ("positive", after(2.0, 3.0)), "fdtrc": ("positive", after(2.0, 3.0)),
        "gamma": "positive", "gammainc": ("positive", after(1.5)), "gammaincc": ("positive", after(1.5)),
        "gammaincinv": ("unit", after(1.5)), "gammaln": "positive", "gdtr": ("positive", after(1.2, 1.5)),
        "huber": ("real", after(0.8)), "hyp1f1": ("real", after(0.8, 1.3)), "i0": "real", "i0e": "positive",
        "i1": "real", "i1e": "positive", "inv_boxcox": ("unit", before(0.3)), "j0": "real", "j1": "real",
        "k0": "positive", "k0e": "positive", "k1": "positive", "k1e": "positive", "kl_div": "positive unit",
        "log_ndtr": "real", "log_softmax": "real", "logit": "unit", "loggamma": "positive", "logsumexp": "real",
        "multigammaln": ("positive", lambda f, x: f(x + 2, 2)), "ndtr": "real", "ndtri": "unit",
        "poch": ("positive", before(1.5)), "polygamma": ("positive", after(1)), "pseudo_huber": ("real", after(0.8)),
        "psi": "positive", "rel_entr": "positive unit", "rgamma": "positive", "sinc": "real", "sindg": "real",
        "softmax": "real", "spence": "positive", "stdtr": ("real", after(3.0)), "stdtrit": ("unit", after(3.0)),
        "tandg": "real", "xlog1py": "positive unit", "xlogy": "positive unit", "y0": "positive", "y1": "positive",
        "zeta": ("positive", lambda f, x: f(2.5, x)), "zetac": ("positive", lambda f, x: f(x + 1.2)),
    },
)  # fmt: skip
