"""Calls of scipy.stats: descriptive statistics, tests and what they return."""

from __future__ import annotations

from typing import Any

from client import calls_of


def result(*names: str, **options: Any) -> Any:
    """Those attributes of the result."""
    return lambda f, *samples: [getattr(f(*samples, **options), name) for name in names]


TEST = result("statistic", "pvalue")
STATISTIC = result("statistic")

CALLS = calls_of(
    "scipy.stats",
    {
        "alexandergovern": ("real other", TEST),
        "bartlett": ("real other", TEST),
        "boxcox_llf": ("positive", lambda f, x: f(0.3, x)),
        "brunnermunzel": ("real other", TEST),
        "chatterjeexi": ("real other", lambda f, x, y: f(x, y).statistic + 0 * x[0]),
        "chisquare": ("counts", TEST),
        "circmean": "real",
        "circstd": "unit",
        "circvar": "real",
        "combine_pvalues": ("unit", TEST),
        "cramervonmises": ("unit", lambda f, x: f(x, lambda v: v**2).statistic),
        "describe": ("real", lambda f, x: [*f(x)[1], f(x).mean, f(x).variance, f(x).skewness, f(x).kurtosis]),
        "differential_entropy": "real",
        "directional_stats": ("matrix", result("mean_direction", "mean_resultant_length")),
        "entropy": "unit",
        "f_oneway": ("real other", TEST),
        "false_discovery_control": "unit",
        "friedmanchisquare": ("real other even", lambda f, x, y, z: f(x[:9], y[:9], z).statistic + 0 * x[0]),
        "gmean": "positive",
        "gstd": "positive",
        "gzscore": "positive",
        "hmean": "positive",
        "iqr": "real",
        "jarque_bera": ("real", TEST),
        "kstat": "real",
        "kstatvar": "real",
        "kurtosis": "real",
        "kurtosistest": ("signal", TEST),
        "levene": ("real other", TEST),
        "linregress": ("real other", result("slope", "intercept", "rvalue", "stderr")),
        "lmoment": "real",
        "median_abs_deviation": "real",
        "moment": ("real", lambda f, x: f(x, 3)),
        "normaltest": ("signal", TEST),
        "pearsonr": ("real other", TEST),
        "pmean": ("positive", lambda f, x: f(x, 1.7)),
        "pointbiserialr": ("real other", lambda f, x, y: f(x > 0, y * x).statistic),
        "power_divergence": ("counts", lambda f, x: f(x, lambda_="log-likelihood")),
        "quantile": ("real", lambda f, x: f(x, 0.3)),
        "sem": "real",
        "sigmaclip": ("signal", lambda f, x: f(x, 1.5, 1.5).clipped),
        "skew": "real",
        "skewtest": ("real", TEST),
        "tmax": ("real", lambda f, x: f(x, 1.0)),
        "tmean": ("real", lambda f, x: f(x, (-1.0, 1.0))),
        "tmin": ("real", lambda f, x: f(x, -1.0)),
        "trim_mean": ("real", lambda f, x: f(x, 0.2)),
        "trimboth": ("real", lambda f, x: f(x, 0.2)),
        "tsem": ("real", lambda f, x: f(x, (-1.0, 1.0))),
        "tstd": ("real", lambda f, x: f(x, (-1.0, 1.0))),
        "ttest_1samp": ("real", lambda f, x: [*f(x, 0.2)]),
        "ttest_ind": ("real other", TEST),
        "ttest_ind_from_stats": ("positive", lambda f, x: [*f(x[0], x[1], 9, x[2], x[3], 11)]),
        "ttest_rel": ("real other", TEST),
        "tvar": ("real", lambda f, x: f(x, (-1.0, 1.0))),
        "variation": "positive",
        "yeojohnson_llf": ("real", lambda f, x: f(0.3, x)),
        "zmap": "real other",
        "zscore": "real",
        "contingency.expected_freq": "table",
        "contingency.chi2_contingency": ("table", TEST),
        "bootstrap": (
            "real",
            lambda f, x: (
                f(
                    (x,), lambda v, axis=-1: (v * v).mean(axis=axis), n_resamples=20, rng=1, method="percentile"
                ).standard_error
            ),
        ),
        "monte_carlo_test": (
            "real",
            lambda f, x: (
                f(
                    x, lambda size: _normal(x, size), lambda v, axis=-1: (v * v).mean(axis=axis), n_resamples=20
                ).statistic
            ),
        ),
    },
)


def _normal(x: Any, size: Any) -> Any:
    import numpy as np

    drawn = np.random.default_rng(0).normal(size=size)
    return drawn if isinstance(x, np.ndarray) else x.__array_namespace__().asarray(drawn)
