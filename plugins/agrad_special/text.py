"""The docstrings of the ops, written out from what differs between them."""

from __future__ import annotations

from textwrap import fill, indent

__all__ = ["AXIS", "KEEPDIMS", "NUMBERS", "described"]

NUMBERS = "array, real floating-point"
AXIS = ("int, tuple of int or None, optional", "The axes to take together; None, the default, means all of them.")
KEEPDIMS = ("bool, optional", "Whether the axes stay, with length one.")
ELEMENTWISE = "An array of the same dtype, of the shape that the arguments broadcast to."


def described(
    summary: str,
    derivative: str,
    example: str,
    *,
    notes: str = "",
    accuracy: str = "",
    returns: str = ELEMENTWISE,
    result: str = "array",
    raises: tuple[str, str] | None = None,
    **parameters: str | tuple[str, str],
) -> str:
    """Write a NumPy-style docstring.

    Parameters
    ----------
    summary : str
        The first line.
    derivative : str
        What the derivative is, and by which convention where there is none.
    example : str
        Doctest lines that may use ``agrad`` and ``xp``.
    notes, accuracy : str
        Further remarks; how far off the computation in the standard is, and where it was measured.
    returns, result : str
        What the result is, and its type.
    raises : tuple of str, optional
        An error's name and its cause.
    **parameters : str or tuple of str
        Descriptions by name, or pairs of a type and a description; `x` alone where none is given.

    Returns
    -------
    str

    Examples
    --------
    >>> print(described("Twice x.", "2.", ">>> 2 * 2\\n4").splitlines()[0])
    Twice x.
    """
    lines = [summary, "", "Parameters", "----------"]
    for name, given in (parameters or {"x": "The numbers."}).items():
        kind, text = (NUMBERS, given) if isinstance(given, str) else given
        lines += [f"{name} : {kind}", _wrapped(text, "    ")]
    lines += ["", "Returns", "-------", result, _wrapped(returns, "    ")]
    if raises:
        lines += ["", "Raises", "------", raises[0], _wrapped(raises[1], "    ")]
    lines += ["", "Notes", "-----", _wrapped(f"Derivative: {derivative}")]
    if notes:
        lines += ["", _wrapped(notes)]
    if accuracy:
        lines += ["", _wrapped(f"Accuracy, where it is computed in the standard, against mpmath: {accuracy}")]
    lines += ["", "Examples", "--------", ">>> import agrad", '>>> xp = agrad.namespace("numpy")', example]
    return "\n".join(lines) + "\n"


def _wrapped(text: str, margin: str = "") -> str:
    return indent(fill(text, 88 - len(margin), break_long_words=False, break_on_hyphens=False), margin)
