"""Conventions of complex numbers: the adjoint is that of the real inner product."""

from __future__ import annotations

from math import nan, pi
from typing import Any

from agrad_conformance.conventions.point import Point, raises, value

__all__ = ["POINTS"]

NOWHERE = complex(nan, nan)


def _mixture(xp: Any, z: Any) -> Any:
    return z * xp.conj(z) * xp.conj(z) + xp.abs(z)


def _half_spectrum(xp: Any, z: Any) -> Any:
    return xp.fft.irfft(z, n=4) + xp.fft.irfftn(z, s=(4,), axes=(0,)) + xp.fft.hfft(z, n=4)


POINTS: tuple[Point, ...] = (
    value("complex-steepest-ascent", "abs", (3 + 4j,), (6 + 8j,), "points uphill", call=lambda xp, z: xp.abs(z) ** 2),
    value(
        "complex-holomorphic",
        "real",
        (1 + 2j,),
        (-9 - 12j,),
        "the conjugate of the derivative",
        call=lambda xp, z: xp.real(z * z * z),
    ),
    value(
        "complex-imaginary-part",
        "imag",
        (1 + 2j,),
        (4 + 2j,),
        "i times the conjugate of the derivative",
        call=lambda xp, z: xp.imag(z * z),
    ),
    value("complex-conj", "conj", (3 + 4j,), (1 + 2j,), "linear over the reals", cotangent=1 - 2j),
    value(
        "complex-real-argument",
        "exp",
        (pi / 6,),
        (-0.5,),
        "a real number moves along the real line only",
        call=lambda xp, x: xp.real(xp.exp(1j * x)),
    ),
    value("complex-adjoint", "conj", (3 + 4j,), (43.6 + 24.8j,), "Re<v, J w> = Re<J* v, w>", call=_mixture),
    value(
        "complex-adjoint",
        "conj",
        (3 + 4j,),
        (19.6 - 32.2j,),
        "Re<v, J w> = Re<J* v, w>",
        call=_mixture,
        cotangent=1 + 1j,
    ),
    value("complex-sign", "sign", (3 + 4j,), (0.128 - 0.096j,), "z/abs(z) only turns"),
    value("complex-sign", "sign", (3 + 4j,), (-0.096 + 0.072j,), "z/abs(z) only turns", cotangent=1j),
    value(
        "complex-abs-at-0",
        "abs",
        ([0j, 3 + 4j],),
        ([0j, 0.6 + 0.8j],),
        "the centre of the subgradients",
        second=([NOWHERE, 0.128 - 0.096j],),
    ),
    value("complex-sign-at-0", "sign", (0j,), (0j,), "the turn is that of abs", second=(NOWHERE,)),
    value("complex-sign-at-0", "sign", (0j,), (0j,), "the turn is that of abs", cotangent=1j, second=(NOWHERE,)),
    value(
        "complex-jacobian",
        "square",
        ([1 + 2j, 3 - 1j],),
        ([[2 + 4j, 0], [0, 6 - 2j]],),
        "df/dz in both modes",
        transform="jacobian",
    ),
    raises("complex-jacobian-not-holomorphic", "conj", ([1 + 2j],), "DtypeError", "jacobian", "df/dz does not exist"),
    raises("complex-jacobian-not-holomorphic", "abs", ([1 + 2j],), "DtypeError", "jacobian", "df/dz does not exist"),
    raises("complex-grad", "square", (1 + 2j,), "DtypeError", "grad", "no direction is uphill"),
    value(
        "irfft-unused-part",
        "fft.irfft",
        ([1 + 2j, 3 + 4j, 5 + 6j],),
        ([1.5 + 0j, 1j, -1.5 + 0j],),
        "the transform does not read the imaginary parts of the first and the last bin",
        call=_half_spectrum,
        cotangent=[0.0, 1.0, 0.0, 0.0],
    ),
)
