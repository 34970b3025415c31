"""Calls of SciPy's other modules: transforms, filters, integrals, images, interpolation, rotations."""

from __future__ import annotations

from typing import Any

from client import calls_of


def length(n: int) -> Any:
    """The sample in front, a length after it."""
    return lambda f, x: f(x, n)


FFT = calls_of(
    "scipy.fft",
    {
        "fft": "real",
        "ifft": "real",
        "rfft": "real",
        "irfft": "real",
        "hfft": "real",
        "ihfft": "real",
        "fft2": "image",
        "ifft2": "image",
        "rfft2": "image",
        "irfft2": "image",
        "hfft2": "image",
        "ihfft2": "image",
        "fftn": "image",
        "ifftn": "image",
        "rfftn": "image",
        "irfftn": "image",
        "hfftn": "image",
        "ihfftn": "image",
        "fftshift": "real",
        "ifftshift": "real",
        "fht": ("positive", lambda f, x: f(x, 0.1, 0.5)),
        "ifht": ("positive", lambda f, x: f(x, 0.1, 0.5)),
        "dct": "real",
        "idct": "real",
        "dst": "real",
        "idst": "real",
        "dctn": "image",
    },
)

SIGNAL = calls_of(
    "scipy.signal",
    {
        "bilinear": ("positive even", lambda f, x, y: [*f(x[:3], y[:4])]),
        "bilinear_zpk": ("positive", lambda f, x: [*f(-x[:2], -x[2:5], 1.0, 2.0)]),
        "convolve": ("real even", lambda f, x, y: f(x, y, method="direct")),
        "convolve2d": "image square",
        "correlate": ("real even", lambda f, x, y: f(x, y, method="direct")),
        "correlate2d": "image square",
        "deconvolve": ("real positive", lambda f, x, y: f(x, y[:3])[0]),
        "detrend": "real",
        "envelope": "signal",
        "fftconvolve": "real even",
        "filtfilt": ("signal", lambda f, x: f(x[:2] + 2, x[:2] * 0 + 1, x)),
        "firwin": ("unit", lambda f, x: f(5, x[0])),
        "freqz": ("real", lambda f, x: f(x, worN=5)[1]),
        "freqz_zpk": ("unit", lambda f, x: f(x[:2], x[2:4], 1.0, worN=5)[1]),
        "freqs": ("positive", lambda f, x: f(x[:2], x[2:5], worN=x[5:7])[1]),
        "hilbert": "signal",
        "lfilter": ("real", lambda f, x: f(x[:2], x[2:4], x)),
        "lfilter_zi": ("positive", lambda f, x: f(x[:3], x[3:6])),
        "lp2bp": ("positive", lambda f, x: [*f(x[:2], x[2:5], 1.0, 0.5)]),
        "lp2bp_zpk": ("positive", lambda f, x: [*f(-x[:2], -x[2:5], 1.0, 0.5)]),
        "lp2hp": ("positive", lambda f, x: [*f(x[:2], x[2:5], 1.5)]),
        "lp2hp_zpk": ("positive", lambda f, x: [*f(-x[:2], -x[2:5], 1.0, 1.5)]),
        "lp2lp": ("positive", lambda f, x: [*f(x[:2], x[2:5], 1.5)]),
        "lp2lp_zpk": ("positive", lambda f, x: [*f(-x[:2], -x[2:5], 1.0, 1.5)]),
        "medfilt": ("real", lambda f, x: f(x, 3)),
        "minimum_phase": ("positive", lambda f, x: f(x)),
        "normalize": ("positive", lambda f, x: [*f(x[:3], x[3:6])]),
        "oaconvolve": "real even",
        "resample": ("real", length(8)),
        "resample_poly": ("real", lambda f, x: f(x, 3, 2)),
        "savgol_filter": ("real", lambda f, x: f(x, 5, 2)),
        "sosfilt": ("even signal", lambda f, x, y: f(_section(x), y)),
        "sosfiltfilt": ("signal", lambda f, x: f(_section(x[:9] * 0.1), x)),
        "sos2tf": ("even", lambda f, x: [*f(_section(x))]),
        "tf2zpk": ("positive", lambda f, x: f(x[:2], x[2:4])[0].real),
        "upfirdn": ("real even", lambda f, x, y: f(y[:3], x, 2)),
        "wiener": ("real", lambda f, x: f(x, 3)),
        "zpk2tf": ("unit", lambda f, x: [*f(x[:2], x[2:5], 1.5)]),
        "zpk2sos": ("unit", lambda f, x: f(x[:2], x[2:4], 1.5)),
        "abcd_normalize": ("square", lambda f, x: f(x[:2, :2], x[:2, 2:3], x[2:3, :2], x[3:, 3:])[0]),
        "gauss_spline": ("real", lambda f, x: f(x, 3)),
        "cspline1d": "signal",
        "vectorstrength": ("unit", lambda f, x: f(x, 0.9)[0]),
    },
)


def _section(x: Any) -> Any:
    """A second-order section of the first five elements."""
    xp: Any = x.__array_namespace__()
    one = xp.ones(1, dtype=x.dtype)
    return xp.concat([x[:3], one, 0.3 * x[3:5]])[None, :]


def _cumulated(steps: Any) -> Any:
    """Increasing abscissae."""
    return steps.__array_namespace__().cumulative_sum(steps)


def tensor_grid(f: Any, x: Any, at: Any) -> Any:
    """A value read from the table `x` on a grid."""
    xp: Any = x.__array_namespace__()
    grid = (xp.arange(5, dtype=x.dtype), xp.arange(6, dtype=x.dtype))
    return f(grid, x)(xp.stack([at[:4] + 1, at[4:8] + 1], axis=-1))


IMAGES = calls_of(
    "scipy.ndimage",
    {
        "convolve": ("image square", lambda f, x, y: f(x, y[:3, :3])),
        "correlate1d": ("image square", lambda f, x, y: f(x, y[0, :3])),
        "gaussian_filter": ("image", lambda f, x: f(x, 1.2)),
        "gaussian_filter1d": ("image", lambda f, x: f(x, 1.2)),
        "laplace": "image",
        "sobel": "image",
        "uniform_filter": ("image", lambda f, x: f(x, 3)),
        "maximum_filter": ("image", lambda f, x: f(x, 3)),
        "median_filter": ("image", lambda f, x: f(x, 3)),
        "gaussian_gradient_magnitude": ("image", lambda f, x: f(x, 1.2)),
        "fourier_gaussian": ("image", lambda f, x: f(x, 1.2)),
        "shift": ("image", lambda f, x: f(x, 0.4)),
        "rotate": ("image", lambda f, x: f(x, 20.0)),
        "zoom": ("image", lambda f, x: f(x, 1.5)),
        "map_coordinates": ("image positive", lambda f, x, y: f(x, y[:8].reshape(2, 4))),
        "center_of_mass": "image",
        "grey_dilation": ("image", lambda f, x: f(x, size=3)),
        "variance": "image",
        "sum": "image",
        "mean": "image",
    },
)

OTHER = [
    *calls_of(
        "scipy.integrate",
        {
            "trapezoid": "real other",
            "cumulative_trapezoid": "real other",
            "cumulative_simpson": "real",
            "romb": "even",
            "tanhsinh": ("unit", lambda f, x: f(lambda t, p: p * t**2, 0 * x, 1 + 0 * x, args=(x,)).integral),
            "nsum": ("unit", lambda f, x: f(lambda k, p: p / k**2, 1 + 0 * x, 9 + 0 * x, args=(x,)).sum),
            "cubature": ("unit", lambda f, x: f(lambda t, p: p * t**2, 0 * x[:1], 1 + 0 * x[:1], args=(x,)).estimate),
        },
    ),
    *calls_of(
        "scipy.differentiate",
        {
            "derivative": ("unit", lambda f, x: f(lambda t: t**3, x).df),
            "jacobian": ("unit", lambda f, x: f(lambda t: t**3, x[:3]).df),
            "hessian": ("unit", lambda f, x: f(lambda t: (t**3).sum(axis=0), x[:3]).ddf),
        },
    ),
    *calls_of(
        "scipy.linalg",
        {
            "block_diag": "matrix second",
            "fiedler": "real",
            "orthogonal_procrustes": ("matrix second", lambda f, x, y: [*f(x, y)]),
        },
    ),
    *calls_of(
        "scipy.optimize",
        {"rosen": "real", "rosen_der": "real", "rosen_hess": "real", "rosen_hess_prod": "real other"},
    ),
    *calls_of(
        "scipy.cluster",
        {
            "vq.whiten": "matrix",
            "vq.vq": ("matrix second", lambda f, x, y: f(x, y[:2])[1]),
            "vq.kmeans": ("matrix", lambda f, x: f(x, x[:2])[0]),
            "hierarchy.cophenet": ("matrix", lambda f, x: f(_linkage(x))),
        },
    ),
    *calls_of(
        "scipy.constants",
        {
            "convert_temperature": ("positive", lambda f, x: f(x, "C", "F")),
            "lambda2nu": "positive",
            "nu2lambda": "positive",
        },
    ),
    *calls_of(
        "scipy.interpolate",
        {
            "RBFInterpolator": ("even matrix", lambda f, x, y: f(y, x[:5])(y[:2] + 0.1)),
            "CubicSpline": ("even positive", lambda f, x, p: f(_cumulated(p), x)(p[:3])),
            "PchipInterpolator": ("even positive", lambda f, x, p: f(_cumulated(p), x)(p[:3])),
            "Akima1DInterpolator": ("even positive", lambda f, x, p: f(_cumulated(p), x)(p[:3])),
            "make_interp_spline": ("even positive", lambda f, x, p: f(_cumulated(p), x)(p[:3])),
            "RegularGridInterpolator": ("image unit", tensor_grid),
        },
    ),
    *calls_of(
        "scipy.spatial.transform.Rotation",
        {
            "from_quat": ("quaternion", lambda f, x: f(x).as_matrix()),
            "from_rotvec": ("quaternion", lambda f, x: f(x[:, :3]).as_quat()),
            "from_euler": ("quaternion", lambda f, x: f("xyz", x[:, :3]).as_matrix()),
            "from_mrp": ("quaternion", lambda f, x: f(x[:, :3]).as_matrix()),
            "from_matrix": ("quaternion", lambda f, x: f(_rotation(x)).as_rotvec()),
            "as_euler": ("quaternion", lambda f, x: f(_quaternion(x), "xyz")),
            "as_rotvec": ("quaternion", lambda f, x: f(_quaternion(x))),
            "apply": ("quaternion", lambda f, x: f(_quaternion(x), x[:, :3])),
            "magnitude": ("quaternion", lambda f, x: f(_quaternion(x))),
            "inv": ("quaternion", lambda f, x: f(_quaternion(x)).as_matrix()),
            "mean": ("quaternion", lambda f, x: f(_quaternion(x)).as_matrix()),
        },
    ),
]


def _quaternion(x: Any) -> Any:
    from scipy.spatial.transform import Rotation

    return Rotation.from_quat(x)


def _rotation(x: Any) -> Any:
    return _quaternion(x).as_matrix()


def _linkage(x: Any) -> Any:
    from scipy.cluster.hierarchy import linkage

    return linkage(x)


CALLS = [*FFT, *SIGNAL, *IMAGES, *OTHER]
