"""The door for plugins: what is found, what is refused, and what a broken plugin does to the others."""

from __future__ import annotations

import importlib.metadata
import inspect
import subprocess
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

import agrad
import agrad_numpy
from agrad import plugins
from agrad.arrays import namespaces
from agrad.backend import Backend, BackendRule
from agrad.cases import Case
from agrad.declare import elementwise, general
from agrad.plugins import AgradSpec, Command, Plugin
from agrad.plugins.registry import Registry, registry


@pytest.fixture
def fresh(monkeypatch):
    """A plugin manager of the test's own: distributions as given, none kept afterwards."""

    def start(*entries, **others):
        found = [SimpleNamespace(name="somebody", version="1.2", entry_points=entries)]
        found += [SimpleNamespace(name=name, version="3", entry_points=e) for name, e in others.items()]
        monkeypatch.setattr(importlib.metadata, "distributions", lambda: found)
        for name, value in vars(Registry(changed=registry.changed)).items():
            monkeypatch.setattr(registry, name, value)
        for name in ("_made", "_owners"):
            monkeypatch.setattr(namespaces, name, {})

    return start


def entry(name, load, group="agrad"):
    return SimpleNamespace(name=name, group=group, load=load)


def provider(**hooks):
    """A plugin whose hooks return these records; a callable is called for them."""

    def implementation(hook, records):
        def method():
            return records() if callable(records) else records

        method.__name__ = hook
        return agrad.hookimpl(method)

    made = ModuleType("provider")
    vars(made).update({hook: implementation(hook, records) for hook, records in hooks.items()})
    return made


def backend(*names):
    """A plugin that provides backends of these names."""
    return provider(agrad_backends=[Backend(name, load=lambda: np, owns=lambda x: False) for name in names])


def double(name="double", **more):
    return elementwise(f"{name}(x, /)", 2, forward=lambda x: x + x, **more)


# What is found ----------------------------------------------------------------------------------------


def test_numpy_comes_through_the_entry_point():
    entries = [e for e in importlib.metadata.entry_points(group="agrad") if e.name == "numpy"]
    assert [e.value for e in entries] == ["agrad_numpy"]
    assert plugins.backends()["numpy"].name == "numpy"


def test_backends_of_every_plugin_are_found(fresh):
    fresh(entry("a", lambda: backend("one", "two")), entry("b", lambda: backend("three")))
    assert sorted(plugins.backends()) == ["one", "three", "two"]


def test_entry_points_of_other_groups_are_left_alone(fresh):
    fresh(entry("a", lambda: pytest.fail("loaded"), group="pytest11"))
    assert plugins.backends() == {}


def test_one_distribution_found_twice_is_one(fresh):
    fresh(entry("a", lambda: backend("one")), entry("a", lambda: backend("one")))
    assert sorted(plugins.backends()) == ["one"]


def test_a_plugin_is_listed_with_what_it_brings(fresh):
    everything = provider(
        agrad_backends=[Backend("one", load=lambda: np, owns=lambda x: False)],
        agrad_ops=[double()],
        agrad_rules=[BackendRule("one", elementwise("sin(x, /)", lambda xp, x: xp.cos(x)))],
        agrad_commands=[Command("greet", "Greets.", len)],
    )
    fresh(entry("everything", lambda: everything))
    [found] = plugins.plugins()
    assert found == Plugin(
        "everything",
        "somebody 1.2",
        backends=("one",),
        ops=("everything.double",),
        rules=("sin on one",),
        commands=("greet",),
    )


# Ops --------------------------------------------------------------------------------------------------


@pytest.fixture
def added():
    """A plugin in the namespaces that are there already."""
    names = []

    def add(name="soft", **hooks):
        plugins.register(provider(**hooks), name)
        names.append(name)
        return agrad.namespace("numpy")

    yield add
    plugins.block(*names)
    registry.blocked.difference_update(names)


def test_an_op_is_in_its_plugins_namespace_and_works_in_every_transform(added):
    xp = added(
        agrad_ops=[
            elementwise(
                "softplus(x, /)",
                lambda xp, x: xp.soft.sigmoid(x),
                forward=lambda xp, x: xp.logaddexp(x, xp.zeros_like(x)),
                doc="The smooth ramp.",
            ),
            elementwise("sigmoid(x, /)", lambda out: out * (1 - out), forward=lambda xp, x: 1 / (1 + xp.exp(-x))),
        ]
    )
    assert dir(xp.soft) == ["sigmoid", "softplus"]
    assert xp.soft.softplus.__doc__ == "The smooth ramp."
    x = np.asarray([0.0, 1.0, -2.0])
    s = 1 / (1 + np.exp(-x))

    def f(x):
        return xp.sum(xp.soft.softplus(x))

    np.testing.assert_allclose(agrad.grad(f)(x), s)
    np.testing.assert_allclose(agrad.jvp(f, (x,), (x,))[1], s @ x)
    np.testing.assert_allclose(agrad.hessian(f)(x), np.diag(s * (1 - s)), atol=1e-15)
    t = xp.asarray(x, requires_grad=True)
    f(t).backward()
    np.testing.assert_allclose(t.grad.array, s)
    with pytest.raises(AttributeError, match=r"agrad\[numpy\].soft has no 'tanh'"):
        xp.soft.tanh  # noqa: B018


def test_a_backends_own_function_comes_before_the_fallback(added):
    seen = []
    xp = added(agrad_ops=[double(native={"numpy": lambda x: seen.append(type(x)) or x + x, "jax": "nowhere:f"})])
    assert xp.soft.double(xp.asarray([1.0])).tolist() == [2.0]
    assert seen == [np.ndarray]


def test_a_function_named_by_its_module_is_imported_when_used(added):
    xp = added(
        agrad_ops=[elementwise("half(x, /)", 0.5, native={"numpy": "tests_no_such_module:f"}, forward=lambda x: x / 2)]
    )
    assert xp.soft.half(xp.asarray([1.0])).tolist() == [0.5]  # the library is not there: computed
    xp = added("again", agrad_ops=[elementwise("root(x, /)", lambda out: 0.5 / out, native={"numpy": "numpy:sqrt"})])
    assert agrad.grad(xp.again.root)(4.0) == 0.25


def test_an_op_without_a_function_for_a_backend_says_which_it_has(added):
    xp = added(agrad_ops=[elementwise("odd(x, /)", 1, native={"some": abs, "other": abs})])
    with pytest.raises(agrad.UnsupportedError, match=r"'numpy' cannot compute 'soft.odd'.*for some, other"):
        xp.soft.odd(xp.asarray([1.0]))


def test_a_general_rule_that_loses_the_derivative_is_differentiable_once(added):
    xp = added(
        agrad_ops=[general("f(x, /)", vjp=lambda ct, x: np.asarray(2.0), jvp=lambda t: t, forward=lambda x: x * x)]
    )
    assert agrad.grad(xp.soft.f)(1.0) == 2.0
    with pytest.raises(agrad.GraphError, match=r"'soft\.f' is differentiable once"):
        agrad.grad(agrad.grad(lambda x: xp.soft.f(x) * x))(1.0)


def test_a_blocked_plugins_ops_are_gone(added):
    xp = added(agrad_ops=[double()])
    assert xp.soft.double(xp.asarray(1.0)).item() == 2.0
    plugins.block("soft")
    with pytest.raises(AttributeError, match="no plugin of that name"):
        xp.soft  # noqa: B018
    xp = added(agrad_ops=[double("twice")])
    assert dir(xp.soft) == ["twice"]


@pytest.mark.parametrize("name", ["sum", "linalg", "pi", "float32", "not-a-name", "_hidden"])
def test_a_plugin_that_would_shadow_the_standard_is_refused(name):
    with pytest.raises(agrad.PluginError, match="entry point must"):
        plugins.register(provider(agrad_ops=[double()]), name)
    assert plugins.manager().get_plugin(name) is None


# Rules ------------------------------------------------------------------------------------------------


def test_a_rule_takes_the_place_of_another_on_one_backend(fresh):
    [numpy] = agrad_numpy.agrad_backends()
    fused = BackendRule("numpy", elementwise("tanh(x, /)", lambda out: (1 - out) * (1 + out) + 5))
    other = numpy._replace(name="other")
    fresh(
        entry("numpy", lambda: agrad_numpy),
        entry("other", lambda: provider(agrad_backends=[other])),
        entry("fused", lambda: provider(agrad_rules=[fused])),
    )
    assert agrad.grad(agrad.namespace("numpy").tanh)(0.0) == 6.0
    xp = agrad.namespace("other")
    x = xp.asarray(0.0, requires_grad=True)
    xp.tanh(x).backward()
    assert x.grad.item() == 1.0


def test_a_rule_may_bring_a_function_of_its_own_and_serve_a_composite(fresh):
    fused = general(
        "var(x, /, *, axis=None, correction=0.0, keepdims=False)",
        vjp=lambda xp, ct, x: 2 * ct * (x - xp.mean(x)) / x.size,
        jvp=lambda xp, t, x: 2 * xp.mean(t * (x - xp.mean(x))),
        native={"numpy": lambda x, *, axis, correction, keepdims: np.var(x) + 100},
    )
    fresh(
        entry("numpy", lambda: agrad_numpy), entry("fused", lambda: provider(agrad_rules=[BackendRule("numpy", fused)]))
    )
    xp = agrad.namespace("numpy")
    value, slope = agrad.value_and_grad(xp.var)(np.asarray([1.0, 3.0]))
    assert value == 101.0
    assert slope.tolist() == [-1.0, 1.0]


def test_a_rule_that_comes_too_late_is_refused():
    agrad.namespace("numpy")
    late = BackendRule("numpy", elementwise("tanh(x, /)", lambda out: 1 - out * out))
    with pytest.raises(agrad.PluginError, match=r"\['numpy'\], too late"):
        plugins.register(provider(agrad_rules=[late]), "late")
    assert plugins.rules("numpy") == {}


# Conflicts --------------------------------------------------------------------------------------------


def test_two_plugins_of_one_name_are_an_error_that_names_both_distributions(fresh):
    fresh(entry("a", lambda: backend("one")), other=[entry("a", lambda: backend("two"))])
    with pytest.raises(agrad.PluginError, match=r"'a': one of somebody 1\.2, one of other 3"):
        plugins.backends()


CONFLICTS = {
    "agrad_backends": ([Backend("one", load=lambda: np, owns=lambda x: False)], "backend named 'one'"),
    "agrad_rules": ([BackendRule("x", elementwise("sin", 1))], "rule for 'sin' on the backend 'x'"),
    "agrad_commands": ([Command("go", "Goes.", len)], "command named 'go'"),
}


@pytest.mark.parametrize("hook", CONFLICTS)
def test_two_records_of_one_name_are_an_error_that_names_both_distributions(fresh, hook):
    records, what = CONFLICTS[hook]
    fresh(entry("a", lambda: provider(**{hook: records})), other=[entry("b", lambda: provider(**{hook: records}))])
    with pytest.raises(agrad.PluginError, match=rf"{what}: 'a' of somebody 1\.2 and 'b' of other 3;.*PLUGINS=b"):
        plugins.plugins()


# Broken plugins -----------------------------------------------------------------------------------------


def test_a_plugin_that_cannot_be_imported_is_isolated_and_shown_with_its_traceback(fresh):
    def broken():
        raise ImportError("no such library")

    fresh(entry("bad", broken), entry("good", lambda: backend("one")))
    with pytest.warns(UserWarning, match=r"'bad' of somebody 1\.2 is broken .* ImportError: no such library") as caught:
        assert sorted(plugins.backends()) == ["one"]
        bad, good = plugins.plugins()
    assert len(caught) == 1
    assert (bad.status, good.status) == ("broken", "active")
    assert "Traceback" in bad.error and 'raise ImportError("no such library")' in bad.error


class Stop(BaseException):
    """What is no Exception, as pytest's and trio's own are not."""


def leave(error):
    def leaving():
        raise error

    return leaving


@pytest.mark.parametrize("error", [SystemExit(3), Stop("enough"), GeneratorExit(), agrad.PluginError("itself")])
def test_whatever_an_import_raises_is_isolated(fresh, error):
    fresh(entry("bad", leave(error)), entry("good", lambda: backend("one")))
    with pytest.warns(UserWarning, match=rf"'bad' of somebody 1\.2 is broken .* {type(error).__name__}: {error}"):
        assert sorted(plugins.backends()) == ["one"]
    assert [p.status for p in plugins.plugins()] == ["broken", "active"]


def test_a_user_who_interrupts_is_heard(fresh):
    fresh(entry("slow", leave(KeyboardInterrupt())))
    with pytest.raises(KeyboardInterrupt):
        plugins.backends()
    fresh(entry("slow", lambda: provider(agrad_ops=leave(KeyboardInterrupt()))))
    with pytest.raises(KeyboardInterrupt):
        plugins.plugins()


class Lazy:
    """A plugin that was to say what it has when it is asked."""

    def __dir__(self):
        raise SystemExit("not here")


def test_a_plugin_that_raises_when_it_is_looked_at_is_isolated(fresh):
    fresh(entry("bad", Lazy), entry("good", lambda: backend("one")))
    with pytest.warns(UserWarning, match=r"'bad' of somebody 1\.2 is broken .* SystemExit: not here"):
        assert sorted(plugins.backends()) == ["one"]
    with pytest.raises(agrad.PluginError, match="'worse' is broken: SystemExit: not here"):
        plugins.register(Lazy(), "worse")
    assert plugins.manager().get_plugin("worse") is None


class Unreadable:
    """A distribution whose entry points cannot be read, nor anything else where it has no name."""

    def __init__(self, name=None):
        self._name = name

    version = "7"
    name = property(lambda self: self._name or leave(TypeError("no metadata"))())
    entry_points = property(lambda self: importlib.metadata.EntryPoints._from_text_for("[agrad]\nno value\n", self))

    def locate_file(self, path):
        return f"/somewhere/{path}"


@pytest.mark.parametrize("name, source", [("torn", "torn 7"), (None, "a distribution in /somewhere/")])
def test_entry_points_that_cannot_be_read_are_isolated_and_shown(fresh, monkeypatch, name, source):
    fresh(entry("good", lambda: backend("one")))
    others = importlib.metadata.distributions()
    monkeypatch.setattr(importlib.metadata, "distributions", lambda: [Unreadable(name), *others])
    with pytest.warns(UserWarning, match=f"entry points of {source} cannot be read.*'value'"):
        assert sorted(plugins.backends()) == ["one"]
    good, torn = plugins.plugins()
    assert good.status == "active"
    assert torn[:3] == ("entry_points.txt", source, "broken")
    assert "Traceback" in torn.error


# Whose arrays are whose ---------------------------------------------------------------------------------


def owning(name, owns, **more):
    return entry(name, lambda: provider(agrad_backends=[Backend(name, load=lambda: np, owns=owns, **more)]))


@pytest.mark.parametrize(
    "owns, message",
    [
        (lambda x: True, "takes a ForeignArray for its own"),
        (lambda x: hasattr(x, "shape") and hasattr(x, "dtype"), "takes a ForeignArray for its own"),
        (lambda x: hasattr(x, "__array_namespace__"), "takes a ForeignArray for its own"),
        (lambda x: isinstance(x, float), "takes a float for its own"),
        (lambda x: not isinstance(x, np.ndarray) and isinstance(x, list), "takes a list for its own"),
        (lambda x: x.dtype == "float64", "AttributeError"),
        (leave(SystemExit(3)), "TypeError"),
    ],
)
def test_a_backend_that_claims_what_is_foreign_is_isolated(fresh, owns, message):
    fresh(owning("bad", owns), entry("numpy", lambda: agrad_numpy))
    with pytest.warns(UserWarning, match=rf"'bad' of somebody 1\.2 is broken .*{message}"):
        assert agrad.array_namespace(np.ones(3)) is agrad.namespace("numpy")
    assert agrad.grad(lambda x: x * x)(3.0) == 6.0
    assert plugins.plugins()[0].status == "broken"


class Nested:
    """No array; agrad asks of anything whether it is one."""


@pytest.mark.parametrize("error", [SystemExit(3), ValueError("no truth")])
def test_an_owns_that_raises_is_taken_for_a_no_and_named(fresh, error):
    def owns(x):
        if isinstance(x, np.ndarray | Nested):
            raise error
        return False

    fresh(owning("bad", owns), entry("numpy", lambda: agrad_numpy))
    message = (
        rf"'bad' of the plugin 'bad' of somebody 1\.2 has an owns= that raised for a ndarray: {type(error).__name__}"
    )
    with pytest.warns(UserWarning, match=message):
        assert agrad.array_namespace(np.ones(3)) is agrad.namespace("numpy")
    with pytest.warns(UserWarning, match="raised for a Nested"):
        assert plugins.owner(Nested()) is None


def test_arrays_that_two_backends_claim_belong_to_the_one_whose_library_defines_them(fresh):
    fresh(owning("greedy", lambda x: isinstance(x, np.ndarray), library="pytest"), entry("numpy", lambda: agrad_numpy))
    with pytest.warns(UserWarning, match=r"'greedy' .* claims arrays of the type numpy\.ndarray, .* backend 'numpy'"):
        assert agrad.array_namespace(np.ones(3)) is agrad.namespace("numpy")


def test_two_backends_that_claim_an_array_of_neither_are_a_conflict(fresh):
    claim = [owning(name, lambda x: isinstance(x, Nested), library=f"no-{name}") for name in "ab"]
    fresh(*claim)
    with pytest.raises(
        agrad.PluginError, match=r"arrays of the type .*Nested: 'a' of somebody 1\.2 and 'b' of somebody"
    ):
        plugins.owner(Nested())


def test_a_variant_of_a_backend_leaves_its_arrays_where_they_were(fresh):
    [numpy] = agrad_numpy.agrad_backends()
    fresh(
        entry("numpy", lambda: agrad_numpy),
        entry("other", lambda: provider(agrad_backends=[numpy._replace(name="other")])),
    )
    assert agrad.array_namespace(np.ones(3)) is agrad.namespace("numpy")


GOOD = double()
INVALID = {
    "no record": ({"agrad_backends": ["numpy"]}, "got a str"),
    "no iterable": ({"agrad_backends": 3}, "returned a int"),
    "raises": ({"agrad_backends": lambda: 1 / 0}, "ZeroDivisionError"),
    "exits": ({"agrad_ops": leave(SystemExit(3))}, "SystemExit: 3"),
    "exits later": ({"agrad_commands": lambda: (sys.exit(4) for _ in range(3))}, "SystemExit: 4"),
    "no name": ({"agrad_backends": [Backend("", load=len, owns=len)]}, "name of a backend is ''"),
    "no function": ({"agrad_backends": [Backend("b", load=None, owns=len)]}, "no callable as load="),
    "mutable what": ({"agrad_backends": [Backend("b", load=len, owns=len, mutable=1)]}, "mutable=1; it must be True"),
    "views in a string": ({"agrad_backends": [Backend("b", load=len, owns=len, views="T")]}, "views='T'; it must be a"),
    "no view": ({"agrad_backends": [Backend("b", load=len, owns=len, views=("sin",))]}, "names 'sin' in views="),
    "read-only what": (
        {"agrad_backends": [Backend("b", load=len, owns=len, read_only=("reshape",))]},
        "'reshape' in read_only=, but not",
    ),
    "no reason": ({"agrad_backends": [Backend("b", load=len, owns=len, lacks={"fft": ""})]}, "lacks= for 'fft' is ''"),
    "op of another type": ({"agrad_ops": [len]}, "builtin_function_or_method"),
    "dotted op": ({"agrad_ops": [double("a.b")]}, "plain identifier"),
    "op twice": ({"agrad_ops": [GOOD, GOOD]}, "declares 'double' twice"),
    "op without function": ({"agrad_ops": [elementwise("f(x, /)", 1)]}, "cannot be computed"),
    "misnamed": (
        {"agrad_ops": [elementwise("f(x, /)", lambda y: y, forward=len)]},
        "rule .* 'y'; it may name ct, out, x",
    ),
    "tangent in a VJP": (
        {"agrad_ops": [general("f(x, /)", vjp=lambda t: t, jvp=lambda t: t, forward=lambda x: x)]},
        "names 't'",
    ),
    "native of no kind": ({"agrad_ops": [double(native={"numpy": 3})]}, "is 3; it must be callable"),
    "bad signature": ({"agrad_ops": [elementwise("f(x, x, /)", 1, 1, forward=lambda x: x)]}, "no valid signature"),
    "no op": ({"agrad_rules": [BackendRule("numpy", elementwise("nope(x, /)", 1))]}, "'nope', which is no op"),
    "other signature": ({"agrad_rules": [BackendRule("n", elementwise("sum(x, /)", 1))]}, "the op's signature is sum"),
    "case without op": ({"agrad_conformance_cases": [Case(lambda draw: ())]}, "op of a conformance case is ''"),
    "no command": ({"agrad_commands": [Command("x", "y", 3)]}, "no callable as run="),
    "command of agrad's": ({"agrad_commands": [Command("plugins", "y", len)]}, "'plugins'; it takes .* another name"),
    "command of two words": ({"agrad_commands": [Command("a b", "y", len)]}, "'a b'; it takes letters, digits"),
}


@pytest.mark.parametrize("kind", INVALID)
def test_a_plugin_with_an_invalid_record_is_isolated(fresh, kind):
    hooks, message = INVALID[kind]
    fresh(entry("bad", lambda: provider(**hooks)), entry("good", lambda: backend("one")))
    with pytest.warns(UserWarning, match=f"'bad' of somebody 1.2 is broken.*{message}"):
        found = plugins.plugins()
    assert [p.status for p in found] == ["broken", "active"]
    assert sorted(plugins.backends()) == ["one"]


@pytest.mark.parametrize("kind", INVALID)
def test_registering_an_invalid_plugin_raises_and_leaves_it_out(kind):
    hooks, _ = INVALID[kind]
    before = plugins.plugins()
    with pytest.raises(agrad.PluginError):
        plugins.register(provider(**hooks), "bad")
    assert plugins.plugins() == before


def test_a_mistyped_hook_is_an_error(fresh):
    fresh(entry("a", lambda: provider(agrad_backend=[])))
    with pytest.raises(
        agrad.PluginError, match=r"'a' of somebody 1\.2 .*agrad_backend.*the hooks are agrad_backends, agrad_ops"
    ):
        plugins.backends()


def test_a_hook_with_other_parameters_is_an_error(fresh):
    class Wrong:
        @agrad.hookimpl
        def agrad_ops(self, table):
            return []

    fresh(entry("a", Wrong))
    with pytest.raises(agrad.PluginError, match="table"):
        plugins.backends()


# Coming and going ---------------------------------------------------------------------------------------


def test_late_registration(fresh):
    fresh()
    assert plugins.backends() == {}
    plugins.register(backend("late"), "late")
    assert sorted(plugins.backends()) == ["late"]
    assert plugins.plugins()[0].source == "registered"
    with pytest.raises(agrad.PluginError, match="a plugin named 'late' of registered is there"):
        plugins.register(backend("later"), "late")


def test_blocked_plugins_are_left_out(fresh):
    fresh(entry("a", lambda: backend("one")), entry("b", lambda: backend("two")))
    assert sorted(plugins.backends()) == ["one", "two"]
    plugins.block("b", "never-heard-of")
    assert sorted(plugins.backends()) == ["one"]
    assert [p.status for p in plugins.plugins()] == ["active", "disabled"]
    with pytest.raises(agrad.PluginError, match="no backend named 'two'"):
        agrad.namespace("two")


def test_what_is_disabled_by_the_environment_is_not_even_imported(fresh, monkeypatch):
    fresh(
        entry("a", lambda: pytest.fail("imported")),
        entry("b", lambda: backend("two")),
        entry("c", lambda: pytest.fail("imported")),
    )
    monkeypatch.setenv("AGRAD_DISABLE_PLUGINS", "a, c")
    assert sorted(plugins.backends()) == ["two"]
    assert [p.status for p in plugins.plugins()] == ["disabled", "active", "disabled"]


def test_what_is_blocked_before_is_not_even_imported(fresh):
    fresh(entry("a", lambda: pytest.fail("imported")))
    plugins.block("a")
    assert plugins.backends() == {}


# Cases and commands ---------------------------------------------------------------------------------------


def test_cases_are_those_of_the_ops_and_those_of_the_hook(fresh):
    case = Case(lambda draw: (draw(3),))
    fresh(
        entry("a", lambda: provider(agrad_ops=[double(cases=[case])])),
        entry("b", lambda: provider(agrad_conformance_cases=[case._replace(op="sin")])),
    )
    assert [found.op for found in plugins.cases()] == ["a.double", "sin"]


# Backends and their libraries -------------------------------------------------------------------------------


def test_an_unknown_backend_names_the_installed_ones():
    with pytest.raises(agrad.PluginError, match=r"'nowhere'.*numpy.*`agrad plugins` shows") as error:
        agrad.namespace("nowhere")
    assert isinstance(error.value, ImportError)


@pytest.mark.parametrize(
    "install, command", [("", "pip install rarely-core"), ("conda install rare", "conda install rare")]
)
def test_a_backend_without_its_library_says_how_to_install_it(fresh, install, command):
    def load():
        raise ImportError("No module named 'rarely'")

    rare = Backend("rare", load=load, owns=lambda x: False, library="rarely-core", install=install)
    fresh(entry("a", lambda: provider(agrad_backends=[rare])))
    with pytest.raises(agrad.PluginError, match=rf"'rare' .*'rarely'.* {command}"):
        agrad.namespace("rare")


def test_what_a_backend_lacks_raises_with_the_reason(fresh):
    [numpy] = agrad_numpy.agrad_backends()
    poor = numpy._replace(name="poor", lacks={"fft": "it has no transforms", "linalg.qr": "nobody wrote it"})
    fresh(entry("poor", lambda: provider(agrad_backends=[poor])))
    xp = agrad.namespace("poor")
    with pytest.raises(agrad.UnsupportedError, match=r"'poor' cannot compute 'fft.rfft': it has no transforms"):
        xp.fft.rfft(xp.ones(3))
    with pytest.raises(agrad.UnsupportedError, match=r"'linalg.qr': nobody wrote it"):
        xp.linalg.qr(xp.ones((2, 2)))
    assert xp.linalg.det(xp.eye(2)).item() == 1.0


def run(code, **environment):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    return done.stdout.strip()


def test_the_default_comes_from_the_environment():
    code = "import agrad\ntry: print(agrad.namespace())\nexcept agrad.PluginError as e: print(str(e)[:26])"
    assert run(code) == "agrad[numpy]"
    assert run(code, AGRAD_BACKEND="numpy") == "agrad[numpy]"
    assert run(code, AGRAD_BACKEND="nowhere") == "no backend named 'nowhere'"


def test_importing_agrad_imports_no_array_library_and_no_plugin():
    code = "import sys, agrad; print([m for m in sys.modules if m.partition('.')[0] in "
    code += "('numpy', 'jax', 'torch', 'cupy', 'dask', 'scipy') or m.startswith('agrad_')])"
    assert run(code) == "[]"


# Every hook is tested and documented ------------------------------------------------------------------------

HOOKS = [name for name in vars(AgradSpec) if name.startswith("agrad_")]


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_tested_here(hook):
    assert f"{hook}=" in inspect.getsource(sys.modules[__name__])


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_an_example_that_implements_it(hook):
    doc = getattr(AgradSpec, hook).__doc__
    assert f"def {hook}(self):" in doc and ">>> " in doc
