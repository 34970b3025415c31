"""The suite among the tests of a project: what a check found as the outcome of a test."""

from __future__ import annotations

import pytest

from agrad_conformance.result import FAILED, UNEXPECTED, UNSUPPORTED, XFAILED, Key, Record
from agrad_conformance.run import execute

__all__ = ["conclude", "verify"]


def verify(key: Key) -> None:
    """Run a check inside a test, which passes if the check does.

    Parameters
    ----------
    key : Key
        One of `agrad_conformance.keys`.

    Examples
    --------
    A project's own test of its backend; of an op plugin, with ``ops=["name.op"]``:

    >>> import pytest
    >>> from agrad_conformance import keys, verify
    >>> @pytest.mark.parametrize("key", keys("numpy", ops=["sin"]), ids=lambda key: key.id)
    ... def test_conformance(key):
    ...     verify(key)
    """
    conclude(execute(key))


def conclude(record: Record) -> None:
    """End a test as the record says: skipped where it is unsupported, or failed with what was wrong.

    Examples
    --------
    >>> conclude(execute(Key("numpy", "sin", "sin-0-real", "float64", "vjp")))
    """
    if record.outcome == UNSUPPORTED:
        pytest.skip(record.reason)
    if record.outcome == XFAILED:
        pytest.xfail(record.reason)
    if record.outcome in (FAILED, UNEXPECTED):
        what = f"{record.op or record.case}, {record.property}, {record.dtype or 'any dtype'}, {record.backend}"
        pytest.fail(f"{what}: {record.reason}\nagain: {Key(*record[:5]).command}", pytrace=False)
