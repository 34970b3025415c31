"""Every public function is called as the standard says: its signature, its help, and what it refuses."""

from __future__ import annotations

import inspect
import pydoc
from collections.abc import Callable
from typing import Any

import pytest

import agrad
from agrad.ops import INTERNAL, table
from agrad.ops.standard import ALIASES, WIDER

xp = agrad.namespace("numpy")
NAMES = sorted({*table, *ALIASES} - INTERNAL)


def function_of(namespace: Any, name: str) -> Callable[..., Any]:
    """The function that users call: ``linalg.qr`` is an attribute of an attribute."""
    for part in name.split("."):
        namespace = getattr(namespace, part)
    function: Callable[..., Any] = namespace
    return function


def parameters_of(function: Callable[..., Any]) -> list[tuple[str, str, Any]]:
    """Name, kind and default of each parameter; the strict library has an object of its own for None in places."""
    parameters = inspect.signature(function).parameters.values()
    return [(p.name, p.kind.name, None if type(p.default).__name__ == "Undef" else p.default) for p in parameters]


@pytest.mark.parametrize("name", NAMES)
def test_signatures_are_those_of_the_standard(name: str) -> None:
    """The strict library has the standard's signatures; those that make arrays have ``requires_grad`` besides."""
    strict = pytest.importorskip("array_api_strict")
    found = parameters_of(function_of(xp, name))
    if table[ALIASES.get(name, name)].kind == "creation":
        assert found.pop() == ("requires_grad", "KEYWORD_ONLY", False)
    expected = parameters_of(function_of(strict, name))
    if name in WIDER:  # what is allowed besides: a parameter by position, which is by keyword in the standard
        assert {(p, default) for p, _, default in found} == {(p, default) for p, _, default in expected}
    else:
        assert found == expected


@pytest.mark.parametrize("name", NAMES)
def test_help_shows_the_function(name: str) -> None:
    function = function_of(xp, name)
    short = ALIASES.get(name, name).rpartition(".")[2]
    text = pydoc.plain(pydoc.render_doc(function))
    assert f"{short}{inspect.signature(function)}" in text
    assert inspect.getdoc(function) in inspect.cleandoc(text.replace("\n    ", "\n"))
    assert function.__name__ == function.__qualname__ == short
    assert function.__module__ == "agrad[numpy]"


@pytest.mark.parametrize("name", NAMES)
def test_calls_that_do_not_fit_are_refused_under_the_functions_name(name: str) -> None:
    """Positional-only and keyword-only parameters, too many and unknown ones: Python's own errors."""
    function = function_of(xp, name)
    short = function.__name__
    parameters = inspect.signature(function).parameters.values()
    positional = [p for p in parameters if p.kind is not inspect.Parameter.KEYWORD_ONLY]
    given = [1] * len(positional)

    def refused(*args: Any, **kwargs: Any) -> None:
        with pytest.raises(TypeError, match=rf"^{short}\(\) "):
            function(*args, **kwargs)

    refused(*given, no_such_parameter=1)
    if not any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in parameters):
        refused(*given, 1)
    first = positional[0] if positional else None
    if first is not None and first.kind is inspect.Parameter.POSITIONAL_ONLY:
        refused(*given[1:], **{first.name: 1})
