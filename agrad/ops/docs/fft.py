"""Docstrings of the Fourier transforms."""

from __future__ import annotations

from .record import NEW, ONE_AXIS, Doc

__all__ = ["FFT"]

_HALF = " The last axis holds only the frequencies that are not negative, so that all but the first and, for an even "
_HALF += "length, the last one stand for two."
_REAL = "real floating-point"
_COMPLEX = "real or complex floating-point"
_FREQUENCIES = {
    "n": ("int", "Length of the transformed axis."),
    "d": ("float", "Distance between samples."),
}
_AXES = {"axes": ("int or sequence of ints", "The axes to shift along; by default all of them.")}
_OUTPUT_LENGTH = {**ONE_AXIS, "n": ("int", "Length of the result's axis; by default ``2 * (M - 1)`` for M elements.")}
_OUTPUT_SHAPE = {"s": ("sequence of ints", "Lengths of the result's axes; the last one by default ``2 * (M - 1)``.")}

FFT: dict[str, Doc] = {
    "fft.fft": Doc(
        "Discrete Fourier transform along an axis.",
        "The unnormalised inverse transform of the cotangent, with the same factor, cut or padded back to `x`.",
        ">>> xp.fft.fft(xp.asarray([1.0, 0.0])).tolist()\n[(1+0j), (1+0j)]",
        _COMPLEX,
        ONE_AXIS,
        returns="The coefficients, complex, from frequency zero upwards and then the negative ones.",
    ),
    "fft.ifft": Doc(
        "Inverse discrete Fourier transform along an axis.",
        "The unnormalised forward transform of the cotangent, with the same factor, cut or padded back to `x`.",
        ">>> xp.fft.ifft(xp.asarray([2 + 0j, 0j])).tolist()\n[(1+0j), (1+0j)]",
        _COMPLEX,
        ONE_AXIS,
        returns="The signal, complex.",
    ),
    "fft.fftn": Doc(
        "Discrete Fourier transform over several axes.",
        "The unnormalised inverse transform of the cotangent, with the same factor, cut or padded back to `x`.",
        ">>> xp.fft.fftn(xp.ones((2, 2))).tolist()\n[[(4+0j), 0j], [0j, 0j]]",
        _COMPLEX,
        returns="The coefficients, complex.",
    ),
    "fft.ifftn": Doc(
        "Inverse discrete Fourier transform over several axes.",
        "The unnormalised forward transform of the cotangent, with the same factor, cut or padded back to `x`.",
        ">>> xp.fft.ifftn(xp.astype(xp.ones((2, 2)), xp.complex128)).tolist()\n[[(1+0j), 0j], [0j, 0j]]",
        _COMPLEX,
        returns="The signal, complex.",
    ),
    "fft.rfft": Doc(
        "Discrete Fourier transform of real data along an axis.",
        "The real part of the unnormalised inverse transform of the cotangent, padded with zeros to full length.",
        ">>> xp.fft.rfft(xp.asarray([1.0, 0.0, 0.0, 0.0])).tolist()\n[(1+0j), (1+0j), (1+0j)]",
        _REAL,
        ONE_AXIS,
        returns="The coefficients of the frequencies that are not negative: ``n // 2 + 1`` of them, complex.",
    ),
    "fft.irfft": Doc(
        "Inverse of rfft: real data from the coefficients of the frequencies that are not negative.",
        "The forward transform of the cotangent, each coefficient weighted by how often it is used." + _HALF,
        ">>> xp.fft.irfft(xp.asarray([1 + 0j, 1 + 0j, 1 + 0j])).tolist()\n[1.0, 0.0, 0.0, 0.0]",
        _COMPLEX,
        _OUTPUT_LENGTH,
        returns="The signal, real.",
    ),
    "fft.rfftn": Doc(
        "Discrete Fourier transform of real data over several axes.",
        "The real part of the unnormalised inverse transform of the cotangent, padded with zeros to full length.",
        ">>> xp.fft.rfftn(xp.ones((2, 4))).shape\n(2, 3)",
        _REAL,
        returns="The coefficients, complex; on the last axis only frequencies that are not negative.",
    ),
    "fft.irfftn": Doc(
        "Inverse of rfftn: real data over several axes from their coefficients.",
        "The forward transform of the cotangent, each coefficient weighted by how often it is used." + _HALF,
        ">>> x = xp.ones((2, 4))\n>>> xp.fft.irfftn(xp.fft.rfftn(x)).tolist()\n"
        "[[1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0]]",
        _COMPLEX,
        _OUTPUT_SHAPE,
        returns="The signal, real.",
    ),
    "fft.hfft": Doc(
        "Real discrete Fourier transform of a Hermitian-symmetric signal, given by its first half.",
        "That of irfft on the conjugate, with the factor of the forward transform." + _HALF,
        ">>> xp.fft.hfft(xp.asarray([1 + 0j, 0j, 0j])).tolist()\n[1.0, 1.0, 1.0, 1.0]",
        _COMPLEX,
        _OUTPUT_LENGTH,
        returns="The coefficients, real.",
    ),
    "fft.ihfft": Doc(
        "Inverse of hfft: the first half of a Hermitian-symmetric signal from its real coefficients.",
        "That of rfft, conjugated, with the factor of the inverse transform.",
        ">>> xp.fft.ihfft(xp.asarray([1.0, 1.0, 1.0, 1.0])).shape\n(3,)",
        _REAL,
        ONE_AXIS,
        returns="The first ``n // 2 + 1`` elements of the signal, complex.",
    ),
    "fft.fftfreq": Doc(
        "Frequencies of the coefficients that fft returns, in cycles per unit of the sample distance.",
        NEW,
        ">>> xp.fft.fftfreq(4).tolist()\n[0.0, 0.25, -0.5, -0.25]",
        params=_FREQUENCIES,
        returns="The ``n`` frequencies.",
    ),
    "fft.rfftfreq": Doc(
        "Frequencies of the coefficients that rfft returns, in cycles per unit of the sample distance.",
        NEW,
        ">>> xp.fft.rfftfreq(4).tolist()\n[0.0, 0.25, 0.5]",
        params=_FREQUENCIES,
        returns="The ``n // 2 + 1`` frequencies.",
    ),
    "fft.fftshift": Doc(
        "Move frequency zero from the front to the middle.",
        "The cotangent shifted back.",
        ">>> xp.fft.fftshift(xp.fft.fftfreq(4)).tolist()\n[-0.5, -0.25, 0.0, 0.25]",
        params=_AXES,
        returns="The shifted array.",
    ),
    "fft.ifftshift": Doc(
        "Move frequency zero from the middle back to the front: the inverse of fftshift.",
        "The cotangent shifted back.",
        ">>> xp.fft.ifftshift(xp.asarray([-0.5, -0.25, 0.0, 0.25])).tolist()\n[0.0, 0.25, -0.5, -0.25]",
        params=_AXES,
        returns="The shifted array.",
    ),
}
