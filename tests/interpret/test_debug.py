"""The debug switch: arrays that are changed in place while a derivative needs them are noticed, and named."""

import inspect
import os
import subprocess
import sys
import threading

import numpy as np
import pytest

import agrad
from agrad.interpret import mutation
from agrad.interpret.levels import OFF
from agrad.interpret.watching import NODES
from strict import install

install()


@pytest.fixture(params=["numpy", "torch", "array-api-strict"])
def xp(request):
    pytest.importorskip(request.param.replace("-", "_"))
    return agrad.namespace(request.param)


@pytest.fixture
def watching():
    with agrad.debug(mutation=True):
        yield


@pytest.fixture(autouse=True)
def off_again():
    before = len(OFF)
    yield
    assert (NODES, len(OFF)) == ([], before)


def array(xp, *numbers):
    return xp.asarray(list(numbers), dtype=xp.float64).array


def here(back):
    """Where the line is that stands `back` lines above the caller's."""
    frame = inspect.currentframe().f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno - back}"


# What is noticed -------------------------------------------------------------------------------------


def test_imperative(xp, watching):
    a = array(xp, 1.0, 2.0, 3.0)
    x = agrad.tensor(a, requires_grad=True)
    y = x * a
    line = here(1)
    a += 1
    with pytest.raises(agrad.InPlaceError) as caught:
        xp.sum(y).backward()
    message = str(caught.value)
    assert "shape (3,)" in message and "'multiply'" in message
    assert line in message and "(y = x * a)" in message
    assert x.grad is None


def test_closed_over_in_a_transform(xp, watching):
    a = array(xp, 1.0, 2.0)
    lines = []

    def f(x):
        nonlocal a
        y = xp.sin(x) * a
        lines.append(here(1))
        a *= 2
        return xp.sum(y)

    with pytest.raises(agrad.InPlaceError, match=r"shape \(2,\) that 'multiply' kept") as caught:
        agrad.grad(f)(array(xp, 1.0, 2.0))
    assert lines[0] in str(caught.value)


def test_between_vjp_and_its_pullback(xp, watching):
    a = array(xp, 1.0, 2.0)
    _, pullback = agrad.vjp(lambda x: xp.sum(x * a), array(xp, 3.0, 4.0))
    (first,) = pullback(xp.asarray(1.0, dtype=xp.float64).array)
    assert agrad.asarray(first, backend="numpy").tolist() == [1.0, 2.0]
    a += 1
    with pytest.raises(agrad.InPlaceError, match="multiply"):
        pullback(xp.asarray(1.0, dtype=xp.float64).array)


def test_results_that_are_kept(xp, watching):
    x = agrad.tensor(array(xp, 1.0, 2.0), requires_grad=True)
    y = xp.exp(x)
    held = y.array
    held += 1
    with pytest.raises(agrad.InPlaceError, match="'exp' kept"):
        xp.sum(y).backward()


CHANGED = {
    "matmul": lambda xp, x, a: xp.matmul(a, x),
    "where": lambda xp, x, a: xp.where(a > 0, x, a) * a,
    "stacked": lambda xp, x, a: xp.stack([x[0], x[1]]) * a,
    "reflected": lambda xp, x, a: xp.asarray(a) * x,
    "pow": lambda xp, x, a: x**a,
    "composite": lambda xp, x, a: xp.linalg.outer(x, a),
    "concat then product": lambda xp, x, a: xp.prod(xp.concat([x, a])),
}


@pytest.mark.parametrize("f", CHANGED.values(), ids=CHANGED)
@pytest.mark.parametrize("create_graph", [False, True])
def test_on_every_path(xp, watching, f, create_graph):
    def value(a, x):
        return xp.sum(f(xp, x, a))

    for change in (False, True):
        a = array(xp, 1.0, 2.0)
        x = agrad.tensor(array(xp, 3.0, 4.0), requires_grad=True)
        y = value(a, x)
        if not change or f is CHANGED["concat then product"]:  # whose array is the result of concat
            y.backward(create_graph=create_graph)
            continue
        a += 1
        with pytest.raises(agrad.InPlaceError, match=r"in place after the operation at .*test_debug\.py:"):
            y.backward(create_graph=create_graph)


def test_index_arrays_and_masks(watching):
    xp = agrad.namespace("numpy")
    x = agrad.tensor([1.0, 2.0, 3.0], requires_grad=True)
    for key in (np.asarray([0, 1]), np.asarray([True, False, True])):
        y = xp.sum(x[key])
        kept = next(iter(mutation._arrays(xp._bind("getitem"), y.grad_fn.parents[0].saved)))
        kept ^= kept
        with pytest.raises(agrad.InPlaceError, match="'getitem' kept"):
            y.backward()


def test_custom_ops_and_enclosing_levels(xp, watching):
    a = array(xp, 1.0, 2.0)

    @agrad.custom_op(vjp=(lambda ct, c: ct * c, lambda ct, x: ct * x))
    def scaled(x, c):
        return x * c

    x = agrad.tensor(array(xp, 3.0, 4.0), requires_grad=True)
    y = xp.sum(scaled(x, a))
    a += 1
    with pytest.raises(agrad.InPlaceError, match="'scaled' kept"):
        y.backward()

    def f(x):
        nonlocal a
        inner = agrad.grad(lambda z: xp.sum(z * z * x * a))(x) * a
        a += 1
        return xp.sum(inner)

    with pytest.raises(agrad.InPlaceError, match="multiply"):
        agrad.grad(f)(array(xp, 3.0, 4.0))


# What is right, and what it costs --------------------------------------------------------------------


def test_unchanged_programs_are_as_ever(xp):
    def f(x):
        y = x * 1
        y[0] = y[1] * x[0]
        y += x
        values, _ = xp.linalg.eigh(xp.linalg.outer(y, y) + xp.eye(2, dtype=xp.float64))
        return xp.sum(values**2) + xp.sum(xp.tanh(y) / (1 + y * y))

    x = array(xp, 0.5, 1.5)
    found = []
    for on in (False, True):
        with agrad.debug(mutation=on):
            leaf = agrad.tensor(x, requires_grad=True)
            f(leaf).backward(create_graph=True)
            with agrad.no_grad():
                leaf *= 1.0
            found.append([leaf.grad.array, agrad.grad(f)(x), agrad.hvp(f, (x,), (x,)), agrad.hessian(f)(x)])
    for off, on in zip(*found, strict=True):
        np.testing.assert_array_equal(*(agrad.asarray(v, backend="numpy").array for v in (off, on)))


def test_jax_never_changes_an_array_and_compiles(watching):
    jax = pytest.importorskip("jax")
    xp = agrad.namespace("jax")
    a = jax.numpy.asarray([1.0, 2.0])
    found = jax.jit(agrad.grad(lambda x: xp.sum(xp.sin(x) * a)))(a)
    np.testing.assert_allclose(found, np.cos([1.0, 2.0]) * np.asarray([1.0, 2.0]), rtol=1e-6)


def test_dask_stays_lazy(watching):
    pytest.importorskip("dask.array")
    import dask
    import dask.array as da

    def refuse(*args, **options):
        raise AssertionError("computed")

    xp = agrad.namespace("dask")
    a = da.asarray(np.asarray([1.0, 2.0]))
    with dask.config.set(scheduler=refuse):
        found = agrad.grad(lambda x: xp.sum(x * x * a))(a)
    np.testing.assert_array_equal(found, [2.0, 8.0])


def test_switching():
    x, a = agrad.tensor([1.0, 2.0], requires_grad=True), np.asarray([1.0, 2.0])

    def changed():
        y = (x * a).sum()
        a[:] += 1
        return y

    assert not NODES
    agrad.debug(mutation=True)
    agrad.debug(mutation=True)
    with agrad.debug(mutation=False):
        changed().backward()
    found = []
    thread = threading.Thread(target=lambda: found.append(changed()))
    thread.start()
    thread.join()
    recorded = changed()
    agrad.debug(mutation=False)
    for y in (recorded, *found):
        with pytest.raises(agrad.InPlaceError):  # recorded while it was on
            y.backward()
    changed().backward()
    with pytest.raises(ZeroDivisionError), agrad.debug(mutation=True):
        raise ZeroDivisionError


def test_off_it_leaves_nothing_on_a_node():
    x = agrad.tensor([1.0, 2.0], requires_grad=True)
    kinds = []
    for on in (False, True, False):
        with agrad.debug(mutation=on):
            kinds.append(type(xp_var(x).grad_fn))
    assert kinds[0] is kinds[2] and issubclass(kinds[1], agrad.interpret.reverse.Node)
    assert [hasattr(kind, "kept") for kind in kinds] == [False, True, False]
    assert kinds[0].__name__ == kinds[1].__name__


def xp_var(x):
    return agrad.namespace("numpy").linalg.vector_norm(x)


SCRIPT = """
import numpy, agrad
a = numpy.asarray([1.0, 2.0])
x = agrad.tensor([3.0, 4.0], requires_grad=True)
y = (x * a).sum()
a += 1
y.backward()
"""


@pytest.mark.parametrize(
    ("value", "message"),
    [("mutation", "InPlaceError"), ("mutations", "the checks are 'anomaly' and 'mutation'"), ("", "")],
)
def test_the_environment_variable(value, message):
    environment = {**os.environ, "AGRAD_DEBUG": value, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=False)
    assert message in done.stderr
    assert (done.returncode != 0) is (value == "mutation")
