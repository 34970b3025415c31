"""What a check found: one flat record each, ready for a report."""

from __future__ import annotations

from builtins import property as computed  # "property" is what a field is called here
from typing import Any, NamedTuple

__all__ = ["FAILED", "OUTCOMES", "PASSED", "UNEXPECTED", "UNSUPPORTED", "XFAILED", "Key", "Record"]

PASSED, FAILED, XFAILED, UNEXPECTED, UNSUPPORTED = (
    "passed",
    "failed",
    "expected failure",
    "unexpected pass",
    "unsupported",
)
OUTCOMES = (PASSED, FAILED, XFAILED, UNEXPECTED, UNSUPPORTED)
"""In a verdict, failures and unexpected passes count against a backend."""


class Key(NamedTuple):
    """Which check: what a report groups by, and what runs it again.

    Parameters
    ----------
    backend : str
    op : str
        A name of the table, or "" where a check is of no op alone.
    case : str
        The sample's id, ``"linalg.qr-3-real"``, or the name of a point or scenario.
    dtype : str
    property : str
    """

    backend: str
    op: str
    case: str
    dtype: str
    property: str

    @computed
    def id(self) -> str:
        """The key as one word, for ``-k`` and for patterns of expected failures."""
        return "-".join(filter(None, [self.case, self.dtype, self.property, self.backend]))

    @computed
    def command(self) -> str:
        """A line for the Python prompt that runs the check again."""
        given = ", ".join(map(repr, (self.backend, self.case, self.dtype, self.property)))
        return f"import agrad_conformance; agrad_conformance.check({given})"


class Record(NamedTuple):
    """One check, and what came of it.

    Parameters
    ----------
    backend, op, case, dtype, property : str
        The `Key`.
    chapter : str
    device : str
        Where the arrays were.
    outcome : str
        One of `OUTCOMES`.
    error : float or None
        The largest error in units of eps times the reference's scale; None where nothing was compared.
    tolerance : float or None
        What it was allowed to be, in the same units.
    reason : str
        What was wrong, or why it was not expected to work.
    detail : dict
        For a failure: the inputs, the reference and the result as text.
    """

    backend: str
    op: str
    case: str
    dtype: str
    property: str
    chapter: str
    device: str
    outcome: str
    error: float | None = None
    tolerance: float | None = None
    reason: str = ""
    detail: dict[str, Any] = {}  # noqa: RUF012 - never changed

    @computed
    def key(self) -> Key:
        """Which check it was."""
        return Key(self.backend, self.op, self.case, self.dtype, self.property)
