"""``torch.autograd.detect_anomaly``: a nan in the backward pass is an error, and shows where its operation stands."""

from __future__ import annotations

import warnings
from typing import Any

import agrad
from agrad_torchlike.graph import word_of

__all__ = [
    "detect_anomaly",
    "is_anomaly_check_nan_enabled",
    "is_anomaly_enabled",
    "set_anomaly_enabled",
    "set_detect_anomaly",
]


class _Detection(agrad.detect_anomaly):
    """agrad's own, which looks at the backward pass alone, and at nans alone."""

    forward = False
    kinds = frozenset({"nan"})

    def error(self, message: str, node: Any, place: int) -> Exception:
        word = f"{word_of(node)}0"
        where = self.called_from(node)
        warnings.warn(
            f"Error detected in {word}. "
            + (
                f"Traceback of forward call that caused the error:\n {where}"
                if where
                else "No forward pass information available. Enable detect anomaly during forward pass for more "
                "information."
            ),
            UserWarning,
            stacklevel=2,
        )
        return RuntimeError(f"Function '{word}' returned nan values in its {place}th output.")


class _Silent(_Detection):
    """One that lets nans pass."""

    kinds = frozenset()


_entered: list[_Detection] = []
"""The one that is in force, if any."""


def set_anomaly_enabled(enabled: bool, check_nan: bool = True) -> None:
    """Switch the detection on or off.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> torch.set_anomaly_enabled(True)
    >>> torch.is_anomaly_enabled()
    True
    >>> torch.set_anomaly_enabled(False)
    """
    while _entered:
        _entered.pop().__exit__()
    if enabled:
        _entered.append(_Detection() if check_nan else _Silent())
        _entered[0].__enter__()


def is_anomaly_enabled() -> bool:
    """Return whether the detection is on."""
    return bool(_entered)


def is_anomaly_check_nan_enabled() -> bool:
    """Return whether a nan is an error."""
    return type(_entered[0]) is not _Silent if _entered else True


class set_detect_anomaly:  # noqa: N801 - PyTorch's name
    """Switch the detection of nans on or off: from now on, or within a ``with`` block.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> with torch.autograd.set_detect_anomaly(True):
    ...     torch.is_anomaly_enabled()
    True
    >>> torch.is_anomaly_enabled()
    False
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self._before = is_anomaly_enabled(), is_anomaly_check_nan_enabled()
        set_anomaly_enabled(mode, check_nan)

    def __enter__(self) -> None:
        """Nothing: the switch is set already."""

    def __exit__(self, *exc: object) -> None:
        set_anomaly_enabled(*self._before)


class detect_anomaly:  # noqa: N801
    """Within a ``with`` block, a nan that the backward pass makes is an error, and the line of its operation is shown.

    Examples
    --------
    >>> import warnings
    >>> import agrad_torchlike as torch
    >>> x = torch.ones(1, requires_grad=True)
    >>> with warnings.catch_warnings(action="ignore"), torch.autograd.detect_anomaly():
    ...     (x * float("nan")).backward()
    Traceback (most recent call last):
        ...
    RuntimeError: Function 'MulBackward0' returned nan values in its 0th output.
    """

    def __init__(self, check_nan: bool = True) -> None:
        self._before = is_anomaly_enabled(), is_anomaly_check_nan_enabled()
        self._check_nan = check_nan
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for "
            "debugging.",
            stacklevel=2,
        )

    def __enter__(self) -> None:
        set_anomaly_enabled(True, self._check_nan)

    def __exit__(self, *exc: object) -> None:
        set_anomaly_enabled(*self._before)
