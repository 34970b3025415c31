"""Cases of the Fourier transforms: lengths even and odd, padded and cut, each norm, single and several axes."""

from __future__ import annotations

from agrad.cases import Case
from agrad_conformance.cases.row import COMPLEX, REAL, row

__all__ = ["CASES"]

NORMS = ("backward", "ortho", "forward")


def _transform(op: str) -> list[Case]:
    name, dtypes = f"fft.{op}", REAL if op in ("rfft", "ihfft") else COMPLEX
    return [
        *(row(name, lambda g: (g(2, 3),), dtypes, norm=norm) for norm in NORMS),
        *(row(name, lambda g: (g(4),), dtypes, n=n) for n in (1, 3, 6)),
        *(row(name, lambda g: (g(3),), dtypes, n=4, norm=norm) for norm in NORMS[1:]),
        row(name, lambda g: (g(4, 2),), dtypes, axis=0),
        row(name, lambda g: (g(2, 3, 2),), dtypes, axis=-2, n=5, norm="ortho"),
        row(name, lambda g: (g(0, 4),), dtypes),
    ]


def _several(op: str) -> list[Case]:
    name, dtypes = f"fft.{op}", REAL if op == "rfftn" else COMPLEX
    return [
        *(row(name, lambda g: (g(2, 3),), dtypes, norm=norm) for norm in NORMS),
        row(name, lambda g: (g(2, 2, 3),), dtypes, s=(3, 4), axes=(0, -1), norm="ortho"),
        row(name, lambda g: (g(2, 2, 3),), dtypes, s=(2, 5), axes=(-1, 1)),
        row(name, lambda g: (g(2, 2, 3),), dtypes, axes=(2, 0)),
        row(name, lambda g: (g(2, 3, 2),), dtypes, axes=(1,)),
    ]


def _shift(op: str) -> list[Case]:
    name = f"fft.{op}"
    return [
        row(name, lambda g: (g(3, 4),)),
        row(name, lambda g: (g(2, 5),), axes=(1,)),
        row(name, lambda g: (g(3, 2),), axes=0),
        row(name, lambda g: (g(0, 5),)),
    ]


def _frequencies(op: str, n: int) -> Case:
    return row(f"fft.{op}", lambda g: (n,), ["float64"], d=0.5, dtype="float64")


CASES: list[Case] = [
    *(case for op in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft") for case in _transform(op)),
    *(case for op in ("fftn", "ifftn", "rfftn", "irfftn") for case in _several(op)),
    *(_frequencies(op, n) for op in ("fftfreq", "rfftfreq") for n in (5, 6)),
    *(case for op in ("fftshift", "ifftshift") for case in _shift(op)),
]
