"""The backend of array-api-strict: agrad's fallbacks, and the devices that this library only pretends to have.

The table of ops on its default device is in ``tests/test_table.py``, its functions are in ``test_standard.py``.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import optree
import pytest

import agrad
import agrad_strict
import strict
from agrad.arrays import fallbacks
from agrad.errors import AgradError
from agrad.random import Generator, fallback
from samples import Sample, filled, followed, samples

library = pytest.importorskip("array_api_strict")
strict.install()
xp = agrad.namespace("array-api-strict")
raw = xp._raw

CPU, FIRST, SECOND = (library.Device(name) for name in ("CPU_DEVICE", "device1", "device2"))

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore:.*degrees of freedom:UserWarning")


def array(values: Any, device: Any = CPU) -> Any:
    """A plain array on a device."""
    return library.asarray(np.asarray(values), device=device)


def listed(t: Any) -> Any:
    """The values of a Tensor or an array, which the standard has no way to ask for."""
    return xp._backend.host(t.detach().array if isinstance(t, agrad.Tensor) else t).tolist()


def test_found_without_importing_the_library() -> None:
    code = (
        "import sys, agrad, agrad_strict\n"
        "(backend,) = agrad_strict.agrad_backends()\n"
        "assert not backend.owns(1.0) and not backend.owns([]) and 'array_api_strict' not in sys.modules\n"
        "assert backend.how_to_install == agrad.origin.install_command('array-api-strict')"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(filter(None, sys.path))})
    assert agrad.array_namespace(library.ones(3), 2.0) is xp
    assert library.__array_api_version__ == "2025.12"


# Fallbacks ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["getitem", "setitem", "scatter", "to_device"])
def test_fallbacks_are_used(name: str) -> None:
    assert not hasattr(library, name) and name in fallbacks.FALLBACKS
    assert getattr(raw, name).__module__ == "agrad.arrays.fallbacks"


KEYS = [
    (1, ...), (1, -2), (slice(None, None, -1), 2), ..., (slice(None), slice(3, 0, -2)),
    (np.asarray([2, 0, 2]), slice(None)), (slice(None), np.asarray([3, 3, 0])), np.asarray([[True, False] * 2] * 3),
]  # fmt: skip


@pytest.mark.parametrize("device", [CPU, FIRST], ids=str)
@pytest.mark.parametrize("key", KEYS, ids=str)
def test_fallbacks_agree_with_numpy(key: Any, device: Any) -> None:
    own = optree.tree_map(lambda k: array(k, device) if isinstance(k, np.ndarray) else k, key, none_is_leaf=True)
    numpy = agrad.namespace("numpy")._raw
    x = np.arange(12.0).reshape(3, 4)
    expected = x[key]
    values = np.random.default_rng(0).normal(size=expected.shape)
    found = raw.getitem(array(x, device), own), raw.scatter(array(values, device), own, shape=(3, 4))
    for a, b in zip(found, (expected, numpy.scatter(values, key, shape=(3, 4))), strict=True):
        assert a.device == device
        np.testing.assert_allclose(xp._backend.host(a), b)
    if not any(isinstance(k, np.ndarray) and k.dtype != bool for k in optree.tree_leaves(key, none_is_leaf=True)):
        target = array(x, device)  # the standard assigns to no others
        changed = raw.setitem(target, own, 7.0)
        np.testing.assert_array_equal(xp._backend.host(changed), numpy.setitem(x, key, 7.0))
        np.testing.assert_array_equal(xp._backend.host(target), x)


def test_random_numbers_come_from_the_fallback() -> None:
    assert not hasattr(library, "Generator")
    g = Generator(3, backend="array-api-strict")
    assert isinstance(g._source, fallback.Generator)
    drawn = g.uniform((4,), device=FIRST)
    again = Generator(3, backend="array-api-strict").uniform((4,))
    assert (drawn.device, again.device) == (FIRST, CPU)
    assert listed(drawn) == listed(again)


# Devices ------------------------------------------------------------------------------------------------

OPS = list({s.op: s for s in reversed(list(samples())) if s.row.standard}.values())
"""Of every op, one sample."""


def derivatives(s: Sample, device: Any) -> dict[str, list[Any]]:
    """Results, and derivatives in both modes and of second order, on one device."""

    def convert(x: Any) -> Any:
        if isinstance(x, str) and x.startswith(("float", "complex")):
            return getattr(library, x)
        return array(x, device) if isinstance(x, np.ndarray) else x

    def f(*xs: Any) -> Any:
        values = iter(xs)
        args, params = filled(s.args, values, convert), filled(s.params, values, convert)
        return optree.tree_leaves(s.invariant(xp, *args, **params))

    xs = tuple(map(convert, followed((s.args, s.params))))
    out, pullback = agrad.vjp(f, *xs)
    cts = [library.ones_like(y) for y in out]
    found: dict[str, Any] = {"out": out, "vjp": pullback(cts), "jvp": agrad.jvp(f, xs, xs)[1]}
    if s.row.smooth:
        pull: Callable[..., Any] = lambda *xs: agrad.vjp(lambda *xs: [y + y * y for y in f(*xs)], *xs)[1](cts)  # noqa: E731
        found["second"] = agrad.vjp(pull, *xs)[1](xs)
    return {name: optree.tree_leaves(tree) for name, tree in found.items()}


@pytest.mark.parametrize("s", OPS, ids=str)
def test_derivatives_of_every_op_stay_on_the_device(s: Sample) -> None:
    here, there = derivatives(s, CPU), derivatives(s, FIRST)
    for name, found in there.items():
        for a, b in zip(found, here[name], strict=True):
            assert (a.device, b.device) == (FIRST, CPU), name
            np.testing.assert_array_equal(xp._backend.host(a), xp._backend.host(b), err_msg=name)


def test_gradients_live_where_their_arguments_do() -> None:
    i = array([0, 2, 2], FIRST)

    def f(x: Any, y: Any) -> Any:
        z = xp.take(x, i) * xp.sort(x) + y**2
        return xp.sum(xp.hypot(z, 1) * xp.where(x > 1, z, 0)) * x[1] + xp.max(z)

    x, y = array([1.0, 2.0, 3.0], FIRST), array(0.5, FIRST)
    assert [g.device for g in agrad.grad(f, argnums=(0, 1))(x, y)] == [FIRST, FIRST]
    leaf = agrad.tensor(x, requires_grad=True)
    f(leaf, y).backward(create_graph=True)
    assert leaf.grad.device == FIRST
    assert agrad.hessian(lambda x: f(x, y))(x).device == FIRST


def test_to_device_keeps_the_graph() -> None:
    x = agrad.tensor(array([1.0, 2.0]), requires_grad=True)
    y = (x * 3).to_device(FIRST)
    z = xp.sum((y * y).to_device(SECOND) * array([1.0, 10.0], SECOND))
    assert (y.device, z.device) == (FIRST, SECOND) and z.requires_grad
    z.backward(create_graph=True)
    first = x.grad
    assert first.device == CPU and listed(first) == [18.0, 360.0]
    x.grad = None
    xp.sum(first).backward()
    assert x.grad.device == CPU and listed(x.grad) == [18.0, 180.0]
    pushed = agrad.jvp(lambda x: (x * x).to_device(FIRST), (array([3.0]),), (array([1.0]),))[1]
    assert pushed.device == FIRST and listed(pushed) == [6.0]


def test_arrays_of_two_devices_do_not_mix() -> None:
    here, there = xp.asarray([1.0], requires_grad=True), xp.asarray([1.0], device=FIRST)
    with pytest.raises((AgradError, ValueError), match="device"):
        here + there
    with pytest.raises(ValueError, match=r"[Dd]evice"):
        here.to_device("device3")


def test_the_host_copies_of_any_device() -> None:
    for device in (CPU, FIRST):
        source = array([1.0, 2.0], device)
        copied = xp._backend.host(source)
        copied[0] = 7.0
        assert type(copied) is np.ndarray and source.to_device(CPU)[0] == 1.0
    own = xp._backend.own(source)
    assert own is not source and own.device == FIRST


@pytest.mark.parametrize("number", [2.5, 3, True, 2j])
def test_an_element_is_a_number_of_its_kind(number: complex) -> None:
    for values in (number, [number], [[number]]):
        found = xp.asarray(values).item()
        assert found == number and type(found) is type(number)
    assert f"{xp.asarray([2.0]):.2f}" == "2.00"


def test_numpy_arrays_do_not_mix_with_tensors() -> None:
    with pytest.raises((AgradError, TypeError)):
        np.ones(2) * xp.ones(2)
    assert agrad_strict.__all__ == ["agrad_backends"]
