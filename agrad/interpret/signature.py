"""The public function of an op: its closure, under the standard's signature.

Functions of one or two positional arguments *are* their closures. The others are a shell of one line, the only code
that agrad generates: Python itself then sorts positional, keyword and default arguments. A shell reaches its closure by
a name that no signature may contain, so that names of ops and of their parameters are free.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import FunctionType
from typing import Any

from agrad.declare import Op
from agrad.ops.standard import WIDER

__all__ = ["CLOSURE", "creation_signature", "public"]

CLOSURE = "_agrad_closure"
"""What a shell calls; `agrad.plugins.validate` refuses a parameter of that name."""

KINDS = {
    "positional": inspect.Parameter.POSITIONAL_ONLY,
    "either": inspect.Parameter.POSITIONAL_OR_KEYWORD,
    "star": inspect.Parameter.VAR_POSITIONAL,
    "keyword": inspect.Parameter.KEYWORD_ONLY,
}


def public(op: Op, run: Callable[..., Any], module: str) -> Callable[..., Any]:
    """The function that users call: it passes `run` the data arguments, then a dict of parameters if there are any."""
    bare = len(op.arguments) == len(op.parameters) <= 2
    if bare and op.kind != "creation" and all(p[1:] == ("positional", None) for p in op.parameters):
        made: Any = run
        made.__signature__ = inspect.Signature([inspect.Parameter(p.name, KINDS[p.kind]) for p in op.parameters])
    else:
        made = _shell(op, run)
    made.__module__ = module
    made.__name__ = made.__qualname__ = op.name.split(".")[-1]
    return made  # type: ignore[no-any-return]


def _shell(op: Op, run: Callable[..., Any]) -> Callable[..., Any]:
    params = [p.name for p in op.parameters if p.name not in op.arguments]
    passed = list(op.arguments)
    if params:
        passed.append("{" + ", ".join(f"{name!r}: {name}" for name in params) + "}")
    signature = WIDER.get(op.name, op.signature)
    if op.kind == "creation":
        signature = creation_signature(op)
        passed.append("requires_grad")
    scope: dict[str, Any] = {CLOSURE: run}
    exec(f"def shell{signature}: return {CLOSURE}({', '.join(passed)})", scope)  # noqa: S102 - see above
    made: FunctionType = scope["shell"]
    return made


def creation_signature(op: Op) -> str:
    """The standard's signature with ``requires_grad=``."""
    return op.signature[:-1] + (", requires_grad=False)" if "*" in op.signature else ", *, requires_grad=False)")
