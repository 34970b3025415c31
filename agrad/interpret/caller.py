"""Where the user is: the line of their source that is being run."""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["user_line"]


def user_line() -> str:
    """The innermost line outside of agrad and its plugins, as ``"path:line"``."""
    frame: Any = sys._getframe(1)
    while frame is not None:
        package = frame.f_globals.get("__name__", "agrad").partition(".")[0]
        if package != "agrad" and not package.startswith("agrad_"):
            return f"{frame.f_code.co_filename}:{frame.f_lineno}"
        frame = frame.f_back
    return ""
