"""Where the debug switches hook in: lists that are empty while they are off, and that no fast path looks at."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable
from linecache import getline
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agrad.interpret.bound import Bound
    from agrad.interpret.reverse import Node

__all__ = ["CALLS", "NODES", "WALKS", "Line", "from_environment", "line_of_user", "shown"]

CALLS: list[Callable[..., Any]] = []
"""Called in the place of `apply`, with `apply` before its arguments; None leaves the call to it."""

NODES: list[Callable[[Bound, Node], Node]] = []
"""Called with each node that is recorded; each returns the node to go on with."""

WALKS: list[Callable[..., Any]] = []
"""Called in the place of `walk`, with `walk` before its arguments; None leaves the walk to it."""

Line = tuple[str, int] | None


def line_of_user() -> Line:
    """The file and the line of the user's source that is being run: the innermost outside of agrad and its plugins."""
    frame: Any = sys._getframe(1)
    while frame is not None:
        package = frame.f_globals.get("__name__", "agrad").partition(".")[0]
        if package != "agrad" and not package.startswith("agrad_"):
            return frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back
    return None


def shown(line: Line) -> str:
    """A line of source in a message."""
    if line is None:
        return ""
    source = getline(*line).strip()
    return f" at {line[0]}:{line[1]}" + (f" ({source})" if source else "")


def from_environment() -> None:
    """Switch on what ``AGRAD_DEBUG`` asks for."""
    asked = {name.strip() for name in os.environ.get("AGRAD_DEBUG", "").split(",")} - {""}
    if unknown := asked - {"anomaly", "mutation"}:
        warnings.warn(f"AGRAD_DEBUG asks for {sorted(unknown)}; the checks are 'anomaly' and 'mutation'", stacklevel=2)
    if "mutation" in asked:
        from agrad.interpret.mutation import debug

        debug(mutation=True)
    if "anomaly" in asked:
        from agrad.interpret.anomaly import detect_anomaly

        detect_anomaly().__enter__()
