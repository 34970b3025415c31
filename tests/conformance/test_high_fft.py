"""Fourier transforms in high precision: what defines each, to 110 digits, and agreement with NumPy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import mpmath
import numpy as np
import pytest

from agrad_conformance.high import arrays
from agrad_conformance.high.numbers import COMPLEX, is_complex
from high_precision import (
    DIGITS,
    MP,
    assert_agrees_with_numpy,
    assert_equal,
    complex_numbers,
    high,
    precise,
    real_numbers,
)

NORMS = pytest.mark.parametrize("norm", ["backward", "ortho", "forward"])
LENGTHS = pytest.mark.parametrize("n", [1, 2, 3, 4, 7])

xp = high()


@pytest.fixture(autouse=True)
def _many_digits() -> Iterator[None]:
    with mpmath.workdps(DIGITS):
        yield


def squares(x: Any) -> Any:
    return sum(abs(v) ** 2 for v in np.ravel(x))


@pytest.mark.parametrize("op", sorted({s.op for s in precise("fft.")}))
def test_agrees_with_numpy(op: str) -> None:
    found = [s for s in precise(op) if s.op == op]
    assert found
    for s in found:
        assert_agrees_with_numpy(s)


def test_a_shifted_impulse() -> None:
    impulse = arrays(MP, np.asarray([0.0, 1.0, 0.0, 0.0]))
    assert_equal(xp.fft.fft(impulse), [1, -1j, -1, 1j])
    assert_equal(xp.fft.ifft(impulse), [0.25, 0.25j, -0.25, -0.25j])
    assert_equal(xp.fft.rfft(impulse), [1, -1j, -1])
    assert_equal(xp.fft.ihfft(impulse), [0.25, 0.25j, -0.25])
    assert_equal(xp.fft.irfft(impulse[:3]), [0.5, 0, -0.5, 0])
    assert_equal(xp.fft.hfft(impulse[:3]), [2, 0, -2, 0])


@NORMS
@LENGTHS
def test_inverses(n: int, norm: str) -> None:
    x, y = complex_numbers(2, n), real_numbers(2, n)
    assert_equal(xp.fft.ifft(xp.fft.fft(x, norm=norm), norm=norm), x)
    assert_equal(xp.fft.irfft(xp.fft.rfft(y, norm=norm), n=n, norm=norm), y)
    assert_equal(xp.fft.hfft(xp.fft.ihfft(y, norm=norm), n=n, norm=norm), y)
    assert_equal(xp.fft.ifftn(xp.fft.fftn(x, norm=norm), norm=norm), x)
    assert_equal(xp.fft.irfftn(xp.fft.rfftn(y, norm=norm), s=(2, n), axes=(0, 1), norm=norm), y)


@NORMS
@LENGTHS
def test_halves(n: int, norm: str) -> None:
    """Transforms of real numbers are halves of the others."""
    x = real_numbers(n)
    assert_equal(xp.fft.rfft(x, norm=norm), xp.fft.fft(x, norm=norm)[: n // 2 + 1])
    assert_equal(xp.fft.ihfft(x, norm=norm), xp.fft.ifft(x, norm=norm)[: n // 2 + 1])
    y = real_numbers(2, n)
    assert_equal(xp.fft.rfftn(y, norm=norm), xp.fft.fftn(y, norm=norm)[:, : n // 2 + 1])


@LENGTHS
def test_lengths_are_kept_by_ortho(n: int) -> None:
    x = complex_numbers(n)
    assert_equal(squares(xp.fft.fft(x, norm="ortho")), squares(x))
    assert_equal(squares(xp.fft.fft(x)), n * squares(x))
    assert_equal(squares(xp.fft.fft(x, norm="forward")), squares(x) / n)


def test_trimming_and_padding() -> None:
    x = complex_numbers(4, 2)
    padded = np.concatenate([x, x[:2] * 0])
    assert_equal(xp.fft.fft(x, n=6, axis=0), xp.fft.fft(padded, axis=0))
    assert_equal(xp.fft.fft(x, n=3, axis=0), xp.fft.fft(x[:3], axis=0))
    assert_equal(xp.fft.fftn(x, s=(3,), axes=(0,)), xp.fft.fft(x[:3], axis=0))
    assert_equal(xp.fft.irfft(x, n=9, axis=0), xp.fft.irfft(padded[:5], n=9, axis=0))


def test_several_axes_are_one_after_the_other() -> None:
    x = complex_numbers(2, 3, 2)
    assert_equal(xp.fft.fftn(x, axes=(2, 0)), xp.fft.fft(xp.fft.fft(x, axis=0), axis=2))
    assert_equal(xp.fft.irfftn(x, s=(3, 5), axes=(-1, 1)), xp.fft.irfft(xp.fft.ifft(x, n=3), n=5, axis=1))


def test_imaginary_parts_that_real_transforms_ignore() -> None:
    x = complex_numbers(3)
    y = x.copy()
    y[0], y[2] = MP.mpc(x[0].real), MP.mpc(x[2].real)
    assert_equal(xp.fft.irfft(x), xp.fft.irfft(y))
    assert all(isinstance(v, MP.mpf) for v in xp.fft.irfft(x))


def test_shifts() -> None:
    x = arrays(MP, np.arange(15.0).reshape(3, 5))
    assert_equal(xp.fft.fftshift(x, axes=1)[0], [3, 4, 0, 1, 2])
    assert_equal(xp.fft.ifftshift(x, axes=(1,))[0], [2, 3, 4, 0, 1])
    assert_equal(xp.fft.fftshift(x)[0], [13, 14, 10, 11, 12])
    assert_equal(xp.fft.ifftshift(xp.fft.fftshift(x)), x)


@pytest.mark.parametrize("n", [1, 4, 5])
def test_frequencies(n: int) -> None:
    for name in ("fftfreq", "rfftfreq"):
        found = getattr(xp.fft, name)(n, d=0.5)
        np.testing.assert_allclose([float(v) for v in found], getattr(np.fft, name)(n, 0.5), rtol=1e-15)
        assert all(isinstance(v, MP.mpf) for v in found)
    assert_equal(xp.fft.fftshift(xp.fft.fftfreq(n))[n // 2], 0)
    assert_equal(xp.fft.fftfreq(3)[1] * 3, 1)


@pytest.mark.parametrize("name", ["fft", "ifft", "rfft", "ihfft", "fftn", "rfftn"])
def test_empty_results_are_complex(name: str) -> None:
    y = getattr(xp.fft, name)(np.zeros((0, 4), dtype=object), **({"axes": (1,)} if name.endswith("n") else {}))
    assert y.shape == (0, 3 if name in ("rfft", "ihfft", "rfftn") else 4)
    assert is_complex(MP, y)


@pytest.mark.parametrize("name", ["irfft", "hfft", "irfftn"])
def test_empty_results_are_real(name: str) -> None:
    y = getattr(xp.fft, name)(np.zeros((0, 4), dtype=COMPLEX), **({"axes": (1,)} if name.endswith("n") else {}))
    assert y.shape == (0, 6)
    assert not is_complex(MP, y)


def test_refusals() -> None:
    with pytest.raises(ValueError, match="length 0, where at least 1"):
        xp.fft.fft(complex_numbers(3), n=0)
    with pytest.raises(ValueError, match="length 0, where at least 1"):
        xp.fft.irfft(complex_numbers(1))
    with pytest.raises(ValueError, match="norm is 'orthogonal', not"):
        xp.fft.fft(complex_numbers(3), norm="orthogonal")
