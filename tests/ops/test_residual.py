"""What the forward computation has is kept for the rules: a matrix is factorised once, in both modes."""

from collections import Counter

import numpy as np
import pytest

import agrad
from agrad.arrays import namespaces

HERMITIAN = np.asarray([[2.0, 0.5, 0.1], [0.5, 1.0, 0.3], [0.1, 0.3, 4.0]])
WEIGHTS = np.asarray([1.0, -2.0, 0.5])


@pytest.fixture
def counted(monkeypatch):
    """A namespace of NumPy whose factorizations are counted."""
    calls = Counter()
    monkeypatch.setattr(namespaces, "_made", {})
    monkeypatch.setattr(namespaces, "_owners", {})
    xp = agrad.namespace("numpy")

    def counting(name, native):
        def call(*args, **options):
            calls[name] += 1
            return native(*args, **options)

        return call

    for name in ("eigh", "eigvalsh", "svd", "svdvals"):
        setattr(xp._raw.linalg, name, counting(name, getattr(xp._raw.linalg, name)))
    return xp, calls


@pytest.mark.parametrize(("function", "factorises"), [("eigvalsh", "eigh"), ("svdvals", "svd")])
def test_gradients_factorise_once(counted, function, factorises):
    xp, calls = counted

    def f(x):
        return xp.sum(getattr(xp.linalg, function)(x) ** 3 * WEIGHTS)

    gradient = agrad.grad(f)(HERMITIAN)
    assert calls == {factorises: 1}
    calls.clear()
    slope = agrad.jvp(f, (HERMITIAN,), (np.eye(3),))[1]
    assert calls == {factorises: 1}
    np.testing.assert_allclose(slope, np.trace(gradient), rtol=1e-12)
    agrad.check_grads(lambda x: f((x + xp.matrix_transpose(x)) / 2), (HERMITIAN,), order=2)


def test_values_alone_do_not_compute_vectors(counted):
    xp, calls = counted
    xp.linalg.eigvalsh(xp.asarray(HERMITIAN))
    xp.linalg.svdvals(HERMITIAN)
    assert calls == {"eigvalsh": 1, "svdvals": 1}


@pytest.mark.parametrize("function", ["eigvalsh", "svdvals"])
def test_graphs_keep_what_was_kept_followed(function):
    x = agrad.tensor(HERMITIAN, requires_grad=True)
    xp = agrad.namespace("numpy")

    def f(x):
        return xp.sum(getattr(xp.linalg, function)(x) ** 3 * WEIGHTS)

    f(x).backward(create_graph=True)
    first, x.grad = x.grad, None
    xp.sum(first * np.eye(3)).backward()
    expected = agrad.hvp(f, (HERMITIAN,), (np.eye(3),))
    np.testing.assert_allclose(x.grad.array, expected, rtol=1e-10)
