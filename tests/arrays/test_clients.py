"""What is said where code of others takes a Tensor apart, and what may be assigned to integers."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import agrad

XP = agrad.namespace("numpy")


def test_what_is_no_assignment_says_so() -> None:
    with pytest.raises(agrad.ConcretizationError, match=r"numpy\.asarray\(\) of.*stop_gradient"):
        agrad.grad(lambda t: [np.asarray(t), XP.sum(t)][1])(np.ones(2))


def element(array: np.ndarray, t: Any) -> None:
    array[1] = t[0]


def part(array: np.ndarray, t: Any) -> None:
    array[:2] = t


def added(array: np.ndarray, t: Any) -> None:
    array[0] += t[0]


@pytest.mark.parametrize("put", [element, part, added])
def test_an_assignment_into_a_plain_array_names_the_remedy(put: Callable[..., Any]) -> None:
    said = r"array\[i\] = x, into a plain array,.*would lose.*xp\.zeros.*xp\.stack"
    for call in (
        lambda: agrad.grad(lambda t: [put(np.zeros(3), t), XP.sum(t)][1])(np.ones(2)),
        lambda: put(np.zeros(3), XP.asarray([1.0, 2.0], requires_grad=True)),
    ):
        with pytest.raises((TypeError, ValueError)) as raised:
            call()
        cause = raised.value.__cause__ or raised.value  # NumPy has a word of its own to say of elements
        assert isinstance(cause, agrad.ConcretizationError) and re.search(said, str(cause))
    put(array := np.zeros(3), XP.asarray([1.0, 2.0]))
    assert array.any()


SAID = {
    "scipy": "agrad.grad(lambda x: scipy.fft.fft(x).real.sum())(x)",
    "sklearn": "agrad.grad(lambda x: sklearn.preprocessing.MinMaxScaler().fit_transform(x[:, None]).sum())(x)",
    "float": "agrad.grad(lambda x: sklearn.metrics.mean_squared_error(y, x))(x)",
    "compiled": "agrad.grad(lambda x: scipy.fft.dct(x).sum())(x)",
    "solver": "scipy.optimize.minimize(lambda x: (agrad.tensor(x, requires_grad=True) ** 2).sum(), x)",
}
SETTINGS = {"SCIPY_ARRAY_API": "1"}
CASES = [
    ("scipy", {}, "SciPy keeps Tensors whole once it is told to: the environment variable SCIPY_ARRAY_API=1"),
    ("sklearn", {}, "scikit-learn keeps Tensors whole once it is told to: sklearn.set_config"),
    ("float", SETTINGS, 'pass multioutput="raw_values"'),
    ("compiled", SETTINGS, "computes in compiled code.*agrad.custom_op"),
    ("solver", SETTINGS, "agrad.value_and_grad\\(f\\), with jac=True"),
]


@pytest.mark.parametrize(("name", "settings", "said"), CASES)
def test_a_library_that_takes_tensors_apart_is_told_how(name: str, settings: dict[str, str], said: str) -> None:
    library = "sklearn" if name in ("sklearn", "float") else "scipy"
    pytest.importorskip(library, reason=f"{library} is not installed")
    imports = "scipy.fft, scipy.optimize" if library == "scipy" else "sklearn.metrics, sklearn.preprocessing"
    dispatch = "sklearn.set_config(array_api_dispatch=True)" if library == "sklearn" and settings else ""
    code = (
        f"import os; os.environ.pop('SCIPY_ARRAY_API', None); os.environ.update({settings!r})\n"
        f"import agrad, numpy, {imports}\n{dispatch}\nx = numpy.asarray([0.3, 0.5, 1.2])\n"
        "y = agrad.tensor([0.1, 0.2, 0.3])\n"
        f"import re, traceback\ntry:\n    {SAID[name]}\nexcept (TypeError, ValueError):\n"
        f"    assert re.search({said!r}, traceback.format_exc())\n"
        "else:\n    raise AssertionError('nothing raised')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("value", [2.7, np.float64(2.7), [2.7, 1.2], XP.asarray([2.7, -1.2])])
def test_floats_in_integers_are_cast_as_numpy_casts(value: Any) -> None:
    array, t = np.asarray([5, 6, 7]), XP.asarray([5, 6, 7])
    array[:2], t[:2] = value.array if isinstance(value, agrad.Tensor) else value, value
    np.testing.assert_array_equal(t.array, array)
    assert t.dtype == array.dtype


def test_what_would_be_lost_in_integers_is_refused() -> None:
    t = XP.asarray([5, 6])
    with pytest.raises(agrad.DtypeError, match="requires gradients"):
        t[0] = XP.asarray(2.0, requires_grad=True)
    with pytest.raises(agrad.DtypeError, match=r"complex.*xp\.real"):
        XP.zeros(2)[0] = 1j
    with pytest.raises(agrad.DtypeError, match="requires gradients"):
        agrad.grad(lambda x: [t.__setitem__(0, x), x * x][1])(2.0)


def test_diff_takes_its_order_by_position() -> None:
    x = XP.asarray([1.0, 4.0, 9.0, 16.0])
    np.testing.assert_array_equal(XP.diff(x, 2).array, [2.0, 2.0])
    np.testing.assert_array_equal(agrad.grad(lambda x: XP.diff(x, 3)[0])(x.array), [-1.0, 3.0, -3.0, 1.0])
