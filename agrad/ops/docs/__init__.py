"""Docstrings of the standard's functions: a record each, by chapter, and the builder that writes them out."""

from __future__ import annotations

from .creation import CREATION, DATA_TYPES, INSPECTION
from .elementwise import ELEMENTWISE
from .fft import FFT
from .linalg import LINALG, LINEAR_ALGEBRA
from .manipulation import INDEXING, MANIPULATION
from .record import SHARED, Doc
from .searching import SEARCHING, SETS, SORTING
from .statistical import STATISTICAL, UTILITY

__all__ = ["DOCS", "Doc", "docstring"]

DOCS: dict[str, Doc] = {
    **CREATION,
    **DATA_TYPES,
    **ELEMENTWISE,
    **INDEXING,
    **LINEAR_ALGEBRA,
    **MANIPULATION,
    **SEARCHING,
    **SETS,
    **SORTING,
    **STATISTICAL,
    **UTILITY,
    **INSPECTION,
    **LINALG,
    **{f"linalg.{name}": doc for name, doc in LINEAR_ALGEBRA.items()},
    **FFT,
}
"""The records by op name ("sin", "linalg.qr", "fft.rfft"), chapter by chapter as in the standard."""

_WIDTH = 88


def docstring(name: str, signature: str) -> str:
    """Write the NumPy-style docstring of a function of the standard.

    Parameters
    ----------
    name : str
        The op's name: ``"sin"``, ``"linalg.qr"``, ``"fft.rfft"``.
    signature : str
        Its parameters as in ``"(x, /, *, axis=None)"``: they are described in this order, with these defaults.

    Returns
    -------
    str
        The docstring.

    Raises
    ------
    KeyError
        For a name that is not the standard's, or a parameter that nothing describes.
    """
    doc = DOCS[name]
    lines = [doc.summary]
    if names := [p for p in signature.strip("()").split(", ") if p not in ("", "*", "/")]:
        lines += ["", "Parameters", "----------"]
        for part in names:
            parameter, _, default = part.partition("=")
            kind, text = doc.params.get(parameter) or SHARED[parameter]
            if default:
                kind += ", optional" if default == "None" else f", default: {default}"
            if doc.dtypes and parameter in ("x", "x1", "x2", "arrays", "*arrays"):
                text += f" Dtype: {doc.dtypes}."
            lines += [f"{parameter} : {kind}", *_wrapped(text, "    ")]
    results = {"array": doc.returns} if isinstance(doc.returns, str) else doc.returns
    for title, items in (("Returns", results), ("Raises", doc.raises)):
        if items:
            lines += ["", title, "-" * len(title)]
            for item, text in items.items():
                lines += [item, *_wrapped(text, "    ")]
    lines += ["", "Notes", "-----", *_wrapped("Gradient: " + doc.gradient, "")]
    lines += ["", "Examples", "--------", ">>> import agrad", '>>> xp = agrad.namespace("numpy")', doc.example]
    return "\n".join(lines) + "\n"


def _wrapped(text: str, indent: str) -> list[str]:
    """Break a text into lines; `textwrap` takes ten times as long, which importing agrad would feel."""
    lines = []
    while len(text) > _WIDTH:
        cut = text.rfind(" ", 0, _WIDTH)
        lines.append(indent + text[:cut])
        text = text[cut + 1 :]
    return [*lines, indent + text]
