"""Gradients of the Fourier transforms: each against the adjoint of its own matrix, and against PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import agrad

NORMS = ("backward", "ortho", "forward")
COMPLEX = ("fft", "ifft", "fftn", "ifftn", "irfft", "irfftn", "hfft")
"""The transforms whose tests take a complex argument; the others need a real one."""


def transform(name: str, **params: Any) -> Callable[[Any], Any]:
    return lambda x: getattr(agrad.array_namespace(x).fft, name)(x, **params)


def sample(*shape: int, complex_: bool = False, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(size=shape) + (1j * rng.normal(size=shape) if complex_ else 0)


def real_inner(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.vdot(a, b).real)


def adjoint(f: Callable[[np.ndarray], np.ndarray], x: np.ndarray, ct: np.ndarray) -> np.ndarray:
    """J* ct of a map that is linear over the reals, from its values on a basis alone."""
    g = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        for unit in (1, 1j) if x.dtype.kind == "c" else (1,):
            e = np.zeros_like(x)
            e[index] = unit
            g[index] += unit * real_inner(ct, f(e))
    return g


def assert_adjoint(f: Callable[[Any], Any], x: np.ndarray) -> None:
    out, pullback = agrad.vjp(f, x)
    ct = sample(*out.shape, complex_=out.dtype.kind == "c", seed=1)
    g = pullback(ct)[0]
    assert (g.shape, g.dtype) == (x.shape, x.dtype)
    np.testing.assert_allclose(g, adjoint(f, x, ct), rtol=0, atol=1e-12)
    t = sample(*x.shape, complex_=x.dtype.kind == "c", seed=2)
    pushed = agrad.jvp(f, (x,), (t,))[1]
    np.testing.assert_allclose(pushed, f(t), rtol=0, atol=1e-13)
    assert real_inner(ct, pushed) == pytest.approx(real_inner(g, t), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("n", [None, 1, 2, 4, 5, 7])
@pytest.mark.parametrize("name", ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"])
def test_one_dimension(name: str, n: int | None, norm: str) -> None:
    for size, axis in ((5, -1), (4, 0), (2, 1)):
        shape = [2, 2]
        shape[axis] = size
        assert_adjoint(transform(name, n=n, axis=axis, norm=norm), sample(*shape, complex_=name in COMPLEX))


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize(
    ("s", "axes"),
    [
        (None, None), (None, (0,)), (None, (2, 0)), ((2, 4), (1, 2)), ((3, 5), (0, -1)), ((4, 1), (2, 1)),
        ((3, 1, 4), (0, 1, 2)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["fftn", "ifftn", "rfftn", "irfftn"])
def test_several_dimensions(name: str, s: Any, axes: Any, norm: str) -> None:
    assert_adjoint(transform(name, s=s, axes=axes, norm=norm), sample(2, 2, 3, complex_=name in COMPLEX))


@pytest.mark.parametrize("name", ["fft", "ifft", "fftn", "ifftn"])
def test_complex_transforms_of_real_data(name: str) -> None:
    assert_adjoint(transform(name), sample(3, 4))


@pytest.mark.parametrize("axes", [None, 0, (0, 1), (-1,)])
@pytest.mark.parametrize("name", ["fftshift", "ifftshift"])
def test_shifts(name: str, axes: Any) -> None:
    assert_adjoint(transform(name, axes=axes), sample(3, 4))
    assert_adjoint(transform(name, axes=axes), sample(3, 4, complex_=True))


@pytest.mark.parametrize("n", [6, 7])
def test_half_spectrum_ignores_imaginary_parts_of_its_real_bins(n: int) -> None:
    x = sample(4, complex_=True)
    g = agrad.vjp(transform("irfft", n=n), x)[1](sample(n, seed=1))[0]
    assert g[0].imag == 0
    assert (g[3].imag == 0) == (n == 6)
    assert g[1].imag != 0


@pytest.mark.parametrize("name", ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft", "fftn", "rfftn", "irfftn"])
def test_single_precision_stays(name: str) -> None:
    x = sample(3, 4, complex_=name in COMPLEX).astype(np.complex64 if name in COMPLEX else np.float32)
    out, pullback = agrad.vjp(transform(name), x)
    assert out.dtype in (np.complex64, np.float32)
    assert pullback(np.ones_like(out))[0].dtype == x.dtype
    assert agrad.jvp(transform(name), (x,), (x,))[1].dtype == out.dtype


@pytest.mark.parametrize("name", ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft", "fftn", "ifftn", "rfftn", "irfftn"])
def test_second_order(name: str) -> None:
    def power(x: Any) -> Any:
        xp = agrad.array_namespace(x)
        return xp.sum(xp.abs(getattr(xp.fft, name)(x)) ** 4)

    agrad.check_grads(power, (sample(2, 4, complex_=name in COMPLEX),), order=3 if name == "irfft" else 2)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("name", ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft", "fftn", "ifftn", "rfftn", "irfftn"])
def test_against_pytorch(name: str, norm: str) -> None:
    torch = pytest.importorskip("torch")
    x = sample(3, 4, complex_=name in COMPLEX)
    out, pullback = agrad.vjp(transform(name, norm=norm), x)
    ct = sample(*out.shape, complex_=out.dtype.kind == "c", seed=1)
    theirs = torch.asarray(x).requires_grad_()
    getattr(torch.fft, name)(theirs, norm=norm).backward(torch.asarray(ct))
    np.testing.assert_allclose(pullback(ct)[0], theirs.grad.resolve_conj().numpy(), rtol=0, atol=1e-12)


def test_frequencies_are_constants() -> None:
    xp = agrad.namespace("numpy")
    for name in ("fftfreq", "rfftfreq"):
        np.testing.assert_array_equal(
            getattr(xp.fft, name)(5, d=0.5, dtype=xp.float32).array, getattr(np.fft, name)(5, 0.5).astype(np.float32)
        )


def test_strict_arrays() -> None:
    strict = pytest.importorskip("array_api_strict")
    backend = agrad.Backend("strict", load=lambda: strict, owns=lambda a: isinstance(a, type(strict.zeros(0))))
    xp = agrad.Namespace(backend)
    for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft", "fftn", "ifftn", "rfftn", "irfftn", "fftshift"):
        params = {"axes": (1, 0), "s": (5, 3)} if name[-1] == "n" else {} if name == "fftshift" else {"n": 3}
        x = sample(3, 4, complex_=name in COMPLEX)
        tracked = xp.asarray(strict.asarray(x), requires_grad=True)
        out = getattr(xp.fft, name)(tracked, **params)
        out.backward(xp.ones_like(out))
        expected = agrad.vjp(transform(name, **params), x)[1](np.ones_like(np.asarray(out.detach().array)))[0]
        np.testing.assert_allclose(np.asarray(tracked.grad.array), expected, rtol=1e-13)
