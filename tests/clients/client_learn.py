"""Calls of scikit-learn: metrics, pairwise distances and kernels, scalers and estimators."""

from __future__ import annotations

from typing import Any

import numpy as np

from client import calls_of

LABELS = np.asarray([0, 2, 1, 1, 0, 2, 1, 0])
HALVES = np.asarray([0] * 7 + [1] * 7)


def like(x: Any, constant: np.ndarray) -> Any:
    """A constant as an array of the library of `x`."""
    return constant if isinstance(x, np.ndarray) else x.__array_namespace__().asarray(constant)


def second(f: Any, x: Any, y: Any) -> Any:
    """A metric, with respect to the predictions."""
    return f(y, x)


def raw(f: Any, x: Any, y: Any) -> Any:
    """A metric that does not make a float of its result."""
    return f(y, x, multioutput="raw_values")


def labelled(f: Any, x: Any) -> Any:
    """Probabilities against labels."""
    return f(like(x, LABELS), x)


def scaled(**options: Any) -> Any:
    """A scaler, fitted and applied."""
    return lambda f, x: f(**options).fit_transform(x)


METRICS = {
    "mean_squared_error": "real other",
    "root_mean_squared_error": "real other",
    "mean_absolute_error": "real other",
    "mean_absolute_percentage_error": "real other",
    "mean_squared_log_error": "positive unit",
    "root_mean_squared_log_error": "positive unit",
    "median_absolute_error": "real other",
    "mean_pinball_loss": "real other",
    "explained_variance_score": "real other",
    "r2_score": "real other",
    "d2_pinball_score": "real other",
    "d2_absolute_error_score": "real other",
}
"""Those with a parameter ``multioutput``."""

CALLS = [
    *calls_of("sklearn.metrics", {name: (samples, second) for name, samples in METRICS.items()}),
    *calls_of(
        "sklearn.metrics", {f"{name}(multioutput='raw_values')": (samples, raw) for name, samples in METRICS.items()}
    ),
    *calls_of(
        "sklearn.metrics",
        {
            "max_error": ("real other", second),
            "mean_tweedie_deviance": ("positive unit", second),
            "mean_poisson_deviance": ("positive unit", second),
            "mean_gamma_deviance": ("positive unit", second),
            "d2_tweedie_score": ("positive unit", second),
            "log_loss": ("probabilities", labelled),
            "brier_score_loss": ("probabilities", labelled),
            "d2_log_loss_score": ("probabilities", labelled),
            "d2_brier_score": ("probabilities", labelled),
            "calinski_harabasz_score": ("samples", lambda f, x: f(x, like(x, HALVES))),
            "davies_bouldin_score": ("samples", lambda f, x: f(x, like(x, HALVES))),
        },
    ),
    *calls_of(
        "sklearn.metrics.pairwise",
        {
            "euclidean_distances": "matrix second",
            "manhattan_distances": "matrix second",
            "cosine_distances": "matrix second",
            "cosine_similarity": "matrix second",
            "linear_kernel": "matrix second",
            "polynomial_kernel": "matrix second",
            "sigmoid_kernel": "matrix second",
            "rbf_kernel": "matrix second",
            "laplacian_kernel": "matrix second",
            "additive_chi2_kernel": ("probabilities", lambda f, x: f(x)),
            "chi2_kernel": ("probabilities", lambda f, x: f(x)),
            "paired_euclidean_distances": "matrix second",
            "paired_manhattan_distances": "matrix second",
            "paired_cosine_distances": "matrix second",
        },
    ),
    *calls_of(
        "sklearn.preprocessing",
        {
            "MinMaxScaler": ("matrix", scaled()),
            "MaxAbsScaler": ("matrix", scaled()),
            "StandardScaler": ("matrix", scaled()),
            "Normalizer": ("matrix", scaled()),
            "normalize": "matrix",
            "KernelCenterer": ("square", scaled()),
            "PolynomialFeatures": ("matrix", scaled()),
            "scale": "matrix",
            "minmax_scale": "matrix",
        },
    ),
    *calls_of(
        "sklearn",
        {
            "decomposition.PCA": ("matrix", lambda f, x: abs(f(2, svd_solver="full").fit_transform(x))),
            "linear_model.Ridge": ("matrix other", lambda f, x, y: f(solver="svd").fit(x, y[:5]).predict(x)),
            "linear_model.LinearRegression": ("matrix other", lambda f, x, y: f().fit(x, y[:5]).predict(x)),
            "discriminant_analysis.LinearDiscriminantAnalysis": (
                "samples",
                lambda f, x: f().fit(x, like(x, HALVES)).decision_function(x),
            ),
            "naive_bayes.GaussianNB": (
                "samples",
                lambda f, x: f().fit(x, like(x, HALVES)).predict_log_proba(x[:2] * 0.5 + 0.7),
            ),
            "mixture.GaussianMixture": (
                "samples",
                lambda f, x: f(2, init_params="random", random_state=0, max_iter=2, tol=1e-9).fit(x).means_,
            ),
            "kernel_approximation.Nystroem": (
                "samples",
                lambda f, x: f(n_components=3, random_state=0).fit_transform(x),
            ),
            "utils.extmath.row_norms": "matrix",
            "utils.extmath.softmax": "matrix",
            "utils.extmath.fast_logdet": ("square", lambda f, x: f(x @ x.T)),
            "utils.extmath.safe_sparse_dot": ("matrix square", lambda f, x, y: f(x, y[:3, :])),
            "utils.extmath.svd_flip": ("square", lambda f, x: f(x, x.T)[0]),
            "covariance.empirical_covariance": "matrix",
        },
    ),
]
