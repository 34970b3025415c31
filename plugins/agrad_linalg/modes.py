"""Which system of a matrix is meant: its own, that of its transpose, or that of its adjoint."""

from __future__ import annotations

from typing import Any

__all__ = ["ADJOINT", "PLAIN", "TRANSPOSED", "mode_of"]

PLAIN, TRANSPOSED, ADJOINT = 0, 1, 2
LETTERS = {"N": PLAIN, "T": TRANSPOSED, "C": ADJOINT}


def mode_of(trans: Any) -> int:
    """The system as a number.

    Examples
    --------
    >>> mode_of("T"), mode_of(2)
    (1, 2)
    """
    mode = LETTERS.get(trans, trans) if isinstance(trans, str) else trans
    if mode not in (PLAIN, TRANSPOSED, ADJOINT):
        raise ValueError(f"solve_triangular got trans={trans!r}; it takes 0 or 'N', 1 or 'T', 2 or 'C'")
    return int(mode)
