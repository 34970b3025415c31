"""The error of what cannot be loaded."""

from __future__ import annotations

from agrad.errors import AgradError

__all__ = ["StateError"]


class StateError(AgradError, ValueError):
    """A saved state that cannot be read, or that does not fit what it is loaded into.

    Examples
    --------
    >>> import agrad_nn as nn
    >>> nn.Linear(2, 3).load_state_dict({"weight": [[1.0, 2.0]], "bias": [0.0, 0.0, 0.0]})
    Traceback (most recent call last):
    ...
    agrad_nn.errors.StateError: Linear: the entry 'weight' has shape (1, 2); this module has shape (3, 2) there
    """
