"""Names of ops, arguments and parameters are free: none of them meets a name of the engine's."""

from __future__ import annotations

import importlib.metadata
import keyword
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

import agrad
import agrad_numpy
from agrad.arrays import namespaces
from agrad.declare import WORDS, bilinear, composite, constant, elementwise, general, linear
from agrad.errors import PluginError
from agrad.interpret.signature import CLOSURE
from agrad.plugins.registry import Registry, registry
from agrad.plugins.validate import check_op

NAMES = (
    "v0 v1 v2 p1 p2 a1 a2 y a f z trace tail compute wrap rank shell x1 x2 x saved node Tensor OFF self run call "
    "params env impl space other given values slots args kwargs key value index data kind top zip type dict print mp"
).split()


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """NumPy and a plugin of these ops, and nothing else: the namespace of the ops."""

    def install(*ops: Any) -> Any:
        provider = ModuleType("provider")
        provider.agrad_ops = agrad.hookimpl(lambda: list(ops), specname="agrad_ops")  # type: ignore[attr-defined]
        entries = [
            SimpleNamespace(name=name, group="agrad", load=lambda module=module: module)
            for name, module in (("mine", provider), ("numpy", agrad_numpy))
        ]
        found = [SimpleNamespace(name="somebody", version="1", entry_points=entries)]
        monkeypatch.setattr(importlib.metadata, "distributions", lambda: found)
        for name, value in vars(Registry(changed=registry.changed)).items():
            monkeypatch.setattr(registry, name, value)
        for name in ("_made", "_owners"):
            monkeypatch.setattr(namespaces, name, {})
        return agrad.namespace("numpy").mine

    return install


def rule(names: str, text: str) -> Callable[..., Any]:
    """A rule of parameters with these names."""
    made: Callable[..., Any] = eval(f"lambda {names}: {text}")
    return made


X = np.asarray([1.0, 2.0, 3.0])
V = np.asarray([1.0, -1.0, 2.0])


def check(f: Callable[[Any], Any], value: Any, slope: Any) -> None:
    """A function linear in X: its value and its derivative, alone and inside another one."""
    np.testing.assert_allclose(agrad.vjp(f, X)[0], value)
    np.testing.assert_allclose(agrad.vjp(f, X)[1](np.ones(3))[0], slope)
    np.testing.assert_allclose(agrad.jvp(f, (X,), (V,))[1], slope * V)
    np.testing.assert_allclose(agrad.hvp(lambda x: (f(x) ** 2).sum(), (X,), (V,)), 2 * np.square(slope) * V)
    leaf = agrad.tensor(X, requires_grad=True)
    (f(leaf) ** 2).sum().backward()
    np.testing.assert_allclose(leaf.grad.array, 2 * value * slope)


def as_parameter(name: str) -> list[Any]:
    x = "x" if name != "x" else "x_"
    return [
        elementwise(f"scaled({x}, /, *, {name}=2.0)", rule(name, name), forward=rule(f"{x}, {name}", f"{x} * {name}")),
        general(
            f"turned({x}, /, {name}=2.0)",
            vjp=rule(f"xp, ct, {name}", f"ct * {name}"), jvp=rule(f"xp, t, {name}", f"t * {name}"),
            forward=rule(f"xp, {x}, {name}", f"{x} * {name}"),
        ),
        linear(f"moved({x}, /, *, {name}=2.0)", rule(f"ct, {name}", f"ct * {name}"),
               forward=rule(f"{x}, {name}", f"{x} * {name}")),
        composite(f"made({x}, /, *, {name}=2.0)", rule(f"xp, {x}, {name}", f"xp.multiply({x}, {name})")),
    ]  # fmt: skip


def as_argument(name: str) -> list[Any]:
    other = "x2" if name != "x2" else "x2_"
    body = f"{name} * {other}"
    return [
        elementwise(f"product({name}, {other}, /)", rule(other, other), rule(name, name),
                    forward=rule(f"{name}, {other}", body)),
        bilinear(f"paired({name}, {other}, /)", rule(f"ct, {other}", f"ct * {other}"),
                 rule(f"ct, {name}", f"ct * {name}"), forward=rule(f"{name}, {other}", body)),
        elementwise(f"single({name}, /)", rule(name, f"3.0 + 0 * {name}"), forward=rule(name, f"{name} * 3.0")),
    ]  # fmt: skip


def as_op(name: str) -> list[Any]:
    return [elementwise(f"{name}(x, /)", 3.0, forward=lambda x: x * 3.0)]


@pytest.mark.parametrize("name", NAMES)
def test_a_parameter_of_any_name(name: str, installed: Callable[..., Any]) -> None:
    mine = installed(*as_parameter(name))
    for op in ("scaled", "turned", "moved", "made"):
        f = getattr(mine, op)
        check(lambda x, f=f: f(x, **{name: 3.0}), 3 * X, 3.0 * np.ones(3))
        check(f, 2 * X, 2.0 * np.ones(3))


@pytest.mark.parametrize("name", NAMES)
def test_an_argument_of_any_name(name: str, installed: Callable[..., Any]) -> None:
    mine = installed(*as_argument(name))
    for op in ("product", "paired"):
        f = getattr(mine, op)
        check(lambda x, f=f: f(x, V), X * V, V)
        check(lambda x, f=f: f(V, x), X * V, V)
    check(mine.single, 3 * X, 3.0 * np.ones(3))


@pytest.mark.parametrize("name", [*NAMES, *sorted(WORDS)])
def test_an_op_of_any_name(name: str, installed: Callable[..., Any]) -> None:
    f = getattr(installed(*as_op(name)), name)
    check(f, 3 * X, 3.0 * np.ones(3))
    f = getattr(installed(constant(f"{name}(x, /)", "a test", forward=lambda x: x > 1)), name)
    assert f(X).tolist() == [False, True, True]
    np.testing.assert_array_equal(agrad.grad(lambda x: (x * f(x)).sum())(X), [0.0, 1.0, 1.0])


@pytest.mark.parametrize("name", [*sorted(WORDS), CLOSURE])
def test_words_of_rules_are_refused(name: str) -> None:
    """No rule could name such a parameter, so that the op is refused rather than wrong."""
    for signature in (f"scaled(x, /, *, {name}=2.0)", f"scaled({name}, /)"):
        with pytest.raises(PluginError, match=f"scaled.* has a parameter named '{name}'"):
            check_op(elementwise(signature, 1, forward=lambda xp: xp.ones(3)))


@pytest.mark.parametrize("name", [n for n in NAMES if n != "x"])
def test_custom_ops_take_any_name(name: str) -> None:
    function = rule(f"x, {name}=2.0", f"x * {name}")
    op = agrad.custom_op(vjp=rule(f"ct, {name}", f"ct * {name}"), jvp=rule(f"t, {name}", f"t * {name}"))(function)
    check(op, 2 * X, 2.0 * np.ones(3))
    check(lambda x: op(x, **{name: 3.0}), 3 * X, 3.0 * np.ones(3))
    data = agrad.custom_op(vjp=rule(f"ct, {name}", f"3 * ct + 0 * {name}"), jvp=rule("t", "3 * t"))
    check(data(rule(name, f"3 * {name}")), 3 * X, 3.0 * np.ones(3))


def test_custom_ops_whose_function_knows_words_of_rules() -> None:
    """A ufunc has a parameter named ``out``; in rules that is the result. An argument of such a name is refused."""
    op = agrad.custom_op(vjp=lambda ct, out: ct * out, jvp=lambda t, out: t * out)(np.exp)
    np.testing.assert_allclose(agrad.grad(lambda x: op(x).sum())(X), np.exp(X))
    np.testing.assert_allclose(agrad.jvp(op, (X,), (V,))[1], np.exp(X) * V)
    with pytest.raises(TypeError, match="argument 't'"):
        agrad.custom_op(vjp=lambda ct: ct, jvp=lambda t: t)(lambda t: t * 1)


@pytest.mark.slow
def test_any_identifier(installed: Callable[..., Any]) -> None:
    hypothesis = pytest.importorskip("hypothesis")
    st = hypothesis.strategies
    names = st.from_regex(r"[a-z_][a-zA-Z0-9_]{0,5}", fullmatch=True).filter(
        lambda n: not keyword.iskeyword(n) and n not in (*WORDS, CLOSURE) and not n.startswith("__")
    )

    @hypothesis.settings(max_examples=100, deadline=None)
    @hypothesis.given(names)
    def free(name: str) -> None:
        mine = installed(*as_parameter(name), *as_argument(name))
        check(lambda x: mine.scaled(x, **{name: 3.0}), 3 * X, 3.0 * np.ones(3))
        check(lambda x: mine.turned(x, **{name: 3.0}), 3 * X, 3.0 * np.ones(3))
        check(lambda x: mine.product(V, x), X * V, V)

    free()
