"""Every function of the standard has a docstring: each parameter is described, and the example runs."""

import doctest
import inspect
import json
from pathlib import Path

import pytest

import agrad
from agrad.ops.docs import DOCS, docstring

ITEMS = json.loads((Path(__file__).parents[1] / "data" / "array-api-2025.12.json").read_text())["functions"]
NO_FUNCTIONS = ("array ", "constant", "dtype")
DIFFERENTIABLE = {i["name"]: i["differentiable"] for i in ITEMS if not i["category"].startswith(NO_FUNCTIONS)}
ANYWAY = {"full", "full_like", "sign", "unique_all", "unique_counts", "unique_inverse", "unique_values"}
"""Functions that carry gradients although the list has them as constant: of fill values, complex x, distinct values."""

xp = agrad.namespace("numpy")
every_function = pytest.mark.parametrize("name", DIFFERENTIABLE)


def function_of(name):
    """The function that users call: ``linalg.qr`` is an attribute of an attribute."""
    owner = xp
    for part in name.split("."):
        owner = owner.__array_namespace_info__() if part.endswith("()") else getattr(owner, part)
    return owner


def documentation(name):
    """The text that ``help`` shows; the methods of the inspection object belong to the backend."""
    if name.startswith("__"):
        parameters = inspect.signature(function_of(name)).parameters.values()
        plain = inspect.Signature([p.replace(annotation=inspect.Parameter.empty) for p in parameters])
        return docstring(name, str(plain))
    return function_of(name).__doc__


def sections(text):
    """The lines of each section of a NumPy-style docstring, by its title."""
    lines, found = text.splitlines(), {}
    titles = [i for i, line in enumerate(lines[:-1]) if line and set(lines[i + 1]) == {"-"}]
    for start, end in zip(titles, [*titles[1:], len(lines)], strict=True):
        assert len(lines[start]) == len(lines[start + 1]), f"the line under {lines[start]!r} has another length"
        found[lines[start]] = lines[start + 2 : end]
    return found


def test_records_are_those_of_the_standard():
    assert set(DOCS) == set(DIFFERENTIABLE)
    main = [name for name in DIFFERENTIABLE if "." not in name]
    aliases = [name for name in DIFFERENTIABLE if name.startswith("linalg.") and name[7:] in main]
    assert len([name for name in DIFFERENTIABLE if "()" not in name]) - len(aliases) == 171


@every_function
def test_parameters_are_described_in_order_with_their_defaults(name):
    parameters = inspect.signature(function_of(name)).parameters.values()
    lines = sections(documentation(name)).get("Parameters", [])
    heads = [line for line in lines if line and not line.startswith(" ")]
    assert [head.partition(" : ")[0].lstrip("*") for head in heads] == [p.name for p in parameters]
    for head, parameter in zip(heads, parameters, strict=True):
        if parameter.default is None:
            assert head.endswith(", optional")
        elif parameter.default is not parameter.empty:
            assert head.endswith(f", default: {parameter.default!r}")
        else:
            assert "optional" not in head
            assert "default" not in head


@every_function
def test_no_record_describes_a_parameter_that_is_not_there(name):
    assert {p.lstrip("*") for p in DOCS[name].params} <= set(inspect.signature(function_of(name)).parameters)


@every_function
def test_form(name):
    text = documentation(name)
    summary, blank = text.splitlines()[:2]
    assert summary.endswith(".")
    assert not blank
    assert all(len(line) <= 96 for line in text.splitlines()), "a line is too long for help()"
    found = sections(text)
    assert list(found) == [s for s in ("Parameters", "Returns", "Raises", "Notes", "Examples") if s in found]
    assert {"Returns", "Notes", "Examples"} <= set(found)


@every_function
def test_gradient_note_agrees_with_the_list(name):
    notes = " ".join(sections(documentation(name))["Notes"])
    constant = notes.startswith(("Gradient: None, ", "Gradient: Zero, "))
    assert constant is not (DIFFERENTIABLE[name] or name in ANYWAY)


@every_function
def test_example_runs(name):
    runner = doctest.DocTestRunner(verbose=False)
    case = doctest.DocTestParser().get_doctest(documentation(name), {}, name, None, None)
    report = []
    runner.run(case, out=report.append)
    assert len(case.examples) > 2, "nothing but the import"
    assert runner.failures == 0, "".join(report)


def test_unknown_name_or_parameter_is_an_error():
    with pytest.raises(KeyError, match="sine"):
        docstring("sine", "(x, /)")
    with pytest.raises(KeyError, match="angle"):
        docstring("sin", "(angle, /)")


def test_long_texts_are_wrapped_without_losing_a_word():
    text = docstring("linalg.svd", "(x, /, *, full_matrices=True)")
    assert DOCS["linalg.svd"].gradient in " ".join(text.split("Notes\n-----\n")[1].splitlines())
