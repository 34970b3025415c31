"""Mutants that compute the same as what they were made from, each with the proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["EQUIVALENT"]

REAL = "The result is real whatever the argument, and a real number is its own conjugate."
FLAT = (
    "The function is piecewise constant: its derivative is 0 wherever it has one, and half of 0, or 0 itself, is that."
)
COMPARED = "The rule only compares these values; a comparison is a constant for the engine, followed arguments or not."
SHAPE = "The rule reads nothing but the shape of this value, which is the same for a constant."
COPIED = (
    "The result is always complex, and a transpose of a complex result gets the conjugate of its cotangent: an array "
    "that the engine has made for this call and hands to nobody else."
)
AXES_GIVEN = (
    "The rule reads the sizes only where it is given no axes, and the standard asks for axes wherever sizes are given."
)


def _of(names: Sequence[str], proof: str) -> dict[str, str]:
    return dict.fromkeys(names, proof)


EQUIVALENT: Mapping[str, str] = {
    **_of(
        [
            "abs/jvp-0/conj", "imag/jvp-0/conj", "real/vjp-0/conj", "real/jvp-0/conj", "linalg.eigvalsh/jvp-0/conj",
            "linalg.matrix_norm/jvp-0/conj", "linalg.svdvals/jvp-0/conj", "linalg.vector_norm/jvp-0/conj",
            "fft.hfft/decomposition/conj", "fft.irfft/jvp-0/conj", "fft.irfftn/jvp-0/conj",
        ],
        REAL,
    ),
    **_of(
        [
            "clip/partial-0/half-slope", "clip/partial-1/half-slope", "clip/partial-2/half-slope",
            "copysign/partial-0/half-slope", "copysign/partial-0/constant-values", "maximum/partial-0/half-slope",
            "maximum/partial-1/half-slope", "minimum/partial-0/half-slope", "minimum/partial-1/half-slope",
            "remainder/partial-1/half-slope", "remainder/partial-1/constant-values",
        ],
        FLAT,
    ),
    **_of([f"{op}/{mode}-0/constant-values" for op in ("max", "min") for mode in ("vjp", "jvp")], COMPARED),
    **_of([f"fft.{op}/vjp-0/constant-values" for op in ("irfft", "irfftn", "rfft", "rfftn")], SHAPE),
    **_of([f"fft.{op}/vjp-0/write-ct" for op in ("fft", "fftn", "ifft", "ifftn")], COPIED),
    "sort/decomposition/stable-ignored": "With stable=False the order of equal elements is left open: the stable one, "
    "which the mutant always takes, is one of those allowed.",
    "einsum.einsum/decomposition/constant-subscripts": "The subscripts are a text, which has no derivative to lose.",
    "einsum.einsum/decomposition/optimize-ignored": "The parameter chooses the order of contractions, of which the "
    "result depends by rounding only.",
    "engine/environment/double": "The number is for rules alone. In double precision they compute with less "
    "rounding, and what they return is cast to the dtype of the argument, or of the result, in any case.",
    **_of([f"fft.{op}/vjp-0/s-ignored" for op in ("fftn", "ifftn", "irfftn")], AXES_GIVEN),
}  # fmt: skip
"""Proofs by the mutants' names: these leave the count, and are listed."""
