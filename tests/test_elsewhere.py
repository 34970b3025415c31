"""Names of other libraries are answered with what agrad has, and what is recommended is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import agrad
from agrad.command.names import markdown
from agrad.elsewhere import FUNCTIONS, METHODS, TRANSFORMS

ROOT = Path(__file__).parents[1]


def words() -> list[str]:
    return [*FUNCTIONS.values(), *TRANSFORMS.values(), *METHODS.values()]


def test_the_page_is_the_table():
    assert (ROOT / "docs/names.md").read_text() == markdown(), "run: python -m agrad.command.names > docs/names.md"


@pytest.mark.parametrize("text", sorted(set(words())))
def test_what_is_recommended_is_there(text):
    xp = agrad.namespace("numpy")
    for start, path in re.findall(r"\b(xp|agrad)\.([a-z_.A-Z0-9]*\w)", text):
        thing = {"xp": xp, "agrad": agrad}[start]
        for name in path.split("."):
            thing = getattr(thing, name)
    for name in re.findall(r"\bt\.(\w+)", text):
        assert hasattr(agrad.tensor([[1.0]], requires_grad=True), name)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_functions(name):
    with pytest.raises(AttributeError, match=re.escape(FUNCTIONS[name])):
        getattr(agrad.namespace("array-api-strict"), name)


@pytest.mark.parametrize("name", sorted(TRANSFORMS))
def test_transforms(name):
    with pytest.raises(AttributeError, match=re.escape(TRANSFORMS[name])):
        getattr(agrad, name)


@pytest.mark.parametrize("name", sorted(METHODS))
def test_methods(name):
    t = agrad.tensor([1.0], backend="array-api-strict")
    with pytest.raises(AttributeError, match=re.escape(METHODS[name])):
        getattr(t, name)
    assert not hasattr(t, name)
    assert name not in dir(t)
    assert getattr(t, name, None) is None


def test_a_slip_is_answered_by_python():
    with pytest.raises(AttributeError) as caught:
        agrad.namespace("numpy").argmaxx  # noqa: B018
    assert caught.value.name == "argmaxx"
    assert "argmax" in dir(caught.value.obj)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda f, x: agrad.grad(f, argnums="x")(x), "grad got argnums='x'; it takes the position of an argument"),
        (lambda f, x: agrad.grad(f, argnums=None)(x), "grad got argnums=None; it takes the position"),
        (lambda f, x: agrad.jacobian(f, argnums=("x",))(x), "positions of arguments are integers"),
        (lambda f, x: agrad.jvp(f, x, x), "jvp got a Tensor as primals; it takes a tuple with one item an argument"),
        (lambda f, x: agrad.jvp(f, 2.0, 1.0), "jvp got a float as primals"),
        (lambda f, x: agrad.hvp(f, (x,), x), "hvp got a Tensor as tangents"),
    ],
)
def test_arguments_of_transforms(call, message):
    x = agrad.tensor([1.0, 2.0])
    with pytest.raises(TypeError, match=re.escape(message)):
        call(lambda x: (x * x).sum(), x)
