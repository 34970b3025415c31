"""Cases of the array object's methods that no chapter has a function for."""

from __future__ import annotations

from agrad.cases import Case
from agrad_conformance.cases.row import row

__all__ = ["CASES"]


def _to_device(*shape: int) -> Case:
    return row("to_device", lambda g: (g(*shape),), call=lambda xp, x: x.to_device(x.device))


CASES: list[Case] = [_to_device(2, 3), _to_device(), _to_device(0, 2)]
