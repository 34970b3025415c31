"""Docstrings of the standard's functions: a record each, by chapter, and the builder that writes them out."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .record import SHARED, Doc

__all__ = ["DOCS", "Doc", "docstring"]

_CHAPTERS = {
    "creation": ("CREATION", "DATA_TYPES", "INSPECTION"),
    "elementwise": ("ELEMENTWISE",),
    "manipulation": ("INDEXING", "MANIPULATION"),
    "searching": ("SEARCHING", "SETS", "SORTING"),
    "statistical": ("STATISTICAL", "UTILITY"),
    "linalg": ("LINEAR_ALGEBRA", "LINALG"),
    "fft": ("FFT",),
}
"""Modules, and the chapters in them: imported when a docstring is written, the likeliest first."""

DOCS: dict[str, Doc]
"""The records by op name ("sin", "linalg.qr", "fft.rfft")."""


def _chapter(module: str) -> dict[str, Doc]:
    found = import_module(f".{module}", __name__)
    records: dict[str, Doc] = {}
    for name in _CHAPTERS[module]:
        records |= getattr(found, name)
    if module == "linalg":  # what the standard has in two places
        records |= {f"linalg.{name}": doc for name, doc in found.LINEAR_ALGEBRA.items()}
    return records


def _record(name: str) -> Doc:
    extension = name.partition(".")[0]
    for module in (extension,) if extension in _CHAPTERS and extension != name else ("elementwise", *_CHAPTERS):
        records = _chapter(module)
        if name in records:
            return records[name]
    raise KeyError(name)


def __getattr__(name: str) -> Any:
    if name != "DOCS":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return {key: doc for module in _CHAPTERS for key, doc in _chapter(module).items()}


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
    doc = _record(name)
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
